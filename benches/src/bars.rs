//! What `cargo xtask bench --check` holds Lode to.

/// The least that is accepted.
#[derive(Clone, Copy, Debug)]
pub struct Bar {
    /// What is measured.
    pub name: &'static str,
    /// How many times the peer's speed Lode must have at the least.
    pub at_least: f64,
    /// Who the peer is, and why it should be so.
    pub reason: &'static str,
}

/// All bars of the paired benches.
pub const BARS: &[Bar] = &[
    Bar {
        name: "write 200,000 records",
        at_least: 1.0 / 1.3,
        reason: "serde_json::to_writer and a put: beside the same encoder there are a checksum \
                 and a commit",
    },
    Bar {
        name: "read 200,000 records",
        at_least: 1.0 / 1.3,
        reason: "a get and serde_json::from_slice of each line: beside the same decoder there is \
                 a checksum",
    },
    Bar {
        name: "write 1 record",
        at_least: 1.0,
        reason: "three puts of the same bytes and 3 us: the file, the manifest and the hint",
    },
    Bar {
        name: "write 200,000 rows",
        at_least: 1.0 / 1.1,
        reason: "parquet's own writer with the same properties, and a put",
    },
    Bar {
        name: "group commit",
        at_least: 30.0,
        reason: "64 handles that each commit for themselves, on a store that takes 50 ms for a \
                 put: of 64 that race one wins",
    },
    Bar {
        name: "durable commit",
        at_least: 1.0 / 1.15,
        reason: "the same bytes in as many files, by hand, with eight syncs one after the other: \
                 syncing is what takes the time",
    },
    Bar {
        name: "durable commit, other store",
        at_least: 2.0,
        reason: "the same commits through object_store's store for directories with its syncs, \
                 which wait for each other and are nine",
    },
    Bar {
        name: "stage 4 MiB blocks",
        at_least: 0.5,
        reason: "reading the same memory: every byte is read once, for its checksum",
    },
    Bar {
        name: "write after 100,000 snapshots",
        at_least: 0.8,
        reason: "the same after 10: a manifest of a dataset has its own files only",
    },
    Bar {
        name: "latest after 100,000 snapshots",
        at_least: 0.8,
        reason: "the same after 10: the head is found by looking at slots, not by listing them",
    },
    Bar {
        name: "latest in a directory, after 10,000 snapshots",
        at_least: 0.8,
        reason: "the same after 10, of a handle that knows where the history stood: one look",
    },
];
