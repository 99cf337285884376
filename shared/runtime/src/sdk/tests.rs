//! Whom the SDK's clients call, as whom, for how long, and whom they believe.

use std::future::pending;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::config::ProvideCredentials as _;
use aws_smithy_http_client::test_util::capture_request;
use rustls::version::{TLS12, TLS13};
use sha2::{Digest as _, Sha256};
use tls_server::TlsServer;
use tokio::net::TcpListener;
use tokio::time::Instant;
use x509_parser::pem::Pem;

use super::*;

/// SHA-256 of the public keys of Amazon Root CA 1 to 4 and of Starfield Services Root Certificate Authority - G2, as
/// Amazon's repository lists them: trust is in keys, of which there can be several certificates.
const PUBLIC_KEYS: [&str; 5] = [
    "FB:E3:01:80:31:F9:58:6B:CB:F4:17:27:E4:17:B7:D1:C4:5C:2F:47:F9:3B:E3:72:A1:7B:96:B5:07:57:D5:A2",
    "7F:42:96:FC:5B:6A:4E:3B:35:D3:C3:69:62:3E:36:4A:B1:AF:38:1D:8F:A7:12:15:33:C9:D6:C6:33:EA:24:61",
    "36:AB:C3:26:56:AC:FC:64:5C:61:B7:16:13:C4:BF:21:C7:87:F5:CA:BB:EE:48:34:8D:58:59:78:03:D7:AB:C9",
    "F7:EC:DE:D5:C6:60:47:D2:8E:D6:46:6B:54:3C:40:E0:74:3A:BE:81:D1:09:25:4D:CF:84:5D:4C:2C:78:53:C5",
    "2B:07:1C:59:A0:A0:AE:76:B0:EA:DB:2B:AD:23:BA:D4:58:0B:69:C3:60:1B:63:0C:2E:AF:06:13:AF:A8:3F:92",
];
const YEAR: Duration = Duration::from_hours(365 * 24);

