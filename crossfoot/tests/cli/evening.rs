//! `crossfoot demo --live`: the whole evening, with both systems running.

use crate::place::Place;
use serde_json::Value;

/// Plays an evening and gives exit status and document.
fn played(place: &Place, line: &str) -> (String, Value) {
    let output = place.output(&format!(
        "demo --live --records 3000 --people 8 --json {line}"
    ));
    let document = serde_json::from_str(&output.stdout);
    let document =
        document.unwrap_or_else(|error| panic!("{error}: {}\n{}", output.stdout, output.stderr));
    (output.status, document)
}

fn number(document: &Value, at: &str) -> u64 {
    let found = document.pointer(at);
    found
        .and_then(Value::as_u64)
        .unwrap_or_else(|| panic!("{at} in {document:#}"))
}

fn has_earned(told: &Value) {
    // Shares were paid with on the day after, and the first income is that of that day.
    let nights = &told["after"]["nights"];
    assert_eq!(nights[0]["income"], "0.00");
    assert_eq!(nights[0]["shares"], "0.00");
    assert_ne!(nights[1]["cut"]["redeemed_fast"], "0.00");
    assert_ne!(nights[1]["shares"], "0.00");
    let earned = number(told, "/after/earned/income_fen");
    let all = number(told, "/after/next_day/compared/fen");
    assert!(earned > 0);
    assert_eq!(number(told, "/after/earned/fen"), all + earned);
    // Everybody worked his own out by what he had noted of his shares; all of them together are the same.
    let worked_out = &told["after"]["worked_out"];
    assert_eq!(worked_out["fen"], earned);
    assert_eq!(worked_out["people"], told["people"]);
    // What was held until midnight was released by nobody's doing: of one in each circle.
    assert_eq!(number(told, "/after/released_at_their_time"), 4);
    // Somebody redeemed as much at once as the cap of the day lets him, and nobody more.
    let cap = &told["after"]["most_redeemed_at_once_fen"];
    assert_eq!(cap, &serde_json::json!([30_000, 30_000]));
}

