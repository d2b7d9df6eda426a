//! What there is, in one list.

use axum::routing::{MethodRouter, get, post};
use ruixin_service::api::{Endpoint, schema, words};
use ruixin_service::keys::Role;
use ruixin_service::language::Words;
use ruixin_service::notices::{Call, Notice};
use ruixin_service::problem::{INVALID_REQUEST, Kind};

use super::commands::{moving, moving_one};
use super::{App, admin, reads, registers};
use crate::command::{
    EscrowEnd, FillAdvance, FillReserve, NewHold, NewOrder, NewVoucher, OpenMerchant, OpenUser,
    Payment, Refund, Release, Settlement, TopUp, Transfer, Withdrawal,
};
use crate::names::{Date, Moment};
use crate::pages;
use crate::refusal::{
    ACCOUNT_NOT_FOUND, ADVANCE_EXHAUSTED, AFTER_CUT, ALREADY_REBOOKED, ALREADY_REVERSED,
    ALREADY_SETTLED, BALANCE_LIMIT, BEFORE_FIRST_DAY, BOOKS_CHANGED, CALENDAR_ENDS, CAP_EXCEEDED,
    CLOSED_MEANWHILE, DATE_UNFIT, DAY_BEFORE_OPEN, DAY_CLOSED, DAY_IS_OVER, DAY_NOT_FOUND,
    ENDED_ANEW, EXCEEDS_PENDING, EXPIRY_NOT_AHEAD, HOLD_IN_WHOLE, INCOME_DIFFERS, INCOME_UNFIT,
    INSUFFICIENT_FUNDS, INSUFFICIENT_SHARES, ITEM_NOT_FOUND, LEGS_UNFIT, LIMIT_BROKEN,
    NOT_BALANCED, NOT_REVERSED, NOTHING_TAKEN_OVER, ORDER_NOT_FOUND, OUT_OF_BALANCE,
    PAYMENT_HAS_REFUNDS, PAYMENT_NOT_FOUND, PAYMENT_REVERSED, PENDING_EXPIRED, PROVIDER,
    REFUND_EXCEEDS_PAYMENT, REFUND_GIVEN_ANEW, RELEASE_EXCEEDS_HOLD, RESERVED, SAME_ACCOUNT,
    SPAN_UNFIT, TEXT_UNFIT, TOO_EARLY, VOUCHER_NOT_FOUND, WRONG_ITEM, WRONG_VOUCHER,
};
use crate::view::{
    BalanceView, BillPage, DayRun, DayRunView, FundDayPage, FundView, IncomePage, OpenItemPage,
    OpenItemView, OrderView, ProvedView, Receipt, StandingView, StatementView, TrialBalanceView,
    UserView, VoucherView,
};

