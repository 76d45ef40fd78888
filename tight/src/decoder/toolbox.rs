//! Memory that outlives its use.

use std::sync::{Arc, Mutex, PoisonError};

/// Tools that are lent to whoever draws, and kept for the next: as many as there ever were at a time. A handle: clones share
/// them.
#[derive(Debug, Default)]
pub(crate) struct Toolbox<T> {
    idle: Arc<Mutex<Vec<T>>>,
}

impl<T> Clone for Toolbox<T> {
    fn clone(&self) -> Self {
        let idle = Arc::clone(&self.idle);
        Self { idle }
    }
}

impl<T: Default> Toolbox<T> {
    /// Lends `work` tools that nobody else has meanwhile.
    pub(crate) fn lend<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let lent = idle().pop();
        let mut tools = lent.unwrap_or_default();
        let result = work(&mut tools);
        idle().push(tools);
        result
    }
}
