//! People who use a ledger, and note what they are told.

mod at_bao;
mod at_pay;
mod circle;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::client::Client;
use crate::error::LiveError;
use crate::fund::Fund;
use crate::wallet::Wallet;
use circle::{At, Circle};

/// How many circles the crowd falls into: each asks one thing after the other.
const CIRCLES: usize = 4;

/// Payments of which each circle gives something back at once when it has moved.
const GIVEN_BACK: usize = 5;

/// How many people are in each circle: nobody is alone in one if there is no need.
fn dealt(people: usize) -> Vec<usize> {
    let circles = (people / 2).clamp(1, CIRCLES).min(people);
    (0..circles)
        .map(|number| (people + number) / circles)
        .collect()
}

/// Is what the crowd did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Commands that were done.
    pub done: u64,
    /// Commands that were refused, for want of money say.
    pub refused: u64,
    /// Commands that were answered with: closed for now.
    pub closed: u64,
    /// Questions that had to be asked again.
    pub again: u64,
}

/// Is what came to its end at the new system that was under way at the old one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ended {
    /// Withdrawals that the bank has answered.
    pub withdrawals: u64,
    /// Holds that were released.
    pub holds: u64,
    /// Refunds of payments from before.
    pub refunds: u64,
}

/// Is what somebody has, fen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Has {
    /// In the wallet, and free.
    pub available: i64,
    /// In the wallet, and frozen or held.
    pub frozen: i64,
    /// In the fund, without its incomes: shares, and what is paid for some.
    pub fund: i64,
}

/// Is somebody whose money is not what he was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Odd {
    /// The account.
    pub account: String,
    /// What its owner was told last.
    pub told: Has,
    /// What the ledger says.
    pub found: Has,
}

/// Is what the crowd's money was held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// People who were asked for.
    pub people: u64,
    /// All that they have: free, frozen and in the fund, fen.
    pub fen: i64,
    /// All incomes that they had, fen.
    pub income_fen: i64,
    /// Those whose money is not what they were told.
    pub odd: Vec<Odd>,
}

/// Are people who pay, move and take money.
#[derive(Debug)]
pub struct Crowd {
    circles: Vec<Circle>,
    at_work: Vec<JoinHandle<(Circle, Result<(), LiveError>)>>,
    is_over: Arc<AtomicBool>,
}

impl Crowd {
    /// Opens accounts for so many people and a merchant of each circle, and fills them with 1,000 yuan.
    ///
    /// # Errors
    ///
    /// The wallet answers otherwise than it should.
    pub fn gather(wallet: &Wallet, people: usize, seed: u64) -> Result<Crowd, LiveError> {
        let mut circles = Vec::new();
        for (number, of_circle) in dealt(people).into_iter().enumerate() {
            let client = Client::new(wallet.address(), wallet.writer_key());
            let mut circle = Circle::new(client, number, seed);
            circle.found(of_circle)?;
            circles.push(circle);
        }
        Ok(Crowd {
            circles,
            at_work: Vec::new(),
            is_over: Arc::default(),
        })
    }

    /// Leaves a withdrawal without an answer and a hold in each circle: they are under way when the wallet
    /// closes.
    ///
    /// # Errors
    ///
    /// The wallet answers otherwise than it should.
    pub fn leave_something_under_way(&mut self) -> Result<(), LiveError> {
        self.circles
            .iter_mut()
            .try_for_each(Circle::leave_something)
    }

    /// How many people there are.
    pub fn people(&self) -> usize {
        self.circles.iter().map(|circle| circle.people.len()).sum()
    }

    /// Goes on at the new system, which has taken over the wallet's books: what was free in a wallet has
    /// bought shares of the fund.
    pub fn move_to(&mut self, fund: &Fund) {
        for circle in &mut self.circles {
            circle.client = Client::new(fund.address(), fund.writer_key());
            circle.at = At::Bao {
                is_fund_open: false,
            };
            // Orders keep their numbers; what is held is one thing of each account, by its number.
            for held in &mut circle.held {
                held.hold.clone_from(&circle.people[held.who].account);
                held.is_old = true;
            }
            for person in &mut circle.people {
                person.told.fund = std::mem::take(&mut person.told.available);
            }
        }
    }

