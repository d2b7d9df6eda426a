//! Both books under one roof: the schemas `source` and `target`, and our functions.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arrow_schema::SchemaRef;
use books::{Book, Table};
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList,
    MemorySchemaProvider, SchemaProvider, TableProvider,
};
use datafusion::common::DataFusionError;
use datafusion::execution::disk_manager::DiskManagerBuilder;
use datafusion::execution::memory_pool::{FairSpillPool, MemoryPool, UnboundedMemoryPool};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::ScalarUDF;
use datafusion::logical_expr::registry::FunctionRegistry;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::prelude::SessionConfig;

use super::corrections::{self, Parts};
use super::error::SqlError;
use super::functions;
use super::scan::{BookTable, Requirement};
use super::ties::CheckOrders;

const CATALOG: &str = "books";

/// One of the two books.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum Which {
    /// The old books.
    Source,
    /// The new books.
    Target,
}

impl Which {
    /// Returns the schema's name in SQL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
        }
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which currencies may stand beside the amounts that `money()` reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Marks {
    /// That of the [`Settings`], where they name one: an amount that says another one is a reject.
    #[default]
    OfSettings,
    /// Any, as where a column tells the currency of each record.
    Any,
}

/// What holds for all queries of a session.
#[derive(Debug, Clone)]
pub struct Settings {
    /// ISO 4217 code; its minor units are the scale where a query gives none. Empty where there is
    /// no currency: then a query must give it.
    pub currency: String,
    /// IANA time zone where a query gives none.
    pub timezone: String,
    /// Threads that a query may use within itself.
    pub threads: usize,
    /// Bytes that groups, sorts and joins may hold; groups and sorts spill to disk beyond.
    /// `None` is without bound.
    pub memory_limit: Option<usize>,
}

/// A table as [`Session::table_schemas`] lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSchema {
    /// The book.
    pub side: Which,
    /// The table.
    pub table: String,
    /// Its data columns; `_file` and `_row` are left out.
    pub schema: SchemaRef,
}

/// Both books, ready to be asked.
#[derive(Debug)]
pub struct Session {
    source: Book,
    target: Book,
    settings: Settings,
    state: SessionState,
    /// What stands in the place of `money()` where any currency may stand beside an amount.
    money_of_any: Arc<ScalarUDF>,
    /// The tables that others correct, by name.
    corrected: BTreeMap<String, Arc<Parts>>,
}

impl Session {
    /// Registers the tables of both books and the exact functions.
    ///
    /// # Errors
    /// When the settings name an unknown currency or time zone, or no temporary folder exists.
    pub fn new(source: Book, target: Book, settings: Settings) -> Result<Self, SqlError> {
        let functions = functions::Defaults::new(&settings.currency, &settings.timezone)?;
        let runtime = runtime(settings.memory_limit).map_err(engine_error)?;
        let state = SessionStateBuilder::new()
            .with_config(config(settings.threads))
            .with_runtime_env(runtime)
            .with_default_features()
            .with_physical_optimizer_rules(physical_rules())
            .with_scalar_functions(functions::scalar(&functions))
            .with_aggregate_functions(functions::aggregate())
            .with_analyzer_rule(Arc::new(functions::RoundQuotients))
            .with_analyzer_rule(Arc::new(functions::CheckWholeNumbers))
            .with_analyzer_rule(Arc::new(functions::PlainIntervals))
            .build();
        let parts = |table: &Arc<Table>| {
            let corrections = corrections::beside(&target, table.name())?;
            let parts = Parts::new(table, corrections, settings.threads);
            Some((table.name().to_owned(), Arc::new(parts)))
        };
        Ok(Self {
            corrected: target.tables().filter_map(parts).collect(),
            source,
            target,
            settings,
            state,
            money_of_any: functions.money_of_any_currency(),
        })
    }

    /// Returns the book of one side.
    pub fn book(&self, which: Which) -> &Book {
        match which {
            Which::Source => &self.source,
            Which::Target => &self.target,
        }
    }

    /// Returns the settings that the session was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Lists all tables of both books with their data columns, source first, by name.
    pub fn table_schemas(&self) -> Vec<TableSchema> {
        let mut schemas = Vec::new();
        for side in [Which::Source, Which::Target] {
            for table in self.book(side).tables() {
                schemas.push(TableSchema {
                    side,
                    table: table.name().to_owned(),
                    schema: datafusion::catalog::TableProvider::schema(&self.provider(side, table)),
                });
            }
        }
        schemas.sort_by(|a, b| (a.side, &a.table).cmp(&(b.side, &b.table)));
        schemas
    }

