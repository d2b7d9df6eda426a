//! What the engine says, in Chinese: mistakes of plans and SQL, errors of books, notes of reports.
//!
//! The engine speaks English, and so do all files that a run leaves: the same bytes whatever the
//! language. The screen translates: `chinese/messages.txt` holds each message with its places
//! left open, in English and in Chinese. A message that is not there is shown as it is.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The pairs of messages, in the order in which they are tried.
static MESSAGES: LazyLock<Vec<Message>> = LazyLock::new(|| {
    // The first and the last part say how messages are put together: their order is that of the
    // file. Of the messages between them, the one with the most words of its own comes first.
    let mut parts = include_str!("chinese/messages.txt").split("# == ").skip(1);
    let mut part = || parts.next().map(read).unwrap_or_default();
    let (first, mut then, last) = (part(), part(), part());
    then.extend(read(include_str!("chinese/causes.txt")));
    then.extend(read(include_str!("chinese/window.txt")));
    then.sort_by_key(|message| std::cmp::Reverse(message.weight()));
    first.into_iter().chain(then).chain(last).collect()
});

/// Gives what the engine said in Chinese; none where that is not known.
pub(crate) fn chinese(said: &str) -> Option<String> {
    Reader::default().read(said)
}

/// One message in both languages.
#[derive(Debug)]
struct Message {
    english: Vec<Part>,
    chinese: Vec<Part>,
}

/// A part of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// Words.
    Words(String),
    /// `<name>`: what is taken over as it is.
    Name(String),
    /// `<#name>`: a number, taken over as it is.
    Number(String),
    /// `<@name>`: a file, with or without a line and a column.
    Place(String),
    /// `<=name>`: what is itself a message.
    Message(String),
}

impl Message {
    /// The letters that a text must have to be this message.
    fn weight(&self) -> usize {
        let words = self.english.iter().map(|part| match part {
            Part::Words(words) => words.len(),
            Part::Name(_) | Part::Number(_) | Part::Place(_) | Part::Message(_) => 0,
        });
        words.sum()
    }
}

/// Reads the pairs below a headline: an English line and a Chinese one; others are blank or begin
/// with `# `.
fn read(text: &str) -> Vec<Message> {
    let lines: Vec<&str> = text
        .lines()
        .skip(1)
        .filter(|line| !line.is_empty() && !line.starts_with("# "))
        .collect();
    let pair = |pair: &[&str]| match pair {
        [english, chinese] => Message {
            english: parts(english),
            chinese: parts(chinese),
        },
        _ => Message {
            english: Vec::new(),
            chinese: Vec::new(),
        },
    };
    lines.chunks(2).map(pair).collect()
}

/// Cuts a line at its places. `<` opens one only before a name and `>`.
fn parts(line: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut words = String::new();
    let mut rest = line;
    while let Some(letter) = rest.chars().next() {
        if let Some((place, after)) = place(rest) {
            if !words.is_empty() {
                parts.push(Part::Words(std::mem::take(&mut words)));
            }
            parts.push(place);
            rest = after;
        } else {
            words.push(letter);
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        }
    }
    if !words.is_empty() {
        parts.push(Part::Words(words));
    }
    parts
}

fn place(text: &str) -> Option<(Part, &str)> {
    let (name, after) = text.strip_prefix('<')?.split_once('>')?;
    let (part, name): (fn(String) -> Part, &str) = match name.split_at_checked(1)? {
        ("=", name) => (Part::Message, name),
        ("#", name) => (Part::Number, name),
        ("@", name) => (Part::Place, name),
        _ => (Part::Name, name),
    };
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase());
    is_name.then(|| (part(name.to_owned()), after))
}

/// Reads one text; what was found of its parts is kept, so that no part is read twice.
#[derive(Debug, Default)]
struct Reader<'a> {
    known: BTreeMap<&'a str, Option<String>>,
}

/// What stands in the places of a message, by their names.
type Found<'a> = Vec<(&'a str, String)>;

