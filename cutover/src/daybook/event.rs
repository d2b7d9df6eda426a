//! What an entry says. Field names and their order are the published format.

use jiff::Timestamp;
use jiff::civil::Date;
use ledger::{Amount, BreakCounts, BreakKind, Record, Verdict};
use serde::{Deserialize, Serialize};

use crate::Digest;
use crate::gate::Judgement;
use crate::signoff::SignOff;

/// Is what happened. The name of each event is its field `event`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The daybook was opened for a plan.
    Opened(Box<Opened>),
    /// The plan was changed: rules, roles or times.
    Replanned(Box<Replanned>),
    /// The release was put off.
    Extended {
        /// When the new book must be open, from now on.
        release: Timestamp,
        /// Why.
        why: String,
        /// Who decided it.
        by: String,
    },
    /// The window was announced to those whom it concerns.
    Announced,
    /// The old system is being told to close. Whether it has is not known before `frozen`.
    Freezing {
        /// Who decided to freeze a closed book once more, and why; left out where nothing was voided
        /// by it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        again: Option<Again>,
    },
    /// Figures of the old book were read.
    OpeningFigures(OpeningFigures),
    /// The old book is closed: nothing moves any more.
    Frozen,
    /// A phase began.
    PhaseStarted(PhaseStarted),
    /// A piece of a phase is done.
    ChunkFinished(ChunkFinished),
    /// A phase is done.
    PhaseFinished(PhaseFinished),
    /// The conversion is done.
    ConversionFinished(ConversionFinished),
    /// Something other than Crossfoot has converted.
    ConvertedElsewhere(ConvertedElsewhere),
    /// A verification is done and its evidence written.
    VerificationFinished(VerificationFinished),
    /// It was reckoned when a phase will be done.
    Forecast(Forecast),
    /// A notice reached a channel.
    NoticeSent(Notice),
    /// A notice did not reach a channel.
    NoticeFailed {
        /// Which notice, which channel, which attempt.
        #[serde(flatten)]
        notice: Notice,
        /// What the channel said.
        says: String,
    },
    /// A break was accepted by name.
    BreakAccepted(Box<BreakAccepted>),
    /// It was decided what becomes of the rejects.
    RejectsDisposed(RejectsDisposed),
    /// Correcting entries were booked beside the new book.
    Corrected(Corrected),
    /// A rehearsal is over.
    RehearsalFinished(RehearsalFinished),
    /// A person signed off.
    SignedOff(Box<SignOff>),
    /// The gate judged.
    Gate(Box<Judgement>),
    /// The new system is being told to open. Whether it has is not known before `released` or
    /// `not_released`.
    Releasing,
    /// The new book is open.
    Released,
    /// The new system said that it did not open.
    NotReleased {
        /// What it said.
        says: String,
    },
    /// The old system is being told to open again. Whether it has is not known before
    /// `rolled_back`.
    RollingBack {
        /// Why.
        why: String,
        /// Who decided it.
        by: String,
        /// By how much it will end after the release time, in milliseconds; 0 if in time.
        late_ms: u64,
    },
    /// The old book is open again.
    RolledBack,
    /// A call to a system failed, and what it did is not known.
    HookFailed {
        /// Which call.
        hook: Hook,
        /// What was said.
        says: String,
    },
    /// A person's remark.
    Remark {
        /// Who.
        by: String,
        /// What.
        says: String,
    },
}

/// Opens a daybook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Version of the format.
    pub version: Version,
    /// Version of Crossfoot.
    pub crossfoot: String,
    /// Name of the plan.
    pub plan: String,
    /// What was agreed on.
    pub terms: Terms,
}

/// Marks a daybook as version 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Version;

/// Is what a plan lays down for the window and the gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// BLAKE3 of the plan and its SQL.
    pub plan_blake3: Digest,
    /// When the old book closes.
    pub freeze: Timestamp,
    /// When the new book must be open.
    pub release: Timestamp,
    /// How long a rollback takes by the plan, in milliseconds.
    pub rollback_takes_ms: u64,
    /// Time zone in which times are shown, such as `Asia/Shanghai`.
    pub timezone: String,
    /// Roles that must sign off, two at least.
    pub roles: Vec<String>,
    /// Names of the agreements.
    pub agreements: Vec<String>,
    /// Names of the controls.
    pub controls: Vec<String>,
}

