//! `crossfoot demo --live`: the whole evening, with both systems running and people who use them.

use super::{Judged, STOPS, Stage, TRIAL, clock, failed, gate_word, not_that};
use crate::args::Demo;
use crate::commands::{LENT, threads};
use crate::error::{CommandError, Kind};
use crate::screen::Screen;
use cutover::gate::Outcome;
use ledger::Verdict;
use ruixin_faults::{Cause, Planted};
use ruixin_history::Format;
use ruixin_live::{
    Compared, Crowd, DayRunView, Door, Fund, LiveError, Tally, Wallet, bring_in, spoil,
};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// Where the books of both systems lie, from the plan's folder.
const PAY: &str = "books/pay.db";
const LEDGER: &str = "books/ledger.db";
const BAO: &str = "bao.db";

/// Variables that the plan's hooks name, with the keys of both systems.
const KEYS: [&str; 2] = ["RUIXIN_PAY_KEY", "RUIXIN_BAO_KEY"];

/// How long the crowd is at work before the freeze, at the new system, and on the day after.
const AT_WORK: Duration = Duration::from_secs(2);
/// How long people go on asking once the house is closed.
const CLOSED: Duration = Duration::from_millis(300);

/// What the clock of a wallet shows whose books have no record.
const NO_CLOCK: &str = "2013-05-27T08:00:00";

/// The day of the freeze, which is the fund's first, and the next one.
const DAYS: [&str; 2] = ["2013-05-27", "2013-05-28"];
/// What the fund earns on its first day with shares: yuan per ten thousand of them, hundredths.
const EARNS: i128 = 123;

/// What anybody can redeem at once on a day, fen: few yuan, so that the crowd meets the cap.
const FAST_CAP: i64 = 30_000;
/// Until when something is held of some people: it is over when the first night runs.
const HELD_UNTIL: &str = "2013-05-28 00:01:00";

/// What a bank advances for shares that are paid with before they are redeemed: ten million yuan, fen.
const ADVANCES: i64 = 1_000_000_000;

/// The plan that holds the registrar's file against the books of the fund.
const REGISTRAR: [(&str, &str); 3] = [
    (
        "crossfoot.toml",
        include_str!("../../../../ruixin/bao-store/plan/crossfoot.toml"),
    ),
    (
        "rules/books.sql",
        include_str!("../../../../ruixin/bao-store/plan/rules/books.sql"),
    ),
    (
        "rules/register.sql",
        include_str!("../../../../ruixin/bao-store/plan/rules/register.sql"),
    ),
];

/// The plan that holds what the new system opens with against what the old one ended with. It has some
/// rules in common with the plan of the story.
const OPENED: [(&str, &str); 6] = [
    (
        "crossfoot.toml",
        include_str!("../../../../ruixin/opened/crossfoot.toml"),
    ),
    (
        "rules/balance.sql",
        include_str!("../../../../ruixin/opened/rules/balance.sql"),
    ),
    (
        "rules/opening.sql",
        include_str!("../../../../ruixin/opened/rules/opening.sql"),
    ),
    (
        "rules/holding.sql",
        include_str!("../../../../ruixin/opened/rules/holding.sql"),
    ),
    (
        "rules/under_way.sql",
        include_str!("../../../../ruixin/opened/rules/under_way.sql"),
    ),
    (
        "rules/refundable.sql",
        include_str!("../../../../ruixin/opened/rules/refundable.sql"),
    ),
];

/// Times of the story.
const EVENING: Duration = Duration::from_secs(6 * 3600);
const NIGHT: Duration = Duration::from_secs(5 * 60);
const MORNING: Duration = Duration::from_secs(9 * 3600);

