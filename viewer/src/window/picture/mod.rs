//! The desktop's picture in the window: where it stands, how large, and drawing it.

mod overlay;
mod pan;
mod placement;
mod present;
mod scale;

pub(super) use overlay::Overlay;
pub(super) use pan::Pan;
#[cfg(test)]
pub(super) use placement::Hidden;
pub(crate) use placement::Scale;
pub(super) use placement::{Placement, fitted, whole};
pub(super) use present::{Frame, Presenter};
pub(super) use scale::Scaler;
