//! What must hold of the stored books, each figure by another way than it was made.

use std::fmt;

use ruixin_bao::Day;
use ruixin_bao::fund::Stage;
use ruixin_bao::income::Register;

use crate::columns::{Columns, read};
use crate::error::StoreError;
use crate::night::{StoredDay, stored_day, stored_days};
use crate::sql::{Session, Value};
use crate::store::terms::day as day_value;
use crate::store::{Lock, Store, last_distributed};

/// Is a proof that the books did not stand: the first place where they do not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// What was proved.
    pub proof: &'static str,
    /// Where: an account, a voucher, a holder, a day.
    pub place: String,
    /// What it should be: fen, hundredths or a number of rows.
    pub expected: i128,
    /// What is there.
    pub actual: i128,
}

/// Is a proof that the books stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proved {
    /// What was proved.
    pub proof: &'static str,
    /// Of how many.
    pub rows: u64,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (expected, actual) = (self.expected, self.actual);
        write!(
            f,
            "{}: {} should be {expected} and is {actual}, {} apart",
            self.proof,
            self.place,
            expected.abs_diff(actual)
        )
    }
}

impl Failed {
    /// Says what to do about it.
    pub(crate) fn mend(&self) -> String {
        format!(
            "stop the service, keep the database as it is, and look at {}: what is booked there \
             was changed past the program, or the program is wrong",
            self.place
        )
    }
}

/// Is a proof in one statement: rows of place, expected and actual where they differ, and what
/// there was to look at.
struct Proof {
    name: &'static str,
    count: &'static str,
    sql: &'static str,
}

/// What a command leaves behind: looks at every account, but at no history.
const STANDING: [Proof; 7] = [
    Proof {
        name: "debits are credits over all accounts, posted and pending",
        count: "SELECT CAST(count(*) AS bigint) FROM account",
        sql: "SELECT 'the sum of all accounts', CAST(sum(debits_posted) AS bigint), \
              CAST(sum(credits_posted) AS bigint) FROM account \
              UNION ALL SELECT 'all that is pending', CAST(sum(debits_pending) AS bigint), \
              CAST(sum(credits_pending) AS bigint) FROM account",
    },
    Proof {
        name: "every account keeps its limit",
        count: "SELECT CAST(count(*) AS bigint) FROM account WHERE keeps <> 'N'",
        sql: "SELECT 'account ' || subject || ':' || number, 0, \
              CASE keeps WHEN 'D' THEN debits_posted + debits_pending - credits_posted \
              ELSE credits_posted + credits_pending - debits_posted END FROM account \
              WHERE (keeps = 'D' AND debits_posted + debits_pending > credits_posted) \
              OR (keeps = 'C' AND credits_posted + credits_pending > debits_posted) \
              ORDER BY subject, number LIMIT 1",
    },
    Proof {
        name: "the fund's assets are its shares and the risk reserve",
        count: "SELECT CAST(count(*) AS bigint) FROM account WHERE subject IN (1321, 4001, 4102)",
        sql: "SELECT 'account 1321', \
              CAST(coalesce(sum(CASE WHEN subject IN (4001, 4102) THEN credits_posted - debits_posted END), 0) AS bigint), \
              CAST(coalesce(sum(CASE WHEN subject = 1321 THEN debits_posted - credits_posted END), 0) AS bigint) \
              FROM account WHERE subject IN (1321, 4001, 4102)",
    },
    Proof {
        name: "subscriptions not confirmed are the open orders",
        count: "SELECT CAST(count(*) AS bigint) FROM fund_order WHERE status = 'P' AND kind = 'S'",
        sql: "SELECT 'account 2203', \
              CAST((SELECT coalesce(sum(amount), 0) FROM fund_order WHERE status = 'P' AND kind = 'S') AS bigint) + \
              CAST((SELECT coalesce(sum(shares), 0) FROM opening_holding \
                WHERE EXISTS (SELECT 1 FROM opened WHERE is_confirmed = 0)) AS bigint), \
              CAST((SELECT coalesce(sum(credits_posted - debits_posted), 0) FROM account WHERE subject = 2203) AS bigint)",
    },
    Proof {
        name: "shares held back are the open redemptions",
        count: "SELECT CAST(count(*) AS bigint) FROM fund_order WHERE status = 'P' AND kind <> 'S'",
        sql: "SELECT 'what is pending on 4001', \
              CAST((SELECT coalesce(sum(amount), 0) FROM fund_order WHERE status = 'P' AND kind <> 'S') AS bigint), \
              CAST((SELECT coalesce(sum(debits_pending), 0) FROM account WHERE subject = 4001) AS bigint)",
    },
    Proof {
        name: "the incomes of a day are the fund's income, and its shares the register's",
        count: "SELECT CAST(count(*) AS bigint) FROM day WHERE income IS NOT NULL",
        sql: "SELECT 'the income of day ' || day, income, there FROM (SELECT d.day, d.income, \
              CAST((SELECT coalesce(sum(i.income), 0) FROM income i WHERE i.day = d.day) AS bigint) AS there \
              FROM day d WHERE d.income IS NOT NULL AND d.day >= $1) AS sums WHERE income <> there \
              UNION ALL SELECT 'the shares of day ' || day, shares, there FROM (SELECT d.day, d.shares, \
              CAST((SELECT coalesce(sum(i.shares), 0) FROM income i WHERE i.day = d.day) AS bigint) AS there \
              FROM day d WHERE d.income IS NOT NULL AND d.day >= $1) AS sums WHERE shares <> there \
              UNION ALL SELECT 'the reserve''s part of day ' || day, from_reserve, there FROM (SELECT d.day, d.from_reserve, \
              CAST((SELECT coalesce(sum(i.borne - i.income), 0) FROM income i WHERE i.day = d.day) AS bigint) AS there \
              FROM day d WHERE d.income IS NOT NULL AND d.day >= $1) AS sums WHERE from_reserve <> there",
    },
    Proof {
        name: "days follow each other",
        count: "SELECT CAST(count(*) AS bigint) FROM day",
        sql: "SELECT 'day ' || d.day, 4, coalesce(b.stage, 0) FROM day d LEFT JOIN day b ON b.day = d.day - 1 \
              WHERE d.stage >= 2 AND d.day > (SELECT first_day FROM fund) AND coalesce(b.stage, 0) < 4 \
              ORDER BY d.day LIMIT 1",
    },
];

