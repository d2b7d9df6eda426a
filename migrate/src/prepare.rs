//! A plan made ready for converting: the source open, every rule read, every table's folder known.

use crate::control::{Currency, Money};
use crate::error::ConvertError;
use crate::job::{JobRule, digest_of};
use crate::manifest::LeftOut;
use crate::store::{made_before, staging};
use books::BookSpec;
use databases::{Address, TableInfo, Writer};
use rules::plan::{Agreement, Placed, Plan, PlanError};
use rules::prepare::{PrepareError, marks_of, note_money, open_source, side};
use rules::sql::{Session, Side, Which};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A plan that can be converted by.
#[derive(Debug)]
pub struct Prepared {
    /// The plan.
    pub plan: Plan,
    /// The source, ready to be asked.
    pub session: Session,
    /// The rules that give a table, in the plan's order.
    pub tables: Vec<Arc<TableRule>>,
    /// Agreements that give none.
    pub left_out: Vec<LeftOut>,
    /// Where the tables go.
    pub target: Target,
}

/// Where the tables of a conversion go.
#[derive(Debug, Clone)]
pub enum Target {
    /// Into files of a folder.
    Folder(PathBuf),
    /// Into tables of a database.
    Database(Box<Address>),
}

/// A rule, and the table that it gives.
#[derive(Debug)]
pub struct TableRule {
    /// The agreement.
    pub agreement: String,
    /// The table.
    pub table: String,
    /// The rule.
    pub side: Side,
    /// The table's folder, relative to the target, with `/`; in a database its name.
    pub folder: String,
    pub(crate) money: Money,
    /// Columns that a reader looks records up by.
    pub(crate) key: Vec<String>,
    pub(crate) digest: String,
}

impl TableRule {
    pub(crate) fn job(&self) -> JobRule {
        JobRule {
            agreement: self.agreement.clone(),
            table: self.table.clone(),
            folder: self.folder.clone(),
            rule_blake3: self.digest.clone(),
        }
    }
}

