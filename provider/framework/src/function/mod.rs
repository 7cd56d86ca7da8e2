//! What a function of a provider is: a signature, and a computation on its arguments alone.
//!
//! The host checks and converts the arguments of a call before it sends them, and it gives the answer "unknown" by itself
//! where an argument is unknown. `server` holds every call to the same rules, so that a function can rely on them
//! whatever the host does.

mod arguments;
mod error;
mod signature;

pub use arguments::Arguments;
pub use error::FunctionError;
pub use signature::{Parameter, Signature};

use crate::value::Tree;

/// A function that configurations call as `provider::PROVIDER::NAME(…)`.
///
/// A host calls functions in processes that are not configured and while it validates, and it may call them again with
/// the same arguments at any time. So a function reads no setting, no clock and no server: the same arguments have the
/// same result.
pub trait Function: Send + Sync {
    /// The name behind that of the provider.
    fn name(&self) -> &'static str;

    /// What it takes and what it gives. Called once.
    fn signature(&self) -> Signature;

    /// Computes the result, which has the shape of the signature's return type and is wholly known.
    ///
    /// There are as many arguments as the signature asks for, each of its type. None is null or holds anything unknown,
    /// unless its parameter says so.
    fn call(&self, arguments: &Arguments) -> Result<Tree, FunctionError>;
}
