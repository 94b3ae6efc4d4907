//! The index: its vectors to the bit, what is found in it, and what is mixed of that.

use candle_core::Tensor;
use kiskadee_nn::parity::{Comparison, Comparisons};

use super::golden::Golden;
use crate::error::Result;
use crate::index::RetrievalIndex;

const THRESHOLD: f64 = 1e-4;
const NEIGHBOURS: usize = 8;
/// Queries of the index whose cells hold fewer vectors than are asked for.
const FEW: usize = 6;

pub(super) fn compare(golden: &Golden, show: &mut dyn FnMut(&Comparison)) -> Result<()> {
    let mut comparisons = Comparisons::new(&golden.stages, show);
    let queries = golden.values("index.query")?;
    let index = RetrievalIndex::open(&golden.folder.join("added.index"))?;
    let bits =
        |values: &[f32]| -> Vec<u32> { values.iter().map(|value| value.to_bits()).collect() };
    let expected = golden.values("index.vectors")?;
    comparisons.exact("index.vectors", &bits(&index.vectors()), &bits(&expected));
    let (ids, scores) = search(&index, &queries);
    comparisons.exact("index.ids", &ids, &golden.whole("index.ids")?);
    let mut mixed = queries.clone();
    index.mix(&mut mixed, 1.0);
    let shape = golden.tensor("index.score")?.shape();
    let scores = Tensor::from_vec(scores, shape, &candle_core::Device::Cpu)?;
    comparisons.tensor("index.score", &scores, THRESHOLD)?;
    let shape = golden.tensor("index.mix")?.shape();
    let mixed = Tensor::from_vec(mixed, shape, &candle_core::Device::Cpu)?;
    comparisons.tensor("index.mix", &mixed, THRESHOLD)?;
    let few = RetrievalIndex::open(&golden.folder.join("one_cell.index"))?;
    let (ids, _) = search(&few, &queries[..FEW * few.width()]);
    comparisons.exact("index.few.ids", &ids, &golden.whole("index.few.ids")?);
    Ok(())
}

/// Numbers and squared distances of the nearest; filled up as faiss does.
fn search(index: &RetrievalIndex, queries: &[f32]) -> (Vec<u32>, Vec<f32>) {
    let (mut ids, mut scores) = (Vec::new(), Vec::new());
    for query in queries.chunks_exact(index.width()) {
        let found = index.search(query);
        let missing = NEIGHBOURS - found.len();
        ids.extend(found.iter().map(|neighbour| neighbour.id));
        scores.extend(found.iter().map(|neighbour| neighbour.distance));
        ids.extend(std::iter::repeat_n(u32::MAX, missing));
        scores.extend(std::iter::repeat_n(f32::MAX, missing));
    }
    (ids, scores)
}
