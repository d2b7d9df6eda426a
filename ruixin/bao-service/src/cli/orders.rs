//! Orders as lines of JSON, and what became of them.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use ruixin_bao::fund::{FundError, OrderKind, Request};
use ruixin_bao_store::{Placed, Store};
use serde::{Deserialize, Serialize};

use super::error::CommandError;
use super::fen;

/// Is an order as a line gives it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: String,
    investor: u64,
    kind: Kind,
    merchant: Option<u64>,
    amount: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Subscribe,
    Redeem,
    RedeemFast,
    Pay,
}

/// Is what became of an order.
#[derive(Debug, Serialize)]
struct Answer {
    id: String,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trade_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed_on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// Places the orders of a file, so many in a transaction; gives how many were refused.
///
/// A line that is no order ends it: the transactions before are done, and the same file can be
/// given again.
pub(super) fn place(
    store: &mut Store,
    path: &Path,
    at_once: usize,
    now: i64,
    out: &mut impl Write,
) -> Result<u64, CommandError> {
    let failed = |error| CommandError::file(path, &error);
    let lines: Box<dyn BufRead> = match path.as_os_str().to_str() {
        Some("-") => Box::new(BufReader::new(std::io::stdin())),
        _ => Box::new(BufReader::new(File::open(path).map_err(failed)?)),
    };
    let mut requests = Vec::with_capacity(at_once);
    let mut refused = 0_u64;
    for (number, line) in (1_u64..).zip(lines.lines()) {
        let line = line.map_err(failed)?;
        if line.trim().is_empty() {
            continue;
        }
        let request = request(&line).map_err(|why| {
            CommandError::usage(format!("{}, line {number}: {why}", path.display()))
        })?;
        requests.push(request);
        if requests.len() == at_once {
            refused = refused.saturating_add(place_some(store, &mut requests, now, out)?);
        }
    }
    Ok(refused.saturating_add(place_some(store, &mut requests, now, out)?))
}

fn place_some(
    store: &mut Store,
    requests: &mut Vec<Request>,
    now: i64,
    out: &mut impl Write,
) -> Result<u64, CommandError> {
    if requests.is_empty() {
        return Ok(0);
    }
    let outcomes = store.place(requests, now)?;
    let mut refused = 0_u64;
    for (request, outcome) in requests.drain(..).zip(outcomes) {
        refused = refused.saturating_add(u64::from(outcome.is_err()));
        let answer = answer(&request, outcome);
        serde_json::to_writer(&mut *out, &answer).map_err(std::io::Error::from)?;
        writeln!(out)?;
    }
    out.flush()?;
    Ok(refused)
}

fn request(line: &str) -> Result<Request, String> {
    let line: Line = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let id = id(&line.id)?;
    let kind = match (line.kind, line.merchant) {
        (Kind::Pay, Some(merchant)) => OrderKind::Pay { merchant },
        (Kind::Pay, None) => return Err("a payment needs a \"merchant\"".to_owned()),
        (_, Some(_)) => return Err("only a payment has a \"merchant\"".to_owned()),
        (Kind::Subscribe, None) => OrderKind::Subscribe,
        (Kind::Redeem, None) => OrderKind::Redeem,
        (Kind::RedeemFast, None) => OrderKind::RedeemFast,
    };
    Ok(Request {
        id,
        investor: line.investor,
        kind,
        amount_fen: fen(&line.amount)?,
    })
}

/// Reads the id of an order or a voucher.
pub(super) fn id(text: &str) -> Result<u128, String> {
    let digits: String = text.chars().filter(|char| *char != '-').collect();
    let is_hex = digits.len() == 32 && digits.bytes().all(|one| one.is_ascii_hexdigit());
    let id = u128::from_str_radix(&digits, 16).ok().filter(|_| is_hex);
    id.ok_or_else(|| format!("`{text}` is neither a UUID nor 32 hexadecimal digits"))
}

fn answer(request: &Request, outcome: Result<Placed, FundError>) -> Answer {
    let id = format!("{:032x}", request.id);
    match outcome {
        Ok(placed) => Answer {
            id,
            outcome: if placed.is_repeat { "exists" } else { "placed" },
            trade_date: Some(placed.order.schedule.trade_date.to_string()),
            confirmed_on: Some(placed.order.schedule.confirmed_on.to_string()),
            code: None,
            message: None,
        },
        Err(error) => Answer {
            id,
            outcome: "refused",
            trade_date: None,
            confirmed_on: None,
            code: Some(error.code()),
            message: Some(error.to_string()),
        },
    }
}
