//! What a run tells besides its answer: what has no effect, what a project selects, keys that are not used.

use crate::account::{Account, Chosen};
use crate::config::given::{self, Assignment};
use crate::config::places::CONFIG_FILE;
use crate::config::{Remark, RemarkKind, Scope};
use crate::credential::{Choice, Offered, variables_for};
use crate::escape;
use crate::project::nearest::ProjectStanding;
use crate::resolve::layers::Loaded;
use crate::resolve::run::Run;
use crate::secret::DEFAULT_PUBLIC;

/// How many settings without effect are named each.
const MOST_UNREAD: usize = 5;

impl Run {
    /// Tells of typos, of what a project says in vain, and of a project that another one hides.
    pub(super) fn tell_remarks(&self, loaded: &Loaded) {
        self.tell_typos(loaded);
        self.tell_pages();
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
    pub(super) fn tell_typos(&self, loaded: &Loaded) {
        for (name, near) in given::mistyped_variables(&self.invocation.env) {
            self.output.warning(&format!("{name}: unknown variable; did you mean `{near}`?"));
        }
        self.tell_unread(remarks(loaded));
    }

    /// Tells of keys that nobody knows, and of keys that this scope may not set.
    pub fn tell_unread<'a>(&self, remarks: impl IntoIterator<Item = &'a Remark>) {
        let mut unread = remarks.into_iter().filter(|remark| remark.kind != RemarkKind::Untrusted);
        let most = if self.output.tells_all() { usize::MAX } else { MOST_UNREAD };
        for remark in unread.by_ref().take(most) {
            let Remark { kind, key, origin } = remark;
            match kind {
                RemarkKind::Untrusted => {}
                RemarkKind::Unknown => {
                    let near = remark.meant().map(|near| format!("; did you mean `{near}`?"));
                    let near = near.unwrap_or_default();
                    self.output.warning(&format!("{origin}: unknown setting `{key}`{near}"));
                }
                RemarkKind::Scope(scope) => {
                    self.output
                        .warning(&format!("{origin}: `{key}` is not read from {scope} settings"));
                }
            }
        }
        let more = unread.count();
        let settings = if more == 1 { "setting" } else { "settings" };
        if more > 0 {
            self.output
                .warning(&format!("and {more} more {settings} without effect: carto doctor"));
        }
    }

    /// Tells what an address on the command line was taken for.
    fn tell_pages(&self) {
        let typed = self.globals.set.iter().filter_map(|text| text.to_str());
        for note in typed.filter_map(|text| Assignment::parse(text).ok()?.note) {
            self.output.note(&note);
        }
    }

    fn tell_ignored(&self, loaded: &Loaded) {
        for layer in loaded.config.layers() {
            let pattern = layer.untrusted_pattern().map(|_| "base_url (a pattern)");
            let ignored = layer.remarks.iter().filter(|it| it.kind == RemarkKind::Untrusted);
            let names: Vec<_> =
                pattern.into_iter().chain(ignored.map(|it| it.key.as_str())).collect();
            let Some(project) = loaded.project.as_ref().filter(|_| !names.is_empty()) else {
                continue;
            };
            self.output.note(&format!(
                "{}: ignored, as this project is not trusted: {} (see: carto trust)",
                project.file(CONFIG_FILE).display(),
                escape::few(names)
            ));
        }
    }

    /// Tells what is to be known of the project.
    pub(super) fn tell_about_project(&self, loaded: &Loaded, chosen: Option<&Chosen>) {
        self.tell_remarks(loaded);
        let Some(project) = &loaded.project else { return };
        if let (ProjectStanding::Foreign(reason), Some(chosen)) = (&project.standing, chosen) {
            self.output.note(&format!(
                "the project is left out: {reason}; {} names the account",
                chosen.origin
            ));
        }
        if let Some(chosen) = chosen.filter(|chosen| chosen.by_untrusted && !chosen.is_default) {
            self.output
                .note(&format!("this project selects {} ({})", chosen.account, chosen.origin));
        }
    }

    /// A key without an account is most often half of what was meant to be given.
    pub(super) fn tell_about_lone_key(&self, offered: &Offered) {
        let key = offered.environment.as_ref().filter(|key| !key.value.is_default_public());
        if let Some(key) = key {
            self.output.note(&format!(
                "{} is not used: nothing says whose it is; add CARTO_USERNAME or CARTO_BASE_URL",
                key.origin
            ));
        }
    }

    /// Tells that the variable of CARTO's current platform is not read, where no key is used: whoever set
    /// it meant it as the key.
    pub(super) fn tell_about_token(&self) {
        let token = self.invocation.env.get("CARTO_API_TOKEN");
        if token.is_some_and(|token| token != DEFAULT_PUBLIC) {
            self.output.note(
                "CARTO_API_TOKEN is not read: carto takes a key from CARTO_API_KEY, or from \
                 carto config set apikey",
            );
        }
    }

    /// Tells of keys of the environment that belong to another account.
    pub(super) fn tell_about_keys(&self, account: &Account, choice: &Choice) {
        for key in choice.unfit().filter(|key| key.scope == Scope::Env) {
            let whose = match &key.owner {
                Some(owner) => format!("it belongs to {owner}"),
                None => "nothing says whose it is".to_owned(),
            };
            self.output.note(&format!(
                "{} is not used: {whose}; for {account} add {}",
                key.origin,
                variables_for(account)
            ));
        }
    }
}

fn remarks(loaded: &Loaded) -> impl Iterator<Item = &Remark> {
    loaded.config.layers().iter().flat_map(|layer| &layer.remarks)
}
