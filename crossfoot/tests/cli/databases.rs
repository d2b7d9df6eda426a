//! Books in real databases: the same breaks, and the same bytes but for the places, whatever the
//! books lie in.

#[path = "../../../databases/tests/support/certificates.rs"]
mod certificates;
#[path = "../../../databases/tests/support/mariadb.rs"]
#[expect(
    dead_code,
    reason = "these tests need less of it than those of the databases"
)]
mod mariadb;
#[path = "../../../databases/tests/support/postgres.rs"]
#[expect(
    dead_code,
    reason = "these tests need less of it than those of the databases"
)]
mod postgres;

use self::mariadb::MariaDb;
pub(crate) use self::postgres::PASSWORD;
use self::postgres::Postgres;
use crate::place::{Place, here};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// A table: its name, its columns with their types, and its records as SQL writes them.
struct Table {
    name: &'static str,
    columns: &'static str,
    records: Vec<String>,
}

impl Table {
    fn statements(&self) -> Vec<String> {
        let insert =
            |records: &[String]| format!("INSERT INTO {} VALUES {}", self.name, records.join(", "));
        let create = format!("CREATE TABLE {} ({})", self.name, self.columns);
        std::iter::once(create)
            .chain(self.records.chunks(500).map(insert))
            .collect()
    }
}

/// The records of a CSV file without a quote in it but around amounts, as SQL writes them.
fn records_of(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let record = |line: &str| {
        let mut fields = vec![String::new()];
        let mut is_quoted = false;
        for letter in line.chars() {
            match letter {
                '"' => is_quoted = !is_quoted,
                ',' if !is_quoted => fields.push(String::new()),
                other => fields.last_mut().unwrap().push(other),
            }
        }
        let fields: Vec<String> = fields.iter().map(|field| format!("'{field}'")).collect();
        format!("({})", fields.join(", "))
    };
    text.lines().skip(1).map(record).collect()
}

/// Servers, and where the books lie in each of them.
pub(crate) struct Servers {
    pub(crate) postgres: Postgres,
    pub(crate) mariadb: MariaDb,
}

impl Servers {
    pub(crate) fn start() -> Servers {
        Servers {
            postgres: Postgres::start(""),
            mariadb: MariaDb::start(),
        }
    }

    /// Kills a server, by its name.
    pub(crate) fn kill(&mut self, name: &str) {
        match name {
            "PostgreSQL" => self.postgres.kill(),
            _ => self.mariadb.kill(),
        }
    }

    /// Starts a server again that was killed.
    pub(crate) fn revive(&mut self, name: &str) {
        match name {
            "PostgreSQL" => self.postgres.revive(),
            _ => self.mariadb.revive(),
        }
    }

    /// Kills a server, and starts it again.
    pub(crate) fn kill_and_revive(&mut self, name: &str) {
        self.kill(name);
        self.revive(name);
    }

