//! Terraform's provider semantics in Rust.
//!
//! A provider describes its blocks with a [`Schema`](schema::Schema), reads and writes them as
//! [`Tree`](value::Tree)s with typed [`Value`](value::Value)s, and implements [`Provider`],
//! [`Resource`], [`EphemeralResource`] and [`Function`]; [`serve()`] does the rest. The framework knows the plugin
//! protocol and the rules of Terraform's core, and nothing of any server that a provider talks to.
//!
//! ```
//! use leastpriv_terraform::schema::{Attribute, Schema};
//! use leastpriv_terraform::value::{Type, Value};
//!
//! let schema = Schema {
//!     attributes: vec![
//!         Attribute::required("name", Type::String, "Name of the role.").replaces(),
//!         Attribute::optional("ttl", Type::Number, "Seconds that credentials live."),
//!     ],
//!     ..Schema::default()
//! };
//! let mut role = schema.null_tree();
//! role.set("name", "deploy");
//! assert_eq!(role.get::<String>("name").as_deref(), Some("deploy"));
//! assert_eq!(role.get::<i64>("ttl"), Value::Null);
//! ```

pub mod diagnostics;
pub mod ephemeral_resource;
pub mod function;
pub mod path;
pub mod plan;
pub mod provider;
pub mod resource;
pub mod schema;
pub mod value;

mod serve;
mod server;
mod wire;

pub use ephemeral_resource::EphemeralResource;
pub use function::Function;
pub use provider::Provider;
pub use resource::Resource;
pub use serve::{ServeOptions, serve, serve_with};
