//! Whether the texts of a house can be read in its colours.

/// Texts and what they stand on.
const PAIRS: [(&str, &str); 21] = [
    ("ink", "ground"),
    ("ink", "card"),
    ("ink", "tint"),
    ("ink", "note-tint"),
    ("soft", "ground"),
    ("soft", "card"),
    ("soft", "tint"),
    ("brand", "ground"),
    ("brand", "card"),
    ("brand", "tint"),
    ("on-brand", "brand"),
    ("gain", "card"),
    ("gain", "tint"),
    ("bad", "card"),
    ("bad", "bad-tint"),
    ("note", "note-tint"),
    ("on-hero", "hero"),
    ("on-hero", "hero-deep"),
    ("on-hero-soft", "hero"),
    ("on-hero-soft", "hero-deep"),
    ("hero-deep", "on-hero"),
];

/// A colour of a scheme; what the dark one does not say, is as in the light one.
fn colour(sheet: &str, name: &str, is_dark: bool) -> [u8; 3] {
    let mut schemes = sheet.split(":root {").skip(1);
    let light = schemes.next().expect("the light one");
    let dark = schemes.next().expect("the dark one");
    let of = |scheme: &str| {
        let scheme = scheme.split('}').next()?;
        let text = scheme.split(&format!("--{name}: #")).nth(1)?;
        Some(text.split(';').next()?.trim().to_owned())
    };
    let text = is_dark.then(|| of(dark)).flatten().or_else(|| of(light));
    let mut text = text.unwrap_or_else(|| panic!("no colour {name}"));
    if text.len() == 3 {
        text = text.chars().flat_map(|digit| [digit, digit]).collect();
    }
    let part = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("two digits");
    [part(0), part(2), part(4)]
}

/// The contrast of WCAG 2.2.
fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let light = |colour: [u8; 3]| {
        let [red, green, blue] = colour.map(|part| {
            let part = f64::from(part) / 255.0;
            match part <= 0.040_45 {
                true => part / 12.92,
                false => ((part + 0.055) / 1.055).powf(2.4),
            }
        });
        0.212_6 * red + 0.715_2 * green + 0.072_2 * blue
    };
    let (one, other) = (light(one), light(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Holds the colours of a house to a contrast of 4.5:1 in both schemes.
pub(super) fn is_readable(sheet: &str) {
    for is_dark in [false, true] {
        for (text, ground) in PAIRS {
            let found = contrast(colour(sheet, text, is_dark), colour(sheet, ground, is_dark));
            assert!(
                found >= 4.5,
                "{text} on {ground}, dark {is_dark}: {found:.2}"
            );
        }
    }
}
