//! The same commands, asked of the real program by many at a time, while it is killed at any moment and
//! started again: what it answered is what the pure core says, in the order in which it was answered, and
//! stays so. A day whose run is killed is run once.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use ruixin_bao::fund::{Fund, income_voucher};
use ruixin_service::money::Yuan;

use super::command::{Command, Ids, Model};
use super::{command, follow, release};
use crate::support::{Kind, Place, SHOP, USERS, assert_same, at, day, terms};
use crate::web::FIRST_DAY;
use crate::web::http::Reply;
use crate::web::program::Program;
use crate::web::storm::{Asked, Kill, Storm, kills};

/// Commands of a day.
const COMMANDS: usize = 60;
/// Kills of a day, and less than so many answers between two of them.
const KILLS: usize = 3;
const ANSWERS: usize = 18;
/// The days that are run, with their incomes; another one follows.
const NIGHTS: [(&str, i64); 2] = [("2013-06-05", 0), ("2013-06-06", 37)];
/// Kills of a night, and how many microseconds after the run was asked for at most.
const KILLS_OF_A_NIGHT: usize = 3;
const MICROS: u64 = 25_000;

/// Is the program beside its model.
struct Run {
    program: Program,
    storm: Storm,
    /// What the clock shows whenever the program begins.
    clock: String,
    place: Place,
    ids: Ids,
    model: Model,
    requests: usize,
    /// What was answered and is kept.
    answered: Vec<Asked>,
}

/// Everybody has a wallet with 1,000.00 in it, and 300.00 of it goes into the fund.
fn openings() -> [Vec<Command>; 3] {
    let mut opened = USERS.map(|user| Command::Open { user }).to_vec();
    opened.push(Command::OpenShop);
    let mut filled = USERS
        .map(|user| Command::TopUp { user, fen: 100_000 })
        .to_vec();
    filled.push(Command::Advance { fen: 50_000 });
    let subscribed = USERS.map(|user| Command::Subscribe { user, fen: 30_000 });
    [opened, filled, subscribed.to_vec()]
}

impl Run {
    fn begin(kind: Kind) -> Run {
        let place = Place::new(kind);
        Program::found(&place.address);
        let key = Program::key(&place.address);
        let clock = format!("{FIRST_DAY} 10:00");
        let program = Program::start_at(&place.address, &clock, &[]);
        Run {
            ids: Ids::of_key(&key),
            storm: Storm::new(&program, key),
            program,
            clock,
            place,
            model: Model::new(Fund::new(terms(FIRST_DAY)).unwrap(), SHOP),
            requests: 0,
            answered: Vec::new(),
        }
    }

    /// The program is killed, and begins at a time.
    fn begins_at(&mut self, clock: String) {
        self.clock = clock;
        self.storm.kill(&mut self.program);
        self.program = Program::start_at(&self.place.address, &self.clock, &[]);
        self.storm.goes_on(&self.program);
    }

    /// Asks for many at once while the program is killed; then goes through them in the order of the
    /// answers.
    fn round(&mut self, commands: &[Command], kills: &[Kill]) {
        self.model.learn();
        let mut requests = Vec::new();
        for command in commands {
            let (path, body) = command.asks(&self.model);
            self.requests += 1;
            requests.push((format!("c{}", self.requests), path, body));
        }
        let answered: Mutex<Vec<(usize, Asked)>> = Mutex::default();
        let (storm, place, clock) = (&self.storm, &self.place, &self.clock);
        let start = || Program::start_at(&place.address, clock, &[]);
        storm.rage(&mut self.program, &start, kills, requests.len(), |at| {
            let (key, path, body) = requests[at].clone();
            let asked = storm.ask(key, path, body);
            answered.lock().unwrap().push((at, asked));
        });
        let answered = answered.into_inner().unwrap();
        let mut by_id: BTreeMap<u128, (&Command, &Reply)> = BTreeMap::new();
        for (at, asked) in &answered {
            let id = self.ids.of(&asked.key, &asked.path);
            by_id.insert(id, (&commands[*at], &asked.reply));
        }
        follow(&mut self.model, &self.place, &by_id);
        let kept = answered
            .iter()
            .filter(|(at, _)| !commands[*at].is_wrong_by_itself());
        self.answered.extend(kept.map(|(_, asked)| asked.clone()));
    }

