use crate::value::Type;

/// What a function takes and what it gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// What it does, in one line.
    pub summary: String,
    /// What it does, in Markdown.
    pub description: String,
    /// The parameters, in order.
    pub parameters: Vec<Parameter>,
    /// The parameter of all arguments behind them, if there may be any.
    pub variadic: Option<Parameter>,
    /// The type of the result.
    pub returns: Type,
    /// What to use instead, once it should no longer be used.
    pub deprecated: Option<&'static str>,
}

impl Signature {
    /// The parameter of the argument at a position, counted from zero.
    pub fn parameter(&self, at: usize) -> Option<&Parameter> {
        self.parameters.get(at).or(self.variadic.as_ref())
    }
}

/// One parameter of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The name in messages and documentation; a call has positions only.
    pub name: &'static str,
    /// The type of its values.
    pub ty: Type,
    /// Whether null may be passed for it.
    pub allow_null: bool,
    /// Whether the function is called while it is unknown.
    pub allow_unknown: bool,
    /// What it means, in Markdown.
    pub description: String,
}

impl Parameter {
    /// A parameter that is neither null nor unknown.
    pub fn new(name: &'static str, ty: Type, description: impl Into<String>) -> Self {
        Self {
            name,
            ty,
            allow_null: false,
            allow_unknown: false,
            description: description.into(),
        }
    }

    /// Lets null be passed for it.
    #[must_use]
    pub fn nullable(mut self) -> Self {
        self.allow_null = true;
        self
    }

    /// Lets the function be called while it is unknown.
    #[must_use]
    pub fn or_unknown(mut self) -> Self {
        self.allow_unknown = true;
        self
    }
}
