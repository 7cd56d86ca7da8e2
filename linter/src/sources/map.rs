//! From places in policy text to places in the file around it.

use std::fmt;
use std::sync::Arc;

use leastpriv_policy::json::StringMap;
use leastpriv_policy::span::Span;

/// The way from a text out to the file it stands in: through no string literal for a policy file,
/// through one for an attribute in a plan, through more for JSON inside such an attribute.
#[derive(Clone, Default)]
pub struct SourceMap {
    /// The steps on the way, outermost first.
    steps: Vec<Step>,
}

/// One step into a text.
#[derive(Clone)]
struct Step {
    /// Where it stands, quotes included, in the text around it.
    span: Span,
    into: Into,
}

#[derive(Clone)]
enum Into {
    /// The decoded text of a string literal in the text around it; nothing for the file itself.
    Literal(Option<Arc<str>>),
    /// The bytes themselves, as of an object inside JSON.
    Part,
}

/// Texts on the way may be secrets, so only the places are told.
impl fmt::Debug for SourceMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.steps.iter().map(|step| step.span)).finish()
    }
}

impl SourceMap {
    /// The map of a text that is the decoded string of a literal in the file.
    pub fn literal(span: Span) -> Self {
        Self {
            steps: vec![Step {
                span,
                into: Into::Literal(None),
            }],
        }
    }

    /// The map of the decoded string of a literal in `text`, which itself is mapped by this map.
    #[must_use]
    pub fn within(&self, text: &Arc<str>, span: Span) -> Self {
        self.then(span, Into::Literal(Some(Arc::clone(text))))
    }

    /// The map of a part of the text that is mapped by this map.
    #[must_use]
    pub fn part(&self, span: Span) -> Self {
        self.then(span, Into::Part)
    }

    fn then(&self, span: Span, into: Into) -> Self {
        let mut steps = self.steps.clone();
        steps.push(Step { span, into });
        Self { steps }
    }

    /// The span in the file of a span in the text.
    pub fn outer(&self, span: Span, file: &str) -> Span {
        self.steps.iter().rev().fold(span, |inner, step| {
            let inner = match &step.into {
                Into::Literal(around) => StringMap::new(step.span.of(around.as_deref().unwrap_or(file))).outer(inner),
                Into::Part => inner,
            };
            Span::new(
                inner.start.saturating_add(step.span.start),
                inner.end.saturating_add(step.span.start),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leastpriv_policy::json;

    #[test]
    fn json_in_json_in_a_file_maps_out_through_both_literals() {
        let inner = r#"{"Action":"s3:GetObejct"}"#;
        let middle = format!(r#"{{"document":{}}}"#, serde_json::to_string(inner).unwrap());
        let file = format!(r#"{{"data":{}}}"#, serde_json::to_string(&middle).unwrap());
        let (outermost, _) = json::parse(&file);
        let data = outermost.get("data").unwrap();
        let (nested, _) = json::parse(&middle);
        let around: Arc<str> = Arc::from(middle.as_str());
        let map = SourceMap::literal(data.span).within(&around, nested.get("document").unwrap().span);
        let start = inner.find("s3:GetObejct").unwrap();
        let span = map.outer(Span::new(start, start + "s3:GetObejct".len()), &file);
        assert_eq!(span.of(&file), "s3:GetObejct");
    }

    #[test]
    fn an_object_inside_json_maps_by_its_place() {
        let file = r#"{"state": {"Policy": {"Action": "s3:*"}}}"#;
        let (value, _) = json::parse(file);
        let policy = value.get("state").unwrap().get("Policy").unwrap();
        let text = policy.span.of(file);
        let start = text.find("s3:*").unwrap();
        let span = SourceMap::default()
            .part(policy.span)
            .outer(Span::new(start, start + 4), file);
        assert_eq!(span.of(file), "s3:*");
    }

    #[test]
    fn a_policy_file_maps_to_itself() {
        assert_eq!(SourceMap::default().outer(Span::new(3, 7), "whatever"), Span::new(3, 7));
    }
}