/// Opens the source of a plan and reads its rules. The target need not be there yet.
///
/// # Errors
/// Every mistake that can be told at once.
pub fn prepare(
    plan: Plan,
    threads: usize,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Prepared, ConvertError> {
    ready(plan, threads, environment, false)
}

/// As [`prepare`], for a conversion that throws away what a former one wrote
/// ([`Options::discard`](crate::Options::discard)): a table of a database that one has made counts
/// as not there.
///
/// # Errors
/// As [`prepare`].
pub fn prepare_anew(
    plan: Plan,
    threads: usize,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Prepared, ConvertError> {
    ready(plan, threads, environment, true)
}

fn ready(
    plan: Plan,
    threads: usize,
    environment: &dyn Fn(&str) -> Option<String>,
    is_anew: bool,
) -> Result<Prepared, ConvertError> {
    let session = open_source(&plan, threads, environment)?;
    let (_, target) = plan.books(environment).map_err(PrepareError::Plan)?;
    let mut errors = Vec::new();
    if target.database.is_none() && is_no_folder(&target.root) {
        errors.push(plan.error(
            plan.target.url.place(),
            "a conversion writes into a folder, not a file or a glob",
            None,
            Some("name the folder, and the files of each table in `[target.tables.…]`".to_owned()),
        ));
    }
    let mut tables = Vec::new();
    let mut left_out = Vec::new();
    let mut writers: BTreeMap<&str, &str> = BTreeMap::new();
    for agreement in &plan.agreements {
        if !agreement.target.is_table() {
            left_out.push(LeftOut {
                agreement: agreement.name.value.clone(),
                why: "its target is a query, and only a table can be written".to_owned(),
            });
            continue;
        }
        let table = agreement.target.as_str();
        if let Some(first) = writers.insert(table, &agreement.name) {
            errors.push(plan.error(
                agreement.target.place(),
                format!(
                    "`{first}` and `{}` both give the table `{table}`",
                    agreement.name.value
                ),
                None,
                Some("make them one rule, with UNION ALL".to_owned()),
            ));
            continue;
        }
        let rule = table_rule(&session, &plan, agreement, &target, &mut errors);
        tables.extend(rule.map(|rule| (agreement, Arc::new(rule))));
    }
    if let (Some(address), true) = (&target.database, errors.is_empty()) {
        fit_into(address, &plan, &tables, is_anew, &mut errors)?;
    }
    let tables: Vec<Arc<TableRule>> = tables.into_iter().map(|(_, rule)| rule).collect();
    if tables.is_empty() && errors.is_empty() {
        errors.push(plan.error(
            plan.name.place(),
            "no agreement of this plan gives a table",
            None,
            Some("give an agreement `target = \"TABLE\"`".to_owned()),
        ));
    }
    match errors.is_empty() {
        true => Ok(Prepared {
            session,
            tables,
            left_out,
            target: match target.database {
                Some(address) => Target::Database(Box::new(address)),
                None => Target::Folder(target.root),
            },
            plan,
        }),
        false => Err(PrepareError::Plan(errors).into()),
    }
}

fn is_no_folder(root: &std::path::Path) -> bool {
    root.is_file() || root.to_string_lossy().contains(['*', '?', '[', '{'])
}

/// Holds the rules against the tables of the database, or what it would make of them.
fn fit_into(
    address: &Address,
    plan: &Plan,
    tables: &[(&Agreement, Arc<TableRule>)],
    is_anew: bool,
    errors: &mut Vec<PlanError>,
) -> Result<(), ConvertError> {
    let mut writer = Writer::open(address)?;
    let made = made_before(&mut writer)?;
    for (at, (agreement, rule)) in tables.iter().enumerate() {
        let name = &rule.table;
        let mut mistake = |message: String, mend: String| {
            errors.push(plan.error(agreement.target.place(), message, None, Some(mend)));
        };
        if Writer::is_own(name) {
            mistake(
                format!("`{name}` begins as the tables that a conversion keeps for itself do"),
                "give the table another name: no book shows those".to_owned(),
            );
            continue;
        }
        let is_same =
            |(_, one): &&(&Agreement, Arc<TableRule>)| writer.is_same_table(&one.table, name);
        if let Some((first, _)) = tables[..at].iter().find(is_same) {
            mistake(
                format!(
                    "`{}` and `{}` both give the table `{name}`",
                    first.name.value, agreement.name.value
                ),
                "make them one rule, with UNION ALL".to_owned(),
            );
            continue;
        }
        let schema = rule.side.schema();
        let is_ours = made.contains(name);
        let is_there = |table: &Arc<TableInfo>| table.is_view || !(is_ours && is_anew);
        let unfit = match writer.table(name)?.filter(is_there) {
            Some(table) if table.is_view => {
                mistake(
                    format!("`{name}` is a view"),
                    "name a table: nothing is written into a view".to_owned(),
                );
                continue;
            }
            Some(table) => writer.destination(&table, &schema).err(),
            None => {
                if let Some(message) = too_long(&writer, name) {
                    let mend = "make the table yourself, under its own name, before converting";
                    mistake(message, mend.to_owned());
                }
                writer.types(&schema, &rule.key).err()
            }
        };
        for one in unfit.into_iter().flatten() {
            let mend = match is_ours && !is_anew {
                true => format!(
                    "{}; or throw away what was converted, and begin again, with --discard",
                    one.mend
                ),
                false => one.mend,
            };
            mistake(format!("the column `{}`: {}", one.column, one.why), mend);
        }
    }
    Ok(())
}

/// What is said of the name of a table that is to be made, where none can have it: it is made under
/// a longer one.
fn too_long(writer: &Writer, name: &str) -> Option<String> {
    let most = writer.name_bytes_max()?.saturating_sub(staging("").len());
    let bytes = name.len();
    (bytes > most).then(|| {
        format!(
            "the name of `{name}` has {bytes} bytes, and that of a table that is made may have \
             {most}"
        )
    })
}

fn names(placed: &[Placed<String>]) -> Vec<String> {
    placed.iter().map(|name| name.value.clone()).collect()
}

fn table_rule(
    session: &Session,
    plan: &Plan,
    planned: &Agreement,
    target: &BookSpec,
    errors: &mut Vec<PlanError>,
) -> Option<TableRule> {
    let money = names(&planned.money);
    let requires: Vec<String> = planned
        .require
        .iter()
        .map(|sql| sql.as_str().to_owned())
        .collect();
    let side = side(
        session,
        (Which::Source, marks_of(planned)),
        &planned.rule,
        &planned.require,
        &money,
        errors,
    );
    let folder = match target.database {
        Some(_) => Some(planned.target.as_str().to_owned()),
        None => folder(plan, planned.target.as_str(), errors),
    };
    let (side, folder) = (side?, folder?);
    note_money(&planned.rule, &side, &money, errors);
    let schema = side.schema();
    let fixed = plan.currency.as_ref().map_or("XXX", |code| code.as_str());
    let currency = match planned.currency.as_ref().map(|name| schema.index_of(name)) {
        Some(Ok(column)) => Currency::Column(column),
        Some(Err(_)) | None => Currency::Fixed(fixed.to_owned()),
    };
    for name in planned.money.iter().chain(&planned.currency) {
        if schema.index_of(name).is_err() {
            let message = format!("the rule gives no column `{}`", name.value);
            errors.push(plan.error(name.place(), message, None, None));
        }
    }
    for name in &planned.key {
        if schema.index_of(name).is_err() {
            let column = &name.value;
            errors.push(plan.error(
                name.place(),
                format!("the key column `{column}` is not among the rule's columns"),
                None,
                Some("add it to the rule, or take it out of `key`".to_owned()),
            ));
        }
    }
    let texts = [planned.rule.as_str(), fixed, &session.settings().timezone];
    let currency_column = planned.currency.iter().map(|name| name.value.as_str());
    let texts = texts
        .into_iter()
        .chain(currency_column)
        .chain(["requires"])
        .chain(requires.iter().map(String::as_str))
        .chain(["money"])
        .chain(money.iter().map(String::as_str));
    Some(TableRule {
        digest: digest_of(texts),
        agreement: planned.name.value.clone(),
        table: planned.target.as_str().to_owned(),
        money: Money::of(&schema, &money, currency),
        key: names(&planned.key),
        side,
        folder,
    })
}

/// Where the files of a table go so that the plan finds them there: the folder of its `files`, or
/// one of its name.
fn folder(plan: &Plan, table: &str, errors: &mut Vec<PlanError>) -> Option<String> {
    let spec = match plan.target.tables.get(table) {
        Some(spec) if !spec.files.is_empty() => spec,
        _ => return Some(table.to_owned()),
    };
    let folder = match spec.files.as_slice() {
        [glob] => glob
            .strip_suffix("/*.parquet")
            .or_else(|| glob.strip_suffix("/part-*.parquet"))
            .or_else(|| glob.strip_suffix("/*")),
        _ => None,
    };
    let is_plain = |folder: &&str| {
        !folder.is_empty()
            && !folder.contains(['*', '?', '[', '{', '\\'])
            && folder
                .split('/')
                .all(|name| !name.is_empty() && !name.starts_with('.'))
    };
    let folder = folder.filter(is_plain);
    if folder.is_none() {
        errors.push(plan.error(
            spec.place(),
            format!("a conversion cannot write `{table}` into these files"),
            None,
            Some(format!(
                "name a folder of its own: files = \"{table}/*.parquet\""
            )),
        ));
    }
    folder.map(str::to_owned)
}
