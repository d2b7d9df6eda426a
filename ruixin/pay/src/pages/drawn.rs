//! What holds of every page, and of some in particular.

use ruixin_pages::{Frame, Told};
use ruixin_service::language::Language;

use super::bills::{self, Just};
use super::samples::{
    all, bill, check, closed, detail, form, frame, holder, other, page, withdrawal, wrong_form,
};
use super::sheets::{self, Sheet};
use super::view::{Group, Home, Month, State, Wanted};
use super::{home, words};
use crate::codes::Kind;

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

/// Whoever hears the page hears the notice in its own language, where there is none in the page's.
#[test]
fn a_notice_in_another_language_says_which() {
    for (reader, written, tags) in [
        (Language::English, Language::Chinese, 2),
        (Language::Chinese, Language::Chinese, 0),
    ] {
        let told = Frame {
            told: closed(written).told,
            ..frame(reader)
        };
        let holder = holder(reader);
        let page = home::draw(
            &told,
            &Home {
                holder,
                bills: Vec::new(),
            },
        );
        let page = page.into_string();
        let notice = page.split("<section class=\"notice").nth(1);
        let notice = notice.and_then(|rest| rest.split("</section>").next());
        let notice = notice.expect("a notice");
        assert_eq!(notice.matches(" lang=\"zh-CN\"").count(), tags, "{notice}");
    }
}

/// What is to be mended has the keyboard.
#[test]
fn the_field_that_is_wrong_comes_first() {
    let language = Language::English;
    let field = |form: &sheets::Form| {
        let page = sheets::draw(&frame(language), form).into_string();
        let fields = page.split("<input id=\"").skip(1);
        let named = fields.filter(|rest| {
            let tag = rest.split('>').next().unwrap_or_default();
            tag.contains(" autofocus")
        });
        let names: Vec<String> = named
            .filter_map(|rest| Some(rest.split('"').next()?.to_owned()))
            .collect();
        names.join(" ")
    };
    let wrong = |to: bool, amount: bool, memo: bool| {
        let says = |is_wrong: bool| is_wrong.then(|| "wrong".to_owned());
        sheets::Form {
            wrong: sheets::Wrong {
                to: says(to),
                amount: says(amount),
                memo: says(memo),
                ..sheets::Wrong::default()
            },
            ..wrong_form(Sheet::Pay, language)
        }
    };
    for (to, amount, memo, first) in [
        (false, false, false, "to"),
        (true, true, false, "to"),
        (false, true, true, "amount"),
        (false, false, true, "memo"),
    ] {
        assert_eq!(field(&wrong(to, amount, memo)), first);
    }
    let top_up = wrong_form(Sheet::TopUp, language);
    assert_eq!(field(&top_up), "amount");
}

