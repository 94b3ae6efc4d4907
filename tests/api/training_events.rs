//! The events of a run, for a client whose connection breaks again and again: it comes back with the id of the last event that it has.

use anyhow::{Result, ensure};
use kiskadee_tests::Client;
use reqwest::Method;

/// Whole events that one connection brings at most, in turn.
const BROUGHT: [usize; 3] = [1, 2, 5];

/// An event as it was told.
#[derive(Debug, PartialEq)]
struct Event {
    id: u64,
    name: String,
    data: String,
}

/// Follows a run to its end over connections that are each cut amid an event, and asserts that it has heard every event once, in order.
pub(crate) async fn told_once_over_cuts(client: &Client, run: &str) -> Result<()> {
    let (mut told, mut cuts) = (Vec::<Event>::new(), 0);
    while let Some(listening) = listen(client, run, told.last().map(|event| event.id)).await? {
        let (text, is_cut) = listening.until_cut(BROUGHT[cuts % BROUGHT.len()]).await?;
        let heard = events(&text)?;
        ensure!(!heard.is_empty(), "a connection brought nothing: {text:?}");
        told.extend(heard);
        cuts += usize::from(is_cut);
    }
    ensure!(cuts >= 5, "{cuts} cuts");
    let ids: Vec<u64> = told.iter().map(|event| event.id).collect();
    let all: Vec<u64> = (1..).take(ids.len()).collect();
    assert_eq!(ids, all, "each once, in order");
    assert_eq!(told.last().map(|event| event.name.as_str()), Some("end"));
    let Some(whole) = listen(client, run, None).await? else {
        anyhow::bail!("nothing is told to one who has heard nothing")
    };
    let (whole, is_cut) = whole.until_cut(usize::MAX).await?;
    assert!(!is_cut);
    assert_eq!(events(&whole)?, told);
    Ok(())
}

/// An open connection.
struct Listening(reqwest::Response);

/// Nothing where all was told.
async fn listen(client: &Client, run: &str, last: Option<u64>) -> Result<Option<Listening>> {
    let path = format!("/training/logs?run_id={run}");
    let request = client.request(Method::GET, &path);
    let mut request = request.header("accept", "text/event-stream");
    if let Some(last) = last {
        request = request.header("last-event-id", last.to_string());
    }
    let answer = request.send().await?;
    let status = answer.status().as_u16();
    ensure!([200, 204].contains(&status), "{status}");
    Ok((status == 200).then_some(Listening(answer)))
}

impl Listening {
    /// What comes until the server ends it, or until there are more than so many events: of the next one, half has come then, and all that
    /// is under way is lost.
    async fn until_cut(self, whole: usize) -> Result<(String, bool)> {
        let Self(mut answer) = self;
        let mut came = Vec::new();
        while let Some(piece) = answer.chunk().await? {
            came.extend(piece);
            let text = String::from_utf8_lossy(&came);
            if let Some(cut) = amid(&text, whole) {
                return Ok((text[..cut].to_owned(), true));
            }
        }
        Ok((String::from_utf8(came)?, false))
    }
}

/// A place in the middle of the event behind so many, if it has come.
fn amid(text: &str, whole: usize) -> Option<usize> {
    let starts = text.match_indices("id: ").map(|(place, _)| place);
    let mut starts = starts.filter(|place| *place == 0 || text[..*place].ends_with("\n\n"));
    let start = starts.nth(whole)?;
    let length = text[start..].find("\n\n")?;
    let middle = start + length / 2;
    (middle..text.len()).find(|place| text.is_char_boundary(*place))
}

/// Those that came whole. What has no id is no event: a comment, or how long to wait before coming back.
fn events(text: &str) -> Result<Vec<Event>> {
    let Some((whole, _)) = text.rsplit_once("\n\n") else {
        return Ok(Vec::new());
    };
    let field = |event: &str, name: &str| {
        let mut lines = event.lines();
        lines
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            .map(str::to_owned)
    };
    let mut found = Vec::new();
    for event in whole.split("\n\n") {
        let Some(id) = field(event, "id") else {
            continue;
        };
        found.push(Event {
            id: id.parse()?,
            name: field(event, "event").unwrap_or_default(),
            data: field(event, "data").unwrap_or_default(),
        });
    }
    Ok(found)
}
