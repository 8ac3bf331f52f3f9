//! Coverage over the history, as a page for a browser: one file that works without a network.

use lode_core::range::{ByteRange, GrowableRangeSet};
use serde_json::{Value, json};

use super::escape;

/// The page, with places for its title and for what it shows.
const PAGE: &str = include_str!("page.html");
/// The most ranges that a page holds; of more, those are joined between which there is little.
const MOST: usize = 100_000;

/// What a snapshot has added to the volume.
pub(crate) struct Step {
    /// Its version.
    pub(crate) version: u64,
    /// When it was committed.
    pub(crate) created_at: Option<String>,
    /// What is committed in it, and was not in the one before.
    pub(crate) added: GrowableRangeSet,
    /// How many bytes are committed.
    pub(crate) covered: u64,
}

/// The page of a volume of `total` bytes; `steps` are its snapshots, oldest first.
pub(crate) fn html(title: &str, total: u64, steps: &[Step]) -> String {
    let ranges: usize = steps.iter().map(|step| step.added.len()).sum();
    // At the most two ranges end in each stretch of this length, so that there are not too many.
    let least = if ranges > MOST { total / (MOST as u64 / 4) } else { 0 };
    let snapshots: Vec<_> = steps.iter().map(|step| snapshot(step, least)).collect();
    let history = json!({ "length": total.to_string(), "snapshots": snapshots }).to_string();
    // Nothing in it can end the element that it is in.
    let history = history.replace('<', "\\u003c");
    PAGE.replace("{title}", &escape(title)).replace("{history}", &history)
}

fn snapshot(step: &Step, least: u64) -> Value {
    let added: Vec<_> = joined(step.added.iter(), least)
        .map(|range| json!([range.start().to_string(), range.end().to_string()]))
        .collect();
    json!({
        "version": step.version.to_string(),
        "created_at": step.created_at,
        "bytes": step.added.covered().to_string(),
        "covered": step.covered.to_string(),
        "added": added,
    })
}

/// The ranges, of which those are joined that have fewer than `least` bytes between them.
fn joined(ranges: impl Iterator<Item = ByteRange>, least: u64) -> impl Iterator<Item = ByteRange> {
    let mut ranges = ranges.peekable();
    std::iter::from_fn(move || {
        let mut joined = ranges.next()?;
        while let Some(next) =
            ranges.next_if(|next| next.start().saturating_sub(joined.end()) < least)
        {
            joined = ByteRange::new(joined.start(), next.end()).unwrap_or(joined);
        }
        Some(joined)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ranges: &[(u64, u64)]) -> GrowableRangeSet {
        ranges.iter().filter_map(|(start, end)| ByteRange::new(*start, *end)).collect()
    }

    fn step(version: u64, ranges: &[(u64, u64)]) -> Step {
        let added = set(ranges);
        Step { version, created_at: None, covered: added.covered(), added }
    }

    #[test]
    fn a_page_holds_what_it_shows_and_refers_to_nothing() {
        let page =
            html("volumes/<a>", 1 << 60, &[step(1, &[(0, 10)]), step(2, &[(1 << 55, 1 << 56)])]);
        assert!(page.contains("<title>volumes/&lt;a&gt;</title>"));
        assert!(page.contains(r#"[["36028797018963968","72057594037927936"]]"#), "exact offsets");
        assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("src="));
    }

    #[test]
    fn nothing_ends_the_element_it_is_in() {
        let hostile =
            Step { created_at: Some("</script><script>".to_string()), ..step(1, &[(0, 1)]) };
        let page = html("x", 10, &[hostile]);
        assert_eq!(page.matches("</script>").count(), 2, "those of the page itself");
    }

    #[test]
    fn a_page_is_bounded_however_many_ranges_there_are() {
        let many: Vec<_> = (0..300_000).map(|at| (at * 10, at * 10 + 5)).collect();
        let page = html("x", 3_000_000, &[step(1, &many)]);
        assert!(page.len() < 4 << 20, "{}", page.len());
        let few = joined(set(&[(0, 5), (8, 9), (20, 30)]).iter(), 4).count();
        assert_eq!(few, 2);
    }
}
