//! Every scenario on every server with every command line tool, against real servers.
//!
//! `LEASTPRIV_SCENARIO=text` limits a run to the cases whose line holds the text. The table at the end is compared
//! with `tests/scenarios.txt`, so that no case can vanish.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is the test runner")]

mod ceilings;
mod credentials;
mod examples;
mod functions;
mod identity;
mod lifecycle;
mod moving;
mod peer_faults;
mod refusal;
mod roles;
mod root;
mod stage;
mod trouble;

use std::path::Path;
use std::process::ExitCode;
use std::thread;

use leastpriv_e2e::bed::{BackendKind, Bed, Case, Report, Tool};

use stage::{Scenario, Stage};

fn scenarios() -> Vec<Scenario> {
    let rooms = [
        refusal::scenarios(),
        ceilings::scenarios(),
        functions::scenarios(),
        lifecycle::scenarios(),
        roles::scenarios(),
        root::scenarios(),
        moving::scenarios(),
        peer_faults::scenarios(),
        credentials::scenarios(),
        examples::scenarios(),
        identity::scenarios(),
        trouble::scenarios(),
    ];
    rooms.into_iter().flatten().collect()
}

fn main() -> ExitCode {
    let bed = match Bed::prepare() {
        Ok(bed) => bed,
        Err(error) => {
            eprintln!("the bed could not be prepared: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    let report = Report::from_env();
    thread::scope(|scope| {
        for kind in [BackendKind::OpenBao, BackendKind::Vault] {
            let (bed, report) = (&bed, &report);
            scope.spawn(move || run_all(bed, report, kind));
        }
    });
    let table = report.table();
    println!("\n{table}");
    let counts = table.lines().last().unwrap_or_default();
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios.txt");
    match report.compare(&list) {
        Ok(()) => {
            println!("test result: ok. {}", counts.replace(", ", "; "));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error:#}");
            println!("test result: FAILED. {}", counts.replace(", ", "; "));
            ExitCode::FAILURE
        }
    }
}

/// All scenarios on one server, first with one tool and then with the other.
fn run_all(bed: &Bed, report: &Report, kind: BackendKind) {
    let stage = Stage::start(bed, kind);
    for tool in [Tool::Terraform, Tool::OpenTofu] {
        for scenario in scenarios() {
            let case = Case::new(scenario.name, kind.name(), tool);
            report.run(case, || {
                let stage = stage.as_ref().map_err(stage::explain)?;
                (scenario.body)(&stage.with(tool))
            });
        }
    }
}
