//! Texts without the secrets of the URLs in them.

/// What a secret is replaced by.
const HIDDEN: &str = "***";

/// Parts of the names of query values that are secret, in lower case.
const SECRET: [&str; 8] =
    ["secret", "password", "token", "signature", "credential", "account_key", "sas", "master_key"];

/// The same text, with `user:password@` of each URL and the secret values of its query replaced:
/// for messages that name the location of a store. The errors of this library need it no more.
pub fn redact(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        safe.push_str(before);
        safe.push_str("://");
        let end = after.find(ends_authority).unwrap_or(after.len());
        let (authority, behind) = after.split_at(end);
        match authority.rsplit_once('@') {
            Some((_, host)) => safe.extend([HIDDEN, "@", host]),
            None => safe.push_str(authority),
        }
        rest = behind;
    }
    safe.push_str(rest);
    redact_pairs(&safe)
}

/// Replaces the values of secret `name=value` pairs.
fn redact_pairs(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('=') {
        safe.push_str(before);
        safe.push('=');
        let end = after.find(ends_value).unwrap_or(after.len());
        let (value, behind) = after.split_at(end);
        let name = before.rsplit(|character| !is_of_name(character)).next().unwrap_or_default();
        safe.push_str(if !value.is_empty() && is_secret(name) { HIDDEN } else { value });
        rest = behind;
    }
    safe.push_str(rest);
    safe
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    let is_key = name.ends_with("access_key") || name == "sig" || name == "key";
    is_key || SECRET.iter().any(|secret| name.contains(secret))
}

fn is_of_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.' | '%')
}

fn ends_authority(character: char) -> bool {
    matches!(character, '/' | '?' | '#' | '"' | '\'' | '<' | '>' | ')') || character.is_whitespace()
}

fn ends_value(character: char) -> bool {
    matches!(character, '&' | '#' | '"' | '\'' | '<' | '>' | ')') || character.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_urls_are_replaced() {
        for (text, safe) in [
            ("http://me:hush@host:9/b", "http://***@host:9/b"),
            ("http://me:hu@sh@host", "http://***@host"),
            (
                "GET https://h/b?comp=x&sig=hush&se=1 failed",
                "GET https://h/b?comp=x&sig=***&se=1 failed",
            ),
            (
                "?X-Amz-Signature=hush&X-Amz-Credential=AK%2Fhush",
                "?X-Amz-Signature=***&X-Amz-Credential=***",
            ),
            ("s3://b?region=x&secret_access_key=hush\"", "s3://b?region=x&secret_access_key=***\""),
            ("az://c?access_key=hush==", "az://c?access_key=***"),
            ("a://b and c://d:hush@e/@f", "a://b and c://***@e/@f"),
        ] {
            assert_eq!(redact(text), safe);
        }
    }

    #[test]
    fn other_texts_stay_as_they_are() {
        for text in [
            "",
            "a://",
            "http://host/b?list-type=2&prefix=a@b&start-after=c",
            "retries=3 key-marker=x",
            "a=b=c: 100 %",
        ] {
            assert_eq!(redact(text), text);
        }
    }
}
