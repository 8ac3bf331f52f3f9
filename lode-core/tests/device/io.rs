//! Readers and writers.

use embedded_io::{ErrorKind, Read, Seek, SeekFrom, Write};
use lode_core::VolumeError;

use crate::medium::Medium;
use crate::{LENGTH, mounted, range};

#[test]
fn what_is_written_is_read() {
    let medium = Medium::default();
    let mut volume = mounted::<8>(&medium);
    let mut buffer = [0; 16];
    let mut writer = volume.writer(100, &mut buffer).unwrap();
    writer.write_all(b"a text that is longer than the buffer is").unwrap();
    writer.flush().unwrap();
    writer.flush().unwrap();
    assert_eq!(volume.staged(), 3);
    let gap = range(100, 140);
    assert_eq!(volume.reader(gap).err(), Some(VolumeError::RangeMissing { gap }));
    volume.commit(&[], &mut [0; 128]).unwrap();

    let mut reader = volume.reader(range(102, 120)).unwrap();
    let mut bytes = [0; 30];
    assert_eq!(reader.read(&mut bytes[..4]), Ok(4));
    assert_eq!(reader.read(&mut bytes[4..]), Ok(14));
    assert_eq!(&bytes[..18], b"text that is longe");
    assert_eq!(reader.read(&mut bytes), Ok(0));
    assert_eq!(reader.seek(SeekFrom::End(-5)), Ok(13));
    assert_eq!(reader.seek(SeekFrom::Current(1)), Ok(14));
    assert_eq!(reader.read(&mut bytes), Ok(4));
    assert_eq!(&bytes[..4], b"onge");
    let error = reader.seek(SeekFrom::Current(-19)).unwrap_err();
    assert_eq!(embedded_io::Error::kind(&error), ErrorKind::InvalidInput);
    assert_eq!(reader.seek(SeekFrom::Start(99)), Ok(99));
    assert_eq!(reader.read(&mut bytes), Ok(0));
}

#[test]
fn no_writer_without_room() {
    let mut volume = mounted::<8>(&Medium::default());
    assert!(volume.writer(0, &mut []).is_err());
    assert!(volume.writer(LENGTH, &mut [0; 8]).is_err());
    let mut buffer = [0; 8];
    let mut writer = volume.writer(LENGTH - 4, &mut buffer).unwrap();
    writer.write_all(b"12345").unwrap();
    assert!(writer.flush().is_err());
}
