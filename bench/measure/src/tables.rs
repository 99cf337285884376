//! The tables of the template, and what stands beside them: the secrets, and a way to the tables that counts.

use std::cell::Cell;
use std::rc::Rc;

use anyhow::Context as _;
use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType,
};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use crate::serve::{Server, serve};

pub(crate) const REGION: &str = "eu-central-1";
pub(crate) const MARKET: &str = "bench-market";
pub(crate) const ACCOUNTS: &str = "bench-accounts";
pub(crate) const SESSIONS: &str = "bench-sessions";
pub(crate) const TRIES: &str = "bench-tries";
pub(crate) const SESSION_SECRET: &str = "bench-session-secret";
pub(crate) const ORIGIN_SECRET: &str = "bench-origin-secret";
/// What DynamoDB Local takes for whoever asks.
pub(crate) const KEY: &str = "bench";

/// A client of the tables at `endpoint`.
pub(crate) async fn client(endpoint: &str) -> Client {
    let sdk = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new(KEY, KEY, None, None, "bench"))
        .endpoint_url(endpoint)
        .load()
        .await;
    Client::new(&sdk)
}

/// Makes the four tables as `template.yaml` has them.
pub(crate) async fn create(client: &Client) -> anyhow::Result<()> {
    use ScalarAttributeType::{N, S};
    let text = [("pk", S), ("sk", S)];
    table(client, SESSIONS, &text, &["pk", "sk"], &[]).await?;
    table(client, ACCOUNTS, &text[..1], &["pk"], &[]).await?;
    table(client, TRIES, &text[..1], &["pk"], &[]).await?;
    let attributes = [("pk", S), ("sk", S), ("due_shard", S), ("due_at", N), ("owner", S), ("created_at", N)];
    let indexes = [("due", ["due_shard", "due_at"]), ("by_owner", ["owner", "created_at"])];
    table(client, MARKET, &attributes, &["pk", "sk"], &indexes).await
}

async fn table(
    client: &Client,
    name: &str,
    attributes: &[(&str, ScalarAttributeType)],
    key: &[&str],
    indexes: &[(&str, [&str; 2])],
) -> anyhow::Result<()> {
    let mut create = client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    for (name, kind) in attributes {
        let attribute = AttributeDefinition::builder().attribute_name(*name).attribute_type(kind.clone());
        create = create.attribute_definitions(attribute.build()?);
    }
    create = create.set_key_schema(Some(schema(key)?));
    for (name, key) in indexes {
        let index = GlobalSecondaryIndex::builder()
            .index_name(*name)
            .set_key_schema(Some(schema(key)?))
            .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build());
        create = create.global_secondary_indexes(index.build()?);
    }
    create.send().await.with_context(|| format!("the table {name} cannot be made"))?;
    Ok(())
}

fn schema(key: &[&str]) -> anyhow::Result<Vec<KeySchemaElement>> {
    let kinds = [KeyType::Hash, KeyType::Range];
    let element =
        |(name, kind): (&&str, KeyType)| KeySchemaElement::builder().attribute_name(*name).key_type(kind).build();
    Ok(key.iter().zip(kinds).map(element).collect::<Result<_, _>>()?)
}

/// Answers `GetSecretValue` with the secrets that the template would have generated.
pub(crate) async fn secrets(session: String, origin: String) -> anyhow::Result<Server> {
    serve(move |request: Request<Bytes>| {
        let asked: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let value = if asked["SecretId"] == SESSION_SECRET { &session } else { &origin };
        let body = json!({"Name": asked["SecretId"], "SecretString": value, "VersionId": "bench"}).to_string();
        std::future::ready(Response::new(Bytes::from(body)))
    })
    .await
}

/// Hands calls on to the tables, and counts them.
#[derive(Debug)]
pub(crate) struct Counter {
    server: Server,
    calls: Rc<Cell<u32>>,
}

impl Counter {
    /// A counter before the tables at `endpoint`.
    pub(crate) async fn start(endpoint: &str) -> anyhow::Result<Self> {
        let calls = Rc::new(Cell::new(0));
        let client: hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>> =
            hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
        let (counted, endpoint) = (Rc::clone(&calls), endpoint.parse::<Uri>()?);
        let server = serve(move |request: Request<Bytes>| {
            counted.set(counted.get() + 1);
            let (mut parts, body) = request.into_parts();
            parts.uri = endpoint.clone();
            let answer = client.request(Request::from_parts(parts, Full::new(body)));
            async move {
                match answer.await {
                    Ok(answer) => {
                        let (parts, body) = answer.into_parts();
                        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
                        Response::from_parts(parts, body)
                    }
                    Err(error) => Response::new(Bytes::from(error.to_string())),
                }
            }
        })
        .await?;
        Ok(Self { server, calls })
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// Calls since the last look.
    pub(crate) fn take(&self) -> u32 {
        self.calls.take()
    }
}