/// What the whole history comes to.
const HISTORY: [Proof; 6] = [
    Proof {
        name: "every voucher's debits are its credits",
        count: "SELECT CAST(count(*) AS bigint) FROM voucher",
        sql: "SELECT 'voucher ' || text_of_id || '/' || part, d, c FROM (SELECT {id} AS text_of_id, part, \
              CAST(sum(CASE side WHEN 'D' THEN amount ELSE 0 END) AS bigint) AS d, \
              CAST(sum(CASE side WHEN 'C' THEN amount ELSE 0 END) AS bigint) AS c \
              FROM leg GROUP BY id, part) AS sums WHERE d <> c LIMIT 1",
    },
    Proof {
        name: "every account's posted totals are what the vouchers come to",
        count: "SELECT CAST(count(*) AS bigint) FROM account",
        sql: "SELECT 'account ' || a.subject || ':' || a.number, \
              CASE WHEN a.debits_posted <> coalesce(l.d, 0) THEN coalesce(l.d, 0) ELSE coalesce(l.c, 0) END, \
              CASE WHEN a.debits_posted <> coalesce(l.d, 0) THEN a.debits_posted ELSE a.credits_posted END \
              FROM account a LEFT JOIN (SELECT subject, number, \
              CAST(sum(CASE side WHEN 'D' THEN amount ELSE 0 END) AS bigint) AS d, \
              CAST(sum(CASE side WHEN 'C' THEN amount ELSE 0 END) AS bigint) AS c \
              FROM leg WHERE kind <> 'pending' GROUP BY subject, number) AS l \
              ON l.subject = a.subject AND l.number = a.number \
              WHERE a.debits_posted <> coalesce(l.d, 0) OR a.credits_posted <> coalesce(l.c, 0) \
              ORDER BY a.subject, a.number LIMIT 1",
    },
    Proof {
        name: "every account's pending totals are the vouchers that nothing has resolved",
        count: "SELECT CAST(count(*) AS bigint) FROM voucher WHERE kind = 'pending'",
        sql: "SELECT 'account ' || a.subject || ':' || a.number || ', pending', \
              CASE WHEN a.debits_pending <> coalesce(l.d, 0) THEN coalesce(l.d, 0) ELSE coalesce(l.c, 0) END, \
              CASE WHEN a.debits_pending <> coalesce(l.d, 0) THEN a.debits_pending ELSE a.credits_pending END \
              FROM account a LEFT JOIN (SELECT p.subject, p.number, \
              CAST(sum(CASE p.side WHEN 'D' THEN p.amount ELSE 0 END) AS bigint) AS d, \
              CAST(sum(CASE p.side WHEN 'C' THEN p.amount ELSE 0 END) AS bigint) AS c \
              FROM voucher v JOIN posting p ON p.id = v.id AND p.part = v.part \
              WHERE v.kind = 'pending' AND NOT EXISTS (SELECT 1 FROM voucher r \
              WHERE r.kind IN ('post', 'void') AND r.link_id = v.id AND r.link_part = v.part) \
              GROUP BY p.subject, p.number) AS l ON l.subject = a.subject AND l.number = a.number \
              WHERE a.debits_pending <> coalesce(l.d, 0) OR a.credits_pending <> coalesce(l.c, 0) \
              ORDER BY a.subject, a.number LIMIT 1",
    },
    Proof {
        name: "an order is confirmed where its confirmation is booked, and nowhere else",
        count: "SELECT CAST(count(*) AS bigint) FROM fund_order",
        sql: "SELECT 'order ' || {id}, CASE status WHEN 'C' THEN 1 ELSE 0 END, \
              CASE status WHEN 'C' THEN 0 ELSE 1 END FROM fund_order AS o WHERE (status = 'C') <> \
              EXISTS (SELECT 1 FROM voucher v WHERE v.id = o.id AND v.part = 2) LIMIT 1",
    },
    Proof {
        name: "every line of a statement is a posting, and the other way round",
        count: "SELECT CAST(count(*) AS bigint) FROM account_line",
        sql: "SELECT place, 1, 0 FROM (SELECT 'account ' || p.subject || ':' || p.number AS place \
              FROM posting p JOIN voucher v ON v.id = p.id AND v.part = p.part \
              WHERE p.subject IN (2001, 4001) AND NOT EXISTS \
              (SELECT 1 FROM account_line l WHERE l.subject = p.subject AND l.number = p.number \
              AND l.booked_at = v.booked_at AND l.accounting_date = v.accounting_date AND l.id = p.id \
              AND l.part = p.part AND l.leg = p.leg AND l.side = p.side AND l.amount = p.amount \
              AND l.is_held = CASE v.kind WHEN 'pending' THEN 1 ELSE 0 END) \
              ORDER BY p.subject, p.number LIMIT 1) AS without \
              UNION ALL SELECT 'the number of lines', CAST((SELECT count(*) FROM posting \
              WHERE subject IN (2001, 4001)) AS bigint), \
              CAST((SELECT count(*) FROM account_line) AS bigint)",
    },
    Proof {
        name: "what statements add up by days is what their lines come to",
        count: "SELECT CAST(count(*) AS bigint) FROM account_days",
        sql: "SELECT place, CASE WHEN moved <> there THEN moved WHEN booked_from <> from_there \
              THEN booked_from ELSE booked_until END, CASE WHEN moved <> there THEN there \
              WHEN booked_from <> from_there THEN from_there ELSE until_there END FROM ( \
              SELECT 'account ' || l.subject || ':' || l.number || ', day ' || l.first AS place, \
              l.moved, l.booked_from, l.booked_until, coalesce(d.moved, 0) AS there, \
              coalesce(d.booked_from, 0) AS from_there, coalesce(d.booked_until, 0) AS until_there \
              FROM (SELECT subject, number, days, accounting_date & -days AS first, \
              CAST(sum(CASE side WHEN 'D' THEN amount ELSE -amount END) AS bigint) AS moved, \
              min(booked_at) AS booked_from, max(booked_at) AS booked_until FROM account_line, \
              (SELECT 1 AS days UNION ALL SELECT 64) AS s WHERE is_held = 0 GROUP BY 1, 2, 3, 4) AS l \
              LEFT JOIN account_days d ON d.subject = l.subject AND d.number = l.number \
              AND d.days = l.days AND d.first = l.first) AS both_ways \
              WHERE moved <> there OR booked_from <> from_there OR booked_until <> until_there \
              UNION ALL SELECT 'the number of days', CAST((SELECT count(*) FROM (SELECT DISTINCT \
              subject, number, days, accounting_date & -days FROM account_line, \
              (SELECT 1 AS days UNION ALL SELECT 64) AS s WHERE is_held = 0) AS counted) AS bigint), \
              CAST((SELECT count(*) FROM account_days) AS bigint)",
    },
];

