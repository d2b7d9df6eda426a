//! Histories that lack something or do not add up are refused, with file, line and mend, and leave
//! the store as it was.

mod support;

use std::fs;
use std::path::Path;

use ruixin_history::Table;
use ruixin_pay::import::{Options, import};
use support::history::{File, SEED, copy, write};
use support::{Database, block_on};
use tempfile::TempDir;

const FLOW: &str = "flow/flow-001.csv";
const ORDERS: &str = "orders/orders-001.csv";
const ACCOUNT: &str = "account/account-001.csv";
const HOUSE: &str = "account/account-house.csv";
const BANK: &str = "channel_file/channel_file-001.csv";

/// A history with which something is done, and what is said of it.
struct Case {
    damage: fn(&Path),
    says: &'static [&'static str],
}

/// Changes a field of the first record of which something holds, and seals it again.
fn sealed(
    folder: &Path,
    name: &str,
    table: Table,
    holds: fn(&[&str]) -> bool,
    column: &str,
    to: &str,
) {
    let mut file = File::open(folder, name);
    let at = file.find(table, holds);
    file.change(table, at, column, to);
    file.save();
}

/// Changes the text of the first record of which something holds, and nothing else.
fn raw(folder: &Path, name: &str, at: usize, from: &str, to: &str) {
    let mut file = File::open(folder, name);
    assert!(file.lines[at].contains(from), "{}", file.lines[at]);
    file.lines[at] = file.lines[at].replacen(from, to, 1);
    file.save();
}

fn removed(folder: &Path, name: &str, holds: impl Fn(&[&str]) -> bool, table: Table) {
    let mut file = File::open(folder, name);
    let at = file.find(table, holds);
    file.lines.remove(at);
    file.save();
}

fn any(_: &[&str]) -> bool {
    true
}

const FORM: &[Case] = &[
    Case {
        damage: |folder| fs::remove_file(folder.join(FLOW)).expect("removed"),
        says: &["there is no `flow/flow-001.csv`"],
    },
    Case {
        damage: |folder| fs::remove_file(folder.join("account/account-002.csv")).expect("removed"),
        says: &["there is no `account/account-002.csv`"],
    },
    Case {
        damage: |folder| fs::remove_file(folder.join("daily_total.csv")).expect("removed"),
        says: &["there is no `daily_total.csv`"],
    },
    Case {
        damage: |folder| fs::remove_dir_all(folder.join("orders")).expect("removed"),
        says: &["cannot read", "orders"],
    },
    Case {
        damage: |folder| fs::write(folder.join("flow/flow-000.parquet"), "").expect("written"),
        says: &["`flow/flow-000.parquet` is Parquet", "--format csv"],
    },
    Case {
        damage: |folder| raw(folder, FLOW, 0, "serial,", "number,"),
        says: &["flow/flow-001.csv, line 1: the columns are `number,"],
    },
    Case {
        damage: |folder| raw(folder, ORDERS, 3, ",", ";"),
        says: &["orders/orders-001.csv, line 4: there are 12 fields, not 13"],
    },
    Case {
        damage: |folder| {
            let text = fs::read_to_string(folder.join(FLOW)).expect("a file");
            fs::write(folder.join(FLOW), text.trim_end()).expect("written");
        },
        says: &[FLOW, "the file ends within a line"],
    },
    Case {
        damage: |folder| {
            let mut bytes = fs::read(folder.join(BANK)).expect("a file");
            bytes.extend_from_slice(b"\xff\n");
            fs::write(folder.join(BANK), bytes).expect("written");
        },
        says: &[BANK, "it is no UTF-8"],
    },
];

