-- A converted ledger, as `crossfoot convert` writes it, of one user and one merchant. Of 100.00 the user
-- has paid 15.00 and put 10.00 into escrow; 30.00 are held, 20.00 are to go to a bank.
CREATE TABLE subject (subject TEXT, kind TEXT, normal_side TEXT);
INSERT INTO subject VALUES ('1002', 'ASSET', 'DEBIT'), ('2001', 'LIABILITY', 'CREDIT'),
  ('2002', 'LIABILITY', 'CREDIT'), ('2003', 'LIABILITY', 'CREDIT'), ('2202', 'LIABILITY', 'CREDIT'),
  ('6021', 'INCOME', 'CREDIT');
CREATE TABLE account (account TEXT, subject TEXT, owner TEXT);
INSERT INTO account VALUES ('6001', '2001', 'USER'), ('7001', '2002', 'MERCHANT');
CREATE TABLE opening (subject TEXT, account TEXT, debit DECIMAL(18,2), credit DECIMAL(18,2));
CREATE TABLE voucher (voucher TEXT);
INSERT INTO voucher VALUES ('v1'), ('v2'), ('v3'), ('v4'), ('v5');
CREATE TABLE posting (voucher TEXT, leg INTEGER, subject TEXT, account TEXT,
  debit DECIMAL(18,2), credit DECIMAL(18,2));
INSERT INTO posting VALUES
  ('v1', 1, '2001', '6001', 0, 100), ('v1', 2, '1002', 'ICBC', 100, 0),
  ('v2', 1, '2001', '6001', 30, 0), ('v2', 2, '2003', '6001', 0, 30),
  ('v3', 1, '2001', '6001', 20, 0), ('v3', 2, '2003', '6001', 0, 20),
  ('v4', 1, '2001', '6001', 10, 0), ('v4', 2, '2202', NULL, 0, 10),
  ('v5', 1, '2001', '6001', 15, 0), ('v5', 2, '2002', '7001', 0, 15);
CREATE TABLE holding (account TEXT, amount DECIMAL(18,2), shares DECIMAL(18,2),
  subscribed_on TEXT, confirmed_on TEXT, income_from TEXT);
CREATE TABLE under_way (item TEXT, kind TEXT, account TEXT, merchant TEXT, channel TEXT,
  amount DECIMAL(18,2), fee DECIMAL(18,2), coupon DECIMAL(18,2));
INSERT INTO under_way VALUES
  ('6001', 'HOLD', '6001', NULL, NULL, 30, 0, 0),
  ('201306050010000000003', 'WITHDRAWAL', '6001', NULL, 'ICBC', 20, 0.50, 0),
  ('201306050010000000004', 'ESCROW', '6001', '7001', NULL, 10, 0.06, 0);
CREATE TABLE refundable (order_id TEXT, payer TEXT, merchant TEXT, amount DECIMAL(18,2),
  refunded DECIMAL(18,2));
INSERT INTO refundable VALUES ('201306050010000000005', '6001', '7001', 15, 0);
