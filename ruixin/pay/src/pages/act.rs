//! Moving money: a form, what will happen, one command, and where to look at it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use ruixin_pages::amounts::amount_of;
use ruixin_pages::forms::{self, Body, is_once, is_ours};
use ruixin_pages::{Visit, first};
use ruixin_service::idempotency::{Asked, Before};
use ruixin_service::keys::{Caller, Role};
use ruixin_service::problem::{INTERNAL, Problem};

use super::read::holder;
use super::sheets::{self, Check, Form, Sheet, Typed, Wish, Wrong};
use super::view::{Holder, Other};
use super::{Pages, sentences, words};
use crate::books::{CommandError, asked};
use crate::command::{Command, Payment, Receipt, TopUp, Transfer, Withdrawal};
use crate::decide::{LEAST_WITHDRAWAL_FEN, MEMO};
use crate::money::Amount;
use crate::numbers;
use crate::refusal::Refusal;

type Answer = Result<Response, Response>;

/// Makes the handlers of a form: what is asked for by GET, and what is done by POST.
macro_rules! handlers {
    ($($ask:ident $act:ident $sheet:ident)*) => {
        $(
            pub(super) async fn $ask(State(pages): State<Pages>, parts: Parts) -> Answer {
                ask(&pages, &parts, Sheet::$sheet).await
            }

            pub(super) async fn $act(State(pages): State<Pages>, parts: Parts, body: Body) -> Answer {
                act(&pages, &parts, body, Sheet::$sheet).await
            }
        )*
    };
}

handlers! {
    top_up do_top_up TopUp
    pay do_pay Pay
    transfer do_transfer Transfer
    withdraw do_withdraw Withdraw
}

fn typed(fields: &[(String, String)]) -> Typed {
    let field = |name| first(fields, name).unwrap_or_default().to_owned();
    Typed {
        amount: field("amount"),
        to: field("to"),
        bank: field("bank"),
        memo: field("memo"),
    }
}

/// Reads the number of an account as people type it: blanks and hyphens do not matter.
fn number_of(text: &str) -> Result<String, ruixin_service::language::Words> {
    let is_apart = |one: char| one.is_whitespace() || one == '-';
    let number: String = text.chars().filter(|one| !is_apart(*one)).collect();
    if number.is_empty() {
        return Err(words::NUMBER_MISSING);
    }
    if !numbers::is_digits(&number, 16) {
        return Err(words::NUMBER_UNREADABLE);
    }
    match numbers::is_account(&number) {
        true => Ok(number),
        false => Err(words::NUMBER_MISTYPED),
    }
}

/// Reads what is wanted, as far as it can be told from what was typed.
fn read(pages: &Pages, sheet: Sheet, typed: &Typed, visit: &Visit) -> Result<Wish, Wrong> {
    let mut wrong = Wrong::default();
    let say = |words| Some(visit.frame.say(words).to_owned());
    let amount_fen = amount_of(&typed.amount).unwrap_or_else(|words| {
        wrong.amount = say(words);
        0
    });
    let mut to = String::new();
    if sheet.has_other() {
        match number_of(&typed.to) {
            Ok(number) => to = number,
            Err(words) => wrong.to = say(words),
        }
    }
    let mut bank = String::new();
    if sheet.has_bank() {
        match pages.books.rates.channel(&typed.bank) {
            Some(_) => typed.bank.clone_into(&mut bank),
            None => wrong.bank = say(words::BANK_MISSING),
        }
    }
    let memo = Some(typed.memo.trim()).filter(|memo| sheet.has_other() && !memo.is_empty());
    if memo.is_some_and(|memo| memo.chars().count() > MEMO || memo.chars().any(char::is_control)) {
        wrong.memo = say(words::MEMO_UNFIT);
    }
    match wrong.is_empty() {
        true => Ok(Wish {
            sheet,
            amount_fen,
            to,
            bank,
            memo: memo.map(str::to_owned),
        }),
        false => Err(wrong),
    }
}

