//! The columns of a record: the one list that says how each field is stored.

use crate::table::{Cell, Column, Kind, Table};
use crate::{PartFault, Record, RecordError, Schema, StructureRecord};
use std::collections::BTreeMap;

/// Named numbers of a record: one column a name.
struct Group {
    /// What the names of its columns begin with.
    prefix: &'static str,
    names: fn(&mut Schema) -> &mut Vec<String>,
    map: fn(&Record) -> &BTreeMap<String, f64>,
    map_mut: fn(&mut Record) -> &mut BTreeMap<String, f64>,
}

/// Every group, in the order of the files.
const GROUPS: &[Group] = &[
    Group {
        prefix: "initial_loss.",
        names: |s| &mut s.losses,
        map: |r| &r.initial_losses,
        map_mut: |r| &mut r.initial_losses,
    },
    Group {
        prefix: "final_loss.",
        names: |s| &mut s.losses,
        map: |r| &r.final_losses,
        map_mut: |r| &mut r.final_losses,
    },
    Group {
        prefix: "initial_metric.",
        names: |s| &mut s.metrics,
        map: |r| &r.initial_metrics,
        map_mut: |r| &mut r.initial_metrics,
    },
    Group {
        prefix: "final_metric.",
        names: |s| &mut s.metrics,
        map: |r| &r.final_metrics,
        map_mut: |r| &mut r.final_metrics,
    },
];

/// A type of field and how a cell holds it.
trait Field: Sized {
    const KIND: Kind;
    const REQUIRED: bool;
    const EXPECTED: &'static str;
    fn to_cell(&self) -> Result<Cell, RecordError>;
    /// The value of a cell; nothing if the cell holds something else.
    fn from_cell(cell: Cell) -> Option<Self>;
}

macro_rules! field {
    ($ty:ty, $kind:ident, $expected:literal) => {
        impl Field for $ty {
            const KIND: Kind = Kind::$kind;
            const REQUIRED: bool = true;
            const EXPECTED: &'static str = $expected;
            fn to_cell(&self) -> Result<Cell, RecordError> {
                Ok(Cell::$kind(Some(self.clone().into())))
            }
            fn from_cell(cell: Cell) -> Option<Self> {
                match cell {
                    Cell::$kind(Some(v)) => v.try_into().ok(),
                    _ => None,
                }
            }
        }
        impl Field for Option<$ty> {
            const KIND: Kind = Kind::$kind;
            const REQUIRED: bool = false;
            const EXPECTED: &'static str = $expected;
            fn to_cell(&self) -> Result<Cell, RecordError> {
                Ok(Cell::$kind(self.clone().map(Into::into)))
            }
            fn from_cell(cell: Cell) -> Option<Self> {
                match cell {
                    Cell::$kind(Some(v)) => v.try_into().ok().map(Some),
                    Cell::$kind(None) => Some(None),
                    _ => None,
                }
            }
        }
    };
}
field!(bool, Bool, "true or false");
field!(u64, Count, "a count");
field!(u32, Count, "a count below 2^32");
field!(f64, Float, "a finite number");
field!(String, Text, "a text");

impl Field for Option<StructureRecord> {
    const KIND: Kind = Kind::Text;
    const REQUIRED: bool = false;
    const EXPECTED: &'static str = "the JSON of a structure";
    fn to_cell(&self) -> Result<Cell, RecordError> {
        let text = self.as_ref().map(serde_json::to_string).transpose();
        Ok(Cell::Text(text.map_err(RecordError::encode("a structure"))?))
    }
    fn from_cell(cell: Cell) -> Option<Self> {
        match cell {
            Cell::Text(Some(text)) => serde_json::from_str(&text).ok().map(Some),
            Cell::Text(None) => Some(None),
            _ => None,
        }
    }
}

/// A 64-bit number that uses all its bits, stored as an unsigned integer.
struct Unsigned(u64);

impl Field for Unsigned {
    const KIND: Kind = Kind::Unsigned;
    const REQUIRED: bool = true;
    const EXPECTED: &'static str = "an unsigned integer";
    fn to_cell(&self) -> Result<Cell, RecordError> {
        Ok(Cell::Unsigned(Some(self.0)))
    }
    fn from_cell(cell: Cell) -> Option<Self> {
        match cell {
            Cell::Unsigned(Some(v)) => Some(Self(v)),
            _ => None,
        }
    }
}

/// One fixed column: its name, its storage, and the way between a cell and a record.
struct Spec {
    name: &'static str,
    kind: Kind,
    required: bool,
    expected: &'static str,
    get: fn(&Record) -> Result<Cell, RecordError>,
    /// Puts the cell into the record; false if the cell does not fit.
    set: fn(&mut Record, Cell) -> bool,
}

const fn spec<F: Field>(
    name: &'static str,
    get: fn(&Record) -> Result<Cell, RecordError>,
    set: fn(&mut Record, Cell) -> bool,
) -> Spec {
    Spec { name, kind: F::KIND, required: F::REQUIRED, expected: F::EXPECTED, get, set }
}

macro_rules! plain {
    ($field:ident : $ty:ty) => {
        spec::<$ty>(
            stringify!($field),
            |r| r.$field.to_cell(),
            |r, cell| Field::from_cell(cell).map(|v| r.$field = v).is_some(),
        )
    };
}

