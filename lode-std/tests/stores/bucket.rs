//! A bucket in this process, for what no other server does when it is told to: it refuses
//! connections for a while, and answers what a test wants.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;

type Reply = Response<Full<Bytes>>;

/// What a bucket answers instead of doing what it is asked, or after it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whim {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    /// Whether it does it all the same.
    pub(crate) applies: bool,
}

/// A bucket `bucket` that speaks as much of S3 as Lode asks for.
pub(crate) struct Bucket {
    address: SocketAddr,
    contents: Arc<Contents>,
    /// Whether it takes connections.
    is_up: watch::Sender<bool>,
}

#[derive(Default)]
struct Contents {
    objects: Mutex<BTreeMap<String, Bytes>>,
    whim: Mutex<Option<Whim>>,
    requests: Mutex<Vec<String>>,
}

impl Bucket {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let contents = Arc::new(Contents::default());
        let (is_up, watch) = watch::channel(true);
        tokio::spawn(run(listener, contents.clone(), watch));
        Self { address, contents, is_up }
    }

    /// A location of it, with these options.
    pub(crate) fn location(&self, options: &str) -> String {
        let address = self.address;
        format!(
            "s3://bucket?endpoint=http://{address}&region=us-east-1&access_key_id=a\
             &secret_access_key=hush&{options}"
        )
    }

    /// From now on it refuses connections, and those that are open break.
    pub(crate) fn go_down(&self) {
        self.is_up.send_replace(false);
    }

    pub(crate) fn come_up(&self) {
        self.is_up.send_replace(true);
    }

    /// What it answers from now on.
    pub(crate) fn answer(&self, whim: Option<Whim>) {
        *self.contents.whim.lock().unwrap() = whim;
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        self.contents.objects.lock().unwrap().keys().cloned().collect()
    }

    /// The requests since the last time: method and path.
    pub(crate) fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut *self.contents.requests.lock().unwrap())
    }
}

/// Takes connections while it is up; the port is closed while it is down.
async fn run(listener: TcpListener, contents: Arc<Contents>, mut is_up: watch::Receiver<bool>) {
    let address = listener.local_addr().unwrap();
    let mut listener = Some(listener);
    loop {
        if !*is_up.borrow_and_update() {
            listener = None;
            if is_up.changed().await.is_err() {
                return;
            }
            continue;
        }
        let open = listener.get_or_insert_with(|| listen(address));
        tokio::select! {
            changed = is_up.changed() => if changed.is_err() { return },
            Ok((stream, _)) = open.accept() => {
                let (contents, mut is_up) = (contents.clone(), is_up.clone());
                tokio::spawn(async move {
                    let service = service_fn(move |request| contents.clone().answer(request));
                    let connection =
                        http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                    tokio::select! {
                        _ = connection => {}
                        _ = is_up.wait_for(|is_up| !is_up) => {}
                    }
                });
            }
        }
    }
}

fn listen(address: SocketAddr) -> TcpListener {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket.listen(64).unwrap()
}

impl Contents {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Reply, Infallible> {
        let (head, body) = request.into_parts();
        let Ok(body) = body.collect().await else { return Ok(error(400, "IncompleteBody")) };
        self.requests.lock().unwrap().push(format!("{} {}", head.method, head.uri));
        let whim = *self.whim.lock().unwrap();
        if let Some(whim) = whim.filter(|whim| !whim.applies) {
            return Ok(without_body(&head.method, error(whim.status, whim.code)));
        }
        let key = head.uri.path().trim_start_matches("/bucket").trim_start_matches('/');
        let query = head.uri.query().unwrap_or_default();
        let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
        let reply = match (&head.method, key) {
            (&Method::PUT, key) => self.put(key, body.to_bytes(), header("if-none-match")),
            (&Method::DELETE, key) => {
                self.objects.lock().unwrap().remove(key);
                reply(204, Bytes::new())
            }
            (&Method::GET, "") => self.list(query),
            (_, key) => self.get(key, header("range")),
        };
        let reply = without_body(&head.method, reply);
        Ok(match whim {
            Some(whim) => error(whim.status, whim.code),
            None => reply,
        })
    }

    fn put(&self, key: &str, bytes: Bytes, unless: Option<&str>) -> Reply {
        let mut objects = self.objects.lock().unwrap();
        if unless.is_some() && objects.contains_key(key) {
            return error(412, "PreconditionFailed");
        }
        objects.insert(key.to_string(), bytes);
        reply(200, Bytes::new())
    }

    fn get(&self, key: &str, range: Option<&str>) -> Reply {
        let objects = self.objects.lock().unwrap();
        let Some(bytes) = objects.get(key) else { return error(404, "NoSuchKey") };
        let Some((start, end)) =
            range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-'))
        else {
            return reply(200, bytes.clone());
        };
        let start: usize = start.parse().unwrap();
        let end = end.parse::<usize>().unwrap().min(bytes.len().saturating_sub(1));
        if start > end || bytes.is_empty() {
            return error(416, "InvalidRange");
        }
        let mut part = reply(206, bytes.slice(start..=end));
        let value = format!("bytes {start}-{end}/{}", bytes.len());
        part.headers_mut().insert("content-range", value.parse().unwrap());
        part
    }

    /// All keys below the prefix, or the folders right below it.
    fn list(&self, query: &str) -> Reply {
        let value = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let value = pairs.filter(|pair| pair.0 == name).map(|pair| pair.1).next();
            value.unwrap_or_default().replace("%2F", "/")
        };
        let (prefix, after) = (value("prefix"), value("start-after"));
        let is_flat = value("delimiter").is_empty();
        let mut list = String::new();
        let mut folders = std::collections::BTreeSet::new();
        for (key, bytes) in &*self.objects.lock().unwrap() {
            let Some(rest) = key.strip_prefix(&prefix).filter(|_| *key > after) else { continue };
            match rest.split_once('/').filter(|_| !is_flat) {
                Some((folder, _)) => {
                    folders.insert(format!("{prefix}{folder}/"));
                }
                None => list.push_str(&format!(
                    "<Contents><Key>{key}</Key><Size>{}</Size><ETag>x</ETag>\
                     <LastModified>{DATE_IN_XML}</LastModified></Contents>",
                    bytes.len()
                )),
            }
        }
        for folder in folders {
            list.push_str(&format!("<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>"));
        }
        let list = format!("<ListBucketResult>{list}</ListBucketResult>");
        reply(200, list.into())
    }
}

const DATE: &str = "Wed, 21 Oct 2015 07:28:00 GMT";
const DATE_IN_XML: &str = "2015-10-21T07:28:00.000Z";

fn reply(status: u16, body: Bytes) -> Reply {
    let mut reply = Response::new(Full::new(body));
    *reply.status_mut() = StatusCode::from_u16(status).unwrap();
    reply.headers_mut().insert("etag", "x".parse().unwrap());
    reply.headers_mut().insert("last-modified", DATE.parse().unwrap());
    reply
}

fn error(status: u16, code: &str) -> Reply {
    let body = format!("<Error><Code>{code}</Code><Message>a test says so</Message></Error>");
    reply(status, body.into())
}

/// The answer to HEAD has no body, only its length.
fn without_body(method: &Method, mut reply: Reply) -> Reply {
    if method == Method::HEAD {
        let length = hyper::body::Body::size_hint(reply.body()).lower();
        reply.headers_mut().insert("content-length", length.into());
        *reply.body_mut() = Full::new(Bytes::new());
    }
    reply
}
