//! Random schedules of steps, each write cut short at random: an auditor that keeps its own books
//! never sees the new book open without a GO on what is then there.

use cutover::Digest;
use cutover::daybook::{Daybook, Entry, Event, Phase, Taken};
use cutover::gate::{Judgement, Outcome};
use cutover::signoff::SecretKey;
use cutover::window::{Command, Stage, State, decide};
use jiff::{SignedDuration, Timestamp};

use super::world::{self, World, acceptance, at, figures, found, li, opened, started, terms, wang};

/// Schedules played, and steps tried in each.
const SCHEDULES: u64 = 3000;
const STEPS: u64 = 90;

/// Numbers that look random, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }
}

/// What an auditor notes who sees the systems and the people, and knows nothing of the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Auditor {
    old_is_open: bool,
    new_is_open: bool,
    /// Counts every change of what the books hold.
    books: u64,
    /// Counts every change of what there is to sign.
    to_sign: u64,
    plan: u64,
    converted_by_plan: Option<u64>,
    rehearsed_plan: Option<u64>,
    verified_books: Option<u64>,
    open_breaks: Vec<String>,
    signed: [Option<u64>; 2],
    release: Timestamp,
}

/// The machine: what is on its disk, and what the auditor sees.
struct Machine {
    dice: Dice,
    disk: Vec<u8>,
    world: World,
    now: Timestamp,
    auditor: Auditor,
    /// A judgement that somebody kept for later.
    kept: Option<Judgement>,
    crashes: u64,
    /// Calls of the new system beyond the first of a release.
    calls_again: u64,
}

/// How a step went.
#[derive(Debug, PartialEq, Eq)]
enum Went {
    Through,
    Refused,
    Crashed,
}

impl Machine {
    fn new(seed: u64) -> Machine {
        Machine {
            dice: Dice(seed),
            disk: Vec::new(),
            world: World::new(),
            now: at("07:00"),
            auditor: Auditor {
                old_is_open: true,
                new_is_open: false,
                books: 0,
                to_sign: 0,
                plan: 0,
                converted_by_plan: None,
                rehearsed_plan: None,
                verified_books: None,
                open_breaks: vec![],
                signed: [None, None],
                release: terms().release,
            },
            kept: None,
            crashes: 0,
            calls_again: 0,
        }
    }

    /// Decides a step and writes its events, any of which may be cut short.
    fn step(&mut self, command: Command) -> Went {
        let is_called_again =
            matches!(command, Command::Release(_)) && self.world.state.stage() == Stage::Releasing;
        let Ok(events) = decide(&self.world.state, command, self.now) else {
            return Went::Refused;
        };
        for event in events {
            let entry = self
                .world
                .book
                .next(self.now, event)
                .expect("decided, so it follows");
            let line = entry.line();
            if self.dice.one_in(12) {
                // The power goes: before, within or behind the line.
                let written = self.dice.roll(line.len() as u64 + 1) as usize;
                self.disk.extend_from_slice(&line.as_bytes()[..written]);
                if written == line.len() {
                    self.note(&entry);
                }
                self.restart();
                return Went::Crashed;
            }
            self.disk.extend_from_slice(line.as_bytes());
            self.world
                .state
                .apply(&entry)
                .expect("decided, so it is admitted");
            assert!(self.world.book.push(entry.clone()));
            self.note(&entry);
        }
        if is_called_again {
            self.calls_again += 1;
            self.audit_release();
            self.auditor.new_is_open |= self.dice.one_in(2);
        }
        Went::Through
    }

    /// Reads the disk, cuts what is torn, and folds what is left.
    fn restart(&mut self) {
        self.crashes += 1;
        let book = Daybook::read(&self.disk).expect("a crash leaves no damage");
        self.disk.truncate(book.keep() as usize);
        assert_eq!(book.text().as_bytes(), self.disk);
        self.world.state = State::replay(book.entries()).expect("what was decided is admitted");
        self.world.book = book;
    }

