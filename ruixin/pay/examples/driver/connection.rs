//! A connection that is kept, with one request at a time.

use std::net::SocketAddr;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::Failure;

/// Is a connection, on which one request goes after the other.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    key: String,
}

impl Connection {
    pub(crate) async fn open(to: SocketAddr, key: &str) -> Result<Connection, Failure> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let key = format!("Bearer {key}");
        Ok(Connection { sender, key })
    }

    pub(crate) async fn post(
        &mut self,
        path: &str,
        id: &str,
        body: String,
    ) -> Result<(u16, Bytes), Failure> {
        let request = Request::post(path)
            .header(header::HOST, "ruixin")
            .header(header::AUTHORIZATION, &self.key)
            .header(header::CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", id)
            .body(Full::new(Bytes::from(body)))?;
        self.send(request).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Result<(u16, Bytes), Failure> {
        let request = Request::get(path)
            .header(header::HOST, "ruixin")
            .header(header::AUTHORIZATION, &self.key)
            .body(Full::new(Bytes::new()))?;
        self.send(request).await
    }

    /// Asks for what must be done, and gives the answer.
    ///
    /// # Errors
    /// When it is answered otherwise than with success.
    pub(crate) async fn done(
        &mut self,
        path: &str,
        id: &str,
        body: String,
    ) -> Result<Bytes, Failure> {
        let (status, answer) = self.post(path, id, body).await?;
        match status {
            200 | 201 => Ok(answer),
            _ => Err(format!("{path}: {status}: {}", String::from_utf8_lossy(&answer)).into()),
        }
    }

    async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<(u16, Bytes), Failure> {
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let status = answer.status().as_u16();
        Ok((status, answer.into_body().collect().await?.to_bytes()))
    }
}
