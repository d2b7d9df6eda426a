//! What is read, in which language, while the service is open and while it is not; errors as pages.

use serde_json::json;

use super::http::{Person, Reply, ask};
use super::service::Service;

const PAGES: [&str; 6] = ["/", "/bills", "/top-up", "/pay", "/transfer", "/withdraw"];
const FORMS: [&str; 4] = ["/top-up", "/pay", "/transfer", "/withdraw"];

fn lines(page: &Reply) -> usize {
    page.body.matches("class=\"line\"").count()
}

#[test]
fn every_page_speaks_the_language_that_was_chosen_last() {
    let service = Service::begin();
    let mut person = service.person(&service.user);
    for path in PAGES {
        person.get(path).is_page(200, "<html lang=\"en\">");
    }
    person.language = "zh-CN,zh;q=0.9";
    person.get("/").is_page(200, "可用余额（元）");
    let chosen = person.get("/bills?kind=top-up&lang=en");
    chosen.is_page(200, "<html lang=\"en\">");
    assert!(
        chosen
            .body
            .contains("href=\"/bills?kind=top-up&amp;lang=zh\""),
        "{chosen:?}"
    );
    let cookie = chosen.header("set-cookie");
    assert!(cookie.starts_with("pay_lang=en; Path=/; "), "{cookie}");
    person.get("/").is_page(200, "<html lang=\"en\">");
    person.get("/?lang=zh");
    for path in PAGES {
        person.get(path).is_page(200, "<html lang=\"zh-CN\">");
    }
}

#[test]
fn the_home_page_shows_what_one_has_and_what_happened_last() {
    let service = Service::begin();
    let hold = json!({"account": service.user, "amount": "12.34", "memo": "a deposit"});
    service.did("/v1/holds", &hold);
    let mut person = service.person(&service.user);
    let home = person.get("/");
    for says in [
        "id=\"balance\">4,987.66<",
        "id=\"frozen\">12.34<",
        "id=\"in-all\">5,000.00<",
        "王芳",
        "a deposit",
        "+5,000.00",
    ] {
        assert!(home.body.contains(says), "{says}: {home:?}");
    }
    assert_eq!(lines(&home), 2);
}

#[test]
fn whoever_is_not_signed_in_is_told_how_to_get_in() {
    let service = Service::begin();
    let mut stranger = Person::new(service.to);
    for path in PAGES {
        stranger
            .get(path)
            .is_page(401, "Open the wallet in the Ruixin payment app");
    }
    stranger.language = "zh";
    stranger.get("/bills/1").is_page(401, "您尚未登录");
    stranger.get("/status").is_page(200, "服务正常");
    let sheet = stranger.get("/style.css");
    assert_eq!(sheet.header("content-type"), "text/css; charset=utf-8");
    assert_eq!(
        stranger.get("/icon.svg").header("content-type"),
        "image/svg+xml"
    );
}

#[test]
fn nobody_sees_anothers_bills() {
    let service = Service::begin();
    let sent = json!({
        "payer": service.user, "payee": service.other, "amount": "7.77", "memo": "for the tickets",
    });
    let sent = service.did("/v1/transfers", &sent);
    let serial = |at: usize| {
        sent["movements"][at]["serial"]
            .as_str()
            .expect("a serial")
            .to_owned()
    };
    let (mut payer, mut payee) = (
        service.person(&service.user),
        service.person(&service.other),
    );
    let (out, into) = (
        format!("/bills/{}", serial(0)),
        format!("/bills/{}", serial(1)),
    );
    payer.get(&out).is_page(200, "−7.77");
    let got = payee.get(&into);
    got.is_page(200, "+7.77");
    // Who sent it is recognised, and no more.
    assert!(
        got.body.contains("王*") && !got.body.contains("王芳"),
        "{got:?}"
    );
    assert!(!got.body.contains(&service.user), "{got:?}");
    for (person, path) in [(&mut payer, &into), (&mut payee, &out)] {
        person.get(path).is_page(404, "There is no such page");
    }
    // Not by the API's addresses either: a session is no key.
    let refused = payer.get(&format!("/v1/accounts/{}", service.user));
    assert_eq!(refused.status, 401, "{refused:?}");
    let all = payee.get("/bills");
    assert_eq!(lines(&all), 2, "{all:?}");
    assert!(!all.body.contains(&serial(0)), "{all:?}");
}

