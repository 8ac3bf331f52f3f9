//! A snapshot of a dataset in one line.

use lode_std::DatasetSnapshot;
use serde_json::json;

use crate::commands::dataset::{codec, stored_bytes};
use crate::failure::{Failure, printable};
use crate::output::{Output, metadata, short_time, time};
use crate::units::{count, counted, grouped};

pub(super) fn show(snapshot: &DatasetSnapshot, out: &mut Output) -> Result<(), Failure> {
    let (files, bytes) = (snapshot.files().len(), stored_bytes(snapshot));
    let metadata = metadata(snapshot.metadata());
    out.line(format_args!(
        "{}  {}  {}  {}  {} bytes  {}  {metadata}",
        snapshot.version().get(),
        short_time(snapshot.created_at()),
        count(files, "file"),
        counted(snapshot.row_count(), "row"),
        grouped(bytes),
        printable(codec(snapshot)),
    ))?;
    out.json(&json!({
        "version": snapshot.version().to_string(),
        "created_at": time(snapshot.created_at()),
        "files": files,
        "rows": snapshot.row_count(),
        "bytes": bytes,
        "codec": codec(snapshot),
        "metadata": metadata,
    }))
}
