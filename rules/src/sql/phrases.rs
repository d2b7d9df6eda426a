//! What DataFusion says of a mistake, in our own words where its own say nothing to whoever wrote the
//! query, and what to do about it.

use super::error::SqlError;

/// A query in the place of a value.
pub(super) const SEVERAL_RECORDS: &str = "a query in the place of a value may give several records";
/// A query that DataFusion cannot compute where it stands.
pub(super) const OUT_OF_PLACE: &str =
    "a query that looks at the record around it cannot be computed here";

/// Two columns of one query that cannot be told apart.
pub(super) const SAME_NAME: &str = "two columns of a query have the same name";

const ONE_RECORD: &str = "take max(…), control_total(…) or another aggregate without GROUP BY, or \
    ORDER BY … LIMIT 1, or join its table instead";
const NAMED: &str = "name one of them with AS";
const JOINED: &str = "join its table instead, grouped by what it is joined by";

/// What stands in a message, what is said instead (nothing: the message as it is), and the mend.
static PHRASES: [(&str, &str, &str); 19] = [
    (SEVERAL_RECORDS, "", ONE_RECORD),
    (SAME_NAME, "", NAMED),
    (OUT_OF_PLACE, "", JOINED),
    (
        "Correlated scalar subquery must be aggregated",
        SEVERAL_RECORDS,
        ONE_RECORD,
    ),
    (
        "A GROUP BY clause in a scalar correlated subquery",
        SEVERAL_RECORDS,
        ONE_RECORD,
    ),
    ("Correlated scalar subquery", OUT_OF_PLACE, JOINED),
    ("Accessing outer reference columns", OUT_OF_PLACE, JOINED),
    (
        "In/Exist/SetComparison subquery can only",
        OUT_OF_PLACE,
        JOINED,
    ),
    (
        "must appear in the GROUP BY clause",
        "a column is neither grouped by nor within an aggregate",
        "add it to GROUP BY, or take max(…), control_total(…) or another aggregate of it",
    ),
    (
        "Cannot create filter with non-boolean predicate",
        "a condition is true or false, and this is neither",
        "compare it with something, as in status = 'OK'",
    ),
    (
        "Cannot coerce arithmetic expression",
        "",
        "both sides are numbers: use money(…) or CAST(… AS BIGINT) on text",
    ),
    (
        "queries have different number of columns",
        "the parts of a UNION, EXCEPT or INTERSECT give other numbers of columns",
        "give each of them the same columns, in the same order",
    ),
    (
        "Projections require unique expression names",
        SAME_NAME,
        NAMED,
    ),
    (
        "may mean columns of several tables",
        "",
        "say of which, as in flow.amount",
    ),
    (
        "the scale of ",
        "",
        "write how many decimals there are, as in money(amount, 2)",
    ),
    (
        "division by zero",
        "",
        "nothing can be divided by zero: write another divisor",
    ),
    (
        "is divided by zero",
        "",
        "nothing can be divided by zero: write another divisor",
    ),
    (
        "is beyond the range of",
        "",
        "CAST one side to DECIMAL(38, 0), which holds more",
    ),
    (
        "no format of a date or time",
        "",
        "use the signs of strftime, as in '%Y-%m-%d %H:%M:%S'",
    ),
];

/// Gives a message of the planner in our words, and the mend where there is one.
pub(super) fn in_our_words(message: &str) -> (String, Option<&'static str>) {
    let phrase = PHRASES.iter().find(|(said, ..)| message.contains(said));
    match phrase {
        Some((_, "", mend)) => (message.to_owned(), Some(*mend)),
        Some((_, ours, mend)) => ((*ours).to_owned(), Some(*mend)),
        None => (message.to_owned(), None),
    }
}

/// A mistake that the planner, or a look at what it has planned, tells by its message alone.
pub(super) fn mistake(message: &str) -> SqlError {
    let (message, mend) = in_our_words(message);
    SqlError {
        mend: mend.map(str::to_owned),
        ..SqlError::new(message)
    }
}

/// Whether a message is about a query within a query, whatever that says.
pub(super) fn is_about_a_query(message: &str) -> bool {
    [SEVERAL_RECORDS, OUT_OF_PLACE].contains(&message)
}
