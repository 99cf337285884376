//! The least that a Lambda in Rust can be: `lambda_runtime` and an answer.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let answer = async |_: LambdaEvent<Value>| Ok::<_, Error>(json!({"statusCode": 201, "body": "hello"}));
    lambda_runtime::run(service_fn(answer)).await
}
