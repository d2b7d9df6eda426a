//! What every page has around it.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use ruixin_service::language::{Language, Words};

use crate::assets;
use crate::house::{House, Tab};
use crate::words;

/// Is what users are told while the service is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The language that it is in: the reader's, if there is any in that.
    pub language: Language,
    /// One line.
    pub subject: String,
    /// All of it, in lines.
    pub text: String,
}

/// Is what the frame says of its page and its reader.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Whose page it is.
    pub house: &'static House,
    /// The reader's language.
    pub language: Language,
    /// Path and query, without the language: where the page is.
    pub here: String,
    /// The token of the session's forms, where somebody is signed in.
    pub csrf: Option<String>,
    /// What is told while the service is closed.
    pub told: Option<Told>,
}

impl Frame {
    /// Gives words in the reader's language.
    pub fn say(&self, words: Words) -> &'static str {
        words.of(self.language)
    }

    /// Tells whether the service is closed.
    pub fn is_closed(&self) -> bool {
        self.told.is_some()
    }

    /// Draws a page around its content.
    pub fn page(&self, title: &str, tab: Option<&Tab>, content: &Markup) -> Markup {
        self.page_with(title, tab, None, content)
    }

    /// Draws a page that renews itself after so many seconds.
    pub fn page_with(
        &self,
        title: &str,
        tab: Option<&Tab>,
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
                    title { (title) " · " (self.say(self.house.name)) }
                    link rel="stylesheet" href=(self.house.style.path());
                    link rel="icon" href=(assets::ICON_PATH) type="image/svg+xml";
                }
                body class=[is_in.then_some("with-tabs")] {
                    a.skip href="#content" { (self.say(words::SKIP)) }
                    (self.header(tab))
                    main #content tabindex="-1" {
                        div.wide {
                            @if let Some(told) = &self.told { (self.notice(told)) }
                            (content)
                        }
                    }
                    (self.footer())
                }
            }
        }
    }

    /// What is told in another language than the page's says so to those who hear it.
    fn notice(&self, told: &Told) -> Markup {
        let other = (told.language != self.language).then(|| told.language.tag());
        html! {
            section.notice.no-print aria-label=(self.say(words::NOTICE)) {
                h2 lang=[other] { (told.subject) }
                p lang=[other] { (told.text) }
            }
        }
    }

    fn header(&self, tab: Option<&Tab>) -> Markup {
        let other = match self.language {
            Language::English => ("zh", "zh-CN"),
            Language::Chinese => ("en", "en"),
        };
        let mark = if self.here.contains('?') { '&' } else { '?' };
        let to = format!("{}{mark}lang={}", self.here, other.0);
        html! {
            header.top {
                div.wide {
                    a.brand href="/" { (self.mark()) (self.say(self.house.name)) }
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

    fn menu(&self, here: Option<&Tab>) -> Markup {
        html! {
            nav.tabs aria-label=(self.say(words::MAIN_MENU)) {
                ul {
                    @for tab in self.house.tabs {
                        li {
                            a href=(tab.path) aria-current=[(here == Some(tab)).then_some("page")] {
                                svg viewBox="0 0 24 24" aria-hidden="true" { path d=(tab.outline) {} }
                                span { (self.say(tab.words)) }
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
                    span { (self.say(self.house.invented)) }
                }
            }
        }
    }

    fn mark(&self) -> Markup {
        html! {
            svg viewBox="0 0 32 32" aria-hidden="true" { (PreEscaped(self.house.mark)) }
        }
    }
}
