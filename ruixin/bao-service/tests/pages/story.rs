//! The story of a user in a real browser: on a phone without scripts, and at a desk.

use super::browser::Setup;
use super::reader;
use super::service::{Service, USER};

/// Where pictures of all pages are kept, for looking at them.
const PICTURES: &str = "RUIXIN_BAO_PICTURES";

type Reader<'a> = reader::Reader<'a, Service>;

fn sign_in(reader: &Reader<'_>) {
    reader.go(&reader.service.link(USER));
    assert_eq!(reader.path(), "/");
}

/// Signs in, moves in, waits for the nights, and sees the income and the curve.
fn live(setup: Setup) {
    let service = Service::begin();
    service.clock("2013-05-27 10:00");
    let mut reader = Reader::begin(&service, service.to, setup, PICTURES);
    reader.go("/status");
    reader.look("status");
    sign_in(&reader);
    reader.look("home-new");
    assert_eq!(reader.browser.text("#wallet"), "5,000.00");
    assert_eq!(reader.browser.text("#shares"), "0.00");
    assert_eq!(reader.browser.text("#yesterday"), "—");
    move_in(&mut reader);
    nights(&mut reader);
    move_out(&mut reader);
    languages(&mut reader);
    let browser = &reader.browser;
    browser.follow(".top form button");
    assert_eq!(browser.count("#total"), 0);
    reader.look("signed-out");
}

fn move_in(reader: &mut Reader<'_>) {
    reader.browser.follow("a[href='/move-in']");
    reader.look("move-in");
    // The field has the keyboard already: type and press Enter.
    let keyboard = &reader.browser;
    keyboard.leave(|| keyboard.press("4,321.09\u{e007}"));
    assert!(reader.path().starts_with("/move-in?"), "{}", reader.path());
    reader.look("move-in-check");
    assert!(reader.browser.text(".sum-up").starts_with("4,321.09"));
    reader.browser.follow("#confirm");
    assert!(reader.path().starts_with("/orders/"), "{}", reader.path());
    reader.look("moved-in");
    assert_eq!(reader.browser.count(".badge.waits"), 1);
    // A reload of what was done does nothing.
    let done = reader.browser.url();
    reader.browser.go(&done);
    reader.browser.follow("a.brand");
    assert_eq!(reader.browser.text("#wallet"), "678.91");
    assert_eq!(reader.browser.text("#coming"), "4,321.09");
    reader.look("home-coming");
}

fn nights(reader: &mut Reader<'_>) {
    let service = reader.service;
    service.clock("2013-05-28 09:00");
    service.night("2013-05-27", 0);
    sign_in(reader);
    assert_eq!(reader.browser.text("#shares"), "4,321.09");
    assert_eq!(reader.browser.text("#yesterday"), "0.00");
    service.clock("2013-05-29 09:00");
    sign_in(reader);
    reader.look("home-open");
    assert_eq!(
        reader.browser.text("#yesterday"),
        "—",
        "it is not worked out yet"
    );
    service.night("2013-05-28", 52);
    sign_in(reader);
    assert_eq!(reader.browser.text("#yesterday"), "+0.52");
    assert_eq!(reader.browser.text("#shares"), "4,321.61");
    assert_eq!(reader.browser.text("#per-ten-thousand"), "1.2034");
    assert_eq!(
        reader.browser.count("svg polyline"),
        0,
        "there are no seven days"
    );
    reader.look("home-two-days");
    for (day, next, income) in [
        ("2013-05-29", "2013-05-30", 53),
        ("2013-05-30", "2013-05-31", 51),
        ("2013-05-31", "2013-06-01", 55),
        ("2013-06-01", "2013-06-02", 0),
        ("2013-06-02", "2013-06-03", -3),
        ("2013-06-03", "2013-06-04", 54),
        ("2013-06-04", "2013-06-05", 56),
    ] {
        service.clock(&format!("{next} 09:00"));
        service.night(day, income);
    }
    sign_in(reader);
    assert_eq!(reader.browser.text("#yesterday"), "+0.56");
    assert_eq!(reader.browser.text("#income-in-all"), "+3.18");
    assert_eq!(reader.browser.count("svg polyline"), 1);
    reader.browser.click("summary");
    assert_eq!(reader.browser.count("details[open] tbody tr"), 9);
    reader.look("home-week");
    reader.browser.follow("nav a[href='/incomes']");
    assert!(reader.browser.text("main").contains("−0.03"));
    reader.look("incomes");
}

fn move_out(reader: &mut Reader<'_>) {
    for (way, amount) in [("fast", "300.5"), ("standard", "200")] {
        reader.browser.follow("a.brand");
        reader.browser.follow("a[href='/move-out']");
        reader.look(&format!("move-out-{way}"));
        reader.browser.click(&format!("input[value='{way}']"));
        reader.browser.write("#amount", amount);
        reader.browser.follow("form.card button");
        reader.look(&format!("move-out-{way}-check"));
        reader.browser.follow("#confirm");
        reader.look(&format!("moved-out-{way}"));
    }
    reader.browser.follow("a.brand");
    assert_eq!(reader.browser.text("#wallet"), "979.41");
    reader.browser.follow("a[href='/move-out']");
    reader.browser.write("#amount", "9000");
    reader.browser.follow("form.card button");
    let says = reader.browser.text("main");
    assert_eq!(reader.browser.count("#amount-wrong"), 1, "{says}");
    reader.look_at_refusal(422, "move-out-refused");
    reader.browser.follow("nav a[href='/bills']");
    assert_eq!(reader.browser.count("a.line"), 3);
    reader.look("bills");
    reader.browser.follow("a.line");
    reader.browser.follow("nav a[href='/statement']");
    reader.look("statement");
}

fn languages(reader: &mut Reader<'_>) {
    let (before, heading) = reader.heading();
    // It changes the language and stays where it is.
    let path = reader.path();
    reader.browser.follow(".top a[hreflang]");
    let (after, other) = reader.heading();
    assert_ne!((before.as_str(), heading), (after.as_str(), other));
    assert!(reader.path().starts_with(&path), "{}", reader.path());
    reader.look("statement-other");
    for page in [
        "/",
        "/bills",
        "/incomes",
        "/move-in",
        "/move-out",
        "/pay",
        "/move-in?amount=1&lang=",
        "/status",
    ] {
        reader.go(page);
        assert_eq!(reader.heading().0, after, "{page}");
        let name = page.trim_start_matches('/').replace(['?', '=', '&'], "-");
        reader.look(&format!("other-{name}"));
    }
    // The keyboard comes to the content first, past the menu.
    reader.go("/");
    reader.browser.press("\u{e004}");
    let skip = reader.browser.value("document.activeElement.className");
    assert_eq!(skip, "skip");
    reader
        .service
        .close("Upgrade of the ledger", "账务系统升级");
    reader.go("/");
    assert_eq!(reader.browser.count(".deeds"), 0);
    assert_eq!(reader.browser.count(".notice"), 1);
    reader.look("home-closed");
    reader.go("/status");
    reader.look("status-closed");
    reader.service.reopen();
}

#[test]
fn on_a_phone_in_chinese_without_scripts() {
    live(Setup::PHONE);
}

#[test]
fn at_a_desk_in_english() {
    live(Setup {
        width: 1280,
        height: 800,
        is_phone: false,
        scripts: true,
        is_dark: true,
        language: "en-GB",
    });
}
