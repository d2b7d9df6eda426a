//! Causes of records that are not there, or there too often: A1 to A11.

pub(crate) mod boundary;
pub(crate) mod doubled_in_source;
pub(crate) mod duplicated;
pub(crate) mod filtered;
pub(crate) mod id_precision;
pub(crate) mod merged;
pub(crate) mod omitted;
pub(crate) mod phantom;
pub(crate) mod rejected;
pub(crate) mod split;
pub(crate) mod swapped;
