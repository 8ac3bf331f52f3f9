//! Every interleaving of what the threads of a host share, on Lode's real handles.
//!
//! A package of its own, so that little has to be built again with the cfg:
//!
//! ```text
//! RUSTFLAGS="--cfg lode_loom" cargo test --release --package lode-loom --target-dir target/loom
//! ```
//!
//! or `cargo xtask loom`. Without the cfg there is nothing in it.

#[cfg(all(lode_loom, test))]
mod group;
#[cfg(all(lode_loom, test))]
mod handles;
#[cfg(all(lode_loom, test))]
mod model;
#[cfg(all(lode_loom, test))]
mod store;
