//! An error, what to do about it, and with which code the program ends.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use ruixin_bao_store::StoreError;

/// Is what ends a command.
#[derive(Debug)]
pub(crate) struct CommandError {
    message: String,
    code: String,
    mend: Option<String>,
    exit: u8,
}

impl CommandError {
    pub(crate) fn usage(message: impl Into<String>) -> CommandError {
        CommandError {
            message: message.into(),
            code: "usage".to_owned(),
            mend: None,
            exit: 2,
        }
    }

    /// Says why something was refused.
    pub(crate) fn refused(code: &str, message: String) -> CommandError {
        CommandError {
            message,
            code: code.to_owned(),
            mend: None,
            exit: 1,
        }
    }

    /// Says that a database or the system gives trouble.
    pub(crate) fn trouble(code: &str, error: &dyn std::error::Error) -> CommandError {
        CommandError {
            message: error.to_string(),
            code: code.to_owned(),
            mend: None,
            exit: 4,
        }
    }

    /// Says that nobody can listen at an address.
    pub(crate) fn listening(at: SocketAddr, error: &io::Error) -> CommandError {
        CommandError {
            message: format!("cannot listen on {at}: {error}"),
            code: "listen".to_owned(),
            mend: Some("another program may listen there: name another port".to_owned()),
            exit: 4,
        }
    }

    pub(crate) fn file(path: &Path, error: &io::Error) -> CommandError {
        StoreError::File {
            path: path.display().to_string(),
            why: error.to_string(),
        }
        .into()
    }

    /// Says it on the standard error, and gives the code to end with.
    #[expect(clippy::print_stderr, reason = "this is the screen")]
    pub(crate) fn tell(&self) -> ExitCode {
        eprintln!("error: {}", self.message);
        eprintln!("  code: {}", self.code);
        if let Some(mend) = &self.mend {
            eprintln!("  mend: {mend}");
        }
        ExitCode::from(self.exit)
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> CommandError {
        CommandError::of_store(&error)
    }
}

impl CommandError {
    pub(crate) fn of_store(error: &StoreError) -> CommandError {
        let exit = match error {
            StoreError::Fund(_) | StoreError::OtherTerms { .. } | StoreError::NoRegister { .. } => {
                1
            }
            StoreError::Import(_) | StoreError::Proof(_) | StoreError::Damaged(_) => 3,
            StoreError::Address { .. } | StoreError::TooLarge { .. } => 2,
            _ => 4,
        };
        CommandError {
            message: error.to_string(),
            code: error.code().to_owned(),
            mend: error.mend(),
            exit,
        }
    }
}

impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> CommandError {
        CommandError::file(Path::new("the standard output"), &error)
    }
}
