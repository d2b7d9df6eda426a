//! What converted postings come to, by vouchers and by accounts.
//!
//! SQLite sorts all postings for a `GROUP BY` that no index serves, and a view of corrections hides
//! the index. Read in the order of vouchers, which is a merge of keys, one pass adds up both, in the
//! memory that the accounts need. PostgreSQL adds up by hashes where the rows are, and sends sums only.

use std::collections::{BTreeMap, HashMap};

use super::check::{fen, refuse};
use super::error::{Figure, ImportError};
use crate::error::StoreError;
use crate::sql::Session;

/// Is gross debits and credits, fen.
type Totals = (i64, i64);

/// Is gross totals by subjects and accounts, as they are written.
#[derive(Debug, Default)]
pub(super) struct Moved {
    by_subject: BTreeMap<String, OfSubject>,
}

#[derive(Debug, Default)]
struct OfSubject {
    house: Option<Totals>,
    // Each posting is looked up once; what is taken out is sorted.
    accounts: HashMap<Box<str>, Totals>,
}

/// Is how vouchers and postings fit together, and what is wrong with the first one of each kind.
#[derive(Debug, Default)]
pub(super) struct Vouchers {
    pub(super) not_balanced: Option<ImportError>,
    pub(super) posting_without: Option<ImportError>,
    pub(super) without_posting: Option<ImportError>,
}

/// Is what stands under one number of a voucher.
#[derive(Debug, Default)]
struct OfVoucher {
    number: String,
    is_there: bool,
    has_postings: bool,
    totals: Totals,
}

impl Moved {
    fn add(
        &mut self,
        subject: &str,
        account: Option<&str>,
        totals: Totals,
    ) -> Result<(), StoreError> {
        if !self.by_subject.contains_key(subject) {
            self.by_subject
                .insert(subject.to_owned(), OfSubject::default());
        }
        let Some(of_subject) = self.by_subject.get_mut(subject) else {
            return Ok(());
        };
        let Some(account) = account else {
            return add(of_subject.house.get_or_insert_default(), totals);
        };
        match of_subject.accounts.get_mut(account) {
            Some(there) => add(there, totals),
            None => {
                of_subject.accounts.insert(account.into(), totals);
                Ok(())
            }
        }
    }

    /// Gives them in the order in which they are written.
    pub(super) fn each(
        self,
        mut on: impl FnMut(&str, Option<&str>, Totals) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        for (subject, of_subject) in self.by_subject {
            if let Some(totals) = of_subject.house {
                on(&subject, None, totals)?;
            }
            let mut accounts: Vec<(Box<str>, Totals)> = of_subject.accounts.into_iter().collect();
            accounts.sort_unstable();
            for (account, totals) in accounts {
                on(&subject, Some(&account), totals)?;
            }
        }
        Ok(())
    }

    /// Adds the openings, and all accounts of users and merchants, those without movements too; and
    /// the postings, where the server adds them up.
    pub(super) fn add_openings(&mut self, session: &mut dyn Session) -> Result<(), StoreError> {
        let is_postgres = session.is_postgres();
        let (debit, credit) = (fen("debit", is_postgres), fen("credit", is_postgres));
        let mut sql = format!(
            "SELECT subject, account, {debit} AS d, {credit} AS c FROM opening \
             UNION ALL SELECT subject, account, 0 AS d, 0 AS c FROM account \
             WHERE owner IN ('USER', 'MERCHANT')"
        );
        if is_postgres {
            sql = format!(
                "SELECT subject, account, CAST(sum(d) AS bigint), CAST(sum(c) AS bigint) FROM ({sql} \
                 UNION ALL SELECT subject, account, {debit} AS d, {credit} AS c FROM posting) \
                 AS moved GROUP BY subject, account"
            );
        }
        session.each("reading accounts", &sql, &[], &mut |row| {
            let (debits, credits) = (row.int_or_null(2)?, row.int_or_null(3)?);
            let totals = (debits.unwrap_or(0), credits.unwrap_or(0));
            self.add(row.text(0)?, row.text_or_null(1)?, totals)
        })
    }
}

fn add(totals: &mut Totals, more: Totals) -> Result<(), StoreError> {
    let sum = |one: i64, other| {
        let what = "opening totals";
        one.checked_add(other).ok_or(StoreError::Overflow { what })
    };
    *totals = (sum(totals.0, more.0)?, sum(totals.1, more.1)?);
    Ok(())
}

