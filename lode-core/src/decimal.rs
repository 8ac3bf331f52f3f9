//! Decimal numbers within texts.

/// How many digits a number may have that is certain to fit.
const SURE: usize = 19;

/// The number that a text begins with, and what follows its digits. Only as it is printed: without
/// a sign or leading zeros.
pub(crate) fn leading_number(text: &str) -> Option<(u64, &str)> {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit());
    let (digits, rest) = text.split_at_checked(end.unwrap_or(text.len()))?;
    let number = match digits.len() {
        2.. if digits.starts_with('0') => return None,
        1..=SURE => digits.bytes().fold(0, |number, digit| 10 * number + u64::from(digit & 15)),
        _ => digits.parse().ok()?,
    };
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_as_they_are_printed() {
        for (text, expected) in [
            ("0", Some((0, ""))),
            ("7-8", Some((7, "-8"))),
            ("120x3", Some((120, "x3"))),
            ("18446744073709551615,", Some((u64::MAX, ","))),
            ("18446744073709551616", None),
            ("99999999999999999999", None),
            ("00", None),
            ("012", None),
            ("", None),
            ("-1", None),
            ("+1", None),
            (" 1", None),
            ("\u{661}", None),
        ] {
            assert_eq!(leading_number(text), expected, "{text:?}");
        }
    }
}
