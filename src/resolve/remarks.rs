//! What has no effect, told once a run: mistyped names, keys in the wrong place, hidden projects.

use crate::config::{Remark, RemarkKind, given};
use crate::resolve::context::Context;
use crate::resolve::layers::Loaded;

impl Context {
    /// Tells of typos, of what a project says in vain, and of a project that another one hides.
    pub fn tell_remarks(&self) {
        self.tell_typos();
        let Some(loaded) = self.loaded.get() else { return };
        self.tell_ignored(loaded);
        let place = loaded.places.project.as_ref();
        if let Some((place, outer)) = place.and_then(|place| Some((place, place.outer.as_ref()?))) {
            self.output.note(&format!(
                "the project {} hides another one in {}",
                place.root.display(),
                outer.display()
            ));
        }
    }

    /// Tells of variables and keys that nobody knows, and of keys that this scope may not set.
    pub fn tell_typos(&self) {
        let Some(loaded) = self.loaded.get() else { return };
        for (name, near) in given::mistyped_variables(&self.invocation.env) {
            self.output.warning(&format!("{name}: unknown variable; did you mean `{near}`?"));
        }
        self.tell_unread(remarks(loaded));
    }

    /// Tells of keys that nobody knows, and of keys that this scope may not set.
    pub fn tell_unread<'a>(&self, remarks: impl IntoIterator<Item = &'a Remark>) {
        for Remark { kind, key, origin } in remarks {
            match kind {
                RemarkKind::Untrusted => {}
                RemarkKind::Unknown(near) => {
                    let near = near.as_ref().map(|near| format!("; did you mean `{near}`?"));
                    let near = near.unwrap_or_default();
                    self.output.warning(&format!("{origin}: unknown key `{key}`{near}"));
                }
                RemarkKind::Scope(scope) => {
                    self.output
                        .warning(&format!("{origin}: `{key}` is not read from {scope} settings"));
                }
            }
        }
    }

    fn tell_ignored(&self, loaded: &Loaded) {
        let ignored: Vec<_> =
            remarks(loaded).filter(|remark| remark.kind == RemarkKind::Untrusted).collect();
        let Some(first) = ignored.first() else { return };
        let keys: Vec<_> = ignored.iter().map(|remark| remark.key.as_str()).collect();
        self.output.note(&format!(
            "{}: ignored, as this project is not trusted: {} (see: carto trust)",
            first.origin.path().map_or_else(String::new, |path| path.display().to_string()),
            keys.join(", ")
        ));
    }
}

fn remarks(loaded: &Loaded) -> impl Iterator<Item = &Remark> {
    loaded.config.layers().iter().flat_map(|layer| &layer.remarks)
}
