//! Every item that a GO rests on, taken out or altered.

#![expect(
    clippy::unit_arg,
    reason = "each change is an assignment, so that the list reads as a table"
)]

use cutover::Digest;
use cutover::daybook::{LeftBy, LeftOut, Scope, VerificationFinished};
use cutover::seal::{book_blake3, table_blake3};
use ledger::{BreakCounts, BreakKind, Verdict};

use super::case::Case;
use crate::world::{self, at, found, li};

/// A change of one item. It says whether there was such an item.
pub(super) type Change = fn(&mut Case) -> bool;

fn done<T>(_: T) -> bool {
    true
}

fn first<T>(list: &mut [T], change: impl FnOnce(&mut T)) -> bool {
    list.first_mut().map(change).is_some()
}

fn scope(case: &mut Case, change: impl FnOnce(&mut Scope)) -> bool {
    let scope = case.rehearsal.as_mut().and_then(|r| r.scope.as_mut());
    scope.map(change).is_some()
}

/// Leaves an agreement out for good; of a scope whose books are those that are verified.
fn unrehearsable(case: &mut Case, by: Option<LeftBy>, change: fn(&mut Scope)) -> bool {
    let source = book_blake3(&case.run.inputs, "source");
    scope(case, |scope| {
        scope.source_blake3 = source;
        scope.left_out.push(LeftOut {
            agreement: "balances".into(),
            why: "its table has no records with plain amounts".into(),
            is_for_good: true,
            by,
        });
        change(scope);
    })
}

