//! Random operations on the book, against a model that knows nothing but plain sums.
//!
//! The model keeps lists: what is posted, what is held. It makes every balance anew from them each
//! time, and knows an operation's success by trying it on a copy and looking at the sums.

use std::collections::BTreeMap;

use proptest::prelude::*;
use ruixin_bao::ledger::{Outcome, Posting, Side, Voucher, VoucherKind};

use super::{BANK, FEES, MERCHANT, OTHER, USER, accounts, book, id, voucher};

const ACCOUNTS: [ruixin_bao::ledger::AccountId; 5] = [BANK, USER, OTHER, MERCHANT, FEES];

/// A leg as numbers: account, debit or credit, amount.
type Leg = (usize, bool, i64);

#[derive(Debug, Clone)]
enum Step {
    Book(Vec<Leg>),
    Hold(Vec<Leg>, Option<i64>),
    Post(usize, Option<i64>),
    Void(usize),
    Reverse(usize),
    Rebook(usize, Vec<Leg>),
    Repeat(usize),
    Change(usize),
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Model {
    posted: Vec<Leg>,
    held: BTreeMap<u128, (Vec<Leg>, Option<i64>)>,
    /// Vouchers that can be reversed, and their legs.
    standing: BTreeMap<u128, Vec<Leg>>,
    /// Vouchers that can be rebooked.
    reversed: Vec<u128>,
}

impl Model {
    fn sum(legs: &[Leg], account: usize, is_debit: bool) -> i64 {
        let legs = legs
            .iter()
            .filter(|leg| leg.0 == account && leg.1 == is_debit);
        legs.map(|leg| leg.2).sum()
    }

    /// Posted debits and credits, pending debits and credits.
    fn totals(&self, account: usize) -> [i64; 4] {
        let held: Vec<Leg> = self
            .held
            .values()
            .flat_map(|(legs, _)| legs.clone())
            .collect();
        [
            Model::sum(&self.posted, account, true),
            Model::sum(&self.posted, account, false),
            Model::sum(&held, account, true),
            Model::sum(&held, account, false),
        ]
    }

    fn is_sound(&self) -> bool {
        (0..ACCOUNTS.len()).all(|account| {
            let [dr, cr, dr_held, cr_held] = self.totals(account);
            match account {
                0 => cr + cr_held <= dr,
                4 => true,
                _ => dr + dr_held <= cr,
            }
        })
    }

    fn is_balanced(legs: &[Leg]) -> bool {
        let of = |is_debit| {
            legs.iter()
                .filter(move |leg| leg.1 == is_debit)
                .map(|leg| leg.2)
        };
        legs.len() >= 2
            && legs.iter().all(|leg| leg.2 > 0)
            && of(true).sum::<i64>() == of(false).sum()
    }

