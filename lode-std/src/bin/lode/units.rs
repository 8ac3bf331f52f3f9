//! Sizes and ranges as people write and read them.

use std::ops::Range;

use lode_core::manifest::VolumeManifest;
use lode_std::Error;

/// The units of a size, from the longest name to the shortest: a suffix must not hide another.
const UNITS: [(&str, u64); 9] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("b", 1),
];
/// The greatest block: it is held in memory while it is on its way.
const MAX_BLOCK: u64 = 1 << 30;

/// Reads a size: `4096`, `64KiB`, `4MiB`, `10MB`.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let lower = text.trim().to_ascii_lowercase();
    let unit = UNITS.iter().find_map(|(name, unit)| Some((lower.strip_suffix(name)?, *unit)));
    let (digits, unit) = unit.unwrap_or((&lower, 1));
    let digits = digits.trim_end();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("a size is a whole number of bytes, or of B, KiB, MiB, GiB, TiB, kB, MB, GB \
                    or TB: 4MiB"
            .to_string());
    }
    let size = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    size.filter(|size| *size <= VolumeManifest::MAX_LENGTH)
        .ok_or_else(|| "sizes and offsets are below 2^63".to_string())
}

/// Reads the size of a block.
pub(crate) fn parse_block(text: &str) -> Result<u64, String> {
    match parse_size(text)? {
        size @ 1..=MAX_BLOCK => Ok(size),
        _ => Err("a block has 1 byte to 1GiB".to_string()),
    }
}

/// Reads a number of bytes a second.
pub(crate) fn parse_rate(text: &str) -> Result<u64, String> {
    match parse_size(text)? {
        0 => Err("at no bytes a second nothing would ever be read".to_string()),
        rate => Ok(rate),
    }
}

/// A range of which either end may be left open: `A..B`, `A..`, `..B`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct OpenRange {
    start: Option<u64>,
    end: Option<u64>,
}

impl OpenRange {
    /// Reads `A..B`, `A..`, `..B` or `..`, with sizes for A and B.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (start, end) = text
            .split_once("..")
            .ok_or("a range is A..B, A.. or ..B; the byte at B is not part of it")?;
        let side = |text: &str| match text.trim() {
            "" => Ok(None),
            size => parse_size(size).map(Some),
        };
        let range = Self { start: side(start)?, end: side(end)? };
        match range {
            Self { start: Some(start), end: Some(end) } if start > end => {
                Err("the range ends before it begins".to_string())
            }
            _ => Ok(range),
        }
    }

    /// The range within a volume of `length` bytes.
    pub(crate) fn within(self, length: u64) -> Result<Range<u64>, Error> {
        let start = self.start.unwrap_or(0);
        let end = self.end.unwrap_or(length).max(start);
        match end > length {
            true => Err(Error::OutOfBounds { start, end, total_length: length }),
            false => Ok(start..end),
        }
    }
}

/// A number with its digits in groups of three: `4,812,344`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size in its greatest binary unit, to one decimal, rounded down: `4.5 MiB`.
pub(crate) fn human(size: u64) -> String {
    let units = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
    match units.into_iter().find(|(bits, _)| size >> bits > 0) {
        Some((bits, name)) => {
            let tenths = (u128::from(size) * 10) >> bits;
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
        None => format!("{size} B"),
    }
}

/// A part of a whole in percent, rounded down, so that 100 % is all of it and 0 % nothing.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    let tenths = u128::from(part) * 1000 / u128::from(whole.max(1));
    match tenths {
        0 if part > 0 => "<0.1%".to_string(),
        _ => format!("{}.{}%", tenths / 10, tenths % 10),
    }
}

/// A count and what is counted: `1 block`, `2 blocks`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    counted(number as u64, noun)
}

/// As [`count`], of what may be more than fit in memory.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_binary_and_decimal_units() {
        for (text, size) in [
            ("0", 0),
            ("4096", 4096),
            ("7B", 7),
            ("64KiB", 64 << 10),
            ("4MiB", 4 << 20),
            ("4 mib", 4 << 20),
            ("1GiB", 1 << 30),
            ("2TiB", 2 << 40),
            ("10kB", 10_000),
            ("10MB", 10_000_000),
            ("9223372036854775807", i64::MAX as u64),
        ] {
            assert_eq!(parse_size(text), Ok(size), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_or_too_large_is_refused() {
        for bad in ["", "MiB", "-1", "+1", "1.5MiB", "4M", "0x10", "1KiBKiB", "١"] {
            assert!(parse_size(bad).unwrap_err().contains("4MiB"), "{bad}");
        }
        for large in ["9223372036854775808", "8388608TiB", "99999999999999999999", "20000000TB"] {
            assert!(parse_size(large).unwrap_err().contains("2^63"), "{large}");
        }
        assert!(parse_block("0").is_err() && parse_block("2GiB").is_err());
        assert_eq!(parse_block("1GiB"), Ok(1 << 30));
    }

    #[test]
    fn ranges_may_be_open() {
        let within = |text| OpenRange::parse(text).unwrap().within(4096).unwrap();
        assert_eq!(within("1KiB..2KiB"), 1024..2048);
        assert_eq!(within("100.."), 100..4096);
        assert_eq!(within("..100"), 0..100);
        assert_eq!(within(".."), 0..4096);
        assert_eq!(within("7..7"), 7..7);
        assert_eq!(within("4096.."), 4096..4096);
        for outside in ["0..4097", "4097..", "9000..9001"] {
            assert!(OpenRange::parse(outside).unwrap().within(4096).is_err(), "{outside}");
        }
        for bad in ["", "5", "2..1", "1...2", "a..b", "1..2..3", "-1.."] {
            assert!(OpenRange::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_are_readable() {
        assert_eq!([0, 999, 1000, 4_812_344].map(grouped), ["0", "999", "1,000", "4,812,344"]);
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
        let sizes = [0, 1023, 1024, 1536, (1 << 20) - 1, 5 << 30, u64::MAX];
        let texts =
            ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "1023.9 KiB", "5.0 GiB", "16777215.9 TiB"];
        assert_eq!(sizes.map(human), texts);
        assert_eq!(percent(999_999, 1_000_000), "99.9%");
        assert_eq!(percent(1, u64::MAX), "<0.1%");
        assert_eq!([percent(0, 7), percent(7, 7), percent(0, 0)], ["0.0%", "100.0%", "0.0%"]);
        assert_eq!([count(1, "block"), count(2000, "gap")], ["1 block", "2,000 gaps"]);
    }
}
