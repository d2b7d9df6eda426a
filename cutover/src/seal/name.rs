//! Names of files that may stand in a folder of evidence.

use std::collections::BTreeMap;

/// Says why a name is none for a file of a folder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// It leads out of the folder, or nowhere.
    #[error("the name {name:?}, which is no plain path inside the folder")]
    Astray {
        /// The name.
        name: String,
    },
    /// It is there twice.
    #[error("the name {name:?} twice")]
    Twice {
        /// The name.
        name: String,
    },
    /// Another name differs by its capitals alone: on some machines both are one file.
    #[error("the names {first:?} and {second:?}, which some machines take for one file")]
    Alike {
        /// The one that stands first.
        first: String,
        /// The other.
        second: String,
    },
}

/// Checks names by themselves, then against each other.
pub(super) fn check_all<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), BadName> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for name in names {
        if !is_plain(name) {
            let name = name.to_owned();
            return Err(BadName::Astray { name });
        }
        match seen.insert(name.to_lowercase(), name) {
            Some(first) if first == name => {
                let name = name.to_owned();
                return Err(BadName::Twice { name });
            }
            Some(first) => {
                let (first, second) = (first.to_owned(), name.to_owned());
                return Err(BadName::Alike { first, second });
            }
            None => {}
        }
    }
    Ok(())
}

/// Says whether a name is a plain relative path with `/` between its parts, on every machine.
fn is_plain(name: &str) -> bool {
    let is_astray = |c: char| c.is_control() || matches!(c, '\\' | ':');
    let is_part = |part: &str| !matches!(part, "" | "." | "..") && !part.ends_with(['.', ' ']);
    !name.contains(is_astray) && name.split('/').all(is_part)
}
