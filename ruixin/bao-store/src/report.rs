//! What is given to others: statements, trial balances, the register file.

use std::io::{self, Write};

use ledger::{Civil, Decimal, Zone};
use ruixin_bao::Day;
use ruixin_bao::fund::SHARES;
use ruixin_bao::income::Distribution;
use ruixin_bao::ledger::{Account, AccountId, Side, Totals, TrialBalance, TrialLine, VoucherId};
use ruixin_bao::yields::{daily_carry, monthly_carry};

use crate::error::StoreError;
use crate::lines::{self, Span};
use crate::night::{StoredDay, stored_day, stored_days};
use crate::prove::stored_register;
use crate::sql::Value;
use crate::store::terms::day as day_value;
use crate::store::{Lock, Store, number, page};

/// Is a line of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    /// When it was booked, microseconds since 1970 UTC.
    pub booked_at: i64,
    /// The day on whose books it stands.
    pub accounting_date: Day,
    /// The voucher.
    pub voucher: VoucherId,
    /// Which of its legs; 0 where they are kept as columns.
    pub leg: i64,
    /// On which side it stands.
    pub side: Side,
    /// What the voucher is, as the tables call it: `booking`, `income`, `opening` and so on.
    pub kind: String,
    /// What the account moves by on its normal side, fen: below zero where something goes.
    pub amount_fen: i64,
    /// What is on the account afterwards, fen.
    pub balance_fen: i64,
    /// What is written on the voucher.
    pub memo: String,
}

/// Is what went over an account within a span of days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The account.
    pub account: AccountId,
    /// What was on it before the first day, fen.
    pub opening_fen: i64,
    /// What went over it, in the order in which it was booked.
    pub lines: Vec<StatementLine>,
    /// What is on it after the last day, fen.
    pub closing_fen: i64,
    /// What of that is held, fen.
    pub held_fen: i64,
}

/// Is the place of a line among all that went over a user's accounts, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineAt {
    /// The subject of the account.
    pub subject: u16,
    /// When it was booked, microseconds since 1970 UTC.
    pub booked_at: i64,
    /// The day on whose books it stands.
    pub accounting_date: Day,
    /// The voucher.
    pub voucher: VoucherId,
    /// Which of its legs.
    pub leg: i64,
    /// On which side it stands.
    pub side: Side,
}

/// Asks for a page of a user's statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementPage {
    /// The user's number.
    pub user: u64,
    /// First day.
    pub from: Day,
    /// Last day.
    pub until: Day,
    /// The line that the page before ended with; nothing for the first page.
    pub after: Option<LineAt>,
    /// Lines at most, of the wallet and the shares together.
    pub limit: usize,
}

/// Is the register of a day for the registrar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterFile {
    /// The day.
    pub day: Day,
    /// Who holds what: holder, shares in hundredths, income of the day in fen; by holder.
    pub rows: Vec<(u64, i64, i64)>,
    /// What the day came to.
    pub income: Distribution,
    /// The incomes per ten thousand shares of the seven days that end with it, if there are seven.
    pub week: Option<[Decimal; 7]>,
}

impl Store {
    /// Gives what went over a user's wallet and shares in the books of a span of days, both among
    /// it, and what is on them.
    ///
    /// # Errors
    ///
    /// The user's number is too large, a balance does not fit, or the database refuses.
    pub fn statement(
        &mut self,
        user: u64,
        from: Day,
        until: Day,
    ) -> Result<Vec<Statement>, StoreError> {
        let page = StatementPage {
            user,
            from,
            until,
            after: None,
            limit: usize::MAX,
        };
        Ok(self.statement_page(&page)?.0)
    }

    /// Gives a page of a statement, and the line that it ended with where there is more. What is on
    /// the accounts before and after is that of the whole span; a line's balance counts those before
    /// it, whichever page they are on.
    ///
    /// It reads what is on the page, sums by days of the span, and one row for each day with an income.
    ///
    /// # Errors
    ///
    /// The user's number is too large, a balance does not fit, or the database refuses.
    pub fn statement_page(
        &mut self,
        page: &StatementPage,
    ) -> Result<(Vec<Statement>, Option<LineAt>), StoreError> {
        number("user", page.user)?;
        let mut statements = Vec::new();
        // One line more tells whether there is more.
        let mut left = page.limit.saturating_add(1);
        for account in crate::whole::accounts_of_user(page.user) {
            if let Some(there) = self.account(account)? {
                let statement = self.statement_of(&there, page, left)?;
                left = left.saturating_sub(statement.lines.len());
                statements.push(statement);
            }
        }
        if left > 0 {
            return Ok((statements, None));
        }
        // The line too many is the last of them.
        let of_line = statements
            .iter_mut()
            .rev()
            .find(|one| !one.lines.is_empty());
        if let Some(statement) = of_line {
            statement.lines.pop();
        }
        let ended = statements.iter().rev().find_map(Statement::ends);
        Ok((statements, ended.or(page.after)))
    }

