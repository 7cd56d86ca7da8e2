//! Requests decided as AWS's policy simulator decides them, with all policies that apply.
//!
//! What lives here: the policies with the names that people know them by, who asks and with which context, why a request
//! was decided as it was, and the answer in the words of `aws iam simulate-custom-policy` or as a table.
//! What must not: how a request is decided, which is `leastpriv_policy::decide`, and the command line.

mod answer;
mod caller;
mod context;
mod layers;
mod question;
mod spelling;
mod table;
mod why;

pub(crate) use answer::{answer, missing};
pub(crate) use caller::{account, principal};
pub(crate) use context::{entries_from_json, parse_entries};
pub(crate) use layers::{Layers, NamedPolicy, Shown, Site, layer_words};
pub(crate) use question::{Asked, Question, check_action, check_resource, spelling_note};
pub(crate) use spelling::{hint, nearest_name};
pub(crate) use table::table;
pub(crate) use why::{Nearest, element_words, nearest, outcome_words, why};
