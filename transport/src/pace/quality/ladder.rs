//! The qualities there are to choose from, and what they cost.

use rfb::Subsampling;
use rfb::codec::JpegQuality;

/// JPEG qualities from the lowest that makes sense, which is below all levels: only what moves is ever sent so, and for a
/// film of full size on a slow link it decides whether it moves. Each costs about a tenth more than the one before.
const QUALITIES: [u8; 29] = [
    10, 12, 15, 18, 21, 25, 29, 33, 37, 41, 44, 48, 52, 56, 60, 64, 68, 72, 75, 77, 79, 82, 85, 88,
    90, 92, 95, 98, 100,
];
/// The highest step.
pub(super) const TOP: usize = QUALITIES.len() - 1;

/// The lowest step for what changes once: it is looked at.
pub(super) const LEAST_ONCE: usize = 5;

/// Bytes of a JPEG image with a colour for every pixel, by quality, as against quality 92: of a film, about.
const COSTS: [(f64, f64); 16] = [
    (1.0, 0.08),
    (10.0, 0.141),
    (15.0, 0.174),
    (21.0, 0.212),
    (29.0, 0.26),
    (41.0, 0.325),
    (50.0, 0.357),
    (62.0, 0.423),
    (70.0, 0.49),
    (77.0, 0.583),
    (79.0, 0.595),
    (82.0, 0.63),
    (88.0, 0.81),
    (92.0, 1.0),
    (97.0, 1.75),
    (100.0, DEAREST),
];
const DEAREST: f64 = 3.4;

/// The quality of a step, with colours as coarse as the field has them at the levels beside it.
pub(super) fn quality(step: usize) -> JpegQuality {
    let quality = QUALITIES.get(step).copied().unwrap_or(100);
    JpegQuality {
        quality,
        subsampling: match quality {
            ..42 => Subsampling::Yuv420,
            42..79 => Subsampling::Yuv422,
            _ => Subsampling::Yuv444,
        },
    }
}

/// The first step with all of `asked`.
pub(super) fn step_of(asked: JpegQuality) -> usize {
    let enough = |quality: &u8| *quality >= asked.quality;
    QUALITIES.iter().position(enough).unwrap_or(TOP)
}

/// Bytes of a photograph as against those at quality 92 with a colour for every pixel.
pub(super) fn relative_cost(jpeg: JpegQuality) -> f64 {
    let quality = f64::from(jpeg.quality);
    let whole = COSTS.windows(2).find_map(|pair| match *pair {
        [(from, low), (to, high)] if quality <= to => {
            Some(low + (high - low) * (quality - from).max(0.0) / (to - from))
        }
        _ => None,
    });
    let colours = match jpeg.subsampling {
        Subsampling::Yuv444 => 1.0,
        Subsampling::Yuv422 => 0.78,
        Subsampling::Yuv420 => 0.66,
        Subsampling::Gray => 0.5,
    };
    whole.unwrap_or(DEAREST) * colours
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_costs_a_little_more_than_the_one_before() {
        let costs: Vec<f64> = (0..=TOP).map(|step| relative_cost(quality(step))).collect();
        for pair in costs.windows(2) {
            let more = pair[1] / pair[0];
            assert!((1.02..1.8).contains(&more), "{pair:?}");
        }
    }

    #[test]
    fn the_steps_have_the_colours_of_the_levels() {
        for level in 0..10 {
            let of_level = JpegQuality::of_level(level);
            let step = quality(step_of(of_level));
            assert!(step.quality >= of_level.quality);
            // Level 3 is just above the last with a colour for four pixels.
            assert_eq!(step.subsampling, of_level.subsampling, "level {level}");
        }
    }

    #[test]
    fn a_quality_above_all_is_the_highest_step() {
        let asked = JpegQuality::of_level(9);
        assert_eq!(step_of(asked), TOP);
        assert_eq!(quality(TOP), asked);
    }
}
