//! How GPUs fare: power, heat, clock, what slows them down, errors of their memory.
//!
//! Asked apart from how full they are: `nvidia-smi` refuses a whole question for one field that its driver does not know.

use serde_json::{Map, Value, json};

pub(crate) const QUERY: &str = "--query-gpu=index,power.draw,temperature.gpu,clocks.sm,clocks_throttle_reasons.active,ecc.errors.uncorrected.volatile.total";
const HERTZ: f64 = 1e6;

/// Bits of the mask (`nvml.h`) that tell of trouble. Idle, a clock that was set, and the cap on power are everyday life.
const REASONS: [(&str, u64); 4] = [
    ("hardware", 0x08),
    ("heat", 0x20),
    ("heat_in_hardware", 0x40),
    ("power_brake", 0x80),
];

/// The number of a card and what is told of it, from a line such as `0, 118.21, 34, 1980, 0x0000000000000004, 0`; what a card
/// does not tell stands there as `[N/A]`.
pub(crate) fn health(line: &str) -> Option<(u32, Map<String, Value>)> {
    let fields: Vec<&str> = line.split(", ").map(str::trim).collect();
    let [index, watts, celsius, megahertz, reasons, errors] = fields.as_slice() else {
        return None;
    };
    let number = |text: &str| text.parse::<f64>().ok();
    let figures = [
        ("power_watts", number(watts)),
        ("temperature_celsius", number(celsius)),
        (
            "sm_clock_hertz",
            number(megahertz).map(|clock| clock * HERTZ),
        ),
        ("ecc_errors", number(errors)),
    ];
    let mut told: Map<String, Value> = figures
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.into())))
        .collect();
    let digits = reasons.strip_prefix("0x").unwrap_or_default();
    if let Ok(mask) = u64::from_str_radix(digits, 16) {
        let slowed = REASONS.map(|(name, bit)| (name.to_owned(), json!(u8::from(mask & bit != 0))));
        told.insert("throttled".to_owned(), Map::from_iter(slowed).into());
    }
    Some((index.parse().ok()?, told))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_that_is_well_is_slowed_down_by_nothing() {
        let (index, told) = health("0, 118.21, 34, 1980, 0x0000000000000004, 0").unwrap();
        assert_eq!(index, 0);
        assert_eq!(told["power_watts"], 118.21);
        assert_eq!(told["sm_clock_hertz"], 1.98e9);
        let throttled = told["throttled"].as_object().unwrap();
        assert_eq!(throttled.len(), 4);
        assert!(throttled.values().all(|slowed| slowed == 0), "{told:?}");
    }

    #[test]
    fn heat_is_told() {
        let (_, told) = health("1, 700.5, 88, 1200, 0x0000000000000048, 3").unwrap();
        assert_eq!(told["ecc_errors"], 3.0);
        assert_eq!(told["throttled"]["heat_in_hardware"], 1);
        assert_eq!(told["throttled"]["hardware"], 1);
        assert_eq!(told["throttled"]["heat"], 0);
    }

    #[test]
    fn what_is_not_told_is_left_out() {
        let (_, told) = health("0, [N/A], 50, [N/A], [N/A], [N/A]").unwrap();
        assert_eq!(told.keys().collect::<Vec<_>>(), ["temperature_celsius"]);
        assert_eq!(health("Field \"clocks.x\" is not a valid field"), None);
    }
}
