//! Money that is moved by forms: once, by its owner, with consent to the right days.

use std::thread;

use super::http::{Person, Reply};
use super::service::{MERCHANT, OTHER, Service, USER};

type Fields = Vec<(String, String)>;

/// Goes to the page that asks for consent, and gives its form.
fn consent(person: &mut Person, path: &str, query: &str) -> (Reply, Fields) {
    let page = person.get(&format!("{path}?{query}"));
    assert_eq!(page.status, 200, "{page:?}");
    let form = page.form(path);
    (page, form)
}

fn with(mut form: Fields, name: &str, value: &str) -> Fields {
    form.retain(|(one, _)| one != name);
    form.push((name.to_owned(), value.to_owned()));
    form
}

/// A figure of the home page.
fn figure(person: &mut Person, id: &str) -> String {
    let home = person.get("/");
    let text = home.body.split(&format!("id=\"{id}\">")).nth(1);
    let text = text.unwrap_or("—").split('<').next();
    text.expect("a figure").to_owned()
}

fn wallet(person: &mut Person) -> String {
    figure(person, "wallet")
}

#[test]
fn money_is_moved_by_a_form_a_consent_and_an_order() {
    let service = Service::begin();
    let mut person = service.person(USER);
    let form = person.get("/move-in");
    assert!(form.body.contains("inputmode=\"decimal\""), "{form:?}");
    assert!(
        form.body.contains("In the wallet: 5,000.00 yuan"),
        "{form:?}"
    );
    assert!(form.body.contains("earns from Tue 28 May on"), "{form:?}");
    let (page, form) = consent(&mut person, "/move-in", "amount=1%2C234.5");
    for says in [
        "1,234.50",
        "Mon 27 May",
        "Tue 28 May",
        "Wed 29 May",
        "Wallet",
        "Ruixin Bao",
    ] {
        assert!(page.body.contains(says), "{says}: {page:?}");
    }
    assert_eq!(
        wallet(&mut person),
        "5,000.00",
        "nothing is moved before consent"
    );
    let done = person.post("/move-in", &form);
    assert_eq!(done.status, 303, "{done:?}");
    let order = person.get(done.header("location"));
    for says in ["Done", "Pending", "1,234.50", "Tue 28 May"] {
        assert!(order.body.contains(says), "{says}: {order:?}");
    }
    assert_eq!(wallet(&mut person), "3,765.50");
    assert_eq!(figure(&mut person, "coming"), "1,234.50");
    assert_eq!(figure(&mut person, "total"), "5,000.00");
    // Back from the order to the consent: there is nothing to consent to any more.
    let once = &form
        .iter()
        .find(|(name, _)| name == "once")
        .expect("an id")
        .1;
    let back = person.get(&format!("/move-in?amount=1234.5&once={once}"));
    assert_eq!(back.status, 303, "{back:?}");
    assert!(
        person
            .get(back.header("location"))
            .body
            .contains("had been done already")
    );
}

#[test]
fn a_form_that_is_sent_many_times_at_once_moves_money_once() {
    let service = Service::begin();
    let mut person = service.person(USER);
    let (_, form) = consent(&mut person, "/move-in", "amount=100");
    let clicks: Vec<_> = (0..4)
        .map(|_| {
            let (mut person, form) = (person.clone(), form.clone());
            thread::spawn(move || person.post("/move-in", &form))
        })
        .collect();
    let replies: Vec<Reply> = clicks
        .into_iter()
        .map(|click| click.join().expect("an answer"))
        .collect();
    let order = |reply: &Reply| {
        assert_eq!(reply.status, 303, "{reply:?}");
        reply
            .header("location")
            .split('?')
            .next()
            .expect("a path")
            .to_owned()
    };
    let first = order(&replies[0]);
    assert!(
        replies.iter().all(|reply| order(reply) == first),
        "{replies:?}"
    );
    let done = replies
        .iter()
        .filter(|reply| reply.header("location").ends_with("done=1"));
    assert_eq!(done.count(), 1, "{replies:?}");
    // And a reload, much later.
    assert_eq!(order(&person.post("/move-in", &form)), first);
    assert_eq!(wallet(&mut person), "4,900.00");
    let bills = person.get("/bills");
    assert_eq!(
        bills.body.matches("href=\"/orders/").count(),
        1,
        "{bills:?}"
    );
    // The same form with another amount is no other order.
    let other = person.post("/move-in", &with(form.clone(), "amount", "200"));
    assert_eq!(other.status, 422, "{other:?}");
    assert!(
        other.body.contains("has been used for another order"),
        "{other:?}"
    );
    assert_eq!(wallet(&mut person), "4,900.00");
    // Another user's form may have the same id, and is another order.
    let mut neighbour = service.person(OTHER);
    let (_, theirs) = consent(&mut neighbour, "/move-in", "amount=100");
    let once = &form
        .iter()
        .find(|(name, _)| name == "once")
        .expect("an id")
        .1;
    let theirs = neighbour.post("/move-in", &with(theirs, "once", once));
    assert_ne!(order(&theirs), first);
    assert_eq!(
        neighbour.get(&first).status,
        404,
        "orders are their owner's"
    );
    assert_eq!(person.get(&first).status, 200);
}