impl<'a> Reader<'a> {
    fn read(&mut self, said: &'a str) -> Option<String> {
        if let Some(known) = self.known.get(said) {
            return known.clone();
        }
        // A part of a text is shorter than it, so this answers nothing but its own repetition.
        self.known.insert(said, None);
        let told = MESSAGES.iter().find_map(|message| {
            let found = self.fit(&message.english, said)?;
            Some(filled(&message.chinese, &found))
        });
        self.known.insert(said, told.clone());
        told
    }

    /// Fits a text to parts, trying every end that a place can have.
    fn fit(&mut self, parts: &'a [Part], said: &'a str) -> Option<Found<'a>> {
        let Some((first, rest)) = parts.split_first() else {
            return said.is_empty().then(Found::new);
        };
        let name = match first {
            Part::Words(words) => return self.fit(rest, said.strip_prefix(words.as_str())?),
            Part::Name(name) | Part::Number(name) | Part::Place(name) | Part::Message(name) => name,
        };
        let ends: Vec<usize> = match rest.first() {
            None => vec![said.len()],
            Some(Part::Words(words)) => said.match_indices(words).map(|(at, _)| at).collect(),
            // Two places beside one another could share a text in any way: no message has them.
            Some(_) => return None,
        };
        for end in ends {
            let (taken, after) = said.split_at(end);
            let is_odd = match first {
                Part::Number(_) => !is_number(taken),
                Part::Place(_) => taken.is_empty() || taken.contains([' ', '`']),
                _ => false,
            };
            if is_odd {
                continue;
            }
            let Some(mut found) = self.fit(rest, after) else {
                continue;
            };
            let shown = match first {
                Part::Message(_) => self.read(taken),
                _ => Some(taken.to_owned()),
            };
            if let Some(shown) = shown {
                found.push((name, shown));
                return Some(found);
            }
        }
        None
    }
}

/// Puts what was found into the places, with a blank where Chinese meets other letters.
fn filled(parts: &[Part], found: &Found<'_>) -> String {
    let mut told = String::new();
    for part in parts {
        let piece = match part {
            Part::Words(words) => words,
            Part::Name(name) | Part::Number(name) | Part::Place(name) | Part::Message(name) => {
                let place = found.iter().find(|(found, _)| found == name);
                place.map_or("", |(_, shown)| shown)
            }
        };
        let meets = |before: char, after: char| {
            is_chinese(before) && is_letter(after) || is_letter(before) && is_chinese(after)
        };
        if let (Some(before), Some(after)) = (told.chars().last(), piece.chars().next())
            && meets(before, after)
        {
            told.push(' ');
        }
        told.push_str(piece);
    }
    told
}

/// A number as messages write it, with or without marks between its thousands.
fn is_number(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b',')
}

fn is_chinese(letter: char) -> bool {
    matches!(letter, '\u{4e00}'..='\u{9fff}')
}

/// A letter, a digit or the sign that code stands in.
fn is_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '`' | '"' | '$' | '~')
}

#[cfg(test)]
mod causes;
#[cfg(test)]
mod engine;
#[cfg(test)]
mod window;

#[cfg(test)]
mod tests {
    use super::*;
    use miette::Diagnostic;
    use rules::plan;
    use std::collections::BTreeSet;
    use std::path::Path;

    fn check(said: &str, told: &str) {
        assert_eq!(chinese(said).as_deref(), Some(told), "{said}");
    }

    #[test]
    fn messages_are_put_together_as_the_engine_does() {
        check("there is no column `amout`", "没有列 `amout`");
        check("did you mean `amount`?", "是否应为 `amount`？");
        check(
            "in the source, there is no column `amout`",
            "源账：没有列 `amout`",
        );
        check(
            "the scale of money is a whole number from 0 to 38, written out",
            "money 的小数位数应是直接写出的 0 至 38 的整数",
        );
        check(
            "demo/books: the books do not agree; see demo/evidence",
            "demo/books：两本账不一致；请见 demo/evidence",
        );
        check(
            "unknown key `keys` in `[[agreement]]`",
            "`[[agreement]]` 中没有名为 `keys` 的键",
        );
        check(
            "unknown key `keys` in the plan",
            "方案中没有名为 `keys` 的键",
        );
        check(
            "`header` must be `true` or `false`, not a text",
            "`header` 应为 `true` 或 `false`，而不是文本",
        );
        check(
            "posting.csv:3:1: 2 fields, 3 expected; correct the line; or declare `skip_footer` if it \
             is a note at the end, `pad_short = true` if the rest is NULL",
            "posting.csv:3:1：有 2 个字段，应有 3 个；请改正此行；若是末尾的说明，请写 `skip_footer`，\
             若其余为 NULL，请写 `pad_short = true`",
        );
        check(
            "posting.csv:2:9: a quote that is never closed, in field 3 (memo); the file is cut off, or \
             a \" is missing or too many; declare `quote = \"\"` if \" is only text here",
            "posting.csv:2:9：引号没有结束，在第 3 个字段（memo）；文件被截断，或者多了、少了一个 \"；\
             若 \" 只是文本，请写 `quote = \"\"`",
        );
    }