    /// The auditor notes what happened in the world by an entry that is on the disk.
    fn note(&mut self, entry: &Entry) {
        let auditor = &mut self.auditor;
        match entry.event() {
            Event::PhaseStarted(started) if started.phase == Phase::Convert => {
                auditor.books += 1;
                auditor.converted_by_plan = None;
            }
            Event::PhaseStarted(started) if started.phase == Phase::Verify => {
                auditor.verified_books = None;
            }
            Event::ConversionFinished(_) => auditor.converted_by_plan = Some(auditor.plan),
            Event::ConvertedElsewhere(_) => {
                auditor.books += 1;
                auditor.converted_by_plan = Some(auditor.plan);
            }
            Event::VerificationFinished(_) => auditor.verified_books = Some(auditor.books),
            Event::Corrected(_) => auditor.books += 1,
            Event::BreakAccepted(accepted) => {
                let name = accepted
                    .key
                    .get("voucher")
                    .flatten()
                    .unwrap_or_default()
                    .to_owned();
                auditor.open_breaks.retain(|open| *open != name);
            }
            Event::RehearsalFinished(_) => auditor.rehearsed_plan = Some(auditor.plan),
            Event::Extended { release, .. } => auditor.release = *release,
            Event::Replanned(_) => auditor.release = terms().release,
            Event::SignedOff(sign_off) => {
                let role = usize::from(sign_off.statement.role == "engineer");
                auditor.signed[role] = Some(auditor.to_sign);
            }
            _ => {}
        }
        if !matches!(
            entry.event(),
            Event::SignedOff(_)
                | Event::Gate(_)
                | Event::Remark { .. }
                | Event::Releasing
                | Event::NotReleased { .. }
        ) {
            auditor.to_sign += 1;
        }
        self.call(entry);
    }

    /// The systems that are called once an intent is on the disk.
    fn call(&mut self, entry: &Entry) {
        match entry.event() {
            Event::Freezing { .. } if self.dice.one_in(2) => self.auditor.old_is_open = false,
            Event::Frozen => self.auditor.old_is_open = false,
            Event::Releasing => {
                self.audit_release();
                self.auditor.new_is_open = self.dice.one_in(2);
            }
            Event::Released => self.auditor.new_is_open = true,
            Event::RollingBack { .. } if self.dice.one_in(2) => self.auditor.old_is_open = true,
            Event::RolledBack => self.auditor.old_is_open = true,
            _ => {}
        }
        let auditor = &self.auditor;
        assert!(
            !(auditor.old_is_open && auditor.new_is_open),
            "two open books\n{}",
            self.story()
        );
    }

    /// All that must be so when the new system is told to open.
    fn audit_release(&self) {
        let auditor = &self.auditor;
        let holds = [
            ("the old book is closed", !auditor.old_is_open),
            (
                "it was converted by this plan",
                auditor.converted_by_plan == Some(auditor.plan),
            ),
            (
                "the books are those verified",
                auditor.verified_books == Some(auditor.books),
            ),
            ("every break was accepted", auditor.open_breaks.is_empty()),
            (
                "this plan was rehearsed",
                auditor.rehearsed_plan == Some(auditor.plan),
            ),
            (
                "both signed this",
                auditor.signed == [Some(auditor.to_sign); 2],
            ),
            ("it is in time", self.now < auditor.release),
        ];
        for (what, is_so) in holds {
            assert!(is_so, "released, and not: {what}\n{}", self.story());
        }
        let last = self.world.book.entries().last().map(Entry::event);
        let is_go = |judged: &Judgement| judged.outcome() == Outcome::Go;
        let is_judged = matches!(last, Some(Event::Gate(judged)) if is_go(judged))
            || matches!(last, Some(Event::Releasing));
        assert!(is_judged, "released without a gate\n{}", self.story());
    }

    fn story(&self) -> String {
        let entries = self.world.book.entries().iter();
        let lines = entries.map(|entry| format!("{} {}\n", entry.at(), entry.event().name()));
        lines.collect::<String>() + &format!("{:?}", self.auditor)
    }

