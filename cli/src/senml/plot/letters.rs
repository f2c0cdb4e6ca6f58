//! The letters of pictures: how wide they are, and their outlines.

use ttf_parser::{Face, GlyphId, OutlineBuilder};

/// The font, which is in the program: a picture looks the same everywhere.
pub(super) struct Letters {
    face: Option<Face<'static>>,
}

impl Letters {
    pub(super) fn new() -> Self {
        Letters { face: Face::parse(dejavu::sans::regular(), 0).ok() }
    }

    fn scale(face: &Face<'_>, size: f32) -> f32 {
        size / f32::from(face.units_per_em())
    }

    fn glyph(face: &Face<'_>, c: char) -> (GlyphId, u16) {
        let glyph = face.glyph_index(c).unwrap_or_default();
        (glyph, face.glyph_hor_advance(glyph).unwrap_or(0))
    }

    /// How wide a text is, in pixels.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        let Some(face) = &self.face else { return 0.0 };
        let units: f32 = text.chars().map(|c| f32::from(Letters::glyph(face, c).1)).sum();
        units * Letters::scale(face, size)
    }

    /// A text that is at most so wide, with dots for what does not fit.
    pub(super) fn fit(&self, text: &str, size: f32, width: f32) -> String {
        if self.width(text, size) <= width {
            return text.to_owned();
        }
        let mut short: String = text.to_owned();
        while short.pop().is_some() {
            let dotted = format!("{short}…");
            if self.width(&dotted, size) <= width {
                return dotted;
            }
        }
        String::new()
    }

    /// Draws the outlines of a text whose baseline begins at `x` and `y`.
    pub(super) fn outline(&self, text: &str, size: f32, x: f32, y: f32, path: &mut dyn Pen) {
        let Some(face) = &self.face else { return };
        let scale = Letters::scale(face, size);
        let mut at = x;
        for c in text.chars() {
            let (glyph, advance) = Letters::glyph(face, c);
            face.outline_glyph(glyph, &mut Placed { path, scale, x: at, y });
            at += f32::from(advance) * scale;
        }
    }
}

/// Takes outlines, in pixels.
pub(super) trait Pen {
    fn move_to(&mut self, x: f32, y: f32);
    fn line_to(&mut self, x: f32, y: f32);
    fn quad_to(&mut self, a: f32, b: f32, x: f32, y: f32);
    fn close(&mut self);
}

/// A glyph at its place; those of fonts have their vertical axis upwards.
struct Placed<'p> {
    path: &'p mut dyn Pen,
    scale: f32,
    x: f32,
    y: f32,
}

impl Placed<'_> {
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        (self.x + x * self.scale, self.y - y * self.scale)
    }
}

impl OutlineBuilder for Placed<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.move_to(x, y);
    }
    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.line_to(x, y);
    }
    fn quad_to(&mut self, a: f32, b: f32, x: f32, y: f32) {
        let ((a, b), (x, y)) = (self.place(a, b), self.place(x, y));
        self.path.quad_to(a, b, x, y);
    }
    fn curve_to(&mut self, _: f32, _: f32, c: f32, d: f32, x: f32, y: f32) {
        // TrueType has none of these.
        let ((c, d), (x, y)) = (self.place(c, d), self.place(x, y));
        self.path.quad_to(c, d, x, y);
    }
    fn close(&mut self) {
        self.path.close();
    }
}
