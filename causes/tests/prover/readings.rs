//! Other readings of the rule, weighed like any hypothesis.

use causes::{BorneOut, CauseId, Explanation, Prover, Reading, Says, SourceColumn, Terms};
use ledger::{Break, CauseStatus, Record};

use crate::block::Example;
use crate::books;

fn explain(
    source: &str,
    expected: &str,
    target: &str,
    readings: &[(CauseId, &str)],
) -> Explanation {
    let header = "id:key,amount:money,day:date".to_owned();
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let example = Example {
        source: lines(source),
        expected: vec![header.clone(), expected.to_owned()],
        target: vec![target.to_owned()],
        says: Vec::new(),
    };
    let terms = books::terms(&header);
    let found = books::breaks(&terms, &example).remove(0);
    let names = ["id", "amount", "day"];
    let readings: Vec<Reading> = readings
        .iter()
        .map(|(cause, gives)| Reading {
            cause: *cause,
            says: Says {
                en: "another reading".to_owned(),
                zh: "另一种读法".to_owned(),
            },
            gives: (!gives.is_empty()).then(|| {
                let values = gives.split(',').map(|value| Some(value.to_owned()));
                names
                    .iter()
                    .map(|name| (*name).to_owned())
                    .zip(values)
                    .collect::<Record>()
            }),
            picked: false,
            looked_up: false,
            against: None,
        })
        .collect();
    Prover::new(terms).story(&found, &readings)
}

#[test]
fn a_reading_that_gives_the_record_proves_its_cause() {
    let why = explain(
        "id,paid\n1,10.00",
        "1,9.94,2013-05-27",
        "1,9.31,2013-05-27",
        &[
            (CauseId::B10, "1,9.31,2013-05-27"),
            (CauseId::B5, "1,9.95,2013-05-27"),
        ],
    );
    assert_eq!(
        (why.status, why.causes),
        (CauseStatus::Proved, vec![CauseId::B10])
    );
    assert_eq!(why.says.en, "another reading");
    let tried: Vec<bool> = why
        .tried
        .iter()
        .filter(|tried| tried.says.en == "another reading")
        .map(|tried| tried.reproduces)
        .collect();
    assert_eq!(tried, [true, false]);
}

#[test]
fn a_reading_and_a_record_that_say_different_things_are_rivals() {
    let why = explain(
        "id,paid\n1,0.58",
        "1,0.58,2013-05-27",
        "1,0.57,2013-05-27",
        &[(CauseId::B5, "1,0.57,2013-05-27")],
    );
    assert_eq!(why.status, CauseStatus::Consistent);
    assert_eq!(
        (why.causes, why.rivals),
        (vec![CauseId::B3], vec![CauseId::B5])
    );
}

#[test]
fn a_reading_explains_one_field_and_the_record_another() {
    let why = explain(
        "",
        "1,-5.00,2013-05-27",
        "1,5.00,2013-06-27",
        &[(CauseId::T1, "1,-5.00,2013-06-27")],
    );
    assert_eq!(
        (why.status, why.causes),
        (CauseStatus::Proved, vec![CauseId::B9, CauseId::T1])
    );
}

#[test]
fn a_reading_that_changes_what_agrees_explains_nothing() {
    let why = explain(
        "",
        "1,-5.00,2013-05-27",
        "1,7.31,2013-05-27",
        &[(CauseId::R2, "1,7.31,2013-05-28")],
    );
    assert_eq!(why.status, CauseStatus::Unknown);
}

/// A break that only another reading of the rule gives.
fn off_by_no_known_cause() -> (Terms, Break) {
    let terms = books::terms("id:key,amount:money");
    let example = Example {
        source: Vec::new(),
        expected: vec!["id:key,amount:money".to_owned(), "1,5.00".to_owned()],
        target: vec!["1,7.31".to_owned()],
        says: Vec::new(),
    };
    let found = books::breaks(&terms, &example).remove(0);
    (terms, found)
}

/// A reading that gives what the target holds.
fn reading_of(found: &Break, cause: CauseId, against: Option<u64>) -> Reading {
    Reading {
        cause,
        says: Says::default(),
        gives: found.actual.clone(),
        picked: false,
        looked_up: false,
        against,
    }
}

