//! The picture of it: memory, and cost per operation, over the number of clients.

use super::Row;
use std::fmt::Write;

const WIDTH: f64 = 760.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 180.0;
/// Heights of the panels and what is between them.
const MEMORY: (f64, f64) = (50.0, 150.0);
const COST: (f64, f64) = (260.0, 300.0);
const COLOURS: [&str; 9] = [
    "#1f77b4", "#17becf", "#9467bd", "#d62728", "#2ca02c", "#bcbd22", "#ff7f0e", "#8c564b",
    "#7f7f7f",
];

/// Maps values to places; the horizontal axis counts decades.
struct Panel {
    top: f64,
    height: f64,
    most: f64,
    first: f64,
    decades: f64,
}

impl Panel {
    fn x(&self, count: u32) -> f64 {
        let at = (f64::from(count).log10() - self.first) / self.decades;
        LEFT + at * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        self.top + self.height * (1.0 - value / self.most)
    }

    fn frame(&self, out: &mut String, title: &str, step: f64, rows: &[Row]) {
        let (right, bottom) = (WIDTH - RIGHT, self.top + self.height);
        let title_y = self.top - 12.0;
        let _ = writeln!(out, "<text x=\"{LEFT}\" y=\"{title_y}\" class=\"title\">{title}</text>");
        let mut value = 0.0;
        while value <= self.most {
            let (y, text) = (self.y(value), self.y(value) + 4.0);
            let _ = writeln!(
                out,
                "<path d=\"M{LEFT} {y:.1}H{right}\" class=\"grid\"/>\
                 <text x=\"{:.1}\" y=\"{text:.1}\" class=\"end\">{value:.0}</text>",
                LEFT - 8.0
            );
            value += step;
        }
        for row in rows {
            let (x, y) = (self.x(row.count), bottom + 18.0);
            let label = match row.count {
                n if n >= 1_000_000 => format!("{} M", n / 1_000_000),
                n => format!("{} k", n / 1000),
            };
            let _ =
                writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"middle\">{label}</text>");
        }
    }

    fn line(&self, out: &mut String, points: &[(u32, f64)], colour: &str) {
        let mut path = String::new();
        for (n, (count, value)) in points.iter().enumerate() {
            let (x, y) = (self.x(*count), self.y(*value));
            let _ = write!(path, "{}{x:.1} {y:.1}", if n == 0 { "M" } else { "L" });
            let _ =
                writeln!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>");
        }
        let _ = writeln!(out, "<path d=\"{path}\" class=\"line\" stroke=\"{colour}\"/>");
    }
}

/// The next of 1, 2, 5, 10, ... that makes at most eight steps.
fn step(most: f64) -> f64 {
    let power = 10f64.powf((most / 8.0).log10().floor());
    [1.0, 2.0, 5.0, 10.0].iter().map(|n| n * power).find(|s| most / s <= 8.0).unwrap_or(power)
}

fn panel((top, height): (f64, f64), most: f64, rows: &[Row]) -> Panel {
    let decade = |row: Option<&Row>| row.map_or(0.0, |r| f64::from(r.count).log10());
    let first = decade(rows.first());
    let decades = (decade(rows.last()) - first).max(1.0);
    let step = step(most);
    Panel { top, height, most: (most / step).ceil() * step, first, decades }
}

/// The plot as SVG.
pub(super) fn svg(rows: &[Row]) -> String {
    let height = COST.0 + COST.1 + 60.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\">\n<style>\
         text{{font:12px sans-serif;fill:#333}}.title{{font-size:14px;font-weight:bold}}\
         .end{{text-anchor:end}}.middle{{text-anchor:middle}}\
         .grid{{stroke:#ddd;fill:none}}.line{{fill:none;stroke-width:2}}</style>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    let bytes: Vec<_> = rows.iter().map(|r| (r.count, r.bytes)).collect();
    let memory = panel(MEMORY, 400.0, rows);
    memory.frame(&mut out, "Heap per registered client, bytes (limit 384)", 100.0, rows);
    memory.line(&mut out, &bytes, COLOURS[0]);
    let limit = memory.y(384.0);
    let right = WIDTH - RIGHT;
    let _ = writeln!(
        out,
        "<path d=\"M{LEFT} {limit:.1}H{right}\" stroke=\"#d62728\" stroke-dasharray=\"6 4\"/>"
    );
    let all = rows.iter().flat_map(|r| r.operations().map(|(_, ns)| ns));
    let most = all.fold(1.0, f64::max);
    let cost = panel(COST, most, rows);
    cost.frame(&mut out, "CPU time per operation, nanoseconds", step(most), rows);
    let Some(last) = rows.last() else { return out + "</svg>\n" };
    // Names stand where their lines end, apart from one another.
    let mut ends: Vec<(usize, f64)> =
        last.operations().iter().enumerate().map(|(n, (_, ns))| (n, cost.y(*ns))).collect();
    ends.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut free = f64::NEG_INFINITY;
    for (n, at) in ends {
        let (name, _) = last.operations()[n];
        let points: Vec<_> = rows.iter().map(|r| (r.count, r.operations()[n].1)).collect();
        cost.line(&mut out, &points, COLOURS[n]);
        let y = (at + 4.0).max(free);
        free = y + 14.0;
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{y:.1}\" style=\"fill:{}\">{name}</text>",
            right + 10.0,
            COLOURS[n]
        );
    }
    let _ = writeln!(
        out,
        "<text x=\"{:.1}\" y=\"{:.1}\" class=\"middle\">registered clients</text>",
        f64::midpoint(LEFT, right),
        COST.0 + COST.1 + 40.0
    );
    out + "</svg>\n"
}
