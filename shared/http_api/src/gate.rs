//! The gate: a request comes through the site, a write comes from the site's own pages, and a session proves who asks.

use std::fmt;
use std::sync::Arc;

use holdfast_auth::{
    Claims, DEVICE_LIFE, Device, SESSION_LIFE, SessionKeys, carries_session_cookie, cleared_session_cookie,
    device_cookie, device_from_cookie_header, session_cookie, session_from_cookie_header,
};
use holdfast_domain::{DisplayName, SessionId, Timestamp, UserId};
use holdfast_store::{Account, Session, Sessions};
use holdfast_telemetry::{Subject, note};
use lambda_http::Request;
use lambda_http::http::Method;
use subtle::ConstantTimeEq as _;
use url::{Host, Url};
use uuid::Uuid;

use crate::problem::{ApiError, Problem};
use crate::reply::{Reply, json, with_cookie};
use crate::request::header;
use crate::secrets::{Secrets, SecretsError};
use crate::wire::UserBody;

/// Who asks, proven by a session that was not revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The person.
    pub user: UserId,
    /// Their name as shown to others.
    pub display_name: DisplayName,
    /// The session, for revoking it.
    pub session: SessionId,
}

/// A session that was recorded. `Debug` hides its token.
#[must_use = "it is answered, or abandoned"]
pub struct Started {
    user: UserId,
    session: SessionId,
    session_cookie: String,
    device_cookie: String,
}

impl fmt::Debug for Started {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Started").field("user", &self.user).field("session", &self.session).finish_non_exhaustive()
    }
}

impl Started {
    /// The session that was recorded.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// The answer to its owner, with the cookies of the session and of the browser.
    #[must_use]
    pub fn into_reply(self, status: u16, account: &Account) -> Reply {
        let reply = with_cookie(json(status, &UserBody::from(account)), &self.session_cookie);
        with_cookie(reply, &self.device_cookie)
    }
}

/// Checks requests.
#[derive(Debug)]
pub struct Gate {
    secrets: Arc<Secrets>,
    sessions: Sessions,
}

impl From<SecretsError> for ApiError {
    fn from(error: SecretsError) -> Self {
        match error {
            SecretsError::Unavailable(_) => Self::unavailable(error),
            SecretsError::Malformed(_) => Self::internal(error),
        }
    }
}

fn bad_origin() -> ApiError {
    Problem::bad_origin("Use the site, or send the headers that its edge would.").into()
}

fn no_session() -> ApiError {
    Problem::no_session("There is no session, or it has ended.").into()
}

impl Gate {
    /// A gate with these secrets and this table of sessions.
    #[must_use]
    pub fn new(secrets: Arc<Secrets>, sessions: Sessions) -> Self {
        Self { secrets, sessions }
    }

    /// Refuses what did not come through the edge, and writes that another site's page sent.
    ///
    /// # Errors
    /// 400 `bad-origin`; an outage when the secret cannot be read.
    pub async fn check_origin(&self, request: &Request) -> Result<(), ApiError> {
        if is_write(request.method()) && !comes_from_site(request) {
            return Err(bad_origin());
        }
        self.check_edge(request).await
    }

    /// Refuses what did not come through the edge. For a route that no page calls: who sends must prove it otherwise.
    ///
    /// # Errors
    /// 400 `bad-origin`; an outage when the secret cannot be read.
    pub async fn check_edge(&self, request: &Request) -> Result<(), ApiError> {
        let sent = header(request, "x-origin-secret").ok_or_else(bad_origin)?;
        for anew in [false, true] {
            let secret = self.secrets.origin(anew).await?;
            if secret.as_bytes().ct_eq(sent.as_bytes()).into() {
                return Ok(());
            }
        }
        Err(bad_origin())
    }

    /// Who asks. Without a cookie the answer is 401 before anything is fetched.
    ///
    /// # Errors
    /// 401 `no-session`, 400 `bad-origin`, or an outage.
    pub async fn principal(&self, request: &Request, now: Timestamp) -> Result<Principal, ApiError> {
        let token = session_token(request).ok_or_else(no_session)?;
        self.check_origin(request).await?;
        self.session_of(&token, now).await?.ok_or_else(no_session)
    }

    /// Who asks, if anybody is signed in.
    ///
    /// # Errors
    /// 400 `bad-origin`, or an outage.
    pub async fn optional_principal(&self, request: &Request, now: Timestamp) -> Result<Option<Principal>, ApiError> {
        self.check_origin(request).await?;
        match session_token(request) {
            Some(token) => self.session_of(&token, now).await,
            None => Ok(None),
        }
    }

    /// The keys that sign sessions.
    ///
    /// # Errors
    /// An outage.
    pub async fn session_keys(&self) -> Result<Arc<SessionKeys>, ApiError> {
        Ok(self.secrets.session_keys(false).await?)
    }