#[test]
fn a_prover_without_a_cause_leaves_its_readings_out() {
    let (terms, found) = off_by_no_known_cause();
    let of = |cause, against| reading_of(&found, cause, against);
    let reading = of(CauseId::R1, Some(0));
    let readings = std::slice::from_ref(&reading);
    let with = Prover::new(terms.clone()).explain(&found, readings);
    let without = Prover::without(terms.clone(), CauseId::R1).explain(&found, readings);
    assert_eq!(
        (with.status, without.status),
        (CauseStatus::Proved, CauseStatus::Unknown)
    );
    // What an older rule may be as well is not named where that is left out.
    let column = Reading {
        looked_up: true,
        ..of(CauseId::B12, None)
    };
    let readings = std::slice::from_ref(&column);
    let with = Prover::new(terms.clone()).explain(&found, readings);
    let without = Prover::without(terms, CauseId::R2).explain(&found, readings);
    assert_eq!(
        (with.causes, with.rivals),
        (vec![CauseId::B12], vec![CauseId::R2])
    );
    assert_eq!(
        (without.causes, without.rivals),
        (vec![CauseId::B12], vec![])
    );
}

#[test]
fn a_defect_of_the_rule_is_not_proved_where_other_records_speak_against_it() {
    let (terms, found) = off_by_no_known_cause();
    let prover = Prover::new(terms);
    for (against, status) in [
        (Some(0), CauseStatus::Proved),
        (Some(5_000), CauseStatus::Consistent),
        (None, CauseStatus::Consistent),
    ] {
        let reading = reading_of(&found, CauseId::R1, against);
        let why = prover.explain(&found, &[reading]);
        assert_eq!((why.status, why.causes), (status, vec![CauseId::R1]));
    }
}

#[test]
fn another_level_of_rounding_is_named_and_never_proved() {
    let header = "id:key,amount:money";
    let example = Example {
        source: Vec::new(),
        expected: vec![header.to_owned(), "1,0.22".to_owned()],
        target: vec!["1,0.21".to_owned()],
        says: Vec::new(),
    };
    let terms = books::terms(header);
    let found = books::breaks(&terms, &example).remove(0);
    let prover = Prover::new(terms);
    let first = |against| {
        let why = prover.explain(&found, &[reading_of(&found, CauseId::B6, against)]);
        assert_eq!(why.status, CauseStatus::Consistent, "{against:?}");
        assert!(
            why.rivals
                .iter()
                .chain(&why.causes)
                .any(|one| *one == CauseId::B6)
        );
        why.causes
    };
    // The simpler one, unless the whole book bears out that all totals are rounded so.
    assert_eq!(first(None), [CauseId::B5]);
    assert_eq!(first(Some(7)), [CauseId::B5]);
    assert_eq!(first(Some(0)), [CauseId::B6]);
}

#[test]
fn the_one_column_that_the_rule_reads_is_not_the_wrong_one() {
    let header = "id:key,amount:money";
    let example = Example {
        source: vec!["id,paid".to_owned(), "1,18.80".to_owned()],
        expected: vec![header.to_owned(), "1,-18.80".to_owned()],
        target: vec!["1,18.80".to_owned()],
        says: Vec::new(),
    };
    let mut terms = books::terms(header);
    let found = books::breaks(&terms, &example).remove(0);
    let named = |terms: Terms| {
        let why = Prover::new(terms).explain(&found, &[]);
        (why.status, why.causes, why.rivals)
    };
    let untold = named(terms.clone());
    assert_eq!(
        untold,
        (
            CauseStatus::Consistent,
            vec![CauseId::B9],
            vec![CauseId::B12]
        )
    );
    terms.columns[1].comes_from = vec![SourceColumn {
        table: "source".to_owned(),
        column: "paid".to_owned(),
    }];
    assert_eq!(
        named(terms),
        (CauseStatus::Proved, vec![CauseId::B9], vec![])
    );
}

/// Two changes of a rule are two faults, even where each is of the same kind.
#[test]
fn two_readings_that_each_explain_a_part_prove_nothing() {
    let header = "id:key,fee:money,net:money";
    let example = Example {
        source: Vec::new(),
        expected: vec![header.to_owned(), "1,4.20,-73.97".to_owned()],
        target: vec!["1,1.35,-58.11".to_owned()],
        says: Vec::new(),
    };
    let terms = books::terms(header);
    let found = books::breaks(&terms, &example).remove(0);
    let reading = |says: &str, fee: &str, net: &str| Reading {
        cause: CauseId::D2,
        says: Says {
            en: says.to_owned(),
            zh: says.to_owned(),
        },
        gives: Some(
            [("id", "1"), ("fee", fee), ("net", net)]
                .map(|(name, value)| (name.to_owned(), Some(value.to_owned())))
                .into_iter()
                .collect::<Record>(),
        ),
        picked: false,
        looked_up: false,
        against: None,
    };
    let parts = [
        reading("one branch of the fee", "1.35", "-73.97"),
        reading("one branch of the net amount", "4.20", "-58.11"),
    ];
    let prover = Prover::new(terms);
    let why = prover.explain(&found, &parts);
    assert_eq!(
        (why.status, why.causes),
        (CauseStatus::Consistent, vec![CauseId::D2])
    );
    let whole = [reading("one code", "1.35", "-58.11")];
    let why = prover.explain(&found, &whole);
    assert_eq!(
        (why.status, why.causes),
        (CauseStatus::Proved, vec![CauseId::D2])
    );
}

