//! The words of `crossfoot demo --live`.

use super::super::{Language, counted, grouped};
use crate::terminal::text::amount;
use ledger::Decimal;
use ruixin_live::{Compared, DayRunView, Earned, Ended, Opened, Tally};
use std::net::SocketAddr;

/// Fen as yuan.
fn yuan(fen: i64) -> String {
    amount(&Decimal::new(i128::from(fen), 2).to_string())
}

impl Language {
    pub(crate) fn live_begins(self, records: u64) -> String {
        let records = grouped(records);
        self.pick(
            format!(
                "Ruixin Pay has {records} records of three and a half years in its database. (They are \
                 made up, in the layout of such a system; all else is real work.)"
            ),
            format!(
                "瑞信支付的数据库中有三年半的 {records} 笔流水。（流水是生成的，版式与此类系统相同；\
                 其余都是真做。）"
            ),
        )
    }

    pub(crate) fn live_books(self, file: &str, accounts: u64, records: u64, until: &str) -> String {
        let (accounts, records) = (grouped(accounts), grouped(records));
        self.pick(
            format!(
                "Its books lie in {file}: {accounts} accounts, {records} records, the last of {until}."
            ),
            format!("账册在 {file}：账户 {accounts} 个，流水 {records} 笔，末笔 {until}。"),
        )
    }

    pub(crate) fn live_runs(self, pay: &SocketAddr, bao: &SocketAddr) -> String {
        self.pick(
            format!(
                "Ruixin Pay serves at http://{pay}; Ruixin Bao, which is to take over, waits at \
                 http://{bao}, closed."
            ),
            format!(
                "瑞信支付在 http://{pay} 提供服务；将要接手的瑞信宝在 http://{bao} 待命，尚未开放。"
            ),
        )
    }

    pub(crate) fn live_crowd(self, people: u64) -> String {
        let people = grouped(people);
        self.pick(
            format!(
                "{people} people pay, send, top up, give back, withdraw and freeze over HTTP. Each \
                 notes what he is told."
            ),
            format!(
                "{people} 位用户经 HTTP 付款、转账、充值、退款、提现、锁定部分资金，各自记下系统告知的内容。"
            ),
        )
    }

    pub(crate) fn live_closed(self, tally: &Tally) -> String {
        let [done, refused, closed] = [tally.done, tally.refused, tally.closed].map(grouped);
        self.pick(
            format!(
                "Of what they asked for, {done} were done and {refused} refused for want of money. Since \
                 the freeze {closed} were told that the house is closed, and until when. None is in \
                 between."
            ),
            format!(
                "其请求办成 {done} 笔，余额不足被拒 {refused} 笔；停机后 {closed} 笔被告知暂停服务及\
                 恢复时间。没有一笔悬而未决。"
            ),
        )
    }

    pub(crate) fn live_compared(self, compared: &Compared) -> String {
        let people = grouped(compared.people);
        let all = yuan(compared.fen - compared.income_fen);
        let odd = compared.odd.len() as u64;
        let income = match compared.income_fen {
            0 => [String::new(), String::new()],
            fen => [
                format!(", and beside it {} CNY of income", yuan(fen)),
                format!("，另有基金收益 {} CNY", yuan(fen)),
            ],
        };
        let [income_en, income_zh] = income;
        match odd {
            0 => self.pick(
                format!(
                    "{people} people were asked for: all that they have, {all} CNY, is what they were \
                     told, to the cent{income_en}."
                ),
                format!(
                    "逐一查询 {people} 位用户：合计 {all} CNY，与告知各人的分文不差{income_zh}。"
                ),
            ),
            odd => self.pick(
                format!(
                    "{} of {people} not what they were told.",
                    counted(odd, "person has", "people have")
                ),
                format!("{people} 位用户中有 {odd} 位的余额与告知的不符。"),
            ),
        }
    }

    pub(crate) fn live_took_over(self, opened: &Opened, proved: u64) -> String {
        let [accounts, holdings, proved] = [opened.accounts, opened.holdings, proved].map(grouped);
        let [under_way, refundable] = [opened.under_way, opened.refundable].map(grouped);
        let shares = yuan(opened.shares);
        self.pick(
            format!(
                "Ruixin Bao takes over what was verified: {accounts} accounts; {holdings} wallets buy \
                 {shares} shares of the fund; {under_way} withdrawals, holds and payments into escrow are \
                 under way, and {refundable} payments can be refunded. It has proved {proved} things of \
                 its books, and stays closed."
            ),
            format!(
                "瑞信宝接收已核对的账册：账户 {accounts} 个；{holdings} 个钱包申购基金 {shares} 份；\
                 在途提现、止付和担保交易 {under_way} 项，可退款的付款 {refundable} 笔。\
                 账内自核 {proved} 项成立，仍未开放。"
            ),
        )
    }

