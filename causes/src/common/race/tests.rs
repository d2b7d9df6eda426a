use super::Race;
use crate::Kind;
use crate::common::surprise::{BIT, Split};
use crate::common::{Attribute, Attributes, Finder, Proposer, Tally};
use ledger::Zone;
use proptest::prelude::*;

/// A record: a channel, an amount, and its row.
type Record = [Option<String>; 3];

/// A book, and which of its records are broken.
#[derive(Debug)]
struct Book {
    records: Vec<Record>,
    broken: Vec<bool>,
    /// Those that do not agree, but are broken in another way.
    others: Vec<bool>,
}

impl Book {
    fn finder(&self, sampled: usize) -> Finder {
        let columns = vec![
            Attribute::new("source", "channel", Kind::Text),
            Attribute::new("source", "amount", Kind::Number),
            Attribute::row("source"),
        ];
        let zone = Zone::new("Asia/Shanghai").expect("the zone is compiled in");
        let mut proposer = Proposer::new(Attributes::new(columns, zone));
        for (place, record) in self.records.iter().enumerate() {
            match self.broken[place] {
                true => proposer.offer_broken(&record[..]),
                false if place % sampled == 0 && !self.others[place] => {
                    proposer.offer_unbroken(&record[..])
                }
                false => {}
            }
        }
        proposer.finish()
    }

    fn broken(&self, finder: &Finder) -> Tally {
        let (mut masker, mut tally) = (finder.masker(), finder.tally());
        let broken = self.records.iter().zip(&self.broken);
        for (record, _) in broken.filter(|(_, is_broken)| **is_broken) {
            tally.add_broken(masker.mask(&record[..]));
        }
        let mut any = finder.tally();
        for (place, record) in self.records.iter().enumerate() {
            if self.broken[place] || self.others[place] {
                any.add_record(masker.mask(&record[..]));
            }
        }
        tally.leave_out_of(&any);
        tally
    }

    /// Counts the records of a share, in hundredths.
    fn count_share(&self, finder: &Finder, share: std::ops::Range<usize>) -> Tally {
        let (mut masker, mut tally) = (finder.masker(), finder.tally());
        let records = self.records.iter().enumerate();
        for (_, record) in records.filter(|(place, _)| share.contains(&(place % 100))) {
            tally.add_record(masker.mask(&record[..]));
        }
        tally
    }

    /// Counts every so-many-th record.
    fn count(&self, finder: &Finder, one_in: usize) -> Tally {
        let (mut masker, mut tally) = (finder.masker(), finder.tally());
        for record in self.records.iter().step_by(one_in) {
            tally.add_record(masker.mask(&record[..]));
        }
        tally
    }
}

/// Books in which channel, sign and row have to do with what is broken, more or less.
fn books() -> impl Strategy<Value = Book> {
    let chances = (1..200_u64, 1..9_u64, 0..3_u8, 0..40_u64, any::<u64>());
    let sizes = (300..4_000_u64, 0..3_u64);
    (sizes, chances).prop_map(
        |((records, others), (stride, channels, kind, noise, seed))| {
            let chance = |row: u64, salt: u64| {
                let mixed = (row ^ seed ^ salt << 40).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33
            };
            let mut book = Book {
                records: Vec::new(),
                broken: Vec::new(),
                others: Vec::new(),
            };
            for row in 1..=records {
                let channel = chance(row, 1) % channels;
                let amount = i64::try_from(chance(row, 2) % 2_000).expect("small") - 1_000;
                book.records.push([
                    Some(format!("C{channel}")),
                    Some(format!(
                        "{}.{:02}",
                        amount / 100,
                        amount.unsigned_abs() % 100
                    )),
                    Some(row.to_string()),
                ]);
                let is_hit = match kind {
                    0 => row % stride == 0,
                    1 => channel == 0 && amount < 0,
                    _ => amount < 0 && row % stride == 0,
                };
                let is_broken =
                    is_hit && chance(row, 3) % 100 >= noise || chance(row, 4) % 3_000 == 0;
                let is_other = amount >= 0 && chance(row, 5) % 8 < others;
                book.broken.push(is_broken);
                book.others.push(is_other && !is_broken);
            }
            book
        },
    )
}

