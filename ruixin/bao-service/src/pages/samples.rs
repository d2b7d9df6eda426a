//! Views for the tests of the drawing, and every page drawn from them.

use ruixin_bao::Day;
use ruixin_bao::calendar::{Calendar, Schedule};
use ruixin_bao_store::ItemKind;
use ruixin_pages::{Frame, Told, messages};
use ruixin_service::language::Language;

use super::bills::{self, Page};
use super::house::HOUSE;
use super::moving::{Check, Form, Sheet, Typed};
use super::order::Just;
use super::view::{
    Bill, BillKind, Cap, DayIncome, Deed, FundDay, Home, Line, OrderState, OrderView, Position,
    UnderWay, Yesterday,
};
use super::{home, moving, order, sentences, statement, words};

/// Monday 2013-05-27 11:30 in Shanghai.
const MONDAY: i64 = 1_369_625_400_000_000;

pub(super) fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

pub(super) fn frame(language: Language) -> Frame {
    Frame {
        house: &HOUSE,
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

pub(super) fn bill(kind: BillKind, amount_fen: i64) -> Bill {
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
pub(super) fn home_of(days: i32) -> Home {
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
        under_way: vec![UnderWay {
            name: "201305270010000000007".to_owned(),
            kind: ItemKind::Withdrawal,
            left_fen: 5_000,
        }],
        pays: true,
    }
}

pub(super) fn form(sheet: Sheet) -> Form {
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

pub(super) fn order_of(deed: Deed, is_confirmed: bool) -> OrderView {
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

pub(super) fn paper() -> statement::Statement {
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
    let mut faces = Faces {
        frame: frame(language),
        pages: Vec::new(),
    };
    faces.homes();
    faces.lists();
    faces.deeds();
    faces.papers();
    faces.messages();
    faces.pages
}

struct Faces {
    frame: Frame,
    pages: Vec<(String, String)>,
}

impl Faces {
    fn add(&mut self, name: &str, page: &maud::Markup) {
        self.pages.push((name.to_owned(), page.0.clone()));
    }

    fn closed(&self) -> Frame {
        Frame {
            told: Some(Told {
                language: self.frame.language,
                subject: self.frame.say(words::CLOSED).to_owned(),
                text: self.frame.say(words::CLOSED_USUALLY).to_owned(),
            }),
            ..self.frame.clone()
        }
    }

    fn homes(&mut self) {
        for days in [0, 1, 3, 7, 30] {
            let page = home::draw(&self.frame, &home_of(days));
            self.add(&format!("home-{days}"), &page);
        }
        let mut open = home_of(12);
        open.yesterday = Yesterday::Open(day("2013-06-08"));
        self.add("home-open", &home::draw(&self.frame, &open));
        self.add("home-closed", &home::draw(&self.closed(), &home_of(9)));
    }

    fn lists(&mut self) {
        let bills = Page {
            rows: bills_of_all_kinds(),
            next: Some("x.1".to_owned()),
            is_later: true,
        };
        self.add("bills", &bills::draw(&self.frame, &bills));
        let none = Page {
            rows: Vec::new(),
            next: None,
            is_later: false,
        };
        self.add("bills-none", &bills::draw(&self.frame, &none));
        for (name, some) in [("incomes", &[148, 0, -12, 147][..]), ("incomes-none", &[])] {
            let income = |(income_fen, back): (&i64, i32)| DayIncome {
                day: day("2013-06-02").checked_add(-back).expect("a day"),
                shares_fen: 1_234_567,
                income_fen: *income_fen,
            };
            let page = Page {
                rows: some.iter().zip(0..).map(income).collect(),
                next: None,
                is_later: false,
            };
            self.add(
                name,
                &bills::draw_incomes(&self.frame, some.iter().sum(), &page),
            );
        }
    }

    fn deeds(&mut self) {
        let deeds = [
            ("in", Sheet::MoveIn, Deed::MoveIn),
            ("out", Sheet::MoveOut, Deed::MoveOut),
            ("fast", Sheet::MoveOut, Deed::MoveOutFast),
            ("pay", Sheet::Pay, Deed::Pay { merchant: 7_001 }),
        ];
        for (name, sheet, deed) in deeds {
            let page = moving::draw(&self.frame, &form(sheet));
            self.add(&format!("form-{name}"), &page);
            let page = moving::draw_check(&self.frame, &check(sheet, deed));
            self.add(&format!("check-{name}"), &page);
            for (is_confirmed, just) in [(false, Just::Done), (true, Just::DoneBefore)] {
                let page = order::draw(&self.frame, &order_of(deed, is_confirmed), just);
                self.add(&format!("order-{name}-{is_confirmed}"), &page);
            }
        }
        let wrong = wrong_form(&self.frame);
        self.add("form-wrong", &moving::draw(&self.frame, &wrong));
        let page = moving::draw(&self.closed(), &form(Sheet::MoveIn));
        self.add("form-closed", &page);
    }

    fn papers(&mut self) {
        let mut asked = statement::Asked {
            from: "2013-05-27".to_owned(),
            until: "2013-05-31".to_owned(),
            wrong: None,
        };
        let page = statement::draw(&self.frame, &asked, Some(&paper()));
        self.add("statement", &page);
        asked.wrong = Some(self.frame.say(words::DAYS_UNREADABLE).to_owned());
        self.add(
            "statement-wrong",
            &statement::draw(&self.frame, &asked, None),
        );
    }

    fn messages(&mut self) {
        let stranger = Frame {
            csrf: None,
            ..self.frame.clone()
        };
        for (name, title, says) in [
            ("stranger", words::NOT_SIGNED_IN, words::HOW_TO_SIGN_IN),
            ("signed-out", words::SIGNED_OUT, words::SIGNED_OUT_SAYS),
            ("link-used", words::LINK_USED, words::LINK_USED_SAYS),
        ] {
            self.add(name, &messages::strangers(&stranger, title, &[says]));
        }
        for status in [400, 404, 405, 413, 429, 500, 503, 504] {
            let (title, says) = messages::of_status(status);
            let page = messages::draw(&stranger, title, &[says]);
            self.add(&format!("error-{status}"), &page);
        }
        self.add("status", &messages::status(&stranger, Some(MONDAY)));
        let page = messages::status(&self.closed(), Some(MONDAY));
        self.add("status-closed", &page);
        self.add("status-unknown", &messages::status(&stranger, None));
    }
}

fn bills_of_all_kinds() -> Vec<Bill> {
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
    let states = [
        OrderState::Paid,
        OrderState::Arrived,
        OrderState::Confirmed,
        OrderState::Returned,
        OrderState::Reversed,
    ];
    for (row, state) in rows.iter_mut().zip(states) {
        row.state = Some(state);
        row.day = day("2013-06-02");
    }
    rows
}

fn wrong_form(frame: &Frame) -> Form {
    let mut wrong_form = form(Sheet::MoveOut);
    wrong_form.typed.amount = "20000".to_owned();
    let cap = wrong_form.cap.expect("a cap");
    wrong_form.wrong.amount = Some(sentences::above_cap(cap, frame.language));
    wrong_form
}
