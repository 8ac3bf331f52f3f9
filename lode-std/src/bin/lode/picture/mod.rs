//! Coverage as a picture: in the terminal, as SVG, and as a page for a browser. Pure.

mod page;

use std::fmt::Write;

use lode_core::range::{ByteRange, GrowableRangeSet};

pub(crate) use self::page::{Step, html};
use crate::units::{count, grouped, human, percent};

/// How many columns the offset at the left of a row takes.
const LABEL: usize = 11;
/// The most rows of cells; few ranges are told apart in a single one.
const ROWS: u64 = 4;
/// Up to how many ranges are drawn in one row.
const FEW: usize = 8;
/// How many cells an SVG is wide.
const SVG_CELLS: u64 = 1000;

/// How much of a cell is committed. The ends are exact: no byte, and every byte.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Shade {
    Gap,
    Light,
    Medium,
    Dark,
    Full,
}

impl Shade {
    fn of(covered: u64, length: u64) -> Self {
        let thirds = u128::from(covered) * 3 / u128::from(length.max(1));
        match (covered, thirds) {
            (0, _) => Self::Gap,
            (_, 0) => Self::Light,
            (_, 1) => Self::Medium,
            (_, 2) => Self::Dark,
            _ => Self::Full,
        }
    }

    fn character(self) -> char {
        match self {
            Self::Gap => '·',
            Self::Light => '░',
            Self::Medium => '▒',
            Self::Dark => '▓',
            Self::Full => '█',
        }
    }

    fn opacity(self) -> &'static str {
        match self {
            Self::Gap => "0",
            Self::Light => "0.3",
            Self::Medium => "0.5",
            Self::Dark => "0.75",
            Self::Full => "1",
        }
    }
}

/// Cuts `total` bytes into `count` cells, or one for each byte if there are not as many.
fn shades(covered: &GrowableRangeSet, total: u64, count: u64) -> Vec<Shade> {
    let count = count.clamp(1, total.max(1));
    (0..count)
        .filter_map(|cell| ByteRange::new(edge(cell, count, total), edge(cell + 1, count, total)))
        .map(|cell| {
            let inside = covered.iter_within(cell).map(ByteRange::length).sum();
            Shade::of(inside, cell.length())
        })
        .collect()
}

/// Where cell number `cell` of `count` begins.
fn edge(cell: u64, count: u64, total: u64) -> u64 {
    let edge = u128::from(total) * u128::from(cell) / u128::from(count.max(1));
    u64::try_from(edge).unwrap_or(total)
}

/// The coverage in `width` columns, with a legend; the lines end without a line break.
pub(crate) fn text(covered: &GrowableRangeSet, total: u64, width: usize) -> String {
    let columns = width.saturating_sub(LABEL + 2).max(8);
    let rows = if covered.len() <= FEW { 1 } else { ROWS };
    let cells = shades(covered, total, rows * columns as u64);
    let mut text = String::new();
    for (row, cells_of_row) in cells.chunks(columns).enumerate() {
        let offset = edge((row * columns) as u64, cells.len() as u64, total);
        let bar: String = cells_of_row.iter().map(|shade| shade.character()).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{:>LABEL$} {bar}", human(offset));
    }
    let _ = writeln!(text, "{:>LABEL$} █ committed  ▓▒░ in part  · gap", "");
    let _ = write!(text, "{:>LABEL$} {}", "", summary(covered, total));
    text
}

/// The coverage in numbers.
pub(crate) fn summary(covered: &GrowableRangeSet, total: u64) -> String {
    let gaps = ByteRange::new(0, total).map_or(0, |whole| covered.gaps(whole).count());
    format!(
        "{}: {} of {} bytes committed, {}",
        percent(covered.covered(), total),
        grouped(covered.covered()),
        grouped(total),
        count(gaps, "gap")
    )
}

