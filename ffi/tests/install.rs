//! What is installed is found: by pkg-config and by CMake, as a shared and as a static library. The
//! source is used by CMake's add_subdirectory(), and as a module of Zephyr with stand-ins for what that has.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{WARNINGS, cc, everything, library, package, repository, run, scratch};

/// True if all these programs are there; an error if they have to be.
fn have(programs: &[&str]) -> bool {
    let missing: Vec<_> = programs
        .iter()
        .filter(|p| !Command::new(p).arg("--version").output().is_ok_and(|o| o.status.success()))
        .collect();
    assert!(missing.is_empty() || !everything(), "not installed: {missing:?}");
    if !missing.is_empty() {
        println!("skipped: not installed: {missing:?}");
    }
    missing.is_empty()
}

/// Installs the libraries of this build.
fn install(name: &str) -> PathBuf {
    let prefix = scratch(name).join("usr");
    let built = library("libm2m.a");
    let mut make = Command::new("make");
    make.arg("-C").arg(package()).arg("install").arg(format!("PREFIX={}", prefix.display()));
    run(make.arg(format!("BUILT={}", built.parent().unwrap().display())));
    assert!(prefix.join("include/m2m.hpp").exists());
    assert!(prefix.join("include/m2m/server.hpp").exists());
    prefix
}

fn source() -> PathBuf {
    repository().join("examples/c/posix_client.c")
}

/// Without arguments it says how it is used: it was linked, and its library was found.
fn runs(program: &Path, libraries: &Path) {
    let output = Command::new(program).env("LD_LIBRARY_PATH", libraries).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("usage"), "{output:?}");
}

#[test]
fn pkg_config_finds_it() {
    if !have(&["make", "pkg-config"]) {
        return;
    }
    let prefix = install("install-pkg-config");
    let ask = |flags: &[&str]| {
        let mut pkg_config = Command::new("pkg-config");
        pkg_config.env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig")).args(flags).arg("m2m");
        String::from_utf8(run(&mut pkg_config).stdout).unwrap()
    };
    assert_eq!(ask(&["--modversion"]).trim(), env!("CARGO_PKG_VERSION"));
    for (name, flags) in
        [("shared", &["--cflags", "--libs"][..]), ("static", &["--static", "--cflags", "--libs"])]
    {
        if name == "static" {
            // What the linker takes when the shared library is not there.
            fs::remove_file(prefix.join("lib/libm2m.so")).unwrap();
        }
        let program = prefix.join(name);
        let mut command = Command::new(cc());
        command.arg("-std=c99").args(WARNINGS).arg("-o").arg(&program).arg(source());
        run(command.args(ask(flags).split_whitespace()));
        runs(&program, &prefix.join("lib"));
    }
}

#[test]
fn cmake_finds_it() {
    if !have(&["make", "cmake"]) {
        return;
    }
    let prefix = install("install-cmake");
    let project = scratch("install-cmake-project");
    let list = format!(
        "cmake_minimum_required(VERSION 3.10)\n\
         project(station C)\n\
         find_package(m2m {version} REQUIRED CONFIG)\n\
         foreach(kind m2m static)\n\
           add_executable(station_${{kind}} \"{source}\")\n\
           target_link_libraries(station_${{kind}} m2m::${{kind}})\n\
         endforeach()\n",
        version = env!("CARGO_PKG_VERSION"),
        source = source().display(),
    );
    fs::write(project.join("CMakeLists.txt"), &list).unwrap();
    let configure = |build: &str| {
        let mut cmake = Command::new("cmake");
        cmake.arg("-S").arg(&project).arg("-B").arg(project.join(build));
        cmake.arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display()));
        cmake
    };
    run(&mut configure("build"));
    run(Command::new("cmake").arg("--build").arg(project.join("build")));
    for kind in ["m2m", "static"] {
        runs(&project.join(format!("build/station_{kind}")), &prefix.join("lib"));
    }

    // Another version is another interface.
    for other in ["0.0", "0.99", "1.0"] {
        let list = list.replace(env!("CARGO_PKG_VERSION"), other);
        fs::write(project.join("CMakeLists.txt"), list).unwrap();
        let output = configure(&format!("build-{other}")).output().unwrap();
        assert!(!output.status.success(), "{other}");
    }
}

/// Configures a project with cargo's own folder, so that nothing is built twice.
fn from_source(project: &Path, build: &str, options: &[&str]) -> Command {
    let test = std::env::current_exe().unwrap();
    let mut cmake = Command::new("cmake");
    cmake.arg("-S").arg(project).arg("-B").arg(project.join(build)).args(options);
    cmake.arg(format!("-DM2M_TARGET_DIR={}", test.ancestors().nth(3).unwrap().display()));
    cmake.arg(format!("-DM2M_CARGO={}", env!("CARGO")));
    cmake
}

#[test]
fn cmake_builds_it_from_source() {
    if !have(&["cmake", "make"]) {
        return;
    }
    let project = scratch("subdirectory");
    let list = format!(
        "cmake_minimum_required(VERSION 3.16)\n\
         project(station C)\n\
         set(M2M_FEATURES small text std)\n\
         set(M2M_PROFILE dev)\n\
         add_subdirectory(\"{ffi}\" m2m)\n\
         add_executable(station \"{source}\")\n\
         target_link_libraries(station m2m::static)\n",
        ffi = package().display(),
        source = source().display(),
    );
    fs::write(project.join("CMakeLists.txt"), list).unwrap();
    run(&mut from_source(&project, "build", &[]));
    run(Command::new("cmake").arg("--build").arg(project.join("build")));
    runs(&project.join("build/station"), Path::new("/nowhere"));
}

