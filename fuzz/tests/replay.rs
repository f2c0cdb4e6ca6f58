//! Runs every target over its committed corpus, and over noise made from a fixed seed.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use m2m_base::{Random, Seed};
use std::path::Path;

#[test]
fn the_corpus_of_every_target() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, target) in m2m_fuzz::TARGETS {
        let dir = corpus.join(name);
        let mut files: Vec<_> = std::fs::read_dir(&dir)
            .unwrap_or_else(|e| panic!("{}: {e}", dir.display()))
            .map(|f| f.unwrap().path())
            .collect();
        files.sort();
        assert!(!files.is_empty(), "no corpus for {name}");
        for file in files {
            target(&std::fs::read(&file).unwrap());
        }
    }
}

#[test]
fn noise() {
    for (number, (_, target)) in (0u8..).zip(m2m_fuzz::TARGETS) {
        let mut random = Random::new(&Seed([number; 32]));
        for _ in 0..1000 {
            let mut data = vec![0; random.up_to(400) as usize];
            random.fill(&mut data);
            target(&data);
        }
    }
}
