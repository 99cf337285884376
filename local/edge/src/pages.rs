//! The built site, file by file.

use std::path::{Component, Path, PathBuf};
use std::time::UNIX_EPOCH;

use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue,
    IF_NONE_MATCH, LOCATION,
};
use hyper::{Method, Response, StatusCode};

use crate::answer::{Body, empty, problem, whole};
use crate::policies;

const SECURITY_HEADERS: [(HeaderName, &str); 4] = [
    (HeaderName::from_static("x-content-type-options"), "nosniff"),
    (HeaderName::from_static("x-frame-options"), "DENY"),
    (HeaderName::from_static("referrer-policy"), "strict-origin-when-cross-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// What a path of the site means.
#[derive(Debug, PartialEq, Eq)]
enum Target {
    /// A file, relative to the site's folder.
    File(PathBuf),
    /// Nothing that the site could hold.
    Nothing,
}

/// Turns a request's path into a file of the site; whatever could lead out of its folder is nothing.
fn target(path: &str) -> Target {
    let Some(decoded) = percent_decoded(path) else {
        return Target::Nothing;
    };
    if decoded.contains(['\0', '\\']) {
        return Target::Nothing;
    }
    let mut file = PathBuf::from(decoded.trim_start_matches('/'));
    if file.components().any(|part| !matches!(part, Component::Normal(_))) {
        return Target::Nothing;
    }
    if decoded.ends_with('/') {
        file.push("index.html");
    }
    if file == Path::new(policies::FILE) {
        return Target::Nothing;
    }
    Target::File(file)
}

fn percent_decoded(path: &str) -> Option<String> {
    let mut bytes = path.bytes();
    let mut decoded = Vec::with_capacity(path.len());
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            decoded.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).ok()
}

fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        Some("avif") => "image/avif",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        Some("xml") => "application/xml",
        _ => "application/octet-stream",
    }
}

/// Answers a request for a page or one of its files.
pub(crate) async fn serve(site: &Path, method: &Method, path: &str, headers: &HeaderMap) -> Response<Body> {
    let mut response = if matches!(*method, Method::GET | Method::HEAD) {
        match target(path) {
            Target::File(file) => found_or_missing(site, &file, path, headers).await,
            Target::Nothing => missing(site).await,
        }
    } else {
        let mut refusal = problem(
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
            "Method not allowed",
            "Pages are read with GET or HEAD.",
        );
        refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        refusal
    };
    for (name, value) in SECURITY_HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policies::of(site, path).await);
    response
}

async fn found_or_missing(site: &Path, file: &Path, path: &str, headers: &HeaderMap) -> Response<Body> {
    let full = site.join(file);
    let Ok(details) = tokio::fs::metadata(&full).await else {
        return missing(site).await;
    };
    if details.is_dir() {
        return to_the_folder(path);
    }
    let modified = details.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let tag = format!("\"{:x}-{:x}\"", details.len(), modified.unwrap_or_default().as_nanos());
    if is_known(headers, &tag) {
        let mut response = empty(StatusCode::NOT_MODIFIED);
        describe(&mut response, &full, &tag);
        return response;
    }
    let Ok(bytes) = tokio::fs::read(&full).await else {
        return missing(site).await;
    };
    let mut response = Response::new(whole(bytes));
    describe(&mut response, &full, &tag);
    response
}

/// A folder's page lives under the address with the slash, so that its relative links work.
fn to_the_folder(path: &str) -> Response<Body> {
    let Ok(location) = HeaderValue::from_str(&format!("/{}/", path.trim_matches('/'))) else {
        return empty(StatusCode::NOT_FOUND);
    };
    let mut response = empty(StatusCode::MOVED_PERMANENTLY);
    response.headers_mut().insert(LOCATION, location);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

/// How long a file may be kept. Assets have a hash of their content in their name; pages change under theirs.
fn keeping(file: &Path) -> &'static str {
    let is_asset = file.parent().and_then(Path::file_name).is_some_and(|folder| folder == "assets");
    if is_asset { "public, max-age=31536000, immutable" } else { "no-cache" }
}

fn describe(response: &mut Response<Body>, file: &Path, tag: &str) {
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(file)));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(keeping(file)));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(ETAG, tag);
    }
}

