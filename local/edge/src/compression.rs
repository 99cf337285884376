//! What `CloudFront` compresses, and how it says so.

use std::io::{Read as _, Write as _};
use std::ops::RangeInclusive;

use brotli::enc::BrotliEncoderParams;
use bytes::Bytes;
use flate2::read::GzEncoder;
use hyper::StatusCode;
use hyper::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, VARY,
};

/// Only files of these sizes are compressed.
const SIZES: RangeInclusive<usize> = 1_000..=10_000_000;

/// The types of the site's files among those that are compressed; `application/problem+json` is none of them.
const TYPES: [&str; 10] = [
    "application/javascript",
    "application/json",
    "application/rss+xml",
    "application/xml",
    "image/svg+xml",
    "text/css",
    "text/html",
    "text/javascript",
    "text/plain",
    "text/xml",
];

/// How hard to try. CloudFront does not tell its own levels; what is compressed while somebody waits is compressed so.
const BROTLI_QUALITY: i32 = 5;
const GZIP_LEVEL: u32 = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Brotli,
    Gzip,
}

/// Compresses the body of an answer that may be cached, if CloudFront would do so for this viewer, and says so in its
/// headers; else the body as it is.
pub(crate) fn compress(viewer: &HeaderMap, status: StatusCode, headers: &mut HeaderMap, body: Bytes) -> Bytes {
    if !is_compressible(status, headers, &body) {
        return body;
    }
    headers.append(VARY, HeaderValue::from_static("Accept-Encoding"));
    let Some(encoding) = wanted(viewer) else { return body };
    let Some(compressed) = encoded(encoding, &body) else { return body };
    headers.insert(
        CONTENT_ENCODING,
        HeaderValue::from_static(match encoding {
            Encoding::Brotli => "br",
            Encoding::Gzip => "gzip",
        }),
    );
    headers.remove(CONTENT_LENGTH);
    weaken(headers);
    compressed
}

fn is_compressible(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = text(CONTENT_TYPE).split(';').next().unwrap_or_default().trim();
    let control = text(CACHE_CONTROL);
    matches!(status, StatusCode::OK | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND)
        && SIZES.contains(&body.len())
        && TYPES.contains(&kind)
        && !headers.contains_key(CONTENT_ENCODING)
        && !["no-store", "no-cache", "private"].iter().any(|directive| control.contains(directive))
}

/// The encoding that the viewer gets: brotli before gzip.
fn wanted(viewer: &HeaderMap) -> Option<Encoding> {
    let accepts = |wanted: &str| {
        let values = viewer.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|one| {
            let mut parts = one.split(';').map(str::trim);
            let is_named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(wanted));
            let is_refused = parts
                .filter_map(|part| part.strip_prefix("q="))
                .any(|weight| weight.parse::<f32>().is_ok_and(|weight| weight <= 0.0));
            is_named && !is_refused
        })
    };
    if accepts("br") {
        Some(Encoding::Brotli)
    } else if accepts("gzip") {
        Some(Encoding::Gzip)
    } else {
        None
    }
}

fn encoded(encoding: Encoding, body: &Bytes) -> Option<Bytes> {
    let mut compressed = Vec::new();
    match encoding {
        Encoding::Brotli => {
            let params = BrotliEncoderParams { quality: BROTLI_QUALITY, ..BrotliEncoderParams::default() };
            let mut writer = brotli::CompressorWriter::with_params(&mut compressed, 4096, &params);
            writer.write_all(body).ok()?;
            writer.flush().ok()?;
            drop(writer);
        }
        Encoding::Gzip => {
            GzEncoder::new(body.as_ref(), flate2::Compression::new(GZIP_LEVEL)).read_to_end(&mut compressed).ok()?;
        }
    }
    Some(compressed.into())
}

