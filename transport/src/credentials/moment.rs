//! Points in time as people and programs read them: RFC 3339 in UTC, `2026-11-23T08:00:00Z`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAY: u64 = 24 * 3600;

/// `time` to the second; the start of 1970 for what is before it.
pub(super) fn write(time: SystemTime) -> String {
    let seconds = time
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    let (year, month, day) = date(seconds / DAY);
    let (hour, minute, second) = (seconds % DAY / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// What [`write`] wrote; `None` for anything else, and for what is before 1970.
pub(super) fn read(text: &str) -> Option<SystemTime> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let is_time = hour < 24 && minute < 60 && second < 60;
    let is_date = year >= 1970 && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !is_time || !is_date {
        return None;
    }
    let days = days(year, month, day);
    // The 31st of a month of 30 days would be another day.
    (self::date(days) == (year, month, day)).then_some(())?;
    let seconds = days * DAY + hour * 3600 + minute * 60 + second;
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// Three numbers of so many digits each.
fn numbers(text: &str, separator: char, digits: [usize; 3]) -> Option<[u64; 3]> {
    let mut parts = text.split(separator);
    let mut all = [0; 3];
    for (number, length) in all.iter_mut().zip(digits) {
        let part = parts.next()?;
        let is_number = part.len() == length && part.bytes().all(|own| own.is_ascii_digit());
        *number = part.parse().ok().filter(|_| is_number)?;
    }
    parts.next().is_none().then_some(all)
}

/// Days from the start of 1970 to a date from then on. A year is counted from March, so that the leap day is its last.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = match month {
        1 | 2 => (year - 1, month + 9),
        _ => (year, month - 3),
    };
    let leap_days = year / 4 - year / 100 + year / 400;
    // Months from March on have 31, 30, 31, 30, 31 days, and again.
    let before_month = (153 * month + 2) / 5;
    year * 365 + leap_days + before_month + day - 1 - DAYS_TO_1970
}

/// From the first of March of the year 0 to the start of 1970.
const DAYS_TO_1970: u64 = 719_468;
/// In 400 years.
const DAYS_OF_ERA: u64 = 146_097;

/// Year, month and day, so many days after the start of 1970.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + DAYS_TO_1970;
    let (era, of_era) = (days / DAYS_OF_ERA, days % DAYS_OF_ERA);
    // Without the leap days that came before it, each year has 365.
    let leap_days = of_era / 1460 - of_era / 36_524 + of_era / 146_096;
    let year_of_era = (of_era - leap_days) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, later) = match month {
        10 | 11 => (month - 9, 1),
        _ => (month + 3, 0),
    };
    (era * 400 + year_of_era + later, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments_are_written_as_the_calendar_has_them() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_234_567_890, "2009-02-13T23:31:30Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            let time = UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(write(time), text);
            assert_eq!(read(text), Some(time));
        }
    }

    #[test]
    fn every_day_reads_as_it_is_written() {
        for day in 0..146_097 {
            let time = UNIX_EPOCH + Duration::from_secs(day * DAY + day % DAY);
            assert_eq!(read(&write(time)), Some(time));
        }
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for text in [
            "",
            "never",
            "2026-11-23",
            "2026-11-23T08:00:00",
            "2026-11-23T08:00:00+01:00",
            "2026-11-23T24:00:00Z",
            "2026-11-31T08:00:00Z",
            "2026-02-29T08:00:00Z",
            "2026-00-01T08:00:00Z",
            "2026-13-01T08:00:00Z",
            "1969-12-31T23:59:59Z",
            "+026-11-23T08:00:00Z",
            "2026-1-23T08:00:00Z",
            "2026-11-23-1T08:00:00Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
