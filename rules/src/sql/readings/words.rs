//! What a reading does otherwise than the rule, in both languages.

/// A phrase in English and Chinese.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Phrase {
    pub(super) en: &'static str,
    pub(super) zh: &'static str,
}

impl Phrase {
    /// Whether one of many things of a kind was picked, so that one may fit by chance.
    pub(super) fn is_picked(self) -> bool {
        self == OTHER_ROW
    }

    /// Whether totals are rounded where their lines should be, or the other way round.
    pub(super) fn is_level(self) -> bool {
        [ROUNDED_LINES, ROUNDED_TOTAL].contains(&self)
    }

    /// Whether another column was taken of a table that figures or ids are looked up in.
    pub(super) fn is_looked_up(self) -> bool {
        [OTHER_FIGURE, OTHER_VERSION, OTHER_ID].contains(&self)
    }
}

macro_rules! phrases {
    ($($name:ident: $en:literal, $zh:literal;)*) => {
        $(pub(super) const $name: Phrase = Phrase { en: $en, zh: $zh };)*
    };
}

phrases! {
    HALF_UP: "rounds half up", "四舍五入";
    HALF_EVEN: "rounds half to even", "四舍六入五成双";
    ROUND_DOWN: "cuts instead of rounding", "截断（不进位）";
    ROUND_UP: "rounds away from zero", "一律进位";
    FLOOR: "rounds towards minus infinity", "向负无穷取整";
    CEILING: "rounds towards plus infinity", "向正无穷取整";
    TIES_UP: "rounds ties upwards, negative ones too", "五一律向正方向进位（负数亦然）";
    SIDES_SWAPPED: "swaps debit and credit", "借贷方向颠倒";
    NOT_ROUNDED: "does not round", "不舍入";
    OTHER_SCALE: "rounds to other decimals", "舍入到其他小数位";
    ROUNDED_EARLY: "rounds before it computes on", "先舍入再计算";
    ROUNDED_PARTS: "rounds each part, not the result", "各部分分别舍入";
    ROUNDED_LINES: "rounds each line, not the total", "逐笔舍入，而非汇总后舍入";
    ROUNDED_TOTAL: "rounds the total, not each line", "汇总后舍入，而非逐笔舍入";
    NOT_MINOR: "takes the amount for one of minor units", "元分混淆";
    FEE_TAKEN: "takes a fee off", "多扣一项费用";
    FEE_ADDED: "adds a fee", "多加一项费用";
    INVERTED: "multiplies and divides the other way round", "乘除颠倒";
    TERM_LEFT_OUT: "leaves a term out", "漏算一项";
    FACTOR_LEFT_OUT: "leaves a factor out", "漏乘一项";
    DIVISOR_LEFT_OUT: "leaves the division out", "漏除";
    TERM_FLIPPED: "takes a term with the other sign", "一项正负号相反";
    TERM_TWICE: "takes a term twice", "一项重复计算";
    TERM_ALONE: "takes one term alone", "只取一项";
    SIGN_NOT_TURNED: "does not turn the sign", "未变号";
    SIGN_TURNED: "turns the sign", "正负号相反";
    SIGN_LOST: "loses the sign", "丢失正负号";
    SIGN_KEPT: "keeps the sign", "保留正负号";
    OTHER_COLUMN: "takes another column", "取错字段";
    OTHER_ROW: "takes another row of the table", "取了表中另一行";
    OTHER_FIGURE: "takes another column of the table", "取了表中另一列";
    OTHER_VERSION: "takes the figure of another version", "取了另一版本的值";
    OTHER_ID: "takes the id of before or after a change", "取了变更前或变更后的编号";
    OTHER_TIME: "takes another time of the record", "取了另一个时间字段";
    UTC_ZONE: "takes the time as UTC", "把时间当作 UTC";
    OTHER_ZONE: "takes the time in another zone", "按其他时区解释时间";
    CLOCK_CHANGE: "settles the change of clocks otherwise", "夏令时切换时取另一时刻";
    NO_CUT: "changes the day at midnight", "按零点切日";
    OTHER_CUT: "changes the day at another time", "按其他时点切日";
    CUT_EXCLUSIVE: "counts the moment of the cut to the day before", "切点时刻归前一日";
    DAY_BEFORE: "looks up the day before", "取前一日";
    DAY_AFTER: "looks up the day after", "取后一日";
    BOUND_OUT: "leaves the bound out", "不含边界";
    BOUND_IN: "takes the bound in", "含边界";
    TURNED: "turns the comparison round", "比较方向相反";
    NEGATED: "says the contrary", "条件取反";
    CONDITION_DROPPED: "does not ask for a condition", "缺少条件";
    FILTER_DROPPED: "does not filter", "不过滤";
    OR_FOR_AND: "takes one condition for both", "以“或”代“且”";
    AND_FOR_OR: "takes both conditions for one", "以“且”代“或”";
    CODE_LEFT_OUT: "leaves a value out of a list", "列表中漏一个值";
    NEIGHBOUR: "takes the neighbouring branch of a CASE", "错用相邻分支";
    TO_DEFAULT: "takes the default of a CASE", "落入默认分支";
    NO_DEFAULT: "has no default", "没有默认值";
    OTHER_DEFAULT: "has another default", "默认值不同";
    NULL_KEPT: "takes the value as it is", "不转换空值";
    TEXT_AS_IS: "leaves the text as it is", "文本未加工";
    TEXT_NOT_CUT: "does not cut the text", "文本未截取";
    AFFIX_LEFT_OUT: "leaves a part of the text out", "文本漏拼一段";
    INNER: "drops records without a match", "丢弃无匹配的记录";
    OUTER: "keeps records without a match", "保留无匹配的记录";
    NOT_DISTINCT: "keeps records that are equal", "不去重";
    BRANCH_LEFT_OUT: "leaves a branch of the union out", "漏掉一条腿";
}

/// The sentence of a reading: what it does, what it reads, what the rule says.
pub(super) fn sentences(
    columns: &[String],
    phrase: Phrase,
    rule: &str,
    reading: Option<&str>,
) -> (String, String) {
    let (mut en, mut zh) = (String::new(), String::new());
    if let [column] = columns {
        en = format!("{column}: ");
        zh = format!("{column}：");
    }
    match reading {
        Some(reading) => (
            format!("{en}{}, `{reading}` instead of `{rule}`", phrase.en),
            format!("{zh}{}，读作 `{reading}`，规则为 `{rule}`", phrase.zh),
        ),
        None => {
            en.push_str(phrase.en);
            zh.push_str(phrase.zh);
            (
                format!("{en}, without `{rule}`"),
                format!("{zh}，缺 `{rule}`"),
            )
        }
    }
}
