//! Conversions that are stopped, disturbed, or begun again.

use crate::place::{IntoWatch, Place, StopAfter, flow};
use migrate::{ConvertError, Options};
use rules::watch::Unwatched;
use std::fs;

/// A book of nine files, so of nine chunks at least.
fn several() -> Place {
    let place = Place::new(0);
    fs::remove_file(place.path("old/flow.csv")).expect("gone");
    for part in 0..9 {
        let text = flow(200 * (part + 1));
        place.write(&format!("old/flow/part-{part}.csv"), text);
    }
    place
}

#[test]
fn stopped_anywhere_it_goes_on_and_no_byte_is_another() {
    let undisturbed = several();
    undisturbed.convert().expect("it converts");
    let expected = undisturbed.target();
    let place = several();
    let mut resumed = Vec::new();
    for times in 0.. {
        let watch = StopAfter::asked(times).into_watch();
        match place.convert_with(|options| options, &watch) {
            Err(ConvertError::Stopped) => {
                let published: Vec<String> = place
                    .target()
                    .into_keys()
                    .filter(|name| !name.starts_with('.'))
                    .collect();
                assert_eq!(published, Vec::<String>::new(), "nothing is half published");
            }
            Err(other) => panic!("{other}"),
            Ok(done) => {
                resumed.push(done.resumed);
                break;
            }
        }
    }
    assert!(resumed[0] > 0, "it went on");
    assert!(place.target() == expected, "{}", place.names());
}

#[test]
fn converted_again_it_finds_everything_there() {
    let place = several();
    place.convert().expect("it converts");
    let before = place.target();
    let done = place.convert().expect("it is there");
    assert!(done.already);
    assert_eq!(done.resumed, 10);
    assert!(place.target() == before);
}

