//! What single arguments mean.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use lode_core::id::Id;
use lode_std::{Format, LayoutKind, Value, Version};

use crate::failure::Failure;

/// What in a store a command is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Target {
    /// `volumes/ID`.
    Volume(Id),
    /// `datasets/ID`.
    Dataset(Id),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = match text.split_once('/') {
            Some(("volumes", id)) => Id::existing(id).map(Self::Volume),
            Some(("datasets", id)) => Id::existing(id).map(Self::Dataset),
            _ => return Err("name a volume or a dataset: volumes/ID, datasets/ID".to_string()),
        };
        found.map_err(|error| error.to_string())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Volume(id) => write!(f, "volumes/{id}"),
            Self::Dataset(id) => write!(f, "datasets/{id}"),
        }
    }
}

/// Reads `volumes/ID`, for a command that is about volumes only.
pub(crate) fn parse_volume(text: &str) -> Result<Id, String> {
    match text.parse() {
        Ok(Target::Volume(id)) => Ok(id),
        Ok(Target::Dataset(_)) => {
            Err("this is for volumes, name a volume: volumes/ID; `lode read` reads a dataset, \
                 `lode write` writes one"
                .to_string())
        }
        Err(error) if text.starts_with("volumes/") => Err(error),
        Err(_) => Err("name a volume: volumes/ID".to_string()),
    }
}

/// Reads `datasets/ID`, for a command that is about datasets only.
pub(crate) fn parse_dataset(text: &str) -> Result<Id, String> {
    match text.parse() {
        Ok(Target::Dataset(id)) => Ok(id),
        Ok(Target::Volume(_)) => {
            Err("this is for datasets, name a dataset: datasets/ID; `lode get` reads a volume, \
                 `lode put` writes one"
                .to_string())
        }
        Err(error) if text.starts_with("datasets/") => Err(error),
        Err(_) => Err("name a dataset: datasets/ID".to_string()),
    }
}

/// Where the objects of a volume lie, if not in folders as a host writes them.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Medium {
    /// Side by side, as a device writes them.
    Device,
}

/// Where the objects of a volume or dataset lie.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Layout {
    /// One of the layouts of datasets.
    Dataset(LayoutKind),
    /// A volume's on the medium of a device.
    Device,
}

impl FromStr for Layout {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "device" => Ok(Self::Device),
            name => name
                .parse()
                .map(Self::Dataset)
                .map_err(|_| "the layouts are default, hive, flat and device".to_string()),
        }
    }
}

/// What a command is about, and where it lies.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject<'a> {
    /// A volume; on the medium of a device the one that is there, if it is not named.
    Volume(Option<&'a Id>, Option<Medium>),
    /// A dataset, in this layout or the one that is found.
    Dataset(&'a Id, Option<LayoutKind>),
}

impl<'a> Subject<'a> {
    /// What target and layout name together.
    ///
    /// # Errors
    ///
    /// If they contradict each other.
    pub(crate) fn new(target: Option<&'a Target>, layout: Option<Layout>) -> Result<Self, Failure> {
        match (target, layout) {
            (Some(Target::Volume(id)), Some(Layout::Device)) => {
                Ok(Self::Volume(Some(id), Some(Medium::Device)))
            }
            (Some(Target::Volume(id)), _) => Ok(Self::Volume(Some(id), None)),
            (None, Some(Layout::Device)) => Ok(Self::Volume(None, Some(Medium::Device))),
            (Some(Target::Dataset(id)), None) => Ok(Self::Dataset(id, None)),
            (Some(Target::Dataset(id)), Some(Layout::Dataset(layout))) => {
                Ok(Self::Dataset(id, Some(layout)))
            }
            (Some(Target::Dataset(_)), Some(Layout::Device)) => {
                let message = "a device writes volumes: --layout device is for volumes/ID";
                Err(Failure::refused("invalid-input", message))
            }
            (None, _) => {
                let message = "name a volume or a dataset: volumes/ID, datasets/ID";
                Err(Failure::refused("invalid-input", message))
            }
        }
    }
}

/// Which snapshot is meant.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Selector {
    /// The newest.
    #[default]
    Latest,
    /// The one with this version.
    Version(Version),
}

impl FromStr for Selector {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "latest" {
            return Ok(Self::Latest);
        }
        match read_version(text) {
            Some(version) => Ok(Self::Version(version)),
            None => Err("a snapshot is a version, from 1 on, or latest".to_string()),
        }
    }
}

/// Which snapshots are meant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Snapshots {
    /// All of them, each in its order.
    All,
    /// A single one.
    One(Selector),
}

impl FromStr for Snapshots {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.parse()) {
            ("all", _) => Ok(Self::All),
            (_, Ok(selector)) => Ok(Self::One(selector)),
            (_, Err(_)) => Err("it is all, latest, or a version, from 1 on".to_string()),
        }
    }
}

/// Reads a version, for a command that must not guess which one is meant.
pub(crate) fn parse_version(text: &str) -> Result<Version, String> {
    read_version(text).ok_or_else(|| "name the snapshot by its version, from 1 on".to_string())
}

fn read_version(text: &str) -> Option<Version> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number).and_then(Version::new)
}

