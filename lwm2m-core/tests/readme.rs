//! The tests that the README names exist.

#[test]
fn every_test_that_the_readme_names_exists() {
    assert!(m2m_sim::readme::named_tests(env!("CARGO_MANIFEST_DIR")) > 20);
}
