//! Random commands, many at a time, against a simple model that runs one after another.
//!
//! The model knows lists and sums alone. Concurrent runs give their commands to the model in the
//! order of the serials that the books gave them, and each answer must be the model's.

mod support;

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use ruixin_pay::command::{
    AccountView, BankOutcome, Command, NewHold, NewOwner, OpenAccount, Payment, Receipt, Refund,
    Release, Settlement, TopUp, Transfer, Withdrawal,
};
use ruixin_pay::money::Amount;
use ruixin_pay::{Books, Outcome, Refusal, asked};
use support::{Database, Seen, audit, block_on, teller};

/// A command about people by their place, so that it can be drawn before they have numbers.
#[derive(Debug, Clone)]
enum Act {
    TopUp(usize, i64),
    Pay(usize, usize, i64, Option<i64>),
    Refund(usize, i64),
    Transfer(usize, usize, i64),
    Withdraw(usize, i64),
    Settle(usize, bool),
    Hold(usize, i64),
    Release(usize, Option<i64>),
}

const USERS: usize = 4;
const MERCHANTS: usize = 2;

fn act() -> impl Strategy<Value = Act> {
    let someone = 0..USERS + MERCHANTS;
    let fen = prop_oneof![3 => 1_i64..5_000, 1 => 1_i64..200_000];
    prop_oneof![
        4 => (someone.clone(), fen.clone()).prop_map(|(who, fen)| Act::TopUp(who, fen)),
        6 => (0..USERS, USERS..USERS + MERCHANTS, fen.clone(), prop::option::weighted(0.2, 1_i64..300))
            .prop_map(|(payer, payee, fen, coupon)| Act::Pay(payer, payee, fen, coupon)),
        3 => (0_usize..40, fen.clone()).prop_map(|(order, fen)| Act::Refund(order, fen)),
        5 => (0..USERS, 0..USERS, fen.clone()).prop_map(|(payer, payee, fen)| Act::Transfer(payer, payee, fen)),
        2 => (someone.clone(), 500_i64..20_000).prop_map(|(who, fen)| Act::Withdraw(who, fen)),
        2 => (0_usize..20, any::<bool>()).prop_map(|(order, paid)| Act::Settle(order, paid)),
        2 => (someone, fen.clone()).prop_map(|(who, fen)| Act::Hold(who, fen)),
        2 => (0_usize..20, prop::option::of(fen)).prop_map(|(hold, fen)| Act::Release(hold, fen)),
    ]
}

/// The model: what each has, what is frozen, what is left of payments, withdrawals and holds.
#[derive(Debug, Default)]
struct Model {
    balance: BTreeMap<String, i64>,
    frozen: BTreeMap<String, i64>,
    /// Order: payer, merchant, left to refund.
    payments: BTreeMap<String, (String, String, i64)>,
    /// Order: account, amount.
    withdrawals: BTreeMap<String, (String, i64)>,
    /// Hold: account, left.
    holds: BTreeMap<String, (String, i64)>,
    /// What the house got: fees less coupons; and what the banks got: withdrawals less top-ups.
    house: i64,
    banks: i64,
}

/// The rates after November 2012: class A 0.55 %, ICBC 0.1 % from 0.50 to 10.00.
fn merchant_fee(amount: i64) -> i64 {
    (amount * 5_500 + 500_000) / 1_000_000
}

fn withdrawal_fee(amount: i64) -> i64 {
    ((amount * 1_000 + 500_000) / 1_000_000).clamp(50, 1_000)
}

impl Model {
    fn take(&mut self, who: &str, amount: i64) -> bool {
        let balance = self.balance.entry(who.to_owned()).or_default();
        let fits = *balance >= amount;
        if fits {
            *balance -= amount;
        }
        fits
    }

    fn give(&mut self, who: &str, amount: i64) {
        *self.balance.entry(who.to_owned()).or_default() += amount;
    }

