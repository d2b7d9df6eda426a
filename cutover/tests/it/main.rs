//! The window, told in stories; its laws; and the gate under every single change.

mod daybook;
mod fuzz;
mod gate;
mod schedule;
mod seal;
mod signoff;
mod story;
mod window;
mod world;
