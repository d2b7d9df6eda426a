//! Random commands against the pure core: one by one each answer is the model's; many at a time,
//! each asked twice at once, they are the model's in the order in which they were answered.

mod command;
mod killed;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use ruixin_bao::fund::Fund;
use ruixin_service::gate::Limits;
use ruixin_service::keys::Role;

use crate::support::{BOTH, Kind, Place, SHOP, USERS, assert_same, day, terms};
use crate::web::http::{Client, Reply};
use crate::web::served::{Served, beside};
use crate::web::{Database, FIRST_DAY, block_on};
use command::{Command, Ids, Model};

/// Clients at once.
const CLIENTS: usize = 5;

fn limits() -> Limits {
    Limits {
        per_second: 1_000_000,
        burst: 1_000_000,
        ..Limits::default()
    }
}

fn command() -> impl Strategy<Value = Command> {
    let user = 0..USERS.len() + 1;
    let fen = prop_oneof![1_i64..5_000, 5_000_i64..60_000];
    let any = any::<usize>();
    (0_u8..14, user, 0..USERS.len(), any, fen).prop_map(|(kind, user, other, link, fen)| {
        let user = USERS.get(user).copied().unwrap_or(4_711);
        let other = USERS[other];
        match kind {
            0 => Command::TopUp { user, fen },
            1 | 2 => Command::Pay { user, fen },
            3 => Command::PayFromFund { user, fen },
            4 => Command::Transfer { user, other, fen },
            5 => Command::Withdraw { user, fen },
            6 => Command::Settle {
                link,
                is_paid: fen % 2 == 0,
            },
            7 => Command::Hold { user, fen },
            8 => Command::Release { link },
            9 => Command::Refund { link, fen },
            10 => Command::Subscribe { user, fen },
            11 => Command::Redeem {
                user,
                fen,
                is_fast: fen % 3 == 0,
            },
            12 => Command::HoldUntil {
                user,
                fen,
                is_long: fen % 2 == 0,
            },
            _ => Command::Reverse { link },
        }
    })
}

/// Is a service beside its model.
struct Run {
    admin: Client,
    ids: Ids,
    model: Model,
    asked: usize,
    database: Arc<Database>,
}

impl Run {
    fn key(&mut self) -> String {
        self.asked += 1;
        format!("c{}", self.asked)
    }

    /// Asks once, and once more: the answers are the model's.
    fn one(&mut self, command: &Command) {
        let key = self.key();
        self.model.learn();
        let (path, body) = command.asks(&self.model);
        let first = self.admin.post(&path, &key, &body).unwrap();
        let again = self.admin.post(&path, &key, &body).unwrap();
        assert_eq!((first.status, &first.body), (again.status, &again.body));
        assert!(!first.headers.contains_key("idempotency-replayed"));
        let id = self.ids.of(&key, &path);
        let now = self.now();
        let expected = self.model.does(command, id, now);
        assert_eq!(said(&first), expected, "{command:?}");
        if command.is_wrong_by_itself() {
            return;
        }
        assert!(again.headers.contains_key("idempotency-replayed"));
        // Another body under the same key is another request.
        let other = self.admin.post(&path, &key, &format!("{body} ")).unwrap();
        assert_eq!(other.code(), "idempotency-key-reused");
    }

    /// Asks for many at once, each twice; then goes through them in the order of the answers.
    fn many(&mut self, commands: &[Command]) {
        self.model.learn();
        let asked: Vec<(String, String, String)> = commands
            .iter()
            .map(|command| {
                let (path, body) = command.asks(&self.model);
                (self.key(), path, body)
            })
            .collect();
        let asked = Arc::new(asked);
        let threads: Vec<_> = (0..CLIENTS * 2)
            .map(|at| {
                let (admin, asked) = (self.admin.clone(), asked.clone());
                thread::spawn(move || {
                    let own = asked.iter().skip(at % CLIENTS).step_by(CLIENTS);
                    let answers = own.map(|(key, path, body)| {
                        let reply = admin.post(path, key, body).unwrap();
                        (key.clone(), reply)
                    });
                    answers.collect::<Vec<(String, Reply)>>()
                })
            })
            .collect();
        let mut answers: BTreeMap<String, Reply> = BTreeMap::new();
        for (key, reply) in threads.into_iter().flat_map(|one| one.join().unwrap()) {
            assert!(reply.status < 500, "{reply:?}");
            if let Some(first) = answers.insert(key.clone(), reply.clone()) {
                assert_eq!(
                    (first.status, first.body),
                    (reply.status, reply.body),
                    "{key}"
                );
            }
        }
        let mut by_id = BTreeMap::new();
        for ((key, path, _), command) in asked.iter().zip(commands) {
            by_id.insert(self.ids.of(key, path), (command, &answers[key]));
        }
        follow(&mut self.model, &self.database.place, &by_id);
    }

    fn now(&self) -> i64 {
        self.database
            .clock
            .load(std::sync::atomic::Ordering::Acquire)
    }

