//! Rates, places, time, keys, and a graceful stop.

mod support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use ruixin_pay::Books;
use ruixin_pay::civil::Clock;
use ruixin_service::gate::Limits;
use ruixin_service::keys::Role;
use ruixin_service::store::{Migration, Store};
use serde_json::json;
use support::documented::serving;
use support::http::{Client, Reply};
use support::served::{Served, beside};
use support::{Database, block_on};

#[test]
fn a_key_is_held_to_its_rate_and_others_are_not() {
    let limits = Limits {
        per_second: 1,
        burst: 20,
        ..Limits::default()
    };
    serving(limits, |reader, writer, _| {
        let replies: Vec<Reply> = (0..40)
            .map(|_| reader.get("/v1/window").expect("an answer"))
            .collect();
        let limited: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 429).collect();
        assert!((15..=20).contains(&limited.len()), "{}", limited.len());
        assert_eq!(
            (
                limited[0].code().as_str(),
                limited[0].headers["retry-after"].as_str()
            ),
            ("rate-limited", "1")
        );
        assert_eq!(writer.get("/v1/window").expect("an answer").status, 200);
    });
}

#[test]
fn keys_that_are_none_cannot_be_tried_without_end() {
    serving(Limits::default(), |reader, _, _| {
        let replies = (0..300).map(|at| {
            let client = Client {
                key: format!("rx_{at}"),
                ..reader.clone()
            };
            client.get("/v1/window").expect("an answer").status
        });
        let statuses: Vec<u16> = replies.collect();
        assert!(statuses.contains(&429) && statuses[0] == 401 && !statuses.contains(&200));
    });
}

#[test]
fn too_much_at_once_is_shed_and_the_window_can_still_be_closed() {
    let limits = Limits {
        concurrent: 2,
        time: Duration::from_secs(8),
        ..Limits::default()
    };
    serving(limits, |reader, _, admin| {
        // Those that send half a body hold the places; one that finds none is told so at once, so there
        // are more of them until a reading is told, too.
        let bearer = format!("Authorization: Bearer {}", admin.key);
        let half = || {
            let mut stream = TcpStream::connect(reader.to).expect("a connection");
            let head = format!(
                "POST /v1/top-ups HTTP/1.1\r\nHost: x\r\n{bearer}\r\nContent-Type: application/json\r\n\
                 Idempotency-Key: h\r\nContent-Length: 100\r\n\r\n{{"
            );
            stream.write_all(head.as_bytes()).expect("sent");
            stream
        };
        let mut halves = Vec::new();
        let shed = loop {
            halves.push(half());
            std::thread::sleep(Duration::from_millis(20));
            let reply = reader.get("/v1/window").expect("an answer");
            if reply.status != 200 {
                break reply;
            }
            assert!(halves.len() < 200, "nothing is shed");
        };
        assert_eq!((shed.status, shed.code().as_str()), (503, "overloaded"));
        assert_eq!(shed.headers["retry-after"], "1");
        let frozen = admin
            .post("/v1/admin/window/freeze", "f", "")
            .expect("an answer");
        assert_eq!(frozen.status, 200, "{frozen:?}");
        // Who is slow is told so in time, and the places are free again.
        let mut answer = String::new();
        halves[0].read_to_string(&mut answer).ok();
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert_eq!(reader.get("/v1/window").expect("an answer").status, 200);
        let metrics = reader.get("/metrics").expect("an answer").body;
        let shed = metrics
            .lines()
            .find_map(|line| line.strip_prefix("ruixin_requests_shed_total "));
        assert!(
            shed.is_some_and(|shed| shed.parse::<u64>().is_ok_and(|shed| shed > 0)),
            "{metrics}"
        );
        assert!(metrics.contains("ruixin_pay_closed 1"));
        assert!(
            metrics.contains("route=\"/v1/window\",method=\"GET\",status=\"503\",le=\"+Inf\""),
            "{metrics}"
        );
    });
}

#[test]
fn a_revoked_key_is_none_and_a_key_is_nowhere_in_the_store() {
    block_on(async {
        let database = Database::sqlite();
        let served = Served::begin(database.books().await, Limits::default()).await;
        let client = served.client(Role::Reader).await;
        let rows = served.books.store().read(async |tx| {
            tx.rows("SELECT id, name, role, hash FROM api_key", vec![])
                .await
        });
        let row = rows.await.expect("rows").remove(0);
        assert!(!client.key.contains(&row.text(3).expect("text")[..16]));
        let id = row.text(0).expect("text").to_owned();
        assert!(
            ruixin_service::keys::revoke(served.books.store(), &id)
                .await
                .expect("revoked")
        );
        let status = beside(move || client.get("/v1/window").expect("an answer").status).await;
        assert_eq!(status, 401);
        served.end().await;
    });
}

#[test]
fn a_service_that_stops_finishes_what_is_under_way() {
    block_on(async {
        let database = Database::sqlite();
        let served = Served::begin(database.books().await, Limits::default()).await;
        let client = served.client(Role::Writer).await;
        let to = served.to;
        let asking = beside(move || {
            let mut stream = TcpStream::connect(to).expect("a connection");
            let body = json!({"owner": "user", "name": "a"}).to_string();
            let head = format!(
                "POST /v1/accounts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
                 Idempotency-Key: h\r\nContent-Length: {}\r\n\r\n",
                client.key,
                body.len()
            );
            stream.write_all(head.as_bytes()).expect("sent");
            // Its head has been read when another request is answered that came after it.
            client.get("/healthz").expect("an answer");
            (stream, body)
        });
        let (mut stream, body) = asking.await;
        let ending = tokio::spawn(served.end());
        let answer = beside(move || {
            while TcpStream::connect(to).is_ok() {
                std::thread::sleep(Duration::from_millis(5));
            }
            stream.write_all(body.as_bytes()).expect("sent");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("read");
            answer
        });
        assert!(answer.await.starts_with("HTTP/1.1 201"));
        ending.await.expect("it ends");
        assert!(TcpStream::connect(to).is_err(), "nobody listens any more");
    });
}

