//! What `cargo xtask goldens` runs of ours:
//!
//! - `golden scenes DIRECTORY`: writes every scene as PNG and PPM;
//! - `golden record PORT ENCODING FORMAT QUALITY|- FILE.fbs FILE.png`: a server's bytes and the picture they stand for;
//! - `golden serve PICTURE.png FORMAT FILE.fbs`: prints a port, shows the picture to the one client that comes there,
//!   and leaves our bytes;
//! - `golden psnr A.png B.png`: how close they are, `inf` if they are the same.
#![allow(clippy::print_stdout, reason = "a program of the command line")]

use std::io::{self, Write};
use std::net::TcpListener;
use std::path::Path;

use rfb::{Framebuffer, Size};
use tightrope_testkit::goldens::{Wanted, psnr, read_png, record, serve, write_png};
use tightrope_testkit::scenes;

const SIZE: Size = Size::new(160, 120);

fn main() -> io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["scenes", directory] => write_scenes(Path::new(directory)),
        ["record", port, encoding, format, quality, file, picture] => {
            let wanted = Wanted {
                encoding: (*encoding).to_owned(),
                format: (*format).to_owned(),
                quality: quality.parse().ok(),
            };
            let port = port.parse().map_err(io::Error::other)?;
            let shown = record(port, &wanted, Path::new(file))?;
            write_png(Path::new(picture), &shown)
        }
        ["serve", picture, format, file] => {
            let listener = TcpListener::bind(("127.0.0.1", 0))?;
            println!("{}", listener.local_addr()?.port());
            let picture = read_png(Path::new(picture))?;
            serve(&listener, &picture, format, Path::new(file))
        }
        ["psnr", a, b] => {
            let close = psnr(&read_png(Path::new(a))?, &read_png(Path::new(b))?);
            println!("{close}");
            Ok(())
        }
        _ => Err(io::Error::other("usage: see the source")),
    }
}

fn write_scenes(directory: &Path) -> io::Result<()> {
    for (name, scene) in [
        ("desktop", scenes::desktop(SIZE)),
        ("text", scenes::text(SIZE)),
        ("gradient", scenes::gradient(SIZE)),
    ] {
        write_png(&directory.join(format!("{name}.png")), &scene)?;
        write_ppm(&directory.join(format!("{name}.ppm")), &scene)?;
    }
    Ok(())
}

/// For programs that read no PNG.
fn write_ppm(path: &Path, picture: &Framebuffer) -> io::Result<()> {
    let size = picture.size();
    let mut bytes = format!("P6 {} {} 255\n", size.width, size.height).into_bytes();
    for bgrx in picture.bytes().chunks(4) {
        bytes.extend(bgrx.iter().take(3).rev());
    }
    io::BufWriter::new(std::fs::File::create(path)?).write_all(&bytes)
}
