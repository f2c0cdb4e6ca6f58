//! The command line of `m2m objects`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub(crate) enum Objects {
    /// Write the objects of OMA registry files as tables in Rust or C
    #[command(after_help = "Examples:
  m2m objects import 3303.xml 3304.xml --out src/objects.rs
  m2m objects import *.xml --c --out objects.c

The tables are for lwm2m-core (Config::objects, Registry::new) or for m2m.h (objects of
m2m_lwm2m_client_config).")]
    Import(Import),
}

#[derive(Args, Debug)]
pub(crate) struct Import {
    /// Object definitions in XML (LwM2M DDF), as the registry of OMA has them
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Write Rust; so it is if nothing is said
    #[arg(long, conflicts_with = "c")]
    pub(crate) rust: bool,
    /// Write C
    #[arg(long)]
    pub(crate) c: bool,
    /// Write to this file, which is only there, or changed, when all went well
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}
