//! Topping up, paying, transferring, withdrawing: a form, what will happen, and the asking for consent.

use maud::{Markup, html};
use ruixin_pages::Frame;
use ruixin_pages::fields::{self, wrong};
use ruixin_pages::figures::{plain, yuan};
use ruixin_service::language::Words;
use url::form_urlencoded::Serializer;

use super::view::{Holder, Other};
use super::{bills, house, sentences, words};

/// Is which form is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sheet {
    TopUp,
    Pay,
    Transfer,
    Withdraw,
}

impl Sheet {
    #[cfg(test)]
    pub(super) const ALL: [Sheet; 4] = [Sheet::TopUp, Sheet::Pay, Sheet::Transfer, Sheet::Withdraw];

    pub(super) const fn path(self) -> &'static str {
        match self {
            Sheet::TopUp => "/top-up",
            Sheet::Pay => "/pay",
            Sheet::Transfer => "/transfer",
            Sheet::Withdraw => "/withdraw",
        }
    }

    const fn title(self) -> Words {
        match self {
            Sheet::TopUp => words::TOP_UP,
            Sheet::Pay => words::PAY,
            Sheet::Transfer => words::TRANSFER,
            Sheet::Withdraw => words::WITHDRAW,
        }
    }

    const fn check(self) -> Words {
        match self {
            Sheet::TopUp => words::TOP_UP_CHECK,
            Sheet::Pay => words::PAY_CHECK,
            Sheet::Transfer => words::TRANSFER_CHECK,
            Sheet::Withdraw => words::WITHDRAW_CHECK,
        }
    }

    /// Whether money goes to another account of the wallet.
    pub(super) const fn has_other(self) -> bool {
        matches!(self, Sheet::Pay | Sheet::Transfer)
    }

    /// Whether money comes from a bank or goes to one.
    pub(super) const fn has_bank(self) -> bool {
        matches!(self, Sheet::TopUp | Sheet::Withdraw)
    }

    /// Whether the wallet must have it.
    pub(super) const fn is_from_wallet(self) -> bool {
        !matches!(self, Sheet::TopUp)
    }
}

/// Is what somebody typed, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Typed {
    pub(super) amount: String,
    /// The number of the other account.
    pub(super) to: String,
    /// The code of the bank.
    pub(super) bank: String,
    pub(super) memo: String,
}

/// Is what is wrong with it, in words, by field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Wrong {
    pub(super) amount: Option<String>,
    pub(super) to: Option<String>,
    pub(super) bank: Option<String>,
    pub(super) memo: Option<String>,
    /// What is of no field.
    pub(super) whole: Option<String>,
}

impl Wrong {
    pub(super) fn is_empty(&self) -> bool {
        *self == Wrong::default()
    }
}

/// Is what a form is drawn from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) sheet: Sheet,
    pub(super) typed: Typed,
    pub(super) wrong: Wrong,
    /// The one-time id, 32 hexadecimal digits.
    pub(super) once: String,
    pub(super) holder: Holder,
    /// The codes of all banks.
    pub(super) banks: Vec<String>,
}

/// Is the field that has the keyboard at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum First {
    To,
    Amount,
    Memo,
}

impl Form {
    /// The first field that is wrong, or the first of all.
    fn first(&self) -> First {
        let wrong = &self.wrong;
        match (&wrong.to, &wrong.amount, &wrong.memo) {
            _ if !self.sheet.has_other() => First::Amount,
            (None, Some(_), _) => First::Amount,
            (None, None, Some(_)) => First::Memo,
            _ => First::To,
        }
    }
}

/// Is what somebody wants, read from what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) sheet: Sheet,
    pub(super) amount_fen: i64,
    /// The number of the other account; empty where there is none.
    pub(super) to: String,
    /// The code of the bank; empty where there is none.
    pub(super) bank: String,
    pub(super) memo: Option<String>,
}

