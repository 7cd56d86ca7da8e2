//! Patterns as regular expressions.

use super::Unsupported;
use super::term::{Term, literal};

/// One step of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// This character.
    Is(char),
    /// This character, however its case.
    Folded(char),
    /// `?`: any character.
    One,
    /// `*`: any run of characters.
    Run,
    /// `?` within a field of an ARN: no colon.
    OneOfField,
    /// `*` within a field of an ARN.
    RunOfField,
}

/// The characters and the wildcards of a text.
pub(super) fn steps(text: &str) -> Vec<Step> {
    text.chars()
        .map(|letter| match letter {
            '*' => Step::Run,
            '?' => Step::One,
            plain => Step::Is(plain),
        })
        .collect()
}

/// The six fields of an ARN pattern: in the first five a wildcard holds no colon. Nothing where there are fewer.
pub(super) fn fields(steps: &[Step]) -> Option<Vec<Step>> {
    let mut colons = 0_usize;
    let bounded: Vec<Step> = steps
        .iter()
        .map(|step| {
            colons = colons.saturating_add(usize::from(*step == Step::Is(':')));
            match step {
                Step::One if colons < 5 => Step::OneOfField,
                Step::Run if colons < 5 => Step::RunOfField,
                other => *other,
            }
        })
        .collect();
    (colons >= 5).then_some(bounded)
}

/// Whether a constant matches a pattern.
pub(super) fn matches(constant: &str, steps: &[Step]) -> Result<Term, Unsupported> {
    if !steps.is_empty() && steps.iter().all(|step| *step == Step::Run) {
        return Ok(Term::constant(true));
    }
    let plain: Option<String> = steps
        .iter()
        .map(|step| match step {
            Step::Is(letter) => Some(*letter),
            _ => None,
        })
        .collect();
    if let Some(text) = plain {
        return Ok(Term::of(format!("(= {constant} {})", literal(&text)?)));
    }
    Ok(Term::of(format!("(str.in_re {constant} {})", regex(steps)?)))
}

fn regex(steps: &[Step]) -> Result<String, Unsupported> {
    let mut parts: Vec<String> = Vec::new();
    let mut text = String::new();
    for step in steps {
        if let Step::Is(letter) = step {
            text.push(*letter);
            continue;
        }
        if !text.is_empty() {
            parts.push(format!("(str.to_re {})", literal(&text)?));
            text.clear();
        }
        parts.push(match step {
            Step::Is(_) => continue,
            Step::Folded(letter) => folded(*letter)?,
            Step::One => "re.allchar".to_owned(),
            Step::Run => "re.all".to_owned(),
            Step::OneOfField => "field-character".to_owned(),
            Step::RunOfField => "(re.* field-character)".to_owned(),
        });
    }
    if !text.is_empty() {
        parts.push(format!("(str.to_re {})", literal(&text)?));
    }
    Ok(match parts.as_slice() {
        [only] => only.clone(),
        several => format!("(re.++ {})", several.join(" ")),
    })
}

/// A letter in either case, and the sign that shares its lower case.
fn folded(letter: char) -> Result<String, Unsupported> {
    let mut spellings = vec![letter.to_ascii_lowercase(), letter.to_ascii_uppercase()];
    match letter {
        'k' | 'K' => spellings.push('\u{212a}'),
        _ if letter.is_ascii() || !has_case(letter) => {}
        _ => return Err(Unsupported::Case),
    }
    spellings.dedup();
    let parts: Vec<String> = spellings
        .iter()
        .map(|letter| Ok(format!("(str.to_re {})", literal(&letter.to_string())?)))
        .collect::<Result<_, Unsupported>>()?;
    Ok(match parts.as_slice() {
        [only] => only.clone(),
        several => format!("(re.union {})", several.join(" ")),
    })
}

fn has_case(letter: char) -> bool {
    !letter.to_lowercase().eq([letter]) || !letter.to_uppercase().eq([letter])
}
