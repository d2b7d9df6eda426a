//! Views for the tests of the drawing, and what holds of every page.

use ruixin_bao::Day;
use ruixin_bao::calendar::{Calendar, Schedule};
use ruixin_service::language::Language;

use super::bills::{self, Page};
use super::frame::{Frame, Told};
use super::moving::{Check, Form, Sheet, Typed};
use super::order::Just;
use super::view::{
    Bill, BillKind, Cap, DayIncome, Deed, FundDay, Home, Line, OrderState, OrderView, Position,
    Yesterday,
};
use super::{figures, home, messages, moving, order, sentences, statement, words};

const BOTH: [Language; 2] = [Language::English, Language::Chinese];
/// Monday 2013-05-27 11:30 in Shanghai.
const MONDAY: i64 = 1_369_625_400_000_000;

fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

fn frame(language: Language) -> Frame {
    Frame {
        language,
        here: "/".to_owned(),
        csrf: Some("c5".to_owned()),
        told: None,
    }
}

fn schedule() -> Schedule {
    let calendar = Calendar::china_2013_2014().expect("a calendar");
    calendar.schedule(MONDAY).expect("covered")
}

fn bill(kind: BillKind, amount_fen: i64) -> Bill {
    Bill {
        order: Some(7),
        at: MONDAY,
        day: day("2013-05-27"),
        kind,
        amount_fen,
        state: Some(OrderState::Waits),
        memo: String::new(),
    }
}

/// A home with so many days of the fund.
fn home_of(days: i32) -> Home {
    let first = day("2013-05-28");
    let fund_day = |at: i32| FundDay {
        day: first.checked_add(at).expect("a day"),
        per_ten_thousand: 12_000 + i64::from((at * 7919) % 900),
        seven_day: (at >= 6).then(|| 4_380 + i64::from((at * 104_729) % 260)),
    };
    let last = first.checked_add(days - 1).expect("a day");
    Home {
        position: Position {
            wallet_fen: 123_456,
            shares_fen: 1_234_567,
            leaving_fen: 20_000,
            coming_fen: 50_000,
            held_fen: 1_000,
            income_fen: 1_480,
        },
        yesterday: match days {
            0 => Yesterday::TooEarly,
            _ => Yesterday::Done(DayIncome {
                day: last,
                shares_fen: 1_234_567,
                income_fen: 148,
            }),
        },
        days: (0..days).map(fund_day).collect(),
        bills: vec![
            bill(BillKind::MoveIn, 50_000),
            bill(BillKind::MoveOutFast, -20_000),
            bill(BillKind::Income, 148),
        ],
        pays: true,
    }
}

fn form(sheet: Sheet) -> Form {
    Form {
        position: home_of(1).position,
        schedule: Some(schedule()),
        cap: Some(Cap {
            cap_fen: 1_000_000,
            used_fen: 20_000,
        }),
        ..Form::empty(sheet, Typed::default(), "0f".repeat(16))
    }
}

fn check(sheet: Sheet, deed: Deed) -> Check {
    Check {
        sheet,
        once: "0f".repeat(16),
        deed,
        amount_fen: 123_456,
        schedule: schedule(),
        today: day("2013-05-27"),
        has_changed: deed == Deed::MoveIn,
    }
}

fn order_of(deed: Deed, is_confirmed: bool) -> OrderView {
    OrderView {
        id: 0xab,
        deed,
        amount_fen: 50_000,
        placed_at: MONDAY,
        placed_on: day("2013-05-27"),
        schedule: schedule(),
        is_confirmed,
    }
}

fn paper() -> statement::Statement {
    let line = Line {
        at: MONDAY,
        kind: BillKind::TopUp,
        amount_fen: 10_000,
        balance_fen: 10_000,
        memo: String::new(),
    };
    let sheet = |is_fund, lines: Vec<Line>| super::view::Sheet {
        is_fund,
        opening_fen: 0,
        closing_fen: 10_000,
        lines,
    };
    statement::Statement {
        user: 6_001,
        from: day("2013-05-27"),
        until: day("2013-05-31"),
        sheets: vec![sheet(false, vec![line]), sheet(true, Vec::new())],
    }
}

