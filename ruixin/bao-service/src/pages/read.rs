//! What is read: the home page, bills, incomes, orders, statements.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use ruixin_bao::Day;
use ruixin_pages::Visit;
use ruixin_service::problem::Problem;

use super::desk::MOST_LINES;
use super::order::Just;
use super::statement::{Asked, Statement};
use super::view::{Home, Yesterday};
use super::{Pages, bills, home, order, statement, words};

/// Bills on the home page, and on a page of bills.
const LATEST: usize = 5;
const ROWS: usize = 20;
/// Days that the curve shows at most.
const CURVE: usize = 30;
/// Days that a statement covers at most.
const LONGEST: i32 = 366;

/// Lets only those in who are signed in; gives the visit and the user.
macro_rules! signed_in {
    ($pages:ident, $parts:ident) => {
        match $pages.door.signed_in(&$parts).await {
            Ok(signed_in) => signed_in,
            Err(response) => return response,
        }
    };
}
pub(super) use signed_in;

/// Answers with a page, or with what went wrong.
fn told(visit: &Visit, page: Result<maud::Markup, Problem>) -> Response {
    match page {
        Ok(page) => visit.page(StatusCode::OK, page),
        Err(problem) => visit.problem(&problem),
    }
}

pub(super) async fn home(State(pages): State<Pages>, parts: Parts) -> Response {
    let (visit, user) = signed_in!(pages, parts);
    let view = home_of(&pages, user).await;
    told(&visit, view.map(|view| home::draw(&visit.frame, &view)))
}

async fn home_of(pages: &Pages, user: u64) -> Result<Home, Problem> {
    let desk = &pages.desk;
    let days = desk.fund_days(CURVE).await?;
    let today = super::move_money::today(pages)?;
    let yesterday = today.previous().filter(|day| *day >= desk.first_day());
    let is_divided = |day: Day| days.last().is_some_and(|last| last.day >= day);
    let yesterday = match yesterday {
        None => Yesterday::TooEarly,
        Some(day) if is_divided(day) => Yesterday::Done(desk.income_of(user, day).await?),
        Some(day) => Yesterday::Open(day),
    };
    let caps = desk.caps(user).await?;
    Ok(Home {
        position: desk.position(user).await?,
        yesterday,
        days,
        bills: desk.bills(user, None, LATEST).await?.rows,
        under_way: desk.under_way(user, ROWS).await?,
        pays: caps.payment.is_none_or(|cap| cap.cap_fen > 0),
    })
}

pub(super) async fn bills(State(pages): State<Pages>, parts: Parts) -> Response {
    let (visit, user) = signed_in!(pages, parts);
    let page = pages.desk.bills(user, visit.asked("cursor"), ROWS).await;
    told(&visit, page.map(|page| bills::draw(&visit.frame, &page)))
}

pub(super) async fn incomes(State(pages): State<Pages>, parts: Parts) -> Response {
    let (visit, user) = signed_in!(pages, parts);
    let page = async {
        let in_all = pages.desk.position(user).await?.income_fen;
        let cursor = visit.asked("cursor");
        let page = pages.desk.incomes(user, cursor, ROWS).await?;
        Ok(bills::draw_incomes(&visit.frame, in_all, &page))
    };
    told(&visit, page.await)
}

/// Reads the number of an order: 32 hexadecimal digits, in lower case.
fn order_id(text: &str) -> Option<u128> {
    let is_number = text.len() == 32
        && text
            .bytes()
            .all(|one| matches!(one, b'0'..=b'9' | b'a'..=b'f'));
    is_number.then(|| u128::from_str_radix(text, 16).ok())?
}

