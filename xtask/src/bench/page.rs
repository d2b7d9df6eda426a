//! Draws `docs/BENCHMARKS.md` from the files of figures, so that the page says what was measured.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::bench::figures::{bytes, cpu, found, list, text, thousands};
use crate::bench::{databases, evening, honesty, targets};
use crate::fuzz;

/// What was measured, each in a run of its own.
#[derive(Debug, Default)]
struct Figures {
    verify: Option<Value>,
    breaks: Option<Value>,
    story: Option<Value>,
    evening: Option<Value>,
    databases: Option<Value>,
    honesty: Option<Value>,
    callgrind: Option<Value>,
    fuzz: Option<Value>,
}

impl Figures {
    fn read(folder: &Path) -> Result<Self> {
        Ok(Self {
            verify: read(&folder.join("verify.json"))?,
            breaks: read(&folder.join("breaks.json"))?,
            story: read(&folder.join("story.json"))?,
            evening: read(&folder.join("evening.json"))?,
            databases: read(&folder.join("databases.json"))?,
            honesty: read(&folder.join("honesty.json"))?,
            callgrind: read(&folder.join("callgrind.json"))?,
            fuzz: read(&folder.join("fuzz.json"))?,
        })
    }

    fn are_none(&self) -> bool {
        let all = [
            &self.verify,
            &self.breaks,
            &self.story,
            &self.evening,
            &self.databases,
            &self.honesty,
            &self.callgrind,
            &self.fuzz,
        ];
        all.into_iter().all(Option::is_none)
    }
}

/// Writes the page from the files of figures, as far as they are there.
///
/// # Errors
/// When neither is there, one is no JSON, or the page cannot be written.
pub(crate) fn write(figures: &Path, docs: &Path) -> Result<()> {
    let measured = Figures::read(figures)?;
    if measured.are_none() {
        anyhow::bail!(
            "nothing was measured yet: no figures in {}",
            figures.display()
        );
    }
    let page = docs.join("BENCHMARKS.md");
    let text = draw(&measured);
    fs::write(&page, text).with_context(|| format!("{} cannot be written", page.display()))?;
    println!("written: {}", page.display());
    Ok(())
}

pub(crate) fn read(path: &Path) -> Result<Option<Value>> {
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read(path).with_context(|| path.display().to_string())?;
    let value = serde_json::from_slice(&text).with_context(|| path.display().to_string())?;
    Ok(Some(value))
}

/// The whole page.
fn draw(figures: &Figures) -> String {
    let mut page = "# Benchmarks\n\n\
         Written by `cargo xtask bench`, each part by a command of its own; do not edit. \
         The figures themselves are in `bench/*.json`.\n"
        .to_owned();
    if let Some(verify) = &figures.verify {
        page += &setting("Setting", verify);
        page += METHOD;
        page += &match verify["runs"].as_u64() {
            Some(1) => "Here each ran once.\n".to_owned(),
            Some(runs) => format!("Here each of ours ran {runs} times.\n"),
            None => "\n".to_owned(),
        };
        page += &targets::draw(verify);
        for case in list(&verify["cases"]) {
            page += &case_section(case);
        }
        page += PLANTS;
    }
    if let Some(story) = &figures.story {
        page += &setting("The story: convert, verify, correct", story);
        page += STORY;
        page += &targets::draw_story(story);
        for case in list(&story["cases"]) {
            page += &case_section(case);
        }
    }
    if let Some(measured) = &figures.evening {
        page += &evening::draw(measured);
    }
    if let Some(breaks) = &figures.breaks {
        page += &setting("Few and many breaks", breaks);
        page += BREAKS;
        page += &targets::draw_breaks(breaks);
        for case in list(&breaks["cases"]) {
            page += &case_section(case);
        }
    }
    if let Some(databases) = &figures.databases {
        page += &setting("Books in a database", databases);
        page += &databases::draw(databases);
    }
    if let Some(measured) = &figures.honesty {
        page += &honesty::draw(measured);
    }
    if let Some(callgrind) = &figures.callgrind {
        page += &hot_loop(callgrind);
    }
    if let Some(noted) = &figures.fuzz {
        page += &fuzz::draw(noted);
    }
    page
}

