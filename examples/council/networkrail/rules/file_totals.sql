-- The payments of each file; 2020-07 prints no grand total.
SELECT _file AS file, control_total(money(spend)) AS total
FROM source.paid
WHERE gl_date <> '' AND _file <> '2020-07.csv'
GROUP BY _file
