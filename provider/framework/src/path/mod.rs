//! The way from the root of a value to one of its parts, and faults that know their place.
//!
//! Looking up what lies at the end of a path belongs to `value`, not here.

use std::error::Error;
use std::fmt::{self, Display, Formatter};

/// One step of an [`AttributePath`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Into the attribute or nested block of this name.
    Attribute(String),
    /// Into the map element with this key.
    Key(String),
    /// Into the list element at this position, counted from zero.
    Index(i64),
}

/// The way from the root of a configuration or state to one of its parts.
///
/// Elements of a set have no address in the protocol, so a path ends at the set itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttributePath(Vec<Step>);

impl AttributePath {
    /// The path of the whole value.
    pub fn root() -> Self {
        Self::default()
    }

    /// The path of an attribute or block at the top.
    pub fn attribute(name: impl Into<String>) -> Self {
        Self(vec![Step::Attribute(name.into())])
    }

    /// Goes on to an attribute of the object at the end of this path.
    #[must_use]
    pub fn then_attribute(mut self, name: impl Into<String>) -> Self {
        self.0.push(Step::Attribute(name.into()));
        self
    }

    /// Goes on to an element of the map at the end of this path.
    #[must_use]
    pub fn then_key(mut self, key: impl Into<String>) -> Self {
        self.0.push(Step::Key(key.into()));
        self
    }

    /// Goes on to an element of the list at the end of this path.
    ///
    /// No list is as long as the largest position, so a position beyond it is held at it.
    #[must_use]
    pub fn then_index(mut self, index: impl TryInto<i64>) -> Self {
        self.0.push(Step::Index(index.try_into().unwrap_or(i64::MAX)));
        self
    }

    /// The steps from the root.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether this is the path of the whole value.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The same path seen from one level further out.
    pub(crate) fn under(mut self, step: Step) -> Self {
        self.0.insert(0, step);
        self
    }
}

impl FromIterator<Step> for AttributePath {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl Display for AttributePath {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if position == 0 => f.write_str(name)?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A fault in a value, and where in the value it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<F> {
    /// The part at fault.
    pub path: AttributePath,
    /// What is wrong with it.
    pub fault: F,
}

impl<F> Located<F> {
    /// The same fault seen from one level further out.
    pub(crate) fn under(self, step: Step) -> Self {
        let Self { path, fault } = self;
        Self {
            path: path.under(step),
            fault,
        }
    }
}

impl<F> From<F> for Located<F> {
    fn from(fault: F) -> Self {
        Self {
            path: AttributePath::root(),
            fault,
        }
    }
}

impl<F: Display> Display for Located<F> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { path, fault } = self;
        if path.is_root() {
            write!(f, "{fault}")
        } else {
            write!(f, "`{path}`: {fault}")
        }
    }
}

impl<F: Error> Error for Located<F> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_like_an_expression() {
        let path = AttributePath::attribute("statement")
            .then_index(2_usize)
            .then_attribute("tags")
            .then_key("team");
        assert_eq!(path.to_string(), r#"statement[2].tags["team"]"#);
        assert_eq!(AttributePath::root().to_string(), "");
    }

    #[test]
    fn steps_are_added_at_both_ends() {
        let path = AttributePath::attribute("b").under(Step::Attribute("a".to_owned()));
        assert_eq!(
            path,
            AttributePath::attribute("a").then_attribute("b"),
            "`under` looks from further out"
        );
    }

    #[test]
    fn an_impossible_index_is_held_at_the_largest() {
        let path = AttributePath::root().then_index(u64::MAX);
        assert_eq!(path.steps(), [Step::Index(i64::MAX)]);
    }
}
