-- The payments of each file that ends in a grand total.
SELECT _file AS file, control_total(money(amount)) AS total
FROM source.paid
WHERE date_paid <> ''
  AND _file IN (SELECT _file FROM source.paid WHERE date_paid = '' AND amount <> '')
GROUP BY _file
