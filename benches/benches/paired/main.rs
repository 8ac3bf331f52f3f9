//! Lode against doing the same by hand, by turns: what `cargo xtask bench --check` looks at.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench fails by panicking")]

mod durable;
mod group;
mod history;
mod parquet;
mod records;
mod staging;

use lode_benches::pair::Paired;

fn main() {
    let mut paired = Paired::from_args();
    records::run(&mut paired);
    parquet::run(&mut paired);
    group::run(&mut paired);
    durable::run(&mut paired);
    staging::run(&mut paired);
    history::run(&mut paired);
    paired.write().unwrap();
}
