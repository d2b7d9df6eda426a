//! The model: one after another, by lists and sums alone.

use std::collections::{BTreeMap, BTreeSet};

use ruixin_pay::Books;
use ruixin_pay::command::{BankOutcome, Command, Payment, Receipt};
use ruixin_pay::money::Amount;

use super::acts::Ids;
use super::{Seen, audit};

/// Is what each has, what is frozen, what is left of payments, withdrawals and holds.
#[derive(Debug, Default, Clone)]
pub struct Model {
    pub balance: BTreeMap<String, i64>,
    pub frozen: BTreeMap<String, i64>,
    /// Order: payer, merchant, left to refund.
    pub payments: BTreeMap<String, (String, String, i64)>,
    /// Order: account, amount.
    pub withdrawals: BTreeMap<String, (String, i64)>,
    /// Hold: account, left.
    pub holds: BTreeMap<String, (String, i64)>,
    /// What the house got: fees less coupons; and what the banks got: withdrawals less top-ups.
    pub house: i64,
    pub banks: i64,
    /// Withdrawals that a bank has answered.
    settled: BTreeSet<String>,
}

/// Is that it was done, or the code of why not.
pub type Said = Result<(), &'static str>;

/// The rates after November 2012: class A 0.55 %, ICBC 0.1 % from 0.50 to 10.00.
fn merchant_fee(amount: i64) -> i64 {
    (amount * 5_500 + 500_000) / 1_000_000
}

fn withdrawal_fee(amount: i64) -> i64 {
    ((amount * 1_000 + 500_000) / 1_000_000).clamp(50, 1_000)
}

impl Model {
    fn take(&mut self, who: &str, amount: i64) -> Said {
        let balance = self.balance.entry(who.to_owned()).or_default();
        if *balance < amount {
            return Err("insufficient-funds");
        }
        *balance -= amount;
        Ok(())
    }

    fn give(&mut self, who: &str, amount: i64) {
        *self.balance.entry(who.to_owned()).or_default() += amount;
    }

    fn freeze(&mut self, who: &str, amount: i64) -> Said {
        self.take(who, amount)?;
        *self.frozen.entry(who.to_owned()).or_default() += amount;
        Ok(())
    }

    fn unfreeze(&mut self, who: &str, amount: i64) {
        *self.frozen.entry(who.to_owned()).or_default() -= amount;
        self.give(who, amount);
    }

    /// Does a command, or says why not, and then nothing has changed; ids are those that the books
    /// gave, if any.
    pub fn run(&mut self, command: &Command, receipt: Option<&Receipt>) -> Said {
        let order_id = receipt
            .and_then(|one| one.order.as_ref())
            .map(|one| one.order_id.clone())
            .unwrap_or_default();
        let hold_id = receipt
            .and_then(|one| one.hold.as_ref())
            .map(|one| one.hold.clone())
            .unwrap_or_default();
        match command {
            Command::TopUp(asked) => {
                self.give(&asked.account, asked.amount.fen());
                self.banks -= asked.amount.fen();
            }
            Command::Pay(asked) => self.pay(asked, order_id)?,
            Command::Refund(order, asked) => self.refund(order, asked.amount.fen())?,
            Command::Transfer(asked) => {
                if asked.payer == asked.payee {
                    return Err("same-account");
                }
                self.take(&asked.payer, asked.amount.fen())?;
                self.give(&asked.payee, asked.amount.fen());
            }
            Command::Withdraw(asked) => {
                let amount = asked.amount.fen();
                if amount < 1_000 {
                    return Err("below-minimum");
                }
                self.freeze(&asked.account, amount)?;
                let one = (asked.account.clone(), amount);
                self.withdrawals.insert(order_id, one);
            }
            Command::Settle(order, asked) => self.settle(order, asked.outcome)?,
            Command::Hold(asked) => {
                let amount = asked.amount.fen();
                self.freeze(&asked.account, amount)?;
                self.holds.insert(hold_id, (asked.account.clone(), amount));
            }
            Command::Release(hold, asked) => self.release(hold, asked.amount.map(Amount::fen))?,
            Command::Open(_) => {}
        }
        Ok(())
    }

    fn pay(&mut self, asked: &Payment, order_id: String) -> Said {
        let (amount, coupon) = (asked.amount.fen(), asked.coupon.map_or(0, Amount::fen));
        let own = amount - coupon;
        if own <= 0 {
            return Err("coupon-too-large");
        }
        self.take(&asked.payer, own)?;
        let fee = merchant_fee(amount);
        self.give(&asked.merchant, amount - fee);
        self.house += fee - coupon;
        let one = (asked.payer.clone(), asked.merchant.clone(), own);
        self.payments.insert(order_id, one);
        Ok(())
    }

    fn refund(&mut self, order: &str, amount: i64) -> Said {
        let found = self.payments.get(order).cloned();
        let (payer, merchant, left) = found.ok_or("order-not-found")?;
        if amount > left {
            return Err("refund-exceeds-payment");
        }
        self.take(&merchant, amount)?;
        self.give(&payer, amount);
        self.payments
            .insert(order.to_owned(), (payer, merchant, left - amount));
        Ok(())
    }

    fn settle(&mut self, order: &str, outcome: BankOutcome) -> Said {
        if self.settled.contains(order) {
            return Err("order-state");
        }
        let found = self.withdrawals.remove(order);
        let (account, amount) = found.ok_or("order-not-found")?;
        self.settled.insert(order.to_owned());
        self.unfreeze(&account, amount);
        if outcome == BankOutcome::Paid {
            self.take(&account, amount).expect("it was frozen");
            self.house += withdrawal_fee(amount);
            self.banks += amount - withdrawal_fee(amount);
        }
        Ok(())
    }

    fn release(&mut self, hold: &str, amount: Option<i64>) -> Said {
        let found = self.holds.get(hold).cloned();
        let (account, left) = found.ok_or("hold-not-found")?;
        let amount = amount.unwrap_or(left);
        if amount > left || left == 0 {
            return Err("release-exceeds-hold");
        }
        self.unfreeze(&account, amount);
        self.holds.insert(hold.to_owned(), (account, left - amount));
        Ok(())
    }
}

/// The flow of the books, gone through from the beginning, gives everybody what the model does.
pub async fn agree(books: &Books, ids: &Ids, model: &Model) {
    let replayed = audit(books.store()).await;
    let mut all = model.house + model.banks;
    for person in &ids.people {
        let balance = model.balance.get(person).copied().unwrap_or(0);
        let frozen = model.frozen.get(person).copied().unwrap_or(0);
        let seen = replayed.get(person).cloned().unwrap_or_default();
        let Seen { count, .. } = seen;
        assert_eq!(
            seen,
            Seen {
                balance,
                frozen,
                count
            },
            "{person}"
        );
        all += balance + frozen;
    }
    assert_eq!(all, 0, "every fen is somebody's");
}
