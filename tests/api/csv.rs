//! Batches from CSV files, good and bad.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::batches::finished;
use crate::shared_system::admin;

/// The problem of a file that is refused with `status`.
async fn refused(csv: impl Into<Vec<u8>>, status: u16) -> Result<Value> {
    admin().post_csv(csv.into()).await?.problem(status)
}

fn bad_lines(problem: &Value) -> Vec<u64> {
    problem["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|error| error["line"].as_u64())
        .collect()
}

#[tokio::test]
async fn a_hundred_rows_become_a_hundred_files() -> Result<()> {
    let mut rows = vec!["text,voice_id,language".to_owned()];
    rows.extend((1..=100).map(|index| format!("\"Row {index}, with a comma.\",default,en")));
    let answer = admin()
        .post_csv(rows.join("\n").into_bytes())
        .await?
        .expect(202)?
        .json()?;
    assert_eq!(answer["total_jobs"], 100);
    let batch_id = answer["batch_id"].as_str().context("no batch_id")?;
    assert_eq!(finished(&admin(), batch_id).await?["completed"], 100);
    Ok(())
}

#[tokio::test]
async fn a_byte_order_mark_quotes_and_crlf_are_understood() -> Result<()> {
    let csv = "\u{feff}text,voice_id,language\r\n\"He said \"\"hello\"\",\r\nand left.\",default,en\r\nPlain.,default,en\r\n";
    let answer = admin()
        .post_csv(csv.as_bytes().to_vec())
        .await?
        .expect(202)?
        .json()?;
    assert_eq!(answer["total_jobs"], 2);
    Ok(())
}

#[tokio::test]
async fn every_bad_row_is_named_by_its_line() -> Result<()> {
    let csv = "text,voice_id,language\nGood.,default,en\n,default,en\n\"two\nlines\",default,en\nBad.,no-such-voice,en\nShort row\n";
    let problem = refused(csv, 422).await?;
    assert_eq!(bad_lines(&problem), [3, 6, 7], "{problem}");
    Ok(())
}

#[tokio::test]
async fn missing_columns_are_named() -> Result<()> {
    let problem = refused("text,language\nHello.,en\n", 422).await?;
    assert!(problem.to_string().contains("voice_id"), "{problem}");
    Ok(())
}

#[tokio::test]
async fn files_without_rows_are_refused() -> Result<()> {
    refused("", 422).await?;
    refused("text,voice_id,language\n", 422).await?;
    Ok(())
}

#[tokio::test]
async fn invalid_utf8_is_refused() -> Result<()> {
    let mut csv = b"text,voice_id,language\n".to_vec();
    csv.extend([0xff, 0xfe, b',', b'd', b',', b'e', b'\n']);
    refused(csv, 400).await?;
    Ok(())
}

#[tokio::test]
async fn twenty_megabytes_of_rows_are_refused_precisely() -> Result<()> {
    let csv = format!(
        "text,voice_id,language\n{}",
        "Hello.,default,en\n".repeat(1_100_000)
    );
    assert!(csv.len() > 19_000_000);
    let problem = refused(csv, 422).await?;
    assert!(
        problem["detail"]
            .as_str()
            .unwrap_or_default()
            .contains("rows"),
        "{problem}"
    );
    Ok(())
}

#[tokio::test]
async fn a_body_over_the_limit_is_too_large() -> Result<()> {
    let csv = format!(
        "text,voice_id,language\n{}",
        "Hello.,default,en\n".repeat(2_000_000)
    );
    let answer = admin().post_csv(csv.into_bytes()).await;
    // The edge may close the connection while the client still sends.
    if let Ok(answer) = answer {
        answer.problem(413)?;
    }
    Ok(())
}

/// The files of `tests/cases/csv`, with what is expected of each.
#[tokio::test]
async fn files_as_programs_write_them_are_read_and_told_back() -> Result<()> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/cases/csv/");
    let expected = std::fs::read_to_string(format!("{folder}expected.tsv"))?;
    for line in expected.lines().filter(|line| !line.starts_with("# ")) {
        let columns: Vec<&str> = line.split('\t').collect();
        let (name, status, texts) = (columns[0], columns[2], columns[3]);
        let texts: Vec<String> = serde_json::from_str(texts)?;
        let answer = admin()
            .post_csv(std::fs::read(format!("{folder}{name}"))?)
            .await?;
        let said: Vec<&str> = status.split(" or ").collect();
        if answer.status.as_u16() == 202 {
            let body = answer.json()?;
            assert!(said.contains(&"202"), "{name}: {body}");
            assert_eq!(body["read_as"]["rows"], texts.len(), "{name}: {body}");
        } else {
            let code = answer.status.as_u16();
            let problem = answer.problem(code)?;
            assert!(
                said.contains(&code.to_string().as_str()),
                "{name}: {problem}"
            );
            let detail = problem["detail"].as_str().unwrap_or_default();
            assert!(detail.contains("save it as"), "{name}: {detail}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_was_recognised_is_told() -> Result<()> {
    let csv = b"sep=;\r\ntext;voice_id;language;speed;notes\r\nOl\xe1, voc\xea.;sabia;pt-BR;1,2;x\r\n;;;;\r\n";
    let answer = admin().post_csv(csv.to_vec()).await?.expect(202)?.json()?;
    assert_eq!(
        answer["read_as"],
        serde_json::json!({"encoding": "windows-1252", "separator": ";", "header_line": 2, "rows": 1, "empty_rows": 1,
            "ignored_columns": ["notes"]})
    );
    Ok(())
}

#[tokio::test]
async fn an_old_workbook_is_refused_with_what_to_do() -> Result<()> {
    let problem = refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....".to_vec(), 415).await?;
    let detail = problem["detail"].as_str().context("no detail")?;
    assert!(
        detail.contains(".xls") && detail.contains("save it as CSV"),
        "{detail}"
    );
    Ok(())
}
