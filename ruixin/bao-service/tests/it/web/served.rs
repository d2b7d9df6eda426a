//! The service in this process, on a free port.

use std::net::SocketAddr;
use std::sync::Arc;

use ruixin_bao_service::{Books, api};
use ruixin_service::gate::Limits;
use ruixin_service::keys::{self, Role};
use ruixin_service::server;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::http::Client;

pub struct Served {
    pub books: Books,
    pub to: SocketAddr,
    stop: Arc<Notify>,
    server: JoinHandle<()>,
}

impl Served {
    pub async fn begin(books: Books, limits: Limits) -> Served {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = listener.local_addr().unwrap();
        let stop = Arc::new(Notify::new());
        let told = stop.clone();
        let router = api::router(books.clone(), limits);
        let connections = limits.connections;
        let server = tokio::spawn(server::serve(listener, router, connections, async move {
            told.notified().await;
        }));
        Served {
            books,
            to,
            stop,
            server,
        }
    }

    pub async fn client(&self, role: Role) -> Client {
        let key = keys::make(self.books.store(), "test", role).await.unwrap();
        Client {
            to: self.to,
            key,
            language: "en",
        }
    }

    /// Stops gracefully.
    pub async fn end(self) {
        self.stop.notify_one();
        self.server.await.unwrap();
    }
}

/// Runs what blocks beside the service.
pub async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}
