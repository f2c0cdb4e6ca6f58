//! Pictures as PNG, twice as fine as their pixels in SVG.

use super::chart::Chart;
use super::layout::{self, Anchor, Canvas, WIDTH};
use super::letters::{Letters, Pen};
use std::cell::RefCell;
use std::rc::Rc;
use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, PathBuilder, Pixmap, Stroke, Transform,
};

const SCALE: f32 = 2.0;

/// Draws a chart; `None` if it is too large for the machine.
pub(super) fn draw(chart: &Chart) -> Option<Vec<u8>> {
    let sheet = Rc::new(RefCell::new(None));
    let own = Rc::clone(&sheet);
    layout::draw(chart, move |height| {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some thousands"
        )]
        let mut pixels = Pixmap::new((WIDTH * SCALE) as u32, (height * SCALE) as u32)?;
        pixels.fill(Color::WHITE);
        *own.borrow_mut() = Some(pixels);
        Some(Box::new(Png { sheet: own, letters: Letters::new() }))
    })?;
    let pixels = sheet.take()?;
    pixels.encode_png().ok()
}

struct Png {
    sheet: Rc<RefCell<Option<Pixmap>>>,
    letters: Letters,
}

impl Png {
    fn paint(colour: u32) -> Paint<'static> {
        let [_, r, g, b] = colour.to_be_bytes();
        let mut paint = Paint::default();
        paint.set_color_rgba8(r, g, b, 255);
        paint.anti_alias = true;
        paint
    }

    fn fill(&mut self, path: PathBuilder, colour: u32) {
        let (Some(path), Some(pixels)) = (path.finish(), &mut *self.sheet.borrow_mut()) else {
            return;
        };
        let scale = Transform::from_scale(SCALE, SCALE);
        pixels.fill_path(&path, &Png::paint(colour), FillRule::Winding, scale, None);
    }
}

impl Canvas for Png {
    fn lines(&mut self, points: &[(f32, f32)], colour: u32, width: f32) {
        let mut path = PathBuilder::new();
        for (number, (x, y)) in points.iter().enumerate() {
            if number == 0 { path.move_to(*x, *y) } else { path.line_to(*x, *y) }
        }
        let (Some(path), Some(pixels)) = (path.finish(), &mut *self.sheet.borrow_mut()) else {
            return;
        };
        let stroke = Stroke {
            width,
            line_cap: LineCap::Butt,
            line_join: LineJoin::Round,
            ..Stroke::default()
        };
        let scale = Transform::from_scale(SCALE, SCALE);
        pixels.stroke_path(&path, &Png::paint(colour), &stroke, scale, None);
    }

    fn dot(&mut self, x: f32, y: f32, radius: f32, colour: u32) {
        let mut path = PathBuilder::new();
        path.push_circle(x, y, radius);
        self.fill(path, colour);
    }

    fn text(&mut self, x: f32, y: f32, size: f32, anchor: Anchor, colour: u32, text: &str) {
        let width = self.letters.width(text, size);
        let start = match anchor {
            Anchor::Start => x,
            Anchor::Middle => x - width / 2.0,
            Anchor::End => x - width,
        };
        let mut path = PathBuilder::new();
        self.letters.outline(text, size, start, y, &mut path);
        self.fill(path, colour);
    }
}

impl Pen for PathBuilder {
    fn move_to(&mut self, x: f32, y: f32) {
        PathBuilder::move_to(self, x, y);
    }
    fn line_to(&mut self, x: f32, y: f32) {
        PathBuilder::line_to(self, x, y);
    }
    fn quad_to(&mut self, a: f32, b: f32, x: f32, y: f32) {
        PathBuilder::quad_to(self, a, b, x, y);
    }
    fn close(&mut self) {
        PathBuilder::close(self);
    }
}