pub(super) fn run(demo: &Demo, screen: &Screen) -> Result<u8, CommandError> {
    let evening = Evening::prepare(demo, screen)?;
    let stage = &evening.stage;
    let rehearsed = evening.lap("rehearsed", evening.rehearse()?);
    let (wallet, fund) = evening.open()?;
    let mut crowd = live(Crowd::gather(&wallet, demo.people as usize, demo.seed))?;
    let before = evening.close(&wallet, &fund, &mut crowd)?;
    let written = evening.lap("converted", stage.convert()?);
    let planted = evening.spoil()?;
    let first = evening.lap("verified", stage.verify("found")?);
    let breaks = stage.breaks("found")?;
    evening.lap("explained", stage.explain(&breaks)?);
    let judged = Judged::of(std::slice::from_ref(&planted), &breaks);
    let mut opened = Value::Null;
    let (last, gate, after) = match demo.leave {
        true => {
            let gate = stage.release(first.verdict)?;
            (first.clone(), gate, evening.back(&mut crowd)?)
        }
        false => {
            evening.lap("corrected", stage.correct()?);
            let last = evening.lap("verified_again", stage.verify("corrected")?);
            if last.verdict == Verdict::Balanced {
                evening.lap("taken_over", evening.take_over(&fund)?);
                opened = evening.lap("opened", evening.opened()?);
            }
            let gate = evening.lap("released", stage.release(last.verdict)?);
            let after = match gate {
                Outcome::Go => evening.go_on(&fund, &mut crowd)?,
                Outcome::NoGo | Outcome::Incomplete => json!({}),
            };
            (last, gate, after)
        }
    };
    evening.end(&judged)?;
    if screen.json {
        screen.document(&json!({
            "version": 1,
            "records": evening.records,
            "accounts": evening.accounts,
            "seed": demo.seed,
            "people": crowd.people(),
            "written": written,
            "planted": judged.planted,
            "found": judged.found,
            "same": judged.same,
            "cause_proved": judged.proved,
            "cause_named": judged.named,
            "rehearsed": {"planted": rehearsed[0], "found": rehearsed[1]},
            "verdicts": [first.verdict, last.verdict],
            "opened": opened,
            "gate": gate_word(gate),
            "before": before,
            "after": after,
            "folder": stage.folder.to_string_lossy(),
            "seconds": evening.laps.borrow().1,
            "elapsed_seconds": stage.began.elapsed().as_millis() as f64 / 1000.0,
        }))?;
    }
    Ok(gate.exit_code())
}

/// Gives what a running system gave, or its error as one of this command.
fn live<T>(done: Result<T, LiveError>) -> Result<T, CommandError> {
    done.map_err(|error| CommandError::new(Kind::Book, error.to_string()))
}

/// The stage, and the doors of both systems.
struct Evening<'a> {
    stage: Stage<'a>,
    pay: Door,
    bao: Door,
    /// Records and accounts that the old books came with.
    records: u64,
    accounts: u64,
    /// When the last part of the story ended, and how long each took, in seconds.
    laps: RefCell<(Instant, BTreeMap<&'static str, f64>)>,
}

impl<'a> Evening<'a> {
    /// Notes how long a part of the story took that has just ended.
    fn lap<T>(&self, part: &'static str, done: T) -> T {
        let (since, laps) = &mut *self.laps.borrow_mut();
        laps.insert(part, since.elapsed().as_millis() as f64 / 1000.0);
        *since = Instant::now();
        done
    }

    /// Sets the stage, and brings the old books into the wallet's database.
    fn prepare(demo: &'a Demo, screen: &'a Screen) -> Result<Self, CommandError> {
        let (pay, bao) = (live(Door::find())?, live(Door::find())?);
        let keys = KEYS
            .into_iter()
            .zip([pay.key(), bao.key()].map(str::to_owned));
        if LENT.set(keys.collect::<BTreeMap<_, _>>()).is_err() {
            return Err(not_that());
        }
        let stage = Stage::set(demo, screen)?;
        stage.at(EVENING);
        stage.say(&screen.words().live_begins(demo.records))?;
        let old = stage.folder.join("old");
        stage.old_books(&old, Format::Csv)?;
        let books = stage.folder.join("kept");
        fs::create_dir_all(&books).map_err(|error| failed(&books, &error))?;
        let threads = threads(demo.threads, None);
        let imported = stage
            .counted(|tell| bring_in(&text(&books.join("pay.db")), &old, demo.seed, threads, tell));
        let imported = live(imported)?;
        fs::remove_dir_all(&old).map_err(|error| failed(&old, &error))?;
        let said = screen.words().live_books(
            &stage.inside(PAY),
            imported.accounts,
            imported.records,
            &imported.until,
        );
        stage.say(&said)?;
        let evening = Self {
            pay,
            bao,
            records: imported.records,
            accounts: imported.accounts,
            laps: RefCell::new((stage.began, BTreeMap::new())),
            stage,
        };
        evening.lap("prepared", ());
        Ok(evening)
    }