    fn freeze(&mut self, who: &str, amount: i64) -> bool {
        let fits = self.take(who, amount);
        if fits {
            *self.frozen.entry(who.to_owned()).or_default() += amount;
        }
        fits
    }

    fn unfreeze(&mut self, who: &str, amount: i64) {
        *self.frozen.entry(who.to_owned()).or_default() -= amount;
        self.give(who, amount);
    }

    /// Does a command, and says whether it is done; ids are those that the books gave, if any.
    #[expect(clippy::too_many_lines, reason = "an arm for each command")]
    fn run(&mut self, command: &Command, receipt: Option<&Receipt>) -> bool {
        let order_id = receipt
            .and_then(|one| one.order.as_ref())
            .map(|one| one.order_id.clone());
        let hold_id = receipt
            .and_then(|one| one.hold.as_ref())
            .map(|one| one.hold.clone());
        match command {
            Command::TopUp(TopUp {
                account, amount, ..
            }) => {
                self.give(account, amount.fen());
                self.banks -= amount.fen();
                true
            }
            Command::Pay(Payment {
                payer,
                merchant,
                amount,
                coupon,
                ..
            }) => {
                let (amount, coupon) = (amount.fen(), coupon.map_or(0, Amount::fen));
                let own = amount - coupon;
                if own <= 0 || !self.take(payer, own) {
                    return false;
                }
                let fee = merchant_fee(amount);
                self.give(merchant, amount - fee);
                self.house += fee - coupon;
                let one = (payer.clone(), merchant.clone(), own);
                self.payments.insert(order_id.unwrap_or_default(), one);
                true
            }
            Command::Refund(order, Refund { amount, .. }) => {
                let Some((payer, merchant, left)) = self.payments.get(order).cloned() else {
                    return false;
                };
                if amount.fen() > left || !self.take(&merchant, amount.fen()) {
                    return false;
                }
                self.give(&payer, amount.fen());
                self.payments
                    .insert(order.clone(), (payer, merchant, left - amount.fen()));
                true
            }
            Command::Transfer(Transfer {
                payer,
                payee,
                amount,
                ..
            }) => {
                if payer == payee || !self.take(payer, amount.fen()) {
                    return false;
                }
                self.give(payee, amount.fen());
                true
            }
            Command::Withdraw(Withdrawal {
                account, amount, ..
            }) => {
                if amount.fen() < 1_000 || !self.freeze(account, amount.fen()) {
                    return false;
                }
                let one = (account.clone(), amount.fen());
                self.withdrawals.insert(order_id.unwrap_or_default(), one);
                true
            }
            Command::Settle(order, Settlement { outcome }) => {
                let Some((account, amount)) = self.withdrawals.remove(order) else {
                    return false;
                };
                self.unfreeze(&account, amount);
                if *outcome == BankOutcome::Paid {
                    assert!(self.take(&account, amount));
                    self.house += withdrawal_fee(amount);
                    self.banks += amount - withdrawal_fee(amount);
                }
                true
            }
            Command::Hold(NewHold {
                account, amount, ..
            }) => {
                if !self.freeze(account, amount.fen()) {
                    return false;
                }
                let one = (account.clone(), amount.fen());
                self.holds.insert(hold_id.unwrap_or_default(), one);
                true
            }
            Command::Release(hold, Release { amount, .. }) => {
                let Some((account, left)) = self.holds.get(hold).cloned() else {
                    return false;
                };
                let amount = amount.map_or(left, Amount::fen);
                if amount > left || left == 0 {
                    return false;
                }
                self.unfreeze(&account, amount);
                self.holds.insert(hold.clone(), (account, left - amount));
                true
            }
            Command::Open(_) => true,
        }
    }
}

/// Ids that earlier commands gave, which later ones name.
#[derive(Debug, Default, Clone)]
struct Ids {
    people: Vec<String>,
    orders: Vec<String>,
    withdrawals: Vec<String>,
    holds: Vec<String>,
}

fn amount(fen: i64) -> Amount {
    Amount::from_fen(fen).expect("above zero")
}

