//! What the command says of itself.

use crate::place::Place;

#[test]
fn without_a_command_it_says_how_it_is_used() {
    insta::assert_snapshot!(Place::empty().run(""), @"
    $ crossfoot 
    exit 2
    --- stderr
    Moves a ledger and proves that it balances, or names the exact records that do not

    Usage: crossfoot [OPTIONS] <COMMAND>

    Commands:
      demo      Plays the whole story: books, conversion, one cent off, the search, the entry, GO
      verify    Finds every record on which two books differ, and closes the account
      explain   Tells one record's whole story: what should be, what is, and why they differ
      convert   Runs the rules and writes the tables of the target; killed at any point, it goes on
      correct   Proposes correcting entries for the breaks that `verify` found: reversal and rebooking
      window    Keeps the window between closing the old system and opening the new one
      gate      Says GO, NO-GO or INCOMPLETE, and why
      sign      Signs off the evidence of the last verification, or makes a key to sign with
      rehearse  Plants known faults in a shadow of the real books, and proves that each is found
      report    Writes evidence as a workbook, a page, a test report or a table
      evidence  Checks a folder of evidence, anywhere
      daybook   Checks a daybook by itself
      check     Reads the plan and both books' schemas, and reports every mistake at its place
      init      Looks at two books and writes a first plan that runs
      help      Print this message or the help of the given subcommand(s)

    Options:
          --lang <LANG>    Language of words on the screen; by default that of the system [env:
                           CROSSFOOT_LANG=] [possible values: zh, en]
          --json           Prints one JSON document on stdout instead of a report
          --no-progress    Shows no progress
          --color <COLOR>  When to use colour [default: auto] [possible values: auto, always, never]
      -h, --help           Print help (see more with '--help')
      -V, --version        Print version

    Exit codes: 0 agrees, 1 breaks found, 2 wrong use or wrong plan, 3 a book cannot be read, 4 a fault
    of our own, 5 incomplete: something was not checked.
    ");
}

#[test]
fn the_long_help_names_exit_codes_and_first_steps() {
    insta::assert_snapshot!(Place::empty().run("--help"), @"
    $ crossfoot --help
    exit 0
    --- stdout
    Moves a ledger and proves that it balances, or names the exact records that do not

    Usage: crossfoot [OPTIONS] <COMMAND>

    Commands:
      demo      Plays the whole story: books, conversion, one cent off, the search, the entry, GO
      verify    Finds every record on which two books differ, and closes the account
      explain   Tells one record's whole story: what should be, what is, and why they differ
      convert   Runs the rules and writes the tables of the target; killed at any point, it goes on
      correct   Proposes correcting entries for the breaks that `verify` found: reversal and rebooking
      window    Keeps the window between closing the old system and opening the new one
      gate      Says GO, NO-GO or INCOMPLETE, and why
      sign      Signs off the evidence of the last verification, or makes a key to sign with
      rehearse  Plants known faults in a shadow of the real books, and proves that each is found
      report    Writes evidence as a workbook, a page, a test report or a table
      evidence  Checks a folder of evidence, anywhere
      daybook   Checks a daybook by itself
      check     Reads the plan and both books' schemas, and reports every mistake at its place
      init      Looks at two books and writes a first plan that runs
      help      Print this message or the help of the given subcommand(s)

    Options:
          --lang <LANG>
              Language of words on the screen; by default that of the system

              Possible values:
              - zh: 中文
              - en: English

              [env: CROSSFOOT_LANG=]

          --json
              Prints one JSON document on stdout instead of a report

          --no-progress
              Shows no progress

          --color <COLOR>
              When to use colour

              Possible values:
              - auto:   On a terminal, unless `NO_COLOR` is set
              - always: Always
              - never:  Never

              [default: auto]

      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Exit codes, everywhere:
      0  the books agree
      1  breaks, rejects or broken controls were found
      2  wrong use, or a mistake in the plan
      3  a book cannot be reached or read
      4  a fault of Crossfoot's own
      5  incomplete: something was not checked; never taken for 0

    First steps:
      crossfoot demo                play the whole story on made-up books
      crossfoot verify OLD NEW      compare two books at once
      crossfoot init OLD NEW        write a plan that says how they are compared
      crossfoot check               read the plan, and report every mistake in it
      crossfoot convert             write what the rules say the new book must hold
      crossfoot verify              verify by the plan in this folder
      crossfoot explain KEY         tell one record's whole story
      crossfoot correct             propose entries that correct what verify found
      crossfoot rehearse            prove on these books that faults are found
      crossfoot window announce     begin the window, and keep its daybook
      crossfoot gate                GO, NO-GO or INCOMPLETE, and why
    ");
}

#[test]
fn verify_has_examples() {
    insta::assert_snapshot!(Place::empty().run("verify -h"), @"
    $ crossfoot verify -h
    exit 0
    --- stdout
    Finds every record on which two books differ, and closes the account

    Usage: crossfoot verify [OPTIONS] [OLD] [NEW]

    Arguments:
      [OLD] [NEW]  The old and the new book: a file, a folder, a glob or a database each. Without them,
                   the plan says

    Options:
          --lang <LANG>       Language of words on the screen; by default that of the system [env:
                              CROSSFOOT_LANG=] [possible values: zh, en]
      -p, --plan <PATH>       The plan, or the folder it lies in [default: crossfoot.toml]
          --json              Prints one JSON document on stdout instead of a report
          --max-load <LOAD>   The most that each database is asked for: records a second (50000), or
                              seconds that its replicas may be behind (lag=5), or both (50000,lag=5).
                              `max_load` in an address says it for one
          --key <COLUMNS>     Columns that name a record, when two books are given
          --no-progress       Shows no progress
          --color <COLOR>     When to use colour [default: auto] [possible values: auto, always, never]
          --money <COLUMNS>   Columns that hold amounts, when two books are given
          --evidence <DIR>    The folder for the evidence; by default one named by the time, in
                              `evidence/` beside the plan
          --threads <N>       Threads to work in; by default as the plan says, else one for each
                              processor
          --no-digest         Does not digest the books; the evidence then names their files without
                              BLAKE3, and the gate stays shut
          --no-causes         Locates breaks and does not say why they are there: much faster where very
                              many records differ. `explain` tells of one afterwards
          --as-of             Verifies databases that still move: as of one moment each. Records that
                              differ are looked at again; those in flight are no breaks. The gate stays
                              shut
          --settle <SECONDS>  How long one book may come after the other: a record that differs and
                              stands unchanged so long is a break [default: 10]
      -h, --help              Print help (see more with '--help')
      -V, --version           Print version

    Examples:
      crossfoot verify --plan examples/first
      crossfoot verify old.csv new.parquet --key serial --money amount,fee
      crossfoot verify old.csv sqlite://new.db
      crossfoot verify --as-of --settle 30    while payments go on
      crossfoot verify --json | jq .verdict
    ");
}

#[test]
fn the_helps_say_what_the_commands_do() {
    let place = Place::empty();
    for (line, says) in [
        (
            "rehearse --help",
            "with `\"rehearsal\": true`, and measures it",
        ),
        (
            "correct --help",
            "1 a record that was corrected differs still; 5 some breaks have none.",
        ),
        (
            "demo --help",
            "How many people use the systems of `--live` [default: 40]",
        ),
        (
            "convert --help",
            "by default as the plan says, else one for each processor",
        ),
        (
            "window converted --help",
            "Usage: crossfoot window converted [OPTIONS] --by <NAME> --how <TEXT>",
        ),
    ] {
        let help = place.output(line).stdout;
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(help.contains(says), "{line}: {help}");
    }
}

#[test]
fn the_version_is_one_line() {
    let told = Place::empty().output("--version");
    assert_eq!(
        told.stdout,
        format!("crossfoot {}\n", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(told.status, "0");
}

#[test]
fn an_unknown_command_is_wrong_use() {
    insta::assert_snapshot!(Place::empty().run("verfy"), @"
    $ crossfoot verfy
    exit 2
    --- stderr
    error: unrecognized subcommand 'verfy'

      tip: a similar subcommand exists: 'verify'

    Usage: crossfoot [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
}

#[test]
fn one_book_alone_is_wrong_use() {
    insta::assert_snapshot!(Place::empty().run("verify old.csv"), @"
    $ crossfoot verify old.csv
    exit 2
    --- stderr
    error: 2 values required for '[OLD] [NEW]' but 1 was provided

    Usage: crossfoot verify [OPTIONS] [OLD] [NEW]

    For more information, try '--help'.
    ");
}

#[test]
fn wrong_use_is_told_in_json_too() {
    for (line, message) in [
        (
            "verify --threads 0 --json",
            "invalid value '0' for '--threads <N>': threads are a whole number from 1 to 1024",
        ),
        (
            "verify one.csv two.csv three.csv --json --lang zh",
            "2 values required for '[OLD] [NEW]' but 3 were provided",
        ),
    ] {
        let told = Place::empty().output(line);
        assert_eq!(told.status, "2", "{line}");
        assert!(!told.stderr.is_empty(), "{line}");
        let document: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
        assert_eq!(document["version"], 1, "{line}");
        let error = &document["error"];
        assert_eq!(
            (&error["kind"], &error["exit_code"]),
            (&"use".into(), &2.into()),
            "{line}"
        );
        assert_eq!(error["message"], message, "{line}");
    }
    // Help is what was asked for.
    let told = Place::empty().output("verify --help --json");
    assert_eq!(told.status, "0");
    assert!(
        told.stdout.starts_with("Finds every record"),
        "{}",
        told.stdout
    );
}

#[test]
fn a_language_that_is_not_spoken_is_wrong_use() {
    insta::assert_snapshot!(Place::empty().run("check --lang fr"), @"
    $ crossfoot check --lang fr
    exit 2
    --- stderr
    error: invalid value 'fr' for '--lang <LANG>'
      [possible values: zh, en]

    For more information, try '--help'.
    ");
}

#[test]
fn completions_and_man_pages_can_be_made() {
    let place = Place::empty();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let told = place.output(&format!("completions {shell}"));
        assert_eq!(told.status, "0", "{shell}: {}", told.stderr);
        assert!(told.stdout.contains("crossfoot"), "{shell}");
    }
    let told = place.output("man pages");
    assert_eq!(told.status, "0", "{}", told.stderr);
    let files = place.files();
    assert!(
        files.contains(&"pages/crossfoot-verify.1".to_owned()),
        "{files:?}"
    );
}