/// Is one that changes the books and answers with a receipt.
const fn command(
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

/// What an order can be told, wherever it is placed.
const OF_ORDERS: &[&Kind] = &[
    ACCOUNT_NOT_FOUND,
    INSUFFICIENT_FUNDS,
    INSUFFICIENT_SHARES,
    ADVANCE_EXHAUSTED,
    LIMIT_BROKEN,
    CAP_EXCEEDED,
    BALANCE_LIMIT,
    BEFORE_FIRST_DAY,
    CALENDAR_ENDS,
    PROVIDER,
    AFTER_CUT,
    DAY_IS_OVER,
];

/// Everything under `/v1`.
pub(super) static ENDPOINTS: &[Endpoint<App>] = &[
    Endpoint {
        request: Some(schema::<OpenUser>),
        problems: &[RESERVED],
        ..command(
            "/v1/users",
            "openUser",
            words("Opens a user's account", "开立用户账户"),
            moving::<OpenUser>,
        )
    },
    Endpoint {
        response: Some(schema::<UserView>),
        problems: &[ACCOUNT_NOT_FOUND],
        ..Endpoint::reading(
            "/v1/users/{user}",
            "getUser",
            words("Gives what a user has", "查询用户资产"),
            || get(reads::user),
        )
    },
    Endpoint {
        is_paged: true,
        response: Some(schema::<BillPage>),
        problems: &[ACCOUNT_NOT_FOUND],
        ..Endpoint::reading(
            "/v1/users/{user}/bills",
            "listBills",
            words(
                "Lists what moved a user's wallet and shares, the latest first",
                "查询账单（由近及远）",
            ),
            || get(reads::bills),
        )
    },
    Endpoint {
        is_paged: true,
        response: Some(schema::<IncomePage>),
        problems: &[ACCOUNT_NOT_FOUND],
        ..Endpoint::reading(
            "/v1/users/{user}/incomes",
            "listIncomes",
            words(
                "Lists a user's incomes by day, the latest first",
                "查询每日收益（由近及远）",
            ),
            || get(reads::incomes),
        )
    },
    Endpoint {
        method: "post",
        role: Some(Role::Writer),
        response: Some(schema::<pages::SignIn>),
        status: 201,
        problems: &[ACCOUNT_NOT_FOUND],
        ..Endpoint::reading(
            "/v1/users/{user}/sign-ins",
            "signIn",
            words(
                "Makes a link that signs a user in at the pages, once",
                "生成一次性登录链接",
            ),
            || post(pages::sign_in),
        )
    },
    Endpoint {
        asks: &[("from", schema::<Date>), ("until", schema::<Date>)],
        is_paged: true,
        response: Some(schema::<StatementView>),
        problems: &[ACCOUNT_NOT_FOUND, SPAN_UNFIT],
        ..Endpoint::reading(
            "/v1/users/{user}/statement",
            "getStatement",
            words(
                "Gives what went over a user's wallet and shares within some days",
                "查询对账单",
            ),
            || get(reads::statement),
        )
    },
    Endpoint {
        request: Some(schema::<OpenMerchant>),
        ..command(
            "/v1/merchants",
            "openMerchant",
            words("Opens a merchant's account", "开立商户账户"),
            moving::<OpenMerchant>,
        )
    },
    Endpoint {
        response: Some(schema::<BalanceView>),
        problems: &[ACCOUNT_NOT_FOUND],
        ..Endpoint::reading(
            "/v1/merchants/{merchant}",
            "getMerchant",
            words("Gives what a merchant has", "查询商户余额"),
            || get(reads::merchant),
        )
    },
    Endpoint {
        is_paged: true,
        response: Some(schema::<OpenItemPage>),
        problems: &[ACCOUNT_NOT_FOUND],
        ..Endpoint::reading(
            "/v1/accounts/{account}/open-items",
            "listOpenItems",
            words(
                "Lists what was under way of a user or merchant when the books were moved, and how far it has come",
                "查询迁移时的未了事项",
            ),
            || get(reads::open_items),
        )
    },
    Endpoint {
        response: Some(schema::<OpenItemView>),
        problems: &[ITEM_NOT_FOUND],
        ..Endpoint::reading(
            "/v1/open-items/{item}",
            "getOpenItem",
            words(
                "Gives what was not at its end when the books were moved, a payment that can be refunded too",
                "查询未了事项（含可退款的付款）",
            ),
            || get(reads::open_item),
        )
    },
    Endpoint {
        request: Some(schema::<TopUp>),
        problems: &[ACCOUNT_NOT_FOUND, BALANCE_LIMIT, TEXT_UNFIT, CALENDAR_ENDS],
        ..command(
            "/v1/top-ups",
            "topUp",
            words("Books money that came from a bank", "充值"),
            moving::<TopUp>,
        )
    },
    Endpoint {
        request: Some(schema::<Payment>),
        problems: &[
            ACCOUNT_NOT_FOUND,
            INSUFFICIENT_FUNDS,
            INSUFFICIENT_SHARES,
            ADVANCE_EXHAUSTED,
            LIMIT_BROKEN,
            CAP_EXCEEDED,
            BALANCE_LIMIT,
            BEFORE_FIRST_DAY,
            CALENDAR_ENDS,
            PROVIDER,
            AFTER_CUT,
            DAY_IS_OVER,
            TEXT_UNFIT,
        ],
        ..command(
            "/v1/payments",
            "pay",
            words("Pays a merchant, from the wallet or the fund", "付款"),
            moving::<Payment>,
        )
    },
    Endpoint {
        request: Some(schema::<Refund>),
        problems: &[
            PAYMENT_NOT_FOUND,
            ITEM_NOT_FOUND,
            PAYMENT_REVERSED,
            WRONG_ITEM,
            REFUND_EXCEEDS_PAYMENT,
            INSUFFICIENT_FUNDS,
            BALANCE_LIMIT,
            TEXT_UNFIT,
            CALENDAR_ENDS,
        ],
        ..command(
            "/v1/payments/{payment}/refunds",
            "refund",
            words(
                "Gives back some or all of a payment; one from before the move by the number of its order",
                "退款（迁移前的付款按原订单号）",
            ),
            || moving_one::<Refund>(PAYMENT_NOT_FOUND),
        )
    },
    Endpoint {
        request: Some(schema::<Transfer>),
        problems: &[
            ACCOUNT_NOT_FOUND,
            SAME_ACCOUNT,
            INSUFFICIENT_FUNDS,
            BALANCE_LIMIT,
            TEXT_UNFIT,
            CALENDAR_ENDS,
        ],
        ..command(
            "/v1/transfers",
            "transfer",
            words("Sends another user money", "转账"),
            moving::<Transfer>,
        )
    },
    Endpoint {
        request: Some(schema::<Withdrawal>),
        problems: &[
            ACCOUNT_NOT_FOUND,
            INSUFFICIENT_FUNDS,
            LIMIT_BROKEN,
            BALANCE_LIMIT,
            TEXT_UNFIT,
            CALENDAR_ENDS,
        ],
        ..command(
            "/v1/withdrawals",
            "withdraw",
            words("Holds what is to go to a bank", "提现申请"),
            moving::<Withdrawal>,
        )
    },
    Endpoint {
        request: Some(schema::<Settlement>),
        status: 200,
        problems: &[
            VOUCHER_NOT_FOUND,
            ITEM_NOT_FOUND,
            WRONG_VOUCHER,
            WRONG_ITEM,
            ALREADY_SETTLED,
            PENDING_EXPIRED,
            LIMIT_BROKEN,
            BALANCE_LIMIT,
            CALENDAR_ENDS,
        ],
        ..command(
            "/v1/withdrawals/{withdrawal}/settlement",
            "settleWithdrawal",
            words(
                "Books what the bank answered to a withdrawal; to one from before the move by the number of its order",
                "提现结果入账（迁移前的提现按原订单号）",
            ),
            || moving_one::<Settlement>(VOUCHER_NOT_FOUND),
        )
    },
    Endpoint {
        request: Some(schema::<EscrowEnd>),
        status: 200,
        problems: &[
            ITEM_NOT_FOUND,
            WRONG_ITEM,
            ALREADY_SETTLED,
            LIMIT_BROKEN,
            BALANCE_LIMIT,
            TEXT_UNFIT,
            CALENDAR_ENDS,
        ],
        ..command(
            "/v1/escrows/{escrow}/settlement",
            "settleEscrow",
            words(
                "Confirms or returns a payment into escrow from before the move, by the number of its order",
                "担保交易确认收货或退款（迁移前的订单）",
            ),
            || moving_one::<EscrowEnd>(ITEM_NOT_FOUND),
        )
    },
    Endpoint {
        request: Some(schema::<NewHold>),
        problems: &[
            ACCOUNT_NOT_FOUND,
            INSUFFICIENT_FUNDS,
            BALANCE_LIMIT,
            TEXT_UNFIT,
            CALENDAR_ENDS,
        ],
        ..command(
            "/v1/holds",
            "hold",
            words("Holds an amount of a wallet", "冻结"),
            moving::<NewHold>,
        )
    },
    Endpoint {
        request: Some(schema::<Release>),
        status: 200,
        problems: &[
            VOUCHER_NOT_FOUND,
            ITEM_NOT_FOUND,
            WRONG_VOUCHER,
            WRONG_ITEM,
            ALREADY_SETTLED,
            PENDING_EXPIRED,
            HOLD_IN_WHOLE,
            RELEASE_EXCEEDS_HOLD,
            LIMIT_BROKEN,
            BALANCE_LIMIT,
            TEXT_UNFIT,
            CALENDAR_ENDS,
        ],
        ..command(
            "/v1/holds/{hold}/release",
            "release",
            words(
                "Releases all that is held; of what was held before the move some or all, by the number of the account",
                "解冻（迁移前的冻结按账户编号，可部分解冻）",
            ),
            || moving_one::<Release>(VOUCHER_NOT_FOUND),
        )
    },
    Endpoint {
        request: Some(schema::<NewOrder>),
        problems: OF_ORDERS,
        ..command(
            "/v1/orders",
            "placeOrder",
            words("Places an order of the fund", "申购、赎回"),
            moving::<NewOrder>,
        )
    },
    Endpoint {
        response: Some(schema::<OrderView>),
        problems: &[ORDER_NOT_FOUND],
        ..Endpoint::reading(
            "/v1/orders/{order}",
            "getOrder",
            words("Gives an order of the fund", "查询订单"),
            || get(reads::order),
        )
    },
    Endpoint {
        role: Some(Role::Admin),
        request: Some(schema::<NewVoucher>),
        problems: &[
            ACCOUNT_NOT_FOUND,
            VOUCHER_NOT_FOUND,
            WRONG_VOUCHER,
            ALREADY_SETTLED,
            PENDING_EXPIRED,
            EXCEEDS_PENDING,
            ALREADY_REVERSED,
            NOT_REVERSED,
            ALREADY_REBOOKED,
            PAYMENT_HAS_REFUNDS,
            REFUND_GIVEN_ANEW,
            ENDED_ANEW,
            DAY_CLOSED,
            NOT_BALANCED,
            LEGS_UNFIT,
            RESERVED,
            EXPIRY_NOT_AHEAD,
            INSUFFICIENT_FUNDS,
            ADVANCE_EXHAUSTED,
            LIMIT_BROKEN,
            BALANCE_LIMIT,
            DATE_UNFIT,
            TEXT_UNFIT,
            CALENDAR_ENDS,
        ],
        ..command(
            "/v1/vouchers",
            "bookVoucher",
            words(
                "Books a voucher: what is wrong is taken back in red and booked anew in blue",
                "记账凭证（红冲、蓝补）",
            ),
            moving::<NewVoucher>,
        )
    },
    Endpoint {
        response: Some(schema::<VoucherView>),
        problems: &[VOUCHER_NOT_FOUND],
        ..Endpoint::reading(
            "/v1/vouchers/{voucher}",
            "getVoucher",
            words("Gives a voucher, and what became of it", "查询凭证"),
            || get(reads::voucher),
        )
    },
    Endpoint {
        response: Some(schema::<FundView>),
        ..Endpoint::reading(
            "/v1/fund",
            "getFund",
            words("Gives the fund and its last days", "查询基金"),
            || get(reads::fund),
        )
    },
    Endpoint {
        is_paged: true,
        response: Some(schema::<FundDayPage>),
        ..Endpoint::reading(
            "/v1/fund/days",
            "listFundDays",
            words(
                "Lists the days of the fund, the latest first",
                "查询每日万份收益与七日年化（由近及远）",
            ),
            || get(reads::fund_days),
        )
    },
    Endpoint {
        may_ask: &[("at", schema::<Moment>)],
        response: Some(schema::<TrialBalanceView>),
        ..Endpoint::reading(
            "/v1/trial-balance",
            "getTrialBalance",
            words(
                "Gives the trial balance of a moment by subject, from the vouchers alone",
                "试算平衡表",
            ),
            || get(reads::trial_balance),
        )
    },
    Endpoint {
        media: "text/csv",
        problems: &[DAY_NOT_FOUND],
        ..Endpoint::reading(
            "/v1/register/{day}",
            "getRegister",
            words("Gives the register of a day as CSV", "份额登记文件"),
            || get(registers::register),
        )
    },
    Endpoint {
        media: "text/csv",
        problems: &[DAY_NOT_FOUND],
        ..Endpoint::reading(
            "/v1/register/{day}/totals",
            "getRegisterTotals",
            words(
                "Gives what the register of a day comes to, as CSV",
                "份额登记汇总文件",
            ),
            || get(registers::totals),
        )
    },
    Endpoint {
        response: Some(schema::<StandingView>),
        ..Endpoint::reading(
            "/v1/window",
            "getWindow",
            words(
                "Tells whether commands are taken, and what users are told",
                "查询服务状态与公告",
            ),
            || get(reads::standing),
        )
    },
    Endpoint {
        request: Some(admin::opening_schema),
        may_be_empty: true,
        response: Some(schema::<StandingView>),
        problems: &[
            NOTHING_TAKEN_OVER,
            BOOKS_CHANGED,
            OUT_OF_BALANCE,
            CALENDAR_ENDS,
            CLOSED_MEANWHILE,
        ],
        ..Endpoint::admin(
            "/v1/admin/window/open",
            "open",
            words("Takes commands", "开始受理"),
            || post(admin::open),
        )
    },
    Endpoint {
        request: Some(admin::closing_schema),
        may_be_empty: true,
        response: Some(schema::<StandingView>),
        ..Endpoint::admin(
            "/v1/admin/window/close",
            "close",
            words(
                "Takes no commands any more, once none is under way",
                "停止受理，等待在途交易结束",
            ),
            || post(admin::close),
        )
    },
    Endpoint {
        request: Some(schema::<Notice>),
        response: Some(schema::<StandingView>),
        problems: &[TEXT_UNFIT],
        ..Endpoint::admin(
            "/v1/admin/notices",
            "tell",
            words("Keeps what users are told in one language", "发布公告"),
            || post(admin::tell),
        )
    },
    Endpoint {
        request: Some(schema::<DayRun>),
        response: Some(schema::<DayRunView>),
        problems: &[
            DAY_NOT_FOUND,
            TOO_EARLY,
            DAY_BEFORE_OPEN,
            INCOME_DIFFERS,
            INCOME_UNFIT,
            LIMIT_BROKEN,
            BEFORE_FIRST_DAY,
            CALENDAR_ENDS,
            OUT_OF_BALANCE,
        ],
        ..Endpoint::admin(
            "/v1/admin/days/{day}/run",
            "runDay",
            words(
                "Goes through the steps of a day that are not done; once more, it changes nothing",
                "日终处理（日切、确认、分配、关账）",
            ),
            || post(admin::run_day),
        )
    },
    Endpoint {
        role: Some(Role::Admin),
        request: Some(schema::<FillReserve>),
        problems: &[BALANCE_LIMIT, CALENDAR_ENDS],
        ..command(
            "/v1/admin/reserve",
            "fillReserve",
            words(
                "Puts money of the fund's manager into the risk reserve, which bears what of a loss no holder can bear",
                "补充风险准备金",
            ),
            moving::<FillReserve>,
        )
    },
    Endpoint {
        role: Some(Role::Admin),
        request: Some(schema::<FillAdvance>),
        problems: &[BALANCE_LIMIT, CALENDAR_ENDS],
        ..command(
            "/v1/admin/advance",
            "fillAdvance",
            words(
                "Puts money of the advance bank there, for fast redemptions and payments from the fund",
                "补充快速赎回垫支款",
            ),
            moving::<FillAdvance>,
        )
    },
    Endpoint {
        request: Some(schema::<Call>),
        may_be_empty: true,
        response: Some(schema::<ProvedView>),
        problems: &[OUT_OF_BALANCE, INVALID_REQUEST],
        ..Endpoint::admin(
            "/v1/admin/prove",
            "prove",
            words("Proves all that is stored", "账务核对"),
            || post(admin::prove),
        )
    },
    Endpoint {
        role: None,
        ..Endpoint::reading(
            "/v1/openapi.json",
            "openapi",
            words("Gives this document", "接口文档"),
            || get(reads::openapi),
        )
    },
];
