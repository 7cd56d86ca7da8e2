//! The documents of managed policies that stand beside the plans, and how they come to the places that name them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use leastpriv_policy::json;
use leastpriv_policy::kind::PolicyKind;

use super::plan;
use super::{DocumentInput, ManagedPolicyInput, PolicyInput, Sources};

/// The texts of managed policies by ARN.
#[derive(Clone, Default)]
pub(crate) struct ManagedDocuments {
    texts: Arc<BTreeMap<String, String>>,
}

impl ManagedDocuments {
    /// Those of these texts.
    pub(crate) fn new(texts: BTreeMap<String, String>) -> Self {
        Self { texts: Arc::new(texts) }
    }

    /// The same with more of them, which count where both have one.
    fn with(&self, more: BTreeMap<String, String>) -> Self {
        if more.is_empty() {
            return self.clone();
        }
        let mut texts = BTreeMap::clone(&self.texts);
        texts.extend(more);
        Self::new(texts)
    }

    /// The text of the document with that ARN.
    pub(crate) fn text(&self, arn: &str) -> Option<&str> {
        self.texts.get(arn).map(String::as_str)
    }
}

/// There may be a thousand of them, so only their number is told.
impl fmt::Debug for ManagedDocuments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManagedDocuments")
            .field("count", &self.texts.len())
            .finish()
    }
}

impl Sources {
    /// Gives the documents of managed policies, beside those that the plans themselves have looked up in data sources.
    /// Where a plan names one of them and does not hold it, the document stands at the place of the name from then on; the
    /// others stay names.
    #[must_use]
    pub(crate) fn with_managed(mut self, documents: &ManagedDocuments) -> Self {
        let files = self.files.iter();
        let looked_up = files.flat_map(|file| plan::managed(&json::parse(&file.text).0));
        let documents = documents.with(looked_up.collect());
        for mut input in std::mem::take(&mut self.inputs) {
            let names = std::mem::take(&mut input.managed_policies);
            let (file, mut found) = (input.file, Vec::new());
            for named in names {
                match documents.text(&named.arn) {
                    Some(text) => found.push(document(named, text)),
                    None => input.managed_policies.push(named),
                }
            }
            if input.document.is_some() || !input.managed_policies.is_empty() {
                self.inputs.push(input);
            }
            self.inputs
                .extend(found.into_iter().map(|document| PolicyInput::document(file, document)));
        }
        self.managed = documents;
        self
    }
}

fn document(named: ManagedPolicyInput, text: &str) -> DocumentInput {
    DocumentInput {
        text: text.to_owned(),
        kind: PolicyKind::Managed,
        arn: Some(named.arn),
        site: named.site,
    }
}
