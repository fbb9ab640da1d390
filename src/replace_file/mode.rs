//! `Mode`: the mode of a file that is written.

/// The mode of a file that is new; an existing one keeps its mode and owner, but for keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// 0600: files with keys. An existing one that others may read, which held none so far or was
    /// made by another program, is closed to them before the key is in its place.
    Keys,
    /// 0600: everything else that only its owner needs.
    Private,
    /// 0644: files that others may read.
    Shared,
}

#[cfg(unix)]
impl Mode {
    pub(super) fn bits(self) -> u32 {
        match self {
            Mode::Keys | Mode::Private => 0o600,
            Mode::Shared => 0o644,
        }
    }
}
