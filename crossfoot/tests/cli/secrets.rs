//! The password of a server, which nobody sees but the server.

use crate::databases::{PASSWORD, Servers};
use crate::place::Place;
use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::Duration;

const PLAN: &str = r#"
name = "secret"
currency = "CNY"
[source]
url = "SOURCE"
[target]
url = "TARGET"
[[agreement]]
name = "flow"
rule = "flow"
target = "entry"
key = ["serial"]
money = ["amount"]
"#;

/// Whether a text holds the password, as it is or as an address has it.
fn is_told(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    [PASSWORD, "p%40ss"].iter().any(|word| text.contains(word))
}

/// What the system shows of a process and of those that it has begun: to everybody how they were called,
/// and to their user in which environment.
#[derive(Default)]
struct Shown {
    lines: BTreeSet<Vec<u8>>,
    environments: BTreeSet<Vec<u8>>,
}

impl Shown {
    fn look(&mut self, process: u32) {
        let all = processes();
        let mut family = vec![process];
        while let Some(one) = family.pop() {
            let begun = all.iter().filter(|(_, parent)| *parent == one);
            family.extend(begun.map(|(process, _)| *process));
            // It may have ended since.
            let read = |name: &str| std::fs::read(format!("/proc/{one}/{name}"));
            self.lines.extend(read("cmdline"));
            self.environments.extend(read("environ"));
        }
    }
}

/// The processes of this machine, each with the one that has begun it.
fn processes() -> Vec<(u32, u32)> {
    let process = |entry: std::fs::DirEntry| {
        let process: u32 = entry.file_name().to_str()?.parse().ok()?;
        let told = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        // Behind its name, which may hold anything, come its state and its parent.
        let (_, rest) = told.rsplit_once(')')?;
        let parent: u32 = rest.split_whitespace().nth(1)?.parse().ok()?;
        Some((process, parent))
    };
    let all = std::fs::read_dir("/proc").unwrap();
    all.flatten().filter_map(process).collect()
}

/// Runs a command to its end, and looks at what is shown of it all the while; it must end well, and say
/// no password.
fn watched(mut command: Command) -> Shown {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut shown = Shown::default();
    while child.try_wait().unwrap().is_none() {
        shown.look(child.id());
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success() && !is_told(&said),
        "{}",
        String::from_utf8_lossy(&said)
    );
    shown
}

/// Two servers that note all that they are told, and the file of the second one's notes.
fn noting() -> (Servers, std::path::PathBuf) {
    let servers = Servers::start();
    servers.make("pay");
    servers.postgres.psql(
        "SET search_path = pay; \
         CREATE TABLE flow (serial int PRIMARY KEY, amount decimal(18,2)); \
         INSERT INTO flow SELECT n, n * 0.07 FROM generate_series(1, 100) n; \
         ALTER ROLE teller SET log_statement = 'all'",
    );
    let notes = servers.mariadb.folder().join("notes");
    servers.mariadb.run(&format!(
        "CREATE USER teller@'%' IDENTIFIED BY '{PASSWORD}';\nGRANT ALL ON *.* TO teller@'%';\n\
         SET GLOBAL general_log_file = '{}';\nSET GLOBAL general_log = ON;\n",
        notes.display()
    ));
    (servers, notes)
}

