//! Reading objects.

use object_store::ObjectStoreExt;

use super::{Found, Outcome, Trial};

/// How many times an object is written and read.
const WRITES: usize = 16;
/// The size of an object that is read in parts.
const SIZE: u64 = 1000;

/// A read sees the last write, also of an object that was read before.
pub(super) async fn after_write(trial: &Trial) -> Found {
    for write in 0..WRITES {
        let bytes = format!("write {write}");
        trial.put("overwritten", bytes.clone()).await?;
        let found = trial.get("overwritten").await?;
        if found != bytes.as_bytes() {
            let found = String::from_utf8_lossy(&found).into_owned();
            return Err(format!("{bytes:?} was written, and {found:?} read"));
        }
    }
    Ok(Outcome::Holds(format!("{WRITES} of {WRITES}")))
}

/// What is not there is told from what cannot be read.
pub(super) async fn missing(trial: &Trial) -> Found {
    if trial.is_there("missing").await? {
        return Err("an object that was never written is there".to_string());
    }
    match trial.store.get(&trial.path("missing")?).await {
        Ok(_) => return Err("an object that was never written can be read".to_string()),
        Err(object_store::Error::NotFound { .. }) => {}
        Err(error) => return Err(format!("that it is not there is not said: {error}")),
    }
    match trial.names("missing-folder", None).await?.as_slice() {
        [] => Ok(Outcome::Holds("get, head and list say so".to_string())),
        names => Err(format!("a folder that was never written has {}", names.join(", "))),
    }
}

/// A part has the bytes of that part.
pub(super) async fn ranges(trial: &Trial) -> Found {
    let bytes: Vec<u8> = (0..SIZE).map(|n| (n % 251) as u8).collect();
    trial.put("ranges", bytes.clone()).await?;
    let path = trial.path("ranges")?;
    for range in [0..1, 0..SIZE, 10..20, SIZE - 1..SIZE] {
        let found = trial.store.get_range(&path, range.clone()).await;
        let found = found.map_err(|error| format!("{range:?}: {error}"))?;
        let expected = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
        let expected = expected.and_then(|(start, end)| bytes.get(start..end));
        if expected != Some(&found[..]) {
            return Err(format!("{range:?} has {} wrong bytes", found.len()));
        }
    }
    Ok(Outcome::Holds("first, last, inner and all bytes".to_string()))
}

/// What is said of bytes behind the end.
pub(super) async fn past_end(trial: &Trial) -> Found {
    let path = trial.path("ranges")?;
    let across = trial.store.get_range(&path, SIZE - 10..SIZE + 10).await;
    let behind = trial.store.get_range(&path, SIZE..SIZE + 10).await;
    let said = |result: Result<bytes::Bytes, _>| match result {
        Ok(bytes) => format!("{} bytes", bytes.len()),
        Err(_) => "an error".to_string(),
    };
    match &behind {
        Ok(bytes) if !bytes.is_empty() => Err("there are bytes behind the end".to_string()),
        _ => Ok(Outcome::Holds(format!("across it {}, behind it {}", said(across), said(behind)))),
    }
}
