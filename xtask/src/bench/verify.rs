//! `cargo xtask bench verify`: Crossfoot beside decoding alone and beside its rivals.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::arguments::Arguments;
use crate::bench::contest::{self, Contestant, Findings};
use crate::bench::data::{Books, Workshop, bytes_below};
use crate::bench::figures::thousands;
use crate::bench::{machine, names, page, rivals, targets};
use crate::place;

const CASES: [&str; 6] = ["same", "convert", "csv", "bad", "breaks", "story"];

/// What to measure, how large and where.
#[derive(Debug)]
pub(crate) struct Options {
    records: u64,
    csv_records: u64,
    bad_records: u64,
    cases: Vec<String>,
    runs: usize,
    within: Option<PathBuf>,
    keep: bool,
    out: Option<PathBuf>,
}

impl Options {
    /// Reads the options of the command line.
    ///
    /// # Errors
    /// When one is unknown or no number where one is needed.
    pub(crate) fn read(mut arguments: Arguments) -> Result<Self> {
        let records = arguments.number("--records")?.unwrap_or(100_000_000);
        let cases = arguments.text("--cases")?;
        let cases = cases.map_or(CASES.map(str::to_owned).to_vec(), |text| {
            text.split(',').map(str::to_owned).collect()
        });
        if let Some(unknown) = cases.iter().find(|case| !CASES.contains(&case.as_str())) {
            bail!("no case `{unknown}`; there are {CASES:?}");
        }
        let options = Self {
            records,
            csv_records: arguments.number("--csv-records")?.unwrap_or(10_000_000),
            bad_records: arguments.number("--bad-records")?.unwrap_or(records / 10),
            cases,
            runs: arguments.number("--repeat")?.unwrap_or(3).max(1),
            within: arguments.text("--dir")?.map(PathBuf::from),
            keep: arguments.flag("--keep"),
            out: arguments.text("--out")?.map(PathBuf::from),
        };
        arguments.finish()?;
        Ok(options)
    }

    fn wants(&self, case: &str) -> bool {
        self.cases.iter().any(|wanted| wanted == case)
    }
}

/// Measures every wanted case and writes the figures and the page.
///
/// # Errors
/// When books cannot be generated, a program cannot be started or a file written.
pub(crate) fn run(options: &Options) -> Result<()> {
    let release = place::build_release()?;
    let hall = Hall {
        bench: release.join("bench"),
        crossfoot: release.join("crossfoot"),
        csv_diff: rivals::csv_diff()?,
        python: rivals::python()?,
        workshop: Workshop::open(options.within.as_deref(), options.keep)?,
        options,
    };
    let mut cases = Vec::new();
    if options.wants("same") {
        cases.push(hall.same()?);
    }
    if options.wants("convert") {
        cases.push(hall.convert()?);
    }
    if options.wants("csv") {
        cases.push(hall.csv()?);
    }
    if options.wants("bad") {
        cases.extend(hall.bad()?);
    }
    let measured = |cases: Vec<Value>| {
        json!({
            "date": machine::said_by("date", &["-u", "+%F"]),
            "machine": machine::describe(),
            "crossfoot": machine::said_by(&hall.crossfoot.to_string_lossy(), &["--version"]),
            "python": machine::said_by(&hall.python.to_string_lossy(), &["--version"]),
            "runs": options.runs,
            "cases": cases,
        })
    };
    let out = options.out.as_deref();
    if !cases.is_empty() {
        keep(&measured(cases), "verify.json", out)?;
    }
    if options.wants("breaks") {
        keep(&measured(hall.breaks()?), "breaks.json", out)?;
    }
    if options.wants("story") {
        keep(&measured(hall.story()?), "story.json", out)?;
    }
    Ok(())
}

/// Keeps what was measured in one run under a name of its own, and draws the page anew.
fn keep(results: &Value, name: &str, out: Option<&Path>) -> Result<()> {
    let bench = out.map_or(place::root().join("bench"), Path::to_owned);
    let docs = out.map_or(place::root().join("docs"), Path::to_owned);
    fs::create_dir_all(&bench).with_context(|| bench.display().to_string())?;
    let text = serde_json::to_string_pretty(results)? + "\n";
    fs::write(bench.join(name), text).with_context(|| format!("{name} cannot be written"))?;
    page::write(&bench, &docs)
}

