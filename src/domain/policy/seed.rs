//! The action table that ships: what the actions of a personal assistant's workflows risk.
//!
//! Source: the action types and actions of the approval-workflow design (seed 003 of the contract, S3-039…046): reading
//! is low, creating and updating medium, sending mail high. An action that is in no table is neither raised nor known
//! to be low: it keeps what the other rules make of it, and is never approved by a rule.

use crate::domain::risk::Risk;

/// A pattern on the action, and the risk it puts a step at, at least. The patterns that are known to be low name whole
/// actions, so that no new action is low because of how it begins.
pub const ACTIONS: [(&str, Risk); 21] = [
    ("calendar.list_events", Risk::Low),
    ("calendar.find_free_time", Risk::Low),
    ("task.list_tasks", Risk::Low),
    ("contact.search_contacts", Risk::Low),
    ("contact.get_all_contacts", Risk::Low),
    ("email.fetch_emails", Risk::Low),
    ("system.user_intervention", Risk::Low),
    ("calendar.create*", Risk::Medium),
    ("calendar.update*", Risk::Medium),
    ("calendar.delete*", Risk::Medium),
    ("task.create*", Risk::Medium),
    ("task.update*", Risk::Medium),
    ("task.complete*", Risk::Medium),
    ("task.delete*", Risk::Medium),
    ("contact.create*", Risk::Medium),
    ("contact.update*", Risk::Medium),
    ("contact.delete*", Risk::Medium),
    ("email.create*", Risk::Medium),
    ("email.send*", Risk::High),
    ("email.reply*", Risk::High),
    ("email.forward*", Risk::High),
];

/// Actions that somebody always confirms, whatever a rule says (S3-067, S3-068).
pub const ALWAYS_CONFIRM: [&str; 6] = [
    "email.send*",
    "email.reply*",
    "email.forward*",
    "calendar.create*",
    "calendar.update*",
    "calendar.delete*",
];

/// How a request asks to go on with what it was told to do anyway (seed 004, S4-030): four ways.
pub const GO_ON: [&str; 9] = [
    "*would you like me to continue*",
    "*would you like me to proceed*",
    "*should i continue*",
    "*should i proceed*",
    "*shall i continue*",
    "*shall i proceed*",
    "*may i continue*",
    "*may i proceed*",
    "*would you prefer to review*before*",
];

/// How a request asks for a look at what can be looked at any time (S4-031): three ways.
pub const LOOK_AT: [&str; 6] = [
    "*would you like to review*",
    "*would you like to see*",
    "*should i show *",
    "*shall i show *",
    "*do you want to see*",
    "*want to see the *before*",
];