/// Says that the plan was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replanned {
    /// What holds from now on.
    pub terms: Terms,
    /// Why.
    pub why: String,
    /// Who decided it.
    pub by: String,
}

/// Says who decided to freeze again, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Again {
    /// Why.
    pub why: String,
    /// Who decided it.
    pub by: String,
}

/// Is a set of figures of the old book, read while it is being closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpeningFigures {
    /// Which of the two readings it is.
    pub taken: Taken,
    /// The figures, in the order of the plan.
    pub figures: Vec<Figure>,
    /// BLAKE3 of all that was read for them.
    pub blake3: Digest,
}

/// Says which reading of the opening figures it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// The first reading, once the old system was told to close.
    Before,
    /// The second reading, a while after it.
    After,
}

/// Is one figure, such as a sum of balances or a number of records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// What it is the figure of.
    pub name: String,
    /// The figure, a decimal string.
    pub value: String,
}

/// Names a phase of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Closing the old book.
    Freeze,
    /// Digesting the files.
    Digest,
    /// Converting.
    Convert,
    /// Booking corrections.
    Correct,
    /// Verifying.
    Verify,
    /// Signing off.
    SignOff,
    /// Opening the new book.
    Release,
    /// Opening the old book again.
    Rollback,
}

/// Says that a phase began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseStarted {
    /// The phase.
    pub phase: Phase,
    /// Records to work through; null where that is not known.
    pub records: Option<u64>,
    /// Chunks that they come in; null where that is not known.
    pub chunks: Option<u64>,
    /// Bytes of the old book's tables; left out where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_bytes: Option<u64>,
}

/// Says that a piece of a phase is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkFinished {
    /// The phase.
    pub phase: Phase,
    /// Which piece.
    pub chunk: String,
    /// Records in it.
    pub records: u64,
    /// When it began.
    pub began: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// Says that a phase is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseFinished {
    /// The phase.
    pub phase: Phase,
    /// Records worked through.
    pub records: u64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// Says what a conversion came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversionFinished {
    /// BLAKE3 of `conversion.json`.
    pub conversion_blake3: Digest,
    /// The account of each table written.
    pub tables: Vec<TableMoved>,
}

/// Says that something other than Crossfoot has converted. There is no account of it: what it came to
/// is for the verification to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConvertedElsewhere {
    /// Who answers for it.
    pub by: String,
    /// With what, and how.
    pub how: String,
}

/// Is the account of one table: read = converted + rejected + left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableMoved {
    /// The agreement whose rule it is.
    pub agreement: String,
    /// The table.
    pub table: String,
    /// Whether the rule works record by record. If not, converted and left out are null.
    pub by_record: bool,
    /// Records read.
    pub read: u64,
    /// Records converted.
    pub converted: Option<u64>,
    /// Records that the rule could not convert.
    pub rejected: u64,
    /// Records that the rule leaves out.
    pub left_out: Option<u64>,
    /// Records written to the target.
    pub written: u64,
}

/// Says what a verification came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerificationFinished {
    /// Name of the evidence's folder.
    pub evidence: String,
    /// BLAKE3 of its `manifest.json`.
    pub manifest_blake3: Digest,
    /// What it came to.
    pub verdict: Verdict,
    /// Number of agreements.
    pub agreements: u64,
    /// Breaks of all agreements.
    pub breaks: BreakCounts,
    /// Controls that do not hold.
    pub controls_off: u64,
    /// Number of rejects.
    pub rejects: u64,
}

/// Says when a phase will be done, as reckoned at the time of the entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    /// The phase.
    pub phase: Phase,
    /// Records done.
    pub done: u64,
    /// Records to do in all; null where that is not known.
    pub total: Option<u64>,
    /// When it is done, as likely before as after; null where that cannot be said.
    pub p50: Option<Timestamp>,
    /// When it is done in nine cases of ten; null where that cannot be said.
    pub p90: Option<Timestamp>,
    /// Last moment at which a rollback ends within the window.
    pub point_of_no_return: Timestamp,
    /// From `p90` to the point of no return, in milliseconds; negative where it is too late.
    pub margin_ms: Option<i64>,
    /// What that means.
    pub outlook: Outlook,
}

