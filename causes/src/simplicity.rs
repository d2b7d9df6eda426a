//! The order of simplicity: which cause is named first, and which others it beats.
//!
//! | tier | a cause of this tier says |
//! |---|---|
//! | notation | the value is the same, written in another way |
//! | operation | one fixed thing was done to the record |
//! | parameter | one thing was done that has a parameter, such as a width or another column |
//! | choice | something else was put in place: a code, an account, a day |
//! | accident | a bit turned: named last, for it reaches a few values of everything |
//!
//! Where several causes give what the target holds, the simplest is named first and the others
//! as its rivals. A cause of the first tier beats those of the fourth: that a wrong subject differs
//! from the right one by blanks alone is no coincidence. Only of accounts, holders, counterparties and
//! codes that look like one of the book's own does it beat none: both `0042` and `42` may be there.
//! Nothing else is beaten, for a rival that is less likely can still be the one that happened. Two
//! causes together are only looked for where no single one gives what the target holds.

use crate::catalogue::CauseId;

/// Is a step in the order of simplicity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// The same value in another notation.
    Notation,
    /// One fixed thing was done.
    Operation,
    /// One thing was done that has a parameter.
    Parameter,
    /// Something else was put in place.
    Choice,
    /// A bit turned.
    Accident,
}

/// The order of simplicity, the simplest first.
pub const ORDER: &[(Tier, &[CauseId])] = &[
    (Tier::Notation, &[CauseId::B14, CauseId::E3, CauseId::E1]),
    (
        Tier::Operation,
        &[
            CauseId::A10,
            CauseId::A11,
            CauseId::A9,
            CauseId::A5,
            CauseId::P1,
            CauseId::A6,
            CauseId::A1,
            CauseId::A7,
            CauseId::B9,
            CauseId::D1,
            CauseId::B16,
            CauseId::B3,
            CauseId::B4,
            CauseId::B1,
            CauseId::T4,
            CauseId::T6,
            CauseId::T5,
            CauseId::E2,
        ],
    ),
    (
        Tier::Parameter,
        &[
            CauseId::B2,
            CauseId::B15,
            CauseId::T2,
            CauseId::T3,
            CauseId::T1,
            CauseId::T11,
            CauseId::B10,
            CauseId::B11,
            CauseId::R2,
            CauseId::B12,
            CauseId::B5,
            CauseId::B8,
            CauseId::E4,
            CauseId::B13,
            CauseId::Q2,
            CauseId::Q1,
            CauseId::Q5,
            CauseId::Q4,
            CauseId::A2,
            CauseId::A8,
            CauseId::A3,
            CauseId::A4,
            CauseId::B7,
            CauseId::B6,
            CauseId::Q3,
            CauseId::V2,
        ],
    ),
    (
        Tier::Choice,
        &[
            CauseId::D2,
            CauseId::D3,
            CauseId::D4,
            CauseId::D5,
            CauseId::D6,
            CauseId::D7,
            CauseId::D8,
            CauseId::T7,
            CauseId::T8,
            CauseId::T9,
            CauseId::T10,
            CauseId::P3,
            CauseId::R1,
            CauseId::R3,
            CauseId::R4,
            CauseId::S1,
            CauseId::S2,
            CauseId::S3,
            CauseId::P2,
            CauseId::P4,
            CauseId::V1,
            CauseId::M2,
        ],
    ),
    (Tier::Accident, &[CauseId::M1]),
];

/// Gives the tier of a cause, and its place in the order.
pub fn rank(cause: CauseId) -> (Tier, usize) {
    ORDER
        .iter()
        .flat_map(|(tier, causes)| causes.iter().map(move |known| (*tier, *known)))
        .enumerate()
        .find(|(_, (_, known))| *known == cause)
        .map_or((Tier::Choice, usize::MAX), |(place, (tier, _))| {
            (tier, place)
        })
}

/// Says whether a cause that gives what the target holds leaves no room for another that does.
pub fn beats(winner: CauseId, loser: CauseId) -> bool {
    rank(winner).0 == Tier::Notation && rank(loser).0 == Tier::Choice
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_has_one_place_in_the_order() {
        let mut placed: Vec<CauseId> = ORDER
            .iter()
            .flat_map(|(_, causes)| causes.iter().copied())
            .collect();
        placed.sort_by_key(|cause| cause.place());
        assert_eq!(placed, CauseId::ALL);
        assert!(ORDER.is_sorted_by_key(|(tier, _)| *tier));
    }

    #[test]
    fn notation_beats_choice_and_nothing_else_is_beaten() {
        assert!(beats(CauseId::E3, CauseId::D3) && beats(CauseId::E1, CauseId::D2));
        assert!(!beats(CauseId::E3, CauseId::M1));
        assert!(!beats(CauseId::B9, CauseId::D1) && !beats(CauseId::B9, CauseId::D3));
        assert!(
            !beats(CauseId::E4, CauseId::D2),
            "a code can be the beginning of another"
        );
    }
}
