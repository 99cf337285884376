//! Stripe's test cards, by number and by the names of the payment methods that stand for them.

use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// Why an issuer refuses a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Decline {
    Generic,
    InsufficientFunds,
    LostCard,
    StolenCard,
    ExpiredCard,
    IncorrectCvc,
    ProcessingError,
    LiveCard,
}

impl Decline {
    /// The error's `code`.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Generic | Self::InsufficientFunds | Self::LostCard | Self::StolenCard | Self::LiveCard => {
                "card_declined"
            }
            Self::ExpiredCard => "expired_card",
            Self::IncorrectCvc => "incorrect_cvc",
            Self::ProcessingError => "processing_error",
        }
    }

    /// The error's `decline_code`.
    pub(crate) fn decline_code(self) -> &'static str {
        match self {
            Self::Generic => "generic_decline",
            Self::InsufficientFunds => "insufficient_funds",
            Self::LostCard => "lost_card",
            Self::StolenCard => "stolen_card",
            Self::ExpiredCard => "expired_card",
            Self::IncorrectCvc => "incorrect_cvc",
            Self::ProcessingError => "processing_error",
            Self::LiveCard => "test_mode_live_card",
        }
    }

    /// What a buyer is told.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::Generic | Self::LostCard | Self::StolenCard => "Your card was declined.",
            Self::InsufficientFunds => "Your card has insufficient funds.",
            Self::ExpiredCard => "Your card has expired.",
            Self::IncorrectCvc => "Your card's security code is incorrect.",
            Self::ProcessingError => "An error occurred while processing your card. Try again in a little bit.",
            Self::LiveCard => {
                "Your card was declined. Your request was in test mode, but used a non test card. For a list of valid \
                 test cards, visit: https://stripe.com/docs/testing."
            }
        }
    }
}

/// What is known of a card, and how it behaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Card {
    pub(crate) brand: String,
    pub(crate) last4: String,
    pub(crate) exp_month: u8,
    pub(crate) exp_year: u16,
    /// The issuer wants to see its customer first (3-D Secure).
    pub(crate) challenged: bool,
    pub(crate) decline: Option<Decline>,
}

/// How the test cards behave that do not simply pay.
const BEHAVIOURS: [(&str, bool, Option<Decline>); 16] = [
    ("4000000000000002", false, Some(Decline::Generic)),
    ("4000000000009995", false, Some(Decline::InsufficientFunds)),
    ("4000000000009987", false, Some(Decline::LostCard)),
    ("4000000000009979", false, Some(Decline::StolenCard)),
    ("4000000000000069", false, Some(Decline::ExpiredCard)),
    ("4000000000000127", false, Some(Decline::IncorrectCvc)),
    ("4000000000000119", false, Some(Decline::ProcessingError)),
    // An issuer that refuses once the card has been attached elsewhere; here, at once.
    ("4000000000000341", false, Some(Decline::Generic)),
    ("4000002500003155", true, None),
    ("4000002760003184", true, None),
    ("4000000000003220", true, None),
    ("4000000000003063", true, None),
    ("4000008260003178", true, Some(Decline::InsufficientFunds)),
    ("4000008400001629", true, Some(Decline::Generic)),
    ("4000008400001280", true, Some(Decline::ProcessingError)),
    ("4000003800000446", false, None),
];

/// Test cards that pay without a question.
const PAYING: [&str; 14] = [
    "4242424242424242",
    "4000056655665556",
    "4012888888881881",
    "5555555555554444",
    "2223003122003222",
    "5200828282828210",
    "5105105105105100",
    "378282246310005",
    "371449635398431",
    "6011111111111117",
    "6011000990139424",
    "3056930009020004",
    "3566002020360505",
    "6200000000000005",
];

/// Payment methods that every test account has.
const METHODS: [(&str, &str); 24] = [
    ("pm_card_visa", "4242424242424242"),
    ("pm_card_visa_debit", "4000056655665556"),
    ("pm_card_mastercard", "5555555555554444"),
    ("pm_card_mastercard_debit", "5200828282828210"),
    ("pm_card_mastercard_prepaid", "5105105105105100"),
    ("pm_card_amex", "378282246310005"),
    ("pm_card_discover", "6011111111111117"),
    ("pm_card_jcb", "3566002020360505"),
    ("pm_card_chargeDeclined", "4000000000000002"),
    ("pm_card_visa_chargeDeclined", "4000000000000002"),
    ("pm_card_chargeDeclinedInsufficientFunds", "4000000000009995"),
    ("pm_card_visa_chargeDeclinedInsufficientFunds", "4000000000009995"),
    ("pm_card_visa_chargeDeclinedLostCard", "4000000000009987"),
    ("pm_card_visa_chargeDeclinedStolenCard", "4000000000009979"),
    ("pm_card_chargeDeclinedExpiredCard", "4000000000000069"),
    ("pm_card_chargeDeclinedIncorrectCvc", "4000000000000127"),
    ("pm_card_chargeDeclinedProcessingError", "4000000000000119"),
    ("pm_card_authenticationRequired", "4000002760003184"),
    ("pm_card_authenticationRequiredOnSetup", "4000002500003155"),
    ("pm_card_threeDSecure2Required", "4000000000003220"),
    ("pm_card_threeDSecureRequired", "4000000000003063"),
    ("pm_card_threeDSecureRequiredChargeDeclined", "4000008400001629"),
    ("pm_card_authenticationRequiredChargeDeclined", "4000008400001629"),
    ("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", "4000008260003178"),
];

