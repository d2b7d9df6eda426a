//! Why a story cannot be told.

use crate::error::VerifyError;
use arrow_schema::ArrowError;
use ledger::{Record, SmolStr};

/// Why a story cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum StoryError {
    /// The plan has no such agreement.
    #[error("the plan has no agreement `{name}`")]
    NoAgreement {
        /// What was asked for.
        name: String,
        /// The agreements of the plan.
        agreements: Vec<String>,
    },
    /// None or more than one of the agreements could answer.
    #[error("the plan has {} agreements, and it is not clear which is meant", .agreements.len())]
    ManyAgreements {
        /// The agreements of the plan.
        agreements: Vec<String>,
    },
    /// No compared column has that name.
    #[error("no compared column is named `{name}`")]
    NoColumn {
        /// What was asked for.
        name: String,
        /// The compared columns.
        columns: Vec<String>,
    },
    /// A column was given twice.
    #[error("`{column}` is given twice")]
    Twice {
        /// The column.
        column: String,
    },
    /// A key was given, and the agreement has none.
    #[error("`{agreement}` has no key")]
    NoKey {
        /// The agreement.
        agreement: String,
        /// The compared columns.
        columns: Vec<String>,
    },
    /// A key of another number of values.
    #[error("the key has {}, and {given} {} given", values(.key.len()), was(*.given))]
    Arity {
        /// Number of values given.
        given: usize,
        /// The columns of the key.
        key: Vec<String>,
    },
    /// A value that its column cannot hold.
    #[error("`{value}` is no value of `{column}`, which holds {holds}")]
    Unreadable {
        /// The column.
        column: String,
        /// The value.
        value: String,
        /// What the column holds.
        holds: String,
    },
    /// No record of either side answers.
    #[error("neither side has a record where {}", shown(.asked))]
    NotFound {
        /// What was asked for.
        asked: Record,
        /// Records nearest to it in the order of their keys.
        near: Vec<Record>,
        /// Source records that could not be converted, and of which nothing is known.
        rejects: u64,
    },
    /// More records answer than can be told.
    #[error("more than {most} records answer")]
    TooMany {
        /// The most that are told.
        most: usize,
    },
    /// There is more than one money column, or none of that name.
    #[error("no money column is named: {}", .money.join(", "))]
    Money {
        /// The money columns.
        money: Vec<String>,
    },
    /// The amounts are in currencies of their own.
    #[error("the amounts have a currency each, in `{column}`")]
    Currency {
        /// The column of the currency.
        column: String,
    },
    /// All amounts are in another currency.
    #[error("all amounts are in {currency}")]
    OtherCurrency {
        /// The currency.
        currency: String,
    },
    /// The books could not be read.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

fn values(count: usize) -> String {
    match count {
        1 => "1 value".to_owned(),
        _ => format!("{count} values"),
    }
}

fn was(count: usize) -> &'static str {
    if count == 1 { "was" } else { "were" }
}

fn shown(asked: &Record) -> String {
    let value = |(name, value): &(SmolStr, Option<SmolStr>)| {
        format!("{name} = `{}`", value.as_deref().unwrap_or("NULL"))
    };
    let values: Vec<String> = asked.0.iter().map(value).collect();
    values.join(" and ")
}

impl StoryError {
    /// What mends it, a line each.
    pub fn mend(&self) -> Vec<String> {
        match self {
            Self::NoAgreement { agreements, .. } => {
                vec![format!("the agreements are {}", agreements.join(", "))]
            }
            Self::ManyAgreements { agreements } => {
                vec![format!(
                    "say which with --agreement: {}",
                    agreements.join(", ")
                )]
            }
            Self::NoColumn { columns, .. } => {
                vec![format!("the compared columns are {}", columns.join(", "))]
            }
            Self::NoKey { columns, .. } => vec![format!(
                "ask by columns, as in {}=…; the compared columns are {}",
                columns.first().map_or("column", |name| name),
                columns.join(", ")
            )],
            Self::Arity { key, .. } => {
                let values: Vec<String> = key.iter().map(|name| format!("{name}=…")).collect();
                vec![format!(
                    "the key is {}; write {}",
                    key.join(", "),
                    values.join(" ")
                )]
            }
            Self::NotFound { near, rejects, .. } => {
                let near = near
                    .iter()
                    .map(|record| format!("near it: {}", shown(record)));
                let rejects = (*rejects > 0).then(|| {
                    format!("the rule could not convert {rejects} source records; crossfoot verify lists them")
                });
                near.chain(rejects).collect()
            }
            Self::TooMany { .. } => vec!["name more columns, or the key".to_owned()],
            Self::Money { money } => {
                vec![format!("say which with --column: {}", money.join(", "))]
            }
            Self::Currency { .. } => vec!["say which with --currency".to_owned()],
            Self::Unreadable { .. }
            | Self::Twice { .. }
            | Self::OtherCurrency { .. }
            | Self::Verify(_) => Vec::new(),
        }
    }
}

impl From<ArrowError> for StoryError {
    fn from(error: ArrowError) -> Self {
        Self::Verify(error.into())
    }
}
