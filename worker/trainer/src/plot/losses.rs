//! How the losses fell.

use plotters::chart::ChartBuilder;
use plotters::prelude::{BLACK, Color, IntoLogRange, LineSeries, RGBColor};

use super::canvas::{PlotError, picture, write};
use crate::training::Progress;

const SIZE: (i32, i32) = (960, 540);
const MARGIN: i32 = 48;

type Curve = (&'static str, RGBColor, fn(&Progress) -> f32);

const CURVES: [Curve; 6] = [
    ("total", BLACK, |p| p.total),
    ("spectrum", RGBColor(31, 119, 180), |p| p.spectrum),
    ("slope", RGBColor(44, 160, 44), |p| p.slope),
    ("melody", RGBColor(214, 39, 40), |p| p.melody),
    ("voicing", RGBColor(148, 103, 189), |p| p.voicing),
    ("duration", RGBColor(255, 127, 14), |p| p.duration),
];

/// The losses of `reports` over their steps, on a logarithmic scale.
pub fn plot_losses(reports: &[Progress]) -> Result<Vec<u8>, PlotError> {
    let values = || {
        CURVES
            .iter()
            .flat_map(|(_, _, of)| reports.iter().map(of))
            .filter(|v| v.is_finite() && *v > 0.0)
    };
    let (least, most) = values().fold((f32::MAX, 0f32), |(least, most), v| {
        (least.min(v), most.max(v))
    });
    let steps = reports
        .last()
        .filter(|_| most > 0.0)
        .ok_or(PlotError::Nothing)?
        .step as f32;
    picture(SIZE, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(MARGIN)
            .build_cartesian_2d(0f32..steps.max(1.0), (least * 0.9..most * 1.1).log_scale())
            .map_err(PlotError::from)?;
        chart.configure_mesh().x_labels(0).y_labels(0).draw()?;
        for (number, (name, color, of)) in (0i32..).zip(CURVES) {
            let points = reports
                .iter()
                .map(|report| (report.step as f32, of(report)));
            chart.draw_series(LineSeries::new(
                points.filter(|(_, v)| v.is_finite() && *v > 0.0),
                color.stroke_width(2),
            ))?;
            write(area, name, (MARGIN + number * 110, 16), color)?;
        }
        write(area, &format!("{most:.2}"), (4, MARGIN), BLACK)?;
        write(
            area,
            &format!("{least:.2}"),
            (4, SIZE.1 - MARGIN - 8),
            BLACK,
        )?;
        write(area, "0", (MARGIN, SIZE.1 - 32), BLACK)?;
        write(
            area,
            &format!("{steps} steps"),
            (SIZE.0 - MARGIN - 120, SIZE.1 - 32),
            BLACK,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_a_png_and_refuses_nothing() {
        let report = |step| Progress {
            step,
            total: 10.0 / step as f32,
            spectrum: 1.0,
            ..Progress::default()
        };
        let bytes = plot_losses(&[report(50), report(100)]).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
            .read_info()
            .unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let size = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((size.width, size.height), (960, 540));
        assert!(pixels.chunks(3).any(|pixel| pixel == [31, 119, 180]));
        assert!(matches!(plot_losses(&[]), Err(PlotError::Nothing)));
    }
}
