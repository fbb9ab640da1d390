//! The flag that adds the names by which other programs know the account.

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::resolve::preset::Preset;

/// The flag `--as`.
#[derive(Args, Clone, Copy, Debug)]
pub struct PresetArgs {
    /// Add the names that another program knows the account by
    #[arg(long = "as", value_name = "PROGRAM", value_parser = preset())]
    pub preset: Option<Preset>,
}

/// Reads the name of a preset; help and completion show what each is for.
fn preset() -> impl TypedValueParser<Value = Preset> {
    let values = Preset::ALL.map(|preset| PossibleValue::new(preset.name()).help(preset.doc()));
    PossibleValuesParser::new(values).try_map(|name| Preset::named(&name).ok_or(name))
}