/// What the module uses of Zephyr's CMake.
const ZEPHYR: &str = r#"
function(zephyr_library_import name path)
  add_library(${name} STATIC IMPORTED GLOBAL)
  set_target_properties(${name} PROPERTIES IMPORTED_LOCATION "${path}")
endfunction()
function(zephyr_include_directories)
  include_directories(${ARGV})
  set_property(GLOBAL APPEND PROPERTY INCLUDED ${ARGV})
endfunction()
macro(zephyr_library_named name)
  set(ZEPHYR_CURRENT_LIBRARY ${name})
  add_library(${name} OBJECT) # Zephyr links the whole of its archives
  target_include_directories(${name} PUBLIC "${STAND_INS}" "${M2M_REPOSITORY}/include")
  target_compile_definitions(${name} PUBLIC CONFIG_M2M_ARENA_SIZE=${CONFIG_M2M_ARENA_SIZE})
endmacro()
function(zephyr_library_sources)
  target_sources(${ZEPHYR_CURRENT_LIBRARY} PRIVATE ${ARGV})
endfunction()
function(zephyr_library_link_libraries)
  target_link_libraries(${ZEPHYR_CURRENT_LIBRARY} PUBLIC ${ARGV})
endfunction()
"#;

/// And of its headers: what SYS_INIT() names runs before main().
const INIT: &str = "#define SYS_INIT(function, level, priority) \\\n\
     __attribute__((constructor)) static void init_##function(void) { (void)function(); }\n";
const KERNEL: &str = "#define __aligned(n) __attribute__((aligned(n)))\n";

const APPLICATION: &str = "\
    #include <m2m.h>\n\
    int main(void) {\n\
        m2m_lwm2m_client_config config;\n\
        m2m_lwm2m_client *client = 0;\n\
        static const uint8_t seed[32] = {1};\n\
        m2m_lwm2m_client_config_init_small(&config, sizeof config);\n\
        config.endpoint_name = \"zephyr\";\n\
        if (m2m_lwm2m_client_new(&config, seed, &client) != M2M_OK) return 1;\n\
        config.pool_size = 2 * CONFIG_M2M_ARENA_SIZE; /* no system's allocator behind the arena */\n\
        return m2m_lwm2m_client_new(&config, seed, &client) == M2M_OUT_OF_MEMORY ? 0 : 2;\n\
    }\n";

#[test]
fn the_module_for_zephyr_configures_and_builds_with_stand_ins() {
    if !have(&["cmake", "make"]) {
        return;
    }
    let project = scratch("zephyr");
    fs::create_dir_all(project.join("zephyr")).unwrap();
    fs::write(project.join("zephyr/init.h"), INIT).unwrap();
    fs::write(project.join("zephyr/kernel.h"), KERNEL).unwrap();
    fs::write(project.join("app.c"), APPLICATION).unwrap();
    let list = format!(
        "cmake_minimum_required(VERSION 3.20)\nproject(app C)\n\
         set(STAND_INS \"${{CMAKE_CURRENT_SOURCE_DIR}}\")\n{ZEPHYR}\n\
         add_subdirectory(\"{module}\" m2m)\n\
         if(TARGET m2m_zephyr)\n\
           add_executable(app app.c)\n\
           target_link_libraries(app m2m_zephyr pthread dl m)\n\
         endif()\n",
        module = repository().join("zephyr").display(),
    );
    fs::write(project.join("CMakeLists.txt"), list).unwrap();
    let configure = |build: &str, config: &str| {
        let base = "M2M M2M_ARENA_SIZE=16384 M2M_TEXT M2M_CARGO_PROFILE=dev ";
        let all = format!("{base}{config}");
        let options: Vec<String> =
            all.split_whitespace()
                .map(|o| {
                    if o.contains('=') {
                        format!("-DCONFIG_{o}")
                    } else {
                        format!("-DCONFIG_{o}=y")
                    }
                })
                .collect();
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        from_source(&project, build, &options).output().unwrap()
    };
    for (config, told) in [
        ("CPU_CORTEX_M0PLUS", "m2m: thumbv6m-none-eabi, small;text"),
        ("CPU_CORTEX_M3 M2M_SEND", "m2m: thumbv7m-none-eabi, small;text;send"),
        ("CPU_CORTEX_M4 FPU", "m2m: thumbv7em-none-eabi, "),
        (
            "CPU_CORTEX_M4 FPU FP_HARDABI M2M_CBOR M2M_SENML_CBOR M2M_QUEUE_MODE",
            "m2m: thumbv7em-none-eabihf, small;text;cbor;senml-cbor;queue-mode",
        ),
        ("CPU_CORTEX_M23 M2M_BOOTSTRAP", "m2m: thumbv8m.base-none-eabi, small;text;bootstrap"),
        ("CPU_CORTEX_M33 FPU FP_HARDABI", "m2m: thumbv8m.main-none-eabihf, "),
        ("M2M_TRIPLE=riscv32imac-unknown-none-elf", "m2m: riscv32imac-unknown-none-elf, "),
    ] {
        let build = format!("build-{}", config.replace([' ', '='], "-"));
        let output = configure(&build, config);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains(told), "{config}: {output:?}");
    }
    assert!(!configure("build-unknown", "CPU_Z80").status.success());

    let output = configure("build", "ARCH_POSIX 64BIT");
    assert!(output.status.success(), "{output:?}");
    run(Command::new("cmake").arg("--build").arg(project.join("build")));
    run(&mut Command::new(project.join("build/app")));
}