#[test]
fn two_causes_stand_beside_another_column_and_a_reading() {
    let header = "id:key,net:money";
    let example = Example {
        source: vec!["id,paid,fee".to_owned(), "1,715.91,4.30".to_owned()],
        expected: vec![header.to_owned(), "1,-720.21".to_owned()],
        target: vec!["1,715.91".to_owned()],
        says: Vec::new(),
    };
    let terms = books::terms(header);
    let found = books::breaks(&terms, &example).remove(0);
    let reading = Reading {
        cause: CauseId::D2,
        says: Says::default(),
        gives: found.actual.clone(),
        picked: false,
        looked_up: false,
        against: None,
    };
    let why = Prover::new(terms).explain(&found, &[reading]);
    assert_eq!(why.causes, [CauseId::B12]);
    let rivals = [CauseId::B9, CauseId::B10, CauseId::B11, CauseId::D2];
    assert_eq!(why.rivals, rivals);
}

#[test]
fn what_the_whole_book_bears_out_comes_before_what_it_speaks_against() {
    let explain = |against: [Option<u64>; 2]| {
        let terms = books::terms("id:key,amount:money");
        let example = Example {
            source: vec!["id,paid".to_owned(), "1,0.58".to_owned()],
            expected: vec!["id:key,amount:money".to_owned(), "1,0.58".to_owned()],
            target: vec!["1,0.57".to_owned()],
            says: Vec::new(),
        };
        let found = books::breaks(&terms, &example).remove(0);
        let reading = |(en, against): (&str, Option<u64>)| Reading {
            cause: CauseId::B5,
            says: Says {
                en: en.to_owned(),
                zh: en.to_owned(),
            },
            gives: found.actual.clone(),
            picked: false,
            looked_up: false,
            against,
        };
        let readings: Vec<Reading> = ["one", "another"]
            .into_iter()
            .zip(against)
            .map(reading)
            .collect();
        Prover::new(terms).explain(&found, &readings)
    };
    // The simpler cause, where the book tells nothing.
    assert_eq!(explain([None, None]).causes, [CauseId::B3]);
    // Where a reading changes nothing that agrees, it is that; what remains possible stays named.
    let borne_out = explain([Some(77), Some(0)]);
    assert_eq!(borne_out.causes, [CauseId::B5]);
    assert_eq!(borne_out.says.en, "another");
    assert_eq!(borne_out.status, CauseStatus::Consistent);
    assert!(borne_out.rivals.contains(&CauseId::B3));
    // What the book speaks against is no better for being told of.
    assert_eq!(explain([Some(77), Some(5)]).causes, [CauseId::B3]);
}

#[test]
fn an_older_figure_may_be_another_column_or_one_of_another_day() {
    let header = "id:key,fee:money";
    let named = |source: &str, cause: CauseId, looked_up: bool| {
        let example = Example {
            source: source.lines().map(str::to_owned).collect(),
            expected: vec![header.to_owned(), "1,8.10".to_owned()],
            target: vec!["1,17.93".to_owned()],
            says: Vec::new(),
        };
        let terms = books::terms(header);
        let found = books::breaks(&terms, &example).remove(0);
        let reading = Reading {
            looked_up,
            ..reading_of(&found, cause, Some(0))
        };
        let why = Prover::new(terms).explain(&found, &[reading]);
        (why.status, why.causes, why.rivals)
    };
    let consistent = |causes: &[CauseId], rivals: &[CauseId]| {
        let (causes, rivals) = (causes.to_vec(), rivals.to_vec());
        (CauseStatus::Consistent, causes, rivals)
    };
    let (paid, rates) = ("id,paid\n1,1013.00", "id,paid,next_rate\n1,1013.00,0.0177");
    let version = consistent(&[CauseId::R2], &[CauseId::B12]);
    assert_eq!(named(paid, CauseId::R2, true), version);
    let rate = consistent(&[CauseId::R2], &[CauseId::B12, CauseId::B13]);
    assert_eq!(named(rates, CauseId::R2, true), rate);
    let figure = consistent(&[CauseId::B12], &[CauseId::R2]);
    assert_eq!(named(paid, CauseId::B12, true), figure);
    // A column of the record itself is no figure that held before.
    let proved = (CauseStatus::Proved, vec![CauseId::B12], Vec::new());
    assert_eq!(named(paid, CauseId::B12, false), proved);
}

