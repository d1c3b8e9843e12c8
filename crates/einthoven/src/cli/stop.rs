//! Stopping on Ctrl-C without leaving anything half done.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

static STOP: AtomicBool = AtomicBool::new(false);

/// Listens for Ctrl-C. The first asks the work to stop at its next step; a second ends the program at once.
pub fn listen() {
    let handler = || {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        eprintln!("einthoven: Ctrl-C will end the program at once, since it cannot be listened for: {error}");
    }
}

/// Whether the user asked to stop, as progress callbacks want it.
pub fn asked() -> ControlFlow<()> {
    match STOP.load(Ordering::Relaxed) {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    }
}
