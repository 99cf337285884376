#![doc = include_str!("../README.md")]

use holdfast_http_api::wire::UserBody;
use holdfast_http_api::{ApiError, Gate, Reply, Request, forget_session, json};
use holdfast_runtime::now;
use holdfast_store::{Account, Accounts};
use serde::Serialize;

/// What the route works with.
#[derive(Debug)]
pub struct App {
    /// Knows who asks.
    pub gate: Gate,
    /// Knows their address.
    pub accounts: Accounts,
}

/// Who is signed in; null when nobody is.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct CurrentUserBody {
    user: Option<UserBody>,
}

/// The answer; a session cookie that brought nobody is cleared.
fn answer(account: Option<&Account>, request: &Request) -> Reply {
    let reply = json(200, &CurrentUserBody { user: account.map(UserBody::from) });
    if account.is_some() { reply } else { forget_session(reply, request) }
}

/// Says who is signed in.
///
/// # Errors
/// 400 `bad-origin`, or an outage.
pub async fn handle(app: &App, request: Request) -> Result<Reply, ApiError> {
    let account = match app.gate.optional_principal(&request, now()).await? {
        Some(principal) => app.accounts.account_read(principal.user).await?,
        None => None,
    };
    Ok(answer(account.as_ref(), &request))
}

#[cfg(test)]
mod tests {
    use holdfast_domain::{DisplayName, EmailAddress, Timestamp};
    use holdfast_http_api::Body;

    use super::*;

    /// Status, cookie and body.
    fn shown(account: Option<&Account>, cookie: &str) -> String {
        let mut request = Request::new(Body::Empty);
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
        let reply = answer(account, &request);
        let cookie = reply.headers().get("set-cookie").map_or("no cookie", |value| value.to_str().unwrap());
        format!("{} {} {cookie}", reply.status().as_u16(), String::from_utf8_lossy(reply.body()))
    }

    #[test]
    fn a_session_shows_its_user() {
        let ada = Account {
            id: "018f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6a".parse().unwrap(),
            email: EmailAddress::parse("ada@example.org").unwrap(),
            display_name: DisplayName::parse("Ada").unwrap(),
            created_at: Timestamp::parse("2026-11-22T16:59:05Z").unwrap(),
            verified_at: None,
        };
        insta::assert_snapshot!(shown(Some(&ada), "__Host-session=a.b.c"), @r#"200 {"user":{"id":"018f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6a","email":"ada@example.org","display_name":"Ada","email_verified":false}} no cookie"#);
    }

    #[test]
    fn a_cookie_without_a_session_is_cleared() {
        insta::assert_snapshot!(shown(None, "theme=dark"), @r#"200 {"user":null} no cookie"#);
        insta::assert_snapshot!(shown(None, "theme=dark; __Host-session=garbage"), @r#"200 {"user":null} __Host-session=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0"#);
    }

    #[test]
    fn the_sample_carries_a_cookie() {
        let sample = include_str!("../../../events/current_user/valid.json");
        let reply = answer(None, &lambda_http::request::from_str(sample).unwrap());
        assert!(reply.headers().contains_key("set-cookie"));
    }
}
