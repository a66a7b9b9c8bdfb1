//! What comes from elsewhere.

mod sshsig;
pub mod keys;
