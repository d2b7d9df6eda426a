//! The day's income of the fund, divided among all holders to the fen.
//!
//! **How it is made.** With the fund's realised income `I` of a day (fen), a holder's shares `s`
//! that have a right on it and all such shares `S` (hundredths), a holder's exact part is `I × s /
//! S`. It is cut toward zero to the fen (去尾). The cuts come to less than `I` by fewer fen than
//! there are holders with a part cut off; these fen, the residue, are handed out one each: to those
//! who had most cut off, and of those who had the same cut off to the lowest holder number first.
//! So the incomes are `I` exactly, nobody is off by a whole fen, and nothing depends on the order
//! or the number of threads in which holders are looked at. Holders without shares get nothing.
//!
//! **A day of loss** (`I` below zero) is the mirror of it: each part of the loss is cut toward
//! zero, and the residue is taken, one fen each, in the same order. The loss must not be more than
//! the shares are worth; then no holder loses more than it has.
//!
//! **Income per ten thousand shares** (万份收益) is `I / S × 10,000` yuan, published with four
//! decimals, rounded to the nearest, on a tie away from zero. Incomes come from `I`, not from the
//! published figure, which for its rounding could promise more than there is.
//!
//! The rule that cut parts are distributed until nothing is left is that of Yu'e Bao's contract
//! (每日分配、按日支付; 去尾; 再次分配). It does not say to whom: the order is ours.

mod cut;
mod residue;

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;

use ::ledger::Decimal;
use thiserror::Error;

use crate::ratio::divide_half_up;
use cut::Divisor;
use residue::{Candidate, Histogram, Winners};

/// Is who holds how many shares with a right on one day, as columns.
///
/// It is valid once it is made: numbers rise, no shares are below zero, and the total fits.
#[derive(Debug, Clone, Copy)]
pub struct Register<'a> {
    holders: &'a [u64],
    shares: &'a [i64],
    total: i64,
}

/// Threads that one run uses at most.
const THREADS_MAX: usize = 256;

/// Is what a day's income came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Distribution {
    /// What was divided, fen; the incomes of all holders are exactly this.
    pub income_fen: i64,
    /// Shares with a right on the day, hundredths.
    pub shares: i64,
    /// Income per ten thousand shares (万份收益), yuan with four decimals.
    pub per_ten_thousand: Decimal,
    /// How much of it was the cut parts, fen.
    pub cut_fen: i64,
    /// How much of it was handed out fen by fen; so many holders got one. Below zero on a day of
    /// loss.
    pub residue_fen: i64,
}

/// Says why a day's income cannot be divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the fields are what the messages name")]
pub enum IncomeError {
    /// The columns are not of one length.
    #[error(
        "there are {holders} holders, {shares} numbers of shares and room for {incomes} incomes"
    )]
    Lengths {
        holders: usize,
        shares: usize,
        incomes: usize,
    },
    /// A holder's number is not above the one before it: it is out of order, or there twice.
    #[error("holder {holder} in row {row} does not come after holder {before}")]
    NotAscending {
        row: usize,
        before: u64,
        holder: u64,
    },
    /// A holder's shares are below zero.
    #[error("holder {holder} in row {row} has {shares} hundredths of a share")]
    NegativeShares {
        row: usize,
        holder: u64,
        shares: i64,
    },
    /// All shares together do not fit into 64 bits.
    #[error("all shares together are more than 64 bits hold")]
    SharesOverflow,
    /// There is income, and nobody to have it.
    #[error("there is an income of {income_fen} fen and no share that earns")]
    NoShares { income_fen: i64 },
    /// A day's loss is more than the fund.
    #[error(
        "the loss of {loss_fen} fen is {} fen more than all shares, {shares_fen} fen, are worth",
        loss_fen.saturating_sub(shares_fen.unsigned_abs())
    )]
    LossExceedsShares { loss_fen: u64, shares_fen: i64 },
    /// The income per ten thousand shares is too large to be written down.
    #[error("an income of {income_fen} fen on {shares} hundredths of shares is out of range")]
    OutOfRange { income_fen: i64, shares: i64 },
}

