//! From values to places on a line, and what is written beside it.

/// An axis whose ends are round numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    from: f64,
    to: f64,
    is_logarithmic: bool,
    ticks: Vec<f64>,
}

/// Values beyond this, and those that are no numbers, are on no axis.
pub(super) const LARGEST: f64 = 1e12;
/// What is smaller has no place where steps are ratios.
const LEAST: f64 = 1e-6;
/// About how many ticks a linear axis has.
const TICKS: f64 = 6.0;
/// How many a logarithmic one has at most.
const MOST_TICKS: usize = 10;
/// Round numbers of a decade.
const ROUND: [f64; 3] = [1.0, 2.0, 5.0];

impl Axis {
    /// One that reaches to all of `values`, which are positive, with equal steps for equal ratios.
    pub(super) fn logarithmic(values: impl Iterator<Item = f64>) -> Self {
        let (least, most) = ends(values.filter(|value| *value > LEAST)).unwrap_or((1.0, 10.0));
        let decade = |value: f64| value.log10().floor();
        let mut ticks = Vec::new();
        let mut exponent = decade(least);
        while exponent <= decade(most) + 1.0 {
            ticks.extend(ROUND.map(|round| round * 10_f64.powf(exponent)));
            exponent += 1.0;
        }
        let from = last(&ticks, |tick| tick <= least * 1.0001);
        let to = first(&ticks, |tick| tick >= most * 0.9999 && tick > from);
        ticks.retain(|tick| (from..=to).contains(tick));
        thin_out(&mut ticks);
        Self {
            from,
            to,
            is_logarithmic: true,
            ticks,
        }
    }

    /// One that reaches to all of `values`, with equal steps for equal differences.
    pub(super) fn linear(values: impl Iterator<Item = f64>) -> Self {
        let (least, most) = ends(values).unwrap_or((0.0, 1.0));
        let size = least.abs().max(most.abs());
        // No step is so small that it is lost beside the values.
        let wanted = ((most - least) / TICKS).max(1e-6).max(size * 1e-9);
        let decade = 10_f64.powf(wanted.log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|round| round * decade);
        let step = first(&steps, |step| step >= wanted);
        let from = (least / step).floor() * step;
        let to = ((most / step).ceil() * step).max(from + step);
        let mut ticks = vec![from];
        let mut tick = from + step;
        while tick < to + step / 2.0 {
            ticks.push(tick);
            tick += step;
        }
        Self {
            from,
            to,
            is_logarithmic: false,
            ticks,
        }
    }

    /// Where `value` is: 0.0 at the start, 1.0 at the end.
    pub(super) fn place(&self, value: f64) -> f64 {
        let scale = |value: f64| match self.is_logarithmic {
            true => value.max(f64::MIN_POSITIVE).log10(),
            false => value,
        };
        (scale(value) - scale(self.from)) / (scale(self.to) - scale(self.from))
    }

    /// Round values, and how they are written.
    pub(super) fn ticks(&self) -> impl Iterator<Item = (f64, String)> + '_ {
        self.ticks.iter().map(|&tick| (tick, written(tick)))
    }
}

/// Without digits that say nothing.
fn written(value: f64) -> String {
    let digits = match value.abs() {
        small if small > 0.0 && small < 1e-3 => 7,
        _ => 4,
    };
    let text = format!("{value:.digits$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Leaves whole decades if there are many, and not all of those if they are many.
fn thin_out(ticks: &mut Vec<f64>) {
    if ticks.len() <= MOST_TICKS {
        return;
    }
    let exponent = |tick: &f64| tick.log10();
    ticks.retain(|tick| (exponent(tick) - exponent(tick).round()).abs() < 1e-6);
    let every = ticks.len().div_ceil(MOST_TICKS);
    let mut index = 0;
    ticks.retain(|_| {
        index += 1;
        (index - 1) % every == 0
    });
}

fn ends(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values
        .filter(|value| value.abs() <= LARGEST)
        .map(|value| (value, value))
        .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// The first of `ticks` for which it holds.
fn first(ticks: &[f64], holds: impl Fn(f64) -> bool) -> f64 {
    let mut ticks = ticks.iter().copied();
    ticks.find(|tick| holds(*tick)).unwrap_or(1.0)
}

/// The last of `ticks` for which it holds.
fn last(ticks: &[f64], holds: impl Fn(f64) -> bool) -> f64 {
    let mut ticks = ticks.iter().rev().copied();
    ticks.find(|tick| holds(*tick)).unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<String> {
        axis.ticks().map(|(_, label)| label).collect()
    }

    #[test]
    fn a_logarithmic_axis_has_the_round_numbers_of_its_decades() {
        let axis = Axis::logarithmic([0.03, 4.0, 0.5].into_iter());
        assert_eq!(
            labels(&axis),
            ["0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "5"]
        );
        assert!((axis.place(0.02)).abs() < 1e-9 && (axis.place(5.0) - 1.0).abs() < 1e-9);
        let middle = (0.02_f64 * 5.0).sqrt();
        assert!((axis.place(middle) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_linear_axis_has_even_steps() {
        let axis = Axis::linear([27.8, 46.6].into_iter());
        assert_eq!(labels(&axis), ["25", "30", "35", "40", "45", "50"]);
        assert!((axis.place(37.5) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn many_decades_have_few_ticks_and_great_values_end() {
        let axis = Axis::logarithmic([0.001, 1e9].into_iter());
        assert!((3..=MOST_TICKS).contains(&labels(&axis).len()), "{axis:?}");
        for values in [
            [1e12, 1e12],
            [-1e12, 1e-9],
            [f64::NAN, f64::INFINITY],
            [1e300, 2.0],
        ] {
            let axis = Axis::linear(values.into_iter());
            assert!((2..20).contains(&labels(&axis).len()), "{axis:?}");
            assert!(axis.place(1.0).is_finite());
        }
    }

    #[test]
    fn one_value_or_none_is_enough() {
        for axis in [
            Axis::linear(std::iter::once(99.0)),
            Axis::linear(std::iter::empty()),
            Axis::logarithmic(std::iter::once(2.0)),
            Axis::logarithmic(std::iter::empty()),
        ] {
            assert!(axis.from < axis.to, "{axis:?}");
            assert!(labels(&axis).len() > 1, "{axis:?}");
        }
    }
}