#[test]
fn people_go_on_at_the_new_system_with_all_that_they_had_and_earn() {
    let place = Place::empty();
    let (status, told) = played(&place, "");
    assert_eq!(status, "0", "{told:#}");
    assert_eq!(told["gate"], "GO");
    assert_eq!(told["verdicts"][0], "out_of_balance");
    assert_eq!(told["verdicts"][1], "balanced");
    assert_eq!(
        (told["planted"].as_u64(), told["same"].as_u64()),
        (Some(1), Some(1))
    );

    // People were at work until the freeze, and were told of it then.
    assert!(number(&told, "/before/done") > 0 && number(&told, "/before/closed") > 0);
    // Who looked at the new system was told, too, in both languages.
    let languages = &told["before"]["told_at_the_new_system"];
    assert_eq!(languages, &serde_json::json!(["en", "zh"]));
    let had = number(&told, "/before/compared/fen");
    assert!(had > 0);
    // Not a cent was lost on the way, and nobody was told otherwise at any time.
    assert_eq!(number(&told, "/after/taken_over/fen"), had);
    // What was under way came to its end at the new system, once, by its old number.
    for ended in ["withdrawals", "holds", "refunds"] {
        assert!(
            number(&told, &format!("/after/ended/{ended}")) > 0,
            "{ended}"
        );
    }
    for at in [
        "/before/compared/odd",
        "/after/ended/compared/odd",
        "/after/taken_over/odd",
        "/after/went_on/compared/odd",
        "/after/next_day/compared/odd",
        "/after/earned/odd",
    ] {
        assert_eq!(number(&told, at), 0, "{at}");
    }
    for at in ["/after/went_on", "/after/next_day"] {
        assert!(number(&told, &format!("{at}/done")) > 0, "{at}");
        assert_eq!(number(&told, &format!("{at}/closed")), 0, "{at}");
    }
    has_earned(&told);
    assert!(number(&told, "/after/proved") > 0);
    assert_eq!(told["after"]["register"]["verdict"], "balanced");
    assert!(number(&told, "/after/register/holders") > 0);

    // Before it opened, its own books were held against those of the wallet.
    assert_eq!(told["opened"]["verdict"], "balanced");
    let all = number(&told, "/accounts");
    assert!(number(&told, "/opened/records") > all, "{told:#}");

    // What the story leaves can be looked at without its systems.
    let again = place.output("verify --plan crossfoot-demo --no-progress");
    assert_eq!(again.status, "0", "{}", again.stdout);
    let status = place.output("window status --plan crossfoot-demo");
    assert_eq!(status.status, "0", "{}", status.stderr);
    // A register that is a cent off is found, with its account.
    let verify = "verify --plan crossfoot-demo/registrar --no-progress";
    let again = place.output(verify);
    assert_eq!(again.status, "0", "{}", again.stdout);
    let register = "crossfoot-demo/registrar/files/register.csv";
    let text = place.read(register);
    let line = text.lines().nth(1).unwrap();
    let (account, shares) = {
        let mut fields = line.split(',');
        (fields.next().unwrap(), fields.nth(1).unwrap())
    };
    let cent = match shares.strip_suffix('9') {
        Some(rest) => format!("{rest}8"),
        None => format!("{}9", &shares[..shares.len() - 1]),
    };
    std::fs::write(place.path().join(register), text.replacen(shares, &cent, 1)).unwrap();
    let again = place.output(&format!("{verify} --evidence cent"));
    assert_eq!(again.status, "1", "{}", again.stdout);
    let found: Value = serde_json::from_str(&place.read("cent/breaks.jsonl")).unwrap();
    assert_eq!(found["key"]["account"], account);
    // So are totals, in each of their figures, with the register as it was.
    std::fs::write(place.path().join(register), text).unwrap();
    let totals = "crossfoot-demo/registrar/files/totals.csv";
    let text = place.read(totals);
    let (head, figures) = text.trim_end().split_once('\n').unwrap();
    let named = head.split(',').zip(figures.split(','));
    for (at, (name, figure)) in named.enumerate().skip(1).take(5) {
        let last = if figure.ends_with('9') { "8" } else { "9" };
        let other = format!("{}{last}", &figure[..figure.len() - 1]);
        let mut damaged: Vec<&str> = figures.split(',').collect();
        damaged[at] = &other;
        let damaged = format!("{head}\n{}\n", damaged.join(","));
        std::fs::write(place.path().join(totals), damaged).unwrap();
        let again = place.output(&format!("{verify} --evidence total-{at}"));
        assert_eq!(again.status, "1", "{name}: {}", again.stdout);
        assert!(
            again.stdout.contains("1 broken"),
            "{name}: {}",
            again.stdout
        );
    }
    what_bao_opened_with_is_held_against_the_wallet(&place);
    // The evidence of its own plan is the latest.
    let report = place.output("report --plan crossfoot-demo --html report.html");
    assert_eq!(report.status, "0", "{}", report.stderr);
    is_a_demo_without_keys(&place);
}

/// Nobody's key stands in what is left, and another demo may be played there.
fn is_a_demo_without_keys(place: &Place) {
    for file in ["crossfoot.toml", "notices.jsonl", "window/daybook.jsonl"] {
        let text = place.read(&format!("crossfoot-demo/{file}"));
        assert!(!text.contains("key=rx_"), "{file}: {text}");
    }
    let again = place.output("demo --records 1000 --json");
    assert_eq!(again.status, "0", "{}", again.stderr);
}

#[test]
fn out_of_balance_the_old_system_opens_again() {
    let place = Place::empty();
    let (status, told) = played(&place, "--leave");
    assert_eq!(status, "1", "{told:#}");
    assert_eq!(told["gate"], "NO-GO");
    assert_eq!(told["verdicts"][1], "out_of_balance");
    assert!(number(&told, "/before/closed") > 0);
    assert!(number(&told, "/after/done") > 0);
    assert_eq!(number(&told, "/after/closed"), 0);
    assert_eq!(number(&told, "/after/compared/odd"), 0);
}

