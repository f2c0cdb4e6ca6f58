//! Filter criteria that are expressions: labels, content, places. They are read once, when a
//! search begins.

mod content;
mod geometry;
mod labels;

pub(super) use content::ContentQuery;
pub(super) use geometry::{Geometry, Place};
pub(super) use labels::LabelQuery;
