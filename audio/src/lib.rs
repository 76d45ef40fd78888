//! Sound in step with the picture.
