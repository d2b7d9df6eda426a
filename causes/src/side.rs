//! Causes of the wrong side, account or meaning: D1 to D8.

pub(crate) mod account;
pub(crate) mod counterparty;
pub(crate) mod customer;
mod other_code;
pub(crate) mod pairing;
pub(crate) mod reversed;
pub(crate) mod shard;
pub(crate) mod subject;
pub(crate) mod type_code;