    /// Records a session of the owner of `account`. Nobody has its token before [`Started::into_reply`].
    ///
    /// Whoever proved themselves by a password looks at it again after this, and before they answer: one that was changed
    /// in between ends the session with [`Gate::abandon_session`]. A change of the password replaces it first and lists
    /// the sessions afterwards, so that each session of the old password is seen by one of the two.
    ///
    /// # Errors
    /// An outage.
    pub async fn start_session(
        &self,
        request: &Request,
        account: &Account,
        now: Timestamp,
    ) -> Result<Started, ApiError> {
        note(Subject::User(account.id));
        let keys = self.session_keys().await?;
        let claims = Claims::starting(account.id, SessionId::from_uuid(Uuid::new_v4()), now);
        let session = Session::new(&claims, account.display_name.clone(), header(request, "user-agent"));
        self.sessions.session_create(&session).await?;
        let known = device_from_cookie_header(cookies(request)).and_then(|token| keys.device(&token, now));
        let nonce = known.filter(|device| device.user == account.id).map_or_else(Uuid::new_v4, |device| device.nonce);
        let device = keys.sign_device(&Device { user: account.id, nonce }, now);
        Ok(Started {
            user: account.id,
            session: claims.session,
            session_cookie: session_cookie(&keys.sign(&claims), SESSION_LIFE),
            device_cookie: device_cookie(&device, DEVICE_LIFE),
        })
    }

    /// Ends a session that was recorded and is not to be.
    ///
    /// # Errors
    /// An outage.
    pub async fn abandon_session(&self, started: Started) -> Result<(), ApiError> {
        Ok(self.sessions.session_delete(started.user, started.session).await?)
    }

    /// The sessions of whoever asks, the newest first.
    ///
    /// # Errors
    /// An outage.
    pub async fn sessions_of(&self, principal: &Principal, now: Timestamp) -> Result<Vec<Session>, ApiError> {
        Ok(self.sessions.session_list(principal.user, now).await?)
    }

    /// Ends one session of whoever asks. One that is gone, or somebody else's, is not there to be ended.
    ///
    /// # Errors
    /// An outage.
    pub async fn end_session_of(&self, principal: &Principal, session: SessionId) -> Result<(), ApiError> {
        Ok(self.sessions.session_delete(principal.user, session).await?)
    }

    /// Ends all sessions of whoever asks but the one that they ask with.
    ///
    /// # Errors
    /// An outage.
    pub async fn end_other_sessions(&self, principal: &Principal, now: Timestamp) -> Result<(), ApiError> {
        Ok(self.sessions.session_delete_others(principal.user, Some(principal.session), now).await?)
    }

    /// Ends all sessions of a person, wherever they are: for those who have proved themselves without one.
    ///
    /// # Errors
    /// An outage.
    pub async fn end_sessions_of(&self, user: UserId, now: Timestamp) -> Result<(), ApiError> {
        Ok(self.sessions.session_delete_others(user, None, now).await?)
    }

    /// Revokes the request's session, if it carries one: the next request with its token is nobody's.
    ///
    /// # Errors
    /// 400 `bad-origin`, or an outage.
    pub async fn end_session(&self, request: &Request, now: Timestamp) -> Result<(), ApiError> {
        self.check_origin(request).await?;
        let Some(token) = session_token(request) else {
            return Ok(());
        };
        let Some(claims) = self.claims_of(&token, now).await? else {
            return Ok(());
        };
        Ok(self.sessions.session_delete(claims.user, claims.session).await?)
    }

    async fn session_of(&self, token: &str, now: Timestamp) -> Result<Option<Principal>, ApiError> {
        let Some(claims) = self.claims_of(token, now).await? else {
            return Ok(None);
        };
        let session = self.sessions.session_read(claims.user, claims.session, now).await?;
        if session.is_some() {
            note(Subject::User(claims.user));
        }
        Ok(session.map(|session| Principal {
            user: session.user,
            display_name: session.display_name,
            session: session.id,
        }))
    }

    async fn claims_of(&self, token: &str, now: Timestamp) -> Result<Option<Claims>, ApiError> {
        for anew in [false, true] {
            if let Ok(claims) = self.secrets.session_keys(anew).await?.verify(token, now) {
                return Ok(Some(claims));
            }
        }
        Ok(None)
    }
}

pub(crate) fn cookies(request: &Request) -> impl Iterator<Item = &str> {
    request.headers().get_all("cookie").iter().filter_map(|value| value.to_str().ok())
}

fn session_token(request: &Request) -> Option<String> {
    session_from_cookie_header(cookies(request))
}

/// Makes the browser forget a session cookie that it sent and that is worth nothing.
#[must_use]
pub fn forget_session(reply: Reply, request: &Request) -> Reply {
    if carries_session_cookie(cookies(request)) { with_cookie(reply, &cleared_session_cookie()) } else { reply }
}

