//! The program `carto`.

fn main() {}