/// What every Lambda has.
fn lambda(name: &str) -> Option<String> {
    match name {
        "AWS_REGION" => Some("eu-central-1".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" | "AWS_SESSION_TOKEN" => Some(format!("{name} of nobody")),
        _ => None,
    }
}

fn configured(variables: Variables) -> Result<SdkConfig, ConfigError> {
    configured_by(variables, TimeoutConfig::disabled(), RetryConfig::disabled())
}

#[tokio::test]
async fn who_calls_and_where_is_what_the_environment_says() {
    let sdk = configured(lambda).unwrap();
    let credentials = sdk.credentials_provider().unwrap().provide_credentials().await.unwrap();
    assert_eq!(credentials.access_key_id(), "AWS_ACCESS_KEY_ID of nobody");
    assert_eq!(credentials.secret_access_key(), "AWS_SECRET_ACCESS_KEY of nobody");
    assert_eq!(credentials.session_token(), Some("AWS_SESSION_TOKEN of nobody"));
    assert_eq!(sdk.region().map(AsRef::as_ref), Some("eu-central-1"));
    let told = format!("{sdk:?}");
    assert!(!told.contains("SECRET_ACCESS_KEY of nobody") && !told.contains("TOKEN of nobody"), "{told}");
    let missing: [(Variables, &str); 3] = [
        (|name| lambda(name).filter(|_| name != "AWS_ACCESS_KEY_ID"), "AWS_ACCESS_KEY_ID"),
        (|name| lambda(name).filter(|_| name != "AWS_SECRET_ACCESS_KEY"), "AWS_SECRET_ACCESS_KEY"),
        (|name| lambda(name).filter(|_| name != "AWS_REGION"), "AWS_REGION"),
    ];
    for (variables, name) in missing {
        assert!(matches!(configured(variables), Err(ConfigError::Missing(found)) if found == name), "{name}");
    }
}

/// Where clients of DynamoDB and of Secrets Manager send a request, and the token that they sign it with.
async fn called(variables: Variables) -> [String; 2] {
    let sdk = configured(variables).unwrap();
    let (http, dynamodb) = capture_request(None);
    let client = aws_sdk_dynamodb::Client::new(&sdk.to_builder().http_client(http).build());
    drop(client.list_tables().send().await);
    let (http, secrets) = capture_request(None);
    let client = aws_sdk_secretsmanager::Client::new(&sdk.to_builder().http_client(http).build());
    drop(client.get_secret_value().secret_id("any").send().await);
    [dynamodb, secrets].map(|sent| {
        let request = sent.expect_request();
        assert_eq!(request.headers().get("x-amz-security-token"), Some("AWS_SESSION_TOKEN of nobody"));
        request.uri().to_owned()
    })
}

#[tokio::test]
async fn each_service_is_called_at_its_own_address_unless_another_is_named() {
    let regional =
        ["https://dynamodb.eu-central-1.amazonaws.com/", "https://secretsmanager.eu-central-1.amazonaws.com/"];
    assert_eq!(called(lambda).await, regional);
    let emulated: Variables = |name| match name {
        "AWS_ENDPOINT_URL" => Some("http://127.0.0.1:1".to_owned()),
        _ => lambda(name),
    };
    assert_eq!(called(emulated).await, ["http://127.0.0.1:1/"; 2]);
    let based: Variables = |name| match name {
        "AWS_API_BASE" => Some("http://127.0.0.1:2".to_owned()),
        "AWS_ENDPOINT_URL_DYNAMODB" => Some("http://127.0.0.1:3".to_owned()),
        _ => lambda(name),
    };
    assert_eq!(called(based).await, ["http://127.0.0.1:2/"; 2]);
    let two: Variables = |name| match name {
        "AWS_ENDPOINT_URL" => Some("http://127.0.0.1:2".to_owned()),
        "AWS_ENDPOINT_URL_SECRETS_MANAGER" => Some("http://127.0.0.1:3".to_owned()),
        _ => lambda(name),
    };
    assert_eq!(called(two).await, ["http://127.0.0.1:2/", "http://127.0.0.1:3/"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_is_tried_again_and_ends_in_time() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                pending::<()>().await;
                drop(stream);
            });
        }
    });
    let one_try = Duration::from_secs(4);
    let sdk = configured_by(lambda, crate::start::timeouts(one_try), crate::start::retries()).unwrap();
    let client = aws_sdk_dynamodb::Client::new(&sdk.to_builder().endpoint_url(address).build());
    let begun = Instant::now();
    client.list_tables().send().await.unwrap_err();
    assert_eq!(begun.elapsed().as_secs(), 12, "all tries together");
    assert_eq!(connections.load(Ordering::SeqCst), 3);
}

async fn asked(server: &TlsServer, roots: TrustStore) -> bool {
    let sdk = configured(lambda).unwrap().to_builder().http_client(http_client(roots)).build();
    let client = aws_sdk_dynamodb::Client::new(&sdk.to_builder().endpoint_url(server.url()).build());
    client.list_tables().send().await.is_ok()
}

#[tokio::test]
async fn nothing_is_sent_to_anybody_whom_amazon_does_not_vouch_for() {
    for version in [&TLS12, &TLS13] {
        let server = TlsServer::start("localhost", &[version]).await.unwrap();
        assert!(asked(&server, TrustStore::empty().with_pem_certificate(server.authority_pem())).await);
        assert_eq!(server.requests(), 1, "{version:?}");
        assert!(!asked(&server, roots(lambda)).await, "{version:?}");
        assert_eq!(server.requests(), 1, "{version:?}");
    }
}

#[test]
fn the_roots_are_amazons_and_no_others_and_expire_in_more_than_a_year() {
    let mut found = Vec::new();
    for pem in Pem::iter_from_buffer(AMAZON_ROOTS.as_bytes()) {
        let pem = pem.unwrap();
        let certificate = pem.parse_x509().unwrap();
        assert!(certificate.is_ca(), "{}", certificate.subject());
        let expires = Duration::from_secs(certificate.validity().not_after.timestamp().try_into().unwrap());
        let left = (SystemTime::UNIX_EPOCH + expires).duration_since(SystemTime::now()).unwrap_or_default();
        assert!(left > YEAR, "{} expires: take what Amazon's repository lists now", certificate.subject());
        let digest = Sha256::digest(certificate.public_key().raw);
        found.push(digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":"));
    }
    assert_eq!(found, PUBLIC_KEYS);
}
