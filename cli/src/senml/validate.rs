//! `m2m senml validate`: whether a document keeps the rules.

use super::args::Validate;
use super::input::Source;
use super::output::end;
use crate::failure::Failure;
use crate::output::{count, printable};
use senml::unit::{self, Standing};
use senml::{Resolved, feature};
use std::collections::BTreeSet;

/// Oddities that are told one by one; of the others only their number is.
const TOLD: u64 = 20;

pub(super) fn run(options: &Validate) -> Result<(), Failure> {
    let source = Source::open(&options.input)?;
    let mut records = 0u64;
    let mut odd = 0u64;
    // A name or unit is complained of once.
    let mut units = BTreeSet::new();
    let each = |record: &Resolved<'_>| {
        records = records.saturating_add(1);
        let Some(symbol) = record.unit else { return Ok(()) };
        let symbol = symbol.to_string();
        let Some(why) = oddity(&symbol, record.version) else { return Ok(()) };
        // A document may have any number of them.
        if units.len() < 1000 && units.insert(symbol) {
            odd = odd.saturating_add(1);
            if odd <= TOLD {
                println!("{}: {why}", printable(&record.name.to_string()));
            }
        }
        Ok(())
    };
    end(source.resolved(options.rules.rules(), each))?;
    if odd > TOLD {
        println!("... and {} more", odd - TOLD);
    }
    let summary = format!("{}, {}", count(records, "record"), count(odd, "remark"));
    if odd > 0 && options.strict {
        return Err(Failure::new(format!("not as it should be: {summary}")));
    }
    println!("valid: {summary}");
    Ok(())
}

/// What is odd about a unit.
fn oddity(symbol: &str, version: u64) -> Option<String> {
    let shown = printable(symbol);
    let Some(unit) = unit::find(symbol) else {
        return Some(format!("unit {shown} is not registered"));
    };
    match unit.standing {
        Standing::Primary => None,
        Standing::NotRecommended if unit.primary == unit.symbol => {
            Some(format!("unit {shown} is not recommended any more"))
        }
        Standing::NotRecommended => {
            Some(format!("unit {shown} is not recommended any more: use {}", unit.primary))
        }
        Standing::Secondary if unit::is_allowed(symbol, version) => None,
        Standing::Secondary => {
            let needed = feature::version(&[feature::SECONDARY_UNITS]);
            Some(format!("unit {shown} is a secondary one, which needs \"bver\":{needed}"))
        }
    }
}
