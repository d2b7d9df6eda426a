//! What a proof says of books that were changed past the program.

use crate::support::{BOTH, Place, books};

#[test]
fn sums_that_64_bits_do_not_hold_are_told_to_the_fen() {
    for kind in BOTH {
        let place = Place::new(kind);
        let (mut store, _) = books(&place, "2013-06-05");
        store.prove().unwrap();
        let all = 9_000_000_000_000_000_000_i64;
        place
            .direct(&format!(
                "UPDATE account SET debits_posted = {all}, credits_posted = {all} WHERE subject = 2001"
            ))
            .unwrap();
        let said = store.prove().unwrap_err().to_string();
        let expected = "the sum of all accounts should be 27000000000000350000 \
                        and is 27000000000000050000, 300000 apart";
        assert!(said.contains(expected), "{kind:?}: {said}");
        // Sums that are alike go on to the next proofs, however large they are.
        place
            .direct("UPDATE account SET debits_posted = 50000 WHERE subject = 1002")
            .unwrap();
        let said = store.prove().unwrap_err().to_string();
        let expected = "account 1002:1 should be 350000 and is 50000, 300000 apart";
        assert!(said.contains(expected), "{kind:?}: {said}");
    }
}
