#![doc = include_str!("../README.md")]

use holdfast_domain::Timestamp;
use holdfast_events::{Aggregate, Delivery, EventName, RenderQueue, RenderQueueError, RenderRequest};
use holdfast_store::{Market, StoreError};
use holdfast_telemetry::{Subject, follow, note};

/// What the function works with.
#[derive(Debug)]
pub struct App {
    /// Tickets and the catalogue.
    pub market: Market,
    /// Who renders pages is told through it.
    pub pages: RenderQueue,
}

/// Why the rows were not written.
#[derive(Debug, thiserror::Error)]
pub enum ProjectCatalogueError {
    /// The rule delivers events that this function is not for.
    #[error("the rule delivered {0}")]
    NotForUs(EventName),
    /// The table failed.
    #[error("the catalogue's rows are not written")]
    Store(#[from] StoreError),
    /// The queue failed.
    #[error("the ticket's pages are not asked for")]
    Queue(#[from] RenderQueueError),
}

/// Makes the rows of the event's ticket those of its present state, then asks for its pages.
///
/// They are asked for also when the rows were right before: whoever wrote them may have died before asking.
///
/// # Errors
/// [`ProjectCatalogueError`]; the event is delivered again.
pub async fn handle(app: &App, delivery: Delivery, now: Timestamp) -> Result<(), ProjectCatalogueError> {
    let event = delivery.detail;
    follow(event.trace());
    note(Subject::Event(event.id().as_uuid()));
    let Aggregate::Ticket(ticket) = event.aggregate() else {
        return Err(ProjectCatalogueError::NotForUs(event.name()));
    };
    note(Subject::Ticket(ticket));
    let projected = app.market.catalogue_project(ticket, now).await?;
    app.pages.send(&[RenderRequest::Ticket { ticket }], event.trace()).await?;
    tracing::info!(event = %event.name(), ?projected, "looked at the ticket");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_are_events_of_one_ticket() {
        let samples = [
            include_str!("../../../events/project_catalogue/valid.json"),
            include_str!("../../../events/project_catalogue/ticket_changed.json"),
            include_str!("../../../events/project_catalogue/ticket_deleted.json"),
            include_str!("../../../events/project_catalogue/ticket_sold.json"),
        ];
        let names = samples.map(|sample| {
            let event = serde_json::from_str::<Delivery>(sample).unwrap().detail;
            assert!(matches!(event.aggregate(), Aggregate::Ticket(_)), "{event:?}");
            event.name()
        });
        let expected =
            [EventName::TicketListed, EventName::TicketChanged, EventName::TicketDeleted, EventName::TicketSold];
        assert_eq!(names, expected);
    }
}
