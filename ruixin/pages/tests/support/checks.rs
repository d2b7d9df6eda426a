//! What holds of every page, whoever drew it.

use ruixin_service::language::Language;

/// The text of a page, without tags and what is in them.
pub(super) fn text_of(page: &str) -> String {
    let mut text = String::new();
    let mut is_inside = false;
    for one in page.chars() {
        match one {
            '<' => is_inside = true,
            '>' => {
                is_inside = false;
                text.push(' ');
            }
            _ if !is_inside => text.push(one),
            _ => {}
        }
    }
    text
}

fn is_han(one: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&one)
}

/// A page has no word of the other language, but the one that leads to it.
pub(super) fn is_of_one_language(name: &str, page: &str, language: Language) {
    assert!(
        page.contains(&format!("<html lang=\"{}\">", language.tag())),
        "{name}"
    );
    let text = text_of(page);
    let foreign: String = match language {
        Language::English => text
            .replace("中文", "")
            .chars()
            .filter(|one| is_han(*one))
            .collect(),
        Language::Chinese => {
            let text = text.replace("English", "").replace("UTC", "");
            text.chars().filter(char::is_ascii_alphabetic).collect()
        }
    };
    assert!(foreign.is_empty(), "{name}: {foreign}");
}

/// A page has its landmarks, each field a label, and nothing that is not the page's own.
pub(super) fn is_walkable(name: &str, page: &str) {
    for once in [
        "<main",
        "<header",
        "<footer",
        "<h1",
        "<title>",
        "name=\"viewport\"",
    ] {
        assert_eq!(page.matches(once).count(), 1, "{name} {once}");
    }
    for never in [
        "<script", "style=", "http://", "https://", " onclick", "<img",
    ] {
        assert!(!page.contains(never), "{name} {never}");
    }
    let fields = ["<input ", "<select "];
    for field in fields.iter().flat_map(|tag| page.split(tag).skip(1)) {
        let field = field.split('>').next().expect("it ends");
        if field.contains("type=\"hidden\"") || field.contains("type=\"radio\"") {
            continue;
        }
        let id = field
            .split("id=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        let id = id.unwrap_or_else(|| panic!("{name}: {field}"));
        assert!(
            page.contains(&format!("<label for=\"{id}\"")),
            "{name} {id}"
        );
    }
    for described in page.split("aria-describedby=\"").skip(1) {
        for id in described.split('"').next().expect("it ends").split(' ') {
            assert!(page.contains(&format!("id=\"{id}\"")), "{name} {id}");
        }
    }
    // No id twice.
    let mut ids: Vec<&str> = page
        .split(" id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    ids.sort_unstable();
    let all = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), all, "{name}");
}
