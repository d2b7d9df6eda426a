use super::*;
use crate::story;

fn page(dossier: &Dossier, breaks: Vec<Break>, language: Language) -> String {
    let rejects = match dossier.report.rejects {
        0 => Vec::new(),
        _ => story::rejects(),
    };
    let mut out = Vec::new();
    write(
        dossier,
        story::read(breaks),
        story::read(rejects),
        language,
        &mut out,
    )
    .unwrap();
    String::from_utf8(out).unwrap()
}

fn usual(language: Language) -> String {
    page(&story::dossier(), story::breaks(), language)
}

/// Gives the page's text, a block a line, without its style and its marks.
fn text(page: &str) -> String {
    let body = page.split("<body>").nth(1).unwrap();
    let mut text = String::new();
    for part in body.split('<').skip(1) {
        let (mark, said) = part.split_once('>').unwrap();
        let is_block = [
            "tr",
            "/tr",
            "p",
            "h1",
            "h2",
            "h3",
            "li",
            "caption",
            "/svg",
            "text",
            "title",
            "desc",
            "figcaption",
            "div",
        ]
        .contains(&mark.split(' ').next().unwrap());
        if is_block && !text.ends_with('\n') {
            text.push('\n');
        }
        if !said.trim().is_empty() {
            text.push_str(said);
            text.push(
                if ["th", "td", "/b", "/span", "b"]
                    .iter()
                    .any(|cell| mark.starts_with(cell))
                {
                    ' '
                } else {
                    '|'
                },
            );
        }
    }
    text
}

#[test]
fn the_page_says_it_all() {
    insta::assert_snapshot!(text(&usual(Language::English)));
}

#[test]
fn the_page_says_it_all_in_chinese() {
    insta::assert_snapshot!(text(&usual(Language::Chinese)));
}

#[test]
fn what_comes_from_the_books_is_text() {
    let mut dossier = story::dossier();
    let evil = "<script>alert('1')</script><img src=x onerror=\"alert(1)\">\" onload=\"x & \0";
    let agreement = &mut dossier.report.agreements[0];
    agreement.notes = vec![evil.to_owned()];
    agreement.not_checked = vec![evil.to_owned()];
    agreement.causes[0].conditions = vec![evil.to_owned()];
    agreement.repairs[0].what = evil.to_owned();
    for crossed in &mut agreement.crossed {
        crossed.by = story::record(&[(evil, evil), (evil, evil)]);
    }
    dossier.report.plan = evil.to_owned();
    dossier.report.evidence = evil.to_owned();
    dossier.report.controls[1].name = evil.to_owned();
    dossier.report.controls[1].says = Some(evil.to_owned());
    dossier.manifest.started = evil.to_owned();
    dossier.manifest.plan_blake3 = evil.to_owned();
    dossier.manifest.inputs[0].book = evil.to_owned();
    dossier.manifest.inputs[0].file = evil.to_owned();
    dossier.sign_offs[0].name = evil.to_owned();
    dossier.acceptances[0].reason = evil.to_owned();
    dossier.disposal.as_mut().unwrap().how = evil.to_owned();
    dossier.forecasts[0].says = evil.to_owned();
    dossier.cause_names.insert("A1".to_owned(), evil.to_owned());
    let mut breaks = story::breaks();
    for found in &mut breaks {
        found.key = story::record(&[(evil, evil)]);
        found.cause.says = evil.to_owned();
        found.fields.push(ledger::FieldDifference {
            name: evil.into(),
            expected: Some(evil.into()),
            actual: None,
        });
    }
    for language in [Language::English, Language::Chinese] {
        let page = page(&dossier, breaks.clone(), language);
        assert!(!page.contains("<script") && !page.contains("<img"));
        assert!(!page.contains('\0'));
        assert!(page.contains("&lt;script&gt;alert('1')&lt;/script&gt;"));
        // No mark has an attribute that runs anything.
        for mark in page.split('<').skip(1) {
            let mark = mark.split('>').next().unwrap();
            assert!(
                !mark.contains(" onload=") && !mark.contains(" onerror="),
                "{mark}"
            );
        }
    }
}

