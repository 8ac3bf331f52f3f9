//! What cannot be read ends a collection before anything is deleted.

use lode_std::Error;

use crate::world::{GRACE, Kind, World, last, version};

#[tokio::test]
async fn what_cannot_be_read_ends_a_run_before_anything_is_deleted() {
    for kind in Kind::ALL {
        for damaged in ["slot", "tag"] {
            let (world, subject) = World::with_snapshots(kind, 5).await;
            subject.litter().await;
            subject.maintenance().tag("first", version(1)).await.unwrap();
            let tags = world.objects().await.into_keys().find(|key| key.ends_with("/tags/first"));
            let tag = tags.unwrap();
            let key = match damaged {
                "slot" => kind.slot(4),
                _ => tag,
            };
            world.scripted.tamper(&key, "damage").await;
            world.clock.advance(GRACE + 2);
            let before = world.data().await;
            let error = subject.collect(&last(2)).await.unwrap_err();
            assert!(matches!(error, Error::ManifestInvalid { .. }), "{error}");
            assert!(error.to_string().contains(&key), "{error}");
            assert_eq!(world.data().await, before);
        }
    }
}

/// A tag whose manifest would make a collector or reader leave the dataset.
#[tokio::test]
async fn a_tag_of_another_history_is_no_tag_of_this_one() {
    let (world, subject) = World::with_snapshots(Kind::Compact, 3).await;
    let (other, their) = World::with_snapshots(Kind::Json, 3).await;
    their.maintenance().tag("theirs", version(1)).await.unwrap();
    let bytes = other.objects().await["volumes/it/tags/theirs"].clone();
    world.scripted.tamper("volumes/it/tags/theirs", bytes).await;
    let error = subject.collect(&last(2)).await.unwrap_err();
    assert!(error.to_string().contains("volumes/it/tags/theirs"), "{error}");
    assert!(subject.read_tagged("theirs").await.is_err());
}