#[test]
fn while_closed_reads_go_on_and_every_form_answers_with_the_notice() {
    let service = Service::begin();
    let mut person = service.person(&service.user);
    let page = person.get("/top-up?amount=100&bank=CMB");
    let form = page.form("/top-up");
    let before = service.has(&service.user);
    service.close("Move <of> the books", "账务系统升级");
    let home = "4,";
    for (language, says, title) in [
        (
            "en",
            "Move &lt;of&gt; the books",
            "Moving money is closed for now",
        ),
        ("zh", "账务系统升级", "资金划转暂停服务"),
    ] {
        person.language = language;
        for path in ["/", "/bills"] {
            let page = person.get(path);
            page.is_page(200, says);
            for form in FORMS {
                assert!(
                    !page.body.contains(&format!("href=\"{form}\"")),
                    "{path} {form}"
                );
            }
        }
        for path in FORMS {
            let page = person.get(path);
            page.is_page(503, says);
            assert!(!page.body.contains("name=\"amount\""), "{page:?}");
            let refused = person.post(path, &form);
            refused.is_page(503, says);
            assert!(refused.body.contains(title), "{refused:?}");
            let seconds: u64 = refused.header("retry-after").parse().expect("seconds");
            // From shortly after ten until four, in the story.
            assert!((1..=6 * 3_600).contains(&seconds), "{seconds}");
        }
        let status = person.get("/status");
        status.is_page(200, says);
        assert!(status.body.contains(title), "{status:?}");
    }
    assert_eq!(service.has(&service.user), before);
    // Signing in and out goes on.
    drop(service.person(&service.other));
    service.reopen();
    person.language = "en";
    let again = person.get("/");
    assert!(
        !again.body.contains("Move &lt;") && !again.body.contains(&format!(">{home}")),
        "{again:?}"
    );
    // The same form goes through then.
    assert_eq!(person.post("/top-up", &form).status, 303);
}

#[test]
fn errors_are_pages_where_people_are_and_problems_where_programs_are() {
    let service = Service::begin();
    let mut person = service.person(&service.user);
    person.get("/nowhere").is_page(404, "There is no such page");
    for serial in ["nothing", "1", &"9".repeat(22), "%00", "%ff"] {
        let page = person.get(&format!("/bills/{serial}"));
        assert!(matches!(page.status, 400 | 404), "{page:?}");
        page.is_page(page.status, "<h1>");
    }
    let method = person.post("/bills", &[]);
    method.is_page(405, "not used that way");
    assert!(method.header("allow").contains("GET"), "{method:?}");
    let large = person.post_text("/pay", &"a".repeat(64 * 1024));
    large.is_page(413, "That was too much");
    for query in [
        "cursor=made-up",
        "cursor=1.2",
        "kind=all",
        "month=2013-13",
        "month=05",
    ] {
        person
            .get(&format!("/bills?{query}"))
            .is_page(400, "The request cannot be read");
    }
    person.language = "zh";
    person.get("/nowhere").is_page(404, "页面不存在");
    for path in ["/v1/nowhere", "/v2/x"] {
        let problem = person.get(path);
        assert_eq!(
            problem.header("content-type"),
            "application/problem+json",
            "{problem:?}"
        );
    }
    let odd = "/bills?cursor=%ff%fe&lang=%00";
    let odd = ask(service.to, "GET", odd, &[], None).expect("an answer");
    odd.is_page(401, "You are not signed in");
}

#[test]
fn who_clicks_without_end_is_asked_to_wait_and_others_are_not() {
    let service = Service::slow();
    let (mut person, mut other) = (
        service.person(&service.user),
        service.person(&service.other),
    );
    let slow = (0..1_000)
        .map(|_| person.get("/bills"))
        .find(|page| page.status != 200);
    let slow = slow.expect("there is a limit");
    slow.is_page(429, "That was too fast");
    assert_eq!(other.get("/bills").status, 200);
}

/// Goes through all pages of a list, and gives the memos in order.
fn turned(person: &mut Person, query: &str) -> (usize, Vec<String>) {
    let mut path = format!("/bills?{query}");
    let (mut pages, mut seen) = (0, Vec::new());
    loop {
        let page = person.get(&path);
        page.is_page(200, "<h1");
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
            return (pages, seen);
        };
        path = next.replace("&amp;", "&");
    }
}

