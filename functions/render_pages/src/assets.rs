//! The list of assets that the published site has.

use std::sync::Arc;

use holdfast_pages::{ETag, Fetched, SiteBucket};
use holdfast_views::Assets;
use tokio::sync::Mutex;

use crate::RenderError;

const MANIFEST: &str = "assets/manifest.json";

/// The list, kept as long as the bucket's is the same. It is asked for in each round, because publishing writes it
/// before it asks for everything: pages that are rendered from then on must name the new assets.
#[derive(Debug, Default)]
pub(crate) struct PublishedAssets {
    known: Mutex<Option<(ETag, Arc<Assets>)>>,
}

impl PublishedAssets {
    /// The list as it is now.
    pub(crate) async fn current(&self, bucket: &SiteBucket) -> Result<Arc<Assets>, RenderError> {
        let mut known = self.known.lock().await;
        match bucket.fetch(MANIFEST, known.as_ref().map(|(etag, _)| etag)).await? {
            Fetched::Changed(etag, bytes) => {
                let assets: Assets = serde_json::from_slice(&bytes).map_err(RenderError::Manifest)?;
                let (_, assets) = known.insert((etag, Arc::new(assets)));
                Ok(Arc::clone(assets))
            }
            Fetched::Unchanged => match known.as_ref() {
                Some((_, assets)) => Ok(Arc::clone(assets)),
                None => Err(RenderError::NotPublished),
            },
            Fetched::Absent => Err(RenderError::NotPublished),
        }
    }
}
