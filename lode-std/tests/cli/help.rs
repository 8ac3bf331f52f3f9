//! What shells and `man` are told of the commands.

use std::fs;

use crate::support::{Place, lode};

#[test]
fn shells_are_told_of_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = lode(&["completions", shell]).ok();
        for word in ["put", "verify", "--json"] {
            let bare = word.trim_start_matches('-');
            assert!(script.text().contains(bare), "{word} in that of {shell}");
        }
    }
    lode(&["completions", "cmd"]).fails(2, &["invalid value"]);
}

#[test]
fn there_is_a_page_for_every_command() {
    let place = Place::new();
    let folder = place.path("man");
    fs::create_dir(&folder).unwrap();
    lode(&["man", folder.to_str().unwrap()]).ok();
    for page in ["lode.1", "lode-put.1", "lode-gc.1", "lode-verify.1"] {
        let text = fs::read_to_string(folder.join(page)).unwrap();
        assert!(text.contains(".TH"), "{page}");
    }
    assert!(fs::read_to_string(folder.join("lode-gc.1")).unwrap().contains("dry"), "its options");
    lode(&["man", place.path("nowhere").to_str().unwrap()]).fails(1, &["nowhere"]);
}
