//! A market, a bucket and a queue of a test's own in the emulator, and a renderer in the test's process that works with
//! them: nobody else lists anything there, so that every page is known.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use aws_sdk_s3::config::StalledStreamProtectionConfig;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use holdfast_domain::{
    Currency, DisplayName, HoldRequest, OrderId, Price, Ticket, TicketFacts, TicketId, TicketState, Timestamp, Title,
    UserId,
};
use holdfast_events::RenderQueue;
use holdfast_pages::SiteBucket;
use holdfast_store::{Market, NewTicket, TicketDetails};
use holdfast_views::SiteOrigin;
use render_pages::{App, Work, handle};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};
use uuid::Uuid;

/// An operator's client of the buckets.
pub(crate) async fn s3() -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::new(&aws_config::defaults(BehaviorVersion::latest()).load().await)
}

/// An object as text; `None` when there is none.
pub(crate) async fn object(s3: &aws_sdk_s3::Client, bucket: &str, key: &str) -> Option<String> {
    match s3.get_object().bucket(bucket).key(key).send().await {
        Ok(output) => {
            let body = output.body.collect().await.expect("a body").to_vec();
            Some(String::from_utf8(body).expect("UTF-8"))
        }
        Err(error)
            if error
                .as_service_error()
                .is_some_and(aws_sdk_s3::operation::get_object::GetObjectError::is_no_such_key) =>
        {
            None
        }
        Err(error) => panic!("{key} cannot be read: {error:?}"),
    }
}

/// Where the next older page of the catalogue is kept.
pub(crate) fn older(page: &str) -> Option<String> {
    neighbour(page, "next")
}

/// Where the page behind a link of the given relation is kept.
pub(crate) fn neighbour(page: &str, relation: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("rel=\"{relation}\" href=\"/"))?;
    let path = rest.split('"').next()?;
    Some(format!("{path}index.html"))
}

/// An attribute of the list of tickets.
pub(crate) fn list_attribute(page: &str, name: &str) -> Option<String> {
    let (_, list) = page.split_once("id=\"ticket-list\"")?;
    let tag = list.split('>').next()?;
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    rest.split('"').next().map(str::to_owned)
}

/// The tickets that a page of the catalogue, a feed or a sitemap links to, in their order.
pub(crate) fn linked(page: &str) -> Vec<TicketId> {
    let mut ids = Vec::new();
    for link in page.split("/tickets/").skip(1) {
        let segment = link.split('/').next().unwrap_or_default();
        let id = segment.get(segment.len().saturating_sub(36)..).and_then(|id| id.parse().ok());
        if let Some(id) = id.filter(|id| !ids.contains(id)) {
            ids.push(id);
        }
    }
    ids
}

/// The site of one test.
pub(crate) struct Own {
    pub(crate) market: Market,
    pub(crate) s3: aws_sdk_s3::Client,
    sqs: aws_sdk_sqs::Client,
    pub(crate) bucket: String,
    queue_url: String,
    pub(crate) app: Arc<App>,
    sdk: SdkConfig,
    writes: Arc<AtomicUsize>,
    seller: UserId,
}

/// The moment at which everything happens that has no moment of its own.
pub(crate) fn now() -> Timestamp {
    Timestamp::parse("2026-11-22T12:00:00Z").expect("a moment")
}

impl Own {
    /// An empty market, and a site that is published but for its rendered pages.
    pub(crate) async fn new() -> Self {
        let sdk = aws_config::defaults(BehaviorVersion::latest()).load().await;
        let name = format!("pages-{}", Uuid::new_v4().simple());
        let dynamodb = aws_sdk_dynamodb::Client::new(&sdk);
        let attribute = |name: &str| {
            let attribute = AttributeDefinition::builder().attribute_name(name);
            attribute.attribute_type(ScalarAttributeType::S).build().expect("an attribute")
        };
        let key =
            |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("a key");
        let table = dynamodb.create_table().table_name(&name).billing_mode(BillingMode::PayPerRequest);
        let table = table.attribute_definitions(attribute("pk")).attribute_definitions(attribute("sk"));
        let table = table.key_schema(key("pk", KeyType::Hash)).key_schema(key("sk", KeyType::Range));
        table.send().await.expect("a table");
        let s3 = aws_sdk_s3::Client::new(&sdk);
        let region = sdk.region().map(|region| BucketLocationConstraint::from(region.as_ref()));
        let place = CreateBucketConfiguration::builder().set_location_constraint(region).build();
        s3.create_bucket().bucket(&name).create_bucket_configuration(place).send().await.expect("a bucket");
        let sqs = aws_sdk_sqs::Client::new(&sdk);
        let queue = sqs.create_queue().queue_name(&name).send().await.expect("a queue");
        let queue_url = queue.queue_url.expect("an address");
        let market = Market::new(dynamodb, name.clone());
        let writes = Arc::new(AtomicUsize::new(0));
        let counted = Counted { inner: plain_http(), writes: Arc::clone(&writes) };
        let app = app_with(&sdk, counted, &market, &name, &sqs, &queue_url);
        let own = Self {
            market,
            s3,
            sqs,
            bucket: name,
            queue_url,
            app,
            sdk,
            writes,
            seller: UserId::from_uuid(Uuid::now_v7()),
        };
        own.publish("/assets/site.1.css").await;
        own
    }

