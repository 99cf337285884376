//! A few seconds of memory for the answers that everyone may share.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::header::{CACHE_CONTROL, DATE, HeaderMap, SET_COOKIE};
use hyper::{Method, StatusCode};

const MAX_ENTRIES: usize = 512;

/// An answer as it was when it was stored.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    since: Instant,
    fresh_for: Duration,
}

impl Stored {
    /// How old the answer is, in the whole seconds of an `Age` header.
    pub(crate) fn age(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.since).as_secs()
    }

    fn is_fresh(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) < self.fresh_for
    }
}

/// Answers by path and query. It never holds more than [`MAX_ENTRIES`].
#[derive(Debug, Default)]
pub(crate) struct Cache {
    entries: Mutex<HashMap<String, Stored>>,
}

impl Cache {
    /// The answer stored for a path and query, while it is fresh.
    pub(crate) fn get(&self, key: &str, now: Instant) -> Option<Stored> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.get(key).filter(|stored| stored.is_fresh(now)).cloned()
    }

    /// Stores an answer for as long as its headers allow. Whether they allow it at all.
    pub(crate) fn put(&self, key: String, status: StatusCode, headers: &HeaderMap, body: &Bytes, now: Instant) -> bool {
        let Some(fresh_for) = freshness(status, headers) else {
            return false;
        };
        let mut headers = headers.clone();
        headers.remove(DATE);
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MAX_ENTRIES {
            entries.retain(|_, stored| stored.is_fresh(now));
        }
        if entries.len() < MAX_ENTRIES {
            entries.insert(key, Stored { headers, body: body.clone(), since: now, fresh_for });
        }
        true
    }
}

/// Whether the distribution caches this request's answer: the public catalogue and its tickets.
pub(crate) fn is_shared(method: &Method, path: &str) -> bool {
    method == Method::GET && (path == "/api/tickets" || path.starts_with("/api/tickets/"))
}

/// How long a shared cache may keep an answer; `s-maxage` goes before `max-age`.
fn freshness(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    if status != StatusCode::OK || headers.contains_key(SET_COOKIE) {
        return None;
    }
    let control = headers.get(CACHE_CONTROL)?.to_str().ok()?.to_ascii_lowercase();
    let directives: Vec<&str> = control.split(',').map(str::trim).collect();
    if directives.iter().any(|one| matches!(*one, "no-store" | "no-cache" | "private")) {
        return None;
    }
    let seconds =
        |name: &str| directives.iter().find_map(|one| one.strip_prefix(name)?.strip_prefix('=')?.parse().ok());
    let allowed: u64 = seconds("s-maxage").or_else(|| seconds("max-age"))?;
    (allowed > 0).then(|| Duration::from_secs(allowed))
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn control(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static(value))])
    }

    #[test]
    fn only_reading_the_public_catalogue_is_shared() {
        assert!(is_shared(&Method::GET, "/api/tickets"));
        assert!(is_shared(&Method::GET, "/api/tickets/42"));
        assert!(!is_shared(&Method::POST, "/api/tickets"));
        assert!(!is_shared(&Method::GET, "/api/ticketsx"));
        assert!(!is_shared(&Method::GET, "/api/me/tickets"));
        assert!(!is_shared(&Method::GET, "/api/session"));
    }

    #[test]
    fn freshness_is_what_the_answer_allows() {
        let seconds = |value| freshness(StatusCode::OK, &control(value)).map(|time| time.as_secs());
        assert_eq!(seconds("public, max-age=0, s-maxage=2"), Some(2));
        assert_eq!(seconds("max-age=2"), Some(2));
        assert_eq!(seconds("Max-Age=3"), Some(3));
        assert_eq!(seconds("max-age=9, s-maxage=0"), None);
        assert_eq!(seconds("private, max-age=2"), None);
        assert_eq!(seconds("no-store"), None);
        assert_eq!(freshness(StatusCode::OK, &HeaderMap::new()), None);
        assert_eq!(freshness(StatusCode::NOT_FOUND, &control("max-age=2")), None);
    }

    #[test]
    fn an_answer_that_sets_a_cookie_is_never_stored() {
        let mut headers = control("max-age=2");
        headers.insert(SET_COOKIE, HeaderValue::from_static("a=b"));
        assert_eq!(freshness(StatusCode::OK, &headers), None);
    }

    #[test]
    fn an_answer_is_kept_until_its_time_has_passed() {
        let cache = Cache::default();
        let start = Instant::now();
        let put =
            |value| cache.put("/api/tickets".to_owned(), StatusCode::OK, &control(value), &Bytes::from("x"), start);
        assert!(!put("private"));
        assert!(cache.get("/api/tickets", start).is_none());
        assert!(put("max-age=2"));
        let stored = cache.get("/api/tickets", start + Duration::from_millis(1900)).expect("fresh");
        assert_eq!(stored.body, "x");
        assert_eq!(stored.age(start + Duration::from_millis(1900)), 1);
        assert!(cache.get("/api/tickets", start + Duration::from_secs(2)).is_none());
        assert!(cache.get("/api/tickets?q=x", start).is_none());
    }

    #[test]
    fn a_full_cache_makes_room_by_what_is_stale_only() {
        let cache = Cache::default();
        let start = Instant::now();
        let put = |key: String, now| {
            cache.put(key, StatusCode::OK, &control("max-age=2"), &Bytes::new(), now);
        };
        for number in 0..MAX_ENTRIES {
            put(number.to_string(), start);
        }
        put("late".to_owned(), start);
        assert!(cache.get("late", start).is_none());
        let later = start + Duration::from_secs(3);
        put("late".to_owned(), later);
        assert!(cache.get("late", later).is_some());
    }
}
