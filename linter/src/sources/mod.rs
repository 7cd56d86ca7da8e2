//! Where policies come from: bytes of files, folders, plans and standard input → [`PolicyInput`].
//!
//! What lives here: reading, telling what a file is, finding the policies in it, and the source map;
//! no other code maps policy text to the file around it.
//! What must not: judgement, severities, output formats.

mod detect;
mod file;
mod managed;
mod map;
mod paths;
mod plan;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use leastpriv_checks::vet::{Exception, Mode};
use leastpriv_policy::json;
use leastpriv_policy::kind::PolicyKind;

pub(crate) use file::read_text;
pub(crate) use managed::ManagedDocuments;
pub use map::SourceMap;
pub use paths::{GatherError, GatherOptions, gather};

/// Everything that was found.
#[derive(Debug, Default)]
pub struct Sources {
    /// The files that hold policies, in the order they were met.
    pub files: Vec<SourceFile>,
    /// The policies, in order of file, then place.
    pub inputs: Vec<PolicyInput>,
    /// What should have been judged and could not be reached.
    pub unjudged: Vec<Unjudged>,
    /// What a reader should know beside the findings.
    pub notes: Vec<Note>,
    /// What was left out on purpose.
    pub left_out: LeftOut,
    /// The documents of managed policies that stand beside the plans.
    pub(crate) managed: ManagedDocuments,
}

/// What was left out on purpose, in numbers.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Files that hold no policy.
    pub files_without_policy: usize,
    /// Resources that a plan destroys or forgets.
    pub destroyed_resources: usize,
    /// Symbolic links met in a folder.
    pub links: usize,
}

/// Where a file is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileName {
    /// A path, as it was given or as it was found under a given folder.
    Path(PathBuf),
    /// Standard input.
    StandardInput,
}

/// A file that was read.
#[derive(Clone)]
pub struct SourceFile {
    /// Its name.
    pub name: FileName,
    /// Its text, without a byte-order mark.
    pub text: String,
    /// Bytes of the byte-order mark before the text.
    pub mark: usize,
}

/// What is judged together: one document, or a resource with its document and its managed policies.
#[derive(Clone, Debug)]
pub struct PolicyInput {
    /// Index of the file it comes from.
    pub file: usize,
    /// The document.
    pub document: Option<DocumentInput>,
    /// Managed policies, in order.
    pub managed_policies: Vec<ManagedPolicyInput>,
    /// What the author asked the findings to do.
    pub mode: Mode,
    /// The exceptions that the author made.
    pub exceptions: Vec<Exception>,
}

/// A policy document and where it comes from.
#[derive(Clone)]
pub struct DocumentInput {
    /// The policy text.
    pub text: String,
    /// Its kind.
    pub kind: PolicyKind,
    /// The ARN of a managed policy whose document stands beside the plan; nothing where the text stands in the file.
    pub arn: Option<String>,
    /// Where it stands, or where it is named.
    pub site: Site,
}

/// A managed policy, known by its ARN, and where it is named.
#[derive(Clone)]
pub struct ManagedPolicyInput {
    /// The ARN as written.
    pub arn: String,
    /// Where it stands.
    pub site: Site,
}

/// Where a text stands in its file.
#[derive(Clone, Debug)]
pub struct Site {
    /// The file itself, or an attribute in a plan.
    pub origin: Origin,
    /// From spans in the text to spans in the file.
    pub map: SourceMap,
    /// Whether the text must not be shown.
    pub sensitive: bool,
}

/// What holds a text: the file itself, or an attribute of a resource in a plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The file is the policy.
    File,
    /// An attribute of a resource.
    Plan {
        /// Address of the resource.
        address: String,
        /// Type of the resource.
        resource_type: String,
        /// Path of the attribute, such as `inline_policy[0].policy`.
        attribute: String,
    },
}

/// Something that should have been judged and could not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unjudged {
    /// The file.
    pub file: FileName,
    /// Where in it.
    pub origin: Origin,
    /// The kind of policy that stands there, where that is known.
    pub kind: Option<PolicyKind>,
    /// Why, in one line.
    pub reason: String,
    /// What to do.
    pub help: Option<String>,
}

/// Somebody whose policies a plan holds: a role, a user or a group of IAM, or a role of the AWS secrets engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Principal {
    /// Address of the resource.
    pub(crate) address: String,
    /// Type of the resource.
    pub(crate) resource_type: String,
    /// For a role of the secrets engine that assumes roles of IAM: the one that is meant.
    pub(crate) via: Option<String>,
    /// The name, where it is known.
    pub(crate) name: Option<String>,
    /// The ARN, where it is known.
    pub(crate) arn: Option<String>,
    /// Its identity-based policies, those of its groups among them.
    pub(crate) identity: Vec<Attached>,
    /// Its permissions boundary; one at most.
    pub(crate) boundary: Vec<Attached>,
    /// The session policies, where its sessions are made with some.
    pub(crate) session: Option<Vec<Attached>>,
}

/// A policy of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Attached {
    /// Every policy that stands in an attribute of a resource.
    Here {
        /// Address of the resource.
        address: String,
        /// The attribute, without the numbers of blocks and what is inside.
        attribute: String,
    },
    /// A managed policy whose document is not in the plan.
    Managed {
        /// Its ARN.
        arn: String,
        /// Whether the ARN must not be shown.
        sensitive: bool,
    },
    /// It is not known, for this reason.
    Unknown(String),
}

