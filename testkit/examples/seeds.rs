//! `seeds DIRECTORY`: writes the seeds of every fuzz target to `DIRECTORY/TARGET/NUMBER`.

use std::path::Path;

use tightrope_testkit::oracles::TARGETS;

fn main() -> std::io::Result<()> {
    let directory = std::env::args_os()
        .nth(1)
        .ok_or_else(|| std::io::Error::other("usage: seeds DIRECTORY"))?;
    for target in TARGETS {
        let directory = Path::new(&directory).join(target.name);
        std::fs::create_dir_all(&directory)?;
        for (number, seed) in (target.seeds)().iter().enumerate() {
            std::fs::write(directory.join(format!("{number:03}")), seed)?;
        }
    }
    Ok(())
}
