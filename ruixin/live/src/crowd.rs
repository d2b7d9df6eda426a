//! People who use a ledger, and note what they are told.

mod at_bao;
mod at_pay;
mod circle;
mod notebook;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::client::Client;
use crate::error::LiveError;
use crate::fund::Fund;
use crate::wallet::Wallet;
use circle::{At, Circle, Until};
use ruixin_bao_service::view::DayRunView;
use ruixin_service::money::Yuan;

/// How many circles the crowd falls into: each asks one thing after the other.
const CIRCLES: usize = 4;

/// What is held of somebody in each circle until a time, fen.
const HELD_UNTIL: i64 = 1_000;

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

/// Is somebody's part of a day: what has a right on it, hundredths, and what it earned, fen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Income {
    /// Shares that have a right on the day.
    pub shares: i64,
    /// The income.
    pub fen: i64,
}

/// Is somebody whose income is not what he worked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OddIncome {
    /// The account.
    pub account: String,
    /// What its owner worked out by his own notes: his part, cut to the fen.
    pub worked_out: Income,
    /// What the fund says.
    pub found: Income,
}

/// Is what the crowd's income of a day was held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earned {
    /// People who were asked for.
    pub people: u64,
    /// What they had of it, fen.
    pub fen: i64,
    /// How many of them had a fen of what the cuts left over.
    pub with_a_fen: u64,
    /// Those whose income is not what they worked out, nor a fen above it that is theirs.
    pub odd: Vec<OddIncome>,
}

impl fmt::Display for Income {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{} on {} shares", Yuan(self.fen), Yuan(self.shares))
    }
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
    /// bought shares of the fund, which earn from a day on, such as `2013-05-28`.
    pub fn move_to(&mut self, fund: &Fund, earns_from: &str) {
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
                person.shares.note(earns_from, person.told.fund);
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

    /// Has something held of somebody in each circle until a time, such as `2013-05-28 00:01:00`.
    ///
    /// # Errors
    ///
    /// The new system answers otherwise than it should.
    pub fn have_held_until(&mut self, fund: &Fund, time: &str) -> Result<(), LiveError> {
        for circle in &mut self.circles {
            circle.fill(0, 2 * HELD_UNTIL)?;
            let person = &mut circle.people[0];
            let (account, shop) = (&person.account, &circle.merchant);
            let voucher = fund.hold_until(account, shop, HELD_UNTIL, time)?;
            person.told.available -= HELD_UNTIL;
            person.told.frozen += HELD_UNTIL;
            circle.until.push(Until {
                voucher,
                who: 0,
                amount: HELD_UNTIL,
            });
        }
        Ok(())
    }

    /// Waits until the house has released what was held until a time that is over, and says how much of it there
    /// was. Nobody asks for anything to be done meanwhile.
    ///
    /// # Errors
    ///
    /// It is not released within a minute, or the new system answers otherwise than it should.
    pub fn see_released(&mut self) -> Result<u64, LiveError> {
        let mut released = 0;
        for circle in &mut self.circles {
            for until in std::mem::take(&mut circle.until) {
                circle.see_expired(&until.voucher)?;
                let told = &mut circle.people[until.who].told;
                told.available += until.amount;
                told.frozen -= until.amount;
                released += 1;
            }
        }
        Ok(released)
    }

    /// Lets whoever has most shares on a day redeem as much at once as the cap of the day lets anybody, fen: not a
    /// fen more than that, neither at once nor afterwards. Says whether anybody has so much.
    ///
    /// # Errors
    ///
    /// The cap is not kept, or the new system answers otherwise than it should.
    pub fn reach_the_cap(&mut self, cap: i64, day: &str) -> Result<bool, LiveError> {
        let circles = self.circles.iter().enumerate();
        let everybody = circles.flat_map(|(at, circle)| {
            let people = circle.people.iter().enumerate();
            people.map(move |(who, person)| (person.shares.on(day), at, who))
        });
        match everybody.max() {
            Some((most, at, who)) if most >= cap => {
                self.circles[at].reach_the_cap(who, cap, day)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// What somebody has redeemed at once on a day, fen: the most of all.
    pub fn most_redeemed_at_once(&self, day: &str) -> i64 {
        let people = self.circles.iter().flat_map(|circle| &circle.people);
        let redeemed = people.map(|person| person.at_once.on_day(day));
        redeemed.max().unwrap_or(0)
    }

    /// Lets everybody work out his income of a day that is distributed, from what he noted himself, and holds what
    /// the fund says against it. Ask once a day: what was earned is noted, as it earns from the next day on.
    ///
    /// # Errors
    ///
    /// The income per ten thousand shares is not that of income and shares, or the fund answers otherwise
    /// than it should.
    pub fn work_out_incomes(&mut self, day: &DayRunView) -> Result<Earned, LiveError> {
        let (income, all, date) = (day.income.0, day.shares.0, day.day.to_string());
        let next = day.day.0.next().unwrap_or(day.day.0).to_string();
        let worked_out = notebook::per_ten_thousand(income, all);
        if worked_out != day.income_per_ten_thousand {
            return Err(LiveError::Fallen(format!(
                "the fund says that it earned {} per ten thousand shares on {date}, and it is {worked_out}",
                day.income_per_ten_thousand
            )));
        }
        let mut holders = Vec::new();
        for circle in &mut self.circles {
            for who in 0..circle.people.len() {
                let holder = circle.holder(&circle.people[who], &date)?;
                circle.people[who].shares.note(&next, holder.found.fen);
                holders.push(holder);
            }
        }
        Ok(notebook::judged(holders, income, all))
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
