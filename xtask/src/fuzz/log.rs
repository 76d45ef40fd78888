//! What libFuzzer says of itself.

/// The figures of a log so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Figures {
    /// Inputs tried.
    pub(super) executions: u64,
    /// Edges reached.
    pub(super) coverage: u64,
}

/// Reads the last figures of a log: lines such as `#3793 DONE   cov: 2250 ft: 4810 …` and `stat::… : N`.
pub(super) fn figures(log: &str) -> Figures {
    let mut figures = Figures::default();
    for line in log.lines() {
        if let Some(rest) = line.strip_prefix('#') {
            let mut words = rest.split_whitespace();
            let Some(executions) = words.next().and_then(|word| word.parse().ok()) else {
                continue;
            };
            figures.executions = executions;
            if let Some(coverage) = words
                .skip_while(|word| *word != "cov:")
                .nth(1)
                .and_then(|word| word.parse().ok())
            {
                figures.coverage = coverage;
            }
        } else if let Some(number) = line.strip_prefix("stat::number_of_executed_units:") {
            figures.executions = number.trim().parse().unwrap_or(figures.executions);
        }
    }
    figures
}

/// User and system time of a process in clock ticks, as its `/proc/ID/stat` has it. The second field is a name in
/// parentheses that may hold anything.
pub(super) fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_figures_count() {
        let log = "INFO: Seed: 1\n#2\tINITED cov: 10 ft: 11 corp: 1/1b exec/s: 0 rss: 30Mb\n\
            #64\tpulse  cov: 12 ft: 14 corp: 2/3b lim: 4 exec/s: 0\n\
            #100\tDONE   cov: 20 ft: 30 corp: 3/4b lim: 4 exec/s: 50 rss: 31Mb\n\
            #noise\nstat::number_of_executed_units: 101\nstat::average_exec_per_sec: 50\n";
        let expected = Figures {
            executions: 101,
            coverage: 20,
        };
        assert_eq!(figures(log), expected);
        assert_eq!(figures("nothing yet"), Figures::default());
    }

    #[test]
    fn cpu_time_is_user_and_system() {
        let stat = "12 (a ) b) R 1 12 12 0 -1 4194304 100 0 0 0 250 30 0 0 20 0 1 0 5 6 7";
        assert_eq!(cpu_ticks(stat), Some(280));
        assert_eq!(cpu_ticks("12 (a"), None);
    }
}
