//! What is read, in which language, while the service is open and while it is not; errors as pages.

use serde_json::json;

use super::http::{Person, ask};
use super::service::{Service, USER};

const PAGES: [&str; 7] = [
    "/",
    "/bills",
    "/incomes",
    "/statement",
    "/move-in",
    "/move-out",
    "/pay",
];

#[test]
fn every_page_speaks_the_language_that_was_chosen_last() {
    let service = Service::begin();
    let mut person = service.person(USER);
    for path in PAGES {
        person.get(path).is_page(200, "<html lang=\"en\">");
    }
    person.language = "zh-CN,zh;q=0.9";
    person.get("/").is_page(200, "昨日收益");
    let chosen = person.get("/bills?lang=en");
    chosen.is_page(200, "<html lang=\"en\">");
    assert_eq!(
        chosen.header("set-cookie"),
        "bao_lang=en; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly"
    );
    person.get("/").is_page(200, "<html lang=\"en\">");
    person.get("/?lang=zh");
    for path in PAGES {
        person.get(path).is_page(200, "<html lang=\"zh-CN\">");
    }
}

#[test]
fn whoever_is_not_signed_in_is_told_how_to_get_in() {
    let service = Service::begin();
    let mut stranger = Person::new(service.to);
    for path in PAGES {
        stranger
            .get(path)
            .is_page(401, "Open Ruixin Bao in the Ruixin payment app");
    }
    stranger.language = "zh";
    stranger.get("/orders/1").is_page(401, "您尚未登录");
    stranger.get("/status").is_page(200, "服务正常");
}

