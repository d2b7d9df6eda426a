//! The same conversion out of the wallet's own database on a server, into a ledger on it.

use crate::place::{Place, names_of_controls, plan, told};
use crate::postgres::{PASSWORD, Postgres};
use ruixin_history::{Format, History};
use serde_json::Value;
use std::fs;
use std::process::{Command, Output, Stdio};

const RECORDS: u64 = 3_000;
const SEED: u64 = 20_130_527;

/// The plan that ships, with both books on a server.
fn on_a_server(pay: &str, ledger: &str) -> String {
    let text = fs::read_to_string(plan()).unwrap();
    let (head, rest) = text.split_once("[source]\n").unwrap();
    let (_, rest) = rest.split_once("[[agreement]]\n").unwrap();
    let rules = plan().with_file_name("rules");
    let rules = format!("\"{}/", rules.display());
    let rest = rest.replace("\"rules/", &rules);
    let rest = rest.replace("\"signers.txt\"", "\"none.txt\"");
    format!(
        "{head}[source]\nurl = \"{pay}\"\n\n[target]\nurl = \"{ledger}\"\n\n[[agreement]]\n{rest}"
    )
}

fn run(place: &Place, password: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_crossfoot"))
        .args(arguments)
        .arg("--no-progress")
        .current_dir(place.path())
        .env_clear()
        .env("LC_ALL", "C.UTF-8")
        .env("PGPASSWORD", password)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn the_wallets_database_on_a_server_converts_and_every_control_holds() {
    let place = Place::empty();
    let server = Postgres::start("");
    for schema in ["pay", "ledger"] {
        server.psql(&format!("CREATE SCHEMA {schema}"));
    }
    let old = place.path().join("old");
    let history = History::new(SEED, RECORDS).unwrap();
    history.write(&old, Format::Csv, 2, &|_| {}).unwrap();
    let url = server.tcp_url("teller", PASSWORD);
    ruixin_live::bring_in(&format!("{url}?schema=pay"), &old, SEED, 2, &|_| {}).unwrap();

    let at = server.url("teller", "${PGPASSWORD}");
    let text = on_a_server(&format!("{at}&schema=pay"), &format!("{at}&schema=ledger"));
    fs::write(place.path().join("crossfoot.toml"), text).unwrap();
    let converted = run(&place, PASSWORD, &["convert", "--json"]);
    assert_eq!(converted.status.code(), Some(0), "{}", told(&converted));
    let verified = run(&place, PASSWORD, &["verify", "--json"]);
    assert_eq!(verified.status.code(), Some(0), "{}", told(&verified));
    let report: Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert_eq!(report["verdict"], "balanced");
    for agreement in report["agreements"].as_array().unwrap() {
        let records = &agreement["records"];
        assert_eq!(records["agreed"], records["expected"], "{agreement}");
        assert_ne!(records["agreed"], 0, "{agreement}");
    }
    let controls = report["controls"].as_array().unwrap();
    assert_eq!(controls.len(), names_of_controls().len());
    assert!(controls.iter().all(|control| control["status"] == "holds"));

    // A cent on the server is found.
    server.psql("UPDATE ledger.under_way SET amount = amount + 0.01 WHERE kind = 'ESCROW'");
    let off = run(&place, PASSWORD, &["verify", "--json"]);
    assert_eq!(off.status.code(), Some(1), "{}", told(&off));
}
