//! Lode's device store on any NOR flash.

#![no_std]

mod block_on;
mod error;
mod item;
mod journal;
mod store;

pub use error::Error;
pub use store::FlashStore;
