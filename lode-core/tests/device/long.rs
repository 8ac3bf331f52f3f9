//! A thousand commits.

use crate::bytes::decode;
use crate::medium::Medium;
use crate::{mounted, range};

#[test]
fn a_thousand_commits() {
    let medium = Medium::default();
    let mut volume = mounted::<2>(&medium);
    let mut scratch = [0; 8192];
    for commit in 0..1000_u64 {
        volume.stage(commit * 4, &(commit as u32).to_le_bytes()).unwrap();
        let version = volume.commit(&[], &mut scratch).unwrap();
        assert_eq!(version.get(), commit + 1);
        if commit % 97 == 0 {
            volume = mounted(&medium);
        }
        if commit % 100 == 99 {
            volume.prune(3).unwrap();
            assert_eq!(medium.names('M').len(), 3);
        }
    }
    let mut volume = mounted::<1>(&medium);
    assert_eq!(volume.gaps(range(0, 4096)).collect::<Vec<_>>(), [range(4000, 4096)]);
    for commit in 0..1000_u32 {
        let mut bytes = [0; 4];
        volume.read_at(u64::from(commit) * 4, &mut bytes).unwrap();
        assert_eq!(u32::from_le_bytes(bytes), commit);
    }
    let newest = medium.names('M').pop().unwrap();
    assert_eq!(decode(&medium.get(&newest)).blocks.len(), 1000);
    assert!(medium.get(&newest).len() < 4100, "one run");
}