#[test]
fn what_cannot_be_played_is_wrong_use() {
    let place = Place::empty();
    for line in ["--live --fault A5", "--people 3"] {
        let told = place.output(&format!("demo {line}"));
        assert_eq!(told.status, "2", "{line}: {}", told.stderr);
    }
    let told = place.output("demo --live --people 0 --records 3000");
    assert_eq!(told.status, "2", "{}", told.stderr);
}

/// What the fund's books opened with stays in them: whatever of it is changed is found.
fn what_bao_opened_with_is_held_against_the_wallet(place: &Place) {
    let verify = "verify --plan crossfoot-demo/opened --no-progress --json";
    let again = place.output(&format!("{verify} --evidence as-opened"));
    assert_eq!(again.status, "0", "{}", again.stdout);
    let path = place.path().join("crossfoot-demo/bao.db");
    let books = || {
        let books = rusqlite::Connection::open(&path).unwrap();
        books.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        books
    };
    let open = books();
    let triggers: Vec<String> = {
        let mut triggers = open
            .prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            .unwrap();
        let triggers = triggers.query_map([], |row| row.get(0)).unwrap();
        triggers.map(Result::unwrap).collect()
    };
    for trigger in triggers {
        let drop = format!("DROP TRIGGER {trigger}");
        open.execute_batch(&drop).unwrap();
    }
    // The last connection writes everything into the file.
    drop(open);
    let sound = std::fs::read(&path).unwrap();
    let user = "SELECT min(number) FROM opening WHERE subject = 2001";
    let frozen = "SELECT min(number) FROM opening WHERE subject = 2003 AND credits > debits";
    let bank = "SELECT min(number) FROM opening WHERE subject = 1002";
    let opening = |subject: u16, set: &str, number: &str| {
        format!("opening SET {set} WHERE subject = {subject} AND number = ({number})")
    };
    let holding = |set: &str| {
        let first = "SELECT min(holder) FROM opening_holding";
        format!("opening_holding SET {set} WHERE holder = ({first})")
    };
    let item = |set: &str, which: &str| {
        let first = format!("SELECT min(item) FROM open_item WHERE {which}");
        format!("open_item SET {set} WHERE item = ({first})")
    };
    // What is broken by each: an agreement, or a control; and the totals of the books, where they are.
    for (change, broken) in [
        (opening(2001, "credits = credits + 1", user), "balances"),
        (opening(2003, "credits = credits - 1", frozen), "balances"),
        (opening(1002, "debits = debits - 1", bank), "accounts of"),
        (holding("shares = shares + 1"), "holdings"),
        (holding("confirmed_on = confirmed_on + 1"), "holdings"),
        (item("fee = fee + 1", "kind = 'W'"), "under way"),
        (item("number = number + 1", "kind <> 'P'"), "under way"),
        (item("done = done + 1", "kind = 'P'"), "refundable"),
        (item("merchant = merchant + 1", "kind = 'P'"), "refundable"),
    ] {
        std::fs::write(&path, &sound).unwrap();
        let changed = books().execute(&format!("UPDATE {change}"), []);
        assert_eq!(changed.unwrap(), 1, "{change}");
        let again = place.output(&format!("{verify} --evidence damaged"));
        std::fs::remove_dir_all(place.path().join("damaged")).unwrap();
        assert_eq!(again.status, "1", "{change}: {}", again.stdout);
        let report: Value = serde_json::from_str(&again.stdout).unwrap();
        let agreements = report["agreements"].as_array().unwrap().iter();
        let controls = report["controls"].as_array().unwrap().iter();
        let off = agreements.filter(|one| one["records"]["agreed"] != one["records"]["expected"]);
        let off = off.chain(controls.filter(|one| one["status"] != "holds"));
        let off: Vec<&str> = off.map(|one| one["name"].as_str().unwrap()).collect();
        assert!(off[0].starts_with(broken), "{change}: {off:?}");
        let totals = ["what was opened is what is there"];
        assert!(off.len() == 1 || off[1..] == totals, "{change}: {off:?}");
    }
}