macro_rules! columns {
    ($($field:ident : $ty:ty),*; $($later:ident : $later_ty:ty),* $(,)?) => {
        /// Every fixed column, in the order of the files.
        const SPECS: &[Spec] = &[
            $(plain!($field: $ty),)*
            spec::<Unsigned>(
                "seed",
                |r| Unsigned(r.seed).to_cell(),
                |r, cell| Unsigned::from_cell(cell).map(|v| r.seed = v.0).is_some(),
            ),
            $(plain!($later: $later_ty),)*
        ];

        /// Fails to compile when a field of the record has no column.
        #[allow(dead_code, reason = "exists to be type-checked")]
        fn every_field_has_a_column(record: Record) {
            let Record {
                $($field: _,)* seed: _, $($later: _,)*
                initial_losses: _, final_losses: _, initial_metrics: _, final_metrics: _
            } = record;
        }
    };
}

// The seed stands at the semicolon; the columns of losses and metrics follow the last.
columns! {
    task_index: u64,
    structure: String,
    structure_id: Option<String>,
    noise_kind: String,
    noise_level: f64,
    replicate: u32,
    arm: String,
    loss: String,
    projector: String,
    optimizer: String,
    strategy: String;
    failure: Option<String>,
    termination: Option<String>,
    evaluations: u64,
    iterations: u64,
    loss_initial: Option<f64>,
    loss_final: Option<f64>,
    noop_matched: Option<bool>,
    noop_rms: Option<f64>,
    noop_strict: Option<bool>,
    matched: Option<bool>,
    rms: Option<f64>,
    max_dist: Option<f64>,
    strict: Option<bool>,
    certified: Option<bool>,
    ranked_matched: Option<bool>,
    initial_structure: Option<StructureRecord>,
    final_structure: Option<StructureRecord>,
}

/// [`Record::check`].
pub(crate) fn check(record: &Record) -> Result<(), RecordError> {
    let task_index = record.task_index;
    let finite = |field: &str, value: f64| {
        if value.is_finite() {
            return Ok(());
        }
        Err(RecordError::NonFinite { task_index, field: field.to_owned(), value })
    };
    let structures = [
        ("initial_structure", &record.initial_structure),
        ("final_structure", &record.final_structure),
    ];
    for (name, structure) in structures {
        for (list, value) in structure.iter().flat_map(StructureRecord::numbers_by_list) {
            finite(&format!("{name}.{list}"), value)?;
        }
    }
    for spec in SPECS.iter().filter(|s| matches!(s.kind, Kind::Float | Kind::Count)) {
        match (spec.get)(record)? {
            Cell::Float(Some(value)) => finite(spec.name, value)?,
            Cell::Count(Some(value)) if i64::try_from(value).is_err() => {
                let field = spec.name.to_owned();
                return Err(RecordError::CountTooLarge { task_index, field, value });
            }
            _ => {}
        }
    }
    for group in GROUPS {
        for (name, value) in (group.map)(record) {
            finite(&format!("{}{name}", group.prefix), *value)?;
        }
    }
    Ok(())
}

/// The table of checked records.
pub(crate) fn to_table(schema: &Schema, records: &[Record]) -> Result<Table, RecordError> {
    schema.check()?;
    let mut schema = schema.clone();
    for r in records {
        r.check()?;
        for group in GROUPS {
            let names = (group.names)(&mut schema);
            if let Some(name) = (group.map)(r).keys().find(|name| !names.contains(name)) {
                let field = format!("{}{name}", group.prefix);
                return Err(RecordError::UndeclaredColumn { task_index: r.task_index, field });
            }
        }
    }
    let mut columns = Vec::with_capacity(SPECS.len());
    for spec in SPECS {
        let cells = records.iter().map(spec.get).collect::<Result<Vec<_>, _>>()?;
        columns.push(Column {
            name: spec.name.to_owned(),
            kind: spec.kind,
            required: spec.required,
            cells,
        });
    }
    for group in GROUPS {
        for name in (group.names)(&mut schema).iter() {
            let value = |r: &Record| Cell::Float((group.map)(r).get(name).copied());
            let cells = records.iter().map(value).collect();
            let name = format!("{}{name}", group.prefix);
            columns.push(Column { name, kind: Kind::Float, required: false, cells });
        }
    }
    Ok(Table { n_rows: records.len(), columns })
}

/// The records of a table; the schema is read from the names of the columns.
pub(crate) fn from_table(table: Table) -> Result<(Schema, Vec<Record>), PartFault> {
    let mut records = vec![Record::default(); table.n_rows];
    let mut schema = Schema::default();
    for spec in SPECS.iter().filter(|s| s.required) {
        if !table.columns.iter().any(|c| c.name == spec.name) {
            return Err(PartFault::MissingColumn { name: spec.name });
        }
    }
    for Column { name, cells, .. } in table.columns {
        if let Some(spec) = SPECS.iter().find(|s| s.name == name) {
            for (row, (record, cell)) in records.iter_mut().zip(cells).enumerate() {
                if !(spec.set)(record, cell) {
                    return Err(PartFault::BadCell { row, column: name, expected: spec.expected });
                }
            }
            continue;
        }
        let Some((group, kind)) =
            GROUPS.iter().find_map(|g| Some((g, name.strip_prefix(g.prefix)?.to_owned())))
        else {
            return Err(PartFault::UnknownColumn { name });
        };
        for (row, (record, cell)) in records.iter_mut().zip(cells).enumerate() {
            match cell {
                Cell::Float(Some(v)) => drop((group.map_mut)(record).insert(kind.clone(), v)),
                Cell::Float(None) => {}
                _ => {
                    let expected = <f64 as Field>::EXPECTED;
                    return Err(PartFault::BadCell { row, column: name, expected });
                }
            }
        }
        let names = (group.names)(&mut schema);
        if !names.contains(&kind) {
            names.push(kind);
        }
    }
    Ok((schema, records))
}