/// A schema that the address names is made where there is none, and holds all of the books.
#[test]
fn the_schema_of_the_address_is_made_where_there_is_none() {
    let database = Database::postgres();
    let address = format!("{}&schema=wallet", database.address());
    block_on(async {
        for _ in 0..2 {
            let books = Books::open(&address, Clock::default()).await;
            let books = books.expect("books");
            let read = books.store().read(async |tx| {
                let sql = "SELECT CAST(schemaname AS TEXT) FROM pg_tables WHERE tablename = 'flow'";
                tx.rows(sql, vec![]).await
            });
            let rows = read.await.expect("rows");
            assert_eq!(rows.len(), 1);
            assert_eq!(rows[0].text(0), Ok("wallet"));
        }
        let odd = format!("{}&schema=a;b", database.address());
        let odd = Books::open(&odd, Clock::default()).await;
        let said = odd.expect_err("a name that is none").to_string();
        assert!(said.contains("letters, digits, - and _"), "{said}");
    });
}

/// The id of a key is told with it, in the list and in the log; a key alone founds no books.
#[test]
fn a_key_is_listed_logged_and_revoked_by_its_id() {
    let database = Database::sqlite();
    let store = database.address();
    let said = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_ruixin-pay"))
            .args(arguments)
            .env("RUIXIN_PAY_STORE", &store)
            .output()
            .expect("it runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        (
            text(output.stdout),
            text(output.stderr),
            output.status.code(),
        )
    };
    let made = said(&["key", "--name", "app", "--role", "reader"]);
    let key = made.0.trim().to_owned();
    let id = ruixin_service::keys::id(&key);
    let new = "ruixin-pay: there was no store of a wallet at this address: it was made";
    assert_eq!(made.1, format!("{new}\nid {id} (for revoke)\n"));
    let listed = said(&["keys"]).0;
    assert!(
        listed.starts_with(&id) && listed.ends_with("good     app\n"),
        "{listed}"
    );

    // The clock of the service, and not the computer's, says since when it is open.
    let log = tempfile::NamedTempFile::new().expect("a file");
    let mut child = Command::new(env!("CARGO_BIN_EXE_ruixin-pay"))
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--clock",
            "2013-05-27T07:30:00",
        ])
        .env("RUIXIN_PAY_STORE", &store)
        .stdout(Stdio::piped())
        .stderr(log.reopen().expect("a file"))
        .spawn()
        .expect("it runs");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("it is piped");
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    let to = line
        .trim()
        .strip_prefix("listening on ")
        .expect("an address");
    let client = Client {
        to: to.parse().expect("an address"),
        key,
        language: "en",
    };
    let window = client.get("/v1/window").expect("an answer").json();
    let since = window["since"].as_str().expect("a time");
    assert!(since.starts_with("2013-05-27 07:30:"), "{since}");
    drop(child.kill());
    drop(child.wait());
    let logged = std::fs::read_to_string(log.path()).expect("a log");
    let line = logged.lines().find(|line| line.contains("/v1/window"));
    let line = line.expect("a line of the request");
    assert!(line.contains(&format!("\"key_id\":\"{id}\"")), "{line}");
    assert!(!logged.contains(&client.key), "{logged}");

    assert_eq!(said(&["revoke", &id]).2, Some(0));
    assert!(said(&["keys"]).0.contains("  revoked  app"));
    let nobody = said(&["revoke", "key_0"]);
    assert_eq!(nobody.2, Some(1));
    assert!(
        nobody.1.contains("`ruixin-pay keys` lists their ids"),
        "{}",
        nobody.1
    );
}

/// A store that is mistyped is told of, and not made: neither a file nor tables in another's database.
#[test]
fn keys_of_no_store_are_neither_listed_nor_revoked_and_none_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let other = format!("sqlite:{}", folder.path().join("other.db").display());
    let foreign = Migration {
        set: "foreign",
        number: 1,
        sqlite: "CREATE TABLE one (two BIGINT)",
        postgres: "SELECT 1",
    };
    block_on(async { drop(Store::open(&other, &[foreign]).await.expect("a store")) });
    let postgres = Database::postgres();
    let missing = folder.path().join("mistyped.db");
    let places = [
        missing.display().to_string(),
        other.clone(),
        postgres.address(),
        format!("{}&schema=mistyped", postgres.address()),
    ];
    for place in places {
        for arguments in [&["keys"][..], &["revoke", "key_0"]] {
            let output = Command::new(env!("CARGO_BIN_EXE_ruixin-pay"))
                .args(arguments)
                .env("RUIXIN_PAY_STORE", &place)
                .output()
                .expect("it runs");
            let said = String::from_utf8(output.stderr).expect("text");
            assert_eq!(output.status.code(), Some(1), "{said}");
            assert!(said.contains("there is no store of a wallet"), "{said}");
        }
    }
    assert!(!missing.exists());
    block_on(async {
        for (place, set) in [(&other, "pay"), (&postgres.address(), "service")] {
            assert_eq!(Store::holds(place, set).await, Ok(false), "{set}");
        }
        assert_eq!(Store::holds(&other, "foreign").await, Ok(true));
    });
}
