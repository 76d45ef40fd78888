//! How the network cuts bytes changes nothing.

use rfb::Framebuffer;

/// What a connection made of the bytes it was given.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Every event, and the error if there was one.
    pub(super) log: String,
    /// Every byte it answered.
    pub(super) output: Vec<u8>,
    /// What it shows.
    pub(super) picture: Framebuffer,
}

/// Where an input is cut in two, besides byte by byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cuts {
    /// At every offset (beyond the first 512 only at a few).
    Every,
    /// At a few offsets that follow from the input: fast enough for fuzzing.
    Some,
}

const EVERY: usize = 512;
const SOME: usize = 6;

impl Cuts {
    fn of(self, data: &[u8]) -> Vec<usize> {
        let length = data.len();
        match self {
            Self::Every => (0..length.min(EVERY))
                .chain((EVERY..length).step_by(997))
                .collect(),
            Self::Some => {
                let mut numbers = crate::scenes::Numbers::new(hash(data));
                (0..SOME.min(length))
                    .map(|_| numbers.draw() as usize % length)
                    .collect()
            }
        }
    }
}

/// FNV-1a.
fn hash(data: &[u8]) -> u64 {
    data.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// Runs over `data` whole, byte by byte and cut in two, with the same outcome each time; gives it.
pub(super) fn check(data: &[u8], cuts: Cuts, run: impl Fn(&[&[u8]]) -> Outcome) -> Outcome {
    let whole = run(&[data]);
    let one_by_one: Vec<&[u8]> = data.chunks(1).collect();
    assert_same(&whole, &run(&one_by_one), || "byte by byte".into());
    for cut in cuts.of(data) {
        let (head, tail) = data.split_at(cut);
        assert_same(&whole, &run(&[head, tail]), || format!("cut at {cut}"));
    }
    whole
}

fn assert_same(whole: &Outcome, other: &Outcome, how: impl Fn() -> String) {
    if whole == other {
        return;
    }
    let how = how();
    assert_eq!(other.log, whole.log, "{how}: other events");
    assert_eq!(other.output, whole.output, "{how}: other answers");
    panic!("{how}: other pixels");
}
