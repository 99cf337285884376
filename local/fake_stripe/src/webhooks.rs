//! Events on their way to the shop: signed, at least once, in no order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::header::{CONTENT_TYPE, USER_AGENT};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;

use crate::model::Delivery;
use crate::render;
use crate::shared::Shared;
use crate::state::{hex, now};

/// Stripe gives an endpoint about this long.
const DEADLINE: Duration = Duration::from_secs(20);
/// Deliveries at one time.
const IN_FLIGHT: usize = 8;
/// Attempts that are remembered for an event.
const MAX_ATTEMPTS: usize = 64;

type HttpClient = Client<HttpConnector, Full<Bytes>>;

/// One copy of an event, and how long it waits first.
#[derive(Clone, Debug)]
pub(crate) struct Parcel {
    event: String,
    delay: Duration,
}

/// What happens to new events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// They are sent.
    #[default]
    Normal,
    /// They are kept until they are let go.
    Held,
    /// They are written down and never sent.
    Off,
}

/// How new events are sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Manner {
    /// Sent, kept or dropped.
    pub mode: Mode,
    /// Copies of each event beyond the first.
    pub duplicates: u32,
    /// How long each copy waits, in milliseconds.
    pub delay_ms: u64,
    /// Each copy waits for a time of its own, up to `delay_ms` (at least half a second): the order is lost.
    pub shuffle: bool,
}

/// The order in which held events are let go, and which.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LetGo {
    /// The newest first.
    pub(crate) reverse: bool,
    /// In an order that the events' ids decide.
    pub(crate) shuffle: bool,
    /// Copies of each event beyond the first.
    pub(crate) duplicates: u32,
    /// At most so many events.
    pub(crate) limit: Option<usize>,
    /// Only events of this type.
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
}

/// One attempt to deliver.
#[derive(Clone, Debug, Serialize)]
struct Attempt {
    at: i64,
    status: Option<u16>,
    error: Option<String>,
}

/// How events are sent, and what has come of it.
#[derive(Debug, Default)]
pub(crate) struct Post {
    pub(crate) manner: Manner,
    attempts: BTreeMap<String, Vec<Attempt>>,
    under_way: usize,
}

impl Post {
    /// What becomes of a new event.
    pub(crate) fn accept(&mut self, event: &str, wanted: bool) -> (Delivery, Vec<Parcel>) {
        match self.manner.mode {
            Mode::Normal if wanted => (Delivery::Pending, self.parcels(event, self.manner.duplicates)),
            Mode::Held if wanted => (Delivery::Held, Vec::new()),
            Mode::Normal | Mode::Held | Mode::Off => (Delivery::None, Vec::new()),
        }
    }

    fn parcels(&mut self, event: &str, duplicates: u32) -> Vec<Parcel> {
        let copies = 0..=duplicates;
        self.under_way += copies.clone().count();
        let delay = |copy| {
            if self.manner.shuffle {
                let digest = Sha256::digest(format!("{event}/{copy}"));
                let part = u64::from(u16::from_be_bytes([digest[0], digest[1]]));
                Duration::from_millis(self.manner.delay_ms.max(500) * part / u64::from(u16::MAX))
            } else {
                Duration::from_millis(self.manner.delay_ms)
            }
        };
        copies.map(|copy| Parcel { event: event.to_owned(), delay: delay(copy) }).collect()
    }
}

impl Shared {
    /// Lets held events go, or those that a crash has kept from going; returns how many.
    pub(crate) fn let_go(&self, which: &LetGo, from: Delivery) -> std::io::Result<usize> {
        let mut inner = self.lock();
        let events = inner.state.events().iter().filter(|event| event.delivery == from);
        let events = events.filter(|event| which.kind.as_ref().is_none_or(|kind| *kind == event.kind));
        let mut ids: Vec<String> = events.map(|event| event.id.clone()).collect();
        if which.reverse {
            ids.reverse();
        }
        if which.shuffle {
            ids.sort();
        }
        ids.truncate(which.limit.unwrap_or(usize::MAX));
        for id in &ids {
            inner.state.put_delivery(id, Delivery::Pending);
            for parcel in inner.post.parcels(id, which.duplicates) {
                drop(self.parcels.send(parcel));
            }
        }
        inner.state.commit()?;
        Ok(ids.len())
    }

