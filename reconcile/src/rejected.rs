//! Records that could not be converted: for which reasons, and which breaks are there for them.

use crate::prepare::Agreement;
use causes::{CauseId, Explanation, Says, Tried};
use footing::{Class, Side};
use ledger::{Break, BreakKind, CauseStatus, Decimal, Record, RejectLine, Sides, SourceRecord};
use rules::sql::{Reject, RejectedRecord, SourceColumn};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Rejects of which so many are remembered by their keys; of more, only how many there are.
const REMEMBERED_MAX: usize = 100_000;

/// Reasons that are told apart; what has others is counted together.
const REASONS_MAX: usize = 1_000;

/// What the reason begins with of a record that misses a requirement.
const REQUIRE: &str = "require: ";

/// The word of a report for the book of a side.
pub(crate) fn book_of(side: Side) -> &'static str {
    match side {
        Side::Expected => "source",
        Side::Actual => "target",
    }
}

/// A reject as evidence and reports have it.
pub(crate) fn written(agreement: &Agreement, side: Side, reject: Reject) -> ledger::Reject {
    ledger::Reject {
        agreement: agreement.name.clone(),
        book: book_of(side).to_owned(),
        reason: reject.reason,
        record: reject.values.into_iter().collect(),
        source: reject.sources.into_iter().map(SourceRecord::from).collect(),
    }
}

/// A break with what is said of it so far.
type Explained = (Break, Explanation);

/// The values of a key, spelled alike on both sides.
type Key = Vec<Option<String>>;

/// What is known of the rejects of one agreement, for the breaks that are there because of them.
#[derive(Debug, Default)]
pub(crate) struct Rejected {
    /// What the columns of the key hold.
    classes: Vec<Class>,
    trails: [Option<KeyTrail>; 2],
    sides: [OfSide; 2],
}

/// The way from a rejected record to its key: for each of its columns the one of the book that is
/// handed on as it is.
#[derive(Debug)]
struct KeyTrail(Vec<SourceColumn>);

/// The rejects of one side.
#[derive(Debug, Default)]
struct OfSide {
    count: u64,
    /// Those whose key is not known.
    keyless: u64,
    known: BTreeMap<Key, Known>,
}

/// The rejects of one key.
#[derive(Debug)]
struct Known {
    count: u64,
    /// Where the first of them stands.
    place: String,
    reason: String,
}

impl KeyTrail {
    /// None where there is no key, or a column of it is computed.
    fn of(agreement: &Agreement, side: Side) -> Option<Self> {
        let layout = &agreement.layout;
        let origins = agreement.side(side).comes_from();
        let origin = |at: &usize| {
            let column = layout.columns().get(*at)?;
            origins.get(column.index[side as usize])?.same_as.clone()
        };
        let columns: Vec<SourceColumn> = layout.key().iter().map(origin).collect::<Option<_>>()?;
        (!columns.is_empty()).then_some(Self(columns))
    }

    /// The key of a record, where the record is one and not several, and its values can be spelled.
    fn key_of(&self, classes: &[Class], reject: &Reject) -> Option<Key> {
        let value = |(origin, class): (&SourceColumn, &Class)| {
            let is_own = |record: &&RejectedRecord| {
                record.side == origin.side && record.table == origin.table
            };
            let mut own = reject.sources.iter().filter(is_own);
            let (Some(record), None) = (own.next(), own.next()) else {
                return None;
            };
            let (_, value) = record
                .record
                .iter()
                .find(|(name, _)| *name == origin.column)?;
            spelled(*class, value.as_deref())
        };
        self.0.iter().zip(classes).map(value).collect()
    }
}

/// A value as both sides spell it, and NULL; none of what has more than one spelling.
fn spelled(class: Class, value: Option<&str>) -> Option<Option<String>> {
    let Some(text) = value else {
        return Some(None);
    };
    match class {
        Class::Text | Class::Date => Some(Some(text.to_owned())),
        Class::Number { .. } => {
            let number: Decimal = text.parse().ok()?;
            Some(Some(number.normalized().to_string()))
        }
        _ => None,
    }
}

