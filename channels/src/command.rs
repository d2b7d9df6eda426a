//! Running a program with the notice on its standard input.

use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Program, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::Message;
use crate::attempt::Failure;
use crate::channel::Command;
use crate::mistake::Mistake;
use crate::post::Opening;
use crate::secret::Secrets;

/// The most bytes of what a program complains of that are kept: the last ones.
const COMPLAINT_MAX: usize = 8 << 10;

/// Time between two looks at a program.
const LOOK: Duration = Duration::from_millis(10);

/// Time for the rest of a complaint, once its program is gone.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Carries messages to a program.
#[derive(Debug)]
pub(crate) struct CommandCarrier {
    /// As the plan names it.
    program: String,
    /// As it is found.
    file: PathBuf,
    arguments: Vec<String>,
    folder: PathBuf,
}

/// Is the end of what a program complained of.
#[derive(Debug, Default)]
struct Complaint {
    bytes: Vec<u8>,
    is_cut: bool,
    is_over: bool,
}

impl CommandCarrier {
    pub(crate) fn open(command: &Command, opening: &mut Opening<'_>) -> Option<CommandCarrier> {
        let Some((program, arguments)) = command.argv.split_first() else {
            opening.note("argv", Mistake::Empty);
            return None;
        };
        opening.filled("argv", program);
        Some(CommandCarrier::new(program, arguments, opening.folder))
    }

    /// A program that runs in a folder. One with a path is meant from that folder on.
    pub(crate) fn new(program: &str, arguments: &[String], folder: &Path) -> CommandCarrier {
        // No folder is this one.
        let folder = folder.join(".");
        let file = match program.contains(std::path::is_separator) {
            // What a program's relative path starts from differs from system to system.
            true => std::path::absolute(folder.join(program)).unwrap_or_else(|_| program.into()),
            false => program.into(),
        };
        CommandCarrier {
            program: program.to_owned(),
            file,
            arguments: arguments.to_vec(),
            folder,
        }
    }

    pub(crate) fn carry(
        &self,
        message: &Message,
        secrets: &Secrets,
        timeout: Duration,
    ) -> Result<String, Failure> {
        let notice = serde_json::to_vec(message)
            .map_err(|error| Failure::for_good(format!("failed to write the notice: {error}")))?;
        let id = ("CROSSFOOT_NOTICE_ID", message.key());
        self.run(notice, (id.0, &id.1), secrets, timeout)
    }

    /// Runs the program once, with `input` on its standard input, and an id in a variable.
    pub(crate) fn run(
        &self,
        input: Vec<u8>,
        id: (&str, &str),
        secrets: &Secrets,
        timeout: Duration,
    ) -> Result<String, Failure> {
        let program = &self.program;
        let mut child = self.start(id)?;
        let complaint = Arc::new(Mutex::new(Complaint::default()));
        feed(&mut child, input);
        listen(&mut child, &complaint);
        let ended = wait(&mut child, timeout);
        let says = complaint_of(&complaint, secrets);
        match ended {
            Ok(Some(status)) if status.success() => Ok("exit code 0".to_owned()),
            Ok(Some(status)) => Err(Failure::for_now(format!(
                "{program} {}{says}",
                ending(status)
            ))),
            Ok(None) => Err(Failure::for_now(format!(
                "{program} did not end within {timeout:?} and was ended{says}"
            ))),
            Err(error) => Err(Failure::for_now(format!(
                "failed to wait for {program}: {error}"
            ))),
        }
    }

    fn start(&self, (variable, id): (&str, &str)) -> Result<Child, Failure> {
        let mut program = Program::new(&self.file);
        program
            .args(&self.arguments)
            .current_dir(&self.folder)
            .env(variable, id)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt as _;
            // A group of its own, so that all that it starts can be ended with it.
            program.process_group(0);
        }
        program.spawn().map_err(|error| {
            let told = format!("failed to start {}: {error}", self.program);
            match error.kind() {
                ErrorKind::NotFound => Failure::for_good(format!("{told}; write its whole path")),
                ErrorKind::PermissionDenied => {
                    Failure::for_good(format!("{told}; make it executable"))
                }
                _ => Failure::for_now(told),
            }
        })
    }
}

/// Writes to the program, beside what else goes on: it may not read it.
fn feed(child: &mut Child, input: Vec<u8>) {
    if let Some(mut stdin) = child.stdin.take() {
        // Where the program reads nothing or ends before, its exit code is what counts.
        thread::spawn(move || stdin.write_all(&input));
    }
}

/// Reads what the program complains of, all of it, and keeps the end.
fn listen(child: &mut Child, complaint: &Arc<Mutex<Complaint>>) {
    let Some(mut stderr) = child.stderr.take() else {
        return;
    };
    let complaint = Arc::clone(complaint);
    thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = stderr.read(&mut bytes) {
            lock(&complaint).hear(&bytes[..count]);
        }
        lock(&complaint).is_over = true;
    });
}

impl Complaint {
    fn hear(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > COMPLAINT_MAX {
            self.bytes.drain(..self.bytes.len() - COMPLAINT_MAX);
            self.is_cut = true;
        }
    }
}

fn lock(complaint: &Mutex<Complaint>) -> std::sync::MutexGuard<'_, Complaint> {
    complaint.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for the program; one that takes too long is ended with all that it started. `None` is that.
fn wait(child: &mut Child, timeout: Duration) -> std::io::Result<Option<ExitStatus>> {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let left = timeout.saturating_sub(began.elapsed());
        if left.is_zero() {
            end(child);
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(LOOK.min(left));
    }
}

/// Ends the program and all that it started.
fn end(child: &mut Child) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        // The group is gone where all have ended meanwhile.
        let _ = group.map(|group| kill_process_group(group, Signal::KILL));
    }
    // Where it has just ended there is nothing to end.
    let _ = child.kill();
}

/// Gives the end of the complaint. What outlives its program may hold the pipe open; it is not waited for.
fn complaint_of(complaint: &Mutex<Complaint>, secrets: &Secrets) -> String {
    let began = Instant::now();
    while !lock(complaint).is_over && began.elapsed() < LAST_WORDS {
        thread::sleep(LOOK);
    }
    let heard = lock(complaint);
    let told = secrets.hide_tail(&heard.bytes, heard.is_cut);
    match told.is_empty() {
        true => String::new(),
        false => format!(": {told}"),
    }
}

fn ending(status: ExitStatus) -> String {
    if let Some(code) = status.code() {
        return format!("ended with exit code {code}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;
        if let Some(signal) = status.signal() {
            return format!("was ended by signal {signal}");
        }
    }
    "was ended".to_owned()
}
