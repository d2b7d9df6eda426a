//! What is asked of Crossfoot, and whether the figures show it.

use serde_json::Value;

use crate::bench::figures::{case, cpu, found, list, peak, per_record, row, thousands, wall};
use crate::bench::{databases, names};

/// One target: what was measured for it, if anything, and whether that suffices.
struct Target {
    name: String,
    measured: Option<String>,
    holds: bool,
}

/// Draws the section of the page.
pub(crate) fn draw(verify: &Value) -> String {
    let groups = [
        same(verify),
        convert(verify),
        csv(verify),
        bad(verify),
        keyless(verify),
    ];
    let lines: String = groups.iter().flatten().map(Target::line).collect();
    format!("\n## Targets\n\n| target | measured | |\n|---|---:|---|\n{lines}")
}

/// How many records are off where few and many are compared.
pub(crate) const BREAKS: [&str; 3] = ["1", "1000", "1000000"];

/// Draws what is asked of the story.
pub(crate) fn draw_story(story: &Value) -> String {
    let largest = list(&story["cases"]).last();
    let records = largest.and_then(|case| case["records"].as_f64());
    let of = |name: &str| row(largest, name);
    let rate = of(names::CONVERT)
        .zip(records)
        .map(|(row, records)| records / wall(row) / 1e6);
    let minutes = of(names::DEMO).map(|row| wall(row) / 60.0);
    let targets = [
        Target::at_least("convert: million flow records a second", rate, 1.0),
        Target::bytes("convert: peak memory", of(names::CONVERT), 1e9),
        Target::at_most(
            "the whole story of the largest size, in minutes",
            minutes,
            10.0,
        ),
    ];
    drawn(&targets)
}

/// Draws what is asked of explaining many breaks.
pub(crate) fn draw_breaks(breaks: &Value) -> String {
    let row_of = |breaks_of: &str, name: &str| {
        let case = case(breaks, &format!("breaks-{breaks_of}"));
        row(case, name)
    };
    let of = |breaks_of: &str| row_of(breaks_of, names::OURS);
    let few = of("1").map(wall);
    // What explaining takes, in verifications of one break: the pass that it may add.
    let explaining = |breaks_of: &str| {
        let located = row_of(breaks_of, names::LOCATED).map(wall)?;
        Some((wall(of(breaks_of)?) - located) / few?)
    };
    let micros = of("1000000").zip(few).map(|(row, few)| wall(row) - few);
    let mut targets = vec![
        Target::at_most(
            "1,000 breaks: what explaining adds, in verifications of one break",
            explaining("1000"),
            1.0,
        ),
        Target::at_most(
            "a million breaks: microseconds for each, all work together",
            micros,
            50.0,
        ),
    ];
    let many = |name: &str| {
        let rows = row_of("1000000", name).zip(row_of("1", name));
        rows.map(|(many, few)| wall(many) / wall(few))
    };
    for (name, with) in [(names::LOCATED, ", without causes"), (names::OURS, "")] {
        let name_of_target = format!("a million breaks{with}: time against one break");
        targets.push(Target::at_most(&name_of_target, many(name), 4.0));
    }
    targets.extend(BREAKS.map(|breaks| {
        Target::exact(
            &format!("{breaks} breaks: every one is reported"),
            of(breaks),
        )
    }));
    drawn(&targets)
}

/// Draws what is asked of books in databases, of each server.
pub(crate) fn draw_databases(measured: &Value) -> String {
    let targets: Vec<Target> = databases::SERVERS
        .into_iter()
        .flat_map(|server| in_database(measured, server))
        .collect();
    drawn(&targets)
}

fn in_database(measured: &Value, server: &str) -> [Target; 4] {
    let of = |differ: bool| {
        list(&measured["cases"])
            .iter()
            .find(|case| databases::server_of(case) == server && (case["differing"] != 0) == differ)
    };
    let (none, some) = (of(false), of(true));
    let floor = none.and_then(|case| list(&case["rows"]).first());
    let ahead = |case: Option<&Value>, ours: &str| {
        ratio(row(case, databases::RELADIFF), row(case, ours), wall)
    };
    let against_floor = ratio(row(none, databases::OURS), floor, wall);
    let times = "times as fast as reladiff";
    [
        Target::at_most(
            &format!("{server}: times the floor, none differ"),
            against_floor,
            1.5,
        ),
        Target::at_least(
            &format!("{server}: {times}, 1 % differ, without causes"),
            ahead(some, databases::LOCATED),
            5.0,
        ),
        Target::at_least(
            &format!("{server}: {times}, 1 % differ"),
            ahead(some, databases::OURS),
            5.0,
        ),
        Target::at_least(
            &format!("{server}: {times}, none differ"),
            ahead(none, databases::OURS),
            1.0,
        ),
    ]
}

