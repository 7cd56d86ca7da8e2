//! Carrying out a plan: the order of the writes, and what is left when one of them fails.

use leastpriv_terraform::diagnostics::{Diagnostic, Diagnostics};
use leastpriv_terraform::path::AttributePath;
use leastpriv_terraform::resource::{ApplyRequest, Outcome};
use leastpriv_terraform::value::{Tree, Value};
use tokio::time::{Duration, Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::model::{Backend, Secrets};
use super::notes::Notes;
use super::plan::{fixed_changes, half_a_pair};
use super::root::{self, RootWrite, Situation};
use super::server::{self, Found, Live};
use super::{another_engine, rules, taken};
use crate::client::{Client, Failure, FailureKind, Meta, Object};
use crate::resources::engine::{self, Fields};
use crate::resources::settle;

/// Mounts the engine and configures it.
pub(crate) async fn create(meta: &Meta, request: &ApplyRequest<'_>) -> Outcome {
    let planned = Backend::from_tree(request.planned);
    let secrets = Secrets::from_config(request.config);
    let mut wrong = rules::check(&planned, &secrets);
    // The secret may have been unknown in the plan.
    wrong.extend(half_a_pair(&planned, &secrets));
    if wrong.has_errors() {
        return wrong.into();
    }
    let mut work = match Work::start(meta, request, &planned, planned.path.as_deref()).await {
        Ok(work) => work,
        Err(outcome) => return *outcome,
    };
    let what = format!("mount an AWS secrets engine at `{}`", work.path);
    let was_free = match work.client.mount(work.namespace, &work.path, work.cancel).await {
        Ok(None) => true,
        Ok(Some(mount)) => return taken(work.namespace, &work.path, &mount.kind).into(),
        // Whoever may mount need not be allowed to look; the server refuses a path that is in use.
        Err(failure) if failure.kind == FailureKind::Denied => false,
        Err(failure) => return failure.diagnostic(&what).into(),
    };
    let body = server::enable_body(&planned);
    if let Err(failure) = work
        .client
        .enable_mount(work.namespace, &work.path, &body, work.cancel)
        .await
        && !(was_free && failure.may_have_been_done && work.was_mounted().await)
    {
        return failure.diagnostic(&what).into();
    }
    let mut diagnostics = Diagnostics::default();
    if let Err(Stop { diagnostic, refused }) = work.configure(&planned, &secrets).await {
        if refused && work.unmount().await {
            return diagnostic.into();
        }
        diagnostics.push(diagnostic);
    }
    work.conclude(request.planned, planned.clone(), None, diagnostics).await
}

/// Moves, tunes and configures the mount, as far as the plan differs from what is there.
pub(crate) async fn update(meta: &Meta, request: &ApplyRequest<'_>) -> Outcome {
    let prior_tree = request.prior.unwrap_or(&Tree::Null);
    let (prior, planned) = (Backend::from_tree(prior_tree), Backend::from_tree(request.planned));
    let secrets = Secrets::from_config(request.config);
    let mut wrong = rules::check(&planned, &secrets);
    wrong.extend(fixed_changes(prior_tree, request.planned));
    if wrong.has_errors() {
        return wrong.into();
    }
    let mut work = match Work::start(meta, request, &planned, prior.path.as_deref()).await {
        Ok(work) => work,
        Err(outcome) => return *outcome,
    };
    if let Some(path) = planned.path.as_deref().filter(|path| *path != work.path)
        && let Err(diagnostic) = work.relocate(path).await
    {
        return diagnostic.into();
    }
    let mut reached = planned.clone();
    let mut diagnostics = Diagnostics::default();
    if let Err(Stop { diagnostic, refused: _ }) = work.change(&prior, &planned, &secrets).await {
        // What was not written must not look as if it had been, or nobody would write it again.
        if !work.pair_written {
            reached.root.access_key = prior.root.access_key;
            reached.secret_key_wo_version = prior.secret_key_wo_version;
        }
        diagnostics.push(diagnostic);
    }
    work.conclude(request.planned, reached, request.prior, diagnostics)
        .await
}

/// Why the work ends before its end.
struct Stop {
    diagnostic: Diagnostic,
    /// The server refused for certain, so that trying again cannot help and nothing was done.
    refused: bool,
}

impl Stop {
    fn new(diagnostic: Diagnostic) -> Self {
        Self {
            diagnostic,
            refused: true,
        }
    }

    fn failed(failure: &Failure, what: &str) -> Self {
        let refused = matches!(failure.kind, FailureKind::InvalidRequest | FailureKind::Unsupported);
        Self {
            diagnostic: failure.diagnostic(what),
            refused,
        }
    }
}

struct Work<'a> {
    client: Client,
    namespace: Option<&'a str>,
    path: String,
    cancel: &'a CancellationToken,
    notes: Notes,
    pair_written: bool,
    warnings: Vec<String>,
}