/// A year in which none of the cards behind a payment method's name has run out.
const FAR_YEAR: u16 = 2034;

/// The card behind the name of a payment method of Stripe's own.
pub(crate) fn by_method(name: &str) -> Option<Card> {
    let (_, number) = METHODS.iter().find(|(known, _)| *known == name)?;
    Some(with_number(number, 8, FAR_YEAR))
}

/// A card as it was typed; `today` is a year and a month.
pub(crate) fn typed(
    number: &str,
    exp_month: &str,
    exp_year: &str,
    cvc: Option<&str>,
    today: (u16, u8),
) -> Result<Card, Problem> {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    if !(12..=19).contains(&digits.len()) || !passes_luhn(&digits) {
        return Err(Problem::card("incorrect_number", "number", "Your card number is incorrect."));
    }
    let month = exp_month.parse().ok().filter(|month| (1..=12).contains(month));
    let Some(month) = month else {
        return Err(Problem::card("invalid_expiry_month", "exp_month", "Your card's expiration month is invalid."));
    };
    let year = exp_year.parse().ok().map(|year: u16| if year < 100 { year + 2000 } else { year });
    let Some(year) = year.filter(|year| (today.0..today.0 + 50).contains(year)) else {
        return Err(Problem::card("invalid_expiry_year", "exp_year", "Your card's expiration year is invalid."));
    };
    if (year, month) < today {
        return Err(Problem::card("invalid_expiry_month", "exp_month", "Your card's expiration month is invalid."));
    }
    let card = with_number(&digits, month, year);
    let length = if card.brand == "amex" { 3..=4 } else { 3..=3 };
    if cvc.is_some_and(|cvc| !length.contains(&cvc.len()) || !cvc.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(Problem::card("invalid_cvc", "cvc", "Your card's security code is invalid."));
    }
    Ok(card)
}

fn with_number(number: &str, exp_month: u8, exp_year: u16) -> Card {
    let known = BEHAVIOURS.iter().find(|(known, ..)| *known == number);
    let (challenged, decline) = match known {
        Some((_, challenged, decline)) => (*challenged, *decline),
        None if PAYING.contains(&number) => (false, None),
        None => (false, Some(Decline::LiveCard)),
    };
    let last4 = number[number.len().saturating_sub(4)..].to_owned();
    Card { brand: brand(number).to_owned(), last4, exp_month, exp_year, challenged, decline }
}

fn brand(number: &str) -> &'static str {
    match number.as_bytes() {
        [b'4', ..] => "visa",
        [b'5' | b'2', ..] => "mastercard",
        [b'3', b'4' | b'7', ..] => "amex",
        [b'3', b'5', ..] => "jcb",
        [b'3', ..] => "diners",
        [b'6', b'2', ..] => "unionpay",
        [b'6', ..] => "discover",
        _ => "unknown",
    }
}

fn passes_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(index, byte)| {
            let digit = u32::from(byte - b'0') << (index % 2);
            if digit > 9 { digit - 9 } else { digit }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: (u16, u8) = (2026, 11);

    fn card(number: &str) -> Card {
        typed(number, "12", "34", Some("123"), TODAY).expect("a card")
    }

    #[test]
    fn every_test_card_has_a_valid_number() {
        for number in PAYING.iter().chain(BEHAVIOURS.iter().map(|(number, ..)| number)) {
            assert!(passes_luhn(number), "{number}");
        }
        for (name, _) in METHODS {
            assert_ne!(by_method(name).expect(name).decline, Some(Decline::LiveCard), "{name}");
        }
    }

    #[test]
    fn cards_behave_as_stripe_says() {
        assert_eq!(card("4242 4242 4242 4242").decline, None);
        assert_eq!(card("4000000000000002").decline, Some(Decline::Generic));
        assert!(card("4000002760003184").challenged);
        assert_eq!(card("4539578763621486").decline, Some(Decline::LiveCard));
        let amex = typed("378282246310005", "1", "2030", Some("1234"), TODAY).expect("a card");
        assert_eq!((amex.brand.as_str(), amex.last4.as_str()), ("amex", "0005"));
    }

    #[test]
    fn what_was_typed_wrongly_is_named() {
        let code = |number, month, year, cvc| {
            typed(number, month, year, Some(cvc), TODAY).expect_err("refused").code().to_owned()
        };
        assert_eq!(code("4242424242424241", "12", "34", "123"), "incorrect_number");
        assert_eq!(code("4242424242424242", "13", "34", "123"), "invalid_expiry_month");
        assert_eq!(code("4242424242424242", "12", "25", "123"), "invalid_expiry_year");
        assert_eq!(code("4242424242424242", "10", "26", "123"), "invalid_expiry_month");
        assert_eq!(code("4242424242424242", "12", "34", "12"), "invalid_cvc");
    }
}
