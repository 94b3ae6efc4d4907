//! Retrieval: frames of features are drawn towards those of the voice's own training, which an index of faiss holds.

mod file;

use std::path::Path;

use rayon::prelude::*;

use crate::error::Result;

/// Neighbours that a frame is mixed from.
const NEIGHBOURS: usize = 8;

/// Vectors in cells around centroids. A frame is compared with the vectors of the nearest cells only.
pub struct RetrievalIndex {
    width: usize,
    /// Cells that are looked into.
    probes: usize,
    /// `[cell, width]`
    centroids: Vec<f32>,
    cells: Vec<Cell>,
}

#[derive(Default)]
struct Cell {
    /// `[vector, width]`
    vectors: Vec<f32>,
    ids: Vec<u32>,
}

/// A vector of the index that is near to a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// The vector's number in the order of adding.
    pub id: u32,
    /// The squared distance.
    pub distance: f32,
    cell: u32,
    place: u32,
}

impl RetrievalIndex {
    /// Reads a file of faiss that holds an inverted file of whole vectors (`IVF…,Flat`).
    pub fn open(path: &Path) -> Result<Self> {
        file::read(path)
    }

    /// Values of a vector.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Vectors in all.
    pub fn len(&self) -> usize {
        self.cells.iter().map(|cell| cell.ids.len()).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What it takes in memory.
    pub fn bytes(&self) -> usize {
        let values = self.centroids.len() + self.len() * (self.width + 1);
        values * size_of::<f32>()
    }

    /// The vectors in the order of adding, `[vector, width]`.
    pub fn vectors(&self) -> Vec<f32> {
        let mut all = vec![0.0; self.len() * self.width];
        for cell in &self.cells {
            for (id, vector) in cell.ids.iter().zip(cell.vectors.chunks_exact(self.width)) {
                all[*id as usize * self.width..][..self.width].copy_from_slice(vector);
            }
        }
        all
    }

    /// The nearest vectors to a frame, the nearest first; fewer than eight where the cells hold no more.
    pub fn search(&self, frame: &[f32]) -> Vec<Neighbour> {
        let cells = self
            .centroids
            .chunks_exact(self.width)
            .map(|cell| distance(cell, frame));
        let mut nearest: Vec<(f32, usize)> = cells.zip(0..).collect();
        nearest.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut found: Vec<Neighbour> = Vec::new();
        for (_, number) in nearest.into_iter().take(self.probes) {
            let cell = &self.cells[number];
            let vectors = cell.ids.iter().zip(cell.vectors.chunks_exact(self.width));
            found.extend(vectors.zip(0..).map(|((id, vector), place)| Neighbour {
                id: *id,
                distance: distance(vector, frame),
                cell: number as u32,
                place,
            }));
        }
        found.sort_by(|a, b| a.distance.total_cmp(&b.distance));
        found.truncate(NEIGHBOURS);
        found
    }

    /// Replaces each frame of `[frame, width]` by the mean of its neighbours with itself, `rate` (0 to 1) of them. A frame that has no neighbours
    /// stays as it is.
    pub fn mix(&self, frames: &mut [f32], rate: f32) {
        frames.par_chunks_exact_mut(self.width).for_each(|frame| {
            let Some(mean) = self.mean(frame) else { return };
            for (value, mean) in frame.iter_mut().zip(mean) {
                *value = rate * mean as f32 + (1.0 - rate) * *value;
            }
        });
    }

    /// The mean of a frame's neighbours, weighted by the inverse of their squared distances, squared.
    fn mean(&self, frame: &[f32]) -> Option<Vec<f64>> {
        let found = self.search(frame);
        let vector = |neighbour: &Neighbour| {
            let first = neighbour.place as usize * self.width;
            &self.cells[neighbour.cell as usize].vectors[first..][..self.width]
        };
        // A vector that is the frame itself would weigh infinitely.
        if let Some(same) = found.first().filter(|nearest| nearest.distance <= 0.0) {
            return Some(vector(same).iter().map(|value| f64::from(*value)).collect());
        }
        let mut mean = vec![0.0; self.width];
        let mut total = 0.0;
        for neighbour in &found {
            let weight = f64::from(neighbour.distance).recip().powi(2);
            total += weight;
            for (sum, value) in mean.iter_mut().zip(vector(neighbour)) {
                *sum += weight * f64::from(*value);
            }
        }
        for sum in &mut mean {
            *sum /= total;
        }
        // Nothing found, or all of it infinitely far.
        mean.iter().all(|value| value.is_finite()).then_some(mean)
    }
}

/// Squared.
fn distance(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 8;
    let mut sums = [0.0_f32; LANES];
    let (a_parts, b_parts) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest = a_parts.remainder().iter().zip(b_parts.remainder());
    let rest: f32 = rest.map(|(a, b)| (a - b).powi(2)).sum();
    for (a, b) in a_parts.zip(b_parts) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += (a - b).powi(2);
        }
    }
    sums.iter().sum::<f32>() + rest
}
