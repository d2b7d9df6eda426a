//! Gate fuzz: of random complete evidence that gives GO, removing or altering any single item
//! leaves no GO. Everything around the item is made to fit it again, digests and signatures too, so
//! that it is the item's own check that must see it.

mod case;
mod changes;
mod documents;

use cutover::gate::Outcome;
use proptest::prelude::*;

use case::{Seed, case, seeds};
use changes::CHANGES;
use documents::{check_breaks, check_files, check_report};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_single_change_of_what_gives_go_gives_go(seed in seeds()) {
        let case = case(&seed);
        let judgement = case.judge().expect("a daybook");
        prop_assert_eq!(judgement.outcome(), Outcome::Go, "{:#?}", judgement.open_items().collect::<Vec<_>>());
        for (name, change) in CHANGES {
            let mut changed = case.clone();
            if change(&mut changed) {
                prop_assert_ne!(changed.outcome(), Some(Outcome::Go), "{}", name);
            }
        }
        check_report(&case);
        check_breaks(&case);
        check_files(&case);
    }

    #[test]
    fn any_changed_byte_of_the_manifest_shuts_the_gate(
        seed in seeds(), place in any::<prop::sample::Index>(), to in any::<u8>(),
    ) {
        let run = case(&seed).run;
        let manifest = run.manifest();
        let mut other = manifest.clone();
        let place = place.index(manifest.len());
        prop_assume!(other[place] != to);
        other[place] = to;
        // Either it is no manifest any more, or it is another than was recorded and signed.
        if let Ok(sealed) = cutover::seal::Sealed::read(&other) {
            prop_assert_ne!(sealed.hash(), run.manifest_blake3());
        }
    }
}

/// Evidence with as much as can be there, and with as little.
fn extremes() -> [Seed; 2] {
    let much = Seed {
        breaks: vec![(0, 1), (1, -2), (2, 3), (3, 4)],
        keyless: false,
        rejects: 2,
        inputs: 2,
        controls: 2,
        elsewhere: false,
        planted: 3,
        read: 100,
        minute: 1,
    };
    let little = Seed {
        breaks: vec![],
        rejects: 0,
        inputs: 1,
        controls: 0,
        elsewhere: true,
        planted: 1,
        ..much.clone()
    };
    [much, little]
}

#[test]
fn every_change_is_of_something_that_can_be_there_and_shuts_the_gate() {
    let [much, little] = extremes().map(|seed| case(&seed));
    assert_eq!(much.outcome(), Some(Outcome::Go));
    assert_eq!(little.outcome(), Some(Outcome::Go));
    for (name, change) in CHANGES {
        let (mut more, mut less) = (much.clone(), little.clone());
        assert!(change(&mut more), "{name}");
        assert_ne!(more.outcome(), Some(Outcome::Go), "{name}");
        if change(&mut less) {
            assert_ne!(less.outcome(), Some(Outcome::Go), "{name}");
        }
    }
}
