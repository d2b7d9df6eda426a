//! Vouchers and their legs, as they are read.

use std::collections::BTreeMap;

use ruixin_bao::ledger::{
    AccountId, Entry, Posting, Resolution, Resolved, Side, Voucher, VoucherId, VoucherKind,
};

use super::terms::day_of;
use crate::error::StoreError;
use crate::sql::{Row, Session, Value, parameters};

/// The kinds of vouchers whose legs are, or are for the most part, kept as columns.
pub(crate) const BULK: &str =
    "('income', 'opening', 'opening_subscription', 'opening_confirmation')";

/// What correct or resolve a voucher; one statement each, so that each uses its index.
const LINKED: [&str; 3] = [
    "kind IN ('post', 'void')",
    "kind = 'reversal'",
    "kind = 'rebooking'",
];

/// Ids that one statement names.
const AT_ONCE: usize = 64;

/// Reads the vouchers under some ids, whole; of those kept as columns only the legs of the house.
pub(crate) fn entries(session: &mut dyn Session, ids: &[u128]) -> Result<Vec<Entry>, StoreError> {
    let mut found = Vec::new();
    for ids in ids.chunks(AT_ONCE) {
        let ids = padded(ids.iter().map(|id| Value::from(*id)).collect());
        let list = parameters(1, ids.len());
        found.extend(those(session, &format!(" IN {list}"), &ids)?);
    }
    Ok(found)
}

/// Reads all vouchers, in the same way.
pub(crate) fn all_entries(session: &mut dyn Session) -> Result<Vec<Entry>, StoreError> {
    those(session, " IS NOT NULL", &[])
}

fn those(
    session: &mut dyn Session,
    condition: &str,
    ids: &[Value],
) -> Result<Vec<Entry>, StoreError> {
    let mut legs: BTreeMap<VoucherId, Vec<Posting>> = BTreeMap::new();
    let sql = format!(
        "SELECT id, part, subject, number, side, amount FROM posting WHERE id{condition} \
         ORDER BY id, part, leg"
    );
    session.each("reading postings", &sql, ids, &mut |row| {
        legs.entry(voucher_id(row, 0)?).or_default().push(Posting {
            account: account_id(row, 2)?,
            side: side(row.text(4)?)?,
            amount_fen: row.int(5)?,
        });
        Ok(())
    })?;
    let mut found: BTreeMap<VoucherId, Entry> = BTreeMap::new();
    let sql = format!(
        "SELECT id, part, kind, link_id, link_part, expires_at, accounting_date, booked_at, \
         own_legs, memo FROM voucher WHERE id{condition}"
    );
    session.each("reading vouchers", &sql, ids, &mut |row| {
        let id = voucher_id(row, 0)?;
        let postings = legs.remove(&id).unwrap_or_default();
        found.insert(id, entry(row, id, postings)?);
        Ok(())
    })?;
    for kinds in LINKED {
        let sql = format!(
            "SELECT link_id, link_part, id, part, kind, booked_at FROM voucher \
             WHERE {kinds} AND link_id{condition}"
        );
        session.each("reading linked vouchers", &sql, ids, &mut |row| {
            let by = voucher_id(row, 2)?;
            let booked_at = row.int(5)?;
            let kind = row.text(4)?;
            if let Some(entry) = found.get_mut(&voucher_id(row, 0)?) {
                link(entry, kind, by, booked_at);
            }
            Ok(())
        })?;
    }
    Ok(found.into_values().collect())
}

fn entry(row: &Row, id: VoucherId, postings: Vec<Posting>) -> Result<Entry, StoreError> {
    let link = match row.int_or_null(4)? {
        Some(_) => Some(voucher_id(row, 3)?),
        None => None,
    };
    let linked =
        || link.ok_or_else(|| StoreError::damaged(format!("voucher {id} links to nothing")));
    let kind = match row.text(2)? {
        "pending" => VoucherKind::Pending {
            expires_at: row.int_or_null(5)?,
        },
        "post" => VoucherKind::Post { pending: linked()? },
        "void" => VoucherKind::Void { pending: linked()? },
        "reversal" => VoucherKind::Reversal {
            original: linked()?,
        },
        "rebooking" => VoucherKind::Rebooking {
            original: linked()?,
        },
        _ => VoucherKind::Booking,
    };
    let own = row.int(8)? == 1;
    Ok(Entry {
        voucher: Voucher {
            id,
            kind,
            accounting_date: day_of(row.int(6)?)?,
            postings: if own { postings.clone() } else { Vec::new() },
            memo: row.text(9)?.to_owned(),
        },
        booked_at: row.int(7)?,
        postings,
        resolved: None,
        reversed_by: None,
        rebooked_by: None,
    })
}

/// Says of a voucher what became of it: that is not stored, it follows.
fn link(entry: &mut Entry, kind: &str, by: VoucherId, booked_at: i64) {
    let resolution = match kind {
        "reversal" => {
            entry.reversed_by = Some(by);
            return;
        }
        "rebooking" => {
            entry.rebooked_by = Some(by);
            return;
        }
        "post" => Resolution::Posted,
        _ => match entry.voucher.kind.expires_at() {
            Some(expires_at) if expires_at <= booked_at => Resolution::Expired,
            _ => Resolution::Voided,
        },
    };
    entry.resolved = Some(Resolved { resolution, by });
}

/// Repeats the last one until there are a power of two: so there are few different statements.
pub(crate) fn padded(mut values: Vec<Value>) -> Vec<Value> {
    if let Some(last) = values.last().cloned() {
        values.resize(values.len().next_power_of_two(), last);
    }
    values
}

pub(crate) fn voucher_id(row: &Row, at: usize) -> Result<VoucherId, StoreError> {
    let part = row.int(at.saturating_add(1))?;
    let part = u32::try_from(part);
    let part = part.map_err(|_| StoreError::damaged("the part of a voucher is out of range"))?;
    Ok(VoucherId {
        id: row.id(at)?,
        part,
    })
}

pub(crate) fn account_id(row: &Row, at: usize) -> Result<AccountId, StoreError> {
    let subject = u16::try_from(row.int(at)?);
    let subject = subject.map_err(|_| StoreError::damaged("a subject is out of range"))?;
    Ok(AccountId::new(subject, row.unsigned(at.saturating_add(1))?))
}

/// What the tables call a side.
pub(crate) fn side_word(side: Side) -> &'static str {
    match side {
        Side::Debit => "D",
        Side::Credit => "C",
    }
}

pub(crate) fn side(text: &str) -> Result<Side, StoreError> {
    match text {
        "D" => Ok(Side::Debit),
        "C" => Ok(Side::Credit),
        other => Err(StoreError::damaged(format!("{other:?} is no side"))),
    }
}
