//! The real program, killed at points all over a day's run: it goes on, and comes to the same bytes.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ruixin_bao::fund::{OrderKind, user_account};
use ruixin_bao::ledger::{AccountId, Posting, Voucher, VoucherId};
use ruixin_bao_store::Store;

use crate::support::{BANK, Kind, Place, at, day, request, terms};

const HOLDERS: u64 = 2_500;
const DAY: &str = "2013-06-06";

fn program(place: &Place) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ruixin-bao"));
    command.args(["--books", &place.address]);
    command
}

fn run(place: &Place) -> Command {
    let mut command = program(place);
    command
        .args(["day", "run", "--date", DAY, "--income", "1234.56"])
        .args(["--at", "2013-06-07 01:00"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// Books with many holders, and orders that are due in the night of the sixth.
fn with_holders(place: &Place) {
    let mut store = Store::create(&place.address, terms("2013-06-05")).unwrap();
    let accounts: Vec<_> = (1..=HOLDERS)
        .map(|user| user_account(10_000 + user))
        .collect();
    store.open_accounts(&accounts).unwrap();
    let mut postings = Vec::new();
    for account in &accounts {
        postings.push(Posting::credit(account.id, 100_000));
    }
    postings.push(Posting::debit(BANK, 100_000 * HOLDERS as i64));
    let id = VoucherId::of_client(1 << 80);
    let now = at("2013-06-05 09:00");
    store
        .book_voucher(&Voucher::booking(id, day("2013-06-05"), postings), now)
        .unwrap();
    for (when, first) in [("2013-06-05 10:00", 1_u64), ("2013-06-06 10:00", 1 << 20)] {
        let orders: Vec<_> = (1..=HOLDERS)
            .map(|user| {
                let fen = 1_000 + (user * 37 % 9_001) as i64;
                request(
                    u128::from(first + user),
                    10_000 + user,
                    OrderKind::Subscribe,
                    fen,
                )
            })
            .collect();
        for outcome in store.place(&orders, at(when)).unwrap() {
            outcome.unwrap();
        }
        if first == 1 {
            let night = at("2013-06-06 01:00");
            store
                .run_day(day("2013-06-05"), 0, night, std::num::NonZeroUsize::MIN)
                .unwrap();
        }
    }
}

/// All tables, row by row in the order of their keys.
fn bytes(place: &Place) -> BTreeMap<&'static str, String> {
    let mut store = place.open();
    store.prove().unwrap();
    let night = at("2013-06-07 01:00");
    let whole = store.whole().unwrap();
    let mut all = BTreeMap::new();
    all.insert(
        "accounts",
        format!("{:?}", whole.book().accounts().collect::<Vec<_>>()),
    );
    all.insert(
        "vouchers",
        format!("{:?}", whole.book().entries().collect::<Vec<_>>()),
    );
    all.insert(
        "orders",
        format!("{:?}", whole.orders().collect::<Vec<_>>()),
    );
    all.insert("rights", format!("{:?}", whole.rights()));
    all.insert("day", format!("{:?}", store.day(day(DAY)).unwrap()));
    all.insert(
        "trial",
        format!("{:?}", store.trial_balance(night).unwrap()),
    );
    let mut file = Vec::new();
    let register = store.register(day(DAY)).unwrap();
    ruixin_bao_store::write_register(&register, &mut file).unwrap();
    register.write_totals(&mut file).unwrap();
    all.insert("register", String::from_utf8(file).unwrap());
    all
}

fn killed(kind: Kind, kills: u32) {
    let undisturbed = Place::new(kind);
    with_holders(&undisturbed);
    let begun = Instant::now();
    let output = run(&undisturbed).output().unwrap();
    let whole = begun.elapsed();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let expect = bytes(&undisturbed);
    // Once more changes nothing.
    assert!(run(&undisturbed).output().unwrap().status.success());
    assert_eq!(bytes(&undisturbed), expect);

    let disturbed = Place::new(kind);
    with_holders(&disturbed);
    let mut stages = Vec::new();
    for kill in 1..=kills {
        // The first kill is early enough to hit on a machine of any load, the last near the end.
        let pause = whole.mul_f64(f64::from(kill) / f64::from(kills + 1));
        let mut child = run(&disturbed).spawn().unwrap();
        std::thread::sleep(pause.max(Duration::from_millis(1)));
        // SIGKILL, on Unix.
        child.kill().unwrap();
        let ended = child.wait().unwrap();
        let mut store = disturbed.open();
        store.prove().unwrap();
        let stage = store
            .day(day(DAY))
            .unwrap()
            .map(|day| (day.record.stage, day.income.is_some()));
        stages.push(format!("{kill}: {pause:?} {ended} {stage:?}"));
    }
    assert!(run(&disturbed).output().unwrap().status.success());
    for (name, found) in bytes(&disturbed) {
        assert!(found == expect[name], "{name} differs after {stages:#?}");
    }
    let is_hit = |stage: &String| stage.contains("signal: 9");
    assert!(stages.iter().any(is_hit), "no run was killed: {stages:#?}");
    // Of shares there is what was subscribed, and the income.
    let assets = AccountId::new(1321, 0);
    let held = disturbed
        .open()
        .account(assets)
        .unwrap()
        .unwrap()
        .balance_fen();
    let subscribed: i64 = (1..=HOLDERS as i64)
        .map(|user| 2 * (1_000 + user * 37 % 9_001))
        .sum();
    assert_eq!(held, subscribed + 123_456);
}

#[test]
fn a_run_that_is_killed_goes_on_and_comes_to_the_same_on_sqlite() {
    killed(Kind::Sqlite, 14);
}

#[test]
fn a_run_that_is_killed_goes_on_and_comes_to_the_same_on_postgresql() {
    killed(Kind::Postgres, 7);
}

/// What a run tells that it is about to do, in order.
const POINTS: [&str; 10] = [
    "cut",
    "confirm",
    "read the register",
    "divide",
    "write incomes",
    "commit incomes",
    "carry to shares",
    "seal the voucher",
    "commit shares",
    "prove and close",
];

/// Ends at once, as if it had been killed, at the point that the variables name. It is started by
/// the test below, and does nothing otherwise.
#[test]
fn a_child_that_ends_at_a_point() {
    let (Ok(address), Ok(point)) = (std::env::var("BAO_BOOKS"), std::env::var("BAO_POINT")) else {
        return;
    };
    let mut store = Store::open(&address).unwrap();
    store.set_trace(Some(Box::new(move |what| {
        if what == point {
            std::process::abort();
        }
    })));
    let night = at("2013-06-07 01:00");
    store
        .run_day(day(DAY), 123_456, night, std::num::NonZeroUsize::MIN)
        .unwrap();
}

#[test]
fn a_run_that_ends_at_any_point_goes_on_and_comes_to_the_same() {
    let mut registers = Vec::new();
    for kind in crate::support::BOTH {
        let undisturbed = Place::new(kind);
        with_holders(&undisturbed);
        assert!(run(&undisturbed).output().unwrap().status.success());
        let expect = bytes(&undisturbed);
        registers.push(expect["register"].clone());
        let disturbed = Place::new(kind);
        with_holders(&disturbed);
        for point in POINTS {
            let child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "nights::a_child_that_ends_at_a_point"])
                .env("BAO_BOOKS", &disturbed.address)
                .env("BAO_POINT", point)
                .output()
                .unwrap();
            assert!(
                !child.status.success(),
                "{kind:?}: it did not come to {point:?}"
            );
            disturbed.open().prove().unwrap();
        }
        assert!(run(&disturbed).output().unwrap().status.success());
        for (name, found) in bytes(&disturbed) {
            assert!(found == expect[name], "{kind:?}: {name} differs");
        }
    }
    // Both databases give the registrar the same bytes.
    assert_eq!(registers[0], registers[1]);
}
