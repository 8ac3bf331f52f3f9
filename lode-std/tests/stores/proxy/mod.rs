//! A proxy between a client and a server, which counts requests, and does to them what a plan says.

mod plan;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;

pub(crate) use self::plan::{Fault, Plan};

/// How long after it was given up a late request is applied.
const LATE: Duration = Duration::from_millis(300);

type Reply = Response<BoxBody<Bytes, std::io::Error>>;

/// A proxy that runs for as long as the runtime does.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    /// `host:port` of the server.
    server: String,
    client: Client<HttpConnector, Full<Bytes>>,
    plan: Plan,
    requests: Mutex<Vec<String>>,
}

impl Proxy {
    /// Begins to pass on to the server of a location, which must have an `endpoint`.
    pub(crate) async fn start(location: &str, plan: Plan) -> Self {
        let server = server_of(location).to_string();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let client = Client::builder(TokioExecutor::new()).build_http();
        let shared = Arc::new(Shared { server, client, plan, requests: Mutex::default() });
        tokio::spawn(accept(listener, shared.clone()));
        Self { address, shared }
    }

    /// The same location, through the proxy.
    pub(crate) fn location(&self, location: &str) -> String {
        location.replace(server_of(location), &self.address.to_string())
    }

    /// The requests since the last time: method and path.
    pub(crate) fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut *self.shared.requests.lock().unwrap())
    }

    /// How many requests have suffered what.
    pub(crate) fn faults(&self) -> String {
        self.shared.plan.to_string()
    }
}

/// `host:port` in the endpoint of a location.
fn server_of(location: &str) -> &str {
    let (_, endpoint) = location.split_once("endpoint=http://").unwrap();
    endpoint.split(['/', '&']).next().unwrap()
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = shared.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| shared.clone().answer(request));
            // A connection that is dropped on purpose ends in an error.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn dropped() -> std::io::Error {
    std::io::ErrorKind::ConnectionReset.into()
}

impl Shared {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Reply, std::io::Error> {
        let (mut head, body) = request.into_parts();
        // A client that has gone in the middle of its request has sent nothing.
        let body = body.collect().await.map_err(|_| dropped())?.to_bytes();
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
        self.requests.lock().unwrap().push(format!("{} {target}", head.method));
        head.uri = format!("http://{}{target}", self.server).parse::<Uri>().unwrap();
        let request = Request::from_parts(head, Full::new(body));
        match self.plan.next() {
            Fault::None => self.pass_on(request).await,
            Fault::Delay(delay) => {
                tokio::time::sleep(delay).await;
                self.pass_on(request).await
            }
            Fault::DropBefore => Err(dropped()),
            Fault::DropAfter => {
                self.pass_on(request).await?;
                Err(dropped())
            }
            Fault::Late => {
                tokio::spawn(async move {
                    tokio::time::sleep(LATE).await;
                    self.pass_on(request).await
                });
                Err(dropped())
            }
            Fault::CutBody => self.pass_on(request).await.and_then(cut),
            Fault::Reply { status, applied } => {
                if applied {
                    self.pass_on(request).await?;
                }
                Ok(refuse(status))
            }
        }
    }

    async fn pass_on(&self, request: Request<Full<Bytes>>) -> Result<Reply, std::io::Error> {
        let is_head = request.method() == hyper::Method::HEAD;
        let response = self.client.request(request).await.map_err(|_| dropped())?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(|_| dropped())?.to_bytes();
        let mut reply = Response::from_parts(head, Full::new(body).map_err(never).boxed());
        // The body is whole now, however it came. The answer to HEAD has none, but a length.
        if !is_head {
            reply.headers_mut().remove(hyper::header::TRANSFER_ENCODING);
            reply.headers_mut().remove(hyper::header::CONTENT_LENGTH);
        }
        Ok(reply)
    }
}

fn never(error: Infallible) -> std::io::Error {
    match error {}
}

/// Half of the body, and then nothing more.
fn cut(reply: Reply) -> Result<Reply, std::io::Error> {
    let (mut head, body) = reply.into_parts();
    let length = usize::try_from(hyper::body::Body::size_hint(&body).exact().unwrap()).unwrap();
    if length < 2 {
        return Err(dropped());
    }
    head.headers.insert(hyper::header::CONTENT_LENGTH, length.into());
    let body = stream::once(async move {
        let bytes = body.collect().await?.to_bytes();
        Ok(Frame::data(bytes.slice(..length / 2)))
    });
    let body = stream::StreamExt::chain(body, stream::once(async { Err(dropped()) }));
    Ok(Response::from_parts(head, StreamBody::new(body).boxed()))
}

fn refuse(status: StatusCode) -> Reply {
    let body = Full::new(Bytes::from_static(b"the plan says so")).map_err(never).boxed();
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    reply
}
