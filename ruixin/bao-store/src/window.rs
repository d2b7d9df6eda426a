//! The window: whether commands are taken, and what users are told.

use crate::error::StoreError;
use crate::sql::{Row, Session, Value};
use crate::store::{Lock, Store};

/// Is how the service on the books stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Whether commands are taken.
    pub is_open: bool,
    /// Since when, microseconds since 1970 UTC; nothing where it never was otherwise.
    pub since: Option<i64>,
    /// What users are told, by language.
    pub notices: Vec<Notice>,
}

/// Is what is looked at before the window is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latch {
    /// Whether commands are taken.
    pub is_open: bool,
    /// Whether they ever were.
    pub was_open: bool,
    /// Whether the books began with others, which they took over.
    pub has_taken_over: bool,
    /// How often the window was closed.
    pub closings: i64,
}

/// Is what users are told in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// `en` or `zh`.
    pub language: String,
    /// What it is about.
    pub kind: String,
    /// One line.
    pub subject: String,
    /// The text.
    pub text: String,
    /// When the service is to be open again, as it was written.
    pub until: Option<String>,
}

/// Says whether commands are taken.
pub(crate) fn is_open(session: &mut dyn Session) -> Result<bool, StoreError> {
    let sql = "SELECT is_open FROM service_window";
    Ok(session.number("reading the window", sql, &[])? == 1)
}

impl Store {
    /// Gives how the service on the books stands.
    ///
    /// # Errors
    ///
    /// The database refuses.
    pub fn standing(&mut self) -> Result<Standing, StoreError> {
        self.transaction(Lock::Read, |session| standing(session))
    }

    /// Notes since when the window is as it is, where it never was otherwise.
    ///
    /// # Errors
    ///
    /// The database refuses.
    pub fn found_window(&mut self, now_micros: i64) -> Result<(), StoreError> {
        if self.standing()?.since.is_some() {
            return Ok(());
        }
        self.transaction(Lock::Command, |session| {
            let sql = "UPDATE service_window SET since = $1 WHERE since IS NULL";
            session.execute("setting the window", sql, &[Value::Int(now_micros)])?;
            Ok(())
        })
    }

    /// Takes commands, or takes none any more, from an instant on, and gives how the service stands
    /// then. Closing waits until no command is under way, in any process: what is answered after it
    /// was answered before it.
    ///
    /// # Errors
    ///
    /// The database refuses.
    pub fn set_open(&mut self, is_open: bool, now_micros: i64) -> Result<Standing, StoreError> {
        self.transaction(Lock::All, |session| {
            set(session, is_open, now_micros, None)?;
            standing(session)
        })
    }

    /// Gives what is looked at before the window is opened.
    ///
    /// # Errors
    ///
    /// The database refuses.
    pub fn latch(&mut self) -> Result<Latch, StoreError> {
        self.transaction(Lock::Read, |session| {
            let sql = "SELECT is_open, was_open, closings, \
                       CASE WHEN EXISTS (SELECT 1 FROM opened) THEN 1 ELSE 0 END FROM service_window";
            let found = session.first("reading the window", sql, &[], |row| {
                Ok(Latch {
                    is_open: row.int(0)? == 1,
                    was_open: row.int(1)? == 1,
                    closings: row.int(2)?,
                    has_taken_over: row.int(3)? == 1,
                })
            })?;
            found.ok_or_else(|| StoreError::damaged("there is no window"))
        })
    }

    /// Takes commands from an instant on, as [`Store::set_open`] does, if nobody has closed the window since
    /// it was looked at; else gives nothing, and it stays as it is.
    ///
    /// # Errors
    ///
    /// The database refuses.
    pub fn open_unless_closed(
        &mut self,
        latch: &Latch,
        now_micros: i64,
    ) -> Result<Option<Standing>, StoreError> {
        self.transaction(Lock::All, |session| {
            match set(session, true, now_micros, Some(latch.closings))? {
                true => standing(session).map(Some),
                false => Ok(None),
            }
        })
    }

    /// Keeps what users are told in one language, in place of what they were told before.
    ///
    /// # Errors
    ///
    /// The database refuses, such as a language that is none.
    pub fn tell_users(&mut self, notice: &Notice) -> Result<(), StoreError> {
        self.transaction(Lock::Command, |session| {
            let sql = "INSERT INTO notice (language, kind, subject, body, until) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (language) DO UPDATE SET \
                 kind = excluded.kind, subject = excluded.subject, body = excluded.body, \
                 until = excluded.until";
            let until = notice.until.as_deref();
            let with = [
                Value::from(notice.language.as_str()),
                Value::from(notice.kind.as_str()),
                Value::from(notice.subject.as_str()),
                Value::from(notice.text.as_str()),
                until.map_or(Value::Null, Value::from),
            ];
            session.execute("keeping a notice", sql, &with)?;
            Ok(())
        })
    }
}

/// Opens or closes the window, whatever its number of closings or only with that one; says whether it did.
fn set(
    session: &mut dyn Session,
    is_open: bool,
    now_micros: i64,
    closings: Option<i64>,
) -> Result<bool, StoreError> {
    let sql = "UPDATE service_window SET \
         since = CASE WHEN is_open <> $1 OR since IS NULL THEN $2 ELSE since END, \
         was_open = CASE WHEN is_open + $1 > 0 THEN 1 ELSE was_open END, \
         closings = closings + 1 - $1, is_open = $1 WHERE closings = coalesce($3, closings)";
    let with = [
        Value::Int(i64::from(is_open)),
        Value::Int(now_micros),
        Value::from(closings),
    ];
    Ok(session.execute("setting the window", sql, &with)? > 0)
}

fn standing(session: &mut dyn Session) -> Result<Standing, StoreError> {
    let sql = "SELECT is_open, since FROM service_window";
    let found = session.first("reading the window", sql, &[], |row| {
        Ok((row.int(0)? == 1, row.int_or_null(1)?))
    })?;
    let (is_open, since) = found.ok_or_else(|| StoreError::damaged("there is no window"))?;
    let sql = "SELECT language, kind, subject, body, until FROM notice ORDER BY language";
    let notices = session.all("reading notices", sql, &[], notice)?;
    Ok(Standing {
        is_open,
        since,
        notices,
    })
}

fn notice(row: &Row) -> Result<Notice, StoreError> {
    let text = |at| Ok::<_, StoreError>(row.text(at)?.to_owned());
    Ok(Notice {
        language: text(0)?,
        kind: text(1)?,
        subject: text(2)?,
        text: text(3)?,
        until: row.text_or_null(4)?.map(str::to_owned),
    })
}
