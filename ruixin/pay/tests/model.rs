//! Random commands, many at a time, against a simple model that runs one after another.
//!
//! The model knows lists and sums alone. Concurrent runs give their commands to the model in the
//! order of the serials that the books gave them, and each answer must be the model's.

mod support;

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use ruixin_pay::command::{AccountView, Command, NewOwner, OpenAccount, Receipt};
use ruixin_pay::{Books, Outcome, Refusal, asked};
use support::acts::{Act, Ids, MERCHANTS, USERS, act};
use support::model::{Model, Said, agree};
use support::{Database, audit, block_on, teller};

async fn people(books: &Books, run: u64) -> Vec<String> {
    let mut people = Vec::new();
    for at in 0..USERS + MERCHANTS {
        let is_user = at < USERS;
        let open = Command::Open(OpenAccount {
            owner: if is_user {
                NewOwner::User
            } else {
                NewOwner::Merchant
            },
            name: format!("客户{at}"),
            class: (!is_user).then(|| "A".to_owned()),
            channel: is_user.then(|| "ICBC".to_owned()),
        });
        let key = format!("open-{run}-{at}");
        let opened = books
            .run(open, asked(&teller(), &key, b"").expect("a key"))
            .await
            .expect("opened");
        let view: AccountView =
            serde_json::from_str(&opened.result.expect("opened")).expect("a view");
        people.push(view.account);
    }
    people
}

fn receipt(outcome: &Outcome) -> Option<Receipt> {
    let text = outcome.result.as_ref().ok()?;
    Some(serde_json::from_str(text).expect("a receipt"))
}

fn said(outcome: &Outcome) -> Said {
    match &outcome.result {
        Ok(_) => Ok(()),
        Err(refusal) => Err(refusal.kind().code),
    }
}

/// One after another: each answer, and in the end each balance, is the model's.
async fn one_by_one(books: &Books, run: u64, acts: &[Act]) {
    let mut ids = Ids::of(people(books, run).await);
    let mut model = Model::default();
    for (at, act) in acts.iter().enumerate() {
        let command = ids.command(act);
        let key = format!("one-{run}-{at}");
        let asked_once = || asked(&teller(), &key, act_bytes(act).as_bytes()).expect("a key");
        let outcome = books
            .run(command.clone(), asked_once())
            .await
            .expect("an answer");
        let got = receipt(&outcome);
        let expected = model.run(&command, got.as_ref());
        assert_eq!(said(&outcome), expected, "{command:?}: {outcome:?}");
        // A refusal for want of money says the model's balance.
        if let Err(Refusal::InsufficientFunds {
            account, available, ..
        }) = &outcome.result
        {
            assert_eq!(
                available.0,
                model.balance.get(account).copied().unwrap_or(0)
            );
        }
        if let Some(got) = &got {
            ids.keep(&command, got);
        }
        // Every third is asked once more, and every fifth with another body.
        if at % 3 == 0 {
            let again = books
                .run(command.clone(), asked_once())
                .await
                .expect("an answer");
            assert!(again.is_replay && again.result == outcome.result);
        }
        if at % 5 == 0 {
            let other = asked(&teller(), &key, b"other").expect("a key");
            let refused = books.run(command, other).await;
            assert!(
                matches!(refused, Err(ruixin_pay::CommandError::KeyReused)),
                "{refused:?}"
            );
        }
    }
    agree(books, &ids, &model).await;
}

fn act_bytes(act: &Act) -> String {
    format!("{act:?}")
}

