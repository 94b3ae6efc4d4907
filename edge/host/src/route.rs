//! Which component answers a path: exact routes, and `/...` wildcards of which the longest wins.

/// Where a component is mounted.
#[derive(Debug)]
pub(crate) struct Route {
    /// As the manifest has it.
    pub(crate) pattern: String,
    /// Without the wildcard.
    pub(crate) base: String,
    wildcard: bool,
    /// The place of the component in the host's list.
    pub(crate) component: usize,
}

impl Route {
    pub(crate) fn is_wildcard(&self) -> bool {
        self.wildcard
    }

    /// The path of the route itself: `/` where that is all of it.
    pub(crate) fn shown_base(&self) -> &str {
        if self.base.is_empty() {
            "/"
        } else {
            &self.base
        }
    }

    fn matches(&self, path: &str) -> bool {
        if !self.wildcard {
            return trimmed(path) == self.base;
        }
        path.strip_prefix(self.base.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// All routes, most specific first.
#[derive(Debug)]
pub(crate) struct Router(Vec<Route>);

impl Router {
    pub(crate) fn new(routes: impl IntoIterator<Item = (String, usize)>) -> Result<Self, String> {
        let mut all = Vec::new();
        for (pattern, component) in routes {
            all.push(parse(pattern, component)?);
        }
        all.sort_by_key(|route: &Route| (route.wildcard, std::cmp::Reverse(route.base.len())));
        let twice = all
            .windows(2)
            .find(|pair| pair[0].wildcard == pair[1].wildcard && pair[0].base == pair[1].base);
        match twice {
            Some(pair) => Err(format!(
                "two components have the route `{}`",
                pair[0].pattern
            )),
            None => Ok(Self(all)),
        }
    }

    /// The route of a path.
    pub(crate) fn find(&self, path: &str) -> Option<&Route> {
        self.0.iter().find(|route| route.matches(path))
    }
}

fn parse(pattern: String, component: usize) -> Result<Route, String> {
    if !pattern.starts_with('/') {
        return Err(format!("the route `{pattern}` does not begin with `/`"));
    }
    if pattern.contains('*') || pattern.contains("/:") {
        return Err(format!(
            "the route `{pattern}` uses a form that is not known here"
        ));
    }
    let (base, wildcard) = match pattern.strip_suffix("/...") {
        Some(base) => (base.to_owned(), true),
        None => (trimmed(&pattern).to_owned(), false),
    };
    Ok(Route {
        pattern,
        base,
        wildcard,
        component,
    })
}

/// A path without the slash at its end: `/a` and `/a/` are one route.
fn trimmed(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router() -> Router {
        let routes = [
            "/...",
            "/auth/...",
            "/auth/special",
            "/api/v1/...",
            "/api/v1/advanced/auth/...",
        ];
        Router::new(
            routes
                .iter()
                .enumerate()
                .map(|(index, route)| ((*route).to_owned(), index)),
        )
        .unwrap()
    }

    #[test]
    fn the_most_specific_route_wins() {
        let found = |path| router().find(path).unwrap().component;
        assert_eq!(found("/auth/login"), 1);
        assert_eq!(found("/auth"), 1);
        assert_eq!(found("/auth/special"), 2);
        assert_eq!(found("/auth/special/"), 2);
        assert_eq!(found("/authors"), 0);
        assert_eq!(found("/api/v1/x"), 3);
        assert_eq!(found("/api/v1/advanced/auth/token"), 4);
        assert_eq!(found("/"), 0);
    }

    #[test]
    fn a_route_belongs_to_one_component() {
        let routes = [("/a/...".to_owned(), 0), ("/a/...".to_owned(), 1)];
        assert!(Router::new(routes).is_err());
        assert!(Router::new([("/a/:id".to_owned(), 0)]).is_err());
    }
}