impl Wish {
    /// Makes the command of an account.
    fn command(&self, own: &str) -> Result<Command, Problem> {
        let amount = Amount::from_fen(self.amount_fen).map_err(|_| Problem::new(INTERNAL))?;
        let (own, to, memo) = (own.to_owned(), self.to.clone(), self.memo.clone());
        let channel = self.bank.clone();
        Ok(match self.sheet {
            Sheet::TopUp => Command::TopUp(TopUp {
                account: own,
                amount,
                channel,
                memo,
            }),
            Sheet::Pay => Command::Pay(Payment {
                payer: own,
                merchant: to,
                amount,
                coupon: None,
                title: memo,
            }),
            Sheet::Transfer => Command::Transfer(Transfer {
                payer: own,
                payee: to,
                amount,
                memo,
            }),
            Sheet::Withdraw => Command::Withdraw(Withdrawal {
                account: own,
                amount,
                channel,
                memo,
            }),
        })
    }

    /// Makes what it is asked with: the one-time id is the key, of this account's forms alone.
    fn asked(&self, own: &str, once: &str) -> Result<Asked, Problem> {
        let caller = Caller {
            // No key of the API has a colon in its id.
            key_id: format!("page:{own}"),
            name: own.to_owned(),
            role: Role::Writer,
        };
        let mut body = self.sheet.path().to_owned();
        for (name, value) in self.fields() {
            body.push('\n');
            body.push_str(name);
            body.push('=');
            body.push_str(&value);
        }
        asked(&caller, once, body.as_bytes())
    }
}

/// Draws the form, or what will happen where one has been filled in.
async fn ask(pages: &Pages, parts: &Parts, sheet: Sheet) -> Answer {
    let (visit, holder) = holder(pages, parts).await?;
    if visit.frame.is_closed() {
        return Ok(visit.closed());
    }
    let once = visit.asked("once").filter(|once| is_once(once));
    let once = match once {
        Some(once) => once.to_owned(),
        None => fresh(&visit)?,
    };
    let mut form = empty(pages, holder, sheet, typed(&visit.query), once);
    if visit.asked("amount").is_none() || visit.asked("edit").is_some() {
        if form.typed.bank.is_empty() {
            form.typed.bank = form.holder.bank.clone().unwrap_or_default();
        }
        return Ok(drawn(&visit, &form));
    }
    let wish = match read(pages, sheet, &form.typed, &visit) {
        Ok(wish) => wish,
        Err(wrong) => {
            form.wrong = wrong;
            return Ok(drawn(&visit, &form));
        }
    };
    let told = |problem: Problem| visit.problem(&problem);
    let asked = wish.asked(&form.holder.number, &form.once).map_err(told)?;
    let before = pages.books.before(asked).await;
    match before.map_err(|error| told(error.into()))? {
        // Back from what was done to the page that asked for consent: there is nothing to consent to.
        Before::Answered(answer) if answer.status < 400 => {
            return receipt(&visit, &form.holder, &answer.text, true);
        }
        // It is another wish, or is to be tried again.
        Before::Answered(_) | Before::Other => form.once = fresh(&visit)?,
        Before::Nothing => {}
    }
    let other = match foresee(pages, &visit, &wish, &mut form).await {
        Ok(other) => other,
        Err(problem) => return Ok(visit.problem(&problem)),
    };
    if !form.wrong.is_empty() {
        return Ok(drawn(&visit, &form));
    }
    let check = Check {
        fee_fen: fee(pages, &wish),
        wish,
        once: form.once,
        other,
    };
    let page = sheets::draw_check(&visit.frame, &check);
    Ok(visit.page(StatusCode::OK, page))
}

fn fresh(visit: &Visit) -> Result<String, Response> {
    forms::once().map_err(|problem| visit.problem(&problem))
}

fn empty(pages: &Pages, holder: Holder, sheet: Sheet, typed: Typed, once: String) -> Form {
    Form {
        sheet,
        typed,
        wrong: Wrong::default(),
        once,
        holder,
        banks: pages.books.rates.channels().to_vec(),
    }
}

/// Answers with the form.
fn drawn(visit: &Visit, form: &Form) -> Response {
    let status = match form.wrong.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    visit.page(status, sheets::draw(&visit.frame, form))
}

