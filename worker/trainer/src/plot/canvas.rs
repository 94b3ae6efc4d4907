//! A picture in memory, with small letters of its own.

use font8x8::UnicodeFonts;
use plotters::coord::Shift;
use plotters::prelude::{BitMapBackend, DrawingArea, IntoDrawingArea, RGBColor, WHITE};

#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    #[error("there is nothing to plot")]
    Nothing,
    #[error("the picture cannot be drawn: {0}")]
    Draw(String),
    #[error("the picture cannot be written: {0}")]
    Encode(#[from] png::EncodingError),
}

impl<E: std::error::Error + Send + Sync> From<plotters::drawing::DrawingAreaErrorKind<E>>
    for PlotError
{
    fn from(error: plotters::drawing::DrawingAreaErrorKind<E>) -> Self {
        Self::Draw(error.to_string())
    }
}

pub(super) type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;

/// Draws on a white area of `size` pixels and gives it as PNG.
pub(super) fn picture(
    size: (i32, i32),
    draw: impl FnOnce(&Area<'_>) -> Result<(), PlotError>,
) -> Result<Vec<u8>, PlotError> {
    let size = (size.0.unsigned_abs(), size.1.unsigned_abs());
    let mut pixels = vec![0u8; size.0 as usize * size.1 as usize * 3];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, size).into_drawing_area();
        area.fill(&WHITE)?;
        draw(&area)?;
        area.present()?;
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, size.0, size.1);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(bytes)
}

/// Writes `text` with its top left corner at `at`, in letters of 8 by 8 pixels.
pub(super) fn write(
    area: &Area<'_>,
    text: &str,
    at: (i32, i32),
    color: RGBColor,
) -> Result<(), PlotError> {
    for (left, letter) in (at.0..).step_by(8).zip(text.chars()) {
        let Some(glyph) = font8x8::BASIC_FONTS.get(letter) else {
            continue;
        };
        for (row, bits) in (0i32..).zip(glyph) {
            for column in (0..8i32).filter(|column| bits & (1 << column) != 0) {
                area.draw_pixel((left + column, at.1 + row), &color)?;
            }
        }
    }
    Ok(())
}
