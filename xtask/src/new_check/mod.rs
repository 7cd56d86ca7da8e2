//! `cargo xtask new-check NAME`: the three files a new check needs, so that adding one is writing
//! its function.

use anyhow::{Context as _, Result, bail, ensure};

use crate::process;

/// Makes the check file and its page, and adds the registry line.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let [name] = arguments else {
        bail!("usage: cargo xtask new-check NAME, such as `wildcard-account`")
    };
    let kebab = name
        .split('-')
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase()));
    ensure!(kebab, "`{name}` is not kebab-case");
    let module = name.replace('-', "_");
    let checks = process::root().join("linter/checks");
    let source = checks.join(format!("src/checks/{module}.rs"));
    let page = checks.join(format!("tests/pages/{name}.md"));
    ensure!(!source.exists(), "{} exists", source.display());

    let registry = checks.join("src/checks/mod.rs");
    let text = std::fs::read_to_string(&registry)?;
    let line = format!("    {module} => {},\n", module.to_uppercase());
    let (before, after) = text.split_once("registry! {\n").context("find the registry")?;
    let (listed, behind) = after.split_once("}\n").context("find the end of the registry")?;
    let mut lines: Vec<&str> = listed.split_inclusive('\n').chain([line.as_str()]).collect();
    lines.sort_unstable();
    std::fs::write(
        &registry,
        format!("{before}registry! {{\n{}}}\n{behind}", lines.concat()),
    )?;
    std::fs::write(&source, check_file(name, &module))?;
    std::fs::write(&page, page_file(name))?;
    println!(
        "made {}\nmade {}\nadded a line to {}",
        source.display(),
        page.display(),
        registry.display()
    );
    println!(
        "next: write the function and the page, then `UPDATE_PAGES=1 cargo test -p leastpriv-checks --test pages`"
    );
    println!("      and read what it wrote; `cargo xtask generate` makes the documentation");
    Ok(())
}

fn check_file(name: &str, module: &str) -> String {
    let id = module.to_uppercase();
    let version = env!("CARGO_PKG_VERSION");
    format!(
        r#"//! `{name}`

use crate::check::{{StatementContext, declare_check}};
use crate::finding::Findings;

declare_check! {{
    /// ## What it checks
    /// One sentence: what a policy must not do.
    /// ## Why it matters
    /// What goes wrong for whom.
    /// ## Example
    /// ```json identity
    /// {{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"*","Resource":"*"}}]}}
    /// ```
    /// ## Use instead
    /// ```json identity
    /// {{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}}]}}
    /// ```
    /// ## When it stays silent
    /// What looks alike and is fine.
    /// ## References
    /// - the page that says so
    static {id} = {{
        name: "{name}",
        severity: Warning,
        since: "{version}",
        summary: "a few words for the list of checks",
        aws: [],
        run: Statement({module}),
    }}
}}

fn {module}(ctx: &StatementContext<'_>, findings: &mut Findings) {{
    if !ctx.facts.allows() || !ctx.document.grants_everything() {{
        return;
    }}
    findings.report(&{id}, ctx.facts.whole_place(), "say what is wrong").help("say what to do");
}}
"#
    )
}

fn page_file(name: &str) -> String {
    format!(
        r#"# {name}

The ordinary case.

```json identity
{{
  "Version": "2012-10-17",
  "Statement": [{{ "Effect": "Allow", "Action": "*", "Resource": "*" }}]
}}
```

## Left alone

A policy that is fine.

```json identity
{{
  "Version": "2012-10-17",
  "Statement": [{{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*" }}]
}}
```
"#
    )
}
