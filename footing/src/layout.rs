//! Which columns are compared, as what, and where their words lie in a row.

use arrow_schema::{DataType, Field, Schema, TimeUnit};
use std::fmt;

/// What an agreement says of its columns, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LayoutOptions {
    /// The columns that name a record; empty: records are compared as a multiset.
    pub key: Vec<String>,
    /// The columns that hold money: exact numbers, totalled per currency.
    pub money: Vec<String>,
    /// The columns whose values cross the totals.
    pub foot: Vec<String>,
    /// The currency of the amounts.
    pub currency: Currency,
    /// Columns of the target that are left out of the comparison on purpose.
    pub ignore: Vec<String>,
}

/// Where the currency of an amount comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Currency {
    /// Every amount is in this currency.
    Fixed(String),
    /// A compared text column tells the currency of each record.
    Column(String),
}

impl Default for Currency {
    fn default() -> Self {
        Self::Fixed("XXX".to_owned())
    }
}

/// One of the two sides of an agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// What the rule says that the target must hold.
    Expected,
    /// What the target holds.
    Actual,
}

/// What a compared column holds, common to both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// An exact number; both sides are brought to `scale` decimals.
    Number {
        /// Decimals after the point.
        scale: i8,
        /// Words that hold any value of both sides' types: 1, 2 or 4.
        words: u8,
    },
    /// Text, compared by its bytes.
    Text,
    /// Bytes.
    Binary,
    /// True or false.
    Bool,
    /// A calendar day.
    Date,
    /// A time of day, in nanoseconds.
    Time,
    /// A moment; `utc` when it has a zone, else a civil time.
    Instant {
        /// The finer unit of both sides.
        unit: TimeUnit,
        /// Whether the values are instants in UTC.
        utc: bool,
        /// 1 where both sides have the same unit, else 2.
        words: u8,
    },
    /// A binary floating-point number, by value: -0 is 0, NaN is NaN.
    Float,
    /// Nothing but NULL on both sides.
    Null,
}

impl Class {
    pub(crate) const fn words(self) -> usize {
        match self {
            Self::Number { words, .. } | Self::Instant { words, .. } => words as usize,
            Self::Text | Self::Binary => 2,
            Self::Bool | Self::Date | Self::Time | Self::Float => 1,
            Self::Null => 0,
        }
    }

    /// Bits in the meta words: one for NULL, five for a text's length.
    pub(crate) const fn meta_bits(self) -> u32 {
        match self {
            Self::Text | Self::Binary => 5,
            _ => 1,
        }
    }

    /// Whether the class's one word is the value itself, so that a smallest and largest value
    /// tell whether a key can be in between.
    pub(crate) const fn is_plain_word(self) -> bool {
        matches!(
            self,
            Self::Number { words: 1, .. } | Self::Date | Self::Instant { words: 1, .. }
        )
    }
}

/// One compared column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name on both sides.
    pub name: String,
    /// What it holds.
    pub class: Class,
    /// Its index in the expected and the actual side's batches.
    pub index: [usize; 2],
    pub(crate) word: usize,
    pub(crate) meta_word: usize,
    pub(crate) meta_shift: u32,
}

/// A mistake that keeps two schemas from being compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct LayoutProblem {
    /// The column it is about.
    pub column: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What mends it.
    pub mend: Option<String>,
}

impl LayoutProblem {
    fn new(column: &str, message: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            column: Some(column.to_owned()),
            message: message.into(),
            mend: Some(mend.into()),
        }
    }
}

/// How the rows of an agreement become words: the same for both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    columns: Vec<Column>,
    key: Vec<usize>,
    money: Vec<usize>,
    foot: Vec<usize>,
    currency: CurrencyColumn,
    key_blocks: usize,
    blocks: usize,
    meta_words: Vec<usize>,
    not_compared: Vec<String>,
    notes: Vec<LayoutNote>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CurrencyColumn {
    Fixed(String),
    Column(usize),
}

