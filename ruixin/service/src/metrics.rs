//! Figures for Prometheus, in its text format 0.0.4.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::store::Store;

/// Upper bounds of the latency's classes, in microseconds.
const BOUNDS: [u64; 13] = [
    1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000,
];

/// Counts requests by route, method and status.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: Mutex<BTreeMap<(String, String, u16), Latency>>,
    /// Requests that were refused because too much was under way.
    pub(crate) shed: AtomicU64,
}

#[derive(Debug, Default, Clone)]
struct Latency {
    classes: [u64; BOUNDS.len()],
    count: u64,
    micros: u64,
}

impl Metrics {
    /// Counts a request. `route` is the pattern of the path, not the path: there are only so many.
    pub(crate) fn add(&self, route: &str, method: &str, status: u16, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (route.to_owned(), method.to_owned(), status);
        let latency = requests.entry(key).or_default();
        for (class, bound) in latency.classes.iter_mut().zip(BOUNDS) {
            *class = class.saturating_add(u64::from(micros <= bound));
        }
        latency.count = latency.count.saturating_add(1);
        latency.micros = latency.micros.saturating_add(micros);
    }

    /// Writes all figures, the store's among them; `gauges` are a service's own: name, help, value.
    pub fn text(&self, store: &Store, gauges: &[(&str, &str, i64)]) -> String {
        let mut out = String::new();
        self.write_requests(&mut out);
        let figures = store.figures();
        let counters = [
            (
                "requests_shed_total",
                "Requests refused because too much was under way.",
                &self.shed,
            ),
            (
                "store_transactions_total",
                "Transactions committed.",
                &figures.transactions,
            ),
            (
                "store_commits_total",
                "Commits, each of one transaction or more.",
                &figures.commits,
            ),
            (
                "store_repeats_total",
                "Transactions run again because they met another.",
                &figures.repeats,
            ),
            (
                "store_failures_total",
                "Transactions that failed.",
                &figures.failures,
            ),
        ];
        for (name, help, figure) in counters {
            let value = figure.load(Ordering::Relaxed);
            head(&mut out, name, help, "counter");
            line(&mut out, format_args!("ruixin_{name} {value}"));
        }
        for (name, help, value) in gauges {
            head(&mut out, name, help, "gauge");
            line(&mut out, format_args!("ruixin_{name} {value}"));
        }
        out
    }

    fn write_requests(&self, out: &mut String) {
        let name = "http_request_duration_seconds";
        head(
            out,
            name,
            "Requests by route, method and status.",
            "histogram",
        );
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        for ((route, method, status), latency) in requests.iter() {
            let labels = format!(
                "route=\"{}\",method=\"{}\",status=\"{status}\"",
                escaped(route),
                escaped(method)
            );
            for (bound, class) in BOUNDS.iter().zip(latency.classes) {
                let bound = seconds(*bound);
                line(
                    out,
                    format_args!("ruixin_{name}_bucket{{{labels},le=\"{bound}\"}} {class}"),
                );
            }
            let count = latency.count;
            line(
                out,
                format_args!("ruixin_{name}_bucket{{{labels},le=\"+Inf\"}} {count}"),
            );
            let sum = seconds(latency.micros);
            line(out, format_args!("ruixin_{name}_sum{{{labels}}} {sum}"));
            line(out, format_args!("ruixin_{name}_count{{{labels}}} {count}"));
        }
    }
}

fn head(out: &mut String, name: &str, help: &str, kind: &str) {
    line(out, format_args!("# HELP ruixin_{name} {help}"));
    line(out, format_args!("# TYPE ruixin_{name} {kind}"));
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing into a text does not fail.
    let _ = writeln!(out, "{text}");
}

/// Microseconds as seconds, exactly.
fn seconds(micros: u64) -> String {
    let whole = micros / 1_000_000;
    format!("{whole}.{:06}", micros % 1_000_000)
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
