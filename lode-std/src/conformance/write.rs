//! Writing, deleting, and when that was.

use bytes::Bytes;
use object_store::{MultipartUpload, ObjectStoreExt, PutPayload};

use super::{Found, Outcome, Trial};

/// The least size of a part that every store takes.
const PART: usize = 5 << 20;
/// By how many seconds the store's clock may differ. A staged block is young for hours.
const SKEW: u64 = 600;

/// An object in parts appears when it is complete, with all its bytes.
pub(super) async fn multipart(trial: &Trial) -> Found {
    let name = "multipart";
    let (first, last) = (Bytes::from(vec![1; PART]), Bytes::from_static(b"the last part"));
    let mut upload = begin(trial, name).await?;
    for part in [&first, &last] {
        let put = upload.put_part(PutPayload::from(part.clone())).await;
        put.map_err(|error| format!("a part could not be written: {error}"))?;
    }
    if trial.is_there(name).await? {
        return Err("the object is there before it is complete".to_string());
    }
    upload.complete().await.map_err(|error| format!("it could not be completed: {error}"))?;
    let found = trial.get(name).await?;
    match found.strip_prefix(&first[..]) == Some(&last[..]) {
        true => Ok(Outcome::Holds("all at once, when it is complete".to_string())),
        false => Err(format!("the object has {} wrong bytes", found.len())),
    }
}

/// An object in parts that is given up never appears.
pub(super) async fn abandoned(trial: &Trial) -> Found {
    let name = "abandoned";
    let mut upload = begin(trial, name).await?;
    let put = upload.put_part(PutPayload::from(vec![2; PART])).await;
    put.map_err(|error| format!("a part could not be written: {error}"))?;
    upload.abort().await.map_err(|error| format!("it could not be given up: {error}"))?;
    match trial.is_there(name).await? || !trial.names(name, None).await?.is_empty() {
        true => Err("the object is there".to_string()),
        false => Ok(Outcome::Holds("nothing is seen of them".to_string())),
    }
}

async fn begin(trial: &Trial, name: &str) -> Result<Box<dyn MultipartUpload>, String> {
    let upload = trial.store.put_multipart(&trial.path(name)?).await;
    upload.map_err(|error| format!("an upload could not be begun: {error}"))
}

/// A deleted object is gone, and deleting it again is no error.
pub(super) async fn deletes(trial: &Trial) -> Found {
    trial.put("deleted", "soon gone").await?;
    let path = trial.path("deleted")?;
    for attempt in ["once", "twice"] {
        match trial.store.delete(&path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(format!("it could not be deleted {attempt}: {error}")),
        }
        if trial.is_there("deleted").await? {
            return Err(format!("it was deleted {attempt}, and is there"));
        }
    }
    Ok(Outcome::Holds("also of what is gone".to_string()))
}

/// A directory of ours syncs, if its file system can; another's only if it is told to. Of other
/// stores an answer is all there is to go by.
pub(super) async fn synced(trial: &Trial) -> Found {
    if let Some(found) = trial.describe().await? {
        return match &found.syncs_folders {
            Ok(true) => Ok(Outcome::Holds("files and their directories".to_string())),
            Ok(false) => Err("the file system cannot sync directories".to_string()),
            Err(why) => Err(format!("a directory could not be synced: {why}")),
        };
    }
    let (name, insides) = (trial.store.to_string(), format!("{:?}", trial.store));
    if !name.contains("LocalFileSystem") {
        let why = "its answer is all there is to go by".to_string();
        return Ok(Outcome::NotApplicable(why));
    }
    match insides.contains("fsync: true") {
        true => Ok(Outcome::Holds("files and their directories".to_string())),
        false => {
            let why = "it does not sync: use `lode_std::store::directory` instead".to_string();
            Err(why)
        }
    }
}

/// The store's clock is about ours.
pub(super) async fn clock(trial: &Trial) -> Found {
    let Some(now) = trial.clock.now() else {
        return Ok(Outcome::NotApplicable("there is no clock to compare with".to_string()));
    };
    trial.put("dated", "now").await?;
    let meta = trial.store.head(&trial.path("dated")?).await;
    let meta = meta.map_err(|error| format!("its time could not be read: {error}"))?;
    let skew = meta.last_modified.timestamp().saturating_sub(now.seconds());
    let direction = if skew < 0 { "behind" } else { "ahead" };
    match skew.unsigned_abs() {
        seconds if seconds <= SKEW => Ok(Outcome::Holds(format!("{seconds} s {direction}"))),
        seconds => Err(format!("it is {seconds} s {direction}: set the clocks")),
    }
}
