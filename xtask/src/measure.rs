//! Runs a whole process and says what it took, its waited-for children included.

use std::io::Read;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use wait4::Wait4;

/// What one process took from its start to its end.
#[derive(Debug)]
pub(crate) struct Taken {
    /// From start to end, in seconds.
    pub(crate) wall_seconds: f64,
    /// User time and system time, in seconds.
    pub(crate) cpu_seconds: f64,
    /// The largest resident memory of one process of the tree, in bytes.
    pub(crate) peak_bytes: u64,
    /// How it ended.
    pub(crate) status: ExitStatus,
    /// What it said on its output.
    pub(crate) stdout: Vec<u8>,
}

impl Taken {
    /// The figures as they are kept in the results' file.
    pub(crate) fn figures(&self) -> Value {
        json!({
            "wall_seconds": self.wall_seconds,
            "cpu_seconds": self.cpu_seconds,
            "peak_bytes": self.peak_bytes,
            "exit": self.status.code(),
        })
    }
}

/// Runs a command to its end; what it says on stderr passes through.
///
/// # Errors
/// When the command cannot be started or its output cannot be read.
pub(crate) fn run(command: &mut Command) -> Result<Taken> {
    let program = command.get_program().to_string_lossy().into_owned();
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("{program} cannot be started"))?;
    let mut stdout = Vec::new();
    if let Some(mut pipe) = child.stdout.take() {
        pipe.read_to_end(&mut stdout)
            .with_context(|| format!("the output of {program} cannot be read"))?;
    }
    let used = child
        .wait4()
        .with_context(|| format!("cannot wait for {program}"))?;
    Ok(Taken {
        wall_seconds: started.elapsed().as_secs_f64(),
        cpu_seconds: (used.rusage.utime + used.rusage.stime).as_secs_f64(),
        peak_bytes: used.rusage.maxrss,
        status: used.status,
        stdout,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_measured_with_its_children() {
        let script = "dd if=/dev/zero of=/dev/null bs=64M count=2 2>&1; echo done; exit 3";
        let taken = run(Command::new("sh").args(["-c", script])).unwrap();
        assert!(String::from_utf8_lossy(&taken.stdout).ends_with("done\n"));
        assert_eq!(taken.status.code(), Some(3));
        assert!(taken.peak_bytes > 64 << 20, "{}", taken.peak_bytes);
        assert!(taken.wall_seconds > 0.0);
    }
}