/// The coverage as an SVG document. Its size does not depend on the number of ranges.
pub(crate) fn svg(covered: &GrowableRangeSet, total: u64, title: &str) -> String {
    let title = escape(title);
    let cells = shades(covered, total, SVG_CELLS);
    let unit = SVG_CELLS as f64 / cells.len().max(1) as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1000 84\" role=\"img\" \
         font-family=\"sans-serif\" font-size=\"14\">\n\
         <title>{title}</title>\n\
         <text y=\"16\">{title}</text>\n\
         <rect y=\"24\" width=\"1000\" height=\"36\" fill=\"#e5e7eb\"/>\n\
         <g fill=\"#1d4ed8\">\n"
    );
    let mut at = 0;
    for run in cells.chunk_by(|left, right| left == right) {
        let (x, width) = (at as f64 * unit, run.len() as f64 * unit);
        at += run.len();
        if let Some(shade) = run.first().filter(|shade| **shade != Shade::Gap) {
            let _ = writeln!(
                svg,
                "<rect x=\"{x:.3}\" y=\"24\" width=\"{width:.3}\" height=\"36\" opacity=\"{}\"/>",
                shade.opacity()
            );
        }
    }
    let _ = write!(
        svg,
        "</g>\n<text y=\"78\">0</text>\n\
         <text x=\"500\" y=\"78\" text-anchor=\"middle\">{}</text>\n\
         <text x=\"1000\" y=\"78\" text-anchor=\"end\">{}</text>\n</svg>\n",
        escape(&summary(covered, total)),
        human(total)
    );
    svg
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ranges: &[(u64, u64)]) -> GrowableRangeSet {
        ranges.iter().filter_map(|(start, end)| ByteRange::new(*start, *end)).collect()
    }

    fn drawn(ranges: &[(u64, u64)], total: u64, cells: u64) -> String {
        shades(&set(ranges), total, cells).iter().map(|shade| shade.character()).collect()
    }

    #[test]
    fn one_byte_makes_the_difference_at_both_ends() {
        assert_eq!(drawn(&[], 4000, 4), "····");
        assert_eq!(drawn(&[(0, 4000)], 4000, 4), "████");
        assert_eq!(drawn(&[(0, 1000), (1001, 2000), (3000, 3001)], 4000, 4), "█▓·░");
        assert_eq!(drawn(&[(0, 500), (1000, 1100), (2000, 2999)], 4000, 4), "▒░▓·");
    }

    #[test]
    fn any_length_fits() {
        assert_eq!(drawn(&[(1, 2)], 3, 80), "·█·");
        assert_eq!(drawn(&[(0, 1)], 1, 80), "█");
        let longest = i64::MAX as u64;
        assert_eq!(drawn(&[(longest / 2, longest)], longest, 4), "··██");
        assert_eq!(drawn(&[(7, 8)], longest, 3), "░··");
    }

    #[test]
    fn rows_are_labelled_and_fit_the_width() {
        let ranges: Vec<_> = (0..100).map(|at| (at * 1024, at * 1024 + 512)).collect();
        let picture = text(&set(&ranges), 100 << 10, 60);
        let lines: Vec<_> = picture.lines().collect();
        assert_eq!(lines.len(), 6);
        assert!(lines.iter().take(4).all(|line| line.chars().count() <= 60), "{picture}");
        assert!(lines[1].starts_with("   25.0 KiB "), "{picture}");
        assert!(lines[5].ends_with("50.0%: 51,200 of 102,400 bytes committed, 100 gaps"));
        assert_eq!(text(&set(&[(0, 10)]), 100, 60).lines().count(), 3);
    }

    #[test]
    fn svg_joins_neighbours_and_escapes() {
        let picture = svg(&set(&[(0, 500), (900, 1000)]), 1000, "volumes/<a&b>");
        assert_eq!(picture.matches("<rect").count(), 3);
        assert!(picture.contains("<rect x=\"900.000\" y=\"24\" width=\"100.000\""), "{picture}");
        assert!(picture.contains("<title>volumes/&lt;a&amp;b&gt;</title>"));
    }
}
