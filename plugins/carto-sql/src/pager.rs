//! The user's pager, as git has it: `PAGER`, else `less`, which ends by itself where one screen is
//! enough.

use std::io::IsTerminal as _;
use std::process::{Child, Command, Stdio};

/// What carto hands over for the plugin alone: a pager does not need it.
const ACCOUNT: [&str; 2] = ["CARTO_API_KEY", "CARTO_PLUGIN_CONFIG"];

/// Starts the pager; none where standard output is no terminal, or the user wants none.
pub fn start() -> Option<Child> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    let program = match std::env::var("PAGER") {
        Ok(program) => program,
        Err(_) if is_there("less") => "less".to_owned(),
        Err(_) => return None,
    };
    if program.trim().is_empty() || program.trim() == "cat" {
        return None;
    }
    let mut command = Command::new("sh");
    command.args(["-c", &program]).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        // One screen is shown as it is, colours stay, long lines are cut, the screen is left alone.
        command.env("LESS", "FRSX");
    }
    for name in ACCOUNT {
        command.env_remove(name);
    }
    command.spawn().ok()
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join(program).is_file())
}
