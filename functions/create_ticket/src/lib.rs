#![doc = include_str!("../README.md")]

use holdfast_domain::{IdempotencyKey, Ticket, TicketFacts, TicketId, UserId, Version};
use holdfast_http_api::wire::OwnTicketBody;
use holdfast_http_api::{ApiError, Problem, Reply, Request, header, json, listing};
use holdfast_runtime::{MarketRoute, now};
use holdfast_store::{Created, NewTicket, TicketDetails, TicketWithDetails};
use holdfast_telemetry::{Subject, note};
use uuid::Uuid;

const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Puts a new ticket of the principal on the market; under an `Idempotency-Key` once, however often it is sent.
///
/// # Errors
/// 400, 401, 413, 415, 422 with one entry a wrong field or when the key was used for another ticket, 404 when its ticket
/// has been deleted since, or an outage.
pub async fn handle(app: &MarketRoute, request: Request) -> Result<Reply, ApiError> {
    let now = now();
    let principal = app.gate.principal(&request, now).await?;
    let key = idempotency_key(&request)?;
    let listing = listing(&request, now)?;
    let id = TicketId::from_uuid(Uuid::now_v7());
    let new = NewTicket {
        ticket: Ticket::list(id, principal.user, listing.facts, now),
        details: TicketDetails { seller_name: principal.display_name, description: listing.description },
        credential: listing.credential,
    };
    let created = match key {
        None => app.market.ticket_create(&new).await.map(|()| Created::Now)?,
        Some(key) => app.market.ticket_create_once(&new, &key).await?,
    };
    let NewTicket { ticket, details, credential } = new;
    let shown = match created {
        Created::Now => TicketWithDetails { ticket, details, credential },
        Created::Before(id) => listed_before(app, id, principal.user, &ticket.facts).await?,
    };
    note(Subject::Ticket(shown.ticket.id));
    Ok(json(201, &OwnTicketBody::new(&shown, now)))
}

/// The ticket of the first time, as it is now.
async fn listed_before(
    app: &MarketRoute,
    id: TicketId,
    seller: UserId,
    facts: &TicketFacts,
) -> Result<TicketWithDetails, ApiError> {
    let found = app.market.ticket_show_to_seller(id, seller).await?;
    let found = found.ok_or_else(|| Problem::not_found("The ticket of this key has been deleted."))?;
    // One that has been changed since is no sign of another request.
    if found.ticket.version == Version::FIRST && found.ticket.facts != *facts {
        return Err(Problem::idempotency_key_reused("Use a new key for another ticket.").into());
    }
    Ok(found)
}

fn idempotency_key(request: &Request) -> Result<Option<IdempotencyKey>, ApiError> {
    if !request.headers().contains_key(IDEMPOTENCY_KEY) {
        return Ok(None);
    }
    // One that cannot be read is not none: whoever sent it counts on it when they try again.
    let key = IdempotencyKey::parse(header(request, IDEMPOTENCY_KEY).unwrap_or_default());
    key.map(Some)
        .map_err(|error| Problem::idempotency_key_required(format!("The header Idempotency-Key {error}.")).into())
}

#[cfg(test)]
mod tests {
    use holdfast_http_api::Body;
    use lambda_http::http::HeaderValue;

    use super::*;

    fn key_of(values: &[&[u8]]) -> Result<Option<IdempotencyKey>, ApiError> {
        let mut request = Request::new(Body::Empty);
        for value in values {
            request.headers_mut().append(IDEMPOTENCY_KEY, HeaderValue::from_bytes(value).unwrap());
        }
        idempotency_key(&request)
    }

    #[test]
    fn a_key_that_cannot_be_used_is_refused_and_not_taken_for_none() {
        assert!(key_of(&[]).unwrap().is_none());
        assert_eq!(key_of(&[b"a-key"]).unwrap(), IdempotencyKey::parse("a-key").ok());
        for values in [&[b"\xd7\xf8\x9b".as_slice()][..], &[b""], &[b"two words"], &[b"one", b"another"]] {
            assert_eq!(key_of(values).unwrap_err().into_parts().0.into_reply().status(), 400, "{values:?}");
        }
    }
}