/// Reads `key=value`: the value is a JSON scalar if it can be one, else a text.
pub(crate) fn parse_meta(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("metadata is given as KEY=VALUE")?;
    if name.is_empty() {
        return Err("metadata needs a name: KEY=VALUE".to_string());
    }
    let value = match serde_json::from_str(value) {
        Ok(Value::List(_) | Value::Map(_)) | Err(_) => Value::from(value),
        Ok(scalar) => scalar,
    };
    Ok((name.to_string(), value))
}

/// Reads the name of a format of a volume's manifests.
pub(crate) fn parse_format(name: &str) -> Result<Format, String> {
    name.parse().map_err(|_| "the formats are compact and json".to_string())
}

/// Reads the name of a dataset's layout.
pub(crate) fn parse_layout(name: &str) -> Result<LayoutKind, String> {
    name.parse().map_err(|_| "the layouts are default, hive and flat".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_volumes_or_datasets() {
        for good in ["volumes/disk-image", "datasets/events"] {
            let target: Target = good.parse().unwrap();
            assert_eq!(target.to_string(), good);
        }
        for bad in ["", "disk", "volumes", "Volumes/a", "/volumes/a", "tags/a"] {
            assert!(bad.parse::<Target>().unwrap_err().contains("volumes/ID"), "{bad}");
        }
        for bad in ["volumes/", "volumes/..", "datasets/a/b", "volumes//a", "datasets/a\\b"] {
            assert!(bad.parse::<Target>().is_err(), "{bad}");
        }
        assert!(format!("volumes/{}", "x".repeat(10_000)).parse::<Target>().is_err());
    }

    #[test]
    fn a_command_for_the_one_refuses_the_other() {
        assert_eq!(parse_volume("volumes/a").unwrap().as_str(), "a");
        assert_eq!(parse_dataset("datasets/a").unwrap().as_str(), "a");
        for bad in ["datasets/a", "a"] {
            assert!(parse_volume(bad).unwrap_err().contains("name a volume: volumes/ID"), "{bad}");
        }
        for bad in ["volumes/a", "a"] {
            let error = parse_dataset(bad).unwrap_err();
            assert!(error.contains("name a dataset: datasets/ID"), "{bad}");
        }
        assert!(parse_volume("volumes/..").unwrap_err().contains("not allowed"));
        assert!(parse_dataset("datasets/..").unwrap_err().contains("not allowed"));
    }

    #[test]
    fn a_layout_goes_with_what_it_is_of() {
        let (volume, dataset) = ("volumes/a".parse().unwrap(), "datasets/a".parse().unwrap());
        let (device, hive) = ("device".parse().unwrap(), "hive".parse().unwrap());
        let subject = |target, layout| Subject::new(target, layout);
        let found = subject(Some(&volume), Some(device)).unwrap();
        assert!(matches!(found, Subject::Volume(Some(_), Some(Medium::Device))));
        let found = subject(None, Some(device)).unwrap();
        assert!(matches!(found, Subject::Volume(None, Some(Medium::Device))));
        assert!(matches!(subject(Some(&volume), None), Ok(Subject::Volume(Some(_), None))));
        let found = subject(Some(&dataset), Some(hive)).unwrap();
        assert!(matches!(found, Subject::Dataset(_, Some(LayoutKind::Hive))));
        assert!(subject(Some(&dataset), Some(device)).is_err());
        assert!(subject(None, Some(hive)).is_err() && subject(None, None).is_err());
        assert!("card".parse::<Layout>().unwrap_err().contains("flat and device"));
    }

    #[test]
    fn snapshots_are_numbers_or_the_latest() {
        assert_eq!("latest".parse(), Ok(Selector::Latest));
        let three = Selector::Version(Version::new(3).unwrap());
        assert_eq!("3".parse(), Ok(three));
        assert_eq!("0000000000000000003".parse(), Ok(three));
        for bad in ["", "0", "-1", "+3", "newest", "9223372036854775808", "3.0"] {
            assert!(bad.parse::<Selector>().is_err(), "{bad}");
        }
    }

    #[test]
    fn all_snapshots_are_meant_or_a_single_one() {
        assert_eq!("all".parse(), Ok(Snapshots::All));
        assert_eq!("latest".parse(), Ok(Snapshots::One(Selector::Latest)));
        assert!(matches!("3".parse(), Ok(Snapshots::One(Selector::Version(_)))));
        assert!("some".parse::<Snapshots>().unwrap_err().contains("all, latest"));
    }

    #[test]
    fn metadata_is_json_where_it_can_be() {
        let value = |text: &str| parse_meta(text).unwrap().1;
        assert_eq!(value("n=7"), Value::Integer(7));
        assert_eq!(value("n=2.5"), Value::Float(2.5));
        assert_eq!(value("b=true"), Value::Bool(true));
        assert_eq!(value("b=null"), Value::Null);
        assert_eq!(value("t=\"7\""), Value::from("7"));
        for text in ["boot", "", "a=b", "[1]", "{}", "007"] {
            assert_eq!(value(&format!("t={text}")), Value::from(text), "{text}");
        }
        assert!(parse_meta("boot").is_err() && parse_meta("=1").is_err());
    }
}
