//! Sound in step with the picture.

pub mod device;