impl IncomeError {
    /// Gives the stable code of the error, for problem details.
    pub const fn code(&self) -> &'static str {
        match self {
            IncomeError::Lengths { .. } => "income_lengths_differ",
            IncomeError::NotAscending { .. } => "income_holders_not_ascending",
            IncomeError::NegativeShares { .. } => "income_shares_negative",
            IncomeError::SharesOverflow => "income_shares_overflow",
            IncomeError::NoShares { .. } => "income_without_shares",
            IncomeError::LossExceedsShares { .. } => "income_loss_exceeds_shares",
            IncomeError::OutOfRange { .. } => "income_out_of_range",
        }
    }
}

/// Gives the income per ten thousand shares (万份收益): yuan with four decimals, rounded to the
/// nearest, on a tie away from zero; `None` where there are no shares.
///
/// `income_fen` is the fund's income of the day, `shares` are hundredths.
pub fn per_ten_thousand(income_fen: i64, shares: i64) -> Option<Decimal> {
    // Fen and hundredths of shares: their quotient is that of yuan and shares.
    let ten_thousandths = i128::from(income_fen).checked_mul(10_000 * 10_000)?;
    let mantissa = divide_half_up(ten_thousandths, i128::from(shares))?;
    Some(Decimal::new(mantissa, 4))
}

impl<'a> Register<'a> {
    /// Takes two columns of one length: holders, rising, and their shares in hundredths.
    ///
    /// # Errors
    ///
    /// The columns are of different lengths, a holder does not come after the one before it, shares
    /// are below zero, or their sum does not fit into 64 bits.
    pub fn new(holders: &'a [u64], shares: &'a [i64]) -> Result<Register<'a>, IncomeError> {
        if holders.len() != shares.len() {
            return Err(IncomeError::Lengths {
                holders: holders.len(),
                shares: shares.len(),
                incomes: holders.len(),
            });
        }
        let pairs = || holders.iter().zip(holders.iter().skip(1));
        if let Some(at) = pairs().position(|(before, holder)| before >= holder) {
            let row = at.saturating_add(1);
            let of = |row: usize| holders.get(row).copied().unwrap_or_default();
            let (before, holder) = (of(at), of(row));
            return Err(IncomeError::NotAscending {
                row,
                before,
                holder,
            });
        }
        if let Some(row) = shares.iter().position(|shares| *shares < 0) {
            return Err(IncomeError::NegativeShares {
                row,
                holder: holders.get(row).copied().unwrap_or_default(),
                shares: shares.get(row).copied().unwrap_or_default(),
            });
        }
        let total = shares
            .iter()
            .try_fold(0_i64, |sum, shares| sum.checked_add(*shares))
            .ok_or(IncomeError::SharesOverflow)?;
        Ok(Register {
            holders,
            shares,
            total,
        })
    }

    /// Gives all shares, hundredths.
    pub fn total_shares(&self) -> i64 {
        self.total
    }

    /// Divides a day's income, fen, and puts each holder's into its row of `incomes`.
    ///
    /// # Errors
    ///
    /// `incomes` is of another length; there is income and no share; or the loss is more than all
    /// shares are worth. What `incomes` holds then is not to be used.
    pub fn distribute(
        &self,
        income_fen: i64,
        incomes: &mut [i64],
    ) -> Result<Distribution, IncomeError> {
        self.distribute_on(NonZeroUsize::MIN, income_fen, incomes)
    }

    /// Does the same on several threads, 256 at most: the incomes are the same, to the byte.
    ///
    /// # Errors
    ///
    /// See [`Register::distribute`].
    pub fn distribute_on(
        &self,
        threads: NonZeroUsize,
        income_fen: i64,
        incomes: &mut [i64],
    ) -> Result<Distribution, IncomeError> {
        self.check(income_fen, incomes.len())?;
        let Some(divisor) = Divisor::new(income_fen.unsigned_abs(), self.total) else {
            incomes.fill(0);
            return Ok(Distribution {
                income_fen,
                shares: self.total,
                per_ten_thousand: Decimal::new(0, 4),
                cut_fen: 0,
                residue_fen: 0,
            });
        };
        let per_ten_thousand = per_ten_thousand(income_fen, self.total);
        let out_of_range = IncomeError::OutOfRange {
            income_fen,
            shares: self.total,
        };
        let threads = threads.get().min(THREADS_MAX);
        let rows = self.shares.len().div_ceil(threads).max(1);
        let histogram = cut_all(&divisor, self.shares, incomes, rows);
        let residue = divisor.amount().saturating_sub(histogram.cut());
        if let Some(winners) = histogram.winners(residue) {
            hand_out_all(&divisor, self.shares, incomes, rows, winners);
        }
        if income_fen < 0 {
            incomes
                .iter_mut()
                .for_each(|income| *income = income.saturating_neg());
        }
        // There are fewer fen in it than rows.
        let residue = i64::try_from(residue).map_err(|_| out_of_range)?;
        let residue_fen = residue.saturating_mul(income_fen.signum());
        Ok(Distribution {
            income_fen,
            shares: self.total,
            per_ten_thousand: per_ten_thousand.ok_or(out_of_range)?,
            cut_fen: income_fen.saturating_sub(residue_fen),
            residue_fen,
        })
    }

    /// Gives the holders' numbers, rising.
    pub fn holders(&self) -> &'a [u64] {
        self.holders
    }

    fn check(&self, income_fen: i64, incomes: usize) -> Result<(), IncomeError> {
        if incomes != self.shares.len() {
            return Err(IncomeError::Lengths {
                holders: self.holders.len(),
                shares: self.shares.len(),
                incomes,
            });
        }
        if income_fen != 0 && self.total == 0 {
            return Err(IncomeError::NoShares { income_fen });
        }
        if income_fen < 0 && income_fen.unsigned_abs() > self.total.unsigned_abs() {
            return Err(IncomeError::LossExceedsShares {
                loss_fen: income_fen.unsigned_abs(),
                shares_fen: self.total,
            });
        }
        Ok(())
    }
}

