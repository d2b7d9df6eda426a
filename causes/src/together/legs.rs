//! Missing legs of one voucher: a part of it, or all of it.

use std::collections::BTreeMap;

use ledger::{Break, BreakKind, Decimal};

use super::{Explained, put_first_where_open};
use crate::catalogue::CauseId;
use crate::explanation::Says;
use crate::naming::{self, SIDE, VOUCHER};
use crate::prover::Prover;
use crate::terms::Column;

/// Missing legs of one voucher whose debits and credits are not equal leave a voucher behind that
/// does not balance: it has been split, and not whole. If they are, the voucher is missing as a
/// whole, and nothing else is said than of any other record.
pub(super) fn find(prover: &Prover, breaks: &mut [Explained]) {
    if !prover.knows(CauseId::A8) {
        return;
    }
    let Some(sides) = sides(prover) else {
        return;
    };
    let mut vouchers: BTreeMap<String, Voucher> = BTreeMap::new();
    for (at, (found, _)) in breaks.iter().enumerate() {
        let Some(name) = voucher_of(prover, found) else {
            continue;
        };
        let voucher = vouchers.entry(name).or_default();
        voucher.legs.push(at);
        voucher.off = voucher
            .off
            .and_then(|off| off.checked_add(sides.off(found)?));
    }
    for voucher in vouchers.into_values() {
        let Some(off) = voucher.off.filter(|off| !off.is_zero()) else {
            continue;
        };
        let says = says(voucher.legs.len(), off);
        put_first_where_open(breaks, &voucher.legs, CauseId::A8, &says);
    }
}

/// How a book tells the sides of an entry.
enum Sides {
    /// The columns of debits and of credits.
    Columns(String, String),
    /// The column of the side, in one of the words below, and that of the amount.
    Code(String, String),
}

/// How debits and credits are called where one column tells the side.
const CODES: &[(&str, &str)] = &[
    ("d", "c"),
    ("dr", "cr"),
    ("debit", "credit"),
    ("借", "贷"),
    ("借方", "贷方"),
    ("s", "h"),
];

impl Sides {
    /// By how much the debits of a missing leg exceed its credits; none where that cannot be told.
    fn off(&self, found: &Break) -> Option<Decimal> {
        match self {
            Sides::Columns(debit, credit) => {
                amount(found, debit)?.checked_sub(amount(found, credit)?)
            }
            Sides::Code(side, column) => {
                let amount = amount(found, column)?;
                let code = found.expected.as_ref()?.get(side).flatten()?;
                let code = code.trim().to_lowercase();
                if CODES.iter().any(|(debit, _)| *debit == code) {
                    Some(amount)
                } else if CODES.iter().any(|(_, credit)| *credit == code) {
                    amount.checked_neg()
                } else {
                    None
                }
            }
        }
    }
}

/// The missing legs of a voucher, and by how much their debits exceed their credits; none where
/// that cannot be told.
struct Voucher {
    legs: Vec<usize>,
    off: Option<Decimal>,
}

impl Default for Voucher {
    fn default() -> Self {
        Self {
            legs: Vec::new(),
            off: Some(Decimal::ZERO),
        }
    }
}

/// The only two columns that are the sides of an entry, where there are just two; or the only one that
/// names the side of the only amount.
fn sides(prover: &Prover) -> Option<Sides> {
    let money: Vec<&Column> = prover.money().collect();
    if let [amount] = money.as_slice() {
        let columns = prover.terms().columns.iter();
        let mut named = columns.filter(|column| !column.is_money && naming::is(&column.name, SIDE));
        let side = named.next()?;
        let is_only = named.next().is_none();
        return is_only.then(|| Sides::Code(side.name.clone(), amount.name.clone()));
    }
    let mut pairs = money.iter().enumerate().flat_map(|(at, one)| {
        let others = money.iter().skip(at.saturating_add(1));
        others
            .filter(|other| naming::are_sides(&one.name, &other.name))
            .map(|other| Sides::Columns(one.name.clone(), other.name.clone()))
    });
    let pair = pairs.next()?;
    pairs.next().is_none().then_some(pair)
}

/// What the missing legs of one voucher share: the records that they come from, or else all of the
/// key but its last column.
fn voucher_of(prover: &Prover, found: &Break) -> Option<String> {
    let key = &found.key.0;
    let is_leg = key.iter().any(|(name, _)| naming::is(name, VOUCHER));
    if found.kind != BreakKind::Missing || key.len() < 2 || !is_leg {
        return None;
    }
    let places = found.source.iter().map(|record| {
        let (file, row) = (record.file.as_deref()?, record.row?);
        Some(format!("{}\u{0}{file}\u{0}{row}", record.table))
    });
    let places: Option<Vec<String>> = places.collect();
    match places.filter(|places| !places.is_empty()) {
        Some(places) => Some(places.join("\u{0}")),
        None => {
            let record = found.expected.as_ref()?;
            let key: Vec<&Column> = prover.identity().collect();
            let (_, rest) = key.split_last()?;
            Some(super::values(record, rest.iter().copied()))
        }
    }
}

/// An amount of the expected record; nothing counts as zero.
fn amount(found: &Break, column: &str) -> Option<Decimal> {
    match found.expected.as_ref()?.get(column).flatten() {
        Some(text) => text.parse().ok(),
        None => Some(Decimal::ZERO),
    }
}

fn says(legs: usize, off: Decimal) -> Says {
    let off = crate::number::magnitude(off);
    let lacks = match legs {
        1 => "a leg of the voucher is missing: without it".to_owned(),
        legs => format!("{legs} legs of the voucher are missing: without them"),
    };
    Says {
        en: format!("{lacks} debits and credits are {off} apart"),
        zh: format!("凭证缺少 {legs} 条分录：借贷相差 {off}"),
    }
}