/// Says whether the window will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outlook {
    /// It will.
    OnTrack,
    /// It may not.
    AtRisk,
    /// It will not.
    TooLate,
    /// That cannot be said.
    Unknown,
}

/// Names one attempt to deliver a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Kind of the notice, such as `stop`, `reopening`, `put_off` or `delay`.
    pub kind: String,
    /// Name of the channel.
    pub channel: String,
    /// Number of the attempt, from 1.
    pub attempt: u32,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// Accepts one break by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakAccepted {
    /// Name of the agreement.
    pub agreement: String,
    /// In which way the sides differ.
    pub kind: BreakKind,
    /// The key columns with their values; empty where the plan gives no key.
    pub key: Record,
    /// What the break adds to the difference of the books.
    pub amounts: Vec<Amount>,
    /// Digest of the break, as [`crate::gate::break_blake3`] gives it: both records, to the byte.
    pub break_blake3: Digest,
    /// Why it may stay.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The day of the decision.
    pub date: Date,
}

/// Says what becomes of the rejects of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectsDisposed {
    /// How many.
    pub rejects: u64,
    /// BLAKE3 of the `rejects.jsonl` that lists them.
    pub rejects_blake3: Digest,
    /// What becomes of them.
    pub how: String,
    /// Who answers for it.
    pub owner: String,
    /// The day of the decision.
    pub date: Date,
}

/// Says that correcting entries were booked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrected {
    /// Name of the agreement.
    pub agreement: String,
    /// How many entries.
    pub entries: u64,
    /// BLAKE3 of the file that holds them.
    pub corrections_blake3: Digest,
    /// Who booked them.
    pub by: String,
}

/// Says what a rehearsal came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RehearsalFinished {
    /// BLAKE3 of the plan and its SQL that were rehearsed.
    pub plan_blake3: Digest,
    /// Faults planted.
    pub planted: u64,
    /// Faults found.
    pub found: u64,
    /// Faults of those whose cause was named.
    pub explained: u64,
    /// How long the rollback took, in milliseconds.
    pub rollback_took_ms: u64,
    /// How it went to verify the books as they are; left out where it was not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<Paced>,
    /// What it covered; left out by versions that did not tell, and then it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// Whether it passed.
    pub passed: bool,
}

/// Says what a rehearsal covered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Agreements in which nothing was planted.
    pub left_out: Vec<LeftOut>,
    /// Ids of the causes that it was limited to; empty where it was limited to none.
    pub causes: Vec<String>,
    /// What the old book held, as [`crate::seal::book_blake3`] gives it; null where it has no
    /// digest.
    pub source_blake3: Option<Digest>,
}

/// Is an agreement in which a rehearsal planted nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Its name.
    pub agreement: String,
    /// Why.
    pub why: String,
    /// Whether rehearsing again would change nothing, by the plan or by what these books held.
    #[serde(default)]
    pub is_for_good: bool,
    /// What it is by; left out where it is not for good, and by versions that did not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<LeftBy>,
}

/// Says by what nothing can be planted in an agreement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftBy {
    /// By the plan, whatever the books hold.
    Plan,
    /// By what a table of the new book held when these books were rehearsed.
    Table {
        /// Its name.
        table: String,
        /// What it held, as [`crate::seal::table_blake3`] gives it; null where it has no digest.
        blake3: Option<Digest>,
    },
}

/// Says how some work went, piece by piece.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paced {
    /// Bytes of the old book's tables at the time.
    pub source_bytes: u64,
    /// What was read, in its order.
    pub pieces: Vec<Piece>,
}

/// Says how long a piece of some work took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// Bytes that were read.
    pub bytes: u64,
    /// Time from its beginning to its end, in milliseconds.
    pub took_ms: u64,
}

/// Names a call to a system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hook {
    /// The old system is told to close.
    Freeze,
    /// The new system is told to open.
    Release,
    /// The old system is told to open again.
    Rollback,
}