    /// Writes the plan, and rehearses the night with it on small books in the place of the wallet's.
    fn rehearse(&self) -> Result<[u64; 2], CommandError> {
        let stage = &self.stage;
        stage.plan(|plan| planned(plan, &self.pay, &self.bao))?;
        let rehearsed = stage.rehearse_on(|history, books| {
            let old = stage.folder.join("old");
            history
                .write(&old, Format::Csv, 1, &|_| {})
                .map_err(|error| CommandError::new(Kind::Book, error.to_string()))?;
            fs::create_dir_all(books).map_err(|error| failed(books, &error))?;
            let imported = bring_in(&text(&books.join("pay.db")), &old, TRIAL.0, 1, &|_| {});
            live(imported)?;
            fs::remove_dir_all(&old).map_err(|error| failed(&old, &error))
        })?;
        let (kept, books) = (stage.folder.join("kept"), stage.folder.join("books"));
        fs::rename(&kept, &books).map_err(|error| failed(&kept, &error))?;
        Ok(rehearsed)
    }

    /// Lets both systems run: the old one open, the new one closed.
    fn open(&self) -> Result<(Wallet, Fund), CommandError> {
        let wallet = Wallet::open(&self.stage.inside(PAY), NO_CLOCK, &self.pay);
        let wallet = live(wallet)?;
        let books = self.stage.inside(BAO);
        let ledger = self.stage.inside(LEDGER);
        let now = at(DAYS[0], STOPS);
        let cap = Some(FAST_CAP);
        let fund = live(Fund::found(&books, &ledger, DAYS[0], &now, cap, &self.bao))?;
        let words = self.stage.screen.words();
        let said = words.live_runs(&wallet.address(), &fund.address());
        self.stage.say(&said)?;
        Ok((wallet, fund))
    }

    /// Announces the window and closes the wallet, with the crowd at work. Gives what it did.
    fn close(
        &self,
        wallet: &Wallet,
        fund: &Fund,
        crowd: &mut Crowd,
    ) -> Result<Value, CommandError> {
        let (stage, words) = (&self.stage, self.stage.screen.words());
        let path = stage.path();
        stage.say(&words.live_crowd(crowd.people() as u64))?;
        live(crowd.leave_something_under_way())?;
        crowd.start();
        std::thread::sleep(AT_WORK);
        stage.step(&["window", "announce", "--plan", &path])?;
        self.lap("open", ());
        stage.at(STOPS);
        live(fund.put_clock(&at(DAYS[0], STOPS)))?;
        let code = stage.step(&["window", "freeze", "--plan", &path])?;
        std::thread::sleep(CLOSED);
        let tally = live(crowd.stop())?;
        if code != 0 {
            let message = format!("{} did not close", wallet.address());
            return Err(CommandError::new(Kind::Book, message));
        }
        stage.say(&words.live_closed(&tally))?;
        let compared = self.lap("closed", self.compare(crowd)?);
        let mut told = document(&tally, &compared);
        // Who looks at the new system meanwhile is told the same as at the old one.
        told["told_at_the_new_system"] = json!(live(fund.notices())?);
        Ok(told)
    }

