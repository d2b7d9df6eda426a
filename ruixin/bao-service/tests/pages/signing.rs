//! Signing in by a link that works once, sessions that end, and signing out.

use super::http::{Person, Reply};
use super::service::{Service, USER};

fn is_in(person: &mut Person) -> bool {
    let page = person.get("/");
    assert!(matches!(page.status, 200 | 401), "{page:?}");
    assert_eq!(
        page.status == 200,
        page.body.contains("id=\"total\""),
        "{page:?}"
    );
    page.status == 200
}

fn location(reply: &Reply) -> (u16, &str) {
    (reply.status, reply.header("location"))
}

#[test]
fn a_link_works_once_and_a_look_at_it_does_not_count() {
    let service = Service::begin();
    let link = service.link(USER);
    let mut person = Person::new(service.to);
    assert!(!is_in(&mut person));
    let looked = person.head(&link);
    assert_eq!(location(&looked), (303, "/"));
    assert!(person.cookies.is_empty(), "{looked:?}");
    let entered = person.get(&link);
    assert_eq!(location(&entered), (303, "/"));
    let cookie = entered.header("set-cookie");
    let (name, value) = cookie.split_once('=').expect("a cookie");
    assert_eq!(name, "bao_session");
    let (secret, rest) = value.split_once("; ").expect("attributes");
    assert!(
        secret.len() == 64 && secret.bytes().all(|one| one.is_ascii_hexdigit()),
        "{cookie}"
    );
    assert_eq!(rest, "Path=/; HttpOnly; SameSite=Lax");
    assert_eq!(entered.header("cache-control"), "no-store");
    assert!(is_in(&mut person));
    // The link is no use to anybody else, and neither is a made-up one.
    let made_up = format!("/sign-in/{}", "0".repeat(64));
    for link in [&link, &made_up, "/sign-in/x"] {
        let mut other = Person::new(service.to);
        let again = other.get(link);
        assert_eq!(again.status, 410, "{again:?}");
        assert!(again.body.contains("does not work any more"), "{again:?}");
        assert!(other.cookies.is_empty() && !is_in(&mut other));
    }
    assert!(is_in(&mut person), "the session stays");
}

#[test]
fn elsewhere_than_on_loopback_a_cookie_needs_tls() {
    let service = Service::begin();
    let link = service.link(USER);
    let headers = [("X-Forwarded-Proto", "https")];
    let entered = super::http::ask(service.to, "GET", &link, &headers, None).expect("an answer");
    let cookie = entered.header("set-cookie");
    assert!(cookie.starts_with("__Host-bao_session="), "{cookie}");
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"),
        "{cookie}"
    );
}

#[test]
fn a_link_ends_after_five_minutes_and_a_session_after_thirty_without_a_click() {
    let service = Service::begin();
    service.clock("2013-05-27 10:00");
    let (kept, late) = (service.link(USER), service.link(USER));
    service.clock("2013-05-27 10:04");
    let mut person = Person::new(service.to);
    person.get(&kept);
    assert!(is_in(&mut person));
    service.clock("2013-05-27 10:05");
    let mut other = Person::new(service.to);
    assert_eq!(other.get(&late).status, 410);
    // Each click begins the thirty minutes anew.
    for time in ["10:33", "11:02", "11:31"] {
        service.clock(&format!("2013-05-27 {time}"));
        assert!(is_in(&mut person), "{time}");
    }
    service.clock("2013-05-27 12:01");
    assert!(!is_in(&mut person));
    // A clock that goes back does not bring it back for long.
    service.clock("2013-05-27 10:30");
    assert!(!is_in(&mut person));
}

#[test]
fn a_session_ends_after_twelve_hours_of_clicks() {
    let service = Service::begin();
    service.clock("2013-05-27 06:00");
    let mut person = service.person(USER);
    for click in 0..=28 {
        let minutes = 6 * 60 + click * 25;
        let time = format!("{:02}:{:02}", minutes / 60, minutes % 60);
        service.clock(&format!("2013-05-27 {time}"));
        assert!(is_in(&mut person), "{time}");
    }
    service.clock("2013-05-27 18:01");
    assert!(!is_in(&mut person));
}

#[test]
fn signing_out_ends_the_session_for_good_and_takes_the_forms_token() {
    let service = Service::begin();
    let mut person = service.person(USER);
    let form = person.get("/").form("/sign-out");
    // Another site's form does not sign anybody out.
    let refused = person.post("/sign-out", &[]);
    assert_eq!(refused.status, 403, "{refused:?}");
    assert!(is_in(&mut person));
    let thief = person.clone();
    let out = person.post("/sign-out", &form);
    assert_eq!(out.status, 200);
    assert!(out.body.contains("You are signed out"), "{out:?}");
    assert!(
        out.header("set-cookie")
            .contains("bao_session=; Path=/; Max-Age=0"),
        "{out:?}"
    );
    assert!(person.cookies.is_empty());
    assert!(
        !is_in(&mut thief.clone()),
        "the old cookie is worth nothing"
    );
    // Once more is no error.
    assert_eq!(person.post("/sign-out", &form).status, 200);
}

#[test]
fn a_new_link_takes_the_place_of_the_old_session() {
    let service = Service::begin();
    let mut person = service.person(USER);
    let mut before = person.clone();
    person.get(&service.link(USER));
    assert!(is_in(&mut person));
    assert!(!is_in(&mut before));
}

#[test]
fn links_and_sessions_are_kept_as_hashes_only() {
    let service = Service::begin();
    let link = service.link(USER);
    let mut person = Person::new(service.to);
    person.get(&link);
    let secret = person.cookies["bao_session"].clone();
    let token = link.rsplit('/').next().expect("a token").to_owned();
    let kept = service.kept();
    assert!(!kept.is_empty());
    for hash in [&token, &secret].map(|text| blake3::hash(text.as_bytes()).to_hex().to_string()) {
        assert!(kept.contains(&hash), "{kept:?}");
    }
    assert!(
        !kept.contains(&token) && !kept.contains(&secret),
        "{kept:?}"
    );
}

#[test]
fn on_postgres_links_work_once_sessions_end_and_money_is_moved_once() {
    let service = Service::on_postgres();
    let link = service.link(USER);
    let mut person = Person::new(service.to);
    assert_eq!(location(&person.get(&link)), (303, "/"));
    assert_eq!(Person::new(service.to).get(&link).status, 410);
    let form = person.get("/move-in?amount=100").form("/move-in");
    let (first, again) = (
        person.post("/move-in", &form),
        person.post("/move-in", &form),
    );
    assert!(first.header("location").ends_with("?done=1"), "{first:?}");
    assert!(
        again.header("location").ends_with("?done=again"),
        "{again:?}"
    );
    assert!(person.get("/").body.contains(">4,900.00<"));
    service.clock("2013-05-27 10:20");
    assert!(is_in(&mut person));
    service.clock("2013-05-27 10:49");
    assert!(is_in(&mut person), "the click at 10:20 was noted");
    let form = person.get("/").form("/sign-out");
    let thief = person.clone();
    assert_eq!(person.post("/sign-out", &form).status, 200);
    assert!(!is_in(&mut thief.clone()));
}
