//! What is to be planted, as it is written on a command line: `B3:10`.

use std::str::FromStr;

use thiserror::Error;

use crate::cause::{Cause, UnknownCause};

/// Is one order: a cause and how often it is planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// What happens to the records.
    pub cause: Cause,
    /// To how many vouchers it happens, or of A10 to how many pairs of them.
    pub count: u32,
}

/// Says why a text is no order.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OrderError {
    /// The text is not a cause and a number with a colon between them.
    #[error("`{0}` is not of the form CAUSE:COUNT, such as B3:10")]
    Form(String),
    /// The count is 0.
    #[error("`{0}` would plant nothing: a count is 1 or more")]
    Nothing(String),
    /// No such cause can be planted.
    #[error(transparent)]
    Cause(#[from] UnknownCause),
}

impl FromStr for Order {
    type Err = OrderError;

    fn from_str(text: &str) -> Result<Self, OrderError> {
        let wrong = || OrderError::Form(text.to_owned());
        let (cause, count) = text.split_once(':').ok_or_else(wrong)?;
        let cause = cause.parse()?;
        match count.parse::<u32>().map_err(|_| wrong())? {
            0 => Err(OrderError::Nothing(text.to_owned())),
            count => Ok(Self { cause, count }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_a_cause_and_a_count() {
        let (cause, count) = (Cause::A10, 3);
        assert_eq!("A10:3".parse(), Ok(Order { cause, count }));
    }

    #[test]
    fn what_is_no_order_is_refused() {
        for wrong in ["B3", "B3:", "B3:many", "B3:-1", "B3:0", ":3", "Z9:3"] {
            assert!(wrong.parse::<Order>().is_err(), "{wrong}");
        }
    }
}
