//! A day's income, divided to the fen.

use std::num::NonZeroUsize;

use proptest::prelude::*;
use ruixin_bao::income::{Distribution, IncomeError, Register, per_ten_thousand};

fn distribute(income_fen: i64, shares: &[i64]) -> Result<(Distribution, Vec<i64>), IncomeError> {
    let holders: Vec<u64> = (1..).take(shares.len()).collect();
    let mut incomes = vec![i64::MIN; shares.len()];
    let register = Register::new(&holders, shares)?;
    let distribution = register.distribute(income_fen, &mut incomes)?;
    Ok((distribution, incomes))
}

/// Income, shares, incomes; income per ten thousand shares.
#[test]
fn incomes_are_cut_and_the_residue_goes_to_those_with_most_cut_off() {
    let table: &[(i64, &[i64], &[i64], &str)] = &[
        // 83.34 yuan at 1.2000: exactly a fen. A fen less of shares: cut to nothing.
        (120, &[8_334, 991_666], &[1, 119], "1.2000"),
        (120, &[8_333, 991_667], &[1, 119], "1.2000"),
        // Nobody has anything cut off.
        (3, &[100, 100, 100], &[1, 1, 1], "100.0000"),
        // The same cut off: the lowest numbers first.
        (4, &[100, 100, 100], &[2, 1, 1], "133.3333"),
        (5, &[100, 100, 100], &[2, 2, 1], "166.6667"),
        (1, &[7, 7, 7], &[1, 0, 0], "476.1905"),
        // More cut off goes before lower numbers.
        (1, &[1, 2, 3], &[0, 0, 1], "1666.6667"),
        (2, &[1, 2, 3], &[0, 1, 1], "3333.3333"),
        // Holders without shares get nothing, even of the residue.
        (2, &[0, 1, 0, 1, 1], &[0, 1, 0, 1, 0], "6666.6667"),
        (1, &[0, 0, 5], &[0, 0, 1], "2000.0000"),
        // An income larger than the fund.
        (1_001, &[2, 1], &[667, 334], "3336666.6667"),
        (0, &[5, 6], &[0, 0], "0.0000"),
        (0, &[0, 0], &[0, 0], "0.0000"),
        (0, &[], &[], "0.0000"),
        // Days of loss: the mirror.
        (-4, &[100, 100, 100], &[-2, -1, -1], "-133.3333"),
        (-1, &[1, 2, 3], &[0, 0, -1], "-1666.6667"),
        (-6, &[1, 2, 3], &[-1, -2, -3], "-10000.0000"),
        (-5, &[1, 2, 3], &[-1, -2, -2], "-8333.3333"),
        (-5, &[0, 6], &[0, -5], "-8333.3333"),
    ];
    for (income, shares, expect, published) in table {
        let (distribution, incomes) = distribute(*income, shares).unwrap();
        assert_eq!(incomes, *expect, "{income} on {shares:?}");
        assert_eq!(
            distribution.per_ten_thousand.to_string(),
            *published,
            "{income} on {shares:?}"
        );
        assert_eq!(distribution.cut_fen + distribution.residue_fen, *income);
        assert_eq!(distribution.shares, shares.iter().sum::<i64>());
    }
}

#[test]
fn the_published_figure_is_rounded_to_the_nearest() {
    let table = [
        (12_000, 100_000_000, "1.2000"),
        (1, 200_000_000, "0.0001"),
        (1, 200_000_001, "0.0000"),
        (-1, 200_000_000, "-0.0001"),
        (i64::MAX, 1, "92233720368547758070000.0000"),
        (i64::MIN, i64::MAX, "-10000.0000"),
    ];
    for (income, shares, expect) in table {
        assert_eq!(
            per_ten_thousand(income, shares).unwrap().to_string(),
            expect
        );
    }
    assert_eq!(per_ten_thousand(5, 0), None);
    assert_eq!(per_ten_thousand(5, -1), None);
}

#[test]
fn what_cannot_be_divided_is_an_error() {
    let code = |income, shares: &[i64]| distribute(income, shares).unwrap_err().code();
    assert_eq!(code(1, &[]), "income_without_shares");
    assert_eq!(code(-1, &[0, 0]), "income_without_shares");
    assert_eq!(code(1, &[5, -1, 3]), "income_shares_negative");
    assert_eq!(code(1, &[i64::MAX, 1]), "income_shares_overflow");
    assert_eq!(code(-12, &[5, 6]), "income_loss_exceeds_shares");
    assert_eq!(code(i64::MIN, &[i64::MAX]), "income_loss_exceeds_shares");
    assert_eq!(
        distribute(-12, &[5, 6]).unwrap_err().to_string(),
        "the loss of 12 fen is 1 fen more than all shares, 11 fen, are worth"
    );
    let of = |holders: &[u64], shares: &[i64]| Register::new(holders, shares).err();
    let (before, row) = (2, 2);
    let not_ascending = |holder| {
        Some(IncomeError::NotAscending {
            row,
            before,
            holder,
        })
    };
    assert_eq!(of(&[1, 2, 2], &[1, 1, 1]), not_ascending(2));
    assert_eq!(of(&[1, 2, 0], &[1, 1, 1]), not_ascending(0));
    assert!(matches!(
        of(&[1, 2], &[1]),
        Some(IncomeError::Lengths { .. })
    ));
    let register = Register::new(&[1, 2], &[1, 1]).unwrap();
    assert!(register.distribute(1, &mut [0]).is_err());
}