    #[test]
    fn what_keeps_a_value_from_being_read_has_chinese_words() {
        let texts = [
            "",
            "abc",
            "1,23",
            "1.234",
            "--1",
            "(1",
            "1e7",
            "0x1F",
            "NaN",
            "1 2",
            "1#",
            "¥$1",
            "12.345",
            "1.2,3.4",
            "99999999999999999999999999999999999999999",
        ];
        let said = texts
            .iter()
            .filter_map(|text| ledger::parse_money(text, Some(2)).err());
        let mut count = 0;
        for error in said {
            count += 1;
            let said = format!("money: {error}");
            assert!(chinese(&said).is_some(), "{said}");
        }
        assert!(count > 12, "{count} of {texts:?} are no amounts");
    }

    #[test]
    fn causes_are_told_in_chinese() {
        check(
            "amount: -468.60 became 468.60: the minus sign was lost",
            "amount：-468.60 变成 468.60：负号丢失",
        );
        check(
            "amount: 12.00 became 1200.00: multiplied by 100: the decimal point moved 2 places; \
             memo: rent became rent : blanks around it were dropped",
            "amount：12.00 变成 1200.00：乘以 100，小数点移动 2 位；\
             memo：rent 变成 rent ：首尾空格被去掉",
        );
        check(
            "amount: 35.19 became 35.18: 35.185 was rounded half to even and not half up",
            "amount：35.19 变成 35.18：35.185 按银行家舍入而非四舍五入舍入",
        );
        check(
            "income: 12.00 became 18.00: 50000.00 unconfirmed shares bore income",
            "income：12.00 变成 18.00：未确认份额 50000.00 参与了计息",
        );
        check(
            "debit: 100.00 and credit: 0.00 changed sides",
            "debit：100.00 与 credit：0.00 借贷颠倒",
        );
        check(
            "fee: takes the figure of another version, `money(next_rate, 4)` instead of `money(rate, 4)`",
            "fee：取了另一版本的值，读作 `money(next_rate, 4)`，规则为 `money(rate, 4)`",
        );
        check(
            "B5 reading of the rule, amount: rounds half to even, `round_half_even(x, 2)` instead of \
             `round_half_up(x, 2)`: gives what the target holds for 7 breaks, and would change 9 \
             records of the whole book, of which 2 agree with the rule",
            "B5 规则的另一种读法，amount：四舍六入五成双，读作 `round_half_even(x, 2)`，规则为 \
             `round_half_up(x, 2)`：可得出 7 处差错中新账的内容，在全账中会改变 9 笔记录，其中 2 笔与规则一致",
        );
    }