/// Something worth saying of a column that is compared all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LayoutNote {
    /// The sides carry the amount with different numbers of decimals.
    Scale {
        /// The column.
        column: String,
        /// Decimals of the expected side.
        expected: i8,
        /// Decimals of the actual side.
        actual: i8,
    },
}

impl fmt::Display for LayoutNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Scale {
            column,
            expected,
            actual,
        } = self;
        write!(
            f,
            "{column}: the rule carries {expected} decimals, the target {actual}; compared by value"
        )
    }
}

impl Layout {
    /// Pairs the columns of both schemas by name and settles what each is compared as.
    ///
    /// # Errors
    /// Every mistake at once: columns missing in the target, types that have no exact common
    /// form, keys, money or foot columns that are not there or not what they should be.
    pub fn new(
        expected: &Schema,
        actual: &Schema,
        options: &LayoutOptions,
    ) -> Result<Self, Vec<LayoutProblem>> {
        let (columns, mut problems) = pair_columns(expected, actual);
        let mut find = |names: &[String], what: &str| -> Vec<usize> {
            let found = |name: &String| columns.iter().position(|column| &column.name == name);
            let (there, lacking): (Vec<_>, Vec<_>) =
                names.iter().partition(|name| found(name).is_some());
            for name in lacking {
                if expected.column_with_name(name).is_none() {
                    problems.push(LayoutProblem::new(
                        name,
                        format!("the {what} column `{name}` is not among the rule's columns"),
                        format!("add it to the rule, or take it out of `{what}`"),
                    ));
                }
            }
            there.into_iter().filter_map(found).collect()
        };
        let key = find(&options.key, "key");
        let money = find(&options.money, "money");
        let foot = find(&options.foot, "foot");
        let currency = match &options.currency {
            Currency::Fixed(code) => CurrencyColumn::Fixed(code.clone()),
            Currency::Column(name) => find(std::slice::from_ref(name), "currency")
                .first()
                .map_or(CurrencyColumn::Fixed(String::new()), |index| {
                    CurrencyColumn::Column(*index)
                }),
        };
        for index in &money {
            let column = &columns[*index];
            if !matches!(column.class, Class::Number { .. }) {
                problems.push(LayoutProblem::new(
                    &column.name,
                    format!("the money column `{}` is not an exact number", column.name),
                    format!("read it with money({})", column.name),
                ));
            }
        }
        if let CurrencyColumn::Column(index) = currency
            && columns[index].class != Class::Text
        {
            problems.push(LayoutProblem::new(
                &columns[index].name,
                format!("the currency column `{}` is not text", columns[index].name),
                "give the ISO 4217 code, such as 'CNY'",
            ));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let not_compared = actual
            .fields()
            .iter()
            .map(|field| field.name())
            .filter(|name| expected.column_with_name(name).is_none())
            .filter(|name| !options.ignore.contains(name))
            .cloned()
            .collect();
        let notes = scale_notes(&columns, expected, actual);
        let mut layout = Self {
            columns,
            key,
            money,
            foot,
            currency,
            key_blocks: 0,
            blocks: 0,
            meta_words: Vec::new(),
            not_compared,
            notes,
        };
        layout.place();
        Ok(layout)
    }

    /// The compared columns, in the order of the rule.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Indexes of the key columns, in the plan's order.
    pub fn key(&self) -> &[usize] {
        &self.key
    }

    /// Indexes of the money columns, in the plan's order.
    pub fn money(&self) -> &[usize] {
        &self.money
    }

    /// Indexes of the columns that cross the totals.
    pub fn foot(&self) -> &[usize] {
        &self.foot
    }

    /// Index of the column that tells the currency, where one does.
    pub fn currency_column(&self) -> Option<usize> {
        match self.currency {
            CurrencyColumn::Column(index) => Some(index),
            CurrencyColumn::Fixed(_) => None,
        }
    }

    /// The one currency of all amounts, where no column tells it.
    pub fn fixed_currency(&self) -> Option<&str> {
        match &self.currency {
            CurrencyColumn::Fixed(code) => Some(code),
            CurrencyColumn::Column(_) => None,
        }
    }

    /// Columns of the target that no rule speaks of and that the plan does not ignore.
    pub fn not_compared(&self) -> &[String] {
        &self.not_compared
    }

    /// What is worth saying of columns that are compared all the same.
    pub fn notes(&self) -> &[LayoutNote] {
        &self.notes
    }

    /// Whether one key column's word is its value, so that ranges of values can be skipped.
    pub fn key_is_plain(&self) -> bool {
        matches!(self.key[..], [only] if self.columns[only].class.is_plain_word())
    }

    /// The decimals with which a money column is shown and totalled.
    pub fn money_scale(&self, column: usize) -> i8 {
        match self.columns[column].class {
            Class::Number { scale, .. } => scale,
            _ => 0,
        }
    }

    /// Names this layout in a state's header: states of different layouts never merge.
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("crossfoot footing 1 layout");
        for column in &self.columns {
            hasher.update(format!("{}\0{:?}\n", column.name, column.class).as_bytes());
        }
        hasher.update(format!("{:?}{:?}{:?}", self.key, self.money, self.foot).as_bytes());
        hasher.update(format!("{:?}", self.currency).as_bytes());
        *hasher.finalize().as_bytes()
    }