    /// Holds what everybody has against what he was told, and stops where somebody was told otherwise.
    fn compare(&self, crowd: &Crowd) -> Result<Compared, CommandError> {
        let compared = live(crowd.compare())?;
        let words = self.stage.screen.words();
        self.stage.say(&words.live_compared(&compared))?;
        match compared.odd.first() {
            None => Ok(compared),
            Some(odd) => {
                let message = format!(
                    "account {}: its owner was told {:?}, and the ledger has {:?}",
                    odd.account, odd.told, odd.found
                );
                Err(CommandError::new(Kind::Book, message))
            }
        }
    }

    /// Puts one leg of the converted ledger through a double, and keeps the truth.
    fn spoil(&self) -> Result<Planted, CommandError> {
        let (stage, words) = (&self.stage, self.stage.screen.words());
        let spoiled = live(spoil(&stage.folder.join(LEDGER), stage.demo.seed))?;
        let cause = Cause::B3;
        let says = words.pick(cause.says(), cause.says_zh());
        stage.say(&words.demo_plants(&cause.to_string(), says, 1))?;
        let planted = Planted {
            cause,
            voucher: spoiled.voucher,
            leg: Some(spoiled.leg),
            column: Some("credit".to_owned()),
            was: Some(spoiled.was),
            is: Some(spoiled.is_now),
            part: LEDGER.to_owned(),
        };
        let truth = stage.folder.join("truth.jsonl");
        let kept = ruixin_faults::write_truth(&truth, std::slice::from_ref(&planted));
        kept.map_err(|error| CommandError::new(Kind::Book, error.to_string()))?;
        stage.say(&words.demo_truth(&text(&truth)))?;
        Ok(planted)
    }

    /// The new system takes over what was verified, and proves it; it stays closed.
    fn take_over(&self, fund: &Fund) -> Result<(), CommandError> {
        let (stage, words) = (&self.stage, self.stage.screen.words());
        let opened = live(fund.open_with(&stage.inside(LEDGER)))?;
        let proved = live(fund.prove())?;
        stage.say(&words.live_took_over(&opened, proved))
    }

    /// Holds what the new system is about to open with against what the old one ended with, account by
    /// account: its own books, and not what was converted for it.
    fn opened(&self) -> Result<Value, CommandError> {
        let stage = &self.stage;
        stage.say(stage.screen.words().live_opened())?;
        let inside = [
            ("${PAY_BOOKS}", format!("sqlite://../{PAY}")),
            ("${BAO_BOOKS}", format!("sqlite://../{BAO}")),
        ];
        let records = self.hold_against("opened", &OPENED, &inside)?;
        Ok(json!({"verdict": Verdict::Balanced, "records": records}))
    }

    /// Lays a plan into a folder of its own and verifies by it, with the addresses that its variables
    /// stand for. Gives how many records agree; stops where the books do not.
    fn hold_against(
        &self,
        name: &str,
        plan: &[(&str, &str)],
        addresses: &[(&str, String)],
    ) -> Result<u64, CommandError> {
        let stage = &self.stage;
        let folder = stage.folder.join(name);
        let rules = folder.join("rules");
        fs::create_dir_all(&rules).map_err(|error| failed(&rules, &error))?;
        for (file, text) in plan {
            let path = folder.join(file);
            let text = addresses
                .iter()
                .fold((*text).to_owned(), |text, (variable, address)| {
                    text.replace(variable, address)
                });
            fs::write(&path, text).map_err(|error| failed(&path, &error))?;
        }
        let [plan, evidence] =
            [name.to_owned(), format!("evidence/{name}")].map(|at| stage.inside(&at));
        let report = stage.verify_by(&plan, &evidence)?;
        match report.verdict {
            Verdict::Balanced => {
                let agreements = report.agreements.iter();
                Ok(agreements.map(|one| one.records.agreed).sum())
            }
            _ => Err(CommandError::new(
                Kind::Book,
                format!("{plan}: the books do not agree; see {evidence}"),
            )),
        }
    }

