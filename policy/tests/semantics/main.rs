//! What policies mean: the evaluator and the comparison, held against the rules of the guide, against a slow evaluator
//! that shares no code with them, and against pairs whose answer is known by how they were made.

mod answers;
mod compare;
mod decide;
mod hard;
mod layers;
mod public;
mod redundancy;
mod rules;
mod slow;
mod universe;
