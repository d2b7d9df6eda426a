//! Holds the services against their OpenAPI documents, from outside, with schemathesis.
//!
//! It is no part of `cargo xtask ci`, which needs no network: schemathesis comes from PyPI, once, into
//! the user's cache folder. Everything that it finds is an error here.

mod services;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use services::{SERVICES, Service};

use crate::arguments::Arguments;
use crate::bench::servers::{self, PASSWORD, Postgres};
use crate::{place, programs};

/// The release that was tried; another one may find, or ask for, other things.
const SCHEMATHESIS: &str = "4.32.5";

/// A refusal by a rule of the books (422) is an answer to data that are valid; so is what is not
/// there (404). What a document says of statuses is another check.
const CONFIGURATION: &str = r#"
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "404", "409", "422"]
"#;

/// Puts what is there into the place of what was drawn, in three of four cases, and leaves cursors
/// out, which no schema can tell from those that the service gave. What is drawn wrong on purpose
/// stays as it is.
const HOOKS: &str = r#"
import json, os, zlib
import schemathesis

KNOWN = json.loads(os.environ["CROSSFOOT_API_KNOWN"])

def known(values, draw):
    if not isinstance(values, dict):
        return
    for name, numbers in KNOWN.items():
        if isinstance(values.get(name), str) and draw % 4:
            values[name] = numbers[draw % len(numbers)]

@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    drawn = repr((case.body, case.path_parameters, case.query))
    draw = zlib.crc32(drawn.encode("utf-8", "surrogatepass"))
    known(case.body, draw)
    known(case.path_parameters, draw)
    if case.query and "cursor" in case.query:
        del case.query["cursor"]
"#;

/// What a service keeps its books in.
#[derive(Debug, Clone, Copy)]
enum Store {
    Sqlite,
    Postgres,
}

/// Each service is tried with both, one after the other.
const STORES: [Store; 2] = [Store::Sqlite, Store::Postgres];

const USAGE: &str = "\
cargo xtask api [SERVICE] [--seed N] [--examples N]

Runs schemathesis with all checks against each service, or the one that is named, with its books in
SQLite and in a PostgreSQL that it starts and ends. What is drawn follows from the seed (1 if not
said); so many examples are drawn for each operation (50).";

/// Tries the services.
///
/// # Errors
/// When something is found, or cannot be run.
pub(crate) fn run(mut arguments: Arguments) -> Result<()> {
    if arguments.flag("--help") {
        println!("{USAGE}");
        return Ok(());
    }
    let seed: u64 = arguments.number("--seed")?.unwrap_or(1);
    let examples: u64 = arguments.number("--examples")?.unwrap_or(50);
    let wanted = arguments.word();
    arguments.finish()?;
    let services: Vec<&Service> = SERVICES
        .iter()
        .filter(|service| wanted.as_deref().is_none_or(|name| name == service.name))
        .collect();
    if services.is_empty() {
        let names: Vec<&str> = SERVICES.iter().map(|service| service.name).collect();
        bail!("there is no such service; there are: {}", names.join(", "));
    }
    programs::provide(programs::FOR_RIVALS)?;
    programs::provide(programs::FOR_POSTGRES)?;
    let schemathesis = schemathesis()?;
    let server = servers::postgres_with("max_connections = 100\n")?;
    let mut failed = Vec::new();
    for (service, store) in services
        .into_iter()
        .flat_map(|one| STORES.map(|store| (one, store)))
    {
        let name = format!("{} on {store:?}", service.name);
        let folder = tempfile::tempdir()?;
        let running = Running::start(service, store, &server, folder.path());
        let tried = running.and_then(|running| {
            println!("{name}:");
            tried(
                service,
                &running,
                &schemathesis,
                folder.path(),
                [seed, examples],
            )
        });
        if let Err(error) = tried {
            println!("{name}: {error:#}");
            failed.push(name);
        }
    }
    match failed.is_empty() {
        true => Ok(()),
        false => bail!("findings: {}", failed.join(", ")),
    }
}

