//! The provider's pages for the registries, from its schemas and the examples.

use std::fmt::Write as _;

use leastpriv_terraform::Provider as _;
use leastpriv_terraform::function::{Parameter, Signature};
use leastpriv_terraform::schema::{Attribute, Schema};
use leastpriv_terraform::value::Type;
use terraform_provider_leastpriv::LeastprivProvider;

use super::Page;
use crate::process;

/// The pages of the provider, its resources, its ephemeral resources and its functions.
pub(crate) fn pages() -> Vec<Page> {
    let provider = LeastprivProvider;
    let mut pages = vec![Page {
        path: "provider.md".into(),
        text: page("leastpriv", "Provider", &provider.schema(), "provider.tf", None),
    }];
    for resource in provider.resources() {
        let name = resource.type_name();
        let example = format!("resources/{name}/resource.tf");
        let import = format!("resources/{name}/import.sh");
        pages.push(Page {
            path: format!("resources/{}.md", short(name)).into(),
            text: page(name, "Resource", &resource.schema(), &example, Some(&import)),
        });
    }
    for ephemeral in provider.ephemeral_resources() {
        let name = ephemeral.type_name();
        let example = format!("ephemeral-resources/{name}/ephemeral-resource.tf");
        pages.push(Page {
            path: format!("ephemeral-resources/{}.md", short(name)).into(),
            text: page(name, "Ephemeral Resource", &ephemeral.schema(), &example, None),
        });
    }
    for function in provider.functions() {
        let name = function.name();
        pages.push(Page {
            path: format!("functions/{name}.md").into(),
            text: function_page(name, &function.signature()),
        });
    }
    pages
}

fn short(name: &str) -> &str {
    name.strip_prefix("leastpriv_").unwrap_or(name)
}

/// Title, description and example, which every page begins with.
fn head(name: &str, kind: &str, description: &str, example: &str) -> String {
    let first_line = description.lines().next().unwrap_or_default();
    let mut text = format!(
        "---\npage_title: \"{name} ({kind})\"\nsubcategory: \"\"\ndescription: |-\n  {first_line}\n---\n\n# {name} ({kind})\n\n{description}\n"
    );
    if let Some(example) = example_text(example) {
        let _ = write!(
            text,
            "\n## Example Usage\n\n```terraform\n{}\n```\n",
            example.trim_end()
        );
    }
    text
}

fn function_page(name: &str, signature: &Signature) -> String {
    let example = format!("functions/{name}/function.tf");
    let mut text = head(name, "Function", &signature.description, &example);
    let fixed = signature.parameters.iter().map(|one| (one, ""));
    let any_number = signature.variadic.iter().map(|one| (one, "..."));
    let all: Vec<(&Parameter, &str)> = fixed.chain(any_number).collect();
    let declared: Vec<String> = all
        .iter()
        .map(|(parameter, dots)| format!("{} {}{dots}", parameter.name, type_name(&parameter.ty).to_lowercase()))
        .collect();
    let _ = write!(
        text,
        "\n## Signature\n\n```text\n{name}({}) {}\n```\n\n## Arguments\n\n",
        declared.join(", "),
        type_name(&signature.returns).to_lowercase()
    );
    for (number, (parameter, dots)) in all.iter().enumerate() {
        let mut kind = type_name(&parameter.ty);
        for (set, word) in [(!dots.is_empty(), "Variadic"), (parameter.allow_null, "Nullable")] {
            if set {
                let _ = write!(kind, ", {word}");
            }
        }
        let number = number + 1;
        let _ = writeln!(
            text,
            "{number}. `{}` ({kind}) {}",
            parameter.name, parameter.description
        );
    }
    text
}

fn page(name: &str, kind: &str, schema: &Schema, example: &str, import: Option<&str>) -> String {
    let mut text = head(name, kind, &schema.description, example);
    text.push_str("\n## Schema\n");
    arguments(&mut text, schema, "###");
    if let Some(import) = import.and_then(example_text) {
        let _ = write!(text, "\n## Import\n\n```shell\n{}\n```\n", import.trim_end());
    }
    text
}

fn arguments(text: &mut String, schema: &Schema, heading: &str) {
    type Belongs = fn(&Attribute) -> bool;
    let groups: [(&str, Belongs); 3] = [
        ("Required", |attribute| attribute.mode.is_required()),
        ("Optional", |attribute| attribute.mode.is_optional()),
        ("Read-Only", |attribute| {
            attribute.mode.is_computed() && !attribute.mode.is_optional()
        }),
    ];
    for (title, belongs) in groups {
        let mut attributes: Vec<_> = schema
            .attributes
            .iter()
            .filter(|attribute| belongs(attribute))
            .collect();
        attributes.sort_by_key(|attribute| attribute.name);
        if attributes.is_empty() {
            continue;
        }
        let _ = write!(text, "\n{heading} {title}\n\n");
        for attribute in attributes {
            let _ = writeln!(
                text,
                "- `{}` ({}) {}",
                attribute.name,
                flags(attribute),
                attribute.description
            );
        }
    }
    for block in &schema.blocks {
        let _ = write!(text, "\n{heading} Block `{}`\n\n{}\n", block.name, block.description);
        arguments(text, &block.schema, &format!("{heading}#"));
    }
}

fn flags(attribute: &Attribute) -> String {
    let mut out = type_name(&attribute.ty);
    for (set, word) in [
        (attribute.sensitive, "Sensitive"),
        (attribute.write_only, "Write-only"),
        (attribute.replaces, "Forces replacement"),
        (attribute.deprecated.is_some(), "Deprecated"),
    ] {
        if set {
            let _ = write!(out, ", {word}");
        }
    }
    out
}

fn type_name(ty: &Type) -> String {
    match ty {
        Type::String => "String".to_owned(),
        Type::Number => "Number".to_owned(),
        Type::Bool => "Boolean".to_owned(),
        Type::Dynamic => "Dynamic".to_owned(),
        Type::List(element) => format!("List of {}", type_name(element)),
        Type::Set(element) => format!("Set of {}", type_name(element)),
        Type::Map(element) => format!("Map of {}", type_name(element)),
        Type::Object(_) | Type::Tuple(_) => "Object".to_owned(),
    }
}

fn example_text(path: &str) -> Option<String> {
    std::fs::read_to_string(process::root().join("examples").join(path)).ok()
}
