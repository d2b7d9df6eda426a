//! Calls to the two systems: a program that is run, or an address that is posted to.
//!
//! A call says what it is about as JSON, and is told as done only where the program ends with 0 or
//! the address answers with 2xx. Anything else is "not known": it may have done its work.

use crate::commands::environment;
use rules::plan::Hook;
use serde_json::Value;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What of an answer is told.
const SAID_MAX: usize = 500;

/// Time between two looks at whether a program has ended.
const LOOK: Duration = Duration::from_millis(20);

/// How long a program that has ended is still listened to.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Calls a system.
///
/// # Errors
/// What was said where it was not done, or that is not known. Never a secret of the environment.
pub(crate) fn call(
    hook: &Hook,
    about: &Value,
    folder: &Path,
    time_limit: Duration,
) -> Result<(), String> {
    match hook {
        Hook::Command(words) => run(words, about, folder, time_limit),
        Hook::Post(address) => post(address, about, time_limit),
    }
}

fn run(words: &[String], about: &Value, folder: &Path, limit: Duration) -> Result<(), String> {
    let Some((program, arguments)) = words.split_first() else {
        return Err("the plan names no program".to_owned());
    };
    // The folder of a plan that is named without one is this folder.
    let folder = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    // A program with a path is meant from the plan's folder, as all paths of a plan.
    let program = match program.contains(['/', '\\']) {
        // What a program's relative path starts from differs from system to system.
        true => std::path::absolute(folder.join(program))
            .map_err(|error| format!("{program} cannot be found: {error}"))?
            .into_os_string(),
        false => program.into(),
    };
    let mut command = Command::new(&program);
    command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command
        .spawn()
        .map_err(|error| format!("{} cannot be run: {error}", program.display()))?;
    // Whoever does not read what it is about may close its input.
    if let Some(mut input) = child.stdin.take() {
        drop(input.write_all(about.to_string().as_bytes()));
    }
    let (tell, hear) = std::sync::mpsc::channel();
    if let Some(mut stderr) = child.stderr.take() {
        std::thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(length @ 1..) = stderr.read(&mut part) {
                if tell.send(part[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
    }
    let ended = wait(&mut child, limit);
    let said = match ended {
        Ok(Some(status)) if !status.success() => last_words(&hear),
        _ => String::new(),
    };
    match ended {
        Ok(Some(status)) if status.success() => Ok(()),
        Ok(Some(status)) => Err(told(&format!("it ended with {status}"), &said)),
        Ok(None) => Err(format!("it did not end within {} s", limit.as_secs())),
        Err(error) => Err(format!("it cannot be waited for: {error}")),
    }
}

/// Gives what was said, as far as it is heard soon: what the program has started may hold its output
/// open for ever.
fn last_words(hear: &std::sync::mpsc::Receiver<Vec<u8>>) -> String {
    let until = Instant::now() + LAST_WORDS;
    let mut said = Vec::new();
    while let Ok(part) = hear.recv_timeout(until.saturating_duration_since(Instant::now())) {
        said.extend(part);
        if said.len() > SAID_MAX * 4 {
            break;
        }
    }
    String::from_utf8_lossy(&said).trim().to_owned()
}

fn wait(child: &mut Child, limit: Duration) -> std::io::Result<Option<std::process::ExitStatus>> {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if began.elapsed() >= limit {
            end(child);
            return Ok(None);
        }
        std::thread::sleep(LOOK);
    }
}

/// Ends a program, with all that it has started.
fn end(child: &mut Child) {
    #[cfg(unix)]
    {
        let group = format!("-{}", child.id());
        let mut kill = Command::new("kill");
        drop(
            kill.args(["-KILL", "--", &group])
                .stderr(Stdio::null())
                .status(),
        );
    }
    drop(child.kill());
    drop(child.wait());
}

fn told(what: &str, said: &str) -> String {
    let said: String = said.chars().take(SAID_MAX).collect();
    match said.is_empty() {
        true => what.to_owned(),
        false => format!("{what}: {said}"),
    }
}

fn post(address: &str, about: &Value, limit: Duration) -> Result<(), String> {
    let url = filled(address)?;
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(limit))
        .http_status_as_error(false)
        .max_redirects(0)
        .build()
        .into();
    let sent = agent
        .post(&url)
        .header("Content-Type", "application/json")
        .send(about.to_string());
    match sent {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(mut answer) => {
            let status = answer.status().as_u16();
            let said = answer.body_mut().with_config().limit(64 << 10);
            let said = said.lossy_utf8(true).read_to_string().unwrap_or_default();
            Err(told(&format!("it answered {status}"), said.trim()))
        }
        // The error may hold the address, and that a secret.
        Err(error) => Err(match url == address {
            true => error.to_string(),
            false => error.to_string().replace(&url, address),
        }),
    }
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
    use super::{Hook, call};
    use std::time::{Duration, Instant};

    const LIMIT: Duration = Duration::from_mins(1);

    fn shell(script: &str) -> Hook {
        Hook::Command(["sh", "-c", script].map(str::to_owned).to_vec())
    }

    #[test]
    fn what_a_hook_leaves_behind_does_not_hold_it_up() {
        let began = Instant::now();
        let here = std::path::Path::new("");
        for (end, done) in [("exit 0", Ok(())), ("echo no >&2; exit 3", Err("no"))] {
            let hook = shell(&format!("sleep 120 & {end}"));
            let said = call(&hook, &serde_json::json!({}), here, LIMIT);
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
        call(&hook, &serde_json::json!({}), relative, LIMIT).unwrap();
    }
}