/// What applying a plan does with a resource.
#[derive(Clone, Debug)]
pub(crate) struct Applied {
    /// Address of the resource.
    pub(crate) address: String,
    /// Type of the resource.
    pub(crate) resource_type: String,
    /// Whether it is a data source.
    pub(crate) is_data: bool,
    /// What is done.
    pub(crate) does: BTreeSet<Doing>,
    /// What is known of it before, where it is there already.
    pub(crate) before: Option<Values>,
    /// What is known of it afterwards, where it is still there.
    pub(crate) after: Option<Values>,
    /// Its provider.
    pub(crate) provider: ProviderSettings,
}

/// What is done with a resource.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Doing {
    /// It is made.
    Create,
    /// It is read, as every resource is.
    Read,
    /// It is changed in place.
    Update,
    /// It is destroyed.
    Delete,
}

/// What is known of a resource, without what must not be shown.
#[derive(Clone, Default)]
pub(crate) struct Values {
    /// Its module, without keys of instances.
    pub(crate) module: String,
    /// Its name in the configuration.
    pub(crate) name: String,
    /// Texts and lists of texts, by attribute.
    pub(crate) texts: BTreeMap<String, Vec<String>>,
    /// Every ARN that stands in it.
    pub(crate) arns: BTreeSet<String>,
    /// Attributes that are not known, or must not be shown, with what they refer to.
    pub(crate) unknown: BTreeMap<String, Vec<Reference>>,
    /// Those of them that the configuration sets.
    pub(crate) set: BTreeSet<String>,
}

/// An attribute of a resource that an expression refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The module, without keys of instances.
    pub(crate) module: String,
    /// The type of the resource.
    pub(crate) resource_type: String,
    /// The name of the resource.
    pub(crate) name: String,
    /// The attribute.
    pub(crate) attribute: String,
}

/// Where a provider works, as far as the configuration says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ProviderSettings {
    /// The region.
    pub(crate) region: Option<String>,
    /// The account.
    pub(crate) account: Option<String>,
}

/// What applying the plans among some files does.
pub(crate) fn applied(sources: &Sources) -> Vec<Applied> {
    let files = sources.files.iter();
    files
        .flat_map(|file| plan::applied(&json::parse(&file.text).0))
        .collect()
}

/// The actions that the plans among some files invoke beside their changes: address and type.
pub(crate) fn invocations(sources: &Sources) -> Vec<(String, String)> {
    let files = sources.files.iter();
    files
        .flat_map(|file| plan::invocations(&json::parse(&file.text).0))
        .collect()
}

/// The principals of the plans among some files.
pub(crate) fn principals(sources: &Sources) -> Vec<Principal> {
    let files = sources.files.iter();
    files
        .flat_map(|file| plan::principals(&json::parse(&file.text).0))
        .collect()
}

/// The ARNs of the resources of the plans among some files, by address, as far as they are known.
pub(crate) fn arns(sources: &Sources) -> BTreeMap<String, String> {
    let files = sources.files.iter();
    files.flat_map(|file| plan::arns(&json::parse(&file.text).0)).collect()
}

/// A fact about a file that is no finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The file.
    pub file: FileName,
    /// The fact, in one line.
    pub text: String,
}

impl FileName {
    /// The name as people see it; never to be printed without making its control characters visible.
    pub fn shown(&self) -> String {
        match self {
            Self::Path(path) => path.display().to_string(),
            Self::StandardInput => "<stdin>".to_owned(),
        }
    }

    /// The path, where there is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Path(path) => Some(path),
            Self::StandardInput => None,
        }
    }
}

/// A plan may hold secrets, so only the length of the text is told.
impl fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceFile")
            .field("name", &self.name)
            .field("bytes", &self.text.len())
            .field("mark", &self.mark)
            .finish()
    }
}

/// The values of a plan are for making ARNs, and are not told.
impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values")
            .field("texts", &self.texts.len())
            .field("arns", &self.arns.len())
            .field("unknown", &self.unknown)
            .finish_non_exhaustive()
    }
}

/// The text of an attribute may be a secret, so only its length is told.
impl fmt::Debug for DocumentInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DocumentInput")
            .field("bytes", &self.text.len())
            .field("kind", &self.kind)
            .field("has_arn", &self.arn.is_some())
            .field("site", &self.site)
            .finish()
    }
}

/// The text of an attribute may be a secret, so only its length is told.
impl fmt::Debug for ManagedPolicyInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManagedPolicyInput")
            .field("bytes", &self.arn.len())
            .field("site", &self.site)
            .finish()
    }
}

impl PolicyInput {
    /// A document on its own, with nothing exempted.
    fn document(file: usize, document: DocumentInput) -> Self {
        Self {
            file,
            document: Some(document),
            managed_policies: Vec::new(),
            mode: Mode::Enforce,
            exceptions: Vec::new(),
        }
    }

    /// A managed policy on its own, with nothing exempted.
    fn managed_policy(file: usize, policy: ManagedPolicyInput) -> Self {
        Self {
            file,
            document: None,
            managed_policies: vec![policy],
            mode: Mode::Enforce,
            exceptions: Vec::new(),
        }
    }
}
