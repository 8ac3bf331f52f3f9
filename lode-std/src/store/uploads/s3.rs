//! Unfinished uploads in a bucket: [ListMultipartUploads], which `object_store` does not have. It
//! signs the request.
//!
//! [ListMultipartUploads]: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html

use std::time::Duration;

use lode_core::time::Timestamp;
use object_store::aws::AmazonS3;
use object_store::client::{HttpClient, HttpConnector, HttpRequest, HttpRequestBody};
use object_store::multipart::MultipartStore;
use object_store::path::Path;
use object_store::signer::{Method, SignedUrlOptions, Signer};
use object_store::{ClientConfigKey, ClientOptions};
use serde::Deserialize;
use url::Url;

use super::UnfinishedUpload;
use crate::Error;
use crate::store::answers::Answers;
use crate::store::{StoreOptions, cloud};

/// How long a signed request may be under way.
const SIGNED_FOR: Duration = Duration::from_secs(300);

/// A bucket, or a folder in it.
#[derive(Debug)]
pub(super) struct Bucket {
    store: AmazonS3,
    http: HttpClient,
    /// With a slash at its end, or empty.
    folder: String,
}

impl Bucket {
    pub(super) fn open(url: &Url, options: &StoreOptions) -> Result<Self, String> {
        let store = cloud::s3::connect(url, options, options.retries)?;
        let mut http = ClientOptions::new().with_config(cloud::http::ALLOWED, "true");
        for (key, value) in cloud::http::timeouts(options) {
            http = http.with_config(key, value);
        }
        for (name, value) in &options.settings {
            // What concerns the connection concerns this one as well: certificates, proxies.
            if let Ok(key) = name.to_ascii_lowercase().parse::<ClientConfigKey>() {
                http = http.with_config(key, value);
            }
        }
        let http = Answers::default().connect(&http).map_err(|error| error.to_string())?;
        let folder = Path::from_url_path(url.path()).map_err(|error| error.to_string())?;
        let folder = match folder.as_ref() {
            "" => String::new(),
            folder => format!("{folder}/"),
        };
        Ok(Self { store, http, folder })
    }

    pub(super) async fn list(&self) -> Result<Vec<UnfinishedUpload>, Error> {
        let mut found = Vec::new();
        let mut markers = Some((String::new(), String::new()));
        while let Some((key, id)) = markers.take() {
            let page = self.page(&key, &id).await?;
            found.extend(page.uploads.into_iter().filter_map(|upload| {
                let key = upload.key.strip_prefix(&self.folder)?.to_string();
                let begun = upload.initiated.and_then(|text| time(&text));
                Some(UnfinishedUpload { key, begun, id: upload.upload_id })
            }));
            if page.is_truncated {
                markers = page.next_key_marker.zip(page.next_upload_id_marker);
            }
        }
        Ok(found)
    }

    async fn page(&self, key: &str, id: &str) -> Result<Page, Error> {
        let mut query = vec![("uploads", ""), ("prefix", self.folder.as_str())];
        if !key.is_empty() {
            query.extend([("key-marker", key), ("upload-id-marker", id)]);
        }
        let options = SignedUrlOptions::new().with_query(query);
        let root = Path::default();
        let url = self.store.signed_url_opts(Method::GET, &root, SIGNED_FOR, &options).await;
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.uri_mut() = url.map_err(failed)?.as_str().parse().map_err(failed)?;
        let answer = self.http.execute(request).await.map_err(failed)?;
        let text = answer.into_body().bytes().await.map_err(failed)?;
        quick_xml::de::from_reader(&text[..]).map_err(failed)
    }

    pub(super) async fn abort(&self, upload: &UnfinishedUpload) -> Result<(), Error> {
        let path = Path::parse(format!("{}{}", self.folder, upload.key)).map_err(failed)?;
        match self.store.abort_multipart(&path, &upload.id).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }
}

fn failed(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Uploads { operation: "list or end", source: source.into() }
}

/// An answer.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    #[serde(default)]
    is_truncated: bool,
    next_key_marker: Option<String>,
    next_upload_id_marker: Option<String>,
    #[serde(default, rename = "Upload")]
    uploads: Vec<Upload>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Upload {
    key: String,
    upload_id: String,
    initiated: Option<String>,
}

fn time(text: &str) -> Option<Timestamp> {
    let at = text.parse::<jiff::Timestamp>().ok()?;
    Timestamp::new(at.as_second(), u32::try_from(at.subsec_nanosecond()).ok()?)
}
