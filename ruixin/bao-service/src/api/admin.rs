//! What only an admin may ask for: the window, days, proofs; and links for users.

use std::num::NonZeroUsize;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use ruixin_bao_store::{Notice as Kept, Store, StoreError};
use ruixin_service::body::{Body, Id as Name, id, json, parsed, read, read_or_usual};
use ruixin_service::notices::{Call, Instant, Notice, call_schema};
use ruixin_service::problem::{INTERNAL, Problem};
use schemars::{Schema, SchemaGenerator};

use super::App;
use crate::books::BooksError;
use crate::names::Date;
use crate::refusal::{CLOSED_MEANWHILE, DAY_NOT_FOUND, Refusal, TEXT_UNFIT};
use crate::view::{DayRun, DayRunView, ProvedView, StandingView};

/// The steps whose hooks open the window: Bao is what is moved to.
const OPENING: &[&str] = &[RELEASE];
const RELEASE: &str = "release";
/// The steps whose hooks close it.
const CLOSING: &[&str] = &["freeze", "rollback"];
/// Threads of a division at most.
const THREADS: usize = 4;

/// Makes the schema of a call that opens.
pub(super) fn opening_schema(_: &mut SchemaGenerator) -> Schema {
    call_schema(OPENING)
}

/// Makes the schema of a call that closes.
pub(super) fn closing_schema(_: &mut SchemaGenerator) -> Schema {
    call_schema(CLOSING)
}

pub(super) async fn open(State(app): State<App>, body: Body) -> Result<Response, Problem> {
    let call = read_or_usual::<Call>(body)?.of_steps(OPENING)?;
    // It comes the night before, and changes nothing.
    if call.rehearsal {
        return json(&StandingView::of(&app.books.standing().await?));
    }
    let latch = app.books.read(Store::latch).await?;
    // The release of a move opens what was moved and verified: books that never took it over are not
    // those, nor such as have changed since. Nor are they when somebody else opens them first.
    let is_release = call.step.as_deref() == Some(RELEASE);
    let is_first = latch.has_taken_over && !latch.was_open;
    // Given again, it was looked at before: since then people have used them.
    if !latch.is_open && (is_release || is_first) {
        let ledger = app.books.ledger().map(str::to_owned);
        let look = move |store: &mut Store| store.is_as_taken_over(ledger.as_deref());
        app.books.long(look).await?;
    }
    let now = app.books.now();
    // Whoever closes them while they are looked at wants them closed.
    let set = move |store: &mut Store| store.open_unless_closed(&latch, now);
    let set = app.books.aside(set)?.await;
    match set.map_err(|_| BooksError::Gone)?? {
        Some(standing) => json(&StandingView::of(&standing)),
        None => Err(Problem::new(CLOSED_MEANWHILE)),
    }
}

pub(super) async fn close(State(app): State<App>, body: Body) -> Result<Response, Problem> {
    let call = read_or_usual::<Call>(body)?.of_steps(CLOSING)?;
    let standing = match call.rehearsal {
        true => app.books.standing().await?,
        false => {
            let now = app.books.now();
            // Beside long work: a window must not wait for a proof.
            let set = app.books.aside(move |store| store.set_open(false, now))?;
            set.await.map_err(|_| BooksError::Gone)??
        }
    };
    json(&StandingView::of(&standing))
}

pub(super) async fn tell(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let notice: Notice = parsed(&read(&headers, body)?)?;
    if !notice.is_fit() {
        return Err(Problem::new(TEXT_UNFIT));
    }
    let until = notice.until().map(Instant::text).map(str::to_owned);
    let kept = Kept {
        language: notice.language.code().to_owned(),
        kind: notice.kind,
        subject: notice.subject,
        text: notice.text,
        until,
    };
    let told = app.books.aside(move |store| {
        store.tell_users(&kept)?;
        store.standing()
    })?;
    let standing = told.await.map_err(|_| BooksError::Gone)??;
    json(&StandingView::of(&standing))
}

pub(super) async fn run_day(
    State(app): State<App>,
    name: Name,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let Some(Date(day)) = Date::parse(&id(name)?) else {
        return Err(Problem::new(DAY_NOT_FOUND));
    };
    let DayRun { income } = parsed(&read(&headers, body)?)?;
    let now = app.books.now();
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = NonZeroUsize::new(threads.min(THREADS)).ok_or(Problem::new(INTERNAL))?;
    let run = move |store: &mut Store| match store.run_day(day, income.fen(), now, threads) {
        Ok(run) => Ok(Ok(run)),
        Err(StoreError::Fund(error)) => {
            // What it lacks is told by the account as it is: of the step nothing was done.
            match Refusal::of_step(&error, |account| store.account(account))? {
                Some(refusal) => Ok(Err(refusal)),
                None => Err(error.into()),
            }
        }
        Err(error) => Err(error),
    };
    match app.books.long(run).await? {
        Ok(run) => json(&DayRunView::of(&run)),
        Err(refusal) => Err(refusal.problem()),
    }
}

pub(super) async fn prove(State(app): State<App>, body: Body) -> Result<Response, Problem> {
    // A hook may call it, too; whatever step it is, a proof changes nothing.
    read_or_usual::<Call>(body)?;
    json(&ProvedView::of(&app.books.long(Store::prove).await?))
}
