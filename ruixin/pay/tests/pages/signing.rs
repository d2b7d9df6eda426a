//! Signing in by a link that works once, and signing out.

use serde_json::json;

use super::http::{Person, ask};
use super::service::Service;

fn is_in(person: &mut Person) -> bool {
    let page = person.get("/");
    assert!(matches!(page.status, 200 | 401), "{page:?}");
    let is_home = page.body.contains("id=\"balance\"");
    assert_eq!(page.status == 200, is_home, "{page:?}");
    is_home
}

#[test]
fn a_link_works_once_and_a_look_at_it_does_not_count() {
    let service = Service::begin();
    let link = service.link(&service.user);
    let mut person = Person::new(service.to);
    assert!(!is_in(&mut person));
    let looked = person.head(&link);
    assert_eq!((looked.status, looked.header("location")), (303, "/"));
    assert!(person.cookies.is_empty(), "{looked:?}");
    let entered = person.get(&link);
    assert_eq!((entered.status, entered.header("location")), (303, "/"));
    let cookie = entered.header("set-cookie");
    assert!(
        cookie.starts_with("pay_session=") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"),
        "{cookie}"
    );
    assert!(is_in(&mut person));
    let made_up = format!("/sign-in/{}", "0".repeat(64));
    for link in [&link, &made_up, "/sign-in/x"] {
        let mut other = Person::new(service.to);
        let again = other.get(link);
        assert_eq!(again.status, 410, "{again:?}");
        assert!(again.body.contains("open the wallet"), "{again:?}");
        assert!(other.cookies.is_empty() && !is_in(&mut other));
    }
    assert!(is_in(&mut person), "the session stays");
}

#[test]
fn links_are_made_for_users_by_those_who_move_money() {
    let service = Service::begin();
    let path = |account: &str| format!("/v1/accounts/{account}/sign-ins");
    let of = |account: &str| {
        let reply = service.api(&path(account), &json!({}));
        let problem: serde_json::Value = serde_json::from_str(&reply.body).expect("JSON");
        let code = problem["code"].as_str().unwrap_or_default().to_owned();
        (reply.status, code)
    };
    assert_eq!(of(&service.user).0, 201);
    assert_eq!(of(&service.shop), (422, "wrong-kind-of-account".to_owned()));
    for nobody in ["9777777777779990", "1", "x"] {
        assert_eq!(
            of(nobody),
            (404, "account-not-found".to_owned()),
            "{nobody}"
        );
    }
    let without = ask(service.to, "POST", &path(&service.user), &[], None).expect("an answer");
    assert_eq!(without.status, 401);
}

#[test]
fn signing_out_ends_the_session_for_good_and_takes_the_forms_token() {
    let service = Service::begin();
    let mut person = service.person(&service.user);
    let form = person.get("/").form("/sign-out");
    assert_eq!(person.post("/sign-out", &[]).status, 403);
    assert!(is_in(&mut person));
    let thief = person.clone();
    let out = person.post("/sign-out", &form);
    assert_eq!(out.status, 200);
    assert!(out.body.contains("You are signed out"), "{out:?}");
    assert!(person.cookies.is_empty());
    assert!(
        !is_in(&mut thief.clone()),
        "the old cookie is worth nothing"
    );
}

#[test]
fn elsewhere_than_on_loopback_a_cookie_needs_tls() {
    let service = Service::begin();
    let link = service.link(&service.user);
    let headers = [("X-Forwarded-Proto", "https")];
    let entered = ask(service.to, "GET", &link, &headers, None).expect("an answer");
    let cookie = entered.header("set-cookie");
    assert!(cookie.starts_with("__Host-pay_session="), "{cookie}");
    assert!(cookie.ends_with("; Secure"), "{cookie}");
}

#[test]
fn on_postgres_links_work_once_bills_are_chosen_and_money_is_moved_once() {
    let service = Service::on_postgres();
    let link = service.link(&service.user);
    let mut person = Person::new(service.to);
    assert_eq!(person.get(&link).status, 303);
    assert_eq!(Person::new(service.to).get(&link).status, 410);
    let path = format!("/transfer?amount=100&to={}&memo=x", service.other);
    let form = person.get(&path).form("/transfer");
    let (first, again) = (
        person.post("/transfer", &form),
        person.post("/transfer", &form),
    );
    assert!(first.header("location").ends_with("?done=1"), "{first:?}");
    assert!(
        again.header("location").ends_with("?done=again"),
        "{again:?}"
    );
    assert_eq!(service.has(&service.user).0, "4900.00");
    let bill = person.get(first.header("location"));
    assert!(
        bill.body.contains("Li ***") || bill.body.contains("L* ***"),
        "{bill:?}"
    );
    let lines = |person: &mut Person, query: &str| {
        let page = person.get(&format!("/bills?{query}"));
        assert_eq!(page.status, 200, "{page:?}");
        page.body.matches("class=\"line\"").count()
    };
    for (query, count) in [
        ("", 2),
        ("kind=transfer", 1),
        ("kind=top-up&month=2013-05", 1),
        ("kind=pay", 0),
        ("month=2013-05", 2),
        ("month=2013-04", 0),
    ] {
        assert_eq!(lines(&mut person, query), count, "{query}");
    }
}
