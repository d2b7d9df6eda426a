//! `crossfoot explain`.

use crate::place::Place;

#[test]
#[expect(clippy::too_many_lines, reason = "the screen is shown whole")]
fn a_record_that_differs() {
    insta::assert_snapshot!(Place::first().run("explain P00041979"), @r#"
    $ crossfoot explain P00041979
    exit 1
    --- stdout
    differs  voucher=P00041979  (postings)
      amount      0.29 → 0.28
      difference  -0.01 CNY (amount)
      source      flow.csv:45
      target      posting.csv:48
      cause       B3 cut after a float possible: amount: 0.29 became 0.28: multiplied by 100 in a
                  double, and cut
      why         it gives what the target holds, but so do others: not proved
      also fits   B7 remainder not allocated
      also fits   M1 bit flip
      to decide   what lies outside of these records; crossfoot verify holds all breaks together and
                  counts what they have in common
      Held together with all breaks of the agreement, as crossfoot verify holds them.

    ── What the source holds ───────────────────────────────────────────────────────────────────────────
      flow.csv:45
        serial       P00041979
        user_id      U1008
        happened_at  2013-05-24 20:58:21
        code         05
        amount       0.29
        memo         余额收益

    ── The rule: rules/posting.sql ─────────────────────────────────────────────────────────────────────
      -- What the ledger must hold of each record of the wallet.
      SELECT
        serial                                   AS voucher,
        concat('W-', substr(user_id, 2))         AS account,
        CASE code
          WHEN '01' THEN 'TOPUP'
          WHEN '02' THEN 'PAYMENT'
          WHEN '03' THEN 'REFUND'
          WHEN '04' THEN 'WITHDRAWAL'
          WHEN '05' THEN 'INCOME'
        END                                      AS kind,
        local_time(happened_at, 'Asia/Shanghai') AS booked_at,
        -- The accounting day changes at 23:00.
        business_date(local_time(happened_at, 'Asia/Shanghai'), 'Asia/Shanghai', '23:00') AS accounting_date,
        CASE WHEN code IN ('02', '04') THEN -money(amount) ELSE money(amount) END         AS amount
      FROM flow

      column           comes from        depends on
      voucher          flow.serial
      account          flow.user_id
      kind                               flow.code
      booked_at        flow.happened_at
      accounting_date  flow.happened_at
      amount           flow.amount       flow.code

    ── What should be, and what is ─────────────────────────────────────────────────────────────────────
      column           expected              actual
      voucher          P00041979             P00041979
      account          W-1008                W-1008
      kind             INCOME                INCOME
      booked_at        2013-05-24T12:58:21Z  2013-05-24T12:58:21Z
      accounting_date  2013-05-24            2013-05-24
      amount           0.29                  0.28                  differs

    ── 27 hypotheses tried, 3 of them as the target has it ─────────────────────────────────────────────
      fits  B3 cut after a float           amount: 0.29 became 0.28: multiplied by 100 in a double, and
                                           cut
      fits  B7 remainder not allocated     amount: 0.29 became 0.28: a remainder of 1 units went to no
                                           leg, or to another
      fits  M1 bit flip                    amount: 0.29 became 0.28: bit 0 of its minor units turned
      no    B14 blank and zero mixed up    amount: has no default, without `money(amount)`
      no    A1 omitted                     the record is not in the target
      no    B9 sign lost or turned         amount: turns the sign, `-CASE WHEN code IN ('02', '04') THEN
                                           -money(amount) ELSE money(amount) END` instead of `CASE WHEN
                                           code IN ('02', '04') THEN -money(amount) ELSE money(amount)
                                           END`
      no    B9 sign lost or turned         amount: takes the neighbouring branch of a CASE,
                                           `-money(amount)` instead of `money(amount)`
      no    B9 sign lost or turned         amount: 0.29 became -0.29: the sign was turned
      no    D1 debit and credit reversed   amount: 0.29 became -0.29: it stands on the other side
      no    B1 transposition               amount: 0.29 became 0.92: the neighbouring digits 2 and 9
                                           changed places
      no    B2 slide                       amount: 0.29 became 29.00: multiplied by 100: the decimal
                                           point moved 2 places
      no    B2 slide                       amount: 0.29 became 290.00: multiplied by 1000: the decimal
                                           point moved 3 places
      no    B2 slide                       amount: 0.29 became 2.90: multiplied by 10: the decimal point
                                           moved 1 place
      no    B2 slide                       amount: 0.29 became 0.03: divided by 10: the decimal point
                                           moved 1 place
      no    B2 slide                       amount: 0.29 became 0.02: divided by 10: the decimal point
                                           moved 1 place
      no    B2 slide                       amount: 0.29 became 2900.00: multiplied by 10000: the decimal
                                           point moved 4 places
      no    B2 slide                       amount: 0.29 became 29000.00: multiplied by 100000: the
                                           decimal point moved 5 places
      no    B2 slide                       amount: 0.29 became 290000.00: multiplied by 1000000: the
                                           decimal point moved 6 places
      no    B15 thousands or decimal sign  amount: 0.29 became 29.00: 0.29 was read without its decimal
                                           sign
      no    B12 wrong column               amount: takes another column, `money(code)` instead of
                                           `money(amount)`
      no    B5 rounding rule               amount: 0.29 became 0.00: rounded to 0 decimals
      no    B5 rounding rule               amount: 0.29 became 0.30: rounded to 1 decimals
      no    B5 rounding rule               amount: 0.29 became 0.20: rounded to 1 decimals
      no    B8 truncation or overflow      amount: 0.29 became 0.09: the leading digits 2 were lost
      no    B8 truncation or overflow      amount: 0.29 became 0.02: the trailing digits 9 were lost
      no    B8 truncation or overflow      amount: 0.29 became 0.20: cut after 3 characters
      no    R1 rule defect                 amount: says the contrary, `code NOT IN ('02', '04')` instead
                                           of `code IN ('02', '04')`

    ── Neighbours in the file ──────────────────────────────────────────────────────────────────────────
      flow.csv:44  serial=P00041978 user_id=U1056 happened_at="2013-05-24 20:06:35" code=01 amount=200.…
      flow.csv:45  this record
      flow.csv:46  serial=P00041982 user_id=U1001 happened_at="2013-05-24 21:45:42" code=02 amount=56.3…
    "#);
}

#[test]
fn a_record_that_differs_in_chinese() {
    insta::assert_snapshot!(Place::first().run("explain P00042031 --lang zh"), @r#"
    $ crossfoot explain P00042031 --lang zh
    exit 1
    --- stdout
    不一致  voucher=P00042031  (postings)
      amount    -18.80 → 18.80
      差额      37.60 CNY (amount)
      源账      flow.csv:76
      新账      posting.csv:95
      原因      B9 正负号丢失 可能：金额 amount：-18.80 变成 18.80：负号丢失
      理由      由此所得与新账所载相符，但其他原因也能：未证实
      同样相符  D1 借贷方向
      同样相符  D2 类型码映射
      尚需      这些记录以外的证据；crossfoot verify 会把全部差错放在一起，统计其共同点
      已与该项核对的全部差错放在一起看，与 crossfoot verify 相同。

    ── 源账所载 ────────────────────────────────────────────────────────────────────────────────────────
      flow.csv:76
        serial       P00042031
        user_id      U1055
        happened_at  2013-05-25 16:14:21
        code         02
        amount       18.80
        memo         网上书店

    ── 规则：rules/posting.sql ─────────────────────────────────────────────────────────────────────────
      -- What the ledger must hold of each record of the wallet.
      SELECT
        serial                                   AS voucher,
        concat('W-', substr(user_id, 2))         AS account,
        CASE code
          WHEN '01' THEN 'TOPUP'
          WHEN '02' THEN 'PAYMENT'
          WHEN '03' THEN 'REFUND'
          WHEN '04' THEN 'WITHDRAWAL'
          WHEN '05' THEN 'INCOME'
        END                                      AS kind,
        local_time(happened_at, 'Asia/Shanghai') AS booked_at,
        -- The accounting day changes at 23:00.
        business_date(local_time(happened_at, 'Asia/Shanghai'), 'Asia/Shanghai', '23:00') AS accounting_date,
        CASE WHEN code IN ('02', '04') THEN -money(amount) ELSE money(amount) END         AS amount
      FROM flow

      列               取自              取决于
      voucher          flow.serial
      account          flow.user_id
      kind                               flow.code
      booked_at        flow.happened_at
      accounting_date  flow.happened_at
      amount           flow.amount       flow.code

    ── 应有与实有 ──────────────────────────────────────────────────────────────────────────────────────
      列               应有                  实有
      voucher          P00042031             P00042031
      account          W-1055                W-1055
      kind             PAYMENT               PAYMENT
      booked_at        2013-05-25T08:14:21Z  2013-05-25T08:14:21Z
      accounting_date  2013-05-25            2013-05-25
      amount           -18.80                18.80                 不同

    ── 所试假设 43 种，其中 7 种与新账相符 ─────────────────────────────────────────────────────────────
      相符  B9 正负号丢失         amount：未变号，读作 `money(amount)`，规则为 `-money(amount)`
      相符  B9 正负号丢失         amount：正负号相反，读作 `-CASE WHEN code IN ('02', '04') THEN
                                  -money(amount) ELSE money(amount) END`，规则为 `CASE WHEN code IN
                                  ('02', '04') THEN -money(amount) ELSE money(amount) END`
      相符  B9 正负号丢失         amount：丢失正负号，读作 `abs(CASE WHEN code IN ('02', '04') THEN
                                  -money(amount) ELSE money(amount) END)`，规则为 `CASE WHEN code IN
                                  ('02', '04') THEN -money(amount) ELSE money(amount) END`
      相符  B9 正负号丢失         金额 amount：-18.80 变成 18.80：负号丢失
      相符  D1 借贷方向           金额 amount：-18.80 变成 18.80：记在了另一方
      相符  D2 类型码映射         amount：列表中漏一个值，读作 `code IN ('04')`，规则为 `code IN ('02',
                                  '04')`
      相符  R1 规则缺陷           amount：条件取反，读作 `code NOT IN ('02', '04')`，规则为 `code IN
                                  ('02', '04')`
      不符  A1 漏转               新账中没有这条记录
      不符  B3 浮点截断           金额 amount：-18.80 变成 -18.79：以单精度浮点乘以 100 后截断
      不符  B1 数字颠倒           金额 amount：-18.80 变成 -81.80：相邻数字 1 与 8 颠倒
      不符  B1 数字颠倒           金额 amount：-18.80 变成 -18.08：相邻数字 8 与 0 颠倒
      不符  B2 错位、元分混淆     金额 amount：-18.80 变成 -1880.00：乘以 100，小数点移动 2 位
      不符  B2 错位、元分混淆     金额 amount：-18.80 变成 -0.19：除以 100，小数点移动 2 位
      不符  B2 错位、元分混淆     金额 amount：-18.80 变成 -0.18：除以 100，小数点移动 2 位
      不符  B2 错位、元分混淆     金额 amount：-18.80 变成 -18800.00：乘以 1000，小数点移动 3 位
      不符  B2 错位、元分混淆     金额 amount：-18.80 变成 -0.02：除以 1000，小数点移动 3 位
      不符  B2 错位、元分混淆     金额 amount：-18.80 变成 -0.01：除以 1000，小数点移动 3 位
      不符  B2 错位、元分混淆     金额 amount：-18.80 变成 -188.00：乘以 10，小数点移动 1 位
      不符  B2 错位、元分混淆     金额 amount：-18.80 变成 -1.88：除以 10，小数点移动 1 位
      不符  B2 错位、元分混淆     金额 amount：-18.80 变成 -188000.00：乘以 10000，小数点移动 4 位
      不符  B2 错位、元分混淆     金额 amount：-18.80 变成 -1880000.00：乘以 100000，小数点移动 5 位
      不符  B2 错位、元分混淆     金额 amount：-18.80 变成 -18800000.00：乘以 1000000，小数点移动 6 位
      不符  B15 千位或小数分隔符  金额 amount：-18.80 变成 -1880.00：18.80 被去掉小数点读取
      不符  B12 取错字段          amount：取错字段，读作 `money(code)`，规则为 `money(amount)`
      不符  B5 舍入规则           金额 amount：-18.80 变成 -19.00：舍入到 0 位小数
      不符  B5 舍入规则           金额 amount：-18.80 变成 -18.00：舍入到 0 位小数
      不符  B8 截断溢出           金额 amount：-18.80 变成 42949654.16：在 32 位无符号整数中溢出回绕
      不符  B8 截断溢出           金额 amount：-18.80 变成 636.56：在 16 位无符号整数中溢出回绕
      不符  B8 截断溢出           金额 amount：-18.80 变成 21474817.68：在 31 位无符号整数中溢出回绕
      不符  B8 截断溢出           金额 amount：-18.80 变成 184467440737095497.36：在 64 位无符号整数中溢
                                  出回绕
      不符  B8 截断溢出           金额 amount：-18.80 变成 4294967278.00：在 32 位无符号整数中溢出回绕
      另有 12 种不符；--json 全部列出

    ── 文件中的前后记录 ────────────────────────────────────────────────────────────────────────────────
      flow.csv:75  serial=P00042030 user_id=U1034 happened_at="2013-05-25 15:11:11" code=02 amount=89.8…
      flow.csv:76  本记录
      flow.csv:77  serial=P00042032 user_id=U1003 happened_at="2013-05-25 17:07:50" code=02 amount=125.…
    "#);
}

#[test]
#[expect(clippy::too_many_lines, reason = "the screen is shown whole")]
fn a_record_that_is_missing() {
    insta::assert_snapshot!(Place::first().run("explain P00041995"), @r#"
    $ crossfoot explain P00041995
    exit 1
    --- stdout
    missing  voucher=P00041995  (postings)
      missing     expected, and not in the target
      difference  -88.00 CNY (amount)
      source      flow.csv:57
      cause       A1 omitted possible: the record is not in the target
      why         it gives what the target holds, but so do others: not proved
      also fits   A2 lost at a boundary
      also fits   A3 filtered by a rule
      also fits   A4 rejected and not tried again
      also fits   A8 leg missing
      also fits   T8 in flight at the freeze
      also fits   T9 late arrival
      also fits   P3 partial commit
      to decide   what lies outside of these records; crossfoot verify holds all breaks together and
                  counts what they have in common
      Held together with all breaks of the agreement, as crossfoot verify holds them.

    ── What the source holds ───────────────────────────────────────────────────────────────────────────
      flow.csv:57
        serial       P00041995
        user_id      U1034
        happened_at  2013-05-25 04:36:22
        code         01
        amount       88.00
        memo         网银充值

    ── The rule: rules/posting.sql ─────────────────────────────────────────────────────────────────────
      -- What the ledger must hold of each record of the wallet.
      SELECT
        serial                                   AS voucher,
        concat('W-', substr(user_id, 2))         AS account,
        CASE code
          WHEN '01' THEN 'TOPUP'
          WHEN '02' THEN 'PAYMENT'
          WHEN '03' THEN 'REFUND'
          WHEN '04' THEN 'WITHDRAWAL'
          WHEN '05' THEN 'INCOME'
        END                                      AS kind,
        local_time(happened_at, 'Asia/Shanghai') AS booked_at,
        -- The accounting day changes at 23:00.
        business_date(local_time(happened_at, 'Asia/Shanghai'), 'Asia/Shanghai', '23:00') AS accounting_date,
        CASE WHEN code IN ('02', '04') THEN -money(amount) ELSE money(amount) END         AS amount
      FROM flow

      column           comes from        depends on
      voucher          flow.serial
      account          flow.user_id
      kind                               flow.code
      booked_at        flow.happened_at
      accounting_date  flow.happened_at
      amount           flow.amount       flow.code

    ── What should be, and what is ─────────────────────────────────────────────────────────────────────
      column           expected              actual
      voucher          P00041995             (no record)
      account          W-1034                (no record)
      kind             TOPUP                 (no record)
      booked_at        2013-05-24T20:36:22Z  (no record)
      accounting_date  2013-05-25            (no record)
      amount           88.00                 (no record)

    ── 36 hypotheses tried, 8 of them as the target has it ─────────────────────────────────────────────
      fits  A1 omitted                             the record is not in the target
      fits  A2 lost at a boundary                  it may stand at the end of a chunk
      fits  A8 leg missing                         it is a leg of a voucher that the target may hold
                                                   without it
      fits  A3 filtered by a rule                  a condition of the conversion may leave it out
      fits  A4 rejected and not tried again        it may have been rejected and not tried again
      fits  T8 in flight at the freeze             it may have been written or taken back while the
                                                   books were read
      fits  T9 late arrival                        it may have been committed after the extract had
                                                   passed its place
      fits  P3 partial commit                      its voucher may have been committed in part
      no    B14 blank and zero mixed up            amount: has no default, without `money(amount)`
      no    E3 blanks, case, width, leading zeros  account: leaves a part of the text out, without
                                                   `'W-'`
      no    B9 sign lost or turned                 amount: turns the sign, `-CASE WHEN code IN ('02',
                                                   '04') THEN -money(amount) ELSE money(amount) END`
                                                   instead of `CASE WHEN code IN ('02', '04') THEN
                                                   -money(amount) ELSE money(amount) END`
      no    B9 sign lost or turned                 amount: takes the neighbouring branch of a CASE,
                                                   `-money(amount)` instead of `money(amount)`
      no    T1 time zone                           booked_at: takes the time as UTC,
                                                   `local_time(happened_at, 'UTC')` instead of
                                                   `local_time(happened_at, 'Asia/Shanghai')`
      no    T1 time zone                           accounting_date: takes the time as UTC,
                                                   `business_date(local_time(happened_at,
                                                   'Asia/Shanghai'), 'UTC', '23:00')` instead of
                                                   `business_date(local_time(happened_at,
                                                   'Asia/Shanghai'), 'Asia/Shanghai', '23:00')`
      no    T1 time zone                           booked_at: takes the time in another zone,
                                                   `local_time(happened_at, 'Asia/Tokyo')` instead of
                                                   `local_time(happened_at, 'Asia/Shanghai')`
      no    T1 time zone                           booked_at: takes the time in another zone,
                                                   `local_time(happened_at, 'Europe/London')` instead of
                                                   `local_time(happened_at, 'Asia/Shanghai')`
      no    T1 time zone                           booked_at: takes the time in another zone,
                                                   `local_time(happened_at, 'America/New_York')` instead
                                                   of `local_time(happened_at, 'Asia/Shanghai')`
      no    T1 time zone                           booked_at: takes the time in another zone,
                                                   `local_time(happened_at, 'Etc/GMT+8')` instead of
                                                   `local_time(happened_at, 'Asia/Shanghai')`
      no    T1 time zone                           accounting_date: takes the time in another zone,
                                                   `business_date(local_time(happened_at,
                                                   'Asia/Shanghai'), 'Europe/London', '23:00')` instead
                                                   of `business_date(local_time(happened_at,
                                                   'Asia/Shanghai'), 'Asia/Shanghai', '23:00')`
      no    T1 time zone                           accounting_date: takes the time in another zone,
                                                   `business_date(local_time(happened_at,
                                                   'Asia/Shanghai'), 'America/New_York', '23:00')`
                                                   instead of `business_date(local_time(happened_at,
                                                   'Asia/Shanghai'), 'Asia/Shanghai', '23:00')`
      no    T1 time zone                           accounting_date: takes the time in another zone,
                                                   `business_date(local_time(happened_at,
                                                   'Asia/Shanghai'), 'Etc/GMT+8', '23:00')` instead of
                                                   `business_date(local_time(happened_at,
                                                   'Asia/Shanghai'), 'Asia/Shanghai', '23:00')`
      no    B12 wrong column                       amount: takes another column, `money(code)` instead
                                                   of `money(amount)`
      no    B12 wrong column                       voucher: takes another column, `user_id` instead of
                                                   `serial`
      no    B12 wrong column                       voucher: takes another column, `happened_at` instead
                                                   of `serial`
      no    B12 wrong column                       voucher: takes another column, `code` instead of
                                                   `serial`
      no    B12 wrong column                       voucher: takes another column, `amount` instead of
                                                   `serial`
      no    B12 wrong column                       voucher: takes another column, `memo` instead of
                                                   `serial`
      no    B12 wrong column                       account: takes another column, `serial` instead of
                                                   `user_id`
      no    B12 wrong column                       account: takes another column, `happened_at` instead
                                                   of `user_id`
      no    B12 wrong column                       account: takes another column, `code` instead of
                                                   `user_id`
      no    B12 wrong column                       account: takes another column, `amount` instead of
                                                   `user_id`
      no    B12 wrong column                       account: takes another column, `memo` instead of
                                                   `user_id`
      and 4 more that do not fit; --json has them all

    ── Neighbours in the file ──────────────────────────────────────────────────────────────────────────
      flow.csv:56  serial=P00041994 user_id=U1003 happened_at="2013-05-25 04:28:58" code=01 amount=1,00…
      flow.csv:57  this record
      flow.csv:58  serial=P00041998 user_id=U1021 happened_at="2013-05-25 04:43:23" code=02 amount=224.…
    "#);
}

#[test]
fn a_record_that_is_there_twice() {
    insta::assert_snapshot!(Place::first().run("explain P00042002"), @r#"
    $ crossfoot explain P00042002
    exit 1
    --- stdout
    copies  voucher=P00042002  (postings)
      copies      1 expected, 2 actual
      difference  50.40 CNY (amount)
      source      flow.csv:60
      target      posting.csv:108, posting.csv:109
      cause       A5 duplicated possible: the same record is there 2 times instead of 1
      why         it gives what the target holds, but so do others: not proved
      also fits   B16 sense of a refund
      also fits   P1 run twice
      to decide   what lies outside of these records; crossfoot verify holds all breaks together and
                  counts what they have in common
      Held together with all breaks of the agreement, as crossfoot verify holds them.

    ── What the source holds ───────────────────────────────────────────────────────────────────────────
      flow.csv:60
        serial       P00042002
        user_id      U1056
        happened_at  2013-05-25 05:28:29
        code         03
        amount       50.40
        memo         订单取消退款

    ── The rule: rules/posting.sql ─────────────────────────────────────────────────────────────────────
      -- What the ledger must hold of each record of the wallet.
      SELECT
        serial                                   AS voucher,
        concat('W-', substr(user_id, 2))         AS account,
        CASE code
          WHEN '01' THEN 'TOPUP'
          WHEN '02' THEN 'PAYMENT'
          WHEN '03' THEN 'REFUND'
          WHEN '04' THEN 'WITHDRAWAL'
          WHEN '05' THEN 'INCOME'
        END                                      AS kind,
        local_time(happened_at, 'Asia/Shanghai') AS booked_at,
        -- The accounting day changes at 23:00.
        business_date(local_time(happened_at, 'Asia/Shanghai'), 'Asia/Shanghai', '23:00') AS accounting_date,
        CASE WHEN code IN ('02', '04') THEN -money(amount) ELSE money(amount) END         AS amount
      FROM flow

      column           comes from        depends on
      voucher          flow.serial
      account          flow.user_id
      kind                               flow.code
      booked_at        flow.happened_at
      accounting_date  flow.happened_at
      amount           flow.amount       flow.code

    ── What should be, and what is ─────────────────────────────────────────────────────────────────────
      column           expected              actual
      voucher          P00042002             P00042002
      account          W-1056                W-1056
      kind             REFUND                REFUND
      booked_at        2013-05-24T21:28:29Z  2013-05-24T21:28:29Z
      accounting_date  2013-05-25            2013-05-25
      amount           50.40                 50.40

    ── 4 hypotheses tried, 3 of them as the target has it ──────────────────────────────────────────────
      fits  A5 duplicated          the same record is there 2 times instead of 1
      fits  P1 run twice           its whole run may have been made twice
      fits  B16 sense of a refund  a refund was booked another number of times
      no    A1 omitted             the record is not in the target

    ── Neighbours in the file ──────────────────────────────────────────────────────────────────────────
      flow.csv:59  serial=P00041999 user_id=U1034 happened_at="2013-05-25 05:19:44" code=02 amount=286.…
      flow.csv:60  this record
      flow.csv:61  serial=P00042003 user_id=U1034 happened_at="2013-05-25 05:46:25" code=02 amount=3.28…
    "#);
}

#[test]
fn a_record_that_agrees() {
    insta::assert_snapshot!(Place::first().run("explain voucher=P00041908"), @r#"
    $ crossfoot explain voucher=P00041908
    exit 0
    --- stdout
    agrees  voucher=P00041908 account=W-1055 kind=PAYMENT booked_at=2013-05-23T16:08:14Z accounting_date=2013-05-24 amount=-223.24  (postings)
      agrees  the same on both sides
      source  flow.csv:2
      target  posting.csv:91

    ── What the source holds ───────────────────────────────────────────────────────────────────────────
      flow.csv:2
        serial       P00041908
        user_id      U1055
        happened_at  2013-05-24 00:08:14
        code         02
        amount       223.24
        memo         水电费

    ── The rule: rules/posting.sql ─────────────────────────────────────────────────────────────────────
      -- What the ledger must hold of each record of the wallet.
      SELECT
        serial                                   AS voucher,
        concat('W-', substr(user_id, 2))         AS account,
        CASE code
          WHEN '01' THEN 'TOPUP'
          WHEN '02' THEN 'PAYMENT'
          WHEN '03' THEN 'REFUND'
          WHEN '04' THEN 'WITHDRAWAL'
          WHEN '05' THEN 'INCOME'
        END                                      AS kind,
        local_time(happened_at, 'Asia/Shanghai') AS booked_at,
        -- The accounting day changes at 23:00.
        business_date(local_time(happened_at, 'Asia/Shanghai'), 'Asia/Shanghai', '23:00') AS accounting_date,
        CASE WHEN code IN ('02', '04') THEN -money(amount) ELSE money(amount) END         AS amount
      FROM flow

      column           comes from        depends on
      voucher          flow.serial
      account          flow.user_id
      kind                               flow.code
      booked_at        flow.happened_at
      accounting_date  flow.happened_at
      amount           flow.amount       flow.code

    ── Neighbours in the file ──────────────────────────────────────────────────────────────────────────
                  (the file begins here)
      flow.csv:2  this record
      flow.csv:3  serial=P00041910 user_id=U1055 happened_at="2013-05-24 00:35:37" code=02 amount=379.9…
    "#);
}

#[test]
fn a_record_that_nobody_expects() {
    let posting = Place::first().read("ledger/posting.csv");
    let extra = "P00049999,W-1001,TOPUP,2013-05-24 01:00:00,2013-05-24,5.00\n";
    let place = Place::first().with("ledger/posting.csv", posting + extra);
    insta::assert_snapshot!(place.run("explain P00049999"), @r#"
    $ crossfoot explain P00049999
    exit 1
    --- stdout
    extra  voucher=P00049999  (postings)
      extra       in the target, and not expected
      difference  5.00 CNY (amount)
      source      no source record leads here by the rule
      target      posting.csv:122
      cause       A9 phantom possible: the target has a record that the source does not give
      why         it gives what the target holds, but so do others: not proved
      also fits   A5 duplicated
      also fits   T8 in flight at the freeze
      to decide   what lies outside of these records; crossfoot verify holds all breaks together and
                  counts what they have in common
      Held together with all breaks of the agreement, as crossfoot verify holds them.

    ── The rule: rules/posting.sql ─────────────────────────────────────────────────────────────────────
      -- What the ledger must hold of each record of the wallet.
      SELECT
        serial                                   AS voucher,
        concat('W-', substr(user_id, 2))         AS account,
        CASE code
          WHEN '01' THEN 'TOPUP'
          WHEN '02' THEN 'PAYMENT'
          WHEN '03' THEN 'REFUND'
          WHEN '04' THEN 'WITHDRAWAL'
          WHEN '05' THEN 'INCOME'
        END                                      AS kind,
        local_time(happened_at, 'Asia/Shanghai') AS booked_at,
        -- The accounting day changes at 23:00.
        business_date(local_time(happened_at, 'Asia/Shanghai'), 'Asia/Shanghai', '23:00') AS accounting_date,
        CASE WHEN code IN ('02', '04') THEN -money(amount) ELSE money(amount) END         AS amount
      FROM flow

      column           comes from        depends on
      voucher          flow.serial
      account          flow.user_id
      kind                               flow.code
      booked_at        flow.happened_at
      accounting_date  flow.happened_at
      amount           flow.amount       flow.code

    ── What should be, and what is ─────────────────────────────────────────────────────────────────────
      column           expected     actual
      voucher          (no record)  P00049999
      account          (no record)  W-1001
      kind             (no record)  TOPUP
      booked_at        (no record)  2013-05-24T01:00:00Z
      accounting_date  (no record)  2013-05-24
      amount           (no record)  5.00

    ── 4 hypotheses tried, 3 of them as the target has it ──────────────────────────────────────────────
      fits  A9 phantom                  the target has a record that the source does not give
      fits  A5 duplicated               it may be another record once more, under an id of its own
      fits  T8 in flight at the freeze  it may have been written or taken back while the books were read
      no    A1 omitted                  the record is not in the target

    ── Neighbours in the file ──────────────────────────────────────────────────────────────────────────
      posting.csv:121  voucher=P00042102 account=W-1089 kind=PAYMENT booked_at="2013-05-26 11:12:05" ac…
      posting.csv:122  this record
                       (the file ends here)
    "#);
}

#[test]
fn a_record_that_the_rule_cannot_convert() {
    let flow = Place::first().read("wallet/flow.csv");
    let spoilt = flow.replace("02,223.24,水电费", "02,223.2x,水电费");
    let place = Place::first().with("wallet/flow.csv", spoilt);
    insta::assert_snapshot!(place.run("explain P00041908"), @r#"
    $ crossfoot explain P00041908
    exit 1
    --- stdout
    extra  voucher=P00041908  (postings)
      extra       in the target, and not expected
      difference  -223.24 CNY (amount)
      source      no source record leads here by the rule
      target      posting.csv:91
      cause       A4 rejected and not tried again proved: its record in the source (flow.csv:2) was
                  rejected: money: `223.2x` has letters that mean nothing in an amount at character 6
      why         it gives what the target holds, byte for byte, and no other cause does
      Held together with all breaks of the agreement, as crossfoot verify holds them.
    rejected  flow.csv:2
      why  money: `223.2x` has letters that mean nothing in an amount at character 6

    ── What the source holds ───────────────────────────────────────────────────────────────────────────
      flow.csv:2
        serial       P00041908
        user_id      U1055
        happened_at  2013-05-24 00:08:14
        code         02
        amount       223.2x
        memo         水电费

    ── The rule: rules/posting.sql ─────────────────────────────────────────────────────────────────────
      -- What the ledger must hold of each record of the wallet.
      SELECT
        serial                                   AS voucher,
        concat('W-', substr(user_id, 2))         AS account,
        CASE code
          WHEN '01' THEN 'TOPUP'
          WHEN '02' THEN 'PAYMENT'
          WHEN '03' THEN 'REFUND'
          WHEN '04' THEN 'WITHDRAWAL'
          WHEN '05' THEN 'INCOME'
        END                                      AS kind,
        local_time(happened_at, 'Asia/Shanghai') AS booked_at,
        -- The accounting day changes at 23:00.
        business_date(local_time(happened_at, 'Asia/Shanghai'), 'Asia/Shanghai', '23:00') AS accounting_date,
        CASE WHEN code IN ('02', '04') THEN -money(amount) ELSE money(amount) END         AS amount
      FROM flow

      column           comes from        depends on
      voucher          flow.serial
      account          flow.user_id
      kind                               flow.code
      booked_at        flow.happened_at
      accounting_date  flow.happened_at
      amount           flow.amount       flow.code

    ── What should be, and what is ─────────────────────────────────────────────────────────────────────
      column           expected     actual
      voucher          (no record)  P00041908
      account          (no record)  W-1055
      kind             (no record)  PAYMENT
      booked_at        (no record)  2013-05-23T16:08:14Z
      accounting_date  (no record)  2013-05-24
      amount           (no record)  -223.24

    ── 2 hypotheses tried, 1 of them as the target has it ──────────────────────────────────────────────
      fits  A4 rejected and not tried again  its record in the source (flow.csv:2) was rejected: money:
                                             `223.2x` has letters that mean nothing in an amount at
                                             character 6
      no    A1 omitted                       the record is not in the target

    ── Neighbours in the file ──────────────────────────────────────────────────────────────────────────
      posting.csv:90  voucher=P00042105 account=W-1034 kind=TOPUP booked_at="2013-05-26 12:11:01" accou…
      posting.csv:91  this record
      posting.csv:92  voucher=P00041910 account=W-1055 kind=PAYMENT booked_at="2013-05-23 16:35:37" acc…
    "#);
}

#[test]
#[expect(clippy::too_many_lines, reason = "the screen is shown whole")]
fn a_record_by_other_columns_than_its_key() {
    insta::assert_snapshot!(Place::first().run("explain account=W-1055 amount=-18.80"), @r#"
    $ crossfoot explain account=W-1055 amount=-18.80
    exit 1
    --- stdout
    differs  voucher=P00042031  (postings)
      amount      -18.80 → 18.80
      difference  37.60 CNY (amount)
      source      flow.csv:76
      target      posting.csv:95
      cause       B9 sign lost or turned possible: amount: -18.80 became 18.80: the minus sign was lost
      why         it gives what the target holds, but so do others: not proved
      also fits   D1 debit and credit reversed
      also fits   D2 type code mapping
      to decide   what lies outside of these records; crossfoot verify holds all breaks together and
                  counts what they have in common
      Held together with all breaks of the agreement, as crossfoot verify holds them.

    ── What the source holds ───────────────────────────────────────────────────────────────────────────
      flow.csv:76
        serial       P00042031
        user_id      U1055
        happened_at  2013-05-25 16:14:21
        code         02
        amount       18.80
        memo         网上书店

    ── The rule: rules/posting.sql ─────────────────────────────────────────────────────────────────────
      -- What the ledger must hold of each record of the wallet.
      SELECT
        serial                                   AS voucher,
        concat('W-', substr(user_id, 2))         AS account,
        CASE code
          WHEN '01' THEN 'TOPUP'
          WHEN '02' THEN 'PAYMENT'
          WHEN '03' THEN 'REFUND'
          WHEN '04' THEN 'WITHDRAWAL'
          WHEN '05' THEN 'INCOME'
        END                                      AS kind,
        local_time(happened_at, 'Asia/Shanghai') AS booked_at,
        -- The accounting day changes at 23:00.
        business_date(local_time(happened_at, 'Asia/Shanghai'), 'Asia/Shanghai', '23:00') AS accounting_date,
        CASE WHEN code IN ('02', '04') THEN -money(amount) ELSE money(amount) END         AS amount
      FROM flow

      column           comes from        depends on
      voucher          flow.serial
      account          flow.user_id
      kind                               flow.code
      booked_at        flow.happened_at
      accounting_date  flow.happened_at
      amount           flow.amount       flow.code

    ── What should be, and what is ─────────────────────────────────────────────────────────────────────
      column           expected              actual
      voucher          P00042031             P00042031
      account          W-1055                W-1055
      kind             PAYMENT               PAYMENT
      booked_at        2013-05-25T08:14:21Z  2013-05-25T08:14:21Z
      accounting_date  2013-05-25            2013-05-25
      amount           -18.80                18.80                 differs

    ── 43 hypotheses tried, 7 of them as the target has it ─────────────────────────────────────────────
      fits  B9 sign lost or turned         amount: does not turn the sign, `money(amount)` instead of
                                           `-money(amount)`
      fits  B9 sign lost or turned         amount: turns the sign, `-CASE WHEN code IN ('02', '04') THEN
                                           -money(amount) ELSE money(amount) END` instead of `CASE WHEN
                                           code IN ('02', '04') THEN -money(amount) ELSE money(amount)
                                           END`
      fits  B9 sign lost or turned         amount: loses the sign, `abs(CASE WHEN code IN ('02', '04')
                                           THEN -money(amount) ELSE money(amount) END)` instead of `CASE
                                           WHEN code IN ('02', '04') THEN -money(amount) ELSE
                                           money(amount) END`
      fits  B9 sign lost or turned         amount: -18.80 became 18.80: the minus sign was lost
      fits  D1 debit and credit reversed   amount: -18.80 became 18.80: it stands on the other side
      fits  D2 type code mapping           amount: leaves a value out of a list, `code IN ('04')`
                                           instead of `code IN ('02', '04')`
      fits  R1 rule defect                 amount: says the contrary, `code NOT IN ('02', '04')` instead
                                           of `code IN ('02', '04')`
      no    A1 omitted                     the record is not in the target
      no    B3 cut after a float           amount: -18.80 became -18.79: multiplied by 100 in a float of
                                           32 bits, and cut
      no    B1 transposition               amount: -18.80 became -81.80: the neighbouring digits 1 and 8
                                           changed places
      no    B1 transposition               amount: -18.80 became -18.08: the neighbouring digits 8 and 0
                                           changed places
      no    B2 slide                       amount: -18.80 became -1880.00: multiplied by 100: the
                                           decimal point moved 2 places
      no    B2 slide                       amount: -18.80 became -0.19: divided by 100: the decimal
                                           point moved 2 places
      no    B2 slide                       amount: -18.80 became -0.18: divided by 100: the decimal
                                           point moved 2 places
      no    B2 slide                       amount: -18.80 became -18800.00: multiplied by 1000: the
                                           decimal point moved 3 places
      no    B2 slide                       amount: -18.80 became -0.02: divided by 1000: the decimal
                                           point moved 3 places
      no    B2 slide                       amount: -18.80 became -0.01: divided by 1000: the decimal
                                           point moved 3 places
      no    B2 slide                       amount: -18.80 became -188.00: multiplied by 10: the decimal
                                           point moved 1 place
      no    B2 slide                       amount: -18.80 became -1.88: divided by 10: the decimal point
                                           moved 1 place
      no    B2 slide                       amount: -18.80 became -188000.00: multiplied by 10000: the
                                           decimal point moved 4 places
      no    B2 slide                       amount: -18.80 became -1880000.00: multiplied by 100000: the
                                           decimal point moved 5 places
      no    B2 slide                       amount: -18.80 became -18800000.00: multiplied by 1000000:
                                           the decimal point moved 6 places
      no    B15 thousands or decimal sign  amount: -18.80 became -1880.00: 18.80 was read without its
                                           decimal sign
      no    B12 wrong column               amount: takes another column, `money(code)` instead of
                                           `money(amount)`
      no    B5 rounding rule               amount: -18.80 became -19.00: rounded to 0 decimals
      no    B5 rounding rule               amount: -18.80 became -18.00: rounded to 0 decimals
      no    B8 truncation or overflow      amount: -18.80 became 42949654.16: wrapped around in an
                                           unsigned number of 32 bits
      no    B8 truncation or overflow      amount: -18.80 became 636.56: wrapped around in an unsigned
                                           number of 16 bits
      no    B8 truncation or overflow      amount: -18.80 became 21474817.68: wrapped around in an
                                           unsigned number of 31 bits
      no    B8 truncation or overflow      amount: -18.80 became 184467440737095497.36: wrapped around
                                           in an unsigned number of 64 bits
      no    B8 truncation or overflow      amount: -18.80 became 4294967278.00: wrapped around in an
                                           unsigned number of 32 bits
      and 12 more that do not fit; --json has them all

    ── Neighbours in the file ──────────────────────────────────────────────────────────────────────────
      flow.csv:75  serial=P00042030 user_id=U1034 happened_at="2013-05-25 15:11:11" code=02 amount=89.8…
      flow.csv:76  this record
      flow.csv:77  serial=P00042032 user_id=U1003 happened_at="2013-05-25 17:07:50" code=02 amount=125.…
    "#);
}

#[test]
fn a_key_that_is_on_neither_side() {
    insta::assert_snapshot!(Place::first().run("explain P00041980"), @"
    $ crossfoot explain P00041980
    exit 2
    --- stderr
    error: neither side has a record where voucher = `P00041980`
      mend: near it: voucher = `P00041979`
      mend: near it: voucher = `P00041982`
    ");
    insta::assert_snapshot!(Place::first().run("explain P00041980 --lang zh"), @"
    $ crossfoot explain P00041980 --lang zh
    exit 2
    --- stderr
    错误：两边都没有 voucher = `P00041980` 的记录
      处理：相近的有：voucher = `P00041979`
      处理：相近的有：voucher = `P00041982`
    ");
}

#[test]
fn questions_that_do_not_fit_the_plan() {
    let place = Place::first();
    insta::assert_snapshot!(place.run("explain vocher=P00041979"), @"
    $ crossfoot explain vocher=P00041979
    exit 2
    --- stderr
    error: no compared column is named `vocher`
      mend: the compared columns are voucher, account, kind, booked_at, accounting_date, amount
    ");
    insta::assert_snapshot!(place.run("explain P00041979 2"), @"
    $ crossfoot explain P00041979 2
    exit 2
    --- stderr
    error: the key has 1 value, and 2 were given
      mend: the key is voucher; write voucher=…
    ");
    insta::assert_snapshot!(place.run("explain amount=-18.805"), @"
    $ crossfoot explain amount=-18.805
    exit 2
    --- stderr
    error: `-18.805` is no value of `amount`, which holds numbers of 2 decimals
    ");
    insta::assert_snapshot!(place.run("explain kind=TOPUP"), @"
    $ crossfoot explain kind=TOPUP
    exit 2
    --- stderr
    error: more than 20 records answer
      mend: name more columns, or the key
    ");
    insta::assert_snapshot!(place.run("explain"), @"
    $ crossfoot explain
    exit 2
    --- stderr
    error: the following required arguments were not provided:
      <KEY>...

    Usage: crossfoot explain <KEY>...

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(place.run("explain P00041979 --agreement posting"), @"
    $ crossfoot explain P00041979 --agreement posting
    exit 2
    --- stderr
    error: the plan has no agreement `posting`
      mend: the agreements are postings
    ");
}

/// The plan of the first example with one more agreement, over the same key.
fn with_two_agreements() -> Place {
    let plan = Place::first().read("crossfoot.toml");
    let more = "\n[[agreement]]\nname = \"kinds\"\nrule = \"rules/posting.sql\"\n\
                target = \"rules/ledger.sql\"\nkey = [\"voucher\"]\nignore = [\"amount\"]\n";
    Place::first().with("crossfoot.toml", plan + more)
}

#[test]
fn a_key_that_two_agreements_could_answer() {
    let place = with_two_agreements();
    insta::assert_snapshot!(place.run("explain P00041979"), @"
    $ crossfoot explain P00041979
    exit 2
    --- stderr
    error: the plan has 2 agreements, and it is not clear which is meant
      mend: say which with --agreement: postings, kinds
    ");
    let told = place.output("explain P00041979 --agreement postings");
    assert_eq!(told.status, "1", "{}", told.stderr);
}

#[test]
fn one_document_on_stdout() {
    let told = Place::first().output("explain P00041979 --json");
    assert_eq!((told.status.as_str(), told.stderr.as_str()), ("1", ""));
    let document: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    let found = &document["records"][0];
    assert_eq!(found["break"]["fields"][0]["actual"], "0.28");
    assert_eq!(found["break"]["cause"]["id"], found["causes"][0]["id"]);
    let tried = found["tried"].as_array().unwrap();
    assert!(tried.iter().any(|one| one["gives"]["amount"] == "0.28"));
    insta::assert_snapshot!(serde_json::to_string_pretty(&document["rule"]["columns"]).unwrap(), @r#"
    [
      {
        "name": "voucher",
        "comes_from": [
          "flow.serial"
        ],
        "depends_on": []
      },
      {
        "name": "account",
        "comes_from": [
          "flow.user_id"
        ],
        "depends_on": []
      },
      {
        "name": "kind",
        "comes_from": [],
        "depends_on": [
          "flow.code"
        ]
      },
      {
        "name": "booked_at",
        "comes_from": [
          "flow.happened_at"
        ],
        "depends_on": []
      },
      {
        "name": "accounting_date",
        "comes_from": [
          "flow.happened_at"
        ],
        "depends_on": []
      },
      {
        "name": "amount",
        "comes_from": [
          "flow.amount"
        ],
        "depends_on": [
          "flow.code"
        ]
      }
    ]
    "#);
    insta::assert_snapshot!(serde_json::to_string_pretty(&document["neighbours"]).unwrap(), @r#"
    [
      {
        "book": "source",
        "of": {
          "_table": "flow",
          "_file": "flow.csv",
          "_row": 45
        },
        "before": {
          "_table": "flow",
          "_file": "flow.csv",
          "_row": 44,
          "serial": "P00041978",
          "user_id": "U1056",
          "happened_at": "2013-05-24 20:06:35",
          "code": "01",
          "amount": "200.00",
          "memo": "工资到账后充值"
        },
        "after": {
          "_table": "flow",
          "_file": "flow.csv",
          "_row": 46,
          "serial": "P00041982",
          "user_id": "U1001",
          "happened_at": "2013-05-24 21:45:42",
          "code": "02",
          "amount": "56.33",
          "memo": "电影票两张"
        }
      }
    ]
    "#);
}

#[test]
fn an_error_is_a_document_too() {
    let told = Place::first().output("explain P00041980 --json");
    assert_eq!(told.status, "2");
    let document: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(document["error"]["kind"], "use");
}

#[test]
fn the_story_is_the_same_in_any_number_of_threads() {
    let place = Place::first();
    let told =
        |threads: u32| place.output(&format!("explain P00042002 --json --threads {threads}"));
    assert_eq!(told(1).stdout, told(4).stdout);
}

#[test]
fn a_bare_difference_has_suspects_and_no_proof() {
    let place = Place::first();
    insta::assert_snapshot!(place.run("explain --difference -88.00"), @"
    $ crossfoot explain --difference -88.00
    exit 5
    --- stdout
    What a difference of -88.00 CNY in amount suggests
    NOTHING OF THIS IS PROVED. Among enough entries some equal any amount, so each suspicion comes
      with the hits that chance alone would give. crossfoot verify compares every record and names those
      that differ.

    ── Among what is expected: 120 entries ─────────────────────────────────────────────────────────────
      88.00 is an entry: P00041995 may be left out or booked twice; by chance 0.0018
          P00041995  88.00  flow.csv:57  not on the other side

    ── Among what is there: 120 entries ────────────────────────────────────────────────────────────────
      no suspects
    ");
    insta::assert_snapshot!(place.run("explain --difference 37.60 --lang zh"), @"
    $ crossfoot explain --difference 37.60 --lang zh
    exit 5
    --- stdout
    amount 相差 37.60 CNY，可疑之处
    以下均非结论。分录一多，总有几笔恰等于某个金额，故每条都附上纯属巧合的期望数。crossfoot verify 逐
      笔核对，并列出不一致的记录。

    ── 应有的 120 笔之中 ───────────────────────────────────────────────────────────────────────────────
      其半数为 18.80：P00042031 可能借贷方向记反；偶然相符的期望数为 0.0030
          P00042031  -18.80  flow.csv:76  对方没有

    ── 实有的 120 笔之中 ───────────────────────────────────────────────────────────────────────────────
      其半数为 18.80：P00042031 可能借贷方向记反；偶然相符的期望数为 0.0030
          P00042031  18.80  posting.csv:95  对方没有
    ");
    insta::assert_snapshot!(place.run("explain --difference 0.02 --json"), @r#"
    $ crossfoot explain --difference 0.02 --json
    exit 5
    --- stdout
    {
      "version": 1,
      "plan": "first",
      "agreement": "postings",
      "column": "amount",
      "currency": "CNY",
      "difference": "0.02",
      "proves": "nothing",
      "alone": [],
      "expected": {
        "entries": 120,
        "suspects": [],
        "refused": []
      },
      "actual": {
        "entries": 120,
        "suspects": [],
        "refused": []
      }
    }
    "#);
}

#[test]
fn a_bare_difference_that_does_not_fit_the_plan() {
    let place = Place::first();
    insta::assert_snapshot!(place.run("explain --difference 0.01 --column amout"), @"
    $ crossfoot explain --difference 0.01 --column amout
    exit 2
    --- stderr
    error: no money column is named: amount
      mend: say which with --column: amount
    ");
    insta::assert_snapshot!(place.run("explain --difference 0.01 --currency USD"), @"
    $ crossfoot explain --difference 0.01 --currency USD
    exit 2
    --- stderr
    error: all amounts are in CNY
    ");
    insta::assert_snapshot!(place.run("explain --difference 0.00"), @"
    $ crossfoot explain --difference 0.00
    exit 2
    --- stderr
    error: a difference of zero needs no explanation
    ");
    insta::assert_snapshot!(place.run("explain --difference one"), @"
    $ crossfoot explain --difference one
    exit 2
    --- stderr
    error: `one` is no amount
    ");
    insta::assert_snapshot!(place.run("explain P00041979 --difference 0.01"), @"
    $ crossfoot explain P00041979 --difference 0.01
    exit 2
    --- stderr
    error: the argument '[KEY]...' cannot be used with '--difference <AMOUNT>'

    Usage: crossfoot explain <KEY>...

    For more information, try '--help'.
    ");
}

#[test]
fn explain_teaches_by_examples() {
    insta::assert_snapshot!(Place::empty().run("explain -h"), @"
    $ crossfoot explain -h
    exit 0
    --- stdout
    Tells one record's whole story: what should be, what is, and why they differ

    Usage: crossfoot explain [OPTIONS] [KEY]...

    Arguments:
      [KEY]...  The record: the values of its key, or COLUMN=VALUE for any compared columns. NULL is the
                missing value

    Options:
          --lang <LANG>          Language of words on the screen; by default that of the system [env:
                                 CROSSFOOT_LANG=] [possible values: zh, en]
      -p, --plan <PATH>          The plan, or the folder it lies in [default: crossfoot.toml]
          --json                 Prints one JSON document on stdout instead of a report
          --max-load <LOAD>      The most that each database is asked for: records a second (50000), or
                                 seconds that its replicas may be behind (lag=5), or both (50000,lag=5).
                                 `max_load` in an address says it for one
          --agreement <NAME>     The agreement; needed where more than one could answer
          --no-progress          Shows no progress
          --color <COLOR>        When to use colour [default: auto] [possible values: auto, always,
                                 never]
          --evidence <DIR>       Evidence of a verification: the cause is told as it told it, if the
                                 record still differs as it did. By default the latest in `evidence/`
                                 beside the plan, where the books are too large to be read whole for one
                                 record
          --difference <AMOUNT>  A difference of two totals of which nothing else is known
          --column <COLUMN>      The money column of the difference; needed where there is more than one
          --currency <CODE>      The currency of the difference; needed where the records have one each
          --threads <N>          Threads to work in; by default as the plan says, else one for each
                                 processor
      -h, --help                 Print help (see more with '--help')
      -V, --version              Print version

    Examples:
      crossfoot explain P00041979 --plan examples/first
      crossfoot explain V1,2                      a key of two columns
      crossfoot explain voucher=V1 leg=2          the same by name
      crossfoot explain account=W-1055 amount=-18.80
      crossfoot explain P00041979 --json | jq '.records[].tried'
      crossfoot explain --difference 0.01 --column amount

    Exit codes: 0 the record agrees, 1 it does not, 2 no such record; with --difference always 5, as
    nothing is proved.
    ");
}

/// Two records that hold each other's contents, and each explained alone gives no cause.
fn swapped() -> Place {
    let posting = "voucher,amount,memo\n\
                   V1,1250.50,充值\n\
                   V2,10.00,rent\n\
                   V3,-3.20,\n\
                   V4,0.29,\"tea, two cups\"\n";
    Place::sound().with("new/posting.csv", posting)
}

/// The causes of the breaks of some evidence, by their vouchers.
fn verified(place: &Place, folder: &str) -> Vec<(String, serde_json::Value)> {
    let lines = place.read(&format!("{folder}/breaks.jsonl"));
    let found = lines.lines().map(|line| {
        let found: serde_json::Value = serde_json::from_str(line).unwrap();
        let voucher = found["key"]["voucher"].as_str().unwrap().to_owned();
        (voucher, found["cause"].clone())
    });
    found.collect()
}

#[test]
fn two_records_that_were_swapped_are_told_as_verify_tells_them() {
    let place = swapped();
    place.run("verify --evidence out --no-progress");
    let verified = verified(&place, "out");
    assert_eq!(verified.len(), 2);
    for (voucher, cause) in verified {
        assert_eq!(cause["id"], "A10", "{cause}");
        let told = place.output(&format!("explain {voucher} --json"));
        let told: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
        let record = &told["records"][0];
        assert_eq!(record["break"]["cause"], cause);
        assert_eq!(record["together"], true);
        assert_eq!(record["evidence"], serde_json::Value::Null);
        assert_eq!(record["causes"][0]["id"], "A10");
    }
    let screen = place.run("explain V1 --lang zh");
    let told = screen.lines().any(|line| line.contains("互换"));
    assert!(
        told && screen.contains("与 crossfoot verify 相同"),
        "{screen}"
    );
}

#[test]
fn what_evidence_says_of_a_record_is_told_while_the_record_is_what_it_was() {
    let place = swapped();
    place.run("verify --evidence out --no-progress");
    let breaks = place.read("out/breaks.jsonl");
    // Whatever it says: that it comes from there is what is shown.
    let place = place.with("out/breaks.jsonl", breaks.replace("\"A10\"", "\"V2\""));
    let told = |place: &Place| -> serde_json::Value {
        let told = place.output("explain V1 --evidence out --json");
        serde_json::from_str(&told.stdout).unwrap()
    };
    let record = &told(&place)["records"][0];
    assert_eq!(record["causes"][0]["id"], "V2");
    assert_eq!(record["evidence"], "out");
    assert!(
        place
            .run("explain V1 --evidence out")
            .contains("Told as the verification in out told it, which held all breaks together.")
    );
    // A record that has changed since is looked at anew.
    let posting = place.read("new/posting.csv");
    let place = place.with(
        "new/posting.csv",
        posting.replace("V1,1250.50", "V1,1250.51"),
    );
    let record = &told(&place)["records"][0];
    assert_eq!(record["evidence"], serde_json::Value::Null);
    let missing = place.output("explain V1 --evidence nowhere");
    assert_eq!(missing.status, "3", "{}", missing.stderr);
}