#[test]
fn a_table_of_old_and_new_ids_tells_of_a_merger_first() {
    let header = "id:key,customer";
    let example = Example {
        source: vec![
            "id,acct,old_id,new_id".to_owned(),
            "1,C103,C103,C900".to_owned(),
        ],
        expected: vec![header.to_owned(), "1,C900".to_owned()],
        target: vec!["1,C103".to_owned()],
        says: Vec::new(),
    };
    let terms = books::terms(header);
    let found = books::breaks(&terms, &example).remove(0);
    for against in [None, Some(0)] {
        let reading = Reading {
            looked_up: true,
            ..reading_of(&found, CauseId::D7, against)
        };
        let why = Prover::new(terms.clone()).explain(&found, &[reading]);
        assert_eq!(
            (why.status, why.causes),
            (CauseStatus::Consistent, vec![CauseId::D7])
        );
        assert_eq!(why.rivals, [CauseId::B12, CauseId::D3, CauseId::R2]);
    }
}

#[test]
fn a_sentence_is_that_of_what_is_borne_out_best() {
    let says = |against: [Option<u64>; 2], target: &str| {
        let header = "id:key,amount:money";
        let terms = books::terms(header);
        let example = Example {
            source: vec!["id,paid".to_owned(), "1,-468.60".to_owned()],
            expected: vec![header.to_owned(), "1,-468.60".to_owned()],
            target: vec![target.to_owned()],
            says: Vec::new(),
        };
        let found = books::breaks(&terms, &example).remove(0);
        let reading = |(en, against): (&str, Option<u64>)| Reading {
            says: Says {
                en: en.to_owned(),
                zh: en.to_owned(),
            },
            ..reading_of(&found, CauseId::B9, against)
        };
        let readings: Vec<Reading> = ["one", "another"]
            .into_iter()
            .zip(against)
            .map(reading)
            .collect();
        Prover::new(terms).explain(&found, &readings).says.en
    };
    // What the record shows by itself comes before all readings.
    let by_itself = "amount: -468.60 became 468.60: the minus sign was lost";
    assert_eq!(says([None, Some(0)], "1,468.60"), by_itself);
    // Of readings alone the one that no record speaks against, and an uncounted one before one that
    // some do.
    assert_eq!(says([None, Some(0)], "1,7.31"), "another");
    assert_eq!(says([Some(9), None], "1,7.31"), "another");
    assert_eq!(says([Some(9), Some(2)], "1,7.31"), "another");
}

#[test]
fn a_reading_that_leaves_nothing_proves_nothing() {
    let of = |target: &str, gives: &str| {
        let readings = [(CauseId::B10, gives)];
        explain("id,paid\n1,10.00", "1,9.94,2013-05-27", target, &readings)
    };
    let zero = of("1,0.00,2013-05-27", "1,0.00,2013-05-27");
    assert_eq!(zero.status, CauseStatus::Consistent);
    assert_eq!(zero.causes, [CauseId::B10]);
    let other = of("1,7.35,2013-05-27", "1,7.35,2013-05-27");
    assert_eq!(other.status, CauseStatus::Proved);
    // Where something else is given as well, that tells.
    let both = of("1,0.00,2013-05-19", "1,0.00,2013-05-19");
    assert_eq!(both.status, CauseStatus::Proved);
}

/// Breaks that one reading of the rule gives, a line each: what is expected, and what the target holds.
fn of_one_reading(cause: CauseId, lines: &[(&str, &str)]) -> (Prover, Vec<(Break, Explanation)>) {
    let header = "id:key,amount:money";
    let terms = books::terms(header);
    let prover = Prover::new(terms.clone());
    let of = |(at, (expected, target)): (usize, &(&str, &str))| {
        let example = Example {
            source: Vec::new(),
            expected: vec![header.to_owned(), format!("{at},{expected}")],
            target: vec![format!("{at},{target}")],
            says: Vec::new(),
        };
        let found = books::breaks(&terms, &example).remove(0);
        let reading = reading_of(&found, cause, Some(0));
        assert!(reading.gives_all_of(&found));
        let why = prover.explain(&found, &[reading]);
        (found, why)
    };
    let breaks = lines.iter().enumerate().map(of).collect();
    (prover, breaks)
}

