//! Decimal numbers within texts.

/// The number that a text begins with, and what follows its digits. Only as it is printed: without
/// a sign or leading zeros.
pub(crate) fn leading_number(text: &str) -> Option<(u64, &str)> {
    let (mut number, mut count) = (0_u64, 0);
    for digit in text.bytes().take_while(u8::is_ascii_digit) {
        number = number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
        count += 1;
    }
    let is_canonical = count > 0 && (count == 1 || !text.starts_with('0'));
    is_canonical.then_some((number, text.get(count..)?))
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