#[test]
fn the_page_needs_nothing_from_outside() {
    for language in [Language::English, Language::Chinese] {
        let page = usual(language);
        for outside in [
            "src=", "<link", "<script", "@import", "url(", "<iframe", "<object",
        ] {
            assert!(!page.contains(outside), "{outside}");
        }
        let targets = page
            .split("href=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap());
        for target in targets {
            let id = target.strip_prefix('#').expect("links stay on the page");
            assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
        }
    }
}

#[test]
fn every_table_has_a_caption_and_every_picture_a_title() {
    let page = usual(Language::English);
    let count = |mark: &str| page.matches(mark).count();
    assert!(count("<table") >= 10);
    assert_eq!(count("<table"), count("<caption "));
    assert_eq!(
        count("<th "),
        count("scope=\"col\"") + count("scope=\"row\"")
    );
    assert_eq!(count("<th>"), 0);
    assert!(count("<svg ") >= 3);
    assert_eq!(count("<svg "), count("<desc "));
    assert_eq!(count("<svg "), count("role=\"img\""));
    for label in page.split("aria-labelledby=\"").skip(1) {
        for id in label.split('"').next().unwrap().split(' ') {
            assert_eq!(count(&format!("id=\"{id}\"")), 1, "{id}");
        }
    }
}

#[test]
fn the_language_is_told() {
    assert!(usual(Language::English).starts_with("<!DOCTYPE html><html lang=\"en\">"));
    assert!(usual(Language::Chinese).starts_with("<!DOCTYPE html><html lang=\"zh-CN\">"));
}

#[test]
fn the_same_evidence_gives_the_same_page() {
    assert_eq!(usual(Language::English), usual(Language::English));
}

#[test]
fn only_a_balanced_run_is_called_balanced() {
    let green = page(&story::balanced(), Vec::new(), Language::English);
    assert!(green.contains("<section class=\"verdict good\""));
    assert!(green.contains("✓ BALANCED"));
    for verdict in [Verdict::OutOfBalance, Verdict::Incomplete] {
        let mut dossier = story::balanced();
        dossier.report.verdict = verdict;
        let other = page(&dossier, Vec::new(), Language::English);
        assert!(!other.contains("BALANCED<") || verdict == Verdict::OutOfBalance);
        assert!(!other.contains("verdict good\""));
    }
}

#[test]
fn rejects_of_which_nothing_was_decided_are_open() {
    let mut dossier = story::dossier();
    dossier.disposal = None;
    let text = text(&page(&dossier, story::breaks(), Language::English));
    assert!(text.contains("Rejects|\nopen|\n"), "{text}");
    assert!(!text.contains("disposed of"), "{text}");
}

#[test]
fn without_forecasts_the_page_does_not_speak_of_them() {
    let mut dossier = story::dossier();
    dossier.forecasts.clear();
    for language in [Language::English, Language::Chinese] {
        let page = page(&dossier, story::breaks(), language);
        assert!(
            !page.contains("forecasts") && !page.contains("预测"),
            "{page}"
        );
    }
}

#[test]
fn breaks_beyond_the_list_are_counted() {
    let mut dossier = story::balanced();
    let agreement = &mut dossier.report.agreements[0];
    agreement.breaks.missing = 50;
    agreement.causes = vec![ledger::CauseLine {
        breaks: 50,
        difference: vec![story::amount("CNY", "-50.00")],
        ..Default::default()
    }];
    let page = page(
        &dossier,
        vec![story::missing("V1", "1.00"); 50],
        Language::English,
    );
    assert!(page.contains("30 of 50 are not shown here. All of them are in breaks.jsonl."));
}

#[test]
fn half_of_the_evidence_makes_no_page() {
    let written = write(
        &story::dossier(),
        story::read(story::breaks()),
        story::read(Vec::new()),
        Language::English,
        Vec::new(),
    );
    assert!(
        written
            .unwrap_err()
            .to_string()
            .starts_with("rejects.jsonl holds 0 of")
    );
}