    /// Puts a book into each kind of database; gives their addresses.
    fn fill(&self, place: &Place, book: &str, tables: &[Table]) -> [(&'static str, String); 3] {
        let statements: Vec<String> = tables.iter().flat_map(Table::statements).collect();
        self.put(place, book, [&statements; 3])
    }

    /// Makes a book in each kind of database, by the statements for PostgreSQL, for MariaDB and for
    /// SQLite; gives their addresses.
    pub(crate) fn put(
        &self,
        place: &Place,
        book: &str,
        statements: [&Vec<String>; 3],
    ) -> [(&'static str, String); 3] {
        self.make(book);
        let [of_postgres, of_mariadb, of_sqlite] = statements;
        self.postgres.psql(&format!(
            "SET search_path = {book}; {}",
            of_postgres.join("; ")
        ));
        let mut connection = self.mariadb.root();
        use mysql::prelude::Queryable as _;
        connection.query_drop(format!("USE {book}")).unwrap();
        // A text is written in the same way for all.
        let plain = "SET sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES')";
        connection.query_drop(plain).unwrap();
        for statement in of_mariadb {
            connection.query_drop(statement).unwrap();
        }
        let file = rusqlite::Connection::open(place.path().join(format!("{book}.db"))).unwrap();
        for statement in of_sqlite {
            file.execute_batch(statement).unwrap();
        }
        self.addresses(book)
    }

    /// The addresses of a book in each kind of database.
    pub(crate) fn addresses(&self, book: &str) -> [(&'static str, String); 3] {
        let socket = self.mariadb.folder().join("socket");
        let url = self
            .postgres
            .url("teller", "${PASSWORD}")
            .replace("%40", "@");
        [
            ("PostgreSQL", format!("{url}&schema={book}")),
            (
                "MariaDB",
                format!("mysql://root@localhost/{book}?socket={}", socket.display()),
            ),
            ("SQLite", format!("sqlite://{book}.db")),
        ]
    }

    /// Makes an empty book in each server.
    pub(crate) fn make(&self, book: &str) {
        self.postgres.psql(&format!("CREATE SCHEMA {book}"));
        self.mariadb
            .run(&format!("CREATE DATABASE {book} CHARACTER SET utf8mb4;\n"));
    }
}

/// Runs a command that may need the password of the servers.
pub(crate) fn run(place: &Place, line: &str) -> (Option<i32>, String, String) {
    let output = place
        .command(line)
        .env("PASSWORD", PASSWORD)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    for said in [&stdout, &stderr] {
        assert!(
            !said.contains(PASSWORD) && !said.contains("p%40ss"),
            "{said}"
        );
    }
    (output.status.code(), stdout, stderr)
}

/// The breaks and the report without the places of records, times, and the moments of databases.
fn outcome(evidence: &Path) -> String {
    let mut told = String::new();
    for line in fs::read_to_string(evidence.join("breaks.jsonl"))
        .unwrap()
        .lines()
    {
        let mut found: Value = serde_json::from_str(line).unwrap();
        for side in ["source", "target"] {
            for record in found[side].as_array_mut().into_iter().flatten() {
                let record = record.as_object_mut().unwrap();
                let fields = match side {
                    "source" => record.clone(),
                    // Of files only the place is told.
                    _ => serde_json::Map::from_iter([("_table".into(), record["_table"].clone())]),
                };
                *record = fields;
                record.retain(|name, _| !["_file", "_row"].contains(&name.as_str()));
            }
        }
        writeln!(told, "{found}").unwrap();
    }
    let report = fs::read_to_string(evidence.join("report.json")).unwrap();
    let mut report: Value = serde_json::from_str(&report).unwrap();
    let whole = report.as_object_mut().unwrap();
    whole.retain(|name, _| !["moments", "evidence", "elapsed_seconds"].contains(&name.as_str()));
    writeln!(told, "{report:#}").unwrap();
    for file in fs::read_dir(evidence).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(PASSWORD));
    }
    told
}

/// Verifies every pair of books, with digests, for which all is read, and without; and holds each
/// against what files give.
fn check_pairs(place: &Place, plan: &str, source: &[(&str, String)], target: &[(&str, String)]) {
    let mut first: Option<String> = None;
    for (of_source, source) in source {
        for (of_target, target) in target {
            let written = plan.replace("SOURCE", source).replace("TARGET", target);
            fs::write(place.path().join("crossfoot.toml"), written).unwrap();
            let evidence = place.path().join("evidence");
            for way in ["", " --no-digest"] {
                let line = format!("verify --evidence evidence --no-progress{way}");
                let (code, stdout, stderr) = run(place, &line);
                let which = format!("{of_source} against {of_target}{way}");
                assert_eq!(code, Some(1), "{which}: {stdout}{stderr}");
                let outcome = outcome(&evidence);
                fs::remove_dir_all(&evidence).unwrap();
                match &first {
                    None => first = Some(outcome),
                    Some(first) => assert_eq!(*first, outcome, "{which}"),
                }
            }
        }
    }
}

#[test]
fn the_first_example_reads_the_same_in_every_pair_of_files_and_databases() {
    let servers = Servers::start();
    let place = Place::first();
    let table = |name, columns, file: &str| Table {
        name,
        columns,
        records: records_of(&place.path().join(file)),
    };
    let wallet = [
        table(
            "flow",
            "serial varchar(20) PRIMARY KEY, user_id text, happened_at text, code text, amount text, memo text",
            "wallet/flow.csv",
        ),
        table(
            "day",
            "day varchar(10) PRIMARY KEY, total text",
            "wallet/day.csv",
        ),
    ];
    let ledger = [table(
        "posting",
        "voucher text, account text, kind text, booked_at text, accounting_date text, amount text",
        "ledger/posting.csv",
    )];
    let files = |book: &str| [("files", book.to_owned())];
    let source = servers.fill(&place, "wallet", &wallet);
    let target = servers.fill(&place, "ledger", &ledger);
    let source: Vec<_> = files("wallet").into_iter().chain(source).collect();
    let target: Vec<_> = files("ledger").into_iter().chain(target).collect();
    let plan = fs::read_to_string(here().join("../examples/first/crossfoot.toml")).unwrap();
    let plan = plan
        .replace("\"wallet\"", "\"SOURCE\"")
        .replace("\"ledger\"", "\"TARGET\"");
    check_pairs(&place, &plan, &source, &target);

    // What else looks at books does as well.
    let written = plan
        .replace("SOURCE", &source[1].1)
        .replace("TARGET", &target[2].1);
    fs::write(place.path().join("crossfoot.toml"), written).unwrap();
    let (code, stdout, _) = run(&place, "check");
    assert_eq!(code, Some(0), "{stdout}");
    let (code, stdout, _) = run(&place, "verify --evidence seen --lang en");
    assert_eq!(code, Some(1));
    let moments: Vec<&str> = stdout
        .lines()
        .filter(|line| line.contains("at one moment"))
        .collect();
    assert!(
        moments[0].starts_with("The source as it was at one moment: PostgreSQL "),
        "{stdout}"
    );
    assert!(
        moments[1].starts_with("The target as it was at one moment: MariaDB "),
        "{stdout}"
    );
    let (code, stdout, stderr) = run(&place, "explain P00041979 --lang en");
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    assert!(stdout.contains("0.28"), "{stdout}");
}

/// A ledger of typed columns, some of its records other than in the first one.
fn typed(records: u32, is_damaged: bool) -> Vec<String> {
    let record = |id: u32| {
        let mut fen = i64::from(id.wrapping_mul(2_654_435_761) % 2_000_003) - 1_000_000;
        if is_damaged {
            match id {
                _ if id.is_multiple_of(701) => fen += 1,
                _ if id.is_multiple_of(1_009) => return None,
                _ => {}
            }
        }
        let sign = if fen < 0 { "-" } else { "" };
        let (yuan, rest) = (fen.abs() / 100, fen.abs() % 100);
        let (day, second) = (1 + id % 28, id % 60);
        let memo = if id.is_multiple_of(13) {
            "NULL".to_owned()
        } else {
            format!("'备注 {id}'")
        };
        Some(format!(
            "({}, 'B{}', '{sign}{yuan}.{rest:02}', '2013-05-{day:02} 08:00:{second:02}', {memo})",
            i64::from(id) * 10_000_000_000,
            id % 97,
        ))
    };
    (1..=records).filter_map(record).collect()
}

const TYPED: &str = "id bigint, book varchar(9), amount decimal(18,2), at varchar(19), memo text, PRIMARY KEY (book, id)";

#[test]
fn typed_columns_and_many_ranges_read_the_same_in_every_pair_of_databases() {
    let servers = Servers::start();
    let place = Place::empty();
    let book = |is_damaged| {
        [Table {
            name: "entry",
            columns: TYPED,
            records: typed(30_000, is_damaged),
        }]
    };
    let source = servers.fill(&place, "old_books", &book(false));
    let target = servers.fill(&place, "new_books", &book(true));
    let plan = r#"
        name = "typed"
        timezone = "Asia/Shanghai"
        currency = "CNY"
        [source]
        url = "SOURCE"
        [target]
        url = "TARGET"
        [[agreement]]
        name = "entries"
        rule = "entry"
        target = "entry"
        key = ["book", "id"]
        money = ["amount"]
    "#;
    check_pairs(&place, plan, &source, &target);
}

#[test]
fn a_record_of_a_database_is_told_by_its_table_its_number_and_its_own_values() {
    let servers = Servers::start();
    let place = Place::empty();
    let book = |columns: &'static str, records: &[&str]| {
        let records = records.iter().map(|record| (*record).to_owned()).collect();
        let name = "entry";
        [Table {
            name,
            columns,
            records,
        }]
    };
    const KEYED: &str = "book varchar(9), id int, amount decimal(18,2), PRIMARY KEY (book, id)";
    const HEAP: &str = "book varchar(9), id int, amount decimal(18,2)";
    let old = ["('A', 1, 1.00)", "('A', 2, 2.00)", "('B', 1, 3.50)"];
    let new = ["('A', 1, 1.00)", "('B', 1, 3.49)", "('B', 7, 0.10)"];
    let old_keyed = servers.fill(&place, "old_keyed", &book(KEYED, &old));
    let new_keyed = servers.fill(&place, "new_keyed", &book(KEYED, &new));
    let old_heap = servers.fill(&place, "old_heap", &book(HEAP, &old));
    let new_heap = servers.fill(&place, "new_heap", &book(HEAP, &new));
    let mut told = String::new();
    for (old, new) in [(&old_keyed, &new_keyed), (&old_heap, &new_heap)] {
        let mut first: Option<Vec<String>> = None;
        for (of_source, source) in old {
            for (of_target, target) in new {
                let plan = format!(
                    "name = \"places\"\ncurrency = \"CNY\"\n[source]\nurl = \"{source}\"\n\
                     [target]\nurl = \"{target}\"\n[[agreement]]\nname = \"entries\"\n\
                     rule = \"entry\"\ntarget = \"entry\"\nkey = [\"book\", \"id\"]\n\
                     money = [\"amount\"]\n"
                );
                fs::write(place.path().join("crossfoot.toml"), plan).unwrap();
                let line = "verify --evidence evidence --no-progress";
                let (code, stdout, stderr) = run(&place, line);
                assert_eq!(code, Some(1), "{stdout}{stderr}");
                let of_one = |line: &str| {
                    let found: Value = serde_json::from_str(line).unwrap();
                    format!("{} -> {}", found["source"], found["target"])
                };
                let breaks = place.read("evidence/breaks.jsonl");
                let places: Vec<String> = breaks.lines().map(of_one).collect();
                fs::remove_dir_all(place.path().join("evidence")).unwrap();
                let first = first.get_or_insert_with(|| places.clone());
                assert_eq!(*first, places, "{of_source} against {of_target}");
            }
        }
        writeln!(told, "{}", first.unwrap().join("\n")).unwrap();
    }
    insta::assert_snapshot!(told, @r#"
    [{"_table":"entry","_row":2,"book":"A","id":"2","amount":"2.00"}] -> null
    [{"_table":"entry","_row":3,"book":"B","id":"1","amount":"3.50"}] -> [{"_table":"entry","_row":2,"book":"B","id":"1","amount":"3.49"}]
    [] -> [{"_table":"entry","_row":3,"book":"B","id":"7","amount":"0.10"}]
    [{"_table":"entry","_row":2,"book":"A","id":"2","amount":"2.00"}] -> null
    [{"_table":"entry","_row":3,"book":"B","id":"1","amount":"3.50"}] -> [{"_table":"entry","_row":2,"book":"B","id":"1","amount":"3.49"}]
    [] -> [{"_table":"entry","_row":3,"book":"B","id":"7","amount":"0.10"}]
    "#);
}

/// A book, an edited copy of it, and the edits: a key with the kind of break that it makes.
struct Edited {
    source: Vec<[String; 4]>,
    target: Vec<[String; 4]>,
    edits: BTreeMap<String, &'static str>,
}

/// A book at random and its copy, the same for the same seed.
fn edited(seed: u64) -> Edited {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut below = |end: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) % end
    };
    let yuan = |fen: u64| format!("{}.{:02}", fen / 100, fen % 100);
    let source: Vec<[String; 4]> = (0..120 + below(80))
        .map(|number| {
            let account = format!("62{:04}", below(30));
            let memo = ["余额", "Ångström", "a b", "'", "x;y"][below(5) as usize];
            let amount = yuan(1 + below(10_u64.pow(2 + (number % 12) as u32)));
            [format!("P{number:05}"), account, amount, memo.to_owned()]
        })
        .collect();
    let (mut target, mut edits) = (Vec::new(), BTreeMap::new());
    for (number, record) in source.iter().enumerate() {
        let mut copy = record.clone();
        // Of what stands next to each other in a file another cause is named; databases have no files.
        let may_be_a_run = number % 2 == 0;
        let kind = match below(12) {
            0 | 3 if may_be_a_run => "same",
            0 => "missing",
            1 => {
                copy[2] = yuan(1 + below(1_000_000));
                "differs"
            }
            2 => {
                copy[3].push('~');
                "differs"
            }
            3 => {
                target.push(copy.clone());
                "copies"
            }
            4 => {
                let mut new = copy.clone();
                new[0] = format!("N{}", &copy[0][1..]);
                edits.insert(new[0].clone(), "extra");
                target.push(new);
                "same"
            }
            _ => "same",
        };
        if kind != "missing" {
            target.insert(below(target.len() as u64 + 1) as usize, copy.clone());
        }
        if kind != "same" && (kind != "differs" || copy != *record) {
            edits.insert(record[0].clone(), kind);
        }
    }
    Edited {
        source,
        target,
        edits,
    }
}

