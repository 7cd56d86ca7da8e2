//! Kinds of policies: where a document is attached decides what its grammar and its quota are.

use crate::document::Document;

/// The kind of a policy document.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyKind {
    /// Identity-based, attachment not known.
    Identity,
    /// Customer managed policy.
    Managed,
    /// Inline policy of a user.
    UserInline,
    /// Inline policy of a group.
    GroupInline,
    /// Inline policy of a role.
    RoleInline,
    /// Permissions boundary.
    PermissionsBoundary,
    /// Session policy, passed to STS.
    Session,
    /// Resource-based policy.
    Resource,
    /// Trust policy of a role.
    Trust,
    /// Service control policy.
    ServiceControl,
    /// Resource control policy.
    ResourceControl,
    /// VPC endpoint policy.
    VpcEndpoint,
}

impl PolicyKind {
    /// Every kind, in the order they are listed to people.
    pub const ALL: &[Self] = &[
        Self::Identity,
        Self::Managed,
        Self::UserInline,
        Self::GroupInline,
        Self::RoleInline,
        Self::PermissionsBoundary,
        Self::Session,
        Self::Resource,
        Self::Trust,
        Self::ServiceControl,
        Self::ResourceControl,
        Self::VpcEndpoint,
    ];

    /// The name in command lines and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Managed => "managed",
            Self::UserInline => "user-inline",
            Self::GroupInline => "group-inline",
            Self::RoleInline => "role-inline",
            Self::PermissionsBoundary => "permissions-boundary",
            Self::Session => "session",
            Self::Resource => "resource",
            Self::Trust => "trust",
            Self::ServiceControl => "service-control",
            Self::ResourceControl => "resource-control",
            Self::VpcEndpoint => "vpc-endpoint",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Whether statements of this kind grant to the identity they hang on, so that they name no principal.
    pub fn is_identity_based(self) -> bool {
        matches!(
            self,
            Self::Identity
                | Self::Managed
                | Self::UserInline
                | Self::GroupInline
                | Self::RoleInline
                | Self::PermissionsBoundary
                | Self::Session
        )
    }

    /// Whether statements must say whom they are about.
    pub fn needs_principal(self) -> bool {
        matches!(
            self,
            Self::Resource | Self::Trust | Self::ResourceControl | Self::VpcEndpoint
        )
    }

    /// Whether an Allow of this kind hands out rights by itself; control policies, boundaries and the
    /// policies of VPC endpoints only bound what others hand out.
    pub fn grants(self) -> bool {
        !matches!(
            self,
            Self::ServiceControl | Self::ResourceControl | Self::PermissionsBoundary | Self::VpcEndpoint
        )
    }

    /// What a bare document most likely is: a principal without a resource and with an STS action
    /// makes a trust policy, any other principal a resource-based one, and none an identity-based one.
    pub fn guess(document: &Document) -> Self {
        if !document.names_principals() {
            return Self::Identity;
        }
        let assumes = document.statements.iter().all(|statement| {
            statement.resource.is_empty()
                && statement.actions().all(|action| {
                    action
                        .text
                        .get(..4)
                        .is_some_and(|prefix| prefix.eq_ignore_ascii_case("sts:"))
                })
        });
        if assumes { Self::Trust } else { Self::Resource }
    }
}
