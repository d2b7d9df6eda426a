use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn shanghai() -> TimeZone {
    TimeZone::get("Asia/Shanghai").expect("a known zone")
}

fn sender(language: Language) -> Sender<'static> {
    let (system, contact) = match language {
        Language::English => ("Ruixin Pay", "hotline 95000"),
        Language::Chinese => ("瑞信支付", "客服热线 95000"),
    };
    Sender {
        system,
        contact,
        closed: language.closed(),
        open: language.open(),
        zone: shanghai(),
    }
}

fn stop() -> Occasion<'static> {
    Occasion::Stop {
        from: at("2013-05-27T08:00+08"),
        until: at("2013-05-27T16:00+08"),
    }
}

fn told(occasion: &Occasion<'_>, language: Language) -> String {
    let notice = write(occasion, &sender(language), language, None).expect("all is filled in");
    format!("{}\n\n{}", notice.subject, notice.text)
}

#[test]
fn a_stop_is_announced() {
    insta::assert_snapshot!(told(&stop(), Language::Chinese), @r"
    瑞信支付 5月27日 08:00 至 16:00 暂停服务

    尊敬的用户：

    瑞信支付将进行系统升级，届时部分服务暂停。

    暂停时间：2013年5月27日（星期一）08:00 至 16:00（北京时间，UTC+08:00），共 8 小时
    暂停的服务：付款、充值、提现、转账
    不受影响：查询余额和账单

    请您提前安排资金。急需办理上述业务的，请在 2013年5月27日（星期一）08:00 之前完成；暂停期间请勿重复提交。您的余额和收益不受影响。
    升级期间，我们不会向您索要密码或短信验证码，请谨防诈骗。
    如提前恢复或需要延后，我们会另行通知。

    如有疑问，请联系：客服热线 95000
    给您带来不便，敬请谅解。

    瑞信支付
    ");
    insta::assert_snapshot!(told(&stop(), Language::English), @r"
    Ruixin Pay is closed 27 May, 08:00 to 16:00

    Dear customer,

    Ruixin Pay is moving to a new system. Some services stop meanwhile.

    When: Monday 27 May 2013, 08:00 to 16:00 (Beijing time, UTC+08:00), 8 hours
    Closed: payments, top-ups, withdrawals and transfers
    Not affected: reading balances and statements

    What to do: please plan ahead. Anything urgent should be done before Monday 27 May 2013, 08:00; do not submit it again while the service is closed. Your balance and your income stay as they are.
    We will not ask you for a password or a code, neither now nor then. Beware of anyone who does.
    If we open earlier or later than planned, we will tell you.

    Questions: hotline 95000
    We are sorry for the inconvenience.

    Ruixin Pay
    ");
}

#[test]
fn a_reopening_is_announced() {
    let reopening = Occasion::Reopening {
        from: at("2013-05-27T08:00+08"),
        at: at("2013-05-27T15:40+08"),
    };
    insta::assert_snapshot!(told(&reopening, Language::Chinese), @r"
    瑞信支付 已恢复服务

    尊敬的用户：

    系统升级已完成，瑞信支付自 2013年5月27日（星期一）15:40 起恢复全部服务（北京时间，UTC+08:00）。

    已恢复的服务：付款、充值、提现、转账

    请您登录后核对余额和最近的账单。暂停期间未成功的交易，请确认账单中没有记录后再重新办理。如有任何一笔不符，请与我们联系，我们会逐笔核实。

    如有疑问，请联系：客服热线 95000
    感谢您的耐心等待。

    瑞信支付
    ");
    insta::assert_snapshot!(told(&reopening, Language::English), @r"
    Ruixin Pay is open again

    Dear customer,

    The move to the new system is done. Ruixin Pay has been fully open since Monday 27 May 2013, 15:40 (Beijing time, UTC+08:00).

    Open again: payments, top-ups, withdrawals and transfers

    What to do: please look at your balance and your latest statement. Before you repeat anything that did not go through while we were closed, make sure that your statement does not show it. If a single entry is not as it should be, tell us, and we will look into it.

    Questions: hotline 95000
    Thank you for your patience.

    Ruixin Pay
    ");
}

#[test]
fn a_move_that_was_put_off_is_not_told_as_done() {
    let put_off = Occasion::PutOff {
        from: at("2013-05-27T08:00+08"),
        until: at("2013-05-27T16:00+08"),
        at: at("2013-05-27T13:05+08"),
        was_closed: true,
    };
    insta::assert_snapshot!(told(&put_off, Language::Chinese), @"
    瑞信支付 升级推迟，服务照常

    尊敬的用户：

    原定于 2013年5月27日（星期一）08:00 至 16:00（北京时间，UTC+08:00） 进行的系统升级已推迟。自 2013年5月27日（星期一）13:05 起，瑞信支付的全部服务与原来一样开放。

    开放的服务：付款、充值、提现、转账、查询余额和账单

    您的余额和收益不受影响。您如有未成功的交易，请确认账单中没有记录后再重新办理。如有任何一笔不符，请与我们联系，我们会逐笔核实。
    我们不会向您索要密码或短信验证码，请谨防诈骗。新的升级时间确定后，我们会另行通知。

    如有疑问，请联系：客服热线 95000
    给您带来不便，敬请谅解。

    瑞信支付
    ");
    insta::assert_snapshot!(told(&put_off, Language::English), @"
    Ruixin Pay is open as before: the move was put off

    Dear customer,

    The move of Ruixin Pay to a new system, planned for Monday 27 May 2013, 08:00 to 16:00 (Beijing time, UTC+08:00), was put off. Since Monday 27 May 2013, 13:05, Ruixin Pay is open as before.

    Open: payments, top-ups, withdrawals and transfers; reading balances and statements

    What to do: your balance and your income stay as they are. Before you repeat anything that did not go through, make sure that your statement does not show it. If a single entry is not as it should be, tell us, and we will look into it.
    We will not ask you for a password or a code. Beware of anyone who does. We will tell you when the move is to be.

    Questions: hotline 95000
    We are sorry for the inconvenience.

    Ruixin Pay
    ");
    // Whoever calls it off before the freeze has closed nothing.
    let early = Occasion::PutOff {
        from: at("2013-05-27T08:00+08"),
        until: at("2013-05-27T16:00+08"),
        at: at("2013-05-26T18:00+08"),
        was_closed: false,
    };
    insta::assert_snapshot!(told(&early, Language::Chinese), @"
    瑞信支付 升级推迟，不暂停服务

    尊敬的用户：

    原定于 2013年5月27日（星期一）08:00 至 16:00（北京时间，UTC+08:00） 进行的系统升级已推迟。瑞信支付的全部服务一直开放，5月27日 08:00 至 16:00 不会因此暂停。

    开放的服务：付款、充值、提现、转账、查询余额和账单

    您无需任何操作。您的余额和收益不受影响。
    我们不会向您索要密码或短信验证码，请谨防诈骗。新的升级时间确定后，我们会另行通知。

    如有疑问，请联系：客服热线 95000
    给您带来不便，敬请谅解。

    瑞信支付
    ");
    insta::assert_snapshot!(told(&early, Language::English), @"
    Ruixin Pay stays open: the move was put off

    Dear customer,

    The move of Ruixin Pay to a new system, planned for Monday 27 May 2013, 08:00 to 16:00 (Beijing time, UTC+08:00), was put off. Ruixin Pay stays open, and will not close for it on 27 May, 08:00 to 16:00.

    Open: payments, top-ups, withdrawals and transfers; reading balances and statements

    What to do: nothing. Your balance and your income stay as they are.
    We will not ask you for a password or a code. Beware of anyone who does. We will tell you when the move is to be.

    Questions: hotline 95000
    We are sorry for the inconvenience.

    Ruixin Pay
    ");
    let notice = write(&early, &sender(Language::English), Language::English, None);
    let json = serde_json::to_value(notice.expect("all is filled in")).expect("plain data");
    assert_eq!(json["kind"], "put_off");
    assert_eq!(json["fields"]["at"], "2013-05-26T18:00:00+08:00");
}

#[test]
fn a_delay_is_announced() {
    let delay = Occasion::Delay {
        was_until: at("2013-05-27T16:00+08"),
        until: at("2013-05-28T01:30+08"),
    };
    insta::assert_snapshot!(told(&delay, Language::Chinese), @r"
    瑞信支付 延后恢复服务

    尊敬的用户：

    瑞信支付的系统升级需要更多时间。为确保每一笔账目准确无误，恢复时间延后 9 小时 30 分钟。

    原定恢复时间：2013年5月27日（星期一）16:00
    现定恢复时间：2013年5月28日（星期二）01:30（北京时间，UTC+08:00）
    在此之前暂停的服务：付款、充值、提现、转账
    不受影响：查询余额和账单

    您无需任何操作，请勿重复提交交易。您的余额和收益不受影响。
    我们不会向您索要密码或短信验证码，请谨防诈骗。恢复后我们会立即通知您。

    如有疑问，请联系：客服热线 95000
    再次给您带来不便，深表歉意。

    瑞信支付
    ");
    insta::assert_snapshot!(told(&delay, Language::English), @r"
    Ruixin Pay opens later than planned

    Dear customer,

    The move of Ruixin Pay to the new system needs more time. We open only when every entry is right, and that is 9 hours 30 minutes later than planned.

    Planned: Monday 27 May 2013, 16:00
    Now: Tuesday 28 May 2013, 01:30 (Beijing time, UTC+08:00)
    Closed until then: payments, top-ups, withdrawals and transfers
    Not affected: reading balances and statements

    What to do: nothing. Please do not submit anything again. Your balance and your income stay as they are.
    We will not ask you for a password or a code. Beware of anyone who does. We will tell you as soon as we are open.

    Questions: hotline 95000
    We are sorry to keep you waiting.

    Ruixin Pay
    ");
}

#[test]
fn a_report_tells_how_the_work_goes() {
    let details = ["verify: 30 minutes".to_owned()];
    let report = Occasion::Progress {
        at: at("2013-05-27T10:20+08"),
        status: "convert: 12,000,000 of 100,000,000 records; ON TRACK",
        details: &details,
    };
    insta::assert_snapshot!(told(&report, Language::Chinese), @r"
    瑞信支付 10:20 切换进度

    convert: 12,000,000 of 100,000,000 records; ON TRACK
    verify: 30 minutes
    时间均为北京时间，UTC+08:00。负责人：客服热线 95000
    ");
    insta::assert_snapshot!(told(&report, Language::English), @r"
    Ruixin Pay at 10:20: how the cutover goes

    convert: 12,000,000 of 100,000,000 records; ON TRACK
    verify: 30 minutes
    Times are Beijing time, UTC+08:00. In charge: hotline 95000
    ");
    let alone = Occasion::Progress {
        at: at("2013-05-27T10:20+08"),
        status: "all phases are done",
        details: &[],
    };
    insta::assert_snapshot!(told(&alone, Language::English), @r"
    Ruixin Pay at 10:20: how the cutover goes

    all phases are done

    Times are Beijing time, UTC+08:00. In charge: hotline 95000
    ");
}

#[test]
fn programs_get_the_same_as_fields() {
    let notice = write(&stop(), &sender(Language::Chinese), Language::Chinese, None);
    let json = serde_json::to_value(notice.expect("all is filled in")).expect("plain data");
    assert_eq!(json["kind"], "stop");
    assert_eq!(json["language"], "zh");
    assert_eq!(
        json["fields"],
        serde_json::json!({
            "system": "瑞信支付",
            "contact": "客服热线 95000",
            "closed": ["付款", "充值", "提现", "转账"],
            "open": ["查询余额和账单"],
            "from": "2013-05-27T08:00:00+08:00",
            "until": "2013-05-27T16:00:00+08:00",
        })
    );
}

#[test]
fn a_template_of_the_plan_takes_the_place_of_ours() {
    let template = Template::read(
        Kind::Stop,
        "{system}升级",
        "{window}\n{closed}停用 {length}，{open}照常。{contact}{{}}\n\n",
    );
    let template = template.expect("all places are known");
    let language = Language::Chinese;
    let notice = write(&stop(), &sender(language), language, Some(&template));
    let notice = notice.expect("all is filled in");
    assert_eq!(notice.subject, "瑞信支付升级");
    assert_eq!(
        notice.text,
        "2013年5月27日（星期一）08:00 至 16:00（北京时间，UTC+08:00）\n\
         付款、充值、提现、转账停用 8 小时，查询余额和账单照常。客服热线 95000{}\n"
    );
    let reopening = Occasion::Reopening {
        from: at("2013-05-27T00:00Z"),
        at: at("2013-05-27T08:00Z"),
    };
    let refused = write(&reopening, &sender(language), language, Some(&template));
    assert_eq!(
        refused.expect_err("a template of another kind").to_string(),
        "the template is for the notice stop, not for reopening"
    );
}

#[test]
fn every_known_place_is_filled() {
    let occasions = [
        stop(),
        Occasion::Reopening {
            from: at("2013-05-27T00:00Z"),
            at: at("2013-05-27T08:00Z"),
        },
        Occasion::PutOff {
            from: at("2013-05-27T00:00Z"),
            until: at("2013-05-27T08:00Z"),
            at: at("2013-05-27T05:00Z"),
            was_closed: true,
        },
        Occasion::Delay {
            was_until: at("2013-05-27T00:00Z"),
            until: at("2013-05-27T08:00Z"),
        },
        Occasion::Progress {
            at: at("2013-05-27T00:00Z"),
            status: "half is done",
            details: &["more".to_owned()],
        },
    ];
    for occasion in occasions {
        for language in [Language::English, Language::Chinese] {
            for place in occasion.kind().places() {
                let text = value(place, &occasion, &sender(language), language);
                assert!(!text.trim().is_empty(), "{place} of {occasion:?}");
            }
        }
    }
}

#[test]
fn what_is_empty_or_not_filled_is_refused() {
    let language = Language::English;
    let check = |sender: Sender<'_>, told: &str| {
        let refused = write(&stop(), &sender, language, None).expect_err("refused");
        assert_eq!(refused.to_string(), told);
    };
    let fine = || sender(language);
    check(
        Sender {
            system: " ",
            ..fine()
        },
        "the name of the system is empty; a notice must say it",
    );
    check(
        Sender {
            contact: "",
            ..fine()
        },
        "the contact is empty; a notice must say it",
    );
    check(
        Sender {
            closed: &[],
            ..fine()
        },
        "the list of closed services is empty; a notice must say it",
    );
    check(
        Sender {
            open: &["reading", ""],
            ..fine()
        },
        "the list of open services is empty; a notice must say it",
    );
    check(
        Sender {
            contact: "call {phone}",
            ..fine()
        },
        "the contact still holds the place {phone}; write what it stands for",
    );
    check(
        Sender {
            system: "Pay\r\nBcc: x@y",
            ..fine()
        },
        "the name of the system runs over several lines, and it must have one",
    );
}

#[test]
fn a_window_that_ends_before_it_begins_is_refused() {
    let check = |occasion: Occasion<'_>, told: &str| {
        let language = Language::English;
        let refused = write(&occasion, &sender(language), language, None);
        assert_eq!(refused.expect_err("refused").to_string(), told);
    };
    let (early, late) = (at("2013-05-27T00:00Z"), at("2013-05-27T08:00Z"));
    check(
        Occasion::Stop {
            from: late,
            until: early,
        },
        "the reopening (2013-05-27T00:00:00Z) is not after the closing (2013-05-27T08:00:00Z); mend one of the two",
    );
    check(
        Occasion::Delay {
            was_until: early,
            until: early,
        },
        "the new time of reopening (2013-05-27T00:00:00Z) is not after \
         the old time of reopening (2013-05-27T00:00:00Z); mend one of the two",
    );
    check(
        Occasion::Progress {
            at: early,
            status: "",
            details: &[],
        },
        "the status is empty; a notice must say it",
    );
}

#[test]
fn words_are_joined_as_the_language_does() {
    let check = |words: &[&str], english: &str, chinese: &str| {
        assert_eq!(Language::English.list(words), english);
        assert_eq!(Language::Chinese.list(words), chinese);
    };
    check(&["a"], "a", "a");
    check(&["a", "b"], "a and b", "a、b");
    check(&["a", "b", "c"], "a, b and c", "a、b、c");
}
