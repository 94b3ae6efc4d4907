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
