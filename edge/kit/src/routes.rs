//! One list of handlers makes both the router and the `OpenAPI` document, so neither can drift from the other.

use axum::routing::MethodFilter;
use utoipa::openapi::HttpMethod;

/// Declares the routes of a component from handlers that carry `#[utoipa::path(…)]`, each named with the module it lies in:
///
/// ```ignore
/// kiskadee_edge_kit::routes! { profile::show_profile, profile::update_profile, keys::list_keys }
/// ```
///
/// gives `pub fn router() -> &'static axum::Router`, and natively also `pub fn openapi() -> utoipa::openapi::OpenApi`. The
/// component itself does not carry the document, which would only make it larger and slower to start.
#[macro_export]
macro_rules! routes {
    ($($module:ident :: $handler:ident),+ $(,)?) => {
        /// The routes, built once in the life of an instance.
        pub fn router() -> &'static $crate::axum::Router {
            use $crate::{axum::{Router, routing::on}, routes::filter, utoipa::Path as _};
            static ROUTER: std::sync::LazyLock<Router> = std::sync::LazyLock::new(|| {
                $crate::pastey::paste! {
                    Router::new()$(.route(
                        &$module::[<__path_ $handler>]::path(),
                        on(filter(&$module::[<__path_ $handler>]::methods()), $module::$handler),
                    ))+
                }
            });
            &ROUTER
        }

        /// What this component contributes to the `OpenAPI` document.
        #[cfg(not(target_family = "wasm"))]
        pub fn openapi() -> $crate::utoipa::openapi::OpenApi {
            use $crate::utoipa::OpenApi as _;
            #[derive($crate::utoipa::OpenApi)]
            #[openapi(paths($($module::$handler),+))]
            struct Document;
            $crate::openapi::with_shared(Document::openapi())
        }
    };
}

/// The methods of a documented path as axum knows them.
#[doc(hidden)]
pub fn filter(methods: &[HttpMethod]) -> MethodFilter {
    methods
        .iter()
        .map(of_method)
        .reduce(MethodFilter::or)
        .unwrap_or(MethodFilter::GET)
}

fn of_method(method: &HttpMethod) -> MethodFilter {
    match method {
        HttpMethod::Get => MethodFilter::GET,
        HttpMethod::Put => MethodFilter::PUT,
        HttpMethod::Post => MethodFilter::POST,
        HttpMethod::Delete => MethodFilter::DELETE,
        HttpMethod::Options => MethodFilter::OPTIONS,
        HttpMethod::Head => MethodFilter::HEAD,
        HttpMethod::Patch => MethodFilter::PATCH,
        HttpMethod::Trace => MethodFilter::TRACE,
    }
}
