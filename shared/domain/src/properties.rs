//! What must hold of every input, whoever sends it, and of every payment, whatever Stripe shows.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};
use uuid::Uuid;

use crate::limits::{
    CREDENTIAL_MAX_CHARS, DESCRIPTION_MAX_CHARS, DISPLAY_NAME_MAX_CHARS, EMAIL_MAX_CHARS, SEARCH_WORDS_MAX,
    TITLE_MAX_CHARS, VENUE_MAX_CHARS,
};
use crate::{
    Credential, Currency, Description, DisplayName, EmailAddress, Expiry, Glance, HoldNumber, Intent, IntentStatus,
    Order, OrderId, OrderState, OrderTicket, PaymentIntentId, Price, Step, TicketFacts, TicketId, Timestamp, Title,
    TraceId, UserId, Venue, Version, next_step, search_words,
};

/// The last millisecond that a [`Timestamp`] knows.
const LAST_MILLIS: i64 = 253_402_300_799_999;

/// Texts as people and programs send them: any characters, one of them many times, and ordinary words between blanks.
fn sent() -> impl Strategy<Value = String> {
    prop_oneof![
        "(?s:.){0,200}",
        (any::<char>(), 0..2 * DESCRIPTION_MAX_CHARS).prop_map(|(letter, times)| letter.to_string().repeat(times)),
        "[ \t\n\u{a0}]{0,3}[a-zßİŁΣ\u{308}🎫 ]{0,130}[ \r\n]{0,3}",
    ]
}

/// Addresses, most of which are right, up to and beyond every limit, with letters that grow when they are lowered.
fn addresses() -> impl Strategy<Value = String> {
    let label = prop_oneof!["[a-zA-Z0-9]{1,4}", "[a-zÄΣ]{58,64}"];
    let any_domain = prop::collection::vec(label, 1..5).prop_map(|labels| labels.join("."));
    let longest_domain = "([a-z]{60}\\.){3}[a-z]{25,60}";
    prop_oneof![(prop_oneof!["[a-zA-Z0-9.+İ'-]{1,20}", "[aİ]{10,40}"], any_domain), ("[aİ]{10,21}", longest_domain),]
        .prop_map(|(local, domain)| format!("{local}@{domain}"))
}

/// What is accepted has nothing added to it, is within its limit, and is accepted again as it is: whoever stores a text and
/// reads it back has the same one.
fn is_settled<T>(
    text: &str,
    max: usize,
    parse: impl Fn(&str) -> Option<T>,
    read: impl Fn(&T) -> &str,
) -> TestCaseResult {
    if let Some(accepted) = parse(text) {
        let kept = read(&accepted);
        prop_assert!(text.contains(kept) && kept.trim() == kept && !kept.is_empty(), "{kept:?}");
        prop_assert!(kept.chars().count() <= max);
        let again = parse(kept);
        prop_assert_eq!(again.as_ref().map(&read), Some(kept));
    }
    Ok(())
}

fn moments() -> impl Strategy<Value = Timestamp> {
    prop_oneof![0..=LAST_MILLIS, 1_700_000_000_000..1_900_000_000_000_i64]
        .prop_map(|millis| Timestamp::from_millis(millis).unwrap())
}

fn uuids() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

