//! What is not ours stays, whatever it is called; and no run takes away what another one writes.

use super::*;
use crate::evidence::{Evidence, MANIFEST, Manifest, Output};
use std::collections::BTreeSet;

/// Files of a folder, each with its text; folders are made for them.
fn filled(folder: &Path, files: &[(&str, &str)]) {
    for (file, text) in files {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
}

/// The files of a folder and of those in it, in order.
fn files_in(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("readable").path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let name = path.strip_prefix(folder).expect("below it");
                    files.push(name.to_string_lossy().into_owned());
                }
            }
        }
    }
    files.sort();
    files
}

/// A manifest as runs write it, which lists the files that every run leaves.
fn manifest() -> String {
    let listed = [
        "breaks.jsonl",
        "breaks.parquet",
        "rejects.jsonl",
        "report.json",
    ];
    let files: Vec<Output> = listed
        .into_iter()
        .map(|file| Output {
            file: file.to_owned(),
            bytes: 0,
            blake3: String::new(),
        })
        .collect();
    let manifest = Manifest {
        version: 1,
        crossfoot: "0.1.0".to_owned(),
        plan: "a".to_owned(),
        plan_blake3: "0".repeat(64),
        started: "2013-05-27T00:00:00Z".to_owned(),
        seed: String::new(),
        inputs: Vec::new(),
        files,
    };
    serde_json::to_string(&manifest).expect("a manifest")
}

/// Evidence as a run leaves it, with other files beside.
fn evidence(folder: &Path, beside: &[(&str, &str)]) {
    let manifest = manifest();
    let own = [
        ("breaks.jsonl", ""),
        ("breaks.parquet", ""),
        ("rejects.jsonl", ""),
        ("report.json", "{}"),
        (MANIFEST, manifest.as_str()),
    ];
    filled(folder, &[&own[..], beside].concat());
}

fn why(made: Result<Evidence, VerifyError>) -> String {
    made.expect_err("it is refused").to_string()
}

#[test]
fn a_folder_that_holds_anything_but_evidence_is_refused_and_stays() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path().join("out");
    let (ledger, mark) = (("ledger-2013.csv", "1,2.00\n"), (MARK, MARK_SAYS));
    // Manifests of others, and of ours with something beside what they list.
    let manifest = manifest();
    let of_another_program = manifest.replace("plan_blake3", "digest");
    let cases: [&[(&str, &str)]; 7] = [
        &[ledger],
        &[(MANIFEST, "{}"), ledger],
        &[(MANIFEST, "{}")],
        &[(MANIFEST, of_another_program.as_str()), ledger],
        &[(MANIFEST, manifest.as_str()), ledger],
        &[(MANIFEST, manifest.as_str()), ("report.json/mine.csv", "")],
        &[(MANIFEST, manifest.as_str()), mark],
    ];
    for files in cases {
        filled(&folder, files);
        let before = files_in(&folder);
        let said = why(Evidence::create(&folder));
        assert!(
            said.ends_with(", which is no evidence; name an empty or a new folder"),
            "{said}"
        );
        // Nor at the end, if it came there meanwhile.
        assert!(make_room(&folder).is_err(), "{before:?}");
        assert_eq!(files_in(&folder), before);
        assert!(!partial_of(&folder).exists());
        fs::remove_dir_all(&folder).expect("a folder of this test");
    }
    let nameless = scratch.path().join("..");
    assert!(why(Evidence::create(&nameless)).contains("has no name of its own"));
}

#[test]
fn evidence_is_replaced_with_the_daybook_that_was_released_on() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path().join("out");
    evidence(&folder, &[("daybook.jsonl", "{}\n")]);
    drop(Evidence::create(&folder).expect("it may be replaced"));
    assert_eq!(files_in(&folder).len(), 6, "only the end replaces it");
    make_room(&folder).expect("it goes");
    assert!(!folder.exists());
    // An empty folder, and none at all.
    fs::create_dir(&folder).expect("a folder");
    make_room(&folder).expect("it goes");
    make_room(&folder).expect("there is nothing");
}

#[cfg(unix)]
#[test]
fn what_a_link_leads_to_stays() {
    let scratch = tempfile::tempdir().expect("a folder");
    let (kept, link) = (scratch.path().join("kept"), scratch.path().join("out"));
    evidence(&kept, &[]);
    std::os::unix::fs::symlink(&kept, &link).expect("a link");
    make_room(&link).expect("the link goes");
    assert!(!link.is_symlink());
    assert_eq!(files_in(&kept).len(), 5);
}

#[cfg(unix)]
#[test]
fn a_folder_that_only_is_called_as_ours_are_is_not_touched() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path().join("x");
    let partial = partial_of(&folder);
    // Beside the mark nothing is ours but what runs write.
    let cases: [&[(&str, &str)]; 4] = [
        &[("books.csv", "1,2.00\n")],
        &[("breaks.jsonl", ""), ("report.json", "{}")],
        &[(MARK, MARK_SAYS), ("books.csv", "1,2.00\n")],
        &[(MARK, "something else"), ("report.json", "{}")],
    ];
    for files in cases {
        filled(&partial, files);
        let before = files_in(&partial);
        let said = why(Evidence::create(&folder));
        assert!(said.contains("x.partial: holds "), "{said}");
        assert!(said.contains(", which no run has written; "), "{said}");
        let numbered = Evidence::create_numbered(&folder).expect("another name is free");
        assert!(numbered.folder().ends_with("x-2"));
        drop(numbered);
        assert_eq!(files_in(&partial), before);
        fs::remove_dir_all(&partial).expect("a folder of this test");
    }
    fs::write(&partial, "a file").expect("a file");
    assert!(why(Evidence::create(&folder)).contains("is no folder"));
    assert!(partial.is_file());
}

