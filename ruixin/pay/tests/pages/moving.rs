//! Money that is moved by forms: once, by its owner, with consent.

use std::thread;

use serde_json::json;

use super::http::{Person, Reply};
use super::service::Service;

type Fields = Vec<(String, String)>;

/// Goes to the page that asks for consent, and gives its form.
fn consent(person: &mut Person, path: &str, query: &str) -> (Reply, Fields) {
    let page = person.get(&format!("{path}?{query}"));
    assert_eq!(page.status, 200, "{page:?}");
    let form = page.form(path);
    (page, form)
}

fn with(form: &Fields, name: &str, value: &str) -> Fields {
    let mut form = form.clone();
    form.retain(|(one, _)| one != name);
    form.push((name.to_owned(), value.to_owned()));
    form
}

fn field<'a>(form: &'a Fields, name: &str) -> &'a str {
    let found = form.iter().find(|(one, _)| one == name);
    &found.expect("a field").1
}

/// The bill that an answer leads to, without what is told above it.
fn bill(reply: &Reply) -> String {
    assert_eq!(reply.status, 303, "{reply:?}");
    let path = reply.header("location").split('?').next();
    let path = path.expect("a path").to_owned();
    assert!(path.starts_with("/bills/"), "{path}");
    path
}

/// The four forms, each with what it is filled in with.
fn forms(service: &Service) -> [(&'static str, String); 4] {
    [
        ("/top-up", "amount=100&bank=CMB".to_owned()),
        ("/pay", format!("amount=100&to={}&memo=books", service.shop)),
        (
            "/transfer",
            format!("amount=100&to={}&memo=", service.other),
        ),
        ("/withdraw", "amount=100&bank=ICBC".to_owned()),
    ]
}

#[test]
fn each_form_says_what_will_happen_and_then_does_it() {
    let service = Service::begin();
    let mut person = service.person(&service.user);
    // What the page of consent says, and the bill; balance and frozen afterwards.
    let says: [(&[&str], &[&str], &str, &str); 4] = [
        (
            &["China Merchants Bank", "Your wallet", "at once"],
            &["Top-up", "+100.00", "China Merchants Bank", "5,100.00"],
            "5100.00",
            "0.00",
        ),
        (
            &["鑫源图书城", "books", "at once"],
            &["Payment", "−100.00", "鑫源图书城", "books", "5,000.00"],
            "5000.00",
            "0.00",
        ),
        (
            &["L* ***", "cannot be called back"],
            &["Transfer sent", "−100.00", "L* ***", "4,900.00"],
            "4900.00",
            "0.00",
        ),
        (
            &["Industrial and Commercial Bank", "0.50", "99.50"],
            &["Frozen for a withdrawal", "Pending", "−100.00", "4,800.00"],
            "4800.00",
            "100.00",
        ),
    ];
    for ((path, query), (asked, told, balance, frozen)) in forms(&service).iter().zip(says) {
        let form = person.get(path);
        assert_eq!(form.status, 200, "{form:?}");
        assert!(form.body.contains("inputmode=\"decimal\""), "{form:?}");
        let before = service.has(&service.user);
        let (page, form) = consent(&mut person, path, query);
        for says in asked {
            assert!(page.body.contains(says), "{path} {says}: {page:?}");
        }
        assert_eq!(service.has(&service.user), before, "nothing before consent");
        let done = person.post(path, &form);
        let seen = person.get(&bill(&done));
        for says in told {
            assert!(seen.body.contains(says), "{path} {says}: {seen:?}");
        }
        let (now, kept, _) = service.has(&service.user);
        assert_eq!((now.as_str(), kept.as_str()), (balance, frozen), "{path}");
    }
    assert_eq!(
        service.has(&service.shop).0,
        "99.45",
        "less the fee of its class"
    );
    assert_eq!(service.has(&service.other).0, "5100.00");
}

#[test]
fn a_form_that_is_sent_many_times_at_once_moves_money_once() {
    let service = Service::begin();
    let person = service.person(&service.user);
    for (path, query) in forms(&service) {
        let mut person = person.clone();
        let (_, form) = consent(&mut person, path, &query);
        let before = service.has(&service.user).2;
        let clicks: Vec<_> = (0..4)
            .map(|_| {
                let (mut person, form) = (person.clone(), form.clone());
                thread::spawn(move || person.post(path, &form))
            })
            .collect();
        let replies: Vec<Reply> = clicks
            .into_iter()
            .map(|click| click.join().expect("an answer"))
            .collect();
        let first = bill(&replies[0]);
        assert!(
            replies.iter().all(|reply| bill(reply) == first),
            "{replies:?}"
        );
        let done = replies
            .iter()
            .filter(|reply| reply.header("location").ends_with("done=1"));
        assert_eq!(done.count(), 1, "{replies:?}");
        // And a reload, much later.
        assert_eq!(bill(&person.post(path, &form)), first);
        assert_eq!(service.has(&service.user).2, before + 1, "{path}");
        // Back from the bill to the consent: there is nothing to consent to any more.
        let once = field(&form, "once").to_owned();
        let back = person.get(&format!("{path}?{query}&once={once}"));
        assert_eq!(bill(&back), first, "{back:?}");
        let told = person.get(back.header("location"));
        assert!(told.body.contains("had been done already"), "{told:?}");
        // The same form with another amount is no other order.
        let other = person.post(path, &with(&form, "amount", "200"));
        assert_eq!(other.status, 422, "{other:?}");
        assert!(
            other.body.contains("has been used for another order"),
            "{other:?}"
        );
        assert_eq!(service.has(&service.user).2, before + 1, "{path}");
        // Going back to the form to move another amount is another wish.
        let (_, more) = consent(&mut person, path, &query.replace("100", "200"));
        assert_ne!(field(&more, "once"), once);
    }
}

#[test]
fn the_same_one_time_id_in_anothers_form_is_another_order() {
    let service = Service::begin();
    let (mut person, mut neighbour) = (
        service.person(&service.user),
        service.person(&service.other),
    );
    let (_, form) = consent(&mut person, "/top-up", "amount=1&bank=CMB");
    let first = bill(&person.post("/top-up", &form));
    let (_, theirs) = consent(&mut neighbour, "/top-up", "amount=1&bank=CMB");
    let theirs = neighbour.post("/top-up", &with(&theirs, "once", field(&form, "once")));
    assert_ne!(bill(&theirs), first);
    assert!(theirs.header("location").ends_with("done=1"));
    assert_eq!(neighbour.get(&first).status, 404, "bills are their owner's");
    assert_eq!(person.get(&first).status, 200);
}

#[test]
fn a_form_without_the_sessions_token_moves_nothing() {
    let service = Service::begin();
    let mut person = service.person(&service.user);
    let mut other = service.person(&service.other);
    for (path, query) in forms(&service) {
        let (_, form) = consent(&mut person, path, &query);
        let (_, theirs) = consent(&mut other, "/top-up", "amount=1&bank=CMB");
        let mut without = form.clone();
        without.retain(|(name, _)| name != "csrf");
        let wrong = [
            without,
            with(&form, "csrf", ""),
            with(&form, "csrf", field(&theirs, "csrf")),
            with(&form, "csrf", "zz"),
            with(&form, "once", "short"),
        ];
        let before = service.has(&service.user);
        for (language, says) in [("en", "no longer valid"), ("zh", "表单已失效")] {
            person.language = language;
            for fields in &wrong {
                let refused = person.post(path, fields);
                assert_eq!(refused.status, 403, "{refused:?}");
                assert!(refused.body.contains(says), "{refused:?}");
            }
        }
        // Whoever is not signed in gets nowhere, with or without a token.
        let mut stranger = Person::new(service.to);
        assert_eq!(stranger.post(path, &form).status, 401);
        assert_eq!(service.has(&service.user), before);
        assert_eq!(person.post(path, &form).status, 303);
    }
}

/// What is typed wrongly: the form, the query, the field, and what is said in both languages.
const WRONG: &str = "
/top-up    amount=&bank=CMB             amount  Please enter an amount.         请输入金额。
/top-up    amount=%3Cb%3E&bank=CMB      amount  Please enter yuan in digits     请输入数字金额
/top-up    amount=1.234&bank=CMB        amount  at most two decimals, please    请最多输入两位小数
/top-up    amount=0&bank=CMB            amount  must be above zero              金额须大于零
/top-up    amount=100000000000&bank=CMB amount  more than can be moved at once  超出单笔
/top-up    amount=1&bank=XYZ            bank    Please choose a bank.           请选择银行。
/pay       amount=5000.01&to=$SHOP      amount  0.01 are missing                还差 0.01 元
/pay       amount=1&to=                 to      enter the account number        请输入账号。
/pay       amount=1&to=12               to      has 16 digits                   应为 16 位数字
/pay       amount=1&to=$OTHER           to      a person’s account              该账号为个人账户
/pay       amount=1&to=$SHOP&memo=a%0Ab memo    in one line, please             单行文字
/transfer  amount=5000.01&to=$OTHER     amount  There are 5,000.00 yuan         可用余额 5,000.00 元
/transfer  amount=1&to=$SHOP            to      a merchant’s account            该账号为商户账户
/transfer  amount=1&to=$USER            to      your own account                您自己的账户
/transfer  amount=1&to=$GONE            to      no open account                 不存在或已销户
/transfer  amount=1&to=$SLIP            to      check digit does not fit        校验位不符
/withdraw  amount=9.99&bank=CMB         amount  At least 10.00 yuan             最低提现金额为 10.00 元
/withdraw  amount=6000&bank=CMB         amount  1,000.00 are missing            还差 1,000.00 元
";

/// The number with another check digit, and another number with a right one.
fn made_up(account: &str) -> (String, String) {
    let digit = |at: usize, by: u8| {
        let mut digits = account.as_bytes().to_vec();
        digits[at] = b'0' + (digits[at] - b'0' + by) % 10;
        String::from_utf8(digits).expect("digits")
    };
    let slip = digit(12, 1);
    // The check digit covers twelve digits: of ten changes of it after one more, one fits.
    let other = digit(6, 5);
    let mut fits = (0..10).map(|by: u8| {
        let mut digits = other.as_bytes().to_vec();
        digits[12] = b'0' + by;
        String::from_utf8(digits).expect("digits")
    });
    let gone = fits.find(|number| ruixin_pay::is_account(number));
    (slip, gone.expect("one fits"))
}

#[test]
fn a_refusal_stands_beside_its_field_and_what_was_typed_is_kept() {
    let service = Service::begin();
    let mut person = service.person(&service.user);
    let (slip, gone) = made_up(&service.other);
    let made = [
        ("$USER", &service.user),
        ("$OTHER", &service.other),
        ("$SHOP", &service.shop),
        ("$SLIP", &slip),
        ("$GONE", &gone),
    ];
    let before = service.has(&service.user);
    for (at, line) in WRONG.lines().filter(|line| !line.is_empty()).enumerate() {
        let columns: Vec<&str> = line
            .split("  ")
            .map(str::trim)
            .filter(|one| !one.is_empty())
            .collect();
        let (words, says) = columns.split_at(columns.len() - 2);
        let words: Vec<&str> = words.iter().flat_map(|part| part.split(' ')).collect();
        let [path, query, name] = words[..] else {
            panic!("{line}");
        };
        let query = made.iter().fold(query.to_owned(), |text, (name, value)| {
            text.replace(name, value)
        });
        for (language, says) in [("en", says[0]), ("zh", says[1])] {
            person.language = language;
            let page = person.get(&format!("{path}?{query}"));
            assert_eq!(page.status, 422, "{line}: {page:?}");
            let beside = format!("<p class=\"wrong\" id=\"{name}-wrong\" role=\"alert\">");
            let text = page.body.split(&beside).nth(1);
            let text = text.unwrap_or_else(|| panic!("{line}: {page:?}"));
            let text = text.split("</p>").next().expect("it ends");
            assert!(text.contains(says), "{line}: {text}");
        }
        // The same by POST, where no page has foreseen it.
        let mut fields: Fields = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| {
                let value = value
                    .replace("%3C", "<")
                    .replace("%3E", ">")
                    .replace("%0A", "\n");
                (name.to_owned(), value)
            })
            .collect();
        fields.push(("once".to_owned(), format!("{at:032x}")));
        let csrf = person.get("/").form("/sign-out");
        fields.push(("csrf".to_owned(), field(&csrf, "csrf").to_owned()));
        let refused = person.post(path, &fields);
        assert_eq!(refused.status, 422, "{line}: {refused:?}");
        assert!(refused.body.contains(says[1]), "{line}: {refused:?}");
    }
    assert_eq!(service.has(&service.user), before);
    let page = person.get(&format!(
        "/transfer?amount=6000&to={}&memo=%3Cb%3E",
        service.other
    ));
    for kept in ["value=\"6000\"", "value=\"&lt;b&gt;\"", &service.other] {
        assert!(page.body.contains(kept), "{kept}: {page:?}");
    }
}