fn drawn(targets: &[Target]) -> String {
    let lines: String = targets.iter().map(Target::line).collect();
    format!("\n| target | measured | |\n|---|---:|---|\n{lines}")
}

fn same(verify: &Value) -> Vec<Target> {
    let same = case(verify, "same");
    let (ours, floor) = (row(same, names::OURS), row(same, names::DECODE));
    let undigested = row(same, names::NO_DIGEST);
    vec![
        Target::at_most("CPU against only decoding", ratio(ours, floor, cpu), 1.4),
        Target::at_most(
            "the same without digests of the files",
            ratio(undigested, floor, cpu),
            1.4,
        ),
        Target::bytes("peak memory of that", ours, 400e6),
        Target::exact(
            "everything planted is found, nothing else is reported",
            ours,
        ),
    ]
}

fn convert(verify: &Value) -> Vec<Target> {
    let convert = case(verify, "convert");
    let (ours, floor) = (row(convert, names::OURS), row(convert, names::RULE_ONLY));
    let name = "with a rule of five exact functions: CPU against only running it";
    vec![
        Target::at_most(name, ratio(ours, floor, cpu), 1.4),
        Target::exact("with that rule, everything planted is found", ours),
    ]
}

fn csv(verify: &Value) -> Vec<Target> {
    let csv = case(verify, "csv");
    let ours = row(csv, names::CSV_MONEY);
    let ahead = |own: &str, with: &str, rival: &str| {
        let times = ratio(row(csv, rival), row(csv, own), wall);
        Target::at_least(&format!("CSV{with}: times as fast as {rival}"), times, 3.0)
    };
    let located = ", as text, without causes";
    vec![
        ahead(names::CSV_MONEY, "", names::CSV_DIFF),
        ahead(names::CSV_MONEY, "", names::CSV_DUCKDB),
        ahead(names::CSV_LOCATED, located, names::CSV_DIFF),
        ahead(names::CSV_LOCATED, located, names::CSV_DUCKDB),
        Target::exact("CSV: everything planted is found", ours),
    ]
}

fn bad(verify: &Value) -> Vec<Target> {
    let same = case(verify, "same");
    let clean = per_record(same, row(same, names::OURS));
    let of = |percent: &str| {
        let bad = case(verify, &format!("bad-{percent}"));
        let ours = row(bad, names::OURS);
        // How many there are is said with it: at another size it would be another figure.
        let records = bad.and_then(|case| case["records"].as_u64());
        let records = records.map_or(String::new(), |all| format!(" of {}", thousands(all)));
        let differ = format!("{percent} %{records} differ");
        let time = |row: Option<&Value>, with: &str| {
            let times = per_record(bad, row).zip(clean);
            let times = times.map(|(bad, clean)| bad / clean);
            let name = format!("{differ}{with}: time a record against the clean case");
            Target::at_most(&name, times, 4.0)
        };
        [
            Target::bytes(&format!("{differ}: peak memory"), ours, 2e9),
            time(row(bad, names::LOCATED), ", without causes"),
            time(ours, ""),
            Target::exact(&format!("{differ}: every one is reported"), ours),
        ]
    };
    ["1", "50", "100"].into_iter().flat_map(of).collect()
}

fn keyless(verify: &Value) -> Vec<Target> {
    let same = case(verify, "same");
    let (ours, clean) = (row(same, names::KEYLESS), row(same, names::OURS));
    let times = ratio(ours, clean, wall);
    vec![
        Target::bytes("no key: peak memory", ours, 2e9),
        Target::at_most("no key: time against the clean case", times, 4.0),
        Target::exact("no key: everything planted is found", ours),
    ]
}

/// One figure of one line divided by that of another, where both were measured.
fn ratio(one: Option<&Value>, other: Option<&Value>, figure: fn(&Value) -> f64) -> Option<f64> {
    Some(figure(one?) / figure(other?))
}

