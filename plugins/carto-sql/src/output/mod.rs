//! Rows as text: one file per format. Every format has the same values: the text that PostgreSQL itself
//! writes, so that nothing is lost on the way.

mod csv;
mod geojson;
mod json;
mod table;

use std::io::Write;

use clap::ValueEnum;
use serde_json::Value;

use crate::cells::Cells;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::target::write_failure;

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name; two columns may have one.
    pub name: String,
    /// What its values are.
    pub kind: Kind,
}

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Numbers; also NaN and the infinities.
    Number,
    /// `t` and `f`.
    Bool,
    /// JSON.
    Json,
    /// Text of a fixed length, whose last spaces a cast would take away.
    Padded,
    /// Shapes of `PostGIS` on a plane.
    Geometry,
    /// Shapes of `PostGIS` on the globe.
    Geography,
    /// Everything else.
    Text,
}

/// How shapes are written.
#[allow(clippy::doc_markdown)] // the words of the help
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShapeForm {
    /// `POINT(1 2)`
    Wkt,
    /// Hexadecimal, as PostgreSQL prints them
    Wkb,
    /// GeoJSON
    Geojson,
}

impl Column {
    /// Makes a column of a type of PostgreSQL.
    pub fn new(name: &str, pgtype: &str) -> Self {
        let kind = match pgtype {
            "int2" | "int4" | "int8" | "float4" | "float8" | "numeric" | "oid" | "smallint"
            | "integer" | "bigint" | "real" | "double precision" => Kind::Number,
            "bool" | "boolean" => Kind::Bool,
            "json" | "jsonb" => Kind::Json,
            "bpchar" | "character" => Kind::Padded,
            "geometry" => Kind::Geometry,
            "geography" => Kind::Geography,
            _ => Kind::Text,
        };
        Column {
            name: name.to_owned(),
            kind,
        }
    }

    /// Returns the SQL by which PostgreSQL writes a value of the column as it prints it, and a shape in a
    /// form.
    pub fn as_text(&self, name: &str, form: ShapeForm) -> String {
        match (self.kind, form) {
            (Kind::Bool, _) => format!("CASE {name} WHEN true THEN 't' WHEN false THEN 'f' END"),
            (Kind::Padded, _) => {
                format!("CASE WHEN {name} IS NOT NULL THEN format('%s', {name}) END")
            }
            (Kind::Geometry | Kind::Geography, ShapeForm::Wkt) => format!("ST_AsText({name})"),
            (Kind::Geometry, ShapeForm::Geojson) => format!(
                "ST_AsGeoJSON(CASE WHEN ST_SRID({name}) IN (0, 4326) THEN {name} \
                 ELSE ST_Transform({name}, 4326) END)"
            ),
            (Kind::Geography, ShapeForm::Geojson) => format!("ST_AsGeoJSON({name})"),
            _ => format!("{name}::text"),
        }
    }
}

impl Kind {
    /// Returns what a value of the server's JSON is.
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Number(_) => Kind::Number,
            Value::Bool(_) => Kind::Bool,
            // The current platform gives shapes as GeoJSON.
            Value::Object(members) if members.contains_key("coordinates") => Kind::Geometry,
            Value::Array(_) | Value::Object(_) => Kind::Json,
            Value::Null | Value::String(_) => Kind::Text,
        }
    }
}

/// Returns the names of an object of JSON in their order, also those that come twice.
pub fn names(object: &str) -> Vec<String> {
    struct Names;
    impl<'de> serde::de::Visitor<'de> for Names {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(
            self,
            mut map: A,
        ) -> Result<Self::Value, A::Error> {
            let mut names = Vec::new();
            while let Some((name, _)) = map.next_entry::<String, serde::de::IgnoredAny>()? {
                names.push(name);
            }
            Ok(names)
        }
    }
    let mut document = serde_json::Deserializer::from_str(object);
    serde::Deserializer::deserialize_map(&mut document, Names).unwrap_or_default()
}