/// What is kept of a withdrawal; the same as is reckoned when the bank has answered today.
fn fee(pages: &Pages, wish: &Wish) -> i64 {
    let day = pages.books.clock.now().business_day();
    match wish.sheet {
        Sheet::Withdraw => {
            let rates = &pages.books.rates;
            rates.withdrawal_fee(&wish.bank, &day, wish.amount_fen)
        }
        Sheet::TopUp | Sheet::Pay | Sheet::Transfer => 0,
    }
}

/// Finds what the books would refuse, before anybody is asked for consent, and who gets the money.
/// The books have the last word.
async fn foresee(
    pages: &Pages,
    visit: &Visit,
    wish: &Wish,
    form: &mut Form,
) -> Result<Option<Other>, Problem> {
    let language = visit.frame.language;
    let say = |words| Some(visit.frame.say(words).to_owned());
    let there = form.holder.balance_fen;
    if wish.sheet.is_from_wallet() && wish.amount_fen > there {
        form.wrong.amount = Some(sentences::too_little(there, wish.amount_fen, language));
    }
    if wish.sheet == Sheet::Withdraw && wish.amount_fen < LEAST_WITHDRAWAL_FEN {
        form.wrong.amount = Some(sentences::below_minimum(LEAST_WITHDRAWAL_FEN, language));
    }
    if !wish.sheet.has_other() {
        return Ok(None);
    }
    let other = pages.books.other(&wish.to).await?;
    let is_own = wish.to == form.holder.number;
    let is_paid = wish.sheet == Sheet::Pay;
    form.wrong.to = match &other {
        None => say(words::PAYEE_UNKNOWN),
        Some(_) if is_own => say(words::SAME_ACCOUNT),
        Some(other) if other.is_merchant && !is_paid => say(words::PAYEE_IS_MERCHANT),
        Some(other) if !other.is_merchant && is_paid => say(words::MERCHANT_IS_USER),
        Some(_) => None,
    };
    Ok(other)
}

/// Does what was consented to, once.
async fn act(pages: &Pages, parts: &Parts, body: Body, sheet: Sheet) -> Answer {
    let (visit, own) = holder(pages, parts).await?;
    if visit.frame.is_closed() {
        return Ok(visit.closed());
    }
    let fields = forms::fields(&visit, body)?;
    let once = first(&fields, "once").filter(|once| is_once(once));
    let Some(once) = once.filter(|_| is_ours(&visit, &fields)) else {
        return Ok(forms::refused(&visit));
    };
    let mut form = empty(pages, own, sheet, typed(&fields), once.to_owned());
    let wish = match read(pages, sheet, &form.typed, &visit) {
        Ok(wish) => wish,
        Err(wrong) => {
            form.wrong = wrong;
            return Ok(drawn(&visit, &form));
        }
    };
    let number = form.holder.number.clone();
    let told = |problem: Problem| visit.problem(&problem);
    let command = wish.command(&number).map_err(told)?;
    let asked = wish.asked(&number, once).map_err(told)?;
    match pages.books.run(command, asked).await {
        Ok(outcome) => match outcome.result {
            Ok(text) => return receipt(&visit, &form.holder, &text, outcome.is_replay),
            Err(refusal) => form.wrong = worded(&visit, &form, &refusal),
        },
        Err(CommandError::Closed) => return Ok(closed_meanwhile(pages, parts, &visit).await),
        Err(CommandError::KeyReused) => {
            form.wrong.whole = Some(visit.frame.say(words::ORDER_OTHER).to_owned());
        }
        Err(CommandError::Store(error)) => return Ok(told(error.into())),
    }
    // A refusal is an answer and stays one: another try is another order. What is there may have
    // changed since the page was begun.
    form.once = fresh(&visit)?;
    let now = pages.books.holder(&number).await;
    if let Some(now) = now.map_err(|error| told(error.into()))? {
        form.holder = now;
    }
    Ok(drawn(&visit, &form))
}

/// Leads to the bill that an answer tells of.
fn receipt(visit: &Visit, holder: &Holder, text: &str, is_repeat: bool) -> Answer {
    let receipt: Option<Receipt> = serde_json::from_str(text).ok();
    let movements = receipt.map(|receipt| receipt.movements);
    let own = movements.and_then(|movements| {
        let mut own = movements.into_iter();
        own.find(|movement| movement.account == holder.number)
    });
    let Some(own) = own else {
        tracing::error!("an answer that was kept tells of no movement of its account");
        return Ok(visit.problem(&Problem::new(INTERNAL)));
    };
    let done = if is_repeat { "again" } else { "1" };
    Ok(visit.see_other(&format!("/bills/{}?done={done}", own.serial)))
}

