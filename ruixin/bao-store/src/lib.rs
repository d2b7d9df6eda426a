//! The store of Ruixin Bao.
