use super::*;
use proptest::prelude::*;
use std::string::ToString;
use std::vec::Vec;

pub(crate) fn any_path() -> impl Strategy<Value = Path> {
    proptest::collection::vec(0u16..65535, 0..=4)
        .prop_map(|ids| ids.into_iter().fold(Path::ROOT, |path, id| path.child(id).unwrap()))
}

/// Few enough to be ancestors of each other.
fn some_ids() -> impl Strategy<Value = Vec<u16>> {
    let id = proptest::sample::select(std::vec![0u16, 1, 2, 3, 65533, 65534]);
    proptest::collection::vec(id, 0..=4)
}

#[test]
fn text_forms() {
    for (text, path) in [
        ("/", Path::ROOT),
        ("/3", Path::object(3)),
        ("/3/0", Path::instance(3, 0)),
        ("/3/0/10", Path::resource(3, 0, 10)),
        ("/65534/100/6/1", Path::resource_instance(65534, 100, 6, 1)),
    ] {
        assert_eq!(Path::parse(text), Ok(path));
        assert_eq!(path.to_string(), text);
    }
}

#[test]
fn what_is_not_a_path() {
    for (text, error) in [
        ("", PathError::Syntax),
        ("3/0", PathError::Syntax),
        ("/3/", PathError::Syntax),
        ("//3", PathError::Syntax),
        ("/3//0", PathError::Syntax),
        ("/03", PathError::Syntax),
        ("/+3", PathError::Syntax),
        ("/-1", PathError::Syntax),
        ("/a", PathError::Syntax),
        ("/65536", PathError::Syntax),
        ("/99999999999999999999", PathError::Syntax),
        ("/65535", PathError::ReservedId),
        ("/1/65535", PathError::ReservedId),
        ("/1/0/0/65535", PathError::ReservedId),
        ("/1/2/3/4/5", PathError::TooDeep),
    ] {
        assert_eq!(Path::parse(text), Err(error), "{text}");
    }
}

#[test]
fn peers_leave_slashes_out_or_add_one() {
    for text in ["/3/0/", "3/0", "3/0/", "/3/0"] {
        assert_eq!(Path::parse_lenient(text), Ok(Path::instance(3, 0)), "{text}");
    }
    for text in ["", "/"] {
        assert_eq!(Path::parse_lenient(text), Ok(Path::ROOT));
    }
    for text in ["/3/0//", "//3"] {
        assert_eq!(Path::parse_lenient(text), Err(PathError::Syntax), "{text}");
    }
}

#[test]
fn uri_path_segments() {
    assert_eq!(Path::from_segments(["3", "0", "1"]), Ok(Path::resource(3, 0, 1)));
    assert_eq!(Path::from_segments([b"3".as_slice(), b""]), Ok(Path::object(3)));
    assert_eq!(Path::from_segments(["3", "", "0"]), Err(PathError::Syntax));
    assert_eq!(Path::from_segments(["rd", "0"]), Err(PathError::Syntax));
    assert_eq!(Path::from_segments([""; 0]), Ok(Path::ROOT));
}

#[test]
fn a_path_takes_two_words_and_none_no_more() {
    assert_eq!((size_of::<Path>(), size_of::<Option<Path>>()), (8, 8));
}

#[test]
fn the_reserved_id_is_one_of_objects_and_instances_only() {
    let unassigned = Path::instance(5, Path::UNASSIGNED);
    assert_eq!(Path::object(5).child(Path::UNASSIGNED), Some(unassigned));
    assert_eq!(unassigned.ids()[..], [5, 65535]);
    assert!(Path::instance(5, 65534) < unassigned && unassigned < Path::object(6));
    assert_eq!(Path::resource(5, 65535, 1).parent(), Some(unassigned));
    assert_eq!(unassigned.child(Path::UNASSIGNED), None);
    assert_eq!(Path::from_ids(&[5, 0, 65535]), None);
    assert_eq!(Path::from_ids(&[5, 0, 1, 65535]), None);
    assert_eq!(Path::resource(5, 0, 65535), Path::resource(5, 0, 65534));
    let last = Path::resource_instance(5, 0, 1, 65534);
    assert_eq!(Path::resource_instance(5, 0, 1, 65535), last);
    let mut path = unassigned;
    assert!(!path.descend(Level::Instance, 65535) && path == unassigned);
    assert!(!path.descend(Level::Resource, 0) && path.descend(Level::Instance, 7));
    assert!(path.descend(Level::Object, 8) && path == Path::instance(5, 8));
}

#[test]
fn the_order_is_the_tree() {
    let sorted: Vec<Path> =
        ["/", "/0", "/3", "/3/0", "/3/0/0", "/3/0/0/0", "/3/0/0/1", "/3/0/1", "/3/1", "/4"]
            .map(|t| Path::parse(t).unwrap())
            .into();
    let mut shuffled = sorted.clone();
    shuffled.reverse();
    shuffled.sort();
    assert_eq!(shuffled, sorted);
}

proptest! {
    #[test]
    fn text_and_back(path in any_path()) {
        prop_assert_eq!(Path::parse(&path.to_string()), Ok(path));
        let mut out = Vec::new();
        path.write(&mut out).unwrap();
        prop_assert_eq!(out, path.to_string().into_bytes());
    }

    #[test]
    fn a_child_is_below_its_parent(path in any_path(), id in 0u16..65535) {
        prop_assert!(path.starts_with(path) && path.starts_with(Path::ROOT));
        if let Some(child) = path.child(id) {
            prop_assert!(child.starts_with(path) && !path.starts_with(child));
            prop_assert!(path < child);
            prop_assert_eq!(child.parent(), Some(path));
            prop_assert_eq!(child.last(), Some(id));
            prop_assert_eq!(child.truncate(path.level()), path);
        }
    }

    #[test]
    fn ids_are_those_that_it_was_made_of(ids in proptest::collection::vec(0u16..65535, 0..=4)) {
        let path = Path::from_ids(&ids).unwrap();
        prop_assert_eq!(&path.ids()[..], &ids[..]);
        prop_assert_eq!(path.level() as usize, ids.len());
        let each = [path.object_id(), path.instance_id(), path.resource_id(),
            path.resource_instance_id()];
        for (n, id) in each.into_iter().enumerate() {
            prop_assert_eq!(id, ids.get(n).copied());
        }
        prop_assert_eq!(path.last(), ids.last().copied());
        for (n, level) in [Level::Root, Level::Object, Level::Instance, Level::Resource]
            .into_iter()
            .enumerate()
        {
            let above = Path::from_ids(&ids[..n.min(ids.len())]).unwrap();
            prop_assert_eq!(path.truncate(level), above);
        }
    }

    #[test]
    fn order_and_ancestry_are_those_of_the_ids(a in some_ids(), b in some_ids()) {
        let (path, other) = (Path::from_ids(&a).unwrap(), Path::from_ids(&b).unwrap());
        prop_assert_eq!(path.cmp(&other), a.cmp(&b));
        prop_assert_eq!(path.is_before(other), a < b);
        prop_assert_eq!(path.starts_with(other), a.starts_with(&b));
    }

    #[test]
    fn any_text_is_a_path_or_an_error(text in "[/0-9a]{0,30}") {
        if let Ok(path) = Path::parse(&text) {
            prop_assert_eq!(path.to_string(), text);
        }
    }
}