/// Installs schemathesis where it is not yet, and gives its program.
fn schemathesis() -> Result<PathBuf> {
    let folder = place::cache()?.join(format!("schemathesis-{SCHEMATHESIS}"));
    let program = folder.join("bin/schemathesis");
    // Written last: an installation that broke off is begun again.
    let whole = folder.join("whole");
    if !whole.is_file() {
        let mut venv = Command::new("python3");
        succeed(venv.args(["-m", "venv", "--clear"]).arg(&folder))?;
        let mut pip = Command::new(folder.join("bin/python"));
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]);
        succeed(pip.arg(format!("schemathesis=={SCHEMATHESIS}")))?;
        fs::write(&whole, "")?;
    }
    Ok(program)
}

/// Tries a service that runs, in an empty folder.
fn tried(
    service: &Service,
    running: &Running,
    schemathesis: &Path,
    folder: &Path,
    [seed, examples]: [u64; 2],
) -> Result<()> {
    let known = running.open(service)?;
    let configuration = folder.join("schemathesis.toml");
    fs::write(&configuration, CONFIGURATION)?;
    fs::write(folder.join("crossfoot_hooks.py"), HOOKS)?;
    // Closed, the service answers 503 to nearly everything: closing and opening are tried last.
    let rest = ["--exclude-path", service.closing];
    let window = ["--include-path-regex", service.window];
    for choice in [rest, window] {
        let mut command = Command::new(schemathesis);
        command
            .current_dir(folder)
            .env("SCHEMATHESIS_HOOKS", "crossfoot_hooks")
            .env("PYTHONPATH", folder)
            .env("CROSSFOOT_API_KNOWN", known.to_string())
            .arg("--config-file")
            .arg(&configuration)
            .arg("run")
            .arg(format!("http://{}/v1/openapi.json", running.address))
            .args([
                "--header",
                &format!("Authorization: Bearer {}", running.key),
            ])
            .args(["--checks", "all", "--no-color"])
            .args(["--seed", &seed.to_string()])
            .args(["--max-examples", &examples.to_string()])
            .args(choice);
        println!("{}", choice.join(" "));
        succeed(&mut command)?;
    }
    let done = running.done()?;
    println!("answered with success:\n{done}");
    Ok(())
}

/// Is a service that runs until it is dropped.
struct Running {
    child: Child,
    address: SocketAddr,
    key: String,
}

impl Running {
    fn start(service: &Service, store: Store, server: &Postgres, folder: &Path) -> Result<Self> {
        let program = program(service)?;
        let schema = |name: &str| {
            let schema = format!("{}_{name}", service.name.replace('-', "_"));
            server.psql(&format!(
                "DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}"
            ));
            let url = server.tcp_url("teller", PASSWORD);
            (format!("{url}?sslmode=disable&schema={schema}"), schema)
        };
        let store = match store {
            Store::Sqlite => folder.join("store.db").display().to_string(),
            Store::Postgres => schema("store").0,
        };
        let run = |arguments: &[&str]| {
            let mut command = Command::new(&program);
            succeed(command.args(arguments).env(service.store, &store))
        };
        if !service.found.is_empty() {
            run(service.found)?;
        }
        if let Some((tables, take)) = service.taken_over {
            let (address, schema) = schema("old");
            server.psql(&format!("SET search_path = {schema}; {tables}"));
            run(&[take, &[&address]].concat())?;
        }
        let made = Command::new(&program)
            .args(service.key)
            .env(service.store, &store)
            .output()
            .with_context(|| format!("{} cannot be run", program.display()))?;
        if !made.status.success() {
            bail!("no key: {}", String::from_utf8_lossy(&made.stderr));
        }
        let child = Command::new(&program)
            .args(service.serve)
            .env(service.store, &store)
            .stdout(Stdio::piped())
            .spawn()?;
        // From here on it is ended, whatever comes.
        let mut running = Self {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            key: String::from_utf8_lossy(&made.stdout).trim().to_owned(),
        };
        let output = running.child.stdout.take();
        let mut line = String::new();
        BufReader::new(output.context("the output is piped")?).read_line(&mut line)?;
        let address = line.trim().strip_prefix("listening on ");
        let address = address.and_then(|address| address.parse().ok());
        running.address = address
            .with_context(|| format!("it does not say where it listens: `{}`", line.trim()))?;
        Ok(running)
    }

