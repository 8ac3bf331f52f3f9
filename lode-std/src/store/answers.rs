//! A connection that tells the answers of servers in types.
//!
//! `object_store` keeps what a server answered in a private type, from which nobody can learn a
//! status; and it takes a missing bucket for a missing object. So the answers are read below it.

use async_trait::async_trait;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
    ReqwestConnector,
};

use super::refusal::Refusal;

/// Azure names the reason in this header, also where an answer has no body.
const CODE: &str = "x-ms-error-code";

/// Where a machine at AWS asks for its credentials. `object_store` goes another way if that is
/// refused, by the status.
const TOKEN: &str = "/latest/api/token";

/// Makes connections that tell the answers of servers as [`Refusal`]s.
#[derive(Debug, Default)]
pub(super) struct Answers {
    connector: ReqwestConnector,
}

impl HttpConnector for Answers {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Listening { client: self.connector.connect(options)? }))
    }
}

#[derive(Debug)]
struct Listening {
    client: HttpClient,
}

#[async_trait]
impl HttpService for Listening {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let is_token = request.uri().path() == TOKEN;
        let response = self.client.execute(request).await?;
        match is_refusal(&response) && !is_token {
            true => listen(response).await,
            false => Ok(response),
        }
    }
}

/// Whether an answer is worth a look: one that is no success, nor a redirection that can be
/// followed.
fn is_refusal(response: &HttpResponse) -> bool {
    let status = response.status();
    let leads_nowhere = status.is_redirection()
        && status.as_u16() != 304
        && !response.headers().contains_key("location");
    status.is_client_error() || status.is_server_error() || leads_nowhere
}

/// Reads an answer that is no success. Those stay as they are on which `object_store` acts: that an
/// object is not there, or is there already.
async fn listen(response: HttpResponse) -> Result<HttpResponse, HttpError> {
    let (parts, body) = response.into_parts();
    let status = parts.status.as_u16();
    let body = body.bytes().await?;
    let code = parts.headers.get(CODE).and_then(|code| code.to_str().ok());
    let refusal = Refusal::read(status, code, &body);
    match status {
        409 | 412 => {}
        404 if !refusal.names_bucket() => {}
        _ => {
            // That kind is sent again, as such a status would be.
            let kind = match refusal.is_for_now() {
                true => HttpErrorKind::Request,
                false => HttpErrorKind::Unknown,
            };
            return Err(HttpError::new(kind, refusal));
        }
    }
    Ok(HttpResponse::from_parts(parts, body.into()))
}
