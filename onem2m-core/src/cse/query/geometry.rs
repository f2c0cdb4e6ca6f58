//! Places: geometries with GeoJSON coordinates, in the plane of longitude and latitude
//! (geo-query, TS-0001 table 8.1.2-2 of release 4).

use crate::enumeration::{GeoSpatialFunction, GeometryType};
use crate::json::Raw;
use alloc::vec::Vec;
use core::cmp::Ordering;

type Point = (f64, f64);

/// A geometry, as its parts: points, lines, polygons with their holes.
#[derive(Debug)]
pub(in crate::cse) struct Geometry {
    points: Vec<Point>,
    lines: Vec<Vec<Point>>,
    polygons: Vec<Vec<Vec<Point>>>,
}

/// The condition of a geo-query.
#[derive(Debug)]
pub(in crate::cse) struct Place {
    pub(in crate::cse) geometry: Geometry,
    pub(in crate::cse) function: GeoSpatialFunction,
}

impl Geometry {
    /// Reads coordinates, of at most `most` positions.
    pub(in crate::cse) fn read(
        kind: GeometryType,
        coordinates: Raw<'_>,
        most: usize,
    ) -> Option<Geometry> {
        if coordinates.as_str().bytes().filter(|byte| *byte == b'[').count() > most {
            return None;
        }
        let mut own = Geometry { points: Vec::new(), lines: Vec::new(), polygons: Vec::new() };
        match kind {
            GeometryType::Point => own.points.push(position(coordinates)?),
            GeometryType::MultiPoint => own.points = positions(coordinates, 1)?,
            GeometryType::LineString => own.lines.push(positions(coordinates, 2)?),
            GeometryType::MultiLineString => {
                own.lines = list(coordinates, |line| positions(line, 2))?;
            }
            GeometryType::Polygon => own.polygons.push(rings(coordinates)?),
            GeometryType::MultiPolygon => own.polygons = list(coordinates, rings)?,
            GeometryType::Unknown(_) => return None,
        }
        Some(own)
    }

    /// Positions that it has.
    pub(in crate::cse) fn size(&self) -> usize {
        let rings = self.polygons.iter().flatten().map(Vec::len).sum::<usize>();
        self.points.len() + self.lines.iter().map(Vec::len).sum::<usize>() + rings
    }

    fn edges(&self) -> impl Iterator<Item = (Point, Point)> + '_ {
        self.lines.iter().chain(self.polygons.iter().flatten()).flat_map(|line| edges(line))
    }

    /// Every position.
    fn positions(&self) -> impl Iterator<Item = Point> + '_ {
        let lines = self.lines.iter().chain(self.polygons.iter().flatten()).flatten();
        self.points.iter().chain(lines).copied()
    }

    /// Whether a position is part of it.
    fn has(&self, point: Point) -> bool {
        self.points.contains(&point)
            || self.lines.iter().any(|line| edges(line).any(|edge| on_edge(point, edge)))
            || self.polygons.iter().any(|polygon| in_polygon(point, polygon))
    }

    fn intersects(&self, other: &Geometry) -> bool {
        self.positions().any(|point| other.has(point))
            || other.positions().any(|point| self.has(point))
            || self.edges().any(|one| other.edges().any(|two| cross(one, two)))
    }

    /// Whether all of it is part of the other one.
    fn within(&self, other: &Geometry) -> bool {
        let lines = || self.edges().all(|edge| other.covers(edge));
        // A hole or a gap of the other one may lie inside of a polygon of this one.
        let gaps = || {
            let holes = other.polygons.iter().flat_map(|polygon| polygon.iter().skip(1)).flatten();
            let mut strictly = holes.filter(|point| self.has_inside(**point));
            strictly.next().is_none()
        };
        self.positions().all(|point| other.has(point)) && lines() && gaps()
    }

    /// Whether a position is inside of a polygon, not on its border.
    fn has_inside(&self, point: Point) -> bool {
        self.polygons.iter().any(|polygon| {
            let border = polygon.iter().any(|ring| edges(ring).any(|edge| on_edge(point, edge)));
            in_polygon(point, polygon) && !border
        })
    }

    /// Whether an edge whose ends are part of the geometry is so between them: it is cut where it
    /// meets the geometry's edges, and the middle of each piece is looked at.
    fn covers(&self, (from, to): (Point, Point)) -> bool {
        let mut cuts: Vec<f64> = [0.0, 1.0].into();
        for edge in self.edges() {
            cuts.extend(meeting((from, to), edge));
        }
        cuts.sort_by(f64::total_cmp);
        let along = |t: f64| (from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t);
        cuts.iter()
            .zip(cuts.iter().skip(1))
            .all(|(one, two)| two - one < 1e-9 || self.has_nearly(along(f64::midpoint(*one, *two))))
    }

    /// The same as `has`, with room for rounding beside lines.
    fn has_nearly(&self, point: Point) -> bool {
        let near = |edge: (Point, Point)| {
            let ((ax, ay), (bx, by)) = edge;
            let long = (bx - ax) * (bx - ax) + (by - ay) * (by - ay);
            let turn = side(edge.0, edge.1, point);
            turn * turn <= long * 1e-18 && in_box(point, edge, 1e-9)
        };
        self.has(point) || self.edges().any(near)
    }
}