const RECORDS: &[Case] = &[
    Case {
        damage: |folder| {
            let mut file = File::open(folder, FLOW);
            let at = file.find(Table::Flow, |row| row[3] != "1.00");
            let amount = file.field(Table::Flow, at, "amount");
            file.lines[at] = file.lines[at].replacen(&amount, "1.00", 1);
            file.save();
        },
        says: &[
            FLOW,
            "the check code is not that of the other fields",
            "write the history again",
        ],
    },
    Case {
        damage: |folder| raw(folder, ACCOUNT, 1, "-", "/"),
        says: &[
            "account/account-001.csv, line 2: `opened_at` holds `",
            "no time",
        ],
    },
    Case {
        damage: |folder| {
            let mut file = File::open(folder, FLOW);
            let at = file.find(Table::Flow, any);
            let amount = file.field(Table::Flow, at, "amount");
            file.lines[at] = file.lines[at]
                .replacen(&amount, "1,5", 1)
                .replacen("1,5", "1.5", 1);
            file.save();
        },
        says: &[FLOW, "`amount` holds `1.5`, no amount"],
    },
    Case {
        damage: |folder| sealed(folder, FLOW, Table::Flow, any, "type_code", "77"),
        says: &[FLOW, "`type_code` 77 with direction", "means nothing on 20"],
    },
    // A code that is right on other days.
    Case {
        damage: |folder| {
            let before = |row: &[&str]| row[7] == "41";
            sealed(folder, FLOW, Table::Flow, before, "type_code", "10");
        },
        says: &[FLOW, "`type_code` 10 with direction 2 means nothing on 201"],
    },
    Case {
        damage: |folder| sealed(folder, FLOW, Table::Flow, any, "status", "3"),
        says: &[FLOW, "`status` holds an unknown code"],
    },
    Case {
        damage: |folder| {
            sealed(
                folder,
                FLOW,
                Table::Flow,
                |row| row[12] == "CMB",
                "channel",
                "XYZ",
            )
        },
        says: &[FLOW, "the channel is unknown"],
    },
    Case {
        damage: |folder| {
            sealed(
                folder,
                FLOW,
                Table::Flow,
                |row| row[12] == "CMB",
                "channel",
                "",
            )
        },
        says: &[
            FLOW,
            "a movement to or from a bank lacks its channel or order",
        ],
    },
    Case {
        damage: |folder| {
            sealed(
                folder,
                FLOW,
                Table::Flow,
                any,
                "account",
                "6000000000000001",
            )
        },
        says: &[FLOW, "there is no account `6000000000000001` in this shard"],
    },
    Case {
        damage: |folder| {
            let told = |row: &[&str]| row[10].starts_with('7');
            sealed(
                folder,
                FLOW,
                Table::Flow,
                told,
                "counterparty",
                "7000000000000000",
            );
        },
        says: &[FLOW, "there is no account `7000000000000000`"],
    },
    Case {
        damage: |folder| {
            let with_order = |row: &[&str]| !row[11].is_empty();
            sealed(
                folder,
                FLOW,
                Table::Flow,
                with_order,
                "order_id",
                "201001010019999999999",
            );
        },
        says: &[FLOW, "there is no order `201001010019999999999`"],
    },
    Case {
        damage: |folder| sealed(folder, FLOW, Table::Flow, any, "balance_after", "0.01"),
        says: &[FLOW, "`balance_after` says 0.01, and ", "the difference is"],
    },
    Case {
        damage: |folder| {
            let mut file = File::open(folder, FLOW);
            let at = file.find(Table::Flow, any);
            let serial = file.field(Table::Flow, at, "serial");
            let other = serial.replace(&serial[11..20], "000999999");
            file.change(Table::Flow, at, "serial", &other);
            file.save();
        },
        says: &[FLOW, "`serial` is none of this shard and day"],
    },
    Case {
        damage: |folder| {
            let mut file = File::open(folder, FLOW);
            let first = file.find(Table::Flow, any);
            let account = file.field(Table::Flow, first, "account");
            let second = (first + 1..file.lines.len())
                .find(|at| file.lines[*at].contains(&format!(",{account},")))
                .expect("another one");
            file.lines.swap(first, second);
            file.save();
        },
        says: &[FLOW],
    },
    Case {
        damage: |folder| sealed(folder, ORDERS, Table::Orders, any, "status", "8"),
        says: &[ORDERS, "`status` holds an unknown code"],
    },
    Case {
        damage: |folder| sealed(folder, ORDERS, Table::Orders, any, "order_type", "X"),
        says: &[ORDERS, "`order_type` holds an unknown code"],
    },
    Case {
        damage: |folder| {
            sealed(
                folder,
                ORDERS,
                Table::Orders,
                |row| row[8] == "2",
                "refunded",
                "9999999.00",
            )
        },
        says: &[ORDERS, "9999999.00 was given back of "],
    },
    Case {
        damage: |folder| {
            sealed(
                folder,
                ORDERS,
                Table::Orders,
                any,
                "created_at",
                "2009-12-31 00:00:00.000",
            )
        },
        says: &[ORDERS, "`order_id` is of another day than `created_at`"],
    },
    Case {
        damage: |folder| sealed(folder, BANK, Table::ChannelFile, any, "side", "E"),
        says: &[BANK, "`side` holds `E`, an unknown code"],
    },
    Case {
        damage: |folder| {
            sealed(
                folder,
                ACCOUNT,
                Table::Account,
                |row| row[1] == "M",
                "class",
                "Z",
            )
        },
        says: &[ACCOUNT, "the class does not go with the owner"],
    },
    Case {
        damage: |folder| {
            sealed(
                folder,
                ACCOUNT,
                Table::Account,
                |row| row[1] == "U",
                "owner",
                "M",
            )
        },
        says: &[
            ACCOUNT,
            "the account's number is none of this owner and shard",
        ],
    },
];

