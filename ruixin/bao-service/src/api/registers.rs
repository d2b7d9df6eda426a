//! The register of a day, as the registrar gets it.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use bytes::{Bytes, BytesMut};
use http_body::Frame;
use ruixin_bao::Day;
use ruixin_bao_store::StoreError;
use ruixin_service::body::{Id as Name, id};
use ruixin_service::problem::{OVERLOADED, Problem};
use tokio::sync::mpsc;

use super::App;
use crate::books::BooksError;
use crate::names::Date;
use crate::refusal::DAY_NOT_FOUND;

/// Bytes of a piece.
const PIECE: usize = 64 * 1024;
/// Pieces that wait for the caller at most.
const PIECES: usize = 8;
/// How long a caller may take no piece.
const PATIENCE: Duration = Duration::from_secs(30);
const CSV: &str = "text/csv; charset=utf-8";

fn day(name: Name) -> Result<Day, Problem> {
    let day = Date::parse(&id(name)?);
    day.map(|day| day.0).ok_or(Problem::new(DAY_NOT_FOUND))
}

pub(super) async fn totals(State(app): State<App>, name: Name) -> Result<Response, Problem> {
    let day = day(name)?;
    let read = move |store: &mut ruixin_bao_store::Store| store.register_totals(day);
    let totals = app.books.read(read).await?;
    let mut text = Vec::new();
    totals.write(&mut text).map_err(|error| {
        BooksError::from(StoreError::File {
            path: "the totals".to_owned(),
            why: error.to_string(),
        })
    })?;
    Ok(([(header::CONTENT_TYPE, CSV)], text).into_response())
}

pub(super) async fn register(State(app): State<App>, name: Name) -> Result<Response, Problem> {
    let day = day(name)?;
    // What there is none of must be said before the first piece.
    let read = move |store: &mut ruixin_bao_store::Store| store.register_totals(day);
    app.books.read(read).await?;
    let place = app.registers.0.clone().try_acquire_owned();
    let place = place.map_err(|_| Problem::new(OVERLOADED).retry_after(5))?;
    let (pieces, ready) = mpsc::channel(PIECES);
    app.books.aside(move |store| {
        let mut to = Pieces {
            pieces,
            piece: BytesMut::with_capacity(PIECE),
        };
        let written = store.stream_register(day, &mut to);
        match written {
            Ok(()) => drop(to.send()),
            // Half a register must not look like a whole one: the connection breaks.
            Err(error) => {
                tracing::warn!(%error, %day, "a register was not written to its end");
                let broken = io::Error::other("the register ends here");
                drop(to.pieces.try_send(Err(broken)));
            }
        }
        drop(place);
        Ok(())
    })?;
    let name = format!("attachment; filename=\"register-{day}.csv\"");
    let headers = [
        (header::CONTENT_TYPE, CSV.to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, Body::new(Stream { ready })).into_response())
}

/// Takes what is written, and hands it over piece by piece as the caller takes it.
struct Pieces {
    pieces: mpsc::Sender<io::Result<Bytes>>,
    piece: BytesMut,
}

impl Pieces {
    fn send(&mut self) -> io::Result<()> {
        let mut piece = Ok(self.piece.split().freeze());
        let begun = Instant::now();
        loop {
            match self.pieces.try_send(piece) {
                Ok(()) => return Ok(()),
                Err(mpsc::error::TrySendError::Closed(_)) => {
                    return Err(io::Error::other("the caller has gone"));
                }
                Err(mpsc::error::TrySendError::Full(back)) => {
                    if begun.elapsed() > PATIENCE {
                        return Err(io::Error::other("the caller takes no more"));
                    }
                    piece = back;
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        }
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Is a body that comes piece by piece.
struct Stream {
    ready: mpsc::Receiver<io::Result<Bytes>>,
}

impl http_body::Body for Stream {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let next = self.ready.poll_recv(context);
        next.map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}