/// The window closed between the question and the order.
async fn closed_meanwhile(pages: &Pages, parts: &Parts, visit: &Visit) -> Response {
    match pages.door.visit(parts).await {
        Ok(again) => again.closed(),
        Err(_) => visit.closed(),
    }
}

/// Puts a refusal into words, beside the field that it is about.
fn worded(visit: &Visit, form: &Form, refusal: &Refusal) -> Wrong {
    let language = visit.frame.language;
    let say = |words| Some(visit.frame.say(words).to_owned());
    let is_own = |account: &String| *account == form.holder.number;
    let mut wrong = Wrong::default();
    match refusal {
        Refusal::InsufficientFunds {
            available, needed, ..
        } => wrong.amount = Some(sentences::too_little(available.0, needed.0, language)),
        Refusal::BelowMinimum { least } => {
            wrong.amount = Some(sentences::below_minimum(least.0, language));
        }
        Refusal::BalanceLimit { account } if is_own(account) => {
            wrong.amount = say(words::WALLET_FULL);
        }
        Refusal::BalanceLimit { .. } => wrong.to = say(words::PAYEE_FULL),
        Refusal::AccountNotFound { account } if is_own(account) => {
            wrong.whole = say(words::OWN_ACCOUNT_CLOSED);
        }
        Refusal::AccountNotFound { .. } => wrong.to = say(words::PAYEE_UNKNOWN),
        Refusal::WrongOwner { .. } if form.sheet == Sheet::Pay => {
            wrong.to = say(words::MERCHANT_IS_USER);
        }
        Refusal::WrongOwner { .. } => wrong.to = say(words::PAYEE_IS_MERCHANT),
        Refusal::SameAccount => wrong.to = say(words::SAME_ACCOUNT),
        Refusal::ChannelUnknown => wrong.bank = say(words::BANK_MISSING),
        Refusal::TextUnfit => wrong.memo = say(words::MEMO_UNFIT),
        other => {
            tracing::warn!(code = other.kind().code, "a form of a page was refused");
            wrong.whole = say(words::TRY_LATER);
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_type_them_or_refused_in_words() {
        let sealer = crate::record::Sealer::Own([7; 32]);
        let number = numbers::account(&sealer, crate::codes::Owner::User, 5);
        let apart = format!(" {}-{} ", sentences::number(&number), "");
        for text in [&number, &sentences::number(&number), &apart] {
            assert_eq!(number_of(text), Ok(number.clone()), "{text}");
        }
        let check = number
            .get(12..13)
            .expect("a digit")
            .parse::<u8>()
            .expect("a digit");
        let mut mistyped = number.clone();
        mistyped.replace_range(12..13, &((check + 1) % 10).to_string());
        let table = [
            ("", words::NUMBER_MISSING),
            (" - ", words::NUMBER_MISSING),
            ("12", words::NUMBER_UNREADABLE),
            ("６１２３４５６７８９０１２３４５", words::NUMBER_UNREADABLE),
            (mistyped.as_str(), words::NUMBER_MISTYPED),
        ];
        for (text, says) in table {
            assert_eq!(number_of(text), Err(says), "{text}");
        }
    }

    #[test]
    fn a_form_is_asked_for_by_all_that_it_says() {
        let wish = Wish {
            sheet: Sheet::Transfer,
            amount_fen: 1,
            to: "6".to_owned(),
            bank: String::new(),
            memo: None,
        };
        let asked = |wish: &Wish, own: &str| {
            let asked = wish.asked(own, "0f").expect("asked");
            (asked.id(), asked.digest())
        };
        let first = asked(&wish, "1");
        let more = Wish {
            amount_fen: 2,
            ..wish.clone()
        };
        assert_eq!(asked(&wish, "1"), first);
        assert_eq!(asked(&more, "1").0, first.0, "the same form");
        assert_ne!(asked(&more, "1").1, first.1, "another wish");
        assert_ne!(asked(&wish, "2").0, first.0, "another account's form");
    }
}
