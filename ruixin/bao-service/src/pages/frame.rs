//! What every page has around it.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use ruixin_service::language::{Language, Words};

use super::words;

/// Is a place of the main menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Home,
    Bills,
    Incomes,
    Statement,
}

impl Tab {
    const ALL: [Tab; 4] = [Tab::Home, Tab::Bills, Tab::Incomes, Tab::Statement];

    fn path(self) -> &'static str {
        match self {
            Tab::Home => "/",
            Tab::Bills => "/bills",
            Tab::Incomes => "/incomes",
            Tab::Statement => "/statement",
        }
    }

    fn words(self) -> Words {
        match self {
            Tab::Home => words::HOME,
            Tab::Bills => words::BILLS,
            Tab::Incomes => words::INCOMES,
            Tab::Statement => words::STATEMENT,
        }
    }

    /// The outline of its sign, in a square of 24.
    fn outline(self) -> &'static str {
        match self {
            Tab::Home => "M4 11 12 4l8 7v9h-5v-5H9v5H4z",
            Tab::Bills => "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
            Tab::Incomes => "M4 20h16M5 15l4-4 4 3 6-7M15 7h4v4",
            Tab::Statement => "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
        }
    }
}

/// Is what users are told while the service is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) subject: String,
    pub(super) text: String,
}

/// Is what the frame says of its page and its reader.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) language: Language,
    /// Path and query, without the language: where the page is.
    pub(super) here: String,
    /// The token of the session's forms, where somebody is signed in.
    pub(super) csrf: Option<String>,
    /// What is told while the service is closed.
    pub(super) told: Option<Told>,
}

impl Frame {
    pub(super) fn say(&self, words: Words) -> &'static str {
        words.of(self.language)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.told.is_some()
    }

    /// Draws a page around its content.
    pub(super) fn page(&self, title: &str, tab: Option<Tab>, content: &Markup) -> Markup {
        self.page_with(title, tab, None, content)
    }

    /// Draws a page that renews itself after so many seconds.
    pub(super) fn page_with(
        &self,
        title: &str,
        tab: Option<Tab>,
        renewed: Option<u32>,
        content: &Markup,
    ) -> Markup {
        let is_in = self.csrf.is_some();
        html! {
            (DOCTYPE)
            html lang=(self.language.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="robots" content="noindex";
                    @if let Some(seconds) = renewed {
                        meta http-equiv="refresh" content=(seconds);
                    }
                    title { (title) " · " (self.say(words::NAME)) }
                    link rel="stylesheet" href=(super::assets::style_path());
                    link rel="icon" href=(super::assets::ICON_PATH) type="image/svg+xml";
                }
                body class=[is_in.then_some("with-tabs")] {
                    a.skip href="#content" { (self.say(words::SKIP)) }
                    (self.header(tab))
                    main #content tabindex="-1" {
                        div.wide {
                            @if let Some(told) = &self.told {
                                section.notice.no-print aria-label=(self.say(words::NOTICE)) {
                                    h2 { (told.subject) }
                                    p { (told.text) }
                                }
                            }
                            (content)
                        }
                    }
                    (self.footer())
                }
            }
        }
    }

    fn header(&self, tab: Option<Tab>) -> Markup {
        let other = match self.language {
            Language::English => ("zh", "zh-CN"),
            Language::Chinese => ("en", "en"),
        };
        let mark = if self.here.contains('?') { '&' } else { '?' };
        let to = format!("{}{mark}lang={}", self.here, other.0);
        html! {
            header.top {
                div.wide {
                    a.brand href="/" { (mark_of_the_house()) (self.say(words::NAME)) }
                    @if self.csrf.is_some() { (self.menu(tab)) }
                    a.link href=(to) lang=(other.1) hreflang=(other.1)
                        aria-label=(self.say(words::OTHER_LANGUAGE_LABEL)) {
                        (self.say(words::OTHER_LANGUAGE))
                    }
                    @if let Some(csrf) = &self.csrf {
                        form method="post" action="/sign-out" {
                            input type="hidden" name="csrf" value=(csrf);
                            button.link type="submit" { (self.say(words::SIGN_OUT)) }
                        }
                    }
                }
            }
        }
    }

    fn menu(&self, here: Option<Tab>) -> Markup {
        html! {
            nav.tabs aria-label=(self.say(words::MAIN_MENU)) {
                ul {
                    @for tab in Tab::ALL {
                        li {
                            a href=(tab.path()) aria-current=[(here == Some(tab)).then_some("page")] {
                                svg viewBox="0 0 24 24" aria-hidden="true" { path d=(tab.outline()) {} }
                                span { (self.say(tab.words())) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn footer(&self) -> Markup {
        html! {
            footer.foot {
                div.wide {
                    a href="/status" { (self.say(words::SERVICE_STATUS)) }
                    span { (self.say(words::CLOCK_NOTE)) }
                    span { (self.say(words::INVENTED)) }
                }
            }
        }
    }
}

/// The mark of the house: a coin within a wave, without any letter.
fn mark_of_the_house() -> Markup {
    html! {
        svg viewBox="0 0 32 32" aria-hidden="true" { (PreEscaped(super::assets::MARK)) }
    }
}
