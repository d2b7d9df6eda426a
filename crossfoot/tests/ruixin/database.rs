//! The same conversion out of the wallet's own database on a server, into a ledger on it.

use crate::place::{Place, names_of_controls, plan, told};
use crate::postgres::{PASSWORD, Postgres};
use ruixin_history::{Format, History};
use ruixin_live::{Door, Fund};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const RECORDS: u64 = 3_000;
const SEED: u64 = 20_130_527;

/// The plan that ships, with both books in databases.
pub(crate) fn in_databases(pay: &str, ledger: &str) -> String {
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
    // Each command opens as many connections to each book as there are processors, and the fund some more.
    let server = Postgres::start("max_connections = 60");
    for schema in ["pay", "ledger", "bao"] {
        server.psql(&format!("CREATE SCHEMA {schema}"));
    }
    let old = place.path().join("old");
    let history = History::new(SEED, RECORDS).unwrap();
    history.write(&old, Format::Csv, 2, &|_| {}).unwrap();
    let url = server.tcp_url("teller", PASSWORD);
    ruixin_live::bring_in(&format!("{url}?schema=pay"), &old, SEED, 2, &|_| {}).unwrap();

    let at = server.url("teller", "${PGPASSWORD}");
    let text = in_databases(&format!("{at}&schema=pay"), &format!("{at}&schema=ledger"));
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

    bao_opens_with_it_on_the_same_server(&place, &server);

    // A cent on the server is found.
    server.psql("UPDATE ledger.under_way SET amount = amount + 0.01 WHERE kind = 'ESCROW'");
    let off = run(&place, PASSWORD, &["verify", "--json"]);
    assert_eq!(off.status.code(), Some(1), "{}", told(&off));
}

/// Verifies by a plan that ships, with what its variables stand for: the exit code, and what does not agree or
/// does not hold.
fn off(place: &Place, plan: &Path, variables: &[(&str, String)]) -> (Option<i32>, Vec<String>) {
    let evidence = place.path().join("held-against");
    let verified = Command::new(env!("CARGO_BIN_EXE_crossfoot"))
        .args(["verify", "--json", "--no-progress", "--plan"])
        .arg(plan)
        .arg("--evidence")
        .arg(&evidence)
        .current_dir(place.path())
        .env_clear()
        .env("LC_ALL", "C.UTF-8")
        .envs(variables.iter().map(|(name, value)| (*name, value)))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&verified.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", told(&verified)));
    fs::remove_dir_all(&evidence).unwrap();
    let agreements = report["agreements"].as_array().unwrap().iter();
    let controls = report["controls"].as_array().unwrap().iter();
    let off = agreements.filter(|one| one["records"]["agreed"] != one["records"]["expected"]);
    let off = off.chain(controls.filter(|one| one["status"] != "holds"));
    let name = |one: &Value| one["name"].as_str().unwrap().to_owned();
    (verified.status.code(), off.map(name).collect())
}

/// Ruixin Bao takes the ledger over into books on that server: what they opened with is what Pay ended with, and
/// the registrar's file of a day is what they hold. What is changed of them, past the database's own rules, is
/// found.
fn bao_opens_with_it_on_the_same_server(place: &Place, server: &Postgres) {
    let here = server.tcp_url("teller", PASSWORD);
    let [bao, ledger] = ["bao", "ledger"].map(|schema| format!("{here}?schema={schema}"));
    let door = Door::find().unwrap();
    let at = "2013-05-27T08:00:00";
    let fund = Fund::found(&bao, &ledger, "2013-05-27", at, None, &door).unwrap();
    let taken = fund.open_with(&ledger).unwrap();
    assert!(taken.holdings > 0 && taken.under_way > 0 && taken.refundable > 0);

    let socket = server.url("teller", PASSWORD);
    let [pay, bao] = ["pay", "bao"].map(|schema| format!("{socket}&schema={schema}"));
    let opened = plan().with_file_name("opened");
    let books = [("PAY_BOOKS", pay), ("BAO_BOOKS", bao.clone())];
    assert_eq!(off(place, &opened, &books), (Some(0), Vec::new()));
    // The server is told to leave its triggers aside.
    let change =
        |what: &str| server.psql(&format!("SET session_replication_role = replica; {what}"));
    for (table, column, row, broken) in [
        (
            "opening",
            "credits",
            "subject = 2001 AND number = (SELECT min(number) FROM bao.opening WHERE subject = 2001)",
            "balances of users and merchants",
        ),
        (
            "opening_holding",
            "confirmed_on",
            "holder = (SELECT min(holder) FROM bao.opening_holding)",
            "holdings of the fund",
        ),
        (
            "open_item",
            "amount",
            "item = (SELECT min(item) FROM bao.open_item WHERE kind = 'E')",
            "under way",
        ),
        (
            "open_item",
            "done",
            "item = (SELECT min(item) FROM bao.open_item WHERE kind = 'P')",
            "refundable payments",
        ),
    ] {
        for (by, code) in [(1, 1), (-1, 0)] {
            change(&format!(
                "UPDATE bao.{table} SET {column} = {column} + {by} WHERE {row}"
            ));
            let (exit, off) = off(place, &opened, &books);
            assert_eq!(exit, Some(code), "{table}.{column} {by}: {off:?}");
            let is_found = off.first().is_some_and(|first| first == broken);
            assert_eq!(is_found, by == 1, "{table}.{column} {by}: {off:?}");
        }
    }
    what_goes_to_the_registrar(place, &fund, &bao, change);
}

/// Two nights, and the register of the second one as it goes to the registrar.
fn what_goes_to_the_registrar(
    place: &Place,
    fund: &Fund,
    bao: &str,
    change: impl Fn(&str) -> String,
) {
    for (next, day, income_fen) in [
        ("2013-05-28T00:05:00", "2013-05-27", 0),
        ("2013-05-29T00:05:00", "2013-05-28", 12_345),
    ] {
        fund.put_clock(next).unwrap();
        fund.run_day(day, income_fen).unwrap();
    }
    let files = place.path().join("registrar");
    fs::create_dir_all(&files).unwrap();
    assert!(fund.write_register("2013-05-28", &files).unwrap() > 0);
    let register = plan().with_file_name("bao-store/plan");
    let books = [
        ("BAO_BOOKS", bao.to_owned()),
        ("BAO_REGISTER", files.display().to_string()),
    ];
    assert_eq!(off(place, &register, &books), (Some(0), Vec::new()));
    change(
        "UPDATE bao.income SET income = income + 1, borne = borne + 1 \
         WHERE day = (SELECT max(day) FROM bao.income) AND holder = (SELECT min(holder) FROM bao.income)",
    );
    let (exit, off) = off(place, &register, &books);
    assert_eq!(exit, Some(1), "{off:?}");
    assert_eq!(off, ["holdings and incomes of the day"]);
}
