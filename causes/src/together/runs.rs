//! Breaks whose source records stand next to each other in a file.

use std::collections::BTreeMap;

use ledger::{Break, BreakKind};

use super::{Explained, put_first_where_open};
use crate::catalogue::CauseId;
use crate::explanation::Says;
use crate::prover::Prover;

/// Is a run of neighbouring rows of a file.
struct Run {
    file: String,
    first: u64,
    last: u64,
    breaks: Vec<usize>,
}

impl Run {
    /// Rows of the file; several breaks may come from one, as the legs of a voucher do.
    fn rows(&self) -> u64 {
        self.last.saturating_sub(self.first).saturating_add(1)
    }
}

/// Names runs of missing records: the end or the beginning of a chunk was lost. Records that are
/// there under another key, or within another record, are not, nor are those from after the freeze.
pub(super) fn missing(prover: &Prover, breaks: &mut [Explained], is_paired: &[bool]) {
    let is_missing = |at: usize, (found, explanation): &Explained| {
        found.kind == BreakKind::Missing
            && is_paired.get(at) != Some(&true)
            && !matches!(explanation.causes.as_slice(), [CauseId::A7 | CauseId::T8])
    };
    let says = |run: &Run| {
        let (
            count,
            Run {
                file, first, last, ..
            },
        ) = (run.breaks.len(), run);
        Says {
            en: format!(
                "{count} records that stand next to each other are missing: rows {first} to {last} of {file}"
            ),
            zh: format!("连续 {count} 条记录缺失：{file} 第 {first} 至 {last} 行"),
        }
    };
    name_runs(prover, breaks, CauseId::A2, 2, is_missing, says);
}

/// Names the one run of vouchers of a file that are there without some of their legs: a run of the
/// conversion broke off between the heads of its last vouchers and their legs. Vouchers that lack
/// legs here and there were not struck by that.
pub(super) fn broken_off(prover: &Prover, breaks: &mut [Explained]) {
    if !prover.knows(CauseId::P3) {
        return;
    }
    let is_part = |_: usize, (found, explanation): &Explained| {
        found.kind == BreakKind::Missing && explanation.causes == [CauseId::A8]
    };
    let runs = runs(breaks, is_part);
    let mut of_files: BTreeMap<&str, usize> = BTreeMap::new();
    for run in &runs {
        let count = of_files.entry(run.file.as_str()).or_default();
        *count = count.saturating_add(1);
    }
    for run in &runs {
        let is_only = of_files.get(run.file.as_str()) == Some(&1);
        if !is_only || run.rows() < 2 {
            continue;
        }
        let Run {
            file, first, last, ..
        } = run;
        let says = Says {
            en: format!(
                "the vouchers of rows {first} to {last} of {file} are there in part: a run may have broken off"
            ),
            zh: format!("{file} 第 {first} 至 {last} 行的凭证只有一部分：批次可能中断"),
        };
        put_first_where_open(breaks, &run.breaks, CauseId::P3, &says);
    }
}

/// Names runs of records that are there more often than they should: their run was made twice.
pub(super) fn doubled(prover: &Prover, breaks: &mut [Explained]) {
    let is_doubled = |found: &Break| {
        found.kind == BreakKind::Copies && found.copies.actual > found.copies.expected
    };
    let times = breaks
        .iter()
        .find(|(found, _)| is_doubled(found))
        .map(|(found, _)| found.copies);
    let Some(times) = times else { return };
    let says = |run: &Run| {
        let (
            count,
            Run {
                file, first, last, ..
            },
        ) = (run.breaks.len(), run);
        let (is, should) = (times.actual, times.expected);
        Says {
            en: format!(
                "{count} neighbouring records are there {is} times instead of {should}: rows {first} to {last} of {file}"
            ),
            zh: format!(
                "连续 {count} 条记录出现 {is} 次，应为 {should} 次：{file} 第 {first} 至 {last} 行"
            ),
        }
    };
    name_runs(
        prover,
        breaks,
        CauseId::P1,
        3,
        |_, (found, _)| is_doubled(found) && found.copies == times,
        says,
    );
}

fn name_runs(
    prover: &Prover,
    breaks: &mut [Explained],
    cause: CauseId,
    least: u64,
    belongs: impl Fn(usize, &Explained) -> bool,
    says: impl Fn(&Run) -> Says,
) {
    if !prover.knows(cause) {
        return;
    }
    for run in runs(breaks, belongs) {
        // A record may come from many rows, as a total does, and several from one row.
        let records = u64::try_from(run.breaks.len()).unwrap_or(u64::MAX);
        if run.rows().min(records) < least {
            continue;
        }
        let says = says(&run);
        put_first_where_open(breaks, &run.breaks, cause, &says);
    }
}

fn runs(breaks: &[Explained], belongs: impl Fn(usize, &Explained) -> bool) -> Vec<Run> {
    let mut tables: BTreeMap<&str, BTreeMap<(&str, u64), Vec<usize>>> = BTreeMap::new();
    let belonging = breaks
        .iter()
        .enumerate()
        .filter(|(at, explained)| belongs(*at, explained));
    for (at, (found, _)) in belonging {
        for source in &found.source {
            if let (Some(file), Some(row)) = (&source.file, source.row) {
                let rows = tables.entry(&source.table).or_default();
                rows.entry((file, row)).or_default().push(at);
            }
        }
    }
    // A table that is only looked up in has fewer rows than that of the records.
    let most = tables.into_values().max_by_key(BTreeMap::len);
    let rows = most.unwrap_or_default();
    let mut runs: Vec<Run> = Vec::new();
    for ((file, row), at) in rows {
        match runs.last_mut() {
            Some(run) if run.file == file && row.checked_sub(1) == Some(run.last) => {
                run.last = row;
                run.breaks.extend(at);
            }
            _ => runs.push(Run {
                file: file.to_owned(),
                first: row,
                last: row,
                breaks: at,
            }),
        }
    }
    for run in &mut runs {
        run.breaks.sort_unstable();
        run.breaks.dedup();
    }
    runs
}
