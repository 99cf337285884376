//! What all clients of the SDK have in common, from the environment alone.
//!
//! The SDK's own loader would look for profiles, containers and instances as well, and for every certificate authority of
//! the machine: a Lambda has none of the former and needs few of the latter.

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{SharedCredentialsProvider, SharedHttpClient};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_types::origin::Origin;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use crate::config::{Config, ConfigError};

/// Amazon Trust Services' five roots, by which AWS's own endpoints are recognised: <https://www.amazontrust.com/repository/>.
const AMAZON_ROOTS: &str = include_str!("amazon_roots.pem");

/// Region, credentials and endpoints as Lambda's variables have them.
pub(crate) fn configuration(timeouts: TimeoutConfig, retries: RetryConfig) -> Result<SdkConfig, ConfigError> {
    let mut builder = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(Config.text("AWS_REGION")?))
        .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
        .timeout_config(timeouts)
        .retry_config(retries)
        .http_client(http_client())
        .service_config(Endpoints);
    // `AWS_ENDPOINT_URL` would do, but for `sam local invoke`: it hands on what the template declares, empty at that.
    if let Ok(base) = Config.text("AWS_API_BASE") {
        builder.insert_origin("endpoint_url", Origin::shared_config());
        builder = builder.endpoint_url(base);
    }
    Ok(builder.build())
}

/// One for all clients, so that those of one service share its connections. `SSL_CERT_FILE`, which no deployment sets, names
/// other roots: those of a proxy that reads what passes.
fn http_client() -> SharedHttpClient {
    let roots = match Config.text("SSL_CERT_FILE") {
        Ok(_) => TrustStore::default(),
        Err(_) => TrustStore::empty().with_pem_certificate(AMAZON_ROOTS),
    };
    let context = TlsContext::builder().with_trust_store(roots).build().expect("a context without further settings");
    Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(context).build_https()
}

/// `AWS_ENDPOINT_URL_DYNAMODB` and the like, then `AWS_ENDPOINT_URL`: no deployment sets them, what stands in for AWS does.
#[derive(Debug)]
struct Endpoints;

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace(' ', "_");
        Config.named(&format!("{}_{service}", key.env())).or_else(|| Config.named(key.env()))
    }
}
