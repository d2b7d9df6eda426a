//! The books and the store of keys read one address alike.

use ruixin_bao_service::Books;
use ruixin_bao_service::clock::Clock;
use ruixin_bao_store::{Store, StoreError};
use ruixin_service::store::{Store as Keys, StoreError as KeysError};

use crate::postgres::{PASSWORD, Postgres};
use crate::support::terms;
use crate::web::{FIRST_DAY, aside, block_on};

/// A name of a schema is fit for both or for none.
#[test]
fn books_and_keys_take_the_same_names_of_schemas() {
    let long = "s".repeat(63);
    let longer = "s".repeat(64);
    let table = [
        ("bao_1", true),
        ("Bao", true),
        ("select", true),
        ("bao-1", true),
        ("账簿", true),
        (long.as_str(), true),
        (longer.as_str(), false),
        ("", false),
        ("a b", false),
        ("a;b", false),
        ("a\"b", false),
        ("a%20b", false),
        ("a,b", false),
        ("a\\b", false),
    ];
    for (name, is_fit) in table {
        // Nobody listens there, so a fit name is one that is not refused for itself.
        let address = format!("postgres://teller:s3cret@127.0.0.1:1/x?schema={name}");
        let books = Store::open(&address).err().unwrap();
        let is_refused = matches!(books, StoreError::Address { .. });
        assert_eq!(is_refused, !is_fit, "{name}: {books}");
        assert!(!books.to_string().contains("s3cret"), "{books}");
        let keys = block_on(Keys::open(&address, &[])).err().unwrap();
        let is_refused = matches!(keys, KeysError::Address(_));
        assert_eq!(is_refused, !is_fit, "{name}: {keys}");
    }
}

/// Whatever the schema is called, keys lie where the books are; so they do in a file of either spelling.
#[test]
fn keys_are_kept_where_the_books_are() {
    let server = Postgres::start("");
    let folder = tempfile::tempdir().unwrap();
    let url = server.tcp_url("teller", PASSWORD);
    let path = folder.path().join("bao.db");
    for (address, same) in [
        (format!("{url}?schema=Bao-1"), format!("{url}?schema=Bao-1")),
        (
            format!("sqlite:{}", path.display()),
            path.display().to_string(),
        ),
        (
            format!("sqlite://{}", path.display()),
            path.display().to_string(),
        ),
    ] {
        let at = address.clone();
        aside(move || drop(Store::create(&at, terms(FIRST_DAY)).unwrap()));
        block_on(async {
            drop(Books::open(&address, Clock::default()).await.unwrap());
            assert_eq!(Keys::holds(&same, "service").await, Ok(true), "{address}");
        });
        aside(move || drop(Store::open(&same).unwrap()));
    }
    let schemas = "SELECT string_agg(DISTINCT schemaname, ',') FROM pg_tables \
                   WHERE tablename IN ('api_key', 'voucher')";
    assert_eq!(server.psql(schemas).trim(), "Bao-1");
}
