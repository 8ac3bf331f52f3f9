//! The power is cut at every byte that is written and in every erase, and again while that is
//! mended: what was acknowledged is there, what was interrupted is there wholly or not at all, and
//! the store goes on.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use std::collections::BTreeMap;

use fastrand::Rng;
use lode_core::ErrorKind;
use lode_core::store::{ListStore, Name, ObjectKind, Store};
use lode_flash::FlashStore;
use support::{Flash, Torn};

const PAGE: usize = 512;
const PAGES: usize = 8;
const MAX: usize = 400;
type Nor<const WORD: usize> = Flash<WORD, PAGE, PAGES>;
type Objects<const WORD: usize> = FlashStore<Nor<WORD>, 96, MAX>;
/// What is there, by the text of its name.
type Model = BTreeMap<String, (Name, Vec<u8>)>;

#[derive(Clone, Debug)]
enum Step {
    Create(Name, Vec<u8>),
    Replace(Name, Vec<u8>),
    Remove(Name),
}

fn open<const WORD: usize>(flash: Nor<WORD>) -> Objects<WORD> {
    FlashStore::new(flash, 0..Nor::<WORD>::LENGTH)
}

fn run<S: Store>(store: &mut S, step: &Step) -> Result<(), S::Error> {
    match step {
        Step::Create(name, bytes) => {
            let (front, back) = bytes.split_at(bytes.len() / 3);
            store.create(name, &[front, back])
        }
        Step::Replace(name, bytes) => store.replace(name, &[bytes]),
        Step::Remove(name) => store.remove(name),
    }
}

fn apply(model: &mut Model, step: &Step) {
    match step {
        Step::Create(name, bytes) | Step::Replace(name, bytes) => {
            model.insert(name.to_string(), (*name, bytes.clone()));
        }
        Step::Remove(name) => {
            model.remove(name.as_str());
        }
    }
}

/// All that the store holds, and that its list and its reads agree.
fn contents<S: ListStore>(store: &mut S) -> Result<Model, S::Error> {
    let mut names = Vec::new();
    store.list(&mut |name| names.push(*name))?;
    let mut found = Model::new();
    for name in names {
        let mut bytes = vec![0; MAX + 1];
        let length = store.read(&name, 0, &mut bytes)?;
        bytes.truncate(length);
        assert!(found.insert(name.to_string(), (name, bytes)).is_none(), "{name} is listed twice");
    }
    Ok(found)
}

fn name(kind: ObjectKind, number: u64) -> Name {
    Name::new(kind, number).unwrap()
}

fn bytes(random: &mut Rng, length: usize) -> Vec<u8> {
    (0..length).map(|_| random.u8(..)).collect()
}

/// What a volume does, in small: a block, a manifest that grows, the hint, now and then a removal.
fn workload(seed: u64, commits: u64) -> Vec<Step> {
    let mut random = Rng::with_seed(seed);
    let mut steps = Vec::new();
    for commit in 1..=commits {
        let length = random.usize(..200);
        steps.push(Step::Create(name(ObjectKind::Block, commit), bytes(&mut random, length)));
        let length = 60 + random.usize(..190);
        steps.push(Step::Create(name(ObjectKind::Manifest, commit), bytes(&mut random, length)));
        let length = if commit % 4 == 0 { 170 } else { 8 };
        steps.push(Step::Replace(name(ObjectKind::Hint, 0), bytes(&mut random, length)));
        if commit > 2 {
            steps.push(Step::Remove(name(ObjectKind::Manifest, commit - 2)));
            steps.push(Step::Remove(name(ObjectKind::Block, commit - 2)));
        }
    }
    steps
}

/// One cut in `step`, one more while it is mended, and then work.
fn cut<const WORD: usize>(before: &Nor<WORD>, model: &Model, step: &Step, fuel: usize) -> bool {
    let mut store = open(before.clone().restarted(Some(fuel)));
    if run(&mut store, step).is_ok() {
        return false;
    }
    let mut flash = store.into_flash();
    let again = flash.random.usize(..60);
    let mut store = open(flash.restarted(Some(again)));
    let _ = store.mount();
    let mut store = open(store.into_flash().restarted(None));
    let mut after = model.clone();
    apply(&mut after, step);
    let mut found = contents(&mut store).unwrap();
    assert!(found == *model || found == after, "neither before nor after {step:?}");
    // And it stays that way.
    for step in [
        Step::Create(name(ObjectKind::Block, 999), vec![9; 250]),
        Step::Replace(name(ObjectKind::Hint, 0), vec![7; 90]),
        step.clone(),
        Step::Remove(name(ObjectKind::Block, 999)),
    ] {
        match run(&mut store, &step) {
            Ok(()) => apply(&mut found, &step),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict, "{step:?}"),
        }
    }
    let mut store = open(store.into_flash());
    assert!(contents(&mut store).unwrap() == found, "not what was written after {step:?}");
    true
}

fn every_byte<const WORD: usize>(seed: u64) {
    let mut cuts = 0;
    let mut store = open(Nor::<WORD>::blank(seed));
    store.format().unwrap();
    let mut model = Model::new();
    let mut flash = store.into_flash();
    for (index, step) in workload(seed, 14).iter().enumerate() {
        for torn in Torn::ALL {
            let mut before = flash.clone();
            before.torn = torn;
            for fuel in 0.. {
                before.random = Rng::with_seed(seed + 1000 * fuel as u64 + index as u64);
                println!("seed {seed}, word {WORD}, step {index}, {torn:?}, fuel {fuel}");
                if !cut(&before, &model, step, fuel) {
                    break;
                }
                cuts += 1;
            }
        }
        let mut store = open(flash);
        run(&mut store, step).unwrap();
        apply(&mut model, step);
        flash = store.into_flash();
    }
    println!("{cuts} cuts, {} bytes written, {} erases", flash.written, flash.erases);
    assert!(flash.erases > 2 * PAGES, "the pages have come round");
}

#[test]
fn words_of_one_byte() {
    every_byte::<1>(1);
}

#[test]
fn words_of_four_bytes() {
    every_byte::<4>(2);
}
