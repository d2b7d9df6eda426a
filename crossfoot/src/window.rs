//! The window as the commands see it: the daybook on the disk, the systems that are called, the
//! notices that are sent, and the facts that the gate judges by.

pub(crate) mod clocked;
pub(crate) mod desk;
pub(crate) mod facts;
pub(crate) mod figures;
pub(crate) mod folder;
pub(crate) mod gauge;
pub(crate) mod hook;
pub(crate) mod notices;
pub(crate) mod record;

pub(crate) use desk::Desk;
