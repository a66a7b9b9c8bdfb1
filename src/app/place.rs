//! Where things are: the store, the settings.

use crate::app::config::Config;
use crate::store::failure::Failure;
use std::path::PathBuf;

/// What the command line says about places and names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Place {
    /// `--store`.
    pub store: Option<PathBuf>,
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--as`.
    pub as_name: Option<String>,
}

impl Place {
    /// The store's path: named, set, or the user's own.
    ///
    /// # Errors
    /// When nothing is named and there is no home directory.
    pub fn store_path(&self, config: &Config) -> Result<PathBuf, Failure> {
        if let Some(path) = self.store.as_ref().or(config.store.as_ref()) {
            return Ok(path.clone());
        }
        directories::ProjectDirs::from("", "", "countersign")
            .map(|dirs| dirs.data_dir().join("countersign.db"))
            .ok_or_else(|| {
                Failure::unusable("there is no home directory to put a store in", "name one with --store")
            })
    }
}
