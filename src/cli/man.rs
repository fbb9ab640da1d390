//! Manual pages, made from the same source as the help.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use clap::Command as Clap;

use super::guides::{self, Guide};
use crate::error::{Error, Kind, io_reason};
use crate::resolve::context::Context;

/// Makes the page of a built command.
pub(super) fn of_command(command: Clap) -> Result<Vec<u8>, Error> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut page)
        .map_err(|error| Error::new(Kind::Internal, error.to_string()))?;
    Ok(page)
}

/// Makes the page of a guide: its text as it stands.
pub(super) fn of_guide(guide: &Guide) -> Vec<u8> {
    let name = format!("carto-{}", guide.name);
    let mut page =
        format!(".TH {name} 7\n.SH NAME\n{} \\- {}\n", quoted(&name), quoted(guide.about));
    page += ".SH DESCRIPTION\n.nf\n";
    for line in guide.text.lines() {
        page += &quoted(line);
        page.push('\n');
    }
    page += ".fi\n";
    page.into_bytes()
}

/// Writes a line so that roff takes it as text.
fn quoted(line: &str) -> String {
    let text = line.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

/// Writes the page of carto, of every command and of every guide, and says how many.
///
/// # Errors
/// The directory or a page cannot be written.
pub(super) fn write_all(context: &Context, dir: &Path, whole: &Clap) -> Result<u8, Error> {
    let dir = &context.invocation.cwd()?.join(dir);
    fs::create_dir_all(dir).map_err(|error| cannot_write(dir, &error))?;
    let mut whole = whole.clone();
    whole.build();
    let mut count = 0;
    let mut write = |name: &str, page: &[u8]| {
        count += 1;
        let path = dir.join(name);
        // They are made again by the same command, so none is worth more than a plain write.
        fs::File::create(&path)
            .and_then(|mut file| file.write_all(page))
            .map_err(|error| cannot_write(&path, &error))
    };
    for command in with_all_below(&whole) {
        let name = command.get_display_name().unwrap_or("carto").to_owned();
        write(&format!("{name}.1"), &of_command(command)?)?;
    }
    for guide in guides::GUIDES {
        write(&format!("carto-{}.7", guide.name), &of_guide(guide))?;
    }
    context.output.note(&format!("wrote {count} manual pages into {}", dir.display()));
    Ok(0)
}

fn cannot_write(path: &Path, error: &io::Error) -> Error {
    Error::new(Kind::Write, format!("cannot write {}: {}", path.display(), io_reason(error)))
}

/// Returns a command and all that stand below it.
fn with_all_below(command: &Clap) -> Vec<Clap> {
    let mut all = vec![command.clone()];
    all.extend(command.get_subcommands().flat_map(with_all_below));
    all
}
