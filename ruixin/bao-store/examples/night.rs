//! Measures opening books and the nightly run: `night HOLDERS FOLDER [ADDRESS]`.
//!
//! It makes converted tables of so many users in the folder, imports them, and runs two nights: the
//! first confirms the holdings, the second divides an income. What takes how long is written down.

use std::error::Error;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use ruixin_bao::Day;
use ruixin_bao::calendar::Calendar;
use ruixin_bao::fund::Terms;
use ruixin_bao_store::Store;

const FIRST: u64 = 6_000_000_000_000_000;
/// The freeze's day: the holdings are subscribed on it and confirmed after it.
const FREEZE: &str = "2013-05-27";
const MICROS_PER_HOUR: i64 = 3_600_000_000;

/// What was begun when.
type Marks = Arc<Mutex<Vec<(&'static str, Instant)>>>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let holders: u64 = arguments.next().ok_or("how many holders?")?.parse()?;
    let folder = arguments.next().ok_or("which folder?")?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let source = folder.join("converted.db");
    let books = folder.join("bao.db").display().to_string();
    let books = arguments.next().unwrap_or(books);
    let begun = Instant::now();
    converted(&source, holders)?;
    say("make the converted tables", begun, holders);

    let first_day: Day = FREEZE.parse()?;
    let mut store = Store::create(
        &books,
        Terms {
            calendar: Calendar::china_2013_2014()?,
            first_day,
            settlement_bank: 1,
            provider: 90,
            fast_redemption_cap_fen: None,
            payment_cap_fen: None,
        },
    )?;
    let marks: Marks = Arc::default();
    let told = Arc::clone(&marks);
    store.set_trace(Some(Box::new(move |what| {
        if let Ok(mut marks) = told.lock() {
            marks.push((what, Instant::now()));
        }
    })));
    let opening = i64::from(first_day.number()) * 24 * MICROS_PER_HOUR + 8 * MICROS_PER_HOUR;
    measured("import", &marks, holders, || {
        store
            .import(&source.display().to_string(), opening)
            .map(drop)
    })?;
    let threads = NonZeroUsize::new(2).ok_or("no threads")?;
    for (night, income_fen) in [(0, 0), (1, 123_456_789), (2, 123_456_790)] {
        let day = first_day.checked_add(night).ok_or("no day")?;
        let now = opening + (i64::from(night) * 24 + 10) * MICROS_PER_HOUR;
        measured(&format!("night of {day}"), &marks, holders, || {
            store.run_day(day, income_fen, now, threads).map(drop)
        })?;
    }
    measured("again", &marks, holders, || {
        let day = first_day.checked_add(2).unwrap_or(first_day);
        store
            .run_day(day, 123_456_790, opening + 58 * MICROS_PER_HOUR, threads)
            .map(drop)
    })?;
    let begun = Instant::now();
    let register = store.register(first_day.checked_add(1).ok_or("no day")?)?;
    let path = folder.join("register.csv");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path)?);
    ruixin_bao_store::write_register(&register, &mut file)?;
    say("write the register file", begun, holders);
    drop(register);
    let begun = Instant::now();
    store.prove()?;
    say("prove all, the history too", begun, holders);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "it is what the example is for")]
fn say(what: &str, begun: Instant, holders: u64) {
    let seconds = begun.elapsed().as_secs_f64();
    let rate = holders as f64 / seconds / 1e6;
    println!("{what:<40} {seconds:>8.2} s {rate:>9.2} M holders/s");
}

#[expect(clippy::print_stdout, reason = "it is what the example is for")]
fn measured<E>(
    what: &str,
    marks: &Marks,
    holders: u64,
    work: impl FnOnce() -> Result<(), E>,
) -> Result<(), E> {
    let begun = Instant::now();
    work()?;
    let ended = Instant::now();
    say(what, begun, holders);
    let mut marks = marks
        .lock()
        .map(|mut marks| std::mem::take(&mut *marks))
        .unwrap_or_default();
    marks.push(("", ended));
    for pair in marks.windows(2) {
        if let [(what, from), (_, until)] = pair {
            println!("  {what:<38} {:>8.2} s", (*until - *from).as_secs_f64());
        }
    }
    Ok(())
}

/// Tables as `crossfoot convert` writes them: every user opens with something, and subscribes it.
fn converted(path: &Path, holders: u64) -> Result<(), Box<dyn Error>> {
    if path.exists() {
        return Ok(());
    }
    let mut connection = rusqlite::Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "OFF")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.execute_batch(
        "CREATE TABLE subject (subject TEXT, kind TEXT, normal_side TEXT);
         INSERT INTO subject VALUES ('1009', 'ASSET', 'DEBIT'), ('2001', 'LIABILITY', 'CREDIT');
         CREATE TABLE account (account TEXT, subject TEXT, owner TEXT);
         CREATE TABLE opening (subject TEXT, account TEXT, debit DECIMAL(18,2), credit DECIMAL(18,2));
         CREATE TABLE voucher (voucher TEXT);
         CREATE TABLE posting (voucher TEXT, leg INTEGER, subject TEXT, account TEXT,
           debit DECIMAL(18,2), credit DECIMAL(18,2));
         CREATE TABLE holding (account TEXT, amount DECIMAL(18,2), shares DECIMAL(18,2),
           subscribed_on TEXT, confirmed_on TEXT, income_from TEXT);
         CREATE TABLE under_way (item TEXT, kind TEXT, account TEXT, merchant TEXT, channel TEXT,
           amount DECIMAL(18,2), fee DECIMAL(18,2), coupon DECIMAL(18,2));
         CREATE TABLE refundable (order_id TEXT, payer TEXT, merchant TEXT, amount DECIMAL(18,2),
           refunded DECIMAL(18,2));",
    )?;
    let transaction = connection.transaction()?;
    {
        let mut account = transaction.prepare("INSERT INTO account VALUES (?1, '2001', 'USER')")?;
        let mut opening =
            transaction.prepare("INSERT INTO opening VALUES ('2001', ?1, 0, ?2 / 100.0)")?;
        let mut holding = transaction.prepare(
            "INSERT INTO holding VALUES (?1, ?2 / 100.0, ?2 / 100.0, '2013-05-27', '2013-05-28', '2013-05-28')",
        )?;
        let mut sum = 0_i64;
        for number in 1..=holders {
            let name = (FIRST + number).to_string();
            let fen = 100 + i64::try_from(number.wrapping_mul(2_654_435_761) % 2_000_000)?;
            sum += fen;
            account.execute([&name])?;
            opening.execute(rusqlite::params![name, fen])?;
            holding.execute(rusqlite::params![name, fen])?;
        }
        transaction.execute(
            "INSERT INTO opening VALUES ('1009', NULL, ?1 / 100.0, 0)",
            [sum],
        )?;
    }
    transaction.commit()?;
    Ok(())
}
