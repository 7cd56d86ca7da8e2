//! What became of every scenario on every server and tool, compared with the checked-in list.
//!
//! The list keeps a scenario from vanishing unseen: a run that leaves one out fails as much as a run in which one
//! fails. With `CI=true` a skip fails too, since everything can be installed there.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{env, fmt, fs};

use anyhow::{Context, Result, bail};

use super::{Missing, Tool};

/// One scenario on one server with one tool.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Case {
    scenario: String,
    server: String,
    tool: String,
}

impl Case {
    /// A case. `server` may join two names, such as `openbao+ministack`.
    pub fn new(scenario: &str, server: &str, tool: Tool) -> Self {
        Self {
            scenario: word(scenario),
            server: word(server),
            tool: tool.name().to_owned(),
        }
    }

    /// Reads a line of the list: three words.
    fn read(line: &str) -> Result<Self> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [scenario, server, tool] = words.as_slice() else {
            bail!("`{line}` is not a scenario, a server and a tool");
        };
        Ok(Self {
            scenario: word(scenario),
            server: word(server),
            tool: word(tool),
        })
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.scenario, self.server, self.tool)
    }
}

/// What became of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It did what it should.
    Passed,
    /// It could not be tried.
    Skipped(String),
    /// It did something else.
    Failed(String),
}

/// The results of a run. It can be shared between threads.
#[derive(Debug, Default)]
pub struct Report {
    filter: Option<String>,
    rows: Mutex<BTreeMap<Case, Row>>,
}

#[derive(Clone, Debug)]
struct Row {
    verdict: Verdict,
    elapsed: Duration,
}

impl Report {
    /// An empty report; `LEASTPRIV_SCENARIO` limits the run to the cases whose line holds its value.
    pub fn from_env() -> Self {
        Self {
            filter: env::var("LEASTPRIV_SCENARIO").ok(),
            rows: Mutex::default(),
        }
    }

    /// Runs one case and keeps its result.
    ///
    /// A panic, by which an assertion fails, and an error are failures; an error that comes from a [`Missing`]
    /// part of the bed is a skip.
    pub fn run(&self, case: Case, body: impl FnOnce() -> Result<()>) {
        if !self.wants(&case) {
            return;
        }
        let start = Instant::now();
        let verdict = match catch_unwind(AssertUnwindSafe(body)) {
            Ok(Ok(())) => Verdict::Passed,
            Ok(Err(error)) => match error.downcast_ref::<Missing>() {
                Some(missing) => Verdict::Skipped(missing.to_string()),
                None => Verdict::Failed(format!("{error:#}")),
            },
            Err(panic) => Verdict::Failed(panic_text(panic.as_ref())),
        };
        self.keep(case, verdict, start.elapsed());
    }

    /// Keeps the result of a case that could not be tried.
    pub fn skip(&self, case: Case, reason: &str) {
        if self.wants(&case) {
            self.keep(case, Verdict::Skipped(reason.to_owned()), Duration::ZERO);
        }
    }

    /// The result of a case.
    pub fn verdict(&self, case: &Case) -> Option<Verdict> {
        self.rows().get(case).map(|row| row.verdict.clone())
    }

    /// The results as a table, and a last line that counts them.
    pub fn table(&self) -> String {
        let rows = self.rows();
        let lines: Vec<[String; 4]> = rows
            .iter()
            .map(|(case, row)| {
                let time = format!("{:.1} s", row.elapsed.as_secs_f64());
                let result = match &row.verdict {
                    Verdict::Passed => format!("passed in {time}"),
                    Verdict::Skipped(reason) => format!("skipped: {}", first_line(reason)),
                    Verdict::Failed(reason) => format!("FAILED in {time}: {}", first_line(reason)),
                };
                [case.scenario.clone(), case.server.clone(), case.tool.clone(), result]
            })
            .collect();
        let width = |column: usize| {
            lines
                .iter()
                .filter_map(|line| line.get(column))
                .map(String::len)
                .max()
                .unwrap_or(0)
        };
        let (first, second, third) = (width(0), width(1), width(2));
        let count = |wanted: fn(&Verdict) -> bool| rows.values().filter(|row| wanted(&row.verdict)).count();
        let passed = count(|verdict| matches!(verdict, Verdict::Passed));
        let skipped = count(|verdict| matches!(verdict, Verdict::Skipped(_)));
        let failed = count(|verdict| matches!(verdict, Verdict::Failed(_)));
        let mut text: Vec<String> = lines
            .iter()
            .map(|[scenario, server, tool, result]| {
                format!("{scenario:first$}  {server:second$}  {tool:third$}  {result}")
            })
            .collect();
        text.push(format!("{passed} passed, {failed} failed, {skipped} skipped\n"));
        text.join("\n")
    }