#[test]
fn the_largest_figures_are_divided_exactly() {
    let half = i64::MAX / 2;
    let (_, incomes) = distribute(i64::MAX, &[half, half]).unwrap();
    assert_eq!(incomes, [half + 1, half]);
    let (_, incomes) = distribute(-i64::MAX, &[half, half, 1]).unwrap();
    assert_eq!(incomes, [-half, -half, -1]);
    let (_, incomes) = distribute(i64::MAX, &[1]).unwrap();
    assert_eq!(incomes, [i64::MAX]);
}

/// The same by long division and a full sort, in any order of the holders.
pub(crate) fn naive(income_fen: i64, register: &[(u64, i64)]) -> Vec<(u64, i64)> {
    let total: i128 = register.iter().map(|(_, shares)| i128::from(*shares)).sum();
    let amount = i128::from(income_fen).abs();
    let mut rows: Vec<(u64, i128, i128)> = register
        .iter()
        .map(|(holder, shares)| {
            let product = amount * i128::from(*shares);
            (*holder, product / total, product % total)
        })
        .collect();
    let residue = amount - rows.iter().map(|(_, cut, _)| cut).sum::<i128>();
    rows.sort_by_key(|(holder, _, remainder)| (-remainder, *holder));
    for row in rows.iter_mut().take(usize::try_from(residue).unwrap()) {
        row.1 += 1;
    }
    rows.sort_unstable();
    let sign = i128::from(income_fen.signum());
    let rows = rows.into_iter();
    rows.map(|(holder, cut, _)| (holder, i64::try_from(cut * sign).unwrap()))
        .collect()
}

fn any_register() -> impl Strategy<Value = Vec<(u64, i64)>> {
    let shares = prop_oneof![
        Just(0_i64),
        Just(100),
        0..200_i64,
        0..10_000_000_i64,
        0..1_000_000_000_000_i64,
    ];
    proptest::collection::vec((1..1_000_000_u64, shares), 1..400)
}

fn by_holder(register: &[(u64, i64)]) -> (Vec<u64>, Vec<i64>) {
    let map: std::collections::BTreeMap<u64, i64> = register.iter().copied().collect();
    map.into_iter().unzip()
}

proptest! {
    #[test]
    fn the_sum_is_the_income_and_every_income_is_that_of_the_naive_way(
        register in any_register(),
        income in prop_oneof![-300..300_i64, -1_000_000..1_000_000_i64, any::<i32>().prop_map(i64::from)],
        rotation in 0..400_usize,
        threads in prop_oneof![1..9_usize, Just(usize::MAX)],
    ) {
        let (holders, shares) = by_holder(&register);
        let total: i64 = shares.iter().sum();
        prop_assume!(total > 0 && income >= -total);
        let columns = Register::new(&holders, &shares).unwrap();
        let mut incomes = vec![i64::MIN; shares.len()];
        let distribution = columns.distribute(income, &mut incomes).unwrap();
        prop_assert_eq!(incomes.iter().sum::<i64>(), income);

        // In another order of the holders, without anything that the fast way does.
        let mut rows: Vec<(u64, i64)> = holders.iter().copied().zip(shares.iter().copied()).collect();
        let rotation = rotation % rows.len();
        rows.rotate_left(rotation);
        let expect: Vec<i64> = naive(income, &rows).into_iter().map(|(_, income)| income).collect();
        prop_assert_eq!(&incomes, &expect);

        // Threads change nothing.
        let mut on_threads = vec![i64::MIN; shares.len()];
        let threads = NonZeroUsize::new(threads).unwrap();
        let other = columns.distribute_on(threads, income, &mut on_threads).unwrap();
        prop_assert_eq!(on_threads, incomes.clone());
        prop_assert_eq!(other, distribution);

        for (shares, income) in shares.iter().zip(&incomes) {
            prop_assert!(shares + income >= 0);
            prop_assert!(*shares > 0 || *income == 0);
        }
        // The published figure is made again from the totals.
        prop_assert_eq!(per_ten_thousand(income, total), Some(distribution.per_ten_thousand));
    }

    #[test]
    fn nobody_is_off_by_a_whole_fen(register in any_register(), income in 1..1_000_000_i64) {
        let (holders, shares) = by_holder(&register);
        let total: i128 = shares.iter().map(|shares| i128::from(*shares)).sum();
        prop_assume!(total > 0);
        let mut incomes = vec![0; shares.len()];
        Register::new(&holders, &shares).unwrap().distribute(income, &mut incomes).unwrap();
        for (shares, found) in shares.iter().zip(&incomes) {
            let exact = i128::from(income) * i128::from(*shares);
            prop_assert!((exact - i128::from(*found) * total).abs() < total);
        }
    }
}

#[test]
fn many_holders_with_the_same_shares_share_one_bucket() {
    let shares = vec![12_345; 100_000];
    let (distribution, incomes) = distribute(177_777, &shares).unwrap();
    assert_eq!(distribution.residue_fen, 77_777);
    assert!(incomes[..77_777].iter().all(|income| *income == 2));
    assert!(incomes[77_777..].iter().all(|income| *income == 1));
}