    /// Runs a day on both, after midnight: the program is killed so many microseconds after it was
    /// asked to, and asked again. Gives it a morning.
    fn night(&mut self, of: &str, income: i64, kills: &[u64]) {
        let morning = day(of).next().unwrap();
        let night = format!("{morning} 01:00");
        self.begins_at(night.clone());
        let path = format!("/v1/admin/days/{of}/run");
        let body = format!(r#"{{"income":"{}"}}"#, Yuan(income));
        for micros in kills {
            let client = self.storm.client().unwrap();
            thread::scope(|scope| {
                // Whether it had an answer is all the same.
                scope.spawn(|| drop(client.post(&path, "-", &body)));
                thread::sleep(Duration::from_micros(*micros));
                self.begins_at(night.clone());
            });
            self.place.open().prove().unwrap();
        }
        let ran = self.storm.ask("-".to_owned(), path, body).reply;
        assert_eq!(ran.status, 200, "{ran:?}");
        self.follow_night(of, income, at(&night));
        self.begins_at(format!("{morning} 10:00"));
    }

    /// Runs a day on the model, at the instants at which the steps were booked; where they booked
    /// nothing, any is as good.
    fn follow_night(&mut self, of: &str, income: i64, night: i64) {
        let of = day(of);
        let due_on = of.next();
        let whole = self.place.open().whole().unwrap();
        let booked_at = |id| whole.book().entry(id).map(|entry| entry.booked_at);
        let mut orders = whole.orders();
        let due = orders.find(|order| Some(order.schedule.confirmed_on) == due_on);
        let confirmed_at = due.and_then(|order| booked_at(order.request.confirmation()));
        let divided_at = booked_at(income_voucher(of));
        let fund = &mut self.model.fund;
        fund.cut(of, night).unwrap();
        fund.confirm(of, confirmed_at.unwrap_or(night)).unwrap();
        fund.distribute(of, income, divided_at.unwrap_or(night))
            .unwrap();
        fund.close(of).unwrap();
    }

    /// The books stand all proofs, and are the model's, to the last voucher.
    fn compare(&mut self) {
        release(&mut self.model, &self.place, i64::MAX);
        let mut store = self.place.open();
        store.prove().unwrap();
        let whole = store.whole().unwrap();
        whole.prove().unwrap();
        assert_same(&whole, &self.model.fund);
        for account in whole.book().accounts() {
            assert!(account.available_fen() >= 0, "{account:?}");
        }
    }

    /// Gives how many requests had no answer at first.
    fn play(mut self, commands: &[Command], kills: &[Kill], nights: &[u64]) -> usize {
        for commands in openings() {
            self.round(&commands, &[]);
        }
        let mut nights = NIGHTS.iter().zip(nights.chunks(KILLS_OF_A_NIGHT));
        for (commands, kills) in commands.chunks(COMMANDS).zip(kills.chunks(KILLS)) {
            self.round(commands, kills);
            self.compare();
            if let Some(((of, income), kills)) = nights.next() {
                self.night(of, *income, kills);
                self.compare();
            }
        }
        // Every answer outlives the program that gave it, and nothing is done once more.
        self.begins_at(self.clock.clone());
        self.storm.is_answered_alike(&self.answered);
        self.compare();
        self.storm.lost()
    }
}

fn is_the_model(kind: Kind, cases: u32) {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 0,
        rng_seed: RngSeed::Fixed(20_130_605),
        ..Config::default()
    };
    let days = NIGHTS.len() + 1;
    let drawn = (
        prop::collection::vec(command(), days * COMMANDS),
        kills(days * KILLS, ANSWERS),
        prop::collection::vec(0..MICROS, NIGHTS.len() * KILLS_OF_A_NIGHT),
    );
    let lost = Cell::new(0);
    let run = TestRunner::new(config).run(&drawn, |(commands, kills, nights)| {
        let run = Run::begin(kind);
        lost.set(lost.get() + run.play(&commands, &kills, &nights));
        Ok(())
    });
    run.unwrap();
    assert!(
        lost.get() > 0,
        "no kill fell between a question and its answer"
    );
}

#[test]
fn sqlite_is_the_model_however_often_the_program_is_killed() {
    is_the_model(Kind::Sqlite, 2);
}

#[test]
fn postgres_is_the_model_however_often_the_program_is_killed() {
    is_the_model(Kind::Postgres, 2);
}
