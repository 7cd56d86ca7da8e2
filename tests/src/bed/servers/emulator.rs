//! The emulators of AWS.
//!
//! | | moto 5.2.5 | ministack 1.5.33 |
//! | --- | --- | --- |
//! | permissions | by [`Emulator::enforce`], in part | as AWS does, session policies included |
//! | `config/rotate-root` | works | fails: `GetUser` without a name answers the account's root |
//! | two keys for each user at most | enforced | not enforced |
//! | `path` of a user, tags of a session | kept | left out of the ARN, ignored |
//! | `GetSessionToken`, `GetFederationToken` | one fixed key for every caller | a key of its own each time |
//! | a key after its user is gone | still works | is refused |
//!
//! What moto checks after [`Emulator::enforce`] leaves out conditions, boundaries and session policies.
//!
//! So moto serves scenarios about the backend's own behaviour, and ministack those about what a credential can do.
//! That an emulator accepts a policy says nothing about AWS.

use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::aws::{Call, Client, Credentials};
use super::super::http::exchange;
use super::super::process::Daemon;
use super::super::{Bed, Part};
use super::{environment, start};

/// moto, the better control plane of IAM.
#[derive(Debug)]
pub struct Moto;

impl Moto {
    /// Starts moto.
    pub fn start(bed: &Bed) -> Result<Emulator> {
        Emulator::start(bed, EmulatorKind::Moto)
    }
}

/// ministack, the one that enforces permissions.
#[derive(Debug)]
pub struct Ministack;

impl Ministack {
    /// Starts ministack with enforcement on.
    pub fn start(bed: &Bed) -> Result<Emulator> {
        Emulator::start(bed, EmulatorKind::Ministack)
    }
}

/// Which emulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EmulatorKind {
    /// moto.
    Moto,
    /// ministack.
    Ministack,
}

impl EmulatorKind {
    /// The name in reports and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Moto => "moto",
            Self::Ministack => "ministack",
        }
    }
}

/// A running emulator, empty but for its root identity.
#[derive(Debug)]
pub struct Emulator {
    kind: EmulatorKind,
    endpoint: String,
    root: Credentials,
    client: Client,
    daemon: Daemon,
    _scratch: TempDir,
}

