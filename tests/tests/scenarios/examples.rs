//! Every Terraform example of the repository: well-formatted, and valid for the provider.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::stage::{Act, Scenario};

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![Scenario {
        name: "examples-are-valid",
        body: valid,
    }]
}

/// What a page of the documentation leaves out because every configuration has it.
const SOURCE: &str = r#"terraform {
  required_providers {
    leastpriv = {
      source = "leastpriv/leastpriv"
    }
  }
}
"#;

fn valid(act: &Act<'_>) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut examples = Vec::new();
    collect(&folder, &mut examples)?;
    ensure!(examples.len() >= 5, "only {examples:?} were found");
    for example in examples {
        let name = example.display();
        let text = fs::read_to_string(&example).with_context(|| format!("read {name}"))?;
        let workspace = act.workspace()?;
        workspace.write("main.tf", &text)?;
        if !text.contains("required_providers") {
            workspace.write("source.tf", SOURCE)?;
        }
        // Files that the example takes its policies from lie beside it.
        for beside in fs::read_dir(example.parent().context("an example has a folder")?)? {
            let beside = beside?.path();
            if let Some(file) = beside
                .file_name()
                .filter(|_| beside.extension().is_some_and(|kind| kind == "json"))
            {
                workspace.write(&file.to_string_lossy(), &fs::read_to_string(&beside)?)?;
            }
        }
        let formatted = workspace.run(&["fmt", "-check", "-diff"])?;
        ensure!(formatted.succeeded(), "{name} is not formatted:\n{}", formatted.stdout);
        workspace.write("main.tf", &without_other_providers(&text))?;
        let errors = workspace.validate()?.errors()?;
        ensure!(errors.is_empty(), "{name} is not valid: {errors:#?}");
    }
    Ok(())
}

/// An example without its `provider "aws"` block: that provider cannot be installed here.
fn without_other_providers(text: &str) -> String {
    let Some((before, block)) = text.split_once("\nprovider \"aws\" {\n") else {
        return text.to_owned();
    };
    let behind = block.split_once("\n}\n").map_or("", |(_, behind)| behind);
    format!("{before}{behind}")
}

fn collect(folder: &Path, examples: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, examples)?;
        } else if path.extension().is_some_and(|extension| extension == "tf") {
            examples.push(path);
        }
    }
    examples.sort();
    Ok(())
}
