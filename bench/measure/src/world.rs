//! What the functions find in the tables, and the events that ask for it. Everything is written through the store.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, TryStreamExt as _};
use holdfast_auth::{Claims, Password, SESSION_LIFE, SessionKeys, hash_password, session_cookie};
use holdfast_domain::{
    Currency, DisplayName, EmailAddress, IdempotencyKey, OrderId, Price, SessionId, Ticket, TicketFacts, TicketId,
    TicketState, Timestamp, Title, UserId, Venue,
};
use holdfast_store::{Account, Accounts, Market, NewTicket, Session, Sessions, TicketDetails};
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::tables;

/// Tickets in the catalogue: a page and a half of it.
const CATALOGUE: usize = 36;
/// Orders of one buyer: fewer than they may hold.
const ORDERS_PER_BUYER: usize = 8;
/// Tickets that are put on the market at once, while everything is made ready.
const AT_ONCE: usize = 16;
const ORIGIN: &str = "an origin's secret of 32 letters";
const SESSION_KEYS: &str = r#"{"current": "of a benchmark, and longer than 32 letters", "previous": null}"#;

/// The secrets as the template would have generated them: the session's, the origin's.
pub(crate) fn secrets() -> (String, String) {
    (SESSION_KEYS.to_owned(), ORIGIN.to_owned())
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
struct Buyer {
    id: UserId,
    cookie: String,
}

/// An order that is to be placed.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) event: Bytes,
    buyer: UserId,
    order: OrderId,
    ticket: TicketId,
}

/// The tables with what is in them.
#[derive(Debug)]
pub(crate) struct World {
    client: Client,
    market: Market,
    events: PathBuf,
    seller: UserId,
    keys: SessionKeys,
    catalogue: Vec<TicketId>,
    buyer: Option<(Buyer, usize)>,
}

fn now() -> anyhow::Result<Timestamp> {
    Timestamp::from_datetime(OffsetDateTime::now_utc()).context("the clock is not set")
}

impl World {
    /// Makes the tables at `endpoint`, an account that may sign in, and a catalogue. `root` has the sample events.
    pub(crate) async fn make(endpoint: &str, root: &Path) -> anyhow::Result<Self> {
        let client = tables::client(endpoint).await;
        tables::create(&client).await?;
        let market = Market::new(client.clone(), tables::MARKET.to_owned());
        let seller = UserId::from_uuid(Uuid::now_v7());
        let keys = SessionKeys::from_secret_json(SESSION_KEYS)?;
        let events = root.join("events");
        let mut world = Self { client, market, events, seller, keys, catalogue: Vec::new(), buyer: None };
        world.catalogue = world.tickets(CATALOGUE).await?;
        for &ticket in &world.catalogue {
            world.market.catalogue_project(ticket, now()?).await?;
        }
        world.account().await?;
        let raw = world.client.put_item().table_name(tables::MARKET).set_item(Some(raw_key()));
        raw.item("version", AttributeValue::N("1".to_owned())).item("title", s(&"t".repeat(200))).send().await?;
        Ok(world)
    }

    /// The one call that is the unit of all latencies: an `UpdateItem` on one item, from the SDK and nothing around it.
    pub(crate) async fn raw_update(&self) -> anyhow::Result<()> {
        let update = self.client.update_item().table_name(tables::MARKET).set_key(Some(raw_key()));
        let one = AttributeValue::N("1".to_owned());
        let update = update.update_expression("SET #version = #version + :one");
        let update =
            update.condition_expression("attribute_exists(pk)").expression_attribute_names("#version", "version");
        update.expression_attribute_values(":one", one).send().await?;
        Ok(())
    }

    async fn account(&self) -> anyhow::Result<()> {
        let sample = self.sample("sign_in")?;
        let fields: Value = serde_json::from_str(sample["body"].as_str().context("a body")?)?;
        let email = EmailAddress::parse(fields["email"].as_str().context("an address")?)?;
        let hash = hash_password(&Password::parse(fields["password"].as_str().context("a password")?, &email)?)?;
        let id = UserId::from_uuid(Uuid::now_v7());
        let account =
            Account { id, email, display_name: DisplayName::parse("Buyer")?, created_at: now()?, verified_at: None };
        Accounts::new(self.client.clone(), tables::ACCOUNTS.to_owned()).account_create(&account, &hash).await?;
        Ok(())
    }

    async fn tickets(&self, count: usize) -> anyhow::Result<Vec<TicketId>> {
        let mut made = Vec::with_capacity(count);
        while made.len() < count {
            let tickets: FuturesUnordered<_> = (0..AT_ONCE.min(count - made.len())).map(|_| self.ticket()).collect();
            made.extend(tickets.try_collect::<Vec<_>>().await?);
        }
        Ok(made)
    }

