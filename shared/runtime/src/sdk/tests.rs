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
    "fbe3018031f9586bcbf41727e417b7d1c45c2f47f93be372a17b96b50757d5a2",
    "7f4296fc5b6a4e3b35d3c369623e364ab1af381d8fa7121533c9d6c633ea2461",
    "36abc32656acfc645c61b71613c4bf21c787f5cabbee48348d58597803d7abc9",
    "f7ecded5c66047d28ed6466b543c40e0743abe81d109254dcf845d4c2c7853c5",
    "2b071c59a0a0ae76b0eadb2bad23bad4580b69c3601b630c2eaf0613afa83f92",
];
const YEAR: Duration = Duration::from_hours(365 * 24);

/// What every Lambda has.
fn lambda(name: &str) -> Option<String> {
    let value = match name {
        "AWS_ACCESS_KEY_ID" => "AKID",
        "AWS_SECRET_ACCESS_KEY" => "of nobody",
        "AWS_SESSION_TOKEN" => "a token",
        "AWS_REGION" => "eu-central-1",
        _ => return None,
    };
    Some(value.to_owned())
}

fn configured(variables: Variables) -> Result<SdkConfig, ConfigError> {
    configured_by(variables, TimeoutConfig::disabled(), RetryConfig::disabled())
}

#[tokio::test]
async fn who_calls_and_where_is_what_the_environment_says() {
    let sdk = configured(lambda).unwrap();
    let credentials = sdk.credentials_provider().unwrap().provide_credentials().await.unwrap();
    assert_eq!((credentials.access_key_id(), credentials.secret_access_key()), ("AKID", "of nobody"));
    assert_eq!(credentials.session_token(), Some("a token"));
    assert_eq!(sdk.region().map(AsRef::as_ref), Some("eu-central-1"));
    assert!(!format!("{sdk:?}").contains("of nobody"));
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
        assert_eq!(request.headers().get("x-amz-security-token"), Some("a token"));
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
        found.push(hex::encode(Sha256::digest(certificate.public_key().raw)));
    }
    assert_eq!(found, PUBLIC_KEYS);
}