/// Records that are right by themselves, and do not go with the others.
const TOGETHER: &[Case] = &[
    Case {
        damage: |folder| {
            sealed(
                folder,
                ACCOUNT,
                Table::Account,
                |row| row[10] != "0",
                "balance",
                "3.21",
            )
        },
        says: &[
            ACCOUNT,
            "`balance` says 3.21, and the flow comes to",
            "the difference is",
        ],
    },
    Case {
        damage: |folder| {
            let mut file = File::open(folder, FLOW);
            file.lines.pop();
            file.save();
        },
        says: &[ACCOUNT, "`flow_count` says", "records of the account"],
    },
    Case {
        damage: |folder| {
            let mut file = File::open(folder, ACCOUNT);
            let at = file.find(Table::Account, |row| row[6] == "0" && row[10] != "0");
            file.change(Table::Account, at, "frozen", "0.05");
            file.change(Table::Account, at, "status", "1");
            file.save();
        },
        says: &[ACCOUNT, "`frozen` says 0.05, and the flow comes to 0.00"],
    },
    Case {
        damage: |folder| removed(folder, ORDERS, |row| row[8] == "2", Table::Orders),
        says: &["there is no order `20"],
    },
    Case {
        damage: |folder| removed(folder, BANK, any, Table::ChannelFile),
        says: &[BANK, "are not, order by order, the flow's movements"],
    },
    // Two lines have each other's amount: plain totals are as they were.
    Case {
        damage: |folder| {
            let mut file = File::open(folder, BANK);
            let is_one = |row: &[&str]| row[1] == "CMB" && row[2] == "C";
            let one = file.find(Table::ChannelFile, is_one);
            let amount = file.field(Table::ChannelFile, one, "amount");
            let two = file.find(Table::ChannelFile, |row| is_one(row) && row[4] != amount);
            let other = file.field(Table::ChannelFile, two, "amount");
            file.change(Table::ChannelFile, one, "amount", &other);
            file.change(Table::ChannelFile, two, "amount", &amount);
            file.save();
        },
        says: &[
            BANK,
            "lines of CMB are not, order by order",
            "the difference is 0.00",
        ],
    },
    Case {
        damage: |folder| {
            let given_back = |row: &[&str]| row[8] == "5";
            sealed(
                folder,
                ORDERS,
                Table::Orders,
                given_back,
                "refunded",
                "0.01",
            );
        },
        says: &[
            "orders/orders-000.csv",
            "what the orders say was given back is not",
        ],
    },
    Case {
        damage: |folder| {
            let mut at = None;
            for shard in 0..4 {
                let name = format!("orders/orders-{shard:03}.csv");
                let file = File::open(folder, &name);
                let is_one = |line: &String| {
                    line.contains(",W,") && !line.contains('"') && line.contains(",1,20")
                };
                at = at.or(file.lines.iter().position(is_one).map(|line| (name, line)));
            }
            let (name, line) = at.expect("a withdrawal under way");
            let mut file = File::open(folder, &name);
            file.change(Table::Orders, line, "amount", "10.01");
            file.save();
        },
        says: &["the withdrawal is under way, and its amount is not frozen"],
    },
    Case {
        damage: |folder| raw(folder, "daily_total.csv", 5, ".", "1."),
        says: &[
            "daily_total.csv, line 6:",
            "are said, and the flow has",
            "the difference is",
        ],
    },
    Case {
        damage: |folder| {
            let mut file = File::open(folder, "daily_total.csv");
            file.lines.remove(7);
            file.save();
        },
        says: &["daily_total.csv", "lacks"],
    },
    Case {
        damage: |folder| {
            sealed(
                folder,
                HOUSE,
                Table::Account,
                |row| row[3] == "FEES",
                "balance",
                "1.00",
            )
        },
        says: &[
            HOUSE,
            "`balance` of FEES says 1.00, and the other sides come to",
        ],
    },
    Case {
        damage: |folder| {
            sealed(
                folder,
                HOUSE,
                Table::Account,
                |row| row[3] == "RESERVE",
                "opening_balance",
                "1.00",
            )
        },
        says: &[HOUSE, "`opening_balance` of RESERVE says 1.00"],
    },
    Case {
        damage: |folder| removed(folder, HOUSE, |row| row[3] == "ESCROW", Table::Account),
        says: &[HOUSE, "there is not one account of the house for ESCROW"],
    },
    Case {
        damage: |folder| raw(folder, "merchant_rate.csv", 2, "0.006000", "0.006100"),
        says: &[
            "merchant_rate.csv, line 3: `A,网上商城,0.006100",
            "none of this service's codes",
        ],
    },
    Case {
        damage: |folder| {
            let mut file = File::open(folder, "type_code.csv");
            file.lines.pop();
            file.save();
        },
        says: &["type_code.csv", "lacks, which this service has"],
    },
];

