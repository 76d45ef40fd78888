//! How much memory a piece of code holds at its worst, whatever allocates it.
//!
//! Every program that links the testkit counts its allocations. What C libraries allocate is not seen.

mod ffi;

/// What `work` gives, and the most bytes this thread held at once beyond what it held before.
pub fn peak<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = ffi::restart();
    let value = work();
    let held = usize::try_from(ffi::peak() - before).unwrap_or(0);
    (value, held)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_what_was_held_at_once() {
        let (_, bytes) = peak(|| {
            drop(vec![1_u8; 1 << 20]);
            drop(vec![2_u8; 3 << 20]);
        });
        assert!((3 << 20..(3 << 20) + 1024).contains(&bytes), "{bytes}");
    }

    #[test]
    fn what_was_held_before_does_not_count_even_if_it_is_freed() {
        let before = vec![1_u8; 4 << 20];
        let (kept, bytes) = peak(|| {
            drop(before);
            vec![2_u8; 1 << 20]
        });
        assert!(bytes < 1024, "{bytes}");
        let (_, bytes) = peak(|| [kept.clone(), kept]);
        assert!((1 << 20..(1 << 20) + 1024).contains(&bytes), "{bytes}");
    }

    #[test]
    fn growing_a_vector_counts_both_sizes_only_if_both_are_held() {
        let (_, bytes) = peak(|| {
            let mut grown = vec![0_u8; 1 << 20];
            grown.resize(2 << 20, 0);
            grown
        });
        assert!((2 << 20..(3 << 20) + 1024).contains(&bytes), "{bytes}");
    }
}
