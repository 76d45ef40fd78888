//! The bindings: their own tests, in the languages they are for, as programs outside this project use them; what the C
//! header says.

pub(crate) mod c;
pub(crate) mod header;
pub(crate) mod python;
