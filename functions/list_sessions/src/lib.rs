#![doc = include_str!("../README.md")]

use holdfast_http_api::wire::{PageBody, SessionBody};
use holdfast_http_api::{ApiError, Gate, Reply, Request, json};
use holdfast_runtime::now;

/// What the route works with.
#[derive(Debug)]
pub struct App {
    /// Knows who asks, and their sessions.
    pub gate: Gate,
}

/// Lists the sessions.
///
/// # Errors
/// 401 `no-session`, 400 `bad-origin`, or an outage.
pub async fn handle(app: &App, request: Request) -> Result<Reply, ApiError> {
    let now = now();
    let principal = app.gate.principal(&request, now).await?;
    let sessions = app.gate.sessions_of(&principal, now).await?;
    // A list like all others; it has one page.
    let items = sessions.iter().map(|session| SessionBody::new(session, principal.session)).collect();
    Ok(json(200, &PageBody { items, next: None }))
}

#[cfg(test)]
mod tests {
    use holdfast_auth::Claims;
    use holdfast_domain::{DisplayName, Timestamp};
    use holdfast_http_api::header;
    use holdfast_store::Session;

    use super::*;

    #[test]
    fn a_session_is_shown_without_its_user_and_without_its_token() {
        let id = "118f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6b".parse().unwrap();
        let user = "018f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6a".parse().unwrap();
        let claims = Claims::starting(user, id, Timestamp::parse("2026-11-22T16:59:05Z").unwrap());
        let agent = format!("Browser\u{7}{}", "x".repeat(300));
        let session = Session::new(&claims, DisplayName::parse("Ada").unwrap(), Some(&agent));
        assert_eq!(session.user_agent.as_ref().map(|text| text.chars().count()), Some(200));
        let shown = SessionBody::new(&Session { user_agent: Some("Browser".into()), ..session }, id);
        let reply = json(200, &PageBody { items: vec![shown], next: None });
        insta::assert_snapshot!(String::from_utf8_lossy(reply.body()), @r#"{"items":[{"id":"118f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6b","created_at":"2026-11-22T16:59:05Z","expires_at":"2026-12-06T16:59:05Z","current":true,"user_agent":"Browser"}],"next":null}"#);
    }

    #[test]
    fn the_sample_is_a_request_of_a_browser() {
        let sample = include_str!("../../../events/list_sessions/valid.json");
        assert!(header(&lambda_http::request::from_str(sample).unwrap(), "user-agent").is_some());
    }
}
