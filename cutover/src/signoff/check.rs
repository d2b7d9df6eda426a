//! Whether a sign-off holds, and whether two people gave theirs.

use super::key::KeyId;
use super::trust::Trusted;
use super::{SignOff, StatementError};
use crate::Digest;

/// Is what a sign-off must be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject<'a> {
    /// Name of the plan.
    pub plan: &'a str,
    /// BLAKE3 of the manifest that is there.
    pub manifest_blake3: Digest,
    /// Hashes of the daybook's entries on which a sign-off may rest: from the last that changed
    /// what there is to sign.
    pub daybook_heads: &'a [Digest],
}

/// Says why a sign-off does not hold. The first of these that applies is given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No trusted key has this id.
    #[error(
        "signed by the key {key}, which is not among the trusted keys; add it, or have a trusted person sign"
    )]
    UnknownKey {
        /// The key.
        key: KeyId,
    },
    /// The key is another person's.
    #[error(
        "signed in the name {found:?} by the key {key}, which is that of {owner:?}; its owner must sign in their own name"
    )]
    OtherName {
        /// The key.
        key: KeyId,
        /// The name in the statement.
        found: String,
        /// The key's owner.
        owner: String,
    },
    /// The key is trusted for other roles.
    #[error(
        "signed as {role:?} by {owner:?}, whose key {key} is trusted as {trusted} only; have the right person sign"
    )]
    OtherRole {
        /// The role in the statement.
        role: String,
        /// The key's owner.
        owner: String,
        /// The key.
        key: KeyId,
        /// The roles that the key has.
        trusted: String,
    },
    /// The statement has no text.
    #[error("it says what nobody can sign: {0}")]
    NoText(#[from] StatementError),
    /// The signature is not that of the key over the statement.
    #[error(
        "its signature is not that of {owner:?} (key {key}) over these words; they were changed after signing, sign again"
    )]
    BadSignature {
        /// The key's owner.
        owner: String,
        /// The key.
        key: KeyId,
    },
    /// It is about another plan.
    #[error("it signs the plan {found:?}, and this is {expected:?}; sign this one")]
    OtherPlan {
        /// The plan in the statement.
        found: String,
        /// The plan.
        expected: String,
    },
    /// It is about other evidence.
    #[error(
        "it signs the manifest {found}, and the evidence has {expected}; look at this evidence and sign again"
    )]
    OtherManifest {
        /// The manifest in the statement.
        found: Digest,
        /// The manifest.
        expected: Digest,
    },
    /// The daybook went on since, or is another.
    #[error(
        "it rests on the daybook's hash {found}, and what there is to sign has changed since, or was never so; sign again"
    )]
    OtherDaybook {
        /// The hash in the statement.
        found: Digest,
    },
}

/// Says why sign-offs are not those of different people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TwoPeople {
    /// Only one signed, or none.
    #[error("{found} signed off, and it takes two; have another person of another role sign")]
    TooFew {
        /// How many did.
        found: usize,
    },
    /// One key signed twice.
    #[error(
        "the key {key} signed as {first:?} and as {second:?}; have another person sign with a key of their own"
    )]
    SameKey {
        /// The key.
        key: KeyId,
        /// The role that it signed in first.
        first: String,
        /// The other role.
        second: String,
    },
    /// Two keys are one person's.
    #[error("{name:?} signed as {first:?} and as {second:?}; have another person sign")]
    SameName {
        /// The person.
        name: String,
        /// The role signed in first.
        first: String,
        /// The other role.
        second: String,
    },
    /// Two signed in one role.
    #[error("two signed as {role:?}; have a person of another role sign")]
    SameRole {
        /// The role.
        role: String,
    },
}

/// Checks one sign-off against the trusted keys and what it must be about.
///
/// # Errors
/// The first reason why it does not hold.
pub fn check<'t>(
    sign_off: &SignOff,
    trusted: &'t [Trusted],
    subject: &Subject<'_>,
) -> Result<&'t Trusted, Refused> {
    let (statement, key) = (&sign_off.statement, sign_off.key);
    let signer = trusted.iter().find(|trusted| trusted.key.id() == key);
    let signer = signer.ok_or(Refused::UnknownKey { key })?;
    let owner = || signer.key.name().to_owned();
    if statement.name != signer.key.name() {
        let (found, owner) = (statement.name.clone(), owner());
        return Err(Refused::OtherName { key, found, owner });
    }
    if !signer.roles.contains(&statement.role) {
        return Err(Refused::OtherRole {
            role: statement.role.clone(),
            owner: owner(),
            key,
            trusted: signer.roles.join(", "),
        });
    }
    let text = statement.text()?;
    if !signer.key.has_signed(text.as_bytes(), &sign_off.signature) {
        let owner = owner();
        return Err(Refused::BadSignature { owner, key });
    }
    check_subject(sign_off, subject).map(|()| signer)
}

fn check_subject(sign_off: &SignOff, subject: &Subject<'_>) -> Result<(), Refused> {
    let statement = &sign_off.statement;
    if statement.plan != subject.plan {
        let (found, expected) = (statement.plan.clone(), subject.plan.to_owned());
        return Err(Refused::OtherPlan { found, expected });
    }
    if statement.manifest_blake3 != subject.manifest_blake3 {
        let (found, expected) = (statement.manifest_blake3, subject.manifest_blake3);
        return Err(Refused::OtherManifest { found, expected });
    }
    let found = statement.daybook_head;
    match subject.daybook_heads.contains(&found) {
        true => Ok(()),
        false => Err(Refused::OtherDaybook { found }),
    }
}

/// Checks that sign-offs are those of at least two people: no key, no person and no role twice.
/// Names are compared without regard to capitals.
///
/// # Errors
/// The first pair that is one person's, or that there are fewer than two.
pub fn two_people(sign_offs: &[&SignOff]) -> Result<(), TwoPeople> {
    if sign_offs.len() < 2 {
        let found = sign_offs.len();
        return Err(TwoPeople::TooFew { found });
    }
    let pairs = sign_offs.iter().enumerate().flat_map(|(index, first)| {
        let others = sign_offs.iter().skip(index.saturating_add(1));
        others.map(move |second| (*first, *second))
    });
    pairs
        .into_iter()
        .try_for_each(|(first, second)| two(first, second))
}

fn two(first: &SignOff, second: &SignOff) -> Result<(), TwoPeople> {
    let roles = || {
        let role = |sign_off: &SignOff| sign_off.statement.role.clone();
        (role(first), role(second))
    };
    if first.key == second.key {
        let ((first, second), key) = (roles(), first.key);
        return Err(TwoPeople::SameKey { key, first, second });
    }
    let name = &first.statement.name;
    if name.to_lowercase() == second.statement.name.to_lowercase() {
        let ((first, second), name) = (roles(), name.clone());
        return Err(TwoPeople::SameName {
            name,
            first,
            second,
        });
    }
    if first.statement.role == second.statement.role {
        let role = first.statement.role.clone();
        return Err(TwoPeople::SameRole { role });
    }
    Ok(())
}
