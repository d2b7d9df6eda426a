//! What is to be planted, as the command line says it: `B9:10,A5:1,B9+B10:3`.

use std::str::FromStr;

use anyhow::{Context, Result, bail};

/// Is one order: a cause, or two on each record, so many times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) causes: Vec<String>,
    pub(crate) count: usize,
}

/// Is a list of orders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Orders(pub(crate) Vec<Order>);

impl FromStr for Orders {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let orders = text.split(',').filter(|one| !one.is_empty());
        orders.map(order).collect::<Result<_>>().map(Self)
    }
}

fn order(text: &str) -> Result<Order> {
    let (causes, count) = text
        .split_once(':')
        .with_context(|| format!("`{text}` is no CAUSE:COUNT"))?;
    let causes: Vec<String> = causes.split('+').map(str::to_owned).collect();
    if causes.len() > 2 || causes.iter().any(String::is_empty) {
        bail!("`{text}` names neither one cause nor two");
    }
    let count = count
        .parse()
        .with_context(|| format!("`{text}` has no count"))?;
    Ok(Order { causes, count })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_and_counts_are_read() {
        let orders: Orders = "B9:10,A5:1,B10+B9:3".parse().unwrap();
        let shown: Vec<String> = orders
            .0
            .iter()
            .map(|one| format!("{}x{}", one.causes.join("+"), one.count))
            .collect();
        assert_eq!(shown, ["B9x10", "A5x1", "B10+B9x3"]);
        assert_eq!("".parse::<Orders>().unwrap(), Orders::default());
    }

    #[test]
    fn what_is_no_order_is_refused() {
        for wrong in ["B9", "B9:", "B9:many", ":3", "B9+:3", "A1+B2+B3:1"] {
            assert!(wrong.parse::<Orders>().is_err(), "{wrong}");
        }
    }
}
