use super::*;
use serde_json::{Value, json};
use std::string::ToString;
use std::vec::Vec;

fn request(release: &str, more: Value) -> Request {
    let mut whole = json!({"op": 2, "fr": "Cae", "to": "cse-in", "rqi": "1", "rvi": release});
    whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Request::from_value(whole).unwrap()
}

/// The oldest release that takes it, and what the one before says.
fn oldest(more: &Value) -> (ReleaseVersion, Option<TooNew>) {
    let mut refused = None;
    for release in ReleaseVersion::ALL {
        match release.check(&request(release.as_str(), more.clone())) {
            Ok(()) => return (release, refused),
            Err(error) => refused = Some(error),
        }
    }
    panic!("no release has {more}");
}

#[test]
fn every_row_names_something() {
    for (name, _) in PARAMETERS {
        assert_ne!(bit_in(Request::MEMBERS, name), 0, "{name}");
    }
    for (name, _) in CRITERIA {
        assert_ne!(bit_in(FilterCriteria::MEMBERS, name), 0, "{name}");
    }
}

#[test]
fn parameters_and_criteria_by_release() {
    let (bad, missing) = (Status::BadRequest, Status::NotImplemented);
    for (more, since, place, status) in [
        (json!({"rids": ["r"]}), R::R2, "rids", missing),
        (json!({"tkns": ["t"]}), R::R2, "tkns", missing),
        (json!({"vsi": "x"}), R::R2A, "vsi", missing),
        (json!({"grtm": ["a"]}), R::R3, "grtm", missing),
        (json!({"asi": true}), R::R3, "asi", missing),
        (json!({"msu": "u"}), R::R4, "msu", missing),
        (json!({"prpi": "p"}), R::R4, "prpi", missing),
        (json!({"rcn": 8}), R::R2, "rcn", bad),
        (json!({"rcn": 9}), R::R3, "rcn", bad),
        (json!({"rcn": 11}), R::R4, "rcn", bad),
        (json!({"rcn": 12}), R::R4, "rcn", bad),
        (json!({"rt": {"rtv": 4}}), R::R2, "rt", missing),
        (json!({"rt": {"rtv": 5}}), R::R3, "rt", missing),
        (json!({"fc": {"lvl": 1}}), R::R2, "fc.lvl", missing),
        (json!({"fc": {"fo": 2}}), R::R2, "fc.fo", missing),
        (json!({"fc": {"fo": 3}}), R::R4, "fc.fo", missing),
        (json!({"fc": {"fu": 3}}), R::R2, "fc.fu", missing),
        (json!({"fc": {"fu": 4}}), R::R4, "fc.fu", missing),
        (json!({"fc": {"clbl": ["x"]}}), R::R3, "fc.clbl", missing),
        (json!({"fc": {"arp": "la"}}), R::R3, "fc.arp", missing),
        (json!({"fc": {"ops": 2}}), R::R4, "fc.ops", missing),
        (json!({"fc": {"gmty": 1, "geom": [1, 2], "gsf": 1}}), R::R4, "fc.gmty", missing),
    ] {
        let (release, refused) = oldest(&more);
        assert_eq!(release, since, "{more}");
        let refused = refused.unwrap();
        assert_eq!((refused.place.as_str(), refused.since), (place, since));
        assert_eq!(refused.status, status, "{more}");
    }
    for old in [
        json!({}),
        json!({"rcn": 7}),
        json!({"rt": {"rtv": 3}, "rp": "20990101T000000", "ec": 3, "da": true, "gid": "g"}),
        json!({"fc": {"crb": "20990101T000000", "lbl": ["x"], "ty": [3], "sza": 1, "fu": 1,
            "atr": [{"nm": "rn", "val": "x"}], "lim": 3, "cty": ["text/plain:0"]}, "drt": 2}),
    ] {
        assert_eq!(oldest(&old), (R::R1, None), "{old}");
    }
}

#[test]
fn ts_0004_6_3_4_2_1_resource_types_by_release() {
    for (numbers, since) in [
        ((1..=23).collect::<Vec<u32>>(), R::R1),
        ((24..=34).collect(), R::R2),
        ((35..=51).collect(), R::R3),
        ((52..=66).collect(), R::R4),
    ] {
        for number in numbers {
            for number in [number, number + 10_000] {
                let ty = ResourceType::from_number(number);
                let expected = if number == CSE_BASE_ANNC { R::R3 } else { since };
                assert_eq!(ReleaseVersion::of_resource_type(ty), expected, "{number}");
            }
        }
    }
    let pc = json!({"m2m:ts": {}});
    let create = request("1", json!({"op": 1, "ty": 29, "pc": pc}));
    assert_eq!(R::R1.check(&create).unwrap_err().status, Status::BadRequest);
    assert_eq!(R::R2.check(&create), Ok(()));
}

#[test]
fn contents_by_release() {
    use ResourceType::{AccessControlPolicy as Acp, Container, Subscription as Sub};
    let rule = |member: &str, value: Value| {
        let mut rule = json!({"acor": ["a"], "acop": 2});
        rule[member] = value;
        json!({"pv": {"acr": [{"acor": ["b"], "acop": 63}]}, "pvs": {"acr": [rule]}})
    };
    for (ty, content, since, place) in [
        (Sub, json!({"enc": {"net": [1, 2, 3, 4]}, "nct": 3}), R::R1, ""),
        (Sub, json!({"enc": {"net": [1, 5]}}), R::R2, "enc.net"),
        (Sub, json!({"enc": {"net": [7]}}), R::R3, "enc.net"),
        (Sub, json!({"nct": 5}), R::R3, "nct"),
        (Acp, rule("acco", json!([{"aclr": {"accc": ["DE"]}, "actw": []}])), R::R1, ""),
        (Acp, rule("acaf", json!(true)), R::R2, "acaf"),
        (Acp, rule("acod", json!([{"chty": [4]}])), R::R3, "acod"),
        (Acp, rule("aca", json!(["lbl"])), R::R4, "aca"),
        (Acp, rule("acco", json!([{"actw": []}, {"acl": 3}])), R::R4, "acl"),
        (Container, json!({"nct": 5, "pv": {"acr": [{"aca": []}]}}), R::R1, ""),
    ] {
        let text = content.to_string();
        let mut refused = None;
        let taken = ReleaseVersion::ALL.into_iter().find(|release| {
            let checked = release.check_content(ty, Raw::new(&text));
            refused = checked.clone().err().or(refused.take());
            checked.is_ok()
        });
        assert_eq!(taken, Some(since), "{content}");
        let refused = refused.map_or((String::new(), Status::BadRequest), |e| (e.place, e.status));
        assert_eq!(refused, (place.into(), Status::BadRequest), "{content}");
    }
}

#[test]
fn ts_0001_7_2_app_ids_by_release() {
    for (app_id, releases) in [
        ("Nx", &ReleaseVersion::ALL[..]),
        ("Rx", &ReleaseVersion::ALL[..]),
        ("rx", &[R::R2A, R::R3][..]),
        ("N", &[][..]),
        ("x", &[][..]),
        ("", &[][..]),
    ] {
        for release in ReleaseVersion::ALL {
            assert_eq!(release.allows_app_id(app_id), releases.contains(&release), "{app_id}");
        }
    }
}

#[test]
fn what_comes_after_has_everything() {
    let six = ReleaseVersion::parse("6").unwrap();
    assert!(six.includes(R::R5) && !R::R5.includes(six));
    assert_eq!(six.check(&request("6", json!({"rcn": 12, "msu": "u"}))), Ok(()));
}
