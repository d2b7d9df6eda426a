//! Bodies with places: JSON whose texts hold `{subject}` and the like.

use serde_json::{Map, Value};

use crate::Message;
use crate::mistake::Mistake;

/// The places that a body may hold.
const PLACES: [&str; 5] = ["subject", "text", "id", "kind", "language"];

/// Fills the places of a body in. Since only texts are filled, what comes out is JSON whatever a notice
/// says.
///
/// # Errors
/// The key of the text and what is wrong in it, where a place is not known or a brace stands alone.
pub(crate) fn fill(body: &Value, message: &Message) -> Result<Value, (String, Mistake)> {
    fill_at("body", body, message)
}

fn fill_at(key: &str, value: &Value, message: &Message) -> Result<Value, (String, Mistake)> {
    match value {
        Value::String(text) => {
            let filled = fill_text(text, message).map_err(|mistake| (key.to_owned(), mistake))?;
            Ok(Value::String(filled))
        }
        Value::Array(values) => {
            let values = (0..).zip(values);
            let filled = values.map(|(place, value): (usize, _)| {
                fill_at(&format!("{key}[{place}]"), value, message)
            });
            filled.collect::<Result<Vec<Value>, _>>().map(Value::Array)
        }
        Value::Object(fields) => {
            let filled = fields.iter().map(|(name, value)| {
                let value = fill_at(&format!("{key}.{name}"), value, message)?;
                Ok((name.clone(), value))
            });
            filled
                .collect::<Result<Map<String, Value>, _>>()
                .map(Value::Object)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(value.clone()),
    }
}

fn fill_text(text: &str, message: &Message) -> Result<String, Mistake> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(brace) = rest.find(['{', '}']) {
        filled.push_str(&rest[..brace]);
        let column = text[..text.len() - rest.len() + brace].chars().count() + 1;
        let at = &rest[brace..];
        if let Some(doubled) = ["{{", "}}"].into_iter().find(|two| at.starts_with(two)) {
            filled.push_str(&doubled[1..]);
            rest = &at[2..];
            continue;
        }
        let name = at.strip_prefix('{').and_then(|after| after.split_once('}'));
        let Some((name, after)) = name.filter(|(name, _)| !name.contains('{')) else {
            return Err(Mistake::LoneBrace { column });
        };
        match value(name, message) {
            Some(value) => filled.push_str(value),
            None => {
                return Err(Mistake::UnknownPlace {
                    column,
                    name: name.to_owned(),
                    known: PLACES.map(|name| format!("{{{name}}}")).join(", "),
                });
            }
        }
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

fn value<'a>(name: &str, message: &'a Message) -> Option<&'a str> {
    let values = [
        &message.subject,
        &message.text,
        &message.id,
        &message.kind,
        &message.language,
    ];
    let place = PLACES.iter().position(|known| *known == name)?;
    values.get(place).map(|value| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message() -> Message {
        Message {
            id: "1".to_owned(),
            kind: "stop".to_owned(),
            language: "zh".to_owned(),
            subject: "\"暂停\" {text}".to_owned(),
            text: "第一行\n第二行\\".to_owned(),
            fields: Map::new(),
        }
    }

    #[test]
    fn texts_are_filled_wherever_they_are_and_stay_json() {
        let body = json!({
            "msgtype": "text",
            "text": { "content": "{subject}\n{text}" },
            "at": ["{kind}/{language}/{id}", 1, null, true],
            "braces": "{{x}}",
        });
        let filled = fill(&body, &message()).expect("all places are known");
        assert_eq!(
            filled,
            json!({
                "msgtype": "text",
                "text": { "content": "\"暂停\" {text}\n第一行\n第二行\\" },
                "at": ["stop/zh/1", 1, null, true],
                "braces": "{x}",
            })
        );
    }

    #[test]
    fn a_mistake_is_told_with_its_key() {
        let check = |body: Value, key: &str, told: &str| {
            let (found, mistake) = fill(&body, &message()).expect_err("a mistake");
            assert_eq!((found.as_str(), mistake.to_string().as_str()), (key, told));
        };
        check(
            json!({ "a": ["x", "公告{sbject}"] }),
            "body.a[1]",
            "at 3, there is no place {sbject}; there are {subject}, {text}, {id}, {kind}, {language}",
        );
        check(
            json!("a {"),
            "body",
            "at 3, a brace stands alone; write {{ or }} for a brace",
        );
        check(
            json!("a }"),
            "body",
            "at 3, a brace stands alone; write {{ or }} for a brace",
        );
        check(
            json!("{a{id}"),
            "body",
            "at 1, a brace stands alone; write {{ or }} for a brace",
        );
    }
}