    #[test]
    fn what_two_books_are_taken_for_is_told_in_chinese() {
        check(
            "paid at was read with the offset +08:00 from UTC because most values are the same so, and \
             nothing else tells it: write a plan with `crossfoot init` to settle it",
            "paid at 按与 UTC 的时差 +08:00 读取，只因这样多数值相同，别无依据：请用 `crossfoot init` 写出方案加以确定",
        );
        for said in [
            "at was read as UTC because nothing tells its zone: write a plan with `crossfoot init` to settle it",
            "day was read as %d/%m/%Y, not as %m/%d/%Y, because most values are the same so, and nothing \
             else tells it: write a plan with `crossfoot init` to settle it",
            "fee was compared as it is, though the names tell of minor units on one side only: write a \
             plan with `crossfoot init` to settle it",
            "amount: as exact numbers; most would be the same times 0.01, but no name tells of minor \
             units: if the source holds such and the target major ones, `* 0.01` in the rule says so",
            "amount: most would be the same times 100, but no name tells of minor units: if the target \
             holds such and the source major ones, `minor(…, 2)` in the rule says so; only 0 of 40 \
             values are in both",
            "fee: the names tell of minor units on one side only, but most of their values are in both as they are",
            "account: as texts: a zero or a plus before the digits is a part of the value",
            "at_utc: as instants of UTC, as the name says",
            "memo: a text that stands for nothing is NULL",
            "took id as key (unique in 2 of 2), amount as money; day: as days; 4 more columns are \
             converted; not compared: lost of the source's a",
            "posting: 1 more column is converted",
            "old.db: this is a SQLite database; give it as a database: `sqlite://` and its path, as in \
             `sqlite://old.db`",
            "a.csv:3:1: 0x0A is no character in UTF-16LE; fetch the file again: its byte-order mark \
             tells its encoding, so it is damaged or cut off",
            "t.parquet: two columns are named \"id\": the 1. and the 2.; leave both out with `ignore = \
             [\"id\"]`, or have the file written with a name for each",
            "table t: column \"x\" is left out, and `optional` names it; take it out of `optional`, or \
             take it out of `ignore`",
        ] {
            assert!(chinese(said).is_some(), "{said}");
        }
    }

    #[test]
    fn why_a_server_is_not_read_is_told_in_chinese() {
        check(
            "db:3306 cannot be reached: Connection refused (os error 111); is it running, and is this \
             its host and port?",
            "无法连接 db:3306：连接被拒绝（系统错误 111）；服务是否在运行，主机和端口是否正确？",
        );
        check(
            "db:5432 cannot be reached: error connecting to server: Connection refused (os error 111); is \
             it running, and is this its host and port?",
            "无法连接 db:5432：连接出错：连接被拒绝（系统错误 111）；服务是否在运行，主机和端口是否正确？",
        );
        check(
            "db:3306 cannot be reached: it was silent for 15 seconds; is it running, and is this its \
             host and port?",
            "无法连接 db:3306：15 秒内无响应；服务是否在运行，主机和端口是否正确？",
        );
        check(
            "no secure connection to db:3306: invalid peer certificate: UnknownIssuer; name the roots \
             of its certificate with `?ca_file=…` in the address",
            "无法与 db:3306 建立安全连接：invalid peer certificate: UnknownIssuer；请在地址中以 `?ca_file=…` \
             写明其证书的根证书",
        );
        check(
            "no secure connection to 10.0.0.1:3306: invalid peer certificate: certificate not valid for \
             name \"10.0.0.1\"; certificate is only valid for DnsName(\"db\"); connect by a name that its \
             certificate is for",
            "无法与 10.0.0.1:3306 建立安全连接：invalid peer certificate: certificate not valid for name \
             \"10.0.0.1\"; certificate is only valid for DnsName(\"db\")；请以其证书所载的名称连接",
        );
        check(
            "no secure connection to db:5432: the server offers no TLS; have it set up, or write \
             `tls=off` where nobody listens in",
            "无法与 db:5432 建立安全连接：服务器不提供 TLS；请在服务器上启用 TLS；若线路不会被窃听，可写 \
             `tls=off`",
        );
        check(
            "db:5432 refuses teller: it asks for a password, and there is none; write `user:${NAME}@` in \
             the address, or `?password_file=…`",
            "db:5432 拒绝 teller：服务器要求密码，而未给出密码；请在地址中写 `user:${NAME}@`，或 \
             `?password_file=…`",
        );
        check(
            "db:5432 let a write through, although it was opened for reading only; use a user who may \
             only SELECT",
            "db:5432 虽以只读方式打开，仍允许写入；请改用只有 SELECT 权限的用户",
        );
    }

