//! Causes that lie behind the record: rules, the source itself, the process, the machine, the
//! checker, the fund. Most of them take more evidence than records.

pub(crate) mod checker;
pub(crate) mod fund;
pub(crate) mod machine;
pub(crate) mod process;
pub(crate) mod rule;
pub(crate) mod source;