    pub(crate) fn currency(&self) -> &CurrencyColumn {
        &self.currency
    }

    pub(crate) fn blocks(&self) -> usize {
        self.blocks
    }

    pub(crate) fn meta_words(&self) -> &[usize] {
        &self.meta_words
    }

    pub(crate) fn key_blocks(&self) -> usize {
        self.key_blocks
    }

    /// Gives every column its words: the key's blocks first, each part with its meta words ahead.
    fn place(&mut self) {
        let key = self.key.clone();
        let rest: Vec<usize> = (0..self.columns.len())
            .filter(|index| !key.contains(index))
            .collect();
        let after_key = self.place_part(&key, 0);
        self.key_blocks = after_key / 2;
        self.blocks = self.place_part(&rest, after_key) / 2;
        self.meta_words = self.columns.iter().map(|column| column.meta_word).collect();
        self.meta_words.sort_unstable();
        self.meta_words.dedup();
    }

    fn place_part(&mut self, part: &[usize], first: usize) -> usize {
        if part.is_empty() {
            return first;
        }
        let (mut meta_word, mut shift) = (first, 0);
        for index in part {
            let column = &mut self.columns[*index];
            let bits = column.class.meta_bits();
            if shift + bits > 64 {
                (meta_word, shift) = (meta_word + 1, 0);
            }
            (column.meta_word, column.meta_shift) = (meta_word, shift);
            shift += bits;
        }
        let mut next = meta_word + 1;
        for index in part {
            let column = &mut self.columns[*index];
            column.word = next;
            next += column.class.words();
        }
        next.next_multiple_of(2)
    }
}

/// Pairs the columns of both schemas by name, with every mistake on the way.
fn pair_columns(expected: &Schema, actual: &Schema) -> (Vec<Column>, Vec<LayoutProblem>) {
    let mut problems = Vec::new();
    let mut columns = Vec::new();
    let fields = expected.fields();
    for (index, field) in fields.iter().enumerate() {
        let name = field.name();
        if fields[..index].iter().any(|first| first.name() == name) {
            problems.push(LayoutProblem::new(
                name,
                format!("the rule gives two columns named `{name}`"),
                "give one of them another name with AS",
            ));
            continue;
        }
        let Some((other, found)) = actual.column_with_name(name) else {
            problems.push(missing_in_target(name, actual));
            continue;
        };
        match common_class(field, found) {
            Ok(class) => columns.push(Column {
                name: name.clone(),
                class,
                index: [index, other],
                word: 0,
                meta_word: 0,
                meta_shift: 0,
            }),
            Err(problem) => problems.push(problem),
        }
    }
    if fields.is_empty() {
        problems.push(LayoutProblem {
            column: None,
            message: "the rule gives no columns".to_owned(),
            mend: Some("SELECT at least one column of the target".to_owned()),
        });
    }
    (columns, problems)
}

