//! The locations that name a store, and what is refused without a request.

use std::time::Duration;

use lode_std::store::{self, StoreOptions};
use lode_std::{Error, ErrorKind};

fn refusal(location: &str) -> String {
    match store::open(location) {
        Err(error @ (Error::StoreUrl { .. } | Error::StoreNotFound { .. })) => error.to_string(),
        Err(error) => panic!("{location}: {error}"),
        Ok(store) => panic!("{location}: {store}"),
    }
}

#[test]
fn each_scheme_opens_its_store() {
    let keys = "access_key_id=a&secret_access_key=b";
    for (location, name) in [
        (format!("s3://bucket?{keys}"), "AmazonS3(bucket)"),
        (format!("s3://bucket/a/folder?{keys}"), "a/folder"),
        (format!("s3://bucket?endpoint=http://127.0.0.1:9&{keys}"), "AmazonS3(bucket)"),
        ("gs://bucket?skip_signature=true".to_string(), "GoogleCloudStorage(bucket)"),
        ("az://container?use_emulator=true".to_string(), "container: container"),
        ("memory:".to_string(), "InMemory"),
    ] {
        let name_of_store = store::open(&location).unwrap().to_string();
        assert!(name_of_store.contains(name), "{location}: {name_of_store}");
    }
}

#[test]
fn what_is_wrong_is_said_and_secrets_are_not() {
    for (location, reason) in [
        ("", "it is empty"),
        ("/no/such/directory", "does not exist"),
        ("ftp://host/folder", "the scheme \"ftp\" is not known: use s3://"),
        ("s3://bucket?regoin=eu-west-1&secret_access_key=hush", "no setting \"regoin\" for s3://"),
        ("s3://bucket?timeout=soon&secret_access_key=hush", "timeout=soon"),
        ("s3://bucket?retries=many", "retries=many: it is not a number"),
        ("s3://?secret_access_key=hush", "s3://"),
        ("s3://me:hush@bucket?regoin=x", "no setting \"regoin\""),
        ("s3://b?endpoint=127.0.0.1:9&secret_access_key=hush", "has no scheme: write http://host"),
        ("s3://b?endpoint=localhost:9", "has no scheme"),
        ("s3://b?endpoint=ftp://localhost:9", "another scheme than http or https"),
        ("s3://b?endpoint= http://host", "a character in it that no URL has"),
        ("s3://b?endpoint=http:///b", "names no host"),
        ("s3://b?endpoint=http://me:hush@host", "has a user or password in it"),
        ("s3://b?region=eu west", "aws_region is \"eu west\""),
        ("az://c?endpoint=host:9", "has no scheme"),
        ("gs://b?base_url=host:9", "has no scheme"),
        ("gs://", "gs://"),
        ("az://", "az://"),
        ("s3://b?allow_http=perhaps&access_key_id=a&secret_access_key=hush", "perhaps"),
    ] {
        let said = refusal(location);
        assert!(said.contains(reason), "{location}: {said}");
        assert!(!said.contains("hush"), "{location}: {said}");
    }
    let error = store::open("ftp://host").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

/// The query of a location comes before the options of the program.
#[test]
fn settings_come_from_the_options_as_well() {
    let options = StoreOptions::new()
        .timeout(Duration::from_secs(1))
        .set("access_key_id", "a")
        .set("secret_access_key", "b")
        .set("no such setting", "c");
    let error = options.open("s3://bucket").unwrap_err().to_string();
    assert!(error.contains("no such setting"), "{error}");
}
