//! The catalogue: every cause that a record can be off for, family by family.
//!
//! A cause says how it shows itself in its [`Way`]s. The order of simplicity is in
//! [`crate::simplicity`].

use std::fmt;

use crate::case::{Case, Field};
use crate::trial::Trial;
use crate::{amount, identity, origin, side, text, time};

/// The id of a cause, such as `B9`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CauseId(&'static str);

/// Names every id once: as a constant and in [`CauseId::ALL`].
macro_rules! ids {
    ($($id:ident)*) => {
        #[expect(missing_docs, reason = "the catalogue says what each cause is")]
        impl CauseId {
            $(pub const $id: CauseId = CauseId(stringify!($id));)*

            /// All ids, in the order of the catalogue.
            pub const ALL: &[CauseId] = &[$(CauseId::$id),*];
        }
    };
}

ids! {
    A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11
    B1 B2 B3 B4 B5 B6 B7 B8 B9 B10 B11 B12 B13 B14 B15 B16
    D1 D2 D3 D4 D5 D6 D7 D8
    T1 T2 T3 T4 T5 T6 T7 T8 T9 T10 T11
    E1 E2 E3 E4
    R1 R2 R3 R4
    S1 S2 S3
    P1 P2 P3 P4
    M1 M2
    V1 V2
    Q1 Q2 Q3 Q4 Q5
}

impl CauseId {
    /// Finds a cause by its id as it is written in reports.
    ///
    /// ```
    /// use causes::CauseId;
    ///
    /// assert_eq!(CauseId::find("B9"), Some(CauseId::B9));
    /// assert_eq!(CauseId::find("Z9"), None);
    /// ```
    pub fn find(id: &str) -> Option<CauseId> {
        CauseId::ALL.iter().copied().find(|known| known.0 == id)
    }

    /// The id as it is written in reports.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// The English name, such as `sign lost`.
    pub fn name_en(self) -> &'static str {
        self.cause().map_or("", |cause| cause.en)
    }

    /// The Chinese name, such as `正负号丢失`.
    pub fn name_zh(self) -> &'static str {
        self.cause().map_or("", |cause| cause.zh)
    }

    /// Where the cause stands in the catalogue.
    pub(crate) fn place(self) -> usize {
        CauseId::ALL
            .iter()
            .position(|known| *known == self)
            .unwrap_or(usize::MAX)
    }

    fn cause(self) -> Option<&'static Cause> {
        CATALOGUE.iter().copied().find(|cause| cause.id == self)
    }
}

impl fmt::Display for CauseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

/// One cause: its names, and the ways in which records can show it.
#[derive(Debug)]
pub struct Cause {
    /// The id.
    pub id: CauseId,
    /// The English name.
    pub en: &'static str,
    /// The Chinese name.
    pub zh: &'static str,
    /// How it shows itself.
    pub(crate) ways: &'static [Way],
}

/// A way in which a cause shows itself.
pub(crate) enum Way {
    /// In one field at a time: offers what the field would hold.
    Field(fn(&Case<'_>, &Field<'_>, &mut Trial<'_>)),
    /// In the record as a whole: offers what the target would hold.
    Record(fn(&Case<'_>, &mut Trial<'_>)),
    /// Only in several breaks at once; the module `together`.
    Together,
    /// Not in the records: it takes this evidence, or another reading of the rule.
    Evidence(&'static str),
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Way::Field(_) => "Field",
            Way::Record(_) => "Record",
            Way::Together => "Together",
            Way::Evidence(_) => "Evidence",
        })
    }
}

impl Cause {
    /// What evidence the cause takes where the records alone never show it.
    pub fn needs(&self) -> Option<&'static str> {
        match self.ways {
            [Way::Evidence(needs)] => Some(needs),
            _ => None,
        }
    }
}

/// All causes, in the order of their ids.
pub static CATALOGUE: &[&Cause] = &[
    &identity::omitted::CAUSE,
    &identity::boundary::CAUSE,
    &identity::filtered::CAUSE,
    &identity::rejected::CAUSE,
    &identity::duplicated::CAUSE,
    &identity::doubled_in_source::CAUSE,
    &identity::merged::CAUSE,
    &identity::split::CAUSE,
    &identity::phantom::CAUSE,
    &identity::swapped::CAUSE,
    &identity::id_precision::CAUSE,
    &amount::transposition::CAUSE,
    &amount::slide::CAUSE,
    &amount::float::CAUSE,
    &amount::float_format::CAUSE,
    &amount::rounding::CAUSE,
    &amount::rounding_level::CAUSE,
    &amount::remainder::CAUSE,
    &amount::overflow::CAUSE,
    &amount::sign::CAUSE,
    &amount::fee::GROSS,
    &amount::fee::TWICE,
    &amount::column::CAUSE,
    &amount::currency::CAUSE,
    &amount::blank::CAUSE,
    &amount::separator::CAUSE,
    &amount::refund::CAUSE,
    &side::reversed::CAUSE,
    &side::type_code::CAUSE,
    &side::account::CAUSE,
    &side::subject::CAUSE,
    &side::counterparty::CAUSE,
    &side::pairing::CAUSE,
    &side::customer::CAUSE,
    &side::shard::CAUSE,
    &time::zone::CAUSE,
    &time::cut::CAUSE,
    &time::trading_day::CAUSE,
    &time::format::CAUSE,
    &time::precision::CAUSE,
    &time::epoch::CAUSE,
    &time::status::CAUSE,
    &time::in_flight::CAUSE,
    &time::late::CAUSE,
    &time::pending::CAUSE,
    &time::other_date::CAUSE,
    &text::encoding::CAUSE,
    &text::delimiter::CAUSE,
    &text::normal_form::CAUSE,
    &text::cut::CAUSE,
    &origin::rule::DEFECT,
    &origin::rule::VERSION,
    &origin::rule::VARIANT,
    &origin::rule::RANDOM,
    &origin::source::WRONG,
    &origin::source::BY_HAND,
    &origin::source::NO_FLOW,
    &origin::process::RUN_TWICE,
    &origin::process::RACE,
    &origin::process::PARTIAL,
    &origin::process::STALE,
    &origin::machine::BIT_FLIP,
    &origin::machine::TAMPERING,
    &origin::checker::WRONG,
    &origin::checker::COMPENSATING,
    &origin::fund::SHARES_FOR_AMOUNT,
    &origin::fund::TWICE,
    &origin::fund::RESIDUE,
    &origin::fund::YIELD,
    &origin::fund::UNCONFIRMED_CAUSE,
];
