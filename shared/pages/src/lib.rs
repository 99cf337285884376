#![doc = include_str!("../README.md")]

use std::fmt;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use md5::{Digest as _, Md5};

/// What a page is stored with: browsers ask each time, the edge keeps it for ten seconds, and shows it for a minute
/// more while it asks for a newer one.
pub const PAGE_CACHE_CONTROL: &str = "public, max-age=0, s-maxage=10, stale-while-revalidate=60";

/// What a bucket calls one content of an object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ETag(String);

impl ETag {
    /// What the bucket will call these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let digest = Md5::digest(bytes);
        Self(digest.iter().fold(String::with_capacity(32), |text, byte| format!("{text}{byte:02x}")))
    }

    fn from_header(header: &str) -> Self {
        Self(header.trim_matches('"').to_owned())
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

/// How a guarded write ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guarded {
    /// It was made.
    Done,
    /// The object is not as it was read: read again.
    Lost,
}

/// A failed call to the bucket.
#[derive(Debug, thiserror::Error)]
#[error("the site's bucket did not {what} {key}")]
pub struct PagesError {
    what: &'static str,
    key: String,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// An object that is read as a whole, if it is not the one that was read before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// There is none.
    Absent,
    /// It is as it was.
    Unchanged,
    /// Its present content.
    Changed(ETag, Vec<u8>),
}

/// The bucket of the site.
#[derive(Debug, Clone)]
pub struct SiteBucket {
    client: Client,
    bucket: String,
}

impl SiteBucket {
    /// The bucket named `bucket`, called as all other services are.
    #[must_use]
    pub fn open(sdk: &SdkConfig, bucket: String) -> Self {
        Self::new(Client::new(sdk), bucket)
    }

    /// The bucket named `bucket`.
    #[must_use]
    pub fn new(client: Client, bucket: String) -> Self {
        Self { client, bucket }
    }

    /// What an object is at present; `None` when there is none.
    ///
    /// Whoever asks needs the right to list the bucket: without it a missing object cannot be told from one that may
    /// not be read.
    ///
    /// # Errors
    /// [`PagesError`] when the bucket fails.
    pub async fn etag(&self, key: &str) -> Result<Option<ETag>, PagesError> {
        match self.client.head_object().bucket(&self.bucket).key(key).send().await {
            Ok(output) => match output.e_tag() {
                Some(etag) => Ok(Some(ETag::from_header(etag))),
                None => Err(failed("describe", key, "an object without an ETag".into())),
            },
            Err(error) if status(&error) == Some(404) => Ok(None),
            Err(error) => Err(failed("describe", key, error.into())),
        }
    }

    /// Reads an object, unless it is still `known`.
    ///
    /// # Errors
    /// [`PagesError`] when the bucket fails.
    pub async fn fetch(&self, key: &str, known: Option<&ETag>) -> Result<Fetched, PagesError> {
        let get = self.client.get_object().bucket(&self.bucket).key(key);
        match get.set_if_none_match(known.map(ETag::to_string)).send().await {
            Ok(output) => {
                let etag = output.e_tag().map(ETag::from_header);
                let body = output.body.collect().await.map_err(|error| failed("read", key, error.into()))?;
                let bytes = body.to_vec();
                Ok(Fetched::Changed(etag.unwrap_or_else(|| ETag::of(&bytes)), bytes))
            }
            Err(error) if status(&error) == Some(304) => Ok(Fetched::Unchanged),
            Err(error) if status(&error) == Some(404) => Ok(Fetched::Absent),
            Err(error) => Err(failed("read", key, error.into())),
        }
    }

    /// Writes an object over the one that was `seen`, or where none was.
    ///
    /// # Errors
    /// [`PagesError`] when the bucket fails.
    pub async fn write(&self, key: &str, body: Vec<u8>, seen: Option<&ETag>) -> Result<Guarded, PagesError> {
        let put = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type(content_type(key))
            .cache_control(PAGE_CACHE_CONTROL)
            .body(ByteStream::from(body));
        let put = match seen {
            Some(etag) => put.if_match(etag.to_string()),
            None => put.if_none_match("*"),
        };
        match put.send().await {
            Ok(_) => Ok(Guarded::Done),
            // Another write was faster; or the object that was seen is gone, which S3 reports as a missing key.
            Err(error) if matches!(status(&error), Some(404 | 409 | 412)) && !is_missing_bucket(&error) => {
                Ok(Guarded::Lost)
            }
            Err(error) => Err(failed("write", key, error.into())),
        }
    }

    /// Removes the object that was `seen`.
    ///
    /// # Errors
    /// [`PagesError`] when the bucket fails.
    pub async fn remove(&self, key: &str, seen: &ETag) -> Result<Guarded, PagesError> {
        let delete = self.client.delete_object().bucket(&self.bucket).key(key).if_match(seen.to_string());
        match delete.send().await {
            Ok(_) => Ok(Guarded::Done),
            Err(error) if matches!(status(&error), Some(404 | 409 | 412)) && !is_missing_bucket(&error) => {
                Ok(Guarded::Lost)
            }
            Err(error) => Err(failed("remove", key, error.into())),
        }
    }
}

fn failed(what: &'static str, key: &str, source: Box<dyn std::error::Error + Send + Sync>) -> PagesError {
    PagesError { what, key: key.to_owned(), source }
}

fn status<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

fn is_missing_bucket<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code) == Some("NoSuchBucket")
}

/// By the end of the key: pages, the feed, and the lists for search engines.
fn content_type(key: &str) -> &'static str {
    match key.rsplit_once('.') {
        Some((name, "xml")) if name.ends_with("feed") => "application/atom+xml; charset=utf-8",
        Some((_, "xml")) => "application/xml; charset=utf-8",
        Some(_) | None => "text/html; charset=utf-8",
    }
}

#[cfg(test)]
mod tests;
