//! Sentences with figures and days in them, in both languages.

use ruixin_bao::Day;
use ruixin_bao::calendar::Schedule;
use ruixin_service::language::Language;

use super::figures::{long_moment, pick, short_day, yuan};
use super::view::Cap;

/// Says that yesterday's income is not there yet.
pub(super) fn being_worked_out(day: Day, language: Language) -> String {
    let day = short_day(day, language);
    pick(
        language,
        format!("The income of {day} is being worked out."),
        format!("{day}的收益正在结算。"),
    )
}

/// Says whose day the large figure is.
pub(super) fn of_day(day: Day, language: Language) -> String {
    let day = short_day(day, language);
    pick(language, format!("of {day}"), day.clone())
}

/// Says that there is no yield before there are seven days.
pub(super) fn days_so_far(days: usize, language: Language) -> String {
    let left = 7_usize.saturating_sub(days);
    let en = match left {
        1 => "one day more is needed".to_owned(),
        _ => format!("{left} days more are needed"),
    };
    pick(
        language,
        format!(
            "The seven-day yield is made from seven days of income. So far there {} {days}: {en}.",
            if days == 1 { "is" } else { "are" }
        ),
        format!("七日年化收益率需要满七个收益日。目前已有 {days} 日，还差 {left} 日。"),
    )
}

/// Says what the curve shows, for those who do not see it.
pub(super) fn curve(
    first: (Day, &str),
    last: (Day, &str),
    least: &str,
    most: &str,
    language: Language,
) -> String {
    let (from, until) = (short_day(first.0, language), short_day(last.0, language));
    let (begins, ends) = (first.1, last.1);
    pick(
        language,
        format!(
            "From {begins} % on {from} to {ends} % on {until}; between {least} % and {most} %."
        ),
        format!("{from}为 {begins}%，{until}为 {ends}%；期间最低 {least}%，最高 {most}%。"),
    )
}

/// Says what is there to be moved.
pub(super) fn available(fen: i64, from_fund: bool, language: Language) -> String {
    let amount = yuan(fen);
    match from_fund {
        true => pick(
            language,
            format!("In Ruixin Bao: {amount} yuan"),
            format!("瑞信宝可用 {amount} 元"),
        ),
        false => pick(
            language,
            format!("In the wallet: {amount} yuan"),
            format!("钱包可用 {amount} 元"),
        ),
    }
}

/// Says that there is less than was asked for.
pub(super) fn too_little(fen: i64, from_fund: bool, language: Language) -> String {
    let amount = yuan(fen);
    match from_fund {
        true => pick(
            language,
            format!("There are {amount} yuan in Ruixin Bao that can be moved."),
            format!("瑞信宝可转出金额为 {amount} 元。"),
        ),
        false => pick(
            language,
            format!("There are {amount} yuan in the wallet."),
            format!("钱包可用余额为 {amount} 元。"),
        ),
    }
}

/// Says what is left of a daily cap.
pub(super) fn left_of_cap(cap: Cap, language: Language) -> String {
    let (left, whole) = (yuan(cap.left_fen()), yuan(cap.cap_fen));
    pick(
        language,
        format!("Today {left} of {whole} yuan are left."),
        format!("今日剩余额度 {left} 元（单日限额 {whole} 元）。"),
    )
}

/// Says that a daily cap would be exceeded.
pub(super) fn above_cap(cap: Cap, language: Language) -> String {
    let (left, whole) = (yuan(cap.left_fen()), yuan(cap.cap_fen));
    pick(
        language,
        format!("Of the daily cap of {whole} yuan, {left} are left today."),
        format!("超出单日限额：限额 {whole} 元，今日剩余 {left} 元。"),
    )
}

/// Says how many of the shares are on their way out.
pub(super) fn leaving(fen: i64, language: Language) -> String {
    let amount = yuan(fen);
    pick(
        language,
        format!("{amount} on its way out"),
        format!("转出处理中 {amount}"),
    )
}

/// Says how much of the wallet is held.
pub(super) fn held(fen: i64, language: Language) -> String {
    let amount = yuan(fen);
    pick(
        language,
        format!("{amount} more is held"),
        format!("另有冻结 {amount}"),
    )
}

/// Says when a standard redemption comes.
pub(super) fn standard(schedule: Schedule, language: Language) -> String {
    let arrives = short_day(schedule.confirmed_on, language);
    let until = short_day(schedule.earns_until, language);
    pick(
        language,
        format!("The money is in your wallet on {arrives}; the shares earn until {until}."),
        format!("资金于{arrives}到账钱包，份额收益计算至{until}。"),
    )
}

/// Says from when on what is moved in now earns.
pub(super) fn earns(schedule: Schedule, language: Language) -> String {
    let from = short_day(schedule.earns_from, language);
    let seen = day_after(schedule.earns_from, language);
    pick(
        language,
        format!("Moved in now, it earns from {from} on; you see the first income on {seen}."),
        format!("现在转入，{from}开始计算收益，{seen}可查看首次收益。"),
    )
}

/// The day after, on which the income of a day is seen.
pub(super) fn day_after(day: Day, language: Language) -> String {
    short_day(day.next().unwrap_or(day), language)
}

/// Says when an order was placed and to which trading day it belongs.
pub(super) fn belongs(placed_at: i64, schedule: Schedule, language: Language) -> String {
    let (placed, day) = (
        long_moment(placed_at, language),
        short_day(schedule.trade_date, language),
    );
    pick(
        language,
        format!("It was placed on {placed} and belongs to the trading day {day}."),
        format!("提交于 {placed}，属于交易日{day}。"),
    )
}

/// Names a merchant.
pub(super) fn merchant(number: u64, language: Language) -> String {
    pick(
        language,
        format!("Merchant {number}"),
        format!("商户 {number}"),
    )
}

/// Heads the statement of a span.
pub(super) fn span(from: Day, until: Day, language: Language) -> String {
    let (from, until) = (
        super::figures::long_day(from, language),
        super::figures::long_day(until, language),
    );
    pick(
        language,
        format!("{from} to {until}"),
        format!("{from}至{until}"),
    )
}

/// Names whose statement it is.
pub(super) fn user(number: u64, language: Language) -> String {
    pick(language, format!("User {number}"), format!("用户 {number}"))
}

/// Says what can be paid a day straight from the fund.
pub(super) fn pay_hint(cap: Option<Cap>, language: Language) -> String {
    match cap {
        Some(cap) => left_of_cap(cap, language),
        None => super::words::NO_CAP.of(language).to_owned(),
    }
}
