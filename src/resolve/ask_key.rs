//! Asks a person for a key, without echo.
//!
//! # Why
//! While it is typed the terminal sends no signals: Ctrl-C is a character, for which `rpassword` raises
//! SIGINT before it has put the terminal back. The signal is held until that is done, else the shell
//! is left without echo and without Ctrl-C.

use std::io;

/// Asks for a line behind this text.
///
/// # Errors
/// There is no terminal, or nobody types anything.
pub(super) fn ask(prompt: &str) -> io::Result<String> {
    #[cfg(unix)]
    let _held = Held::interrupt()?;
    rpassword::prompt_password(prompt)
}

/// Holds SIGINT back as long as it lives; then the signal does what it does.
#[cfg(unix)]
struct Held {
    before: nix::sys::signal::SigSet,
}

#[cfg(unix)]
impl Held {
    fn interrupt() -> io::Result<Self> {
        use nix::sys::signal::{SigSet, SigmaskHow, Signal};

        let mut interrupt = SigSet::empty();
        interrupt.add(Signal::SIGINT);
        let before = interrupt.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        Ok(Held { before })
    }
}

#[cfg(unix)]
impl Drop for Held {
    fn drop(&mut self) {
        _ = self.before.thread_set_mask();
    }
}
