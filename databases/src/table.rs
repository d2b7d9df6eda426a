//! What a database says of its tables.

use arrow_schema::DataType;

/// Is a table or view of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableInfo {
    /// Its name.
    pub name: String,
    /// The schema it lies in, where the database has schemas.
    pub schema: Option<String>,
    /// Whether it is a view, into which nothing is written: mostly without a key, and no telling how
    /// large.
    pub is_view: bool,
    /// What the database's makers say of it.
    pub comment: Option<String>,
    /// Its columns, in their order.
    pub columns: Vec<ColumnInfo>,
    /// The columns of its primary key, or else of a unique index over columns that hold no NULL,
    /// as indexes into `columns`. Empty where there is neither.
    pub key: Vec<usize>,
    /// About how many records it holds, as far as the database knows without counting.
    pub rows_estimate: Option<u64>,
    /// About how many bytes it takes on the server.
    pub bytes_estimate: Option<u64>,
    /// Whether the server finds its records by where they lie, for want of a key.
    pub(crate) has_places: bool,
    /// Whether what was counted of it is what is read of it, whatever is written meanwhile.
    pub(crate) keeps_moment: bool,
}

impl TableInfo {
    /// Returns the name with the schema in front, where there is one.
    pub fn full_name(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{schema}.{}", self.name),
            None => self.name.clone(),
        }
    }

    /// Returns the names of the key's columns.
    pub fn key_names(&self) -> impl Iterator<Item = &str> {
        self.key.iter().map(|at| self.columns[*at].name.as_str())
    }

    /// Whether it can be cut: its records have an order in which the server finds them.
    pub(crate) fn is_ordered(&self) -> bool {
        !self.key.is_empty() || self.has_places
    }

    /// Whether its key is one column of whole numbers.
    pub(crate) fn has_number_as_key(&self) -> bool {
        match self.key[..] {
            [at] => self.columns[at].data_type.is_integer(),
            _ => false,
        }
    }
}

/// Is a column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Its name.
    pub name: String,
    /// Its type as the database says it, such as `numeric(18,2)`.
    pub declared: String,
    /// The type in which its values are given; `Null` for one that cannot be read, or may not.
    pub data_type: DataType,
    /// Whether it may hold NULL.
    pub is_nullable: bool,
    /// Whether the user may read it.
    pub is_granted: bool,
    /// What the database's makers say of it.
    pub comment: Option<String>,
    /// The SQL that gives its values, in the database's dialect.
    pub(crate) asked: String,
}

impl ColumnInfo {
    /// Whether its values can be read.
    pub fn is_readable(&self) -> bool {
        self.data_type != DataType::Null
    }
}

/// A name as standard SQL writes it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