impl Rejected {
    /// Prepares to take the rejects of an agreement.
    pub(crate) fn of(agreement: &Agreement) -> Self {
        let layout = &agreement.layout;
        let class = |at: &usize| layout.columns()[*at].class;
        Self {
            classes: layout.key().iter().map(class).collect(),
            trails: [Side::Expected, Side::Actual].map(|side| KeyTrail::of(agreement, side)),
            sides: Default::default(),
        }
    }

    /// Takes a reject of one side.
    pub(crate) fn take(&mut self, side: Side, reject: &Reject) {
        let trail = self.trails[side as usize].as_ref();
        let key = trail.and_then(|trail| trail.key_of(&self.classes, reject));
        let own = &mut self.sides[side as usize];
        own.count += 1;
        let Some(key) = key else {
            own.keyless += 1;
            return;
        };
        let is_full = own.known.len() >= REMEMBERED_MAX;
        match own.known.get_mut(&key) {
            Some(known) => known.count += 1,
            None if is_full => own.keyless += 1,
            None => {
                let known = Known {
                    count: 1,
                    place: reject.sources.first().map(shown).unwrap_or_default(),
                    reason: reject.reason.clone(),
                };
                own.known.insert(key, known);
            }
        }
    }

    /// How many rejects a side has, where any record may be one of them.
    pub(crate) fn unplaced(&self) -> Sides {
        let [expected, actual] = self.sides.each_ref().map(|side| match side.keyless {
            0 => 0,
            _ => side.count,
        });
        Sides { expected, actual }
    }

    /// Says of a break that a record of its key was rejected, where one was. Which of several records
    /// of a key that is, the break alone does not tell.
    pub(crate) fn tell(&self, found: &Break, why: &mut Explanation) {
        if let Some((side, _, known)) = self.known(found) {
            explain(side, known, false, why);
        }
    }

    /// Has breaks, which are all there are, looked at together, and says of those whose records were
    /// rejected that they were. Where it is sure of one, its record is neither missing nor too many: it
    /// stands under no other key, is a part of no other record, and takes no part in the look.
    pub(crate) fn tell_together(
        &self,
        mut breaks: Vec<Explained>,
        look: impl FnOnce(&mut [Explained]),
    ) -> Vec<Explained> {
        if self.sides.iter().all(|side| side.known.is_empty()) {
            look(&mut breaks);
            return breaks;
        }
        // A look must know which breaks may be there for a reject.
        self.tell_all(&mut breaks);
        let is_settled = |(_, (_, why)): &(usize, Explained)| {
            why.status == CauseStatus::Proved && why.causes == [CauseId::A4]
        };
        let (mut told, open): (Vec<_>, Vec<_>) =
            breaks.into_iter().enumerate().partition(is_settled);
        let (places, mut open): (Vec<usize>, Vec<Explained>) = open.into_iter().unzip();
        look(&mut open);
        // What a look names comes behind the reject.
        self.tell_all(&mut open);
        told.extend(places.into_iter().zip(open));
        told.sort_unstable_by_key(|(place, _)| *place);
        told.into_iter().map(|(_, explained)| explained).collect()
    }

    /// Says of breaks, which are all there are but for those of other keys, that their records were
    /// rejected, where they were.
    fn tell_all(&self, breaks: &mut [Explained]) {
        let mut lost: BTreeMap<(Side, Key), u64> = BTreeMap::new();
        for (found, _) in breaks.iter() {
            if let Some((side, key, _)) = self.known(found) {
                let records = found.copies.expected.abs_diff(found.copies.actual);
                *lost.entry((side, key)).or_default() += records;
            }
        }
        for (found, why) in breaks.iter_mut() {
            if let Some((side, key, known)) = self.known(found) {
                let lost = lost.get(&(side, key)).copied().unwrap_or_default();
                explain(side, known, lost <= known.count, why);
            }
        }
    }

