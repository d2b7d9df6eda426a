//! The statements around the rows: what is put aside while they come in, and made again behind them.

use ruixin_service::store::Dialect;
use ruixin_service::store::load::Target;

/// What says that a store is not empty, by the name of what is there.
pub(super) const EMPTY: [(&str, &str); 4] = [
    (
        "accounts",
        "SELECT 1 FROM account WHERE owner <> 'H' LIMIT 1",
    ),
    ("orders", "SELECT 1 FROM orders LIMIT 1"),
    ("records", "SELECT 1 FROM flow LIMIT 1"),
    ("answers", "SELECT 1 FROM request LIMIT 1"),
];

/// Nobody comes in between.
pub(super) const LOCK: &str =
    "LOCK TABLE house, account, orders, flow, channel_file, daily_total, hold, request";

/// That records follow from one another, accounts begin with nothing, and nothing is booked in books that are
/// closed is asked of what is booked here: a history is checked while it is read.
pub(super) fn before(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => {
            "DELETE FROM house; DELETE FROM account; DELETE FROM daily_total;
             DROP TRIGGER flow_follows; DROP TRIGGER account_begins; DROP TRIGGER account_is_opened;
             DROP TRIGGER order_is_given; DROP TRIGGER hold_begins; DROP TRIGGER bank_line_is_booked;
             DROP INDEX flow_by_account; DROP INDEX flow_by_order"
        }
        Dialect::Postgres => {
            "ALTER TABLE flow DISABLE TRIGGER flow_follows;
             ALTER TABLE account DISABLE TRIGGER account_begins;
             ALTER TABLE account DISABLE TRIGGER account_is_opened;
             ALTER TABLE orders DISABLE TRIGGER order_is_given;
             ALTER TABLE hold DISABLE TRIGGER hold_begins;
             ALTER TABLE channel_file DISABLE TRIGGER bank_line_is_booked;
             ALTER TABLE flow DROP CONSTRAINT flow_account_fkey, DROP CONSTRAINT flow_counterparty_fkey,
               DROP CONSTRAINT flow_order_id_fkey;
             ALTER TABLE orders DROP CONSTRAINT orders_payer_fkey, DROP CONSTRAINT orders_payee_fkey;
             ALTER TABLE channel_file DROP CONSTRAINT channel_file_order_id_fkey;
             DROP INDEX flow_by_account; DROP INDEX flow_by_order;
             TRUNCATE house, account, orders, flow, channel_file, daily_total, hold"
        }
    }
}

/// As the first migration, the fifth and the seventh have them.
pub(super) fn after(dialect: Dialect) -> [&'static str; 2] {
    let made = match dialect {
        Dialect::Sqlite => {
            "CREATE INDEX flow_by_account ON flow (account, serial);
             CREATE INDEX flow_by_order ON flow (order_id) WHERE order_id IS NOT NULL"
        }
        Dialect::Postgres => {
            "ALTER TABLE orders
               ADD CONSTRAINT orders_payer_fkey FOREIGN KEY (payer) REFERENCES account (account),
               ADD CONSTRAINT orders_payee_fkey FOREIGN KEY (payee) REFERENCES account (account);
             ALTER TABLE flow
               ADD CONSTRAINT flow_account_fkey FOREIGN KEY (account) REFERENCES account (account),
               ADD CONSTRAINT flow_counterparty_fkey FOREIGN KEY (counterparty) REFERENCES account (account),
               ADD CONSTRAINT flow_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (order_id);
             ALTER TABLE channel_file
               ADD CONSTRAINT channel_file_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (order_id);
             CREATE INDEX flow_by_account ON flow (account, serial);
             CREATE INDEX flow_by_order ON flow (order_id) WHERE order_id IS NOT NULL"
        }
    };
    let asked = match dialect {
        Dialect::Sqlite => include_str!("../../migrations/0007_open.sqlite.sql"),
        Dialect::Postgres => {
            "ALTER TABLE flow ENABLE TRIGGER flow_follows;
             ALTER TABLE account ENABLE TRIGGER account_begins;
             ALTER TABLE account ENABLE TRIGGER account_is_opened;
             ALTER TABLE orders ENABLE TRIGGER order_is_given;
             ALTER TABLE hold ENABLE TRIGGER hold_begins;
             ALTER TABLE channel_file ENABLE TRIGGER bank_line_is_booked"
        }
    };
    [made, asked]
}

pub(super) const COUNTERS_SQLITE: &str =
    "UPDATE counter SET flow = ?1, orders = ?2, bank = ?3, account = ?4";
/// The numbers given last, of which there may be none.
pub(super) const COUNTERS_POSTGRES: &str = "SELECT setval('flow_number', greatest(?1, 1), ?1 > 0), \
     setval('order_number', greatest(?2, 1), ?2 > 0), setval('bank_number', greatest(?3, 1), ?3 > 0), \
     setval('account_number', greatest(?4, 1), ?4 > 0)";
pub(super) const FOUND: &str =
    "INSERT INTO house (id, state, since, seal) VALUES (1, 'open', time:1, ?2)";
pub(super) const DAILY: &str = "INSERT INTO daily_total (business_day, type_code, direction, records, amount, fee, coupon) \
     VALUES (day:1, ?2, ?3, ?4, yuan:5, yuan:6, yuan:7)";

pub(super) const ACCOUNT: Target = Target {
    table: "account",
    columns: &[
        "account",
        "owner",
        "name",
        "class",
        "channel",
        "opened_at",
        "status",
        "yuan:opening_balance",
        "yuan:balance",
        "yuan:frozen",
        "flow_count",
        "last_serial",
        "check_code",
    ],
};
pub(super) const ORDERS: Target = Target {
    table: "orders",
    columns: &[
        "order_id",
        "order_type",
        "payer",
        "payee",
        "yuan:amount",
        "yuan:coupon",
        "yuan:refunded",
        "channel",
        "status",
        "created_at",
        "finished_at",
        "title",
        "check_code",
    ],
};
pub(super) const CHANNEL_FILE: Target = Target {
    table: "channel_file",
    columns: &[
        "bank_serial",
        "channel",
        "side",
        "order_id",
        "yuan:amount",
        "yuan:bank_fee",
        "bank_date",
        "bank_time",
        "check_code",
    ],
};
pub(super) const FLOW: Target = Target {
    table: "flow",
    columns: &[
        "serial",
        "account",
        "direction",
        "yuan:amount",
        "yuan:fee",
        "yuan:coupon",
        "yuan:balance_after",
        "type_code",
        "status",
        "happened_at",
        "counterparty",
        "order_id",
        "channel",
        "memo",
        "check_code",
    ],
};
pub(super) const HOLD: Target = Target {
    table: "hold",
    columns: &[
        "serial",
        "account",
        "order_id",
        "yuan:amount",
        "yuan:released",
    ],
};