impl Wish {
    /// Gives the fields that say it again, as a form or an address has them.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![("amount", plain(self.amount_fen))];
        if self.sheet.has_other() {
            fields.push(("to", self.to.clone()));
            fields.push(("memo", self.memo.clone().unwrap_or_default()));
        }
        if self.sheet.has_bank() {
            fields.push(("bank", self.bank.clone()));
        }
        fields
    }

    /// Gives the address of the form with what was typed in it.
    fn back(&self) -> String {
        let mut query = Serializer::new(String::new());
        query.append_pair("edit", "1");
        for (name, value) in self.fields() {
            query.append_pair(name, &value);
        }
        format!("{}?{}", self.sheet.path(), query.finish())
    }
}

/// Is what is asked to be confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Check {
    pub(super) wish: Wish,
    pub(super) once: String,
    /// Who gets it, where that is another account.
    pub(super) other: Option<Other>,
    /// What is kept of a withdrawal.
    pub(super) fee_fen: i64,
}

/// Draws a form.
pub(super) fn draw(frame: &Frame, form: &Form) -> Markup {
    let sheet = form.sheet;
    let content = html! {
        div.narrow {
            h1.page-title { (frame.say(sheet.title())) }
            @if let Some(whole) = &form.wrong.whole { p.said.bad role="alert" { (whole) } }
            form.card.sheet method="get" action=(sheet.path()) {
                input type="hidden" name="once" value=(form.once);
                @if sheet.has_other() { (other(frame, form)) }
                (amount(frame, form))
                @if sheet.has_bank() { (bank(frame, form)) }
                @if sheet.has_other() { (memo(frame, form)) }
                @match sheet {
                    Sheet::TopUp => { p.soft { (frame.say(words::BANK_SAYS_YES)) } }
                    Sheet::Withdraw => { p.soft { (frame.say(words::WITHDRAW_HINT)) } }
                    Sheet::Pay | Sheet::Transfer => {}
                }
                div.row { button.button type="submit" { (frame.say(words::NEXT)) } }
            }
            p.pages { a href="/" { (frame.say(words::BACK_HOME)) } }
        }
    };
    frame.page(frame.say(sheet.title()), Some(house::HOME), &content)
}

fn amount(frame: &Frame, form: &Form) -> Markup {
    let there = form.holder.balance_fen;
    let under = html! {
        span { (sentences::available(there, frame.language)) }
        @if there > 0 && form.sheet == Sheet::Withdraw {
            a href={ (form.sheet.path()) "?edit=1&amount=" (plain(there)) } { (frame.say(words::ALL_OF_IT)) }
        }
    };
    let wrong = form.wrong.amount.as_ref();
    let is_first = form.first() == First::Amount;
    fields::amount(frame, &form.typed.amount, wrong, is_first, &under)
}