impl Store {
    /// Proves all that is stored: the history too. Says what it looked at.
    ///
    /// # Errors
    ///
    /// The first proof that fails, with the place and both figures; or the database refuses.
    pub fn prove(&mut self) -> Result<Vec<Proved>, StoreError> {
        self.transaction(Lock::Read, |session| {
            let mut proved = Vec::new();
            let first = [Value::Int(i64::MIN)];
            for proof in STANDING.iter().chain(&HISTORY) {
                proved.push(prove(session, proof, &first)?);
            }
            proved.push(holdings(session)?);
            proved.extend(days(session)?);
            Ok(proved)
        })
    }
}

/// Proves what a day leaves behind, before it is closed.
pub(crate) fn prove_day(session: &mut dyn Session, day: Day) -> Result<(), StoreError> {
    for proof in &STANDING {
        prove(session, proof, &[day_value(day)])?;
    }
    holdings(session)?;
    if let Some(stored) = stored_day(session, day)? {
        division(session, &stored)?;
    }
    Ok(())
}

fn prove(session: &mut dyn Session, proof: &Proof, from: &[Value]) -> Result<Proved, StoreError> {
    let id = match session.is_postgres() {
        true => "encode(id, 'hex')",
        false => "lower(hex(id))",
    };
    let sql = proof.sql.replace("{id}", id);
    let with = if sql.contains("$1") { from } else { &[] };
    let mut failed = None;
    session.each(proof.name, &sql, with, &mut |row| {
        let (expected, actual) = (row.int_or_null(1)?, row.int_or_null(2)?);
        let (expected, actual) = (expected.unwrap_or(0), actual.unwrap_or(0));
        if failed.is_none() && expected != actual {
            failed = Some(Failed {
                proof: proof.name,
                place: row.text(0)?.to_owned(),
                expected: i128::from(expected),
                actual: i128::from(actual),
            });
        }
        Ok(())
    })?;
    if let Some(failed) = failed {
        return Err(StoreError::Proof(Box::new(failed)));
    }
    let rows = session.number(proof.name, proof.count, &[])?;
    Ok(Proved {
        proof: proof.name,
        rows: u64::try_from(rows).unwrap_or(0),
    })
}

