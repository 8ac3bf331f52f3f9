//! Embedding vectors and the index that belongs to them, as one snapshot: nobody ever sees an index
//! of other vectors.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use lode_std::{Dataset, meta, store};

/// How many numbers a vector has.
const DIMENSION: usize = 8;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let artifacts = Dataset::builder("embeddings").open(store::open("memory:")?).await?;
    let names = ["apple", "pear", "granite"];
    let vectors = [embed("apple"), embed("pear"), embed("granite")];

    // What belongs together is staged in one transaction: the files keep their order.
    let transaction = artifacts.begin();
    transaction.stage_blob(to_bytes(&vectors)).await?;
    transaction.stage_blob(serde_json::to_vec(&names)?).await?;
    let about = meta! {
        "model" => "toy-1",
        "dimension" => DIMENSION as u64,
        "files" => vec!["vectors.f32".into(), "index.json".into()],
    };
    let snapshot = transaction.commit(about).await?;
    let (files, version) = (snapshot.files().len(), snapshot.version().get());
    println!("{files} files became visible at once, as version {version}");

    // A transaction that is dropped leaves nothing.
    let dropped = artifacts.begin();
    dropped.stage_blob("vectors of another model").await?;
    drop(dropped);
    let head = artifacts.latest().await?.ok_or("there is a snapshot")?;
    assert_eq!(head.version(), snapshot.version());

    // A search: both files are of the same snapshot, whatever is written meanwhile.
    let blobs = artifacts.read(head.version()).await?;
    let [vectors, index] = blobs.as_slice() else { return Err("there are two files".into()) };
    let index: Vec<String> = serde_json::from_slice(index)?;
    let query = embed("apples");
    let scores = from_bytes(vectors).into_iter().map(|vector| dot(&vector, &query));
    let best = scores.enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b));
    let (row, score) = best.ok_or("there are vectors")?;
    let closest = index.get(row).ok_or("each vector has a name")?;
    println!("closest to apples: {closest} ({score:.2})");
    assert_eq!(closest, "apple");
    Ok(())
}

/// A toy: how often each letter occurs, by its number modulo the dimension, as a unit vector.
fn embed(text: &str) -> Vec<f32> {
    let count = |at| text.bytes().filter(|byte| usize::from(*byte) % DIMENSION == at).count();
    let counts: Vec<f32> = (0..DIMENSION).map(|at| count(at) as f32).collect();
    let length = dot(&counts, &counts).sqrt();
    counts.into_iter().map(|count| count / length).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn to_bytes(vectors: &[Vec<f32>]) -> Vec<u8> {
    vectors.iter().flatten().flat_map(|number| number.to_le_bytes()).collect()
}

fn from_bytes(bytes: &[u8]) -> Vec<Vec<f32>> {
    let (numbers, _) = bytes.as_chunks::<4>();
    let numbers: Vec<f32> = numbers.iter().map(|number| f32::from_le_bytes(*number)).collect();
    numbers.chunks(DIMENSION).map(<[f32]>::to_vec).collect()
}