pub(super) const CHANGES: &[(&str, Change)] = &[
    ("no rehearsal", |case| done(case.rehearsal = None)),
    ("a rehearsal of another plan", |case| {
        case.rehearsal
            .as_mut()
            .map(|r| r.plan_blake3 = Digest::ZERO)
            .is_some()
    }),
    ("a rehearsal that failed", |case| {
        case.rehearsal.as_mut().map(|r| r.passed = false).is_some()
    }),
    ("a fault not found", |case| {
        case.rehearsal
            .as_mut()
            .map(|r| {
                r.found -= 1;
                r.explained -= 1;
                r.passed = false;
            })
            .is_some()
    }),
    ("a fault not explained", |case| {
        case.rehearsal
            .as_mut()
            .map(|r| {
                r.explained -= 1;
                r.passed = false;
            })
            .is_some()
    }),
    ("a fault not explained and yet passed", |case| {
        case.rehearsal.as_mut().map(|r| r.explained -= 1).is_some()
    }),
    ("nothing planted", |case| {
        case.rehearsal
            .as_mut()
            .map(|r| (r.planted, r.found, r.explained) = (0, 0, 0))
            .is_some()
    }),
    ("a rehearsal that does not tell what it covered", |case| {
        case.rehearsal.as_mut().map(|r| r.scope = None).is_some()
    }),
    ("a rehearsal of some causes", |case| {
        scope(case, |scope| scope.causes.push("A5".into()))
    }),
    ("a rehearsal without an agreement", |case| {
        scope(case, |scope| {
            scope.left_out.push(LeftOut {
                agreement: "balances".into(),
                why: "its table has corrections already".into(),
                is_for_good: false,
                by: None,
            })
        })
    }),
    (
        "an agreement that nobody can rehearse, of other books",
        |case| {
            let table = LeftBy::Table {
                table: "posting".into(),
                blake3: table_blake3(&case.run.inputs, "target", "posting"),
            };
            unrehearsable(case, Some(table), |scope| {
                scope.source_blake3 = Some(Digest::ZERO);
            })
        },
    ),
    (
        "an agreement that nobody can rehearse, of another table",
        |case| {
            let table = LeftBy::Table {
                table: "posting".into(),
                blake3: Some(Digest::ZERO),
            };
            unrehearsable(case, Some(table), |_| {})
        },
    ),
    (
        "an agreement that nobody can rehearse, by nobody knows what",
        |case| unrehearsable(case, None, |_| {}),
    ),
    ("figures not read again", |case| {
        done(case.figures_now = None)
    }),
    ("figures that cannot be read again", |case| {
        done(case.figures_now = Some(Err("no such file".into())))
    }),
    ("figures of another book now", |case| {
        done(case.figures_now = Some(Ok(world::read("2.00"))))
    }),
    ("no first figures", |case| done(case.figures[0] = None)),
    ("no second figures", |case| done(case.figures[1] = None)),
    ("other first figures", |case| {
        done(case.figures[0] = Some("1.01"))
    }),
    ("other second figures", |case| {
        done(case.figures[1] = Some("0.99"))
    }),
    ("no conversion", |case| {
        case.conversion.take().is_some() || case.elsewhere.take().is_some()
    }),
    ("a record more read", |case| {
        case.conversion
            .as_mut()
            .map(|c| c.tables[0].read += 1)
            .is_some()
    }),
    ("a record less rejected", |case| {
        case.conversion
            .as_mut()
            .map(|c| c.tables[0].rejected -= 1)
            .is_some()
    }),
    ("a record more converted", |case| {
        case.conversion
            .as_mut()
            .map(|c| c.tables[0].converted = c.tables[0].converted.map(|n| n + 1))
            .is_some()
    }),
    ("a record more left out", |case| {
        case.conversion
            .as_mut()
            .map(|c| c.tables[0].left_out = Some(5))
            .is_some()
    }),
    ("converted not told", |case| {
        case.conversion
            .as_mut()
            .map(|c| c.tables[0].converted = None)
            .is_some()
    }),
    ("a table of groups that nothing compares", |case| {
        case.conversion
            .as_mut()
            .map(|c| c.tables[1].agreement = "x".into())
            .is_some()
    }),
    ("no table", |case| {
        case.conversion.as_mut().map(|c| c.tables.clear()).is_some()
    }),
    ("another account of the conversion", |case| {
        done(case.conversion_now = Some(Digest::ZERO))
    }),
    ("an account of the conversion not read", |case| {
        case.conversion_now.take().is_some()
    }),
    ("a plan changed since", |case| {
        done(case.plan_now = Some(Digest::ZERO))
    }),
    ("a plan not digested", |case| done(case.plan_now = None)),
    ("a run by another plan", |case| {
        done(case.run.plan_blake3 = Digest::ZERO)
    }),
    ("a run of another plan's name", |case| {
        done(case.run.plan = "ruixin-pay".into())
    }),
    ("a report of another plan's name", |case| {
        done(case.run.report.plan = "ruixin-pay".into())
    }),
    ("a window by another plan", |case| {
        done(case.terms.plan_blake3 = Digest::ZERO)
    }),
    ("a third role", |case| {
        done(case.terms.roles.push("auditor".into()))
    }),
    ("an agreement more in the plan", |case| {
        done(case.terms.agreements.push("fees".into()))
    }),
    ("an agreement less in the plan", |case| {
        done(drop(case.terms.agreements.pop()))
    }),
    ("a control more in the plan", |case| {
        done(case.terms.controls.push("published totals".into()))
    }),
    ("a control less in the plan", |case| {
        case.terms.controls.pop().is_some()
    }),
    ("a release that is past", |case| {
        done(case.now = case.terms.release)
    }),
    ("no files of the books", |case| {
        done(case.run.inputs.clear())
    }),
    ("no files of the source", |case| {
        done(case.run.inputs.retain(|input| input.book == "target"))
    }),
    ("books not digested anew", |case| {
        done(case.inputs_now = None)
    }),
    ("a file without a digest then", |case| {
        first(&mut case.run.inputs, |input| input.blake3 = None)
    }),
    ("a file without a digest now", |case| {
        case.inputs_now
            .as_mut()
            .is_some_and(|now| first(now, |input| input.blake3 = None))
    }),
    ("a file changed since", |case| {
        case.inputs_now
            .as_mut()
            .is_some_and(|now| first(now, |input| input.blake3 = Some(Digest::ZERO)))
    }),
    ("a file of another length", |case| {
        case.inputs_now
            .as_mut()
            .is_some_and(|now| first(now, |input| input.bytes += 1))
    }),
    ("a file of another name", |case| {
        case.inputs_now
            .as_mut()
            .is_some_and(|now| first(now, |input| input.file.push('x')))
    }),
    ("a file gone", |case| {
        case.inputs_now
            .as_mut()
            .is_some_and(|now| now.pop().is_some())
    }),
    ("a file added", |case| {
        case.inputs_now
            .as_mut()
            .map(|now| now.push(world::input("source", "new.csv", b"")))
            .is_some()
    }),
    ("a break that nobody lists", |case| {
        case.run.breaks.pop().is_some()
    }),
    ("a break that nobody counts", |case| {
        done(case.run.breaks.push(found("V9", "0.01")))
    }),
    ("a decision less", |case| case.accepted.pop().is_some()),
    ("a decision on another agreement", |case| {
        first(&mut case.accepted, |a| a.agreement = "balances".into())
    }),
    ("a decision on another key", |case| {
        first(&mut case.accepted, |a| a.key.push("leg", None))
    }),
    ("a decision on another amount", |case| {
        first(&mut case.accepted, |a| a.amounts[0].amount.push('1'))
    }),
    ("a decision on another column", |case| {
        first(&mut case.accepted, |a| {
            a.amounts[0].column.push('x');
            a.amounts[0].amount = "1.00".into();
        })
    }),
    ("a decision on another record", |case| {
        first(&mut case.accepted, |a| a.break_blake3 = Digest::ZERO)
    }),
    ("a decision on another kind", |case| {
        first(&mut case.accepted, |a| {
            a.kind = BreakKind::ALL
                .into_iter()
                .find(|kind| *kind != a.kind)
                .expect("another")
        })
    }),
    ("a decision without a reason", |case| {
        first(&mut case.accepted, |a| a.reason.clear())
    }),
    ("a decision without an owner", |case| {
        first(&mut case.accepted, |a| a.owner = " ".into())
    }),
    ("rejects not disposed of", |case| {
        case.disposal.take().is_some()
    }),
    ("other rejects disposed of", |case| {
        case.disposal
            .as_mut()
            .map(|d| d.rejects_blake3 = Digest::ZERO)
            .is_some()
    }),
    ("another number of rejects disposed of", |case| {
        case.disposal.as_mut().map(|d| d.rejects += 1).is_some()
    }),
    ("rejects disposed of by nobody", |case| {
        case.disposal.as_mut().map(|d| d.owner.clear()).is_some()
    }),
    ("rejects of other bytes", |case| {
        !case.run.rejects.is_empty() && done(case.run.rejects[0] = b' ')
    }),
    ("a reject that nobody lists", |case| {
        let end = case.run.rejects.iter().position(|byte| *byte == b'\n');
        end.is_some_and(|end| done(case.run.rejects.drain(..=end).count()))
    }),
    ("no sign-off of an accountant", |case| {
        done(drop(case.signers.remove(0)))
    }),
    ("no sign-off of an engineer", |case| {
        case.signers.pop().is_some()
    }),
    ("one person's key for both", |case| {
        let key = li();
        case.trusted[0].roles.push("engineer".into());
        done(case.signers[1].key = key)
    }),
    ("one person with two keys", |case| {
        let key = world::key(2, "LI NA");
        case.trusted[1].key = key.public();
        done(case.signers[1].key = key)
    }),
    ("a stranger's key", |case| {
        done(case.signers[1].key = world::key(3, "Wang Wei"))
    }),
    ("a key trusted as another", |case| {
        done(case.trusted[0].roles = vec!["engineer".into()])
    }),
    ("a key no longer trusted", |case| {
        case.trusted.pop().is_some()
    }),
    ("a sign-off of other evidence", |case| {
        done(case.signers[0].change = |s| s.manifest_blake3 = Digest::ZERO)
    }),
    ("a sign-off of another daybook", |case| {
        done(case.signers[0].change = |s| s.daybook_head = Digest::ZERO)
    }),
    ("a sign-off of another plan", |case| {
        done(case.signers[0].change = |s| s.plan = "ruixin-pay".into())
    }),
    ("a sign-off in another name", |case| {
        done(case.signers[0].change = |s| s.name = "Zhao".into())
    }),
    ("a sign-off changed after signing", |case| {
        done(case.signers[0].change_after = |s| s.at = at("08:01"))
    }),
    ("a signature moved to another role", |case| {
        done(case.signers[0].change_after = |s| s.role = "engineer".into())
    }),
    ("a verification of books that moved", |case| {
        done(case.run.report.as_of = true)
    }),
    ("a record in flight that still moves", |case| {
        done(case.run.report.agreements[0].in_flight.moving = 1)
    }),
    ("nothing compared", |case| {
        done(case.run.report.agreements.clear())
    }),
    ("an agreement twice", |case| {
        let twice = case.run.report.agreements[0].clone();
        done(case.run.report.agreements.push(twice))
    }),
    ("something unchecked", |case| {
        done(
            case.run.report.agreements[0]
                .not_checked
                .push("keys".into()),
        )
    }),
    ("a verdict of incomplete", |case| {
        done(case.run.report.verdict = Verdict::Incomplete)
    }),
    ("a control broken", |case| {
        first(&mut case.run.report.controls, |c| {
            c.status = ledger::ControlStatus::Broken
        })
    }),
    ("a control not computed", |case| {
        first(&mut case.run.report.controls, |c| {
            c.status = ledger::ControlStatus::Incomplete
        })
    }),
    ("a control off in a line", |case| {
        first(&mut case.run.report.controls, |c| {
            c.lines.push(Default::default())
        })
    }),
    ("a verdict that its parts do not come to", |case| {
        let verdict = &mut case.run.report.verdict;
        done(*verdict = other_verdict(*verdict))
    }),
    ("an account that the breaks do not close", |case| {
        let total = &mut case.run.report.agreements[1].totals[0];
        total.actual = "10000.01".into();
        done(total.difference = "0.01".into())
    }),
    ("a break counted under another agreement", |case| {
        let [from, to] = case.run.report.agreements.as_mut_slice() else {
            return false;
        };
        let BreakCounts { missing, .. } = from.breaks;
        (from.breaks.missing, to.breaks.missing) = (0, missing);
        missing > 0
    }),
    ("other evidence than was recorded", |case| {
        recorded(case, |run| run.manifest_blake3 = Digest::ZERO)
    }),
    ("another verdict recorded", |case| {
        recorded(case, |run| run.verdict = other_verdict(run.verdict))
    }),
    ("another number of breaks recorded", |case| {
        recorded(case, |run| run.breaks.differs += 1)
    }),
    ("another number of rejects recorded", |case| {
        recorded(case, |run| run.rejects += 1)
    }),
];

fn other_verdict(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Balanced => Verdict::OutOfBalance,
        _ => Verdict::Balanced,
    }
}

fn recorded(case: &mut Case, change: fn(&mut VerificationFinished)) -> bool {
    let mut recorded = case.run.finished();
    change(&mut recorded);
    case.recorded = Some(recorded);
    true
}
