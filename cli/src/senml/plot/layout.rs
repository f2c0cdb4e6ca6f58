//! Where everything in a picture goes.

use super::axis::Axis;
use super::chart::{Chart, Panel, Series};
use super::letters::Letters;

/// The width of a picture, in pixels.
pub(super) const WIDTH: f32 = 1000.0;
const MARGIN: f32 = 24.0;
const TITLE: f32 = 17.0;
const TEXT: f32 = 12.5;
const LINE: f32 = 19.0;
/// Points that are few enough to be marked one by one.
const MARKED: usize = 80;

/// Colours that are told apart by most eyes, on white.
pub(super) const COLOURS: [u32; 10] = [
    0x3867d6, 0xe67e22, 0x1b998b, 0xc0392b, 0x8e44ad, 0x7a8b00, 0x0097e6, 0xd6336c, 0x6b4f3a,
    0x57606f,
];
const INK: u32 = 0x1f2933;
const FAINT: u32 = 0x5f6b7a;
const GRID: u32 = 0xe4e7eb;
const FRAME: u32 = 0x9aa5b1;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// What a picture is drawn on.
pub(super) trait Canvas {
    /// Lines from point to point.
    fn lines(&mut self, points: &[(f32, f32)], colour: u32, width: f32);
    fn dot(&mut self, x: f32, y: f32, radius: f32, colour: u32);
    /// A text by its baseline.
    fn text(&mut self, x: f32, y: f32, size: f32, anchor: Anchor, colour: u32, text: &str);
}

/// The colour of a series.
pub(super) fn colour(index: usize) -> u32 {
    COLOURS.get(index % COLOURS.len()).copied().unwrap_or(INK)
}

struct Area {
    left: f32,
    right: f32,
    top: f32,
    bottom: f32,
}

/// The legend of a panel, broken into lines: the places of its entries.
struct Legend {
    entries: Vec<(f32, usize, String)>,
    lines: usize,
}

fn legend(panel: &Panel, letters: &Letters, width: f32) -> Legend {
    let mut entries = Vec::new();
    let (mut x, mut line) = (0.0, 0);
    for series in &panel.series {
        let name = letters.fit(&series.name, TEXT, width - 30.0);
        let wide = 26.0 + letters.width(&name, TEXT) + 20.0;
        if x > 0.0 && x + wide - 20.0 > width {
            (x, line) = (0.0, line + 1);
        }
        entries.push((x, line, name));
        x += wide;
    }
    Legend { entries, lines: line + 1 }
}

/// The height of a picture, and what draws it.
pub(super) fn draw(
    chart: &Chart,
    start: impl FnOnce(f32) -> Option<Box<dyn Canvas>>,
) -> Option<Box<dyn Canvas>> {
    let letters = Letters::new();
    let plot = match chart.panels.len() {
        1 => 380.0,
        2 => 240.0,
        _ => 170.0,
    };
    let values: Vec<Axis> = chart
        .panels
        .iter()
        .map(|panel| Axis::values(panel.low, panel.high, if plot > 200.0 { 6 } else { 4 }))
        .collect();
    let labels = values.iter().flat_map(|axis| &axis.ticks);
    let widest = labels.map(|tick| letters.width(&tick.label, TEXT)).fold(20.0, f32::max);
    let (left, right) = (MARGIN + widest + 10.0, WIDTH - 40.0);
    let across = Axis::times(chart.across, chart.first, chart.last, 8);
    let legends: Vec<Legend> =
        chart.panels.iter().map(|panel| legend(panel, &letters, right - left)).collect();
    let head = if chart.title.is_empty() { MARGIN } else { MARGIN + TITLE + 12.0 };
    let lines: usize = legends.iter().map(|legend| legend.lines).sum();
    let height = head
        + chart.panels.len() as f32 * (plot + LINE + 26.0)
        + lines as f32 * LINE
        + LINE
        + MARGIN;

    let mut canvas = start(height)?;
    if !chart.title.is_empty() {
        let title = letters.fit(&chart.title, TITLE, WIDTH - 2.0 * MARGIN);
        canvas.text(MARGIN, MARGIN + TITLE - 4.0, TITLE, Anchor::Start, INK, &title);
    }
    let mut top = head;
    for ((panel, axis), legend) in chart.panels.iter().zip(&values).zip(&legends) {
        for ((x, line, name), series) in legend.entries.iter().zip(&panel.series) {
            let (x, y) = (left + x, top + *line as f32 * LINE + 9.0);
            canvas.lines(&[(x, y), (x + 18.0, y)], colour(series.index), 3.0);
            canvas.text(x + 25.0, y + 4.5, TEXT, Anchor::Start, INK, name);
        }
        top += legend.lines as f32 * LINE + 4.0;
        if !panel.unit.is_empty() {
            canvas.text(MARGIN, top + 4.0, TEXT, Anchor::Start, FAINT, &panel.unit);
        }
        top += 12.0;
        let area = Area { left, right, top, bottom: top + plot };
        grid(canvas.as_mut(), &area, axis, &across, &letters);
        for series in &panel.series {
            curve(canvas.as_mut(), &area, axis, &across, series);
        }
        top = area.bottom + LINE + 10.0;
    }
    canvas.text((left + right) / 2.0, top + 10.0, TEXT, Anchor::Middle, FAINT, &across.remark);
    Some(canvas)
}

