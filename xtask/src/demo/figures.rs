//! What a process has cost, from /proc.

use std::time::Duration;

use anyhow::{Context, Result};

const TICK: Duration = Duration::from_millis(10); // USER_HZ is 100 on every Linux platform we run on

/// User and system time of a process, all its threads, in steps of 10 ms.
pub(super) fn cpu_time(process: u32) -> Result<Duration> {
    let file = format!("/proc/{process}/stat");
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))?;
    parse_cpu_time(&text).with_context(|| format!("no times in {file}: {text}"))
}

/// Resident memory of a process in MiB.
pub(super) fn resident_mib(process: u32) -> Result<f64> {
    let file = format!("/proc/{process}/status");
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))?;
    let kib = parse_resident_kib(&text).with_context(|| format!("no VmRSS in {file}"))?;
    Ok(f64::from(kib) / 1024.0)
}

fn parse_cpu_time(stat: &str) -> Option<Duration> {
    // The name, in parentheses, may hold anything; utime and stime are the fields 14 and 15, the name is the second.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(TICK * user.checked_add(system)?)
}

fn parse_resident_kib(status: &str) -> Option<u32> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat =
            "77 (a) (b c) S 1 77 77 0 -1 4194560 901 0 0 0 120 34 0 0 20 0 5 0 8123 74336 6822";
        assert_eq!(parse_cpu_time(stat), Some(Duration::from_millis(1540)));
        assert_eq!(parse_cpu_time("77 (cut) S 1"), None);
    }

    #[test]
    fn resident_memory_is_read() {
        assert_eq!(
            parse_resident_kib("VmPeak:\t  9 kB\nVmRSS:\t   27288 kB\nThreads:\t4\n"),
            Some(27_288)
        );
        assert_eq!(parse_resident_kib("Threads:\t4\n"), None);
    }
}
