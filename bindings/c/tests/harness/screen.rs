//! X servers of the tests' own, and what they show.

use std::process::Command;

use super::running::Running;

/// An X server, and its name for programs.
pub(crate) struct Display {
    pub(crate) name: String,
    _server: Running,
}

impl Display {
    /// Without hardware, and of this size: "640x480".
    pub(crate) fn xvfb(size: &str) -> Self {
        Self::start("Xvfb", &["-screen", "0", &format!("{size}x24")])
    }

    /// Any X server. It does not begin anew when its last program leaves: whoever connects meanwhile is turned away.
    pub(crate) fn start(server: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(server);
        command
            .args(["-displayfd", "1", "-nolisten", "tcp", "-noreset"])
            .args(arguments);
        let running = Running::start(&mut command);
        Self {
            name: format!(":{}", running.line()),
            _server: running,
        }
    }

    /// A program on it, to be started.
    pub(crate) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).env("DISPLAY", &self.name);
        command
    }

    /// Runs a program on it to its end, which must be 0; gives what it wrote.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> Vec<u8> {
        let output = self.command(program, arguments).output().unwrap();
        assert!(output.status.success(), "{program}: {output:?}");
        output.stdout
    }

    /// What it shows.
    pub(crate) fn picture(&self) -> Picture {
        let arguments = ["-silent", "-window", "root", "-depth", "8", "ppm:-"];
        Picture::read(&self.run("import", &arguments))
    }
}

/// Rows of red, green and blue.
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) pixels: Vec<[u8; 3]>,
}

impl Picture {
    /// Of a PPM of 8 bits.
    pub(crate) fn read(ppm: &[u8]) -> Self {
        let mut words = ppm.split(u8::is_ascii_whitespace);
        let mut number = || {
            let word = words.next().unwrap();
            std::str::from_utf8(word)
                .unwrap()
                .parse()
                .unwrap_or(0_usize)
        };
        let [_format, width, height] = [number(), number(), number()];
        let start = ppm.len() - width * height * 3;
        Self {
            width,
            pixels: ppm[start..].as_chunks().0.to_vec(),
        }
    }

    pub(crate) fn at(&self, x: usize, y: usize) -> [u8; 3] {
        self.pixels[y * self.width + x]
    }

    /// How many pixels have this colour, within what JPEG may do to it.
    pub(crate) fn count(&self, colour: [u8; 3]) -> usize {
        let near = self.pixels.iter().filter(|own| is_near(**own, colour));
        near.count()
    }

    /// The column of the first of them.
    pub(crate) fn first(&self, colour: [u8; 3]) -> Option<usize> {
        let at = self.pixels.iter().position(|own| is_near(*own, colour));
        at.map(|at| at % self.width)
    }
}

fn is_near(a: [u8; 3], b: [u8; 3]) -> bool {
    a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= 8)
}
