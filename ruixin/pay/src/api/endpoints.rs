//! What there is, in one list.

use axum::routing::{MethodRouter, get, post};
use ruixin_service::api::{Endpoint, schema, words};
use ruixin_service::keys::Role;
use ruixin_service::language::Words;
use ruixin_service::notices;

use super::{App, handlers};
use crate::command::{
    AccountView, Command, MovementPage, NewHold, OpenAccount, OrderView, Payment, Receipt, Refund,
    Release, Settlement, TopUp, Transfer, Withdrawal,
};
use crate::house::{Frozen, Notice, Standing};
use crate::pages;
use crate::refusal::{
    ACCOUNT_NOT_FOUND, BALANCE_LIMIT, BELOW_MINIMUM, BEYOND_SQLITE, CHANNEL_UNKNOWN, CLASS_UNKNOWN,
    COUPON_TOO_LARGE, HOLD_NOT_FOUND, INSUFFICIENT_FUNDS, ORDER_NOT_FOUND, ORDER_STATE,
    REFUND_EXCEEDS_PAYMENT, RELEASE_EXCEEDS_HOLD, SAME_ACCOUNT, TEXT_UNFIT, WRONG_OWNER,
};

/// Is one that moves money and answers with a receipt.
const fn moving(
    path: &'static str,
    id: &'static str,
    summary: Words,
    handler: fn() -> MethodRouter<App>,
) -> Endpoint<App> {
    Endpoint {
        response: Some(schema::<Receipt>),
        ..Endpoint::moving(path, id, summary, handler)
    }
}

/// Everything under `/v1`.
pub(super) static ENDPOINTS: &[Endpoint<App>] = &[
    Endpoint {
        request: Some(schema::<OpenAccount>),
        response: Some(schema::<AccountView>),
        problems: &[CHANNEL_UNKNOWN, CLASS_UNKNOWN, TEXT_UNFIT],
        ..moving(
            "/v1/accounts",
            "openAccount",
            words("Opens an account", "开立账户"),
            || handlers::moving(Command::Open),
        )
    },
    Endpoint {
        response: Some(schema::<AccountView>),
        problems: &[ACCOUNT_NOT_FOUND],
        ..Endpoint::reading(
            "/v1/accounts/{account}",
            "getAccount",
            words("Gives an account", "查询账户"),
            || get(handlers::account),
        )
    },
    Endpoint {
        is_paged: true,
        response: Some(schema::<MovementPage>),
        problems: &[ACCOUNT_NOT_FOUND],
        ..Endpoint::reading(
            "/v1/accounts/{account}/movements",
            "listMovements",
            words(
                "Lists an account's movements, the latest first",
                "查询账户明细（由近及远）",
            ),
            || get(handlers::movements),
        )
    },
    Endpoint {
        method: "post",
        role: Some(Role::Writer),
        response: Some(schema::<pages::SignIn>),
        status: 201,
        problems: &[ACCOUNT_NOT_FOUND, WRONG_OWNER],
        ..Endpoint::reading(
            "/v1/accounts/{account}/sign-ins",
            "signIn",
            words(
                "Makes a link that signs a user in at the pages, once",
                "生成一次性登录链接",
            ),
            || post(pages::sign_in),
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
        ..moving(
            "/v1/top-ups",
            "topUp",
            words("Books money that came from a bank", "充值"),
            || handlers::moving(Command::TopUp),
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
        ..moving(
            "/v1/payments",
            "pay",
            words("Pays a merchant", "付款"),
            || handlers::moving(Command::Pay),
        )
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
        ..moving(
            "/v1/payments/{order}/refunds",
            "refund",
            words("Gives back some or all of a payment", "退款"),
            || handlers::moving_one(Command::Refund),
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
        ..moving(
            "/v1/transfers",
            "transfer",
            words("Sends another user money", "转账"),
            || handlers::moving(Command::Transfer),
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
        ..moving(
            "/v1/withdrawals",
            "withdraw",
            words("Freezes what is to go to a bank", "提现申请"),
            || handlers::moving(Command::Withdraw),
        )
    },
    Endpoint {
        request: Some(schema::<Settlement>),
        status: 200,
        problems: &[ORDER_NOT_FOUND, ORDER_STATE],
        ..moving(
            "/v1/withdrawals/{order}/settlement",
            "settleWithdrawal",
            words(
                "Books what the bank answered to a withdrawal",
                "提现结果入账",
            ),
            || handlers::moving_one(Command::Settle),
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
        ..moving(
            "/v1/holds",
            "hold",
            words("Freezes an amount of an account", "冻结"),
            || handlers::moving(Command::Hold),
        )
    },
    Endpoint {
        request: Some(schema::<Release>),
        status: 200,
        problems: &[HOLD_NOT_FOUND, RELEASE_EXCEEDS_HOLD, TEXT_UNFIT],
        ..moving(
            "/v1/holds/{hold}/release",
            "release",
            words("Unfreezes some or all of what is held", "解冻"),
            || handlers::moving_one(Command::Release),
        )
    },
    Endpoint {
        response: Some(schema::<OrderView>),
        problems: &[ORDER_NOT_FOUND],
        ..Endpoint::reading(
            "/v1/orders/{order}",
            "getOrder",
            words("Gives an order", "查询订单"),
            || get(handlers::order),
        )
    },
    Endpoint {
        response: Some(schema::<Standing>),
        ..Endpoint::reading(
            "/v1/window",
            "getWindow",
            words(
                "Tells whether payments are taken, and what users are told",
                "查询服务状态与公告",
            ),
            || get(handlers::standing),
        )
    },
    Endpoint {
        request: Some(notices::closing_schema),
        may_be_empty: true,
        response: Some(schema::<Frozen>),
        problems: &[BEYOND_SQLITE],
        ..Endpoint::admin(
            "/v1/admin/window/freeze",
            "freeze",
            words(
                "Takes no payments any more, waits for those under way, and gives the opening figures",
                "停止受理，等待在途交易结束，返回期初数字",
            ),
            || post(handlers::freeze),
        )
    },
    Endpoint {
        request: Some(notices::opening_schema),
        may_be_empty: true,
        response: Some(schema::<Standing>),
        ..Endpoint::admin(
            "/v1/admin/window/reopen",
            "reopen",
            words("Takes payments again", "恢复受理"),
            || post(handlers::reopen),
        )
    },
    Endpoint {
        request: Some(schema::<Notice>),
        response: Some(schema::<Standing>),
        problems: &[TEXT_UNFIT],
        ..Endpoint::admin(
            "/v1/admin/notices",
            "tell",
            words("Keeps what users are told in one language", "发布公告"),
            || post(handlers::notice),
        )
    },
    Endpoint {
        role: None,
        ..Endpoint::reading(
            "/v1/openapi.json",
            "openapi",
            words("Gives this document", "接口文档"),
            || get(handlers::openapi),
        )
    },
];