proptest! {
    #[test]
    fn what_is_not_counted_would_not_have_been_chosen(
        book in books(), sampled in 1..40_usize, looked in 1..30_usize,
    ) {
        let finder = book.finder(sampled);
        let records = book.records.len() as u64;
        let mut plain = book.broken(&finder);
        plain.merge(&book.count(&finder, 1));

        let mut race = Race::new(&finder, book.broken(&finder));
        let sample = book.count(&finder, looked);
        race.add_part(&race.all(), &sample);
        let leading = race.leading(&sample, records);
        race.settle(&leading, &book.count(leading.finder(), 1), records);
        let left = race.undecided();
        race.settle(&left, &book.count(left.finder(), 1), records);
        prop_assert_eq!(race.finish(), finder.finish(&plain));
    }

    #[test]
    fn shares_of_a_book_give_what_the_whole_gives(
        book in books(), sampled in 1..40_usize, is_led in any::<bool>(), cut in 1..100_usize,
    ) {
        let finder = book.finder(sampled);
        let records = book.records.len() as u64;
        let mut plain = book.broken(&finder);
        plain.merge(&book.count(&finder, 1));

        let mut race = Race::new(&finder, book.broken(&finder));
        let sample = book.count(&finder, sampled);
        race.add_part(&race.all(), &sample);
        let leading = race.leading(&sample, records);
        if is_led {
            race.settle(&leading, &book.count(leading.finder(), 1), records);
        }
        let first = race.undecided();
        race.add_share(&first, &book.count_share(first.finder(), 0..cut));
        let left = race.undecided();
        prop_assert!(left.places.iter().all(|place| first.places.contains(place)));
        race.add_share(&left, &book.count_share(left.finder(), cut..100));
        race.settle_shares();
        prop_assert!(race.undecided().is_empty());
        prop_assert_eq!(race.finish(), finder.finish(&plain));
    }

    #[test]
    fn the_more_records_a_condition_holds_of_the_less_it_says(
        broken in 2..3_000_u64, covered in 0..1_000_u64, book in 1..1_000_000_u64,
        matching in any::<[u64; 2]>(), freedom in 0..3_u64,
    ) {
        let covered = broken * covered / 1_000;
        let book = broken + book;
        let mut matching = matching.map(|of| covered + of % (book - broken + 1));
        matching.sort_unstable();
        let surprise = |matching| {
            Split { covered, broken, matching, book }.surprise(freedom)
        };
        let [more, less] = matching.map(surprise);
        let rounding = i64::try_from(broken).expect("few") * 16 + BIT;
        prop_assert!(less <= more + rounding, "{more} and then {less}");
    }
}

#[test]
fn what_leads_and_what_cannot_win_leave_little_to_count() {
    let record = |row: u64| -> Record {
        let channel = format!("C{}", row % 7);
        let amount = format!("{}.00", (row * 7_919 % 4_001).cast_signed() - 2_000);
        [Some(channel), Some(amount), Some(row.to_string())]
    };
    let book = Book {
        records: (1..=20_000).map(record).collect(),
        broken: (1..=20_000)
            .map(|row| row % 7 == 3 && row % 2 == 1)
            .collect(),
        others: vec![false; 20_000],
    };
    let finder = book.finder(3);
    let records = book.records.len() as u64;
    let mut race = Race::new(&finder, book.broken(&finder));
    let sample = book.count(&finder, 10);
    let leading = race.leading(&sample, records);
    assert!(!leading.is_empty());
    race.settle(&leading, &book.count(leading.finder(), 1), records);
    let all = race.all();
    race.add_part(&all, &book.count(all.finder(), 10));
    let left = race.undecided();
    assert!(
        left.places.len() * 2 <= finder.conjunctions().len(),
        "{} of {}",
        left.places.len(),
        finder.conjunctions().len()
    );
    race.settle(&left, &book.count(left.finder(), 1), records);
    let mut plain = book.broken(&finder);
    plain.merge(&book.count(&finder, 1));
    assert_eq!(race.finish(), finder.finish(&plain));
}
