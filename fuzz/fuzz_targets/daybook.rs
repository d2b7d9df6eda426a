//! Any bytes are a daybook or a named damage, and any events are a daybook that reads back as itself,
//! of which each entry is one that a window could have had, or the first that it could not is named.
#![no_main]

use cutover::daybook::{Daybook, Event};
use cutover::window::State;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(daybook) = Daybook::read(bytes) {
        let kept = usize::try_from(daybook.keep()).expect("it is in memory");
        assert_eq!(daybook.text().as_bytes(), &bytes[..kept]);
        drop(State::replay(daybook.entries()));
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let mut daybook = Daybook::new();
    for (second, line) in text.lines().enumerate() {
        let Ok(event) = serde_json::from_str::<Event>(line) else {
            continue;
        };
        let at = jiff::Timestamp::from_second(second as i64).expect("a moment of 1970");
        // What cannot be written is refused, and nothing else.
        drop(daybook.append(at, event));
    }
    let written = daybook.text();
    let again = Daybook::read(written.as_bytes()).expect("what was appended can be read");
    assert_eq!(again, daybook);
    drop(State::replay(again.entries()));
});