/// Everything that a case needs.
struct Hall<'a> {
    bench: PathBuf,
    crossfoot: PathBuf,
    csv_diff: PathBuf,
    python: PathBuf,
    workshop: Workshop,
    options: &'a Options,
}

const IDENTITY: &str = r#"name     = "bench"
timezone = "Asia/Shanghai"
currency = "CNY"

[source]
url = "../old"
[target]
url = "../new"

[[agreement]]
name   = "ledger"
rule   = "ledger"
target = "ledger"
"#;

const KEY: &str = "key    = [\"txn_id\"]\n";
const MONEY: &str = "money  = [\"amount\", \"fee\", \"balance\"]\n";

/// The rule of five exact functions: `money`, `round_half_even`, `minor`, `local_time`, `business_date`.
const FIVE_FUNCTIONS: &str = "\
SELECT
  txn_id,
  account,
  local_time(at, 'Asia/Shanghai') AS at,
  business_date(local_time(at, 'Asia/Shanghai'), 'Asia/Shanghai', '23:00') AS day,
  kind,
  money(amount) AS amount,
  round_half_even(fee, 2) AS fee,
  minor(balance) AS balance_fen,
  reference
FROM ledger
";

/// The rule of a text book: money is read as money, the rest stays text.
const MONEY_OF_TEXT: &str = "\
SELECT
  txn_id, account, at, kind,
  money(amount) AS amount, money(fee) AS fee, money(balance) AS balance,
  reference, channel
FROM ledger
";

