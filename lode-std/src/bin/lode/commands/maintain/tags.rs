//! `lode tag`, `untag`, `tags` and `hold`: names that keep snapshots.

use serde_json::json;

use super::open;
use crate::args::{HoldArgs, TagArgs, TagsArgs, UntagArgs};
use crate::failure::Failure;
use crate::output::{Output, short_time, time};

pub(in crate::commands) async fn tag(args: TagArgs, out: &mut Output) -> Result<(), Failure> {
    let TagArgs { kept, name, version } = args;
    open(&kept).await?.tag(name.as_str(), version).await?;
    out.line(format_args!("{name} keeps version {} of {}", version.get(), kept.target))?;
    out.json(&json!({ "name": name.as_str(), "version": version.to_string() }))
}

pub(in crate::commands) async fn untag(args: UntagArgs, out: &mut Output) -> Result<(), Failure> {
    let UntagArgs { kept, name } = args;
    open(&kept).await?.untag(name.as_str()).await?;
    out.line(format_args!("{name} keeps nothing of {} any more", kept.target))?;
    out.json(&json!({ "name": name.as_str(), "deleted": true }))
}

pub(in crate::commands) async fn tags(args: TagsArgs, out: &mut Output) -> Result<(), Failure> {
    let tags = open(&args.kept).await?.tags().await?;
    let width = tags.iter().map(|tag| tag.name.as_str().len()).max().unwrap_or(0);
    for tag in &tags {
        let end = match tag.end {
            Some(end) => format!("  until {}", short_time(Some(end))),
            None => String::new(),
        };
        let name = tag.name.as_str();
        out.line(format_args!("{name:width$}  version {}{end}", tag.version.get()))?;
        out.json(&json!({
            "name": name,
            "version": tag.version.to_string(),
            "end": time(tag.end),
        }))?;
    }
    if tags.is_empty() {
        out.note(format_args!("{} has no tags: `lode tag` makes one", args.kept.target));
    }
    Ok(())
}

/// The name alone is the answer, so that a script can take it.
pub(in crate::commands) async fn hold(args: HoldArgs, out: &mut Output) -> Result<(), Failure> {
    let lease = open(&args.kept).await?.hold(args.version, args.duration).await?;
    out.line(&lease.name)?;
    out.note(format_args!(
        "version {} of {} is kept until {}; `lode untag` ends that at once",
        lease.version.get(),
        args.kept.target,
        short_time(Some(lease.end))
    ));
    out.json(&json!({
        "name": lease.name.as_str(),
        "version": lease.version.to_string(),
        "end": time(Some(lease.end)),
    }))
}