const STORY: &str = "\nThe books of the wallet Ruixin Pay as `ruixin/history` makes them, converted and verified by \
    the plan in `ruixin`. Each step is a process of its own and begins with the files that the one before left; \
    each runs once. The demo does all of it in one process, and damages, explains, corrects and verifies again.\n";

const BREAKS: &str = "\nThe same books with more and more records one fen off: what it costs to locate, explain and write \
    them. Every break has its cause tried alone and with others, and conditions that they may have in common \
    are counted over the book until each is told or ruled out. The breaks stand anywhere in the book: no \
    condition on their place is found early that would spare the others.\n";

fn setting(title: &str, results: &Value) -> String {
    let measured = measured("all in one run: ", results);
    format!("\n## {title}\n\nMeasured {measured}")
}

/// When, how, where and with what something was measured.
pub(crate) fn measured(how: &str, results: &Value) -> String {
    let machine = &results["machine"];
    format!(
        "on {date}, {how}{processor}, {cores} cores, {memory} of memory, {system}; \
         {crossfoot} at commit {commit}, {rustc}; {python}.\n",
        date = text(&results["date"]),
        processor = text(&machine["processor"]),
        cores = machine["cores"],
        memory = bytes(&machine["memory_bytes"]),
        system = text(&machine["system"]),
        crossfoot = text(&results["crossfoot"]),
        commit = text(&machine["commit"]),
        rustc = text(&machine["rustc"]),
        python = text(&results["python"]),
    )
}

const METHOD: &str = "\nEach line of a table is a whole process, from its start to its end. Wall is elapsed time, CPU is user \
    and system time of the process and the children that it waited for, peak is the largest resident memory \
    of one process. Both files are read once before each run, so they come from memory as far as there \
    is room. Where a rule is only run, DataFusion runs it over our readers and with our functions, and drops \
    the rows. Contestants run in rounds, so that what else the machine does meets all of them alike; of several \
    runs of one that with the median wall time counts, and a rival runs once. ";

const PLANTS: &str = "\n## The twelve planted differences\n\n\
    One amount is one fen more; a record is missing, and so is the last one; one is there that was never in the \
    source; one is there twice; one amount has its sign turned; one is a hundred times as much; two records have \
    their accounts swapped; one is a yuan more while another is a yuan less; one is eight hours later; one \
    reference has a blank at its end; one reference that was NULL is empty. Both books hold the same number \
    of records. A difference counts as found when every record that it touches is reported; what is reported \
    besides is a false report.\n";

fn case_section(case: &Value) -> String {
    let mut section = format!(
        "\n## {title}\n\n{records} records{against}; source {source}, target {target}.\n\n\
         | what | wall s | CPU s | peak | CPU against the first | found | missed, or how it ended |\n\
         |---|---:|---:|---:|---:|---|---|\n",
        title = text(&case["title"]),
        records = thousands(case["records"].as_u64().unwrap_or(0)),
        against = match text(&case["id"]).starts_with("story") {
            true => " of the old flow",
            false => " against as many",
        },
        source = bytes(&case["bytes"]["source"]),
        target = bytes(&case["bytes"]["target"]),
    );
    let rows = list(&case["rows"]);
    let first = rows.first().map_or(0.0, cpu);
    for row in rows {
        section += &table_row(row, first);
    }
    section += "\n```text\n";
    for row in rows {
        section += &format!("{}\n", text(&row["command"]));
    }
    section + "```\n"
}

fn table_row(row: &Value, first_cpu: f64) -> String {
    let (findings, figures) = (&row["findings"], &row["figures"]);
    let runs = list(&row["wall_seconds_of_all_runs"]).len();
    let runs = if runs > 1 {
        format!(" ({runs} runs)")
    } else {
        String::new()
    };
    let version = findings["version"].as_str();
    let name = match version.filter(|version| !version.is_empty()) {
        Some(version) => format!("{} [{version}]", text(&row["name"])),
        None => text(&row["name"]),
    };
    format!(
        "| {name}{runs} | {:.1} | {:.1} | {} | {} | {} | {} |\n",
        figures["wall_seconds"].as_f64().unwrap_or(f64::NAN),
        figures["cpu_seconds"].as_f64().unwrap_or(f64::NAN),
        bytes(&figures["peak_bytes"]),
        ratio(cpu(row) / first_cpu),
        found(findings),
        remarks(findings),
    )
}

