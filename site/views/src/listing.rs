//! What public pages show.

use holdfast_domain::{Description, TicketFacts, TicketId, Timestamp, Version};

/// One ticket, as its page shows it: on offer, or held and perhaps on offer again. What is sold has no page.
#[derive(Debug, Clone)]
pub struct Listing {
    /// The ticket's id.
    pub id: TicketId,
    /// Title, price, place and time.
    pub facts: TicketFacts,
    /// What its seller says of it.
    pub description: Option<Description>,
    /// The name of its seller that other people see.
    pub seller: String,
    /// When it was listed.
    pub created_at: Timestamp,
    /// The version that these facts are of.
    pub version: Version,
}

/// One ticket among others.
#[derive(Debug, Clone)]
pub struct Card {
    /// The ticket's id.
    pub id: TicketId,
    /// Title, price, place and time.
    pub facts: TicketFacts,
    /// When it was listed.
    pub created_at: Timestamp,
}

/// Another page of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Neighbour {
    /// The one with the newest tickets, at the root of the site.
    Head,
    /// One of the others, by its name.
    Page(String),
}

impl Neighbour {
    /// The path of its address.
    pub(crate) fn path(&self) -> String {
        match self {
            Self::Head => "/".to_owned(),
            Self::Page(name) => format!("/tickets/page/{name}/"),
        }
    }
}

/// One page of the catalogue: the tickets that were listed between two moments.
#[derive(Debug, Clone)]
pub struct Shelf {
    /// Its tickets, newest first.
    pub cards: Vec<Card>,
    /// Its name; the page with the newest tickets has none.
    pub name: Option<String>,
    /// The page with the next newer tickets.
    pub newer: Option<Neighbour>,
    /// The page with the next older tickets.
    pub older: Option<Neighbour>,
    /// Where the API's list begins with these tickets; the list begins with the newest by itself.
    pub cursor: Option<String>,
}

impl Shelf {
    /// Where this page is.
    pub(crate) fn own(&self) -> Neighbour {
        self.name.clone().map_or(Neighbour::Head, Neighbour::Page)
    }
}
