//! The registry: every check is one file here and one line below.

mod open_role;
mod redundant_text;

use crate::check::Check;

/// Declares the module of each check and lists it, so that forgetting one half does not compile.
macro_rules! registry {
    ($($module:ident => $check:ident,)+) => {
        $(mod $module;)+
        static CHECKS: &[&Check] = &[$(&$module::$check),+];
    };
}

registry! {
    administrator_access => ADMINISTRATOR_ACCESS,
    allow_fully_denied => ALLOW_FULLY_DENIED,
    allow_not_action => ALLOW_NOT_ACTION,
    allow_not_resource => ALLOW_NOT_RESOURCE,
    create_any_service_linked_role => CREATE_ANY_SERVICE_LINKED_ROLE,
    data_type_mismatch => DATA_TYPE_MISMATCH,
    duplicate_key => DUPLICATE_KEY,
    invalid_effect => INVALID_EFFECT,
    invalid_version => INVALID_VERSION,
    json_syntax => JSON_SYNTAX,
    missing_action => MISSING_ACTION,
    missing_effect => MISSING_EFFECT,
    missing_principal => MISSING_PRINCIPAL,
    missing_resource => MISSING_RESOURCE,
    missing_statement => MISSING_STATEMENT,
    missing_version => MISSING_VERSION,
    pass_any_role => PASS_ANY_ROLE,
    policy_size => POLICY_SIZE,
    redundant_action => REDUNDANT_ACTION,
    redundant_resource => REDUNDANT_RESOURCE,
    redundant_statement => REDUNDANT_STATEMENT,
    service_wildcard => SERVICE_WILDCARD,
    statement_never_matches => STATEMENT_NEVER_MATCHES,
    unknown_action => UNKNOWN_ACTION,
    unknown_condition_key => UNKNOWN_CONDITION_KEY,
    unknown_element => UNKNOWN_ELEMENT,
    unknown_service => UNKNOWN_SERVICE,
    unsupported_element_combination => UNSUPPORTED_ELEMENT_COMBINATION,
    unsupported_principal => UNSUPPORTED_PRINCIPAL,
    wildcard_in_service => WILDCARD_IN_SERVICE,
    wildcard_resource => WILDCARD_RESOURCE,
}

/// Every check, by name.
pub fn checks() -> &'static [&'static Check] {
    CHECKS
}

/// The check of that name.
pub fn check(name: &str) -> Option<&'static Check> {
    CHECKS.iter().copied().find(|check| check.name == name)
}
