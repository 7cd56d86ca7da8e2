//! Makes the bindings again and compares them with the ones that are checked in.
//!
//! The compiler for the definitions is a Rust library, so nothing but cargo is needed.

use std::fs;
use std::path::Path;

/// The file that each protobuf package ends up in.
const GENERATED: [&str; 2] = ["tfplugin6.rs", "plugin.rs"];

/// Messages whose `Debug` is written by hand, because they carry secrets.
const REDACTED: [&str; 2] = [".tfplugin6.DynamicValue", ".tfplugin6.RawState"];

#[test]
fn bindings_are_what_the_definitions_say() {
    let fresh = tempfile::tempdir().expect("a temporary directory");
    generate(fresh.path());

    let checked_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/generated");
    let update = std::env::var_os("UPDATE_BINDINGS").is_some();
    for name in GENERATED {
        let new = fs::read_to_string(fresh.path().join(name)).expect("a generated file");
        if update {
            fs::write(checked_in.join(name), new).expect("a writable source folder");
        } else {
            let old = fs::read_to_string(checked_in.join(name)).unwrap_or_default();
            assert!(
                old == new,
                "`src/generated/{name}` differs from what the definitions say: \
                 run `UPDATE_BINDINGS=1 cargo test -p leastpriv-proto --test bootstrap` and check the result in"
            );
        }
    }
}

fn generate(out_dir: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let definitions = [root.join("tfplugin6.proto"), root.join("goplugin.proto")];
    let descriptors = protox::compile(definitions, [root]).expect("definitions that compile");

    let mut config = tonic_prost_build::Config::new();
    config.skip_debug(REDACTED);
    tonic_prost_build::configure()
        .build_client(false)
        .build_transport(false)
        // Ordered maps: a schema must come out the same every time.
        .btree_map(".")
        .out_dir(out_dir)
        .compile_fds_with_config(descriptors, config)
        .expect("bindings");
}
