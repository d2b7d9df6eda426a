//! Evidence as a workbook, a page, a test report and a table.
//!
//! ```
//! use reports::{Dossier, Language, Manifest, read_breaks, read_rejects, workbook};
//!
//! # let report = r#"{"version": 1, "plan": "first", "verdict": "balanced", "agreements": [],
//! #     "controls": [], "rejects": 0, "evidence": "", "elapsed_seconds": 1.5}"#;
//! # let manifest = r#"{"version": 1, "crossfoot": "0.1.0", "plan": "first", "plan_blake3": "ab12",
//! #     "started": "2013-05-27T00:00:00Z", "seed": "5e", "inputs": [], "files": []}"#;
//! # let (breaks, rejects): (&[u8], &[u8]) = (b"", b"");
//! let dossier = Dossier {
//!     report: serde_json::from_str(report)?,
//!     manifest: serde_json::from_str(manifest)?,
//!     cause_names: [("B3".to_owned(), "cut instead of rounded".to_owned())].into(),
//!     acceptances: Vec::new(),
//!     disposal: None,
//!     sign_offs: Vec::new(),
//!     forecasts: Vec::new(),
//! };
//! let mut xlsx = Vec::new();
//! workbook::write(
//!     &dossier,
//!     read_breaks(breaks),
//!     read_rejects(rejects),
//!     Language::English,
//!     &mut xlsx,
//! )?;
//! assert!(xlsx.starts_with(b"PK"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A [`Dossier`] holds what a run came to and what people have said of it. Breaks and rejects are
//! passed through one by one, so that millions take no memory: [`read_breaks`] and [`read_rejects`]
//! read them from the evidence. From these, [`workbook::write`] makes a workbook as accountants keep
//! it, [`page::write`] one page of HTML that opens offline, [`junit::write`] a test report for a
//! build server and [`table::write()`] a table of the breaks and rejects. Each speaks a [`Language`].
//!
//! All of them count what passes, and fail where it is not what the report counts: a report of half
//! of the evidence is none. The same evidence gives the same bytes. No amount is ever rounded.
//!
//! This crate opens no file, but for temporary ones of the workbook, and asks for no clock. It
//! checks no digest and no signature, and takes no decision: the gate does.

pub mod dossier;
pub mod error;
pub mod evidence;
pub mod junit;
pub mod language;
pub mod page;
pub mod table;
pub mod workbook;

mod detail;
mod disposition;
mod figure;
mod method;
#[cfg(test)]
mod story;
mod tally;
mod unchecked;
mod words;

pub use dossier::{Acceptance, Disposal, Dossier, Forecasts, Input, Manifest, Output, SignOff};
pub use error::{LineError, LineFault, ReportError};
pub use evidence::{read_breaks, read_rejects};
pub use language::Language;
