//! What must hold of the stored books, each figure by another way than it was made.

use std::fmt;

use ruixin_bao::Day;
use ruixin_bao::fund::Stage;
use ruixin_bao::income::Register;

use crate::columns::{Columns, read};
use crate::error::StoreError;
use crate::night::{StoredDay, stored_day, stored_days};
use crate::sql::{Row, Session, Value};
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
///
/// Sums may be more than 64 bits hold. `{sum …}` is one to the fen, however large, and `{one …}` a whole
/// number in the same form: alike where they are equal, see [`written`].
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
        sql: "SELECT 'the sum of all accounts', {sum debits_posted}, {sum credits_posted} FROM account \
              UNION ALL SELECT 'all that is pending', {sum debits_pending}, {sum credits_pending} FROM account",
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
              {sum CASE WHEN subject IN (4001, 4102) THEN credits_posted - debits_posted END}, \
              {sum CASE WHEN subject = 1321 THEN debits_posted - credits_posted END} \
              FROM account WHERE subject IN (1321, 4001, 4102)",
    },
    Proof {
        name: "subscriptions not confirmed are the open orders",
        count: "SELECT CAST(count(*) AS bigint) FROM fund_order WHERE status = 'P' AND kind = 'S'",
        sql: "SELECT 'account 2203', \
              (SELECT {sum amount} FROM (SELECT amount FROM fund_order WHERE status = 'P' AND kind = 'S' \
                UNION ALL SELECT shares FROM opening_holding \
                WHERE EXISTS (SELECT 1 FROM opened WHERE is_confirmed = 0)) AS subscribed), \
              (SELECT {sum credits_posted - debits_posted} FROM account WHERE subject = 2203)",
    },
    Proof {
        name: "shares held back are the open redemptions",
        count: "SELECT CAST(count(*) AS bigint) FROM fund_order WHERE status = 'P' AND kind <> 'S'",
        sql: "SELECT 'what is pending on 4001', \
              (SELECT {sum amount} FROM fund_order WHERE status = 'P' AND kind <> 'S'), \
              (SELECT {sum debits_pending} FROM account WHERE subject = 4001)",
    },
    Proof {
        name: "the incomes of a day are the fund's income, and its shares the register's",
        count: "SELECT CAST(count(*) AS bigint) FROM day WHERE income IS NOT NULL",
        sql: "SELECT 'the income of day ' || day, income, there FROM (SELECT d.day, d.income, \
              (SELECT {sum i.income} FROM income i WHERE i.day = d.day) AS there \
              FROM day d WHERE d.income IS NOT NULL AND d.day >= $1) AS sums WHERE {one income} <> there \
              UNION ALL SELECT 'the shares of day ' || day, shares, there FROM (SELECT d.day, d.shares, \
              (SELECT {sum i.shares} FROM income i WHERE i.day = d.day) AS there \
              FROM day d WHERE d.income IS NOT NULL AND d.day >= $1) AS sums WHERE {one shares} <> there \
              UNION ALL SELECT 'the reserve''s part of day ' || day, from_reserve, there FROM (SELECT d.day, d.from_reserve, \
              (SELECT {sum i.borne - i.income} FROM income i WHERE i.day = d.day) AS there \
              FROM day d WHERE d.income IS NOT NULL AND d.day >= $1) AS sums WHERE {one from_reserve} <> there",
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
const HISTORY: [Proof; 8] = [
    Proof {
        name: "every voucher's debits are its credits",
        count: "SELECT CAST(count(*) AS bigint) FROM voucher",
        sql: "SELECT 'voucher ' || text_of_id || '/' || part, d, c FROM (SELECT {id} AS text_of_id, part, \
              {sum CASE side WHEN 'D' THEN amount ELSE 0 END} AS d, \
              {sum CASE side WHEN 'C' THEN amount ELSE 0 END} AS c \
              FROM leg GROUP BY id, part) AS sums WHERE d <> c LIMIT 1",
    },
    Proof {
        name: "every account's posted totals are what the vouchers come to",
        count: "SELECT CAST(count(*) AS bigint) FROM account",
        sql: "SELECT 'account ' || a.subject || ':' || a.number, \
              CASE WHEN {one a.debits_posted} <> coalesce(l.d, {one 0}) THEN coalesce(l.d, {one 0}) \
              ELSE coalesce(l.c, {one 0}) END, \
              CASE WHEN {one a.debits_posted} <> coalesce(l.d, {one 0}) THEN a.debits_posted ELSE a.credits_posted END \
              FROM account a LEFT JOIN (SELECT subject, number, \
              {sum CASE side WHEN 'D' THEN amount ELSE 0 END} AS d, \
              {sum CASE side WHEN 'C' THEN amount ELSE 0 END} AS c \
              FROM leg WHERE kind <> 'pending' GROUP BY subject, number) AS l \
              ON l.subject = a.subject AND l.number = a.number \
              WHERE {one a.debits_posted} <> coalesce(l.d, {one 0}) OR {one a.credits_posted} <> coalesce(l.c, {one 0}) \
              ORDER BY a.subject, a.number LIMIT 1",
    },
    Proof {
        name: "every account's pending totals are the vouchers that nothing has resolved",
        count: "SELECT CAST(count(*) AS bigint) FROM voucher WHERE kind = 'pending'",
        sql: "SELECT 'account ' || a.subject || ':' || a.number || ', pending', \
              CASE WHEN {one a.debits_pending} <> coalesce(l.d, {one 0}) THEN coalesce(l.d, {one 0}) \
              ELSE coalesce(l.c, {one 0}) END, \
              CASE WHEN {one a.debits_pending} <> coalesce(l.d, {one 0}) THEN a.debits_pending ELSE a.credits_pending END \
              FROM account a LEFT JOIN (SELECT p.subject, p.number, \
              {sum CASE p.side WHEN 'D' THEN p.amount ELSE 0 END} AS d, \
              {sum CASE p.side WHEN 'C' THEN p.amount ELSE 0 END} AS c \
              FROM voucher v JOIN posting p ON p.id = v.id AND p.part = v.part \
              WHERE v.kind = 'pending' AND NOT EXISTS (SELECT 1 FROM voucher r \
              WHERE r.kind IN ('post', 'void') AND r.link_id = v.id AND r.link_part = v.part) \
              GROUP BY p.subject, p.number) AS l ON l.subject = a.subject AND l.number = a.number \
              WHERE {one a.debits_pending} <> coalesce(l.d, {one 0}) OR {one a.credits_pending} <> coalesce(l.c, {one 0}) \
              ORDER BY a.subject, a.number LIMIT 1",
    },
    Proof {
        name: "what waits for its expiry is what expires and nothing has resolved",
        count: "SELECT CAST(count(*) AS bigint) FROM expiring",
        sql: "SELECT 'voucher ' || {id} || '/' || part || ', waiting', 1, 0 FROM (SELECT v.id, v.part FROM voucher v \
              WHERE v.expires_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM voucher r \
              WHERE r.kind IN ('post', 'void') AND r.link_id = v.id AND r.link_part = v.part) \
              AND NOT EXISTS (SELECT 1 FROM expiring e WHERE e.id = v.id AND e.part = v.part \
              AND e.expires_at = v.expires_at) LIMIT 1) AS without \
              UNION ALL SELECT 'the number of those that wait', CAST((SELECT count(*) FROM voucher v \
              WHERE v.expires_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM voucher r \
              WHERE r.kind IN ('post', 'void') AND r.link_id = v.id AND r.link_part = v.part)) AS bigint), \
              CAST((SELECT count(*) FROM expiring) AS bigint)",
    },
    Proof {
        name: "an order is confirmed where its confirmation is booked, and nowhere else",
        count: "SELECT CAST(count(*) AS bigint) FROM fund_order",
        sql: "SELECT 'order ' || {id}, CASE status WHEN 'C' THEN 1 ELSE 0 END, \
              CASE status WHEN 'C' THEN 0 ELSE 1 END FROM fund_order AS o WHERE (status = 'C') <> \
              EXISTS (SELECT 1 FROM voucher v WHERE v.id = o.id AND v.part = 2) LIMIT 1",
    },
    Proof {
        name: "what was under way is, as far as it is not at its end, what stands frozen and in escrow",
        count: "SELECT CAST(count(*) AS bigint) FROM item_end",
        // Nothing else moves those two subjects, see `Group::book`.
        sql: "SELECT 'open item ' || item, {one most}, {one ended} FROM (SELECT i.item, i.amount - i.done AS most, \
              CAST(sum(e.amount) AS bigint) AS ended FROM item_end e JOIN open_item i ON i.item = e.item \
              WHERE NOT EXISTS (SELECT 1 FROM voucher v WHERE v.kind = 'reversal' AND v.link_id = e.id \
              AND v.link_part = 0) GROUP BY i.item, i.amount, i.done) AS sums WHERE ended > most \
              UNION ALL SELECT 'the end of open item ' || item, {one amount}, moved FROM (SELECT e.item, e.amount, \
              (SELECT {sum p.amount} FROM posting p WHERE p.id = e.id AND p.part = 0 \
              AND p.side = 'D' AND p.subject = CASE i.kind WHEN 'E' THEN 2202 WHEN 'P' THEN 2002 ELSE 2003 END \
              AND p.number = CASE i.kind WHEN 'E' THEN 0 WHEN 'P' THEN i.merchant ELSE i.number END) AS moved \
              FROM item_end e JOIN open_item i ON i.item = e.item) AS ends WHERE {one amount} <> moved \
              UNION ALL SELECT 'account ' || subject || ':' || number, left_over, there FROM (SELECT subject, number, \
              {sum is_open} AS left_over, {sum stands} AS there FROM ( \
              SELECT CASE kind WHEN 'E' THEN 2202 ELSE 2003 END AS subject, \
              CASE kind WHEN 'E' THEN 0 ELSE number END AS number, amount AS is_open, 0 AS stands \
              FROM open_item WHERE kind <> 'P' \
              UNION ALL SELECT CASE i.kind WHEN 'E' THEN 2202 ELSE 2003 END, \
              CASE i.kind WHEN 'E' THEN 0 ELSE i.number END, -e.amount, 0 \
              FROM item_end e JOIN open_item i ON i.item = e.item WHERE i.kind <> 'P' \
              AND NOT EXISTS (SELECT 1 FROM voucher v WHERE v.kind = 'reversal' AND v.link_id = e.id \
              AND v.link_part = 0) \
              UNION ALL SELECT subject, number, 0, credits_posted FROM account WHERE subject IN (2003, 2202) \
              UNION ALL SELECT subject, number, 0, -debits_posted FROM account WHERE subject IN (2003, 2202) \
              ) AS moved GROUP BY subject, number) AS accounts \
              WHERE left_over <> there AND EXISTS (SELECT 1 FROM open_item)",
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
              THEN {one booked_from} ELSE {one booked_until} END, CASE WHEN moved <> there THEN there \
              WHEN booked_from <> from_there THEN {one from_there} ELSE {one until_there} END FROM ( \
              SELECT 'account ' || l.subject || ':' || l.number || ', day ' || l.first AS place, \
              l.moved, l.booked_from, l.booked_until, {one coalesce(d.moved, 0)} AS there, \
              coalesce(d.booked_from, 0) AS from_there, coalesce(d.booked_until, 0) AS until_there \
              FROM (SELECT subject, number, days, accounting_date & -days AS first, \
              {sum CASE side WHEN 'D' THEN amount ELSE -amount END} AS moved, \
              min(booked_at) AS booked_from, max(booked_at) AS booked_until FROM account_line, \
              (SELECT 1 AS days UNION ALL SELECT 64) AS s WHERE is_held = 0 GROUP BY 1, 2, 3, 4) AS l \
              LEFT JOIN account_days d ON d.subject = l.subject AND d.number = l.number \
              AND d.days = l.days AND d.first = l.first) AS both_ways \
              WHERE moved <> there OR booked_from <> from_there OR booked_until <> until_there \
              UNION ALL SELECT 'the number of days', (SELECT {one count(*)} FROM (SELECT DISTINCT \
              subject, number, days, accounting_date & -days FROM account_line, \
              (SELECT 1 AS days UNION ALL SELECT 64) AS s WHERE is_held = 0) AS counted), \
              (SELECT {one count(*)} FROM account_days)",
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
    let sql = written(&proof.sql.replace("{id}", id), session.is_postgres());
    let with = if sql.contains("$1") { from } else { &[] };
    let mut failed = None;
    session.each(proof.name, &sql, with, &mut |row| {
        let (expected, actual) = (wide(row, 1)?, wide(row, 2)?);
        if failed.is_none() && expected != actual {
            failed = Some(Failed {
                proof: proof.name,
                place: row.text(0)?.to_owned(),
                expected,
                actual,
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

/// Writes sums as the database adds them up without a bound. PostgreSQL's are decimal, and as text they
/// keep every digit. SQLite's have 64 bits: so the upper and the lower half of each number are added up,
/// and what the lower halves come to beyond theirs is carried over.
fn written(sql: &str, is_postgres: bool) -> String {
    let mut parts = sql.split('{');
    let mut all = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (of, rest) = part.split_once('}').unwrap_or((part, ""));
        let (word, expression) = of.split_once(' ').unwrap_or((of, ""));
        let [upper, lower] = match word {
            "sum" => [
                format!("coalesce(sum(({expression}) >> 32), 0)"),
                format!("coalesce(sum(({expression}) & 4294967295), 0)"),
            ],
            _ => [
                format!("(({expression}) >> 32)"),
                format!("(({expression}) & 4294967295)"),
            ],
        };
        all.push_str(&match (is_postgres, word) {
            (true, "sum") => format!("CAST(coalesce(sum({expression}), 0) AS text)"),
            (true, _) => format!("CAST({expression} AS text)"),
            (false, _) => {
                format!("(({upper} + ({lower} >> 32)) || ':' || ({lower} & 4294967295))")
            }
        });
        all.push_str(rest);
    }
    all
}

/// Reads a whole number, or one as [`written`] has it.
fn wide(row: &Row, at: usize) -> Result<i128, StoreError> {
    let Ok(text) = row.text(at) else {
        return Ok(i128::from(row.int_or_null(at)?.unwrap_or(0)));
    };
    let read = match text.split_once(':') {
        None => text.parse().ok(),
        Some((upper, lower)) => upper.parse::<i128>().ok().zip(lower.parse().ok()).and_then(
            |(upper, lower): (i128, i128)| upper.checked_mul(1 << 32)?.checked_add(lower),
        ),
    };
    read.ok_or_else(|| StoreError::damaged(format!("{text:?} is no sum")))
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
