//! The bindings' own tests: in the languages they are for, as programs outside this project use them.

pub(crate) mod c;
pub(crate) mod python;