    async fn ticket(&self) -> anyhow::Result<TicketId> {
        let facts = TicketFacts {
            title: Title::parse("The Magic Flute, a ticket in the stalls")?,
            price: Price::new(4_500, Currency::Eur)?,
            venue: Some(Venue::parse("Opera House, Main Street 1")?),
            starts_at: Some(Timestamp::parse("2031-01-01T19:00:00Z")?),
        };
        let ticket = Ticket::list(TicketId::from_uuid(Uuid::now_v7()), self.seller, facts, now()?);
        let details = TicketDetails { seller_name: DisplayName::parse("Seller")?, description: None };
        let id = ticket.id;
        self.market.ticket_create(&NewTicket { ticket, details, credential: None }).await?;
        Ok(id)
    }

    async fn sign_in(&self) -> anyhow::Result<Buyer> {
        let id = UserId::from_uuid(Uuid::now_v7());
        let claims = Claims::starting(id, SessionId::from_uuid(Uuid::new_v4()), now()?);
        let session = Session::new(&claims, DisplayName::parse("Buyer")?, Some("bench"));
        Sessions::new(self.client.clone(), tables::SESSIONS.to_owned()).session_create(&session).await?;
        let cookie = session_cookie(&self.keys.sign(&claims), SESSION_LIFE);
        Ok(Buyer { id, cookie: cookie.split(';').next().unwrap_or_default().to_owned() })
    }

    /// So many orders that can be placed: each for a ticket of its own, by buyers who hold no more than they may.
    pub(crate) async fn orders(&mut self, count: usize) -> anyhow::Result<Vec<Wanted>> {
        let tickets = self.tickets(count).await?;
        let mut wanted = Vec::with_capacity(count);
        for ticket in tickets {
            let buyer = self.buyer().await?;
            let key = Uuid::new_v4().to_string();
            let mut event = self.sample("place_order")?;
            event["cookies"] = json!([buyer.cookie]);
            event["headers"]["idempotency-key"] = json!(key);
            event["body"] = json!(json!({"ticket_id": ticket}).to_string());
            let order = OrderId::derive(buyer.id, &IdempotencyKey::parse(&key)?);
            wanted.push(Wanted { event: bytes(&event), buyer: buyer.id, order, ticket });
        }
        Ok(wanted)
    }

    async fn buyer(&mut self) -> anyhow::Result<Buyer> {
        let (buyer, orders) = match self.buyer.take() {
            Some((buyer, orders)) if orders < ORDERS_PER_BUYER => (buyer, orders),
            Some(_) | None => (self.sign_in().await?, 0),
        };
        self.buyer = Some((buyer.clone(), orders + 1));
        Ok(buyer)
    }

    /// Fails unless the order is in the table as the store wants it, and holds its ticket.
    pub(crate) async fn check(&self, wanted: &Wanted) -> anyhow::Result<()> {
        let order = self.market.order_read(wanted.buyer, wanted.order).await?.context("the order is not there")?;
        let ticket = self.market.ticket_read(wanted.ticket).await?.context("the ticket is not there")?;
        let TicketState::Held(hold) = ticket.state else { anyhow::bail!("the ticket is not held") };
        ensure!(
            order.ticket.id == wanted.ticket && order.ticket.facts == ticket.facts,
            "the order is for another ticket"
        );
        ensure!(order.keeps_hold(wanted.ticket, hold.number), "the order does not keep the hold");
        ensure!(hold.order == wanted.order && hold.buyer == wanted.buyer, "somebody else holds the ticket");
        ensure!(hold.expires_at.since(now()?) > Duration::ZERO, "the hold has run out");
        Ok(())
    }

    /// A ticket of the catalogue, shown.
    pub(crate) fn show_ticket(&self) -> anyhow::Result<Bytes> {
        let ticket = self.catalogue.first().context("there is no ticket")?;
        let mut event = self.sample("show_ticket")?;
        event["pathParameters"]["ticket_id"] = json!(ticket);
        event["rawPath"] = json!(format!("/api/tickets/{ticket}"));
        Ok(bytes(&event))
    }

    /// The first page of the catalogue, or the account's sign-in: nothing changes from one to the next.
    pub(crate) fn event(&self, function: &str) -> anyhow::Result<Bytes> {
        self.sample(function).map(|event| bytes(&event))
    }

    /// A sample event as it comes through the edge.
    fn sample(&self, function: &str) -> anyhow::Result<Value> {
        let path = self.events.join(function).join("valid.json");
        let text = std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let mut event: Value = serde_json::from_str(&text)?;
        event["headers"]["x-origin-secret"] = json!(ORIGIN);
        Ok(event)
    }
}

fn bytes(event: &Value) -> Bytes {
    Bytes::from(event.to_string())
}

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn raw_key() -> std::collections::HashMap<String, AttributeValue> {
    [("pk".to_owned(), s("raw")), ("sk".to_owned(), s("raw"))].into()
}
