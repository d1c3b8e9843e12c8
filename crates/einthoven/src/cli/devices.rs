//! `einthoven devices`: what can evaluate a model here.

use einthoven::Result;
use einthoven::masking::device;

use super::print;

/// Prints every device that this build reaches on this machine.
pub fn run() -> Result<()> {
    let mut text = String::new();
    for found in device::list() {
        match found {
            Ok(info) => {
                let buffer =
                    info.max_buffer.map_or("limited by memory".to_owned(), |bytes| format!("{} MiB", bytes >> 20));
                text.push_str(&format!(
                    "{:<8} {} ({}); largest buffer: {buffer}\n",
                    info.choice.to_string(),
                    info.name,
                    info.kind
                ));
            }
            Err(error) => text.push_str(&format!("         failed to {error}\n")),
        }
    }
    text.push_str("auto takes the first hardware GPU, else the CPU; a software device is used only when named\n");
    print::text(&text)
}
