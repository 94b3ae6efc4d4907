//! Reads a sheet of a workbook as Excel has written them since 2007 (.xlsx, ECMA-376): the first that is shown.

use std::{borrow::Cow, collections::HashMap};

use quick_xml::{
    Reader,
    escape::resolve_predefined_entity,
    events::{BytesStart, Event},
};

use super::{
    archive::{Archive, ArchiveError},
    sheet::{Cell, Sheet},
};

const RELATIONS: &str = "_rels/.rels";
/// Ends of the types of relations, which differ in their beginning by the edition of the standard.
const DOCUMENT: &str = "/officeDocument";
const STRINGS: &str = "/sharedStrings";
const STYLES: &str = "/styles";

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WorkbookError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error("it lacks `{0}`")]
    Lacks(&'static str),
    #[error("`{part}` is not XML as a workbook has it")]
    Malformed { part: String },
    #[error("it has no sheet that is shown")]
    NoSheet,
}

/// What is read of a workbook.
#[derive(Debug)]
pub(super) struct Workbook {
    /// The name of the sheet.
    pub sheet: String,
    pub rows: Vec<(u64, Vec<Cell>)>,
    /// How many rows there are.
    pub found: usize,
}

impl Workbook {
    /// Keeps at most so many rows, of those that are not empty.
    pub(super) fn read(file: &[u8], most_rows: usize) -> Result<Self, WorkbookError> {
        let archive = Archive::open(file)?;
        let top = Relations::read(&archive, RELATIONS, "")?;
        let document = top
            .of_type(DOCUMENT)
            .ok_or(WorkbookError::Lacks("workbook.xml"))?;
        let (folder, name) = document.rsplit_once('/').unwrap_or(("", document));
        let relations = Relations::read(&archive, &format!("{folder}/_rels/{name}.rels"), folder)?;
        let (sheet, relation) = first_shown(&archive, document)?;
        let place = relations
            .by_id
            .get(&relation)
            .ok_or(WorkbookError::Lacks("the sheet that is shown first"))?;
        let (mut rows, found) = {
            let content = text_of(&archive, place)?
                .ok_or(WorkbookError::Lacks("the sheet that is shown first"))?;
            let mut sheet = Sheet::new(most_rows);
            each(&content, place, |event| sheet.take(event))?;
            (sheet.rows, sheet.found)
        };
        resolve_strings(&archive, relations.of_type(STRINGS), &mut rows)?;
        mark_formatted(&archive, relations.of_type(STYLES), &mut rows)?;
        Ok(Self { sheet, rows, found })
    }
}

/// Where the parts lie that a part names.
#[derive(Default)]
struct Relations {
    by_id: HashMap<String, String>,
    /// Types with places.
    by_type: Vec<(String, String)>,
}

impl Relations {
    fn read(archive: &Archive<'_>, part: &str, folder: &str) -> Result<Self, WorkbookError> {
        let mut relations = Self::default();
        let content = text_of(archive, part)?.ok_or(WorkbookError::Lacks("its list of parts"))?;
        each(&content, part, |event| {
            if let Event::Start(tag) | Event::Empty(tag) = event
                && tag.local_name().as_ref() == b"Relationship"
            {
                let [id, kind, target] =
                    ["Id", "Type", "Target"].map(|name| attribute(tag, name).unwrap_or_default());
                let place = placed(&target, folder);
                relations.by_type.push((kind, place.clone()));
                relations.by_id.insert(id, place);
            }
        })?;
        Ok(relations)
    }

    fn of_type(&self, end: &str) -> Option<&str> {
        let mut found = self.by_type.iter().filter(|(kind, _)| kind.ends_with(end));
        found.next().map(|(_, place)| place.as_str())
    }
}

/// The name of a part that another one in `folder` calls `target`.
fn placed(target: &str, folder: &str) -> String {
    if let Some(from_top) = target.strip_prefix('/') {
        return from_top.to_owned();
    }
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in target.split('/') {
        match step {
            ".." => drop(steps.pop()),
            "." | "" => {}
            step => steps.push(step),
        }
    }
    steps.join("/")
}

/// The name of the first sheet that is shown, and the id of its relation.
fn first_shown(archive: &Archive<'_>, document: &str) -> Result<(String, String), WorkbookError> {
    let content = text_of(archive, document)?.ok_or(WorkbookError::Lacks("workbook.xml"))?;
    let mut found = None;
    each(&content, document, |event| {
        if let Event::Start(tag) | Event::Empty(tag) = event
            && tag.local_name().as_ref() == b"sheet"
            && attribute(tag, "state").is_none_or(|state| state == "visible")
            && found.is_none()
        {
            found = Some((
                attribute(tag, "name").unwrap_or_default(),
                relation_id(tag).unwrap_or_default(),
            ));
        }
    })?;
    found.ok_or(WorkbookError::NoSheet)
}

/// `r:id`, whatever stands for `r`.
fn relation_id(tag: &BytesStart<'_>) -> Option<String> {
    let attributes = tag.attributes().flatten();
    let mut ids = attributes
        .filter(|one| one.key.prefix().is_some() && one.key.local_name().as_ref() == b"id");
    Some(String::from_utf8_lossy(&ids.next()?.value).into_owned())
}