/// Cuts every part, some rows a thread, and says how the parts cut off are spread.
fn cut_all(divisor: &Divisor, shares: &[i64], incomes: &mut [i64], rows: usize) -> Histogram {
    let parts = shares.chunks(rows).zip(incomes.chunks_mut(rows));
    let cut = |(shares, incomes): (&[i64], &mut [i64])| {
        let mut histogram = Histogram::new(divisor);
        for (shares, income) in shares.iter().zip(incomes) {
            let part = divisor.part(shares.unsigned_abs());
            *income = part.cut.cast_signed();
            histogram.add(part);
        }
        histogram
    };
    let mut histogram = Histogram::new(divisor);
    for of_part in on_threads(parts, cut) {
        histogram.merge(&of_part);
    }
    histogram
}

/// Adds the residue's fen: to all rows surely among the winners at once, and to those on the border
/// after they have been compared.
fn hand_out_all(
    divisor: &Divisor,
    shares: &[i64],
    incomes: &mut [i64],
    rows: usize,
    winners: Winners,
) {
    let parts = shares
        .chunks(rows)
        .zip(incomes.chunks_mut(rows))
        .enumerate();
    let hand_out = |(part, (shares, incomes)): (usize, (&[i64], &mut [i64]))| {
        let first_row = part.saturating_mul(rows);
        let mut border = Vec::new();
        for (at, (shares, income)) in shares.iter().zip(incomes).enumerate() {
            let remainder = divisor.remainder(shares.unsigned_abs(), income.cast_unsigned());
            if winners.has(remainder) {
                *income = income.wrapping_add(1);
            } else if winners.may_have(remainder) {
                border.push(Candidate::new(remainder, first_row.wrapping_add(at)));
            }
        }
        border
    };
    let mut border = on_threads(parts, hand_out).concat();
    for row in winners.select(&mut border) {
        if let Some(income) = incomes.get_mut(row) {
            *income = income.saturating_add(1);
        }
    }
}

/// Works on all parts, in this thread and as many more as there are further parts and the machine
/// gives. Results come in any order, which must not matter.
fn on_threads<P: Send, R: Send>(
    parts: impl ExactSizeIterator<Item = P> + Send,
    work: impl Fn(P) -> R + Sync,
) -> Vec<R> {
    let helpers = parts.len().saturating_sub(1);
    let parts = Mutex::new(parts);
    let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).next();
    let run = || {
        let mut done = Vec::new();
        while let Some(part) = next() {
            done.push(work(part));
        }
        done
    };
    thread::scope(|scope| {
        let helper = |_| thread::Builder::new().spawn_scoped(scope, run).ok();
        let running: Vec<_> = (0..helpers).map_while(helper).collect();
        let mut done = run();
        for thread in running {
            done.extend(thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    })
}
