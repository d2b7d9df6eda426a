//! The story of a user in a real browser: on a phone without scripts, and at a desk.

use serde_json::json;

use super::browser::Setup;
use super::reader;
use super::service::Service;

/// Where pictures of all pages are kept, for looking at them.
const PICTURES: &str = "RUIXIN_PAY_PICTURES";

type Reader<'a> = reader::Reader<'a, Service>;

/// Signs in, tops up, pays, transfers, withdraws, looks at the bills, meets the window, signs out.
fn live(setup: Setup) {
    let service = Service::begin();
    let mut reader = Reader::begin(&service, service.to, setup, PICTURES);
    reader.go("/");
    reader.look_at_refusal(401, "stranger");
    reader.go("/status");
    reader.look("status");
    reader.go(&service.link(&service.user));
    assert_eq!(reader.path(), "/");
    reader.look("home");
    assert_eq!(reader.browser.text("#balance"), "5,000.00");
    top_up(&mut reader);
    pay(&mut reader);
    transfer(&mut reader);
    withdraw(&mut reader);
    bills(&mut reader);
    languages(&mut reader);
    window(&mut reader);
    reader.browser.follow(".top form button");
    assert_eq!(reader.browser.count("#balance"), 0);
    reader.look("signed-out");
}

/// Confirms what is asked, and looks at the bill that comes of it.
fn confirm(reader: &mut Reader<'_>, name: &str) {
    reader.look(&format!("{name}-check"));
    reader.browser.follow("#confirm");
    assert!(reader.path().starts_with("/bills/"), "{}", reader.path());
    reader.look(&format!("{name}-done"));
    assert_eq!(reader.browser.count("p.said"), 1);
}

fn home(reader: &Reader<'_>) -> [String; 2] {
    reader.browser.follow("a.brand");
    ["#balance", "#frozen"].map(|id| reader.browser.text(id))
}

fn top_up(reader: &mut Reader<'_>) {
    reader.browser.follow("a[href='/top-up']");
    reader.look("top-up");
    // The field has the keyboard already: type and press Enter.
    let keyboard = &reader.browser;
    keyboard.leave(|| keyboard.press("1,234.5\u{e007}"));
    assert!(reader.path().starts_with("/top-up?"), "{}", reader.path());
    assert!(reader.browser.text(".sum-up").starts_with("1,234.50"));
    confirm(reader, "top-up");
    // A reload of what was done does nothing, and neither does the way back.
    let done = reader.browser.url();
    reader.browser.go(&done);
    assert_eq!(home(reader), ["6,234.50", "0.00"]);
}

fn pay(reader: &mut Reader<'_>) {
    reader.browser.follow("a[href='/pay']");
    reader.look("pay");
    reader.browser.write("#to", "6000");
    reader.browser.write("#amount", "9999999");
    reader.browser.write("#memo", "《算法导论》");
    reader.browser.follow("form.card button");
    assert_eq!(reader.browser.count("#to-wrong"), 1);
    reader.look_at_refusal(422, "pay-refused");
    // What was typed is there still: only the wrong field is typed anew.
    reader.browser.clear("#to");
    reader.browser.write("#to", &reader.service.shop);
    reader.browser.follow("form.card button");
    assert_eq!(reader.browser.count("#amount-wrong"), 1);
    reader.look_at_refusal(422, "pay-too-much");
    reader.browser.clear("#amount");
    reader.browser.write("#amount", "88.8");
    reader.browser.follow("form.card button");
    let says = reader.browser.text("main");
    assert!(
        says.contains("鑫源图书城") && says.contains("《算法导论》"),
        "{says}"
    );
    confirm(reader, "pay");
    assert_eq!(home(reader), ["6,145.70", "0.00"]);
}

fn transfer(reader: &mut Reader<'_>) {
    reader.browser.follow("a[href='/transfer']");
    reader.look("transfer");
    // As one reads it from somewhere, in groups of four.
    let number = reader.service.other.clone();
    let groups = [&number[..4], &number[4..8], &number[8..12], &number[12..]];
    reader.browser.write("#to", &groups.join(" "));
    reader.browser.write("#amount", "500");
    reader.browser.follow("form.card button");
    assert!(reader.browser.text("main").contains("L* ***"));
    confirm(reader, "transfer");
    assert_eq!(home(reader), ["5,645.70", "0.00"]);
    assert_eq!(reader.service.has(&number).0, "5500.00");
}