impl Target {
    fn at_most(name: &str, ratio: Option<f64>, most: f64) -> Self {
        let name = format!("{name}, at most {most:.2}");
        Self::judged(
            name,
            ratio,
            |ratio| ratio <= most,
            |ratio| format!("{ratio:.2}"),
        )
    }

    fn at_least(name: &str, ratio: Option<f64>, least: f64) -> Self {
        let name = format!("{name}, at least {least:.2}");
        Self::judged(
            name,
            ratio,
            |ratio| ratio >= least,
            |ratio| format!("{ratio:.2}"),
        )
    }

    fn bytes(name: &str, row: Option<&Value>, most: f64) -> Self {
        let name = format!("{name}, at most {:.0} MB", most / 1e6);
        let word = |bytes| format!("{:.0} MB", bytes / 1e6);
        Self::judged(name, row.map(peak), |bytes| bytes <= most, word)
    }

    /// All that was planted is found or counted, and nothing besides.
    fn exact(name: &str, row: Option<&Value>) -> Self {
        let findings = row.map(|row| &row["findings"]);
        let same = |one: &Value, other: &Value| one.is_u64() && one == other;
        let holds = findings.is_some_and(|findings| {
            same(&findings["breaks"], &findings["planted_breaks"])
                || (same(&findings["found"], &findings["planted"])
                    && findings["false_reports"] == 0)
        });
        Self {
            name: name.to_owned(),
            measured: findings.map(found),
            holds,
        }
    }

    fn judged(
        name: String,
        figure: Option<f64>,
        holds: impl Fn(f64) -> bool,
        word: impl Fn(f64) -> String,
    ) -> Self {
        let said = |figure: f64| match figure.is_finite() {
            true => word(figure),
            false => "failed".to_owned(),
        };
        Self {
            name,
            measured: figure.map(said),
            holds: figure.is_some_and(holds),
        }
    }

    fn line(&self) -> String {
        let verdict = match (&self.measured, self.holds) {
            (None, _) => "not measured",
            (Some(_), true) => "met",
            (Some(_), false) => "**missed**",
        };
        let measured = self.measured.as_deref().unwrap_or_default();
        format!("| {} | {measured} | {verdict} |\n", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn targets_of_databases_are_met_or_missed_as_the_figures_say() {
        let row = |name: &str, wall: f64| json!({"name": name, "figures": {"wall_seconds": wall}});
        let case = |server: Option<&str>, differing: u64, floor, ours, reladiff| {
            json!({"server": server, "differing": differing, "rows": [
                row("the floor", floor),
                row(databases::OURS, ours),
                row(databases::LOCATED, ours),
                row(databases::RELADIFF, reladiff),
            ]})
        };
        let told = draw_databases(&json!({"cases": [
            case(None, 0, 2.0, 3.0, 3.0),
            case(None, 9, 2.0, 3.0, 15.0),
            case(Some("MariaDB"), 0, 2.0, 3.1, 3.0),
            case(Some("MariaDB"), 9, 2.0, 3.0, 14.9),
        ]}));
        insta::assert_snapshot!(told.trim(), @"
        | target | measured | |
        |---|---:|---|
        | PostgreSQL: times the floor, none differ, at most 1.50 | 1.50 | met |
        | PostgreSQL: times as fast as reladiff, 1 % differ, without causes, at least 5.00 | 5.00 | met |
        | PostgreSQL: times as fast as reladiff, 1 % differ, at least 5.00 | 5.00 | met |
        | PostgreSQL: times as fast as reladiff, none differ, at least 1.00 | 1.00 | met |
        | MariaDB: times the floor, none differ, at most 1.50 | 1.55 | **missed** |
        | MariaDB: times as fast as reladiff, 1 % differ, without causes, at least 5.00 | 4.97 | **missed** |
        | MariaDB: times as fast as reladiff, 1 % differ, at least 5.00 | 4.97 | **missed** |
        | MariaDB: times as fast as reladiff, none differ, at least 1.00 | 0.97 | **missed** |
        ");
        let nothing = draw_databases(&json!({"cases": []}));
        assert_eq!(nothing.matches("| not measured |").count(), 8, "{nothing}");
    }
}