    /// The rejects of a break's key, on the side that lacks its record.
    fn known(&self, found: &Break) -> Option<(Side, Key, &Known)> {
        let side = match found.kind {
            BreakKind::Missing => Side::Actual,
            BreakKind::Extra => Side::Expected,
            BreakKind::Copies if found.copies.actual < found.copies.expected => Side::Actual,
            BreakKind::Copies => Side::Expected,
            BreakKind::Differs => return None,
        };
        let known = &self.sides[side as usize].known;
        if known.is_empty() {
            return None;
        }
        let values = found.key.0.iter().map(|(_, value)| value.as_deref());
        let spell = |(value, class): (Option<&str>, &Class)| spelled(*class, value);
        let key: Key = values
            .zip(&self.classes)
            .map(spell)
            .collect::<Option<_>>()?;
        let of_key = known.get(&key)?;
        Some((side, key, of_key))
    }
}

/// Names the reject before all that was named, which is refuted where the reject is sure to be the
/// record that is lacking.
fn explain(side: Side, known: &Known, is_sure: bool, why: &mut Explanation) {
    let (book, Known { place, reason, .. }) = (book_of(side), known);
    let book_zh = match side {
        Side::Expected => "源账",
        Side::Actual => "新账",
    };
    let says = match is_sure {
        true => Says {
            en: format!("its record in the {book} ({place}) was rejected: {reason}"),
            zh: format!("它在{book_zh}中的记录（{place}）被拒收：{reason}"),
        },
        false => Says {
            en: format!("a record of its key in the {book} ({place}) was rejected: {reason}"),
            zh: format!("{book_zh}中与它同键的一笔记录（{place}）被拒收：{reason}"),
        },
    };
    let named = std::mem::take(&mut why.causes).into_iter();
    let mut rivals: Vec<CauseId> = named.chain(std::mem::take(&mut why.rivals)).collect();
    rivals.retain(|cause| !is_sure && *cause != CauseId::A4);
    rivals.sort_by_key(|cause| CauseId::ALL.iter().position(|known| known == cause));
    rivals.dedup();
    if !why.tried.is_empty() {
        // That the record is not there is what has turned out not to be so.
        why.tried
            .retain(|tried| tried.cause != CauseId::A4 && !(is_sure && tried.reproduces));
        let tried = Tried {
            cause: CauseId::A4,
            says: says.clone(),
            gives: None,
            reproduces: true,
        };
        why.tried.insert(0, tried);
    }
    why.status = match is_sure {
        true => CauseStatus::Proved,
        false => CauseStatus::Consistent,
    };
    why.causes = vec![CauseId::A4];
    why.rivals = rivals;
    why.says = says;
}

/// A place as a sentence names it: `flow.csv:3`, in a database `flow:3`.
fn shown(record: &RejectedRecord) -> String {
    let name = match record.file.is_empty() {
        true => &record.table,
        false => &record.file,
    };
    format!("{name}:{}", record.row)
}

/// Counts the rejects of a run by their reasons.
#[derive(Debug, Default)]
pub(crate) struct Reasons {
    reasons: BTreeMap<(Side, String), Reason>,
    others: [u64; 2],
}

#[derive(Debug)]
struct Reason {
    count: u64,
    /// As the first record has it.
    first: String,
    place: Option<SourceRecord>,
}

impl Reasons {
    /// Counts a reject; `requires` are the conditions that source records must meet.
    pub(crate) fn take(&mut self, side: Side, requires: &[&str], reject: &Reject) {
        let key = (side, kind_of(&reject.reason, requires));
        let is_full = self.reasons.len() >= REASONS_MAX;
        match self.reasons.get_mut(&key) {
            Some(reason) => reason.count += 1,
            None if is_full => self.others[side as usize] += 1,
            None => {
                let reason = Reason {
                    count: 1,
                    first: reject.reason.clone(),
                    place: reject.sources.first().map(place_of),
                };
                self.reasons.insert(key, reason);
            }
        }
    }

