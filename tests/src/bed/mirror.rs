//! A filesystem mirror: the provider as a release lays it out, for both tools and without a registry.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::Tool;

/// How the provider lies in a mirror.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MirrorForm {
    /// As the ZIP archive of a release, `HOST/leastpriv/leastpriv/terraform-provider-leastpriv_VERSION_OS_ARCH.zip`.
    Packed,
    /// As the binary, in `HOST/leastpriv/leastpriv/VERSION/OS_ARCH/`.
    Unpacked,
}

/// A mirror with one version of the provider under the default host of either tool.
#[derive(Debug)]
pub struct Mirror {
    scratch: TempDir,
}

impl Mirror {
    /// Makes a mirror of a provider binary.
    pub fn build(provider: &Path, form: MirrorForm) -> Result<Self> {
        let scratch = tempfile::Builder::new()
            .prefix("lp-")
            .tempdir()
            .context("cannot create a mirror")?;
        for tool in Tool::ALL {
            let package = package(scratch.path(), tool, form);
            if let Some(folder) = package.parent() {
                fs::create_dir_all(folder)?;
            }
            match form {
                MirrorForm::Packed => pack(provider, &package),
                MirrorForm::Unpacked => fs::copy(provider, &package).map(drop).map_err(Into::into),
            }
            .with_context(|| format!("cannot put `{}` into a mirror", provider.display()))?;
        }
        Ok(Self { scratch })
    }

    /// The folder that a `filesystem_mirror` block names.
    pub fn path(&self) -> &Path {
        self.scratch.path()
    }

    /// The file that a tool installs from, in the form in which the mirror was built.
    pub fn package(&self, tool: Tool, form: MirrorForm) -> PathBuf {
        package(self.path(), tool, form)
    }
}

fn package(mirror: &Path, tool: Tool, form: MirrorForm) -> PathBuf {
    let folder = mirror.join(tool.default_host()).join("leastpriv").join("leastpriv");
    match form {
        MirrorForm::Packed => folder.join(format!("terraform-provider-leastpriv_{VERSION}_{}.zip", platform())),
        MirrorForm::Unpacked => folder.join(VERSION).join(platform()).join(binary_name()),
    }
}

fn pack(provider: &Path, archive: &Path) -> Result<()> {
    let mut binary = File::open(provider)?;
    let mut writer = ZipWriter::new(File::create(archive)?);
    // The lowest level: a debug binary is large and nobody downloads this one.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(1))
        .unix_permissions(0o755);
    writer.start_file(binary_name(), options)?;
    io::copy(&mut binary, &mut writer)?;
    writer.finish()?;
    Ok(())
}

fn binary_name() -> String {
    format!("terraform-provider-leastpriv_v{VERSION}")
}

/// Operating system and processor in the words of Go.
fn platform() -> String {
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{os}_{arch}")
}

/// The packages of this workspace have one version.
const VERSION: &str = env!("CARGO_PKG_VERSION");

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::fs::PermissionsExt as _;

    use zip::ZipArchive;

    use super::*;

    fn provider(folder: &Path) -> PathBuf {
        let path = folder.join("terraform-provider-leastpriv");
        fs::write(&path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn a_packed_mirror_has_one_archive_for_each_tool() {
        let scratch = tempfile::tempdir().unwrap();
        let mirror = Mirror::build(&provider(scratch.path()), MirrorForm::Packed).unwrap();
        for tool in Tool::ALL {
            let mut archive = ZipArchive::new(File::open(mirror.package(tool, MirrorForm::Packed)).unwrap()).unwrap();
            assert_eq!(archive.len(), 1);
            let mut member = archive.by_index(0).unwrap();
            assert_eq!(member.name(), format!("terraform-provider-leastpriv_v{VERSION}"));
            assert_eq!(member.unix_mode().map(|mode| mode & 0o777), Some(0o755));
            let mut text = String::new();
            member.read_to_string(&mut text).unwrap();
            assert_eq!(text, "#!/bin/sh\n");
        }
    }

    #[test]
    fn an_unpacked_mirror_has_a_binary_that_can_be_run() {
        let scratch = tempfile::tempdir().unwrap();
        let mirror = Mirror::build(&provider(scratch.path()), MirrorForm::Unpacked).unwrap();
        for tool in Tool::ALL {
            let binary = mirror.package(tool, MirrorForm::Unpacked);
            assert!(binary.starts_with(mirror.path().join(tool.default_host())));
            assert_eq!(fs::metadata(binary).unwrap().permissions().mode() & 0o777, 0o755);
        }
    }

    #[test]
    fn a_provider_that_was_not_built_is_an_error() {
        let scratch = tempfile::tempdir().unwrap();
        let absent = scratch.path().join("absent");
        assert!(Mirror::build(&absent, MirrorForm::Packed).is_err());
        assert!(Mirror::build(&absent, MirrorForm::Unpacked).is_err());
    }
}
