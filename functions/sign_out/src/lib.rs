#![doc = include_str!("../README.md")]

use holdfast_auth::cleared_session_cookie;
use holdfast_http_api::{ApiError, Gate, Reply, Request, no_content, with_cookie};
use holdfast_runtime::now;

/// What the route works with.
#[derive(Debug)]
pub struct App {
    /// Ends the session.
    pub gate: Gate,
}

/// The one answer, whether there was a session or not.
fn answer() -> Reply {
    with_cookie(no_content(), &cleared_session_cookie())
}

/// Ends the session.
///
/// # Errors
/// 400 `bad-origin`, or an outage.
pub async fn handle(app: &App, request: Request) -> Result<Reply, ApiError> {
    app.gate.end_session(&request, now()).await?;
    Ok(answer())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_cleared() {
        let reply = answer();
        assert_eq!(reply.status(), 204);
        assert_eq!(reply.headers()["set-cookie"], "__Host-session=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0");
    }
}
