//! AWS calls against an emulator, made by boto3: a second implementation of signing and of the protocols.
//!
//! A scenario uses it to lay out users, roles and buckets, and to prove by doing what a credential can do.

use std::fmt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::process::run_within;
use super::{Bed, Environment, Part, inputs};

/// An access key, with a session token when it is a temporary one.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    access_key: String,
    secret_key: String,
    session_token: Option<String>,
}

impl Credentials {
    /// A long-lived key.
    pub fn new(access_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        Self {
            access_key: access_key.into(),
            secret_key: secret_key.into(),
            session_token: None,
        }
    }

    /// The same key with the session token that belongs to it.
    #[must_use]
    pub fn with_session_token(self, token: impl Into<String>) -> Self {
        Self {
            session_token: Some(token.into()),
            ..self
        }
    }

    /// The key id.
    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    /// The secret.
    pub fn secret_key(&self) -> &str {
        &self.secret_key
    }

    /// The session token of a temporary key.
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }
}

impl fmt::Debug for Credentials {
    /// The key id only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key", &self.access_key)
            .finish_non_exhaustive()
    }
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It was carried out.
    Allowed {
        /// The answer as boto3 shows it; the body of an object is text.
        response: Value,
    },
    /// The caller may not do it, or is not known.
    Denied {
        /// The error code, such as `AccessDenied`.
        code: String,
        /// The error message.
        message: String,
    },
    /// It failed for another reason.
    Other {
        /// The error code, or the name of boto3's exception.
        code: String,
        /// The error message.
        message: String,
    },
}

impl Outcome {
    /// Whether the call was carried out.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed { .. })
    }

    /// Whether the call was refused.
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Denied { .. })
    }

    /// The answer of a call that had to succeed.
    pub fn answer(self) -> Result<Value> {
        match self {
            Self::Allowed { response } => Ok(response),
            Self::Denied { code, message } => bail!("denied with {code}: {message}"),
            Self::Other { code, message } => bail!("failed with {code}: {message}"),
        }
    }
}

/// One call: boto3's names of a service and an operation, and its parameters.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    service: String,
    operation: String,
    parameters: Value,
}

impl Call {
    /// A call such as `("s3", "get_object", {"Bucket": …, "Key": …})`; null stands for no parameters.
    pub fn new(service: &str, operation: &str, parameters: Value) -> Self {
        let parameters = if parameters.is_null() {
            Value::Object(serde_json::Map::new())
        } else {
            parameters
        };
        Self {
            service: service.to_owned(),
            operation: operation.to_owned(),
            parameters,
        }
    }
}

/// Makes calls to one emulator.
#[derive(Clone, Debug)]
pub struct Client {
    python: PathBuf,
    endpoint: String,
}

impl Client {
    /// A client of the emulator at `endpoint`, such as `http://127.0.0.1:4566`.
    pub fn new(bed: &Bed, endpoint: impl Into<String>) -> Result<Self> {
        Ok(Self {
            python: bed.program(Part::Python)?.to_owned(),
            endpoint: endpoint.into(),
        })
    }

    /// Makes one call.
    pub fn call(&self, caller: &Credentials, service: &str, operation: &str, parameters: Value) -> Result<Outcome> {
        let mut outcomes = self.calls(caller, &[Call::new(service, operation, parameters)])?;
        outcomes.pop().context("the call has no outcome")
    }

    /// Makes several calls by one process, which costs little more than one call.
    pub fn calls(&self, caller: &Credentials, calls: &[Call]) -> Result<Vec<Outcome>> {
        let Credentials {
            access_key,
            secret_key,
            session_token,
        } = caller;
        let credentials = json!({"access_key": access_key, "secret_key": secret_key, "session_token": session_token});
        let request = json!({"endpoint": self.endpoint, "region": REGION, "credentials": credentials, "calls": calls});
        let mut command = Command::new(&self.python);
        let mut environment = Environment::from_process();
        // Without them boto3 looks into the home folder and asks the metadata service of the machine.
        environment
            .set("AWS_CONFIG_FILE", "/dev/null")
            .set("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
        environment.set("AWS_EC2_METADATA_DISABLED", "true");
        environment.apply(&mut command);
        command
            .arg("-W")
            .arg("ignore")
            .arg(inputs().join("python").join("aws_call.py"));
        let run = run_within(&mut command, Duration::from_mins(2), request.to_string().as_bytes())?;
        ensure!(
            run.status.success(),
            "the script for AWS calls failed: {}",
            run.stderr.trim()
        );
        let outcomes = read_outcomes(&run.stdout)?;
        ensure!(
            outcomes.len() == calls.len(),
            "{} calls have {} outcomes",
            calls.len(),
            outcomes.len()
        );
        Ok(outcomes)
    }
}

/// One entry of what the script writes.
#[derive(Deserialize)]
struct Answer {
    outcome: String,
    #[serde(default)]
    response: Value,
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

fn read_outcomes(text: &str) -> Result<Vec<Outcome>> {
    let answers: Vec<Answer> =
        serde_json::from_str(text).context("the script for AWS calls answered something else")?;
    answers
        .into_iter()
        .map(
            |Answer {
                 outcome,
                 response,
                 code,
                 message,
             }| match outcome.as_str() {
                "allowed" => Ok(Outcome::Allowed { response }),
                "denied" => Ok(Outcome::Denied { code, message }),
                "other" => Ok(Outcome::Other { code, message }),
                unknown => bail!("the script for AWS calls knows an outcome `{unknown}`"),
            },
        )
        .collect()
}

/// The region of everything in the bed.
pub const REGION: &str = "us-east-1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_read_as_the_script_writes_them() {
        let text = r#"[
            {"outcome": "allowed", "response": {"Body": "hello", "ContentLength": 5}},
            {"outcome": "denied", "code": "AccessDenied", "message": "no identity-based policy allows it"},
            {"outcome": "other", "code": "NoSuchBucket", "message": "gone"}
        ]"#;
        let outcomes = read_outcomes(text).unwrap();
        assert!(outcomes[0].is_allowed() && outcomes[1].is_denied());
        assert!(!outcomes[2].is_allowed() && !outcomes[2].is_denied());
        let answer = outcomes[0].clone().answer().unwrap();
        assert_eq!(answer, json!({"Body": "hello", "ContentLength": 5}));
        let denied = outcomes[1].clone().answer().unwrap_err().to_string();
        assert_eq!(denied, "denied with AccessDenied: no identity-based policy allows it");
        assert!(read_outcomes(r#"[{"outcome": "maybe"}]"#).is_err());
    }

    #[test]
    fn a_call_without_parameters_gives_the_script_an_empty_object() {
        let call = serde_json::to_value(Call::new("sts", "get_caller_identity", Value::Null)).unwrap();
        assert_eq!(
            call,
            json!({"service": "sts", "operation": "get_caller_identity", "parameters": {}})
        );
    }

    #[test]
    fn a_secret_is_not_in_the_debug_form() {
        let credentials = Credentials::new("AKIAEXAMPLE", "bed-secret").with_session_token("bed-token");
        let text = format!("{credentials:?}");
        assert!(text.contains("AKIAEXAMPLE") && !text.contains("bed-"), "{text}");
    }
}