/// The books have the last word, also where the page foresaw nothing.
#[test]
fn what_is_gone_between_consent_and_order_is_refused_in_words() {
    let service = Service::begin();
    let mut person = service.person(&service.user);
    let query = format!("amount=3000&to={}", service.other);
    let (_, first) = consent(&mut person, "/transfer", &query);
    let (_, second) = consent(&mut person, "/transfer", &query);
    assert_eq!(person.post("/transfer", &first).status, 303);
    let refused = person.post("/transfer", &second);
    assert_eq!(refused.status, 422, "{refused:?}");
    for says in [
        "There are 2,000.00 yuan in the wallet: 1,000.00 are missing.",
        "In the wallet: 2,000.00 yuan",
        "value=\"3000.00\"",
    ] {
        assert!(refused.body.contains(says), "{says}: {refused:?}");
    }
    // The form that says so is a new one: with more in the wallet it goes through.
    let filled = json!({"account": service.user, "amount": "5000", "channel": "ICBC"});
    service.did("/v1/top-ups", &filled);
    let once = refused.body.split("name=\"once\" value=\"").nth(1);
    let once = once.and_then(|text| text.split('"').next()).expect("an id");
    let (_, third) = consent(&mut person, "/transfer", &format!("{query}&once={once}"));
    assert_eq!(person.post("/transfer", &third).status, 303);
    assert_eq!(service.has(&service.other).0, "11000.00");
}

#[test]
fn a_withdrawal_ends_as_the_bank_answers() {
    let service = Service::begin();
    let mut person = service.person(&service.user);
    for (outcome, says, balance) in [
        ("paid", "The bank has paid", "4900.00"),
        ("refused", "the money is yours again", "4900.00"),
    ] {
        let (_, form) = consent(&mut person, "/withdraw", "amount=100&bank=ICBC");
        let done = bill(&person.post("/withdraw", &form));
        let waiting = person.get(&done);
        assert!(
            waiting.body.contains("The bank is to answer"),
            "{waiting:?}"
        );
        let order = waiting.body.split("Order</dt><dd class=\"mono\">").nth(1);
        let order = order
            .and_then(|text| text.split('<').next())
            .expect("an order");
        let path = format!("/v1/withdrawals/{order}/settlement");
        service.did(&path, &json!({ "outcome": outcome }));
        let over = person.get(&done);
        assert!(over.body.contains(says), "{over:?}");
        // What followed of the same order is shown beside it.
        assert!(
            over.body.contains("Unfrozen after a withdrawal"),
            "{over:?}"
        );
        assert_eq!(service.has(&service.user).0, balance);
    }
}
