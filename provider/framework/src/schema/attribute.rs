use crate::value::Type;

/// Who gives an attribute its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The configuration, always.
    Required,
    /// The configuration, or nobody.
    Optional,
    /// The provider alone.
    Computed,
    /// The configuration, or else the provider.
    OptionalComputed,
}

impl Mode {
    /// Whether the configuration must set it.
    pub fn is_required(self) -> bool {
        self == Self::Required
    }

    /// Whether the configuration may leave it out.
    pub fn is_optional(self) -> bool {
        matches!(self, Self::Optional | Self::OptionalComputed)
    }

    /// Whether the provider may set it.
    pub fn is_computed(self) -> bool {
        matches!(self, Self::Computed | Self::OptionalComputed)
    }
}

/// One attribute of a block.
///
/// Numbers are whole: a configuration that gives a fraction for an attribute is refused before a
/// resource sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The name in configurations.
    pub name: &'static str,
    /// The type of its values.
    pub ty: Type,
    /// Who gives it its value.
    pub mode: Mode,
    /// Whether Terraform hides the value in what it prints. It is in the state all the same.
    pub sensitive: bool,
    /// Whether the value is in the configuration only, never in plan or state.
    pub write_only: bool,
    /// Whether another value needs another object.
    pub replaces: bool,
    /// What to use instead, once it should no longer be used.
    pub deprecated: Option<&'static str>,
    /// What it means, in Markdown.
    pub description: String,
}

impl Attribute {
    /// An attribute that the configuration must set.
    pub fn required(name: &'static str, ty: Type, description: impl Into<String>) -> Self {
        Self::new(name, ty, Mode::Required, description)
    }

    /// An attribute that the configuration may set.
    pub fn optional(name: &'static str, ty: Type, description: impl Into<String>) -> Self {
        Self::new(name, ty, Mode::Optional, description)
    }

    /// An attribute that the provider sets.
    pub fn computed(name: &'static str, ty: Type, description: impl Into<String>) -> Self {
        Self::new(name, ty, Mode::Computed, description)
    }

    /// An attribute that the provider sets when the configuration does not.
    pub fn optional_computed(name: &'static str, ty: Type, description: impl Into<String>) -> Self {
        Self::new(name, ty, Mode::OptionalComputed, description)
    }

    /// Makes Terraform hide the value in what it prints.
    #[must_use]
    pub fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// Keeps the value out of plan and state.
    #[must_use]
    pub fn write_only(mut self) -> Self {
        self.write_only = true;
        self
    }

    /// Makes another value need another object.
    #[must_use]
    pub fn replaces(mut self) -> Self {
        self.replaces = true;
        self
    }

    /// Warns everybody who sets it, with what to do instead.
    #[must_use]
    pub fn deprecated(mut self, instead: &'static str) -> Self {
        self.deprecated = Some(instead);
        self
    }

    fn new(name: &'static str, ty: Type, mode: Mode, description: impl Into<String>) -> Self {
        Self {
            name,
            ty,
            mode,
            sensitive: false,
            write_only: false,
            replaces: false,
            deprecated: None,
            description: description.into(),
        }
    }
}
