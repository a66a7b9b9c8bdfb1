//! What comes through SSH: one line of words from a client that chose only those words, never who it is or what is read.

pub mod words;