    /// A line for each reason, the most frequent first.
    pub(crate) fn into_lines(self) -> Vec<RejectLine> {
        let line = |((side, kind), reason): ((Side, String), Reason)| RejectLine {
            reason: match reason.count {
                1 => reason.first,
                _ => kind,
            },
            book: book_of(side).to_owned(),
            count: reason.count,
            first: reason.place,
        };
        let mut lines: Vec<RejectLine> = self.reasons.into_iter().map(line).collect();
        lines.sort_by_key(|line| Reverse(line.count));
        let others = [Side::Expected, Side::Actual].into_iter().zip(self.others);
        let others = others.filter(|(_, count)| *count > 0);
        lines.extend(others.map(|(side, count)| RejectLine {
            reason: "other reasons".to_owned(),
            book: book_of(side).to_owned(),
            count,
            first: None,
        }));
        lines
    }
}

fn place_of(record: &RejectedRecord) -> SourceRecord {
    SourceRecord {
        table: record.table.as_str().into(),
        file: (!record.file.is_empty()).then(|| record.file.as_str().into()),
        row: Some(record.row),
        fields: Record::default(),
    }
}

/// What a reason has in common with those of other records: without the values of its own. A
/// requirement is told as the plan has it.
fn kind_of(reason: &str, requires: &[&str]) -> String {
    let Some(required) = reason.strip_prefix(REQUIRE) else {
        return without_values(reason);
    };
    for condition in requires {
        match required.strip_prefix(*condition) {
            Some("") => return reason.to_owned(),
            Some(rest) => {
                if let Some(why) = rest.strip_prefix(": ") {
                    return format!("{REQUIRE}{condition}: {}", without_values(why));
                }
            }
            None => {}
        }
    }
    reason.to_owned()
}

fn without_values(reason: &str) -> String {
    without_numbers(&without_texts(reason))
}

/// Puts `…` in the place of what stands in quotes.
fn without_texts(reason: &str) -> String {
    let mut kept = String::with_capacity(reason.len());
    let mut rest = reason;
    while let Some(at) = rest.find(['`', '\'']) {
        let (before, quoted) = rest.split_at(at);
        let (quote, inner) = quoted.split_at(1);
        kept.push_str(before);
        // A quote within a word is an apostrophe.
        let opens = quote == "`" || kept.is_empty() || kept.ends_with(' ');
        kept.push_str(quote);
        rest = match inner.split_once(quote).filter(|_| opens) {
            Some((_, after)) => {
                kept.push('…');
                kept.push_str(quote);
                after
            }
            None => inner,
        };
    }
    kept.push_str(rest);
    kept
}

/// Puts `…` in the place of the numbers that are a record's own: what the reason begins with, the place
/// of a character, and what a text can be.
fn without_numbers(reason: &str) -> String {
    // The function that speaks stands before the first colon.
    let (function, said) = match reason.split_once(": ") {
        Some((function, said)) if !function.contains(' ') => (Some(function), said),
        _ => (None, reason),
    };
    let mut before: Option<String> = None;
    let word = |word: &str| {
        let is_own = matches!(before.as_deref(), None | Some("character" | "be" | "or"));
        before = Some(word.to_owned());
        let number = word.trim_end_matches([',', ':']);
        match is_own && is_number(number) {
            true => format!("…{}", word.trim_start_matches(number)),
            false => word.to_owned(),
        }
    };
    let words: Vec<String> = said.split(' ').map(word).collect();
    let said = words.join(" ");
    match function {
        Some(function) => format!("{function}: {said}"),
        None => said,
    }
}

