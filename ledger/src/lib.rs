//! The words of moving a ledger: money, rounding, civil time, the closed account and the report.
//!
//! ```
//! use ledger::{Account, Decimal, parse_money};
//!
//! let expected = parse_money("￥1,234.50", Some(2))?;
//! let actual = parse_money("1234.51", Some(2))?;
//! let difference = actual.checked_sub(expected).expect("both are small");
//!
//! let mut account = Account::new();
//! account.add_totals("amount", "CNY", &expected.into(), &actual.into());
//! account.add_break("amount", "CNY", difference);
//!
//! let closed = account.close();
//! assert_eq!(closed[0].difference.to_string(), "0.01");
//! assert_eq!(closed[0].residual.to_string(), "0.00");
//! # Ok::<(), ledger::MoneyError>(())
//! ```
//!
//! The types: [`Decimal`] is an exact amount and [`parse_money`] reads one as people write it;
//! [`Wide`] is a sum that never overflows; [`Rounding`] says how an amount loses decimals;
//! [`Zone`] turns civil times into instants and instants into business dates; [`Account`] closes
//! the account of a run; [`Report`] and [`Break`] are what a run says, and [`Verdict`] is what it
//! comes to.
//!
//! This crate reads no file, asks for no clock, keeps no state and holds no float. It knows nothing
//! of Arrow, SQL or the screen. It converts no currency into another.
//!
//! # Jargon
//!
//! One meaning each, here and in every other crate.
//!
//! | word | 中文 | meaning |
//! |---|---|---|
//! | book | 账 | all the tables of one side |
//! | source | 源账 | the old book |
//! | target | 新账 | the new book |
//! | plan | 核对方案 | `crossfoot.toml`: books, rules, agreements, controls, window |
//! | rule | 转换规则 | SQL over the source that says what the target must hold |
//! | expected | 应有 | what a rule gives |
//! | actual | 实有 | what the target holds |
//! | agreement | 核对项 | one comparison: a rule's records against a target table's |
//! | footing | 合计 | the fold of one side: control totals, bucket digests, sketch |
//! | break | 差错 | one record on which the sides differ: missing, extra, differs or copies |
//! | missing | 漏记 | expected, and not in the target |
//! | extra | 多记 | in the target, and not expected |
//! | differs | 不符 | on both sides, with other fields |
//! | copies | 重复次数不符 | the same record on both sides, another number of times |
//! | cause | 原因 | why a break is there: proved, consistent (rivals named) or unknown |
//! | difference | 差额 | actual minus expected |
//! | residual | 未解释差额 | difference of the books minus the differences of the breaks; must be zero |
//! | control | 控制检查 | a check over totals, such as a trial balance or a published total |
//! | control total | 控制总数 | a checked sum of a money column |
//! | hash total | 杂数总和 | a sum of a field that is no money; it may wrap |
//! | crossed total | 纵横合计 | a control total along one value of the `foot` columns |
//! | trial balance | 试算平衡 | debits equal credits, per currency |
//! | reject | 拒绝记录 | a source record that a rule cannot convert, with the reason |
//! | repair | 声明的修补 | a change while reading that the plan declares; counted |
//! | entry | 分录 | one amount on one side of one account |
//! | posting | 记账 | the entries of one event, booked together |
//! | voucher | 凭证 | the document that a posting rests on |
//! | statement | 对账单 | the other party's list of the same events |
//! | chart of accounts | 科目表 | the accounts and what they mean |
//! | debit, credit | 借, 贷 | the two sides of an account |
//! | suspense | 挂账 | where an amount waits until it is explained |
//! | reversal | 红冲 | an entry that takes back another; nothing is ever updated |
//! | minor unit | 最小货币单位 | the smallest unit of a currency, such as 分 |
//! | scale | 小数位数 | number of decimals of an amount |
//! | instant | 时刻 | a point in time, in UTC |
//! | civil time | 当地时间 | what clock and calendar of a zone show |
//! | business date | 会计日期 | the day on which an instant is booked |
//! | cut-off | 日切 | the time of day at which the business date changes |
//! | cutover | 割接 | the move from the old book to the new |
//! | window | 割接窗口 | freeze, convert, verify, release or roll back, with its deadline |
//! | freeze | 停写 | from here on the source does not change |
//! | release | 放行 | the new book opens |
//! | rollback | 回退 | the old book opens again |
//! | gate | 闸门 | GO, NO-GO or INCOMPLETE, computed from the daybook alone |
//! | sign-off | 签核 | two people say that they have seen the evidence |
//! | daybook | 日记账 | the append-only, hash-chained record of a run |
//! | evidence | 证据 | the folder that a run leaves |

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::float_arithmetic,
        clippy::as_conversions,
        clippy::indexing_slicing
    )
)]

pub mod account;
pub mod civil;
pub mod currency;
pub mod money;
pub mod report;
pub mod rounding;
pub mod wide;

pub use account::{Account, ClosedLine};
pub use civil::{
    Civil, CivilError, CutOff, Disambiguation, Zone, business_date, local_time, parse_civil,
};
pub use currency::{CurrencyCode, minor_units};
pub use money::{
    Decimal, DecimalSign, MoneyError, MoneyFormat, format_decimal, parse_money, parse_money_as,
    push_decimal,
};
pub use report::{
    AgreementReport, Amount, Break, BreakCounts, BreakKind, CauseFound, CauseLine, CauseStatus,
    ControlLine, ControlReport, ControlStatus, Counts, CrossedTotal, FieldDifference, Record,
    Reject, Repair, Report, Sides, SourceRecord, Total, Verdict, Version, verdict,
};
pub use rounding::{Rounding, round};
pub use wide::Wide;