#[cfg(unix)]
#[test]
fn what_a_killed_run_left_is_taken_over_with_its_spill() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path().join("out");
    let partial = partial_of(&folder);
    let spilt = format!("{SPILL}1/part-0");
    // While it wrote, before it had written anything, and when only the name was lacking.
    let cases: [&[(&str, &str)]; 3] = [
        &[
            (MARK, MARK_SAYS),
            ("breaks.jsonl", "{}\n"),
            (spilt.as_str(), "x"),
        ],
        &[(MARK, "")],
        &[],
    ];
    for files in cases {
        fs::create_dir(&partial).expect("a folder");
        filled(&partial, files);
        let taken = Evidence::create(&folder).expect("nobody holds it");
        let own = [MARK, "breaks.jsonl", "breaks.parquet", "rejects.jsonl"];
        assert_eq!(files_in(&partial), own);
        assert_eq!(
            fs::read(partial.join("breaks.jsonl")).ok(),
            Some(Vec::new())
        );
        drop(taken);
        assert!(!partial.exists(), "a run that ends leaves nothing");
    }
    evidence(&partial, &[]);
    drop(Evidence::create(&folder).expect("nobody holds it"));
    assert!(!partial.exists());
}

#[cfg(unix)]
#[test]
fn what_another_run_writes_is_left_to_it() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path().join("out");
    let running = Evidence::create(&folder).expect("a new folder");
    let before = files_in(scratch.path());
    let said = why(Evidence::create(&folder));
    assert!(
        said.ends_with(
            "out: another run is writing this evidence; wait for it, or name another folder"
        ),
        "{said}"
    );
    assert_eq!(files_in(scratch.path()), before);
    drop(running);
    drop(Evidence::create(&folder).expect("it has ended"));
    assert_eq!(files_in(scratch.path()), Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn runs_of_one_name_get_a_number_each_and_the_dead_are_swept() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path().join("evidence/2013-05-27T00-00-00Z");
    let beside = |name: &str| folder.with_file_name(name);
    let killed = [(MARK, MARK_SAYS), ("breaks.jsonl", "")];
    filled(&beside("2013-05-26T00-00-00Z.partial"), &killed);
    filled(&beside("notes.partial"), &[("notes.txt", "mine")]);
    let run = || Evidence::create_numbered(&folder).expect("a name is free");
    let first = run();
    let second = run();
    let numbers = [&first, &second].map(|run| run.shown("evidence/run/"));
    assert_eq!(numbers, ["evidence/run/", "evidence/run-2/"]);
    assert_eq!([first.shown(""), second.shown("")], ["", ""]);
    assert_eq!(second.shown("run"), "run-2");
    assert!(second.folder().ends_with("2013-05-27T00-00-00Z-2"));
    drop(first);
    // One has left its evidence under its name, and another one still writes.
    evidence(&folder, &[]);
    assert!(run().folder().ends_with("2013-05-27T00-00-00Z-3"));
    drop(second);
    assert!(run().folder().ends_with("2013-05-27T00-00-00Z-2"));
    let left: BTreeSet<String> = files_in(&beside(""))
        .iter()
        .filter_map(|file| file.split('/').next().map(str::to_owned))
        .collect();
    assert_eq!(
        left.into_iter().collect::<Vec<_>>(),
        ["2013-05-27T00-00-00Z", "notes.partial"]
    );
}

#[test]
fn what_is_spilt_goes_with_the_folder() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path().join("out");
    let run = Evidence::create(&folder).expect("a new folder");
    let spilt = run.scratch().expect("a folder in it").keep();
    filled(&spilt, &[("part-0", "x")]);
    assert!(spilt.starts_with(partial_of(&folder)));
    drop(run);
    assert_eq!(files_in(scratch.path()), Vec::<String>::new());
}

#[test]
fn what_is_whole_and_cannot_have_its_name_stays() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path().join("out");
    evidence(&folder, &[]);
    let Ok(Taken::Held(run)) = Partial::take(&partial_of(&folder)) else {
        panic!("nobody holds it");
    };
    filled(run.path(), &[("report.json", "{}")]);
    // Somebody has put something beside the evidence that was to be replaced.
    filled(&folder, &[("mine.html", "x")]);
    let error = run.place(&folder).expect_err("it is not replaced");
    assert!(error.to_string().contains("out.partial"), "{error}");
    let left = files_in(&partial_of(&folder));
    assert_eq!(left, ["report.json"]);
    assert!(folder.join("mine.html").exists());
    // It is marked no more, so that no run takes it for what was left behind.
    sweep(scratch.path());
    assert_eq!(files_in(&partial_of(&folder)), left);
}