    fn statement_of(
        &mut self,
        account: &Account,
        page: &StatementPage,
        limit: usize,
    ) -> Result<Statement, StoreError> {
        let id = account.id;
        let normal = account.kind.normal_side();
        let held_fen = account.totals.pending_fen(normal.other());
        let after = page.after.filter(|after| after.subject >= id.subject);
        let is_over = after.is_some_and(|after| after.subject > id.subject);
        self.transaction(Lock::Read, |session| {
            let after = after.filter(|after| after.subject == id.subject);
            let span = Span {
                account: id,
                normal,
                from: page.from,
                until: page.until,
            };
            let limit = if is_over { 0 } else { limit };
            let found = lines::read(session, &span, after.as_ref(), limit)?;
            let mut statement = Statement {
                account: id,
                opening_fen: found.opening_fen,
                lines: found.lines,
                closing_fen: found.closing_fen,
                held_fen,
            };
            let mut balance_fen = found.opening_fen.saturating_add(found.before_fen);
            for line in &mut statement.lines {
                let what = "a statement";
                let sum = balance_fen.checked_add(line.amount_fen);
                balance_fen = sum.ok_or(StoreError::Overflow { what })?;
                line.balance_fen = balance_fen;
            }
            Ok(statement)
        })
    }

    /// Gives the trial balance (试算平衡) of a moment, that moment among it, from the vouchers alone.
    /// A moment stands as soon as what was booked at it is committed.
    ///
    /// # Errors
    ///
    /// A sum does not fit, or the database refuses.
    pub fn trial_balance(&mut self, at_micros: i64) -> Result<TrialBalance, StoreError> {
        self.transaction(Lock::Read, |session| {
            let side = |side: &str, kind: &str| {
                format!(
                    "CAST(sum(CASE WHEN side = '{side}' AND is_pending = {kind} THEN amount \
                     ELSE 0 END) AS bigint)"
                )
            };
            // What is pending is what nothing had resolved by then.
            let sql = format!(
                "SELECT m.subject, m.number, a.kind, a.keeps, {}, {}, {}, {} FROM ( \
                 SELECT subject, number, side, amount, 0 AS is_pending FROM leg \
                 WHERE kind <> 'pending' AND booked_at <= $1 \
                 UNION ALL SELECT p.subject, p.number, p.side, CASE WHEN EXISTS \
                 (SELECT 1 FROM voucher r WHERE r.kind IN ('post', 'void') AND r.link_id = v.id \
                 AND r.link_part = v.part AND r.booked_at <= $1) THEN 0 ELSE p.amount END, \
                 1 AS is_pending FROM voucher v JOIN posting p ON p.id = v.id AND p.part = v.part \
                 WHERE v.kind = 'pending' AND v.booked_at <= $1) AS m \
                 JOIN account a ON a.subject = m.subject AND a.number = m.number \
                 GROUP BY m.subject, m.number, a.kind, a.keeps ORDER BY m.subject, m.number",
                side("D", "0"),
                side("C", "0"),
                side("D", "1"),
                side("C", "1"),
            );
            let with = [Value::Int(at_micros)];
            let mut lines = Vec::new();
            session.each("adding up vouchers", &sql, &with, &mut |row| {
                let account = page::account(row)?;
                lines.push(TrialLine {
                    account: account.id,
                    kind: account.kind,
                    totals: account.totals,
                });
                Ok(())
            })?;
            Ok(balance_of(at_micros, lines))
        })
    }

