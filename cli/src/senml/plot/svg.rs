//! Pictures as SVG.

use super::chart::Chart;
use super::layout::{self, Anchor, Canvas, WIDTH};
use std::cell::RefCell;
use std::fmt::Write;
use std::rc::Rc;

/// Draws a chart.
pub(super) fn draw(chart: &Chart) -> String {
    let text = Rc::new(RefCell::new(String::new()));
    let sheet = Rc::clone(&text);
    layout::draw(chart, move |height| {
        let mut svg = Svg(sheet);
        svg.put(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {WIDTH} {height:.0}\" font-family=\"'DejaVu Sans', Verdana, sans-serif\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
        ));
        Some(Box::new(svg))
    });
    let mut text = text.take();
    text.push_str("</svg>\n");
    text
}

struct Svg(Rc<RefCell<String>>);

impl Svg {
    fn put(&mut self, what: std::fmt::Arguments<'_>) {
        // Into memory: it cannot fail.
        let _ = self.0.borrow_mut().write_fmt(what);
    }
}

impl Canvas for Svg {
    fn lines(&mut self, points: &[(f32, f32)], colour: u32, width: f32) {
        self.put(format_args!("<polyline fill=\"none\" stroke=\"#{colour:06x}\" stroke-width=\"{width}\" stroke-linejoin=\"round\" points=\""));
        for (number, (x, y)) in points.iter().enumerate() {
            let lead = if number == 0 { "" } else { " " };
            self.put(format_args!("{lead}{x:.1},{y:.1}"));
        }
        self.put(format_args!("\"/>\n"));
    }

    fn dot(&mut self, x: f32, y: f32, radius: f32, colour: u32) {
        self.put(format_args!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"#{colour:06x}\"/>\n"
        ));
    }

    fn text(&mut self, x: f32, y: f32, size: f32, anchor: Anchor, colour: u32, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        self.put(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\" \
             fill=\"#{colour:06x}\">{text}</text>\n"
        ));
    }
}
