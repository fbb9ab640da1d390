//! `Loaded`: the layers of a run, read from their files.

use crate::config::places::{self, CONFIG_FILE, Places};
use crate::config::{Config, Layer, Scope, Standing, given};
use crate::error::Error;
use crate::project::nearest::{Project, ProjectStanding};
use crate::resolve::options::CommandLine;
use crate::resolve::run::Run;

/// Every layer, and what could not be read.
#[derive(Debug)]
pub struct Loaded {
    /// The places that were looked at.
    pub places: Places,
    /// The layers.
    pub config: Config,
    /// Files that exist and cannot be used.
    pub broken: Vec<Error>,
    /// The nearest project.
    pub project: Option<Project>,
    /// What the command line adds besides its layer.
    pub command_line: CommandLine,
}

impl Run {
    /// Reads every layer. A broken file is kept as an error, so that the caller decides.
    pub(super) fn read_layers(&self) -> Result<Loaded, Error> {
        let command_line = self.globals.command_line(&self.nested)?;
        let places = places::places(&self.invocation, self.globals.files(&self.nested))?;
        let mut config = Config::default();
        let mut broken = Vec::new();
        for (scope, dir) in [(Scope::System, &places.system), (Scope::User, &places.user)] {
            let Some(dir) = dir else { continue };
            let path = dir.join(CONFIG_FILE);
            match self.read_own_file(scope, &path) {
                Ok(None) => {}
                Ok(Some(file)) => {
                    self.output.verbose(|| format!("read {}", path.display()));
                    add(
                        &mut config,
                        &mut broken,
                        Layer::parse(scope, Standing::Own, &path, file.bytes),
                    );
                }
                Err(error) => broken.push(error),
            }
        }
        let project = self.read_project(&places, &mut config, &mut broken)?;
        config.insert(given::environment(&self.invocation.env)?);
        let mut command_line = command_line;
        let layer = std::mem::replace(&mut command_line.layer, Layer::given(Scope::Command));
        config.insert(layer);
        Ok(Loaded { places, config, broken, project, command_line })
    }

    fn read_project(
        &self,
        places: &Places,
        config: &mut Config,
        broken: &mut Vec<Error>,
    ) -> Result<Option<Project>, Error> {
        let Some(place) = &places.project else { return Ok(None) };
        let project = Project::open(place, &self.trust())?;
        self.output.verbose(|| format!("project {}: {}", place.root.display(), project.standing));
        let standing = match project.standing {
            ProjectStanding::Trusted => Standing::Own,
            ProjectStanding::Untrusted | ProjectStanding::Changed => Standing::Untrusted,
            ProjectStanding::Denied | ProjectStanding::Foreign(_) => return Ok(Some(project)),
        };
        if let Some(bytes) = &project.config {
            let path = place.dir().join(CONFIG_FILE);
            add(config, broken, Layer::parse(Scope::Project, standing, &path, bytes.clone()));
        }
        Ok(Some(project))
    }
}

/// Adds a layer; its problems and a file that cannot be parsed go to the broken ones.
fn add(config: &mut Config, broken: &mut Vec<Error>, layer: Result<Layer, Error>) {
    match layer {
        Ok(layer) => {
            broken.extend(layer.problems.iter().cloned());
            config.insert(layer);
        }
        Err(error) => broken.push(error),
    }
}