    /// Runs a day on both, and gives how the service's went.
    fn day(&mut self, of: &str, income: i64) {
        let body = format!(r#"{{"income":"{}"}}"#, ruixin_service::money::Yuan(income));
        let path = format!("/v1/admin/days/{of}/run");
        let ran = self.admin.post(&path, "-", &body).unwrap();
        let now = self.now();
        let fund = &mut self.model.fund;
        fund.cut(day(of), now).unwrap();
        fund.confirm(day(of), now).unwrap();
        match fund.distribute(day(of), income, now) {
            Ok(_) => {
                fund.close(day(of)).unwrap();
                assert_eq!(ran.status, 200, "{ran:?}");
            }
            Err(_) => {
                // Nobody holds anything yet: there is no income to be had.
                assert_eq!(ran.status, 422, "{ran:?}");
                let none = self.admin.post(&path, "-", r#"{"income":"0"}"#).unwrap();
                assert_eq!(none.status, 200, "{none:?}");
                fund.distribute(day(of), 0, now).unwrap();
                fund.close(day(of)).unwrap();
            }
        }
    }

    fn compare(&self) {
        let whole = self.database.with_store(|store| {
            store.prove().unwrap();
            store.whole().unwrap()
        });
        assert_same(&whole, &self.model.fund);
    }
}

/// The ids of all commands that were answered, and when they were, in the order in which they were.
fn in_order(place: &Place) -> Vec<(u128, i64)> {
    let hex = match place.kind {
        Kind::Sqlite => "lower(hex(id))",
        Kind::Postgres => "encode(id, 'hex')",
    };
    let sql = format!("SELECT {hex} || ' ' || answered_at FROM answer ORDER BY number");
    let texts = place.texts(&sql);
    let answer = |text: &String| {
        let (id, at) = text.split_once(' ').unwrap();
        let id = u128::from_str_radix(id, 16).unwrap();
        (id, at.parse::<i64>().unwrap())
    };
    texts.iter().map(answer).collect()
}

/// Has the model release what the books have released by an instant, at the instants at which they did.
fn release(model: &mut Model, place: &Place, until: i64) {
    let sql = "SELECT CAST(booked_at AS text) FROM voucher WHERE part = 8 \
               GROUP BY booked_at ORDER BY booked_at";
    let instants = place.texts(sql);
    let instants = instants.iter().map(|text| text.parse::<i64>().unwrap());
    for instant in instants.filter(|instant| *instant <= until) {
        model.fund.release_expired(instant).unwrap();
    }
}

/// Has the model do commands, by their ids, in the order in which they were answered: each answer is
/// the model's.
fn follow(model: &mut Model, place: &Place, asked: &BTreeMap<u128, (&Command, &Reply)>) {
    let mut found = 0;
    for (id, at) in in_order(place) {
        if let Some((command, reply)) = asked.get(&id) {
            release(model, place, at);
            let expected = model.does(command, id, at);
            assert_eq!(said(reply), expected, "{command:?}");
            found += 1;
        }
    }
    let kept = asked
        .values()
        .filter(|(command, _)| !command.is_wrong_by_itself());
    assert_eq!(found, kept.count());
}

/// What an answer says: done, or the code of why not.
fn said(reply: &Reply) -> Result<(), String> {
    match reply.status {
        200 | 201 => Ok(()),
        _ => Err(reply.code()),
    }
}

fn play(mut run: Run, alone: &[Command], together: &[Command]) {
    for user in USERS {
        run.one(&Command::Open { user });
        run.one(&Command::TopUp { user, fen: 100_000 });
    }
    run.one(&Command::OpenShop);
    run.one(&Command::Advance { fen: 50_000 });
    for command in alone {
        run.one(command);
    }
    run.compare();
    run.many(together);
    run.compare();
    run.database.set("2013-06-06 01:00");
    run.day("2013-06-05", 0);
    run.database.set("2013-06-06 10:00");
    run.many(alone);
    run.database.set("2013-06-07 01:00");
    run.day("2013-06-06", 37);
    run.database.set("2013-06-07 10:00");
    run.many(together);
    run.compare();
}

fn is_the_model(kind: Kind, cases: u32) {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 0,
        rng_seed: RngSeed::Fixed(20_130_527),
        ..Config::default()
    };
    let lists = (
        prop::collection::vec(command(), 30),
        prop::collection::vec(command(), 60),
    );
    let run = TestRunner::new(config).run(&lists, |(alone, together)| {
        block_on(async {
            let database = Arc::new(Database::new(kind));
            let served = Served::begin(database.books().await, limits()).await;
            let admin = served.client(Role::Admin).await;
            beside(move || {
                let run = Run {
                    ids: Ids::of_key(&admin.key),
                    admin,
                    model: Model::new(Fund::new(terms(FIRST_DAY)).unwrap(), SHOP),
                    asked: 0,
                    database,
                };
                play(run, &alone, &together);
            })
            .await;
            served.end().await;
        });
        Ok(())
    });
    run.unwrap();
}

#[test]
fn commands_over_http_are_the_models_on_both_databases() {
    for kind in BOTH {
        is_the_model(kind, 6);
    }
}
