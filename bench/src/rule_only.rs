//! The floor of a plan with a rule: the engine runs the rule over the source and
//! reads the target, both whole, and every row is thrown away.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use books::Book;
use futures::StreamExt;
use rules::plan::{self, Plan};
use rules::sql::{Run, Session, Settings, Side, Which};
use tokio::runtime::Builder;
use tokio::task::JoinSet;

/// Runs both sides of the first agreement of the plan in `folder`; returns how many rows they gave.
pub(crate) fn run(folder: &Path, threads: usize) -> Result<usize> {
    let plan =
        plan::read(&folder.join("crossfoot.toml")).map_err(|errors| anyhow!("{errors:?}"))?;
    let session = open(&plan, threads)?;
    let agreement = plan
        .agreements
        .first()
        .context("the plan has no agreement")?;
    let sides = [
        (Which::Source, agreement.rule.as_str()),
        (Which::Target, agreement.target.as_str()),
    ];
    let runtime = Builder::new_multi_thread()
        .worker_threads(threads)
        .build()?;
    let mut rows = 0;
    for (which, sql) in sides {
        let side = match session.side(which, sql, &[]) {
            Ok(side) => side,
            Err(errors) => bail!("{errors:?}"),
        };
        rows += runtime.block_on(drain(&side, threads))?;
    }
    Ok(rows)
}

fn open(plan: &Plan, threads: usize) -> Result<Session> {
    let specs = plan.books(&|name| std::env::var(name).ok());
    let (source, target) = specs.map_err(|errors| anyhow!("{errors:?}"))?;
    let book = |spec| Book::open(spec).map_err(|errors| anyhow!("{errors:?}"));
    let currency = plan.currency.as_ref().map(|code| code.as_str().to_owned());
    let timezone = plan.timezone.as_ref().map(|zone| zone.as_str().to_owned());
    let settings = Settings {
        currency: currency.unwrap_or_default(),
        timezone: timezone.unwrap_or_else(|| "UTC".to_owned()),
        threads,
        memory_limit: None,
    };
    Ok(Session::new(book(&source)?, book(&target)?, settings)?)
}

async fn drain(side: &Side, threads: usize) -> Result<usize> {
    let mut tasks = JoinSet::new();
    for mut stream in side.run(&Run::new(threads)).await? {
        tasks.spawn(async move {
            let mut rows = 0;
            while let Some(batch) = stream.next().await {
                rows += std::hint::black_box(batch?).num_rows();
            }
            anyhow::Ok(rows)
        });
    }
    let mut rows = 0;
    while let Some(task) = tasks.join_next().await {
        rows += task??;
    }
    Ok(rows)
}
