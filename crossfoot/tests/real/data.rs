//! The real books' data: found, and one body's books unpacked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the data; none, and a line that says so, where there are no data.
pub(crate) fn data() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CROSSFOOT_DATA") {
        let named = PathBuf::from(named);
        assert!(named.is_dir(), "CROSSFOOT_DATA names no folder: {named:?}");
        return Some(named);
    }
    let mut beside = ["../../data", "../../shared/data"]
        .map(|path| crate_folder().join(path))
        .into_iter();
    let found = beside.find(|folder| folder.is_dir());
    if found.is_none() {
        eprintln!("real books: no data, nothing was verified; CROSSFOOT_DATA names their folder");
    }
    found
}

fn crate_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of an example.
pub(crate) fn example(name: &str) -> PathBuf {
    crate_folder().join("../examples").join(name)
}

/// Unpacks the books of a body, laid out as the plans take them.
pub(crate) fn unpack_council(council: &Path, body: &str, folder: &Path) {
    for stage in ["raw", "clean", "processed"] {
        let archive = council.join(stage).join(format!("{body}.tar.xz"));
        if archive.is_file() {
            succeed(
                Command::new("tar")
                    .arg("-xJf")
                    .arg(archive)
                    .arg("-C")
                    .arg(folder),
            );
        }
    }
    let totals = council.join(format!("control_totals/{body}.summary.csv"));
    fs::copy(totals, folder.join(body).join("summary.csv")).unwrap();
}

/// Unpacks the tables that the plan of the Czech bank reads.
pub(crate) fn unpack_berka(berka: &Path, folder: &Path) {
    for table in ["order.asc", "trans.asc"] {
        let out = fs::File::create(folder.join(table)).unwrap();
        let packed = berka.join(format!("{table}.xz"));
        succeed(Command::new("xz").arg("-dc").arg(packed).stdout(out));
    }
}

fn succeed(command: &mut Command) {
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
}
