//! Whether what carto writes into a project stays approved.

use std::path::Path;

use crate::error::{Error, Kind};
use crate::layer_file::destination::Destination;
use crate::project::nearest::ProjectStanding;
use crate::project::trust::Record;
use crate::resolve::context::Context;

/// Whether a project's settings were approved before they are changed; what carto makes of approved
/// settings stays approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Approval {
    /// What carto makes of it stays approved.
    Stays,
    /// It is judged as if somebody else had written it.
    None,
}

impl Destination {
    /// Whether the project's settings, as they are now, were approved; so what carto makes of them
    /// stays approved.
    pub(super) fn trusts_config(&self, context: &Context, now: &[u8]) -> Result<Approval, Error> {
        let Destination::Project(project) = self else { return Ok(Approval::None) };
        if now.is_empty() && project.config.is_none() {
            let writable = context.trust().writable().is_ok();
            return Ok(if writable { Approval::Stays } else { Approval::None });
        }
        let record = context.trust().record(project.root())?;
        if !record.is_some_and(|record| record.trusts_config(now)) {
            return Ok(Approval::None);
        }
        // Better no write than one that takes the trust away.
        context.trust().writable()?;
        Ok(Approval::Stays)
    }

    /// Says when a project is not trusted: what was written there has little effect.
    pub fn tell_standing(&self, context: &Context) {
        let Destination::Project(project) = self else { return };
        let standing = match project.standing {
            ProjectStanding::Untrusted => "this project is not trusted",
            ProjectStanding::Changed => "this project has changed since you trusted it",
            _ => return,
        };
        context.output.note(&format!("{standing}: see carto trust"));
    }

    /// Keys that came with a clone must not become trusted by writing one's own beside them.
    pub(super) fn only_approved(
        &self,
        context: &Context,
        path: &Path,
        now: Option<&[u8]>,
    ) -> Result<(), Error> {
        let Destination::Project(project) = self else { return Ok(()) };
        context.trust().writable()?;
        let Some(now) = now else { return Ok(()) };
        let record = context.trust().record(project.root())?;
        if record.is_some_and(|record| record.trusts_credentials(now)) {
            return Ok(());
        }
        Err(Error::new(
            Kind::Refused,
            "this project has a credentials file that you have not approved",
        )
        .at(path.display())
        .help("carto trust                 # shows it with keys masked, and asks"))
    }

    /// Ends what a run began that ended between the file and the project's record.
    pub(super) fn settle(
        &self,
        context: &Context,
        approve: impl FnOnce(&mut Record),
    ) -> Result<(), Error> {
        let Destination::Project(project) = self else { return Ok(()) };
        match context.trust().record(project.root())? {
            Some(record) if record.is_unsettled() => context.update_trust(project.root(), approve),
            _ => Ok(()),
        }
    }
}
