//! What maintenance promises, by its public interface.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests fail by panicking"
)]

#[path = "../support/mod.rs"]
mod support;

mod beside;
mod collecting;
mod cost;
mod crashes;
mod damage;
mod damaged;
mod epochs;
mod evidence;
mod go;
mod load;
mod looking;
mod planning;
mod strays;
mod tagging;
mod world;