fn other(frame: &Frame, form: &Form) -> Markup {
    let is_wrong = form.wrong.to.is_some();
    let label = match form.sheet {
        Sheet::Pay => words::MERCHANT_NUMBER,
        _ => words::PAYEE_NUMBER,
    };
    html! {
        div {
            label for="to" { (frame.say(label)) span.hint #to-hint { (frame.say(words::NUMBER_HINT)) } }
            input #to type="text" name="to" inputmode="numeric" autocomplete="off" required maxlength="32"
                value=(form.typed.to) autofocus[form.first() == First::To] aria-invalid=[is_wrong.then_some("true")]
                aria-describedby=(if is_wrong { "to-wrong to-hint" } else { "to-hint" });
            (wrong("to-wrong", form.wrong.to.as_ref()))
        }
    }
}

fn bank(frame: &Frame, form: &Form) -> Markup {
    let is_wrong = form.wrong.bank.is_some();
    html! {
        div {
            label for="bank" { (frame.say(words::BANK)) }
            select #bank name="bank" aria-invalid=[is_wrong.then_some("true")]
                aria-describedby=[is_wrong.then_some("bank-wrong")] {
                @for bank in &form.banks {
                    option value=(bank) selected[*bank == form.typed.bank] {
                        (sentences::bank(bank, frame.language))
                    }
                }
            }
            (wrong("bank-wrong", form.wrong.bank.as_ref()))
        }
    }
}

fn memo(frame: &Frame, form: &Form) -> Markup {
    let is_wrong = form.wrong.memo.is_some();
    let label = match form.sheet {
        Sheet::Pay => words::WHAT_FOR,
        _ => words::MEMO,
    };
    html! {
        div {
            label for="memo" { (frame.say(label)) span.hint #memo-hint { (frame.say(words::MAY_BE_EMPTY)) } }
            input #memo type="text" name="memo" autocomplete="off" maxlength="100" value=(form.typed.memo)
                autofocus[form.first() == First::Memo]
                aria-invalid=[is_wrong.then_some("true")]
                aria-describedby=(if is_wrong { "memo-wrong memo-hint" } else { "memo-hint" });
            (wrong("memo-wrong", form.wrong.memo.as_ref()))
        }
    }
}

/// Draws what will happen, and asks.
pub(super) fn draw_check(frame: &Frame, check: &Check) -> Markup {
    let wish = &check.wish;
    let content = html! {
        div.narrow {
            h1.page-title { (frame.say(wish.sheet.check())) }
            section.card {
                p.sum-up.figure { (yuan(wish.amount_fen)) " " span.soft { (frame.say(words::YUAN)) } }
                dl.facts { (route(frame, check)) }
                @if wish.sheet == Sheet::Transfer { p.plainly { (frame.say(words::NO_WAY_BACK)) } }
                form.sheet method="post" action=(wish.sheet.path()) {
                    input type="hidden" name="csrf" value=[frame.csrf.as_ref()];
                    input type="hidden" name="once" value=(check.once);
                    @for (name, value) in wish.fields() {
                        input type="hidden" name=(name) value=(value);
                    }
                    div.row {
                        button #confirm .button type="submit" { (frame.say(words::CONFIRM)) }
                        a.button.second href=(wish.back()) { (frame.say(words::CHANGE)) }
                    }
                }
            }
        }
    };
    frame.page(frame.say(wish.sheet.check()), Some(house::HOME), &content)
}

/// Draws from where to where it moves, and what is kept of it on the way.
fn route(frame: &Frame, check: &Check) -> Markup {
    let wish = &check.wish;
    let wallet = frame.say(words::YOUR_WALLET).to_owned();
    let bank = || sentences::bank(&wish.bank, frame.language);
    let (from, to) = match (&check.other, wish.sheet) {
        (Some(other), _) => (wallet, bills::name_of(other)),
        (None, Sheet::TopUp) => (bank(), wallet),
        (None, _) => (wallet, bank()),
    };
    let arrives = match wish.sheet {
        Sheet::Withdraw => words::WHEN_BANK_ANSWERS,
        _ => words::AT_ONCE,
    };
    html! {
        dt { (frame.say(words::FROM)) }
        dd { (from) }
        dt { (frame.say(words::TO)) }
        dd {
            (to)
            @if let Some(other) = &check.other {
                br;
                span.soft.figure { (sentences::number(&other.number)) }
            }
        }
        @if wish.sheet == Sheet::Withdraw {
            dt { (frame.say(words::FEE_WITHIN)) }
            dd.figure { (yuan(check.fee_fen)) }
            dt { (frame.say(words::REACHES_BANK)) }
            dd.figure { (yuan(wish.amount_fen.saturating_sub(check.fee_fen))) }
        }
        @if let Some(memo) = &wish.memo {
            dt { (frame.say(words::MEMO)) }
            dd { (memo) }
        }
        dt { (frame.say(words::ARRIVES)) }
        dd { (frame.say(arrives)) }
    }
}
