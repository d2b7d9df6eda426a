//! What there is, in one list.

use axum::routing::{MethodRouter, get, post};
use ruixin_service::keys::Role;
use ruixin_service::language::Words;
use ruixin_service::problem::Kind;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{App, handlers};
use crate::command::{
    AccountView, Command, MovementPage, NewHold, OpenAccount, OrderView, Payment, Receipt, Refund,
    Release, Settlement, TopUp, Transfer, Withdrawal,
};
use crate::house::{Frozen, Notice, Standing};
use crate::refusal::{
    ACCOUNT_NOT_FOUND, BALANCE_LIMIT, BELOW_MINIMUM, CHANNEL_UNKNOWN, CLASS_UNKNOWN,
    COUPON_TOO_LARGE, HOLD_NOT_FOUND, INSUFFICIENT_FUNDS, ORDER_NOT_FOUND, ORDER_STATE,
    REFUND_EXCEEDS_PAYMENT, RELEASE_EXCEEDS_HOLD, SAME_ACCOUNT, TEXT_UNFIT, WRONG_OWNER,
};

type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// Is one thing that can be asked for.
pub(super) struct Endpoint {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) id: &'static str,
    pub(super) summary: Words,
    /// Nobody needs a key where there is none.
    pub(super) role: Option<Role>,
    /// Whether it moves money: then it has an `Idempotency-Key`, and is closed in the window.
    pub(super) moves: bool,
    pub(super) is_paged: bool,
    pub(super) request: Option<SchemaOf>,
    /// Nothing for an answer that is no type of ours.
    pub(super) response: Option<SchemaOf>,
    pub(super) status: u16,
    /// Its own problems, beside those that all have.
    pub(super) problems: &'static [&'static Kind],
    pub(super) handler: fn() -> MethodRouter<App>,
}

impl Endpoint {
    pub(super) fn is_admin(&self) -> bool {
        self.role == Some(Role::Admin)
    }

    const fn reading(path: &'static str, id: &'static str, summary: Words) -> Endpoint {
        Endpoint {
            method: "get",
            path,
            id,
            summary,
            role: Some(Role::Reader),
            moves: false,
            is_paged: false,
            request: None,
            response: None,
            status: 200,
            problems: &[],
            handler: || get(handlers::openapi),
        }
    }

    const fn moving(path: &'static str, id: &'static str, summary: Words) -> Endpoint {
        Endpoint {
            method: "post",
            role: Some(Role::Writer),
            moves: true,
            response: Some(schema::<Receipt>),
            status: 201,
            ..Endpoint::reading(path, id, summary)
        }
    }

