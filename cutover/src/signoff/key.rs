//! Keys, and the one-line files that hold them.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::is_one_line;
use crate::digest::{read_hex, write_hex};

const SECRET: &str = "crossfoot-secret-key-1";
const PUBLIC: &str = "crossfoot-public-key-1";

/// Is a secret key with its owner's name. Debug output never shows the key.
#[derive(Clone)]
pub struct SecretKey {
    key: SigningKey,
    name: String,
}

/// Is a public key with its owner's name. Shown and read as the line of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    key: VerifyingKey,
    name: String,
}

/// Is the short name of a public key: the first 8 bytes of the BLAKE3 of its 32 bytes, in 16
/// hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 8]);

/// Is an Ed25519 signature of 64 bytes. Shown, read and written as 128 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

/// Says why a text is no key. It never holds what could be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It has another form.
    #[error("is no {kind}; its one line must be `{begin} <64 digits> <name>`")]
    OtherForm {
        /// What was wanted.
        kind: &'static str,
        /// How the line begins.
        begin: &'static str,
    },
    /// A secret key stands where a public one should.
    #[error(
        "is a secret key, and a public one belongs here; give the public key, and draw new ones if others saw this file"
    )]
    Secret,
    /// The digits are no key.
    #[error(
        "holds no usable key: its 64 digits are no point of the curve, or a weak one; make a new pair"
    )]
    Weak,
    /// The owner's name is empty or more than one line.
    #[error(
        "lacks its owner's name, in one line without blanks at its ends; write it behind the digits"
    )]
    NoName,
}

impl SecretKey {
    /// Makes a key of a seed that the caller drew at random, for the person of this name.
    ///
    /// # Errors
    /// The name is empty or more than one line.
    pub fn from_seed(seed: [u8; 32], name: &str) -> Result<SecretKey, KeyError> {
        if !is_one_line(name) {
            return Err(KeyError::NoName);
        }
        Ok(SecretKey {
            key: SigningKey::from_bytes(&seed),
            name: name.to_owned(),
        })
    }

    /// Reads the file of a secret key.
    ///
    /// # Errors
    /// It is not the one line of such a file.
    pub fn read(text: &str) -> Result<SecretKey, KeyError> {
        let (digits, name) = read_line(text, SECRET, "secret key")?;
        SecretKey::from_seed(digits, name)
    }

    /// Gives the file's text: whoever reads it can sign in this name.
    pub fn to_file(&self) -> String {
        let hex = Hex(self.key.as_bytes());
        format!("{SECRET} {hex} {}\n", self.name)
    }

    /// Gives the public key.
    pub fn public(&self) -> PublicKey {
        PublicKey {
            key: self.key.verifying_key(),
            name: self.name.clone(),
        }
    }

    /// Gives the owner's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.key.sign(message).to_bytes())
    }
}

impl PublicKey {
    /// Gives the key's short name.
    pub fn id(&self) -> KeyId {
        let digest = blake3::hash(self.key.as_bytes());
        let mut id = [0; 8];
        id.iter_mut()
            .zip(digest.as_bytes())
            .for_each(|(byte, from)| *byte = *from);
        KeyId(id)
    }

    /// Gives the owner's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Gives the file's text.
    pub fn to_file(&self) -> String {
        format!("{self}\n")
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// Says whether this key signed the message.
    pub(super) fn has_signed(&self, message: &[u8], signature: &Signature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.key.verify_strict(message, &signature).is_ok()
    }
}

/// Reads `BEGIN <64 digits> <name>`.
fn read_line<'a>(
    text: &'a str,
    begin: &'static str,
    kind: &'static str,
) -> Result<([u8; 32], &'a str), KeyError> {
    let other_form = || KeyError::OtherForm { kind, begin };
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    let rest = line.strip_prefix(begin).ok_or_else(other_form)?;
    let rest = rest.strip_prefix(' ').ok_or_else(other_form)?;
    let (digits, name) = rest.split_once(' ').unwrap_or((rest, ""));
    let digits = read_hex(digits).ok_or_else(other_form)?;
    match is_one_line(name) {
        true => Ok((digits, name)),
        false => Err(KeyError::NoName),
    }
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(self.0, f)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.public().id();
        write!(f, "SecretKey({key}, {:?})", self.name)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLIC} {} {}", Hex(self.key.as_bytes()), self.name)
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<PublicKey, KeyError> {
        if text.starts_with(SECRET) {
            return Err(KeyError::Secret);
        }
        let (digits, name) = read_line(text, PUBLIC, "public key")?;
        let key = VerifyingKey::from_bytes(&digits).map_err(|_| KeyError::Weak)?;
        if key.is_weak() {
            return Err(KeyError::Weak);
        }
        let name = name.to_owned();
        Ok(PublicKey { key, name })
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

/// Writes the traits of a value that stands in files as hexadecimal digits.
macro_rules! as_digits {
    ($($type:ident, $bytes:literal, $what:literal;)*) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
                let text = String::deserialize(deserializer)?;
                let bytes = read_hex::<$bytes>(&text);
                bytes.map($type).ok_or_else(|| D::Error::custom($what))
            }
        }
    )*};
}

as_digits! {
    KeyId, 8, "a key's id must be 16 lower-case hexadecimal digits";
    Signature, 64, "a signature must be 128 lower-case hexadecimal digits";
}
