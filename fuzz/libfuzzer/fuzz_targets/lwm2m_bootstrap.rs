#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| m2m_fuzz::run("lwm2m_bootstrap", data));
