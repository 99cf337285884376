//! Prices: whole minor units and a currency, never a fraction.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A currency code that is not in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a supported currency")]
pub struct UnknownCurrency;

/// A price outside what its currency allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPrice {
    /// Less than a card payment may be.
    #[error("must be at least {minimum} minor units of {currency}")]
    TooLow {
        /// The smallest amount, in minor units.
        minimum: u64,
        /// The price's currency.
        currency: Currency,
    },
    /// More than the marketplace takes.
    #[error("must be at most {maximum} minor units of {currency}")]
    TooHigh {
        /// The largest amount, in minor units.
        maximum: u64,
        /// The price's currency.
        currency: Currency,
    },
}

macro_rules! currencies {
    ($($variant:ident $code:literal $exponent:literal $minimum:literal $maximum:literal $name:literal)*) => {
        /// A supported currency of ISO 4217.
        ///
        /// The minimum is Stripe's smallest charge in that currency
        /// (<https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts>); the maximum is our own, about ten
        /// thousand dollars, well under Stripe's eight digits.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum Currency {
            $(#[doc = $name] $variant,)*
        }

        impl Currency {
            /// Every supported currency, in the order in which a form offers them.
            pub const ALL: &[Currency] = &[$(Currency::$variant),*];

            /// The ISO 4217 code in lower case.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// The name in English.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// Decimal places of the major unit: a price of 1234 with exponent 2 reads 12.34.
            #[must_use]
            pub fn exponent(self) -> u8 {
                match self { $(Self::$variant => $exponent),* }
            }

            /// The smallest price, in minor units.
            #[must_use]
            pub fn minimum(self) -> u64 {
                match self { $(Self::$variant => $minimum),* }
            }

            /// The largest price, in minor units.
            #[must_use]
            pub fn maximum(self) -> u64 {
                match self { $(Self::$variant => $maximum),* }
            }
        }

        impl FromStr for Currency {
            type Err = UnknownCurrency;

            fn from_str(code: &str) -> Result<Self, UnknownCurrency> {
                match code { $($code => Ok(Self::$variant),)* _ => Err(UnknownCurrency) }
            }
        }
    };
}

currencies! {
    Eur "eur" 2 50 1_000_000 "Euro"
    Usd "usd" 2 50 1_000_000 "US dollar"
    Gbp "gbp" 2 30 1_000_000 "Pound sterling"
    Chf "chf" 2 50 1_000_000 "Swiss franc"
    Sek "sek" 2 300 10_000_000 "Swedish krona"
    Nok "nok" 2 300 10_000_000 "Norwegian krone"
    Dkk "dkk" 2 250 7_000_000 "Danish krone"
    Pln "pln" 2 200 4_000_000 "Polish zloty"
    Czk "czk" 2 1_500 25_000_000 "Czech koruna"
    Cad "cad" 2 50 1_400_000 "Canadian dollar"
    Aud "aud" 2 50 1_500_000 "Australian dollar"
    Nzd "nzd" 2 50 1_700_000 "New Zealand dollar"
    Jpy "jpy" 0 50 1_500_000 "Japanese yen"
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl TryFrom<String> for Currency {
    type Error = UnknownCurrency;

    fn try_from(code: String) -> Result<Self, UnknownCurrency> {
        code.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.code().to_owned()
    }
}

/// What a ticket costs: an amount within the bounds of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Price {
    amount: u64,
    currency: Currency,
}

impl Price {
    /// A price of `amount` minor units.
    ///
    /// # Errors
    /// [`InvalidPrice`] when the currency does not allow that amount.
    pub fn new(amount: u64, currency: Currency) -> Result<Self, InvalidPrice> {
        let (minimum, maximum) = (currency.minimum(), currency.maximum());
        if amount < minimum {
            Err(InvalidPrice::TooLow { minimum, currency })
        } else if amount > maximum {
            Err(InvalidPrice::TooHigh { maximum, currency })
        } else {
            Ok(Self { amount, currency })
        }
    }

    /// The amount, in minor units of the currency.
    #[must_use]
    pub fn amount(self) -> u64 {
        self.amount
    }

    /// The currency of the amount.
    #[must_use]
    pub fn currency(self) -> Currency {
        self.currency
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_inclusive_in_every_currency() {
        for &currency in Currency::ALL {
            let (minimum, maximum) = (currency.minimum(), currency.maximum());
            assert!(minimum < maximum && maximum <= 99_999_999, "Stripe takes at most eight digits: {currency}");
            assert!(Price::new(minimum, currency).is_ok());
            assert!(Price::new(maximum, currency).is_ok());
            assert_eq!(Price::new(minimum - 1, currency), Err(InvalidPrice::TooLow { minimum, currency }));
            assert_eq!(Price::new(maximum + 1, currency), Err(InvalidPrice::TooHigh { maximum, currency }));
        }
    }

    #[test]
    fn a_price_is_its_amount_and_its_currency() {
        let price = Price::new(4_500, Currency::Sek).unwrap();
        assert_eq!((price.amount(), price.currency()), (4_500, Currency::Sek));
    }

    #[test]
    fn a_code_is_lower_case_and_known() {
        for &currency in Currency::ALL {
            assert_eq!(
                (currency.to_string().as_str(), String::from(currency).as_str()),
                (currency.code(), currency.code())
            );
            assert_eq!(Currency::try_from(currency.code().to_owned()), Ok(currency));
        }
        assert_eq!("eur".parse(), Ok(Currency::Eur));
        for wrong in ["EUR", "eu", "xxx", ""] {
            assert_eq!(wrong.parse::<Currency>(), Err(UnknownCurrency), "{wrong}");
        }
    }
}
