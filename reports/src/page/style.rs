//! How the page looks: on a screen in light and in dark, at any width, and on paper.

/// Is a colour of the page by day and by night.
pub(super) struct Colour {
    pub(super) name: &'static str,
    pub(super) light: &'static str,
    pub(super) dark: &'static str,
}

const fn colour(name: &'static str, light: &'static str, dark: &'static str) -> Colour {
    Colour { name, light, dark }
}

/// The colours. A test holds every text to a contrast of 4.5 against what is behind it.
pub(super) const COLOURS: &[Colour] = &[
    colour("paper", "#ffffff", "#12161b"),
    colour("ink", "#1a1f26", "#e8edf2"),
    colour("quiet", "#55606e", "#a3b0be"),
    colour("rule", "#c9d1da", "#37424e"),
    colour("panel", "#f3f6f9", "#1b222a"),
    colour("good", "#0b6b3a", "#6fd39b"),
    colour("good-back", "#e3f4ea", "#123223"),
    colour("bad", "#a3001b", "#ff8f9c"),
    colour("bad-back", "#fde7ea", "#3b1a20"),
    colour("warn", "#7a4b00", "#f0b95c"),
    colour("warn-back", "#fff1d6", "#38290f"),
    colour("total", "#5b6d82", "#93a5b8"),
    colour("plus", "#1f6fb2", "#62aef0"),
    colour("minus", "#b3541e", "#f0a06a"),
];

/// Gives the whole style sheet.
pub(super) fn sheet() -> String {
    let of = |pick: fn(&Colour) -> &'static str| {
        let lines = COLOURS
            .iter()
            .map(|colour| format!("--{}:{};", colour.name, pick(colour)));
        lines.collect::<String>()
    };
    let (light, dark) = (of(|colour| colour.light), of(|colour| colour.dark));
    format!(
        ":root{{color-scheme:light dark;{light}}}\n\
         @media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{RULES}"
    )
}