    /// Fails when a case failed, when the cases are not those of the list, and in CI when one was skipped.
    pub fn compare(&self, list: &Path) -> Result<()> {
        let text = fs::read_to_string(list).with_context(|| format!("cannot read `{}`", list.display()))?;
        let listed = read_list(&text)?.into_iter().filter(|case| self.wants(case)).collect();
        let in_ci = env::var("CI").is_ok_and(|value| value == "true");
        let problems = judge(&self.rows(), &listed, in_ci);
        if !problems.is_empty() {
            bail!(
                "the run is not what `{}` asks for:\n{}",
                list.display(),
                problems.join("\n")
            );
        }
        Ok(())
    }

    fn wants(&self, case: &Case) -> bool {
        self.filter
            .as_ref()
            .is_none_or(|filter| case.to_string().contains(filter.as_str()))
    }

    fn keep(&self, case: Case, verdict: Verdict, elapsed: Duration) {
        let repeated = self.rows().insert(case.clone(), Row { verdict, elapsed }).is_some();
        if repeated {
            let verdict = Verdict::Failed("two cases have this name".to_owned());
            self.rows().insert(case, Row { verdict, elapsed });
        }
    }

    /// A thread that panicked outside of a case must not take the results of the others with it.
    fn rows(&self) -> MutexGuard<'_, BTreeMap<Case, Row>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn judge(rows: &BTreeMap<Case, Row>, listed: &BTreeSet<Case>, in_ci: bool) -> Vec<String> {
    let mut problems = Vec::new();
    for (case, row) in rows {
        match &row.verdict {
            Verdict::Failed(reason) => problems.push(format!("failed: {case}: {reason}")),
            Verdict::Skipped(reason) if in_ci => problems.push(format!("skipped: {case}: {reason}")),
            Verdict::Passed | Verdict::Skipped(_) => {}
        }
        if !listed.contains(case) {
            problems.push(format!("not in the list; add the line: {case}"));
        }
    }
    problems.extend(
        listed
            .iter()
            .filter(|case| !rows.contains_key(case))
            .map(|case| format!("did not run: {case}")),
    );
    problems
}

/// One case for each line; `#` begins a comment.
fn read_list(text: &str) -> Result<BTreeSet<Case>> {
    let mut cases = BTreeSet::new();
    for line in text.lines() {
        let line = line.split_once('#').map_or(line, |(before, _)| before).trim();
        if !line.is_empty() && !cases.insert(Case::read(line)?) {
            bail!("the list has `{line}` twice");
        }
    }
    Ok(cases)
}

/// A name without white space, so that a line of the list can be read back.
fn word(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join("_")
}

