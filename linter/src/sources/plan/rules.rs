//! What the author of one of our resources asked for: the mode of `validate`, and the exceptions.

use leastpriv_checks::vet::{Date, Exception, Mode};
use leastpriv_policy::json::Value;

use super::resource::{Path, Resource};

const VALIDATE: &str = "validate";
const EXCEPTION: &str = "exception";
const NOT_SHOWN: &str = "(sensitive)";

/// The mode and the exceptions of a resource. What cannot be read exempts nothing and is noted.
pub(super) fn rules(resource: &Resource<'_>, notes: &mut Vec<String>) -> (Mode, Vec<Exception>) {
    (mode(resource, notes), exceptions(resource, notes))
}

fn mode(resource: &Resource<'_>, notes: &mut Vec<String>) -> Mode {
    let Some(name) = resource.after.get(VALIDATE).and_then(Value::as_str) else {
        return Mode::Enforce;
    };
    Mode::from_name(name).unwrap_or_else(|| {
        notes.push(format!(
            "`{}`: `{VALIDATE}` is `{name}`, which is not a mode, so the findings count",
            resource.address
        ));
        Mode::Enforce
    })
}

fn exceptions(resource: &Resource<'_>, notes: &mut Vec<String>) -> Vec<Exception> {
    let Some(blocks) = resource.after.get(EXCEPTION) else {
        return Vec::new();
    };
    let list = blocks.as_array().unwrap_or_else(|| std::slice::from_ref(blocks));
    list.iter()
        .enumerate()
        .filter(|(_, block)| block.as_object().is_some())
        .filter_map(|(index, block)| {
            let exception = exception(resource, index, block);
            if exception.is_none() {
                notes.push(format!(
                    "`{}`: exception {} names no check or no date, or is not known yet, and exempts nothing",
                    resource.address,
                    index.saturating_add(1)
                ));
            }
            exception
        })
        .collect()
}

fn exception(resource: &Resource<'_>, index: usize, block: &Value) -> Option<Exception> {
    let text = |name: &str| block.get(name).and_then(Value::as_str);
    let shown = |name: &'static str| {
        if resource.is_sensitive(&Path::to(EXCEPTION, Some(index), Some(name))) {
            NOT_SHOWN.to_owned()
        } else {
            text(name).unwrap_or_default().to_owned()
        }
    };
    Some(Exception {
        check: text("check")?.to_owned(),
        reason: shown("reason"),
        owner: shown("owner"),
        expires: Date::parse(text("expires")?)?,
    })
}