pub(super) async fn order(
    State(pages): State<Pages>,
    Path(id): Path<String>,
    parts: Parts,
) -> Response {
    let (visit, user) = signed_in!(pages, parts);
    let found = match order_id(&id) {
        Some(id) => pages.desk.order(user, id).await,
        None => Ok(None),
    };
    let just = match visit.asked("done") {
        Some("1") => Just::Done,
        Some("again") => Just::DoneBefore,
        _ => Just::Seen,
    };
    match found {
        Ok(Some(found)) => visit.page(StatusCode::OK, order::draw(&visit.frame, &found, just)),
        Ok(None) => visit.message(
            StatusCode::NOT_FOUND,
            words::NOT_FOUND,
            words::NOT_FOUND_SAYS,
        ),
        Err(problem) => visit.problem(&problem),
    }
}

pub(super) async fn statement(State(pages): State<Pages>, parts: Parts) -> Response {
    let (visit, user) = signed_in!(pages, parts);
    let today = match super::move_money::today(&pages) {
        Ok(today) => today,
        Err(problem) => return visit.problem(&problem),
    };
    // Left out, they are the last thirty days.
    let days = |back: i32| today.checked_add(back).unwrap_or(today).to_string();
    let typed = |name: &str, usual: String| visit.asked(name).map_or(usual, str::to_owned);
    let mut asked = Asked {
        from: typed("from", days(-29)),
        until: typed("until", days(0)),
        wrong: None,
    };
    let (from, until) = match span(&asked) {
        Ok(span) => span,
        Err(wrong) => {
            asked.wrong = Some(visit.frame.say(wrong).to_owned());
            let page = statement::draw(&visit.frame, &asked, None);
            return visit.page(StatusCode::UNPROCESSABLE_ENTITY, page);
        }
    };
    let sheets = match pages.desk.statement(user, from, until).await {
        Ok(sheets) => sheets,
        Err(problem) => return visit.problem(&problem),
    };
    if sheets.iter().map(|sheet| sheet.lines.len()).sum::<usize>() > MOST_LINES {
        asked.wrong = Some(visit.frame.say(words::TOO_MANY_LINES).to_owned());
        let page = statement::draw(&visit.frame, &asked, None);
        return visit.page(StatusCode::UNPROCESSABLE_ENTITY, page);
    }
    let statement = Statement {
        user,
        from,
        until,
        sheets,
    };
    let page = statement::draw(&visit.frame, &asked, Some(&statement));
    visit.page(StatusCode::OK, page)
}

fn span(asked: &Asked) -> Result<(Day, Day), ruixin_service::language::Words> {
    let day = |text: &str| {
        let day: Day = text.parse().ok()?;
        // Only as it is asked for: the ledger takes more ways to write a day.
        (day.to_string() == text).then_some(day)
    };
    let (Some(from), Some(until)) = (day(&asked.from), day(&asked.until)) else {
        return Err(words::DAYS_UNREADABLE);
    };
    if from > until {
        return Err(words::DAYS_UNREADABLE);
    }
    match until.number().saturating_sub(from.number()) < LONGEST {
        true => Ok((from, until)),
        false => Err(words::SPAN_TOO_LONG),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_orders_are_read_as_they_are_written_and_not_otherwise() {
        let span = |from: &str, until: &str| {
            let asked = Asked {
                from: from.to_owned(),
                until: until.to_owned(),
                wrong: None,
            };
            span(&asked)
        };
        assert!(span("2013-05-27", "2013-05-27").is_ok());
        assert!(span("2013-01-01", "2014-01-01").is_ok());
        assert_eq!(span("2013-01-01", "2014-01-02"), Err(words::SPAN_TOO_LONG));
        for (from, until) in [
            ("2013-05-28", "2013-05-27"),
            ("", "2013-05-27"),
            ("2013-02-30", "2013-05-27"),
            ("20130501", "2013-05-27"),
            ("2013-05-01 00:00", "2013-05-27"),
        ] {
            assert_eq!(span(from, until), Err(words::DAYS_UNREADABLE), "{from}");
        }
        assert_eq!(
            order_id(&"0f".repeat(16)),
            Some(u128::from_be_bytes([15; 16]))
        );
        for wrong in [
            "",
            "0f",
            &"0F".repeat(16),
            &"+f".repeat(16),
            &"0f".repeat(17),
        ] {
            assert_eq!(order_id(wrong), None, "{wrong}");
        }
    }
}
