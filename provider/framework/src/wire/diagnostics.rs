use leastpriv_proto::tfplugin6;
use leastpriv_proto::tfplugin6::attribute_path::Step as WireStep;
use leastpriv_proto::tfplugin6::attribute_path::step::Selector;
use leastpriv_proto::tfplugin6::diagnostic::Severity;

use crate::diagnostics::{Diagnostic, DiagnosticSeverity, Diagnostics};
use crate::path::{AttributePath, Step};

/// Messages for the practitioner, in order.
pub(crate) fn diagnostics_to_wire(diagnostics: Diagnostics) -> Vec<tfplugin6::Diagnostic> {
    diagnostics.into_iter().map(diagnostic_to_wire).collect()
}

/// The way to a part of a value.
pub(crate) fn path_to_wire(path: &AttributePath) -> tfplugin6::AttributePath {
    let selector = |step: &Step| match step {
        Step::Attribute(name) => Selector::AttributeName(name.clone()),
        Step::Key(key) => Selector::ElementKeyString(key.clone()),
        Step::Index(index) => Selector::ElementKeyInt(*index),
    };
    let steps = path.steps().iter().map(|step| WireStep {
        selector: Some(selector(step)),
    });
    tfplugin6::AttributePath { steps: steps.collect() }
}

fn diagnostic_to_wire(diagnostic: Diagnostic) -> tfplugin6::Diagnostic {
    let Diagnostic {
        severity,
        summary,
        detail,
        path,
    } = diagnostic;
    let severity = match severity {
        DiagnosticSeverity::Error => Severity::Error,
        DiagnosticSeverity::Warning => Severity::Warning,
    };
    // The path of a whole block says nothing, and a core may take an empty one for a fault.
    let path = path.filter(|path| !path.is_root());
    tfplugin6::Diagnostic {
        severity: severity.into(),
        summary,
        detail,
        attribute: path.as_ref().map(path_to_wire),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_step_is_sent() {
        let path = AttributePath::attribute("tags").then_index(3_usize).then_key("team");
        let selectors: Vec<Option<Selector>> = path_to_wire(&path)
            .steps
            .into_iter()
            .map(|step| step.selector)
            .collect();
        assert_eq!(
            selectors,
            [
                Some(Selector::AttributeName("tags".to_owned())),
                Some(Selector::ElementKeyInt(3)),
                Some(Selector::ElementKeyString("team".to_owned())),
            ]
        );
    }

    #[test]
    fn severity_and_place_are_sent() {
        let mut diagnostics = Diagnostics::default();
        diagnostics.push(Diagnostic::warning("w", "d").at(AttributePath::attribute("name")));
        diagnostics.push(Diagnostic::error("e", "d").at(AttributePath::root()));
        let sent = diagnostics_to_wire(diagnostics);
        assert_eq!(sent[0].severity, i32::from(Severity::Warning));
        assert!(sent[0].attribute.is_some());
        assert_eq!(sent[1].severity, i32::from(Severity::Error));
        assert!(sent[1].attribute.is_none());
    }
}
