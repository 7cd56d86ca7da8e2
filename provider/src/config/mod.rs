//! The provider block: its schema, its meaning together with the environment, and the connection that comes out.
//!
//! Nothing here talks to a server. What is unknown while Terraform plans stays unknown, and is an error only for
//! whoever needs the connection.

mod address;
mod connection;
mod duration;
mod environment;
mod refused;
mod schema;
mod settings;

pub(crate) use address::normalise_namespace;
pub(crate) use connection::{Authority, Connection, resolve};
pub(crate) use duration::parse_duration;
pub(crate) use environment::Surroundings;
pub(crate) use schema::schema;
pub(crate) use settings::{ClientAuth, Settings, validate};