    const fn admin(path: &'static str, id: &'static str, summary: Words) -> Endpoint {
        Endpoint {
            method: "post",
            role: Some(Role::Admin),
            ..Endpoint::reading(path, id, summary)
        }
    }
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// A freeze that is only tried answers how the service stands.
fn frozen_or_standing(generator: &mut SchemaGenerator) -> Schema {
    let [frozen, standing] = [schema::<Frozen>(generator), schema::<Standing>(generator)];
    json_schema!({ "anyOf": [frozen, standing] })
}

const fn words(en: &'static str, zh: &'static str) -> Words {
    Words { en, zh }
}

/// Everything under `/v1`.
pub(super) static ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        request: Some(schema::<OpenAccount>),
        response: Some(schema::<AccountView>),
        problems: &[CHANNEL_UNKNOWN, CLASS_UNKNOWN, TEXT_UNFIT],
        handler: || handlers::moving(Command::Open),
        ..Endpoint::moving(
            "/v1/accounts",
            "openAccount",
            words("Opens an account", "开立账户"),
        )
    },
    Endpoint {
        response: Some(schema::<AccountView>),
        problems: &[ACCOUNT_NOT_FOUND],
        handler: || get(handlers::account),
        ..Endpoint::reading(
            "/v1/accounts/{account}",
            "getAccount",
            words("Gives an account", "查询账户"),
        )
    },
    Endpoint {
        is_paged: true,
        response: Some(schema::<MovementPage>),
        problems: &[ACCOUNT_NOT_FOUND],
        handler: || get(handlers::movements),
        ..Endpoint::reading(
            "/v1/accounts/{account}/movements",
            "listMovements",
            words(
                "Lists an account's movements, the latest first",
                "查询账户明细（由近及远）",
            ),
        )
    },
    Endpoint {
        request: Some(schema::<TopUp>),
        problems: &[
            ACCOUNT_NOT_FOUND,
            WRONG_OWNER,
            CHANNEL_UNKNOWN,
            BALANCE_LIMIT,
            TEXT_UNFIT,
        ],
        handler: || handlers::moving(Command::TopUp),
        ..Endpoint::moving(
            "/v1/top-ups",
            "topUp",
            words("Books money that came from a bank", "充值"),
        )
    },
    Endpoint {
        request: Some(schema::<Payment>),
        problems: &[
            ACCOUNT_NOT_FOUND,
            WRONG_OWNER,
            INSUFFICIENT_FUNDS,
            COUPON_TOO_LARGE,
            BALANCE_LIMIT,
            TEXT_UNFIT,
        ],
        handler: || handlers::moving(Command::Pay),
        ..Endpoint::moving("/v1/payments", "pay", words("Pays a merchant", "付款"))
    },
    Endpoint {
        request: Some(schema::<Refund>),
        problems: &[
            ORDER_NOT_FOUND,
            ORDER_STATE,
            REFUND_EXCEEDS_PAYMENT,
            INSUFFICIENT_FUNDS,
            BALANCE_LIMIT,
            TEXT_UNFIT,
        ],
        handler: || handlers::moving_one(Command::Refund),
        ..Endpoint::moving(
            "/v1/payments/{order}/refunds",
            "refund",
            words("Gives back some or all of a payment", "退款"),
        )
    },
    Endpoint {
        request: Some(schema::<Transfer>),
        problems: &[
            ACCOUNT_NOT_FOUND,
            WRONG_OWNER,
            SAME_ACCOUNT,
            INSUFFICIENT_FUNDS,
            BALANCE_LIMIT,
            TEXT_UNFIT,
        ],
        handler: || handlers::moving(Command::Transfer),
        ..Endpoint::moving(
            "/v1/transfers",
            "transfer",
            words("Sends another user money", "转账"),
        )
    },
    Endpoint {
        request: Some(schema::<Withdrawal>),
        problems: &[
            ACCOUNT_NOT_FOUND,
            WRONG_OWNER,
            CHANNEL_UNKNOWN,
            BELOW_MINIMUM,
            INSUFFICIENT_FUNDS,
            TEXT_UNFIT,
        ],
        handler: || handlers::moving(Command::Withdraw),
        ..Endpoint::moving(
            "/v1/withdrawals",
            "withdraw",
            words("Freezes what is to go to a bank", "提现申请"),
        )
    },
    Endpoint {
        request: Some(schema::<Settlement>),
        status: 200,
        problems: &[ORDER_NOT_FOUND, ORDER_STATE],
        handler: || handlers::moving_one(Command::Settle),
        ..Endpoint::moving(
            "/v1/withdrawals/{order}/settlement",
            "settleWithdrawal",
            words(
                "Books what the bank answered to a withdrawal",
                "提现结果入账",
            ),
        )
    },
    Endpoint {
        request: Some(schema::<NewHold>),
        problems: &[
            ACCOUNT_NOT_FOUND,
            WRONG_OWNER,
            INSUFFICIENT_FUNDS,
            TEXT_UNFIT,
        ],
        handler: || handlers::moving(Command::Hold),
        ..Endpoint::moving(
            "/v1/holds",
            "hold",
            words("Freezes an amount of an account", "冻结"),
        )
    },
    Endpoint {
        request: Some(schema::<Release>),
        status: 200,
        problems: &[HOLD_NOT_FOUND, RELEASE_EXCEEDS_HOLD, TEXT_UNFIT],
        handler: || handlers::moving_one(Command::Release),
        ..Endpoint::moving(
            "/v1/holds/{hold}/release",
            "release",
            words("Unfreezes some or all of what is held", "解冻"),
        )
    },
    Endpoint {
        response: Some(schema::<OrderView>),
        problems: &[ORDER_NOT_FOUND],
        handler: || get(handlers::order),
        ..Endpoint::reading(
            "/v1/orders/{order}",
            "getOrder",
            words("Gives an order", "查询订单"),
        )
    },
    Endpoint {
        response: Some(schema::<Standing>),
        handler: || get(handlers::standing),
        ..Endpoint::reading(
            "/v1/window",
            "getWindow",
            words(
                "Tells whether payments are taken, and what users are told",
                "查询服务状态与公告",
            ),
        )
    },
    Endpoint {
        request: Some(handlers::closing_schema),
        response: Some(frozen_or_standing),
        handler: || post(handlers::freeze),
        ..Endpoint::admin(
            "/v1/admin/window/freeze",
            "freeze",
            words(
                "Takes no payments any more, waits for those under way, and gives the opening figures",
                "停止受理，等待在途交易结束，返回期初数字",
            ),
        )
    },
    Endpoint {
        request: Some(handlers::opening_schema),
        response: Some(schema::<Standing>),
        handler: || post(handlers::reopen),
        ..Endpoint::admin(
            "/v1/admin/window/reopen",
            "reopen",
            words("Takes payments again", "恢复受理"),
        )
    },
    Endpoint {
        request: Some(schema::<Notice>),
        response: Some(schema::<Standing>),
        problems: &[TEXT_UNFIT],
        handler: || post(handlers::notice),
        ..Endpoint::admin(
            "/v1/admin/notices",
            "tell",
            words("Keeps what users are told in one language", "发布公告"),
        )
    },
    Endpoint {
        role: None,
        ..Endpoint::reading(
            "/v1/openapi.json",
            "openapi",
            words("Gives this document", "接口文档"),
        )
    },
];