/// Puts the texts in the place of their numbers. Only those that are asked for are kept.
fn resolve_strings(
    archive: &Archive<'_>,
    part: Option<&str>,
    rows: &mut [(u64, Vec<Cell>)],
) -> Result<(), WorkbookError> {
    let cells = || rows.iter().flat_map(|(_, cells)| cells);
    let mut wanted: HashMap<usize, String> = cells()
        .filter_map(|cell| Some((cell.shared?, String::new())))
        .collect();
    let (Some(part), false) = (part, wanted.is_empty()) else {
        return Ok(());
    };
    let content = text_of(archive, part)?.ok_or(WorkbookError::Lacks("its texts"))?;
    let mut strings = Strings::default();
    each(&content, part, |event| {
        if let Some((number, text)) = strings.take(event)
            && let Some(place) = wanted.get_mut(&number)
        {
            *place = text;
        }
    })?;
    for cell in rows.iter_mut().flat_map(|(_, cells)| cells) {
        if let Some(text) = cell.shared.and_then(|number| wanted.get(&number)) {
            cell.text.clone_from(text);
        }
    }
    Ok(())
}

/// Texts of a workbook while they are read: pieces of different looks, without the readings above them.
#[derive(Default)]
struct Strings {
    number: usize,
    text: String,
    is_text: bool,
    is_reading: bool,
}

impl Strings {
    /// A text that ends here, with its number.
    fn take(&mut self, event: &Event<'_>) -> Option<(usize, String)> {
        match event {
            Event::Start(tag) => match tag.local_name().as_ref() {
                b"t" => self.is_text = true,
                b"rPh" => self.is_reading = true,
                _ => {}
            },
            Event::Empty(tag) if tag.local_name().as_ref() == b"si" => return Some(self.end()),
            Event::End(tag) => match tag.local_name().as_ref() {
                b"t" => self.is_text = false,
                b"rPh" => self.is_reading = false,
                b"si" => return Some(self.end()),
                _ => {}
            },
            event if self.is_text && !self.is_reading => push_content(&mut self.text, event),
            _ => {}
        }
        None
    }

    fn end(&mut self) -> (usize, String) {
        let number = self.number;
        self.number += 1;
        (number, unescaped(&std::mem::take(&mut self.text)))
    }
}

/// Marks numbers that look otherwise than they are kept: dates, percentages, money.
fn mark_formatted(
    archive: &Archive<'_>,
    part: Option<&str>,
    rows: &mut [(u64, Vec<Cell>)],
) -> Result<(), WorkbookError> {
    let Some(content) = part
        .map(|part| text_of(archive, part))
        .transpose()?
        .flatten()
    else {
        return Ok(());
    };
    let (mut formats, mut is_inside) = (Vec::new(), false);
    each(&content, part.unwrap_or_default(), |event| match event {
        Event::Start(tag) | Event::Empty(tag)
            if is_inside && tag.local_name().as_ref() == b"xf" =>
        {
            let format = attribute(tag, "numFmtId").and_then(|id| id.parse::<u32>().ok());
            formats.push(format.unwrap_or(0));
        }
        Event::Start(tag) if tag.local_name().as_ref() == b"cellXfs" => is_inside = true,
        Event::End(tag) if tag.local_name().as_ref() == b"cellXfs" => is_inside = false,
        _ => {}
    })?;
    for cell in rows.iter_mut().flat_map(|(_, cells)| cells) {
        // 0 is no format, 1 is whole numbers, 49 is text.
        let format = formats.get(cell.style).copied().unwrap_or(0);
        cell.is_formatted = cell.is_number && !matches!(format, 0 | 1 | 49);
    }
    Ok(())
}

fn text_of(archive: &Archive<'_>, part: &str) -> Result<Option<String>, WorkbookError> {
    let malformed = |_| WorkbookError::Malformed {
        part: part.to_owned(),
    };
    let Some(content) = archive.part(part)? else {
        return Ok(None);
    };
    let text = String::from_utf8(content).map_err(malformed)?;
    Ok(Some(text))
}

/// Goes through a part. A document type is none of a workbook's.
fn each(content: &str, part: &str, mut take: impl FnMut(&Event<'_>)) -> Result<(), WorkbookError> {
    let malformed = || WorkbookError::Malformed {
        part: part.to_owned(),
    };
    let mut reader = Reader::from_str(content.trim_start_matches('\u{feff}'));
    let mut open = 0_usize;
    loop {
        match reader.read_event().map_err(|_| malformed())? {
            Event::Eof if open == 0 => return Ok(()),
            Event::Eof | Event::DocType(_) => return Err(malformed()),
            event => {
                match &event {
                    Event::Start(_) => open += 1,
                    Event::End(_) => open = open.saturating_sub(1),
                    _ => {}
                }
                take(&event);
            }
        }
    }
}

/// Adds what a piece of text or a reference in it says.
pub(super) fn push_content(text: &mut String, event: &Event<'_>) {
    match event {
        Event::Text(content) => text.push_str(&String::from_utf8_lossy(content)),
        Event::CData(content) => text.push_str(&String::from_utf8_lossy(content)),
        Event::GeneralRef(reference) => {
            let name = String::from_utf8_lossy(reference);
            match reference.resolve_char_ref().ok().flatten() {
                Some(character) => text.push(character),
                None => text.push_str(resolve_predefined_entity(&name).unwrap_or_default()),
            }
        }
        _ => {}
    }
}

pub(super) fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.try_get_attribute(name).ok().flatten()?;
    let value = String::from_utf8_lossy(&found.value);
    let plain = quick_xml::escape::unescape(&value);
    Some(plain.map_or_else(|_| value.to_string(), Cow::into_owned))
}

/// A text in which Excel wrote characters as `_x000D_`.
pub(super) fn unescaped(text: &str) -> String {
    let (mut plain, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once("_x") {
        plain.push_str(before);
        let code = after.get(..4).filter(|_| after.get(4..5) == Some("_"));
        let character = code.and_then(|code| char::from_u32(u32::from_str_radix(code, 16).ok()?));
        rest = if let Some(character) = character {
            plain.push(character);
            after.get(5..).unwrap_or_default()
        } else {
            plain.push_str("_x");
            after
        };
    }
    plain + rest
}