#[test]
fn bills_are_turned_page_by_page_and_chosen_by_kind_and_month() {
    let service = Service::begin();
    for number in 1..=45 {
        let memo = format!("no-{number:02}");
        let moved = match number % 3 {
            0 => json!({"account": service.user, "amount": "1", "channel": "CMB", "memo": memo}),
            _ => {
                json!({"payer": service.user, "payee": service.other, "amount": "1", "memo": memo})
            }
        };
        let path = if number % 3 == 0 {
            "/v1/top-ups"
        } else {
            "/v1/transfers"
        };
        service.did(path, &moved);
    }
    let all: Vec<String> = (1..=45)
        .rev()
        .map(|number| format!("{number:02}"))
        .collect();
    let of = |is_top_up: bool| -> Vec<String> {
        let is_wanted =
            |memo: &&String| (memo.parse::<u32>().expect("a number") % 3 == 0) == is_top_up;
        all.iter().filter(is_wanted).cloned().collect()
    };
    let mut person = service.person(&service.user);
    assert_eq!(turned(&mut person, ""), (3, all.clone()));
    assert_eq!(turned(&mut person, "month=2013-05&kind="), (3, all.clone()));
    assert_eq!(turned(&mut person, "kind=transfer"), (2, of(false)));
    assert_eq!(
        turned(&mut person, "kind=top-up&month=2013-05"),
        (1, of(true))
    );
    assert_eq!(turned(&mut person, "kind=refund"), (1, Vec::new()));
    assert_eq!(turned(&mut person, "month=2013-04"), (1, Vec::new()));
    let none = person.get("/bills?month=2013-04");
    none.is_page(200, "There are no such bills.");
    assert!(
        none.body
            .contains("<option value=\"2013-05\">May 2013</option>"),
        "{none:?}"
    );
}

#[test]
fn a_payment_that_was_given_back_says_so() {
    let service = Service::begin();
    let paid = json!({
        "payer": service.user, "merchant": service.shop, "amount": "30", "coupon": "5", "title": "two books",
    });
    let paid = service.did("/v1/payments", &paid);
    let order = paid["order"]["order_id"].as_str().expect("an order");
    let serial = paid["movements"][0]["serial"].as_str().expect("a serial");
    let mut person = service.person(&service.user);
    let whole = person.get(&format!("/bills/{serial}"));
    for says in [
        "Payment",
        "−25.00",
        "鑫源图书城",
        "The house added",
        "two books",
        order,
    ] {
        assert!(whole.body.contains(says), "{says}: {whole:?}");
    }
    service.did(
        &format!("/v1/payments/{order}/refunds"),
        &json!({"amount": "10"}),
    );
    let less = person.get(&format!("/bills/{serial}"));
    for says in [
        "Partly refunded",
        "Given back so far",
        "Of the same order",
        "+10.00",
    ] {
        assert!(less.body.contains(says), "{says}: {less:?}");
    }
}

#[test]
fn imported_bills_are_in_one_group_and_one_month_each_whatever_their_codes_meant() {
    let service = Service::imported();
    let mut person = service.person(&service.user);
    let all = usize::try_from(service.has(&service.user).2).expect("a number");
    let page = person.get("/bills");
    let choices = |name: &str| -> Vec<String> {
        let select = page.body.split(&format!("name=\"{name}\">")).nth(1);
        let select = select.and_then(|text| text.split("</select>").next());
        let options = select.expect("a select").split("<option value=\"").skip(1);
        let values = options.filter_map(|text| text.split('"').next());
        values
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let mut counted = |query: &str| {
        let (mut path, mut count) = (format!("/bills?{query}"), 0);
        loop {
            let page = person.get(&path);
            page.is_page(200, "<h1");
            count += lines(&page);
            let next = page.body.split("rel=\"next\" href=\"").nth(1);
            let Some(next) = next.and_then(|text| text.split('"').next()) else {
                return count;
            };
            path = next.replace("&amp;", "&");
        }
    };
    assert!(all > 20, "{all}");
    assert_eq!(counted(""), all);
    let groups = choices("kind");
    let of_groups: Vec<usize> = groups
        .iter()
        .map(|key| counted(&format!("kind={key}")))
        .collect();
    assert_eq!(
        of_groups.iter().sum::<usize>(),
        all,
        "{groups:?} {of_groups:?}"
    );
    let months = choices("month");
    let of_months: Vec<usize> = months
        .iter()
        .map(|key| counted(&format!("month={key}")))
        .collect();
    assert_eq!(
        of_months.iter().sum::<usize>(),
        all,
        "{months:?} {of_months:?}"
    );
}