#[test]
fn what_has_changed_meanwhile_is_refused_by_name() {
    let place = several();
    place.convert().expect("it converts");
    place.write("old/flow/part-3.csv", flow(799));
    fs::remove_file(place.path("old/flow/part-4.csv")).expect("gone");
    place.write("old/flow/part-9.csv", flow(1));
    place.write(
        "posting.sql",
        crate::place::POSTING.replace("'HOUSE'", "'BANK'"),
    );
    insta::assert_snapshot!(place.error(), @"
    the conversion in [folder]/new was begun from something else: the rule of `postings` is another one; flow/part-3.csv had 26490 bytes and has 26457; flow/part-4.csv is gone; and 1 more
    mend: put it back as it was to go on; or throw away what was converted, and begin again, with --discard
    ");
    let again = |options| Options {
        discard: true,
        ..options
    };
    let watch = Unwatched::default().into_watch();
    place.convert_with(again, &watch).expect("it begins again");
    assert!(place.convert().expect("the same").already);
}

#[test]
fn another_size_of_chunks_is_another_job() {
    let place = several();
    place.convert().expect("it converts");
    let larger = |options| Options {
        chunk_records: 500,
        ..options
    };
    let error = place.convert_with(larger, &Unwatched::default().into_watch());
    insta::assert_snapshot!(place.told(&error.expect_err("refused")), @"
    the conversion in [folder]/new was begun from something else: chunks had 1 records, and have 500
    mend: put it back as it was to go on; or throw away what was converted, and begin again, with --discard
    ");
}

#[test]
fn what_another_has_put_there_is_not_replaced() {
    let place = several();
    place.write("new/posting/mine.txt", "dear");
    insta::assert_snapshot!(place.error(), @"
    [folder]/new/posting is there already, and not from a conversion
    mend: name an empty folder as the target, or move this away
    ");
    assert_eq!(
        fs::read(place.path("new/posting/mine.txt")).expect("still there"),
        b"dear"
    );
}

#[test]
fn two_at_once_do_not_write_the_same() {
    let place = several();
    place.write("new/.crossfoot/convert/lock", "");
    let lock = fs::File::open(place.path("new/.crossfoot/convert/lock")).expect("there");
    lock.lock().expect("locked");
    insta::assert_snapshot!(place.error(), @"
    another conversion is writing to [folder]/new
    mend: wait for it, or stop it; two would write the same
    ");
    lock.unlock().expect("free");
    place.convert().expect("it converts");
}

/// Stops after some chunks, so that something is finished and nothing published.
fn half() -> Place {
    let place = several();
    for times in 0.. {
        let watch = StopAfter::asked(times).into_watch();
        let stopped = place.convert_with(|options| options, &watch);
        assert!(matches!(stopped, Err(ConvertError::Stopped)), "{stopped:?}");
        // Chunks are worked on side by side, and a later one may be finished before an earlier one.
        let target = place.target();
        let is_done = |chunk: &str| target.keys().any(|name| name.contains(chunk));
        let chunks = ["000000", "000001", "000002"];
        if chunks
            .iter()
            .all(|chunk| is_done(&format!("chunks/posting/{chunk}.json")))
        {
            return place;
        }
    }
    unreachable!("some chunk is finished before the last");
}

#[test]
fn a_flipped_bit_in_a_finished_chunk_is_noticed_and_the_chunk_converted_again() {
    let undisturbed = several();
    undisturbed.convert().expect("it converts");
    let place = half();
    let part = "new/.crossfoot/convert/staging/posting/part-000002.parquet";
    let mut bytes = fs::read(place.path(part)).expect("there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    place.write(part, &bytes);
    let done = place.convert().expect("it converts it again");
    insta::assert_snapshot!(done.redone.join("\n"), @"posting/part-000002.parquet: it has other bytes, and as many");
    assert!(place.target() == undisturbed.target());
}

#[test]
fn a_truncated_chunk_and_a_changed_manifest_are_noticed() {
    let place = half();
    let part = "new/.crossfoot/convert/staging/posting/part-000001.parquet";
    let bytes = fs::read(place.path(part)).expect("there");
    place.write(part, &bytes[..bytes.len() - 10]);
    let manifest = "new/.crossfoot/convert/chunks/posting/000000.json";
    let text = fs::read_to_string(place.path(manifest)).expect("there");
    place.write(manifest, text.replacen("\"read\": 200", "\"read\": 300", 1));
    fs::remove_file(place.path("new/.crossfoot/convert/staging/posting/part-000002.parquet"))
        .expect("gone");
    let done = place.convert().expect("it converts them again");
    insta::assert_snapshot!(done.redone.join("\n"), @"
    posting/part-000000.parquet: its manifest has been changed
    posting/part-000001.parquet: it had 7497 bytes and has 7487: -10
    posting/part-000002.parquet: it is gone
    ");
}

#[test]
fn a_published_file_that_was_changed_is_an_error() {
    let place = several();
    place.convert().expect("it converts");
    let part = "new/posting/part-000003.parquet";
    let mut bytes = fs::read(place.path(part)).expect("there");
    bytes[9] ^= 4;
    place.write(part, &bytes);
    insta::assert_snapshot!(place.error(), @"
    [folder]/new/posting/part-000003.parquet is not what was written: it has other bytes, and as many
    mend: look for what has changed it; then convert again from the beginning with --discard
    ");
    fs::remove_file(place.path(part)).expect("gone");
    insta::assert_snapshot!(place.error(), @"
    [folder]/new/posting/part-000003.parquet is not what was written: it is gone
    mend: look for what has changed it; then convert again from the beginning with --discard
    ");
}

#[test]
fn killed_between_the_tables_it_publishes_the_rest() {
    let undisturbed = several();
    undisturbed.convert().expect("it converts");
    let place = several();
    place.convert().expect("it converts");
    // As if the process had been killed when one of two tables was in its place.
    fs::create_dir_all(place.path("new/.crossfoot/convert/staging")).expect("made");
    fs::rename(
        place.path("new/balance"),
        place.path("new/.crossfoot/convert/staging/balance"),
    )
    .expect("moved");
    fs::remove_file(place.path("new/.crossfoot/convert/conversion.json")).expect("gone");
    fs::remove_file(place.path("new/.crossfoot/convert/rejects.jsonl")).expect("gone");
    place.write(
        "new/.crossfoot/convert/chunks/posting/000004.json.unfinished",
        "{",
    );
    assert!(!place.convert().expect("it goes on").already);
    assert!(place.target() == undisturbed.target(), "{}", place.names());
}

#[test]
fn what_is_not_of_a_conversion_is_not_discarded() {
    let place = several();
    place.convert().expect("it converts");
    place.write("new/posting/mine.txt", "dear");
    let again = |options| Options {
        discard: true,
        ..options
    };
    let before = place.target();
    let error = place.convert_with(again, &Unwatched::default().into_watch());
    insta::assert_snapshot!(place.told(&error.expect_err("refused")), @"
    [folder]/new/posting/mine.txt is there already, and not from a conversion
    mend: name an empty folder as the target, or move this away
    ");
    assert!(place.target() == before, "{}", place.names());
}

#[test]
fn what_has_lost_its_manifest_is_discarded_all_the_same() {
    let place = several();
    place.convert().expect("it converts");
    let before = place.target();
    let chunks = place.path("new/.crossfoot/convert/chunks/posting");
    let manifests = std::fs::read_dir(&chunks).expect("a folder");
    let manifest = manifests.flatten().next().expect("a manifest").path();
    std::fs::remove_file(manifest).expect("a file");
    place.convert().expect_err("it is damaged");
    let again = |options| Options {
        discard: true,
        ..options
    };
    let told = place.convert_with(again, &Unwatched::default().into_watch());
    assert!(!told.expect("it begins anew").already);
    assert!(place.target() == before, "{}", place.names());
}

#[test]
fn what_lies_in_the_last_table_keeps_all_of_them_from_being_discarded() {
    let place = several();
    place.convert().expect("it converts");
    place.write("new/balance/part-000099.parquet", "dear");
    let before = place.target();
    let again = |options| Options {
        discard: true,
        ..options
    };
    let error = place.convert_with(again, &Unwatched::default().into_watch());
    insta::assert_snapshot!(place.told(&error.expect_err("refused")), @"
    [folder]/new/balance/part-000099.parquet is there already, and not from a conversion
    mend: name an empty folder as the target, or move this away
    ");
    assert!(place.target() == before, "{}", place.names());
}

#[test]
fn a_file_among_those_of_a_table_that_no_manifest_tells_of_is_named() {
    let place = several();
    place.convert().expect("it converts");
    let [part, stranger] =
        [0, 99].map(|at| place.path(&format!("new/posting/part-{at:06}.parquet")));
    fs::copy(part, &stranger).expect("copied");
    insta::assert_snapshot!(place.error(), @"
    [folder]/new/posting/part-000099.parquet lies among what was converted, and no manifest tells of it
    mend: find out where it comes from, and move it away; then start it again
    ");
    fs::remove_file(stranger).expect("moved away");
    assert!(place.convert().expect("all is as it was").already);
}

#[test]
fn what_lies_among_the_files_of_a_table_is_not_published_with_them() {
    let place = several();
    place.convert().expect("it converts");
    // As if the process had been killed before the table was in its place.
    let staging = "new/.crossfoot/convert/staging";
    fs::create_dir_all(place.path(staging)).expect("made");
    let staged = place.path(&format!("{staging}/posting"));
    fs::rename(place.path("new/posting"), staged).expect("moved");
    fs::remove_file(place.path("new/.crossfoot/convert/conversion.json")).expect("gone");
    place.write(&format!("{staging}/posting/part-000099.parquet"), "strange");
    insta::assert_snapshot!(place.error(), @"
    [folder]/new/.crossfoot/convert/staging/posting/part-000099.parquet lies among what was converted, and no manifest tells of it
    mend: find out where it comes from, and move it away; then start it again
    ");
}

/// Changes a file of the source when the conversion proper begins.
struct Meddler(std::path::PathBuf);

impl rules::watch::Watch for Meddler {
    fn begin(&self, phase: rules::watch::Phase) {
        if phase.work == rules::watch::Work::Convert {
            let text = fs::read_to_string(&self.0).expect("there");
            fs::write(&self.0, text + "999999,A01,IN,0.01,late\n").expect("written");
        }
    }

    fn say(&self, _: &str) {}

    fn is_stopped(&self) -> bool {
        false
    }
}

#[test]
fn a_source_that_changes_under_the_run_is_noticed() {
    let place = several();
    let watch = Meddler(place.path("old/flow/part-5.csv")).into_watch();
    let error = place.convert_with(|options| options, &watch);
    insta::assert_snapshot!(place.told(&error.expect_err("noticed")), @"in the source, flow/part-5.csv: changed while it was read; freeze the book (or copy it), then start again");
    let is_published = |name: &String| !name.starts_with('.');
    assert!(
        !place.target().keys().any(is_published),
        "{}",
        place.names()
    );
}