impl Vouchers {
    /// Goes through all postings in the order of vouchers, and adds up what they move.
    pub(super) fn pass(
        session: &mut dyn Session,
        moved: &mut Moved,
    ) -> Result<Vouchers, StoreError> {
        let mut found = Vouchers::default();
        let mut open = OfVoucher::default();
        let sql = format!(
            "SELECT voucher, subject, account, {}, {} FROM posting \
             UNION ALL SELECT voucher, NULL, NULL, NULL, NULL FROM voucher ORDER BY 1",
            fen("debit", false),
            fen("credit", false)
        );
        let what = "checking the converted books";
        session.each(what, &sql, &[], &mut |row| {
            let number = row.text(0)?;
            if open.number != number {
                found.close(&open);
                open.number.clear();
                open.number.push_str(number);
                (open.is_there, open.has_postings, open.totals) = (false, false, (0, 0));
            }
            // Every posting has a subject: that was checked before.
            let Some(subject) = row.text_or_null(1)? else {
                open.is_there = true;
                return Ok(());
            };
            let (debits, credits) = (row.int_or_null(3)?, row.int_or_null(4)?);
            let totals = (debits.unwrap_or(0), credits.unwrap_or(0));
            open.has_postings = true;
            add(&mut open.totals, totals)?;
            moved.add(subject, row.text_or_null(2)?, totals)
        })?;
        found.close(&open);
        Ok(found)
    }

    /// Looks at a voucher whose postings are all there.
    fn close(&mut self, one: &OfVoucher) {
        let (debits, credits) = one.totals;
        if debits != credits && self.not_balanced.is_none() {
            self.not_balanced = Some(ImportError::VoucherNotBalanced {
                voucher: one.number.clone(),
                debits: Figure(debits),
                credits: Figure(credits),
            });
        }
        let voucher = || one.number.clone();
        match (one.is_there, one.has_postings) {
            (false, true) if self.posting_without.is_none() => {
                let voucher = voucher();
                self.posting_without = Some(ImportError::PostingWithoutVoucher { voucher });
            }
            (true, false) if self.without_posting.is_none() => {
                let voucher = voucher();
                self.without_posting = Some(ImportError::VoucherWithoutPosting { voucher });
            }
            _ => {}
        }
    }

    /// Asks the server.
    pub(super) fn ask(session: &mut dyn Session) -> Result<Vouchers, StoreError> {
        let sums = sums(true);
        let sql = format!(
            "SELECT voucher, d, c FROM (SELECT voucher, {sums} FROM posting GROUP BY voucher) AS sums \
             WHERE d <> c ORDER BY voucher LIMIT 1"
        );
        let what = "checking the converted books";
        let not_balanced = session.first(what, &sql, &[], |row| {
            Ok(ImportError::VoucherNotBalanced {
                voucher: row.text(0)?.to_owned(),
                debits: Figure(row.int(1)?),
                credits: Figure(row.int(2)?),
            })
        })?;
        let sql = "SELECT p.voucher FROM posting p WHERE NOT EXISTS \
                   (SELECT 1 FROM voucher v WHERE v.voucher = p.voucher) ORDER BY p.voucher LIMIT 1";
        let posting_without = session.first(what, sql, &[], |row| {
            let voucher = row.text(0)?.to_owned();
            Ok(ImportError::PostingWithoutVoucher { voucher })
        })?;
        let sql = "SELECT v.voucher FROM voucher v WHERE NOT EXISTS \
                   (SELECT 1 FROM posting p WHERE p.voucher = v.voucher) ORDER BY v.voucher LIMIT 1";
        let without_posting = session.first(what, sql, &[], |row| {
            let voucher = row.text(0)?.to_owned();
            Ok(ImportError::VoucherWithoutPosting { voucher })
        })?;
        Ok(Vouchers {
            not_balanced,
            posting_without,
            without_posting,
        })
    }
}

fn sums(is_postgres: bool) -> String {
    let (debit, credit) = (fen("debit", is_postgres), fen("credit", is_postgres));
    format!(
        "CAST(coalesce(sum({debit}), 0) AS bigint) AS d, CAST(coalesce(sum({credit}), 0) AS bigint) AS c"
    )
}

/// Refuses books whose vouchers, openings and postings do not balance or do not fit together.
pub(super) fn check(session: &mut dyn Session) -> Result<Moved, StoreError> {
    let is_postgres = session.is_postgres();
    let mut moved = Moved::default();
    let vouchers = match is_postgres {
        true => Vouchers::ask(session)?,
        false => Vouchers::pass(session, &mut moved)?,
    };
    refuse_one(vouchers.not_balanced)?;
    let sums = sums(is_postgres);
    let sql = format!("SELECT d, c FROM (SELECT {sums} FROM opening) AS sums WHERE d <> c");
    refuse(session, &sql, |row| {
        Ok(ImportError::OpeningNotBalanced {
            debits: Figure(row.int(0)?),
            credits: Figure(row.int(1)?),
        })
    })?;
    refuse_one(vouchers.posting_without)?;
    refuse_one(vouchers.without_posting)?;
    Ok(moved)
}

fn refuse_one(found: Option<ImportError>) -> Result<(), StoreError> {
    match found {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}