fn is_write(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether `Origin` is the site's own: the same host and port that the browser asked, by https, or by http on the
/// loopback interface, which browsers treat as secure.
fn comes_from_site(request: &Request) -> bool {
    let (Some(origin), Some(site)) = (header(request, "origin"), header(request, "x-site-host")) else {
        return false;
    };
    let Ok(url) = Url::parse(origin) else {
        return false;
    };
    let scheme_fits = match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Domain(domain))) => domain == "localhost" || domain.ends_with(".localhost"),
        ("http", Some(Host::Ipv4(address))) => address.is_loopback(),
        ("http", Some(Host::Ipv6(address))) => address.is_loopback(),
        _ => false,
    };
    let same_site = Url::parse(&format!("{}://{site}", url.scheme())).is_ok_and(|site| {
        site.origin() == url.origin() && site.path() == "/" && site.username().is_empty() && site.query().is_none()
    });
    scheme_fits && same_site && url.path() == "/"
}

#[cfg(test)]
mod tests {
    use lambda_http::Body;
    use proptest::prelude::*;

    use super::*;

    fn from(origin: Option<&str>, site: &str) -> bool {
        let mut request = Request::new(Body::Empty);
        request.headers_mut().insert("x-site-host", site.parse().unwrap());
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        comes_from_site(&request)
    }

    #[test]
    fn only_the_sites_own_pages_may_write() {
        assert!(from(Some("https://tickets.example"), "tickets.example"));
        assert!(from(Some("https://tickets.example"), "Tickets.Example:443"));
        assert!(from(Some("http://localhost:8080"), "localhost:8080"));
        assert!(from(Some("http://127.0.0.1:8080"), "127.0.0.1:8080"));
        let refused = [
            (None, "tickets.example"),
            (Some("null"), "tickets.example"),
            (Some("http://tickets.example"), "tickets.example"),
            (Some("https://tickets.example.evil.example"), "tickets.example"),
            (Some("https://evil.example"), "tickets.example"),
            (Some("https://tickets.example:444"), "tickets.example"),
            (Some("http://localhost:8081"), "localhost:8080"),
            (Some("https://tickets.example/path"), "tickets.example"),
            (Some("https://tickets.example"), "user@tickets.example"),
        ];
        for (origin, site) in refused {
            assert!(!from(origin, site), "{origin:?} on {site}");
        }
    }

    proptest! {
        #[test]
        fn only_one_origin_is_the_sites(
            (host, other) in (hosts(), hosts()),
            (port, other_port) in prop::option::of(1..1_000_u16).prop_flat_map(|port| (Just(port), prop_oneof![Just(port), Just(None), Just(Some(443))])),
            tail in "|/|/[a-z]{1,5}|[a-z]{1,5}|@[a-z]{1,5}|\\.[a-z]{1,5}",
        ) {
            let with_port = |host: &str, port: Option<u16>| port.map_or(host.to_owned(), |port| format!("{host}:{port}"));
            let (site, origin) = (with_port(&host, port), with_port(&other, other_port));
            let is_same = host == other && port.unwrap_or(443) == other_port.unwrap_or(443);
            prop_assert_eq!(from(Some(&format!("https://{origin}")), &site), is_same, "{} on {}", origin, site);
            let (own, without_tls) = (format!("https://{site}"), format!("http://{site}"));
            prop_assert!(from(Some(&own), &site));
            prop_assert!(!from(Some(&without_tls), &site), "without TLS only on this machine");
            let longer = format!("https://{site}{tail}");
            prop_assert_eq!(from(Some(&longer), &site), matches!(tail.as_str(), "" | "/"), "{}", longer);
        }

        #[test]
        fn no_header_is_too_odd_to_be_refused(origin in "[ -~]{0,40}|https?:[ -~]{0,30}", site in "[ -~]{0,30}") {
            // Whoever gets through has named one host in both.
            if from(Some(&origin), &site) {
                let host = |address: &str| Url::parse(address).unwrap().host_str().unwrap().to_owned();
                prop_assert_eq!(host(&origin), host(&format!("https://{site}")));
            }
        }
    }

    fn hosts() -> impl Strategy<Value = String> {
        "[a-z]{1,2}(\\.[a-z]{2,3}){1,2}"
    }

    #[test]
    fn a_header_that_is_given_twice_counts_as_missing() {
        let mut request = Request::new(Body::Empty);
        request.headers_mut().append("x-site-host", "a.example".parse().unwrap());
        request.headers_mut().append("x-site-host", "b.example".parse().unwrap());
        request.headers_mut().insert("origin", "https://a.example".parse().unwrap());
        assert!(!comes_from_site(&request));
    }
}
