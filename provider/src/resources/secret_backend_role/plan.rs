use leastpriv_checks::vet::{Date, Mode};
use leastpriv_policy::print::semantically_equal;
use leastpriv_terraform::diagnostics::Diagnostics;
use leastpriv_terraform::path::AttributePath;
use leastpriv_terraform::resource::{Change, Plan};
use leastpriv_terraform::value::{Tree, Value};

use super::model::Role;
use crate::resources::{is_same_namespace, keep_namespace};

/// Plans a creation or an update. `today` decides which exceptions still hold; without one nothing is judged, as
/// before a destruction.
///
/// The configuration is taken over as it stands, but for values that mean what the state already says. A role that
/// does not change is warned of, never refused.
pub(crate) fn plan(change: &Change<'_>, today: Option<Date>) -> Plan {
    let mut plan = Plan {
        state: Tree::Null,
        replace: Vec::new(),
        private: change.private.to_vec(),
        diagnostics: Diagnostics::default(),
    };
    let (Some(proposed), Some(config)) = (change.proposed, change.config) else {
        return plan;
    };
    let mut state = proposed.clone();
    if config.attribute("validate").is_null() {
        state.set("validate", Mode::default().name());
    }
    match change.prior {
        Some(prior) => {
            keep_namespace(&mut state, prior);
            keep_meaning(&mut state, prior);
            if !is_same_namespace(state.attribute("namespace"), prior.attribute("namespace")) {
                plan.replace.push(AttributePath::attribute("namespace"));
            }
        }
        None => state.set("id", Tree::Unknown),
    }
    let candidate = Role::from_tree(&state).candidate();
    let changes = change.prior != Some(&state);
    if changes {
        state.set("findings", candidate.record());
    }
    if let Some(today) = today {
        plan.diagnostics = if changes {
            candidate.refusals_and_warnings(today)
        } else {
            candidate.warnings(today)
        };
        let prior = change.prior.filter(|_| changes).map(Role::from_tree);
        plan.diagnostics.extend(
            prior
                .map(|prior| candidate.gained_over(&prior.candidate()))
                .unwrap_or_default(),
        );
    }
    plan.state = state;
    plan
}

