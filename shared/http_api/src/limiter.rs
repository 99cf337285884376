//! How often a password may be tried, an account be made, or a mail be asked for.
//!
//! A try is taken before the work is done that it stands for (a password's hash, a mail), and given back when it turns
//! out to be the owner's own. `docs/accounts.md` says why the owner of an account is not locked out by it.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use holdfast_auth::{BucketName, SessionKeys, device_from_cookie_header};
use holdfast_domain::{EmailAddress, MailPurpose, Timestamp, UserId};
use holdfast_store::{Allowance, Tries, TryTakeError};
use holdfast_telemetry::{Metric, metrics};
use lambda_http::Request;

use crate::gate::cookies;
use crate::problem::{ApiError, Problem};
use crate::request::header;

/// Most passwords that are tried for one account in any hour from browsers that are not known, from each known browser,
/// and by whoever has a session already: three limits of their own.
const ACCOUNT_TRIES_PER_HOUR: u32 = 10;
/// Most mails that are asked for to one address in any hour, for each purpose.
const MAILS_PER_HOUR: u32 = 5;
/// Prefix of an IPv6 address that one customer has, as routers give it out.
const IPV6_NETWORK_BITS: u32 = 64;

/// What a network is counted for. Each has a bucket of its own, so that one does not use up another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkUse {
    /// Signing in.
    SignIn,
    /// Making an account.
    SignUp,
    /// Asking for a mail that resets a password, and using it.
    Reset,
}

impl NetworkUse {
    fn kind(self) -> &'static str {
        match self {
            Self::SignIn => "network-sign-in",
            Self::SignUp => "network-sign-up",
            Self::Reset => "network-reset",
        }
    }
}

/// A try that was taken. Whoever keeps it can give it back.
#[derive(Debug)]
#[must_use = "a try that was the owner's own is given back"]
pub struct Taken {
    bucket: BucketName,
    of: Allowance,
}

/// Counts tries. Each method takes one, or answers 429 `too-many-tries` with the seconds until the next one comes back.
#[derive(Debug)]
pub struct Limiter {
    tries: Tries,
    network: Allowance,
    account: Allowance,
    mails: Allowance,
}

impl Limiter {
    /// A limiter with this table of buckets, and so many tries for one network.
    #[must_use]
    pub fn new(tries: Tries, network: Allowance) -> Self {
        let account = Allowance::per_hour(ACCOUNT_TRIES_PER_HOUR);
        Self { tries, network, account, mails: Allowance::per_hour(MAILS_PER_HOUR) }
    }

    /// One of the network that the request comes from: an IPv4 address, or the 64 bits of an IPv6 address that one
    /// customer has.
    ///
    /// # Errors
    /// 429 `too-many-tries`, or an outage.
    pub async fn take_for_network(
        &self,
        keys: &SessionKeys,
        request: &Request,
        what: NetworkUse,
        now: Timestamp,
    ) -> Result<Taken, ApiError> {
        self.take(keys.bucket(what.kind(), &network(request)), self.network, now).await
    }

    /// One of signing in under an address. `user` is who has it, if anybody: with the cookie of a browser by which they
    /// have signed in before, it is one of that browser, else one of the address. An address that nobody has is counted
    /// like any other.
    ///
    /// # Errors
    /// 429 `too-many-tries`, or an outage.
    pub async fn take_for_sign_in(
        &self,
        keys: &SessionKeys,
        request: &Request,
        email: &EmailAddress,
        user: Option<UserId>,
        now: Timestamp,
    ) -> Result<Taken, ApiError> {
        let device = device_from_cookie_header(cookies(request)).and_then(|token| keys.device(&token, now));
        let bucket = match device.filter(|device| Some(device.user) == user) {
            Some(device) => keys.bucket("device", &format!("{} {}", device.user, device.nonce)),
            None => keys.bucket("account", email.as_str()),
        };
        self.take(bucket, self.account, now).await
    }

    /// One of confirming with the password what somebody does who is signed in: changing it, deleting the account.
    /// Nobody else can use these up.
    ///
    /// # Errors
    /// 429 `too-many-tries`, or an outage.
    pub async fn take_for_confirmation(
        &self,
        keys: &SessionKeys,
        user: UserId,
        now: Timestamp,
    ) -> Result<Taken, ApiError> {
        self.take(keys.bucket("confirmation", &user.to_string()), self.account, now).await
    }

    /// One of asking for a mail to an address, whether it has an account or not: nobody fills a mailbox. Each purpose is
    /// counted on its own, so that whoever asks for links to somebody's new password does not use up their verification.
    ///
    /// # Errors
    /// 429 `too-many-tries`, or an outage.
    pub async fn take_for_mail(
        &self,
        keys: &SessionKeys,
        email: &EmailAddress,
        purpose: MailPurpose,
        now: Timestamp,
    ) -> Result<Taken, ApiError> {
        let kind = match purpose {
            MailPurpose::VerifyEmail => "mail-verify",
            MailPurpose::ResetPassword => "mail-reset",
        };
        self.take(keys.bucket(kind, email.as_str()), self.mails, now).await
    }

