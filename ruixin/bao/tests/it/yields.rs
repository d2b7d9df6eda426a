//! The seven-day annualised yield on both bases.

use ledger::Decimal;
use ruixin_bao::yields::{daily_carry, monthly_carry};

fn week(incomes: &[&str]) -> [Decimal; 7] {
    std::array::from_fn(|at| incomes[at % incomes.len()].parse().unwrap())
}

#[test]
fn both_bases_are_what_they_are_published_as() {
    let table: &[(&[&str], &str, &str)] = &[
        (&["1.2"], "4.380", "4.477"),
        (&["1.2000"], "4.380", "4.477"),
        (&["0"], "0.000", "0.000"),
        (
            &["1.1", "1.15", "1.2", "1.25", "1.3", "1.35", "1.4"],
            "4.563",
            "4.668",
        ),
        (
            &["1.8306", "1.8306", "1.8306", "1.7", "1.6", "1.5", "1.4222"],
            "6.108",
            "6.298",
        ),
        (&["-1.2"], "-4.380", "-4.286"),
        (&["0.0001"], "0.000", "0.000"),
        (&["100"], "365.000", "3678.343"),
        (
            &["900", "0", "0", "0", "0", "0", "0"],
            "469.286",
            "8843.851",
        ),
        (
            &["-5000", "0", "0", "0", "0", "0", "0"],
            "-2607.143",
            "-100.000",
        ),
        (&["-9999.9999"], "-36500.000", "-100.000"),
    ];
    for (incomes, monthly, daily) in table {
        let week = week(incomes);
        assert_eq!(
            monthly_carry(&week).unwrap().percent.to_string(),
            *monthly,
            "{incomes:?}"
        );
        assert_eq!(
            daily_carry(&week).unwrap().percent.to_string(),
            *daily,
            "{incomes:?}"
        );
    }
}

#[test]
fn the_basis_is_said() {
    let week = week(&["1.2"]);
    assert_eq!(
        monthly_carry(&week).unwrap().to_string(),
        "4.380 % (carried monthly)"
    );
    assert_eq!(
        daily_carry(&week).unwrap().to_string(),
        "4.477 % (carried daily)"
    );
}

#[test]
fn the_approximation_by_the_sum_is_another_figure() {
    // (1 + ΣRi / 10,000)^(365 / 7) − 1, as one finds it in programs, would be 13.314 %.
    let week = week(&["3", "3", "3", "3", "3", "3", "6"]);
    assert_eq!(daily_carry(&week).unwrap().percent.to_string(), "13.328");
}

#[test]
fn a_tie_is_rounded_away_from_zero_in_the_exact_figure() {
    // 0.0014 × 365 / 700 is 0.00073 percent, 0.0009 is 0.00047.
    let sum = |income: &str| week(&[income, "0", "0", "0", "0", "0", "0"]);
    assert_eq!(
        monthly_carry(&sum("0.0014")).unwrap().percent.to_string(),
        "0.001"
    );
    assert_eq!(
        monthly_carry(&sum("0.0009")).unwrap().percent.to_string(),
        "0.000"
    );
    // 0.0700 × 365 / 700 is 0.0365 percent exactly, a tie.
    assert_eq!(
        monthly_carry(&sum("0.07")).unwrap().percent.to_string(),
        "0.037"
    );
    assert_eq!(
        monthly_carry(&sum("-0.07")).unwrap().percent.to_string(),
        "-0.037"
    );
}

#[test]
fn what_is_no_income_or_out_of_range_is_an_error() {
    let monthly = |income: &str| monthly_carry(&week(&[income])).map_err(|error| error.code());
    let daily = |income: &str| daily_carry(&week(&[income])).map_err(|error| error.code());
    assert_eq!(monthly("1.20001"), Err("yield_too_many_decimals"));
    assert_eq!(daily("1.20001"), Err("yield_too_many_decimals"));
    assert_eq!(daily("-10000"), Err("yield_nothing_left"));
    assert_eq!(daily("-10000.0001"), Err("yield_nothing_left"));
    assert_eq!(daily("1000"), Err("yield_out_of_range"));
    let most = [Decimal::new(i128::MAX, 4); 7];
    assert!(monthly_carry(&most).is_err());
    assert!(daily_carry(&most).is_err());
    let least = [Decimal::new(i128::MIN, 0); 7];
    assert!(monthly_carry(&least).is_err());
    assert!(daily_carry(&least).is_err());
}
