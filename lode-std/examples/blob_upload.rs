//! A large blob, written as a stream: bounded memory whatever its size, compressed and its checksum
//! taken on the way, invisible until it is committed.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use lode_std::{Dataset, meta, store};
use lode_zstd::Zstd;
use tokio::io::AsyncWriteExt;

const LINES: usize = 200_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let store = store::open(&dir.path().display().to_string())?;
    let builder = Dataset::builder("logs").compressor(Zstd::default());
    let logs = builder.open(store).await?;

    // Any source will do: `tokio::io::copy` from a file, a socket, a child process.
    let mut writer = logs.stream_write()?;
    let mut written = 0;
    for number in 0..LINES {
        let line = format!("request {number} took {} ms\n", number % 97);
        writer.write_all(line.as_bytes()).await?;
        written += line.len();
    }
    assert!(logs.latest().await?.is_none(), "nothing is visible yet");
    let snapshot = writer.commit(meta! { "host" => "a1" }).await?;
    let file = snapshot.files().first().ok_or("a blob is a file")?;
    println!("{written} bytes became {} in version {}", file.size, snapshot.version().get());
    assert!(file.size < written as u64 / 4 && file.digest.is_some());

    // What is aborted, or dropped, leaves no snapshot.
    let mut writer = logs.stream_write()?;
    writer.write_all(b"never mind").await?;
    writer.abort().await;
    let latest = logs.latest().await?.ok_or("there is a snapshot")?;
    assert_eq!(latest.version(), snapshot.version());

    // Small blobs need no stream.
    let small = logs.write_blob("ready", meta! {}).await?;
    assert_eq!(logs.read(small.version()).await?, ["ready"]);
    let blobs = logs.read(snapshot.version()).await?;
    assert_eq!(blobs.iter().map(bytes::Bytes::len).sum::<usize>(), written);
    println!("read back and verified");
    Ok(())
}
