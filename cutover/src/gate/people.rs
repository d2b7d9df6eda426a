//! Whether there is time, and whether the right people signed.

use jiff::Timestamp;

use super::Facts;
use super::item::{Check, Item, Status, item};
use crate::signoff::{SignOff, Subject, check, two_people};
use crate::window::{State, in_words, too_late_instead};

/// Opening in time is what counts; the point of no return is told beside it.
pub(super) fn check_deadline(state: &State, now: Timestamp, items: &mut Vec<Item>) {
    items.push(deadline(state, now));
}

fn deadline(state: &State, now: Timestamp) -> Item {
    let item = |status, says: String| item(Check::Deadline, status, says);
    let (Some(terms), Some(point)) = (state.terms(), state.point_of_no_return()) else {
        let says = "no daybook was opened; open one".to_owned();
        return item(Status::NotChecked, says);
    };
    let release = terms.release;
    if now >= release {
        let late = in_words(now.duration_since(release));
        let instead = too_late_instead(state.stage());
        let says = format!("the new book had to be open {late} ago; {instead}");
        return item(Status::Failed, says).figures(release, now, late);
    }
    let left = in_words(release.duration_since(now));
    let says = match now <= point {
        true => {
            let until = in_words(point.duration_since(now));
            format!("{left} before the release time, {until} before the point of no return {point}")
        }
        false => {
            let since = in_words(now.duration_since(point));
            format!(
                "{left} before the release time; the point of no return was {since} ago, and a \
                 rollback would end that much late"
            )
        }
    };
    item(Status::Passed, says).figures(release, now, format!("-{left}"))
}

pub(super) fn check_sign_offs(state: &State, facts: &Facts, items: &mut Vec<Item>) {
    let roles = state.terms().map_or(&[][..], |terms| &terms.roles);
    let mut held = Vec::new();
    for role in roles {
        items.push(check_role(role, state, facts, &mut held).of(role));
    }
    if roles.is_empty() {
        let says = "the plan asks nobody to sign; name two roles";
        items.push(item(Check::SignOff, Status::NotChecked, says));
    }
    items.push(match two_people(&held) {
        Ok(()) => {
            let names = held.iter().map(|sign_off| sign_off.statement.name.as_str());
            let says = format!("signed by {}", names.collect::<Vec<_>>().join(" and "));
            item(Check::TwoPeople, Status::Passed, says)
        }
        // Too few are not one person's; they are not there yet.
        Err(why) if held.len() < 2 => item(Check::TwoPeople, Status::NotChecked, why.to_string()),
        Err(why) => item(Check::TwoPeople, Status::Failed, why.to_string()),
    });
}

/// Checks the sign-off of a role, and adds it to those that hold.
fn check_role<'s>(
    role: &str,
    state: &'s State,
    facts: &Facts,
    held: &mut Vec<&'s SignOff>,
) -> Item {
    let item = |status, says: String| item(Check::SignOff, status, says);
    let mut sign_offs = state.sign_offs().iter();
    let Some(sign_off) = sign_offs.find(|sign_off| sign_off.statement.role == role) else {
        let says = "nobody has signed in this role since what there is to sign last changed; sign";
        return item(Status::NotChecked, says.to_owned());
    };
    let Some(evidence) = &facts.evidence else {
        let says = "there is no evidence to hold the sign-off against; name its folder";
        return item(Status::NotChecked, says.to_owned());
    };
    let Some(subject) = state.subject() else {
        let says = "nothing was verified since the books last changed; verify, then sign";
        return item(Status::NotChecked, says.to_owned());
    };
    let subject = Subject {
        manifest_blake3: evidence.sealed().hash(),
        ..subject
    };
    match check(sign_off, &facts.trusted, &subject) {
        Ok(signer) => {
            held.push(sign_off);
            let (name, key, at) = (signer.key.name(), sign_off.key, sign_off.statement.at);
            item(Status::Passed, format!("{name} (key {key}) at {at}"))
        }
        Err(why) => item(Status::Failed, why.to_string()),
    }
}