fn withdraw(reader: &mut Reader<'_>) {
    reader.browser.follow("a[href='/withdraw']");
    reader.look("withdraw");
    reader.browser.write("#amount", "2000");
    reader.browser.follow("form.card button");
    confirm(reader, "withdraw");
    assert_eq!(reader.browser.count(".badge.waits"), 1);
    let order = reader.browser.text("dd.mono");
    let waiting = reader.path();
    assert_eq!(home(reader), ["3,645.70", "2,000.00"]);
    reader.look("home-frozen");
    let path = format!("/v1/withdrawals/{order}/settlement");
    reader.service.did(&path, &json!({"outcome": "paid"}));
    reader.go(&waiting);
    assert_eq!(reader.browser.count(".steps li.done"), 2);
    reader.look("withdraw-paid");
    assert_eq!(home(reader), ["3,645.70", "0.00"]);
}

fn bills(reader: &mut Reader<'_>) {
    reader.browser.follow("nav a[href='/bills']");
    // Two top-ups, a payment, a transfer; a withdrawal is three records.
    assert_eq!(reader.browser.count("a.line"), 7);
    reader.look("bills");
    reader.browser.click("option[value='transfer']");
    reader.browser.follow("form.choose button");
    assert_eq!(reader.browser.count("a.line"), 1);
    reader.look("bills-chosen");
    reader.browser.follow("a.line");
    assert!(reader.browser.text(".sum-up").starts_with("−500.00"));
    reader.go("/bills?kind=refund");
    assert_eq!(reader.browser.count("a.line"), 0);
    reader.look("bills-none");
}

fn languages(reader: &mut Reader<'_>) {
    let (before, heading) = reader.heading();
    // It changes the language and stays where it is.
    let path = reader.path();
    reader.browser.follow(".top a[hreflang]");
    let (after, other) = reader.heading();
    assert_ne!((before.as_str(), heading), (after.as_str(), other));
    assert!(reader.path().starts_with(&path), "{}", reader.path());
    for page in [
        "/",
        "/bills",
        "/top-up",
        "/pay",
        "/transfer",
        "/withdraw",
        "/status",
    ] {
        reader.go(page);
        assert_eq!(reader.heading().0, after, "{page}");
        let name = page.trim_start_matches('/');
        reader.look(&format!("other-{name}"));
    }
    reader.browser.go(&format!(
        "http://{}/transfer?amount=1&to={}",
        reader.service.to, reader.service.other
    ));
    reader.look("other-transfer-check");
    reader.go("/bills");
    reader.browser.follow("a.line");
    reader.look("other-bill");
    // The keyboard comes to the content first, past the menu.
    reader.go("/");
    reader.browser.press("\u{e004}");
    let skip = reader.browser.value("document.activeElement.className");
    assert_eq!(skip, "skip");
}

fn window(reader: &mut Reader<'_>) {
    reader.go("/top-up?amount=1&bank=CMB");
    let service = reader.service;
    service.close("Move of the books", "账务系统迁移");
    // Whoever was about to confirm is told.
    reader.browser.follow("#confirm");
    assert_eq!(reader.browser.count(".notice"), 1);
    reader.look_at_refusal(503, "closed");
    assert_eq!(home(reader), ["3,645.70", "0.00"]);
    assert_eq!(reader.browser.count(".deeds"), 0);
    reader.look("home-closed");
    reader.go("/status");
    reader.look("status-closed");
    service.reopen();
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

/// A memo is kept as it was written, without a blank perhaps, and amounts can be as large as a request
/// can move: neither leaves its card on a small phone.
#[test]
fn a_long_memo_and_a_large_amount_stay_on_a_small_phone() {
    for (width, language) in [(340, "en-GB"), (390, "zh-CN")] {
        let service = Service::begin();
        let memo = "W".repeat(100);
        let filled = json!({
            "account": service.user, "amount": "99999999999.99", "channel": "ICBC", "memo": memo,
        });
        for _ in 0..3 {
            service.did("/v1/top-ups", &filled);
        }
        let mut taken = filled.clone();
        taken["channel"] = "CMB".into();
        service.did("/v1/withdrawals", &taken);
        let setup = Setup {
            width,
            height: 844,
            is_phone: true,
            scripts: false,
            is_dark: false,
            language,
        };
        let mut reader = Reader::begin(&service, service.to, setup, PICTURES);
        reader.go(&service.link(&service.user));
        stays(&mut reader, "long-home");
        reader.go("/bills");
        stays(&mut reader, "long-bills");
        reader.browser.follow("a.line");
        stays(&mut reader, "long-bill");
        reader.go("/top-up?amount=99999999999.99&bank=CMB");
        stays(&mut reader, "long-check");
    }
}

/// Nothing ends beyond the card that it is in.
fn stays(reader: &mut Reader<'_>, name: &str) {
    reader.look(name);
    let beyond = "[...document.querySelectorAll('.card *, .hero *')].filter(one => \
         one.getBoundingClientRect().right > one.closest('.card, .hero').getBoundingClientRect().right)\
         .map(one => one.className + ': ' + one.textContent.slice(0, 20)).join('; ')";
    assert_eq!(reader.browser.value(beyond), "", "{name}");
}