fn position(area: &Area, axis: &Axis, across: &Axis, (time, value): (f64, f64)) -> (f32, f32) {
    #[allow(clippy::cast_possible_truncation, reason = "pixels need no more")]
    let (x, y) = (across.place(time) as f32, axis.place(value) as f32);
    (area.left + x * (area.right - area.left), area.bottom - y * (area.bottom - area.top))
}

fn grid(canvas: &mut dyn Canvas, area: &Area, axis: &Axis, across: &Axis, letters: &Letters) {
    for tick in &axis.ticks {
        let (_, y) = position(area, axis, across, (across.low, tick.at));
        canvas.lines(&[(area.left, y), (area.right, y)], GRID, 1.0);
        canvas.text(area.left - 8.0, y + 4.5, TEXT, Anchor::End, FAINT, &tick.label);
    }
    let mut free = f32::NEG_INFINITY;
    for tick in &across.ticks {
        let (x, _) = position(area, axis, across, (tick.at, axis.low));
        canvas.lines(&[(x, area.top), (x, area.bottom)], GRID, 1.0);
        let half = letters.width(&tick.label, TEXT) / 2.0;
        // Labels that would touch, or leave the picture, are left out.
        if x - half > free && x + half < WIDTH - 2.0 {
            canvas.text(x, area.bottom + LINE, TEXT, Anchor::Middle, FAINT, &tick.label);
            free = x + half + 8.0;
        }
    }
    canvas.lines(&[(area.left, area.top), (area.left, area.bottom)], FRAME, 1.0);
    canvas.lines(&[(area.left, area.bottom), (area.right, area.bottom)], FRAME, 1.0);
}

fn curve(canvas: &mut dyn Canvas, area: &Area, axis: &Axis, across: &Axis, series: &Series) {
    let colour = colour(series.index);
    let places = series.points.iter().map(|point| position(area, axis, across, *point));
    let points = thinned(places);
    canvas.lines(&points, colour, 2.0);
    if series.points.len() <= MARKED {
        for (x, y) in points {
            canvas.dot(x, y, 3.0, colour);
        }
    }
}

/// Of many points in one column of pixels, the first, lowest, highest and last: nothing else would
/// be seen.
fn thinned(points: impl Iterator<Item = (f32, f32)>) -> Vec<(f32, f32)> {
    let mut out: Vec<(f32, f32)> = Vec::new();
    let mut column: Vec<(f32, f32)> = Vec::new();
    for point in points {
        if column.first().is_some_and(|first| (first.0 * 2.0).floor() != (point.0 * 2.0).floor()) {
            flush(&mut column, &mut out);
        }
        match &mut column[..] {
            [_, low, high, last] => {
                if point.1 < low.1 {
                    *low = point;
                }
                if point.1 > high.1 {
                    *high = point;
                }
                *last = point;
            }
            _ => {
                column.push(point);
                if column.len() == 4 {
                    let by = |a: &&(f32, f32), b: &&(f32, f32)| a.1.total_cmp(&b.1);
                    let low = column.iter().min_by(by).copied().unwrap_or(point);
                    let high = column.iter().max_by(by).copied().unwrap_or(point);
                    let first = column.first().copied().unwrap_or(point);
                    column = vec![first, low, high, point];
                }
            }
        }
    }
    flush(&mut column, &mut out);
    out
}

fn flush(column: &mut Vec<(f32, f32)>, out: &mut Vec<(f32, f32)>) {
    column.dedup();
    out.append(column);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_points_become_few_and_keep_their_extremes() {
        let many = (0..100_000u32).map(|n| {
            let y = if n == 50_000 { -9.0 } else { (n % 7) as f32 };
            (n as f32 / 1000.0, y)
        });
        let few = thinned(many);
        assert!(few.len() <= 4 * 201, "{}", few.len());
        assert!(few.iter().any(|point| point.1 == -9.0));
        let two = [(0.0, 1.0), (5.0, 2.0)];
        assert_eq!(thinned(two.into_iter()), two);
    }
}
