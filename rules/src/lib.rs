//! The plan of a move, and the SQL rules in it that say what the new books must hold.
//!
//! [`plan`] reads `crossfoot.toml` and says every mistake in it at its place; it opens no book.
//! [`sql`] runs the rules on DataFusion, over the tables of both books, with exact functions.
//!
//! ```
//! let text = r#"
//! name = "first"
//! source.url = "old"
//! target.url = "new"
//! [[agreement]]
//! name = "payments"
//! rule = "payment"
//! target = "payment"
//! key = ["id"]
//! money = ["amount"]
//! "#;
//! let plan = rules::plan::parse(text, "crossfoot.toml".as_ref()).expect("a plan without mistakes");
//! assert_eq!(plan.agreements[0].key[0].as_str(), "id");
//!
//! let mistakes = rules::plan::parse(&text.replace("key", "kye"), "crossfoot.toml".as_ref())
//!     .expect_err("a key that nothing reads");
//! assert_eq!(
//!     mistakes[0].on_one_line(),
//!     "crossfoot.toml:9:1: unknown key `kye` in `[[agreement]]`; did you mean `key`?",
//! );
//! ```
//!
//! [`prepare`] opens the books of a plan and reads its queries. [`watch`] is how long work tells of itself.
//!
//! What it does not do: compare anything (`reconcile` does), or print.

pub mod plan;
pub mod prepare;
pub mod sql;
pub mod watch;