async fn missing(site: &Path) -> Response<Body> {
    let file = site.join("404.html");
    let Ok(bytes) = tokio::fs::read(&file).await else {
        return problem(StatusCode::NOT_FOUND, "not-found", "Not found", "The site has no such page.");
    };
    let mut response = Response::new(whole(bytes));
    *response.status_mut() = StatusCode::NOT_FOUND;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(&file)));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    fn file(path: &str) -> Target {
        Target::File(PathBuf::from(path))
    }

    #[test]
    fn pretty_addresses_are_index_files() {
        assert_eq!(target("/"), file("index.html"));
        assert_eq!(target("/tickets/"), file("tickets/index.html"));
        assert_eq!(target("/app.css"), file("app.css"));
        assert_eq!(target("/a%20b.txt"), file("a b.txt"));
    }

    #[test]
    fn nothing_leads_out_of_the_folder() {
        for path in [
            "/../secret",
            "/a/../../secret",
            "/%2e%2e/secret",
            "/%2e%2e%2fsecret",
            "/..%5csecret",
            "/a\\..\\secret",
            "/a%00.html",
            "/%",
            "/%zz",
            "/%ff",
            "/policies.json",
        ] {
            assert_eq!(target(path), Target::Nothing, "{path}");
        }
        assert_eq!(target("//etc/passwd"), file("etc/passwd"));
    }

    async fn answer(method: Method, path: &str, headers: HeaderMap) -> (StatusCode, HeaderMap, String) {
        let site = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(site.path().join("tickets")).expect("written");
        std::fs::write(site.path().join("index.html"), "home").expect("written");
        std::fs::write(site.path().join("tickets/index.html"), "tickets").expect("written");
        std::fs::write(site.path().join("404.html"), "missing").expect("written");
        std::fs::create_dir(site.path().join("assets")).expect("written");
        std::fs::write(site.path().join("assets/site.0123.css"), "a {}").expect("written");
        let response = serve(site.path(), &method, path, &headers).await;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        (parts.status, parts.headers, String::from_utf8(bytes.to_vec()).expect("text"))
    }

    #[tokio::test]
    async fn a_page_has_its_type_its_tag_and_the_security_headers() {
        let (status, headers, body) = answer(Method::GET, "/tickets/", HeaderMap::new()).await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, "tickets"));
        assert_eq!(headers[CONTENT_TYPE], "text/html; charset=utf-8");
        assert_eq!(headers[CACHE_CONTROL], "no-cache");
        assert!(headers.contains_key(ETAG));
        assert!(headers["content-security-policy"].to_str().expect("text").starts_with("default-src 'none'"));
        assert_eq!(headers["x-content-type-options"], "nosniff");
    }

    #[tokio::test]
    async fn an_asset_is_kept_for_ever_because_its_name_says_its_content() {
        let (status, headers, _) = answer(Method::GET, "/assets/site.0123.css", HeaderMap::new()).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers[CACHE_CONTROL], "public, max-age=31536000, immutable");
    }

    #[tokio::test]
    async fn a_missing_page_is_the_404_page_with_its_status() {
        for path in ["/nowhere/", "/nowhere", "/../etc/passwd"] {
            let (status, _, body) = answer(Method::GET, path, HeaderMap::new()).await;
            assert_eq!((status, body.as_str()), (StatusCode::NOT_FOUND, "missing"), "{path}");
        }
    }

    #[tokio::test]
    async fn a_folder_without_its_slash_is_sent_to_it() {
        let (status, headers, _) = answer(Method::GET, "/tickets", HeaderMap::new()).await;
        assert_eq!(status, StatusCode::MOVED_PERMANENTLY);
        assert_eq!(headers[LOCATION], "/tickets/");
    }

    #[tokio::test]
    async fn a_known_page_is_not_sent_again() {
        let any = HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_static("*"))]);
        let (status, _, body) = answer(Method::GET, "/", any).await;
        assert_eq!((status, body.as_str()), (StatusCode::NOT_MODIFIED, ""));
        let other = HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_static("\"0-0\""))]);
        assert_eq!(answer(Method::GET, "/", other).await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn pages_are_only_read() {
        let (status, headers, _) = answer(Method::POST, "/", HeaderMap::new()).await;
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(headers[ALLOW], "GET, HEAD");
    }

    #[test]
    fn tags_are_compared_weakly_and_in_lists() {
        let headers = HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_static("\"a\", W/\"b\""))]);
        assert!(is_known(&headers, "\"b\""));
        assert!(!is_known(&headers, "\"c\""));
    }
}