fn first_line(text: &str) -> &str {
    text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default()
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it panicked without a text")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::super::Part;
    use super::*;

    fn case(scenario: &str) -> Case {
        Case::new(scenario, "openbao+ministack", Tool::Terraform)
    }

    fn row(verdict: Verdict) -> Row {
        Row {
            verdict,
            elapsed: Duration::ZERO,
        }
    }

    #[test]
    fn an_error_and_a_panic_are_failures_and_a_missing_part_is_a_skip() {
        let report = Report::default();
        report.run(case("good"), || Ok(()));
        report.run(case("error"), || Err(anyhow!("inner").context("outer")));
        report.run(case("panic"), || panic!("assertion of {}", "the scenario"));
        report.run(case("missing"), || {
            let missing = Missing {
                part: Part::Vault,
                reason: "there is no `go`".to_owned(),
            };
            Err(missing).context("the server does not start")
        });
        assert_eq!(report.verdict(&case("good")), Some(Verdict::Passed));
        assert_eq!(
            report.verdict(&case("error")),
            Some(Verdict::Failed("outer: inner".to_owned()))
        );
        assert_eq!(
            report.verdict(&case("panic")),
            Some(Verdict::Failed("assertion of the scenario".to_owned()))
        );
        let skipped = Verdict::Skipped("no vault: there is no `go`".to_owned());
        assert_eq!(report.verdict(&case("missing")), Some(skipped));
    }

    #[test]
    fn the_table_is_in_order_and_ends_with_the_counts() {
        let report = Report::default();
        report.skip(case("beta"), "no python");
        report.run(Case::new("alpha", "vault", Tool::OpenTofu), || {
            Err(anyhow!("first\nsecond"))
        });
        let table = report.table();
        let lines: Vec<&str> = table.lines().collect();
        assert!(
            lines[0].starts_with("alpha  vault              tofu       FAILED in 0.0 s: first"),
            "{table}"
        );
        assert_eq!(lines[1], "beta   openbao+ministack  terraform  skipped: no python");
        assert_eq!(lines[2], "0 passed, 1 failed, 1 skipped");
    }

    #[test]
    fn a_run_that_is_as_listed_has_no_problem() {
        let rows = BTreeMap::from([(case("a"), row(Verdict::Passed))]);
        let listed = read_list("# the list\na openbao+ministack terraform # why\n\n").unwrap();
        assert!(judge(&rows, &listed, true).is_empty());
    }

    #[test]
    fn a_case_that_is_missing_or_new_is_a_problem() {
        let rows = BTreeMap::from([(case("new"), row(Verdict::Passed))]);
        let listed = read_list("old openbao+ministack terraform").unwrap();
        assert_eq!(
            judge(&rows, &listed, false),
            [
                "not in the list; add the line: new openbao+ministack terraform",
                "did not run: old openbao+ministack terraform"
            ]
        );
    }

    #[test]
    fn a_skip_is_a_problem_in_ci_only_and_a_failure_everywhere() {
        let listed = read_list("a openbao+ministack terraform").unwrap();
        let skipped = BTreeMap::from([(case("a"), row(Verdict::Skipped("no go".to_owned())))]);
        assert!(judge(&skipped, &listed, false).is_empty());
        assert_eq!(
            judge(&skipped, &listed, true),
            ["skipped: a openbao+ministack terraform: no go"]
        );
        let failed = BTreeMap::from([(case("a"), row(Verdict::Failed("why".to_owned())))]);
        assert_eq!(
            judge(&failed, &listed, false),
            ["failed: a openbao+ministack terraform: why"]
        );
    }

    #[test]
    fn a_filter_limits_the_run_and_the_list() {
        let report = Report {
            filter: Some("alpha".to_owned()),
            rows: Mutex::default(),
        };
        report.run(case("alpha"), || Ok(()));
        report.run(case("beta"), || Err(anyhow!("not reached")));
        assert_eq!(report.verdict(&case("beta")), None);
        let scratch = tempfile::tempdir().unwrap();
        let list = scratch.path().join("scenarios.txt");
        fs::write(
            &list,
            "alpha openbao+ministack terraform\nbeta openbao+ministack terraform\n",
        )
        .unwrap();
        report.compare(&list).unwrap();
        assert!(
            Report::default()
                .compare(&list)
                .unwrap_err()
                .to_string()
                .contains("did not run: beta")
        );
    }

    #[test]
    fn two_cases_of_one_name_are_a_failure() {
        let report = Report::default();
        report.run(case("a"), || Ok(()));
        report.run(case("a"), || Ok(()));
        assert!(matches!(report.verdict(&case("a")), Some(Verdict::Failed(_))));
    }

    #[test]
    fn a_list_that_cannot_be_read_is_an_error() {
        assert!(read_list("only two").is_err());
        assert!(read_list("a b c\na b c").is_err());
    }

    #[test]
    fn the_checked_in_list_can_be_read() {
        let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios.txt");
        read_list(&fs::read_to_string(list).unwrap()).unwrap();
    }
}
