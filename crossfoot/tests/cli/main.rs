//! The command line from outside: what is written to stdout and stderr, and the exit status, in
//! one text. Times and the folders of runs are masked; everything else is compared as it is.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot prepare its books fails"
)]

mod bad;
mod check;
mod convert;
mod correct;
mod databases;
mod demo;
mod evening;
mod explain;
mod faults;
mod help;
mod init;
mod into;
mod moving;
mod pairs;
mod peer;
mod place;
mod proxy;
mod push;
mod secrets;
mod types;
mod verify;
mod window;
