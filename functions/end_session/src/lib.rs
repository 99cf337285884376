#![doc = include_str!("../README.md")]

use holdfast_auth::cleared_session_cookie;
use holdfast_domain::SessionId;
use holdfast_http_api::{ApiError, Gate, Reply, Request, no_content, path_id, with_cookie};
use holdfast_runtime::now;

/// What the route works with.
#[derive(Debug)]
pub struct App {
    /// Knows who asks, and their sessions.
    pub gate: Gate,
}

/// The answer to a request with the session `current` that ended `ended`.
fn answer(ended: SessionId, current: SessionId) -> Reply {
    if ended == current { with_cookie(no_content(), &cleared_session_cookie()) } else { no_content() }
}

/// Ends the session.
///
/// # Errors
/// 401 `no-session`, 400 `bad-origin`, 404 when the path holds no id, or an outage.
pub async fn handle(app: &App, request: Request) -> Result<Reply, ApiError> {
    let principal = app.gate.principal(&request, now()).await?;
    let session = path_id(&request, "session_id")?;
    app.gate.end_session_of(&principal, session).await?;
    Ok(answer(session, principal.session))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ones_own_cookie_is_cleared() {
        let one = "118f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6b".parse().unwrap();
        let other = "218f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6c".parse().unwrap();
        assert!(answer(one, one).headers().contains_key("set-cookie"));
        assert!(!answer(one, other).headers().contains_key("set-cookie"));
        assert_eq!(answer(one, other).status(), 204);
    }

    #[test]
    fn the_sample_names_a_session() {
        let sample = include_str!("../../../events/end_session/valid.json");
        let request = lambda_http::request::from_str(sample).unwrap();
        assert!(path_id::<SessionId>(&request, "session_id").is_ok());
    }
}
