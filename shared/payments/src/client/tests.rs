//! The client against servers that answer oddly, late, or under another's name.

use std::convert::Infallible;
use std::future::pending;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use hyper::Response;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::version::{TLS12, TLS13};
use stripe_client_core::{RequestStrategy, StripeRequest as _};
use stripe_core::payment_intent::{CapturePaymentIntent, RetrievePaymentIntent};
use tls_server::TlsServer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::*;
use crate::error::PaymentError;

const KEY: &str = "rk_test_of_nobody";

/// What a server was sent: the head of each request, and its body.
type Seen = Arc<Mutex<Vec<(hyper::http::request::Parts, String)>>>;

fn key() -> SecretKey {
    SecretKey::new(KEY.to_owned())
}

/// A server that answers everything alike.
async fn answering(status: u16, body: impl Into<Bytes>) -> (Client, Seen) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let (body, seen) = (body.into(), Seen::default());
    let noted = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (body, noted) = (body.clone(), Arc::clone(&noted));
            let service = service_fn(move |request: Request<Incoming>| {
                let (body, noted) = (body.clone(), Arc::clone(&noted));
                async move {
                    let (head, sent) = request.into_parts();
                    let sent = sent.collect().await.unwrap().to_bytes();
                    noted.lock().unwrap().push((head, String::from_utf8(sent.to_vec()).unwrap()));
                    let answer = Response::builder().status(status).header("location", "/elsewhere");
                    Ok::<_, Infallible>(answer.body(Full::new(body)).unwrap())
                }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    (Client::new(&key(), &base).unwrap(), seen)
}

/// An answer of which nothing is read.
#[derive(Debug, Deserialize)]
struct Anything {}

async fn asked(client: &Client) -> Result<Anything, CallFailure> {
    RetrievePaymentIntent::new("pi_1").build().customize().send(client).await
}

#[tokio::test]
async fn a_request_says_who_asks_for_which_version_and_under_which_key() {
    let (client, seen) = answering(200, "{}").await;
    let Anything {} = asked(&client).await.unwrap();
    let key = IdempotencyKey::new("order-1-0").unwrap();
    let capture = CapturePaymentIntent::new("pi_1").amount_to_capture(5).build().customize();
    let Anything {} = capture.request_strategy(RequestStrategy::Idempotent(key)).send(&client).await.unwrap();
    let seen = seen.lock().unwrap();
    let headers = |index: usize, name: &str| -> Vec<&str> {
        seen[index].0.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    };
    for index in [0, 1] {
        assert_eq!(headers(index, "authorization"), [format!("Bearer {KEY}")]);
        assert_eq!(headers(index, "stripe-version"), [stripe_shared::version::VERSION.as_str()]);
    }
    assert_eq!((seen[0].0.method.as_str(), seen[0].0.uri.path()), ("GET", "/v1/payment_intents/pi_1"));
    assert_eq!(headers(0, "idempotency-key"), [""; 0]);
    let (head, body) = &seen[1];
    assert_eq!((head.method.as_str(), head.uri.path()), ("POST", "/v1/payment_intents/pi_1/capture"));
    assert_eq!(headers(1, "idempotency-key"), ["order-1-0"]);
    assert_eq!(headers(1, "content-type"), ["application/x-www-form-urlencoded"]);
    assert_eq!(body, "amount_to_capture=5");
    assert!(!format!("{client:?}").contains(KEY), "{client:?}");
}

#[tokio::test]
async fn what_an_error_means_is_told_by_its_status_and_its_code() {
    let error =
        |code: &str| format!(r#"{{"error": {{"type": "invalid_request_error", "code": "{code}", "more": [1]}}}}"#);
    for (status, body, meaning) in [
        (409, error("idempotency_key_in_use"), "later"),
        (429, error("lock_timeout"), "later"),
        (500, r#"{"error": {"type": "api_error"}}"#.to_owned(), "later"),
        (401, r#"{"error": {"type": "invalid_request_error"}}"#.to_owned(), "key"),
        (403, error("more_permissions_required"), "key"),
        (404, error("resource_missing"), "unknown"),
        (400, error("payment_intent_unexpected_state"), "stale"),
        (400, error("charge_already_captured"), "stale"),
        (400, error("charge_already_refunded"), "stale"),
        (400, error("parameter_missing"), "refused"),
        (402, error("card_declined"), "refused"),
        // Nothing of these is Stripe's own: what was asked for may have happened.
        (502, "<html>Bad gateway</html>".to_owned(), "no answer"),
        (403, "<html>Blocked</html>".to_owned(), "no answer"),
        (301, String::new(), "no answer"),
        (200, "<html>Welcome to this hotel</html>".to_owned(), "no answer"),
        (200, "{".to_owned() + &" ".repeat(LARGEST_ANSWER) + "}", "no answer"),
    ] {
        let (client, seen) = answering(status, body.clone()).await;
        let failure = asked(&client).await.unwrap_err();
        let found = match &failure {
            CallFailure::NoAnswer(_) => "no answer",
            CallFailure::Later(answer) => {
                assert_eq!(answer.status, status);
                "later"
            }
            CallFailure::KeyRefused(_) => "key",
            CallFailure::Final(PaymentError::Stale) => "stale",
            CallFailure::Final(PaymentError::Unknown) => "unknown",
            CallFailure::Final(PaymentError::Refused(_)) => "refused",
            CallFailure::Final(PaymentError::NotConfigured | PaymentError::Unavailable(_)) => "nothing that it may be",
        };
        assert_eq!(found, meaning, "{status} {body:.80}");
        assert!(!format!("{failure:?}").contains(KEY), "{failure:?}");
        assert_eq!(seen.lock().unwrap().len(), 1, "one try, and no other address");
    }
    let (client, _) = answering(200, vec![b'"', 0xff, b'"']).await;
    assert!(matches!(asked(&client).await, Err(CallFailure::NoAnswer(_))), "not UTF-8");
}

#[tokio::test(start_paused = true)]
async fn a_try_ends_in_time_whatever_the_server_does() {
    // One never says a word; the other begins to answer.
    for begins in [false, true] {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            assert_ne!(stream.read(&mut [0; 4096]).await.unwrap(), 0);
            if begins {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{").await.unwrap();
            }
            pending::<()>().await;
            drop(stream);
        });
        let begun = Instant::now();
        let failure = asked(&Client::new(&key(), &base).unwrap()).await.unwrap_err();
        assert!(matches!(&failure, CallFailure::NoAnswer(_)), "{failure:?}");
        assert_eq!(begun.elapsed().as_secs(), ONE_TRY.as_secs(), "{failure:?}");
    }
}

#[tokio::test]
async fn the_key_is_sent_to_nobody_whom_no_trusted_authority_vouches_for() {
    for version in [&TLS12, &TLS13] {
        let server = TlsServer::start("localhost", &[version]).await.unwrap();
        let url = server.url().parse().unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(server.authority()).unwrap();
        let believing = Client::trusting(roots, &key(), &url).unwrap();
        let Anything {} = asked(&believing).await.unwrap();
        assert_eq!(server.requests(), 1, "{version:?}");
        let failure = asked(&Client::new(&key(), &url).unwrap()).await.unwrap_err();
        assert!(matches!(failure, CallFailure::NoAnswer(_)), "{failure:?}");
        assert_eq!(server.requests(), 1, "the authority is none of the public ones");
    }
    let other = TlsServer::start("api.stripe.example", &[&TLS13]).await.unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(other.authority()).unwrap();
    let client = Client::trusting(roots, &key(), &other.url().parse().unwrap()).unwrap();
    assert!(matches!(asked(&client).await, Err(CallFailure::NoAnswer(_))));
    assert_eq!(other.requests(), 0, "the certificate is for another name");
}

#[test]
fn the_public_authorities_are_trusted_and_not_amazons_alone() {
    let roots = public_roots();
    let known = |name: &str| {
        let is = |subject: &[u8]| subject.windows(name.len()).any(|part| part == name.as_bytes());
        roots.roots.iter().any(|anchor| is(&anchor.subject))
    };
    for name in ["DigiCert Global Root G2", "DigiCert Global Root G3", "ISRG Root X1", "Amazon Root CA 1"] {
        assert!(known(name), "{name}");
    }
    assert!(!known("Authority of nobody"));
}