/// Other bytes than the origin's are the same page, but not the same file.
fn weaken(headers: &mut HeaderMap) {
    if let Some(tag) = headers.get(ETAG).and_then(|tag| tag.to_str().ok()).filter(|tag| !tag.starts_with("W/"))
        && let Ok(weak) = HeaderValue::from_str(&format!("W/{tag}"))
    {
        headers.insert(ETAG, weak);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(kind: &'static str, control: &'static str) -> HeaderMap {
        HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static(kind)),
            (CACHE_CONTROL, HeaderValue::from_static(control)),
            (ETAG, HeaderValue::from_static("\"1\"")),
            (CONTENT_LENGTH, HeaderValue::from_static("3000")),
        ])
    }

    fn viewer(accepts: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(accepts))])
    }

    fn page() -> Bytes {
        Bytes::from("<p>page</p>\n".repeat(250))
    }

    fn encoding(accepts: &'static str, status: StatusCode, mut headers: HeaderMap, body: Bytes) -> Option<String> {
        compress(&viewer(accepts), status, &mut headers, body);
        headers.get(CONTENT_ENCODING).map(|value| value.to_str().expect("text").to_owned())
    }

    #[test]
    fn a_page_arrives_as_it_was() {
        let mut headers = answer("text/html; charset=utf-8", "public, max-age=0, s-maxage=10");
        let brotli = compress(&viewer("gzip, deflate, br, zstd"), StatusCode::OK, &mut headers, page());
        let mut text = Vec::new();
        brotli::Decompressor::new(brotli.as_ref(), 4096).read_to_end(&mut text).expect("brotli");
        assert_eq!(text, page());
        assert!(brotli.len() < 100, "{}", brotli.len());
        assert_eq!(
            (&headers[CONTENT_ENCODING], &headers[VARY], &headers[ETAG]),
            (
                &HeaderValue::from_static("br"),
                &HeaderValue::from_static("Accept-Encoding"),
                &HeaderValue::from_static("W/\"1\""),
            )
        );
        assert!(!headers.contains_key(CONTENT_LENGTH));

        let mut headers = answer("text/html", "public");
        let gzip = compress(&viewer("gzip"), StatusCode::OK, &mut headers, page());
        text.clear();
        flate2::read::GzDecoder::new(gzip.as_ref()).read_to_end(&mut text).expect("gzip");
        assert_eq!(text, page());
        assert_eq!(headers[CONTENT_ENCODING], "gzip");
    }

    #[test]
    fn a_viewer_gets_what_it_can_read() {
        let found = |accepts| encoding(accepts, StatusCode::OK, answer("text/css", "public"), page());
        assert_eq!(found("gzip;q=1.0, br;q=0.1").as_deref(), Some("br"));
        assert_eq!(found("br;q=0, gzip").as_deref(), Some("gzip"));
        assert_eq!(found("GZIP").as_deref(), Some("gzip"));
        assert_eq!(found("deflate, brx, *"), None);
        let mut headers = answer("text/css", "public");
        assert_eq!(compress(&HeaderMap::new(), StatusCode::OK, &mut headers, page()), page());
        assert_eq!((&headers[ETAG], headers.contains_key(VARY)), (&HeaderValue::from_static("\"1\""), true));
    }

    #[test]
    fn only_what_the_distribution_compresses_is_compressed() {
        let found = |status, kind, control, body| encoding("br", status, answer(kind, control), body);
        let public = "public, max-age=0, s-maxage=10";
        for (status, kind) in [
            (StatusCode::OK, "application/json"),
            (StatusCode::NOT_FOUND, "text/html; charset=utf-8"),
            (StatusCode::OK, "text/javascript; charset=utf-8"),
        ] {
            assert_eq!(found(status, kind, public, page()).as_deref(), Some("br"), "{kind}");
        }
        for (status, kind, control) in [
            (StatusCode::OK, "application/problem+json", public),
            (StatusCode::OK, "image/png", public),
            (StatusCode::OK, "font/woff2", public),
            (StatusCode::SERVICE_UNAVAILABLE, "text/html", public),
            (StatusCode::PARTIAL_CONTENT, "text/html", public),
            (StatusCode::OK, "text/html", "no-store"),
            (StatusCode::OK, "application/json", "private, max-age=1"),
        ] {
            assert_eq!(found(status, kind, control, page()), None, "{status} {kind} {control}");
        }
        assert_eq!(found(StatusCode::OK, "text/css", public, Bytes::from("a".repeat(999))), None);
        assert_eq!(found(StatusCode::OK, "text/css", public, Bytes::from("a".repeat(1000))).as_deref(), Some("br"));
        let mut encoded = answer("text/css", public);
        encoded.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert_eq!(encoding("br", StatusCode::OK, encoded, page()).as_deref(), Some("gzip"));
    }
}
