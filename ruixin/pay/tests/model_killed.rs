//! Random commands of all kinds against the model, asked of the real program by many at a time, while
//! it is killed at any moment and started again.
//!
//! Whoever has no answer asks again with the same key. In the end everybody has one, and it stays what
//! it was. Done in the order of their serials, the model does what the books did, and comes to the same
//! balances, holds and open withdrawals; what they refused, it refuses for the same reason at a moment
//! between the question and the answer.

mod support;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Mutex;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use ruixin_pay::Books;
use ruixin_pay::civil::Clock;
use ruixin_pay::command::{Command, Receipt};
use ruixin_pay::money::Yuan;
use ruixin_service::store::Row;
use support::acts::{Act, Ids, MERCHANTS, USERS, act, asks};
use support::model::{Model, agree};
use support::program::Program;
use support::storm::{Asked, Kill, Storm, kills};
use support::{Database, block_on};

/// Commands of a case, beside the top-ups that it begins with.
const ACTS: usize = 240;
const KILLS: usize = 5;
/// Answers between two kills, so few that clients are busy at the last one.
const ANSWERS: usize = 45;

/// Is a command that was answered.
#[derive(Debug)]
struct Answered {
    command: Command,
    asked: Asked,
}

impl Answered {
    fn receipt(&self) -> Option<Receipt> {
        let reply = &self.asked.reply;
        let is_done = matches!(reply.status, 200 | 201);
        is_done.then(|| serde_json::from_str(&reply.body).expect("a receipt"))
    }
}

/// Is what became of a storm.
struct Weathered {
    ids: Ids,
    answered: Vec<Answered>,
    lost: usize,
}

/// Has clients ask while the program is killed, kills it once more, and asks for everything again.
fn weathered(store: &str, acts: &[Act], kills: &[Kill]) -> Weathered {
    let key = Program::key(store);
    let start = || Program::start(store, &[]);
    let mut program = start();
    let storm = Storm::new(&program, key);
    let client = storm.client().expect("it runs");
    let people = (0..USERS + MERCHANTS).map(|at| client.open(&format!("open-{at}"), at < USERS));
    let ids = Mutex::new(Ids::of(people.collect()));
    let answered = Mutex::new(Vec::new());
    storm.rage(&mut program, &start, kills, acts.len(), |at| {
        let command = ids.lock().expect("nobody panics").command(&acts[at]);
        let (path, body) = asks(&command);
        let asked = storm.ask(format!("act-{at}"), path, body);
        let one = Answered { command, asked };
        if let Some(receipt) = one.receipt() {
            let mut ids = ids.lock().expect("nobody panics");
            ids.keep(&one.command, &receipt);
        }
        answered.lock().expect("nobody panics").push(one);
    });
    // Every answer outlives the program that gave it.
    storm.kill(&mut program);
    program = start();
    storm.goes_on(&program);
    let answered: Vec<Answered> = answered.into_inner().expect("nobody panics");
    storm.is_answered_alike(answered.iter().map(|one| &one.asked));
    storm.kill(&mut program);
    Weathered {
        ids: ids.into_inner().expect("nobody panics"),
        answered,
        lost: storm.lost(),
    }
}

/// Is a command that the books did, with the number of its first serial.
struct Done<'a> {
    number: String,
    one: &'a Answered,
    receipt: Receipt,
}

/// Is a command that the books refused, and between which of those that they did: from when on all were
/// done that were answered before it was asked, until one is done that was asked after it was answered.
#[derive(Debug)]
struct Refused<'a> {
    one: &'a Answered,
    span: RangeInclusive<usize>,
}

impl Refused<'_> {
    fn of<'a>(one: &'a Answered, done: &[Done<'_>]) -> Refused<'a> {
        let Asked { begun, ended, .. } = one.asked;
        let before = done.iter().rposition(|done| done.one.asked.ended < begun);
        let after = done.iter().position(|done| done.one.asked.begun > ended);
        let first = before.map_or(0, |at| at + 1);
        let span = first..=after.unwrap_or(done.len());
        Refused { one, span }
    }

    /// Whether the model says the same after so many that were done.
    fn is_so(&self, after: usize, model: &Model) -> bool {
        if !self.span.contains(&after) {
            return false;
        }
        let told = self.one.asked.reply.json();
        let said = model.clone().run(&self.one.command, None);
        let is_same = said.is_err_and(|code| told["code"] == code);
        // A refusal for want of money says how much there is.
        let account = told["account"].as_str().unwrap_or_default();
        let available = model.balance.get(account).copied().unwrap_or(0);
        let is_available = told
            .get("available")
            .is_none_or(|said| *said == Yuan(available).to_string());
        is_same && is_available
    }
}

/// Has the model do what the books did, in the order of the serials, and refuse what they refused.
fn followed(answered: &[Answered]) -> Model {
    let mut done = Vec::new();
    let mut refused = Vec::new();
    for one in answered {
        match one.receipt() {
            // The number within the serial is global and ascends as locks are taken.
            Some(receipt) => done.push(Done {
                number: receipt.movements[0].serial[11..20].to_owned(),
                one,
                receipt,
            }),
            None => refused.push(one),
        }
    }
    done.sort_by(|one, other| one.number.cmp(&other.number));
    let mut refused: Vec<Refused<'_>> = refused
        .into_iter()
        .map(|one| Refused::of(one, &done))
        .collect();
    let mut model = Model::default();
    for after in 0..=done.len() {
        refused.retain(|one| !one.is_so(after, &model));
        if let Some(next) = done.get(after) {
            assert_eq!(
                model.run(&next.one.command, Some(&next.receipt)),
                Ok(()),
                "the books did it, the model cannot: {:?}",
                next.one
            );
        }
    }
    assert!(
        refused.is_empty(),
        "the books refused it, the model would not: {refused:#?}"
    );
    model
}