    /// Opens what others name, and gives the numbers by the names of fields.
    fn open(&self, service: &Service) -> Result<Value> {
        let mut known = serde_json::Map::new();
        for (name, code) in service.codes {
            known.insert((*name).to_owned(), json!([code]));
        }
        for (at, opening) in service.openings.iter().enumerate() {
            let mut body = opening.body.to_owned();
            for (name, numbers) in &known {
                if let Some(first) = numbers.get(0).and_then(Value::as_str) {
                    body = body.replace(&format!("{{{name}}}"), first);
                }
            }
            let answer = self.post(opening.path, &format!("open-{at}"), &body)?;
            let number = answer.pointer(opening.number).cloned();
            let is_done = answer.get("code").is_none();
            let number = number
                .filter(|_| is_done)
                .with_context(|| format!("{body}: {answer}"))?;
            for name in opening.named {
                let numbers = known.entry(*name).or_insert_with(|| json!([]));
                if let Some(numbers) = numbers.as_array_mut() {
                    numbers.push(number.clone());
                }
            }
        }
        Ok(known.into())
    }

    /// How often each route was answered with success, by the service's own figures: what never was,
    /// was not tried to the end.
    fn done(&self) -> Result<String> {
        let figures = self.ask("GET /metrics", "", "")?;
        let count = "ruixin_http_request_duration_seconds_count{";
        let lines = figures.lines().filter_map(|line| line.strip_prefix(count));
        let done: Vec<String> = lines
            .filter(|line| line.contains("status=\"2"))
            .map(|line| format!("  {}", line.replace("} ", ": ")))
            .collect();
        Ok(done.join("\n"))
    }

    fn post(&self, path: &str, id: &str, body: &str) -> Result<Value> {
        let head = format!("Idempotency-Key: {id}\r\nContent-Type: application/json\r\n");
        let body = self.ask(&format!("POST {path}"), &head, body)?;
        serde_json::from_str(&body).with_context(|| format!("the answer is no JSON: {body}"))
    }

    fn ask(&self, line: &str, head: &str, body: &str) -> Result<String> {
        let mut stream = TcpStream::connect(self.address)?;
        write!(
            stream,
            "{line} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n{head}Content-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            self.address,
            self.key,
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let body = answer
            .split_once("\r\n\r\n")
            .map(|(_, body)| body.to_owned());
        body.context("there is no answer")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Builds a service's program, or takes it from the folder that `CROSSFOOT_PROGRAMS` names.
fn program(service: &Service) -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("CROSSFOOT_PROGRAMS") {
        return Ok(Path::new(&folder).join(service.name));
    }
    let build = [
        "build",
        "--locked",
        "--package",
        service.package,
        "--bin",
        service.name,
    ];
    succeed(place::cargo().args(build))?;
    Ok(place::target()?.join("debug").join(service.name))
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("{} cannot be run", command.get_program().to_string_lossy()))?;
    match status.success() {
        true => Ok(()),
        false => bail!(
            "{} ended with {status}",
            command.get_program().to_string_lossy()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_a_member_of_the_workspace_with_that_program() {
        let metadata = place::metadata().unwrap();
        let packages = metadata["packages"].as_array().unwrap();
        for service in SERVICES {
            let package = packages.iter().find(|one| one["name"] == service.package);
            let targets = package.unwrap()["targets"].as_array().unwrap();
            let is_program = |one: &&Value| one["name"] == service.name && one["kind"][0] == "bin";
            assert!(
                targets.iter().any(|one| is_program(&one)),
                "{}",
                service.name
            );
        }
    }
}