/// Many at a time: the order in which the books did them is told by their serials; done in that
/// order, the model does the same ones and comes to the same balances.
async fn many_at_a_time(books: &Books, run: u64, rounds: &[Vec<Act>]) {
    let mut ids = Ids::of(people(books, run).await);
    let mut model = Model::default();
    for (round, acts) in rounds.iter().enumerate() {
        let mut running = Vec::new();
        for (at, act) in acts.iter().enumerate() {
            // Each is asked twice at the same time, with the same key.
            for _ in 0..2 {
                let (books, command) = (books.clone(), ids.command(act));
                let key = format!("many-{run}-{round}-{at}");
                let body = act_bytes(act);
                running.push(tokio::spawn(async move {
                    let asked = asked(&teller(), &key, body.as_bytes()).expect("a key");
                    let outcome = books.run(command.clone(), asked).await.expect("an answer");
                    (at, command, outcome)
                }));
            }
        }
        let mut outcomes: BTreeMap<usize, (Command, Outcome)> = BTreeMap::new();
        for one in running {
            let (at, command, outcome) = one.await.expect("it ran");
            match outcomes.get(&at) {
                None => drop(outcomes.insert(at, (command, outcome))),
                Some((_, other)) => {
                    assert_eq!(other.result, outcome.result, "asked twice, answered alike");
                    assert_eq!(u8::from(other.is_replay) + u8::from(outcome.is_replay), 1);
                }
            }
        }
        // The number within the serial is global and ascends as locks are taken.
        let mut done: Vec<(String, Command, Receipt)> = Vec::new();
        for (command, outcome) in outcomes.into_values() {
            if let Some(receipt) = receipt(&outcome) {
                let number = receipt.movements[0].serial[11..20].to_owned();
                done.push((number, command, receipt));
            }
        }
        done.sort_by(|one, other| one.0.cmp(&other.0));
        for (_, command, receipt) in done {
            assert_eq!(
                model.run(&command, Some(&receipt)),
                Ok(()),
                "the books did it, the model cannot: {command:?}"
            );
            ids.keep(&command, &receipt);
        }
    }
    agree(books, &ids, &model).await;
}

fn cases(cases: u32) -> TestRunner {
    // A failure prints its commands; no file is kept beside the test.
    TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    })
}

fn one_by_one_on(database: &Database, count: u32) {
    let number = std::cell::Cell::new(0);
    cases(count)
        .run(&prop::collection::vec(act(), 1..80), |acts| {
            number.set(number.get() + 1);
            block_on(async { one_by_one(&database.books().await, number.get(), &acts).await });
            Ok(())
        })
        .expect("the model agrees");
}

fn many_at_a_time_on(database: &Database, count: u32) {
    let number = std::cell::Cell::new(1_000_000);
    let rounds = prop::collection::vec(prop::collection::vec(act(), 1..24), 1..6);
    cases(count)
        .run(&rounds, |rounds| {
            number.set(number.get() + 1);
            block_on(async {
                many_at_a_time(&database.books().await, number.get(), &rounds).await
            });
            Ok(())
        })
        .expect("the model agrees");
}

#[test]
fn sqlite_does_what_the_model_does() {
    one_by_one_on(&Database::sqlite(), 30);
}

#[test]
fn postgres_does_what_the_model_does() {
    one_by_one_on(&Database::postgres(), 10);
}

#[test]
fn sqlite_under_concurrency_is_some_order_of_the_model() {
    many_at_a_time_on(&Database::sqlite(), 30);
}

#[test]
fn postgres_under_concurrency_is_some_order_of_the_model() {
    many_at_a_time_on(&Database::postgres(), 15);
}

/// Forty at a time want all that an account has: one gets it, on both stores.
#[test]
fn no_account_is_emptied_twice() {
    for database in [Database::sqlite(), Database::postgres()] {
        block_on(async {
            let books = database.books().await;
            let ids = Ids::of(people(&books, 0).await);
            let fill = ids.command(&Act::TopUp(0, 10_000));
            let filled = books
                .run(fill, asked(&teller(), "fill", b"").expect("a key"))
                .await;
            assert_eq!(filled.expect("filled").status, 201);
            let mut running = Vec::new();
            for at in 0..40 {
                let act = if at % 2 == 0 {
                    Act::Transfer(0, 1, 10_000)
                } else {
                    Act::Pay(0, USERS, 10_000, None)
                };
                let (books, command) = (books.clone(), ids.command(&act));
                running.push(tokio::spawn(async move {
                    let asked = asked(&teller(), &format!("all-{at}"), b"").expect("a key");
                    books.run(command, asked).await.expect("an answer").status
                }));
            }
            let mut done = 0;
            for one in running {
                let status = one.await.expect("it ran");
                assert!(status == 201 || status == 422, "{status}");
                done += u32::from(status == 201);
            }
            assert_eq!(done, 1);
            audit(books.store()).await;
        });
    }
}
