//! What a history runs in: a table of its own, a Stripe of its own, and a clock that it turns.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType,
};
use fake_stripe::{Options, Server};
use holdfast_checkout::Checkout;
use holdfast_domain::Timestamp;
use holdfast_payments::{KeyName, StripeKeys, StripePayments};
use holdfast_store::Market;
use uuid::Uuid;

use crate::gated::{GatedStripe, dynamodb};

/// Where the histories' keys are: not those of the stack that runs beside them.
const KEYS: &str = "/holdfast/histories/stripe";
const SECRET_KEY: &str = "sk_test_histories";
/// The stage that the histories' payments name.
const STAGE: &str = "histories";

/// How long a placed order holds its ticket.
pub(crate) const HOLD: Duration = Duration::from_secs(100);
/// How many tickets a buyer may hold: of two tickets one, so that the limit is met.
pub(crate) const LIMIT: u8 = 1;
/// How long a ticket is held at least once its payment is begun.
pub(crate) const PAYMENT: Duration = Duration::from_mins(1);

/// What every history of one thread shares: a table, which is at rest between two of them.
#[derive(Debug)]
pub(crate) struct Table {
    client: aws_sdk_dynamodb::Client,
    ssm: aws_sdk_ssm::Client,
    name: String,
}

impl Table {
    /// A new table with the keys and indexes of the template's, and without a stream.
    pub(crate) async fn create() -> Self {
        let client = dynamodb().await;
        let name = format!("histories-{}", Uuid::new_v4().simple());
        let text = |name: &str| attribute(name, ScalarAttributeType::S);
        let number = |name: &str| attribute(name, ScalarAttributeType::N);
        let mut table = client
            .create_table()
            .table_name(&name)
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(Some(keys("pk", "sk")))
            .global_secondary_indexes(index("due", "due_shard", "due_at"))
            .global_secondary_indexes(index("by_owner", "owner", "created_at"));
        for definition in
            [text("pk"), text("sk"), text("due_shard"), number("due_at"), text("owner"), number("created_at")]
        {
            table = table.attribute_definitions(definition);
        }
        table.send().await.expect("a table");
        let sdk = aws_config::defaults(aws_config::BehaviorVersion::latest()).load().await;
        let ssm = aws_sdk_ssm::Client::new(&sdk);
        ssm.put_parameter()
            .name(format!("{KEYS}/secret_key"))
            .value(SECRET_KEY)
            .r#type(aws_sdk_ssm::types::ParameterType::SecureString)
            .overwrite(true)
            .send()
            .await
            .expect("a parameter");
        Self { client, ssm, name }
    }

    /// A world for one history.
    pub(crate) async fn world(&self, seed: u64) -> World {
        let options = Options { secret_key: SECRET_KEY.into(), seed: Some(seed.to_string()), ..Options::default() };
        let stripe = fake_stripe::start(options).await.expect("a Stripe");
        let keys = StripeKeys::new(self.ssm.clone(), KEYS.to_owned(), &[KeyName::Secret]);
        let payments = StripePayments::new(keys, stripe.base_url().parse().expect("an address"));
        let market = Market::new(self.client.clone(), self.name.clone());
        World {
            checkout: Arc::new(Checkout::new(market, GatedStripe(payments), STAGE.to_owned())),
            stripe,
            http: reqwest::Client::builder().no_proxy().build().expect("a client"),
            clock: Clock(Arc::new(AtomicI64::new(
                Timestamp::parse("2030-06-01T12:00:00Z").expect("a moment").as_millis(),
            ))),
        }
    }

    /// Removes the table.
    pub(crate) async fn drop(self) {
        self.client.delete_table().table_name(self.name).send().await.expect("the table is removed");
    }
}

fn attribute(name: &str, kind: ScalarAttributeType) -> AttributeDefinition {
    AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().expect("a definition")
}

fn keys(hash: &str, range: &str) -> Vec<KeySchemaElement> {
    let element = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    vec![element(hash, KeyType::Hash).expect("a key"), element(range, KeyType::Range).expect("a key")]
}

fn index(name: &str, hash: &str, range: &str) -> GlobalSecondaryIndex {
    let projection = Projection::builder().projection_type(ProjectionType::KeysOnly).build();
    let index = GlobalSecondaryIndex::builder().index_name(name).set_key_schema(Some(keys(hash, range)));
    index.projection(projection).build().expect("an index")
}

/// The clock of one history.
#[derive(Debug, Clone)]
pub(crate) struct Clock(Arc<AtomicI64>);

impl Clock {
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst)).expect("a moment")
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).expect("a time"), Ordering::SeqCst);
    }
}

/// The world of one history.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) checkout: Arc<Checkout<GatedStripe>>,
    pub(crate) stripe: Server,
    pub(crate) clock: Clock,
    http: reqwest::Client,
}

impl World {
    /// Asks the stand-in for Stripe something, as a browser or a bank would.
    pub(crate) async fn stripe_post(&self, path: &str, content_type: &str, body: String) -> u16 {
        let url = format!("{}{path}", self.stripe.base_url());
        let request = self.http.post(url).bearer_auth(SECRET_KEY).header("content-type", content_type).body(body);
        request.send().await.expect("an answer").status().as_u16()
    }
}
