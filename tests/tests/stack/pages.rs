//! Rendered pages: on the running stack, from the event to the object, and by renderers of the tests' own.

mod own;
mod renderer;

use std::time::Duration;

use aws_config::BehaviorVersion;
use holdfast_domain::Timestamp;
use holdfast_store::{CataloguePlace, Market};
use serde_json::json;
use tests::{Aws, Call, Person, Stack, Stripe, VISA, eventually, ticket_body};
use uuid::Uuid;

/// How long a page may take: events, projection and rendering are four processes behind one another, and other tests
/// keep all of them busy.
const SOON: Duration = Duration::from_mins(2);
/// Pages of the catalogue that a test walks through at most.
const MANY_PAGES: u32 = 200;

/// The site's bucket, as an operator sees it.
struct Published {
    s3: aws_sdk_s3::Client,
    bucket: String,
}

impl Published {
    async fn open() -> Self {
        let stack = Stack::get();
        Self { s3: own::s3().await, bucket: stack.output("SiteBucket") }
    }

    async fn object(&self, key: &str) -> Option<String> {
        own::object(&self.s3, &self.bucket, key).await
    }

    /// A ticket's page in English and in German.
    async fn ticket(&self, id: &str) -> [Option<String>; 2] {
        [
            self.object(&format!("tickets/{id}/index.html")).await,
            self.object(&format!("de/tickets/{id}/index.html")).await,
        ]
    }

    async fn ticket_says(&self, id: &str, text: &str) -> [String; 2] {
        eventually(&format!("the page of {id} says {text:?}"), SOON, || async {
            let [Some(english), Some(german)] = self.ticket(id).await else { return None };
            (english.contains(text) && german.contains(text)).then_some([english, german])
        })
        .await
    }

    async fn ticket_has_none(&self, id: &str) {
        eventually(&format!("{id} has no page in any language"), SOON, || async {
            (self.ticket(id).await == [None, None]).then_some(())
        })
        .await;
    }

    /// The page of the catalogue that has a ticket, looked for from the newest on. Pages move on while one walks.
    async fn page_with(&self, id: &str) -> Option<String> {
        let mut key = "index.html".to_owned();
        for _ in 0..MANY_PAGES {
            let page = self.object(&key).await?;
            if page.contains(&format!("{id}/\"")) {
                return Some(page);
            }
            key = own::older(&page)?;
        }
        None
    }

    async fn catalogue_says(&self, id: &str, text: &str) {
        eventually(&format!("the catalogue says {text:?}"), SOON, || async {
            self.page_with(id).await.filter(|page| page.contains(text)).map(drop)
        })
        .await;
    }

    async fn catalogue_lacks(&self, id: &str) {
        eventually(&format!("the catalogue lacks {id}"), SOON, || async {
            self.page_with(id).await.is_none().then_some(())
        })
        .await;
    }
}

fn word() -> String {
    format!("Word{}", &Uuid::new_v4().simple().to_string()[..12])
}

async fn seller() -> Person {
    Stack::get().person("Seller <of> this").await
}

#[tokio::test]
async fn a_listing_has_its_page_and_its_place_in_the_catalogue_and_changes_with_it() {
    let (site, seller, first, second) = (Published::open().await, seller().await, word(), word());
    let ticket = seller.list_ticket(&first).await;
    let [english, german] = site.ticket_says(&ticket, &first).await;
    assert!(english.contains("lang=\"en\"") && german.contains("lang=\"de\""));
    assert!(english.contains("Seller &lt;of&gt; this"), "names are text: {english}");
    site.catalogue_says(&ticket, &first).await;

    let mut body = ticket_body(&second);
    body["description"] = json!("Row 7, <b>aisle</b>");
    seller.send(Call::new("PUT", format!("/api/tickets/{ticket}")).json(&body)).await.expect(200);
    let [english, _] = site.ticket_says(&ticket, &second).await;
    assert!(!english.contains(&first) && english.contains("Row 7, &lt;b&gt;aisle&lt;/b&gt;"), "{english}");
    site.catalogue_says(&ticket, &second).await;
    assert!(!site.page_with(&ticket).await.unwrap_or_default().contains(&first));
}

