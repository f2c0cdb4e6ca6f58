//! Definitions of objects: the standard's, and those that were given to the server, as JSON.

use super::site::{Site, unusable};
use super::values::{type_name, type_named};
use crate::web::{Answer, Call, Problem};
use lwm2m_core::object::{self, Operations};
use lwm2m_core::server::Server;
use lwm2m_core::{ObjectDefinition, ObjectVersion, Registry, ResourceDefinition};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::rc::Rc;

/// What the names of these settings begin with.
pub(super) const SETTING: &str = "model/";

/// Operations and their names.
const OPERATIONS: [(Operations, &str); 5] = [
    (Operations::R, "R"),
    (Operations::W, "W"),
    (Operations::RW, "RW"),
    (Operations::E, "E"),
    (Operations::NONE, ""),
];

/// A definition that was given.
#[derive(Debug)]
struct Model {
    id: u16,
    version: ObjectVersion,
    multiple: bool,
    mandatory: bool,
    resources: Vec<ResourceDefinition>,
}

impl Model {
    /// Reads one. The error is in words.
    fn read(json: &Json) -> Result<Model, String> {
        let flag = |json: &Json, name: &str| json.get(name).and_then(Json::as_bool);
        let number = |json: &Json| {
            let id = json.get("id").and_then(Json::as_u64);
            id.and_then(|id| u16::try_from(id).ok()).filter(|id| *id != u16::MAX)
        };
        let version = match json.get("version") {
            None => ObjectVersion::DEFAULT,
            Some(text) => {
                let text = text.as_str().and_then(|text| ObjectVersion::parse(text).ok());
                text.ok_or("version is text such as \"1.1\"")?
            }
        };
        let mut resources = Vec::new();
        let all = json.get("resources").and_then(Json::as_array);
        for one in all.ok_or("resources are a list")? {
            let id = number(one).ok_or("the id of a resource is a number from 0 to 65534")?;
            let said = one.get("operations").and_then(Json::as_str);
            let operations = OPERATIONS.iter().find(|row| Some(row.1) == said).map(|row| row.0);
            let operations = operations
                .ok_or_else(|| format!("operations of resource {id} are R, W, RW, E or \"\""))?;
            let ty = one.get("type").and_then(Json::as_str).unwrap_or("none");
            let data_type =
                type_named(ty).ok_or_else(|| format!("resource {id}: there is no type {ty:?}"))?;
            let mut resource = ResourceDefinition::new(id, operations, data_type);
            if flag(one, "multiple").unwrap_or(false) {
                resource = resource.multiple();
            }
            if flag(one, "mandatory").unwrap_or(false) {
                resource = resource.mandatory();
            }
            resources.push(resource);
        }
        resources.sort_unstable_by_key(|resource| resource.id);
        if resources.windows(2).any(|pair| matches!(pair, [a, b] if a.id == b.id)) {
            return Err("two resources have the same id".to_owned());
        }
        Ok(Model {
            id: number(json).ok_or("id is a number from 0 to 65534")?,
            version,
            multiple: flag(json, "multiple").unwrap_or(true),
            mandatory: flag(json, "mandatory").unwrap_or(false),
            resources,
        })
    }

    fn definition(&self) -> ObjectDefinition<'_> {
        ObjectDefinition {
            id: self.id,
            version: self.version,
            multiple: self.multiple,
            mandatory: self.mandatory,
            resources: &self.resources,
        }
    }
}

/// A definition as JSON.
fn to_json(definition: &ObjectDefinition<'_>) -> Json {
    let resource = |resource: &ResourceDefinition| {
        let operations = OPERATIONS.iter().find(|row| row.0 == resource.operations());
        let mut one = json!({
            "id": resource.id,
            "operations": operations.map_or("", |row| row.1),
            "multiple": resource.is_multiple(),
            "mandatory": resource.is_mandatory(),
            "type": type_name(resource.data_type),
        });
        if let Some(name) = object::resource_name(definition.id, resource.id) {
            one["name"] = json!(name);
        }
        one
    };
    let mut one = json!({
        "id": definition.id,
        "version": definition.version.to_string(),
        "multiple": definition.multiple,
        "mandatory": definition.mandatory,
        "resources": definition.resources.iter().map(resource).collect::<Vec<_>>(),
    });
    if let Some(name) = object::name(definition.id) {
        one["name"] = json!(name);
    }
    one
}