#[test]
fn a_password_is_in_no_list_of_processes_no_log_and_no_file() {
    let (servers, notes) = noting();
    let source = format!(
        "postgres://teller@127.0.0.1:{}/postgres?schema=pay",
        servers.postgres.port
    );
    let target = format!(
        "mysql://teller@127.0.0.1:{}/pay?connections=2",
        servers.mariadb.port()
    );
    let place = Place::empty()
        .with("word", format!("{PASSWORD}\n"))
        .with("word.sh", "/bin/sleep 0.2\n/bin/cat word\n");
    let by_command = "&password_command=/bin/sh%20word.sh";
    let by_file = "&password_file=word";
    let named = |url: &str| url.replace("teller@", "teller:${PASSWORD}@");
    let ways = [
        (source.clone() + by_command, target.clone() + by_file),
        (source.clone() + by_file, target.clone() + by_command),
        (named(&source), named(&target)),
    ];
    for (at, (source, target)) in ways.into_iter().enumerate() {
        let is_in_environment = at == 2;
        let plan = PLAN.replace("SOURCE", &source).replace("TARGET", &target);
        std::fs::write(place.path().join("crossfoot.toml"), plan).unwrap();
        for line in [
            "convert --discard --no-progress".to_owned(),
            format!("verify --no-progress --evidence found{at}"),
        ] {
            let mut command = place.command(&line);
            if is_in_environment {
                command.env("PASSWORD", PASSWORD);
            }
            let Shown {
                lines,
                environments,
            } = watched(command);
            assert!(!lines.iter().any(|line| is_told(line)), "{at}, {line}");
            if is_in_environment {
                continue;
            }
            // What prints the password was seen, too.
            let was_seen = |all: &BTreeSet<Vec<u8>>, word: &str| {
                let mut all = all.iter().map(|one| String::from_utf8_lossy(one));
                all.any(|one| one.contains(word))
            };
            assert!(was_seen(&lines, "word.sh"), "{at}, {line}");
            assert!(was_seen(&environments, "LC_ALL="), "{at}, {line}");
            let is_left = environments.iter().any(|all| is_told(all));
            assert!(!is_left, "{at}, {line}");
        }
    }

    let written = place.files();
    assert!(written.iter().any(|file| file.ends_with("report.json")));
    for file in written.iter().filter(|file| *file != "word") {
        let bytes = std::fs::read(place.path().join(file)).unwrap();
        assert!(!is_told(&bytes), "{file}");
    }
    servers.mariadb.run("SET GLOBAL general_log = OFF;\n");
    let log = servers.postgres.folder().join("log");
    for (log, noted) in [(log, "COPY (SELECT"), (notes, "INSERT INTO `crossfoot_")] {
        let log = std::fs::read(log).unwrap();
        assert!(String::from_utf8_lossy(&log).contains(noted), "{noted}");
        assert!(!is_told(&log), "{noted}");
    }
}

#[test]
fn a_command_that_prints_one_password_is_not_told_the_other() {
    let (servers, _notes) = noting();
    let source = format!(
        "postgres://teller:${{PASSWORD}}@127.0.0.1:{}/postgres?schema=pay",
        servers.postgres.port
    );
    let target = format!(
        "mysql://teller@127.0.0.1:{}/pay?password_command=/bin/sh%20word.sh",
        servers.mariadb.port()
    );
    let plan = PLAN.replace("SOURCE", &source).replace("TARGET", &target);
    let place = Place::empty()
        .with("word", format!("{PASSWORD}\n"))
        .with("word.sh", "/usr/bin/env >> seen\n/bin/cat word\n")
        .with("crossfoot.toml", plan);
    for line in ["convert --no-progress", "verify --no-progress"] {
        let mut command = place.command(line);
        command
            .env("PASSWORD", PASSWORD)
            .env("THE_SAME", PASSWORD)
            .env("WITHIN", "postgres://teller:p%40ss%2Fword@db.example/pay")
            .env("HOME", "house-of-teller");
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: {said}");
    }
    let seen = place.read("seen");
    assert!(!is_told(seen.as_bytes()), "{seen}");
    for name in ["PASSWORD=", "THE_SAME=", "WITHIN="] {
        assert!(!seen.contains(name), "{seen}");
    }
    // What else a command may need, it has.
    let is_kept = |name: &str| seen.lines().filter(|line| line.starts_with(name)).count() > 1;
    assert!(
        is_kept("HOME=house-of-teller") && is_kept("LC_ALL="),
        "{seen}"
    );
}
