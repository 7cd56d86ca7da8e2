//! Arguments of the `hashicorp/vault` provider that this one has no use for: declared, so that a configuration that
//! comes from there is refused with the reason and not with "unsupported argument".

use leastpriv_terraform::diagnostics::Diagnostic;
use leastpriv_terraform::path::AttributePath;
use leastpriv_terraform::value::Tree;

/// A login block, its arguments, and the method of `vault login` that does the same.
pub(super) struct LoginBlock {
    pub(super) name: &'static str,
    pub(super) arguments: &'static str,
    instead: &'static str,
}

/// Every refused argument that the configuration sets.
pub(super) fn find(config: &Tree) -> Vec<Diagnostic> {
    let mut refusals = Vec::new();
    for LoginBlock {
        name,
        arguments: _,
        instead,
    } in &LOGIN_BLOCKS
    {
        let block = config.attribute(name);
        if block.is_unknown() || !block.elements().is_empty() {
            refusals.push(
                Diagnostic::error(
                    format!("`{name}` is not supported"),
                    format!(
                        "this provider takes a token and does not log in itself, so that no login secret passes through it\n\n{instead}, and hand the token over in `token`, or in `BAO_TOKEN` or `VAULT_TOKEN` next to the matching address variable"
                    ),
                )
                .at(AttributePath::attribute(*name)),
            );
        }
    }
    let add = config.get::<String>("add_address_to_env");
    if add
        .as_deref()
        .is_some_and(|add| super::settings::parse_truth(add) != Some(false))
    {
        refusals.push(
            Diagnostic::error(
                "`add_address_to_env` is not supported",
                "a provider that changes its own environment reaches no other program; set `BAO_ADDR` or `VAULT_ADDR` where Terraform is started",
            )
            .at(AttributePath::attribute("add_address_to_env")),
        );
    }
    refusals
}

/// Login blocks with the arguments they have there, separated by spaces.
pub(super) static LOGIN_BLOCKS: [LoginBlock; 12] = [
    LoginBlock {
        name: "auth_login",
        arguments: "method namespace parameters path use_root_namespace",
        instead: "log in before the run (`vault write auth/…/login …`)",
    },
    LoginBlock {
        name: "auth_login_aws",
        arguments: "aws_access_key_id aws_iam_endpoint aws_profile aws_region aws_role_arn aws_role_session_name aws_secret_access_key aws_session_token aws_shared_credentials_file aws_sts_endpoint aws_web_identity_token_file header_value mount namespace role use_root_namespace",
        instead: "log in before the run (`vault login -method=aws role=…`)",
    },
    LoginBlock {
        name: "auth_login_azure",
        arguments: "client_id jwt mount namespace resource_group_name role scope subscription_id tenant_id use_root_namespace vm_name vmss_name",
        instead: "log in before the run (`vault write auth/azure/login …`)",
    },
    LoginBlock {
        name: "auth_login_cert",
        arguments: "cert_file key_file mount name namespace use_root_namespace",
        instead: "log in before the run (`vault login -method=cert -client-cert=… -client-key=…`)",
    },
    LoginBlock {
        name: "auth_login_gcp",
        arguments: "credentials jwt mount namespace role service_account use_root_namespace",
        instead: "log in before the run (`vault login -method=gcp role=…`)",
    },
    LoginBlock {
        name: "auth_login_jwt",
        arguments: "distributed_claim_access_token jwt mount namespace role use_root_namespace",
        instead: "log in before the run (`vault write auth/jwt/login role=… jwt=…`)",
    },
    LoginBlock {
        name: "auth_login_kerberos",
        arguments: "disable_fast_negotiation keytab_path krb5conf_path mount namespace realm remove_instance_name service token use_root_namespace username",
        instead: "log in before the run (`vault login -method=kerberos …`)",
    },
    LoginBlock {
        name: "auth_login_oci",
        arguments: "auth_type mount namespace role use_root_namespace",
        instead: "log in before the run (`vault login -method=oci auth_type=… role=…`)",
    },
    LoginBlock {
        name: "auth_login_oidc",
        arguments: "callback_address callback_listener_address mount namespace role use_root_namespace",
        instead: "log in before the run (`vault login -method=oidc role=…`)",
    },
    LoginBlock {
        name: "auth_login_radius",
        arguments: "mount namespace password use_root_namespace username",
        instead: "log in before the run (`vault login -method=radius username=…`)",
    },
    LoginBlock {
        name: "auth_login_token_file",
        arguments: "filename namespace use_root_namespace",
        instead: "read the file in the configuration (`token = trimspace(file(\"…\"))`) or before the run",
    },
    LoginBlock {
        name: "auth_login_userpass",
        arguments: "mount namespace password password_file use_root_namespace username",
        instead: "log in before the run (`vault login -method=userpass username=…`)",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_login_block_is_refused_by_name() {
        for LoginBlock { name, .. } in &LOGIN_BLOCKS {
            let mut config = Tree::object();
            config.set(*name, Tree::List(vec![Tree::object()]));
            let refusals = find(&config);
            assert_eq!(refusals.len(), 1, "{name}");
            assert_eq!(refusals[0].summary, format!("`{name}` is not supported"));
            config.set(*name, Tree::List(Vec::new()));
            assert!(find(&config).is_empty(), "{name}");
        }
    }

    #[test]
    fn the_environment_of_others_is_not_changed() {
        for (value, refused) in [("true", true), ("yes", true), ("false", false), ("0", false)] {
            let mut config = Tree::object();
            config.set("add_address_to_env", value);
            assert_eq!(find(&config).len(), usize::from(refused), "{value}");
        }
    }
}
