//! Measures the daily run: `cargo run --release -p ruixin-bao --example income -- 10000000`.
#![expect(clippy::print_stdout, reason = "a command speaks on its output")]
#![expect(
    clippy::disallowed_methods,
    reason = "it measures; the library is the part that asks no clock"
)]

use std::num::NonZeroUsize;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use ruixin_bao::income::Register;

const ROUNDS: usize = 7;

fn main() -> Result<()> {
    let holders: usize = match std::env::args().nth(1) {
        Some(word) => word.replace('_', "").parse()?,
        None => 10_000_000,
    };
    let numbers: Vec<u64> = (6_000_000_000_000_000..).take(holders).collect();
    let mut random = 1_u64;
    let spread: Vec<i64> = (0..holders).map(|_| shares(&mut random)).collect();
    println!("{holders} holders, best of {ROUNDS}");
    measure("shares of all sizes", &numbers, &spread)?;
    // The worst there is for the residue: everybody has the same cut off.
    measure(
        "all with the same shares",
        &numbers,
        &vec![500_123; holders],
    )
}

/// Up to 100,000.00 shares, mostly few: the cube of a uniform number.
fn shares(random: &mut u64) -> i64 {
    *random = random
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    let uniform = u128::from(*random >> 32);
    let cubed = (uniform * uniform * uniform) >> 64;
    ((cubed * 10_000_000) >> 32) as i64
}

fn measure(name: &str, numbers: &[u64], shares: &[i64]) -> Result<()> {
    let mut incomes = vec![0; shares.len()];
    let mut first = None;
    for threads in [1, 2] {
        let threads = NonZeroUsize::new(threads).context("there is a thread")?;
        let mut best = f64::INFINITY;
        for _ in 0..ROUNDS {
            incomes.fill(-1);
            let started = Instant::now();
            let register = Register::new(numbers, shares)?;
            // 1.2345 yuan for ten thousand shares, and some fen.
            let income =
                i64::try_from(i128::from(register.total_shares()) * 12_345 / 100_000_000)? + 7;
            let day = register.distribute_on(threads, income, &mut incomes)?;
            best = best.min(started.elapsed().as_secs_f64());
            ensure!(incomes.iter().sum::<i64>() == income, "it is not exact");
            ensure!(*first.get_or_insert(day) == day, "it depends on threads");
        }
        let day = first.context("it ran")?;
        println!(
            "{name}, {threads} thread(s): {:.1} ms, {:.1} M holders/s; income {} fen, {} of it residue, {} for ten thousand",
            best * 1e3,
            shares.len() as f64 / best / 1e6,
            day.income_fen,
            day.residue_fen,
            day.per_ten_thousand,
        );
    }
    Ok(())
}
