//! What comes from elsewhere.

mod sshsig;
mod approval;
pub mod keys;
