//! What is no rehearsal, and is refused with its place and the mend.

use std::num::NonZeroUsize;

use ledger::{Break, Record};
use shadow::{Cause, Currency, Rehearsal, Table};

use crate::auditor::audit;
use crate::story::read;

const BOOK: &str = "voucher text key | amount money | day date\n V1 | 5.00 | 2013-05-27";

fn refused(table: &Table, samples: &[Record], baseline: &[Break], taken: &[Record]) -> String {
    let rehearsal = Rehearsal {
        seed: 1,
        per_cause: NonZeroUsize::MIN,
        causes: Cause::ALL,
        table,
        samples,
        baseline,
        taken,
    };
    rehearsal.plan().expect_err("it makes no sense").to_string()
}

#[test]
fn tables_that_contradict_themselves_are_refused() {
    let (table, samples) = read(BOOK);
    let mut twice = table.clone();
    twice.columns[1].name = "voucher".to_owned();
    assert_eq!(
        refused(&twice, &samples, &[], &[]),
        "the table has the column `voucher` twice; give each column a name of its own"
    );
    let mut blind = table.clone();
    blind
        .columns
        .iter_mut()
        .for_each(|one| one.is_compared = false);
    assert_eq!(
        refused(&blind, &samples, &[], &[]),
        "no column of the table is compared; name at least one that is"
    );
    let mut lost = table;
    lost.currency = Currency::Column("ccy".to_owned());
    assert_eq!(
        refused(&lost, &samples, &[], &[]),
        "the currency is in `ccy`, and the table has no such column; name one of its own"
    );
}

#[test]
fn samples_that_are_no_records_of_the_table_are_refused() {
    let (table, samples) = read(BOOK);
    let with = |at: usize, value: &str| {
        let mut samples = vec![samples[0].clone(), samples[0].clone()];
        samples[1].0[at].1 = Some(value.into());
        refused(&table, &samples, &[], &[])
    };
    assert_eq!(
        with(1, "1.234"),
        "sample 2: `amount` holds `1.234`, which is not an amount of 2 decimals; pass it as a report writes it"
    );
    assert_eq!(
        with(2, "27.05.2013"),
        "sample 2: `day` holds `27.05.2013`, which is not a date; pass it as a report writes it"
    );
    let mut short = samples.clone();
    short[0].0.pop();
    assert_eq!(
        refused(&table, &short, &[], &[]),
        "sample 1: the column `day` is missing; pass each record with all its columns"
    );
    let mut long = samples;
    long[0].push("memo", None);
    assert_eq!(
        refused(&table, &long, &[], &[]),
        "sample 1: the column `memo` is none of the table's; pass each record with all its columns"
    );
}

#[test]
fn breaks_and_keys_of_another_agreement_are_refused() {
    let (table, samples) = read(BOOK);
    let (other, records) = read("account text key | balance money\n A1 | 5.00");
    let baseline = audit(&other, &records, &[]);
    assert_eq!(
        refused(&table, &samples, &baseline, &[]),
        "baseline break 1: the column `voucher` is missing; pass only what belongs to this agreement"
    );
    assert_eq!(
        refused(&table, &samples, &[], &records),
        "taken key 1: the column `voucher` is missing; pass only what belongs to this agreement"
    );
}

#[test]
fn no_samples_are_no_mistake_and_plant_nothing() {
    let (table, _) = read(BOOK);
    let rehearsal = Rehearsal {
        seed: 1,
        per_cause: NonZeroUsize::MIN,
        causes: Cause::ALL,
        table: &table,
        samples: &[],
        baseline: &[],
        taken: &[],
    };
    let planted = rehearsal.plan().unwrap();
    assert!(planted.faults.is_empty());
    assert_eq!(planted.not_rehearsed.len(), 70);
}
