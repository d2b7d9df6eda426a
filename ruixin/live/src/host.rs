//! A service on a thread of its own.

use std::thread::JoinHandle;

use axum::Router;
use ruixin_service::gate::Limits;
use ruixin_service::keys::{self, Role};
use ruixin_service::server;
use ruixin_service::store::Store;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::door::Door;
use crate::error::LiveError;

/// Is a service that runs until it is dropped: what is under way is finished then.
#[derive(Debug)]
pub(crate) struct Host {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Makes the runtime that a service is opened and served with.
pub(crate) fn runtime() -> Result<Runtime, LiveError> {
    Ok(Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?)
}

/// Gives the admin's key to a store, and makes one that moves money.
pub(crate) async fn let_in(store: &Store, door: &Door) -> Result<String, String> {
    let admin = keys::add(store, door.key(), "window", Role::Admin).await;
    admin.map_err(|error| error.to_string())?;
    let writer = keys::make(store, "app", Role::Writer).await;
    writer.map_err(|error| error.to_string())
}

impl Host {
    /// Serves behind a door.
    pub(crate) fn start(
        runtime: Runtime,
        router: Router,
        limits: Limits,
        door: &Door,
    ) -> Result<Host, LiveError> {
        let listener = door.listener()?;
        let listener = runtime.block_on(async { TcpListener::from_std(listener) })?;
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new().name("service".to_owned());
        let thread = thread.spawn(move || {
            runtime.block_on(server::serve(listener, router, limits.connections, async {
                // A sender that is gone says the same.
                let _ = stopped.await;
            }));
        })?;
        Ok(Host {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // Who does not listen any more has stopped.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // It ends without a word, or has said on stderr why it fell.
            let _ = thread.join();
        }
    }
}

/// The limits of a service that one crowd has to itself.
pub(crate) fn limits() -> Limits {
    Limits {
        per_second: 1_000_000,
        burst: 1_000_000,
        ..Limits::default()
    }
}
