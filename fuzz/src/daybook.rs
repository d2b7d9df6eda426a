//! Any bytes are a daybook or a named damage, and any events are a daybook that reads back as itself,
//! of which each entry is one that a window could have had, or the first that it could not is named.

use cutover::daybook::{Daybook, Event};
use cutover::window::State;

/// Reads the bytes as a daybook, and their lines as events. Says whether they are the one or some of
/// the others.
pub(crate) fn check(bytes: &[u8]) -> bool {
    let mut is_known = false;
    if let Ok(daybook) = Daybook::read(bytes) {
        let kept = usize::try_from(daybook.keep()).expect("it is in memory");
        assert_eq!(daybook.text().as_bytes(), &bytes[..kept]);
        is_known = !daybook.entries().is_empty();
        drop(State::replay(daybook.entries()));
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return is_known;
    };
    let mut daybook = Daybook::new();
    for (second, line) in (0_i64..).zip(text.lines()) {
        let Ok(event) = serde_json::from_str::<Event>(line) else {
            continue;
        };
        let at = jiff::Timestamp::from_second(second).expect("a moment of 1970");
        // What cannot be written is refused, and nothing else.
        is_known |= daybook.append(at, event).is_ok();
    }
    let written = daybook.text();
    let again = Daybook::read(written.as_bytes()).expect("what was appended can be read");
    assert_eq!(again, daybook);
    drop(State::replay(again.entries()));
    is_known
}