/// So many breaks of which nothing but the reading tells, and so many whose sign was lost as well.
fn told_and_doubtful(told: usize, doubtful: usize) -> (Prover, Vec<(Break, Explanation)>) {
    let mut lines = vec![("5.00", "7.31"); told];
    lines.extend(vec![("-468.60", "468.60"); doubtful]);
    of_one_reading(CauseId::B10, &lines)
}

fn borne_out(cause: CauseId, breaks: std::ops::Range<usize>) -> BorneOut {
    BorneOut {
        cause,
        says: Says::default(),
        breaks: breaks.collect(),
    }
}

fn proved(breaks: &[(Break, Explanation)], cause: CauseId) -> usize {
    let is_proved = |why: &Explanation| why.status == CauseStatus::Proved && why.causes == [cause];
    breaks.iter().filter(|(_, why)| is_proved(why)).count()
}

#[test]
fn a_reading_that_the_whole_book_bears_out_is_proved_for_all_of_its_breaks() {
    let (prover, mut breaks) = told_and_doubtful(12, 8);
    assert_eq!(proved(&breaks, CauseId::B10), 12);
    assert!(breaks[19].1.rivals.contains(&CauseId::B9));
    prover.bear_out(&mut breaks, &[borne_out(CauseId::B10, 0..20)]);
    assert_eq!(proved(&breaks, CauseId::B10), 20);
    assert!(breaks.iter().all(|(_, why)| why.rivals.is_empty()));
}

#[test]
fn a_reading_is_not_proved_where_something_else_may_be_what_was_done_throughout() {
    // The sign is lost in most of them.
    let (prover, mut breaks) = told_and_doubtful(8, 12);
    prover.bear_out(&mut breaks, &[borne_out(CauseId::B10, 0..20)]);
    assert_eq!(proved(&breaks, CauseId::B10), 8);
    // They are few.
    let (prover, mut breaks) = told_and_doubtful(12, 3);
    prover.bear_out(&mut breaks, &[borne_out(CauseId::B10, 0..15)]);
    assert_eq!(proved(&breaks, CauseId::B10), 12);
    // The book bears another reading out as well, be it for one of them.
    let (prover, mut breaks) = told_and_doubtful(12, 8);
    let others = [
        borne_out(CauseId::B10, 0..20),
        borne_out(CauseId::B9, 19..20),
    ];
    prover.bear_out(&mut breaks, &others);
    assert_eq!(proved(&breaks, CauseId::B10), 19);
    // It is not tried.
    let (prover, mut breaks) = told_and_doubtful(12, 8);
    let without = Prover::without(prover.terms().clone(), CauseId::B10);
    without.bear_out(&mut breaks, &[borne_out(CauseId::B10, 0..20)]);
    assert_eq!(proved(&breaks, CauseId::B10), 12);
}

#[test]
fn a_way_of_rounding_is_told_from_what_only_stands_beside_the_last_digit() {
    let lines = [("0.22", "0.21"); 20];
    let told = |cause: CauseId| {
        let (prover, mut breaks) = of_one_reading(cause, &lines);
        assert_eq!(proved(&breaks, cause), 0);
        prover.bear_out(&mut breaks, &[borne_out(cause, 0..20)]);
        proved(&breaks, cause)
    };
    assert_eq!(told(CauseId::B5), 20);
    // Another rule may just be another way of rounding.
    assert_eq!(told(CauseId::B10), 0);
}

#[test]
fn one_of_many_readings_of_a_kind_gives_nothing_whole() {
    let (_, found) = off_by_no_known_cause();
    let whole = |change: fn(&mut Reading)| {
        let mut reading = reading_of(&found, CauseId::B12, Some(0));
        change(&mut reading);
        reading.gives_all_of(&found)
    };
    assert!(whole(|_| ()));
    assert!(!whole(|reading| reading.picked = true));
    assert!(!whole(|reading| reading.looked_up = true));
    assert!(!whole(|reading| reading.cause = CauseId::R2));
    assert!(!whole(|reading| reading.gives = None));
}
