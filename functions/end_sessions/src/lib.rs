#![doc = include_str!("../README.md")]

use holdfast_auth::cleared_session_cookie;
use holdfast_http_api::{ApiError, Gate, Reply, Request, no_content, with_cookie};
use holdfast_runtime::now;

/// What the route works with.
#[derive(Debug)]
pub struct App {
    /// Knows who asks, and their sessions.
    pub gate: Gate,
}

fn answer() -> Reply {
    with_cookie(no_content(), &cleared_session_cookie())
}

/// Ends all sessions.
///
/// # Errors
/// 401 `no-session`, 400 `bad-origin`, or an outage.
pub async fn handle(app: &App, request: Request) -> Result<Reply, ApiError> {
    let now = now();
    let principal = app.gate.principal(&request, now).await?;
    app.gate.end_other_sessions(&principal, now).await?;
    app.gate.end_session_of(&principal, principal.session).await?;
    Ok(answer())
}

#[cfg(test)]
mod tests {
    use holdfast_http_api::header;

    use super::*;

    #[test]
    fn the_cookie_is_cleared() {
        let reply = answer();
        assert_eq!(reply.status(), 204);
        assert_eq!(reply.headers()["set-cookie"], "__Host-session=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0");
    }

    #[test]
    fn the_sample_comes_from_the_sites_own_page() {
        let sample = include_str!("../../../events/end_sessions/valid.json");
        assert!(header(&lambda_http::request::from_str(sample).unwrap(), "origin").is_some());
    }
}
