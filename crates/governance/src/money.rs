//! Money: decimal, never a float.

use std::str::FromStr;

use bigdecimal::{BigDecimal, RoundingMode};
use serde::{Deserialize, Serialize};

/// An amount of at least 0 with at most two decimals and twelve digits before them; a string in JSON.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, pattern = r"^[0-9]{1,12}(\.[0-9]{1,2})?$", example = "1200.00")]
pub struct Money(BigDecimal);

impl Money {
    /// The amount.
    pub fn amount(&self) -> &BigDecimal {
        &self.0
    }

    /// What so much a week comes to in a year of 52 weeks.
    #[must_use]
    pub fn yearly(&self) -> Self {
        Self(&self.0 * BigDecimal::from(52))
    }

    /// What so much a week comes to in a month: a twelfth of the year, to the cent, halves to the even one.
    #[must_use]
    pub fn monthly(&self) -> Self {
        Self((self.yearly().0 / BigDecimal::from(12)).with_scale_round(2, RoundingMode::HalfEven))
    }
}

impl TryFrom<String> for Money {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const RULE: &str = "must be a string like \"1200.00\": digits, at most two of them after the point";
        let (whole, cents) = text.split_once('.').unwrap_or((&text, "0"));
        let digits = |part: &str, most| (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole, 12) || !digits(cents, 2) {
            return Err(RULE);
        }
        BigDecimal::from_str(&text).map(Self).map_err(|_| RULE)
    }
}

impl From<Money> for String {
    fn from(money: Money) -> Self {
        money.0.with_scale(2).to_plain_string()
    }
}

impl From<BigDecimal> for Money {
    fn from(amount: BigDecimal) -> Self {
        Self(amount)
    }
}

#[cfg(test)]
mod tests {
    use super::Money;

    #[test]
    fn a_month_is_a_twelfth_of_fifty_two_weeks() {
        for (weekly, monthly, yearly) in [
            ("0", "0.00", "0.00"),
            ("100", "433.33", "5200.00"),
            ("0.03", "0.13", "1.56"),
            ("1200.50", "5202.17", "62426.00"),
        ] {
            let weekly = Money::try_from(weekly.to_owned()).expect("money");
            assert_eq!(
                (String::from(weekly.monthly()), String::from(weekly.yearly())),
                (monthly.into(), yearly.into())
            );
        }
    }

    #[test]
    fn only_plain_amounts_are_taken() {
        for (text, shown) in
            [("0", "0.00"), ("5000", "5000.00"), ("12.5", "12.50"), ("999999999999.99", "999999999999.99")]
        {
            assert_eq!(Money::try_from(text.to_owned()).map(String::from), Ok(shown.to_owned()));
        }
        for bad in ["", "-1", "+1", "1.", ".5", "1.234", "1e9", "NaN", "1 000", "1000000000000"] {
            assert!(Money::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