fn is_number(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b'-' | b'+');
    text.bytes().any(|byte| byte.is_ascii_digit()) && text.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::sql::Which;

    #[test]
    fn a_reason_is_counted_without_the_values_of_its_record() {
        let table = [
            (
                "money: `oops` has letters that mean nothing in an amount at character 12",
                "money: `…` has letters that mean nothing in an amount at character …",
            ),
            (
                "money: `1.234` is ambiguous: it can be 1234 or 1.234, for nothing says which sign is \
                 the decimal one",
                "money: `…` is ambiguous: it can be … or …, for nothing says which sign is the decimal \
                 one",
            ),
            (
                "money: `12.345` has 3 decimals, and scale 2 would lose some",
                "money: `…` has 3 decimals, and scale 2 would lose some",
            ),
            (
                "money: `$5` is not in CNY: it names another currency at character 1",
                "money: `…` is not in CNY: it names another currency at character …",
            ),
            (
                "money: 12.345 does not fit into 2 decimals",
                "money: … does not fit into 2 decimals",
            ),
            (
                "Cannot cast string 'abc' to value of Int64 type",
                "Cannot cast string '…' to value of Int64 type",
            ),
            ("the plan's own word: 'x'", "the plan's own word: '…'"),
            ("division by zero", "division by zero"),
            ("require: amount <> '0.00'", "require: amount <> '0.00'"),
            (
                "require: amount <> '0.00': money: `x` has no digits",
                "require: amount <> '0.00': money: `…` has no digits",
            ),
            ("", ""),
        ];
        for (reason, kind) in table {
            assert_eq!(kind_of(reason, &["id <> ''", "amount <> '0.00'"]), kind);
        }
    }

    fn reject(reason: &str, row: u64) -> Reject {
        Reject {
            sources: vec![RejectedRecord {
                side: Which::Source,
                table: "flow".to_owned(),
                file: "flow.csv".to_owned(),
                row,
                record: Vec::new(),
            }],
            reason: reason.to_owned(),
            values: Vec::new(),
        }
    }

    #[test]
    fn the_most_frequent_reason_comes_first_and_a_single_one_is_told_whole() {
        let mut reasons = Reasons::default();
        for (row, reason) in [
            (2, "`a` has no digits"),
            (3, "`7` is hexadecimal"),
            (4, "`b` has no digits"),
        ] {
            reasons.take(Side::Expected, &[], &reject(reason, row));
        }
        reasons.take(Side::Actual, &[], &reject("`c` has no digits", 9));
        let lines = reasons.into_lines();
        let told: Vec<(u64, &str, &str, Option<u64>)> = lines
            .iter()
            .map(|line| {
                let row = line.first.as_ref().and_then(|first| first.row);
                (line.count, line.book.as_str(), line.reason.as_str(), row)
            })
            .collect();
        assert_eq!(
            told,
            [
                (2, "source", "`…` has no digits", Some(2)),
                (1, "source", "`7` is hexadecimal", Some(3)),
                (1, "target", "`c` has no digits", Some(9)),
            ]
        );
    }

    #[test]
    fn more_reasons_than_are_told_apart_are_counted_together() {
        let mut reasons = Reasons::default();
        for number in 0..REASONS_MAX as u64 + 7 {
            reasons.take(Side::Expected, &[], &reject(&format!("no{number}"), number));
        }
        let lines = reasons.into_lines();
        assert_eq!(lines.len(), REASONS_MAX + 1);
        let last = lines.last().expect("a line");
        assert_eq!((last.reason.as_str(), last.count), ("other reasons", 7));
    }

    #[test]
    fn a_key_is_spelled_alike_whatever_its_decimals() {
        let number = Class::Number { scale: 2, words: 1 };
        let own = |text: &str| Some(Some(text.to_owned()));
        assert_eq!(spelled(number, Some("7.00")), own("7"));
        assert_eq!(spelled(number, Some("x")), None);
        assert_eq!(spelled(Class::Text, Some("7.00")), own("7.00"));
        assert_eq!(spelled(Class::Bool, Some("true")), None);
        assert_eq!(spelled(Class::Bool, None), Some(None));
    }
}
