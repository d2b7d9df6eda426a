//! What holds of every page, and of some in particular.

use ruixin_pages::{Frame, Told};
use ruixin_service::language::Language;

use super::moving::Sheet;
use super::order::Just;
use super::samples::{all, day, form, frame, home_of, order_of, paper};
use super::view::{DayIncome, Deed, Home, Position, Yesterday};
use super::{figures, home, moving, order, statement, words};

#[path = "../../../pages/tests/support/checks.rs"]
mod checks;

use checks::text_of;

const BOTH: [Language; 2] = [Language::English, Language::Chinese];

#[test]
fn every_word_has_both_languages() {
    for (name, words) in words::ALL {
        assert_eq!(words::is_fit(*words, &[]), Ok(()), "{name}");
    }
}

#[test]
fn no_page_has_words_of_the_other_language() {
    for language in BOTH {
        for (name, page) in all(language) {
            // The number of an order is hexadecimal.
            let page = page.replace("000000000000000000000000000000ab", "");
            checks::is_of_one_language(&name, &page, language);
        }
    }
}

#[test]
fn every_page_can_be_walked_by_keyboard_and_ear() {
    for language in BOTH {
        for (name, page) in all(language) {
            checks::is_walkable(&name, &page);
        }
    }
}

#[test]
fn what_others_wrote_is_escaped() {
    let evil = "<script>alert(1)</script>\"'&";
    let mut frame = frame(Language::English);
    frame.told = Some(Told {
        language: Language::English,
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
            language: Language::English,
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
fn what_is_under_way_since_the_move_is_shown_by_its_number() {
    let number = "201305270010000000007";
    for language in BOTH {
        let text = |home: &Home| text_of(&home::draw(&frame(language), home).into_string());
        let mut home = home_of(1);
        for says in [words::UNDER_WAY, words::ITEM_WITHDRAWAL] {
            assert!(text(&home).contains(says.of(language)), "{}", text(&home));
        }
        assert!(text(&home).contains(number) && text(&home).contains("50.00"));
        home.under_way.clear();
        assert!(!text(&home).contains(words::UNDER_WAY.of(language)));
        assert!(!text(&home).contains(number));
    }
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
