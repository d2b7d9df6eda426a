//! Database servers that tests have started and left running.

use std::collections::BTreeSet;
use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How long a server may take to end that was told to.
const ENDING: Duration = Duration::from_secs(5);

/// A server that runs, and where its data lie.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Server {
    process: u32,
    program: String,
    data: PathBuf,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (program, process, data) = (&self.program, self.process, self.data.display());
        write!(f, "{program}, process {process}, with its data in {data}")
    }
}

/// The servers whose data lie below the folder for temporary files, as those of tests do; the machine's
/// own lie elsewhere.
pub(crate) fn running() -> BTreeSet<Server> {
    let temporary = env::temp_dir();
    let resolved = temporary.canonicalize().ok();
    let is_temporary = |server: &Server| {
        let below = |folder: &PathBuf| server.data.starts_with(folder);
        below(&temporary) || resolved.as_ref().is_some_and(below)
    };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let servers = processes.filter_map(|entry| {
        let process = entry.file_name().to_str()?.parse().ok()?;
        let line = fs::read(entry.path().join("cmdline")).ok()?;
        server(process, &String::from_utf8_lossy(&line))
    });
    servers.filter(is_temporary).collect()
}

/// The server that a process is, by its command line.
fn server(process: u32, line: &str) -> Option<Server> {
    let mut words = line.split('\0');
    let program = Path::new(words.next()?).file_name()?.to_str()?;
    let data = match program {
        "postgres" => words.skip_while(|word| *word != "-D").nth(1)?,
        "mariadbd" | "mysqld" => words.find_map(|word| word.strip_prefix("--datadir="))?,
        _ => return None,
    };
    Some(Server {
        process,
        program: program.to_owned(),
        data: PathBuf::from(data),
    })
}

/// Makes sure that no server runs that did not run before.
///
/// # Errors
/// Names those that do.
pub(crate) fn none_is_left(before: &BTreeSet<Server>) -> Result<()> {
    let until = Instant::now() + ENDING;
    loop {
        let left = since(before);
        if left.is_empty() {
            return Ok(());
        }
        if Instant::now() >= until {
            bail!("still running, and started since: {}", left.join("; "));
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// The servers that run now and did not before, in words.
fn since(before: &BTreeSet<Server>) -> Vec<String> {
    let now = running();
    now.difference(before).map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::CommandExt as _;
    use std::process::{Command, Stdio};

    #[test]
    fn a_server_is_told_by_its_command_line() {
        let data = |line: &str| {
            let found = server(7, &line.replace(' ', "\0"));
            found.map(|server| server.data.display().to_string())
        };
        let postgres = "/usr/lib/postgresql/15/bin/postgres -D /data/a/data";
        assert_eq!(data(postgres).as_deref(), Some("/data/a/data"));
        let mariadb = "mariadbd --no-defaults --datadir=/data/b/data --port=1";
        assert_eq!(data(mariadb).as_deref(), Some("/data/b/data"));
        for other in [
            "",
            "mariadbd",
            "postgres -D",
            "psql -D /data/a",
            "sh -c mariadbd --datadir=/data/b",
        ] {
            assert_eq!(data(other), None, "{other}");
        }
        // What PostgreSQL makes of the line of a process that serves a session.
        assert_eq!(server(7, "postgres: teller postgres [local] idle"), None);
    }

    #[test]
    fn a_server_that_is_left_is_named_until_it_has_ended() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data").display().to_string();
        // Other tests have servers of their own meanwhile.
        let is_told = |before: &BTreeSet<Server>| {
            let told = since(before);
            told.iter().any(|one| one.ends_with(&data))
        };
        let nothing = BTreeSet::new();
        assert!(!is_told(&nothing));
        let mut left = Command::new("sh")
            .arg0("mariadbd")
            .args(["-c", "read line", &format!("--datadir={data}")])
            .stdin(Stdio::piped())
            .spawn()
            .expect("a shell");
        assert!(is_told(&nothing));
        assert!(!is_told(&running()), "it is not new");
        left.kill().expect("killed");
        left.wait().expect("ended");
        assert!(!is_told(&nothing));
    }
}
