//! What is installed is found: by pkg-config and by CMake, as a shared and as a static library. The
//! source is used by CMake's add_subdirectory(), and as a module of Zephyr with stand-ins for what that has.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::disallowed_types, reason = "a sample talks with a server here")]

mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

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
function(zephyr_ld_options)
  target_link_options(${ZEPHYR_CURRENT_LIBRARY} INTERFACE ${ARGV})
endfunction()
"#;

/// And the module and its sample of its headers: what `SYS_INIT()` names runs before `main()`, and sockets are
/// those of this machine, which find the server at the port that the environment names.
const HEADERS: [(&str, &str); 6] = [
    (
        "init.h",
        "#define SYS_INIT(function, level, priority) \\\n\
         __attribute__((constructor)) static void init_##function(void) { (void)function(); }\n",
    ),
    (
        "kernel.h",
        "#include <stdlib.h>\n#include <time.h>\n\
         #define __aligned(n) __attribute__((aligned(n)))\n\
         #define ARRAY_SIZE(array) (sizeof(array) / sizeof(array)[0])\n\
         #define MIN(a, b) ((a) < (b) ? (a) : (b))\n\
         #define k_panic() abort()\n\
         static inline int64_t k_uptime_get(void) {\n\
             struct timespec t;\n\
             clock_gettime(CLOCK_MONOTONIC, &t);\n\
             return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;\n\
         }\n",
    ),
    (
        "net/socket.h",
        "#include <arpa/inet.h>\n#include <poll.h>\n#include <stdlib.h>\n#include <sys/socket.h>\n\
         #define CONFIG_NET_CONFIG_PEER_IPV4_ADDR \"127.0.0.1\"\n\
         #define ZSOCK_POLLIN POLLIN\n\
         #define ZSOCK_MSG_DONTWAIT MSG_DONTWAIT\n\
         #define zsock_pollfd pollfd\n\
         #define zsock_socket socket\n\
         #define zsock_inet_pton inet_pton\n\
         #define zsock_poll poll\n\
         #define zsock_send send\n\
         #define zsock_recv recv\n\
         static inline int zsock_connect(int fd, struct sockaddr *to, socklen_t len) {\n\
             ((struct sockaddr_in *)to)->sin_port = htons((uint16_t)atoi(getenv(\"SERVER_PORT\")));\n\
             return connect(fd, to, len);\n\
         }\n",
    ),
    (
        "random/random.h",
        "static inline void sys_rand_get(void *bytes, size_t len) { memset(bytes, 1, len); }\n",
    ),
    (
        "sys/printk.h",
        "#include <stdio.h>\n#define printk(...) (printf(__VA_ARGS__), fflush(stdout))\n",
    ),
    ("sys/reboot.h", "#define SYS_REBOOT_COLD 0\n#define sys_reboot(type) exit(type)\n"),
];

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
    for (name, text) in HEADERS {
        let header = project.join("zephyr").join(name);
        fs::create_dir_all(header.parent().unwrap()).unwrap();
        fs::write(header, text).unwrap();
    }
    fs::write(project.join("app.c"), APPLICATION).unwrap();
    let list = format!(
        "cmake_minimum_required(VERSION 3.20)\nproject(app C)\n\
         set(STAND_INS \"${{CMAKE_CURRENT_SOURCE_DIR}}\")\n{ZEPHYR}\n\
         add_subdirectory(\"{module}\" m2m)\n\
         if(TARGET m2m_zephyr)\n\
           add_executable(app app.c)\n\
           add_executable(sample \"{module}/samples/thermometer/src/main.c\")\n\
           target_compile_options(sample PRIVATE {warnings})\n\
           foreach(program app sample)\n\
             target_link_libraries(${{program}} m2m_zephyr pthread dl m)\n\
           endforeach()\n\
         endif()\n",
        module = repository().join("zephyr").display(),
        warnings = WARNINGS.join(" "),
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
        (
            "CPU_CORTEX_M23 M2M_BOOTSTRAP M2M_MORE_FEATURES=sms",
            "m2m: thumbv8m.base-none-eabi, small;text;bootstrap;sms",
        ),
        ("CPU_CORTEX_M33 FPU FP_HARDABI", "m2m: thumbv8m.main-none-eabihf, "),
        (
            "RISCV RISCV_ISA_EXT_M RISCV_ISA_EXT_A RISCV_ISA_EXT_C FPU",
            "m2m: riscv32imac-unknown-none-elf, ",
        ),
        ("RISCV RISCV_ISA_EXT_M RISCV_ISA_EXT_C", "m2m: riscv32imc-unknown-none-elf, "),
        (
            "RISCV 64BIT RISCV_ISA_EXT_M RISCV_ISA_EXT_A RISCV_ISA_EXT_C FPU FLOAT_HARD \
             CPU_HAS_FPU_DOUBLE_PRECISION",
            "m2m: riscv64gc-unknown-none-elf, ",
        ),
        ("CPU_Z80 M2M_TRIPLE=z80-unknown-none-elf", "m2m: z80-unknown-none-elf, "),
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
    registers(&project.join("build/sample"));
}

/// The sample registers with a server, and says so.
fn registers(sample: &Path) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut command = Command::new(sample);
    command.env("SERVER_PORT", socket.local_addr().unwrap().port().to_string());
    let mut sample = command.stdout(Stdio::piped()).spawn().unwrap();

    let mut message = [0; 1024];
    let (len, from) = socket.recv_from(&mut message).unwrap();
    let message = &message[..len];
    let has = |text: &str| message.windows(text.len()).any(|w| w == text.as_bytes());
    assert!(message[1] == 0x02 && has("rd") && has("ep=thermometer"), "{message:x?}"); // a POST
    assert!(has("lt=60") && has("</3303/0>"), "{message:x?}");
    let token = usize::from(message[0] & 0x0F);
    // 2.01 in an acknowledgement, with the location /rd/1
    let mut answer = vec![0x60 | message[0] & 0x0F, 0x41];
    answer.extend_from_slice(&message[2..4 + token]);
    answer.extend_from_slice(b"\x82rd\x011");
    socket.send_to(&answer, from).unwrap();

    let mut line = String::new();
    BufReader::new(sample.stdout.take().unwrap()).read_line(&mut line).unwrap();
    sample.kill().unwrap();
    sample.wait().unwrap();
    assert_eq!(line, "registered\n");
}

#[test]
fn the_module_for_zephyr_offers_features_that_there_are() {
    let read = |path: &str| fs::read_to_string(repository().join(path)).unwrap();
    let (cmake, kconfig, cargo) =
        (read("zephyr/CMakeLists.txt"), read("zephyr/Kconfig"), read("ffi/Cargo.toml"));
    let (_, list) = cmake.split_once("foreach(feature ").unwrap();
    let (list, _) = list.split_once(')').unwrap();
    let mut offered: Vec<String> = list
        .split_whitespace()
        .map(|feature| {
            assert!(cargo.contains(&format!("\n{feature} = [")), "no feature {feature}");
            format!("M2M_{}", feature.to_uppercase().replace('-', "_"))
        })
        .collect();
    let mut options: Vec<&str> = kconfig
        .split("\nconfig ")
        .skip(1) // the menu
        .filter_map(|option| option.split_once("\n\tbool ").map(|(name, _)| name))
        .collect();
    offered.sort_unstable();
    options.sort_unstable();
    assert_eq!(offered, options);
}