impl Ids {
    fn some(ids: &[String], at: usize) -> String {
        match ids.len() {
            0 => "0".repeat(21),
            count => ids[at % count].clone(),
        }
    }

    fn command(&self, act: &Act) -> Command {
        let who = |at: usize| self.people[at].clone();
        let (channel, memo) = ("ICBC".to_owned(), Some("网上购物, “测试”".to_owned()));
        match *act {
            Act::TopUp(at, fen) => Command::TopUp(TopUp {
                account: who(at),
                amount: amount(fen),
                channel,
                memo,
            }),
            Act::Pay(payer, merchant, fen, coupon) => Command::Pay(Payment {
                payer: who(payer),
                merchant: who(merchant),
                amount: amount(fen),
                coupon: coupon.map(amount),
                title: memo,
            }),
            Act::Refund(at, fen) => Command::Refund(
                Ids::some(&self.orders, at),
                Refund {
                    amount: amount(fen),
                    memo: None,
                },
            ),
            Act::Transfer(payer, payee, fen) => Command::Transfer(Transfer {
                payer: who(payer),
                payee: who(payee),
                amount: amount(fen),
                memo,
            }),
            Act::Withdraw(at, fen) => Command::Withdraw(Withdrawal {
                account: who(at),
                amount: amount(fen),
                channel,
                memo: None,
            }),
            Act::Settle(at, paid) => {
                let outcome = if paid {
                    BankOutcome::Paid
                } else {
                    BankOutcome::Refused
                };
                Command::Settle(Ids::some(&self.withdrawals, at), Settlement { outcome })
            }
            Act::Hold(at, fen) => Command::Hold(NewHold {
                account: who(at),
                amount: amount(fen),
                memo,
            }),
            Act::Release(at, fen) => Command::Release(
                match self.holds.len() {
                    0 => "0".repeat(22),
                    count => self.holds[at % count].clone(),
                },
                Release {
                    amount: fen.map(amount),
                    memo: None,
                },
            ),
        }
    }

    fn keep(&mut self, command: &Command, receipt: &Receipt) {
        let order = receipt.order.as_ref().map(|order| order.order_id.clone());
        match command {
            Command::Pay(_) => self.orders.extend(order),
            Command::Withdraw(_) => self.withdrawals.extend(order),
            Command::Hold(_) => self
                .holds
                .extend(receipt.hold.as_ref().map(|hold| hold.hold.clone())),
            _ => {}
        }
    }
}

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

/// One after another: each answer, and in the end each balance, is the model's.
async fn one_by_one(books: &Books, run: u64, acts: &[Act]) {
    let mut ids = Ids {
        people: people(books, run).await,
        ..Ids::default()
    };
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
        let done = model.run(&command, got.as_ref());
        assert_eq!(done, got.is_some(), "{command:?}: {outcome:?}");
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

async fn agree(books: &Books, ids: &Ids, model: &Model) {
    let replayed = audit(books.store()).await;
    let mut all = model.house + model.banks;
    for person in &ids.people {
        let balance = model.balance.get(person).copied().unwrap_or(0);
        let frozen = model.frozen.get(person).copied().unwrap_or(0);
        let seen = replayed.get(person).cloned().unwrap_or_default();
        let Seen { count, .. } = seen;
        assert_eq!(
            seen,
            Seen {
                balance,
                frozen,
                count
            },
            "{person}"
        );
        all += balance + frozen;
    }
    assert_eq!(all, 0, "every fen is somebody's");
}

/// Many at a time: the order in which the books did them is told by their serials; done in that
/// order, the model does the same ones and comes to the same balances.
async fn many_at_a_time(books: &Books, run: u64, rounds: &[Vec<Act>]) {
    let mut ids = Ids {
        people: people(books, run).await,
        ..Ids::default()
    };
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
            assert!(
                model.run(&command, Some(&receipt)),
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
            let people = people(&books, 0).await;
            let ids = Ids {
                people,
                ..Ids::default()
            };
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
