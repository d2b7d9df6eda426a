//! The programs outside of Cargo that building and testing need.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::place;

/// A program and the Debian packages that bring it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Program {
    name: &'static str,
    packages: &'static [&'static str],
}

const INITDB: Program = Program {
    name: "initdb",
    packages: &["postgresql"],
};
const PSQL: Program = Program {
    name: "psql",
    packages: &["postgresql-client"],
};
const OPENSSL: Program = Program {
    name: "openssl",
    packages: &["openssl"],
};

/// What starting a PostgreSQL needs.
pub(crate) const FOR_POSTGRES: &[Program] = &[INITDB, PSQL, OPENSSL];

/// What building and testing need: a C compiler for zstd and mimalloc, git for
/// the list of the project's files, hledger for a second opinion on converted books, LibreOffice
/// for whether a workbook opens and its formulas come to what they should; PostgreSQL and MariaDB,
/// which the tests start in folders of their own, and openssl for the certificates of those; a browser that programs can drive, for the pages.
pub(crate) const FOR_CI: &[Program] = &[
    Program {
        name: "cc",
        packages: &["gcc", "libc6-dev"],
    },
    Program {
        name: "git",
        packages: &["git"],
    },
    Program {
        name: "hledger",
        packages: &["hledger"],
    },
    Program {
        name: "soffice",
        packages: &["libreoffice-calc"],
    },
    INITDB,
    PSQL,
    Program {
        name: "mariadbd",
        packages: &["mariadb-server"],
    },
    OPENSSL,
    Program {
        name: "chromium",
        packages: &["chromium"],
    },
    Program {
        name: "chromedriver",
        packages: &["chromium-driver"],
    },
];

/// What unpacking the real books needs.
pub(crate) const FOR_CORPUS: &[Program] = &[
    Program {
        name: "tar",
        packages: &["tar"],
    },
    Program {
        name: "xz",
        packages: &["xz-utils"],
    },
];

/// What counting instructions needs.
pub(crate) const FOR_CALLGRIND: &[Program] = &[Program {
    name: "valgrind",
    packages: &["valgrind"],
}];

/// What the rivals need.
pub(crate) const FOR_RIVALS: &[Program] = &[Program {
    name: "python3",
    packages: &["python3", "python3-venv"],
}];

/// Says whether a program of this name is on the search path, or where Debian keeps PostgreSQL's.
pub(crate) fn is_there(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let servers = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let servers = servers.flatten().map(|version| version.path().join("bin"));
    let sbin = Path::new("/usr/sbin").to_owned();
    env::split_paths(&path)
        .chain(servers)
        .chain([sbin])
        .any(|folder| folder.join(name).is_file())
}

/// Installs what is missing as root on Debian; elsewhere says what is missing.
///
/// # Errors
/// When something is missing and cannot be installed from here.
pub(crate) fn provide(programs: &[Program]) -> Result<()> {
    let missing: Vec<Program> = absent(programs);
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing
        .iter()
        .flat_map(|one| one.packages)
        .copied()
        .collect();
    let install = format!(
        "apt-get install --yes --no-install-recommends {}",
        packages.join(" ")
    );
    if !is_root() || !is_there("apt-get") {
        let names: Vec<&str> = missing.iter().map(|one| one.name).collect();
        bail!(
            "missing: {}; on Debian, as root: {install}",
            names.join(", ")
        );
    }
    if apt_get(&install).is_err() {
        apt_get("apt-get update")?;
        apt_get(&install)?;
    }
    match absent(&missing).first() {
        None => Ok(()),
        Some(still) => bail!("{} is missing even after: {install}", still.name),
    }
}

/// Says that the toolchain's own commands are there, or how to get them.
///
/// # Errors
/// When one of them is missing.
pub(crate) fn require_toolchain() -> Result<()> {
    for (command, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        let output = place::cargo()
            .args([command, "--version"])
            .output()
            .context("cargo cannot be run")?;
        if !output.status.success() {
            bail!("cargo {command} is missing: rustup component add {component}");
        }
    }
    Ok(())
}

fn absent(programs: &[Program]) -> Vec<Program> {
    let here = programs.iter().copied();
    here.filter(|program| !is_there(program.name)).collect()
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn apt_get(line: &str) -> Result<()> {
    let mut words = line.split(' ');
    let program = words.next().unwrap_or_default();
    let status = Command::new(program)
        .args(words)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .current_dir(Path::new("/"))
        .status()
        .with_context(|| format!("{program} cannot be run"))?;
    if !status.success() {
        bail!("failed: {line}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_with_its_package() {
        let ghost = Program {
            name: "no-such-program",
            packages: &["no-such-package"],
        };
        assert_eq!(absent(&[ghost]).len(), 1);
        assert!(is_there("cargo"));
    }
}
