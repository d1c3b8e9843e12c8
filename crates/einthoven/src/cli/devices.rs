//! `einthoven devices`: what can evaluate a model here.

use einthoven::Result;
use einthoven::masking::{DeviceChoice, DeviceName, device};

use super::print;

/// Prints every device that this build reaches on this machine.
pub fn run() -> Result<()> {
    let mut text = String::new();
    let mut seen: Vec<DeviceChoice> = Vec::new();
    for found in device::list() {
        match found {
            Ok(info) => {
                let nth = seen.iter().filter(|&&choice| choice == info.choice).count();
                seen.push(info.choice);
                let name = DeviceName { choice: info.choice, index: Some(nth) }.to_string();
                let buffer =
                    info.max_buffer.map_or("as large as memory".to_owned(), |bytes| format!("{} MiB", bytes >> 20));
                text.push_str(&format!("{name:<10} {} ({})\n", info.name, info.kind));
                text.push_str(&format!("{:<10} largest buffer: {buffer}; {}\n", "", info.limits));
            }
            Err(error) => text.push_str(&format!("{:<10} failed to {error}\n", "")),
        }
    }
    text.push_str("auto takes the first hardware GPU, else the CPU; a software device is used only when named\n");
    print::text(&text)
}
