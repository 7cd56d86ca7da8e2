use leastpriv_terraform::schema::{Attribute, Block, Schema};
use leastpriv_terraform::value::Type;

use super::refused::{LOGIN_BLOCKS, LoginBlock};

/// The provider block.
pub(crate) fn schema() -> Schema {
    let attributes = [connection(), tls(), patience(), judgement(), without_effect()].concat();
    let mut blocks = vec![client_auth(), headers()];
    blocks.extend(LOGIN_BLOCKS.iter().map(login));
    Schema {
        version: 0,
        description: DESCRIPTION.to_owned(),
        attributes,
        blocks,
    }
}

const DESCRIPTION: &str = "\
Manages the AWS secrets engine of Vault and OpenBao, and refuses roles whose policies give away too much.

Arguments that are left out are read from the environment. There are two families of variables, `BAO_*` and `VAULT_*`, \
and **all variables come from one family**, so that a token never reaches a server that it was not meant for:

- Without `address`, the family is the one whose `BAO_ADDR` or `VAULT_ADDR` is set; `BAO_ADDR` wins. The other family is \
not read at all.
- With `address`, a family whose own address variable names another server is not read. Of the others, one whose address \
variable names the same server comes first, then `BAO_*`; the first that holds a token is taken.

If the family holds no token, the file `~/.vault-token` is used, where `vault login` and `bao login` leave theirs, but only \
when no address variable names another server than the one in use. External token helpers are not called.

The server is first contacted when a resource needs it, so an address or token that is not known while planning is an error \
only then. No child token is made; leases and objects belong to the token that is given.";

fn connection() -> Vec<Attribute> {
    vec![
        Attribute::optional(
            "address",
            Type::String,
            "Address of the server, such as `https://vault.example.com:8200`; a path prefix is kept. Default: `BAO_ADDR`, then `VAULT_ADDR`. There is no other default.",
        ),
        Attribute::optional(
            "token",
            Type::String,
            "Token for the server. Default: `BAO_TOKEN` or `VAULT_TOKEN`, whichever belongs to the server in use, then the file `~/.vault-token`.",
        )
        .sensitive(),
        Attribute::optional(
            "namespace",
            Type::String,
            "Namespace of every request; a resource's own `namespace` is relative to it. Needs Vault Enterprise or OpenBao 2.3 and later. Other servers ignore namespaces and would act on the root namespace, so the provider refuses to use one there. An empty text means the root namespace. Default: `BAO_NAMESPACE` or `VAULT_NAMESPACE`.",
        ),
    ]
}

fn tls() -> Vec<Attribute> {
    vec![
        Attribute::optional(
            "ca_cert_file",
            Type::String,
            "File with PEM certificates of authorities that are trusted besides those of the system. Default: `BAO_CACERT_BYTES` or `VAULT_CACERT_BYTES` (the certificates themselves), else `BAO_CACERT` or `VAULT_CACERT` (a file).",
        ),
        Attribute::optional(
            "ca_cert_dir",
            Type::String,
            "Directory with such files; other files in it are passed over. Default: `BAO_CAPATH` or `VAULT_CAPATH`.",
        ),
        Attribute::optional(
            "skip_tls_verify",
            Type::Bool,
            "Accept any certificate. Anybody between the provider and the server can then read the token and the AWS keys; each run warns about it. Default: `BAO_SKIP_VERIFY` or `VAULT_SKIP_VERIFY`, else `false`.",
        ),
        Attribute::optional(
            "tls_server_name",
            Type::String,
            "DNS name that is asked for in the TLS handshake and looked for in the certificate, when it is not the host of `address`. Connections with it do not go through a proxy of the environment. Default: `BAO_TLS_SERVER_NAME` or `VAULT_TLS_SERVER_NAME`.",
        ),
    ]
}

fn patience() -> Vec<Attribute> {
    vec![
        Attribute::optional(
            "max_retries",
            Type::Number,
            "How often a request is repeated after a failed connection or a 5xx answer other than 501 and 505. A request that changes something is repeated only when it surely was not processed. With any number but 0, a rate limit (429) is waited out for up to a minute and a sealed server or a cluster without a leader for up to ten seconds. Default: `BAO_MAX_RETRIES` or `VAULT_MAX_RETRIES`, else 2.",
        ),
        Attribute::optional(
            "max_retries_ccc",
            Type::Number,
            "How often a request is repeated on a node that has not yet seen an earlier write. Default: 10.",
        ),
        Attribute::optional(
            "connect_timeout",
            Type::String,
            "How long a connection may take, as seconds (`5`) or with a unit (`5s`). Default: `5s`.",
        ),
        Attribute::optional(
            "request_timeout",
            Type::String,
            "How long a request may take from connecting to the last byte of the answer. Default: `BAO_CLIENT_TIMEOUT` or `VAULT_CLIENT_TIMEOUT`, else `60s`.",
        ),
    ]
}

