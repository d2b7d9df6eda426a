//! Any text is a query or a list of mistakes, each at its place inside the text; as a rule of a plan they
//! can be drawn there.

use std::fs;
use std::path::Path;

use books::{Book, BookSpec};
use rules::plan::Mistake;
use rules::sql::{Marks, Session, Settings, Which};
use tempfile::TempDir;

thread_local! {
    /// Books to ask, which are there as long as the thread.
    static BOOKS: (TempDir, Session) = open();
}

/// Says whether the text is a rule without mistakes.
pub(crate) fn check(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    BOOKS.with(|(_, session)| {
        let money = ["amount".to_owned()];
        let mistakes = match session.side(Which::Source, text, &[]) {
            Ok(side) => side.check_money(&money),
            Err(mistakes) => {
                assert!(!mistakes.is_empty(), "refused without a word");
                mistakes
            }
        };
        let is_sound = mistakes.is_empty();
        let as_a_control = session.control(text).err().unwrap_or_default();
        for mistake in mistakes.into_iter().chain(as_a_control) {
            assert!(!mistake.message.is_empty());
            let place = mistake.span.clone();
            let is_inside = place.is_none_or(|place| text.get(place).is_some());
            assert!(is_inside, "{mistake:?}");
        }
        check_as_a_rule(session, text, &money);
        is_sound
    })
}

/// What `crossfoot check` says of it, where a plan has it as its rule.
fn check_as_a_rule(session: &Session, text: &str, money: &[String]) {
    let rule = serde_json::json!(text);
    let plan = format!(
        "name = \"sql\"\ncurrency = \"CNY\"\ntimezone = \"Asia/Shanghai\"\nsource.url = \"old\"\n\
         target.url = \"new\"\n[[agreement]]\nname = \"one\"\ntarget = \"posting\"\nrule = {rule}\n"
    );
    // Not every text is one of a plan: it may name a file.
    let Ok(plan) = rules::plan::parse(&plan, Path::new("crossfoot.toml")) else {
        return;
    };
    for planned in &plan.agreements {
        let (rule, which) = (&planned.rule, (Which::Source, Marks::OfSettings));
        let mut mistakes = Vec::new();
        let side = rules::prepare::side(session, which, rule, &[], money, &mut mistakes);
        if let Some(side) = side {
            rules::prepare::note_money(rule, &side, money, &mut mistakes);
        }
        for mistake in mistakes {
            let is_of_the_machine = matches!(mistake.mistake(), Mistake::NoRoom { .. });
            assert!(
                mistake.place().is_some() || is_of_the_machine,
                "no place: {mistake:?}"
            );
            assert!(!format!("{:?}", miette::Report::new(mistake)).is_empty());
        }
    }
}

fn open() -> (TempDir, Session) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (name, text) in [
        (
            "old/flow.csv",
            "id,Payment Date,amount,memo\n1,2013-05-27,2.50,\u{9910}\u{8d39}\n",
        ),
        ("old/account.csv", "account,name\n"),
        ("new/posting.csv", "voucher,amount,memo\n"),
    ] {
        let path = folder.path().join(name);
        let book = path.parent().expect("a book's folder");
        fs::create_dir_all(book).expect("a folder can be made");
        fs::write(&path, text).expect("a file can be written");
    }
    let book = |name: &str| {
        let spec = BookSpec {
            root: folder.path().join(name),
            ..BookSpec::default()
        };
        Book::open(&spec).expect("a sound book")
    };
    let settings = Settings {
        currency: "CNY".to_owned(),
        timezone: "Asia/Shanghai".to_owned(),
        threads: 1,
        memory_limit: None,
    };
    let session = Session::new(book("old"), book("new"), settings);
    let session = session.expect("a sound session");
    (folder, session)
}
