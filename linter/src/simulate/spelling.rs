//! The name that was probably meant.

/// The nearest of some names, where one is near enough to be a slip of the keyboard.
pub(crate) fn nearest_name<'n>(written: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let written = written.to_lowercase();
    let plain = |name: &str| name.to_lowercase().replace(['-', '_'], "");
    let wanted = plain(&written);
    let tolerance = wanted.chars().count().div_ceil(3).min(3);
    names
        .into_iter()
        .map(|name| (strsim::osa_distance(&wanted, &plain(name)), name))
        .filter(|(distance, _)| *distance <= tolerance)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// What to write instead of a name that there is not: the one that was probably meant, or else what there is.
pub(crate) fn hint<'n>(
    written: &str,
    names: impl IntoIterator<Item = &'n str>,
    otherwise: impl FnOnce() -> String,
) -> String {
    nearest_name(written, names).map_or_else(otherwise, |meant| format!("is it `{meant}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_another_word_does_not() {
        let names = ["expect", "resources", "resource_policy"];
        for (written, meant) in [
            ("exepct", Some("expect")),
            ("ressources", Some("resources")),
            ("ResourcePolicy", Some("resource_policy")),
            ("resource-policy", Some("resource_policy")),
            ("tags", None),
            ("", None),
        ] {
            assert_eq!(nearest_name(written, names), meant, "{written}");
        }
    }
}