    /// Brings to its end, at the new system, what was under way when the old one closed: the bank pays
    /// one withdrawal and refuses the next, what was held is released, and of the last payments of each
    /// circle something is given back.
    ///
    /// # Errors
    ///
    /// The new system does not find it, refuses to end it, or answers otherwise than it should.
    pub fn end_what_was_under_way(&mut self) -> Result<Ended, LiveError> {
        let mut ended = Ended::default();
        for circle in &mut self.circles {
            let before = circle.tally.done;
            for (number, asked) in std::mem::take(&mut circle.withdrawing).iter().enumerate() {
                let outcome = ["paid", "refused"][number % 2];
                circle.settle(asked.who, &asked.order, asked.amount, outcome)?;
            }
            let settled = circle.tally.done;
            for _ in 0..circle.held.len() {
                circle.release()?;
            }
            let released = circle.tally.done;
            let is_left = circle.held.iter().any(|held| held.is_old);
            if is_left || !circle.withdrawing.is_empty() {
                return Err(LiveError::NotEnded {
                    circle: circle.number,
                });
            }
            for _ in 0..circle.paid.len().min(GIVEN_BACK) {
                circle.give_back()?;
            }
            ended.withdrawals += settled - before;
            ended.holds += released - settled;
            ended.refunds += circle.tally.done - released;
        }
        Ok(ended)
    }

    /// Tells everybody that shares are confirmed: they can be redeemed and paid with.
    pub fn can_use_the_fund(&mut self) {
        for circle in &mut self.circles {
            circle.at = At::Bao { is_fund_open: true };
        }
    }

    /// Lets the crowd begin; it goes on until [`Crowd::stop`].
    pub fn start(&mut self) {
        self.is_over = Arc::default();
        for mut circle in self.circles.drain(..) {
            circle.tally = Tally::default();
            let is_over = Arc::clone(&self.is_over);
            self.at_work.push(std::thread::spawn(move || {
                let mut done = Ok(());
                while done.is_ok() && !is_over.load(Ordering::Relaxed) {
                    done = circle.act();
                }
                (circle, done)
            }));
        }
    }

    /// Waits until everybody has the answer to his last question, and says what was done since
    /// [`Crowd::start`].
    ///
    /// # Errors
    ///
    /// Somebody got an answer that is none, or nothing at all.
    pub fn stop(&mut self) -> Result<Tally, LiveError> {
        self.is_over.store(true, Ordering::Relaxed);
        let (mut tally, mut first) = (Tally::default(), Ok(()));
        for thread in self.at_work.drain(..) {
            let joined = thread.join();
            let (circle, done) =
                joined.map_err(|_| LiveError::Fallen("a thread panicked".to_owned()))?;
            let of_circle = circle.tally;
            tally.done += of_circle.done;
            tally.refused += of_circle.refused;
            tally.closed += of_circle.closed;
            tally.again += of_circle.again;
            self.circles.push(circle);
            first = first.and(done);
        }
        self.circles.sort_by_key(|circle| circle.number);
        first.map(|()| tally)
    }

    /// Lets the crowd go on for a while.
    ///
    /// # Errors
    ///
    /// As [`Crowd::stop`].
    pub fn go_on(&mut self, time: Duration) -> Result<Tally, LiveError> {
        self.start();
        std::thread::sleep(time);
        self.stop()
    }

    /// Asks for everybody's money, and holds it against what its owner was told.
    ///
    /// # Errors
    ///
    /// The ledger answers otherwise than it should.
    pub fn compare(&self) -> Result<Compared, LiveError> {
        let mut compared = Compared {
            people: 0,
            fen: 0,
            income_fen: 0,
            odd: Vec::new(),
        };
        for circle in &self.circles {
            for person in &circle.people {
                let (found, income) = circle.has(&person.account)?;
                compared.people += 1;
                compared.fen += found.available + found.frozen + found.fund + income;
                compared.income_fen += income;
                if found != person.told {
                    compared.odd.push(Odd {
                        account: person.account.clone(),
                        told: person.told,
                        found,
                    });
                }
            }
        }
        Ok(compared)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        // Threads end with their last answer; nobody asks for it any more.
        self.is_over.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_dealt_out_and_nobody_is_added() {
        let table: [(usize, &[usize]); 7] = [
            (0, &[]),
            (1, &[1]),
            (3, &[3]),
            (5, &[2, 3]),
            (8, &[2, 2, 2, 2]),
            (10, &[2, 2, 3, 3]),
            (41, &[10, 10, 10, 11]),
        ];
        for (people, expected) in table {
            assert_eq!(dealt(people), expected, "{people}");
        }
    }
}
