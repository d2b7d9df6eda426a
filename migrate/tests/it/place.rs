//! A folder with a book and a plan, in which conversions are run.

use migrate::{ConvertError, Options, Outcome, convert, prepare};
use rules::watch::{Phase, Unwatched, Watch};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;

pub(crate) struct Place(TempDir);

/// The flow of a small wallet: numbered, every third one goes out.
pub(crate) fn flow(records: u64) -> String {
    let mut text = String::from("serial,account,kind,amount,memo\n");
    for at in 0..records {
        let (kind, account) = (if at % 3 == 0 { "OUT" } else { "IN" }, at % 17);
        let cents = at * 7_919 % 1_000_000;
        text.push_str(&format!(
            "{at:06},A{account:02},{kind},{}.{:02},记录 {at}\n",
            cents / 100,
            cents % 100
        ));
    }
    text
}

/// Two legs a record, but for records of nothing.
pub(crate) const POSTING: &str = "
SELECT serial AS voucher, leg,
       CASE leg WHEN 1 THEN account ELSE 'HOUSE' END AS account,
       CASE WHEN (kind = 'IN') = (leg = 1) THEN money(amount) ELSE -money(amount) END AS amount
FROM flow CROSS JOIN (VALUES (1), (2)) AS l(leg)
WHERE money(amount) <> 0
";

pub(crate) const BALANCE: &str = "
SELECT account, control_total(CASE kind WHEN 'IN' THEN money(amount) ELSE -money(amount) END) AS balance
FROM flow GROUP BY account
";

pub(crate) const PLAN: &str = r#"
name = "wallet"
currency = "CNY"
[source]
url = "old"
[target]
url = "new"
[[agreement]]
name = "postings"
rule = "posting.sql"
target = "posting"
key = ["voucher", "leg"]
money = ["amount"]
[[agreement]]
name = "balances"
rule = "balance.sql"
target = "balance"
key = ["account"]
money = ["balance"]
"#;

impl Place {
    pub(crate) fn new(records: u64) -> Self {
        let place = Self(tempfile::tempdir().expect("a folder"));
        place.write("old/flow.csv", flow(records));
        place.write("crossfoot.toml", PLAN);
        place.write("posting.sql", POSTING);
        place.write("balance.sql", BALANCE);
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, bytes).expect("written");
    }

    pub(crate) fn convert(&self) -> Result<Outcome, ConvertError> {
        self.convert_with(|options| options, &Unwatched::default().into_watch())
    }

    pub(crate) fn convert_with(
        &self,
        options: impl FnOnce(Options) -> Options,
        watch: &Arc<dyn Watch>,
    ) -> Result<Outcome, ConvertError> {
        let options = options(Options {
            chunk_records: 1,
            ..Options::new(2)
        });
        let plan = rules::plan::read(&self.path("crossfoot.toml")).expect("a sound plan");
        let prepared = prepare(plan, options.threads, &|_| None)?;
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(options.threads)
            .build()
            .expect("threads")
            .block_on(convert(&prepared, &options, watch))
    }

    /// The error of a conversion that must fail, without the folder's own name.
    pub(crate) fn error(&self) -> String {
        let error = self.convert().expect_err("it must be noticed");
        self.told(&error)
    }

    pub(crate) fn told(&self, error: &ConvertError) -> String {
        let here = self.0.path().to_string_lossy().into_owned();
        let mend = error
            .mend()
            .map_or(String::new(), |mend| format!("\nmend: {mend}"));
        format!("{error}{mend}").replace(&here, "[folder]")
    }

    /// All files of the target but the lock, with their bytes.
    pub(crate) fn target(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        gather(&self.path("new"), &self.path("new"), &mut files);
        files.remove(".crossfoot/convert/lock");
        files
    }

    pub(crate) fn names(&self) -> String {
        self.target().into_keys().collect::<Vec<_>>().join("\n")
    }
}

fn gather(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            gather(root, &path, files);
        } else {
            let name = path
                .strip_prefix(root)
                .expect("below")
                .to_string_lossy()
                .into_owned();
            files.insert(name, fs::read(&path).expect("readable"));
        }
    }
}

/// What a test needs of a watch.
pub(crate) trait IntoWatch {
    fn into_watch(self) -> Arc<dyn Watch>;
}

impl<T: Watch + 'static> IntoWatch for T {
    fn into_watch(self) -> Arc<dyn Watch> {
        Arc::new(self)
    }
}

/// Stops a run when it has been asked so many times.
pub(crate) struct StopAfter(pub(crate) AtomicU64);

impl StopAfter {
    pub(crate) fn asked(times: u64) -> Self {
        Self(AtomicU64::new(times))
    }
}

impl Watch for StopAfter {
    fn begin(&self, _: Phase) {}

    fn say(&self, _: &str) {}

    fn is_stopped(&self) -> bool {
        let left = self.0.load(Ordering::Relaxed);
        self.0.store(left.saturating_sub(1), Ordering::Relaxed);
        left == 0
    }
}
