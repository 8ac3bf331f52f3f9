//! A device's medium on an object store: what a device is told when the network fails.

use lode_core::ErrorKind;
use lode_core::store::{ReadStore, Store};
use lode_std::blocking::Runtime;
use lode_std::device::Remote;

use crate::contract::block;
use crate::support::scripted::{Fault, Scripted};

#[test]
fn a_lost_reply_is_not_taken_for_a_failure() {
    let scripted = Scripted::new();
    let mut medium = Remote::new(Runtime::new().unwrap(), scripted.store());
    for (number, fault, applied) in
        [(1, Fault::AppliedButFailed, true), (2, Fault::NotApplied, false)]
    {
        scripted.fault(".LD", fault);
        let error = medium.create(&block(number), &[b"bytes"]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unknown, "{error}");
        assert!(error.to_string().contains("B000000"), "{error}");
        assert_eq!(medium.read(&block(number), 0, &mut [0; 8]).is_ok(), applied);
    }
    scripted.fault(".LD", Fault::Denied);
    let error = medium.create(&block(3), &[b"bytes"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    scripted.fault(".LD", Fault::AppliedTwice);
    let error = medium.create(&block(4), &[b"bytes"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
}

#[test]
fn each_call_is_one_request() {
    let scripted = Scripted::new();
    let mut medium = Remote::new(Runtime::new().unwrap(), scripted.store());
    medium.create(&block(1), &[b"two ", b"parts"]).unwrap();
    assert_eq!(medium.read(&block(1), 4, &mut [0; 99]).unwrap(), 5);
    medium.replace(&block(1), &[b"x"]).unwrap();
    medium.remove(&block(1)).unwrap();
    let name = "B0000001.LD";
    let calls = ["create", "get", "put", "delete"].map(|operation| format!("{operation} {name}"));
    assert_eq!(scripted.take_calls(), calls);
}
