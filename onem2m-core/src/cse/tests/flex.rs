use super::*;
use crate::attribute::FlexDefinition;

const LAMP: &str = "cse-in/Cae/lamp";

fn flexible() -> Bench {
    let definitions = br#"[
        {"type": "cod:color", "cnd": "org.onem2m.common.moduleclass.colour", "attributes": [
            {"sname": "red", "type": "integer", "car": "1"},
            {"sname": "green", "type": "integer"},
            {"sname": "name", "type": "string"}]},
        {"type": "cod:binSh", "cnd": "org.onem2m.common.moduleclass.binarySwitch", "attributes": [
            {"sname": "powSe", "type": "boolean", "car": "1"}]}]"#;
    let mut config = Config::new();
    config.flex_definitions = FlexDefinition::from_json(definitions).unwrap();
    let mut b = Bench::new(config);
    b.reachable("Cae");
    b
}

fn color(more: Value) -> Value {
    let mut own = json!({"rn": "lamp", "cnd": "org.onem2m.common.moduleclass.colour", "red": 5});
    own.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "cod:color": own })
}

#[test]
fn ts_0004_7_4_37_specialisations() {
    let mut b = flexible();
    for (pc, status, text) in [
        (json!({"cod:none": {}}), 4125, "definition"),
        (json!({"m2m:fcnt": {"cnd": "x"}}), 4125, "definition"),
        (color(json!({"cnd": "org.onem2m.common.moduleclass.binarySwitch"})), 4000, "cnd"),
        (color(json!({"red": "5"})), 4000, "red"),
        (color(json!({"powSe": true})), 4000, "powSe"),
        (
            json!({"cod:binSh": {"cnd": "org.onem2m.common.moduleclass.binarySwitch"}}),
            4000,
            "powSe",
        ),
    ] {
        let (own, content) = b.create("Cae", "cse-in/Cae", 28, pc);
        assert_eq!(own, status, "{content}");
        assert!(content["m2m:dbg"].as_str().unwrap().contains(text), "{content}");
    }
    let (status, content) = b.create("Cae", "cse-in/Cae", 28, color(json!({"name": "abc"})));
    let own = &content["cod:color"];
    assert_eq!(
        (status, &own["cs"], &own["st"], &own["cni"]),
        (2001, &json!(4), &json!(0), &json!(0))
    );
    let (status, content) =
        b.update("Cae", LAMP, json!({"cod:color": {"green": 77, "name": null}}));
    let own = &content["cod:color"];
    assert_eq!((status, &own["cs"], &own["st"]), (2004, &json!(3), &json!(1)));
    assert_eq!(b.update("Cae", LAMP, json!({"cod:color": {"red": null}})).0, 4000);
    assert_eq!(b.update("Cae", LAMP, json!({"cod:binSh": {"powSe": true}})).0, 4000);
    let pc = json!({"cod:binSh": {"rn": "b", "cnd": "org.onem2m.common.moduleclass.binarySwitch", "powSe": true}});
    assert_eq!(b.create("Cae", LAMP, 28, pc).0, 2001, "one below the other");
    let fc = json!({"fu": 1, "ty": [28], "atr": [{"nm": "red", "val": 5}]});
    let (_, found) = b.ask(json!({"op": 2, "fr": "Cae", "to": "cse-in", "fc": fc}));
    assert_eq!(found["m2m:uril"], json!([LAMP]));
    assert_eq!(b.get("Cae", &std::format!("{LAMP}/la")).0, 4004, "it keeps no instances");
}

#[test]
fn flex_container_instances_are_kept() {
    let mut b = flexible();
    let more = json!({"fcied": true, "mni": 2, "lbl": ["x"]});
    assert_eq!(b.create("Cae", "cse-in/Cae", 28, color(more)).0, 2001);
    b.subscribe("Cae", LAMP, json!({"enc": {"net": [3], "chty": [58]}}));
    for red in [6, 70] {
        b.update("Cae", LAMP, json!({"cod:color": {"red": red}}));
    }
    b.update("Cae", LAMP, json!({"cod:color": {"lbl": ["y"]}}));
    let note = b.next_notification().unwrap();
    assert_eq!(note["m2m:sgn"]["nev"]["rep"]["m2m:fci"]["red"], 6);
    let (_, content) = b.get("Cae", LAMP);
    let own = &content["cod:color"];
    assert_eq!((&own["cni"], &own["cbs"], &own["st"]), (&json!(2), &json!(3), &json!(3)));
    let (_, latest) = b.get("Cae", &std::format!("{LAMP}/la"));
    let own = &latest["m2m:fci"];
    assert_eq!((&own["red"], &own["org"], &own["cs"]), (&json!(70), &json!("Cae"), &json!(2)));
    assert!(own.get("lt").is_none());
    assert_eq!(b.get("Cae", &std::format!("{LAMP}/ol")).1["m2m:fci"]["red"], 6);
    let ri = own["ri"].as_str().unwrap().to_string();
    assert_eq!(b.update("Cae", &ri, json!({"m2m:fci": {"red": 1}})).0, 4005);
    assert_eq!(b.create("Cae", LAMP, 58, json!({"m2m:fci": {}})).0, 4005);
    assert_eq!(b.delete("Cae", &ri), 2002);
    let mut config = Config::new();
    config.flex_definitions.clone_from(&b.cse.config.flex_definitions);
    let mut again = Bench::new(config);
    for (key, value) in &b.kept {
        again.cse.restore(*key, value).unwrap();
    }
    again.cse.finish_restore();
    assert_eq!(again.tree(), b.tree());
}