#[test]
fn a_form_without_the_sessions_token_moves_nothing() {
    let service = Service::begin();
    let mut person = service.person(USER);
    let mut other = service.person(OTHER);
    let (_, form) = consent(&mut person, "/move-in", "amount=100");
    let (_, theirs) = consent(&mut other, "/move-in", "amount=100");
    let foreign = &theirs
        .iter()
        .find(|(name, _)| name == "csrf")
        .expect("a token")
        .1;
    let wrong = [
        with(form.clone(), "csrf", ""),
        with(form.clone(), "csrf", foreign),
        with(form.clone(), "csrf", "zz"),
        form.iter()
            .filter(|(name, _)| name != "csrf")
            .cloned()
            .collect(),
        with(form.clone(), "once", "short"),
    ];
    for fields in wrong {
        let refused = person.post("/move-in", &fields);
        assert_eq!(refused.status, 403, "{refused:?}");
        assert!(refused.body.contains("no longer valid"), "{refused:?}");
    }
    // Whoever is not signed in gets nowhere, with or without a token.
    let mut stranger = Person::new(service.to);
    assert_eq!(stranger.post("/move-in", &form).status, 401);
    assert_eq!(wallet(&mut person), "5,000.00");
    assert_eq!(person.post("/move-in", &form).status, 303);
}

#[test]
fn a_refusal_stands_beside_its_field_and_what_was_typed_is_kept() {
    let service = Service::begin();
    let mut person = service.person(USER);
    let table = [
        ("/move-in", "amount=", "amount", "Please enter an amount."),
        (
            "/move-in",
            "amount=%3Cb%3E",
            "amount",
            "Please enter yuan in digits",
        ),
        (
            "/move-in",
            "amount=1.234",
            "amount",
            "at most two decimals, please",
        ),
        ("/move-in", "amount=0", "amount", "must be above zero"),
        (
            "/move-in",
            "amount=5000.01",
            "amount",
            "There are 5,000.00 yuan in the wallet.",
        ),
        (
            "/move-out",
            "amount=1&way=fast",
            "amount",
            "You hold no shares",
        ),
        ("/move-out", "amount=1", "way", "Please choose how"),
        (
            "/pay",
            "amount=1&merchant=x",
            "merchant",
            "merchant’s number, in digits",
        ),
    ];
    for (path, query, field, says) in table {
        let page = person.get(&format!("{path}?{query}"));
        assert_eq!(page.status, 422, "{page:?}");
        let beside = format!("<p class=\"wrong\" id=\"{field}-wrong\" role=\"alert\">");
        let text = page
            .body
            .split(&beside)
            .nth(1)
            .unwrap_or_else(|| panic!("{query}: {page:?}"));
        assert!(
            text.split("</p>").next().expect("it ends").contains(says),
            "{query}: {text}"
        );
    }
    let page = person.get("/move-in?amount=%3Cb%3E");
    assert!(page.body.contains("value=\"&lt;b&gt;\""), "{page:?}");
    person.language = "zh-CN";
    let page = person.get("/move-in?amount=5000.01");
    assert!(
        page.body.contains("钱包可用余额为 5,000.00 元") && page.body.contains("value=\"5000.01\"")
    );
}