proptest! {
    #[test]
    fn a_text_that_is_accepted_is_accepted_again_as_it_is(text in sent()) {
        is_settled(&text, TITLE_MAX_CHARS, |text| Title::parse(text).ok(), Title::as_str)?;
        is_settled(&text, VENUE_MAX_CHARS, |text| Venue::parse(text).ok(), Venue::as_str)?;
        is_settled(&text, DESCRIPTION_MAX_CHARS, |text| Description::parse(text).ok(), Description::as_str)?;
        is_settled(&text, DISPLAY_NAME_MAX_CHARS, |text| DisplayName::parse(text).ok(), DisplayName::as_str)?;
        is_settled(&text, CREDENTIAL_MAX_CHARS, |text| Credential::parse(text).ok(), Credential::as_str)?;
    }

    #[test]
    fn an_address_has_one_form_within_the_limit_however_it_is_typed(text in prop_oneof![addresses(), sent()]) {
        if let Ok(address) = EmailAddress::parse(&text) {
            let kept = address.as_str();
            prop_assert!(kept.chars().count() <= EMAIL_MAX_CHARS, "{} characters", kept.chars().count());
            prop_assert_eq!(EmailAddress::parse(kept), Ok(address.clone()));
            prop_assert_eq!(EmailAddress::parse(&text.to_ascii_uppercase()), Ok(address.clone()));
            let (local, domain) = kept.split_once('@').unwrap();
            prop_assert_eq!(local, address.local_part());
            prop_assert!(domain.contains('.') && !kept.contains(char::is_whitespace));
        }
    }

    #[test]
    fn an_id_is_read_as_it_is_written_and_in_no_other_way(uuid in uuids(), at in 0..36_usize, other in any::<char>()) {
        let id = TicketId::from_uuid(uuid);
        let text = id.to_string();
        prop_assert_eq!(text.parse(), Ok(id));
        let altered: String = text.chars().enumerate().map(|(n, letter)| if n == at { other } else { letter }).collect();
        for near in [altered, text.to_uppercase(), uuid.simple().to_string(), uuid.urn().to_string()] {
            if let Ok(read) = near.parse::<TicketId>() {
                prop_assert_eq!(read.to_string(), near);
            }
        }
    }

    #[test]
    fn a_trace_survives_every_notation(uuid in uuids(), before in "(Sampled=[01]; ?|Parent=[0-9a-f]{16};){0,2}") {
        let trace = TraceId::from_uuid(uuid);
        let text = trace.to_string();
        prop_assert_eq!(TraceId::from_bytes(*trace.as_bytes()), trace);
        prop_assert_eq!(text.parse::<TraceId>().is_ok(), !uuid.is_nil());
        let header = format!("{before}Root=1-{}-{};Sampled=1", &text[..8], &text[8..]);
        prop_assert_eq!(TraceId::of_xray(&header), text.parse().ok());
    }

    #[test]
    fn no_header_of_a_trace_is_too_odd_to_be_read(header in "(?s:.){0,20}Root=(?s:.){0,40}|Root=1-(?s:.){0,9}-(?s:.){20,25}") {
        if let Some(trace) = TraceId::of_xray(&header) {
            let root = format!("Root=1{trace}");
            prop_assert!(header.replace('-', "").contains(&root));
        }
    }

    #[test]
    fn a_moment_is_read_as_it_is_written_wherever_its_writer_is(
        moment in moments(),
        (hours, minutes) in (-23..=23_i8, 0..60_i8),
    ) {
        prop_assert_eq!(Timestamp::parse(&moment.to_string()), Ok(moment));
        let offset = UtcOffset::from_hms(hours, if hours < 0 { -minutes } else { minutes }, 0).unwrap();
        let there: OffsetDateTime = moment.to_datetime();
        // At either end of our range it is another year there, which RFC 3339 may not be able to write.
        if let Some(there) = there.checked_to_offset(offset).and_then(|there| there.format(&Rfc3339).ok()) {
            prop_assert_eq!(Timestamp::parse(&there), Ok(moment));
        }
    }

    #[test]
    fn a_moment_that_is_accepted_is_written_so_that_it_is_accepted_again(
        text in "[0-9]{4}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,12})?([Zz]|[+-][0-2][0-9]:[0-6][0-9])",
    ) {
        if let Ok(moment) = Timestamp::parse(&text) {
            prop_assert_eq!(Timestamp::parse(&moment.to_string()), Ok(moment));
            prop_assert!((0..=LAST_MILLIS).contains(&moment.as_millis()));
        }
    }

    #[test]
    fn time_that_passes_is_time_that_has_passed(moment in moments(), millis in 0..LAST_MILLIS) {
        let duration = Duration::from_millis(millis.unsigned_abs());
        let (later, earlier) = (moment.plus(duration), moment.minus(duration));
        prop_assert!(earlier <= moment && moment <= later);
        if millis <= LAST_MILLIS - moment.as_millis() {
            prop_assert_eq!(later.since(moment), duration);
            prop_assert_eq!(later.minus(duration), moment);
        }
    }

    #[test]
    fn a_word_that_a_ticket_is_found_by_is_found_again_as_it_is_written(title in sent(), venue in sent()) {
        let words = search_words([title.as_str(), venue.as_str()]);
        prop_assert!(words.len() <= SEARCH_WORDS_MAX);
        for word in &words {
            prop_assert_eq!(search_words([word.as_str()]), std::slice::from_ref(word));
        }
        prop_assert_eq!(search_words([words.join(" ").as_str()]), words);
    }
}