/// Puts the prior spelling where the configuration means the same.
fn keep_meaning(state: &mut Tree, prior: &Tree) {
    for computed in ["id", "findings"] {
        state.set(computed, prior.attribute(computed).clone());
    }
    let (new, old) = (Role::from_tree(state), Role::from_tree(prior));
    let policies = [
        ("policy_document", &new.policy_document, &old.policy_document),
        ("policy_ceiling", &new.policy_ceiling, &old.policy_ceiling),
    ];
    for (attribute, new, old) in policies {
        if let (Some(new), Some(old)) = (new.as_deref(), old.as_deref())
            && !old.is_empty()
            && semantically_equal(new, old)
        {
            state.set(attribute, old);
        }
    }
    if let (Some(of_new), Some(of_old)) = (new.assumed_role_policies.known(), old.assumed_role_policies.known())
        && of_new.len() == of_old.len()
        && of_new
            .iter()
            .zip(of_old)
            .all(|(new, old)| new == old || semantically_equal(new, old))
    {
        state.set("assumed_role_policies", of_old.clone());
    }
    if new.mount().is_some() && new.mount() == old.mount() {
        state.set("backend", prior.attribute("backend").clone());
    } else {
        state.set("id", Tree::Unknown);
    }
    // A role from old data may be of two types at once, which no configuration can say. It stays as it is until
    // something else changes; the next write makes it the configured one.
    if let (Value::Known(new), Value::Known(old)) = (&new.credential_type, &old.credential_type)
        && old.split(',').any(|one| one == new)
    {
        let mut unchanged = state.clone();
        unchanged.set("credential_type", old.as_str());
        if unchanged == *prior {
            *state = unchanged;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use leastpriv_terraform::diagnostics::DiagnosticSeverity;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::resources::secret_backend_role::model::schema;
    use crate::resources::testing::propose;

    const NARROW: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::reports/*"}]}"#;
    const NARROW_OTHERWISE: &str = r#"{
  "Statement": {"Resource": ["arn:aws:s3:::reports/*"], "Action": ["s3:PutObject", "s3:GetObject"], "Effect": "Allow"},
  "Version": "2012-10-17"
}"#;
    const ADMIN: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

    fn config(document: &str) -> Tree {
        let mut tree = schema().null_tree();
        tree.set("backend", "aws");
        tree.set("name", "ci");
        tree.set("credential_type", "iam_user");
        tree.set("policy_document", document);
        tree
    }

    fn planned(prior: Option<&Tree>, config: &Tree) -> Plan {
        let proposed = propose(&schema(), prior, config);
        let change = Change {
            prior,
            proposed: Some(&proposed),
            config: Some(config),
            private: &[],
        };
        plan(&change, Date::parse("2026-11-25"))
    }

    /// The state after apply: as planned, with what apply adds.
    fn applied(config: &Tree) -> Tree {
        let mut state = planned(None, config).state;
        state.set("id", "aws/roles/ci");
        state.set("findings", Role::from_tree(&state).candidate().record());
        state
    }

    #[test]
    fn a_new_role_is_judged_and_its_id_comes_later() {
        let plan = planned(None, &config(NARROW));
        assert!(plan.diagnostics.is_empty(), "{:?}", plan.diagnostics);
        assert_eq!(plan.state.attribute("id"), &Tree::Unknown);
        assert_eq!(plan.state.attribute("validate"), &Tree::String("enforce".to_owned()));
        assert_eq!(plan.state.attribute("findings"), &Tree::List(Vec::new()));
        assert!(planned(None, &config(ADMIN)).diagnostics.has_errors());
    }

    #[test]
    fn a_broad_role_that_stays_is_not_refused_and_one_that_changes_is() {
        let state = applied(&config(ADMIN));
        let stays = planned(Some(&state), &config(ADMIN));
        assert!(!stays.diagnostics.is_empty() && !stays.diagnostics.has_errors());
        let mut changed = config(ADMIN);
        changed.set("user_path", "/x/");
        assert!(planned(Some(&state), &changed).diagnostics.has_errors());
    }

    #[test]
    fn another_spelling_plans_nothing() {
        let state = applied(&config(NARROW));
        let mut otherwise = config(NARROW_OTHERWISE);
        otherwise.set("backend", "/aws/");
        assert_eq!(planned(Some(&state), &otherwise).state, state);
        otherwise.set("user_path", "/x/");
        let changed = planned(Some(&state), &otherwise).state;
        assert_eq!(changed.attribute("policy_document"), state.attribute("policy_document"));
    }

    #[test]
    fn removing_an_argument_plans_its_removal() {
        let mut full = config(NARROW);
        full.set("user_path", "/x/");
        full.set("iam_groups", BTreeSet::from(["readers".to_owned()]));
        let plan = planned(Some(&applied(&full)), &config(NARROW));
        assert_eq!(plan.state.attribute("user_path"), &Tree::Null);
        assert_eq!(plan.state.attribute("iam_groups"), &Tree::Null);
    }

    #[test]
    fn a_role_of_two_types_fits_either_until_it_changes() {
        let mut state = applied(&config(NARROW));
        state.set("credential_type", "federation_token,iam_user");
        for one in ["iam_user", "federation_token"] {
            let mut config = config(NARROW);
            config.set("credential_type", one);
            assert_eq!(planned(Some(&state), &config).state, state);
            config.set("iam_groups", BTreeSet::from(["readers".to_owned()]));
            assert_eq!(
                planned(Some(&state), &config).state.attribute("credential_type"),
                &Tree::String(one.to_owned())
            );
        }
        let mut other = config(NARROW);
        other.set("credential_type", "assumed_role");
        assert_ne!(planned(Some(&state), &other).state, state);
    }

    #[test]
    fn what_is_unknown_stays_unknown_and_is_judged_later() {
        let mut open = config(ADMIN);
        open.set("policy_document", Tree::Unknown);
        let plan = planned(None, &open);
        assert!(plan.diagnostics.is_empty());
        assert_eq!(plan.state.attribute("findings"), &Tree::Unknown);
        assert_eq!(plan.state.attribute("policy_document"), &Tree::Unknown);
    }

    fn summaries(plan: &Plan, severity: DiagnosticSeverity) -> Vec<&str> {
        let chosen = plan.diagnostics.iter().filter(|found| found.severity == severity);
        chosen.map(|found| found.summary.as_str()).collect()
    }

    #[test]
    fn a_role_beyond_its_ceiling_is_refused_in_every_mode() {
        for mode in ["enforce", "warn", "off"] {
            let mut beyond = config(NARROW);
            beyond.set("policy_ceiling", NARROW.replace("s3:PutObject", "s3:ListBucket"));
            beyond.set("validate", mode);
            let plan = planned(None, &beyond);
            assert_eq!(
                summaries(&plan, DiagnosticSeverity::Error),
                [
                    "role `aws/roles/ci` goes beyond its `policy_ceiling`: `s3:PutObject` on `arn:aws:s3:::reports/example` in Statement[0]"
                ]
            );
            let found = plan.diagnostics.iter().next().unwrap();
            assert_eq!(found.path, Some(AttributePath::attribute("policy_document")));
            let stays = planned(Some(&applied(&beyond)), &beyond);
            assert!(!stays.diagnostics.has_errors() && !stays.diagnostics.is_empty());
        }
        let mut within = config(NARROW);
        within.set("policy_ceiling", NARROW_OTHERWISE);
        assert!(planned(None, &within).diagnostics.is_empty());
    }

    #[test]
    fn what_a_ceiling_leaves_open_is_refused_where_findings_are() {
        let mut open = config(NARROW);
        open.set("policy_ceiling", NARROW);
        open.set("iam_groups", BTreeSet::from(["readers".to_owned()]));
        open.set(
            "policy_arns",
            BTreeSet::from(["arn:aws:iam::123456789012:policy/own".to_owned()]),
        );
        let expected = [
            "role `aws/roles/ci`: it cannot be decided whether it stays within its `policy_ceiling`: what `arn:aws:iam::123456789012:policy/own` grants is not known in full",
            "role `aws/roles/ci`: it cannot be decided whether it stays within its `policy_ceiling`: what the group `readers` grants is not known here",
        ];
        assert_eq!(summaries(&planned(None, &open), DiagnosticSeverity::Error), expected);
        open.set("validate", "warn");
        let plan = planned(None, &open);
        assert!(!plan.diagnostics.has_errors());
        assert_eq!(summaries(&plan, DiagnosticSeverity::Warning), expected);
    }

    /// A role to assume, with a session policy for everything and a ceiling.
    fn session() -> Tree {
        let mut session = config(ADMIN);
        session.set("credential_type", "assumed_role");
        session.set(
            "role_arns",
            BTreeSet::from(["arn:aws:iam::123456789012:role/app".to_owned()]),
        );
        session.set("policy_ceiling", NARROW);
        session.set("validate", "warn");
        session
    }

    fn policies(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    /// What a plan says of ceilings.
    fn of_ceilings(plan: &Plan, severity: DiagnosticSeverity) -> Vec<&str> {
        let mut all = summaries(plan, severity);
        all.retain(|summary| summary.contains("policy_ceiling"));
        all
    }

    #[test]
    fn a_session_policy_within_the_ceiling_is_enough() {
        let mut session = session();
        session.set("policy_document", NARROW);
        session.set("validate", "enforce");
        assert!(planned(None, &session).diagnostics.is_empty());
        session.set("policy_document", Tree::Null);
        assert_eq!(
            summaries(&planned(None, &session), DiagnosticSeverity::Error),
            [
                "role `aws/roles/ci`: it cannot be decided whether it stays within its `policy_ceiling`: what the role `arn:aws:iam::123456789012:role/app` may do is not known here"
            ]
        );
    }

    #[test]
    fn a_session_policy_beyond_the_ceiling_leaves_open_what_a_role_may_do_that_is_not_known() {
        let mut session = session();
        session.set("policy_document", NARROW.replace("reports", "payroll"));
        let expected = [
            "role `aws/roles/ci`: it cannot be decided whether it stays within its `policy_ceiling`: Statement[0] lets `s3:GetObject` on `arn:aws:s3:::payroll/example` through, and what the role `arn:aws:iam::123456789012:role/app` may do is not known here",
        ];
        let plan = planned(None, &session);
        assert_eq!(of_ceilings(&plan, DiagnosticSeverity::Warning), expected);
        let detail = &plan.diagnostics.iter().next().unwrap().detail;
        assert!(
            detail.contains("resource:  arn:aws:s3:::payroll/") && detail.contains("`assumed_role_policies`"),
            "{detail}"
        );
        session.set("validate", "enforce");
        assert_eq!(
            of_ceilings(&planned(None, &session), DiagnosticSeverity::Error),
            expected
        );
        session.set("credential_type", "federation_token");
        session.set("role_arns", Tree::Null);
        let plan = planned(None, &session);
        let errors = of_ceilings(&plan, DiagnosticSeverity::Error);
        assert!(
            errors[0].ends_with("and what the mount's own IAM user may do is not known here"),
            "{errors:?}"
        );
    }

    #[test]
    fn a_session_is_compared_as_what_role_and_session_policy_both_allow() {
        let mut session = session();
        session.set("assumed_role_policies", policies(&[NARROW]));
        let plan = planned(None, &session);
        assert!(!plan.diagnostics.has_errors() && of_ceilings(&plan, DiagnosticSeverity::Warning).is_empty());
        // Each policy adds to what the role may do, and a session policy takes away from all.
        let payroll = NARROW.replace("reports", "payroll");
        session.set("assumed_role_policies", policies(&[NARROW, &payroll]));
        let plan = planned(None, &session);
        assert_eq!(
            of_ceilings(&plan, DiagnosticSeverity::Error),
            [
                "role `aws/roles/ci` goes beyond its `policy_ceiling`: `s3:GetObject` on `arn:aws:s3:::payroll/example` in Statement[0]"
            ]
        );
        let detail = &plan.diagnostics.iter().next().unwrap().detail;
        assert!(
            detail.contains("Statement[0] lets this request through, as do the policies of the role"),
            "{detail}"
        );
        session.set("policy_document", NARROW.replace("reports/*", "*"));
        session.set("policy_ceiling", ADMIN);
        assert!(of_ceilings(&planned(None, &session), DiagnosticSeverity::Error).is_empty());
    }

    #[test]
    fn without_a_session_policy_the_policies_of_the_role_are_compared() {
        let mut session = session();
        session.set("policy_document", Tree::Null);
        session.set("assumed_role_policies", policies(&[NARROW]));
        assert!(planned(None, &session).diagnostics.is_empty());
        session.set("assumed_role_policies", policies(&[NARROW, ADMIN]));
        let plan = planned(None, &session);
        let errors = of_ceilings(&plan, DiagnosticSeverity::Error);
        assert!(
            errors.len() == 1 && errors[0].ends_with("in Statement[0] of `assumed_role_policies[1]`"),
            "{errors:?}"
        );
        let refusal = plan.diagnostics.iter().next().unwrap();
        assert_eq!(refusal.path, Some(AttributePath::attribute("assumed_role_policies")));
        // Nothing given is not the same as no policies.
        session.set("assumed_role_policies", policies(&[]));
        assert!(
            of_ceilings(&planned(None, &session), DiagnosticSeverity::Warning)[0].ends_with("may do is not known here")
        );
    }

    #[test]
    fn a_session_is_not_compared_while_what_limits_it_is_not_known() {
        for attribute in ["assumed_role_policies", "policy_document", "policy_arns", "iam_groups"] {
            let mut open = session();
            open.set("policy_document", Tree::Null);
            open.set("assumed_role_policies", policies(&[ADMIN]));
            open.set(attribute, Tree::Unknown);
            let plan = planned(None, &open);
            assert!(plan.diagnostics.is_empty(), "{attribute}: {:?}", plan.diagnostics);
        }
        let mut late = session();
        late.set("assumed_role_policies", policies(&[ADMIN]));
        let candidate = Role::from_tree(&planned(None, &late).state).candidate();
        assert!(candidate.vetted(Date::parse("2026-11-25").unwrap()).is_err());
    }

    #[test]
    fn a_ceiling_that_is_not_known_yet_refuses_nothing() {
        let mut open = config(NARROW);
        open.set("policy_ceiling", Tree::Unknown);
        let plan = planned(None, &open);
        assert!(plan.diagnostics.is_empty());
        assert_eq!(plan.state.attribute("policy_ceiling"), &Tree::Unknown);
        let candidate = Role::from_tree(&plan.state).candidate();
        assert!(candidate.vetted(Date::parse("2026-11-25").unwrap()).is_err());
    }

    #[test]
    fn gained_access_is_warned_of_unless_the_mode_is_off() {
        let narrow = NARROW.replace(",\"s3:PutObject\"", "");
        let state = applied(&config(&narrow));
        let expected =
            ["role `aws/roles/ci` gains access: `s3:PutObject` on `arn:aws:s3:::reports/example` in Statement[0]"];
        let plan = planned(Some(&state), &config(NARROW));
        assert_eq!(summaries(&plan, DiagnosticSeverity::Warning), expected);
        let mut off = config(NARROW);
        off.set("validate", "off");
        assert!(planned(Some(&state), &off).diagnostics.is_empty());
        assert!(
            planned(Some(&applied(&config(NARROW))), &config(&narrow))
                .diagnostics
                .is_empty()
        );
    }

    #[test]
    fn what_the_role_may_have_had_before_is_not_called_gained() {
        let narrow = NARROW.replace(",\"s3:PutObject\"", "");
        let own = "arn:aws:iam::123456789012:policy/own";
        let with_more = [
            (
                "policy_arns",
                own,
                "what `arn:aws:iam::123456789012:policy/own` grants is not known in full",
            ),
            (
                "iam_groups",
                "readers",
                "what the group `readers` grants is not known here",
            ),
        ];
        for (attribute, value, reason) in with_more {
            let mut before = config(&narrow);
            before.set(attribute, BTreeSet::from([value.to_owned()]));
            // Whether it stays or goes: the role had it.
            for after in [config(NARROW), {
                let mut stays = config(NARROW);
                stays.set(attribute, BTreeSet::from([value.to_owned()]));
                stays
            }] {
                let plan = planned(Some(&applied(&before)), &after);
                assert_eq!(
                    summaries(&plan, DiagnosticSeverity::Warning),
                    [
                        "role `aws/roles/ci` may gain access: `s3:PutObject` on `arn:aws:s3:::reports/example` in Statement[0]"
                    ]
                );
                let detail = &plan.diagnostics.iter().next().unwrap().detail;
                let note = format!("note: {reason}, so the role may have had this access before");
                assert!(detail.contains(&note), "{detail}");
            }
        }
    }

    #[test]
    fn a_session_gains_by_a_wider_limit_or_none() {
        let narrow = NARROW.replace(",\"s3:PutObject\"", "");
        let with = |document: Option<&str>, of_role: Option<&[&str]>| {
            let mut session = session();
            session.set("policy_ceiling", Tree::Null);
            session.set("policy_document", document.map(str::to_owned));
            session.set("assumed_role_policies", of_role.map(policies));
            session
        };
        let warnings = |before: &Tree, after: &Tree| {
            let plan = planned(Some(&applied(before)), after);
            let mut told = summaries(&plan, DiagnosticSeverity::Warning);
            told.retain(|summary| summary.contains("gain"));
            told.into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        let wider = warnings(&with(Some(&narrow), None), &with(Some(NARROW), None));
        assert!(
            wider.len() == 1 && wider[0].contains("may gain access: `s3:PutObject`"),
            "{wider:?}"
        );
        let freed = "role `aws/roles/ci` may gain access: no session policy limits its credentials any more";
        assert_eq!(warnings(&with(Some(NARROW), None), &with(None, None)), [freed]);
        assert!(warnings(&with(None, None), &with(Some(NARROW), None)).is_empty());
        // With the policies of the role it is known.
        let of_role: Option<&[&str]> = Some(&[narrow.as_str()]);
        assert!(warnings(&with(Some(&narrow), of_role), &with(Some(NARROW), of_role)).is_empty());
        let of_wider: Option<&[&str]> = Some(&[NARROW]);
        let gained = warnings(&with(Some(&narrow), of_wider), &with(None, of_wider));
        assert!(
            gained.len() == 1 && gained[0].contains("gains access: `s3:PutObject`"),
            "{gained:?}"
        );
    }

    fn any_config() -> impl Strategy<Value = Tree> {
        (
            select(vec![NARROW, NARROW_OTHERWISE, ADMIN, "", "{"]),
            proptest::option::of(select(vec![0_i64, 900])),
            proptest::option::of(proptest::collection::btree_set("[ab]", 0..3)),
            proptest::option::of(proptest::collection::btree_map("[ab]", "[xy]", 0..3)),
            proptest::option::of(select(vec!["enforce", "warn", "off"])),
            proptest::option::of(select(vec![NARROW, NARROW_OTHERWISE, ADMIN])),
            proptest::option::of(proptest::collection::vec(
                select(vec![NARROW, NARROW_OTHERWISE, ADMIN]),
                0..3,
            )),
        )
            .prop_map(|(document, ttl, groups, tags, mode, ceiling, of_role)| {
                let tags: Option<BTreeMap<String, String>> = tags;
                let mut tree = config(document);
                tree.set("max_sts_ttl", ttl);
                tree.set("iam_groups", groups);
                tree.set("iam_tags", tags);
                tree.set("validate", mode);
                tree.set("policy_ceiling", ceiling);
                tree.set("assumed_role_policies", of_role.as_deref().map(policies));
                tree
            })
    }

    proptest! {
        #[test]
        fn planning_again_changes_nothing(config in any_config()) {
            let state = applied(&config);
            let again = planned(Some(&state), &config);
            prop_assert_eq!(&again.state, &state);
            prop_assert!(!again.diagnostics.has_errors());
        }

        #[test]
        fn a_configured_value_is_planned_as_configured_or_as_it_was(before in any_config(), after in any_config()) {
            let state = applied(&before);
            let plan = planned(Some(&state), &after);
            for attribute in schema().attributes {
                let (given, got) = (after.attribute(attribute.name), plan.state.attribute(attribute.name));
                let as_before = got == state.attribute(attribute.name) && !got.is_null();
                if !given.is_null() {
                    prop_assert!(got == given || as_before, "{}", attribute.name);
                } else if !attribute.mode.is_computed() {
                    prop_assert!(got.is_null(), "{}", attribute.name);
                }
            }
        }
    }
}
