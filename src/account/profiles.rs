//! `Profiles`: the profiles that one scope defines, found by name.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::tuple::Tuple;
use crate::config::Located;

/// A named account as one scope defines it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The name.
    pub name: String,
    /// The account's fields.
    pub tuple: Tuple,
    /// Whether no untrusted project may select the account.
    pub protected: bool,
    /// Where the first of its fields stands.
    pub at: Located<()>,
}

/// Up to how many profiles a search looks at each: a map for fewer costs more than it saves.
const FEW: usize = 16;

/// The profiles that one scope defines, each name once, in the order of the file.
///
/// # Why
/// The rules ask "what if" in copies of the world, once for each profile that is listed. So a copy
/// shares the list, and a search does not read all of it.
#[derive(Clone, Debug, Default)]
pub struct Profiles(Rc<Shared>);

/// What all copies share.
#[derive(Debug, Default)]
struct Shared {
    profiles: Vec<Profile>,
    by_name: OnceCell<HashMap<String, usize>>,
}

impl PartialEq for Profiles {
    fn eq(&self, other: &Self) -> bool {
        self.0.profiles == other.0.profiles
    }
}

impl Eq for Profiles {}

impl FromIterator<Profile> for Profiles {
    fn from_iter<I: IntoIterator<Item = Profile>>(profiles: I) -> Self {
        let profiles = profiles.into_iter().collect();
        Profiles(Rc::new(Shared { profiles, by_name: OnceCell::new() }))
    }
}

impl<'a> IntoIterator for &'a Profiles {
    type Item = &'a Profile;
    type IntoIter = std::slice::Iter<'a, Profile>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Profiles {
    /// Returns every profile, in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, Profile> {
        self.0.profiles.iter()
    }

    /// Finds the profile of a name.
    pub fn find(&self, name: &str) -> Option<&Profile> {
        let profiles = &self.0.profiles;
        if profiles.len() <= FEW {
            return profiles.iter().find(|profile| profile.name == name);
        }
        let by_name = self.0.by_name.get_or_init(|| {
            let all = profiles.iter().enumerate();
            all.map(|(at, profile)| (profile.name.clone(), at)).collect()
        });
        profiles.get(*by_name.get(name)?)
    }

    /// Returns the profiles that pass a test; the same list where all of them do.
    #[must_use]
    pub(super) fn filtered(&self, keep: impl Fn(&Profile) -> bool) -> Self {
        if self.iter().all(&keep) {
            return self.clone();
        }
        self.iter().filter(|profile| keep(profile)).cloned().collect()
    }
}

/// Collects the fields of a scope's profiles, in any order.
#[derive(Default)]
pub(super) struct ProfilesBuilder {
    profiles: Vec<Profile>,
    /// The profiles behind the first few; none is made before, as a map asks the system for a seed.
    by_name: Option<HashMap<String, usize>>,
}

impl ProfilesBuilder {
    /// Returns the profile of a name; a new one where there is none.
    pub(super) fn entry(
        &mut self,
        name: &str,
        new: impl FnOnce() -> Profile,
    ) -> Option<&mut Profile> {
        let last = self.profiles.len().checked_sub(1);
        // The fields of a profile usually stand together.
        let at = last.filter(|last| self.profiles.get(*last).is_some_and(|p| p.name == name));
        let at = at.or_else(|| self.position(name)).unwrap_or_else(|| {
            let at = self.profiles.len();
            if at >= FEW {
                self.by_name.get_or_insert_default().insert(name.to_owned(), at);
            }
            self.profiles.push(new());
            at
        });
        self.profiles.get_mut(at)
    }

    /// Returns where the profile of a name stands; the first few are in no map.
    fn position(&self, name: &str) -> Option<usize> {
        let first = self.profiles.iter().take(FEW).position(|profile| profile.name == name);
        first.or_else(|| self.by_name.as_ref()?.get(name).copied())
    }

    /// Returns what was collected.
    pub(super) fn finish(self) -> Profiles {
        self.profiles.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Tuple;
    use crate::config::{Located, Origin, Scope};

    fn profile(name: &str) -> Profile {
        let at = Located::new((), Scope::User, Origin::BuiltIn);
        Profile { name: name.to_owned(), tuple: Tuple::default(), protected: false, at }
    }

    /// As many as a search goes through one by one, one more, and many; each twice, in two orders.
    #[test]
    fn each_name_is_there_once_and_is_found() {
        for count in [0, 1, FEW, FEW + 1, 3 * FEW] {
            let names: Vec<String> = (0..count).map(|n| format!("p{n}")).collect();
            let mut builder = ProfilesBuilder::default();
            for name in names.iter().chain(names.iter().rev()) {
                let entry = builder.entry(name, || profile(name)).unwrap();
                assert_eq!(&entry.name, name);
                // Marked by the second time alone.
                entry.protected = !entry.protected;
            }
            builder.entry("last", || profile("last")).unwrap().protected = true;
            let profiles = builder.finish();
            let order: Vec<&str> = profiles.iter().map(|profile| profile.name.as_str()).collect();
            let expected: Vec<&str> = names.iter().map(String::as_str).chain(["last"]).collect();
            assert_eq!(order, expected);
            for name in &expected {
                let found = profiles.find(name).unwrap();
                assert_eq!((found.name.as_str(), found.protected), (*name, *name == "last"));
            }
            assert_eq!(profiles.find("p"), None);
            let rest = profiles.filtered(|profile| profile.name != "p0");
            assert_eq!(rest.iter().count(), expected.len() - usize::from(count > 0));
            assert_eq!(rest.find("p0"), None);
            assert!(profiles.filtered(|_| true) == profiles);
        }
    }
}
