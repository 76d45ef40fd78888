//! Pictures taken at both ends of a session, compared until they agree.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail, ensure};

use crate::picture::{Difference, Picture};
use crate::process::wait_until;

/// How equal two pictures have to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Closeness {
    /// Every pixel.
    Exact,
    /// A peak signal-to-noise ratio of so many dB.
    Decibel(f64),
}

/// What JPEG of quality level 8 keeps at least.
pub(super) const JPEG: Closeness = Closeness::Decibel(35.0);

/// What ZYWRLE keeps at its first level.
pub(super) const WAVELETS: Closeness = Closeness::Decibel(30.0);

const ARRIVAL: Duration = Duration::from_secs(20);
/// A picture with fewer colours proves little.
const COLOURS: usize = 1000;

impl Closeness {
    fn holds(self, desktop: &Picture, shown: &Picture) -> bool {
        match self {
            Self::Exact => desktop.difference(shown) == Difference::None,
            Self::Decibel(least) => desktop.psnr(shown).is_ok_and(|psnr| psnr >= least),
        }
    }

    fn explain(self, desktop: &Picture, shown: &Picture) -> String {
        let difference = desktop.difference(shown);
        match (self, desktop.psnr(shown)) {
            (Self::Decibel(least), Ok(psnr)) => {
                format!("{psnr:.1} dB, less than {least}: {difference}")
            }
            _ => difference.to_string(),
        }
    }
}

/// Two cameras: on the desktop itself, and on what is shown of it at the other end.
pub(super) struct Comparison<'a> {
    /// Pictures are left here as `NAME-*.png`.
    pub(super) directory: &'a Path,
    pub(super) name: &'a str,
    pub(super) closeness: Closeness,
    /// Fewer colours than this prove little.
    pub(super) colours: usize,
}

impl<'a> Comparison<'a> {
    /// Of a desktop with many colours.
    pub(super) fn new(directory: &'a Path, name: &'a str, closeness: Closeness) -> Self {
        Self {
            directory,
            name,
            closeness,
            colours: COLOURS,
        }
    }

    /// Takes pairs of pictures until they are as close as they have to be.
    ///
    /// # Errors
    /// They never were; both pictures and their difference are left in the directory as `NAME-*.png`.
    pub(super) fn run(
        &self,
        mut desktop: impl FnMut(&Path) -> Result<Picture>,
        mut shown: impl FnMut(&Path) -> Result<Picture>,
    ) -> Result<()> {
        let file = |what: &str| self.directory.join(format!("{}-{what}.png", self.name));
        let mut pair =
            || Ok::<_, anyhow::Error>((shown(&file("shown"))?, desktop(&file("desktop"))?));
        let close = wait_until("equal", ARRIVAL, || {
            let (shown, desktop) = pair()?;
            Ok(self.closeness.holds(&desktop, &shown).then_some(desktop))
        });
        if let Ok(desktop) = close {
            let colours = desktop.colours();
            ensure!(
                colours >= self.colours,
                "the desktop shows only {colours} colours: that proves little"
            );
            return Ok(());
        }
        let (shown, desktop) = pair()?;
        if let Difference::Pixels(_) = desktop.difference(&shown) {
            desktop.marked(&shown).write(&file("difference"))?;
        }
        let why = self.closeness.explain(&desktop, &shown);
        bail!("{why}; see {}", file("shown").display())
    }
}