impl Place {
    /// Whether a resource at `own` fulfils it.
    pub(in crate::cse) fn holds(&self, own: &Geometry) -> bool {
        match self.function {
            GeoSpatialFunction::Within => own.within(&self.geometry),
            GeoSpatialFunction::Contains => self.geometry.within(own),
            _ => own.intersects(&self.geometry),
        }
    }
}

fn list<T>(array: Raw<'_>, read: impl Fn(Raw<'_>) -> Option<T>) -> Option<Vec<T>> {
    let all: Option<Vec<T>> = array.elements().map(read).collect();
    all.filter(|all| !all.is_empty())
}

/// Longitude and latitude; an altitude behind them is passed over.
fn position(array: Raw<'_>) -> Option<Point> {
    let mut numbers = array.elements().map(Raw::as_f64);
    let point = (numbers.next()??, numbers.next()??);
    (numbers.all(|n| n.is_some()) && point.0.is_finite() && point.1.is_finite()).then_some(point)
}

fn positions(array: Raw<'_>, least: usize) -> Option<Vec<Point>> {
    list(array, position).filter(|all| all.len() >= least)
}

/// Rings of a polygon, each closed.
fn rings(array: Raw<'_>) -> Option<Vec<Vec<Point>>> {
    list(array, |ring| positions(ring, 4).filter(|ring| ring.first() == ring.last()))
}

fn edges(line: &[Point]) -> impl Iterator<Item = (Point, Point)> + '_ {
    line.iter().copied().zip(line.iter().skip(1).copied())
}

/// Positive if `point` is to the left of the line, 0 if on it.
fn side(from: Point, to: Point, point: Point) -> f64 {
    (to.0 - from.0) * (point.1 - from.1) - (to.1 - from.1) * (point.0 - from.0)
}

fn in_box(point: Point, (from, to): (Point, Point), slack: f64) -> bool {
    point.0 >= from.0.min(to.0) - slack
        && point.0 <= from.0.max(to.0) + slack
        && point.1 >= from.1.min(to.1) - slack
        && point.1 <= from.1.max(to.1) + slack
}

fn on_edge(point: Point, edge: (Point, Point)) -> bool {
    let turn = side(edge.0, edge.1, point);
    turn.partial_cmp(&0.0) == Some(Ordering::Equal) && in_box(point, edge, 0.0)
}

/// Whether a position is inside of a polygon or on its border.
fn in_polygon(point: Point, polygon: &[Vec<Point>]) -> bool {
    if polygon.iter().any(|ring| edges(ring).any(|edge| on_edge(point, edge))) {
        return true;
    }
    // Rays to the right cross the rings an odd number of times, holes counted.
    let crossed = polygon.iter().flat_map(|ring| edges(ring)).filter(|(from, to)| {
        let turn = side(*from, *to, point);
        ((from.1 > point.1) != (to.1 > point.1)) && ((turn > 0.0) == (to.1 > from.1))
    });
    crossed.count() % 2 == 1
}

/// Whether two edges cross, each between the ends of the other.
fn cross(one: (Point, Point), two: (Point, Point)) -> bool {
    let apart = |a: f64, b: f64| (a > 0.0 && b < 0.0) || (a < 0.0 && b > 0.0);
    apart(side(one.0, one.1, two.0), side(one.0, one.1, two.1))
        && apart(side(two.0, two.1, one.0), side(two.0, two.1, one.1))
}