#[test]
fn the_style_sheet_is_kept_under_a_name_of_its_own() {
    let service = Service::begin();
    let mut person = Person::new(service.to);
    let page = person.get("/");
    let path = page
        .body
        .split("rel=\"stylesheet\" href=\"")
        .nth(1)
        .expect("a sheet");
    let path = path.split('"').next().expect("it ends").to_owned();
    assert!(
        path.starts_with("/style.css?v=") && path.len() > 20,
        "{path}"
    );
    for (path, kind) in [
        (path.as_str(), "text/css; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
    ] {
        let sheet = person.get(path);
        assert_eq!((sheet.status, sheet.header("content-type")), (200, kind));
        assert_eq!(
            sheet.header("cache-control"),
            "public, max-age=31536000, immutable"
        );
        assert!(
            !sheet.body.contains("url(") && !sheet.body.contains("@import"),
            "nothing from elsewhere"
        );
    }
}

#[test]
fn while_closed_reads_go_on_and_money_stands_still() {
    let service = Service::begin();
    let mut person = service.person(USER);
    let page = person.get("/move-in?amount=100");
    let form = page.form("/move-in");
    service.close("Upgrade <of> the ledger", "账务系统升级");
    for (language, says, title) in [
        (
            "en",
            "Upgrade &lt;of&gt; the ledger",
            "Moving money is closed for now",
        ),
        ("zh", "账务系统升级", "资金划转暂停服务"),
    ] {
        person.language = language;
        for path in ["/", "/bills", "/incomes", "/statement"] {
            let page = person.get(path);
            page.is_page(200, says);
            for way in ["href=\"/move-in\"", "href=\"/move-out\"", "href=\"/pay\""] {
                assert!(!page.body.contains(way), "{path} {way}");
            }
        }
        for path in ["/move-in", "/move-out", "/pay"] {
            let page = person.get(path);
            page.is_page(503, says);
            assert!(!page.body.contains("name=\"amount\""), "{page:?}");
            let refused = person.post(path, &form);
            refused.is_page(503, says);
            assert!(refused.body.contains(title), "{refused:?}");
            let seconds: u64 = refused.header("retry-after").parse().expect("seconds");
            assert!(seconds > 0);
        }
        let status = person.get("/status");
        status.is_page(200, says);
        assert!(status.body.contains(title), "{status:?}");
    }
    service.reopen();
    person.language = "en";
    let home = person.get("/");
    assert!(
        !home.body.contains("Upgrade") && home.body.contains(">5,000.00<"),
        "{home:?}"
    );
    assert_eq!(
        person.post("/move-in", &form).status,
        303,
        "the same form goes through then"
    );
}

#[test]
fn errors_are_pages_where_people_are_and_problems_where_programs_are() {
    let service = Service::begin();
    let mut person = service.person(USER);
    person.get("/nowhere").is_page(404, "There is no such page");
    person
        .get("/orders/nothing")
        .is_page(404, "There is no such page");
    person
        .get(&format!("/orders/{}", "0f".repeat(16)))
        .is_page(404, "There is no such page");
    let method = person.post("/bills", &[]);
    method.is_page(405, "not used that way");
    assert!(method.header("allow").contains("GET"), "{method:?}");
    let large = person.post_text("/move-in", &"a".repeat(64 * 1024));
    large.is_page(413, "That was too much");
    person
        .get("/bills?cursor=made-up")
        .is_page(400, "The request cannot be read");
    for query in [
        "from=2013-05-28&until=2013-05-27",
        "from=x&until=y",
        "from=2013-02-30",
    ] {
        person
            .get(&format!("/statement?{query}"))
            .is_page(422, "as 2013-05-27");
    }
    person
        .get("/statement?from=2011-01-01&until=2013-05-27")
        .is_page(422, "366 days");
    person.language = "zh";
    person.get("/nowhere").is_page(404, "页面不存在");
    person
        .post("/bills", &[])
        .is_page(405, "该地址不支持此操作");
    let problem = person.get("/v1/nowhere");
    assert_eq!(
        problem.header("content-type"),
        "application/problem+json",
        "{problem:?}"
    );
    // Bytes that are no text are no page either, and no panic.
    let odd = ask(
        service.to,
        "GET",
        "/bills?cursor=%ff%fe&lang=%00",
        &[],
        None,
    )
    .expect("an answer");
    odd.is_page(401, "You are not signed in");
}

#[test]
fn who_clicks_without_end_is_asked_to_wait_and_others_are_not() {
    let service = Service::begin();
    let (mut person, mut other) = (service.person(USER), service.person(super::service::OTHER));
    let slow = (0..1_000)
        .map(|_| person.get("/bills"))
        .find(|page| page.status != 200);
    let slow = slow.expect("there is a limit");
    slow.is_page(429, "That was too fast");
    let seconds: u64 = slow.header("retry-after").parse().expect("seconds");
    assert!(seconds > 0);
    assert_eq!(other.get("/bills").status, 200);
}

#[test]
fn bills_are_turned_page_by_page_and_each_is_on_one_of_them() {
    let service = Service::begin();
    for number in 1..=45 {
        let memo = format!("no-{number:02}");
        let top_up = json!({"user": "6001", "amount": "1", "memo": memo});
        assert_eq!(service.api("/v1/top-ups", &top_up).status, 201);
    }
    let mut person = service.person(USER);
    let mut path = "/bills".to_owned();
    let mut seen = Vec::new();
    let mut pages = 0;
    loop {
        let page = person.get(&path);
        page.is_page(200, "May 2013");
        assert_eq!(
            page.body.contains("Back to the latest"),
            pages > 0,
            "{path}"
        );
        pages += 1;
        let memos = page.body.split(" · no-").skip(1);
        seen.extend(memos.map(|text| text.chars().take(2).collect::<String>()));
        let next = page.body.split("rel=\"next\" href=\"").nth(1);
        let Some(next) = next.and_then(|text| text.split('"').next()) else {
            break;
        };
        path = next.to_owned();
    }
    assert_eq!(pages, 3);
    assert_eq!(seen.len(), 45, "{seen:?}");
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 45, "{seen:?}");
}

#[test]
fn a_statement_shows_both_accounts_and_adds_up() {
    let service = Service::begin();
    let mut person = service.person(USER);
    let form = person.get("/move-in?amount=1500").form("/move-in");
    assert_eq!(person.post("/move-in", &form).status, 303);
    let page = person.get("/statement?from=2013-05-27&until=2013-05-27");
    page.is_page(200, "User 6001");
    for says in [
        "Wallet balance",
        "In Ruixin Bao",
        "+5,000.00",
        "−1,500.00",
        "3,500.00",
        "Opening balance",
        "Closing balance",
    ] {
        assert!(page.body.contains(says), "{says}: {page:?}");
    }
    let empty = person.get("/statement?from=2013-05-26&until=2013-05-26");
    empty.is_page(200, "Nothing was booked on these days.");
}
