//! `m2m lwm2m configurations` and `sessions`: ask a bootstrap server through its API.

use super::api::Api;
use super::args::{Configuration, Configurations, Session, Sessions};
use super::{input, show, tell};
use crate::failure::{Failure, USAGE};
use crate::lwm2m::common::credential::without_values;
use crate::web::call::encode;
use serde_json::{Value as Json, json};

pub(super) async fn configurations(options: &Configurations) -> Result<(), Failure> {
    let Configurations { what, common } = options;
    let api = Api::new(common)?;
    let target = |name: &str| match name.contains('*') {
        true => format!("/api/patterns/{}", encode(name)),
        false => format!("/api/configurations/{}", encode(name)),
    };
    match what {
        None => {
            let done = api.ask("GET", "/api/configurations", None).await?;
            tell(common, &done, show::configurations)
        }
        Some(Configuration::Show { name }) => {
            let done = api.ask("GET", &target(name), None).await?;
            tell(common, &done, |done| format!("{done:#}"))
        }
        Some(Configuration::Set { name, file }) => {
            let body = read(file)?;
            let done = api.ask("PUT", &target(name), Some(&body)).await?;
            tell(common, &done, |_| String::new())
        }
        Some(Configuration::Remove { name }) => {
            api.ask("DELETE", &target(name), None).await.map(|_| ())
        }
    }
}

pub(super) async fn sessions(options: &Sessions) -> Result<(), Failure> {
    let Sessions { what, common } = options;
    let api = Api::new(common)?;
    match what {
        None => {
            let done = api.ask("GET", "/api/sessions", None).await?;
            tell(common, &done, show::sessions)
        }
        Some(Session::Start { endpoint, address }) => {
            let body = json!({"endpoint": endpoint, "address": address.to_string()});
            let done = api.ask("POST", "/api/sessions", Some(&body)).await?;
            tell(common, &done, |_| String::new())
        }
        Some(Session::Abort { endpoint }) => {
            let target = format!("/api/sessions/{}", encode(endpoint));
            api.ask("DELETE", &target, None).await.map(|_| ())
        }
    }
}

/// A configuration from a file, in JSON or in TOML. What is wrong with it is told without quoting
/// it: there may be keys in it.
fn read(file: &std::path::Path) -> Result<Json, Failure> {
    let text = input(file)?;
    if text.trim_start().starts_with('{') {
        return super::json_of(file, &text);
    }
    toml::from_str(&text).map_err(|error| {
        let words = without_values(error.message());
        Failure::new(format!("cannot use {}: {words}", file.display())).exits(USAGE)
    })
}