impl<'a> Work<'a> {
    async fn start(
        meta: &Meta,
        request: &ApplyRequest<'a>,
        planned: &'a Backend,
        path: Option<&str>,
    ) -> Result<Self, Box<Outcome>> {
        let Some(path) = path else {
            return Err(Box::new(super::pathless()));
        };
        let client = meta
            .client()
            .await
            .map_err(|diagnostics| Box::new(Outcome::from(diagnostics)))?;
        let notes = if request.prior.is_some() {
            Notes::read(request.private)
        } else {
            Notes::default()
        };
        Ok(Self {
            client,
            namespace: planned.namespace(),
            path: path.to_owned(),
            cancel: request.cancel,
            notes,
            pair_written: false,
            warnings: Vec::new(),
        })
    }

    /// Configures a mount that was just made.
    async fn configure(&mut self, planned: &Backend, secrets: &Secrets) -> Result<(), Stop> {
        let fields = self.root_fields(planned).await?;
        self.write_root(planned, secrets, RootWrite::Everything, &Object::new(), &fields)
            .await?;
        self.write_lease(planned, None).await
    }

    /// Takes a mount away again that was just made and could not be configured. Nobody can have put anything into it.
    async fn unmount(&self) -> bool {
        self.client
            .disable_mount(self.namespace, &self.path, self.cancel)
            .await
            .is_ok()
    }

    async fn relocate(&mut self, to: &str) -> Result<(), Diagnostic> {
        let what = format!("move mount `{}` to `{to}`", self.path);
        match self.client.mount(self.namespace, to, self.cancel).await {
            Ok(None) => {}
            Ok(Some(mount)) => return Err(taken(self.namespace, to, &mount.kind)),
            Err(failure) if failure.kind == FailureKind::Denied => {}
            Err(failure) => return Err(failure.diagnostic(&what)),
        }
        if let Err(failure) = self.client.remount(self.namespace, &self.path, to, self.cancel).await
            && !(failure.may_have_been_done && self.arrives(to).await)
        {
            return Err(failure.diagnostic(&what));
        }
        self.path = to.to_owned();
        Ok(())
    }

    /// Whether a move whose end is not known comes to its end. An interrupt does not stop the server, so it does not
    /// stop this either: a state with the old path would lose the mount.
    async fn arrives(&self, to: &str) -> bool {
        let patient = CancellationToken::new();
        let until = Instant::now() + ARRIVAL_TIME;
        while Instant::now() < until {
            let old = self.client.mount(self.namespace, &self.path, &patient).await;
            if matches!(old, Ok(None)) && matches!(self.client.mount(self.namespace, to, &patient).await, Ok(Some(_))) {
                return true;
            }
            sleep(ARRIVAL_PAUSE).await;
        }
        false
    }

    /// Whether a mount whose answer was lost was made: nothing was there a moment ago.
    async fn was_mounted(&self) -> bool {
        let patient = CancellationToken::new();
        let mount = self.client.mount(self.namespace, &self.path, &patient).await;
        mount.is_ok_and(|mount| mount.is_some_and(|mount| mount.kind == "aws"))
    }

    /// Brings an existing mount to the plan.
    async fn change(&mut self, prior: &Backend, planned: &Backend, secrets: &Secrets) -> Result<(), Stop> {
        let live = match server::load(&self.client, self.namespace, &self.path, self.cancel).await {
            Ok(Found::Aws(live)) => live,
            Ok(Found::Other(kind)) => return Err(Stop::new(another_engine(&self.path, &kind))),
            Ok(Found::Nothing) => {
                return Err(Stop::new(Diagnostic::error(
                    format!("mount `{}` is gone", self.path),
                    "somebody unmounted it after it was planned; run again",
                )));
            }
            Err(failure) => return Err(Stop::failed(&failure, &format!("read mount `{}`", self.path))),
        };
        if let Some(body) = server::tune_body(planned, &live.mount, &self.notes) {
            let tuned = self
                .client
                .tune_mount(self.namespace, &self.path, &body, self.cancel)
                .await;
            tuned.map_err(|failure| Stop::failed(&failure, &format!("tune mount `{}`", self.path)))?;
        }
        let fields = self.root_fields(planned).await?;
        let live_key = live.access_key();
        let situation = Situation {
            merges: fields.known().is_some_and(engine::merges),
            live_key: &live_key,
            last_written: self.notes.last_written_access_key.as_deref(),
        };
        match root::decide(prior, planned, secrets, situation) {
            Ok(RootWrite::Nothing) => {}
            Ok(RootWrite::TakeOver) => self.take_over(live_key),
            Ok(write) => {
                self.write_root(planned, secrets, write, &live.root, &fields).await?;
                if planned.root.access_key.as_deref() == Some(live_key.as_str()) {
                    self.take_over(live_key);
                }
            }
            Err(refusal) => return Err(Stop::new(refusal.diagnostic(&self.path))),
        }
        self.write_lease(planned, live.lease.as_ref()).await
    }

    /// The access key that the server has is the configured one from here on.
    fn take_over(&mut self, live_key: String) {
        self.notes.last_written_access_key = Some(live_key);
        self.pair_written = true;
    }