    #[test]
    fn what_is_in_the_way_of_evidence_is_told_in_chinese() {
        check(
            "out: holds ledger.csv, which is no evidence; name an empty or a new folder",
            "out：其中的 ledger.csv 不是证据；请写一个空的或新的文件夹",
        );
        for said in [
            "x.partial: holds books.csv, which no run has written; move it away, or name another folder",
            "x.partial: is no folder; move it away, or name another folder for the evidence",
            "..: has no name of its own; name a folder for the evidence",
            "out: another run is writing this evidence; wait for it, or name another folder",
            "evidence/2013-05-27T08-00-00Z: is there, and so is every name with a number behind it",
            "neither side has a record: nothing was compared; `may_be_empty = true` in a plan allows it",
            "threads are a whole number from 1 to 1024",
            "crossfoot-demo holds mine.txt, which no demo has made",
        ] {
            assert!(chinese(said).is_some(), "{said}");
        }
    }

    #[test]
    fn what_a_database_does_not_take_is_told_in_chinese() {
        check(
            "public.t, id 1, column \"c\": a column character(5) cannot hold \"ab \" exactly: it drops \
             blanks at the end",
            "public.t，id 1，列 \"c\"：character(5) 类型的列无法精确保存 \"ab \"：该列会去掉末尾的空格",
        );
        check(
            "the column `terms`: posting has it as jsonb, which does not keep every text as it is",
            "列 `terms`：posting 中该列为 jsonb，不能原样保存所有文本",
        );
        check(
            "the column `share`: the rule gives a date, and posting has it without a type",
            "列 `share`：规则给出日期，而 posting 中该列未声明类型",
        );
        check(
            "writing secret: it is there, and the user may not read it; GRANT SELECT and INSERT on it \
             to the user that writes",
            "写入 secret：该表存在，而该用户无权读取；请对写入用户授予其 SELECT 和 INSERT 权限",
        );
        check(
            "putting a, b, c in their places: no",
            "将 a, b, c 改为正式表名：no",
        );
    }

    #[test]
    fn names_are_taken_over_whatever_they_look_like() {
        check("there is no table `the plan`", "没有表 `the plan`");
        check("the columns are 金额, a; b: c", "现有各列：金额, a; b: c");
        assert_eq!(chinese("words that nobody says here"), None);
        assert_eq!(chinese(""), None);
    }

    #[test]
    fn a_long_text_of_many_parts_is_read_in_no_time() {
        let said = "no such message: at all; ".repeat(200);
        assert_eq!(chinese(&said), None);
    }

    #[test]
    fn both_lines_of_a_pair_have_the_same_places() {
        let mut english = BTreeSet::new();
        for message in MESSAGES.iter() {
            let places = |parts: &[Part]| -> BTreeSet<String> {
                let shown = |part: &Part| match part {
                    Part::Words(_) => None,
                    Part::Name(name) | Part::Number(name) | Part::Place(name) => Some(name.clone()),
                    Part::Message(name) => Some(format!("={name}")),
                };
                parts.iter().filter_map(shown).collect()
            };
            let (left, right) = (places(&message.english), places(&message.chinese));
            assert_eq!(left, right, "{message:?}");
            let beside = message.english.windows(2).any(|two| {
                let is_words = |part: &Part| matches!(part, Part::Words(_));
                !two.iter().any(is_words)
            });
            assert!(!beside, "two places beside one another: {message:?}");
            assert!(
                english.insert(format!("{:?}", message.english)),
                "twice: {message:?}"
            );
        }
        assert!(
            english.len() > 300,
            "the messages were read: {}",
            english.len()
        );
    }

    #[test]
    fn every_mistake_of_the_corpus_of_plans_has_chinese_words() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/tests/plans");
        let mut lacking = BTreeSet::new();
        let mut count = 0;
        for folder in std::fs::read_dir(corpus).expect("the corpus is there") {
            let folder = folder.expect("readable").path();
            let mistakes = plan::read(&folder.join("crossfoot.toml")).err();
            for mistake in mistakes.iter().flatten() {
                count += 1;
                let mut words = vec![mistake.to_string()];
                words.extend(mistake.help().map(|help| help.to_string()));
                let labels = mistake.labels().into_iter().flatten();
                words.extend(labels.filter_map(|label| label.label().map(str::to_owned)));
                lacking.extend(words.into_iter().filter(|words| chinese(words).is_none()));
            }
        }
        assert_eq!(lacking, BTreeSet::new());
        assert!(count > 150, "the corpus was read: {count}");
    }
}