/// The fund has the last word, also where the page foresaw nothing.
#[test]
fn what_is_gone_between_consent_and_order_is_refused_in_words() {
    let service = Service::begin();
    let mut person = service.person(USER);
    let (_, first) = consent(&mut person, "/move-in", "amount=3000");
    let (_, second) = consent(&mut person, "/move-in", "amount=3000");
    assert_eq!(person.post("/move-in", &first).status, 303);
    let refused = person.post("/move-in", &second);
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(
        refused
            .body
            .contains("There are 2,000.00 yuan in the wallet."),
        "{refused:?}"
    );
    assert!(refused.body.contains("value=\"3000.00\""), "{refused:?}");
    assert_eq!(wallet(&mut person), "2,000.00");
}

#[test]
fn the_daily_cap_and_an_unknown_merchant_are_said_in_words() {
    let service = Service::begin();
    service.clock("2013-05-27 10:00");
    let mut person = service.person(USER);
    let (_, form) = consent(&mut person, "/move-in", "amount=4000");
    assert_eq!(person.post("/move-in", &form).status, 303);
    service.clock("2013-05-28 09:00");
    service.night("2013-05-27", 0);
    let mut person = service.person(USER);
    assert_eq!(figure(&mut person, "shares"), "4,000.00");
    let form = person.get("/move-out");
    assert!(
        form.body
            .contains("Today 1,000.00 of 1,000.00 yuan are left."),
        "{form:?}"
    );
    let page = person.get("/move-out?amount=1000.01&way=fast");
    assert_eq!(page.status, 422);
    assert!(
        page.body
            .contains("Of the daily cap of 1,000.00 yuan, 1,000.00 are left today."),
        "{page:?}"
    );
    // Two that are consented to before either is done: the fund refuses the second.
    let (_, one) = consent(&mut person, "/move-out", "amount=600&way=fast");
    let (_, two) = consent(&mut person, "/move-out", "amount=600&way=fast");
    assert_eq!(person.post("/move-out", &one).status, 303);
    let refused = person.post("/move-out", &two);
    assert_eq!(refused.status, 422);
    assert!(
        refused.body.contains("400.00 are left today"),
        "{refused:?}"
    );
    assert_eq!(wallet(&mut person), "1,600.00");
    // A standard one has no cap.
    let (page, form) = consent(&mut person, "/move-out", "amount=2000&way=standard");
    assert!(page.body.contains("Wed 29 May"), "{page:?}");
    assert_eq!(person.post("/move-out", &form).status, 303);
    assert_eq!(wallet(&mut person), "1,600.00");
    let (_, form) = consent(
        &mut person,
        "/pay",
        &format!("amount=10&merchant={}", MERCHANT + 1),
    );
    let refused = person.post("/pay", &form);
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(
        refused.body.contains("no merchant of this number"),
        "{refused:?}"
    );
    let (_, form) = consent(
        &mut person,
        "/pay",
        &format!("amount=10&merchant={MERCHANT}"),
    );
    let paid = person.post("/pay", &form);
    let order = person.get(paid.header("location"));
    assert!(
        order.body.contains("Paid") && order.body.contains(&format!("Merchant {MERCHANT}")),
        "{order:?}"
    );
    assert_eq!(figure(&mut person, "shares"), "3,390.00");
}

#[test]
fn who_consents_before_three_and_sends_after_is_asked_again() {
    let service = Service::begin();
    service.clock("2013-05-27 14:59");
    let mut person = service.person(USER);
    let (_, form) = consent(&mut person, "/move-in", "amount=100");
    service.clock("2013-05-27 15:00");
    let asked = person.post("/move-in", &form);
    assert_eq!(asked.status, 200, "{asked:?}");
    assert!(asked.body.contains("it has struck 15:00"), "{asked:?}");
    assert!(asked.body.contains("Wed 29 May"), "{asked:?}");
    assert_eq!(wallet(&mut person), "5,000.00");
    let done = person.post("/move-in", &asked.form("/move-in"));
    assert_eq!(done.status, 303);
    // Who had been done before three is told so after it, and not asked.
    service.clock("2013-05-28 14:59");
    let mut person = service.person(USER);
    let (_, form) = consent(&mut person, "/move-in", "amount=50");
    assert_eq!(person.post("/move-in", &form).status, 303);
    service.clock("2013-05-28 15:01");
    let again = person.post("/move-in", &form);
    assert!(
        again.status == 303 && again.header("location").ends_with("done=again"),
        "{again:?}"
    );
}
