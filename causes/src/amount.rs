//! Causes of wrong amounts: B1 to B16.

pub(crate) mod blank;
pub(crate) mod column;
pub(crate) mod currency;
pub(crate) mod fee;
pub(crate) mod float;
pub(crate) mod float_format;
pub(crate) mod floats;
pub(crate) mod overflow;
pub(crate) mod refund;
pub(crate) mod remainder;
pub(crate) mod rounding;
pub(crate) mod rounding_level;
pub(crate) mod separator;
pub(crate) mod sign;
pub(crate) mod slide;
pub(crate) mod transposition;
