//! Demo accounts and tickets, made through the API like everybody else's.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration as Limit;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, Time};

use crate::console::step;
use crate::http::Client;
use crate::interrupt;

/// The password of both demo accounts, which exist on this machine only.
pub(crate) const PASSWORD: &str = "holdfast-demo-only";
/// The account that lists most of the demo tickets.
pub(crate) const SELLER: &str = "seller@example.com";
/// The account to buy with.
pub(crate) const BUYER: &str = "buyer@example.com";

const TICKETS: &str = include_str!("../seed.json");
const PROJECTION_LIMIT: Limit = Limit::from_secs(30);
const MAX_PAGES: usize = 20;

/// One ticket to list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ticket {
    seller: String,
    title: String,
    amount: u64,
    currency: String,
    venue: Option<String>,
    /// Days from today, hour and minute; a ticket without is good on any day.
    starts: Option<(i64, u8, u8)>,
    description: Option<String>,
    credential: String,
}

/// Makes the demo data that is missing in a stack; `folder` remembers that all of it was made once.
pub(crate) fn ensure(base_url: &str, folder: &Path) -> anyhow::Result<()> {
    let seeding = step("Seed demo accounts and tickets");
    let marker = folder.join("seeded");
    let (seller, new_seller) = account(base_url, SELLER, "Demo seller")?;
    let (buyer, new_buyer) = account(base_url, BUYER, "Demo buyer")?;
    if marker.exists() && !new_seller && !new_buyer {
        seeding.done("they are there");
        return Ok(());
    }
    let tickets: Vec<Ticket> = serde_json::from_str(TICKETS).context("seed.json cannot be read")?;
    let mut made = 0;
    for (client, name) in [(&seller, "seller"), (&buyer, "buyer")] {
        let known = titles(client)?;
        for ticket in tickets.iter().filter(|ticket| ticket.seller == name && !known.contains(&ticket.title)) {
            interrupt::check()?;
            list(client, ticket)?;
            made += 1;
        }
    }
    wait_for_catalogue(&seller)?;
    std::fs::write(marker, "")?;
    seeding.done(&format!("{made} tickets listed"));
    Ok(())
}

/// Signs an account in, and up first if it is new. Whether it was.
fn account(base_url: &str, email: &str, display_name: &str) -> anyhow::Result<(Client, bool)> {
    if let Some(client) = sign_in(base_url, email)? {
        return Ok((client, false));
    }
    let body = json!({"email": email, "password": PASSWORD, "display_name": display_name});
    Client::new(base_url).post("/api/users", &body)?.expect(&[201], "signing up a demo account")?;
    let client = sign_in(base_url, email)?.with_context(|| format!("{email} cannot sign in after signing up"))?;
    Ok((client, true))
}

/// Signs a demo account in; `None` when there is no such account.
pub(crate) fn sign_in(base_url: &str, email: &str) -> anyhow::Result<Option<Client>> {
    let client = Client::new(base_url);
    let answer = client.post("/api/session", &json!({"email": email, "password": PASSWORD}))?;
    if answer.status == 401 {
        return Ok(None);
    }
    let cookie = answer.cookie.clone();
    answer.expect(&[201], "signing a demo account in")?;
    Ok(Some(client.with_cookie(cookie.context("signing in set no cookie")?)))
}

/// Signs somebody up who is nobody else's demo account, with the demo accounts' password.
pub(crate) fn newcomer(base_url: &str, email: &str) -> anyhow::Result<Client> {
    account(base_url, email, "Demo newcomer").map(|(client, _)| client)
}

/// The titles that an account has listed already.
fn titles(client: &Client) -> anyhow::Result<HashSet<String>> {
    let mut titles = HashSet::new();
    let mut path = "/api/me/tickets".to_owned();
    for _ in 0..MAX_PAGES {
        let page = client.get(&path)?.expect(&[200], "reading one's own tickets")?;
        let items = page["items"].as_array().context("a list without items")?;
        titles.extend(items.iter().filter_map(|item| item["title"].as_str()).map(ToOwned::to_owned));
        match page["next"].as_str() {
            Some(next) => path = format!("/api/me/tickets?cursor={next}"),
            None => return Ok(titles),
        }
    }
    bail!("a demo account has more tickets than it should; cargo xtask dev --reset begins anew")
}

fn list(client: &Client, ticket: &Ticket) -> anyhow::Result<()> {
    let body = request(ticket, OffsetDateTime::now_utc())?;
    client.post("/api/tickets", &body)?.expect(&[201], "listing a demo ticket")?;
    Ok(())
}

fn request(ticket: &Ticket, now: OffsetDateTime) -> anyhow::Result<Value> {
    let mut body = json!({
        "title": ticket.title,
        "price": {"amount": ticket.amount, "currency": ticket.currency},
        "credential": ticket.credential,
    });
    if let Some(venue) = &ticket.venue {
        body["venue"] = json!(venue);
    }
    if let Some(description) = &ticket.description {
        body["description"] = json!(description);
    }
    if let Some((days, hour, minute)) = ticket.starts {
        let starts = (now + Duration::days(days)).replace_time(Time::from_hms(hour, minute, 0)?);
        body["starts_at"] = json!(starts.format(&Rfc3339)?);
    }
    Ok(body)
}

/// The catalogue is written by events: a little later than the tickets.
fn wait_for_catalogue(client: &Client) -> anyhow::Result<()> {
    let found = interrupt::wait_for(PROJECTION_LIMIT, || {
        let page = client.get("/api/tickets")?.expect(&[200], "reading the catalogue")?;
        Ok(page["items"].as_array().is_some_and(|items| !items.is_empty()).then_some(()))
    })?;
    if found.is_none() {
        bail!("tickets were listed, but the catalogue stays empty: see the emulator's log");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_tickets_are_many_different_and_lie_ahead() {
        let tickets: Vec<Ticket> = serde_json::from_str(TICKETS).expect("readable");
        assert!((24..=48).contains(&tickets.len()), "{}", tickets.len());
        let titles: HashSet<&str> = tickets.iter().map(|ticket| ticket.title.as_str()).collect();
        assert_eq!(titles.len(), tickets.len());
        let currencies: HashSet<&str> = tickets.iter().map(|ticket| ticket.currency.as_str()).collect();
        assert!(currencies.len() >= 4, "{currencies:?}");
        for ticket in &tickets {
            assert!(ticket.seller == "seller" || ticket.seller == "buyer", "{ticket:?}");
            assert!((1..=120).contains(&ticket.title.chars().count()), "{ticket:?}");
            assert!(ticket.starts.is_none_or(|(days, _, _)| days >= 2), "{ticket:?}");
        }
    }

    #[test]
    fn a_request_carries_only_what_the_ticket_has() {
        let now = OffsetDateTime::from_unix_timestamp(1_795_366_745).expect("a time");
        let mut ticket = Ticket {
            seller: "seller".to_owned(),
            title: "Day pass".to_owned(),
            amount: 1200,
            currency: "eur".to_owned(),
            venue: None,
            starts: Some((3, 19, 30)),
            description: None,
            credential: "X".to_owned(),
        };
        let body = request(&ticket, now).expect("a request");
        assert_eq!(body["starts_at"], "2026-11-25T19:30:00Z");
        assert!(body.get("venue").is_none() && body.get("description").is_none());
        ticket.starts = None;
        assert!(request(&ticket, now).expect("a request").get("starts_at").is_none());
    }
}
