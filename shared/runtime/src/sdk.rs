//! What all clients of the SDK have in common, from the environment alone.
//!
//! The SDK's own loader would look for profiles, containers and instances as well, and for every certificate authority of
//! the machine: a Lambda has none of the former and needs few of the latter.

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

/// Amazon Trust Services' five roots, by which AWS's own endpoints are recognised: <https://www.amazontrust.com/repository/>.
const AMAZON_ROOTS: &str = include_str!("amazon_roots.pem");

const TLS: Provider = Provider::Rustls(CryptoMode::AwsLc);

/// Region, credentials and endpoints as Lambda's variables have them.
pub(crate) fn configuration(timeouts: TimeoutConfig, retries: RetryConfig) -> Result<SdkConfig, ConfigError> {
    let (key, secret) = (Config.text("AWS_ACCESS_KEY_ID")?, Config.text("AWS_SECRET_ACCESS_KEY")?);
    let credentials = Credentials::new(key, secret, Config.text("AWS_SESSION_TOKEN").ok(), None, "environment");
    let mut builder = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(Config.text("AWS_REGION")?))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
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

/// One for all clients, so that those of one service share its connections.
fn http_client() -> SharedHttpClient {
    Builder::new().tls_provider(TLS).tls_context(trusting(roots())).build_https()
}

/// `SSL_CERT_FILE`, which no deployment sets, names other roots: those of a proxy that reads what passes.
fn roots() -> TrustStore {
    match Config.text("SSL_CERT_FILE") {
        Ok(_) => TrustStore::default(),
        Err(_) => TrustStore::empty().with_pem_certificate(AMAZON_ROOTS),
    }
}

fn trusting(roots: TrustStore) -> TlsContext {
    TlsContext::builder().with_trust_store(roots).build().expect("a context without further settings")
}

/// Whether one address answers for all of AWS: an emulator, which tells services apart by what is sent.
pub(crate) fn is_emulated() -> bool {
    Config.text("AWS_API_BASE").or_else(|_| Config.text("AWS_ENDPOINT_URL")).is_ok()
}

/// `AWS_ENDPOINT_URL_DYNAMODB` and the like, then `AWS_ENDPOINT_URL`: no deployment sets them, what stands in for AWS does.
#[derive(Debug)]
struct Endpoints;

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace(' ', "_");
        Config::named(&format!("{}_{service}", key.env())).or_else(|| Config::named(key.env()))
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_http_client::Connector;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest as _, Sha256};

    use super::*;

    /// Amazon Root CA 1 to 4 and Starfield Services Root Certificate Authority - G2, as their repository lists them.
    const FINGERPRINTS: [&str; 5] = [
        "8E:CD:E6:88:4F:3D:87:B1:12:5B:A3:1A:C3:FC:B1:3D:70:16:DE:7F:57:CC:90:4F:E1:CB:97:C6:AE:98:19:6E",
        "1B:A5:B2:AA:8C:65:40:1A:82:96:01:18:F8:0B:EC:4F:62:30:4D:83:CE:C4:71:3A:19:C3:9C:01:1E:A4:6D:B4",
        "18:CE:6C:FE:7B:F1:4E:60:B2:E3:47:B8:DF:E8:68:CB:31:D0:2E:BB:3A:DA:27:15:69:F5:03:43:B4:6D:B3:A4",
        "E3:5D:28:41:9E:D0:20:25:CF:A6:90:38:CD:62:39:62:45:8D:A5:C6:95:FB:DE:A3:C2:2B:0B:FB:25:89:70:92",
        "56:8D:69:05:A2:C8:87:08:A4:B3:02:51:90:ED:CF:ED:B1:97:4A:60:6A:13:C6:E5:29:0F:CB:2A:E6:3E:DA:B5",
    ];

    #[test]
    fn the_roots_are_amazons_and_no_others() {
        let fingerprint = |pem: &str| {
            let (text, _) = pem.split_once("-----END").unwrap();
            let der = STANDARD.decode(text.split_whitespace().collect::<String>()).unwrap();
            Sha256::digest(der).iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
        };
        let found: Vec<String> = AMAZON_ROOTS.split("-----BEGIN CERTIFICATE-----").skip(1).map(fingerprint).collect();
        assert_eq!(found, FINGERPRINTS);
    }

    #[test]
    fn tls_takes_the_roots() {
        // Roots that cannot be read are found out here, where a client would only with its first connection.
        let trusted = trusting(TrustStore::empty().with_pem_certificate(AMAZON_ROOTS));
        let _connector = Connector::builder().tls_provider(TLS).tls_context(trusted).build();
    }
}
