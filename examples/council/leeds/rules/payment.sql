-- What the target must hold of each payment that Leeds published.
-- Dates come in three forms: 24/12/2010, 26-May-11, 14-Jan-2011.
-- Around names there may be blanks, a carriage return (13) or a no-break space (160).
SELECT
  to_date(date_paid, '%d/%m/%Y', '%d-%b-%y', '%d-%b-%Y')   AS payment_date,
  money(amount)                                            AS amount,
  btrim(service, concat(' ', chr(13), chr(160)))           AS unit,
  btrim(supplier, concat(' ', chr(13), chr(160)))          AS beneficiary
FROM paid
WHERE date_paid <> '' OR amount <> ''      -- 58,170 rows of the spreadsheets hold nothing at all