    /// Gives a try back that was the owner's own. A failure costs them one try, which is not worth failing for.
    pub async fn give_back(&self, taken: Taken, now: Timestamp) {
        if let Err(error) = self.tries.try_give_back(&taken.bucket, taken.of, now).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "a try was not given back");
        }
    }

    async fn take(&self, bucket: BucketName, of: Allowance, now: Timestamp) -> Result<Taken, ApiError> {
        match self.tries.try_take(&bucket, of, now).await {
            Ok(()) => Ok(Taken { bucket, of }),
            Err(TryTakeError::Exhausted { retry_after }) => {
                metrics::count(Metric::TriesRefused, 1);
                Err(too_many_tries(retry_after).into())
            }
            Err(TryTakeError::Store(error)) => Err(error.into()),
        }
    }
}

fn too_many_tries(retry_after: Duration) -> Problem {
    let seconds = u32::try_from(retry_after.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX).max(1);
    Problem::too_many_tries("Wait a while and try again.").with_retry_after(seconds)
}

/// The network that a request comes from, as the edge says. The address that the API itself saw is the edge's, and never
/// counts. Without a header that can be read, all are one network.
fn network(request: &Request) -> String {
    let address = header(request, "cloudfront-viewer-address").and_then(viewer_address);
    match address.map(|address| address.to_canonical()) {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let kept = u128::MAX << (u128::BITS - IPV6_NETWORK_BITS);
            Ipv6Addr::from_bits(address.to_bits() & kept).to_string()
        }
        None => "unknown".to_owned(),
    }
}

/// The address before the port. `CloudFront` writes IPv6 without brackets, a socket of a laptop with them.
fn viewer_address(text: &str) -> Option<IpAddr> {
    let (address, _port) = text.rsplit_once(':')?;
    address.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

#[cfg(test)]
mod tests {
    use lambda_http::Body;
    use proptest::prelude::*;

    use super::*;

    fn seen(address: Option<&'static str>) -> String {
        address.map_or_else(|| network(&Request::new(Body::Empty)), seen_as)
    }

    fn seen_as(address: &str) -> String {
        let mut request = Request::new(Body::Empty);
        request.headers_mut().insert("cloudfront-viewer-address", address.parse().unwrap());
        network(&request)
    }

    #[test]
    fn a_network_is_an_address_or_the_64_bits_of_one() {
        assert_eq!(seen(Some("203.0.113.9:46532")), "203.0.113.9");
        assert_eq!(seen(Some("2001:db8:1:2:aaaa::1:46532")), "2001:db8:1:2::");
        assert_eq!(seen(Some("2001:db8:1:2:bbbb::2:1")), "2001:db8:1:2::");
        assert_eq!(seen(Some("2001:db8:1:3:0:0:0:1:443")), "2001:db8:1:3::");
        assert_eq!(seen(Some("[2001:db8:1:2::1]:5000")), "2001:db8:1:2::");
        assert_eq!(seen(Some("::ffff:203.0.113.9:80")), "203.0.113.9", "the same host by another notation");
    }

    #[test]
    fn what_cannot_be_read_is_one_network() {
        for address in [None, Some(""), Some("203.0.113.9"), Some("tickets.example:80"), Some(":80")] {
            assert_eq!(seen(address), "unknown", "{address:?}");
        }
    }

    proptest! {
        #[test]
        fn two_addresses_are_one_network_if_one_customer_has_both(
            (network, other) in prop_oneof![any::<u64>().prop_map(|network| (network, network)), any::<(u64, u64)>()],
            (host, neighbour) in any::<(u64, u64)>(),
            (port, brackets) in any::<(u16, bool)>(),
            v4 in any::<u32>(),
        ) {
            let at = |network: u64, host: u64| {
                let address = Ipv6Addr::from_bits(u128::from(network) << 64 | u128::from(host));
                let text = if brackets { format!("[{address}]:{port}") } else { format!("{address}:{port}") };
                seen_as(&text)
            };
            // The first 2^64 addresses are no customers'; among them are those of IPv4 in another notation.
            prop_assume!(network != 0 && other != 0);
            prop_assert_eq!(at(network, host) == at(other, neighbour), network == other);
            let v4 = std::net::Ipv4Addr::from_bits(v4);
            prop_assert_eq!(seen_as(&format!("{v4}:{port}")), v4.to_string());
            prop_assert_eq!(seen_as(&format!("[::ffff:{v4}]:{port}")), v4.to_string());
        }

        #[test]
        fn no_address_is_too_odd_to_be_counted(text in "[0-9a-f.:\\[\\]%]{0,30}|[ -~]{0,30}") {
            prop_assert!(!seen_as(&text).is_empty());
        }
    }

    #[test]
    fn a_refusal_says_when_the_next_try_comes_back_and_not_too_early() {
        let reply = too_many_tries(Duration::from_millis(899_001)).into_reply();
        assert_eq!((reply.status().as_u16(), reply.headers()["retry-after"].to_str().unwrap()), (429, "900"));
        let reply = too_many_tries(Duration::ZERO).into_reply();
        assert_eq!(reply.headers()["retry-after"], "1");
    }
}
