//! The causes that a rehearsal plants, and why it plants no other.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::says::Says;

/// Names every cause once: as a variant and in [`Cause::ALL`].
macro_rules! causes {
    ($($id:ident)*) => {
        /// A cause that a record of the target alone can carry, by its id in the catalogue.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[expect(missing_docs, reason = "the catalogue of causes says what each is")]
        pub enum Cause {
            $($id),*
        }

        impl Cause {
            /// All causes that are planted, in the order of the catalogue.
            pub const ALL: &[Cause] = &[$(Cause::$id),*];

            /// Gives the id as it is written in reports.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Cause::$id => stringify!($id)),*
                }
            }
        }
    };
}

causes! {
    A1 A5 A7 A8 A9 A10 A11
    B1 B2 B3 B4 B8 B9 B10 B11 B12 B13 B14 B15 B16
    D1 D2 D3 D4 D5 D6 D7 D8
    T1 T2 T4 T5 T6 T7 T11
    E1 E2 E3 E4
    M1
}

/// Says that a text names no cause that can be planted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no cause that can be planted; name one as the catalogue writes it, such as B9")]
pub struct UnknownCause(pub String);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Cause {
    type Err = UnknownCause;

    fn from_str(text: &str) -> Result<Cause, UnknownCause> {
        let named = Cause::ALL.iter().find(|cause| cause.as_str() == text);
        named.copied().ok_or_else(|| UnknownCause(text.to_owned()))
    }
}

/// Is a cause that was not planted, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotRehearsed {
    /// Its id in the catalogue.
    pub cause: String,
    /// The reason.
    pub says: Says,
}

/// The causes of the catalogue that no record of the target can carry by itself, by what they take.
const ELSEWHERE: &[(&[&str], &str, &str)] = &[
    (
        &["A2", "P1", "P3"],
        "it shows in a run of records at the end of a file, and a sample has no files",
        "只见于文件末尾的一段连续记录，样本不含文件",
    ),
    (
        &["A3", "R1", "R2", "R3", "R4"],
        "it is the rule's, and a rehearsal leaves the rule alone",
        "属于规则本身，演练不改动规则",
    ),
    (
        &["A4", "A6", "T8", "T9", "S1", "S2", "S3"],
        "it is the source's, and a rehearsal leaves the source alone",
        "属于源账本身，演练不改动源账",
    ),
    (
        &["B5", "B6", "B7", "Q3"],
        "it takes the amounts before they were rounded, and the target has them after",
        "需要舍入前的金额，新账只有舍入后的",
    ),
    (
        &["T3", "Q1", "Q2", "Q4", "Q5"],
        "it takes the fund's calendar and yields, which a record does not hold",
        "需要基金的交易日历与收益，单条记录不含",
    ),
    (
        &["T10", "V2"],
        "it takes another record to be told, and then looks like a cause that is planted",
        "须与另一记录对照才能辨认，且与已演练的原因同形",
    ),
    (
        &["P2", "P4"],
        "it takes the entries behind a balance, which a record does not hold",
        "需要余额背后的分录，单条记录不含",
    ),
    (
        &["M2", "V1"],
        "nothing in a record tells of it",
        "记录本身没有任何痕迹",
    ),
];

/// Gives the causes of the catalogue that are never planted.
pub(crate) fn elsewhere() -> impl Iterator<Item = NotRehearsed> {
    ELSEWHERE.iter().flat_map(|(causes, en, zh)| {
        causes.iter().map(|cause| NotRehearsed {
            cause: (*cause).to_owned(),
            says: Says::new(*en, *zh),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// How many causes each family of the catalogue has.
    const FAMILIES: [(&str, usize); 10] = [
        ("A", 11),
        ("B", 16),
        ("D", 8),
        ("T", 11),
        ("E", 4),
        ("R", 4),
        ("S", 3),
        ("P", 4),
        ("M", 2),
        ("V", 2),
    ];

    #[test]
    fn every_cause_of_the_catalogue_is_planted_or_has_a_reason_and_none_has_both() {
        let planted = Cause::ALL.iter().map(|cause| cause.as_str().to_owned());
        let all: Vec<String> = planted.chain(elsewhere().map(|one| one.cause)).collect();
        let known: BTreeSet<&str> = all.iter().map(String::as_str).collect();
        assert_eq!(known.len(), all.len());
        for (family, count) in FAMILIES.into_iter().chain([("Q", 5)]) {
            for number in 1..=count {
                let id = format!("{family}{number}");
                assert!(known.contains(id.as_str()), "{id}");
            }
        }
        assert_eq!(all.len(), 70);
    }

    #[test]
    fn a_cause_is_read_as_it_is_written() {
        for cause in Cause::ALL {
            assert_eq!(cause.to_string().parse(), Ok(*cause));
        }
        assert_eq!("A2".parse::<Cause>(), Err(UnknownCause("A2".to_owned())));
    }
}
