//! Running the program in a folder of its own.

use std::path::Path;
use std::process::Command;

/// What a run of the program left behind.
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// Runs `einthoven ARGS` on the CPU in `folder`.
pub fn einthoven(folder: &Path, args: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_einthoven")).args(args).current_dir(folder).output().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs the program, which must succeed, and returns what it printed.
pub fn succeed(folder: &Path, args: &[&str]) -> String {
    let run = einthoven(folder, args);
    assert_eq!(run.code, 0, "einthoven {}: {}", args.join(" "), run.err);
    run.out
}

/// The files below a folder, as paths relative to it, sorted.
pub fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}
