//! How many workers a pool should have, as scalers are told.

use anyhow::Result;
use clap::Args;
use kiskadee_runner::DEFAULT_POOL;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;

use super::target::Target;

#[derive(Args)]
pub(crate) struct Scale {
    /// As the workers were told with --pool
    #[arg(long, value_name = "NAME", default_value = DEFAULT_POOL)]
    pool: String,
    /// Seconds within which all that waits shall be done
    #[arg(long, value_name = "SECONDS", default_value_t = 60,
        value_parser = clap::value_parser!(i32).range(1..=86_400))]
    target_seconds: i32,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: Target,
}

/// As `queue.scaling` answers. Costs are those of jobs: the characters of each text and 20.
#[derive(Debug, Serialize, sqlx::FromRow)]
struct Scaling {
    #[serde(rename = "workers_wanted")]
    workers: i32,
    #[serde(rename = "workers_alive")]
    alive: i32,
    waiting_jobs: i64,
    waiting_cost: i64,
    held_jobs: i64,
    held_cost: i64,
    /// Of one worker; none where there is nothing to do.
    cost_per_second: Option<f64>,
    /// The longest wait of interactive work; none where none waits.
    interactive_seconds: Option<f64>,
    lanes: Json<Vec<Lane>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Lane {
    queue: String,
    waiting_jobs: i64,
    waiting_cost: i64,
    held_jobs: i64,
    held_cost: i64,
    cost_per_second: f64,
}

pub(crate) async fn show(command: &Scale) -> Result<()> {
    let scaling: Scaling = sqlx::query_as(include_str!("../../queries/scaling.sql"))
        .bind(&command.pool)
        .bind(command.target_seconds)
        .fetch_one(&command.target.connect().await?)
        .await?;
    if command.json {
        let mut object = serde_json::to_value(&scaling)?;
        object["pool"] = command.pool.as_str().into();
        object["target_seconds"] = command.target_seconds.into();
        println!("{object}");
    } else {
        println!("{}", scaling.lines(command).join("\n"));
    }
    Ok(())
}

impl Scaling {
    fn lines(&self, command: &Scale) -> Vec<String> {
        let mut lines = vec![
            format!(
                "Pool {}: {} workers wanted, {} alive.",
                command.pool, self.workers, self.alive
            ),
            format!(
                "  waiting: {} jobs of cost {}; held: {} jobs of cost {}",
                self.waiting_jobs, self.waiting_cost, self.held_jobs, self.held_cost
            ),
        ];
        if let Some(rate) = self.cost_per_second {
            let target = command.target_seconds;
            lines.push(format!(
                "  a worker does {rate:.1} a second; all shall be done in {target} s"
            ));
        }
        if let Some(seconds) = self.interactive_seconds {
            lines.push(format!("  interactive work has waited for {seconds:.1} s"));
        }
        lines.extend(self.lanes.iter().map(Lane::line));
        lines
    }
}

impl Lane {
    fn line(&self) -> String {
        format!(
            "  {}: {} waiting of cost {}, {} held of cost {}, {:.1} a second",
            self.queue,
            self.waiting_jobs,
            self.waiting_cost,
            self.held_jobs,
            self.held_cost,
            self.cost_per_second
        )
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Admin {
        #[command(flatten)]
        scale: Scale,
    }

    #[test]
    fn the_reasons_are_told_as_far_as_there_are_any() {
        let words = ["scale", "--pool", "gpu", "--target-seconds", "30"];
        let command = Admin::try_parse_from(words).unwrap().scale;
        let mut scaling = Scaling {
            workers: 3,
            alive: 1,
            waiting_jobs: 40,
            waiting_cost: 8000,
            held_jobs: 2,
            held_cost: 400,
            cost_per_second: Some(100.0),
            interactive_seconds: Some(6.25),
            lanes: Json(vec![Lane {
                queue: "speech:kiskadee".to_owned(),
                waiting_jobs: 40,
                waiting_cost: 8000,
                held_jobs: 2,
                held_cost: 400,
                cost_per_second: 100.0,
            }]),
        };
        let lines = scaling.lines(&command);
        assert_eq!(lines[0], "Pool gpu: 3 workers wanted, 1 alive.");
        assert_eq!(lines.len(), 5);
        scaling.cost_per_second = None;
        scaling.interactive_seconds = None;
        scaling.lanes = Json(Vec::new());
        assert_eq!(scaling.lines(&command).len(), 2);
    }
}