    /// What a sensible operator would do next.
    fn sensible(&mut self) -> Command {
        let stage = self.world.state.stage();
        let is_read = |taken| {
            matches!(
                (taken, self.world.state.opening_figures()),
                (Taken::Before, (Some(_), _)) | (Taken::After, (_, Some(_)))
            )
        };
        let record = Command::Record;
        match stage {
            Stage::Planned if self.world.state.plan().is_none() => record(opened(terms())),
            Stage::Planned => Command::Announce,
            Stage::Announced => Command::Freeze,
            Stage::Freezing if !is_read(Taken::Before) => record(figures(Taken::Before, "1.00")),
            Stage::Freezing if !is_read(Taken::After) => record(figures(Taken::After, "1.00")),
            Stage::Freezing => Command::ConfirmFrozen,
            Stage::Frozen if self.dice.one_in(4) => record(elsewhere()),
            Stage::Frozen => record(started(Phase::Convert)),
            Stage::Converting => record(Event::ConversionFinished(self.world.conversion.clone())),
            Stage::Converted => record(started(Phase::Verify)),
            Stage::Verifying => self.verify(),
            Stage::Incomplete => record(started(Phase::Verify)),
            Stage::Balanced | Stage::OutOfBalance => self.towards_release(),
            Stage::Releasing if self.auditor.new_is_open => Command::ConfirmReleased,
            Stage::Releasing if self.dice.one_in(3) => record(Event::NotReleased {
                says: "down".into(),
            }),
            // No answer came: it is called again, whatever has become of the books meanwhile.
            Stage::Releasing => Command::Release(self.judge()),
            Stage::RollingBack => Command::ConfirmRolledBack,
            Stage::Released | Stage::RolledBack => record(remark()),
        }
    }

    fn towards_release(&mut self) -> Command {
        let is_rehearsed = self.world.state.rehearsal().is_some();
        match self.dice.roll(6) {
            0 if !self.auditor.open_breaks.is_empty() => self.accept(),
            1 if !is_rehearsed => self.rehearse(),
            2 => self.sign("accountant", &li()),
            3 => self.sign("engineer", &wang()),
            _ => Command::Release(self.judge()),
        }
    }

    fn judge(&mut self) -> Judgement {
        let judgement = cutover::gate::judge(&self.world.state, &self.world.facts(), self.now);
        if self.dice.one_in(3) {
            self.kept = Some(judgement.clone());
        }
        judgement
    }

    fn verify(&mut self) -> Command {
        let breaks = self.dice.roll(3).saturating_sub(1);
        let names: Vec<String> = (0..breaks).map(|n| format!("V{n}")).collect();
        let breaks = names.iter().map(|name| found(name, "0.01")).collect();
        let world = &mut self.world;
        let run = world::run(breaks, 0, world.plan_blake3, &world.inputs);
        let finished = run.finished();
        world.run = Some(run);
        let accepted = world.state.accepted().iter();
        let accepted: Vec<&str> = accepted
            .filter_map(|accepted| accepted.key.get("voucher").flatten())
            .collect();
        self.auditor.open_breaks = names;
        self.auditor
            .open_breaks
            .retain(|name| !accepted.contains(&name.as_str()));
        Command::Record(Event::VerificationFinished(finished))
    }

    fn accept(&mut self) -> Command {
        let name = self
            .auditor
            .open_breaks
            .first()
            .cloned()
            .unwrap_or_else(|| "V0".into());
        Command::Record(Event::BreakAccepted(Box::new(acceptance(&found(
            &name, "0.01",
        )))))
    }

    fn rehearse(&self) -> Command {
        let rehearsal = world::rehearsal(self.world.plan_blake3);
        Command::Record(Event::RehearsalFinished(rehearsal))
    }

    fn sign(&self, role: &str, key: &SecretKey) -> Command {
        let at = "07:00";
        Command::Record(Event::SignedOff(Box::new(self.world.sign(at, role, key))))
    }

