#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| m2m_fuzz::run("c_calls", data));
