//! Makes small random books, damages them by known causes, and tells the truth about it.
//!
//! It is written from the catalogue of causes and shares no code with the engine or the prover:
//! what a target must hold is computed here by other code, and the damage is done by real machinery
//! where it can be: a double, a decoder, a time-zone library, an integer of 32 bits.
//!
//! ```sh
//! planter make --seed 7 --shape wallet --records 4000 --fault B9:10,A5:1 --out case
//! crossfoot verify --plan case --evidence evidence
//! planter judge --case case --evidence evidence
//! ```
#![expect(clippy::print_stdout, reason = "a command speaks on its output")]

mod book;
mod draws;
mod exact;
mod faults;
mod folder;
mod judge;
mod order;
mod plant;
mod random;
mod shapes;
mod truth;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

use crate::order::Orders;
use crate::shapes::Shape;

/// Makes small random books, damages them by known causes, and tells the truth about it.
#[derive(Debug, Parser)]
#[command(name = "planter", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Writes a case: both books, plan, rules, and the truth about the damage.
    Make {
        /// The same seed gives the same bytes.
        #[arg(long)]
        seed: u64,
        /// The shape of the books.
        #[arg(long)]
        shape: Shape,
        /// About so many records in the target.
        #[arg(long, default_value_t = 4_000)]
        records: usize,
        /// Causes and how often: `B9:10,A5:1`; two on one record: `B10+B9:3`.
        #[arg(long, default_value = "")]
        fault: Orders,
        /// The folder to write.
        #[arg(long)]
        out: PathBuf,
    },
    /// Lists the causes that each shape can be damaged by, as JSON.
    List {
        /// The seed of the books that are tried.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// About so many records in them.
        #[arg(long, default_value_t = 1_500)]
        records: usize,
    },
    /// Holds the evidence of a run against the truth of a case and says, as JSON, what it is worth.
    Judge {
        /// The folder that `make` wrote.
        #[arg(long)]
        case: PathBuf,
        /// The evidence of `crossfoot verify` on it.
        #[arg(long)]
        evidence: PathBuf,
    },
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Make {
            seed,
            shape,
            records,
            fault,
            out,
        } => {
            let book = shape.draw(seed, records);
            let planted = plant::plant(shape, &book, seed, &fault)?;
            folder::write(&out, &book, &planted)
        }
        Command::List { seed, records } => list(seed, records),
        Command::Judge { case, evidence } => {
            let judgement = judge::judge(&case, &evidence)?;
            println!("{}", serde_json::to_string_pretty(&judgement)?);
            Ok(())
        }
    }
}

fn list(seed: u64, records: usize) -> Result<()> {
    let mut shapes = serde_json::Map::new();
    for shape in Shape::ALL {
        let book = shape.draw(seed, records);
        let causes = plant::applicable(shape, &book, seed)
            .with_context(|| format!("the books of {} cannot be damaged", shape.name()))?;
        shapes.insert(shape.name().to_owned(), causes.into());
    }
    println!("{}", serde_json::to_string_pretty(&shapes)?);
    Ok(())
}