    /// Does what the voucher says, or says no.
    fn attempt(&self, number: u128, kind: VoucherKind, legs: &[Leg], now: i64) -> Option<Model> {
        let mut after = self.clone();
        match kind {
            VoucherKind::Booking => {
                after
                    .posted
                    .extend(Model::is_balanced(legs).then_some(legs)?);
                after.standing.insert(number, legs.to_vec());
            }
            VoucherKind::Pending { expires_at } => {
                let is_ahead = expires_at.is_none_or(|expiry| expiry > now);
                let legs = (is_ahead && Model::is_balanced(legs)).then_some(legs)?;
                after.held.insert(number, (legs.to_vec(), expires_at));
            }
            VoucherKind::Post { pending } => {
                let (held, expiry) = after.held.remove(&pending.id)?;
                expiry.is_none_or(|expiry| expiry > now).then_some(())?;
                let posted = if legs.is_empty() {
                    held.clone()
                } else {
                    legs.to_vec()
                };
                let fits = |leg: &Leg| {
                    Model::sum(&posted, leg.0, leg.1) <= Model::sum(&held, leg.0, leg.1)
                };
                (Model::is_balanced(&posted) && posted.iter().all(fits)).then_some(())?;
                after.posted.extend(&posted);
                after.standing.insert(number, posted);
            }
            VoucherKind::Void { pending } => {
                after.held.remove(&pending.id)?;
            }
            VoucherKind::Reversal { original } => {
                let legs = after.standing.remove(&original.id)?;
                after
                    .posted
                    .extend(legs.iter().map(|leg| (leg.0, leg.1, -leg.2)));
                after.reversed.push(original.id);
            }
            VoucherKind::Rebooking { original } => {
                let at = after.reversed.iter().position(|one| *one == original.id)?;
                after.reversed.remove(at);
                after
                    .posted
                    .extend(Model::is_balanced(legs).then_some(legs)?);
                after.standing.insert(number, legs.to_vec());
            }
        }
        after.is_sound().then_some(after)
    }
}

fn any_legs() -> impl Strategy<Value = Vec<Leg>> {
    let pair = (0..5_usize, 0..5_usize, 1..3_000_i64, 0..40_u8);
    proptest::collection::vec(pair, 1..4).prop_map(|pairs| {
        let legs = pairs.into_iter().flat_map(|(debit, credit, fen, flaw)| {
            // Now and then it does not balance, or has nothing on it.
            let other = match flaw {
                0 => fen + 1,
                1 => 0,
                _ => fen,
            };
            [(debit, true, fen), (credit, false, other)]
        });
        legs.collect()
    })
}

fn top_up() -> impl Strategy<Value = Vec<Leg>> {
    (1..4_usize, 1..5_000_i64)
        .prop_map(|(account, fen)| vec![(0, true, fen), (account, false, fen)])
}

fn any_step() -> impl Strategy<Value = Step> {
    let index = 0..1_000_usize;
    prop_oneof![
        2 => top_up().prop_map(Step::Book),
        4 => any_legs().prop_map(Step::Book),
        3 => (any_legs(), proptest::option::of(0..90_i64)).prop_map(|(legs, after)| Step::Hold(legs, after)),
        3 => (index.clone(), proptest::option::of(0..3_000_i64)).prop_map(|(at, fen)| Step::Post(at, fen)),
        2 => index.clone().prop_map(Step::Void),
        2 => index.clone().prop_map(Step::Reverse),
        2 => (index.clone(), any_legs()).prop_map(|(at, legs)| Step::Rebook(at, legs)),
        1 => index.clone().prop_map(Step::Repeat),
        1 => index.prop_map(Step::Change),
    ]
}

fn postings(legs: &[Leg]) -> Vec<Posting> {
    let posting = |(account, is_debit, amount_fen): &Leg| Posting {
        account: ACCOUNTS[*account],
        side: if *is_debit { Side::Debit } else { Side::Credit },
        amount_fen: *amount_fen,
    };
    legs.iter().map(posting).collect()
}

/// Turns a step into a voucher, given all that were tried before.
fn voucher_of(
    step: &Step,
    number: u128,
    now: i64,
    tried: &[(Voucher, Vec<Leg>)],
) -> (Voucher, Vec<Leg>) {
    let past = |at: &usize| tried.get(at % tried.len().max(1));
    let link = |at: &usize| id(past(at).map_or(999_999, |(voucher, _)| voucher.id.id));
    let (kind, legs) = match step {
        Step::Book(legs) => (VoucherKind::Booking, legs.clone()),
        Step::Hold(legs, after) => {
            let expires_at = after.map(|after| now + after);
            (VoucherKind::Pending { expires_at }, legs.clone())
        }
        Step::Post(at, part) => {
            let held = past(at).map_or(&[][..], |(_, legs)| legs);
            // One pair of legs, or all.
            let legs = match (part, held) {
                (Some(fen), [debit, credit, ..]) => {
                    vec![(debit.0, debit.1, *fen), (credit.0, credit.1, *fen)]
                }
                _ => Vec::new(),
            };
            (VoucherKind::Post { pending: link(at) }, legs)
        }
        Step::Void(at) => (VoucherKind::Void { pending: link(at) }, Vec::new()),
        Step::Reverse(at) => (VoucherKind::Reversal { original: link(at) }, Vec::new()),
        Step::Rebook(at, legs) => (VoucherKind::Rebooking { original: link(at) }, legs.clone()),
        Step::Repeat(at) => match past(at) {
            Some(found) => return found.clone(),
            None => (VoucherKind::Booking, Vec::new()),
        },
        Step::Change(at) => match past(at).cloned() {
            Some((mut voucher, legs)) => {
                voucher.memo.push('?');
                return (voucher, legs);
            }
            None => (VoucherKind::Booking, Vec::new()),
        },
    };
    (voucher(number, kind, &postings(&legs)), legs)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_book_does_what_the_model_does(steps in proptest::collection::vec(any_step(), 1..80)) {
        let mut book = book();
        let mut model = Model::default();
        let mut tried: Vec<(Voucher, Vec<Leg>)> = Vec::new();
        let mut booked: BTreeMap<u128, Voucher> = BTreeMap::new();
        let mut past = Vec::new();
        for (number, step) in (1..).zip(&steps) {
            let now = i64::try_from(number).unwrap() * 10;
            let (voucher, legs) = voucher_of(step, number, now, &tried);
            let number = voucher.id.id;
            let before = book.clone();
            let outcome = book.book(&voucher, now);
            if let Some(there) = booked.get(&number) {
                // It is there: a repeat, or an error of its own; neither changes anything.
                match outcome {
                    Ok(outcome) => prop_assert!(outcome == Outcome::Exists && *there == voucher),
                    Err(error) => {
                        prop_assert_eq!(error.code(), "voucher_exists_with_other_content");
                        prop_assert!(*there != voucher);
                    }
                }
                prop_assert_eq!(&book, &before);
                continue;
            }
            match (model.attempt(number, voucher.kind, &legs, now), outcome) {
                (Some(after), Ok(Outcome::Booked)) => {
                    model = after;
                    booked.insert(number, voucher.clone());
                }
                (None, Err(_)) => prop_assert_eq!(&book, &before),
                (expect, found) => {
                    prop_assert!(false, "{:?}: {:?}, not {}", voucher, found, expect.is_some());
                }
            }
            tried.push((voucher, legs));
            for (at, account) in accounts().iter().enumerate() {
                prop_assert_eq!(super::totals(&book, account.id), model.totals(at));
            }
            past.push((now, book.clone()));
        }
        // Every past moment can be made again from the vouchers.
        for (now, then) in past {
            let trial = book.trial_balance(now).unwrap();
            prop_assert!(trial.is_balanced());
            for account in then.accounts() {
                let line = trial.lines.iter().find(|line| line.account == account.id);
                let totals = line.map(|line| line.totals).unwrap_or_default();
                prop_assert_eq!(totals, account.totals);
            }
        }
    }
}