    /// The gate said NO-GO: the old system opens again, and people go on there.
    fn back(&self, crowd: &mut Crowd) -> Result<Value, CommandError> {
        let (stage, words) = (&self.stage, self.stage.screen.words());
        let path = stage.path();
        let why = words.live_goes_back();
        let by = super::SIGNERS[1].1;
        let line = [
            "window", "rollback", "--plan", &path, "--why", why, "--by", by,
        ];
        stage.step(&line)?;
        let tally = live(crowd.go_on(AT_WORK))?;
        stage.say(&words.live_goes_back_to_work(&tally))?;
        Ok(document(&tally, &self.compare(crowd)?))
    }

    /// The new system is open: people go on there, and the fund has its first nights.
    fn go_on(&self, fund: &Fund, crowd: &mut Crowd) -> Result<Value, CommandError> {
        let (stage, words) = (&self.stage, self.stage.screen.words());
        crowd.move_to(fund, DAYS[1]);
        let taken = self.compare(crowd)?;
        let ended = live(crowd.end_what_was_under_way())?;
        stage.say(&words.live_ended(&ended))?;
        let after_ends = self.compare(crowd)?;
        let tally = live(crowd.go_on(AT_WORK))?;
        stage.say(&words.live_goes_on(&tally))?;
        live(crowd.have_held_until(fund, HELD_UNTIL))?;
        let went_on = document(&tally, &self.compare(crowd)?);
        stage.took(stage.clock.get().1.elapsed())?;

        self.lap("went_on", ());
        let first = self.lap("first_night", self.night(fund, DAYS[1], DAYS[0], 0)?);
        stage.say(&words.live_first_night(&first))?;
        let released = live(crowd.see_released())?;
        stage.say(&words.live_released(released))?;
        self.compare(crowd)?;
        stage.at(MORNING);
        live(fund.put_clock(&at(DAYS[1], MORNING)))?;
        live(fund.put_in_for_advances(ADVANCES))?;
        crowd.can_use_the_fund();
        live(crowd.reach_the_cap(FAST_CAP, DAYS[1]))?;
        let tally = live(crowd.go_on(AT_WORK))?;
        stage.say(&words.live_next_day(&tally))?;
        let next_day = document(&tally, &self.compare(crowd)?);

        let shares = i128::from(live(fund.shares())?);
        let income = i64::try_from(shares * EARNS / 1_000_000).unwrap_or(i64::MAX);
        self.lap("next_day", ());
        let second = self.lap(
            "second_night",
            self.night(fund, "2013-05-29", DAYS[1], income)?,
        );
        stage.say(&words.live_second_night(&second))?;
        let earned = self.lap("earned", self.compare(crowd)?);
        let worked_out = self.work_out(crowd, &second)?;
        let proved = live(fund.prove())?;
        self.lap("proved", ());
        stage.say(&words.live_proved(proved))?;
        let registered = self.lap("registered", self.register(fund)?);
        Ok(json!({
            "taken_over": figures(&taken),
            "ended": {
                "withdrawals": ended.withdrawals,
                "holds": ended.holds,
                "refunds": ended.refunds,
                "compared": figures(&after_ends),
            },
            "went_on": went_on,
            "next_day": next_day,
            "nights": [first, second],
            "earned": figures(&earned),
            "worked_out": worked_out,
            "released_at_their_time": released,
            "most_redeemed_at_once_fen": [FAST_CAP, crowd.most_redeemed_at_once(DAYS[1])],
            "proved": proved,
            "register": registered,
        }))
    }

    /// Lets everybody work out his income of a day, and stops where somebody has another one.
    fn work_out(&self, crowd: &mut Crowd, day: &DayRunView) -> Result<Value, CommandError> {
        let earned = live(crowd.work_out_incomes(day))?;
        if let Some(odd) = earned.odd.first() {
            let message = format!(
                "account {}: its owner has worked out an income of {}, and the fund says {}",
                odd.account, odd.worked_out, odd.found
            );
            return Err(CommandError::new(Kind::Book, message));
        }
        let words = self.stage.screen.words();
        self.stage.say(&words.live_worked_out(&earned))?;
        Ok(json!({
            "people": earned.people,
            "fen": earned.fen,
            "with_a_fen": earned.with_a_fen,
        }))
    }

