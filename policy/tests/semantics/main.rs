//! What policies mean: the evaluator and the comparison, held against the rules of the guide, against a slow evaluator
//! that shares no code with them, against pairs whose answer is known by how they were made, and against laws. The
//! problems for solvers are held against the evaluator.

mod compare;
mod decide;
mod export;
mod hard;
mod known;
mod laws;
mod layers;
mod minimize;
mod narrow;
mod needs;
mod public;
mod redundancy;
mod rules;
mod slow;
mod smt;
mod universe;
