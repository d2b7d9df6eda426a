//! The words of `crossfoot demo`.

mod live;

use super::{Language, counted, grouped};
use crate::terminal::text::amount;
use ledger::Verdict;

impl Language {
    pub(crate) fn demo_begins(self, records: u64) -> String {
        let records = grouped(records);
        self.pick(
            format!(
                "Ruixin Pay stops its wallet. {records} records of three and a half years are to \
                 become double entry, and at 16:00 it must open. (The books are made up, in the \
                 layout of such a system; all else is real work.)"
            ),
            format!(
                "瑞信支付停止钱包服务。三年半的 {records} 笔流水要转成复式账，16:00 必须开放。\
                 （账册是生成的，版式与此类系统相同；其余都是真做。）"
            ),
        )
    }

    pub(crate) fn demo_rehearses(self, records: u64) -> String {
        let records = grouped(records);
        self.pick(
            format!("The night is rehearsed first, on {records} records."),
            format!("先用 {records} 条流水演练一遍。"),
        )
    }

    pub(crate) fn demo_rehearsed(self, planted: u64, found: u64, explained: u64) -> String {
        self.pick(
            format!(
                "{} planted in a shadow of that ledger: {found} found, {explained} explained.",
                counted(planted, "fault was", "faults were")
            ),
            format!("在其影子中植入 {planted} 处错误：找到 {found} 处，说明原因 {explained} 处。"),
        )
    }

    pub(crate) fn demo_books(self, folder: &str, accounts: u64, owed: &str) -> String {
        let (accounts, owed) = (grouped(accounts), amount(owed));
        self.pick(
            format!(
                "The old books lie in {folder}: {accounts} accounts, to which {owed} CNY is owed."
            ),
            format!("源账在 {folder}：账户 {accounts} 个，应付客户 {owed} CNY。"),
        )
    }

    pub(crate) fn demo_plants(self, id: &str, says: &str, count: u64) -> String {
        self.pick(
            format!(
                "Now something goes wrong, as in so many conversions ({id}, {count} ×): {says}"
            ),
            format!("这时出了差错，许多转换都遇到过（{id}，{count} 处）：{says}"),
        )
    }

    pub(crate) fn demo_truth(self, file: &str) -> String {
        self.pick(
            format!("Which records it was stands in {file}; nothing looks there before the end."),
            format!("是哪几笔，记在 {file}；最后才会看它。"),
        )
    }

    pub(crate) fn gate(self, verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Balanced => self.pick(
                "Both books agree to the cent, and every control holds.",
                "两边账分文不差，各项控制核对均成立。",
            ),
            Verdict::OutOfBalance => self.pick(
                "The books do not balance, and the wallet stays closed.",
                "账不平，钱包继续关闭。",
            ),
            Verdict::Incomplete => self.pick(
                "Something was not checked, and the wallet stays closed.",
                "有未核对之处，钱包继续关闭。",
            ),
        }
    }

    pub(crate) fn demo_found(self, planted: u64, found: u64, same: u64) -> String {
        self.pick(
            format!(
                "The truth: {} planted, {found} found, {same} the same.",
                counted(planted, "voucher", "vouchers")
            ),
            format!("真相：植入 {planted} 张凭证，找到 {found} 张，相同 {same} 张。"),
        )
    }

    pub(crate) fn demo_causes(self, proved: u64, named: u64, of: u64) -> String {
        self.pick(
            format!(
                "The cause was proved as planted for {proved} of {of}, and named for {named} more."
            ),
            format!("原因与植入一致：{of} 张中已证实 {proved} 张，另有 {named} 张列为可能。"),
        )
    }

    pub(crate) fn demo_ends(self, took: &str, left: &str) -> String {
        self.pick(
            format!("It took {took} of the eight hours; {left} are left."),
            format!("八小时用去 {took}，尚余 {left}。"),
        )
    }

    pub(crate) fn demo_next(self) -> &'static str {
        self.pick("Try next", "接下来可以试试")
    }
}
