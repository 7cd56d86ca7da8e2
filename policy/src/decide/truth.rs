//! Three-valued answers: yes, no, and what the documentation does not decide.

use std::fmt;

/// Whether something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// The documentation leaves it open, or the policy cannot be interpreted.
    Unknown(Reason),
}

/// Why an answer is unknown. The list is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// An element is missing, doubled, misspelt or of the wrong kind, so nobody can say what the statement means.
    InvalidStatement,
    /// A condition operator that does not exist.
    UnknownOperator,
    /// `ForAnyValue` with `IfExists` on a key that is absent: the guide and the simulators differ.
    ForAnyValueIfExists,
    /// A plain operator on a key that has several values: the guide leaves it undefined.
    PlainOperatorOnSet,
    /// A policy variable that names a key of several values.
    VariableOfSet,
    /// A policy variable whose value brings colons into an ARN pattern.
    VariableWithColon,
    /// An operator for ARNs with a pattern of fewer than six fields, such as `*`: AWS compares field by field.
    PatternOfFewFields,
    /// A `NotResource` with a variable that has no value.
    VariableInNotResource,
    /// `NotPrincipal` that lists some, and not all, of a session, its role and its account.
    NotPrincipalOfSession,
}

impl Reason {
    /// The reason in a few words.
    pub fn text(self) -> &'static str {
        match self {
            Self::InvalidStatement => "a statement that cannot be interpreted",
            Self::UnknownOperator => "an unknown condition operator",
            Self::ForAnyValueIfExists => "ForAnyValue with IfExists on an absent key",
            Self::PlainOperatorOnSet => "an operator for one value on a key of several",
            Self::VariableOfSet => "a policy variable of a key of several values",
            Self::VariableWithColon => "a policy variable that brings a colon into an ARN",
            Self::PatternOfFewFields => "an ARN pattern of fewer than six fields",
            Self::VariableInNotResource => "a policy variable without a value in NotResource",
            Self::NotPrincipalOfSession => "a NotPrincipal that lists only a part of a session",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl Truth {
    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Unknown(reason), _) | (_, Self::Unknown(reason)) => Self::Unknown(reason),
            (Self::Yes, Self::Yes) => Self::Yes,
        }
    }

    /// At least one.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::Unknown(reason), _) | (_, Self::Unknown(reason)) => Self::Unknown(reason),
            (Self::No, Self::No) => Self::No,
        }
    }

    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            unknown @ Self::Unknown(_) => unknown,
        }
    }

    /// At least one of many; stops at the first that holds.
    pub fn any(all: impl IntoIterator<Item = Self>) -> Self {
        let mut found = Self::No;
        for one in all {
            found = found.or(one);
            if found == Self::Yes {
                break;
            }
        }
        found
    }

    /// All of many; stops at the first that does not hold.
    pub fn all(all: impl IntoIterator<Item = Self>) -> Self {
        let mut found = Self::Yes;
        for one in all {
            found = found.and(one);
            if found == Self::No {
                break;
            }
        }
        found
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}