fn missing_in_target(name: &str, actual: &Schema) -> LayoutProblem {
    let names: Vec<&str> = actual.fields().iter().map(|f| f.name().as_str()).collect();
    LayoutProblem::new(
        name,
        format!("the rule gives column `{name}`, which the target does not have"),
        format!("the target has: {}", names.join(", ")),
    )
}

fn scale_notes(columns: &[Column], expected: &Schema, actual: &Schema) -> Vec<LayoutNote> {
    columns
        .iter()
        .filter_map(|column| {
            let scale = |schema: &Schema, side: usize| {
                numeric(schema.field(column.index[side]).data_type()).map(|shape| shape.scale)
            };
            let (expected, actual) = (scale(expected, 0)?, scale(actual, 1)?);
            (expected != actual).then(|| LayoutNote::Scale {
                column: column.name.clone(),
                expected,
                actual,
            })
        })
        .collect()
}

/// Digits before and after the point that a numeric type can hold.
struct NumberShape {
    whole: i16,
    scale: i8,
    fits_i64: bool,
}

fn numeric(data_type: &DataType) -> Option<NumberShape> {
    let int = |whole, fits_i64| NumberShape {
        whole,
        scale: 0,
        fits_i64,
    };
    Some(match data_type {
        DataType::Int8 | DataType::UInt8 => int(3, true),
        DataType::Int16 | DataType::UInt16 => int(5, true),
        DataType::Int32 | DataType::UInt32 => int(10, true),
        DataType::Int64 => int(19, true),
        DataType::UInt64 => int(20, false),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => NumberShape {
            whole: i16::from(*precision) - i16::from(*scale),
            scale: *scale,
            fits_i64: *precision <= 18,
        },
        _ => return None,
    })
}

fn common_class(expected: &Field, actual: &Field) -> Result<Class, LayoutProblem> {
    let name = expected.name();
    let (left, right) = (
        value_type(expected.data_type()),
        value_type(actual.data_type()),
    );
    if let (Some(left), Some(right)) = (numeric(left), numeric(right)) {
        return number_class(name, &left, &right);
    }
    match (single_class(left), single_class(right)) {
        (Some(Class::Null), Some(class)) | (Some(class), Some(Class::Null)) => Ok(class),
        (
            Some(Class::Instant { unit: a, utc, .. }),
            Some(Class::Instant {
                unit: b,
                utc: other,
                ..
            }),
        ) if utc == other => Ok(Class::Instant {
            unit: finer(a, b),
            utc,
            words: if a == b { 1 } else { 2 },
        }),
        (Some(a), Some(b)) if a == b => Ok(a),
        (Some(Class::Instant { .. }), Some(Class::Instant { .. })) => Err(LayoutProblem::new(
            name,
            format!("`{name}` is an instant on one side and a civil time on the other"),
            format!("turn the civil time into an instant with local_time({name}, 'Asia/Shanghai')"),
        )),
        (Some(_), Some(_)) => Err(LayoutProblem::new(
            name,
            format!(
                "`{name}` is {} in the rule and {} in the target: there is no exact common form",
                plain_type(expected.data_type()),
                plain_type(actual.data_type())
            ),
            format!("bring both to one type: CAST({name} AS …) in the rule, or SQL for the target"),
        )),
        (None, _) => Err(unsupported(name, expected.data_type(), "rule")),
        (_, None) => Err(unsupported(name, actual.data_type(), "target")),
    }
}

fn number_class(
    name: &str,
    left: &NumberShape,
    right: &NumberShape,
) -> Result<Class, LayoutProblem> {
    let scale = left.scale.max(right.scale);
    let digits = left.whole.max(right.whole) + i16::from(scale);
    let same_scale = left.scale == right.scale;
    let words = if digits <= 18 || (same_scale && left.fits_i64 && right.fits_i64) {
        1
    } else if digits <= 38 {
        2
    } else if digits <= 76 {
        4
    } else {
        return Err(LayoutProblem::new(
            name,
            format!("`{name}` needs {digits} digits to hold both sides exactly; 76 is the most"),
            "CAST one side to a DECIMAL of fewer digits that still holds every value",
        ));
    };
    Ok(Class::Number { scale, words })
}