fn text(row: &Row, at: usize) -> String {
    row.text(at).expect("text").to_owned()
}

fn fen(row: &Row, at: usize) -> i64 {
    row.maybe_int(at).expect("fen").unwrap_or(0)
}

/// What is left of payments, withdrawals and holds is what the model says, and there are no others.
async fn is_left(books: &Books, model: &Model) {
    let (payments, withdrawals, holds) = books
        .store()
        .read(async |tx| {
            let payments = tx
                .rows("SELECT order_id, payer, payee, fen:amount, fen:coupon, fen:refunded FROM orders WHERE order_type = 'P'", vec![])
                .await?;
            let withdrawals = tx
                .rows("SELECT order_id, payer, fen:amount FROM orders WHERE order_type = 'W' AND status = '1'", vec![])
                .await?;
            let holds = tx
                .rows("SELECT serial, account, fen:amount, fen:released FROM hold WHERE order_id IS NULL", vec![])
                .await?;
            Ok((payments, withdrawals, holds))
        })
        .await
        .expect("the books can be read");
    let payments = payments.iter().map(|row| {
        let left = fen(row, 3) - fen(row, 4) - fen(row, 5);
        (text(row, 0), (text(row, 1), text(row, 2), left))
    });
    assert_eq!(payments.collect::<BTreeMap<_, _>>(), model.payments);
    let withdrawals = withdrawals
        .iter()
        .map(|row| (text(row, 0), (text(row, 1), fen(row, 2))));
    assert_eq!(withdrawals.collect::<BTreeMap<_, _>>(), model.withdrawals);
    let holds = holds
        .iter()
        .map(|row| (text(row, 0), (text(row, 1), fen(row, 2) - fen(row, 3))));
    assert_eq!(holds.collect::<BTreeMap<_, _>>(), model.holds);
}

/// Added up, the books come to nothing, and the house and the banks have what the model says.
async fn adds_up(books: &Books, model: &Model) {
    let frozen = books.freeze().await.expect("they are added up");
    let figures = frozen.figures.expect("figures");
    let sum = |amounts: &BTreeMap<String, i64>| Yuan(amounts.values().sum());
    assert_eq!(figures.difference, Yuan(0));
    assert_eq!(figures.balances, sum(&model.balance));
    assert_eq!(figures.frozen, sum(&model.frozen));
    let rows = books
        .store()
        .read(async |tx| {
            let sql = "SELECT class, sum_fen:balance FROM account WHERE owner = 'H' GROUP BY class";
            tx.rows(sql, vec![]).await
        })
        .await
        .expect("the books can be read");
    let house: BTreeMap<String, i64> = rows.iter().map(|row| (text(row, 0), fen(row, 1))).collect();
    let (mut fees, mut banks, mut others) = (0, 0, 0);
    for (class, balance) in &house {
        match class.as_str() {
            "FEES" | "MARKETING" => fees += balance,
            "CHANNEL" => banks += balance,
            _ => others += balance.abs(),
        }
    }
    assert_eq!(
        (fees, banks, others),
        (model.house, model.banks, 0),
        "{house:?}"
    );
}

/// Gives how many requests had no answer at first.
fn is_the_models(store: &str, acts: &[Act], kills: &[Kill]) -> usize {
    let filled = (0..USERS + MERCHANTS).map(|who| Act::TopUp(who, 60_000));
    let acts: Vec<Act> = filled.chain(acts.iter().cloned()).collect();
    let weathered = weathered(store, &acts, kills);
    let model = followed(&weathered.answered);
    block_on(async {
        let books = Books::open(store, Clock::default()).await.expect("books");
        agree(&books, &weathered.ids, &model).await;
        is_left(&books, &model).await;
        adds_up(&books, &model).await;
    });
    weathered.lost
}

fn killed_on(database: &Database, cases: u32) {
    // A failure prints its commands and kills; to shrink them would be to kill all over again.
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 0,
        ..Config::default()
    };
    let drawn = (prop::collection::vec(act(), ACTS), kills(KILLS, ANSWERS));
    let (number, lost) = (Cell::new(0), Cell::new(0));
    TestRunner::new(config)
        .run(&drawn, |(acts, kills)| {
            number.set(number.get() + 1);
            let store = database.apart(number.get());
            lost.set(lost.get() + is_the_models(&store, &acts, &kills));
            Ok(())
        })
        .expect("the model agrees");
    assert!(
        lost.get() > 0,
        "no kill fell between a question and its answer"
    );
}

#[test]
fn sqlite_does_what_the_model_does_however_often_the_program_is_killed() {
    killed_on(&Database::sqlite(), 3);
}

#[test]
fn postgres_does_what_the_model_does_however_often_the_program_is_killed() {
    killed_on(&Database::postgres(), 3);
}
