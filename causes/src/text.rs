//! Causes of wrong texts: E1 to E4.

pub(crate) mod cut;
pub(crate) mod delimiter;
pub(crate) mod encoding;
pub(crate) mod normal_form;
