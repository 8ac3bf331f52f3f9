//! Collections beside writers, and beside each other: something happens before any of their calls.

use lode_std::Error;

use crate::world::{GRACE, Kind, Subject, World, last, numbers, version};

/// More calls than any of these collections makes.
const MANY: usize = 200;

async fn old_world(kind: Kind) -> (World, Subject) {
    let (world, subject) = World::with_snapshots(kind, 6).await;
    subject.litter().await;
    world.clock.advance(GRACE + 2);
    (world, subject)
}

#[tokio::test]
async fn a_writer_between_any_two_steps_loses_nothing() {
    for kind in Kind::ALL {
        for calls in 0..MANY {
            let (world, subject) = old_world(kind).await;
            let writer = world.open().await;
            let (send, receive) = std::sync::mpsc::channel();
            let commits = async move {
                for number in [7, 8, 9] {
                    send.send(writer.commit(number).await.unwrap().get()).unwrap();
                }
            };
            world.aged.interrupt(calls, commits);
            let report = subject.collect(&last(2)).await.unwrap();
            if world.aged.take_interruption() {
                assert!(calls > 20, "{calls}");
                break;
            }
            // What it drops depends on what it has seen; nothing else may be lost.
            let dropped = numbers(report.buried);
            let new: Vec<u64> = receive.try_iter().collect();
            assert_eq!(new.len(), 3);
            // The record has one of the slots, before or behind them.
            let record = report.record.unwrap().get();
            assert!(new[0] == 7 && record == 10 || new[0] == 8 && record == 7, "{new:?} {record}");
            let stays = |number: &u64| !dropped.contains(number);
            assert!(new[1..].iter().all(stays), "{dropped:?}");
            world.check((1..=6).chain(new.clone()).filter(stays)).await;
            // Nor by the next one, when all of it is old.
            world.clock.advance(GRACE + 2);
            subject.collect(&last(3)).await.unwrap();
            world.check(new.clone().into_iter().filter(stays)).await;
        }
    }
}

/// A tag that was taken holds; one that could not be taken leaves nothing behind.
#[tokio::test]
async fn a_tag_between_any_two_steps_holds_or_is_refused() {
    for kind in [Kind::Compact, Kind::Paged, Kind::Default, Kind::Hive] {
        let (mut taken, mut refused) = (0, 0);
        for calls in 0..MANY {
            let (world, subject) = old_world(kind).await;
            let tagger = world.open().await;
            let (send, receive) = std::sync::mpsc::channel();
            let tags = async move {
                let tagged = tagger.maintenance().tag("third", version(3)).await;
                send.send(tagged).unwrap();
            };
            world.aged.interrupt(calls, tags);
            subject.collect(&last(2)).await.unwrap();
            if world.aged.take_interruption() {
                break;
            }
            let reader = world.open().await;
            match receive.recv().unwrap() {
                Ok(()) => {
                    taken += 1;
                    reader.read_tagged("third").await.unwrap();
                    world.clock.advance(GRACE + 2);
                    subject.collect(&last(2)).await.unwrap();
                    reader.read_tagged("third").await.unwrap();
                }
                Err(Error::Collected { .. }) => {
                    refused += 1;
                    assert!(reader.maintenance().tags().await.unwrap().is_empty());
                }
                Err(error) => panic!("{error}"),
            }
        }
        assert!(taken > 0 && refused > 0, "{taken} taken, {refused} refused");
    }
}

/// A handle that has rested for so long that the pages of the head that it knows are gone.
#[tokio::test]
async fn a_writer_that_was_overtaken_by_a_collection_catches_up() {
    let (world, subject) = World::with_snapshots(Kind::Paged, 6).await;
    let rested = world.open().await;
    let Subject::Volume(volume) = &rested else { panic!("a volume was asked for") };
    let head = volume.latest().await.unwrap().unwrap();
    for number in [7, 8, 9] {
        subject.commit(number).await.unwrap();
    }
    world.clock.advance(GRACE + 2);
    subject.collect(&last(2)).await.unwrap();
    let error = head.blocks(0..100).collect().await.unwrap_err();
    assert!(matches!(error, Error::Collected { .. }), "{error}");
    // The record has version 10.
    assert_eq!(rested.commit(10).await.unwrap(), version(11));
    world.check([8, 9, 11]).await;
}

/// The other one drops more, and comes to its end first.
#[tokio::test]
async fn two_collections_at_once_do_no_harm() {
    for kind in [Kind::Paged, Kind::Json, Kind::Flat, Kind::Hive] {
        for calls in 0..MANY {
            let (world, subject) = old_world(kind).await;
            let other = world.open().await;
            let collects = async move { drop(other.collect(&last(2)).await.unwrap()) };
            world.aged.interrupt(calls, collects);
            subject.collect(&last(3)).await.unwrap();
            if world.aged.take_interruption() {
                break;
            }
            world.check([5, 6]).await;
        }
    }
}

/// What a record says is the newest snapshot may have been dropped by the time it is read.
#[tokio::test]
async fn the_newest_is_found_while_others_commit_and_collect() {
    for kind in Kind::ALL {
        for calls in 0..MANY {
            let (world, subject) = old_world(kind).await;
            assert_eq!(subject.collect(&last(2)).await.unwrap().record, Some(version(7)));
            let reader = world.open().await;
            let others = async move {
                for number in [7, 8, 9] {
                    subject.commit(number).await.unwrap();
                }
                assert!(!subject.collect(&last(2)).await.unwrap().buried.is_empty());
            };
            world.aged.interrupt(calls, others);
            let newest = reader.latest().await.unwrap();
            if world.aged.take_interruption() {
                assert!(calls > 1, "{calls}");
                break;
            }
            assert!(newest == 6 || newest >= 8, "{kind:?}: {newest}");
        }
    }
}
