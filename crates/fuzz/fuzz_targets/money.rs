//! An amount of money, as proposals and policies state it: exact, never negative, at most two decimals.

#![no_main]

use governance::money::Money;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(money) = Money::try_from(text.to_owned()) else { return };
    let shown = String::from(money.clone());
    assert_eq!(Money::try_from(shown.clone()).as_ref(), Ok(&money), "{text:?} is shown as {shown:?}");
    assert!(text.len() <= 15 && shown.len() <= 15, "{text:?} is shown as {shown:?}");
    let cents = |shown: &str| shown.replace('.', "").parse::<u64>().expect("digits with one point among them");
    let (weekly, yearly, monthly) =
        (cents(&shown), cents(&String::from(money.yearly())), cents(&String::from(money.monthly())));
    assert_eq!(yearly, weekly * 52);
    assert!((monthly * 12).abs_diff(yearly) <= 6, "{monthly} a month for {yearly} a year");
});