/// A format.
#[allow(clippy::doc_markdown)] // the words of the help
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned, for people
    Table,
    /// One line a row; NULL is nothing, an empty text is ""
    Csv,
    /// One array of objects
    Json,
    /// One object a line
    Ndjson,
    /// One feature a row, with the first geometry
    Geojson,
    /// A GeoPackage, made by the server; with --output
    Gpkg,
    /// A zipped Shapefile, made by the server; with --output
    Shp,
    /// KML, made by the server; with --output
    Kml,
    /// SVG, made by the server; with --output
    Svg,
    /// A SpatiaLite file, made by the server; with --output
    Spatialite,
}

impl Format {
    /// Returns who makes the format.
    pub fn maker(self) -> Maker {
        match self {
            Format::Table => Maker::Here(RowFormat::Table),
            Format::Csv => Maker::Here(RowFormat::Csv),
            Format::Json => Maker::Here(RowFormat::Json),
            Format::Ndjson => Maker::Here(RowFormat::Ndjson),
            Format::Geojson => Maker::Here(RowFormat::Geojson),
            Format::Gpkg => Maker::Server("gpkg"),
            Format::Shp => Maker::Server("shp"),
            Format::Kml => Maker::Server("kml"),
            Format::Svg => Maker::Server("svg"),
            Format::Spatialite => Maker::Server("spatialite"),
        }
    }
}

/// Who makes a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// The rows are written here.
    Here(RowFormat),
    /// The server, which knows it by this word.
    Server(&'static str),
}

/// A format whose rows are written here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFormat {
    /// Aligned, for people.
    Table,
    /// As PostgreSQL's `COPY` writes it.
    Csv,
    /// One array of objects.
    Json,
    /// One object a line.
    Ndjson,
    /// One feature a row.
    Geojson,
}

impl RowFormat {
    /// Returns the form of shapes where none is asked for.
    pub fn shapes(self) -> ShapeForm {
        match self {
            RowFormat::Table => ShapeForm::Wkt,
            RowFormat::Geojson => ShapeForm::Geojson,
            RowFormat::Csv | RowFormat::Json | RowFormat::Ndjson => ShapeForm::Wkb,
        }
    }
}

/// What takes the rows of one statement.
pub trait Sink {
    /// Takes the columns, before the first row.
    fn begin(&mut self, columns: &[Column]) -> Result<(), Failure>;
    /// Takes a row.
    fn row(&mut self, columns: &[Column], cells: &Cells) -> Result<(), Failure>;
    /// Ends the rows.
    fn end(&mut self) -> Result<(), Failure>;
    /// Shows what there is, as nothing more has come for now.
    fn flush(&mut self) -> Result<(), Failure>;
}

/// A sink that counts its rows.
pub struct Counting<'s> {
    /// What takes the rows.
    pub inner: Box<dyn Sink + 's>,
    /// Where they are counted, if anywhere.
    pub progress: Option<&'s Progress>,
}

impl Sink for Counting<'_> {
    fn begin(&mut self, columns: &[Column]) -> Result<(), Failure> {
        self.inner.begin(columns)
    }

    fn row(&mut self, columns: &[Column], cells: &Cells) -> Result<(), Failure> {
        if let Some(progress) = self.progress {
            progress.add_rows(1);
        }
        self.inner.row(columns, cells)
    }

    fn end(&mut self) -> Result<(), Failure> {
        self.inner.end()
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.inner.flush()
    }
}

/// Writes what a sink has made.
fn write(out: &mut dyn Write, bytes: &[u8]) -> Result<(), Failure> {
    out.write_all(bytes).map_err(|error| write_failure(&error))
}

/// Shows what was written.
fn flush(out: &mut dyn Write) -> Result<(), Failure> {
    out.flush().map_err(|error| write_failure(&error))
}

/// Makes the sink of a format. `null` is what stands for NULL, `width` how many columns a line of the
/// terminal has.
pub fn sink<'w>(
    format: RowFormat,
    out: &'w mut dyn Write,
    null: Option<&str>,
    width: Option<usize>,
) -> Box<dyn Sink + 'w> {
    match format {
        RowFormat::Table => Box::new(table::Table::new(out, null.unwrap_or("(null)"), width)),
        RowFormat::Csv => Box::new(csv::Csv::new(out, null.unwrap_or_default())),
        RowFormat::Json => Box::new(json::Json::array(out)),
        RowFormat::Ndjson => Box::new(json::Json::lines(out)),
        RowFormat::Geojson => Box::new(geojson::GeoJson::new(out)),
    }
}