    /// What others correct of a table of the target, and what they leave.
    pub(super) fn parts_of(&self, table: &str) -> Option<&Arc<Parts>> {
        self.corrected.get(table)
    }

    fn provider(&self, side: Which, table: &Arc<Table>) -> BookTable {
        BookTable::new(side, Arc::clone(table), false)
    }

    /// The state to plan a query in: its default schema, and its view of the tables.
    pub(super) fn planning(
        &self,
        default: Which,
        marks: Marks,
        places: bool,
        requires: &[(Which, String, Requirement)],
    ) -> Result<SessionState, DataFusionError> {
        let catalog = MemoryCatalogProvider::new();
        for side in [Which::Source, Which::Target] {
            let schema = MemorySchemaProvider::new();
            for table in self.book(side).tables() {
                let mut provider = BookTable::new(side, Arc::clone(table), places);
                let of_table = |(at, name, _): &&(Which, String, Requirement)| {
                    *at == side && name == table.name()
                };
                provider.requires = requires
                    .iter()
                    .filter(of_table)
                    .map(|(_, _, r)| r.clone())
                    .collect();
                let parts = match side {
                    Which::Target => self.parts_of(table.name()),
                    Which::Source => None,
                };
                let provider: Arc<dyn TableProvider> = match parts {
                    Some(parts) => {
                        let corrections = Arc::clone(parts.corrections());
                        let corrections = BookTable::new(side, corrections, places);
                        Arc::new(corrections::view(provider, corrections, parts)?)
                    }
                    None => Arc::new(provider),
                };
                schema.register_table(table.name().to_owned(), provider)?;
            }
            catalog.register_schema(side.name(), Arc::new(schema))?;
        }
        let list = MemoryCatalogProviderList::new();
        list.register_catalog(CATALOG.to_owned(), Arc::new(catalog));
        let mut state = self.state.clone();
        state.register_catalog_list(Arc::new(list));
        if marks == Marks::Any {
            state.register_udf(Arc::clone(&self.money_of_any))?;
        }
        let options = state.config_mut().options_mut();
        options.catalog.default_schema = default.name().to_owned();
        Ok(state)
    }
}

pub(super) fn engine_error(error: DataFusionError) -> SqlError {
    SqlError::new(error.strip_backtrace())
}

fn runtime(memory_limit: Option<usize>) -> Result<Arc<RuntimeEnv>, DataFusionError> {
    let pool: Arc<dyn MemoryPool> = match memory_limit {
        Some(bytes) => Arc::new(FairSpillPool::new(bytes)),
        None => Arc::new(UnboundedMemoryPool::default()),
    };
    RuntimeEnvBuilder::new()
        .with_memory_pool(pool)
        .with_disk_manager_builder(DiskManagerBuilder::default())
        .build_arc()
}

/// Names are taken as written (`names` resolves capitals), decimals stay decimals, and nothing is
/// moved between threads that need not be: a rule that works record by record runs in the
/// partition that reads.
fn config(threads: usize) -> SessionConfig {
    let mut config = SessionConfig::new()
        .with_default_catalog_and_schema(CATALOG, Which::Source.name())
        .with_create_default_catalog_and_schema(false)
        .with_information_schema(false)
        .with_target_partitions(threads.max(1));
    let options = config.options_mut();
    options.sql_parser.parse_float_as_decimal = true;
    options.sql_parser.enable_ident_normalization = false;
    options.sql_parser.collect_spans = true;
    options.optimizer.enable_round_robin_repartition = false;
    options.optimizer.repartition_file_scans = false;
    options.optimizer.repartition_sorts = false;
    options.optimizer.enable_dynamic_filter_pushdown = false;
    options.optimizer.enable_topk_dynamic_filter_pushdown = false;
    options.optimizer.enable_join_dynamic_filter_pushdown = false;
    options.optimizer.enable_aggregate_dynamic_filter_pushdown = false;
    config
}

/// DataFusion's rules without those that would move an expression below the filter above which it
/// was written: a record that a filter drops must not be rejected. Ours goes first.
fn physical_rules() -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    let moves = [
        "ProjectionPushdown",
        "FilterPushdown",
        "FilterPushdown(Post)",
    ];
    let theirs = PhysicalOptimizer::new().rules.into_iter();
    let theirs = theirs.filter(|rule| !moves.contains(&rule.name()));
    let first: Arc<dyn PhysicalOptimizerRule + Send + Sync> = Arc::new(CheckOrders);
    std::iter::once(first).chain(theirs).collect()
}
