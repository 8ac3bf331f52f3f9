//! Records as they come from a service: five fields.

use serde::{Deserialize, Serialize};

/// A record of five fields.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Record {
    /// Counted from 0.
    pub id: u64,
    /// One of a few.
    pub kind: String,
    /// One of many.
    pub user: String,
    /// Any number.
    pub value: f64,
    /// Now and then.
    pub ok: bool,
}

/// `count` records, the same ones every time.
pub fn records(count: usize) -> Vec<Record> {
    const KINDS: [&str; 4] = ["login", "click", "purchase", "logout"];
    let record = |id: u64| Record {
        id,
        kind: KINDS.into_iter().cycle().nth((id % 4) as usize).unwrap_or_default().to_string(),
        user: format!("user-{:05}", id * 7_919 % 50_000),
        value: id as f64 * 0.25,
        ok: !id.is_multiple_of(10),
    };
    (0..count as u64).map(record).collect()
}