    /// Gives the register of a day that is distributed (份额登记).
    ///
    /// # Errors
    ///
    /// The day is not distributed, or the database refuses.
    pub fn register(&mut self, day: Day) -> Result<RegisterFile, StoreError> {
        self.transaction(Lock::Read, |session| {
            let stored = stored_day(session, day)?;
            let income = stored
                .filter(|day| day.record.stage >= ruixin_bao::fund::Stage::Distributed)
                .and_then(|day| day.income);
            let income = income.ok_or_else(|| StoreError::NoRegister {
                day: day.to_string(),
                why: "its income is not distributed".to_owned(),
            })?;
            let columns = stored_register(session, day)?;
            let sql = "SELECT holder, income FROM income WHERE day = $1 ORDER BY holder";
            let incomes = crate::columns::read(session, "reading incomes", sql, &[day_value(day)])?;
            let rows = columns.holders.into_iter().zip(columns.shares);
            let rows = rows.zip(incomes.shares);
            let days = stored_days(session, " WHERE day <= $1", &[day_value(day)])?;
            Ok(RegisterFile {
                day,
                rows: rows
                    .map(|((holder, shares), income)| (holder, shares, income))
                    .collect(),
                income,
                week: week(&days, day),
            })
        })
    }
}

/// The seven days that end with one, if all of them are there.
pub(crate) fn week(days: &[StoredDay], last: Day) -> Option<[Decimal; 7]> {
    let first = last.checked_add(-6)?;
    let days = days.iter().filter(|day| day.day >= first);
    let week: Vec<Decimal> = days
        .filter_map(|day| day.income.map(|income| income.per_ten_thousand))
        .collect();
    week.try_into().ok()
}

fn balance_of(at_micros: i64, lines: Vec<TrialLine>) -> TrialBalance {
    let sum = |of: fn(&Totals) -> i64| lines.iter().map(|line| i128::from(of(&line.totals))).sum();
    TrialBalance {
        at_micros,
        debits_posted_fen: sum(|totals| totals.debits_posted_fen),
        credits_posted_fen: sum(|totals| totals.credits_posted_fen),
        debits_pending_fen: sum(|totals| totals.debits_pending_fen),
        credits_pending_fen: sum(|totals| totals.credits_pending_fen),
        lines,
    }
}

/// Writes the register of a day as CSV: `account,day,shares,income`, in yuan, by account.
///
/// # Errors
///
/// The writer's.
pub fn write_register(register: &RegisterFile, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, "{REGISTER_HEAD}")?;
    for row in &register.rows {
        write_holder(register.day, *row, to)?;
    }
    Ok(())
}

/// The first line of a register.
pub(crate) const REGISTER_HEAD: &str = "account,day,shares,income";

/// Writes the line of a holder: its number, shares and income.
pub(crate) fn write_holder(
    day: Day,
    (holder, shares, income): (u64, i64, i64),
    to: &mut (impl Write + ?Sized),
) -> io::Result<()> {
    let (shares, income) = (yuan(shares), yuan(income));
    writeln!(to, "{holder},{day},{shares},{income}")
}

/// Is what the register of a day comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterTotals {
    /// The day.
    pub day: Day,
    /// How many hold shares with a right on it.
    pub holders: u64,
    /// What the day came to.
    pub income: Distribution,
    /// The incomes per ten thousand shares of the seven days that end with it, if there are seven.
    pub week: Option<[Decimal; 7]>,
}

impl RegisterFile {
    /// Gives what the register comes to.
    pub fn totals(&self) -> RegisterTotals {
        RegisterTotals {
            day: self.day,
            holders: u64::try_from(self.rows.len()).unwrap_or(u64::MAX),
            income: self.income,
            week: self.week,
        }
    }

    /// Writes the totals of the register, a file of its own, so that the register has one kind of
    /// line only.
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn write_totals(&self, to: &mut impl Write) -> io::Result<()> {
        self.totals().write(to)
    }
}

impl RegisterTotals {
    /// Writes the totals as CSV, in yuan, yields in percent.
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let yields = |of: Option<String>| of.unwrap_or_default();
        let monthly = self.week.and_then(|week| monthly_carry(&week).ok());
        let daily = self.week.and_then(|week| daily_carry(&week).ok());
        writeln!(
            to,
            "day,holders,shares,income,income_per_ten_thousand,residue,\
             seven_day_yield_monthly_carry,seven_day_yield_daily_carry"
        )?;
        writeln!(
            to,
            "{},{},{},{},{},{},{},{}",
            self.day,
            self.holders,
            yuan(self.income.shares),
            yuan(self.income.income_fen),
            self.income.per_ten_thousand,
            yuan(self.income.residue_fen),
            yields(monthly.map(|found| found.percent.to_string())),
            yields(daily.map(|found| found.percent.to_string())),
        )
    }
}