/// Every page there is, with each of its faces, by name.
pub(super) fn all(language: Language) -> Vec<(String, String)> {
    let frame = frame(language);
    let closed = Frame {
        told: Some(Told {
            subject: frame.say(words::CLOSED).to_owned(),
            text: frame.say(words::CLOSED_USUALLY).to_owned(),
        }),
        ..frame.clone()
    };
    let stranger = Frame {
        csrf: None,
        ..frame.clone()
    };
    let mut pages: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, page: maud::Markup| {
        pages.push((name.to_owned(), page.into_string()));
    };
    for days in [0, 1, 3, 7, 30] {
        add(&format!("home-{days}"), home::draw(&frame, &home_of(days)));
    }
    let mut open = home_of(12);
    open.yesterday = Yesterday::Open(day("2013-06-08"));
    add("home-open", home::draw(&frame, &open));
    add("home-closed", home::draw(&closed, &home_of(9)));
    let kinds = [
        (BillKind::Pay, -3_000),
        (BillKind::WalletPay, -100),
        (BillKind::TopUp, 100_000),
        (BillKind::Opening, 100),
        (BillKind::Other, 100),
        (BillKind::MoveOut, -100),
        (BillKind::Withdrawal, -100),
        (BillKind::Refund, 100),
        (BillKind::TransferIn, 100),
        (BillKind::TransferOut, -100),
        (BillKind::Hold, -100),
        (BillKind::Reversal, -100),
    ];
    let mut rows: Vec<Bill> = kinds.map(|(kind, fen)| bill(kind, fen)).into();
    for (row, state) in rows.iter_mut().zip([
        OrderState::Paid,
        OrderState::Arrived,
        OrderState::Confirmed,
        OrderState::Returned,
        OrderState::Reversed,
    ]) {
        row.state = Some(state);
        row.day = day("2013-06-02");
    }
    let next = Some("x.1".to_owned());
    let page = Page {
        rows,
        next,
        is_later: true,
    };
    add("bills", bills::draw(&frame, &page));
    let none = Page {
        rows: Vec::new(),
        next: None,
        is_later: false,
    };
    add("bills-none", bills::draw(&frame, &none));
    let incomes = |incomes: &[i64]| Page {
        rows: incomes
            .iter()
            .zip(0..)
            .map(|(income_fen, back)| DayIncome {
                day: day("2013-06-02").checked_add(-back).expect("a day"),
                shares_fen: 1_234_567,
                income_fen: *income_fen,
            })
            .collect(),
        next: None,
        is_later: false,
    };
    add(
        "incomes",
        bills::draw_incomes(&frame, 1_480, &incomes(&[148, 0, -12, 147])),
    );
    add(
        "incomes-none",
        bills::draw_incomes(&frame, 0, &incomes(&[])),
    );
    let deeds = [
        ("in", Sheet::MoveIn, Deed::MoveIn),
        ("out", Sheet::MoveOut, Deed::MoveOut),
        ("fast", Sheet::MoveOut, Deed::MoveOutFast),
        ("pay", Sheet::Pay, Deed::Pay { merchant: 7_001 }),
    ];
    for (name, sheet, deed) in deeds {
        add(&format!("form-{name}"), moving::draw(&frame, &form(sheet)));
        add(
            &format!("check-{name}"),
            moving::draw_check(&frame, &check(sheet, deed)),
        );
        for is_confirmed in [false, true] {
            let view = order_of(deed, is_confirmed);
            let page = order::draw(
                &frame,
                &view,
                if is_confirmed {
                    Just::DoneBefore
                } else {
                    Just::Done
                },
            );
            add(&format!("order-{name}-{is_confirmed}"), page);
        }
    }
    add("form-wrong", moving::draw(&frame, &wrong_form(&frame)));
    add("form-closed", moving::draw(&closed, &form(Sheet::MoveIn)));
    let mut asked = statement::Asked {
        from: "2013-05-27".to_owned(),
        until: "2013-05-31".to_owned(),
        wrong: None,
    };
    add("statement", statement::draw(&frame, &asked, Some(&paper())));
    asked.wrong = Some(frame.say(words::DAYS_UNREADABLE).to_owned());
    add("statement-wrong", statement::draw(&frame, &asked, None));
    add(
        "stranger",
        messages::strangers(&stranger, words::NOT_SIGNED_IN, &[words::HOW_TO_SIGN_IN]),
    );
    add(
        "signed-out",
        messages::strangers(&stranger, words::SIGNED_OUT, &[words::SIGNED_OUT_SAYS]),
    );
    for status in [400, 404, 405, 413, 429, 500, 503, 504] {
        let (title, says) = messages::of_status(status);
        add(
            &format!("error-{status}"),
            messages::draw(&stranger, title, &[says]),
        );
    }
    add("status", messages::status(&stranger, Some(MONDAY)));
    add("status-closed", messages::status(&closed, Some(MONDAY)));
    add("status-unknown", messages::status(&stranger, None));
    pages
}

