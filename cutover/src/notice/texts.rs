//! Our own texts of the notices, as users of a payment app are used to them.

use super::{Kind, Language, Template};

/// Gives our text for a kind of notice.
pub(super) fn template(kind: Kind, language: Language) -> Template {
    let (subject, text) = text(kind, language);
    Template::read(kind, subject, text).expect("our texts are templates, as a test shows")
}

/// Gives our text for a move that was put off before anything was closed.
pub(super) fn stays_open(language: Language) -> Template {
    let (subject, text) = match language {
        Language::Chinese => STAYS_OPEN_CHINESE,
        Language::English => STAYS_OPEN_ENGLISH,
    };
    Template::read(Kind::PutOff, subject, text).expect("our texts are templates, as a test shows")
}

const STAYS_OPEN_CHINESE: (&str, &str) = (
    "{system} 升级推迟，不暂停服务",
    "尊敬的用户：

原定于 {window} 进行的系统升级已推迟。{system}的全部服务一直开放，{span} 不会因此暂停。

开放的服务：{closed}、{open}

您无需任何操作。您的余额和收益不受影响。
我们不会向您索要密码或短信验证码，请谨防诈骗。新的升级时间确定后，我们会另行通知。

如有疑问，请联系：{contact}
给您带来不便，敬请谅解。

{system}",
);

const STAYS_OPEN_ENGLISH: (&str, &str) = (
    "{system} stays open: the move was put off",
    "Dear customer,

The move of {system} to a new system, planned for {window}, was put off. {system} stays open, and will not close for it on {span}.

Open: {closed}; {open}

What to do: nothing. Your balance and your income stay as they are.
We will not ask you for a password or a code. Beware of anyone who does. We will tell you when the move is to be.

Questions: {contact}
We are sorry for the inconvenience.

{system}",
);

fn text(kind: Kind, language: Language) -> (&'static str, &'static str) {
    match language {
        Language::Chinese => chinese(kind),
        Language::English => english(kind),
    }
}

fn chinese(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Stop => (
            "{system} {span} 暂停服务",
            "尊敬的用户：

{system}将进行系统升级，届时部分服务暂停。

暂停时间：{window}，共 {length}
暂停的服务：{closed}
不受影响：{open}

请您提前安排资金。急需办理上述业务的，请在 {from} 之前完成；暂停期间请勿重复提交。您的余额和收益不受影响。
升级期间，我们不会向您索要密码或短信验证码，请谨防诈骗。
如提前恢复或需要延后，我们会另行通知。

如有疑问，请联系：{contact}
给您带来不便，敬请谅解。

{system}",
        ),
        Kind::Reopening => (
            "{system} 已恢复服务",
            "尊敬的用户：

系统升级已完成，{system}自 {at} 起恢复全部服务（{zone}）。

已恢复的服务：{closed}

请您登录后核对余额和最近的账单。暂停期间未成功的交易，请确认账单中没有记录后再重新办理。如有任何一笔不符，请与我们联系，我们会逐笔核实。

如有疑问，请联系：{contact}
感谢您的耐心等待。

{system}",
        ),
        Kind::PutOff => (
            "{system} 升级推迟，服务照常",
            "尊敬的用户：

原定于 {window} 进行的系统升级已推迟。自 {at} 起，{system}的全部服务与原来一样开放。

开放的服务：{closed}、{open}

您的余额和收益不受影响。您如有未成功的交易，请确认账单中没有记录后再重新办理。如有任何一笔不符，请与我们联系，我们会逐笔核实。
我们不会向您索要密码或短信验证码，请谨防诈骗。新的升级时间确定后，我们会另行通知。

如有疑问，请联系：{contact}
给您带来不便，敬请谅解。

{system}",
        ),
        Kind::Delay => (
            "{system} 延后恢复服务",
            "尊敬的用户：

{system}的系统升级需要更多时间。为确保每一笔账目准确无误，恢复时间延后 {length}。

原定恢复时间：{was_until}
现定恢复时间：{until}（{zone}）
在此之前暂停的服务：{closed}
不受影响：{open}

您无需任何操作，请勿重复提交交易。您的余额和收益不受影响。
我们不会向您索要密码或短信验证码，请谨防诈骗。恢复后我们会立即通知您。

如有疑问，请联系：{contact}
再次给您带来不便，深表歉意。

{system}",
        ),
        Kind::Progress => (
            "{system} {at} 切换进度",
            "{status}
{details}
时间均为{zone}。负责人：{contact}",
        ),
    }
}

fn english(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Stop => (
            "{system} is closed {span}",
            "Dear customer,

{system} is moving to a new system. Some services stop meanwhile.

When: {window}, {length}
Closed: {closed}
Not affected: {open}

What to do: please plan ahead. Anything urgent should be done before {from}; do not submit it again while the service is closed. Your balance and your income stay as they are.
We will not ask you for a password or a code, neither now nor then. Beware of anyone who does.
If we open earlier or later than planned, we will tell you.

Questions: {contact}
We are sorry for the inconvenience.

{system}",
        ),
        Kind::Reopening => (
            "{system} is open again",
            "Dear customer,

The move to the new system is done. {system} has been fully open since {at} ({zone}).

Open again: {closed}

What to do: please look at your balance and your latest statement. Before you repeat anything that did not go through while we were closed, make sure that your statement does not show it. If a single entry is not as it should be, tell us, and we will look into it.

Questions: {contact}
Thank you for your patience.

{system}",
        ),
        Kind::PutOff => (
            "{system} is open as before: the move was put off",
            "Dear customer,

The move of {system} to a new system, planned for {window}, was put off. Since {at}, {system} is open as before.

Open: {closed}; {open}

What to do: your balance and your income stay as they are. Before you repeat anything that did not go through, make sure that your statement does not show it. If a single entry is not as it should be, tell us, and we will look into it.
We will not ask you for a password or a code. Beware of anyone who does. We will tell you when the move is to be.

Questions: {contact}
We are sorry for the inconvenience.

{system}",
        ),
        Kind::Delay => (
            "{system} opens later than planned",
            "Dear customer,

The move of {system} to the new system needs more time. We open only when every entry is right, and that is {length} later than planned.

Planned: {was_until}
Now: {until} ({zone})
Closed until then: {closed}
Not affected: {open}

What to do: nothing. Please do not submit anything again. Your balance and your income stay as they are.
We will not ask you for a password or a code. Beware of anyone who does. We will tell you as soon as we are open.

Questions: {contact}
We are sorry to keep you waiting.

{system}",
        ),
        Kind::Progress => (
            "{system} at {at}: how the cutover goes",
            "{status}
{details}
Times are {zone}. In charge: {contact}",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_texts_are_templates() {
        for kind in [
            Kind::Stop,
            Kind::Reopening,
            Kind::PutOff,
            Kind::Delay,
            Kind::Progress,
        ] {
            for language in [Language::English, Language::Chinese] {
                let (subject, text) = text(kind, language);
                let read = Template::read(kind, subject, text);
                assert_eq!(read, Ok(template(kind, language)));
            }
        }
        for language in [Language::English, Language::Chinese] {
            assert_eq!(stays_open(language).kind(), Kind::PutOff);
        }
    }
}