impl Emulator {
    /// Starts an emulator.
    pub fn start(bed: &Bed, kind: EmulatorKind) -> Result<Self> {
        let python = bed.program(Part::Python)?;
        let started = start(
            kind.name(),
            |port, scratch| {
                let mut environment = environment(scratch)?;
                let mut command = Command::new(python);
                match kind {
                    EmulatorKind::Moto => {
                        environment.apply(&mut command);
                        command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()]);
                    }
                    EmulatorKind::Ministack => {
                        environment.set("AUTH", "true").set("MINISTACK_ACCOUNT_ID", ACCOUNT);
                        environment
                            .set("BIND_HOST", "127.0.0.1")
                            .set("GATEWAY_PORT", port.to_string());
                        // Both would listen on every interface, whatever `BIND_HOST` says.
                        environment
                            .set("IOT_MTLS_ENABLED", "false")
                            .set("SFTP_ENABLED", "false");
                        // It removes containers of its own that it finds; there is no daemon to ask here.
                        environment.set("DOCKER_HOST", format!("unix://{}", scratch.join("none").display()));
                        environment.apply(&mut command);
                        command.args(["-m", "ministack"]);
                    }
                }
                Ok(command)
            },
            |port| {
                let path = match kind {
                    EmulatorKind::Moto => "moto-api/data.json",
                    EmulatorKind::Ministack => "_ministack/health",
                };
                exchange("GET", &format!("http://127.0.0.1:{port}/{path}"), "").is_ok_and(|(status, _)| status == 200)
            },
        )?;
        let endpoint = format!("http://127.0.0.1:{}", started.port);
        Ok(Self {
            kind,
            client: Client::new(bed, endpoint.as_str())?,
            endpoint,
            // ministack has this pair built in; moto takes any.
            root: Credentials::new("test", "test"),
            daemon: started.daemon,
            _scratch: started.scratch,
        })
    }

    /// Which emulator it is.
    pub fn kind(&self) -> EmulatorKind {
        self.kind
    }

    /// The one address of all services.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The account that everything belongs to.
    pub fn account(&self) -> &'static str {
        ACCOUNT
    }

    /// The identity that may do everything.
    pub fn root(&self) -> &Credentials {
        &self.root
    }

    /// Makes calls as any identity.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The process id, for a scenario in which AWS stops answering.
    pub fn process_id(&self) -> u32 {
        self.daemon.id()
    }

    /// The end of the server's log.
    pub fn log_tail(&self) -> String {
        self.daemon.log_tail()
    }

    /// Makes one call as root that has to succeed, and gives its answer.
    pub fn manage(&self, service: &str, operation: &str, parameters: Value) -> Result<Value> {
        self.client
            .call(&self.root, service, operation, parameters)?
            .answer()
            .with_context(|| format!("{} refused `{service}:{operation}` of its root", self.kind.name()))
    }

    /// Makes calls as root that all have to succeed.
    pub fn manage_all(&self, calls: &[Call]) -> Result<Vec<Value>> {
        self.client
            .calls(&self.root, calls)?
            .into_iter()
            .zip(calls)
            .map(|(outcome, call)| {
                outcome
                    .answer()
                    .with_context(|| format!("{} refused {call:?} of its root", self.kind.name()))
            })
            .collect()
    }

    /// Forgets everything.
    pub fn reset(&self) -> Result<()> {
        match self.kind {
            EmulatorKind::Moto => self.post("moto-api/reset", ""),
            EmulatorKind::Ministack => self.post("_ministack/reset", ""),
        }
    }

    /// Switches the permission checks of moto on or off. Once they are on, its root is nobody: seed before.
    pub fn enforce(&self, on: bool) -> Result<()> {
        match self.kind {
            // The number of calls that need no permission. A form content type would be answered with a 500.
            EmulatorKind::Moto => self.post("moto-api/reset-auth", if on { "0" } else { "inf" }),
            EmulatorKind::Ministack if on => Ok(()),
            EmulatorKind::Ministack => bail!("the permission checks of ministack are on from its start to its end"),
        }
    }

    /// Lays out what most scenarios start from; see [`Seed`].
    pub fn seed(&self) -> Result<Seed> {
        let trust = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")},
                "Action": "sts:AssumeRole",
            }],
        });
        let (mount, user, role) = (allow(&["iam:*", "sts:*", "s3:*"]), allow(&["s3:*"]), allow(&["s3:*"]));
        let answers = self.manage_all(&[
            Call::new("s3", "create_bucket", json!({"Bucket": BUCKET})),
            Call::new(
                "s3",
                "put_object",
                json!({"Bucket": BUCKET, "Key": OBJECT, "Body": "hello"}),
            ),
            Call::new("iam", "create_user", json!({"UserName": MOUNT_USER})),
            inline_policy(MOUNT_USER, &mount),
            Call::new("iam", "create_user", json!({"UserName": STATIC_USER})),
            inline_policy(STATIC_USER, &user),
            Call::new(
                "iam",
                "create_role",
                json!({"RoleName": ROLE, "AssumeRolePolicyDocument": trust.to_string()}),
            ),
            Call::new(
                "iam",
                "put_role_policy",
                json!({"RoleName": ROLE, "PolicyName": "all", "PolicyDocument": role}),
            ),
            Call::new("iam", "create_access_key", json!({"UserName": MOUNT_USER})),
        ])?;
        let key = answers
            .last()
            .and_then(|answer| answer.get("AccessKey"))
            .context("no access key was created")?;
        let text = |name: &str| {
            key.get(name)
                .and_then(Value::as_str)
                .with_context(|| format!("the access key has no `{name}`"))
        };
        Ok(Seed {
            bucket: BUCKET.to_owned(),
            object: OBJECT.to_owned(),
            mount: Credentials::new(text("AccessKeyId")?, text("SecretAccessKey")?),
            mount_user: MOUNT_USER.to_owned(),
            static_user: STATIC_USER.to_owned(),
            role_arn: format!("arn:aws:iam::{ACCOUNT}:role/{ROLE}"),
        })
    }

    /// The names of all IAM users.
    pub fn users(&self) -> Result<Vec<String>> {
        let answer = self.manage("iam", "list_users", Value::Null)?;
        let users = answer
            .get("Users")
            .and_then(Value::as_array)
            .context("the list of users has no `Users`")?;
        Ok(users
            .iter()
            .filter_map(|user| user.get("UserName")?.as_str().map(str::to_owned))
            .collect())
    }

    fn post(&self, path: &str, body: &str) -> Result<()> {
        let (status, text) = exchange("POST", &format!("{}/{path}", self.endpoint), body)?;
        if status != 200 {
            bail!("{} answered `{path}` with {status}: {text}", self.kind.name());
        }
        Ok(())
    }
}

/// What [`Emulator::seed`] laid out.
#[derive(Clone, Debug)]
pub struct Seed {
    /// A bucket.
    pub bucket: String,
    /// The key of its one object.
    pub object: String,
    /// The identity of the mount: a user that may do everything in IAM, STS and S3, with one access key. It has to
    /// be a user, since root can neither assume a role on AWS nor have a federation token of more than an hour.
    pub mount: Credentials,
    /// The name of that user.
    pub mount_user: String,
    /// A user without a key, for a static role; it may do everything in S3.
    pub static_user: String,
    /// A role that trusts the account and may do everything in S3.
    pub role_arn: String,
}

fn inline_policy(user: &str, document: &str) -> Call {
    Call::new(
        "iam",
        "put_user_policy",
        json!({"UserName": user, "PolicyName": "all", "PolicyDocument": document}),
    )
}

fn allow(actions: &[&str]) -> String {
    let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

/// moto has no other, and ministack is told to have the same.
const ACCOUNT: &str = "123456789012";

const BUCKET: &str = "reports";
const OBJECT: &str = "monthly.txt";
const MOUNT_USER: &str = "mount";
const STATIC_USER: &str = "batch";
const ROLE: &str = "reader";