fn value_type(data_type: &DataType) -> &DataType {
    match data_type {
        DataType::Dictionary(_, values) => values,
        other => other,
    }
}

fn single_class(data_type: &DataType) -> Option<Class> {
    Some(match data_type {
        DataType::Null => Class::Null,
        DataType::Boolean => Class::Bool,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Class::Text,
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => Class::Binary,
        DataType::Date32 | DataType::Date64 => Class::Date,
        DataType::Time32(_) | DataType::Time64(_) => Class::Time,
        DataType::Timestamp(unit, zone) => Class::Instant {
            unit: *unit,
            utc: zone.is_some(),
            words: 1,
        },
        DataType::Float16 | DataType::Float32 | DataType::Float64 => Class::Float,
        other => {
            let shape = numeric(other)?;
            let words = match shape.whole + i16::from(shape.scale) {
                _ if shape.fits_i64 => 1,
                ..=38 => 2,
                _ => 4,
            };
            Class::Number {
                scale: shape.scale,
                words,
            }
        }
    })
}

fn finer(a: TimeUnit, b: TimeUnit) -> TimeUnit {
    if per_second(a) > per_second(b) { a } else { b }
}

pub(crate) const fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

fn unsupported(name: &str, data_type: &DataType, side: &str) -> LayoutProblem {
    LayoutProblem::new(
        name,
        format!(
            "`{name}` of the {side} is {}, which is not compared",
            plain_type(data_type)
        ),
        "CAST it to text, or leave it out of the rule",
    )
}

/// Says a type in the words of SQL.
pub fn plain_type(data_type: &DataType) -> String {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "TEXT".to_owned(),
        DataType::Int8 | DataType::Int16 => "SMALLINT".to_owned(),
        DataType::Int32 => "INT".to_owned(),
        DataType::Int64 => "BIGINT".to_owned(),
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => {
            "BIGINT UNSIGNED".to_owned()
        }
        DataType::Decimal32(p, s)
        | DataType::Decimal64(p, s)
        | DataType::Decimal128(p, s)
        | DataType::Decimal256(p, s) => format!("DECIMAL({p}, {s})"),
        DataType::Float16 | DataType::Float32 | DataType::Float64 => "FLOAT".to_owned(),
        DataType::Boolean => "BOOLEAN".to_owned(),
        DataType::Date32 | DataType::Date64 => "DATE".to_owned(),
        DataType::Time32(_) | DataType::Time64(_) => "TIME".to_owned(),
        DataType::Timestamp(_, None) => "TIMESTAMP".to_owned(),
        DataType::Timestamp(_, Some(_)) => "TIMESTAMP WITH TIME ZONE".to_owned(),
        DataType::Dictionary(_, values) => plain_type(values),
        other => other.to_string(),
    }
}

impl Layout {
    /// The layout of what makes the key word, the columns lying in their own order on both sides:
    /// the key columns alone, or all where there is no key. It gives the same key words.
    pub(crate) fn probe(&self) -> Self {
        let chosen: Vec<usize> = match self.key.is_empty() {
            true => (0..self.columns.len()).collect(),
            false => self.key.clone(),
        };
        let columns: Vec<Column> = chosen
            .iter()
            .enumerate()
            .map(|(at, index)| Column {
                index: [at, at],
                ..self.columns[*index].clone()
            })
            .collect();
        let mut probe = Self {
            key: (0..self.key.len()).collect(),
            money: Vec::new(),
            foot: Vec::new(),
            currency: CurrencyColumn::Fixed(String::new()),
            key_blocks: 0,
            blocks: 0,
            meta_words: Vec::new(),
            not_compared: Vec::new(),
            notes: Vec::new(),
            columns,
        };
        probe.place();
        probe
    }
}
