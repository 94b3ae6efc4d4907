//! What the teacher said beside what the model says.

use std::f32::consts::PI;

use kiskadee_voice::{MEL_CEPSTRUM, VocoderFrames};
use plotters::prelude::{BLACK, RGBColor};

use super::canvas::{Area, PlotError, picture, write};

/// The all-pass constant of the mel-cepstrum.
const ALPHA: f32 = 0.42;
const BINS: i32 = 200;
const TITLE: i32 = 16;
const MOST_FRAMES: usize = 2000;
/// Hz at the top of a picture's pitch track.
const TOP_PITCH: f32 = 400.0;
/// Nepers from white, the loudest of the teacher, to black.
const RANGE: f32 = 8.0;

/// Spectrogram and pitch track (red, 0 to 400 Hz) of `teacher` above those of `model`; the first ten seconds.
pub fn plot_comparison(
    teacher: &VocoderFrames,
    model: &VocoderFrames,
) -> Result<Vec<u8>, PlotError> {
    let frames = teacher.len().max(model.len()).min(MOST_FRAMES);
    if frames == 0 {
        return Err(PlotError::Nothing);
    }
    let loudest = loudest(teacher);
    let panel = BINS + TITLE;
    picture(
        (
            i32::try_from(frames.max(160)).unwrap_or(i32::MAX),
            2 * panel,
        ),
        |area| {
            draw_panel(area, ("teacher", 0), teacher, loudest)?;
            draw_panel(area, ("model", panel), model, loudest)
        },
    )
}

fn draw_panel(
    area: &Area<'_>,
    (title, top): (&str, i32),
    frames: &VocoderFrames,
    loudest: f32,
) -> Result<(), PlotError> {
    write(area, title, (4, top + 4), BLACK)?;
    let bottom = top + TITLE + BINS - 1;
    for (x, (cepstrum, f0)) in (0i32..)
        .zip(frames.mel_cepstrum.iter().zip(&frames.f0))
        .take(MOST_FRAMES)
    {
        for bin in 0..BINS {
            let level = log_magnitude(cepstrum, frequency(bin));
            let shade = (255.0 * (1.0 + (level - loudest) / RANGE)).clamp(0.0, 255.0) as u8;
            area.draw_pixel((x, bottom - bin), &RGBColor(shade, shade, shade))?;
        }
        let height = (f0 / TOP_PITCH).min(1.0) * (BINS - 2) as f32;
        if height > 0.0 {
            area.draw_pixel((x, bottom - height as i32), &RGBColor(255, 0, 0))?;
            area.draw_pixel((x, bottom - height as i32 - 1), &RGBColor(255, 0, 0))?;
        }
    }
    Ok(())
}

/// Of all places of the picture, in nepers.
fn loudest(frames: &VocoderFrames) -> f32 {
    let cepstra = frames.mel_cepstrum.iter().take(MOST_FRAMES);
    let levels = cepstra.flat_map(|cepstrum| {
        (0..BINS)
            .step_by(4)
            .map(|bin| log_magnitude(cepstrum, frequency(bin)))
    });
    levels.fold(f32::NEG_INFINITY, f32::max)
}

fn frequency(bin: i32) -> f32 {
    bin as f32 / BINS as f32 * PI
}

/// The natural logarithm of the magnitude at an angular frequency.
fn log_magnitude(cepstrum: &[f32; MEL_CEPSTRUM], frequency: f32) -> f32 {
    let warped =
        frequency + 2.0 * (ALPHA * frequency.sin() / (1.0 - ALPHA * frequency.cos())).atan();
    (0u8..)
        .zip(cepstrum)
        .map(|(order, value)| value * (f32::from(order) * warped).cos())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_follows_from_the_cepstrum() {
        let mut cepstrum = [0f32; MEL_CEPSTRUM];
        (cepstrum[0], cepstrum[1]) = (1.0, 0.5);
        assert!((log_magnitude(&cepstrum, 0.0) - 1.5).abs() < 1e-6);
        assert!((log_magnitude(&cepstrum, PI) - 0.5).abs() < 1e-5);
    }

    #[test]
    fn draws_both_panels() {
        let frames = VocoderFrames {
            f0: vec![100.0; 50],
            mel_cepstrum: vec![[0.1; 25]; 50],
            strengths: vec![[1.0; 5]; 50],
        };
        let bytes = plot_comparison(&frames, &VocoderFrames::default()).unwrap();
        let reader = png::Decoder::new(std::io::Cursor::new(bytes))
            .read_info()
            .unwrap();
        assert_eq!((reader.info().width, reader.info().height), (160, 432));
        assert!(matches!(
            plot_comparison(&VocoderFrames::default(), &VocoderFrames::default()),
            Err(PlotError::Nothing)
        ));
    }
}
