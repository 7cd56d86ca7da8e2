use leastpriv_policy::compare::{Containment, contained};
use leastpriv_terraform::function::{Arguments, Function, FunctionError, Parameter, Signature};
use leastpriv_terraform::value::{Tree, Type};

use super::{policy, witness};

/// `new_access(existing, new)`: what a policy allows that another one does not.
pub(super) struct NewAccess;

impl Function for NewAccess {
    fn name(&self) -> &'static str {
        "new_access"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: SUMMARY.to_owned(),
            description: format!("{SUMMARY}{DESCRIPTION}{}", witness::MEMBERS),
            parameters: vec![
                Parameter::new(
                    "existing",
                    Type::String,
                    "The policy as it is, or one that must not be exceeded, as JSON.",
                ),
                Parameter::new("new", Type::String, "The policy that is to replace it, as JSON."),
            ],
            variadic: None,
            returns: witness::ty(),
            deprecated: None,
        }
    }

    fn call(&self, arguments: &Arguments) -> Result<Tree, FunctionError> {
        let (existing, new) = (policy::read(arguments, 0)?, policy::read(arguments, 1)?);
        match contained(&new.document, &existing.document) {
            Containment::Contained => Ok(Tree::List(Vec::new())),
            Containment::Exceeds(excesses) => Ok(witness::list(&new.document, &existing.document, &excesses)),
            Containment::Unknown(doubts) => Err(policy::undecided(&doubts, &[&existing, &new])),
        }
    }
}

const SUMMARY: &str = "Requests that a new policy allows and an existing one does not.";

const DESCRIPTION: &str = "

The result is empty where the new policy allows nothing that the existing one does not, whatever the two texts look like. \
Otherwise it holds one request for each statement that lets more through, each of which both policies were asked about. \
Where it cannot be decided, as with policy variables, the call fails and says what it depends on.

Both policies are of one kind: identity-based, or policies of resources that name principals. Other policies that apply to \
the same caller are not known here.

Each object of the result has these members:

";

#[cfg(test)]
mod tests {
    use leastpriv_terraform::value::IntoTree;
    use serde_json::{Value as Json, json};

    use super::*;

    fn statement(action: &str, resource: &str) -> String {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"Reports","Effect":"Allow","Action":"{action}","Resource":"{resource}"}}]}}"#
        )
    }

    fn call(existing: &str, new: &str) -> Result<Tree, FunctionError> {
        NewAccess.call(&[existing.into_tree(), new.into_tree()].into_iter().collect())
    }

    #[test]
    fn nothing_new_is_an_empty_list() {
        let (wide, narrow) = (
            statement("s3:Get*", "*"),
            statement("s3:GetObject", "arn:aws:s3:::reports/*"),
        );
        assert_eq!(call(&wide, &narrow), Ok(Tree::List(Vec::new())));
    }

    #[test]
    fn new_access_comes_with_a_request_that_proves_it() {
        let (narrow, wide) = (
            statement("s3:GetObject", "arn:aws:s3:::reports/*"),
            statement("s3:Get*", "arn:aws:s3:::reports/*"),
        );
        let found = call(&narrow, &wide).unwrap();
        let [one] = found.elements() else {
            panic!("one statement lets more through: {found:?}")
        };
        assert_eq!(one.get::<i64>("statement").into_known(), Some(0));
        assert_eq!(one.get::<String>("sid").as_deref(), Some("Reports"));
        let action = one.get::<String>("action").into_known().unwrap();
        assert!(action.starts_with("s3:Get") && action != "s3:GetObject", "{action}");
        let context = one.get::<String>("context").into_known().unwrap();
        assert_eq!(serde_json::from_str::<Json>(&context).unwrap(), json!({}));
        let principal = one.get::<String>("principal").into_known().unwrap();
        assert!(principal.starts_with(r#"{"AWS":"arn:aws:iam::"#), "{principal}");
    }

    #[test]
    fn what_cannot_be_decided_is_an_error_with_its_reason() {
        let of_user = statement("s3:GetObject", "arn:aws:s3:::${aws:username}/*");
        let error = call(&statement("s3:GetObject", "arn:aws:s3:::?*"), &of_user).unwrap_err();
        assert!(error.text.contains("policy variables"), "{}", error.text);
        assert_eq!(error.argument, None);
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_place() {
        let narrow = statement("s3:GetObject", "*");
        for (new, expected) in [
            ("{\n  \"Statement\": [,]\n}", "line 2, column 17: "),
            ("", "the text is empty; give the policy as JSON"),
            ("{}", "it holds no `Statement`"),
            (
                r#"{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}"#,
                "keep one of the two",
            ),
            (
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Alow","Action":"*","Resource":"*"}]}"#,
                "line 1, column ",
            ),
        ] {
            let error = call(&narrow, new).unwrap_err();
            assert!(error.text.contains(expected), "{}", error.text);
            assert_eq!(error.argument, Some(1), "{}", error.text);
        }
    }

    #[test]
    fn policies_of_two_kinds_are_not_compared() {
        let bucket = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}]}"#;
        let error = call(&statement("s3:GetObject", "*"), bucket).unwrap_err();
        assert!(error.text.contains("names principals"), "{}", error.text);
    }
}
