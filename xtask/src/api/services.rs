//! The services that are tried, one entry each.

/// Is a service as this command knows it.
pub(super) struct Service {
    /// Its program, and the package that brings it.
    pub(super) name: &'static str,
    pub(super) package: &'static str,
    /// The variable that names its store.
    pub(super) store: &'static str,
    /// Tables of a PostgreSQL that it takes its books over from, and how it is told to: their address
    /// comes last.
    pub(super) taken_over: Option<(&'static str, &'static [&'static str])>,
    /// What founds its books, where that is a command of its own.
    pub(super) found: &'static [&'static str],
    /// What makes a key that may do everything, and prints it.
    pub(super) key: &'static [&'static str],
    /// What serves on a free port, and says `listening on ADDRESS` first.
    pub(super) serve: &'static [&'static str],
    /// What closes the service, and so is tried apart from the rest, and what goes with it.
    pub(super) closing: &'static str,
    pub(super) window: &'static str,
    /// What is there before it begins.
    pub(super) openings: &'static [Opening],
    /// Codes of its tables, usual amounts, and numbers that it has taken over, by the fields that hold them.
    pub(super) codes: &'static [(&'static str, &'static str)],
}

/// Is something that is there before: what asks for it, and what others name it by.
pub(super) struct Opening {
    pub(super) path: &'static str,
    /// `{payer}` is the first number that goes by that name.
    pub(super) body: &'static str,
    /// Where in the answer its number is, and the fields and parameters that may name it.
    pub(super) number: &'static str,
    pub(super) named: &'static [&'static str],
}

impl Opening {
    const fn new(
        path: &'static str,
        body: &'static str,
        number: &'static str,
        named: &'static [&'static str],
    ) -> Self {
        Self {
            path,
            body,
            number,
            named,
        }
    }
}

pub(super) const SERVICES: &[Service] = &[PAY, BAO];

const PAY: Service = Service {
    name: "ruixin-pay",
    package: "ruixin-pay",
    store: "RUIXIN_PAY_STORE",
    taken_over: None,
    found: &[],
    key: &["key", "--name", "api", "--role", "admin"],
    serve: &[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--log",
        "error",
        "--rate",
        "100000",
    ],
    closing: "/v1/admin/window/freeze",
    window: "/window",
    openings: &[
        Opening::new(
            "/v1/accounts",
            r#"{"owner":"user","name":"王芳","channel":"ICBC"}"#,
            "/account",
            &["account", "payer"],
        ),
        Opening::new(
            "/v1/accounts",
            r#"{"owner":"user","name":"李伟","channel":"CMB"}"#,
            "/account",
            &["account", "payee"],
        ),
        Opening::new(
            "/v1/accounts",
            r#"{"owner":"merchant","name":"鑫源图书城","class":"A"}"#,
            "/account",
            &["account", "merchant"],
        ),
        Opening::new(
            "/v1/top-ups",
            r#"{"account":"{payer}","amount":"9000000","channel":"ICBC"}"#,
            "",
            &[],
        ),
        Opening::new(
            "/v1/top-ups",
            r#"{"account":"{payee}","amount":"9000000","channel":"ICBC"}"#,
            "",
            &[],
        ),
        Opening::new(
            "/v1/payments",
            r#"{"payer":"{payer}","merchant":"{merchant}","amount":"900000"}"#,
            "/order/order_id",
            &["order"],
        ),
        Opening::new(
            "/v1/withdrawals",
            r#"{"account":"{payer}","amount":"10.00","channel":"CMB"}"#,
            "/order/order_id",
            &["order"],
        ),
        Opening::new(
            "/v1/holds",
            r#"{"account":"{payer}","amount":"900000"}"#,
            "/hold/hold",
            &["hold"],
        ),
    ],
    codes: &[
        ("channel", "ICBC"),
        ("class", "A"),
        ("amount", "10.00"),
        ("coupon", "1.00"),
    ],
};

const BAO: Service = Service {
    name: "ruixin-bao",
    package: "ruixin-bao-service",
    store: "RUIXIN_BAO_BOOKS",
    // What was not at its end when the books were moved can be ended.
    taken_over: Some((
        include_str!("../../../ruixin/bao-service/tests/it/converted.sql"),
        &["import", "--at", "2013-05-27 09:00"],
    )),
    found: &["init", "--first-day", "2013-05-27"],
    key: &["key", "--name", "api", "--role", "admin"],
    serve: &[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--log",
        "error",
        "--rate",
        "100000",
        "--clock",
        "2013-05-28 16:00",
    ],
    closing: "/v1/admin/window/close",
    window: "/window",
    openings: &[
        Opening::new("/v1/admin/window/open", "{}", "", &[]),
        // The register of a day that is distributed.
        Opening::new(
            "/v1/admin/days/2013-05-27/run",
            r#"{"income":"0.00"}"#,
            "",
            &[],
        ),
        Opening::new(
            "/v1/users",
            r#"{"user":"6000001"}"#,
            "/balances/0/account",
            &["user", "payer"],
        ),
        Opening::new(
            "/v1/users",
            r#"{"user":"6000002"}"#,
            "/balances/0/account",
            &["user", "payee"],
        ),
        Opening::new(
            "/v1/merchants",
            r#"{"merchant":"7000001"}"#,
            "/balances/0/account",
            &["merchant"],
        ),
        Opening::new(
            "/v1/top-ups",
            r#"{"user":"{payer}","amount":"9000000"}"#,
            "",
            &[],
        ),
        Opening::new(
            "/v1/top-ups",
            r#"{"user":"{payee}","amount":"9000000"}"#,
            "",
            &[],
        ),
        // One to be taken back, and one to be posted or released.
        Opening::new(
            "/v1/top-ups",
            r#"{"user":"{payee}","amount":"10.00"}"#,
            "/id",
            &["link"],
        ),
        Opening::new(
            "/v1/withdrawals",
            r#"{"user":"{payer}","amount":"20.00"}"#,
            "/id",
            &["link"],
        ),
        Opening::new(
            "/v1/payments",
            r#"{"user":"{payer}","merchant":"{merchant}","amount":"900000","from":"wallet"}"#,
            "/id",
            &["payment", "voucher"],
        ),
        Opening::new(
            "/v1/withdrawals",
            r#"{"user":"{payer}","amount":"10.00"}"#,
            "/id",
            &["withdrawal"],
        ),
        Opening::new(
            "/v1/holds",
            r#"{"user":"{payer}","amount":"900000"}"#,
            "/id",
            &["hold"],
        ),
    ],
    codes: &[
        ("amount", "10.00"),
        ("from", "wallet"),
        ("day", "2013-05-27"),
        ("account", "6001"),
        ("item", "201306050010000000003"),
        ("withdrawal", "201306050010000000003"),
        ("escrow", "201306050010000000004"),
        ("hold", "6001"),
    ],
};
