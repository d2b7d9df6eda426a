//! Sentences in both languages.

use serde::{Deserialize, Serialize};

/// Is a sentence in English and in Chinese.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Says {
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}

impl Says {
    pub(crate) fn new(en: impl Into<String>, zh: impl Into<String>) -> Says {
        Says {
            en: en.into(),
            zh: zh.into(),
        }
    }
}
