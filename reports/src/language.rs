//! The languages of the reports.

/// Is a language of the reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Chinese, in simplified characters.
    Chinese,
}

impl Language {
    /// Gives the language's tag, as the attribute `lang` of a page wants it.
    pub fn tag(self) -> &'static str {
        self.pick("en", "zh-CN")
    }

    /// Gives what is said in this language.
    pub(crate) fn pick<T>(self, english: T, chinese: T) -> T {
        match self {
            Language::English => english,
            Language::Chinese => chinese,
        }
    }
}
