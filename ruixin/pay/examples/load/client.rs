//! A connection that is kept, with one request at a time.

use std::net::SocketAddr;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

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
            .header(header::HOST, "pay")
            .header(header::AUTHORIZATION, &self.key)
            .header(header::CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", id)
            .body(Full::new(Bytes::from(body)))?;
        self.send(request).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Result<(u16, Bytes), Failure> {
        let request = Request::get(path)
            .header(header::HOST, "pay")
            .header(header::AUTHORIZATION, &self.key)
            .body(Full::new(Bytes::new()))?;
        self.send(request).await
    }

    async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<(u16, Bytes), Failure> {
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let status = answer.status().as_u16();
        Ok((status, answer.into_body().collect().await?.to_bytes()))
    }

    pub(crate) async fn account(&mut self, id: &str, body: &str) -> Result<String, Failure> {
        let (status, answer) = self.post("/v1/accounts", id, body.to_owned()).await?;
        let answer: Value = serde_json::from_slice(&answer)?;
        let number = answer["account"].as_str().map(str::to_owned);
        number.ok_or_else(|| format!("{status}: {answer}").into())
    }
}
