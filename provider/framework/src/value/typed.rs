use std::ops::Deref;

/// A typed attribute: known, null or unknown.
///
/// There is no fallback from one state to another here. Unknown is neither absent nor empty, and
/// whoever reads a value says what each state means.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Value<T> {
    /// Not set.
    #[default]
    Null,
    /// Set, but not known before apply.
    Unknown,
    /// Set to this.
    Known(T),
}

impl<T> Value<T> {
    /// Known when there is something, null otherwise.
    pub fn or_null(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Known)
    }

    /// Whether the attribute is not set.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether the attribute is set, but not known before apply.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// Whether the attribute is set and known.
    pub fn is_known(&self) -> bool {
        matches!(self, Self::Known(_))
    }

    /// The value, if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }

    /// The value itself, if it is known.
    pub fn into_known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }

    /// The same state with a reference to the value.
    pub fn as_ref(&self) -> Value<&T> {
        match self {
            Self::Null => Value::Null,
            Self::Unknown => Value::Unknown,
            Self::Known(value) => Value::Known(value),
        }
    }

    /// Changes the value and keeps the state.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Value<U> {
        match self {
            Self::Null => Value::Null,
            Self::Unknown => Value::Unknown,
            Self::Known(value) => Value::Known(change(value)),
        }
    }
}

impl<T: Deref> Value<T> {
    /// What the value points to, if it is known: `&str` for a text.
    pub fn as_deref(&self) -> Option<&T::Target> {
        self.known().map(Deref::deref)
    }
}

impl<T> From<Option<T>> for Value<T> {
    fn from(value: Option<T>) -> Self {
        Self::or_null(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_is_kept_by_map() {
        assert_eq!(Value::Known(2).map(|value| value + 1), Value::Known(3));
        assert_eq!(Value::<i64>::Unknown.map(|value| value + 1), Value::Unknown);
        assert_eq!(Value::<i64>::Null.map(|value| value + 1), Value::Null);
    }

    #[test]
    fn unknown_has_no_known_value() {
        let text: Value<String> = Value::Unknown;
        assert_eq!(text.as_deref(), None);
        assert!(!text.is_null());
        assert_eq!(Value::or_null(None::<i64>), Value::Null);
    }
}
