//! Other processes, seen from outside.

use std::path::Path;
use std::time::Duration;

/// The processor time of process `id` so far: user and system, all its threads. None if it is gone.
pub(crate) fn cpu_time(id: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(Path::new("/proc").join(id.to_string()).join("stat"));
    let ticks = ticks(&stat.ok()?)?;
    let per_second = rustix::param::clock_ticks_per_second();
    let nanoseconds = u128::from(ticks) * 1_000_000_000 / u128::from(per_second.max(1));
    Some(Duration::from_nanos(u64::try_from(nanoseconds).ok()?))
}

/// User and system time in a line of /proc/PID/stat, in clock ticks (proc(5): the 14th and 15th field).
fn ticks(stat: &str) -> Option<u64> {
    // The second field is the program's name in parentheses, which may have any character in it.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    user.checked_add(system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_a_program_with_a_strange_name_are_found() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194304 100 0 0 0 250 50 3 4 20 0 1 0 100 0 0";
        assert_eq!(ticks(stat), Some(300));
        assert_eq!(ticks("7 (a) S 1"), None);
    }

    #[test]
    fn this_process_has_a_time_and_one_that_is_not_there_has_none() {
        assert!(cpu_time(std::process::id()).is_some());
        assert_eq!(cpu_time(u32::MAX), None);
    }
}
