/// Why a call of a function came to nothing.
///
/// Terraform shows it with the call, and marks the argument at fault. There are no warnings, so a function that has
/// something to say beside its result puts it into the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionError {
    /// What is wrong, and what to do.
    pub text: String,
    /// The position of the argument at fault, counted from zero.
    pub argument: Option<usize>,
}

impl FunctionError {
    /// An error of the call as a whole.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            argument: None,
        }
    }

    /// An error of one argument, by its position from zero.
    pub fn at(argument: usize, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            argument: Some(argument),
        }
    }

    /// A fault of the provider itself, which the practitioner can only report.
    pub(crate) fn internal(text: &str) -> Self {
        Self::new(format!(
            "{text}; this is a fault in the provider, not in the configuration; please report it with the steps that led here"
        ))
    }
}
