//! A folder with books in which commands are run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A folder of its own for each test.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn empty() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Two books that balance, and their plan.
    pub(crate) fn sound() -> Self {
        let place = Self::empty();
        copy(&here().join("tests/sound"), place.path());
        place
    }

    /// The example that the README begins with.
    pub(crate) fn first() -> Self {
        let place = Self::empty();
        copy(&here().join("../examples/first"), place.path());
        let evidence = place.path().join("evidence");
        if evidence.exists() {
            fs::remove_dir_all(evidence).unwrap();
        }
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Puts the files of a folder over those that are there.
    pub(crate) fn lay_over(self, folder: &Path) -> Self {
        copy(folder, self.path());
        self
    }

    /// Writes a file.
    pub(crate) fn with(self, file: &str, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    /// The command in this folder, in an environment that says nothing.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crossfoot"));
        command
            .args(words(line))
            .current_dir(self.path())
            .env_clear()
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null());
        command
    }

    /// Runs a command line and gives exit status, stdout and stderr in one text.
    pub(crate) fn run(&self, line: &str) -> String {
        let output = self.output(line);
        let here = self.path().to_string_lossy().into_owned();
        let shown = |text: &str| text.replace(&here, "[folder]");
        told(
            line,
            &Output {
                stdout: shown(&output.stdout),
                stderr: shown(&output.stderr),
                ..output
            },
        )
    }

    pub(crate) fn output(&self, line: &str) -> Output {
        let output = self.command(line).output().unwrap();
        Output {
            status: match output.status.code() {
                Some(code) => code.to_string(),
                None => output.status.to_string(),
            },
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The folders and files of this place, in order.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        list(self.path(), self.path(), &mut files);
        files.sort();
        files.iter().map(|file| masked(file)).collect()
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path().join(file)).unwrap()
    }
}

/// What a command left.
pub(crate) struct Output {
    pub(crate) status: String,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

fn told(line: &str, output: &Output) -> String {
    let mut told = format!("$ crossfoot {line}\nexit {}\n", output.status);
    for (name, text) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        if !text.is_empty() {
            told.push_str(&format!("--- {name}\n"));
            let lines = text
                .lines()
                .map(|line| masked(line).trim_end().to_owned() + "\n");
            told.extend(lines);
        }
    }
    told
}

/// Splits a command line at blanks; quotes hold words together.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in line.split('\'').enumerate() {
        match at % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

/// Masks what differs from run to run: times, and the folders that are named by them.
pub(crate) fn masked(line: &str) -> String {
    let mut line = line.to_owned();
    for label in ["Elapsed: ", "用时：", "\"elapsed_seconds\": "] {
        if let Some(at) = line.find(label) {
            line.truncate(at + label.len());
            line.push_str("[time]");
        }
    }
    // 2013-05-27T08-00-00Z, and 2013-05-27T08-00-00Z-2 where another one began in the same second.
    let is_run = |text: &str| {
        let shape = |letter: char| if letter.is_ascii_digit() { '0' } else { letter };
        text.chars().map(shape).collect::<String>() == "0000-00-00T00-00-00Z"
    };
    let starts: Vec<usize> = line.char_indices().map(|(at, _)| at).rev().collect();
    for at in starts {
        if line.get(at..at + 20).is_some_and(is_run) {
            let behind = &line[at + 20..];
            let number = behind.strip_prefix('-').map_or("", |number| {
                let end = number.find(|letter: char| !letter.is_ascii_digit());
                &number[..end.unwrap_or(number.len())]
            });
            let end = match number.len() {
                0 => at + 20,
                digits => at + 21 + digits,
            };
            line.replace_range(at..end, "[run]");
        }
    }
    line
}

/// The folder of this crate.
pub(crate) fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            if target.is_file() {
                fs::remove_file(&target).unwrap();
            }
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn list(root: &Path, folder: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap();
            files.push(name.to_string_lossy().replace('\\', "/"));
        }
    }
}

#[test]
fn masks_hide_times_and_nothing_else() {
    let table = [
        ("Elapsed: 9.2 s", "Elapsed: [time]"),
        (
            "  \"elapsed_seconds\": 0.016",
            "  \"elapsed_seconds\": [time]",
        ),
        ("用时：1 分 02 秒", "用时：[time]"),
        (
            "证据：evidence/2013-05-27T08-00-00Z/",
            "证据：evidence/[run]/",
        ),
        (
            "Evidence: evidence/2013-05-27T08-00-00Z-12/",
            "Evidence: evidence/[run]/",
        ),
        (
            "evidence/2013-05-27T08-00-00Z-12/report.json",
            "evidence/[run]/report.json",
        ),
        ("at 2013-05-27T08:00:00Z", "at 2013-05-27T08:00:00Z"),
    ];
    for (line, shown) in table {
        assert_eq!(masked(line), shown);
    }
}

/// Masks what a window tells that is another one each time: hashes, keys, dates, times, and the line
/// of the clock.
pub(crate) fn timeless(text: &str) -> String {
    const ENDS: [char; 10] = [' ', '\n', '"', ',', '(', ')', '，', '：', '；', '.'];
    let mut text = text.to_owned();
    for (from, to) in [("convert: ", "NOT KNOWN"), ("转换：", "尚不可知")] {
        let found = text
            .find(from)
            .and_then(|at| Some((at, at + text[at..].find(to)? + to.len())));
        if let Some((at, end)) = found {
            text.replace_range(at..end, "[the clock]");
        }
    }
    for label in ["verifying took ", "核对用时："] {
        if let Some((before, after)) = text.split_once(label) {
            let rest = after.split_once('\n').map_or("", |(_, rest)| rest);
            text = format!("{before}{label}[time]\n{rest}");
        }
    }
    let is_hex = |letter: char| letter.is_ascii_hexdigit() && !letter.is_ascii_uppercase();
    let masked = |word: &str| {
        let bare = word.trim_end_matches(ENDS);
        let rest = &word[bare.len()..];
        let digits = bare.chars().filter(char::is_ascii_digit).count();
        let is_time = digits >= 3 && bare.contains(':') && !bare.contains('=');
        let is_date = bare.len() == 10 && bare.matches('-').count() == 2 && digits == 8;
        let is_hash = [12, 16, 64].contains(&bare.len()) && bare.chars().all(is_hex);
        match (is_hash, is_date, is_time) {
            (true, ..) => format!("[hash]{rest}"),
            (_, true, _) => format!("[date]{rest}"),
            (.., true) => format!("[time]{rest}"),
            _ => word.to_owned(),
        }
    };
    text.split_inclusive(ENDS).map(masked).collect()
}