/// Each holder's shares by days come to those of its account.
fn holdings(session: &mut dyn Session) -> Result<Proved, StoreError> {
    let proof = "each holder's shares by days are those of its account";
    let last = last_distributed(session)?;
    let end = Day::from_civil(9999, 12, 31);
    let end = end.ok_or_else(|| StoreError::damaged("there is no last day"))?;
    let by_days = Columns::after(session, last, end)?;
    let sql = "SELECT number, credits_posted - debits_posted FROM account \
               WHERE subject = 4001 AND credits_posted <> debits_posted ORDER BY number";
    let by_account = read(session, "reading shares", sql, &[])?;
    same(proof, "the shares of holder", &by_days, &by_account)
}

/// Says where two registers differ first.
fn same(
    proof: &'static str,
    place: &str,
    expected: &Columns,
    actual: &Columns,
) -> Result<Proved, StoreError> {
    if expected == actual {
        return Ok(Proved {
            proof,
            rows: u64::try_from(expected.holders.len()).unwrap_or(u64::MAX),
        });
    }
    let mut left = expected.holders.iter().zip(&expected.shares).peekable();
    let mut right = actual.holders.iter().zip(&actual.shares).peekable();
    loop {
        let (holder, expected, actual) = match (left.peek(), right.peek()) {
            (Some(one), Some(two)) if one == two => {
                left.next();
                right.next();
                continue;
            }
            (Some(one), Some(two)) if one.0 == two.0 => (*one.0, *one.1, *two.1),
            (Some(one), Some(two)) if one.0 > two.0 => (*two.0, 0, *two.1),
            (Some(one), _) => (*one.0, *one.1, 0),
            (None, Some(two)) => (*two.0, 0, *two.1),
            (None, None) => return Err(StoreError::damaged("two registers differ in nothing")),
        };
        return Err(StoreError::Proof(Box::new(Failed {
            proof,
            place: format!("{place} {holder}"),
            expected: i128::from(expected),
            actual: i128::from(actual),
        })));
    }
}

