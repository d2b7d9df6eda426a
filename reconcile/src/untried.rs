//! All breaks of a book explained anew, in memory: for a story that takes more than one record, and by
//! provers that do not try one cause, for rehearsals of the prover itself.

use crate::explain::Explainer;
use crate::locate::Look;
use crate::prepare::{Agreement, Prepared};
use crate::readings::{Given, Readings};
use crate::story::{StoryError, trace};
use crate::watch::{Phase, Watch, Work};
use books::Meter;
use causes::CauseId;
use footing::{Seed, Side};
use ledger::Break;
use rules::sql::Run;
use std::sync::Arc;

/// Explains the breaks of an agreement once for each of the causes, by a prover that does not try
/// it, and once with all causes where none is named. Both sides are read once and held in memory,
/// and all else is as in a verification: the readings of the rule, the looks at several breaks.
///
/// # Errors
/// A book cannot be read, or was no sound one.
pub async fn explain_without(
    prepared: &Prepared,
    agreement: &Agreement,
    untried: &[Option<CauseId>],
    how: (usize, &Arc<dyn Watch>),
) -> Result<Vec<Vec<Break>>, StoryError> {
    let (threads, _) = how;
    with_all(prepared, agreement, how, |breaks, given| {
        let explain = |untried: &Option<CauseId>| {
            let explainer = match untried {
                Some(cause) => Explainer::without(prepared, agreement, *cause),
                None => Explainer::new(prepared, agreement),
            };
            explainer.explain_all(breaks.clone(), given, threads)
        };
        untried.iter().map(explain).collect()
    })
    .await
}

/// Reads both sides whole and gives all their breaks to whoever explains them, with what other readings
/// of the rule give for them and what the whole book says of these.
pub(crate) async fn with_all<T>(
    prepared: &Prepared,
    agreement: &Agreement,
    (threads, watch): (usize, &Arc<dyn Watch>),
    explain: impl FnOnce(Vec<Break>, &Given<'_>) -> T,
) -> Result<T, StoryError> {
    let meter = Arc::new(Meter::default());
    watch.begin(Phase {
        work: Work::Locate,
        name: agreement.name.clone(),
        bytes: None,
        meter: Arc::clone(&meter),
    });
    let look = Look {
        agreement,
        // Nothing is hashed here: every record is fetched.
        seed: &Seed::new([0; 32]),
        threads,
        watch,
        meter: &meter,
        partition_records: 0,
        restriction: None,
        whereabouts: [None; 2],
    };
    let expected = look.fetch(Side::Expected, None, true).await?;
    let actual = look.fetch(Side::Actual, None, true).await?;
    let paired = look.pair(expected, actual)?;
    let mut breaks = paired.describe_all(threads);
    trace(prepared, agreement, &mut breaks)?;
    let readings = Readings::choose(agreement, &paired, threads).await?;
    let given = look.read(&readings, &paired).await?;
    readings.count_fits(agreement, &given, &breaks, threads);
    let begin = || Run::new(threads);
    let counted = readings.hold_against_book(agreement, &begin, watch);
    counted.await?;
    Ok(explain(breaks, &given))
}
