//! One edge or worker comes over to the new release, or back.

use anyhow::{Result, bail};

use super::file::{DeployFile, Part, Slot};
use super::journal::Slots;
use super::{balancer, hosts, probe, smoke};

/// Which slot runs now. Nothing may be in the other one: it would be the rest of something that nobody knows of.
pub(super) async fn slots(part: &Part) -> Result<Slots> {
    let [one, other] = &part.slots;
    match (probe::is_there(one).await, probe::is_there(other).await) {
        (true, true) => bail!("both slots of {} run: stop one of them", part.name),
        (false, true) => Ok(Slots {
            old: Some(1),
            new: 0,
        }),
        (true, false) => Ok(Slots {
            old: Some(0),
            new: 1,
        }),
        (false, false) => Ok(Slots { old: None, new: 0 }),
    }
}

pub(super) fn is_edge(file: &DeployFile, part: &Part) -> bool {
    file.edges.iter().any(|edge| edge.name == part.name)
}

/// The new release runs in its slot, has proved itself, and gets requests.
pub(super) async fn bring_in(file: &DeployFile, part: &Part, slots: Slots) -> Result<()> {
    let slot = &part.slots[slots.new];
    if is_edge(file, part) {
        balancer::keep_out(file, part, slot).await?;
    }
    // Whoever goes on after being killed may find it running, of this release or half made.
    if !probe::is_ready(slot).await {
        hosts::run_all(file, part, slot, &slot.install).await?;
        hosts::run_all(file, part, slot, &slot.start).await?;
        probe::wait_until_ready(file, part, slot).await?;
    }
    if let Some(url) = slot.url.as_deref().filter(|_| is_edge(file, part)) {
        probe::check_version(file, url).await?;
        smoke::of_one(file, url).await?;
        balancer::wait_until_in(file, part, slot).await?;
    }
    Ok(())
}

/// The old release leaves in good order.
pub(super) async fn take_out(file: &DeployFile, part: &Part, slots: Slots) -> Result<()> {
    let Some(old) = slots.old else {
        return Ok(());
    };
    stop(file, part, &part.slots[old]).await
}

/// What was before runs again and gets requests; then the new release leaves.
pub(super) async fn bring_back(file: &DeployFile, part: &Part, slots: Slots) -> Result<()> {
    if let Some(old) = slots.old {
        let slot = &part.slots[old];
        if !probe::is_ready(slot).await {
            // One that is on its way out is let go first.
            if probe::is_there(slot).await {
                stop(file, part, slot).await?;
            }
            hosts::run_all(file, part, slot, &slot.start).await?;
            probe::wait_until_ready(file, part, slot).await?;
        }
        if is_edge(file, part) {
            balancer::wait_until_in(file, part, slot).await?;
        }
    }
    let new = &part.slots[slots.new];
    stop(file, part, new).await?;
    if is_edge(file, part) {
        // Nobody is there; whoever starts something there by hand finds the balancer as it was.
        balancer::let_in(file, part, new).await?;
    }
    Ok(())
}

async fn stop(file: &DeployFile, part: &Part, slot: &Slot) -> Result<()> {
    hosts::run_all(file, part, slot, &slot.stop).await?;
    let what = format!("{} (slot {}) still runs", part.name, slot.name);
    probe::wait(file.patience, &what, || async {
        !probe::is_there(slot).await
    })
    .await
}
