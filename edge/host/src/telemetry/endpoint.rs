//! The `endpoint` label of a request. Labels come from what the host was told at its start, documented paths and the routes
//! of the manifest, and never from a request: a caller can send any path, and a metrics store keeps every label.

use std::collections::HashMap;

use http::StatusCode;

use crate::route::Route;

/// What is none of the known endpoints.
pub(crate) const OTHER: &str = "other";

/// What stands in a label for every variable part, however a document names it.
const ANY: &str = "{id}";

/// The endpoints that are told apart.
#[derive(Debug, Default)]
pub(crate) struct Endpoints {
    /// Paths without a variable part.
    exact: HashMap<String, String>,
    /// The others, those with the most fixed parts first.
    templates: Vec<Template>,
}

#[derive(Debug, PartialEq, Eq)]
struct Template {
    label: String,
    /// `None` stands for any one part that is not empty.
    parts: Vec<Option<String>>,
}

impl Endpoints {
    /// From paths as an API's document writes them: `/jobs/{job_id}/audio`.
    pub(crate) fn new<'a>(documented: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = Self::default();
        for path in documented {
            let template = Template::parse(trimmed(path));
            if template.parts.iter().all(Option::is_some) {
                all.exact.insert(template.label.clone(), template.label);
            } else if !all.templates.contains(&template) {
                all.templates.push(template);
            }
        }
        all.templates
            .sort_by_key(|template| template.parts.iter().filter(|part| part.is_none()).count());
        all
    }

    /// The label of a request. Below a wildcard that no document describes, what was found counts as its route.
    pub(crate) fn label<'a>(
        &'a self,
        path: &str,
        route: Option<&'a Route>,
        status: StatusCode,
    ) -> &'a str {
        let path = trimmed(path);
        if let Some(label) = self.documented(path) {
            return label;
        }
        match route {
            Some(route) if !route.is_wildcard() => &route.pattern,
            Some(route) if path == trimmed(&route.base) => route.shown_base(),
            Some(route) if status.as_u16() < 400 => &route.pattern,
            _ => OTHER,
        }
    }

    /// Whether a document describes the path.
    pub(crate) fn knows(&self, path: &str) -> bool {
        self.documented(trimmed(path)).is_some()
    }

    fn documented(&self, path: &str) -> Option<&str> {
        if let Some(label) = self.exact.get(path) {
            return Some(label);
        }
        let template = self
            .templates
            .iter()
            .find(|template| template.matches(path))?;
        Some(&template.label)
    }
}

impl Template {
    fn parse(path: &str) -> Self {
        let is_variable = |part: &&str| part.starts_with('{') && part.ends_with('}');
        let parts: Vec<_> = path
            .split('/')
            .map(|part| (!is_variable(&part)).then(|| part.to_owned()))
            .collect();
        let label: Vec<_> = parts
            .iter()
            .map(|part| part.as_deref().unwrap_or(ANY))
            .collect();
        Self {
            label: label.join("/"),
            parts,
        }
    }

    fn matches(&self, path: &str) -> bool {
        let mut given = path.split('/');
        let fits = self.parts.iter().all(|part| match (part, given.next()) {
            (Some(fixed), Some(given)) => fixed == given,
            (None, Some(given)) => !given.is_empty(),
            (_, None) => false,
        });
        fits && given.next().is_none()
    }
}

/// `/a` and `/a/` are one endpoint.
fn trimmed(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::Router;

    fn router() -> Router {
        let routes = ["/...", "/api/v1/jobs/...", "/docs/...", "/metrics"];
        Router::new(routes.iter().map(|route| ((*route).to_owned(), 0))).unwrap()
    }

    fn label(path: &str, status: u16) -> String {
        let known = Endpoints::new([
            "/api/v1/jobs",
            "/api/v1/jobs/{job_id}",
            "/api/v1/jobs/{job_id}/audio",
            "/api/v1/uploads/{upload_id}/parts/{number}",
            "/.well-known/jwks.json",
        ]);
        let router = router();
        let route = router.find(path);
        let status = StatusCode::from_u16(status).unwrap();
        known.label(path, route, status).to_owned()
    }

    #[test]
    fn documented_paths_are_told_apart_whatever_was_answered() {
        for (path, expected) in [
            ("/api/v1/jobs", "/api/v1/jobs"),
            ("/api/v1/jobs/", "/api/v1/jobs"),
            ("/api/v1/jobs/job_0190a6c2/audio", "/api/v1/jobs/{id}/audio"),
            ("/api/v1/jobs/anything", "/api/v1/jobs/{id}"),
            (
                "/api/v1/uploads/x/parts/7",
                "/api/v1/uploads/{id}/parts/{id}",
            ),
            ("/.well-known/jwks.json", "/.well-known/jwks.json"),
            ("/metrics", "/metrics"),
            ("/", "/"),
            ("/docs", "/docs"),
        ] {
            assert_eq!(label(path, 200), expected);
            assert_eq!(label(path, 401), expected);
        }
    }

    #[test]
    fn what_no_document_describes_has_no_label_of_its_own() {
        assert_eq!(label("/docs/app.js", 200), "/docs/...");
        assert_eq!(label("/docs/made-up.js", 404), OTHER);
        for status in [401, 403, 404, 503] {
            assert_eq!(label("/api/v1/jobs/a/made-up", status), OTHER);
            assert_eq!(label("/made/up", status), OTHER);
        }
    }
}