const PRICE: u64 = 4_500;

/// An amount that is the price, or another.
fn amounts() -> impl Strategy<Value = u64> {
    prop_oneof![Just(PRICE), PRICE - 2..PRICE + 2, any::<u64>()]
}

fn intents() -> impl Strategy<Value = Intent> {
    let status = prop_oneof![
        Just(IntentStatus::NotAuthorised),
        Just(IntentStatus::Authorised),
        Just(IntentStatus::Canceled),
        (amounts(), any::<bool>()).prop_map(|(received, refunded)| IntentStatus::Captured { received, refunded }),
    ];
    let currency = prop_oneof![Just(Some(Currency::Eur)), Just(Some(Currency::Usd)), Just(None)];
    (status, amounts(), currency).prop_map(|(status, amount, currency)| Intent { id: id(), status, amount, currency })
}

fn id() -> PaymentIntentId {
    PaymentIntentId::from_stripe("pi_1".to_owned())
}

fn orders() -> impl Strategy<Value = Order> {
    let moment = Timestamp::from_millis(1_795_000_000_000).unwrap();
    let state = prop_oneof![
        Just(OrderState::AwaitingPayment { intent: Some(id()) }),
        Just(OrderState::Capturing { intent: id() }),
        Just(OrderState::Cancelled { closed_at: moment, intent: Some(id()) }),
        Just(OrderState::Expired { closed_at: moment, intent: Some(id()), why: Expiry::PaidTooLate }),
        prop::option::of(Just(moment)).prop_map(move |refunded_at| OrderState::Paid {
            intent: id(),
            paid_at: moment,
            card: None,
            refunded_at
        }),
    ];
    state.prop_map(move |state| Order {
        id: OrderId::from_uuid(Uuid::from_u128(1)),
        buyer: UserId::from_uuid(Uuid::from_u128(2)),
        ticket: OrderTicket {
            id: TicketId::from_uuid(Uuid::from_u128(3)),
            facts: TicketFacts {
                title: Title::parse("Opera").unwrap(),
                price: Price::new(PRICE, Currency::Eur).unwrap(),
                venue: None,
                starts_at: None,
            },
        },
        hold: HoldNumber::from_number(2),
        expires_at: moment,
        created_at: moment,
        version: Version::FIRST,
        state,
    })
}

/// Whether a step takes money, gives a ticket away for it, or says that it was given back.
fn deals_with_money(step: Step) -> bool {
    match step {
        Step::Commit | Step::Capture | Step::RecordSale | Step::RecordRefund | Step::RefundStray => true,
        Step::ReleaseVoided
        | Step::ReleaseRunOut
        | Step::CancelIntent
        | Step::RemoveDue
        | Step::StartOver
        | Step::Rest
        | Step::Alarm(_) => false,
    }
}

proptest! {
    #[test]
    fn no_ticket_is_given_and_no_money_taken_for_another_sum_than_the_price(
        before in orders(),
        order in orders(),
        intent in intents(),
        elapsed in -5_000..5_000_i64,
    ) {
        let now = Timestamp::from_millis(order.expires_at.as_millis() + elapsed).unwrap();
        let step = next_step(Glance { now, before: &before, intent: Some(&intent), order: &order });
        let whole = match intent.status {
            IntentStatus::Captured { received, .. } => received == PRICE,
            IntentStatus::NotAuthorised | IntentStatus::Authorised | IntentStatus::Canceled => true,
        };
        if deals_with_money(step) {
            prop_assert!(whole && (intent.amount, intent.currency) == (PRICE, Some(Currency::Eur)), "{step:?}");
        }
        // Whatever was seen, nobody who has paid loses the ticket while the money stays with us.
        if matches!(intent.status, IntentStatus::Captured { refunded: false, .. }) {
            prop_assert!(!matches!(step, Step::ReleaseVoided | Step::ReleaseRunOut | Step::RemoveDue), "{step:?}");
        }
        // Money is reserved or taken for an order that has not ended: it ends by a sale, and not because time is over.
        if matches!(intent.status, IntentStatus::Authorised) && !order.is_closed() {
            prop_assert!(!matches!(step, Step::ReleaseVoided | Step::ReleaseRunOut | Step::CancelIntent), "{step:?}");
        }
    }
}
