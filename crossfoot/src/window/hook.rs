//! Calls to the two systems: a program that is run, or an address that is posted to.
//!
//! A call says what it is about as JSON, and is told as done only where the program ends with 0 or
//! the address answers with 2xx. Anything else is "not known": it may have done its work.

use crate::commands::environment;
use crate::error::{CommandError, Kind};
use channels::Call;
use rules::plan::{Hook, Plan, Way, Window};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// Calls the systems of a window.
#[derive(Debug)]
pub(crate) struct Caller<'a> {
    /// Where programs run.
    folder: &'a Path,
    time_limit: Duration,
    /// Texts whose `${NAME}` are secrets, whoever says them.
    secrets: Vec<&'a str>,
}

impl<'a> Caller<'a> {
    pub(crate) fn new(plan: &'a Plan, window: &'a Window) -> Self {
        let time_limit = Duration::try_from(window.hooks.time_limit);
        Self {
            folder: plan.folder(),
            time_limit: time_limit.unwrap_or(Duration::from_secs(120)),
            secrets: secrets(window),
        }
    }

    /// Calls a system. `id` tells the call from others.
    ///
    /// # Errors
    /// What was said where it was not done, or that is not known. Never a secret of the environment.
    pub(crate) fn call(&self, hook: &Hook, id: &str, about: &Value) -> Result<(), String> {
        let call = match hook {
            Hook::Command(argv) => Call::program(argv, self.folder),
            Hook::Post(address) => Call::address(address, &environment),
        };
        let call = call.map_err(|mistake| mistake.to_string())?;
        let call = call.hiding(self.secrets.iter().copied(), &environment);
        call.make(id, about, self.time_limit)
    }
}

/// Looks whether each hook of a plan could be called, and calls none: on the night is too late.
///
/// # Errors
/// The first that could not.
pub(crate) fn check(plan: &Plan, window: &Window) -> Result<(), CommandError> {
    let hooks = &window.hooks;
    let named = [
        ("freeze", &hooks.freeze),
        ("release", &hooks.release),
        ("rollback", &hooks.rollback),
    ];
    for (name, hook) in named {
        let wrong = match hook {
            None => None,
            Some(Hook::Post(address)) => Call::address(address, &environment)
                .err()
                .map(|mistake| mistake.to_string()),
            Some(Hook::Command(argv)) => argv
                .first()
                .filter(|program| !can_be_run(program, plan.folder()))
                .map(|program| format!("there is no program `{program}` that may be run")),
        };
        if let Some(why) = wrong {
            let message = format!("the hook `{name}`: {why}");
            return Err(CommandError::new(Kind::Use, message));
        }
    }
    Ok(())
}

/// Whether a program is there: from the plan's folder on where it is a path, else where programs are
/// looked for.
fn can_be_run(program: &str, folder: &Path) -> bool {
    if program.contains('/') {
        return is_program(&folder.join(program));
    }
    let path = environment("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|place| is_program(&place.join(program)))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata()
        .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    // Its ending may be left out.
    path.exists() || path.with_extension("exe").exists()
}

/// The texts of a window that take variables of the environment.
fn secrets(window: &Window) -> Vec<&str> {
    let mut texts = Vec::new();
    let hooks = &window.hooks;
    for hook in [&hooks.freeze, &hooks.release, &hooks.rollback] {
        if let Some(Hook::Post(address)) = hook {
            texts.push(address.as_str());
        }
    }
    for channel in &window.channels {
        match &channel.way {
            Way::Webhook {
                url,
                headers,
                proxy,
                ..
            } => {
                texts.push(url);
                texts.extend(proxy.as_deref());
                texts.extend(headers.iter().map(|(_, value)| value.as_str()));
            }
            Way::Email { user, password, .. } => {
                texts.extend([user, password].into_iter().flatten().map(String::as_str));
            }
            Way::Command(_) | Way::File(_) => {}
        }
    }
    texts
}

/// Puts variables of the environment in place of `${NAME}`.
pub(crate) fn filled(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, behind)) = after.split_once('}') else {
            return Err(format!("`{text}` has a ${{ that is not closed"));
        };
        let value = environment(name)
            .ok_or_else(|| format!("the variable {name} is not set, which `{text}` names"))?;
        out.push_str(before);
        out.push_str(&value);
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(all(test, unix))]
mod tests {
    use super::{Caller, Hook};
    use serde_json::json;
    use std::path::Path;
    use std::time::{Duration, Instant};

    const LIMIT: Duration = Duration::from_mins(1);

    fn call(hook: &Hook, folder: &Path, time_limit: Duration) -> Result<(), String> {
        let caller = Caller {
            folder,
            time_limit,
            secrets: Vec::new(),
        };
        caller.call(hook, "id", &json!({}))
    }

    fn shell(script: &str) -> Hook {
        Hook::Command(["sh", "-c", script].map(str::to_owned).to_vec())
    }

    #[test]
    fn what_a_hook_leaves_behind_does_not_hold_it_up() {
        let began = Instant::now();
        for (end, done) in [("exit 0", Ok(())), ("echo no >&2; exit 3", Err("no"))] {
            let hook = shell(&format!("sleep 120 & {end}"));
            let said = call(&hook, Path::new(""), LIMIT);
            match (said, done) {
                (Ok(()), Ok(())) => {}
                (Err(said), Err(word)) => assert!(said.ends_with(word), "{said}"),
                (said, _) => panic!("{end}: {said:?}"),
            }
        }
        assert!(began.elapsed() < LIMIT, "a hook was waited for too long");
    }

    #[test]
    fn a_hook_with_a_path_is_found_from_the_plan_s_folder() {
        let here = std::env::current_dir().unwrap();
        let folder = tempfile::tempdir_in(&here).unwrap();
        std::os::unix::fs::symlink("/bin/true", folder.path().join("hook")).unwrap();
        let relative = folder.path().strip_prefix(&here).unwrap();
        let hook = Hook::Command(vec!["./hook".to_owned()]);
        call(&hook, relative, LIMIT).unwrap();
    }

    #[test]
    fn a_hook_is_not_waited_for_beyond_its_time() {
        let began = Instant::now();
        let hook = shell("sleep 120 & wait");
        let said = call(&hook, Path::new(""), Duration::from_millis(300));
        assert_eq!(
            said.unwrap_err(),
            "sh did not end within 300ms and was ended"
        );
        assert!(began.elapsed() < LIMIT, "it was waited for");
    }
}