    /// Anything, at any time, sensible or not.
    fn anything(&mut self) -> Command {
        let record = Command::Record;
        match self.dice.roll(24) {
            0 => Command::Announce,
            1 => Command::Freeze,
            2 => Command::ConfirmFrozen,
            3 => record(figures(Taken::After, "2.00")),
            4 => record(started(Phase::Convert)),
            5 => record(started(Phase::Verify)),
            6 => record(Event::Corrected(cutover::daybook::Corrected {
                agreement: "postings".into(),
                entries: 2,
                corrections_blake3: Digest::of(b"corrections"),
                by: "Li Na".into(),
            })),
            7 => self.accept(),
            8 => self.rehearse(),
            9 => self.sign("engineer", &li()),
            10 => self.sign("accountant", &li()),
            11 => record(Event::Releasing),
            12 if self.world.state.stage() != Stage::Releasing => record(Event::Released),
            13 if !self.auditor.new_is_open => record(Event::NotReleased { says: "no".into() }),
            14 => match self.kept.clone() {
                Some(judgement) => Command::Release(judgement),
                None => Command::Judge(self.judge()),
            },
            15 => match self.kept.clone() {
                Some(judgement) => Command::Judge(judgement),
                None => Command::ConfirmFrozen,
            },
            16 if self.dice.one_in(4) => Command::RollBack {
                why: "enough".into(),
                by: "Wang Wei".into(),
                late_is_accepted: self.dice.one_in(2),
            },
            17 => record(Event::Extended {
                release: self
                    .now
                    .saturating_add(SignedDuration::from_hours(2))
                    .expect("a time"),
                why: "late".into(),
                by: "Wang Wei".into(),
            }),
            18 => Command::ConfirmRolledBack,
            19 => Command::Judge(self.judge()),
            20 => self.tamper(),
            21 => record(Event::Replanned(Box::new(cutover::daybook::Replanned {
                terms: cutover::daybook::Terms {
                    plan_blake3: self.world.plan_blake3,
                    ..terms()
                },
                why: "a rule".into(),
                by: "Wang Wei".into(),
            }))),
            22 => record(elsewhere()),
            _ => record(remark()),
        }
    }

    /// Somebody changes a book, or the plan, and tells nobody.
    fn tamper(&mut self) -> Command {
        // A judgement holds for ten minutes, whatever becomes of the files in them.
        self.kept = None;
        let mark = self.dice.roll(u64::MAX).to_le_bytes();
        if self.dice.one_in(2) {
            self.world.plan_blake3 = Digest::of(&mark);
            self.auditor.plan += 1;
            self.auditor.converted_by_plan = None;
        } else {
            self.world.inputs[1].blake3 = Some(Digest::of(&mark));
            self.auditor.books += 1;
        }
        Command::Record(remark())
    }

    fn play(&mut self) {
        for _ in 0..STEPS {
            let minutes = i64::try_from(self.dice.roll(12)).expect("a few");
            self.now = self
                .now
                .saturating_add(SignedDuration::from_mins(minutes))
                .expect("a time");
            let command = match self.dice.one_in(5) {
                true => self.anything(),
                false => self.sensible(),
            };
            if let Went::Crashed = self.step(command)
                && self.dice.one_in(3)
            {
                // The operator looks again before going on.
                self.restart();
            }
        }
    }
}

fn elsewhere() -> Event {
    Event::ConvertedElsewhere(cutover::daybook::ConvertedElsewhere {
        by: "Wang Wei".into(),
        how: "etl 4.2".into(),
    })
}

fn remark() -> Event {
    Event::Remark {
        by: "Li Na".into(),
        says: "seen".into(),
    }
}

#[test]
fn no_schedule_opens_the_new_book_without_a_go_on_what_is_there() {
    let (mut released, mut rolled_back, mut crashes, mut recovered) = (0_u64, 0_u64, 0_u64, 0_u64);
    let mut calls_again = 0_u64;
    for seed in 0..SCHEDULES {
        let mut machine = Machine::new(seed);
        machine.play();
        crashes += machine.crashes;
        calls_again += machine.calls_again;
        match machine.world.state.stage() {
            Stage::Released => {
                released += 1;
                recovered += u64::from(machine.crashes > 0);
                assert!(machine.auditor.new_is_open);
            }
            Stage::RolledBack => {
                rolled_back += 1;
                assert!(machine.auditor.old_is_open);
            }
            _ => {}
        }
        // What is on the disk says all, whoever reads it.
        let read = Daybook::read(&machine.disk).expect("sound");
        assert_eq!(
            State::replay(read.entries()),
            Ok(machine.world.state.clone())
        );
    }
    println!(
        "{released} released, {recovered} of them after a crash, {rolled_back} rolled back, {crashes} crashes"
    );
    // A test in which nothing is ever released shows nothing.
    assert!(released > SCHEDULES / 20, "{released} released");
    assert!(rolled_back > SCHEDULES / 50, "{rolled_back} rolled back");
    assert!(
        recovered > SCHEDULES / 50,
        "{recovered} released after a crash"
    );
    assert!(crashes > SCHEDULES, "{crashes} crashes");
    assert!(calls_again > SCHEDULES / 50, "{calls_again} calls again");
}