/// The definitions that were given, as they were given. The engine has them, too.
#[derive(Default, Debug)]
pub(super) struct Models(BTreeMap<(u16, String), Json>);

impl Models {
    /// Adds a definition to these and to a server. Gives its key.
    fn add(&mut self, server: &mut Server, json: Json) -> Result<(u16, String), Problem> {
        let model = Model::read(&json).map_err(Problem::bad)?;
        server.add_object(&model.definition()).map_err(unusable)?;
        let key = (model.id, model.version.to_string());
        self.0.insert(key.clone(), json);
        Ok(key)
    }

    /// Reads what was kept.
    pub(super) fn restore(&mut self, server: &mut Server, value: &[u8]) -> Option<()> {
        self.add(server, serde_json::from_slice(value).ok()?).ok().map(|_| ())
    }
}

/// `GET /api/models`
pub(super) async fn list(site: Rc<Site>, _: Call) -> Result<Answer, Problem> {
    site.with(|core| {
        let row = |id: u16, version: &str, given: bool| {
            json!({"id": id, "version": version, "name": object::name(id), "given": given})
        };
        let standard = (0..u16::MAX).filter_map(|id| Registry::standard().object(id));
        let standard = standard.map(|found| row(found.id, &found.version.to_string(), false));
        let given = core.models.0.keys().map(|(id, version)| row(*id, version, true));
        let all: Vec<Json> = given.chain(standard).collect();
        Answer::json(200, &json!({"models": all}))
    })
    .await
}

/// `GET /api/models/{object}`
pub(super) async fn get(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let object = call.parameter("path").trim_start_matches('/').parse::<u16>();
    let object = object.map_err(|_| Problem::bad("an object is a number"))?;
    let version = call.query("version").map(str::to_owned);
    site.attempt(move |core| {
        let fits = |given: &str| version.as_ref().is_none_or(|version| version == given);
        let given = core.models.0.iter().rev().find(|((id, v), _)| *id == object && fits(v));
        if let Some((_, json)) = given {
            let model = Model::read(json).map_err(Problem::bad)?;
            return Ok(Answer::json(200, &to_json(&model.definition())));
        }
        let standard = Registry::standard().object(object);
        let standard = standard.filter(|found| fits(&found.version.to_string()));
        let missing = || Problem::missing(format!("object {object} is not known in that version"));
        Ok(Answer::json(200, &to_json(standard.ok_or_else(missing)?)))
    })
    .await
}

/// `POST /api/models`
pub(super) async fn add(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let json = call.json()?;
    site.attempt(move |core| {
        let kept = json.to_string().into_bytes();
        let super::core::Core { models, console, .. } = core;
        let (id, version) = models.add(&mut console.driver.engine, json)?;
        core.engine().set(format!("{SETTING}{id}/{version}"), Some(kept));
        let location = format!("/api/models/{id}?version={version}");
        let body = json!({"id": id, "version": version});
        Ok(Answer::json(201, &body).header("location", &location))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_is_what_is_shown() {
        let json = json!({"id": 32769, "version": "2.1", "multiple": true, "mandatory": false,
        "resources": [
            {"id": 0, "operations": "R", "type": "unsigned", "multiple": false,
             "mandatory": true},
            {"id": 3, "operations": "E", "type": "none", "multiple": false,
             "mandatory": false},
        ]});
        let model = Model::read(&json).unwrap();
        assert_eq!(to_json(&model.definition()), json);
        let device = to_json(Registry::standard().object(3).unwrap());
        assert_eq!(device["name"], "Device");
        assert_eq!(to_json(&Model::read(&device).unwrap().definition()), device);
        for (json, words) in [
            (json!({"resources": []}), "id"),
            (json!({"id": 65535, "resources": []}), "id"),
            (json!({"id": 1}), "resources"),
            (json!({"id": 1, "version": 1, "resources": []}), "version"),
            (json!({"id": 1, "resources": [{"id": 1, "operations": "X"}]}), "operations"),
            (json!({"id": 1, "resources": [{"id": 1, "operations": "R", "type": "x"}]}), "type"),
            (
                json!({"id": 1, "resources": [{"id": 1, "operations": "R"},
                {"id": 1, "operations": "R"}]}),
                "same id",
            ),
        ] {
            assert!(Model::read(&json).unwrap_err().contains(words), "{json}");
        }
    }
}
