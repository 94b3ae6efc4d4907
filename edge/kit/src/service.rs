//! The shell around a component's routes: settings, the request's id, CORS, security headers, and problems written out.

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};
use tower_service::Service;

use crate::{
    context::{Context, REQUEST_ID, RequestId},
    cors,
    problem::Problem,
    security,
    settings::{Settings, Site},
};

/// Answers a request of the host. The component's `#[http_service]` calls this and nothing else.
pub async fn handle(router: &Router, request: spin_sdk::http::Request) -> Response {
    let request = request.map(Body::new);
    match Settings::get().await {
        Ok(settings) => respond(router, settings, request).await,
        Err(problem) => refused(problem, &request),
    }
}

/// The same for a component whose routes know no callers and ask no database.
pub async fn handle_open(router: &Router, request: spin_sdk::http::Request) -> Response {
    let request = request.map(Body::new);
    match Site::get().await {
        Ok(site) => respond_open(router, site, request).await,
        Err(problem) => refused(problem, &request),
    }
}

/// Like [`handle`] with the settings given: what tests call.
pub async fn respond(
    router: &Router,
    settings: &'static Settings,
    mut request: Request,
) -> Response {
    let request_id = RequestId::of(request.headers());
    request.extensions_mut().insert(Context {
        settings,
        request_id: request_id.clone(),
    });
    let asked = request.uri().path().to_owned();
    if let Some(uri) = without_slash(request.uri()) {
        *request.uri_mut() = uri;
    }
    answer(router, &settings.site, request, (&asked, &request_id)).await
}

/// `/a/` is `/a`: clients join what they ask for from parts, and a redirect would lose the body with some of them.
fn without_slash(uri: &Uri) -> Option<Uri> {
    let path = uri
        .path()
        .strip_suffix('/')
        .filter(|path| !path.is_empty())?;
    let path_and_query = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query.try_into().ok()?);
    Uri::from_parts(parts).ok()
}

/// Like [`handle_open`] with the settings given: what tests call.
pub async fn respond_open(router: &Router, site: &Site, request: Request) -> Response {
    let request_id = RequestId::of(request.headers());
    let asked = request.uri().path().to_owned();
    answer(router, site, request, (&asked, &request_id)).await
}

async fn answer(
    router: &Router,
    site: &Site,
    request: Request,
    (asked, request_id): (&str, &RequestId),
) -> Response {
    let origin = cors::allowed_origin(request.headers(), &site.cors_origins);
    let response = if origin.is_some() && cors::is_preflight(request.method(), request.headers()) {
        cors::preflight()
    } else {
        let Ok(response) = router.clone().call(request).await;
        response
    };
    let mut response = written(response, asked, request_id);
    security::write(response.headers_mut(), site.hsts);
    if !site.cors_origins.is_empty() {
        cors::write(response.headers_mut(), origin);
    }
    response
}

/// A component whose settings cannot be read answers nothing else.
fn refused(problem: Problem, request: &Request) -> Response {
    let id = RequestId::of(request.headers());
    written(problem.into_response(), request.uri().path(), &id)
}

/// Writes out the problem of a response, also one that a library made without saying so in JSON.
fn written(mut response: Response, instance: &str, request_id: &RequestId) -> Response {
    let problem = response
        .extensions_mut()
        .remove::<Problem>()
        .or_else(|| unworded(&response));
    if let Some(problem) = problem {
        *response.body_mut() = Body::from(problem.render(instance, request_id.as_str()));
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, Problem::media_type(instance));
    }
    response
        .headers_mut()
        .insert(REQUEST_ID, request_id.header_value().clone());
    response
}

/// axum's own refusals have no body or plain text; what a handler wrote as JSON stays.
fn unworded(response: &Response) -> Option<Problem> {
    let status = response.status();
    let content_type = response
        .headers()
        .get(header::CONTENT_TYPE)
        .map(HeaderValue::as_bytes);
    let is_bare = content_type.is_none_or(|value| value.starts_with(b"text/plain"));
    let is_error = status.is_client_error() || status.is_server_error();
    (is_error && is_bare).then(|| Problem::of_status(status))
}
