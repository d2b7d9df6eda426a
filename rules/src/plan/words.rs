//! Every key of the plan: its kind of value, whether it must be there, and what it means.
//!
//! The reader and the JSON Schema are both made from these tables, so they cannot disagree.

/// A part of the plan: a table of TOML.
#[derive(Debug)]
pub(super) struct Section {
    /// How messages name it.
    pub(super) title: &'static str,
    /// Its name in the JSON Schema.
    pub(super) id: &'static str,
    /// What it is for.
    pub(super) about: &'static str,
    /// Its keys, in the order that they are written in.
    pub(super) keys: &'static [Key],
}

impl Section {
    /// Finds a key by its name.
    pub(super) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

/// A key of a [`Section`].
#[derive(Debug)]
pub(super) struct Key {
    /// Its name.
    pub(super) name: &'static str,
    /// What it takes.
    pub(super) kind: Kind,
    /// Whether a plan is wrong without it.
    pub(super) required: bool,
    /// What it means; it starts so that it can follow a colon.
    pub(super) about: &'static str,
    /// A line of TOML that uses it.
    pub(super) example: &'static str,
}

/// What a key takes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// A text.
    Text,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// A list of texts.
    List,
    /// A text, or a list of texts.
    TextOrList,
    /// A text, or a whole number that is not negative.
    TextOrCount,
    /// `true` or `false`.
    Switch,
    /// A whole number that is not negative.
    Count,
    /// A date with time and offset.
    Moment,
    /// A table whose keys are free, of texts.
    Pairs,
    /// A table whose keys are free, of texts or lists of texts.
    Lists,
    /// A table.
    Part(&'static Section),
    /// A list of tables, each written below `[[…]]`.
    Parts(&'static Section),
    /// A table whose keys are free, of tables.
    Named(&'static Section),
}

impl Kind {
    /// Finishes the sentence "the key must be …".
    pub(super) fn wants(self) -> &'static str {
        match self {
            Self::Text | Self::Choice(_) => "a text",
            Self::List => "a list of texts",
            Self::TextOrList => "a text or a list of texts",
            Self::TextOrCount => "a text or a whole number",
            Self::Switch => "`true` or `false`",
            Self::Count => "a whole number, 0 or more",
            Self::Moment => "a date with time and offset",
            Self::Pairs => "a table of texts",
            Self::Lists => "a table of lists of texts",
            Self::Part(_) => "a table",
            Self::Parts(_) => "a list of tables",
            Self::Named(_) => "a table of tables",
        }
    }
}

/// Describes a key that may be left out.
const fn may(name: &'static str, kind: Kind, example: &'static str, about: &'static str) -> Key {
    Key {
        name,
        kind,
        required: false,
        about,
        example,
    }
}

/// Describes a key that must be there.
const fn must(name: &'static str, kind: Kind, example: &'static str, about: &'static str) -> Key {
    Key {
        name,
        kind,
        required: true,
        about,
        example,
    }
}

/// The whole plan.
pub(super) static PLAN: Section = Section {
    title: "the plan",
    id: "plan",
    about: "what the new books must hold, said in rules over the old ones",
    keys: &[
        must(
            "name",
            Kind::Text,
            r#"name = "ruixin-bao""#,
            "what reports call this plan",
        ),
        may(
            "timezone",
            Kind::Text,
            r#"timezone = "Asia/Shanghai""#,
            "the zone of civil times that do not say theirs: an IANA name, or an offset such as \
             `+08:00`",
        ),
        may(
            "currency",
            Kind::Text,
            r#"currency = "CNY""#,
            "the ISO 4217 code of amounts without a currency column; it gives their scale",
        ),
        must(
            "source",
            Kind::Part(&SOURCE),
            r#"[source]"#,
            "the old books",
        ),
        must(
            "target",
            Kind::Part(&TARGET),
            r#"[target]"#,
            "the new books",
        ),
        may(
            "agreement",
            Kind::Parts(&AGREEMENT),
            "[[agreement]]",
            "comparisons, each of a rule's records with a table of the target",
        ),
        may(
            "control",
            Kind::Parts(&CONTROL),
            "[[control]]",
            "checks over totals, such as a trial balance",
        ),
        may(
            "window",
            Kind::Part(&WINDOW),
            "[window]",
            "when the old books close and when the new ones must open",
        ),
        may(
            "settings",
            Kind::Part(&SETTINGS),
            "[settings]",
            "how much of the machine a run may take",
        ),
    ],
};

const URL: Key = must(
    "url",
    Kind::Text,
    r#"url = "books/pay""#,
    "a folder, a file or a glob, relative to the plan's folder; `${NAME}` is taken from the \
     environment and never shown",
);

const TABLES: Key = may(
    "tables",
    Kind::Named(&TABLE),
    "[source.tables.flow]",
    "words about single tables, by name; a file that no table names is a table called by its \
     stem",
);

/// The old books.
pub(super) static SOURCE: Section = Section {
    title: "`[source]`",
    id: "source",
    about: "the old books",
    keys: &[URL, TABLES],
};

/// The new books.
pub(super) static TARGET: Section = Section {
    title: "`[target]`",
    id: "target",
    about: "the new books",
    keys: &[URL, TABLES],
};

const ENCODING: Key = may(
    "encoding",
    Kind::Text,
    r#"encoding = "gb18030""#,
    "the files' character set, by any WHATWG name; left out, UTF-8, and a wrong byte is an \
     error at its place",
);
const DELIMITER: Key = may(
    "delimiter",
    Kind::Text,
    r#"delimiter = ";""#,
    "the one character between two fields; left out, a comma, and a tab in `.tsv` and `.tab` \
     files",
);
const QUOTE: Key = may(
    "quote",
    Kind::Text,
    r#"quote = "'""#,
    "the one character around a field, or an empty text if nothing is quoted; left out, `\"`",
);
const HEADER: Key = may(
    "header",
    Kind::Switch,
    "header = false",
    "whether the first record names the columns; left out, it does",
);
const NAMES: Key = may(
    "names",
    Kind::List,
    r#"names = ["voucher", "amount"]"#,
    "the columns' names in their order: needed where there is no header, in place of it \
     otherwise",
);
const SKIP_HEADER: Key = may(
    "skip_header",
    Kind::Count,
    "skip_header = 3",
    "how many lines to leave out before the header",
);
const SKIP_FOOTER: Key = may(
    "skip_footer",
    Kind::Count,
    "skip_footer = 1",
    "how many records to leave out at the end of each file: totals, notes",
);
const SKIP_BLANK_LINES: Key = may(
    "skip_blank_lines",
    Kind::Switch,
    "skip_blank_lines = true",
    "whether to pass over lines without any character",
);
const NULL_VALUES: Key = may(
    "null_values",
    Kind::List,
    r#"null_values = ["NULL", "-"]"#,
    "fields, as the file writes them, that stand for no value",
);
const PAD_SHORT: Key = may(
    "pad_short",
    Kind::Switch,
    "pad_short = true",
    "whether a record may have too few fields; the rest is NULL",
);
const EXTRA_FIELDS: Key = may(
    "extra_fields",
    Kind::Choice(&["refuse", "blank", "drop"]),
    r#"extra_fields = "blank""#,
    "what to do with fields beyond the header: `refuse` them, drop them where they are `blank`, \
     or `drop` them; left out, `refuse`",
);
const KEEP_STRAY_QUOTES: Key = may(
    "keep_stray_quotes",
    Kind::Switch,
    "keep_stray_quotes = true",
    "whether a quote that does not open or close a field is a character of it, not an error",
);
const TRIM: Key = may(
    "trim",
    Kind::Switch,
    "trim = true",
    "whether to take away the blanks and tabs around every field",
);

/// Words about one table of a book.
pub(super) static TABLE: Section = Section {
    title: "`[source.tables.NAME]`",
    id: "table",
    about: "words about one table of a book of files; every repair that they declare is counted \
            and reported",
    keys: &[
        may(
            "files",
            Kind::TextOrList,
            r#"files = "flow/*.csv""#,
            "the files of the table, as globs relative to the book, `!` in front excludes; left \
             out, the file with its stem",
        ),
        may(
            "format",
            Kind::Choice(&["csv", "parquet"]),
            r#"format = "csv""#,
            "the files' format, where their names do not say it",
        ),
        ENCODING,
        DELIMITER,
        QUOTE,
        HEADER,
        NAMES,
        may(
            "columns",
            Kind::Lists,
            r#"columns = { amount = ["金额", "Amount"] }"#,
            "other names of a column in some of the files, by the name that rules use",
        ),
        may(
            "optional",
            Kind::List,
            r#"optional = ["remark"]"#,
            "columns that some of the files lack; they are NULL there",
        ),
        may(
            "only",
            Kind::List,
            r#"only = ["serial", "amount"]"#,
            "the columns that are read; without it, all",
        ),
        may(
            "ignore",
            Kind::List,
            r#"ignore = ["remark"]"#,
            "columns that are not read; an empty text stands for those without a name",
        ),
        SKIP_HEADER,
        SKIP_FOOTER,
        SKIP_BLANK_LINES,
        NULL_VALUES,
        PAD_SHORT,
        EXTRA_FIELDS,
        KEEP_STRAY_QUOTES,
        TRIM,
        may(
            "file",
            Kind::Parts(&FILE),
            "[[source.tables.flow.file]]",
            "files of this table that are written otherwise; the first match holds",
        ),
    ],
};

/// What is different about some files of a table.
pub(super) static FILE: Section = Section {
    title: "`[[source.tables.NAME.file]]`",
    id: "file",
    about: "what is different about some files of a table",
    keys: &[
        must(
            "match",
            Kind::TextOrList,
            r#"match = "flow/2013-*.csv""#,
            "the files that this is about, as globs relative to the book",
        ),
        ENCODING,
        DELIMITER,
        QUOTE,
        HEADER,
        NAMES,
        SKIP_HEADER,
        SKIP_FOOTER,
        SKIP_BLANK_LINES,
        NULL_VALUES,
        PAD_SHORT,
        EXTRA_FIELDS,
        KEEP_STRAY_QUOTES,
        TRIM,
    ],
};

/// One comparison.
pub(super) static AGREEMENT: Section = Section {
    title: "`[[agreement]]`",
    id: "agreement",
    about: "one comparison: a rule's records with a table of the target, every column of them",
    keys: &[
        must(
            "name",
            Kind::Text,
            r#"name = "postings""#,
            "what reports call this comparison",
        ),
        must(
            "rule",
            Kind::Text,
            r#"rule = "rules/postings.sql""#,
            "what the target must hold: SQL over source tables in a `.sql` file or written out \
             (`SELECT …`), or the name of a source table",
        ),
        must(
            "target",
            Kind::Text,
            r#"target = "posting""#,
            "what the target does hold: the name of a target table, or SQL over target tables \
             in a `.sql` file or written out",
        ),
        may(
            "key",
            Kind::List,
            r#"key = ["voucher", "leg"]"#,
            "the columns that tell records apart; left out, records are compared as a multiset",
        ),
        may(
            "money",
            Kind::List,
            r#"money = ["amount"]"#,
            "the columns that hold amounts: compared exactly, totalled per currency",
        ),
        may(
            "foot",
            Kind::List,
            r#"foot = ["accounting_date", "subject"]"#,
            "columns to total by as well, so that a difference narrows down at a glance",
        ),
        may(
            "currency",
            Kind::Text,
            r#"currency = "currency""#,
            "the column that holds the currency's code; left out, the plan's currency holds",
        ),
        may(
            "fold",
            Kind::Choice(&["push", "read"]),
            r#"fold = "push""#,
            "`push`: databases add up their own records where rule and target are plain columns of \
             a table, and only what differs is read; left out, `read`: all records are read here",
        ),
        may(
            "origin",
            Kind::Part(&ORIGIN),
            r#"origin = { table = "flow", on = { serial = "source_serial" } }"#,
            "the way from a record back to its source record",
        ),
        may(
            "require",
            Kind::List,
            r#"require = ["amount IS NOT NULL"]"#,
            "SQL conditions on a source record; one that fails is a reject, never dropped",
        ),
        may(
            "ignore",
            Kind::List,
            r#"ignore = ["loaded_at"]"#,
            "columns that are not compared; the report lists them",
        ),
        may(
            "may_be_empty",
            Kind::Switch,
            "may_be_empty = true",
            "whether neither side need have a record; left out, a run that finds none on either side \
             has compared nothing and is incomplete",
        ),
    ],
};

/// The way back.
pub(super) static ORIGIN: Section = Section {
    title: "`origin`",
    id: "origin",
    about: "the way from a record back to its source record",
    keys: &[
        must("table", Kind::Text, r#"table = "flow""#, "the source table"),
        must(
            "on",
            Kind::Pairs,
            r#"on = { serial = "source_serial" }"#,
            "columns of the source table, each with the record's column that holds its value",
        ),
    ],
};

/// One check over totals.
pub(super) static CONTROL: Section = Section {
    title: "`[[control]]`",
    id: "control",
    about: "one check over totals: either `sql`, or `expected` and `actual`",
    keys: &[
        must(
            "name",
            Kind::Text,
            r#"name = "trial balance""#,
            "what reports call this control",
        ),
        may(
            "sql",
            Kind::Text,
            r#"sql = "SELECT control_total(debit) - control_total(credit) AS difference FROM target.posting""#,
            "SQL over `source.…` and `target.…`, written out or in a `.sql` file, whose column \
             `difference` must be zero in every row",
        ),
        may(
            "expected",
            Kind::Text,
            r#"expected = "SELECT month, total FROM source.published""#,
            "SQL, written out or in a `.sql` file: the rows that must come out",
        ),
        may(
            "actual",
            Kind::Text,
            r#"actual = "SELECT month, control_total(amount) AS total FROM target.payment GROUP BY month""#,
            "SQL, written out or in a `.sql` file: the rows that do come out, in the same \
             columns",
        ),
    ],
};

/// The cutover window.
pub(super) static WINDOW: Section = Section {
    title: "`[window]`",
    id: "window",
    about: "the time between closing the old books and opening the new ones",
    keys: &[
        must(
            "freeze",
            Kind::Moment,
            "freeze = 2013-05-27T08:00:00+08:00",
            "when the old books close",
        ),
        must(
            "release",
            Kind::Moment,
            "release = 2013-05-27T16:00:00+08:00",
            "when the new books must be open",
        ),
        must(
            "rollback_takes",
            Kind::Text,
            r#"rollback_takes = "45m""#,
            "how long it takes to open the old books again, which sets the point of no return",
        ),
        may(
            "roles",
            Kind::List,
            r#"roles = ["accountant", "engineer"]"#,
            "the roles that must sign off before the release, two at least; left out, an accountant \
             and an engineer",
        ),
        may(
            "signers",
            Kind::Text,
            r#"signers = "signers.txt""#,
            "a file with the public keys of those who may sign off, as `crossfoot sign --new` \
             prints them, one a line",
        ),
        may(
            "figures",
            Kind::Text,
            r#"figures = "SELECT count(*) AS records FROM flow""#,
            "opening figures: SQL over the source, or a file of it. They are read twice while the \
             old books close, and nothing is frozen unless both are equal. Left out, the digests \
             of the source's files",
        ),
        may(
            "figures_apart",
            Kind::Text,
            r#"figures_apart = "10s""#,
            "how long to wait between the two readings of the opening figures; left out, 10s",
        ),
        may(
            "report_every",
            Kind::Text,
            r#"report_every = "10m""#,
            "how often a long run says when it will be done; left out, 10m",
        ),
        may(
            "hooks",
            Kind::Part(&HOOKS),
            "[window.hooks]",
            "how the two systems are told to close and to open",
        ),
        may(
            "notice",
            Kind::Parts(&NOTICE),
            "[[window.notice]]",
            "what users are told, once for each language",
        ),
        may(
            "channel",
            Kind::Parts(&CHANNEL),
            "[[window.channel]]",
            "where notices are sent",
        ),
    ],
};

/// How the systems are told.
pub(super) static HOOKS: Section = Section {
    title: "`[window.hooks]`",
    id: "hooks",
    about: "how the two systems are told to close and to open: a command with its arguments, or an \
            address that is posted to. Each may be called again, and must bear it",
    keys: &[
        may(
            "freeze",
            Kind::TextOrList,
            r#"freeze = ["./close-pay"]"#,
            "closes the old system; left out, it is closed by hand",
        ),
        may(
            "release",
            Kind::TextOrList,
            r#"release = "https://bao.example/open""#,
            "opens the new system; left out, it is opened by hand",
        ),
        may(
            "rollback",
            Kind::TextOrList,
            r#"rollback = ["./open-pay"]"#,
            "opens the old system again; left out, it is opened by hand",
        ),
        may(
            "time_limit",
            Kind::Text,
            r#"time_limit = "2m""#,
            "how long a call may take; left out, 2m",
        ),
    ],
};

/// What users are told.
pub(super) static NOTICE: Section = Section {
    title: "`[[window.notice]]`",
    id: "notice",
    about: "what users are told in one language",
    keys: &[
        must(
            "language",
            Kind::Choice(&["zh", "en"]),
            r#"language = "zh""#,
            "the language",
        ),
        must(
            "system",
            Kind::Text,
            r#"system = "Ruixin Pay""#,
            "what users call the system",
        ),
        must(
            "contact",
            Kind::Text,
            r#"contact = "95000""#,
            "where they ask",
        ),
        may(
            "closed",
            Kind::List,
            r#"closed = ["payments", "transfers"]"#,
            "what is closed meanwhile; left out, payments, top-ups, withdrawals and transfers",
        ),
        may(
            "open",
            Kind::List,
            r#"open = ["balances and bills"]"#,
            "what goes on; left out, looking at balances and bills",
        ),
        may(
            "stop",
            Kind::Text,
            r#"stop = "{system} is closed from {from} to {until}""#,
            "the notice of the window, in place of ours: a subject, an empty line, the text",
        ),
        may(
            "reopening",
            Kind::Text,
            r#"reopening = "{system} is open again""#,
            "the notice of the reopening, in place of ours",
        ),
        may(
            "delay",
            Kind::Text,
            r#"delay = "{system} will be open at {until}""#,
            "the notice of a delay, in place of ours",
        ),
        may(
            "put_off",
            Kind::Text,
            r#"put_off = "{system} is open as before since {at}""#,
            "the notice that the move was put off, in place of ours",
        ),
    ],
};

/// Where notices go.
pub(super) static CHANNEL: Section = Section {
    title: "`[[window.channel]]`",
    id: "channel",
    about: "where notices are sent: one of `webhook`, `email`, `command` and `file`",
    keys: &[
        must(
            "name",
            Kind::Text,
            r#"name = "users""#,
            "what the daybook calls it",
        ),
        may(
            "notices",
            Kind::List,
            r#"notices = ["stop", "reopening", "delay"]"#,
            "which notices go there: stop, reopening, delay, and for the team progress; left out, \
             the first three. Whoever gets one of the first two is also told if the move is put off",
        ),
        may(
            "language",
            Kind::Choice(&["zh", "en"]),
            r#"language = "zh""#,
            "in which language; left out, in each that there is a notice for",
        ),
        may(
            "webhook",
            Kind::Text,
            r#"webhook = "https://example.com/hook""#,
            "an address that is posted to; `${NAME}` is taken from the environment and never shown",
        ),
        may(
            "headers",
            Kind::Pairs,
            r#"headers = { Authorization = "Bearer ${TOKEN}" }"#,
            "headers of the request",
        ),
        may(
            "body",
            Kind::Text,
            r#"body = '{"text": "{subject}: {text}"}'"#,
            "the body of the request, in place of ours: JSON whose texts may hold {subject}, {text}, \
             {id}, {kind} and {language}",
        ),
        may(
            "accept",
            Kind::Text,
            r#"accept = '{"errcode": 0}'"#,
            "what the answer must say besides a status of 2xx: fields of its JSON",
        ),
        may(
            "proxy",
            Kind::Text,
            r#"proxy = "http://proxy.example:3128""#,
            "a proxy that a webhook goes through; `${NAME}` is taken from the environment",
        ),
        may(
            "ca_file",
            Kind::Text,
            r#"ca_file = "our-authority.pem""#,
            "the authorities that a webhook or a mail server is trusted by, instead of the public \
             ones: a PEM file, from the plan's folder",
        ),
        may(
            "email",
            Kind::TextOrList,
            r#"email = ["team@example.com"]"#,
            "addresses that are written to",
        ),
        may(
            "server",
            Kind::Text,
            r#"server = "smtp.example.com:587""#,
            "the mail server and its port",
        ),
        may(
            "from",
            Kind::Text,
            r#"from = "Ruixin Pay <pay@example.com>""#,
            "who writes",
        ),
        may(
            "tls",
            Kind::Choice(&["starttls", "tls", "none"]),
            r#"tls = "starttls""#,
            "how the mail server is spoken to; left out, starttls. `none` is for this machine only",
        ),
        may(
            "user",
            Kind::Text,
            r#"user = "${SMTP_USER}""#,
            "who logs in at the mail server",
        ),
        may(
            "password",
            Kind::Text,
            r#"password = "${SMTP_PASSWORD}""#,
            "with which password, from the environment",
        ),
        may(
            "command",
            Kind::List,
            r#"command = ["./tell-everybody"]"#,
            "a program with its arguments; the notice comes as JSON on its standard input",
        ),
        may(
            "file",
            Kind::Text,
            r#"file = "notices.jsonl""#,
            "a file that a line of JSON is put at the end of",
        ),
        may(
            "time_limit",
            Kind::Text,
            r#"time_limit = "10s""#,
            "how long an attempt may take; left out, 10s",
        ),
        may(
            "attempts",
            Kind::Count,
            "attempts = 5",
            "how often it is tried; left out, 5 times",
        ),
    ],
};

/// Limits of a run.
pub(super) static SETTINGS: Section = Section {
    title: "`[settings]`",
    id: "settings",
    about: "how much of the machine a run may take; results never depend on it",
    keys: &[
        may(
            "threads",
            Kind::Count,
            "threads = 4",
            "how many threads to work in; left out, one for each processor",
        ),
        may(
            "memory_limit",
            Kind::TextOrCount,
            r#"memory_limit = "2 GB""#,
            "the most memory that SQL may hold before it spills to disk",
        ),
    ],
};

/// Words that people write for a key of ours.
pub(super) const SYNONYMS: &[(&str, &str)] = &[
    ("agreements", "agreement"),
    ("amount", "money"),
    ("amounts", "money"),
    ("charset", "encoding"),
    ("checks", "control"),
    ("comparison", "agreement"),
    ("controls", "control"),
    ("cpus", "threads"),
    ("exclude", "ignore"),
    ("fields", "columns"),
    ("glob", "files"),
    ("group_by", "foot"),
    ("id", "key"),
    ("keys", "key"),
    ("memory", "memory_limit"),
    ("na_values", "null_values"),
    ("nulls", "null_values"),
    ("parallelism", "threads"),
    ("path", "url"),
    ("location", "url"),
    ("folder", "url"),
    ("primary_key", "key"),
    ("query", "rule"),
    ("quotechar", "quote"),
    ("rules", "rule"),
    ("sep", "delimiter"),
    ("separator", "delimiter"),
    ("skip", "skip_header"),
    ("skip_rows", "skip_header"),
    ("skiprows", "skip_header"),
    ("sql", "rule"),
    ("sum", "money"),
    ("table", "target"),
    ("time_zone", "timezone"),
    ("title", "name"),
    ("totals", "money"),
    ("tz", "timezone"),
    ("uri", "url"),
    ("where", "require"),
];
