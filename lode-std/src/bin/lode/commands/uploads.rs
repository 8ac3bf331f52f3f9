//! `lode uploads`: uploads that never came to an end.

use std::time::Duration;

use lode_core::time::Clock;
use lode_std::SystemClock;
use lode_std::store::{StoreOptions, UnfinishedUpload, Uploads};
use serde_json::json;

use crate::args::UploadsArgs;
use crate::failure::{Failure, printable};
use crate::output::{Output, short_time, time};
use crate::units::count;

/// One that is younger is not given up unless it is asked for: it may be running.
const SAFE: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) async fn run(args: UploadsArgs, out: &mut Output) -> Result<(), Failure> {
    let uploads = Uploads::open(&args.store, &StoreOptions::new())?;
    let age = args.older_than.unwrap_or(if args.abort { SAFE } else { Duration::ZERO });
    let found: Vec<_> =
        uploads.list().await?.into_iter().filter(|upload| is_older(upload, age)).collect();
    for upload in &found {
        if args.abort {
            uploads.abort(upload).await?;
        }
        let begun = short_time(upload.begun);
        out.line(format_args!("{begun}  {}", printable(&upload.key)))?;
        out.json(&json!({
            "key": upload.key,
            "begun": time(upload.begun),
            "aborted": args.abort,
        }))?;
    }
    let what = count(found.len(), "unfinished upload");
    out.note(if args.abort { format!("{what} given up") } else { what });
    Ok(())
}

/// What has no time is as old as can be.
fn is_older(upload: &UnfinishedUpload, age: Duration) -> bool {
    let now = SystemClock.now().unwrap_or_default();
    upload.begun.is_none_or(|begun| now.seconds_since(begun) >= age.as_secs())
}
