//! Prices and dates as `Intl` writes them in the browser, from the patterns of the message files.
//!
//! ICU4X would do the same for every language at once, but its currencies are experimental and its data weighs more than
//! the rest of a function; a message file holds what one language needs. `site/assets-test` compares the fixture that
//! this module's test keeps with what `Intl` says of the same prices and moments.

use holdfast_domain::{Currency, Price, Timestamp};

use crate::language::{Language, fill};

/// A price: "€12.50".
pub(crate) fn price_text(language: Language, price: Price) -> String {
    let messages = language.messages();
    let code = price.currency().code();
    let symbols = messages.price_symbols.split(' ').filter_map(|entry| entry.split_once('='));
    let symbol = symbols.clone().find(|(known, _)| *known == code).map(|(_, symbol)| symbol);
    let amount = amount_text(language, price);
    match symbol {
        Some(symbol) => fill(messages.price_with_symbol, &[("symbol", symbol), ("amount", &amount)]),
        None => fill(messages.price_with_code, &[("symbol", &code.to_uppercase()), ("amount", &amount)]),
    }
}

/// The amount in major units, in groups of three: "1,234.50".
fn amount_text(language: Language, price: Price) -> String {
    let messages = language.messages();
    let (whole, fraction) = major_units(price);
    let mut text = String::new();
    for (index, digit) in whole.char_indices() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            text.push_str(messages.group_separator);
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push_str(messages.decimal_separator);
        text.push_str(&fraction);
    }
    text
}

/// The amount as machines read it: "1234.50".
pub(crate) fn decimal(price: Price) -> String {
    let (whole, fraction) = major_units(price);
    if fraction.is_empty() { whole } else { format!("{whole}.{fraction}") }
}

/// The digits before and behind the point.
fn major_units(price: Price) -> (String, String) {
    let exponent = usize::from(price.currency().exponent());
    let mut digits = format!("{:0>width$}", price.amount(), width = exponent + 1);
    let fraction = digits.split_off(digits.len() - exponent);
    (digits, fraction)
}

/// A date and time of UTC, which it says: a page does not know where its reader is. The page's script writes it again,
/// in the reader's own time zone.
pub(crate) fn utc_text(language: Language, moment: Timestamp) -> String {
    fill(language.messages().date_time_utc, &[("dateTime", &date_time(language, moment))])
}

fn date_time(language: Language, moment: Timestamp) -> String {
    let messages = language.messages();
    let moment = moment.to_datetime();
    let nth = |names: &'static str, index: u8| names.split('|').nth(usize::from(index)).unwrap_or_default();
    fill(
        messages.date_time,
        &[
            ("weekday", nth(messages.weekdays, moment.weekday().number_days_from_sunday())),
            ("day", &moment.day().to_string()),
            ("month", nth(messages.months, u8::from(moment.month()) - 1)),
            ("year", &moment.year().to_string()),
            ("hour", &moment.hour().to_string()),
            ("minute", &format!("{:02}", moment.minute())),
        ],
    )
}

/// The name of a currency.
pub(crate) fn currency_name(language: Language, currency: Currency) -> &'static str {
    let messages = language.messages();
    match currency {
        Currency::Eur => messages.currency_eur,
        Currency::Usd => messages.currency_usd,
        Currency::Gbp => messages.currency_gbp,
        Currency::Chf => messages.currency_chf,
        Currency::Sek => messages.currency_sek,
        Currency::Nok => messages.currency_nok,
        Currency::Dkk => messages.currency_dkk,
        Currency::Pln => messages.currency_pln,
        Currency::Czk => messages.currency_czk,
        Currency::Cad => messages.currency_cad,
        Currency::Aud => messages.currency_aud,
        Currency::Nzd => messages.currency_nzd,
        Currency::Jpy => messages.currency_jpy,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Prices of every currency and a moment of every month and weekday, in every language.
    fn formatted() -> Value {
        let of = |language: &Language| {
            let prices: Vec<_> = Currency::ALL
                .iter()
                .flat_map(|&currency| {
                    [currency.minimum(), 1_234, 123_456, currency.maximum()].map(|amount| (amount, currency))
                })
                .filter_map(|(amount, currency)| Price::new(amount, currency).ok())
                .map(|price| json!([price.amount(), price.currency().code(), price_text(*language, price)]))
                .collect();
            let dates: Vec<_> = (0..40)
                .map(|step| {
                    Timestamp::from_millis(1_763_856_300_000 + step * 29 * 86_400_000 + step * 3_300_000).unwrap()
                })
                .map(|moment| json!([moment.as_millis(), date_time(*language, moment)]))
                .collect();
            json!({"locale": language.messages().language_locale, "prices": prices, "dates": dates})
        };
        Language::ALL.iter().map(of).collect()
    }

    #[test]
    fn the_fixture_that_the_browser_s_side_is_compared_with_is_what_pages_say() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets-test/formatted.json");
        let kept: Value =
            std::fs::read_to_string(file).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let ours = formatted();
        if kept != ours {
            std::fs::write(file, format!("{}\n", serde_json::to_string(&ours).unwrap())).unwrap();
            panic!(
                "site/assets-test/formatted.json was out of date and is written anew: run the script tests, then commit it"
            );
        }
    }

    #[test]
    fn machines_read_a_point_and_no_groups() {
        assert_eq!(decimal(Price::new(123_456, Currency::Eur).unwrap()), "1234.56");
        assert_eq!(decimal(Price::new(50, Currency::Eur).unwrap()), "0.50");
        assert_eq!(decimal(Price::new(12_345, Currency::Jpy).unwrap()), "12345");
    }
}
