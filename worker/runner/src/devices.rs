//! The devices of this machine, as `nvidia-smi` tells them where there is one.
//!
//! Asked from outside, so that what the driver knows is told even while a model is at work, and so that a machine without
//! a driver needs no library of it.

use std::{
    num::NonZero, process::Stdio, sync::Mutex, sync::PoisonError, thread::available_parallelism,
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{process::Command, time::timeout};

use crate::device_health::{self, health};

const WITHIN: Duration = Duration::from_secs(5);
const QUERY: &str = "--query-gpu=index,name,memory.used,memory.total,utilization.gpu";
const FORMAT: &str = "--format=csv,noheader,nounits";
const MEBIBYTE: u64 = 1 << 20;

/// What was found at the last look.
#[derive(Debug, Default)]
pub(crate) struct Devices(Mutex<Vec<Value>>);

impl Devices {
    /// The CPU, and the GPUs of the last look.
    pub(crate) fn report(&self) -> Value {
        let cores = available_parallelism().map_or(1, NonZero::get);
        let mut devices = vec![json!({"kind": "cpu", "name": "cpu", "cores": cores})];
        devices.extend(
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .iter()
                .cloned(),
        );
        Value::Array(devices)
    }

    /// Looks again; false when there is nobody to ask, which will not change.
    pub(crate) async fn refresh(&self) -> bool {
        let Some(text) = ask(QUERY).await else {
            return false;
        };
        let mut gpus: Vec<Value> = text.lines().filter_map(gpu).collect();
        let healths = if gpus.is_empty() {
            None
        } else {
            ask(device_health::QUERY).await
        };
        for (index, told) in healths
            .iter()
            .flat_map(|text| text.lines())
            .filter_map(health)
        {
            let name = format!("cuda:{index}");
            let card = gpus.iter_mut().find(|gpu| gpu["name"] == name.as_str());
            if let Some(card) = card.and_then(Value::as_object_mut) {
                card.extend(told);
            }
        }
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = gpus;
        true
    }
}

/// What `nvidia-smi` says; nothing of a driver in trouble, for no figures are better than old ones. None where there is no such
/// program.
async fn ask(query: &str) -> Option<String> {
    let asked = Command::new("nvidia-smi")
        .args([query, FORMAT])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    match timeout(WITHIN, asked).await {
        Ok(Ok(output)) if output.status.success() => {
            Some(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => None,
        _ => Some(String::new()),
    }
}

/// A GPU from a line such as `0, NVIDIA H200, 1024, 143771, 37`; what a card does not tell stands there as `[N/A]`.
fn gpu(line: &str) -> Option<Value> {
    let fields: Vec<&str> = line.split(", ").map(str::trim).collect();
    let [index, model, used, total, utilization] = fields.as_slice() else {
        return None;
    };
    let index: u32 = index.parse().ok()?;
    let bytes = |mebibytes: &str| mebibytes.parse::<u64>().ok().map(|count| count * MEBIBYTE);
    let mut gpu = json!({"kind": "cuda", "name": format!("cuda:{index}"), "model": model});
    for (name, value) in [
        ("memory_used_bytes", bytes(used)),
        ("memory_total_bytes", bytes(total)),
        ("utilization_percent", utilization.parse().ok()),
    ] {
        if let Some(value) = value {
            gpu[name] = value.into();
        }
    }
    Some(gpu)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_card() {
        assert_eq!(
            gpu("0, NVIDIA H200, 1024, 143771, 37"),
            Some(
                json!({"kind": "cuda", "name": "cuda:0", "model": "NVIDIA H200", "memory_used_bytes": 1_073_741_824_u64,
                "memory_total_bytes": 150_754_820_096_u64, "utilization_percent": 37})
            )
        );
    }

    #[test]
    fn what_a_card_does_not_tell_is_left_out() {
        let found = gpu("1, NVIDIA A100-SXM4-40GB MIG 1g.5gb, [N/A], 40960, [N/A]").unwrap();
        assert_eq!(found["name"], "cuda:1");
        assert!(
            found.get("memory_used_bytes").is_none() && found.get("utilization_percent").is_none()
        );
    }

    #[test]
    fn other_lines_are_none() {
        for line in ["", "No devices were found", "a, b, c, d, e", "0, x"] {
            assert_eq!(gpu(line), None, "{line}");
        }
    }
}