fn ratio(ratio: f64) -> String {
    if ratio.is_finite() {
        format!("{ratio:.2}")
    } else {
        "-".to_owned()
    }
}

fn remarks(findings: &Value) -> String {
    if let Some(failure) = findings["failure"].as_str() {
        return format!("failed: {}", failure.replace('|', "\\|"));
    }
    let mut parts: Vec<String> = list(&findings["missed"]).iter().map(text).collect();
    match findings["false_reports"].as_u64() {
        None | Some(0) => {}
        Some(count) => parts.push(format!("{count} false reports")),
    }
    parts.join(", ")
}

fn hot_loop(callgrind: &Value) -> String {
    let mut section = format!(
        "\n## The hot loop\n\n\
         Instructions to fold one record, counted under callgrind ({}, {}); `cargo xtask bench fold --check` \
         fails when one of them grows by more than 5 %.\n\n| record | instructions |\n|---|---:|\n",
        text(&callgrind["valgrind"]),
        text(&callgrind["rustc"]),
    );
    for (name, count) in callgrind["instructions_per_record"]
        .as_object()
        .into_iter()
        .flatten()
    {
        writeln!(section, "| {name} | {count} |").expect("a string takes every write");
    }
    section
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::place;

    #[test]
    fn the_page_is_what_the_figures_say() {
        let figures = place::root().join("bench");
        let figures = Figures::read(&figures).unwrap();
        if figures.are_none() {
            return; // nothing was measured yet, so there is no page to be stale
        }
        let page = fs::read_to_string(place::root().join("docs/BENCHMARKS.md")).unwrap();
        let drawn = draw(&figures);
        assert!(page == drawn, "stale: cargo xtask bench page");
    }

    #[test]
    fn a_target_is_met_missed_or_not_measured_and_a_failure_is_never_met() {
        let row = |name: &str, cpu: f64, findings: Value| {
            json!({"name": name, "command": name, "wall_seconds_of_all_runs": [1.0],
                "figures": {"wall_seconds": cpu / 2.0, "cpu_seconds": cpu, "peak_bytes": 5e8},
                "findings": findings})
        };
        let all = json!({"found": 12, "planted": 12, "false_reports": 0, "missed": []});
        let failed = json!({"failure": "killed | gone"});
        let verify = json!({"cases": [{"id": "same", "title": "Same", "records": 1000,
            "bytes": {"source": 1, "target": 1},
            "rows": [row("only decoding both files", 10.0, Value::Null),
                row("crossfoot verify", 13.0, all),
                row("crossfoot verify, no key", 13.0, failed)]}]});
        let targets = targets::draw(&verify);
        let lines: Vec<&str> = targets.lines().collect();
        insta::assert_snapshot!([&lines[5..10], &lines[lines.len() - 2..]].concat().join("\n"), @"
        | CPU against only decoding, at most 1.40 | 1.30 | met |
        | the same without digests of the files, at most 1.40 |  | not measured |
        | peak memory of that, at most 400 MB | 500 MB | **missed** |
        | everything planted is found, nothing else is reported | 12 of 12 | met |
        | with a rule of five exact functions: CPU against only running it, at most 1.40 |  | not measured |
        | no key: time against the clean case, at most 4.00 | failed | **missed** |
        | no key: everything planted is found | none | **missed** |
        ");
        insta::assert_snapshot!(case_section(&verify["cases"][0]), @r"

        ## Same

        1,000 records against as many; source 0 MB, target 0 MB.

        | what | wall s | CPU s | peak | CPU against the first | found | missed, or how it ended |
        |---|---:|---:|---:|---:|---|---|
        | only decoding both files | 5.0 | 10.0 | 500 MB | 1.00 | - |  |
        | crossfoot verify | 6.5 | 13.0 | 500 MB | 1.30 | 12 of 12 |  |
        | crossfoot verify, no key | 6.5 | 13.0 | 500 MB | - | none | failed: killed \| gone |

        ```text
        only decoding both files
        crossfoot verify
        crossfoot verify, no key
        ```
        ");
    }
}
