//! Controls hold, are broken, or could not be computed.

use super::*;
use crate::sql::ControlOutcome;

fn books() -> Story {
    story(&[
        (
            "source/published",
            "month,total\n2013-05,3.50\n2013-06,7.00\n2013-08,1.00\n",
        ),
        (
            "target/payment",
            "month,currency,dir,amount\n2013-05,CNY,D,1.50\n2013-05,CNY,C,2.00\n2013-06,CNY,D,6.99\n2013-07,USD,D,1.00\n",
        ),
    ])
}

fn show(outcome: &ControlOutcome) -> String {
    let mut text = format!("{:?}", outcome.status);
    for note in &outcome.notes {
        let _ = write!(text, " ({note})");
    }
    for row in &outcome.rows {
        let labels: Vec<&str> = row
            .labels
            .iter()
            .map(|(_, value)| value.as_deref().unwrap_or("∅"))
            .collect();
        let figure = |figure: &Option<String>| figure.clone().unwrap_or_else(|| "∅".to_owned());
        let _ = write!(
            text,
            "\n{}: {} {} {}",
            labels.join(","),
            figure(&row.expected),
            figure(&row.actual),
            figure(&row.difference)
        );
    }
    text
}

fn run(control: &super::super::ControlQuery) -> ControlOutcome {
    wait(control.run(&Run::new(2))).expect("a run")
}

fn one(sql: &str) -> String {
    show(&run(&books()
        .session
        .control(sql)
        .expect("a sound control")))
}

#[test]
fn a_difference_of_zero_holds() {
    assert_eq!(
        one("SELECT control_total(minor(money(amount))) - 1149 AS difference FROM target.payment"),
        "Holds\n: ∅ ∅ 0"
    );
    assert_eq!(
        one(
            "SELECT currency, control_total(CASE WHEN dir = 'D' THEN money(amount) ELSE 0 END) \
             - control_total(CASE WHEN dir = 'C' THEN money(amount) ELSE 0 END) AS difference FROM payment GROUP BY currency"
        ),
        "Broken\nCNY: ∅ ∅ 6.49\nUSD: ∅ ∅ 1.00",
    );
}

#[test]
fn nothing_and_null_are_not_zero() {
    assert_eq!(
        one("SELECT 0 AS difference FROM payment WHERE month = 'x'"),
        "Incomplete (it gave no rows)"
    );
    assert_eq!(
        one("SELECT control_total(money(amount)) AS difference FROM payment WHERE month = 'x'"),
        "Incomplete (1 difference is NULL)\n: ∅ ∅ ∅",
    );
}

#[test]
fn a_reject_makes_a_control_incomplete() {
    assert_eq!(
        one(
            "SELECT control_total(money(month)) AS difference FROM payment WHERE month = '2013-06'"
        ),
        "Incomplete (1 difference is NULL) (1 record was rejected on the way)\n: ∅ ∅ ∅",
    );
}

#[test]
fn two_queries_are_joined_on_their_labels() {
    let story = books();
    let control = story
        .session
        .control_pair(
            "SELECT month, money(total) AS total FROM source.published",
            "SELECT month, control_total(money(amount)) AS total FROM target.payment GROUP BY month",
        )
        .expect("a sound control");
    assert_eq!(
        show(&run(&control)),
        "Broken\n2013-05: 3.50 3.50 0.00\n2013-06: 7.00 6.99 -0.01\n2013-07: ∅ 1.00 ∅\n2013-08: 1.00 ∅ ∅",
    );
    let control = story.session.control_pair(
        "SELECT 11.49",
        "SELECT control_total(money(amount, 4)) AS t FROM payment",
    );
    assert_eq!(
        show(&run(&control.expect("a sound control"))),
        "Holds\n: 11.49 11.4900 0.0000"
    );
    let control = story.session.control_pair(
        "SELECT currency, 1 AS n FROM payment",
        "SELECT currency, 1 AS n FROM payment",
    );
    let text = show(&run(&control.expect("a sound control")));
    assert!(
        text.starts_with("Incomplete (expected gives 1 labels more than once)"),
        "{text}"
    );
}

#[test]
fn a_control_of_the_wrong_shape_is_a_mistake() {
    let story = books();
    let mistake = |sql: &str| {
        story.session.control(sql).expect_err("a mistake")[0]
            .message
            .clone()
    };
    assert_eq!(
        mistake("SELECT 1 AS x"),
        "a control gives a column named `difference`"
    );
    assert_eq!(
        mistake("SELECT month AS difference FROM payment"),
        "the figure `difference` is Utf8View, not an exact number"
    );
    assert_eq!(
        mistake("SELECT CAST(1 AS DOUBLE) AS difference"),
        "the figure `difference` is Float64, not an exact number"
    );
    let (expected, actual) = story
        .session
        .control_pair("SELECT 1 AS n", "SELECT 'x' AS label, 1 AS n")
        .expect_err("a mistake");
    assert!(expected.is_empty());
    assert_eq!(actual[0].message, "expected gives 1 columns, actual 2");
}

#[test]
fn a_name_of_both_books_must_say_which() {
    let story = story(&[("source/t", "a\n1\n"), ("target/t", "a\n1\n")]);
    let mistake = story
        .session
        .control("SELECT 0 AS difference FROM t")
        .expect_err("a mistake");
    assert_eq!(mistake[0].message, "both books have a table `t`");
    assert_eq!(mistake[0].mend.as_deref(), Some("say source.t or target.t"));
    let sound = "SELECT count(*) - (SELECT count(*) FROM source.t) AS difference FROM target.t";
    assert_eq!(
        show(&run(&story
            .session
            .control(sound)
            .expect("a sound control"))),
        "Holds\n: ∅ ∅ 0"
    );
}

#[test]
fn a_figure_beyond_its_type_leaves_a_control_incomplete() {
    assert_eq!(
        one(
            "SELECT (count(*) - 3) * 9223372036854775807 * 2 + 2 AS difference FROM target.payment"
        ),
        "Incomplete (it gave no rows) (1 record was rejected on the way)"
    );
}