    /// The fields of the root configuration, which must have all that is asked for.
    async fn root_fields(&self, planned: &Backend) -> Result<Fields, Stop> {
        let fields = engine::root_fields(&self.client, self.namespace, &self.path, self.cancel)
            .await
            .map_err(|failure| Stop::failed(&failure, &format!("configure mount `{}`", self.path)))?;
        let tree = planned.clone().into_tree();
        let lacking = fields
            .known()
            .map(|known| root::unsupported(&tree, known))
            .unwrap_or_default();
        match lacking.first() {
            Some(field) => {
                let mount = format!("mount `{}`", self.path);
                Err(Stop::new(engine::lacks("AWS secrets engine", &mount, field)))
            }
            None => Ok(fields),
        }
    }

    async fn write_root(
        &mut self,
        planned: &Backend,
        secrets: &Secrets,
        write: RootWrite,
        live: &Object,
        fields: &Fields,
    ) -> Result<(), Stop> {
        let body = root::body(planned, secrets, write, live, fields.known());
        let written = self
            .client
            .write_root_config(self.namespace, &self.path, body, self.cancel)
            .await;
        let warnings =
            written.map_err(|failure| Stop::failed(&failure, &format!("write `{}/config/root`", self.path)))?;
        self.warnings.extend(warnings);
        if write == RootWrite::Everything {
            self.pair_written = true;
            self.notes.last_written_access_key = Some(planned.root.access_key.known().cloned().unwrap_or_default());
        }
        Ok(())
    }

    async fn write_lease(&mut self, planned: &Backend, live: Option<&Object>) -> Result<(), Stop> {
        let Some((lease, lease_max)) = server::lease_to_write(&planned.lease, live) else {
            return Ok(());
        };
        let written = self
            .client
            .write_lease_config(self.namespace, &self.path, &lease, &lease_max, self.cancel)
            .await;
        let warnings =
            written.map_err(|failure| Stop::failed(&failure, &format!("write `{}/config/lease`", self.path)))?;
        self.warnings.extend(warnings);
        Ok(())
    }

    /// Reads back what came of it. Without an error so far, every field that did not stick becomes one. What failed and
    /// cannot be read is left as it was before.
    async fn conclude(
        mut self,
        wanted: &Tree,
        reached: Backend,
        prior: Option<&Tree>,
        mut diagnostics: Diagnostics,
    ) -> Outcome {
        let failed = diagnostics.has_errors();
        for warning in &self.warnings {
            diagnostics.warning(
                format!("the server warns about mount `{}`: {warning}", self.path),
                "it came with the answer to a write",
            );
        }
        let what = format!("read mount `{}` back", self.path);
        let mut tree = match server::load(&self.client, self.namespace, &self.path, self.cancel).await {
            Ok(Found::Aws(live)) => self.compare(wanted, reached, &live, failed, &mut diagnostics),
            Ok(Found::Nothing | Found::Other(_)) => {
                diagnostics.error(
                    format!("mount `{}` is gone again", self.path),
                    "the server accepted the writes; somebody may have unmounted it in the same moment. Run again",
                );
                return diagnostics.into();
            }
            // What was written was accepted; a token that may write and not read is no reason to call it a failure.
            Err(failure) => {
                diagnostics.push(failure.warning(&what));
                prior.filter(|_| failed).cloned().unwrap_or_else(|| reached.into_tree())
            }
        };
        tree.set("id", self.path.as_str());
        tree.set("path", self.path.as_str());
        for computed in ["accessor", "root_rotated"] {
            if tree.attribute(computed).is_unknown() {
                tree.set(computed, Tree::Null);
            }
        }
        Outcome {
            state: Some(tree),
            private: self.notes.write(),
            diagnostics,
        }
    }

    fn compare(
        &mut self,
        wanted: &Tree,
        reached: Backend,
        live: &Live,
        failed: bool,
        diagnostics: &mut Diagnostics,
    ) -> Tree {
        if !failed {
            self.notes.learn(&reached, live);
        }
        let root_rotated = reached.root_rotated.clone();
        let lost_pair = self.pair_written
            && !failed
            && self.notes.last_written_access_key.as_deref().unwrap_or_default() != live.access_key();
        let mut actual = server::from_server(reached, live, &self.notes);
        if !root_rotated.is_unknown() && !root_rotated.is_null() {
            // As planned; a rotation in the meantime shows with the next refresh.
            actual.root_rotated = root_rotated;
        }
        if lost_pair {
            actual.root.access_key = Value::Known(live.access_key());
        }
        let actual = actual.into_tree();
        if failed {
            return actual;
        }
        let lost = settle::differing(wanted, &actual);
        for attribute in lost.iter().filter(|attribute| !COMPUTED.contains(&attribute.as_str())) {
            diagnostics.push(
                Diagnostic::error(
                    format!("mount `{}`: the server did not keep `{attribute}` as it was sent", self.path),
                    "it accepted the write and has another value. Look for something else that writes the mount, and at what this version of the server supports",
                )
                .at(AttributePath::attribute(attribute.as_str())),
            );
        }
        actual
    }
}

/// How long a move may take after an interrupt, and how often the server is asked.
const ARRIVAL_TIME: Duration = Duration::from_secs(10);
const ARRIVAL_PAUSE: Duration = Duration::from_millis(200);

const COMPUTED: [&str; 3] = ["id", "accessor", "root_rotated"];
