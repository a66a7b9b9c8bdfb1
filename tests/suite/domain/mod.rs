//! The ground floor: the table, the laws, what people do and are refused, and the events that must always read.

pub mod build;
mod overriding;
mod table;
pub mod privileges;
pub mod laws;
mod needs;
mod scenarios;
mod standing;
mod raising;
mod plans;
mod golden;
mod policy;
mod executing;
mod random_plans;
mod late;
mod talk;
mod numbers;
mod rollouts;