    /// Writes a list of assets with this stylesheet.
    pub(crate) async fn publish(&self, stylesheet: &str) {
        let scripts = json!({"catalogue": "/assets/catalogue.1.js", "ticket": "/assets/ticket.1.js"});
        let manifest = json!({"stylesheet": stylesheet, "scripts": {"en": scripts, "de": scripts}});
        let put = self.s3.put_object().bucket(&self.bucket).key("assets/manifest.json");
        put.body(manifest.to_string().into_bytes().into()).send().await.expect("an object");
    }

    /// A renderer whose writes wait at a gate.
    pub(crate) fn gated(&self) -> (Arc<App>, Gate) {
        let (arrives, waiting) = mpsc::unbounded_channel();
        let open = Arc::new(Semaphore::new(0));
        let http = Gated { inner: plain_http(), arrives, open: Arc::clone(&open) };
        let app = app_with(&self.sdk, http, &self.market, &self.bucket, &self.sqs, &self.queue_url);
        (app, Gate { waiting, open })
    }

    /// Lists a ticket: it is in the market and in the catalogue, and on no page yet.
    pub(crate) async fn list(&self, title: &str, created_at: Timestamp, starts_at: Option<Timestamp>) -> TicketId {
        let id = TicketId::from_uuid(Uuid::now_v7());
        let ticket = Ticket::list(id, self.seller, facts(title, starts_at), created_at);
        self.market.ticket_create(&NewTicket { ticket, details: details(), credential: None }).await.expect("a ticket");
        self.market.catalogue_project(id, now()).await.expect("rows");
        id
    }

    /// Gives a ticket another title.
    pub(crate) async fn change(&self, id: TicketId, title: &str) {
        let ticket = self.market.ticket_read(id).await.expect("a read").expect("a ticket");
        let change = holdfast_store::TicketChange {
            id,
            seller: self.seller,
            version: ticket.version,
            facts: facts(title, ticket.facts.starts_at),
            details: details(),
            credential: None,
        };
        self.market.ticket_change(&change).await.expect("a change");
        self.market.catalogue_project(id, now()).await.expect("rows");
    }

    /// Sells a ticket.
    pub(crate) async fn sell(&self, id: TicketId) {
        let order = OrderId::from_uuid(Uuid::now_v7());
        let buyer = UserId::from_uuid(Uuid::now_v7());
        let expires_at = now().plus(Duration::from_mins(15));
        let taken = self.market.ticket_hold(id, HoldRequest { order, buyer, now: now(), expires_at }).await;
        let TicketState::Held(hold) = taken.expect("a hold").state else { panic!("not held") };
        self.market.ticket_commit(id, order, hold.number).await.expect("a sale");
        self.market.ticket_sell(id, order, hold.number, now()).await.expect("a record");
        self.market.catalogue_project(id, now()).await.expect("no rows");
    }

    /// Takes a ticket away.
    pub(crate) async fn delete(&self, id: TicketId) {
        let ticket = self.market.ticket_read(id).await.expect("a read").expect("a ticket");
        self.market.ticket_delete(id, self.seller, ticket.version).await.expect("a deletion");
        self.market.catalogue_project(id, now()).await.expect("rows");
    }

    /// Has tickets rendered, as one batch of the queue.
    pub(crate) async fn render(&self, ids: &[TicketId]) {
        run(&self.app, &batch(ids), now()).await;
    }

    /// Has something rendered, and then all that was asked for because of it.
    pub(crate) async fn render_all(&self, request: &Value, now: Timestamp) {
        run(&self.app, request, now).await;
        loop {
            let mut records = Vec::new();
            while records.len() < 100 {
                let receive = self.sqs.receive_message().queue_url(&self.queue_url).max_number_of_messages(10);
                let messages = receive.send().await.expect("messages").messages.unwrap_or_default();
                if messages.is_empty() {
                    break;
                }
                for message in messages {
                    records.push(json!({"messageId": message.message_id, "body": message.body}));
                    let handle = message.receipt_handle.expect("a handle");
                    let delete = self.sqs.delete_message().queue_url(&self.queue_url).receipt_handle(handle);
                    delete.send().await.expect("a deletion");
                }
            }
            if records.is_empty() {
                return;
            }
            run(&self.app, &json!({"Records": records}), now).await;
        }
    }

