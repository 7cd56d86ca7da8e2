//! The `leastpriv` binary: the standard streams, the environment and the clock, handed to the library.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use leastpriv::cli::{self, Surroundings};
use leastpriv_checks::vet::Date;

/// Comparing policies makes and drops many small lists; a fifth of the time goes with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut input = io::stdin().lock();
    let stdout = io::stdout();
    let colour = stdout.is_terminal() && wants_colour();
    let mut output = BufWriter::new(stdout.lock());
    let mut errors = io::stderr().lock();
    let code = cli::run(
        std::env::args_os(),
        &mut Surroundings {
            input: &mut input,
            output: &mut output,
            errors: &mut errors,
            folder: std::env::current_dir().ok(),
            colour,
            today: today(),
        },
    );
    // A reader that went away, such as `head`, has seen what it wanted.
    let _ = output.flush();
    ExitCode::from(code)
}

fn wants_colour() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Today in UTC; a clock before 1970 counts as 1970.
fn today() -> Date {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs());
    Date::from_unix_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
}