fn judgement() -> Vec<Attribute> {
    vec![Attribute::optional(
        "policy_ceiling",
        Type::String,
        "IAM policy as JSON that every role must stay within, written as that of a user: as `policy_ceiling` of `leastpriv_aws_secret_backend_role`, for all of them. It is never sent to the server.",
    )]
}

/// Accepted so that a provider block of `hashicorp/vault` can be kept.
fn without_effect() -> Vec<Attribute> {
    vec![
        Attribute::optional(
            "add_address_to_env",
            Type::String,
            "Not supported; only `false` is accepted. Set `BAO_ADDR` or `VAULT_ADDR` where Terraform is started.",
        ),
        Attribute::optional(
            "max_lease_ttl_seconds",
            Type::Number,
            "No effect: child tokens are never made.",
        ),
        Attribute::optional(
            "set_namespace_from_token",
            Type::Bool,
            "No effect: the namespace is the one in `namespace` or in the environment.",
        ),
        Attribute::optional(
            "skip_child_token",
            Type::Bool,
            "No effect: child tokens are never made.",
        ),
        Attribute::optional(
            "skip_get_vault_version",
            Type::Bool,
            "No effect: the server is asked for its version only where a namespace is used.",
        ),
        Attribute::optional("token_name", Type::String, "No effect: child tokens are never made."),
        Attribute::optional(
            "vault_version_override",
            Type::String,
            "No effect: the engine is asked which fields it has.",
        ),
    ]
}

fn client_auth() -> Block {
    Block::list(
        "client_auth",
        vec![
            Attribute::required("cert_file", Type::String, "File with the PEM certificate and its chain."),
            Attribute::required(
                "key_file",
                Type::String,
                "File with the PEM private key (PKCS #8, PKCS #1 or SEC 1, not encrypted).",
            ),
        ],
    )
    .items(0, 1)
    .describe(
        "Certificate that the provider shows to the server. Default: `BAO_CLIENT_CERT` and `BAO_CLIENT_KEY`, or their `VAULT_*` twins.",
    )
}

fn headers() -> Block {
    Block::list(
        "headers",
        vec![
            Attribute::required("name", Type::String, "Name of the header."),
            Attribute::required("value", Type::String, "Value of the header.").sensitive(),
        ],
    )
    .describe("Header that is sent with every request. Headers that the provider sets itself are refused.")
}

fn login(block: &LoginBlock) -> Block {
    let attributes = block.arguments.split(' ').map(|name| {
        let ty = match name {
            "parameters" => Type::map(Type::String),
            "use_root_namespace" | "disable_fast_negotiation" | "remove_instance_name" => Type::Bool,
            _ => Type::String,
        };
        Attribute::optional(name, ty, "Not supported.").sensitive()
    });
    Block::list(block.name, attributes.collect()).describe(
        "Not supported: log in before the run and hand over the token. The block is declared only so that it can be refused with a reason.",
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_documented() {
        let schema = schema();
        let names: BTreeSet<&str> = schema
            .attributes
            .iter()
            .map(|one| one.name)
            .chain(schema.blocks.iter().map(|one| one.name))
            .collect();
        assert_eq!(names.len(), schema.attributes.len() + schema.blocks.len());
        assert!(schema.attributes.iter().all(|one| one.description.ends_with('.')));
        assert!(schema.blocks.iter().all(|one| one.description.ends_with('.')));
    }

    #[test]
    fn every_argument_of_the_official_provider_is_declared() {
        let official = "add_address_to_env address auth_login auth_login_aws auth_login_azure auth_login_cert auth_login_gcp \
            auth_login_jwt auth_login_kerberos auth_login_oci auth_login_oidc auth_login_radius auth_login_token_file \
            auth_login_userpass ca_cert_dir ca_cert_file client_auth headers max_lease_ttl_seconds max_retries \
            max_retries_ccc namespace set_namespace_from_token skip_child_token skip_get_vault_version skip_tls_verify \
            tls_server_name token token_name vault_version_override";
        let schema = schema();
        for name in official.split_whitespace() {
            let declared = schema.attributes.iter().any(|one| one.name == name)
                || schema.blocks.iter().any(|one| one.name == name);
            assert!(declared, "{name}");
        }
    }

    #[test]
    fn what_is_secret_is_marked() {
        let schema = schema();
        assert!(
            schema
                .attributes
                .iter()
                .all(|one| one.sensitive == (one.name == "token"))
        );
        for block in schema
            .blocks
            .iter()
            .filter(|block| block.name.starts_with("auth_login"))
        {
            assert!(
                block.schema.attributes.iter().all(|one| one.sensitive),
                "{}",
                block.name
            );
        }
    }

    #[test]
    fn every_unset_argument_validates() {
        let unset = schema().null_tree();
        let diagnostics = super::super::validate(&unset, &super::super::Surroundings::default());
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
    }
}
