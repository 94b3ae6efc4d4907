//! Gathers each row's neighbours, so that a convolution is one matrix product.
//!
//! Sequences of different lengths lie one after another in the rows of one matrix, without padding. A row sees only
//! rows of its own sequence, zeros stand for what lies outside; so a sequence gives the same result alone and among
//! others. A last column of ones carries the bias.

use std::ops::Range;
use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};

/// Which rows of a packed matrix belong together.
#[derive(Debug, Clone)]
pub struct Segments(Arc<[Range<usize>]>);

impl Segments {
    pub fn from_lengths(lengths: impl IntoIterator<Item = usize>) -> Self {
        let mut start = 0;
        Self(
            lengths
                .into_iter()
                .map(|length| {
                    start += length;
                    start - length..start
                })
                .collect(),
        )
    }

    pub fn ranges(&self) -> &[Range<usize>] {
        &self.0
    }

    /// Number of rows in all.
    pub fn rows(&self) -> usize {
        self.0.last().map_or(0, |range| range.end)
    }

    /// The sequence that each row belongs to.
    pub fn owners(&self) -> Vec<u32> {
        let ranges = self.0.iter().enumerate();
        ranges
            .flat_map(|(owner, range)| std::iter::repeat_n(owner as u32, range.len()))
            .collect()
    }
}

/// `[rows, channels]` to `[rows, taps * channels + 1]`: the rows at `-taps/2 ..= taps/2` times `dilation`, then a one.
pub(super) fn unfold(
    rows: &Tensor,
    segments: &Segments,
    taps: usize,
    dilation: usize,
) -> Result<Tensor> {
    let window = Window {
        segments: segments.clone(),
        taps,
        dilation,
    };
    if rows.device().is_cpu() {
        return rows.contiguous()?.apply_op1(window);
    }
    window.unfold_by_index(rows)
}

#[derive(Debug, Clone)]
struct Window {
    segments: Segments,
    taps: usize,
    dilation: usize,
}

impl Window {
    /// Calls `visit(row, tap, neighbour)` for each neighbour that exists.
    fn for_each_neighbour(&self, mut visit: impl FnMut(usize, usize, usize)) {
        for range in self.segments.ranges() {
            for row in range.clone() {
                for tap in 0..self.taps {
                    let neighbour =
                        (row + tap * self.dilation).checked_sub(self.taps / 2 * self.dilation);
                    if let Some(neighbour) = neighbour.filter(|n| range.contains(n)) {
                        visit(row, tap, neighbour);
                    }
                }
            }
        }
    }

    /// The same from candle's own operations, for devices without a kernel of ours.
    fn unfold_by_index(&self, rows: &Tensor) -> Result<Tensor> {
        let (count, channels) = rows.dims2()?;
        let mut index = vec![count as u32; count * self.taps];
        self.for_each_neighbour(|row, tap, neighbour| {
            index[row * self.taps + tap] = neighbour as u32;
        });
        let outside = Tensor::zeros((1, channels), rows.dtype(), rows.device())?;
        let index = Tensor::new(index, rows.device())?;
        let windows = Tensor::cat(&[rows, &outside], 0)?.index_select(&index, 0)?;
        let ones = Tensor::ones((count, 1), rows.dtype(), rows.device())?;
        Tensor::cat(
            &[&windows.reshape((count, self.taps * channels))?, &ones],
            1,
        )
    }
}

fn contiguous<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&storage.as_slice::<f32>()?[start..end]),
        None => bail!("unfold needs contiguous rows"),
    }
}

impl CustomOp1 for Window {
    fn name(&self) -> &'static str {
        "unfold"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (count, channels) = layout.shape().dims2()?;
        if count != self.segments.rows() {
            bail!(
                "unfold got {count} rows for segments of {}",
                self.segments.rows()
            );
        }
        let source = contiguous(storage, layout)?;
        let width = self.taps * channels + 1;
        let mut target = vec![0f32; count * width];
        self.for_each_neighbour(|row, tap, neighbour| {
            let at = row * width + tap * channels;
            target[at..at + channels]
                .copy_from_slice(&source[neighbour * channels..(neighbour + 1) * channels]);
        });
        target
            .chunks_exact_mut(width)
            .for_each(|row| row[width - 1] = 1.0);
        Ok((CpuStorage::F32(target), (count, width).into()))
    }

    fn bwd(&self, _arg: &Tensor, _result: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        gradient
            .contiguous()?
            .apply_op1_no_bwd(&Fold(self.clone()))
            .map(Some)
    }
}

/// The transpose of [`Window`]: adds each neighbour's share back to its row.
#[derive(Debug)]
struct Fold(Window);

impl CustomOp1 for Fold {
    fn name(&self) -> &'static str {
        "fold"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (count, width) = layout.shape().dims2()?;
        let channels = (width - 1) / self.0.taps;
        let source = contiguous(storage, layout)?;
        let mut target = vec![0f32; count * channels];
        self.0.for_each_neighbour(|row, tap, neighbour| {
            let at = row * width + tap * channels;
            let sums = &mut target[neighbour * channels..(neighbour + 1) * channels];
            sums.iter_mut()
                .zip(&source[at..at + channels])
                .for_each(|(sum, share)| *sum += share);
        });
        Ok((CpuStorage::F32(target), (count, channels).into()))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    fn rows() -> Var {
        let values: Vec<f32> = (0..14).map(|i| (i as f32 * 0.7).sin()).collect();
        Var::from_tensor(&Tensor::from_vec(values, (7, 2), &Device::Cpu).unwrap()).unwrap()
    }

    #[test]
    fn agrees_with_the_composed_form_and_so_does_its_gradient() {
        let segments = Segments::from_lengths([1, 4, 2]);
        for (taps, dilation) in [(1, 1), (3, 1), (3, 2), (5, 1)] {
            let window = Window {
                segments: segments.clone(),
                taps,
                dilation,
            };
            let rows = rows();
            let ours = unfold(&rows, &segments, taps, dilation).unwrap();
            let composed = window.unfold_by_index(&rows).unwrap();
            assert_eq!(
                ours.to_vec2::<f32>().unwrap(),
                composed.to_vec2::<f32>().unwrap()
            );
            let gradient = |unfolded: &Tensor| {
                let loss = unfolded.sqr().unwrap().sum_all().unwrap();
                loss.backward()
                    .unwrap()
                    .get(&rows)
                    .unwrap()
                    .to_vec2::<f32>()
                    .unwrap()
            };
            for (a, b) in gradient(&ours)
                .concat()
                .iter()
                .zip(gradient(&composed).concat())
            {
                assert!((a - b).abs() < 1e-6, "{a} {b}");
            }
        }
    }

    #[test]
    fn refuses_rows_that_no_segment_covers() {
        let error = unfold(&rows(), &Segments::from_lengths([3]), 3, 1).unwrap_err();
        assert!(error.to_string().contains("7 rows"), "{error}");
    }
}
