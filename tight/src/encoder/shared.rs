//! What the encoders of one desktop share: threads, and what they made of the picture at hand.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rfb::{EncodeSettings, Encoding, Workers};

use super::plan::Part;
use super::sheet::Sheet;

/// Bytes of sheets that are kept for other encoders.
const KEPT: usize = 8 << 20;

/// What the encoders of one desktop share: a bound on their threads, and what each part of the picture at hand became, so
/// that clients who see the same get it from one encoding. A handle: clones share.
#[derive(Clone, Debug, Default)]
pub struct Shared {
    inner: Arc<Inner>,
    workers: Workers,
}

#[derive(Debug, Default)]
struct Inner {
    cache: Mutex<Cache>,
    /// Encoders that may look for what others made.
    encoders: AtomicUsize,
}

#[derive(Debug, Default)]
struct Cache {
    /// The newest picture any of the sheets is of.
    picture: u64,
    sheets: HashMap<(Encoding, Part), Vec<Entry>>,
    /// What the sheets hold.
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    settings: EncodeSettings,
    sheet: Arc<OnceLock<Sheet>>,
}

impl Shared {
    /// Encoders that work on `workers`.
    #[must_use]
    pub fn new(workers: Workers) -> Self {
        Self {
            inner: Arc::default(),
            workers,
        }
    }

    pub(crate) fn workers(&self) -> &Workers {
        &self.workers
    }
}

impl Cache {
    /// See [`Member::place`]. Sheets of older pictures are forgotten, and none are kept for those who come late.
    fn place(
        &mut self,
        picture: u64,
        settings: &EncodeSettings,
        encoding: Encoding,
        part: Part,
    ) -> Option<Arc<OnceLock<Sheet>>> {
        if picture < self.picture {
            return None;
        }
        if picture > self.picture {
            self.picture = picture;
            self.sheets.clear();
            self.bytes = 0;
        }
        let entries = self.sheets.entry((encoding, part)).or_default();
        if let Some(entry) = entries.iter().find(|entry| entry.settings == *settings) {
            return Some(Arc::clone(&entry.sheet));
        }
        if self.bytes > KEPT {
            return None;
        }
        let sheet = Arc::default();
        entries.push(Entry {
            settings: settings.clone(),
            sheet: Arc::clone(&sheet),
        });
        Some(sheet)
    }
}

/// One encoder's way to what others made.
#[derive(Debug)]
pub(crate) struct Member {
    shared: Shared,
}

impl Default for Member {
    fn default() -> Self {
        Self::of(&Shared::default())
    }
}

impl Member {
    fn cache(&self) -> MutexGuard<'_, Cache> {
        let cache = &self.shared.inner.cache;
        cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn of(shared: &Shared) -> Self {
        shared.inner.encoders.fetch_add(1, Ordering::Relaxed);
        Self {
            shared: shared.clone(),
        }
    }

    pub(crate) fn workers(&self) -> &Workers {
        self.shared.workers()
    }

    /// Where the sheet of `part` is, or is to be put; `None` if nobody else could want it.
    pub(crate) fn place(
        &self,
        settings: &EncodeSettings,
        encoding: Encoding,
        part: Part,
    ) -> Option<Arc<OnceLock<Sheet>>> {
        let picture = settings.picture?;
        if self.shared.inner.encoders.load(Ordering::Relaxed) < 2 {
            return None;
        }
        self.cache().place(picture, settings, encoding, part)
    }

    /// A sheet of `picture` was made that others may take.
    pub(crate) fn made(&self, picture: Option<u64>, sheet: &Sheet) {
        let mut cache = self.cache();
        if picture == Some(cache.picture) {
            cache.bytes += sheet.size();
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.shared.inner.encoders.fetch_sub(1, Ordering::Relaxed);
    }
}
