//! Packs a tree into an archive that another machine unpacks.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::tree::may_run;

/// The archive of a tree, in the directory of its package among what was downloaded.
pub(super) const ARCHIVE: &str = "tree.tar.gz";

/// Writes every file of a tree into an archive.
pub(super) fn pack(tree: &Path, archive: &Path) -> io::Result<()> {
    let file = File::create(archive)?;
    let mut tar = tar::Builder::new(GzEncoder::new(file, Compression::default()));
    tar.follow_symlinks(false);
    add(&mut tar, tree, Path::new(""))?;
    tar.into_inner()?.finish()?.sync_all()
}

fn add(tar: &mut tar::Builder<GzEncoder<File>>, tree: &Path, below: &Path) -> io::Result<()> {
    let mut entries = fs::read_dir(tree.join(below))?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = below.join(entry.file_name());
        let facts = entry.path().symlink_metadata()?;
        let mut header = tar::Header::new_gnu();
        if facts.is_dir() {
            add(tar, tree, &path)?;
        } else if facts.is_symlink() {
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_mode(0o777);
            header.set_size(0);
            tar.append_link(&mut header, &path, fs::read_link(entry.path())?)?;
        } else {
            header.set_mode(if may_run(&facts) { 0o755 } else { 0o644 });
            header.set_size(facts.len());
            tar.append_data(&mut header, &path, File::open(entry.path())?)?;
        }
    }
    Ok(())
}
