//! What the fuzz targets share. Each target takes arbitrary bytes and panics if something does not
//! hold of them; `cargo xtask fuzz` runs them.

pub mod compact;
pub mod input;
pub mod machine;
pub mod memory;
pub mod transform;
