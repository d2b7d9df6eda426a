//! Damages a converted table:
//! `cargo run --release -p ruixin-faults --example plant -- --folder DIR --truth FILE B3:10 A1:2`.
#![expect(clippy::print_stdout, reason = "a command speaks on its output")]

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use ruixin_faults::{Order, plant, write_truth};

const USAGE: &str = "plant --folder DIR --truth FILE [--seed N] CAUSE:COUNT...";

fn main() -> Result<()> {
    let (mut folder, mut truth, mut seed) = (None, None, 1);
    let mut orders: Vec<Order> = Vec::new();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if !word.starts_with("--") {
            orders.push(word.parse()?);
            continue;
        }
        let value = words
            .next()
            .with_context(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--folder" => folder = Some(PathBuf::from(value)),
            "--truth" => truth = Some(PathBuf::from(value)),
            "--seed" => seed = value.parse()?,
            _ => bail!("{USAGE}"),
        }
    }
    let planted = plant(&folder.context(USAGE)?, &orders, seed)?;
    write_truth(&truth.context(USAGE)?, &planted)?;
    println!("{} differences", planted.len());
    Ok(())
}
