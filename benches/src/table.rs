//! Figures as a table to be read.

use std::fmt::Write;

use lab::measure::Kind;

use crate::figures::{Figures, rounded};

/// `lines` with a line for all of them, and what kinds of rectangles there are.
pub(crate) fn of(lines: &[Figures]) -> String {
    let mut text = heading();
    for line in lines {
        text += &row(line);
    }
    let total = total(lines);
    if lines.len() > 1 {
        text += &row(&total);
    }
    text + &kinds(&total)
}

fn heading() -> String {
    format!(
        "{:<12} {:>7} {:>9} {:>8} {:>9} {:>8} {:>9} {:>7} {:>7} {:>8} {:>8} {:>8}\n",
        "",
        "frames",
        "Mpx",
        "MB",
        "enc s",
        "Mpx/s",
        "dec s",
        "Mpx/s",
        "PSNR",
        "worst dB",
        "SSIM",
        "copied"
    )
}

fn row(line: &Figures) -> String {
    let mpx = line.changed_mpx;
    let (encode, encode_rate) = match line.encode_cpu_s {
        Some(time) => (format!("{time:.3}"), format!("{:.0}", mpx / time)),
        None => ("-".to_owned(), "-".to_owned()),
    };
    format!(
        "{:<12} {:>7} {mpx:>9.1} {:>8.2} {encode:>9} {encode_rate:>8} {:>9.3} {:>7.0} {:>7.2} {:>8.2} {:>8.5} {:>8.1}\n",
        line.session,
        line.frames,
        megabytes(line.bytes),
        line.decode_cpu_s,
        mpx / line.decode_cpu_s,
        line.psnr_db,
        line.worst_psnr_db,
        line.ssim,
        line.copied_mpx,
    )
}

/// Sums; of qualities the worst, as no mean of them says anything.
fn total(lines: &[Figures]) -> Figures {
    let mut lines = lines.iter();
    let Some(mut total) = lines.next().cloned() else {
        return Figures::new(String::new(), &crate::figures::Decoded::default(), 1);
    };
    for line in lines {
        total.session = "all".to_owned();
        total.frames += line.frames;
        total.changed_mpx += line.changed_mpx;
        total.bytes += line.bytes;
        total.encode_cpu_s = total
            .encode_cpu_s
            .zip(line.encode_cpu_s)
            .map(|(a, b)| a + b);
        total.decode_cpu_s += line.decode_cpu_s;
        total.wall_s += line.wall_s;
        total.psnr_db = total.psnr_db.min(line.psnr_db);
        total.worst_psnr_db = total.worst_psnr_db.min(line.worst_psnr_db);
        total.ssim = total.ssim.min(line.ssim);
        total.lossless &= line.lossless;
        total.copied_mpx += line.copied_mpx;
        total.rects += line.rects;
        for (kind, share) in &mut total.kinds {
            if let Some(more) = line.kinds.get(kind) {
                share.rects += more.rects;
                share.mpx += more.mpx;
                share.bytes += more.bytes;
            }
        }
    }
    total
}

fn kinds(total: &Figures) -> String {
    let mut text = format!(
        "\n{:<12} {:>9} {:>9} {:>9} {:>10}\n",
        "kind", "rects", "Mpx", "MB", "bytes/rect"
    );
    let named = |kind: Kind| total.kinds.get(kind.name()).map(|share| (kind, share));
    for (kind, share) in Kind::ALL.into_iter().filter_map(named) {
        if let Some(mean) = share.bytes.checked_div(share.rects) {
            let _infallible = writeln!(
                text,
                "{:<12} {:>9} {:>9.2} {:>9.3} {mean:>10}",
                kind.name(),
                share.rects,
                share.mpx,
                megabytes(share.bytes),
            );
        }
    }
    text
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
pub(crate) fn megabytes(bytes: u64) -> f64 {
    rounded(bytes as f64 / 1e6, 3)
}