/// Where along edge `one` (0 to 1) it meets the line through edge `two`, and the ends of that.
fn meeting(one: (Point, Point), two: (Point, Point)) -> impl Iterator<Item = f64> {
    let (a, b) = (side(two.0, two.1, one.0), side(two.0, two.1, one.1));
    let at = a / (a - b);
    let length = (one.1.0 - one.0.0, one.1.1 - one.0.1);
    let square = length.0 * length.0 + length.1 * length.1;
    let ends = [two.0, two.1]
        .map(|end| ((end.0 - one.0.0) * length.0 + (end.1 - one.0.1) * length.1) / square);
    [at].into_iter().chain(ends).filter(|t| t.is_finite() && (0.0..=1.0).contains(t))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn geometry(kind: u32, text: &str) -> Geometry {
        Geometry::read(GeometryType::from_number(kind), Raw::new(text), 100).unwrap()
    }

    const SQUARE: &str = "[[[0,0],[10,0],[10,10],[0,10],[0,0]]]";
    const RING: &str = "[[[0,0],[10,0],[10,10],[0,10],[0,0]],[[4,4],[6,4],[6,6],[4,6],[4,4]]]";
    /// A square with a bay that comes in from the right.
    const BAY: &str = "[[[0,0],[10,0],[10,4],[2,5],[10,6],[10,10],[0,10],[0,0]]]";

    #[test]
    fn functions_of_places() {
        for (own, wanted, expected) in [
            // Own geometry, queried geometry: within, contains, intersects.
            ((1, "[5,5]"), (3, SQUARE), [true, false, true]),
            ((1, "[5,5]"), (3, RING), [false, false, false]),
            ((1, "[0,5]"), (3, SQUARE), [true, false, true]),
            ((1, "[11,5]"), (3, SQUARE), [false, false, false]),
            ((1, "[5,5,100]"), (1, "[5,5]"), [true, true, true]),
            ((2, "[[1,1],[9,9]]"), (3, SQUARE), [true, false, true]),
            ((2, "[[1,1],[9,9]]"), (3, RING), [false, false, true]),
            ((2, "[[1,1],[11,9]]"), (3, SQUARE), [false, false, true]),
            ((2, "[[-1,5],[11,5]]"), (3, SQUARE), [false, false, true]),
            ((2, "[[9,1],[9,9]]"), (3, BAY), [false, false, true]),
            ((2, "[[1,1],[1,9]]"), (3, BAY), [true, false, true]),
            ((3, SQUARE), (3, RING), [false, true, true]),
            ((3, RING), (3, SQUARE), [true, false, true]),
            ((3, SQUARE), (3, SQUARE), [true, true, true]),
            ((3, SQUARE), (1, "[1,1]"), [false, true, true]),
            ((4, "[[1,1],[20,20]]"), (3, SQUARE), [false, false, true]),
            ((5, "[[[1,1],[2,2]],[[3,3],[4,3]]]"), (3, SQUARE), [true, false, true]),
            (
                (1, "[21,21]"),
                (6, "[[[[0,0],[1,0],[1,1],[0,0]]],[[[20,20],[22,20],[22,22],[20,22],[20,20]]]]"),
                [true, false, true],
            ),
        ] {
            let mine = geometry(own.0, own.1);
            for (function, expected) in (1..=3).zip(expected) {
                let function = GeoSpatialFunction::from_number(function);
                let place = Place { geometry: geometry(wanted.0, wanted.1), function };
                assert_eq!(place.holds(&mine), expected, "{own:?} {wanted:?} {function:?}");
            }
        }
    }

    #[test]
    fn what_is_no_geometry() {
        for (kind, text) in [
            (1, "[]"),
            (1, "[1]"),
            (1, "[[1,2]]"),
            (1, "5"),
            (2, "[[1,2]]"),
            (3, "[[[0,0],[1,0],[1,1],[0,1]]]"),
            (3, "[]"),
            (7, "[1,2]"),
        ] {
            let read = Geometry::read(GeometryType::from_number(kind), Raw::new(text), 100);
            assert!(read.is_none(), "{kind} {text}");
        }
        assert!(Geometry::read(GeometryType::Polygon, Raw::new(SQUARE), 5).is_none(), "too large");
    }
}