/// Writes a trial balance as CSV, in yuan: one line for each account, or, with `by_subject`, for
/// each subject; the totals are last, and their subject is `total`.
///
/// # Errors
///
/// The writer's.
pub fn write_trial_balance(
    balance: &TrialBalance,
    by_subject: bool,
    to: &mut impl Write,
) -> io::Result<()> {
    writeln!(
        to,
        "subject,account,debits_posted,credits_posted,debits_pending,credits_pending"
    )?;
    let mut lines: Vec<(u16, Option<u64>, [i128; 4])> = Vec::new();
    for line in &balance.lines {
        let AccountId { subject, number } = line.account;
        let figures = figures(&line.totals);
        match lines.last_mut() {
            Some((same, _, sums)) if by_subject && *same == subject => {
                for (sum, figure) in sums.iter_mut().zip(figures) {
                    *sum = sum.saturating_add(figure);
                }
            }
            _ => lines.push((subject, (!by_subject).then_some(number), figures)),
        }
    }
    for (subject, account, sums) in lines {
        let account = account.map_or_else(String::new, |number| number.to_string());
        write!(to, "{subject:04},{account}")?;
        write_figures(sums, to)?;
    }
    write!(to, "total,")?;
    let totals = [
        balance.debits_posted_fen,
        balance.credits_posted_fen,
        balance.debits_pending_fen,
        balance.credits_pending_fen,
    ];
    write_figures(totals, to)
}

fn figures(totals: &Totals) -> [i128; 4] {
    [
        i128::from(totals.debits_posted_fen),
        i128::from(totals.credits_posted_fen),
        i128::from(totals.debits_pending_fen),
        i128::from(totals.credits_pending_fen),
    ]
}

fn write_figures(figures: [i128; 4], to: &mut impl Write) -> io::Result<()> {
    for figure in figures {
        write!(to, ",{}", Decimal::new(figure, 2))?;
    }
    writeln!(to)
}

fn yuan(fen: i64) -> Decimal {
    Decimal::new(i128::from(fen), 2)
}

impl Statement {
    /// The place of its last line, if it has any.
    fn ends(&self) -> Option<LineAt> {
        self.lines.last().map(|line| LineAt {
            subject: self.account.subject,
            booked_at: line.booked_at,
            accounting_date: line.accounting_date,
            voucher: line.voucher,
            leg: line.leg,
            side: line.side,
        })
    }

    /// Writes the statement for people, with Shanghai's clock.
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let name = match self.account.subject {
            SHARES => "shares of the fund",
            _ => "wallet",
        };
        writeln!(to, "{} ({name})", self.account)?;
        writeln!(
            to,
            "{:<19}  {:<10}  {:>16}  {:>16}",
            "booked", "day", "amount", "balance"
        )?;
        let opening = yuan(self.opening_fen).to_string();
        writeln!(
            to,
            "{:<19}  {:<10}  {:>16}  {opening:>16}  opening",
            "", "", ""
        )?;
        for line in &self.lines {
            let (amount, balance) = (yuan(line.amount_fen), yuan(line.balance_fen));
            writeln!(
                to,
                "{:<19}  {:<10}  {:>16}  {:>16}  {} {}{}{}",
                clock(line.booked_at),
                line.accounting_date,
                amount.to_string(),
                balance.to_string(),
                line.kind,
                line.voucher,
                if line.memo.is_empty() { "" } else { "  " },
                line.memo,
            )?;
        }
        let (closing, held) = (yuan(self.closing_fen).to_string(), yuan(self.held_fen));
        writeln!(
            to,
            "{:<19}  {:<10}  {:>16}  {closing:>16}  closing, of which held now {held}",
            "", "", ""
        )
    }
}

/// An instant on Shanghai's clock, to the second.
pub(crate) fn clock(micros: i64) -> String {
    let civil = Zone::new("Asia/Shanghai").ok();
    let civil = civil.and_then(|zone| zone.civil(micros).ok());
    let text = civil.map_or_else(|| micros.to_string(), |civil: Civil| civil.to_string());
    let seconds = text.split('.').next().unwrap_or(&text);
    seconds.replace('T', " ")
}
