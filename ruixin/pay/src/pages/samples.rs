//! Views for the tests of the drawing, and every page drawn from them.

use ruixin_pages::{Frame, Told, messages};
use ruixin_service::language::Language;

use super::bills::{self, Just};
use super::house::HOUSE;
use super::sheets::{self, Check, Form, Sheet, Typed, Wish, Wrong};
use super::view::{Bill, Detail, Group, Holder, Home, Month, Order, Other, Page, State, Wanted};
use super::{home, sentences, words};
use crate::codes::Kind;

/// Monday 2013-05-27 11:30 in Shanghai.
const MONDAY: i64 = 1_369_625_400_000_000;
const OWN: &str = "6123456789012345";
const OTHER: &str = "6987654321012345";

pub(super) fn frame(language: Language) -> Frame {
    Frame {
        house: &HOUSE,
        language,
        here: "/".to_owned(),
        csrf: Some("c5".to_owned()),
        told: None,
    }
}

pub(super) fn closed(language: Language) -> Frame {
    Frame {
        told: Some(Told {
            language,
            subject: words::CLOSED.of(language).to_owned(),
            text: words::CLOSED_USUALLY.of(language).to_owned(),
        }),
        ..frame(language)
    }
}

fn name(language: Language) -> String {
    let names = match language {
        Language::English => "Ann Lee",
        Language::Chinese => "王芳",
    };
    names.to_owned()
}

pub(super) fn holder(language: Language) -> Holder {
    Holder {
        number: OWN.to_owned(),
        name: name(language),
        bank: Some("ICBC".to_owned()),
        opened_at: MONDAY,
        balance_fen: 123_456,
        frozen_fen: 2_000,
    }
}

pub(super) fn order(state: State) -> Order {
    Order {
        id: "201305270010000000001".to_owned(),
        is_withdrawal: false,
        state: Some(state),
        payer: Some(OWN.to_owned()),
        payee: Some(OTHER.to_owned()),
        refunded_fen: 0,
        bank: None,
        created_at: MONDAY,
        finished_at: Some(MONDAY),
    }
}

pub(super) fn bill(kind: Kind, amount_fen: i64) -> Bill {
    Bill {
        serial: "2013052700100000000123".to_owned(),
        kind: Some(kind),
        amount_fen,
        fee_fen: 0,
        coupon_fen: None,
        balance_after_fen: 123_456,
        at: MONDAY,
        day: "2013-05-27".parse().expect("a day"),
        counterparty: None,
        bank: None,
        memo: None,
        order: None,
    }
}

fn with_order(kind: Kind, amount_fen: i64, state: State) -> Bill {
    Bill {
        order: Some(order(state)),
        ..bill(kind, amount_fen)
    }
}

pub(super) fn withdrawal(kind: Kind, state: State) -> Bill {
    let is_over = !state.is_waiting();
    Bill {
        order: Some(Order {
            is_withdrawal: true,
            payee: None,
            bank: Some("CMB".to_owned()),
            finished_at: is_over.then_some(MONDAY),
            ..order(state)
        }),
        ..bill(kind, -2_000)
    }
}

pub(super) fn other(language: Language, is_merchant: bool) -> Other {
    Other {
        number: OTHER.to_owned(),
        name: name(language),
        is_merchant,
    }
}

pub(super) fn detail(bill: Bill, language: Language) -> Detail {
    Detail {
        bill,
        other: Some(other(language, false)),
        beside: Vec::new(),
    }
}

pub(super) fn page(rows: Vec<Bill>, wanted: Wanted) -> Page {
    let may = Month::parse("2013-05").expect("a month");
    Page {
        rows,
        next: None,
        is_later: false,
        wanted,
        months: std::iter::successors(Some(may), |month| month.previous())
            .take(3)
            .collect(),
    }
}

pub(super) fn form(sheet: Sheet, language: Language) -> Form {
    Form {
        sheet,
        typed: Typed::default(),
        wrong: Wrong::default(),
        once: "0f".repeat(16),
        holder: holder(language),
        banks: ["ABC", "ICBC", "UNIONPAY"].map(str::to_owned).into(),
    }
}

/// A form of which everything is wrong.
pub(super) fn wrong_form(sheet: Sheet, language: Language) -> Form {
    let say = |words: ruixin_service::language::Words| Some(words.of(language).to_owned());
    Form {
        typed: Typed {
            amount: "20000".to_owned(),
            to: "12".to_owned(),
            bank: "ICBC".to_owned(),
            memo: String::new(),
        },
        wrong: Wrong {
            amount: Some(sentences::too_little(123_456, 2_000_000, language)),
            to: say(words::NUMBER_UNREADABLE),
            bank: say(words::BANK_MISSING),
            memo: say(words::MEMO_UNFIT),
            whole: say(words::TRY_LATER),
        },
        ..form(sheet, language)
    }
}