fn wrong_form(frame: &Frame) -> Form {
    let mut wrong_form = form(Sheet::MoveOut);
    wrong_form.typed.amount = "20000".to_owned();
    let cap = wrong_form.cap.expect("a cap");
    wrong_form.wrong.amount = Some(sentences::above_cap(cap, frame.language));
    wrong_form
}

/// The text of a page, without tags and what is in them.
fn text_of(page: &str) -> String {
    let mut text = String::new();
    let mut is_inside = false;
    for one in page.chars() {
        match one {
            '<' => is_inside = true,
            '>' => {
                is_inside = false;
                text.push(' ');
            }
            _ if !is_inside => text.push(one),
            _ => {}
        }
    }
    text
}

fn is_han(one: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&one)
}

#[test]
fn every_word_has_both_languages() {
    for (name, words) in words::ALL {
        assert!(
            !words.en.trim().is_empty() && !words.zh.trim().is_empty(),
            "{name}"
        );
        if name.starts_with("OTHER_LANGUAGE") {
            continue;
        }
        assert!(!words.en.chars().any(is_han), "{name}: {}", words.en);
        assert!(words.zh.chars().any(is_han), "{name}: {}", words.zh);
        let latin = words.zh.replace("UTC", "");
        assert!(
            !latin.chars().any(|one| one.is_ascii_alphabetic()),
            "{name}: {}",
            words.zh
        );
    }
}

#[test]
fn no_page_has_words_of_the_other_language() {
    for (name, page) in all(Language::English) {
        let text = text_of(&page).replace("中文", "");
        let han: String = text.chars().filter(|one| is_han(*one)).collect();
        assert!(han.is_empty(), "{name}: {han}");
        assert!(page.contains("<html lang=\"en\">"), "{name}");
    }
    for (name, page) in all(Language::Chinese) {
        let text = text_of(&page).replace("English", "").replace("UTC", "");
        // The number of an order is hexadecimal.
        let text = text.replace("000000000000000000000000000000ab", "");
        let latin: String = text.chars().filter(char::is_ascii_alphabetic).collect();
        assert!(latin.is_empty(), "{name}: {latin}");
        assert!(page.contains("<html lang=\"zh-CN\">"), "{name}");
    }
}

#[test]
fn every_page_can_be_walked_by_keyboard_and_ear() {
    for language in BOTH {
        for (name, page) in all(language) {
            for once in [
                "<main",
                "<header",
                "<footer",
                "<h1",
                "<title>",
                "name=\"viewport\"",
            ] {
                assert_eq!(page.matches(once).count(), 1, "{name} {once}");
            }
            for never in [
                "<script", "style=", "http://", "https://", " onclick", "<img",
            ] {
                assert!(!page.contains(never), "{name} {never}");
            }
            for field in page.split("<input ").skip(1) {
                let field = field.split('>').next().expect("it ends");
                if field.contains("type=\"hidden\"") || field.contains("type=\"radio\"") {
                    continue;
                }
                let id = field
                    .split("id=\"")
                    .nth(1)
                    .and_then(|rest| rest.split('"').next());
                let id = id.unwrap_or_else(|| panic!("{name}: {field}"));
                assert!(
                    page.contains(&format!("<label for=\"{id}\"")),
                    "{name} {id}"
                );
            }
            for described in page.split("aria-describedby=\"").skip(1) {
                for id in described.split('"').next().expect("it ends").split(' ') {
                    assert!(page.contains(&format!("id=\"{id}\"")), "{name} {id}");
                }
            }
            // No id twice.
            let mut ids: Vec<&str> = page
                .split(" id=\"")
                .skip(1)
                .filter_map(|rest| rest.split('"').next())
                .collect();
            ids.sort_unstable();
            let all = ids.len();
            ids.dedup();
            assert_eq!(ids.len(), all, "{name}");
        }
    }
}