    pub(crate) fn live_opened(self) -> &'static str {
        self.pick(
            "What Ruixin Bao is about to open with is held against what Ruixin Pay ended with: its own \
             books, and not what was converted for it.",
            "以瑞信支付停机时的账，核对瑞信宝即将开账的账：核的是其自身账册，而非转换结果。",
        )
    }

    pub(crate) fn live_goes_back(self) -> &'static str {
        self.pick("the books do not balance", "账不平")
    }

    pub(crate) fn live_goes_back_to_work(self, tally: &Tally) -> String {
        let [done, refused] = [tally.done, tally.refused].map(grouped);
        self.pick(
            format!(
                "The old wallet is open again, and the same people go on there: {done} commands done, \
                 {refused} refused."
            ),
            format!("原钱包恢复服务，原用户继续使用：办成 {done} 笔，被拒 {refused} 笔。"),
        )
    }

    pub(crate) fn live_goes_on(self, tally: &Tally) -> String {
        let [done, refused] = [tally.done, tally.refused].map(grouped);
        self.pick(
            format!(
                "Ruixin Bao is open, and the same people go on there: {done} commands done, {refused} \
                 refused."
            ),
            format!("瑞信宝开放，原用户在此继续：办成 {done} 笔，被拒 {refused} 笔。"),
        )
    }

    pub(crate) fn live_ended(self, ended: &Ended) -> String {
        let [withdrawals, holds, refunds] =
            [ended.withdrawals, ended.holds, ended.refunds].map(grouped);
        self.pick(
            format!(
                "What was under way when the old wallet closed comes to its end here, by its old numbers: \
                 {withdrawals} withdrawals are answered, {holds} holds released, {refunds} payments \
                 refunded."
            ),
            format!(
                "原钱包停机时在途的事项按原编号在此办结：提现 {withdrawals} 笔，解除止付 {holds} 笔，\
                 退款 {refunds} 笔。"
            ),
        )
    }

    pub(crate) fn live_first_night(self, day: &DayRunView) -> String {
        let (date, orders) = (day.day, grouped(day.confirmed.orders));
        let subscribed = amount(&day.confirmed.subscribed);
        self.pick(
            format!(
                "The night of {date}: {orders} orders of the day are confirmed, and with what the wallets \
                 held {subscribed} CNY have become shares. Nobody has earned yet: shares earn from the \
                 day that they are confirmed."
            ),
            format!(
                "{date} 日终：确认当日订单 {orders} 笔，连同各钱包余额，共有 {subscribed} CNY 成为份额。\
                 尚无收益：份额自确认之日起计。"
            ),
        )
    }

    pub(crate) fn live_released(self, released: u64) -> String {
        let was = counted(released, "amount was", "amounts were");
        self.pick(
            format!(
                "{was} held until a minute past midnight: the house has released what was over by itself, though \
                 nobody asked for anything."
            ),
            format!("有 {released} 笔止付于零时一分到期：无人操作，系统自行解除。"),
        )
    }

    pub(crate) fn live_next_day(self, tally: &Tally) -> String {
        let [done, refused] = [tally.done, tally.refused].map(grouped);
        self.pick(
            format!(
                "The next morning they pay straight from the fund, too, and redeem shares at once up to the \
                 cap of the day, and not a cent more: {done} commands done, {refused} refused."
            ),
            format!(
                "次日上午，也可直接用基金份额付款，并在当日限额内快速赎回，多一分也不行：办成 {done} 笔，\
                 被拒 {refused} 笔。"
            ),
        )
    }

    pub(crate) fn live_second_night(self, day: &DayRunView) -> String {
        let [shares, income, residue] =
            [day.shares, day.income, day.residue].map(|yuan| amount(&yuan.to_string()));
        let (date, ten_thousand) = (day.day, &day.income_per_ten_thousand);
        self.pick(
            format!(
                "The night of {date}: the fund earned {income} CNY on {shares} shares, {ten_thousand} \
                 per ten thousand. Everybody's part is cut to the cent, and the {residue} CNY left over \
                 are handed out cent by cent."
            ),
            format!(
                "{date} 日终：基金份额 {shares}，收益 {income} CNY，万份收益 {ten_thousand}。各人收益\
                 截到分，余下 {residue} CNY 逐分派完。"
            ),
        )
    }

    pub(crate) fn live_worked_out(self, earned: &Earned) -> String {
        let [people, with_a_fen] = [earned.people, earned.with_a_fen].map(grouped);
        let income = yuan(earned.fen);
        self.pick(
            format!(
                "{people} people worked out their income by what they had noted of their shares, cut to the \
                 cent: it is what they have, {income} CNY in all. {with_a_fen} of them have a cent more, and \
                 nobody with less cut off has one before them."
            ),
            format!(
                "{people} 位用户按自己所记份额各自算出收益并截到分：与到账一致，合计 {income} CNY。其中 \
                 {with_a_fen} 位多得一分余数，余数按截去多少先后派发，无一越位。"
            ),
        )
    }

    pub(crate) fn live_register(self, holders: u64, day: &str) -> String {
        let holders = grouped(holders);
        self.pick(
            format!(
                "The fund's register of {day} goes to the registrar: {holders} holders. It is held \
                 against the books, record by record."
            ),
            format!("{day} 的份额登记报送登记机构，共 {holders} 户，与账册逐户核对。"),
        )
    }

    pub(crate) fn live_proved(self, proved: u64) -> String {
        let proved = grouped(proved);
        self.pick(
            format!("Ruixin Bao has proved its books once more: {proved} things stand."),
            format!("瑞信宝再次自核账册：{proved} 项成立。"),
        )
    }
}
