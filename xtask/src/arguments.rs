//! Reads the few arguments that the commands take.

use std::collections::VecDeque;
use std::str::FromStr;

use anyhow::{Context, Result, bail};

/// The words after the command's name, taken one by one.
#[derive(Debug)]
pub(crate) struct Arguments(VecDeque<String>);

impl Arguments {
    /// Takes the arguments of this process, without its name.
    pub(crate) fn of_process() -> Self {
        Self(std::env::args().skip(1).collect())
    }

    /// Takes the next word, whatever it is.
    pub(crate) fn word(&mut self) -> Option<String> {
        self.0.pop_front()
    }

    /// Takes `--name`, wherever it stands, and says whether it was there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let found = self.0.iter().position(|word| word == name);
        found.and_then(|at| self.0.remove(at)).is_some()
    }

    /// Takes `--name VALUE` or `--name=VALUE`, wherever it stands.
    ///
    /// # Errors
    /// When the value is missing.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>> {
        let joined = format!("{name}=");
        let is_it = |word: &String| word == name || word.starts_with(&joined);
        let Some(at) = self.0.iter().position(is_it) else {
            return Ok(None);
        };
        let word = self.0.remove(at).unwrap_or_default();
        if let Some(value) = word.strip_prefix(&joined) {
            return Ok(Some(value.to_owned()));
        }
        let value = self.0.remove(at);
        value
            .map(Some)
            .with_context(|| format!("{name} needs a value"))
    }

    /// Takes `--name NUMBER`; `1_000_000` is a number.
    ///
    /// # Errors
    /// When the value is missing or is no number.
    pub(crate) fn number<N: FromStr>(&mut self, name: &str) -> Result<Option<N>> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        match text.replace('_', "").parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => bail!("{name} needs a number, not `{text}`"),
        }
    }

    /// Refuses what nobody took.
    ///
    /// # Errors
    /// When a word is left.
    pub(crate) fn finish(self) -> Result<()> {
        match self.0.front() {
            None => Ok(()),
            Some(word) => bail!("cannot use `{word}` here"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Arguments {
        Arguments(line.split_whitespace().map(str::to_owned).collect())
    }

    #[test]
    fn options_are_taken_wherever_they_stand() {
        let mut arguments = of("verify --records 1_000 --keep --dir=there");
        assert!(arguments.flag("--keep"));
        assert_eq!(arguments.number::<u64>("--records").unwrap(), Some(1000));
        assert_eq!(arguments.text("--dir").unwrap().as_deref(), Some("there"));
        assert_eq!(arguments.word().as_deref(), Some("verify"));
        arguments.finish().unwrap();
    }

    #[test]
    fn what_nobody_took_is_refused() {
        let error = of("--typo").finish().unwrap_err();
        assert_eq!(error.to_string(), "cannot use `--typo` here");
        assert!(of("--dir").text("--dir").is_err());
        assert!(of("--records many").number::<u64>("--records").is_err());
    }
}