#[test]
fn what_others_wrote_is_escaped() {
    let evil = "<script>alert(1)</script>\"'&";
    let mut frame = frame(Language::English);
    frame.told = Some(Told {
        subject: evil.to_owned(),
        text: evil.to_owned(),
    });
    frame.here = format!("/bills?cursor={evil}");
    let mut home = home_of(1);
    home.bills[0].memo = evil.to_owned();
    let mut form = form(Sheet::Pay);
    frame.told = None;
    form.typed.amount = evil.to_owned();
    form.typed.merchant = evil.to_owned();
    form.wrong.amount = Some(evil.to_owned());
    let mut paper = paper();
    paper.sheets[0].lines[0].memo = evil.to_owned();
    let asked = statement::Asked {
        from: evil.to_owned(),
        until: evil.to_owned(),
        wrong: Some(evil.to_owned()),
    };
    let told = Frame {
        told: Some(Told {
            subject: evil.to_owned(),
            text: evil.to_owned(),
        }),
        ..frame.clone()
    };
    let pages = [
        home::draw(&told, &home),
        moving::draw(&frame, &form),
        statement::draw(&frame, &asked, Some(&paper)),
    ];
    for page in pages {
        let page = page.into_string();
        assert!(
            !page.contains("<script") && !page.contains("alert(1)</script>"),
            "{page}"
        );
        assert!(page.contains("&lt;script&gt;"), "{page}");
        // No attribute is broken out of either.
        assert!(!page.contains("\"'&\""), "{page}");
    }
}

#[test]
fn incomes_of_every_sign_and_size_are_said_plainly() {
    let table = [
        (148, "+1.48"),
        (0, ">0.00<"),
        (-12, "−0.12"),
        (123_456_789_012, "+1,234,567,890.12"),
    ];
    for language in BOTH {
        for (income_fen, figure) in table {
            let mut home = home_of(8);
            home.yesterday = Yesterday::Done(DayIncome {
                day: day("2013-06-04"),
                shares_fen: 1,
                income_fen,
            });
            let page = home::draw(&frame(language), &home).into_string();
            assert!(page.contains(figure), "{figure}: {page}");
        }
    }
    let mut rich = home_of(8);
    rich.position = Position {
        wallet_fen: i64::MAX,
        shares_fen: i64::MAX,
        coming_fen: i64::MAX,
        ..Position::default()
    };
    let page = home::draw(&frame(Language::English), &rich).into_string();
    assert!(page.contains("92,233,720,368,547,758.07"), "{page}");
}

#[test]
fn before_seven_days_there_is_no_yield_and_the_page_says_why() {
    let text =
        |days, language| text_of(&home::draw(&frame(language), &home_of(days)).into_string());
    for (days, says) in [
        (0, "No day of the fund"),
        (1, "So far there is 1: 6 days more"),
        (6, "there are 6: one day more"),
    ] {
        let text = text(days, Language::English);
        assert!(text.contains(says), "{text}");
    }
    assert!(text(3, Language::Chinese).contains("目前已有 3 日，还差 4 日"));
    let page = home::draw(&frame(Language::English), &home_of(6)).into_string();
    assert!(
        !page.contains("<polyline") && !page.contains("seven-day\""),
        "{page}"
    );
    let page = home::draw(&frame(Language::English), &home_of(8)).into_string();
    assert!(
        page.contains("<polyline") && page.contains("id=\"seven-day\""),
        "{page}"
    );
    assert!(page.contains("<table>"), "the same as a table");
}

#[test]
fn while_closed_there_are_words_and_no_way_to_move_money() {
    for language in BOTH {
        for (name, page) in all(language)
            .iter()
            .filter(|(name, _)| name.ends_with("-closed"))
        {
            assert!(page.contains(words::CLOSED_USUALLY.of(language)), "{name}");
            for way in [
                "href=\"/move-in\"",
                "href=\"/move-out\"",
                "href=\"/pay\"",
                "action=\"/move-in\"",
            ] {
                assert!(!page.contains(way), "{name} {way}");
            }
        }
    }
}

#[test]
fn an_order_says_when_its_money_earns_and_arrives() {
    let text = |deed, is_confirmed| {
        let view = order_of(deed, is_confirmed);
        text_of(&order::draw(&frame(Language::English), &view, Just::Seen).into_string())
    };
    let moved_in = text(Deed::MoveIn, false);
    for says in [
        "Pending",
        "Shares confirmed Tue 28 May",
        "Earns from Tue 28 May",
        "First income seen Wed 29 May",
    ] {
        assert!(moved_in.contains(says), "{says}: {moved_in}");
    }
    let moved_out = text(Deed::MoveOut, true);
    for says in [
        "Arrived",
        "Earns until Mon 27 May",
        "Money arrives Tue 28 May",
    ] {
        assert!(moved_out.contains(says), "{says}: {moved_out}");
    }
    let fast = text(Deed::MoveOutFast, false);
    for says in ["Arrived", "Earns until Sun 26 May", "Money arrives at once"] {
        assert!(fast.contains(says), "{says}: {fast}");
    }
    assert_eq!(figures::plain(50_000), "500.00");
}
