//! From places in policy text to places in the file around it.

use std::fmt;

use leastpriv_policy::json::StringMap;
use leastpriv_policy::span::Span;

/// The way from a text out to the file it stands in: through no string literal for a policy file,
/// through one for an attribute in a plan, through more for JSON inside such an attribute.
#[derive(Clone, Default)]
pub struct SourceMap {
    /// The literals on the way, outermost first.
    literals: Vec<Literal>,
}

/// A JSON string literal whose decoded text holds what is mapped.
#[derive(Clone)]
struct Literal {
    /// Where it stands, quotes included, in the text around it.
    span: Span,
    /// The text around it; nothing for the file itself.
    around: Option<String>,
}

/// Texts on the way may be secrets, so only the places are told.
impl fmt::Debug for SourceMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.literals.iter().map(|literal| literal.span))
            .finish()
    }
}

impl SourceMap {
    /// The map of a text that is the decoded string of a literal in the file.
    pub fn literal(span: Span) -> Self {
        Self {
            literals: vec![Literal { span, around: None }],
        }
    }

    /// The map of the decoded string of a literal in `text`, which itself is mapped by this map.
    #[must_use]
    pub fn within(&self, text: &str, span: Span) -> Self {
        let mut literals = self.literals.clone();
        literals.push(Literal {
            span,
            around: Some(text.to_owned()),
        });
        Self { literals }
    }

    /// The span in the file of a span in the text.
    pub fn outer(&self, span: Span, file: &str) -> Span {
        self.literals.iter().rev().fold(span, |inner, literal| {
            let around = literal.around.as_deref().unwrap_or(file);
            let outer = StringMap::new(literal.span.of(around)).outer(inner);
            Span::new(
                outer.start.saturating_add(literal.span.start),
                outer.end.saturating_add(literal.span.start),
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
        let map = SourceMap::literal(data.span).within(&middle, nested.get("document").unwrap().span);
        let start = inner.find("s3:GetObejct").unwrap();
        let span = map.outer(Span::new(start, start + "s3:GetObejct".len()), &file);
        assert_eq!(span.of(&file), "s3:GetObejct");
    }

    #[test]
    fn a_policy_file_maps_to_itself() {
        assert_eq!(SourceMap::default().outer(Span::new(3, 7), "whatever"), Span::new(3, 7));
    }
}