#[test]
fn edits_at_random_are_just_the_breaks_in_every_pair_of_files_and_databases() {
    let servers = Servers::start();
    for seed in [1, 2] {
        let place = Place::empty();
        let Edited {
            source,
            target,
            edits,
        } = edited(seed);
        let books = [("before", &source), ("after", &target)].map(|(name, records)| {
            let book = format!("{name}{seed}");
            let folder = place.path().join(&book);
            fs::create_dir(&folder).unwrap();
            let lines: Vec<String> = records.iter().map(|record| record.join(",")).collect();
            let text = format!("code,account,amount,memo\n{}\n", lines.join("\n"));
            fs::write(folder.join("entry.csv"), text).unwrap();
            let quoted = |record: &[String; 4]| {
                let fields = record
                    .each_ref()
                    .map(|text| format!("'{}'", text.replace('\'', "''")));
                format!("({})", fields.join(", "))
            };
            // What may be there twice has no key.
            let columns = match name {
                "before" => "code varchar(20) PRIMARY KEY, account text, amount text, memo text",
                _ => "code varchar(20), account text, amount text, memo text",
            };
            let table = Table {
                name: "entry",
                columns,
                records: records.iter().map(quoted).collect(),
            };
            let databases = servers.fill(&place, &book, &[table]);
            let files = [("files", book)].into_iter();
            files.chain(databases).collect::<Vec<_>>()
        });
        let plan = r#"
            name = "edited"
            timezone = "Asia/Shanghai"
            currency = "CNY"
            [source]
            url = "SOURCE"
            [target]
            url = "TARGET"
            [[agreement]]
            name = "entries"
            rule = "entry"
            target = "entry"
            key = ["code"]
            money = ["amount"]
        "#;
        check_pairs(&place, plan, &books[0], &books[1]);
        let (code, stdout, stderr) = run(&place, "verify --evidence last --no-progress");
        assert_eq!(code, Some(1), "{stdout}{stderr}");
        let found: BTreeMap<String, String> = place
            .read("last/breaks.jsonl")
            .lines()
            .map(|line| {
                let found: Value = serde_json::from_str(line).unwrap();
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                (text(&found["key"]["code"]), text(&found["kind"]))
            })
            .collect();
        let told = |edits: BTreeMap<String, &str>| -> BTreeMap<String, String> {
            let own = |(key, kind): (String, &str)| (key, kind.to_owned());
            edits.into_iter().map(own).collect()
        };
        assert_eq!(found, told(edits), "seed {seed}");
    }
}