    /// Writes and removals since the last look, by the renderer that nothing holds up.
    pub(crate) fn writes(&self) -> usize {
        self.writes.swap(0, Ordering::SeqCst)
    }

    pub(crate) async fn object(&self, key: &str) -> Option<String> {
        object(&self.s3, &self.bucket, key).await
    }

    pub(crate) async fn ticket_page(&self, id: TicketId) -> Option<String> {
        self.object(&format!("tickets/{id}/index.html")).await
    }

    /// All keys of the bucket.
    pub(crate) async fn keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        let mut pages = self.s3.list_objects_v2().bucket(&self.bucket).into_paginator().send();
        while let Some(page) = pages.next().await {
            let contents = page.expect("a page").contents.unwrap_or_default();
            keys.extend(contents.into_iter().filter_map(|object| object.key));
        }
        keys
    }
}

/// A batch of the queue that asks for these tickets.
pub(crate) fn batch(ids: &[TicketId]) -> Value {
    let record = |id: &TicketId| json!({"messageId": id.to_string(), "body": json!({"ticket": id}).to_string()});
    json!({"Records": ids.iter().map(record).collect::<Vec<_>>()})
}

/// One run of a renderer in which nothing fails.
pub(crate) async fn run(app: &App, work: &Value, now: Timestamp) {
    let work: Work = serde_json::from_value(work.clone()).expect("work");
    let answer = handle(app, work, now).await.expect("a run");
    assert_eq!(answer.failures, []);
}

fn facts(title: &str, starts_at: Option<Timestamp>) -> TicketFacts {
    TicketFacts {
        title: Title::parse(title).expect("a title"),
        price: Price::new(4_500, Currency::Eur).expect("a price"),
        venue: None,
        starts_at,
    }
}

fn details() -> TicketDetails {
    TicketDetails { seller_name: DisplayName::parse("Seller").expect("a name"), description: None }
}

fn app_with(
    sdk: &SdkConfig,
    http: impl HttpClient + 'static,
    market: &Market,
    bucket: &str,
    sqs: &aws_sdk_sqs::Client,
    queue_url: &str,
) -> Arc<App> {
    let config = aws_sdk_s3::config::Builder::from(sdk)
        .http_client(http)
        // A write may wait for as long as the test wants.
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    let bucket = SiteBucket::new(aws_sdk_s3::Client::from_conf(config), bucket.to_owned());
    let queue = RenderQueue::new(sqs.clone(), queue_url.to_owned());
    let origin = SiteOrigin::parse("https://tickets.example").expect("an origin");
    Arc::new(App::new(market.clone(), bucket, queue, origin))
}

fn plain_http() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().build_http()
}

fn is_write(request: &HttpRequest) -> bool {
    matches!(request.method(), "PUT" | "DELETE")
}

/// Counts what is written and removed.
#[derive(Debug)]
struct Counted {
    inner: SharedHttpClient,
    writes: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct CountedConnector(SharedHttpConnector, Arc<AtomicUsize>);

impl HttpClient for Counted {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, parts);
        SharedHttpConnector::new(CountedConnector(inner, Arc::clone(&self.writes)))
    }
}

impl HttpConnector for CountedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if is_write(&request) {
            self.1.fetch_add(1, Ordering::SeqCst);
        }
        self.0.call(request)
    }
}

/// Where the writes of a renderer wait.
pub(crate) struct Gate {
    waiting: mpsc::UnboundedReceiver<()>,
    open: Arc<Semaphore>,
}

impl Gate {
    /// Waits until a write waits.
    pub(crate) async fn arrival(&mut self) {
        self.waiting.recv().await.expect("a renderer");
    }

    /// Lets all writes pass from now on.
    pub(crate) fn open(&self) {
        self.open.add_permits(Semaphore::MAX_PERMITS / 2);
    }
}

/// Holds writes up until the gate is opened.
#[derive(Debug)]
struct Gated {
    inner: SharedHttpClient,
    arrives: mpsc::UnboundedSender<()>,
    open: Arc<Semaphore>,
}

#[derive(Debug)]
struct GatedConnector(SharedHttpConnector, mpsc::UnboundedSender<()>, Arc<Semaphore>);

impl HttpClient for Gated {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, parts);
        SharedHttpConnector::new(GatedConnector(inner, self.arrives.clone(), Arc::clone(&self.open)))
    }
}

impl HttpConnector for GatedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (inner, arrives, open) = (self.0.clone(), self.1.clone(), Arc::clone(&self.2));
        HttpConnectorFuture::new(async move {
            if is_write(&request) {
                // Nobody may listen any more, and the gate is never closed for good: neither is a failure.
                let _ = arrives.send(());
                let _passed = open.acquire().await;
            }
            inner.call(request).await
        })
    }
}