pub(super) fn check(sheet: Sheet, language: Language) -> Check {
    Check {
        wish: Wish {
            sheet,
            amount_fen: 123_456,
            to: OTHER.to_owned(),
            bank: "ICBC".to_owned(),
            memo: sheet.has_other().then(|| name(language)),
        },
        once: "0f".repeat(16),
        other: sheet
            .has_other()
            .then(|| other(language, sheet == Sheet::Pay)),
        fee_fen: 123,
    }
}

/// Every page there is, with each of its faces, by name.
pub(super) fn all(language: Language) -> Vec<(String, String)> {
    let mut pages: Vec<(String, maud::Markup)> = Vec::new();
    let mut add = |name: &str, page: maud::Markup| pages.push((name.to_owned(), page));
    let frame = frame(language);
    let closed = closed(language);
    let bills = vec![
        with_order(Kind::PaymentOut, -3_000, State::PartlyRefunded),
        withdrawal(Kind::Freeze, State::Pending),
        bill(Kind::TopUp, 100_000),
    ];
    for (name, frame, bills) in [
        ("home", &frame, bills),
        ("home-new", &frame, Vec::new()),
        ("home-closed", &closed, Vec::new()),
    ] {
        let holder = holder(language);
        add(name, home::draw(frame, &Home { holder, bills }));
    }
    lists(&frame, &mut add);
    details(&frame, &mut add);
    for sheet in Sheet::ALL {
        let name = |what: &str| format!("{}-{what}", sheet.path().trim_start_matches('/'));
        add(&name("form"), sheets::draw(&frame, &form(sheet, language)));
        let wrong = wrong_form(sheet, language);
        add(&name("wrong"), sheets::draw(&frame, &wrong));
        let check = check(sheet, language);
        add(&name("check"), sheets::draw_check(&frame, &check));
    }
    let stranger = Frame {
        csrf: None,
        ..frame.clone()
    };
    let says = [HOUSE.how_to_sign_in];
    add(
        "stranger",
        messages::strangers(&stranger, words::NOT_SIGNED_IN, &says),
    );
    let says = [HOUSE.link_used];
    add(
        "link-used",
        messages::strangers(&stranger, words::LINK_USED, &says),
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
        .into_iter()
        .map(|(name, page)| (name, page.0))
        .collect()
}

fn lists(frame: &Frame, add: &mut impl FnMut(&str, maud::Markup)) {
    let mut rows: Vec<Bill> = Kind::ALL.iter().map(|kind| bill(*kind, 100)).collect();
    let states = ["1", "2", "3", "4", "5", "6", "7"];
    for (row, state) in rows.iter_mut().zip(states) {
        row.order = Some(order(State::of_code(state).expect("a state")));
    }
    rows.push(Bill {
        kind: None,
        day: "2013-04-30".parse().expect("a day"),
        ..bill(Kind::TopUp, -100)
    });
    let mut many = page(rows, Wanted::default());
    many.next = Some("x.1".to_owned());
    many.is_later = true;
    add("bills", bills::draw(frame, &many));
    add(
        "bills-none",
        bills::draw(frame, &page(Vec::new(), Wanted::default())),
    );
    let wanted = Wanted {
        group: Some(Group::Transfers),
        month: Month::parse("2013-04"),
    };
    add(
        "bills-none-such",
        bills::draw(frame, &page(Vec::new(), wanted)),
    );
}

fn details(frame: &Frame, add: &mut impl FnMut(&str, maud::Markup)) {
    let language = frame.language;
    let mut paid = with_order(Kind::PaymentOut, -3_000, State::PartlyRefunded);
    paid.fee_fen = 10;
    paid.coupon_fen = Some(500);
    if let Some(order) = &mut paid.order {
        order.refunded_fen = 100;
    }
    let paid = Detail {
        other: Some(other(language, true)),
        beside: vec![with_order(Kind::RefundIn, 100, State::PartlyRefunded)],
        ..detail(paid, language)
    };
    add("bill-paid", bills::draw_one(frame, &paid, Just::Done));
    let got = detail(with_order(Kind::TransferIn, 100, State::Done), language);
    add("bill-got", bills::draw_one(frame, &got, Just::DoneBefore));
    for state in [State::Pending, State::Done, State::Failed] {
        let bill = Detail {
            other: None,
            ..detail(withdrawal(Kind::Freeze, state), language)
        };
        let name = format!("bill-withdrawal-{state:?}");
        add(&name, bills::draw_one(frame, &bill, Just::Seen));
    }
}
