//! A person with a browser, across the move: signed in at the wallet, told of the window in both languages, and at
//! the new system afterwards with all that was there.

use crate::browser::{Browser, Setup};
use crate::database::in_databases;
use crate::http::ask;
use crate::place::{Place, told};
use ruixin_history::{Format, History};
use ruixin_live::{Door, Fund, Wallet, bring_in};
use serde_json::{Value, json};
use std::fs;
use std::net::SocketAddr;

const RECORDS: u64 = 3_000;
const SEED: u64 = 20_130_527;

/// What the notices say, with the language that a page says it in.
const NOTICES: [(&str, &str, &str); 2] = [
    ("zh", "zh-CN", "账务系统迁移"),
    ("en", "en", "Move of the books"),
];

/// Asks for what must be done, and gives the answer.
fn did(to: SocketAddr, key: &str, path: &str, body: &Value) -> Value {
    let (bearer, body) = (format!("Bearer {key}"), body.to_string());
    let id = format!("{}-{}", path.replace('/', "-"), body.len());
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ("Idempotency-Key", id.as_str()),
    ];
    let reply = ask(to, "POST", path, &headers, Some(&body)).unwrap();
    assert!(matches!(reply.status, 200 | 201), "{path}: {reply:?}");
    serde_json::from_str(&reply.body).unwrap()
}

/// Tells people at a service why it is closed.
fn tell(to: SocketAddr, key: &str) {
    for (language, _, subject) in NOTICES {
        let notice = json!({
            "language": language, "kind": "stop", "subject": subject, "text": "08:00 – 16:00",
            "fields": {"until": "2013-05-27T16:00:00+08:00"},
        });
        did(to, key, "/v1/admin/notices", &notice);
    }
}

/// A person at a browser, at one service after the other.
struct Person(Browser);

impl Person {
    fn go(&self, to: SocketAddr, path: &str) {
        self.0.go(&format!("http://{to}{path}"));
    }

    /// Looks at a home page in both languages, and ends with the one it began with: what the figure says
    /// that has an id, and whether the service is closed.
    fn sees(&self, figure: &str, has: &str, is_closed: bool) {
        for (_, tag, subject) in NOTICES {
            let page = &self.0;
            assert_eq!(page.value("document.documentElement.lang"), tag);
            assert_eq!(page.text(figure), has, "{tag}");
            assert_eq!(page.count(".notice"), usize::from(is_closed), "{tag}");
            assert_eq!(page.count(".deeds"), usize::from(!is_closed), "{tag}");
            if is_closed {
                let says = page.text(".notice");
                assert!(says.starts_with(subject), "{says}");
            }
            page.follow(".top a[hreflang]");
        }
    }
}

/// Opens somebody's account at the wallet, with some money, and gives its number.
fn somebody(wallet: &Wallet) -> String {
    let (to, key) = (wallet.address(), wallet.writer_key());
    let opens = json!({"owner": "user", "name": "王芳", "channel": "ICBC"});
    let opened = did(to, key, "/v1/accounts", &opens);
    let account = opened["account"].as_str().unwrap().to_owned();
    let fills = json!({"account": account, "amount": "1234.56", "channel": "ICBC"});
    did(to, key, "/v1/top-ups", &fills);
    account
}

#[test]
fn somebody_with_a_browser_goes_on_at_the_new_system_with_what_there_was() {
    let place = Place::empty();
    let old = place.path().join("old");
    let history = History::new(SEED, RECORDS).unwrap();
    history.write(&old, Format::Csv, 2, &|_| {}).unwrap();
    let inside = |name: &str| place.path().join(name).display().to_string();
    bring_in(&inside("pay.db"), &old, SEED, 2, &|_| {}).unwrap();
    let (pay_door, bao_door) = (Door::find().unwrap(), Door::find().unwrap());
    let wallet = Wallet::open(&inside("pay.db"), "2013-05-27T07:30:00", &pay_door).unwrap();
    let account = somebody(&wallet);
    let link = |to: SocketAddr, key: &str, of: &str| {
        let made = did(to, key, &format!("/v1/{of}/{account}/sign-ins"), &json!({}));
        made["path"].as_str().unwrap().to_owned()
    };

    // Before the freeze: signed in at the wallet, on a phone without scripts.
    let person = Person(Browser::start(Setup::PHONE));
    let pay = wallet.address();
    person.go(pay, &link(pay, wallet.writer_key(), "accounts"));
    person.sees("#balance", "1,234.56", false);

    // In the window: told so, and the balance is there.
    tell(pay, pay_door.key());
    let freeze = json!({"step": "freeze"});
    did(pay, pay_door.key(), "/v1/admin/window/freeze", &freeze);
    person.go(pay, "/");
    person.sees("#balance", "1,234.56", true);

    // The books are converted and verified, and the new system takes them over. It is closed still.
    let plan = in_databases("sqlite://pay.db", "sqlite://ledger.db");
    fs::write(place.path().join("crossfoot.toml"), plan).unwrap();
    for command in ["convert", "verify"] {
        let output = place.run(&[command]);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{command}: {}",
            told(&output)
        );
    }
    let (books, ledger) = (inside("bao.db"), inside("ledger.db"));
    let (first, at) = ("2013-05-27", "2013-05-27T08:00:00");
    let fund = Fund::found(&books, &ledger, first, at, None, &bao_door).unwrap();
    fund.open_with(&ledger).unwrap();
    let bao = fund.address();
    tell(bao, bao_door.key());
    person.go(bao, &link(bao, fund.writer_key(), "users"));
    person.sees("#total", "1,234.56", true);

    // GO: it opens, and all is there, on its way into the fund. The wallet stays closed.
    let release = json!({"step": "release"});
    did(bao, bao_door.key(), "/v1/admin/window/open", &release);
    person.go(bao, "/");
    person.sees("#total", "1,234.56", false);
    assert_eq!(person.0.text("#coming"), "1,234.56");
    person.go(pay, "/");
    person.sees("#balance", "1,234.56", true);
}