struct Story {
    written: TempDir,
    database: Database,
}

impl Story {
    fn begin(database: Database) -> Story {
        let written = tempfile::tempdir().expect("a folder");
        write(&written.path().join("pay"), 60_000);
        Story { written, database }
    }

    fn refused(&self, cases: &[Case]) {
        for (at, case) in cases.iter().enumerate() {
            let folder = tempfile::tempdir().expect("a folder");
            let folder = folder.path().join("pay");
            copy(&self.written.path().join("pay"), &folder);
            (case.damage)(&folder);
            let options = Options {
                seed: Some(SEED),
                ..Options::default()
            };
            let refused = import(&self.database.address(), &folder, options, &|_| {});
            let refused = refused.expect_err(case.says[0]).to_string();
            for says in case.says {
                assert!(refused.contains(says), "{at}: {says}: {refused}");
            }
        }
    }

    /// After all that was refused, the store takes the whole history.
    fn accepted(&self) {
        let folder = self.written.path().join("pay");
        let imported = import(
            &self.database.address(),
            &folder,
            Options::default(),
            &|_| {},
        );
        assert_eq!(imported.expect("imported").records, 60_000);
        block_on(async {
            let frozen = self.database.books().await.freeze().await.expect("frozen");
            assert_eq!(frozen.figures.expect("figures").difference.0, 0);
        });
    }
}

#[test]
fn sqlite_refuses_what_does_not_add_up() {
    let story = Story::begin(Database::sqlite());
    for cases in [FORM, RECORDS, TOGETHER] {
        story.refused(cases);
    }
    story.accepted();
}

#[test]
fn postgres_is_as_it_was_after_a_refusal() {
    let story = Story::begin(Database::postgres());
    story.refused(TOGETHER);
    story.accepted();
}

#[test]
fn another_seed_is_refused_and_a_large_one_must_be_said() {
    let story = Story::begin(Database::sqlite());
    let folder = story.written.path().join("pay");
    let bring = |folder: &Path, seed| {
        let options = Options {
            seed,
            ..Options::default()
        };
        import(&story.database.address(), folder, options, &|_| {})
    };
    let refused = bring(&folder, Some(SEED + 1))
        .expect_err("another seed")
        .to_string();
    assert!(
        refused.contains("with the seed 14") && refused.contains("--seed"),
        "{refused}"
    );
    let large = story.written.path().join("large");
    let seed = 1 << 40;
    let history = ruixin_history::History::new(seed, 1_000).expect("a size");
    let format = ruixin_history::Format::Csv;
    history.write(&large, format, 1, &|_| {}).expect("written");
    let refused = bring(&large, None).expect_err("no small seed").to_string();
    assert!(refused.contains("any seed below 100000"), "{refused}");
    assert_eq!(bring(&large, Some(seed)).expect("imported").seed, seed);
}
