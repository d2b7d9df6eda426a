//! The page that tells people whether the service is open: drawn here, without script.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use maud::{DOCTYPE, Markup, html};
use ruixin_service::language::{Language, Words};
use ruixin_service::notices::of_language;
use serde::Deserialize;

use crate::api::App;
use crate::house::{Standing, State as Openness};

const STYLE: &str = "body{font-family:system-ui,'PingFang SC','Noto Sans CJK SC','Microsoft YaHei',sans-serif;\
margin:0;background:#f5f6f8;color:#1d2129;line-height:1.6}main{max-width:34rem;margin:0 auto;padding:1.5rem 1rem}\
header,footer{display:flex;justify-content:space-between;align-items:baseline}h1{font-size:1.25rem;margin:0}\
.state{background:#fff;border-radius:.75rem;padding:1.25rem;margin:1rem 0;border-left:.4rem solid #16803c}\
.state.closed{border-color:#b42318}.state strong{font-size:1.15rem}.notice{white-space:pre-line;overflow-wrap:anywhere}\
dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem;margin:1rem 0 0}dt{color:#4e5969}dd{margin:0}\
a{color:#1656d6}footer{color:#4e5969;font-size:.875rem}\
@media(prefers-color-scheme:dark){body{background:#17181b;color:#e7e9ee}.state{background:#24262b}\
dt,footer{color:#a9b0bd}a{color:#8ab4ff}}";

/// Is which language is asked for, whatever the browser says.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wanted {
    lang: Option<String>,
}

pub(crate) async fn page(
    State(app): State<App>,
    wanted: Result<Query<Wanted>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let wanted = wanted.map(|Query(wanted)| wanted).unwrap_or_default();
    let asked = wanted.lang.as_deref().and_then(Language::of_tag);
    let language = asked.unwrap_or_else(|| Language::wanted(&headers));
    let standing = app.books.standing().await.ok();
    let status = match standing {
        Some(_) => StatusCode::OK,
        None => StatusCode::SERVICE_UNAVAILABLE,
    };
    let text = draw(standing.as_ref(), language).into_string();
    let mut response = (status, text).into_response();
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    let vary = HeaderValue::from_static("Accept-Language");
    response.headers_mut().insert(header::VARY, vary);
    response
}

fn draw(standing: Option<&Standing>, language: Language) -> Markup {
    let say = |en, zh| Words { en, zh }.of(language);
    let is_open = standing.is_some_and(|standing| standing.state == Openness::Open);
    let name = say("Ruixin Pay", "瑞信支付");
    let says = match standing {
        Some(_) if is_open => say("All services are open", "服务正常"),
        Some(_) => say("Payments are closed for now", "交易服务暂停"),
        None => say(
            "The state is not known at the moment",
            "暂时无法获取服务状态",
        ),
    };
    let mark = |open: bool| {
        if open {
            say("open", "正常")
        } else {
            say("closed", "暂停")
        }
    };
    let notice = standing.and_then(|standing| of_language(&standing.notices, language));
    let (other, label) = match language {
        Language::English => ("?lang=zh", "中文"),
        Language::Chinese => ("?lang=en", "English"),
    };
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="refresh" content="30";
                title { (name) " · " (says) }
                style { (STYLE) }
            }
            body {
                main {
                    header {
                        h1 { (name) " · " (say("Service status", "服务状态")) }
                        a href=(other) { (label) }
                    }
                    section class={ "state" @if !is_open { " closed" } } {
                        strong { (says) }
                        @if let Some(standing) = standing {
                            dl {
                                dt { (say("Payments, top-ups, transfers, withdrawals", "付款、充值、转账、提现")) }
                                dd { (mark(is_open)) }
                                dt { (say("Balances and bills", "余额和账单查询")) }
                                dd { (mark(true)) }
                                dt { (say("Since", "自")) }
                                dd { (standing.since.get(..16).unwrap_or(&standing.since)) " (UTC+8)" }
                            }
                        }
                    }
                    @if let (Some(notice), false) = (notice, is_open) {
                        section {
                            h2 { (notice.subject) }
                            p.notice { (notice.text) }
                        }
                    }
                    footer { span { (say("This page renews itself every 30 seconds", "本页每 30 秒自动刷新")) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::{Notice, NoticeFields, NoticeLanguage};

    #[test]
    fn a_notice_is_escaped_and_in_the_language_asked_for() {
        let notice = |language, subject: &str| Notice {
            language,
            kind: "stop".to_owned(),
            subject: subject.to_owned(),
            text: "<script>alert(1)</script>".to_owned(),
            fields: NoticeFields::default(),
        };
        let standing = Standing {
            state: Openness::Closed,
            since: "2013-05-27 08:00:00.000".to_owned(),
            notices: vec![
                notice(NoticeLanguage::En, "A & B"),
                notice(NoticeLanguage::Zh, "暂停"),
            ],
        };
        let english = draw(Some(&standing), Language::English).into_string();
        assert!(english.contains("A &amp; B") && english.contains("&lt;script&gt;"));
        assert!(!english.contains("<script") && english.contains("lang=\"en\""));
        let chinese = draw(Some(&standing), Language::Chinese).into_string();
        assert!(chinese.contains("暂停") && chinese.contains("交易服务暂停"));
        assert!(
            draw(None, Language::English)
                .into_string()
                .contains("not known")
        );
    }
}