    /// Writes the register of the first income as it goes to the registrar, and holds it against the
    /// books, record by record.
    fn register(&self, fund: &Fund) -> Result<Value, CommandError> {
        let stage = &self.stage;
        let files = stage.folder.join("registrar/files");
        fs::create_dir_all(&files).map_err(|error| failed(&files, &error))?;
        let holders = live(fund.write_register(DAYS[1], &files))?;
        stage.say(&stage.screen.words().live_register(holders, DAYS[1]))?;
        let inside = [
            ("${BAO_BOOKS}", format!("sqlite://../{BAO}")),
            ("${BAO_REGISTER}", "files".to_owned()),
        ];
        self.hold_against("registrar", &REGISTRAR, &inside)?;
        Ok(json!({"holders": holders, "verdict": Verdict::Balanced}))
    }

    /// Runs a day on the night that follows.
    fn night(
        &self,
        fund: &Fund,
        on: &str,
        day: &str,
        income_fen: i64,
    ) -> Result<DayRunView, CommandError> {
        self.stage.at(NIGHT);
        live(fund.put_clock(&at(on, NIGHT)))?;
        live(fund.run_day(day, income_fen))
    }

    fn end(&self, judged: &Judged) -> Result<(), CommandError> {
        if self.stage.screen.json {
            return Ok(());
        }
        let words = self.stage.screen.words();
        self.stage
            .say(&words.demo_found(judged.planted, judged.found, judged.same))?;
        let causes = words.demo_causes(judged.proved, judged.named, judged.planted);
        self.stage.say(&causes)?;
        self.stage.next()
    }
}

/// The plan of the story with both books in SQLite, the hooks and the notices of both systems.
fn planned(plan: &str, pay: &Door, bao: &Door) -> Result<String, CommandError> {
    let parts = plan
        .split_once("[source]\n")
        .and_then(|(name, rest)| Some((name, rest.split_once("[[agreement]]\n")?.1)))
        .and_then(|(name, rest)| {
            let (rules, window) = rest.split_once("[[window.notice]]\n")?;
            Some((name, rules, window))
        });
    let (name, rules, window) = parts.ok_or_else(not_that)?;
    let (of_pay, of_bao) = (pay.address(), bao.address());
    let [pay_key, bao_key] = KEYS;
    Ok(format!(
        r#"{name}[source]
url = "sqlite://{PAY}"

[target]
url = "sqlite://{LEDGER}"

[[agreement]]
{rules}[window.hooks]
freeze   = "http://{of_pay}/v1/admin/window/freeze?key=${{{pay_key}}}"
release  = "http://{of_bao}/v1/admin/window/open?key=${{{bao_key}}}"
rollback = "http://{of_pay}/v1/admin/window/reopen?key=${{{pay_key}}}"
# Before it opens, the new system reads the ledger anew and proves its books.
time_limit = "30m"

[[window.notice]]
{window}
[[window.channel]]
name    = "wallet"
webhook = "http://{of_pay}/v1/admin/notices?key=${{{pay_key}}}"

[[window.channel]]
name    = "fund"
webhook = "http://{of_bao}/v1/admin/notices?key=${{{bao_key}}}"
"#
    ))
}

/// A time of the story as the services take it.
fn at(day: &str, time: Duration) -> String {
    format!("{day}T{}", clock(time))
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn figures(compared: &Compared) -> Value {
    json!({
        "people": compared.people,
        "fen": compared.fen,
        "income_fen": compared.income_fen,
        "odd": compared.odd.len(),
    })
}

fn document(tally: &Tally, compared: &Compared) -> Value {
    json!({
        "done": tally.done,
        "refused": tally.refused,
        "closed": tally.closed,
        "asked_again": tally.again,
        "compared": figures(compared),
    })
}
