//! Words that the pages of every service have, in both languages.

use ruixin_service::language::Words;

/// Makes constants of words in English and Chinese, and with `ALL` the list of them for tests.
#[macro_export]
macro_rules! words {
    ($($name:ident: $en:literal $zh:literal)*) => {
        $(
            #[doc = concat!("\"", $en, "\"")]
            pub const $name: ruixin_service::language::Words =
                ruixin_service::language::Words { en: $en, zh: $zh };
        )*
        /// All of them, for the test that none lacks a language.
        pub const ALL: &[(&str, ruixin_service::language::Words)] = &[$((stringify!($name), $name)),*];
    };
}

/// Says what is wrong with words: a language is lacking, or one is in the place of the other. `latin`
/// are the Latin words that Chinese ones may have in them.
pub fn is_fit(words: Words, latin: &[&str]) -> Result<(), String> {
    let is_han = |one: char| ('\u{4e00}'..='\u{9fff}').contains(&one);
    let mut zh = words.zh.to_owned();
    for word in latin {
        zh = zh.replace(word, "");
    }
    let has_latin = zh.chars().any(|one| one.is_ascii_alphabetic());
    let is_empty = words.en.trim().is_empty() || words.zh.trim().is_empty();
    match is_empty || words.en.chars().any(is_han) || !zh.chars().any(is_han) || has_latin {
        true => Err(format!("{} · {}", words.en, words.zh)),
        false => Ok(()),
    }
}

words! {
    // The frame.
    SKIP: "Skip to the content" "跳到正文"
    MAIN_MENU: "Main menu" "主菜单"
    HOME: "Home" "首页"
    BILLS: "Bills" "账单"
    OTHER_LANGUAGE: "中文" "English"
    OTHER_LANGUAGE_LABEL: "中文（切换语言）" "English (change language)"
    SIGN_OUT: "Sign out" "退出"
    SERVICE_STATUS: "Service status" "服务状态"
    CLOCK_NOTE: "Times are those of Shanghai (UTC+8)." "时间均为北京时间（UTC+8）。"
    YUAN: "yuan" "元"
    NOTICE: "Notice" "公告"
    BACK_HOME: "Back to the home page" "返回首页"
    // Bills and incomes.
    OLDER: "Older" "更早"
    NEWEST: "Back to the latest" "回到最新"
    // Moving.
    AMOUNT: "Amount" "金额"
    AMOUNT_HINT: "In yuan, at most two decimals" "单位：元，最多两位小数"
    ALL_OF_IT: "All of it" "全部"
    NEXT: "Next" "下一步"
    CONFIRM: "Confirm" "确认"
    CHANGE: "Change" "返回修改"
    NOT_MOVED: "Nothing has been moved." "本次未划转任何资金。"
    // Refusals.
    AMOUNT_MISSING: "Please enter an amount." "请输入金额。"
    AMOUNT_UNREADABLE: "Please enter yuan in digits, such as 100 or 100.50." "请输入数字金额，例如 100 或 100.50。"
    AMOUNT_TOO_FINE: "A fen is the smallest amount: at most two decimals, please." "金额最小单位为分，请最多输入两位小数。"
    AMOUNT_ZERO: "The amount must be above zero." "金额须大于零。"
    AMOUNT_HUGE: "That is more than can be moved at once." "超出单笔可划转的上限。"
    ORDER_OTHER: "This form has been used for another order. Please begin anew." "该表单已用于另一笔交易，请重新填写。"
    TRY_LATER: "This cannot be done at the moment. Nothing was moved; please try later." "暂时无法办理，未划转任何资金，请稍后再试。"
    CSRF: "The form is no longer valid" "表单已失效"
    CSRF_SAYS: "It was not drawn for this sign-in, or it is too old. Nothing was moved. Please begin anew from the home page." "该表单不属于本次登录，或已过期。未划转任何资金，请从首页重新操作。"
    // Orders.
    DONE_BEFORE: "This had been done already; it was not done again." "该操作此前已完成，未重复划转。"
    // Signing in.
    NOT_SIGNED_IN: "You are not signed in" "您尚未登录"
    IDLE_SAYS: "After thirty minutes without a click you are signed out." "三十分钟内无操作将自动退出。"
    LINK_USED: "This link does not work any more" "链接已失效"
    SIGNED_OUT: "You are signed out" "您已退出登录"
    SIGNED_OUT_SAYS: "Your session has ended on this device." "本设备上的登录已结束。"
    // Status.
    ALL_OPEN: "All services are open" "服务正常"
    CLOSED: "Moving money is closed for now" "资金划转暂停服务"
    STATE_UNKNOWN: "The state is not known at the moment" "暂时无法获取服务状态"
    IS_OPEN: "open" "正常"
    IS_CLOSED: "closed" "暂停"
    SINCE: "Since" "自"
    RENEWS: "This page renews itself every 30 seconds." "本页每 30 秒自动刷新。"
    // Errors.
    NOT_FOUND: "There is no such page" "页面不存在"
    NOT_FOUND_SAYS: "The address may be mistyped, or what it showed is not yours." "地址可能有误，或所查内容不属于您。"
    METHOD: "This address is not used that way" "该地址不支持此操作"
    METHOD_SAYS: "Please go on from the home page." "请从首页继续操作。"
    TOO_LARGE: "That was too much" "提交内容过大"
    TOO_LARGE_SAYS: "The form was larger than any form of ours. Nothing was done." "提交内容超出限制，未做任何处理。"
    TOO_MANY: "That was too fast" "操作过于频繁"
    TOO_MANY_SAYS: "Please wait a moment. Nothing was done." "请稍候再试，本次未做任何处理。"
    FAULT: "Something went wrong on our side" "系统内部错误"
    FAULT_SAYS: "It has been noted. If you were moving money, look at the bills before you try again." "我们已记录该问题。如正在划转资金，请先查看账单再重试。"
    BUSY: "The service cannot be reached at the moment" "服务暂时不可用"
    BUSY_SAYS: "Please try again in a moment. If you were moving money, look at the bills first." "请稍后重试。如正在划转资金，请先查看账单。"
    UNKNOWN_END: "It is not known yet whether it was done" "处理结果尚不明确"
    UNKNOWN_END_SAYS: "Please look at the bills. To send the same form again is safe: it moves money once." "请查看账单。重新提交同一表单是安全的：资金只会划转一次。"
    UNREADABLE: "The request cannot be read" "请求有误"
    UNREADABLE_SAYS: "Please go on from the home page. Nothing was done." "请从首页继续操作，本次未做任何处理。"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_both_languages() {
        for (name, words) in ALL {
            if !name.starts_with("OTHER_LANGUAGE") {
                assert_eq!(is_fit(*words, &["UTC"]), Ok(()), "{name}");
            }
        }
    }
}
