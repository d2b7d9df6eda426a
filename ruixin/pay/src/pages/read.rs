//! What is read: the home page, bills, one of them.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use ruixin_pages::figures;
use ruixin_pages::{Date, Host as _, Visit};
use ruixin_service::problem::{INVALID_REQUEST, Problem};

use super::bills::Just;
use super::view::{Group, Holder, Home, Month, Page, Wanted};
use super::{Pages, bills, home, words};

/// Bills on the home page, and on a page of bills.
const LATEST: usize = 5;
const ROWS: usize = 20;
/// Months that can be chosen at most: twenty years.
const MONTHS: usize = 240;

/// Lets only those in who are signed in and have an account.
pub(super) async fn holder(pages: &Pages, parts: &Parts) -> Result<(Visit, Holder), Response> {
    let (visit, user) = pages.door.signed_in(parts).await?;
    match pages.books.holder(&format!("{user:016}")).await {
        Ok(Some(holder)) => Ok((visit, holder)),
        // Other books have been imported since.
        Ok(None) => Err(visit.stranger()),
        Err(error) => Err(visit.problem(&error.into())),
    }
}

pub(super) async fn home(State(pages): State<Pages>, parts: Parts) -> Result<Response, Response> {
    let (visit, holder) = holder(&pages, &parts).await?;
    let wanted = Wanted::default();
    let bills = pages
        .books
        .bills(&holder.number, wanted, None, LATEST)
        .await;
    let (bills, _) = bills.map_err(|problem| visit.problem(&problem))?;
    let page = home::draw(&visit.frame, &Home { holder, bills });
    Ok(visit.page(StatusCode::OK, page))
}

pub(super) async fn bills(State(pages): State<Pages>, parts: Parts) -> Result<Response, Response> {
    let (visit, holder) = holder(&pages, &parts).await?;
    let wanted = wanted(&visit).map_err(|problem| visit.problem(&problem))?;
    let cursor = visit.asked("cursor");
    let found = pages
        .books
        .bills(&holder.number, wanted, cursor, ROWS)
        .await;
    let (rows, next) = found.map_err(|problem| visit.problem(&problem))?;
    let page = Page {
        rows,
        next,
        is_later: cursor.is_some(),
        wanted,
        months: months(holder.opened_at, pages.books.now()),
    };
    Ok(visit.page(StatusCode::OK, bills::draw(&visit.frame, &page)))
}

/// Reads which bills are wanted; nothing is said where a field is empty.
fn wanted(visit: &Visit) -> Result<Wanted, Problem> {
    let said = |name| visit.asked(name).filter(|text| !text.is_empty());
    let wrong = || Problem::new(INVALID_REQUEST);
    let group = said("kind").map(|key| Group::of_key(key).ok_or_else(wrong));
    let month = said("month").map(|text| Month::parse(text).ok_or_else(wrong));
    Ok(Wanted {
        group: group.transpose()?,
        month: month.transpose()?,
    })
}

/// The months from now back to the one in which the account was opened.
fn months(opened_at: i64, now: i64) -> Vec<Month> {
    let month = |micros| {
        let day: Option<Date> = figures::digits(micros).0.parse().ok();
        day.map(Month::of)
    };
    let Some(first) = month(opened_at) else {
        return Vec::new();
    };
    let all = std::iter::successors(month(now), |month| month.previous());
    all.take_while(|month| *month >= first)
        .take(MONTHS)
        .collect()
}

pub(super) async fn bill(
    State(pages): State<Pages>,
    Path(serial): Path<String>,
    parts: Parts,
) -> Result<Response, Response> {
    let (visit, holder) = holder(&pages, &parts).await?;
    let just = match visit.asked("done") {
        Some("1") => Just::Done,
        Some("again") => Just::DoneBefore,
        _ => Just::Seen,
    };
    let found = pages.books.detail(&holder.number, &serial).await;
    match found.map_err(|error| visit.problem(&error.into()))? {
        Some(detail) => {
            let page = bills::draw_one(&visit.frame, &detail, just);
            Ok(visit.page(StatusCode::OK, page))
        }
        None => Ok(visit.message(
            StatusCode::NOT_FOUND,
            words::NOT_FOUND,
            words::NOT_FOUND_SAYS,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_months_to_choose_go_from_now_back_to_the_opening() {
        // 2013-03-31 23:30 and 2013-05-27 11:30 in Shanghai.
        let (opened, now) = (1_364_743_800_000_000, 1_369_625_400_000_000);
        let months: Vec<String> = months(opened, now).iter().map(Month::to_string).collect();
        assert_eq!(months, ["2013-05", "2013-04", "2013-03"]);
        assert!(
            super::months(now, opened).is_empty(),
            "a clock that went back"
        );
        assert_eq!(
            super::months(i64::MIN, now).len(),
            240.min(months_since_1970())
        );
    }

    /// What is beyond the calendar is taken for its beginning.
    fn months_since_1970() -> usize {
        43 * 12 + 5
    }
}