    /// What became of all events.
    pub(crate) fn deliveries(&self) -> Value {
        let inner = self.lock();
        let events = inner.state.events().iter().map(|event| {
            json!({
                "id": event.id,
                "type": event.kind,
                "object": event.object["id"],
                "delivery": event.delivery,
                "attempts": inner.post.attempts.get(&event.id).cloned().unwrap_or_default(),
            })
        });
        json!({
            "manner": inner.post.manner,
            "under_way": inner.post.under_way,
            "events": events.collect::<Vec<_>>(),
        })
    }

    fn attempted(&self, event: &str, attempt: Attempt) {
        let mut inner = self.lock();
        let attempts = inner.post.attempts.entry(event.to_owned()).or_default();
        if attempts.len() < MAX_ATTEMPTS {
            attempts.push(attempt);
        }
    }

    fn concluded(&self, event: &str, delivered: bool) {
        let mut inner = self.lock();
        inner.post.under_way = inner.post.under_way.saturating_sub(1);
        let known = inner.state.event(event).map(|event| event.delivery);
        if known != Some(Delivery::Delivered) {
            inner.state.put_delivery(event, if delivered { Delivery::Delivered } else { Delivery::Failed });
        }
        // What the journal does not know of is sent again after a crash: at least once.
        drop(inner.state.commit());
    }
}

/// Sends what is put into the channel until the server ends.
pub(crate) async fn deliver_all(shared: Arc<Shared>, mut parcels: UnboundedReceiver<Parcel>) {
    let client: HttpClient = Client::builder(TokioExecutor::new()).build_http();
    let turns = Arc::new(Semaphore::new(IN_FLIGHT));
    let mut under_way = JoinSet::new();
    while let Some(parcel) = parcels.recv().await {
        while under_way.try_join_next().is_some() {}
        let (shared, client, turns) = (Arc::clone(&shared), client.clone(), Arc::clone(&turns));
        under_way.spawn(async move { deliver(&shared, &client, &turns, parcel).await });
    }
}

async fn deliver(shared: &Shared, client: &HttpClient, turns: &Semaphore, parcel: Parcel) {
    let mut waits = vec![parcel.delay];
    waits.extend(&shared.options.webhook_retries);
    for wait in waits {
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        let Ok(_turn) = turns.acquire().await else { return };
        let attempt = attempt(shared, client, &parcel.event).await;
        let delivered = attempt.status.is_some_and(|status| (200..300).contains(&status));
        shared.attempted(&parcel.event, attempt);
        if delivered {
            shared.concluded(&parcel.event, true);
            return;
        }
    }
    shared.concluded(&parcel.event, false);
}

async fn attempt(shared: &Shared, client: &HttpClient, event: &str) -> Attempt {
    let at = now();
    let sent = tokio::time::timeout(DEADLINE, send(shared, client, event, at)).await;
    match sent {
        Ok(Ok(status)) => Attempt { at, status: Some(status), error: None },
        Ok(Err(error)) => Attempt { at, status: None, error: Some(format!("{error:#}")) },
        Err(_) => Attempt { at, status: None, error: Some("no answer in time".to_owned()) },
    }
}

async fn send(shared: &Shared, client: &HttpClient, event: &str, at: i64) -> anyhow::Result<u16> {
    let rendered = shared.lock().state.event(event).map(render::event);
    let (Some(url), Some(rendered)) = (&shared.options.webhook_url, rendered) else {
        anyhow::bail!("there is nowhere to send it");
    };
    let payload = serde_json::to_string_pretty(&rendered)?;
    let request = Request::post(url)
        .header(CONTENT_TYPE, "application/json; charset=utf-8")
        .header(USER_AGENT, "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
        .header("stripe-signature", signature(&payload, &shared.options.webhook_secrets, at))
        .body(Full::new(Bytes::from(payload)))?;
    let response = client.request(request).await?;
    let status = response.status().as_u16();
    // Read to its end, so that the connection can be used again.
    drop(response.into_body().collect().await);
    Ok(status)
}

/// The header `stripe-signature` of a payload.
#[must_use]
pub fn signature(payload: &str, secrets: &[String], at: i64) -> String {
    let mut header = format!("t={at}");
    for secret in secrets {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { continue };
        mac.update(format!("{at}.{payload}").as_bytes());
        header.push_str(",v1=");
        header.push_str(&hex(&mac.finalize().into_bytes()));
    }
    header
}