#[test]
fn what_others_wrote_is_escaped() {
    let evil = "<script>alert(1)</script>\"'&";
    let language = Language::English;
    let mut told = frame(language);
    told.told = Some(Told {
        language,
        subject: evil.to_owned(),
        text: evil.to_owned(),
    });
    told.here = format!("/bills?cursor={evil}");
    let mut holder = holder(language);
    holder.name = evil.to_owned();
    holder.bank = Some(evil.to_owned());
    let mut written = bill(Kind::TopUp, 1);
    written.memo = Some(evil.to_owned());
    written.bank = Some(evil.to_owned());
    let mut one = detail(written.clone(), language);
    one.other = Some(super::view::Other {
        name: evil.to_owned(),
        ..other(language, true)
    });
    let mut form = wrong_form(Sheet::Pay, language);
    form.typed.amount = evil.to_owned();
    form.typed.to = evil.to_owned();
    form.typed.memo = evil.to_owned();
    form.wrong.to = Some(evil.to_owned());
    let mut asked = check(Sheet::Transfer, language);
    asked.wish.memo = Some(evil.to_owned());
    let bills = vec![written.clone()];
    let pages = [
        home::draw(&told, &Home { holder, bills }),
        bills::draw(&told, &page(vec![written], Wanted::default())),
        bills::draw_one(&told, &one, Just::Seen),
        sheets::draw(&told, &form),
        sheets::draw_check(&told, &asked),
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
fn while_closed_there_are_words_and_no_way_to_move_money() {
    for language in BOTH {
        let closed: Frame = closed(language);
        let home = Home {
            holder: holder(language),
            bills: Vec::new(),
        };
        let page = home::draw(&closed, &home).into_string();
        assert!(page.contains(words::CLOSED_USUALLY.of(language)), "{page}");
        for sheet in Sheet::ALL {
            assert!(
                !page.contains(&format!("href=\"{}\"", sheet.path())),
                "{page}"
            );
        }
        let page = home::draw(&frame(language), &home).into_string();
        for sheet in Sheet::ALL {
            assert!(
                page.contains(&format!("href=\"{}\"", sheet.path())),
                "{page}"
            );
        }
    }
}

#[test]
fn a_withdrawal_says_what_becomes_of_it() {
    let text = |state| {
        let bill = detail(withdrawal(Kind::Freeze, state), Language::English);
        text_of(&bills::draw_one(&frame(Language::English), &bill, Just::Seen).into_string())
    };
    let waiting = text(State::Pending);
    for says in [
        "Frozen for a withdrawal",
        "Pending",
        "The bank is to answer",
    ] {
        assert!(waiting.contains(says), "{says}: {waiting}");
    }
    assert!(text(State::Done).contains("The bank has paid"));
    assert!(text(State::Failed).contains("the money is yours again"));
}

#[test]
fn a_person_is_named_as_friends_recognise_him_and_a_merchant_in_full() {
    let english = frame(Language::English);
    let mut one = detail(bill(Kind::TransferOut, -1), Language::English);
    let drawn = |one: &super::view::Detail| {
        text_of(&bills::draw_one(&english, one, Just::Seen).into_string())
    };
    let text = drawn(&one);
    assert!(text.contains("A** ***") && !text.contains("Ann"), "{text}");
    // Of its number there is no more than the end.
    assert!(
        text.contains("•••• 2345") && !text.contains("6987"),
        "{text}"
    );
    one.other = Some(other(Language::English, true));
    assert!(drawn(&one).contains("Ann Lee"));
}

#[test]
fn what_was_chosen_stays_chosen_and_goes_along_to_older_bills() {
    let wanted = Wanted {
        group: Some(Group::Payments),
        month: Month::parse("2013-04"),
    };
    let mut list = page(vec![bill(Kind::PaymentOut, -1)], wanted);
    list.next = Some("9.f".to_owned());
    list.is_later = true;
    let drawn = bills::draw(&frame(Language::English), &list).into_string();
    for part in [
        "<option value=\"pay\" selected>",
        "<option value=\"2013-04\" selected>",
        "href=\"/bills?kind=pay&amp;month=2013-04&amp;cursor=9.f\"",
        "href=\"/bills?kind=pay&amp;month=2013-04\"",
    ] {
        assert!(drawn.contains(part), "{part}: {drawn}");
    }
}

#[test]
fn a_form_keeps_what_was_typed_and_says_what_is_wrong_beside_it() {
    let form = wrong_form(Sheet::Transfer, Language::English);
    let drawn = sheets::draw(&frame(Language::English), &form).into_string();
    for part in [
        "value=\"20000\"",
        "value=\"12\"",
        "id=\"amount-wrong\" role=\"alert\">There are 1,234.56 yuan in the wallet: 18,765.44 are missing.<",
        "id=\"to-wrong\" role=\"alert\">An account number has 16 digits.<",
    ] {
        assert!(drawn.contains(part), "{part}: {drawn}");
    }
    let fresh = self::form(Sheet::Withdraw, Language::English);
    let drawn = sheets::draw(&frame(Language::English), &fresh).into_string();
    assert!(!drawn.contains("aria-invalid"), "{drawn}");
    assert!(
        drawn.contains("href=\"/withdraw?edit=1&amp;amount=1234.56\""),
        "{drawn}"
    );
}
