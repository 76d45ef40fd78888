//! The comparison as tables.

use super::comparison::{Made, Row};
use crate::grid::Grid;
use crate::table::megabytes;

/// Sums of one column.
fn sum(rows: &[Row], value: impl Fn(&Row) -> f64) -> f64 {
    rows.iter().map(value).sum()
}

fn bytes(made: &Made) -> f64 {
    megabytes(made.figures.bytes)
}

fn cpu(made: &Made) -> f64 {
    made.figures.encode_cpu_s.unwrap_or_default()
}

fn ratio(ours: f64, theirs: f64) -> String {
    format!("{:.3}", ours / theirs)
}

/// Bytes and time of the encoders.
pub(super) fn encoders(rows: &[Row]) -> String {
    let mut grid = Grid::new([
        "recording",
        "MB: LibVNCServer",
        "Tightrope",
        "ratio",
        "ratio without CopyRect",
        "CPU s: LibVNCServer",
        "Tightrope",
        "ratio",
        "ratio without CopyRect",
    ]);
    let mut add = |name: &str, rows: &[Row]| {
        let column = |value: fn(&Made) -> f64| {
            [
                sum(rows, |row| value(&row.theirs)),
                sum(rows, |row| value(&row.ours)),
                sum(rows, |row| value(&row.without_copies)),
            ]
        };
        let mut cells = vec![name.to_owned()];
        for ([theirs, ours, without], digits) in [(column(bytes), 2), (column(cpu), 3)] {
            cells.push(format!("{theirs:.digits$}"));
            cells.push(format!("{ours:.digits$}"));
            cells.push(ratio(ours, theirs));
            cells.push(ratio(without, theirs));
        }
        grid.add(cells);
    };
    for row in rows {
        add(&row.session, std::slice::from_ref(row));
    }
    add("**all**", rows);
    grid.to_string()
}

/// How close the pictures are.
pub(super) fn qualities(rows: &[Row]) -> String {
    let mut grid = Grid::new([
        "recording",
        "PSNR dB: LibVNCServer",
        "Tightrope",
        "worst picture dB: LibVNCServer",
        "Tightrope",
        "SSIM: LibVNCServer",
        "Tightrope",
    ]);
    for row in rows {
        let (theirs, ours) = (&row.theirs.figures, &row.ours.figures);
        grid.add([
            row.session.clone(),
            format!("{:.2}", theirs.psnr_db),
            format!("{:.2}", ours.psnr_db),
            format!("{:.2}", theirs.worst_psnr_db),
            format!("{:.2}", ours.worst_psnr_db),
            format!("{:.5}", theirs.ssim),
            format!("{:.5}", ours.ssim),
        ]);
    }
    grid.to_string()
}

/// Time of the decoders, on either stream.
pub(super) fn decoders(rows: &[Row]) -> String {
    let mut grid = Grid::new([
        "recording",
        "LibVNCServer's stream, CPU s: LibVNCClient",
        "Tightrope",
        "ratio",
        "Tightrope's stream, CPU s: LibVNCClient",
        "Tightrope",
        "ratio of both on their own",
    ]);
    let mut add = |name: &str, rows: &[Row]| {
        let theirs = sum(rows, |row| row.theirs.their_decode_cpu_s);
        let ours = sum(rows, |row| row.theirs.figures.decode_cpu_s);
        let theirs_on_ours = sum(rows, |row| row.ours.their_decode_cpu_s);
        let ours_on_ours = sum(rows, |row| row.ours.figures.decode_cpu_s);
        grid.add([
            name.to_owned(),
            format!("{theirs:.3}"),
            format!("{ours:.3}"),
            ratio(ours, theirs),
            format!("{theirs_on_ours:.3}"),
            format!("{ours_on_ours:.3}"),
            ratio(ours_on_ours, theirs),
        ]);
    };
    for row in rows {
        add(&row.session, std::slice::from_ref(row));
    }
    add("**all**", rows);
    grid.to_string()
}
