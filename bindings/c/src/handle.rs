//! The one table of everything that C holds: a handle is a place in it and how often that place was used before.
//!
//! Calls take what they work on out of the table and hold it until they return, so that another thread may destroy it
//! meanwhile.

use std::any::Any;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::error::{Fault, tr_result};

/// Something that C can hold.
pub(crate) trait Noun: Any + Send + Sync {
    /// What its handles are called in messages.
    const NAME: &'static str;
    /// Whether threads of the engine answer for it. A forked process has none.
    const HAS_THREADS: bool = false;
}

/// What needs the engine's threads cannot be in this process.
pub(crate) fn check_threads() -> Result<(), Fault> {
    match blocking::is_forked() {
        false => Ok(()),
        true => Err(Fault::new(
            tr_result::TR_ERROR_STATE,
            "this process was forked from one that had a server or a client, and has none of the library's threads: use \
             them in one of the two only, or execute a program anew",
        )),
    }
}

fn check<T: Noun>() -> Result<(), Fault> {
    match T::HAS_THREADS {
        true => check_threads(),
        false => Ok(()),
    }
}

struct Slot {
    generation: u32,
    entry: Option<Entry>,
}

#[derive(Clone)]
struct Entry {
    noun: Arc<dyn Any + Send + Sync>,
    name: &'static str,
}

#[derive(Default)]
struct Table {
    slots: Vec<Slot>,
    /// Places that are free.
    free: Vec<u32>,
}

static TABLE: RwLock<Table> = RwLock::new(Table {
    slots: Vec::new(),
    free: Vec::new(),
});

fn read() -> RwLockReadGuard<'static, Table> {
    TABLE.read().unwrap_or_else(PoisonError::into_inner)
}

fn write() -> RwLockWriteGuard<'static, Table> {
    TABLE.write().unwrap_or_else(PoisonError::into_inner)
}

/// Puts `noun` into the table.
pub(crate) fn insert<T: Noun>(noun: T) -> Result<u64, Fault> {
    let entry = Some(Entry {
        noun: Arc::new(noun),
        name: T::NAME,
    });
    let mut table = write();
    if let Some(place) = table.free.pop()
        && let Some(slot) = table.slots.get_mut(to_index(place))
    {
        slot.entry = entry;
        return Ok(handle(place, slot.generation));
    }
    let Ok(place) = u32::try_from(table.slots.len()) else {
        let most = "there are more handles than can be counted";
        return Err(Fault::new(tr_result::TR_ERROR_SYSTEM, most));
    };
    // From 1 on, so that no handle is 0.
    table.slots.push(Slot {
        generation: 1,
        entry,
    });
    Ok(handle(place, 1))
}

/// What `handle` stands for.
pub(crate) fn get<T: Noun>(handle: u64) -> Result<Arc<T>, Fault> {
    check::<T>()?;
    let entry = read().find(handle).cloned();
    typed(handle, entry)
}

/// What `handle` stood for: it is stale from here on.
pub(crate) fn remove<T: Noun>(handle: u64) -> Result<Arc<T>, Fault> {
    check::<T>()?;
    let mut table = write();
    let noun = typed(handle, table.find(handle).cloned())?;
    let (place, _) = parts(handle);
    if let Some(slot) = table.slots.get_mut(to_index(place)) {
        slot.entry = None;
        // A place whose generations are used up stays empty, so that no handle ever comes back.
        if let Some(next) = slot.generation.checked_add(1) {
            slot.generation = next;
            table.free.push(place);
        }
    }
    Ok(noun)
}

impl Table {
    fn find(&self, handle: u64) -> Option<&Entry> {
        let (place, generation) = parts(handle);
        let slot = self.slots.get(to_index(place))?;
        slot.entry
            .as_ref()
            .filter(|_| slot.generation == generation)
    }
}

fn typed<T: Noun>(handle: u64, entry: Option<Entry>) -> Result<Arc<T>, Fault> {
    let expected = T::NAME;
    let fault = |what: std::fmt::Arguments<'_>| Fault::new(tr_result::TR_ERROR_HANDLE, what);
    let Some(entry) = entry else {
        return Err(match handle {
            0 => fault(format_args!("{expected}: the handle is 0")),
            _ => fault(format_args!(
                "{expected}: the handle {handle:#x} was destroyed, or was never made"
            )),
        });
    };
    let name = entry.name;
    entry
        .noun
        .downcast()
        .map_err(|_| fault(format_args!("{expected}: the handle is one of a {name}")))
}

fn handle(place: u32, generation: u32) -> u64 {
    u64::from(generation) << 32 | u64::from(place)
}

fn parts(handle: u64) -> (u32, u32) {
    let half = |value: u64| u32::try_from(value & 0xffff_ffff).unwrap_or_default();
    (half(handle), half(handle >> 32))
}

fn to_index(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Cup(u8);
    impl Noun for Cup {
        const NAME: &'static str = "cup";
    }
    #[derive(Debug)]
    struct Plate;
    impl Noun for Plate {
        const NAME: &'static str = "plate";
    }

    #[test]
    fn a_handle_is_good_until_it_is_destroyed_and_never_again() {
        let cup = insert(Cup(7)).unwrap();
        assert_ne!(cup, 0);
        assert_eq!(get::<Cup>(cup).unwrap().0, 7);
        remove::<Cup>(cup).unwrap();
        for _ in 0..100 {
            let other = insert(Cup(8)).unwrap();
            assert_ne!(cup, other);
            assert_eq!(
                get::<Cup>(cup).unwrap_err().code,
                tr_result::TR_ERROR_HANDLE
            );
            assert_eq!(
                remove::<Cup>(cup).unwrap_err().code,
                tr_result::TR_ERROR_HANDLE
            );
            remove::<Cup>(other).unwrap();
        }
    }

    #[test]
    fn a_handle_of_another_kind_is_named() {
        let plate = insert(Plate).unwrap();
        let fault = get::<Cup>(plate).unwrap_err();
        assert_eq!(fault.message, "cup: the handle is one of a plate");
        assert!(remove::<Cup>(plate).is_err());
        assert!(remove::<Plate>(plate).is_ok());
    }

    #[test]
    fn numbers_that_are_no_handles_do_no_harm() {
        for wrong in [0, 1, u64::MAX, 1 << 32, u64::from(u32::MAX)] {
            let fault = get::<Cup>(wrong ^ 0x5555_0000_0000_0000).unwrap_err();
            assert_eq!(fault.code, tr_result::TR_ERROR_HANDLE);
        }
        assert_eq!(get::<Cup>(0).unwrap_err().message, "cup: the handle is 0");
    }

    #[test]
    fn what_is_destroyed_in_the_middle_of_a_call_lives_until_its_end() {
        let cup = insert(Cup(3)).unwrap();
        let held = get::<Cup>(cup).unwrap();
        drop(remove::<Cup>(cup).unwrap());
        assert_eq!(held.0, 3);
    }
}
