//! Points in time as texts, as in RFC 3339.

use chrono::{DateTime, Datelike, Utc};

const SECOND: i64 = 1_000_000_000;

/// Nanoseconds since 1970.
pub(crate) fn parse(text: &str) -> Result<i64, &'static str> {
    let Ok(time) = DateTime::parse_from_rfc3339(text) else {
        return Err("is no time as in RFC 3339");
    };
    if i64::from(time.timestamp_subsec_nanos()) >= SECOND {
        return Err("is a leap second, which has no nanosecond of its own");
    }
    time.timestamp_nanos_opt().ok_or("is outside of the years 1677 to 2262")
}

/// `count` parts of a second after 1970, of which `per_second` make a second, without zeros at
/// the end of the fraction. `None` outside of the years 0 to 9999, which RFC 3339 ends at.
pub(crate) fn text(count: i64, per_second: i64) -> Option<String> {
    let fraction = count.rem_euclid(per_second).checked_mul(SECOND / per_second)?;
    let time: DateTime<Utc> =
        DateTime::from_timestamp(count.div_euclid(per_second), u32::try_from(fraction).ok()?)?;
    if !(0..=9999).contains(&time.year()) {
        return None;
    }
    let mut text = time.format("%Y-%m-%dT%H:%M:%S").to_string();
    if fraction > 0 {
        text.push_str(format!(".{fraction:09}").trim_end_matches('0'));
    }
    text.push('Z');
    Some(text)
}
