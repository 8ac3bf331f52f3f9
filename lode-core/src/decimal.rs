//! Decimal numbers within texts.

/// How many digits a number may have that is certain to fit.
const SURE: usize = 19;

/// The number that a text begins with, and what follows its digits. Only as it is printed: without
/// a sign or leading zeros.
pub(crate) fn leading_number(text: &str) -> Option<(u64, &str)> {
    let (number, digits) = leading_digits(text.as_bytes())?;
    Some((number, text.get(digits..)?))
}

/// The same of bytes: the number, and how many digits it has.
pub(crate) fn leading_digits(text: &[u8]) -> Option<(u64, usize)> {
    let (mut number, mut digits) = (0_u64, 0);
    for byte in text.iter().take(SURE).take_while(|byte| byte.is_ascii_digit()) {
        number = 10 * number + u64::from(byte & 15);
        digits += 1;
    }
    if digits == SURE {
        for byte in text.iter().skip(SURE).take_while(|byte| byte.is_ascii_digit()) {
            number = number.checked_mul(10)?.checked_add((byte & 15).into())?;
            digits += 1;
        }
    }
    let is_padded = digits > 1 && text.first() == Some(&b'0');
    (digits > 0 && !is_padded).then_some((number, digits))
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