const RULES: &str = "\
*{box-sizing:border-box}
html{font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink)}
main,header,footer{max-width:76rem;margin:0 auto;padding:0 1rem}
h1{font-size:1.6rem;line-height:1.2;margin:1.2rem 0 .2rem;overflow-wrap:anywhere}
h2{font-size:1.3rem;margin:2.4rem 0 .6rem;padding-bottom:.2rem;border-bottom:2px solid var(--ink);overflow-wrap:anywhere}
h3{font-size:1.05rem;margin:1.6rem 0 .4rem}
p,li{margin:.3rem 0;overflow-wrap:anywhere}
a{color:inherit}
.quiet{color:var(--quiet);font-weight:400}
.verdict{margin:1rem 0;padding:1rem 1.2rem;border:3px solid;border-radius:.5rem}
.verdict p{margin:0}
.verdict .word{font-size:clamp(1.7rem,6vw,2.8rem);font-weight:800;line-height:1.15}
.verdict ul{margin:.6rem 0 0;padding-left:1.2rem;color:var(--ink)}
.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
.verdict.good{background:var(--good-back)}.verdict.bad{background:var(--bad-back)}.verdict.warn{background:var(--warn-back)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.6rem;margin:1rem 0;padding:0;list-style:none}
.facts li{background:var(--panel);border:1px solid var(--rule);border-radius:.4rem;padding:.5rem .7rem;margin:0}
.facts b{display:block;font-size:1.25rem;font-variant-numeric:tabular-nums}
nav ul{padding:0;list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1rem}
.scroll{overflow-x:auto;margin:.4rem 0 1rem}
.scroll:focus-visible{outline:2px solid var(--plus)}
table{border-collapse:collapse;width:100%;font-size:.92rem}
caption{text-align:left;font-weight:600;padding:.3rem 0}
caption.unseen{position:absolute;width:1px;height:1px;padding:0;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
th,td{padding:.35rem .6rem;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top}
thead th{background:var(--panel);border-bottom:2px solid var(--quiet);white-space:nowrap}
td.n,th.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
td.w{min-width:12rem;overflow-wrap:anywhere}
td.k{white-space:nowrap}td.o{min-width:5rem}
p.of{font-weight:600}
code,.d{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'Noto Sans Mono',monospace;font-size:.88em;overflow-wrap:anywhere}
th.d,td.d{min-width:9rem}
figure{margin:1rem 0}
figcaption{font-size:.9rem;color:var(--quiet)}
svg{display:block;max-width:none;font-family:inherit}
svg text{fill:var(--ink)}
svg text.q{fill:var(--quiet)}
svg text.good{fill:var(--good);font-weight:700}svg text.bad{fill:var(--bad);font-weight:700}
svg .t{fill:var(--total)}svg .p{fill:var(--plus)}svg .m{fill:var(--minus)}svg .good{fill:var(--good)}svg .bad{fill:var(--bad)}
svg .c{stroke:var(--quiet);stroke-dasharray:2 3}
svg .z{stroke:var(--paper);stroke-width:4;fill:none}
svg .g{stroke:var(--rule)}
svg .e{fill:var(--panel);stroke:var(--rule)}
svg text.s{font-weight:700;paint-order:stroke;stroke:var(--paper);stroke-width:3px}
.wide{width:100%;height:auto}.narrow{display:none;width:100%;height:auto}
footer{margin-top:3rem;padding-bottom:2rem;font-size:.9rem;color:var(--quiet)}
@media (max-width:40rem){.wide{display:none}.narrow{display:block}html{font-size:15px}th,td{padding:.3rem .45rem}thead th{white-space:normal}}
@page{size:A4;margin:14mm 12mm}
@media print{html{font-size:10pt}main,header,footer{max-width:none;padding:0}nav{display:none}.wide{display:block}.narrow{display:none}.scroll{overflow:visible}.heat svg{max-width:100%;max-height:215mm;width:auto;height:auto}table{font-size:8.5pt}th,td{padding:1.5pt 3pt}td.w{min-width:0}th.d,td.d{min-width:22mm}thead{display:table-header-group}tr,figure,table.short,.verdict,.facts li{break-inside:avoid}h2,h3,caption,thead,p.of{break-after:avoid}tbody tr:first-child{break-before:avoid}td.n,th.n,thead th{white-space:normal}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
";

#[cfg(test)]
mod tests {
    use super::*;

    /// Luminance as WCAG 2 defines it.
    fn luminance(colour: &str) -> f64 {
        let channel = |at: usize| {
            let value = u8::from_str_radix(&colour[at..at + 2], 16).unwrap();
            let value = f64::from(value) / 255.0;
            match value <= 0.04045 {
                true => value / 12.92,
                false => ((value + 0.055) / 1.055).powf(2.4),
            }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    #[test]
    fn every_text_stands_out_from_what_is_behind_it() {
        let find = |name: &str| COLOURS.iter().find(|colour| colour.name == name).unwrap();
        for (text, back) in [
            ("ink", "paper"),
            ("ink", "panel"),
            ("ink", "good-back"),
            ("ink", "bad-back"),
            ("ink", "warn-back"),
            ("quiet", "paper"),
            ("quiet", "panel"),
            ("good", "paper"),
            ("good", "good-back"),
            ("bad", "paper"),
            ("bad", "bad-back"),
            ("warn", "paper"),
            ("warn", "warn-back"),
            // Bars need 3; they are held to the same.
            ("total", "paper"),
            ("plus", "paper"),
            ("minus", "paper"),
        ] {
            for pick in [
                |colour: &Colour| colour.light,
                |colour: &Colour| colour.dark,
            ] {
                let (one, other) = (luminance(pick(find(text))), luminance(pick(find(back))));
                let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
                assert!(contrast >= 4.5, "{text} on {back}: {contrast:.2}");
            }
        }
    }

    #[test]
    fn the_page_fetches_nothing() {
        let sheet = sheet();
        assert!(!sheet.contains("url(") && !sheet.contains("@import"));
    }
}