impl Hall<'_> {
    /// Both books hold the same eight columns; twelve differences are planted.
    fn same(&self) -> Result<Value> {
        let books = self.books("same", self.options.records, &[])?;
        let mut contestants = vec![
            self.decode(&books)?,
            self.crossfoot(
                names::OURS,
                &books,
                "plan",
                &format!("{IDENTITY}{KEY}{MONEY}"),
                None,
            )?,
            self.crossfoot_with(
                "--no-digest",
                names::NO_DIGEST,
                &books,
                "plan",
                &format!("{IDENTITY}{KEY}{MONEY}"),
            )?,
            self.crossfoot(
                names::KEYLESS,
                &books,
                "keyless",
                &format!("{IDENTITY}{MONEY}"),
                None,
            )?,
        ];
        for (name, script, more) in [
            (names::DUCKDB, "duckdb_join.py", &[][..]),
            (names::POLARS, "polars_join.py", &[]),
            (
                names::SORT_MERGE,
                "datafusion_join.py",
                &["--join=sort-merge"],
            ),
            (names::HASH, "datafusion_join.py", &["--join=hash"]),
        ] {
            contestants.push(self.rival(name, script, more, &books)?);
        }
        let rows = contest::run(contestants, &books)?;
        let title = "Both books hold the same columns, twelve differences are planted";
        self.close("same", title, books, rows)
    }

    /// The target follows from the source by a rule of five exact functions.
    fn convert(&self) -> Result<Value> {
        let books = self.books("convert", self.options.records, &["--shape", "convert"])?;
        let plan = format!("{IDENTITY}{KEY}money  = [\"amount\", \"fee\"]\n");
        let plan = plan.replace("rule   = \"ledger\"", "rule   = \"rule.sql\"");
        let folder = books.plan("rule-only", &plan, Some(FIVE_FUNCTIONS))?;
        let mut command = Command::new(&self.bench);
        command.arg("rule-only").arg(&folder);
        let only = Contestant {
            name: names::RULE_ONLY,
            command,
            findings: Findings::None,
            runs: self.options.runs,
        };
        let contestants = vec![
            only,
            self.crossfoot(names::OURS, &books, "plan", &plan, Some(FIVE_FUNCTIONS))?,
        ];
        let rows = contest::run(contestants, &books)?;
        let title =
            "The target follows by a rule of five exact functions, twelve differences are planted";
        self.close("convert", title, books, rows)
    }

    /// Nine columns of CSV on both sides.
    fn csv(&self) -> Result<Value> {
        let books = self.books("csv", self.options.csv_records, &["--format", "csv"])?;
        let text = format!("{IDENTITY}{KEY}");
        let money = text.replace("rule   = \"ledger\"", "rule   = \"rule.sql\"") + MONEY;
        let money = money.replace("target = \"ledger\"", "target = \"rule.sql\"");
        let contestants = vec![
            self.crossfoot(names::CSV_TEXT, &books, "text", &text, None)?,
            self.crossfoot_with("--no-causes", names::CSV_LOCATED, &books, "text", &text)?,
            self.crossfoot(
                names::CSV_MONEY,
                &books,
                "plan",
                &money,
                Some(MONEY_OF_TEXT),
            )?,
            self.csv_diff(&books)?,
            self.rival(names::CSV_DUCKDB, "duckdb_join.py", &[], &books)?,
        ];
        let rows = contest::run(contestants, &books)?;
        let title = "CSV with nine columns, twelve differences are planted";
        self.close("csv", title, books, rows)
    }

    /// Both books hold the same columns: breaks are located only, and explained as well.
    fn located_and_explained(&self, books: &Books) -> Result<Vec<Value>> {
        let plan = format!("{IDENTITY}{KEY}{MONEY}");
        let contestants = vec![
            self.crossfoot_with("--no-causes", names::LOCATED, books, "plan", &plan)?,
            self.crossfoot(names::OURS, books, "plan", &plan, None)?,
        ];
        contest::run(contestants, books)
    }

    /// Many records differ.
    fn bad(&self) -> Result<Vec<Value>> {
        let mut cases = Vec::new();
        for percent in ["1", "50", "100"] {
            let id = format!("bad-{percent}");
            let books = self.books(&id, self.options.bad_records, &["--differ", percent])?;
            let rows = self.located_and_explained(&books)?;
            let title = format!("{percent} % of the records are one fen off");
            cases.push(self.close(&id, &title, books, rows)?);
        }
        Ok(cases)
    }

    /// Few and many breaks among all the records: what it costs to explain them.
    fn breaks(&self) -> Result<Vec<Value>> {
        let mut cases = Vec::new();
        for breaks in targets::BREAKS {
            let id = format!("breaks-{breaks}");
            let books = self.books(&id, self.options.records, &["--breaks", breaks])?;
            let rows = self.located_and_explained(&books)?;
            let title = match breaks {
                "1" => "One record is one fen off".to_owned(),
                _ => format!("{} records are one fen off", thousands(breaks.parse()?)),
            };
            cases.push(self.close(&id, &title, books, rows)?);
        }
        Ok(cases)
    }

    /// The story by its sizes: the old books, the conversion, the verification, each by itself; and
    /// the demo, which is all of it and more.
    fn story(&self) -> Result<Vec<Value>> {
        let sizes = [100, 10, 1].map(|part| self.options.records / part);
        sizes
            .into_iter()
            .map(|records| self.story_of(records))
            .collect()
    }

    fn story_of(&self, records: u64) -> Result<Value> {
        let folder = self.workshop.folder("story")?;
        let (pay, ledger) = (folder.join("books/pay"), folder.join("books/ledger"));
        let (size, plan) = (records.to_string(), place::root().join("ruixin"));
        let mut generate = Command::new(&self.bench);
        generate
            .args(["history", "--records", &size, "--dir"])
            .arg(&pay);
        let command = |name: &str| {
            let mut command = Command::new(&self.crossfoot);
            command.args([name, "--json", "--no-progress"]);
            command.env("RUIXIN_BOOKS", folder.join("books"));
            command
        };
        let mut convert = command("convert");
        convert.arg("--plan").arg(&plan);
        let mut verify = command("verify");
        verify
            .arg("--plan")
            .arg(&plan)
            .arg("--evidence")
            .arg(folder.join("evidence"));
        let mut demo = command("demo");
        demo.args(["--records", &size, "--folder"])
            .arg(folder.join("demo"));
        let mut rows = Vec::new();
        for (name, mut command) in [
            (names::GENERATE, generate),
            (names::CONVERT, convert),
            (names::VERIFY_STORY, verify),
        ] {
            rows.push(contest::once(name, &mut command, &folder)?);
        }
        let bytes = json!({"source": bytes_below(&pay)?, "target": bytes_below(&ledger)?});
        fs::remove_dir_all(folder.join("books")).context("books cannot be removed")?;
        rows.push(contest::once(names::DEMO, &mut demo, &folder)?);
        if !self.options.keep {
            fs::remove_dir_all(&folder).context("books cannot be removed")?;
        }
        Ok(json!({
            "id": format!("story-{records}"),
            "title": format!("The story of {} flow records", thousands(records)),
            "records": records,
            "bytes": bytes,
            "rows": rows,
        }))
    }

    fn books(&self, name: &str, records: u64, more: &[&str]) -> Result<Books> {
        let records = records.to_string();
        let arguments = [&["--records", &records], more].concat();
        self.workshop.books(name, &self.bench, &arguments)
    }

    fn close(&self, id: &str, title: &str, books: Books, rows: Vec<Value>) -> Result<Value> {
        let size = |side| -> Result<u64> { Ok(fs::metadata(books.file(side)?)?.len()) };
        let case = json!({
            "id": id,
            "title": title,
            "records": books.truth["records"],
            "bytes": {"source": size("old")?, "target": size("new")?},
            "rows": rows,
        });
        books.close(self.options.keep)?;
        Ok(case)
    }

    fn decode(&self, books: &Books) -> Result<Contestant> {
        let mut command = Command::new(&self.bench);
        command
            .arg("decode")
            .arg(books.file("old")?)
            .arg(books.file("new")?);
        Ok(Contestant {
            name: names::DECODE,
            command,
            findings: Findings::None,
            runs: self.options.runs,
        })
    }

    fn crossfoot(
        &self,
        name: &'static str,
        books: &Books,
        folder: &str,
        plan: &str,
        rule: Option<&str>,
    ) -> Result<Contestant> {
        let folder = books.plan(folder, plan, rule)?;
        self.verifies(&[], name, books, &folder)
    }

    /// Verifies with one more option, and no rule.
    fn crossfoot_with(
        &self,
        option: &str,
        name: &'static str,
        books: &Books,
        folder: &str,
        plan: &str,
    ) -> Result<Contestant> {
        let folder = books.plan(folder, plan, None)?;
        self.verifies(&[option], name, books, &folder)
    }

    fn verifies(
        &self,
        options: &[&str],
        name: &'static str,
        books: &Books,
        folder: &Path,
    ) -> Result<Contestant> {
        let evidence = folder.join("evidence");
        let mut command = Command::new(&self.crossfoot);
        command.arg("verify").args(options);
        command.args(["--json", "--no-progress", "--plan"]);
        command.arg(folder).arg("--evidence").arg(&evidence);
        let counted = !books.truth["differing"].is_null();
        Ok(Contestant {
            name,
            command,
            findings: if counted {
                Findings::Counted(evidence)
            } else {
                Findings::Evidence(evidence)
            },
            runs: self.options.runs,
        })
    }

    fn rival(
        &self,
        name: &'static str,
        script: &str,
        more: &[&str],
        books: &Books,
    ) -> Result<Contestant> {
        let scratch = books.scratch();
        let mut command = Command::new(&self.python);
        command
            .current_dir(place::root())
            .arg(rivals::script(script));
        command
            .arg(books.file("old")?)
            .arg(books.file("new")?)
            .args(more);
        command.arg("--work").arg(&scratch);
        Ok(Contestant {
            name,
            command,
            findings: Findings::Printed,
            runs: 1,
        })
    }

    fn csv_diff(&self, books: &Books) -> Result<Contestant> {
        let mut command = Command::new(&self.csv_diff);
        command.arg(books.file("old")?).arg(books.file("new")?);
        Ok(Contestant {
            name: names::CSV_DIFF,
            command,
            findings: Findings::Printed,
            runs: 1,
        })
    }
}