/// Each day's register follows from the one before, and its income divides as it was divided.
fn days(session: &mut dyn Session) -> Result<Vec<Proved>, StoreError> {
    let follows = "each day's register is that of the day before, its income, and the orders";
    let mut registers = Proved {
        proof: follows,
        rows: 0,
    };
    let mut divided = Proved {
        proof: "each day's income divides as it was divided",
        rows: 0,
    };
    let mut before = None;
    for stored in stored_days(session, " WHERE income IS NOT NULL", &[])? {
        let expected = Columns::after(session, before, stored.day)?;
        let actual = stored_register(session, stored.day)?;
        let place = format!("on {}, the shares of holder", stored.day);
        let proved = same(follows, &place, &expected, &actual)?;
        registers.rows = registers.rows.saturating_add(proved.rows);
        divided.rows = divided.rows.saturating_add(division(session, &stored)?);
        if stored.record.stage >= Stage::Distributed {
            before = Some(stored.day);
        }
    }
    Ok(vec![registers, divided])
}

/// Divides a day's income once more.
fn division(session: &mut dyn Session, stored: &StoredDay) -> Result<u64, StoreError> {
    let Some(distribution) = &stored.income else {
        return Ok(0);
    };
    let proof = "each day's income divides as it was divided";
    let register = stored_register(session, stored.day)?;
    let mut incomes = vec![0; register.holders.len()];
    let again = Register::new(&register.holders, &register.shares)?
        .distribute(distribution.income_fen, &mut incomes)?;
    let figures = [
        ("the residue", again.residue_fen, distribution.residue_fen),
        ("the shares", again.shares, distribution.shares),
    ];
    for (name, expected, actual) in figures {
        if expected != actual {
            return Err(StoreError::Proof(Box::new(Failed {
                proof,
                place: format!("{name} of {}", stored.day),
                expected: i128::from(expected),
                actual: i128::from(actual),
            })));
        }
    }
    let sql = "SELECT holder, income FROM income WHERE day = $1 ORDER BY holder";
    let actual = read(session, "reading incomes", sql, &[day_value(stored.day)])?;
    let expected = Columns {
        holders: register.holders,
        shares: incomes,
    };
    let place = format!("on {}, the income of holder", stored.day);
    same(proof, &place, &expected, &actual).map(|proved| proved.rows)
}

/// Reads the register of a day that is divided.
pub(crate) fn stored_register(session: &mut dyn Session, day: Day) -> Result<Columns, StoreError> {
    let sql = "SELECT holder, shares FROM income WHERE day = $1 ORDER BY holder";
    read(session, "reading a register", sql, &[day_value(day)])
}
