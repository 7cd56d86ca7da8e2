//! The whole binary, run as a user runs it, with nothing of this machine's environment.

mod access;
mod access_of_plans;
mod applies;
mod bench;
mod commands;
mod diff;
mod examples;
mod exit_codes;
mod expand;
mod inputs;
mod managed;
mod minimize;
mod narrow;
mod plans;
mod policy_tests;
mod reach;
mod reach_modules;
mod reports;
mod sarif;
mod simulate;
mod simulate_input;
mod text;
