//! How a run was done, and what tells it from any other: for the workbook and the page.

use ledger::{CauseLine, Fold, FoldedSide};

use crate::dossier::{Dossier, Input};
use crate::language::Language;

/// Gives what was done, a sentence each.
pub(crate) fn steps(dossier: &Dossier, language: Language) -> Vec<&'static str> {
    let is_digested = |input: &Input| !input.blake3.is_empty();
    let digest = match dossier.manifest.inputs.iter().all(is_digested) {
        true => language.method_digest(),
        false => language.method_undigested(),
    };
    vec![
        digest,
        language.method_fold(),
        language.method_fetch(),
        language.method_cause(),
        language.method_account(),
        language.method_exact(),
        language.method_limits(),
    ]
}

/// Gives what tells this run from any other: what it is, and its value.
pub(crate) fn facts(dossier: &Dossier, language: Language) -> Vec<(&'static str, String)> {
    let (report, manifest) = (&dossier.report, &dossier.manifest);
    let milliseconds = report.elapsed.as_millis();
    let seconds = format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000);
    let mut facts = vec![
        (language.plan(), report.plan.clone()),
        (language.plan_digest(), manifest.plan_blake3.clone()),
        (language.program(), manifest.crossfoot.clone()),
        (language.started(), manifest.started.clone()),
        (language.elapsed(), seconds),
        (language.seed(), manifest.seed.clone()),
        (language.evidence_folder(), report.evidence.clone()),
    ];
    for agreement in &report.agreements {
        if let Some(fold) = &agreement.fold {
            let shown = format!("{}: {}", agreement.name, fold_shown(fold, language));
            facts.push((language.added_up(), shown));
        }
    }
    facts
}

/// Says which way both sides were added up.
fn fold_shown(fold: &Fold, language: Language) -> String {
    let side = |name: &str, side: &FoldedSide| match &side.why {
        None => format!("{name} {}", language.by_database()),
        Some(why) => format!("{name} {} ({why})", language.read_here()),
    };
    let sides = [
        side(language.expected(), &fold.expected),
        side(language.actual(), &fold.actual),
    ];
    sides.join("; ")
}

/// Gives a digest, or says that there is none.
pub(crate) fn digest_shown(digest: &str, language: Language) -> &str {
    match digest {
        "" => language.not_digested(),
        digest => digest,
    }
}

/// Gives a cause by its id and name: `B3 cut instead of rounded`.
pub(crate) fn cause_shown(dossier: &Dossier, cause: &CauseLine, language: Language) -> String {
    let Some(id) = &cause.id else {
        return language.unknown_cause().to_owned();
    };
    match dossier.cause_names.get(id) {
        Some(name) => format!("{id} {name}"),
        None => id.clone(),
    }
}
