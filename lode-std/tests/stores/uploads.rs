//! Uploads that never came to an end.

use lode_std::store::{self, StoreOptions, Uploads};
use lode_std::{Dataset, Timestamp, meta};
use tokio::io::AsyncWriteExt;

use crate::support::fresh_location;

/// More than a part, so that an upload is begun.
const SIZE: usize = 9 << 20;

#[tokio::test]
async fn what_is_left_of_a_stream_is_found_and_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let location = fresh_location().unwrap_or_else(|| dir.path().to_str().unwrap().to_string());
    let dataset = Dataset::builder("blobs").open(store::open(&location).unwrap()).await.unwrap();
    let uploads = Uploads::open(&location, &StoreOptions::new()).unwrap();
    if location.starts_with("az:") {
        // The service itself sees to it.
        return assert_eq!(uploads.list().await.unwrap(), []);
    }
    dataset.write_blob("whole", meta! {}).await.unwrap();
    assert_eq!(uploads.list().await.unwrap(), []);

    let mut writer = dataset.stream_write().unwrap();
    writer.write_all(&vec![1; SIZE]).await.unwrap();
    writer.flush().await.unwrap();
    // A process that is killed drops nothing.
    std::mem::forget(writer);
    let found = uploads.list().await.unwrap();
    let [upload] = &found[..] else { panic!("{found:?}") };
    assert!(upload.key.starts_with("datasets/blobs/data/"), "{upload:?}");
    // An emulator may say the same date of all of them, but it says one.
    let year_2000 = Timestamp::new(946_684_800, 0).unwrap();
    assert!(upload.begun.unwrap() > year_2000, "{upload:?}");
    assert_eq!(dataset.latest().await.unwrap().unwrap().version().get(), 1);

    uploads.abort(upload).await.unwrap();
    assert_eq!(uploads.list().await.unwrap(), []);
    uploads.abort(upload).await.unwrap();
}

/// Dropping and giving up a stream leave nothing behind; nor do those that come to an end.
#[tokio::test]
async fn nothing_is_left_of_others() {
    let dir = tempfile::tempdir().unwrap();
    let location = fresh_location().unwrap_or_else(|| dir.path().to_str().unwrap().to_string());
    let dataset = Dataset::builder("blobs").open(store::open(&location).unwrap()).await.unwrap();
    for end in ["commit", "abort"] {
        let mut writer = dataset.stream_write().unwrap();
        writer.write_all(&vec![1; SIZE]).await.unwrap();
        match end {
            "commit" => drop(writer.commit(meta! {}).await.unwrap()),
            _ => writer.abort().await,
        }
    }
    let uploads = Uploads::open(&location, &StoreOptions::new()).unwrap();
    assert_eq!(uploads.list().await.unwrap(), []);
}