#[tokio::test]
async fn a_deleted_ticket_has_no_page_and_no_place() {
    let (site, seller, word) = (Published::open().await, seller().await, word());
    let ticket = seller.list_ticket(&word).await;
    site.ticket_says(&ticket, &word).await;
    site.catalogue_says(&ticket, &word).await;
    seller.send(Call::new("DELETE", format!("/api/tickets/{ticket}"))).await.expect(204);
    site.ticket_has_none(&ticket).await;
    site.catalogue_lacks(&ticket).await;
}

#[tokio::test]
async fn a_hold_and_its_end_write_nothing_and_a_sale_takes_pages_and_place() {
    let (site, stack, stripe, seller) = (Published::open().await, Stack::get(), Stripe::get(), seller().await);
    let (word, buyer) = (word(), stack.person("Buyer").await);
    let ticket = seller.list_ticket(&word).await;
    let before = site.ticket_says(&ticket, &word).await.map(Some);
    site.catalogue_says(&ticket, &word).await;

    let order = buyer.place_order(&ticket).await.expect(201).text("id");
    buyer.cancel(&order).await.expect(200);
    let order = buyer.place_order(&ticket).await.expect(201).text("id");
    // The stream is read in order: once a later listing is rendered, the holds before it have gone the same way.
    let fence = seller.list_ticket(&word).await;
    site.ticket_says(&fence, &word).await;
    assert_eq!(site.ticket(&ticket).await, before, "its version is on the page: any writing would show");
    assert!(site.page_with(&ticket).await.is_some(), "held tickets stay where they are");

    let started = buyer.start_payment(&order).await.expect(201).body;
    assert_eq!(stripe.confirm(&started, VISA).await, 200);
    assert_eq!(buyer.reconcile(&order).await.expect(200).text("state"), "paid");
    site.ticket_has_none(&ticket).await;
    site.catalogue_lacks(&ticket).await;
    assert!(site.page_with(&fence).await.is_some());
}

#[tokio::test]
async fn a_request_that_comes_twice_ends_in_the_same_pages() {
    let (site, aws, seller, word) = (Published::open().await, Aws::get().await, seller().await, word());
    let ticket = seller.list_ticket(&word).await;
    let once = site.ticket_says(&ticket, &word).await.map(Some);
    let request = json!({"Records": [
        {"messageId": "1", "body": json!({"ticket": ticket}).to_string()},
        {"messageId": "2", "body": json!({"ticket": ticket}).to_string()},
        {"messageId": "3", "body": "no request"},
    ]});
    for _ in 0..2 {
        let answer = aws.invoke("RenderPages", &request).await.expect("a run");
        assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "3"}]}), "what nobody can read fails alone");
    }
    assert_eq!(site.ticket(&ticket).await, once);
    seller.send(Call::new("DELETE", format!("/api/tickets/{ticket}"))).await.expect(204);
    for _ in 0..2 {
        aws.invoke("RenderPages", &request).await.expect("a run");
        assert_eq!(site.ticket(&ticket).await, [None, None]);
    }
    // Nor does one for a ticket that never was make a page.
    let never = Uuid::new_v4().to_string();
    aws.invoke("RenderPages", &json!({"ticket": never})).await.expect("a run");
    assert_eq!(site.ticket(&never).await, [None, None]);
}

/// The deployed function removes what it has noted about a page that is empty: its role lets it remove nothing else.
#[tokio::test]
async fn a_page_that_has_nothing_on_it_goes_from_the_catalogue() {
    let (stack, aws) = (Stack::get(), Aws::get().await);
    let sdk = aws_config::defaults(BehaviorVersion::latest()).load().await;
    let market = Market::new(aws_sdk_dynamodb::Client::new(&sdk), stack.output("MarketTable"));
    // A page of what was listed in the first second that there is: nothing was.
    let place = |millis| {
        let ticket = "00000000-0000-7000-8000-000000000001".parse().expect("an id");
        CataloguePlace { moment: Timestamp::from_millis(millis).expect("a moment"), ticket }
    };
    let page = eventually("a page that ends there", SOON, || async {
        let register = market.page_register().await.expect("a register");
        let noted = market.boundaries_put(&register, &[place(1_000)], &[]).await.expect("an answer");
        let page = market.page_of(place(0)).await.expect("a page");
        (noted && page.end() == Some(place(1_000))).then_some(page)
    })
    .await;
    eventually("nothing is noted about it", SOON, || async {
        aws.invoke("RenderPages", &json!({"page": page.to_string()})).await.expect("a run");
        market.page_layout(page).await.expect("an answer").is_none().then_some(())
    })
    .await;
}
