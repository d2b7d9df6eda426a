//! What people work out of their own notes: nobody takes the fund's word for his income.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Earned, Income, OddIncome};

/// Is what somebody has noted that comes and goes, hundredths of shares or fen, by the day from which on it
/// counts. Days are text, such as `2013-05-28`, and so in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Noted(BTreeMap<String, i64>);

impl Noted {
    pub(super) fn note(&mut self, from: &str, amount: i64) {
        *self.0.entry(from.to_owned()).or_default() += amount;
    }

    /// What has changed on a day, and counts from it on.
    pub(super) fn on_day(&self, day: &str) -> i64 {
        self.0.get(day).copied().unwrap_or(0)
    }

    /// What has a right on a day.
    pub(super) fn on(&self, day: &str) -> i64 {
        let counts = self.0.iter().filter(|(from, _)| from.as_str() <= day);
        counts.map(|(_, amount)| amount).sum()
    }
}

/// Is somebody with the shares that he has noted, and what the fund says of the day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) account: String,
    pub(super) noted: i64,
    pub(super) found: Income,
}

/// The income per ten thousand shares (万份收益), yuan with four decimals, rounded to the nearest.
pub(super) fn per_ten_thousand(income_fen: i64, shares: i64) -> String {
    let (twice, shares) = (i128::from(income_fen) * 200_000_000, i128::from(shares));
    let nearest = match shares {
        0 => 0,
        _ => (twice + shares * twice.signum()) / (2 * shares),
    };
    let (sign, size) = (if nearest < 0 { "-" } else { "" }, nearest.unsigned_abs());
    format!("{sign}{}.{:04}", size / 10_000, size % 10_000)
}

/// Holds what everybody has of a day's income, fen, against the rule of the fund; `all` are all shares that have a
/// right on the day.
///
/// Somebody's part is the income by his shares of all shares, cut to the fen. What is left over goes fen by fen to
/// those who had most cut off, of those who had the same cut off to the lowest number first. So nobody has
/// more than one fen above his part, nobody has it of whose part nothing was cut off, and nobody has it while
/// somebody who comes before him has none.
pub(super) fn judged(holders: Vec<Holder>, income_fen: i64, all: i64) -> Earned {
    let mut earned = Earned {
        people: holders.len() as u64,
        fen: holders.iter().map(|one| one.found.fen).sum(),
        with_a_fen: 0,
        odd: Vec::new(),
    };
    let sign = if income_fen < 0 { -1 } else { 1 };
    let size = i128::from(income_fen).abs();
    let all = i128::from(all.max(1));
    let mut queue: Vec<_> = holders
        .into_iter()
        .map(|holder| {
            let exact = size * i128::from(holder.noted);
            // A part is at most the income.
            let part = sign * i64::try_from(exact / all).unwrap_or(i64::MAX);
            (exact % all, part, holder)
        })
        .collect();
    queue.sort_by_cached_key(|(cut_off, _, holder)| {
        let number = (holder.account.len(), holder.account.clone());
        (Reverse(*cut_off), number)
    });
    let mut is_spent = false;
    for (
        cut_off,
        part,
        Holder {
            account,
            noted,
            found,
        },
    ) in queue
    {
        let above = (found.fen - part) * sign;
        let is_fair = match above {
            0 => true,
            1 => cut_off > 0 && !is_spent,
            _ => false,
        };
        is_spent |= above == 0;
        earned.with_a_fen += u64::from(above == 1);
        if !is_fair || found.shares != noted {
            let worked_out = Income {
                shares: noted,
                fen: part,
            };
            earned.odd.push(OddIncome {
                account,
                worked_out,
                found,
            });
        }
    }
    earned
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Account, shares noted, shares and fen that the fund says.
    type Told = (&'static str, i64, i64, i64);

    fn judge(told: &[Told], income_fen: i64, all: i64) -> (u64, Vec<String>) {
        let holders = told.iter().map(|(account, noted, shares, fen)| Holder {
            account: (*account).to_owned(),
            noted: *noted,
            found: Income {
                shares: *shares,
                fen: *fen,
            },
        });
        let earned = judged(holders.collect(), income_fen, all);
        assert_eq!(earned.people, told.len() as u64);
        let odd = earned.odd.into_iter().map(|odd| odd.account);
        (earned.with_a_fen, odd.collect())
    }

    #[test]
    fn shares_count_from_their_day_on() {
        let mut shares = Noted::default();
        shares.note("2013-05-28", 100);
        shares.note("2013-05-29", 50);
        shares.note("2013-05-28", -30);
        for (day, expect) in [
            ("2013-05-27", 0),
            ("2013-05-28", 70),
            ("2013-05-29", 120),
            ("2013-06-01", 120),
        ] {
            assert_eq!(shares.on(day), expect, "{day}");
        }
    }

    #[test]
    fn a_part_is_cut_and_what_is_left_goes_to_those_who_had_most_cut_off() {
        // 10 fen on 700 shares: 4.28, 2.85, 2.85 and nothing; two fen are left.
        let fair = [
            ("11", 300, 300, 4),
            ("12", 200, 200, 3),
            ("9", 200, 200, 3),
            ("13", 0, 0, 0),
        ];
        assert_eq!(judge(&fair, 10, 700), (2, vec![]));
        // Some of the fen went to people who are not asked.
        let elsewhere = [("11", 300, 300, 4), ("12", 200, 200, 2), ("9", 200, 200, 3)];
        assert_eq!(judge(&elsewhere, 10, 700), (1, vec![]));
        let table: [(&str, &[Told], &[&str]); 6] = [
            ("a fen less", &[("11", 300, 300, 3)], &["11"]),
            ("two fen more", &[("12", 200, 200, 4)], &["12"]),
            ("nothing was cut", &[("1", 70, 70, 2)], &["1"]),
            ("other shares", &[("11", 300, 299, 4)], &["11"]),
            (
                "a fen for less that was cut off",
                &[("11", 300, 300, 5), ("12", 200, 200, 2)],
                &["11"],
            ),
            (
                "a fen for a higher number",
                &[("12", 200, 200, 3), ("9", 200, 200, 2)],
                &["12"],
            ),
        ];
        for (what, told, odd) in table {
            assert_eq!(judge(told, 10, 700).1, odd, "{what}");
        }
        // A loss is the mirror of it, and nobody gains by it.
        assert_eq!(judge(&[("12", 200, 200, -3)], -10, 700), (1, vec![]));
        assert_eq!(judge(&[("12", 200, 200, 2)], -10, 700).1, ["12"]);
        // Without shares there is nothing to have.
        assert_eq!(judge(&[("12", 0, 0, 0)], 0, 0), (0, vec![]));
        assert_eq!(judge(&[("12", 0, 0, 1)], 0, 0).1, ["12"]);
    }

    #[test]
    fn the_income_per_ten_thousand_shares_is_rounded_to_the_nearest() {
        for (income_fen, shares, expect) in [
            (123, 1_000_000, "1.2300"),
            (1, 3, "3333.3333"),
            (2, 3, "6666.6667"),
            (1, 200_000_000, "0.0001"),
            (1, 200_000_001, "0.0000"),
            (-123, 1_000_000, "-1.2300"),
            (0, 0, "0.0000"),
        ] {
            assert_eq!(per_ten_thousand(income_fen, shares), expect, "{income_fen}");
        }
    }
}
