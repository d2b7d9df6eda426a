//! The daybook on the disk. Each entry is there before the next step is taken.
//!
//! Several commands may write at a time: a rollback must not wait for a conversion. So the file is
//! locked for one entry, and what others wrote meanwhile is taken in first.

use crate::error::{CommandError, Kind};
use cutover::Digest;
use cutover::daybook::{Daybook, Entry, Event, Opened, Terms, Torn, Version};
use cutover::window::{Command, Refusal, Stage, State, decide};
use jiff::Timestamp;
use rules::plan::{Plan, Window};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The folder beside the plan that holds the daybook.
const FOLDER: &str = "window";

/// The daybook of a plan's window.
#[derive(Debug)]
pub(crate) struct Desk {
    path: PathBuf,
    daybook: Daybook,
    state: State,
    /// A line that a crash left half written, and that was cut off.
    torn: Option<Torn>,
}

impl Desk {
    /// Where the daybook of a plan lies.
    pub(crate) fn path_of(plan: &Plan) -> PathBuf {
        plan.folder().join(FOLDER).join(cutover::seal::DAYBOOK)
    }

    /// Where the daybooks of a plan lie, that of the window at hand first, then those of the windows
    /// before.
    pub(crate) fn paths(plan: &Plan) -> Vec<PathBuf> {
        let own = Self::path_of(plan);
        let folder = own.parent().unwrap_or(Path::new(""));
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let is_kept = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("daybook-") && name.ends_with(".jsonl")
        };
        let mut kept: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_kept).collect();
        kept.sort();
        kept.insert(0, own);
        kept
    }

    /// Opens the daybook of a plan; none where there is none yet.
    pub(crate) fn open(plan: &Plan) -> Result<Option<Self>, CommandError> {
        let path = Self::path_of(plan);
        match fs::read(&path) {
            Ok(bytes) if bytes.is_empty() => Ok(None),
            Ok(bytes) => Self::read(path, &bytes).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&path, &error)),
        }
    }

    /// Opens the daybook of a plan, which must be there and begun: a crash may have come into its first
    /// entry.
    pub(crate) fn need(plan: &Plan) -> Result<Self, CommandError> {
        let none = || {
            let path = Self::path_of(plan);
            CommandError::new(
                Kind::Use,
                format!("there is no daybook at {}", path.display()),
            )
            .hint("begin with `crossfoot window announce`")
        };
        let open = Self::open(plan)?;
        open.filter(|desk| desk.state.terms().is_some())
            .ok_or_else(none)
    }

    /// Opens the daybook of a plan, and begins it where there is none.
    pub(crate) fn begin(plan: &Plan) -> Result<Self, CommandError> {
        let open = Self::open(plan)?;
        if let Some(desk) = open.filter(|desk| desk.state.terms().is_some()) {
            return Ok(desk);
        }
        let window = window_of(plan)?;
        let path = Self::path_of(plan);
        let folder = path.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
        let mut desk = Self {
            path,
            daybook: Daybook::new(),
            state: State::new(),
            torn: None,
        };
        let opened = Opened {
            version: Version,
            crossfoot: env!("CARGO_PKG_VERSION").to_owned(),
            plan: plan.name.value.clone(),
            terms: terms(plan, window)?,
        };
        desk.record(Event::Opened(Box::new(opened)))?;
        Ok(desk)
    }

    /// Begins the daybook of another window where the one before is over, and gives where that one's
    /// is kept from now on: under the time of its last entry. Otherwise as [`Desk::begin`].
    pub(crate) fn begin_another(plan: &Plan) -> Result<(Self, Option<PathBuf>), CommandError> {
        let over = Self::open(plan)?.filter(|desk| desk.state.stage().is_over());
        let Some(over) = over else {
            return Ok((Self::begin(plan)?, None));
        };
        // By a plan whose window was released nothing is left to do.
        if over.state.stage() == Stage::Released && over.knows(plan)? {
            return Ok((over, None));
        }
        let release = window_of(plan)?.release.value;
        if release <= Timestamp::now() {
            let message = format!("the window must be open at {release}, which is past");
            return Err(CommandError::new(Kind::Use, message)
                .hint("give the other window its own `freeze` and `release` in the plan"));
        }
        let last = over.daybook.entries().last();
        let ended = last.map_or_else(Timestamp::now, Entry::at);
        let ended = ended.strftime("%Y-%m-%dT%H-%M-%SZ");
        let kept = over.path.with_file_name(format!("daybook-{ended}.jsonl"));
        let file = over.locked()?;
        if kept.exists() {
            let message = format!("{}: it is there already", kept.display());
            return Err(CommandError::new(Kind::Book, message));
        }
        fs::rename(&over.path, &kept).map_err(|error| failed(&over.path, &error))?;
        drop(file);
        Ok((Self::begin(plan)?, Some(kept)))
    }

    /// Reads a daybook wherever it lies.
    pub(crate) fn read(path: PathBuf, bytes: &[u8]) -> Result<Self, CommandError> {
        let daybook = Daybook::read(bytes).map_err(|damage| {
            CommandError::new(Kind::Book, format!("{}: {damage}", path.display()))
        })?;
        let state = State::replay(daybook.entries()).map_err(|error| {
            CommandError::new(Kind::Book, format!("{}: {error}", path.display()))
        })?;
        Ok(Self {
            path,
            torn: daybook.torn(),
            daybook,
            state,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    pub(crate) fn daybook(&self) -> &Daybook {
        &self.daybook
    }

    /// What a crash left half written, if anything.
    pub(crate) fn torn(&self) -> Option<Torn> {
        self.torn
    }

    /// Gives the time, which is never before that of the last entry: a clock that goes back a little
    /// must not stop a window.
    pub(crate) fn now(&self) -> Timestamp {
        let last = self.daybook.entries().last();
        last.map_or_else(Timestamp::now, |last| Timestamp::now().max(last.at()))
    }

    /// Says whether the plan is the one that the window was announced for.
    pub(crate) fn knows(&self, plan: &Plan) -> Result<bool, CommandError> {
        let known = self.state.terms().map(|terms| terms.plan_blake3);
        Ok(known == Some(digest(plan)?))
    }

    /// Refuses a plan that is not the one that the window was announced for.
    pub(crate) fn unchanged(&self, plan: &Plan) -> Result<(), CommandError> {
        if self.knows(plan)? {
            return Ok(());
        }
        let message = "the plan has changed since the window was announced";
        Err(CommandError::new(Kind::Use, message).hint(
            "put it back, or record the change with `crossfoot window replan --why … --by …`",
        ))
    }

    /// Records an event.
    pub(crate) fn record(&mut self, event: Event) -> Result<(), CommandError> {
        self.take(Command::Record(event))
    }

    /// Takes a step, or says why it is refused.
    pub(crate) fn take(&mut self, command: Command) -> Result<(), CommandError> {
        self.try_take(command)?.map_err(refused)
    }

    /// Says whether a step would be taken now, and takes none.
    pub(crate) fn would_take(&self, command: Command) -> Result<(), CommandError> {
        decide(&self.state, command, self.now()).map_err(refused)?;
        Ok(())
    }

    /// Takes a step; a refusal is a value.
    pub(crate) fn try_take(
        &mut self,
        command: Command,
    ) -> Result<Result<(), Refusal>, CommandError> {
        let mut file = self.locked()?;
        self.catch_up(&mut file)?;
        let now = self.now();
        let events = match decide(&self.state, command, now) {
            Ok(events) => events,
            Err(refusal) => return Ok(Err(refusal)),
        };
        for event in events {
            self.append(&mut file, now, event)?;
        }
        Ok(Ok(()))
    }

    fn locked(&self) -> Result<File, CommandError> {
        let mut options = OpenOptions::new();
        let opened = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&self.path);
        let file = opened.map_err(|error| failed(&self.path, &error))?;
        file.lock().map_err(|error| failed(&self.path, &error))?;
        Ok(file)
    }

    fn catch_up(&mut self, file: &mut File) -> Result<(), CommandError> {
        let length = file
            .metadata()
            .map_err(|error| failed(&self.path, &error))?;
        if length.len() == self.daybook.keep() {
            return Ok(());
        }
        let mut bytes = Vec::new();
        let read = file
            .seek(SeekFrom::Start(0))
            .and_then(|_| file.read_to_end(&mut bytes));
        read.map_err(|error| failed(&self.path, &error))?;
        let other = Self::read(self.path.clone(), &bytes)?;
        let known = self.daybook.entries();
        if other.daybook.entries().get(..known.len()) != Some(known) {
            let message = format!("{}: it is another daybook than before", self.path.display());
            return Err(CommandError::new(Kind::Book, message)
                .hint("somebody replaced the file; put the right one back"));
        }
        self.torn = self.torn.or(other.torn);
        (self.daybook, self.state) = (other.daybook, other.state);
        Ok(())
    }

    fn append(
        &mut self,
        file: &mut File,
        now: Timestamp,
        event: Event,
    ) -> Result<(), CommandError> {
        let entry = self
            .daybook
            .next(now, event)
            .map_err(|error| CommandError::new(Kind::Own, error.to_string()))?;
        let keep = self.daybook.keep();
        let written = file
            .set_len(keep)
            .and_then(|()| file.seek(SeekFrom::Start(keep)))
            .and_then(|_| file.write_all(entry.line().as_bytes()))
            .and_then(|()| file.sync_data());
        if let Err(error) = written {
            // Half an entry is none; what can be cut off again is.
            drop(file.set_len(keep));
            return Err(failed(&self.path, &error));
        }
        self.state
            .apply(&entry)
            .map_err(|error| CommandError::new(Kind::Own, error.to_string()))?;
        match self.daybook.push(entry) {
            true => Ok(()),
            false => Err(CommandError::new(Kind::Own, "an entry does not follow")),
        }
    }
}

/// The window of a plan, which must have one.
pub(crate) fn window_of(plan: &Plan) -> Result<&Window, CommandError> {
    plan.window.as_ref().ok_or_else(|| {
        CommandError::new(Kind::Use, "the plan has no `[window]`").hint(
            "add `[window]` with `freeze`, `release` and `rollback_takes`; see docs/window.md",
        )
    })
}

/// What a plan lays down for the window and the gate.
pub(crate) fn terms(plan: &Plan, window: &Window) -> Result<Terms, CommandError> {
    let zone = plan.timezone.as_ref().map(|zone| zone.value.clone());
    let takes = window.rollback_takes.value.as_millis();
    Ok(Terms {
        plan_blake3: digest(plan)?,
        freeze: window.freeze.value,
        release: window.release.value,
        rollback_takes_ms: u64::try_from(takes).unwrap_or(u64::MAX),
        timezone: zone.unwrap_or_else(|| "UTC".to_owned()),
        roles: window.roles.clone(),
        agreements: plan
            .agreements
            .iter()
            .map(|one| one.name.value.clone())
            .collect(),
        controls: plan
            .controls
            .iter()
            .map(|one| one.name.value.clone())
            .collect(),
    })
}

/// The digest of a plan and its SQL.
pub(crate) fn digest(plan: &Plan) -> Result<Digest, CommandError> {
    let digest = plan.digest();
    digest
        .parse()
        .map_err(|error: cutover::NoDigest| CommandError::new(Kind::Own, error.to_string()))
}

/// A step that is refused is wrong use, and its words say what to do instead.
fn refused(refusal: Refusal) -> CommandError {
    CommandError::new(Kind::Use, refusal.to_string())
}

pub(crate) fn failed(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::new(Kind::Book, format!("{}: {error}", path.display()))
}
