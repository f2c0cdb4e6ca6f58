# m2m_cargo(<target> [TRIPLE <triple>] [PROFILE <profile>] [FEATURES <feature>...])
#
# Makes <target>, which has cargo build libm2m.a: cargo knows what is out of date. Without FEATURES it
# is built with all of them. <target>_LIBRARY is where the library will be.
#
# M2M_CARGO       the cargo to use
# M2M_TARGET_DIR  the folder for what cargo makes; the default is in the build folder

find_program(M2M_CARGO cargo PATHS "$ENV{HOME}/.cargo/bin")
get_filename_component(M2M_REPOSITORY "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)

function(m2m_cargo target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TRIPLE;PROFILE" "FEATURES")
  if(NOT M2M_CARGO)
    message(FATAL_ERROR "m2m is built by cargo, which is not there: see https://rustup.rs, or set M2M_CARGO")
  endif()
  if(NOT arg_PROFILE)
    set(arg_PROFILE release)
  endif()
  set(folder "${M2M_TARGET_DIR}")
  if(NOT folder)
    set(folder "${CMAKE_CURRENT_BINARY_DIR}/cargo")
  endif()
  # Where cargo puts the library.
  string(REGEX REPLACE "^dev$" "debug" profile "${arg_PROFILE}")
  set(options --manifest-path "${M2M_REPOSITORY}/Cargo.toml" --package m2m-ffi --target-dir "${folder}"
    --profile "${arg_PROFILE}" --crate-type staticlib)
  if(arg_TRIPLE)
    list(APPEND options --target "${arg_TRIPLE}")
    set(folder "${folder}/${arg_TRIPLE}")
  endif()
  if(arg_FEATURES)
    string(REPLACE ";" "," features "${arg_FEATURES}")
    list(APPEND options --no-default-features --features "${features}")
  endif()
  set(library "${folder}/${profile}/libm2m.a")
  # A compiler for the device in CC or CFLAGS is none for what cargo builds for this machine.
  add_custom_target(${target}
    COMMAND "${CMAKE_COMMAND}" -E env --unset=CC --unset=CFLAGS "${M2M_CARGO}" rustc ${options}
    BYPRODUCTS "${library}"
    COMMENT "libm2m.a by cargo"
    VERBATIM)
  set(${target}_LIBRARY "${library}" PARENT_SCOPE)
endfunction()
