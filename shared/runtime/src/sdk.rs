//! What all clients of the SDK have in common, from the environment alone.
//!
//! The SDK's own loader would look for profiles, containers and instances as well, and for every certificate authority of
//! the machine: a Lambda has none of the former and needs few of the latter.

use std::fmt;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider, SharedHttpClient};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_types::SdkConfig;
use aws_types::origin::Origin;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use crate::config::{Config, ConfigError};

/// Amazon Trust Services' five roots, by which AWS's own endpoints are recognised. Their repository lists them, and recommends
/// all five to whoever keeps a list of their own: <https://www.amazontrust.com/repository/>. The first expires at the end of
/// 2037; a test fails a year before.
const AMAZON_ROOTS: &str = include_str!("amazon_roots.pem");

const TLS: Provider = Provider::Rustls(CryptoMode::AwsLc);

/// What a variable of the environment says, if it is set and not empty.
type Variables = fn(&str) -> Option<String>;

/// Region, credentials and endpoints as Lambda's variables have them.
///
/// The credentials are those of the environment's whole life: Lambda ends it before they expire.
pub(crate) fn configuration(timeouts: TimeoutConfig, retries: RetryConfig) -> Result<SdkConfig, ConfigError> {
    configured_by(Config::named, timeouts, retries)
}

fn configured_by(
    variables: Variables,
    timeouts: TimeoutConfig,
    retries: RetryConfig,
) -> Result<SdkConfig, ConfigError> {
    let text = |name| variables(name).ok_or(ConfigError::Missing(name));
    let (key, secret) = (text("AWS_ACCESS_KEY_ID")?, text("AWS_SECRET_ACCESS_KEY")?);
    let credentials = Credentials::new(key, secret, variables("AWS_SESSION_TOKEN"), None, "environment");
    let mut builder = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(text("AWS_REGION")?))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .timeout_config(timeouts)
        .retry_config(retries)
        .http_client(http_client(roots(variables)))
        .service_config(Endpoints(variables));
    // `AWS_ENDPOINT_URL` would do, but for `sam local invoke`: it hands on what the template declares, empty at that.
    if let Some(base) = variables("AWS_API_BASE") {
        builder.insert_origin("endpoint_url", Origin::shared_config());
        builder = builder.endpoint_url(base);
    }
    Ok(builder.build())
}

/// One for all clients, so that those of one service share its connections.
fn http_client(roots: TrustStore) -> SharedHttpClient {
    let context = TlsContext::builder().with_trust_store(roots).build().expect("a context without further settings");
    Builder::new().tls_provider(TLS).tls_context(context).build_https()
}

/// Amazon's, unless `SSL_CERT_FILE` names other roots: those of a proxy that reads what passes, or those of the system where
/// AWS is called by another certificate. No deployment sets it.
fn roots(variables: Variables) -> TrustStore {
    match variables("SSL_CERT_FILE") {
        Some(_) => TrustStore::default(),
        None => TrustStore::empty().with_pem_certificate(AMAZON_ROOTS),
    }
}

/// Whether one address answers for all of AWS: an emulator, which tells services apart by what is sent.
pub(crate) fn is_emulated() -> bool {
    Config.text("AWS_API_BASE").or_else(|_| Config.text("AWS_ENDPOINT_URL")).is_ok()
}

/// `AWS_ENDPOINT_URL_DYNAMODB` and the like, then `AWS_ENDPOINT_URL`: no deployment sets them, what stands in for AWS does.
struct Endpoints(Variables);

impl fmt::Debug for Endpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Endpoints")
    }
}

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace(' ', "_");
        (self.0)(&format!("{}_{service}", key.env())).or_else(|| (self.0)(key.env()))
    }
}

#[cfg(test)]
mod tests;
