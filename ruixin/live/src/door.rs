//! Where a service will listen, and who may close and open it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use ruixin_service::keys;

use crate::error::LiveError;

/// Is a port of this machine, taken and not yet served, and the key of the admin behind it: so a plan
/// can name both before there is a service.
#[derive(Debug)]
pub struct Door {
    listener: TcpListener,
    address: SocketAddr,
    key: String,
}

impl Door {
    /// Takes a free port, and draws a key.
    ///
    /// # Errors
    ///
    /// No port is free, or the system gives no random bytes.
    pub fn find() -> Result<Door, LiveError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let key = keys::drawn().map_err(|error| LiveError::NotStarted {
            system: "a service",
            why: error.to_string(),
        })?;
        Ok(Door {
            address: listener.local_addr()?,
            listener,
            key,
        })
    }

    /// Where the service will listen.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The key that will close and open it.
    pub fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn listener(&self) -> Result<TcpListener, LiveError> {
        Ok(self.listener.try_clone()?)
    }
}
