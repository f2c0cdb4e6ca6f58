//! Charts of characters.

use super::axis::Axis;
use super::chart::{Chart, Panel};
use std::fmt::Write;

/// Colours of series that all terminals have.
const COLOURS: [&str; 8] = ["34", "33", "32", "31", "35", "36", "94", "91"];
/// What stands for series without colours.
const MARKS: [char; 8] = ['*', '+', 'o', 'x', '#', '@', '%', '&'];

/// A grid of cells, each of two by four dots (Braille) with a colour.
struct Grid {
    width: usize,
    height: usize,
    dots: Vec<u8>,
    /// The series that was here last.
    series: Vec<Option<usize>>,
}

impl Grid {
    fn new(width: usize, height: usize) -> Self {
        let cells = width * height;
        Grid { width, height, dots: vec![0; cells], series: vec![None; cells] }
    }

    /// Sets a dot, counted from the top left.
    fn set(&mut self, x: usize, y: usize, series: usize) {
        let (x, y) = (x.min(self.width * 2 - 1), y.min(self.height * 4 - 1));
        // The dots of Braille patterns by their rows (Unicode chapter 21).
        const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        let cell = y / 4 * self.width + x / 2;
        let bit = BITS.get(y % 4).and_then(|row| row.get(x % 2)).copied().unwrap_or(0);
        if let (Some(dots), Some(owner)) = (self.dots.get_mut(cell), self.series.get_mut(cell)) {
            *dots |= bit;
            *owner = Some(series);
        }
    }

    /// A line of dots.
    fn line(&mut self, from: (f64, f64), to: (f64, f64), series: usize) {
        let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).ceil().max(1.0);
        // At most as many as there are dots across and down.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some hundreds")]
        let count = steps.min(10_000.0) as usize;
        for step in 0..=count {
            let part = step as f64 / count as f64;
            let x = from.0 + (to.0 - from.0) * part;
            let y = from.1 + (to.1 - from.1) * part;
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "in the grid"
            )]
            self.set(x.round().max(0.0) as usize, y.round().max(0.0) as usize, series);
        }
    }
}

fn paint(style: &str, text: &str, colour: bool) -> String {
    if colour { format!("\x1b[{style}m{text}\x1b[0m") } else { text.to_owned() }
}

fn style(index: usize) -> &'static str {
    COLOURS.get(index % COLOURS.len()).copied().unwrap_or("0")
}

fn mark(index: usize) -> char {
    MARKS.get(index % MARKS.len()).copied().unwrap_or('*')
}

/// Draws a chart of lines of at most `width` characters.
pub(super) fn draw(chart: &Chart, width: usize, colour: bool) -> String {
    let mut out = String::new();
    if !chart.title.is_empty() {
        let _ = writeln!(out, "{}", paint("1", &chart.title, colour));
    }
    let rows = match chart.panels.len() {
        1 => 16,
        2 => 10,
        _ => 9,
    };
    let axes: Vec<Axis> =
        chart.panels.iter().map(|panel| Axis::values(panel.low, panel.high, rows / 2)).collect();
    let labels = axes.iter().flat_map(|axis| &axis.ticks);
    let margin = labels.map(|tick| tick.label.chars().count()).max().unwrap_or(0);
    let inner = width.saturating_sub(margin + 2).max(10);
    // A time needs about twelve characters.
    let across = Axis::times(chart.across, chart.first, chart.last, (inner / 13).max(2));
    for (panel, axis) in chart.panels.iter().zip(&axes) {
        legend(&mut out, panel, width, colour);
        plot(&mut out, panel, axis, &across, (margin, inner, rows), colour);
    }
    times(&mut out, &across, margin, inner);
    let _ = writeln!(out, "{:margin$}  {}", "", paint("2", &across.remark, colour));
    out
}

fn legend(out: &mut String, panel: &Panel, width: usize, colour: bool) {
    let mut used = 0;
    if !panel.unit.is_empty() {
        let unit = format!("[{}]", panel.unit);
        used = unit.chars().count() + 2;
        let _ = write!(out, "{}  ", paint("2", &unit, colour));
    }
    for series in &panel.series {
        let len = series.name.chars().count() + 5;
        if used > 0 && used + len > width {
            out.push('\n');
            used = 0;
        }
        used += len;
        let lines = colour || panel.series.len() == 1;
        let sign = if lines { "━━".to_owned() } else { mark(series.index).to_string() };
        let _ = write!(out, "{} {}  ", paint(style(series.index), &sign, colour), series.name);
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
}

fn plot(
    out: &mut String,
    panel: &Panel,
    axis: &Axis,
    across: &Axis,
    (margin, inner, rows): (usize, usize, usize),
    colour: bool,
) {
    let mut grid = Grid::new(inner, rows);
    let (wide, high) = ((inner * 2 - 1) as f64, (rows * 4 - 1) as f64);
    for series in &panel.series {
        let place = |(time, value): (f64, f64)| {
            (across.place(time) * wide, (1.0 - axis.place(value)) * high)
        };
        let places: Vec<_> = series.points.iter().map(|point| place(*point)).collect();
        match &places[..] {
            [only] => grid.line(*only, *only, series.index),
            places => {
                for pair in places.windows(2) {
                    if let [from, to] = pair {
                        grid.line(*from, *to, series.index);
                    }
                }
            }
        }
    }
    // The rows that have a label.
    let mut labels = vec![""; rows];
    for tick in &axis.ticks {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 1")]
        let row = ((1.0 - axis.place(tick.at)) * (rows - 1) as f64).round() as usize;
        if let Some(slot) = labels.get_mut(row) {
            *slot = &tick.label;
        }
    }
    let cells = grid.dots.chunks(inner).zip(grid.series.chunks(inner));
    for ((dots, owners), label) in cells.zip(labels) {
        let edge = if label.is_empty() { '│' } else { '┤' };
        let _ = write!(out, "{label:>margin$} {edge}");
        let mut line = String::new();
        let mut current = None;
        for (dots, owner) in dots.iter().zip(owners) {
            let shown = match owner {
                None => ' ',
                Some(series) if !colour && panel.series.len() > 1 => mark(*series),
                Some(_) => char::from_u32(0x2800 + u32::from(*dots)).unwrap_or(' '),
            };
            if colour && *owner != current {
                line.push_str("\x1b[0m");
                if let Some(series) = owner {
                    let _ = write!(line, "\x1b[{}m", style(*series));
                }
                current = *owner;
            }
            line.push(shown);
        }
        if current.is_some() {
            line.push_str("\x1b[0m");
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

/// The axis of times, and its labels.
fn times(out: &mut String, across: &Axis, margin: usize, inner: usize) {
    let mut line: Vec<char> = vec!['─'; inner];
    let mut labels: Vec<char> = vec![' '; inner];
    let mut free = 0;
    for tick in &across.ticks {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 1")]
        let at = (across.place(tick.at) * (inner - 1) as f64).round() as usize;
        if let Some(slot) = line.get_mut(at) {
            *slot = '┬';
        }
        let len = tick.label.chars().count();
        let start = at.saturating_sub(len / 2).min(inner.saturating_sub(len));
        // What would touch the label before is left out.
        if start >= free {
            for (slot, c) in labels.iter_mut().skip(start).zip(tick.label.chars()) {
                *slot = c;
            }
            free = start + len + 1;
        }
    }
    let (line, labels): (String, String) =
        (line.into_iter().collect(), labels.into_iter().collect());
    let _ = writeln!(out, "{:margin$} └{line}", "");
    let _ = writeln!(out, "{:margin$}  {}", "", labels.trim_end());
}