#[test]
fn what_is_wrong_with_a_database_is_said_with_exit_code_3_or_at_its_place_in_the_plan() {
    let place = Place::first();
    let plan = place.read("crossfoot.toml");
    let with = |url: &str| {
        let plan = plan.replace("\"wallet\"", &format!("\"{url}\""));
        fs::write(place.path().join("crossfoot.toml"), plan).unwrap();
        place.run("check")
    };
    fs::write(
        place.path().join("text.db"),
        "this is no database, and long enough to be looked at: it goes on",
    )
    .unwrap();
    let said = [
        with("sqlite://none.db"),
        with("sqlite://text.db"),
        with("postgres://teller@127.0.0.1:1/pay?tls=off"),
        with("mysql://teller@127.0.0.1:1/pay?tls=off"),
        with("postgres://teller@127.0.0.1/pay?sslmode=require"),
        with("postgres://teller:plain@127.0.0.1/pay"),
        with("oracle://teller@127.0.0.1/pay"),
    ];
    insta::assert_snapshot!(said.join("\n"), @r#"
    $ crossfoot check
    exit 3
    --- stderr
    error: in the source, none.db cannot be reached: there is no such file; check the path, or make the file first: it is never made by reading

    $ crossfoot check
    exit 3
    --- stderr
    error: in the source, text.db cannot be reached: file is not a database (code 26); it is another kind of file, or encrypted

    $ crossfoot check
    exit 3
    --- stderr
    error: in the source, 127.0.0.1:1 cannot be reached: error connecting to server: Connection refused (os error 111); is it running, and is this its host and port?

    $ crossfoot check
    exit 3
    --- stderr
    error: in the source, 127.0.0.1:1 cannot be reached: Connection refused (os error 111); is it running, and is this its host and port?

    $ crossfoot check
    exit 2
    --- stderr
      × the address of the database cannot be: it says "sslmode", which means nothing in an address
       ╭─[crossfoot.toml:8:7]
     7 │ [source]
     8 │ url = "postgres://teller@127.0.0.1/pay?sslmode=require"                          # flow.csv and day.csv: the tables flow and day
       ·       ─────────────────────────────────────────────────
     9 │
       ╰────
      help: there are `host`, `schema`, `tls`, `ca_file`, `password_file`, `password_command`, `statement_timeout`, `lock_timeout`, `connections`, `max_load`

    error: the plan has a mistake

    $ crossfoot check
    exit 2
    --- stderr
      × the url holds a password
       ╭─[crossfoot.toml:8:7]
     7 │ [source]
     8 │ url = "postgres://teller:*****@127.0.0.1/pay"                          # flow.csv and day.csv: the tables flow and day
       ·       ───────────────────┬───────────────────
       ·                          ╰── not in a file
     9 │
       ╰────
      help: write a variable in its place, such as `${PGPASSWORD}`, and change the password

    error: the plan has a mistake

    $ crossfoot check
    exit 2
    --- stderr
      × `oracle://` books are not in this build
       ╭─[crossfoot.toml:8:7]
     7 │ [source]
     8 │ url = "oracle://teller@127.0.0.1/pay"                          # flow.csv and day.csv: the tables flow and day
       ·       ───────────────────────────────
     9 │
       ╰────
      help: this build reads files and the databases `postgres://`, `mysql://` and `sqlite://`: export the tables as CSV or Parquet and name their folder

    error: the plan has a mistake
    "#);
    let hidden = with("postgres://teller@127.0.0.1/pay?password=pl4in&tls=off");
    assert!(
        hidden.contains("the url holds a password") && !hidden.contains("pl4in"),
        "{hidden}"
    );
}

/// A command's outcome in one text, without what differs from run to run.
fn told(place: &Place, servers: Option<&Servers>, line: &str) -> String {
    let (code, stdout, stderr) = run(place, line);
    let mut told = format!("exit {}\n{stdout}---\n{stderr}", code.unwrap());
    told = told.replace(&place.path().display().to_string(), "[folder]");
    servers.map_or(told.clone(), |servers| masked(&told, servers))
}

/// A text without ports and folders of servers.
fn masked(text: &str, servers: &Servers) -> String {
    let text = text.replace(
        &servers.postgres.folder().display().to_string(),
        "[postgres]",
    );
    let text = text.replace(&servers.mariadb.folder().display().to_string(), "[mariadb]");
    text.replace(&servers.postgres.port.to_string(), "[port]")
}

/// Statements into a new file of SQLite.
fn sqlite(place: &Place, file: &str, statements: &str) {
    let path = place.path().join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    rusqlite::Connection::open(path)
        .unwrap()
        .execute_batch(statements)
        .unwrap();
}

/// The kinds of breaks that a run wrote down, with the values of their keys.
fn breaks_of(place: &Place, evidence: &str) -> Vec<String> {
    let text = place.read(&format!("{evidence}/breaks.jsonl"));
    let found = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut found: Vec<String> = found
        .map(|found| format!("{} {}", found["kind"].as_str().unwrap(), found["key"]))
        .collect();
    found.sort();
    found
}

/// Fills a table of PostgreSQL and one of MariaDB that declare their keys, types and comments, and
/// differ in two records; gives their addresses.
fn declare(servers: &Servers) -> (String, String) {
    let row = |id: u32| {
        let day = 1 + id % 28;
        format!(
            "({id}, 'U{}', {}.{:02}, '2013-05-{day:02}', 'note {}')",
            id % 7,
            id * 3 % 500,
            id % 100,
            id % 5
        )
    };
    let rows: Vec<String> = (1..=400).map(row).collect();
    servers.postgres.psql(&format!(
        "CREATE SCHEMA old; SET search_path = old; \
         CREATE TABLE entry (id bigint PRIMARY KEY, owner text, total numeric(18,2), \
         burden numeric(18,3) DEFAULT 0.5, booked date, remark text); \
         COMMENT ON TABLE entry IS '分录'; \
         COMMENT ON COLUMN entry.total IS 'what is owed,\n in yuan'; \
         INSERT INTO entry (id, owner, total, booked, remark) VALUES {}; \
         CREATE TABLE scratch (x text); ANALYZE;",
        rows.join(", ")
    ));
    servers
        .mariadb
        .run("CREATE DATABASE new_books CHARACTER SET utf8mb4;\n");
    servers.mariadb.run(&format!(
        "USE new_books; CREATE TABLE entry (id bigint PRIMARY KEY, owner varchar(20), \
         total decimal(18,2) COMMENT 'owed', burden decimal(18,3) DEFAULT 0.5, booked date, \
         remark varchar(40), place point); \
         INSERT INTO entry (id, owner, total, booked, remark) VALUES {};\n",
        rows.join(", ")
    ));
    servers.mariadb.run(
        "USE new_books; UPDATE entry SET total = total + 0.01 WHERE id = 77; \
         DELETE FROM entry WHERE id = 200;\n",
    );
    let old = format!(
        "{}&schema=old",
        servers.postgres.url("teller", "${PASSWORD}")
    );
    let socket = servers.mariadb.folder().join("socket");
    let new = format!(
        "mysql://root@localhost/new_books?socket={}",
        socket.display()
    );
    (old, new)
}

#[test]
fn init_drafts_a_plan_from_one_database_to_another_by_what_they_declare() {
    let servers = Servers::start();
    let place = Place::empty();
    let (old, new) = declare(&servers);
    let line = format!("init {old} {new} -o drafted/crossfoot.toml");
    fs::create_dir(place.path().join("drafted")).unwrap();
    insta::assert_snapshot!(told(&place, Some(&servers), &line), @r#"
    exit 0
    drafted/crossfoot.toml is written. Next: crossfoot verify --plan drafted/crossfoot.toml
    ---
    the source's table scratch (0 records) has no counterpart: it is not compared
    nothing tells the currency of the amounts: they are totalled without one; `currency = "CNY"` in a plan would tell it
    took id as key (the primary key of entry), total, burden as money
    id: the primary key of the source's entry, and of the target's entry
    the source's comment on entry: 分录
    the source's comment on total: what is owed, in yuan
    the target's comment on total: owed
    the target's place is not compared: their values cannot be read, by their type or for want of a right
    "#);
    let plan = place.read("drafted/crossfoot.toml");
    assert!(
        !plan.contains(PASSWORD) && !plan.contains("p%40ss"),
        "{plan}"
    );
    insta::assert_snapshot!(masked(&plan, &servers), @r#"
    # Drafted from both books by measuring them. What was taken for what stands beside it:
    # read it, and correct what you know better.
    name = "postgres.old to new_books"

    [source]
    url = "postgres://teller:${PASSWORD}@localhost:[port]/postgres?host=[postgres]&schema=old"

    [target]
    url = "mysql://root@localhost/new_books?socket=[mariadb]/socket"

    [target.tables.entry]
    ignore = ["place"]

    # id: the primary key of the source's entry, and of the target's entry
    # the source's comment on entry: 分录
    # the source's comment on total: what is owed, in yuan
    # the target's comment on total: owed
    # the target's place is not compared: their values cannot be read, by their type or for want of a right
    [[agreement]]
    name = "entry"
    rule = "entry"
    target = "entry"
    key = ["id"] # the primary key of entry
    money = ["total", "burden"]
    foot = ["remark", "owner"]
    "#);
    insta::assert_snapshot!(told(&place, Some(&servers), &format!("{line} --force --lang zh")), @r#"
    exit 0
    已写出 drafted/crossfoot.toml。下一步：crossfoot verify --plan drafted/crossfoot.toml
    ---
    源账的表 scratch（0 笔）没有对应的表：不核对
    看不出金额的币种：合计时不分币种；可在方案中写 `currency = "CNY"`
    以 id 为键（entry 的主键），以 total, burden 为金额
    id：源账的 entry 的主键，也是新账的 entry 的主键
    源账对 entry 的说明：分录
    源账对 total 的说明：what is owed, in yuan
    新账对 total 的说明：owed
    新账的 place 不核对：因类型或权限，其值无法读取
    "#);
    let (code, stdout, stderr) = run(&place, "check --plan drafted");
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    let (code, stdout, stderr) = run(&place, "verify --plan drafted --evidence out --no-progress");
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    let found = breaks_of(&place, "out");
    assert_eq!(found, [r#"differs {"id":"77"}"#, r#"missing {"id":"200"}"#]);
}

#[test]
fn init_drafts_a_plan_from_a_database_to_files_in_a_folder_elsewhere() {
    let row = |id: u32, fen: u32| {
        format!(
            "F{id:04},2013-05-{:02},{}.{:02}",
            1 + id % 28,
            fen / 100,
            fen % 100
        )
    };
    let rows: Vec<String> = (1..=300).map(|id| row(id, id * 37)).collect();
    let values: Vec<String> = rows
        .iter()
        .map(|row| format!("('{}')", row.replace(',', "', '")))
        .collect();
    let mut damaged = rows.clone();
    damaged[41] = row(42, 42 * 37 + 1);
    damaged.remove(100);
    let csv = format!("serial,day,amount\n{}\n", damaged.join("\n"));
    let place = Place::empty()
        .with("files/flow.csv", csv)
        .with("plans/old.txt", "");
    let create =
        "CREATE TABLE flow (serial TEXT PRIMARY KEY NOT NULL, day DATE, amount DECIMAL(18,2));";
    sqlite(
        &place,
        "data/pay.db",
        &format!("{create} INSERT INTO flow VALUES {};", values.join(", ")),
    );
    insta::assert_snapshot!(
        told(&place, None, "init sqlite://data/pay.db files -o plans/crossfoot.toml --currency CNY"),
        @"
    exit 0
    plans/crossfoot.toml is written. Next: crossfoot verify --plan plans/crossfoot.toml
    ---
    took serial as key (the primary key of flow), amount as money (CNY)
    serial: the primary key of the source's flow; unique in 299 of 299 records of the target
    day: as days
    amount: as exact numbers
    "
    );
    insta::assert_snapshot!(place.read("plans/crossfoot.toml"), @r#"
    # Drafted from both books by measuring them. What was taken for what stands beside it:
    # read it, and correct what you know better.
    name = "pay to files"
    currency = "CNY"

    [source]
    url = "sqlite://../data/pay.db"

    [target]
    url = "../files"

    # serial: the primary key of the source's flow; unique in 299 of 299 records of the target
    # day: as days
    # amount: as exact numbers
    [[agreement]]
    name = "flow"
    rule = "flow"
    target = "rules/flow.target.sql"
    key = ["serial"] # the primary key of flow
    money = ["amount"]
    foot = ["day"]
    "#);
    let (code, stdout, stderr) = run(&place, "check --plan plans");
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    let (code, stdout, stderr) = run(&place, "verify --plan plans --evidence out --no-progress");
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    let found = breaks_of(&place, "out");
    assert_eq!(
        found,
        [
            r#"differs {"serial":"F0042"}"#,
            r#"missing {"serial":"F0101"}"#
        ]
    );
    // The other way round the target declares the key.
    insta::assert_snapshot!(
        told(&place, None, "init files sqlite://data/pay.db -o back.toml --currency CNY --lang zh"),
        @"
    exit 0
    已写出 back.toml。下一步：crossfoot verify --plan back.toml
    ---
    以 serial 为键（flow 的主键），以 amount 为金额（CNY）
    serial：新账的 flow 的主键；源账 299 笔中有 299 笔唯一
    day：按日期
    amount：按精确数
    "
    );
}

#[test]
fn two_databases_are_verified_without_a_plan() {
    let place = Place::empty();
    let entries = |statement: &str| {
        format!(
            "CREATE TABLE entry (id INTEGER PRIMARY KEY, amount DECIMAL(18,2), memo TEXT); \
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250000) \
             INSERT INTO entry SELECT i, printf('%d.%02d', i % 977, i % 100), 'm' || (i % 50) FROM n; \
             {statement}"
        )
    };
    sqlite(&place, "old.db", &entries(""));
    sqlite(
        &place,
        "new.db",
        &entries(
            "DELETE FROM entry WHERE id = 123456; UPDATE entry SET amount = '9.99' WHERE id = 7;",
        ),
    );
    let line = "verify sqlite://old.db sqlite://new.db --evidence out --no-progress --lang en";
    let (code, stdout, stderr) = run(&place, line);
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    insta::assert_snapshot!(stderr, @"took id as key (the primary key of entry), amount as money");
    let found = breaks_of(&place, "out");
    assert_eq!(
        found,
        [r#"differs {"id":"7"}"#, r#"missing {"id":"123456"}"#]
    );
    // Not all of a large table is read to judge its columns.
    let (_, _, said) = run(&place, "init sqlite://old.db sqlite://new.db");
    let judged = said
        .lines()
        .find(|line| line.contains("were judged by"))
        .unwrap();
    insta::assert_snapshot!(judged, @"in the source, entry: its columns were judged by 199,999 records of 250,000");
    let (_, _, said) = run(
        &place,
        "init sqlite://old.db sqlite://new.db -o zh.toml --lang zh",
    );
    insta::assert_snapshot!(said.lines().next().unwrap(), @"源账：entry：按 250,000 笔中的 199,999 笔判断各列");
}

#[test]
fn init_says_what_is_wrong_with_an_address() {
    let place = Place::empty().with("new.csv", "id,amount\n1,2.00\n");
    let with = |old: &str| place.run(&format!("init {old} new.csv"));
    let said = [
        with("sqlite://none.db"),
        with("postgres://teller@127.0.0.1:1/pay?tls=off"),
        with("postgres://teller:plain@127.0.0.1/pay")
            .replace("teller:plain@127.0.0.1/pay new", "… new"),
        with("postgres://teller:${NOT_SET}@127.0.0.1/pay"),
        with("mysql://127.0.0.1/pay"),
        with("oracle://teller@127.0.0.1/pay"),
        place.run("verify sqlite://none.db mysql://127.0.0.1/pay --lang zh"),
    ];
    assert!(!place.path().join("crossfoot.toml").exists());
    assert!(!said.join("").contains("plain"));
    insta::assert_snapshot!(said.join("\n"), @"
    $ crossfoot init sqlite://none.db new.csv
    exit 3
    --- stderr
    error: in the source, none.db cannot be reached: there is no such file; check the path, or make the file first: it is never made by reading

    $ crossfoot init postgres://teller@127.0.0.1:1/pay?tls=off new.csv
    exit 3
    --- stderr
    error: in the source, 127.0.0.1:1 cannot be reached: error connecting to server: Connection refused (os error 111); is it running, and is this its host and port?

    $ crossfoot init postgres://… new.csv
    exit 2
    --- stderr
      × the url holds a password
       ╭─[source:1:1]
     1 │ postgres://teller:*****@127.0.0.1/pay
       · ──────────────────┬──────────────────
       ·                   ╰── not in a file
       ╰────
      help: write a variable in its place, such as `${PGPASSWORD}`, and change the password

    error: the address of a book has a mistake

    $ crossfoot init postgres://teller:${NOT_SET}@127.0.0.1/pay new.csv
    exit 2
    --- stderr
      × the environment variable `NOT_SET` is not set
       ╭─[source:1:19]
     1 │ postgres://teller:${NOT_SET}@127.0.0.1/pay
       ·                   ──────────
       ╰────
      help: set it: `export NOT_SET=…`

    error: the address of a book has a mistake

    $ crossfoot init mysql://127.0.0.1/pay new.csv
    exit 2
    --- stderr
      × the address of the database cannot be: it names no user
       ╭─[source:1:1]
     1 │ mysql://127.0.0.1/pay
       · ─────────────────────
       ╰────
      help: write mysql://user@host/database

    error: the address of a book has a mistake

    $ crossfoot init oracle://teller@127.0.0.1/pay new.csv
    exit 2
    --- stderr
      × `oracle://` books are not in this build
       ╭─[source:1:1]
     1 │ oracle://teller@127.0.0.1/pay
       · ─────────────────────────────
       ╰────
      help: this build reads files and the databases `postgres://`, `mysql://` and `sqlite://`: export the tables as CSV or Parquet and name their folder

    error: the address of a book has a mistake

    $ crossfoot verify sqlite://none.db mysql://127.0.0.1/pay --lang zh
    exit 2
    --- stderr
      × 数据库地址有误：未写用户名
       ╭─[target:1:1]
     1 │ mysql://127.0.0.1/pay
       · ─────────────────────
       ╰────
      help: 请写 mysql://user@host/database

    错误：账的地址有误
    ");
}

#[test]
fn what_a_user_may_not_read_ends_the_run_and_is_named() {
    let postgres = Postgres::start("");
    postgres.psql(&format!(
        "CREATE TABLE part (id int PRIMARY KEY, v int);
         INSERT INTO part SELECT n, n FROM generate_series(1, 1000) n;
         CREATE TABLE wide (id int PRIMARY KEY, v int, hidden int);
         INSERT INTO wide SELECT n, n, n FROM generate_series(1, 1000) n;
         CREATE TABLE secret (id int PRIMARY KEY, v int);
         CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}';
         GRANT SELECT ON part TO reader; GRANT SELECT (id, v) ON wide TO reader;
         ALTER TABLE part ENABLE ROW LEVEL SECURITY;
         CREATE POLICY half ON part TO reader USING (id % 2 = 0)",
    ));
    let url = postgres.url("reader", "${PASSWORD}").replace("%40", "@");
    let plan = |rule: &str| {
        format!(
            "name = \"rights\"\n[source]\nurl = \"{url}\"\n[target]\nurl = \"{url}\"\n\
             [[agreement]]\nname = \"all\"\nrule = \"{rule}\"\ntarget = \"{rule}\"\nkey = [\"id\"]\n"
        )
    };
    let place = Place::empty();
    for (rule, code, said) in [
        ("part", 3, "its policies would hide records from this user"),
        (
            "wide",
            3,
            "public.wide, column \"hidden\": the user may not read it",
        ),
        ("secret", 2, "the user may not read the table `secret`"),
        (
            "SELECT id FROM secret",
            2,
            "the user may not read the table `secret`",
        ),
    ] {
        fs::write(place.path().join("crossfoot.toml"), plan(rule)).unwrap();
        let (ended, stdout, stderr) = run(&place, "verify --no-progress --no-digest");
        assert_eq!(ended, Some(code), "{rule}: {stdout}{stderr}");
        assert!(stderr.contains(said), "{rule}: {stderr}");
    }
    // What is granted is read, and a column that is named is left out.
    fs::write(
        place.path().join("crossfoot.toml"),
        plan("SELECT id, v FROM wide"),
    )
    .unwrap();
    let (ended, stdout, stderr) = run(&place, "verify --no-progress");
    assert_eq!(ended, Some(0), "{stdout}{stderr}");
    let ignoring = format!(
        "{}[source.tables.wide]\nignore = [\"hidden\"]\n[target.tables.wide]\nignore = [\"hidden\"]\n",
        plan("wide")
    );
    fs::write(place.path().join("crossfoot.toml"), ignoring).unwrap();
    let (ended, stdout, stderr) = run(&place, "verify --no-progress");
    assert_eq!(ended, Some(0), "{stdout}{stderr}");
}

#[test]
fn ranges_that_a_rule_leaves_out_are_passed_over_and_the_rest_is_compared() {
    let place = Place::empty();
    // So wide that some thousand records are a range.
    let wide: Vec<String> = (0..40).map(|at| format!("note{at} text")).collect();
    let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)";
    sqlite(
        &place,
        "old.db",
        &format!(
            "CREATE TABLE flow (id INTEGER PRIMARY KEY, amount DECIMAL(18,2), {});
             INSERT INTO flow (id, amount) {numbers} SELECT i, i FROM n;",
            wide.join(", ")
        ),
    );
    sqlite(
        &place,
        "new.db",
        &format!(
            "CREATE TABLE posting (id INTEGER PRIMARY KEY, amount DECIMAL(18,2));
             INSERT INTO posting {numbers} SELECT i, i FROM n WHERE i > 15000;
             UPDATE posting SET amount = 1 WHERE id = 16000;",
        ),
    );
    for condition in [
        "id > 15000",
        "id BETWEEN 15001 AND 20000",
        "id >= 15001 AND amount IS NOT NULL",
        // It may fail: all ranges are read.
        "id + 1 > 15001",
    ] {
        let plan = format!(
            "name = \"late\"\n[source]\nurl = \"sqlite://old.db\"\n[target]\nurl = \"sqlite://new.db\"\n\
             [[agreement]]\nname = \"late\"\nrule = \"SELECT id, amount FROM flow WHERE {condition}\"\n\
             target = \"posting\"\nkey = [\"id\"]\nmoney = [\"amount\"]\n"
        );
        fs::write(place.path().join("crossfoot.toml"), plan).unwrap();
        for way in ["", " --no-digest"] {
            let line = format!("verify --no-progress --evidence evidence{way}");
            let (code, stdout, stderr) = run(&place, &line);
            assert_eq!(code, Some(1), "{condition}{way}: {stdout}{stderr}");
            let breaks = breaks_of(&place, "evidence");
            assert_eq!(breaks.len(), 1, "{condition}{way}: {breaks:?}");
            assert!(breaks[0].contains("16000"), "{condition}{way}: {breaks:?}");
            fs::remove_dir_all(place.path().join("evidence")).unwrap();
        }
    }
}

#[test]
fn what_a_rule_leaves_out_stays_in_the_server_and_every_book_gives_the_same() {
    let servers = Servers::start();
    let place = Place::empty();
    let records = |is_old: bool| {
        let record = move |id: u32| {
            let kind = ["IN", "in", "OUT", "IN "][(id % 4) as usize];
            let fen = if id == 804 && !is_old { 1 } else { 0 };
            let day = 1 + id % 28;
            let record = format!(
                "({id}, 'A{}', '{kind}', {}.0{fen}, '2013-05-{day:02}')",
                id % 5,
                id % 97
            );
            let is_kept = is_old || (kind == "IN" && id % 5 > 1 && id != 1_208);
            is_kept.then_some(record)
        };
        (1..=3_000).filter_map(record).collect::<Vec<_>>()
    };
    const COLUMNS: &str = "id bigint PRIMARY KEY, account varchar(9), kind varchar(9), amount decimal(18,2), booked date";
    let flow = Table {
        name: "flow",
        columns: COLUMNS,
        records: records(true),
    };
    let account = Table {
        name: "account",
        columns: "no varchar(9) PRIMARY KEY, grade int",
        records: (0..5).map(|at| format!("('A{at}', {at})")).collect(),
    };
    let posting = Table {
        name: "posting",
        columns: COLUMNS,
        records: records(false),
    };
    let source = servers.fill(&place, "old_books", &[flow, account]);
    let target = servers.fill(&place, "new_books", &[posting]);
    let plan = r#"
        name = "kept"
        timezone = "Asia/Shanghai"
        currency = "CNY"
        [source]
        url = "SOURCE"
        [target]
        url = "TARGET"
        [[agreement]]
        name = "kept"
        rule = "SELECT f.id, f.account, f.kind, f.amount, f.booked FROM flow f JOIN account a ON a.no = f.account WHERE f.kind = 'IN' AND f.booked BETWEEN DATE '2013-05-01' AND DATE '2013-06-01' AND a.grade > 1"
        target = "posting"
        key = ["id"]
        money = ["amount"]
    "#;
    check_pairs(&place, plan, &source, &target);

    // Of what is left out no value is read, unless the rule asks more of it than a server can.
    servers.postgres.psql(
        "ALTER TABLE old_books.flow ADD at timestamp DEFAULT '2013-05-27';
         ALTER TABLE new_books.posting ADD at timestamp DEFAULT '2013-05-27';
         UPDATE old_books.flow SET at = 'infinity' WHERE id = 7;",
    );
    let mut told = Vec::new();
    for (condition, ended) in [
        ("kind = 'IN' AND account > 'A1'", 1),
        ("kind || '' = 'IN' AND account > 'A1'", 3),
        (
            "kind = 'IN' AND account > 'A1' AND at > TIMESTAMP '2013-05-01 00:00:00'",
            3,
        ),
    ] {
        let rule = format!("SELECT id, account, amount, at FROM flow WHERE {condition}");
        let plan = format!(
            "name = \"kept\"\n[source]\nurl = \"{}\"\n[target]\nurl = \"{}\"\n\
             [[agreement]]\nname = \"kept\"\nrule = \"{rule}\"\n\
             target = \"SELECT id, account, amount, at FROM posting\"\nkey = [\"id\"]\n\
             money = [\"amount\"]\n",
            source[0].1, target[0].1
        );
        fs::write(place.path().join("crossfoot.toml"), plan).unwrap();
        let (code, stdout, stderr) = run(&place, "verify --no-progress --no-digest --lang en");
        assert_eq!(code, Some(ended), "{condition}: {stdout}{stderr}");
        told.push(stderr);
    }
    assert!(
        told[1].contains("id 7, column \"at\": infinity"),
        "{told:?}"
    );
    assert_eq!(told[1], told[2]);
}
