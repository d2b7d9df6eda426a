-- The chart of accounts. A class of the old house accounts that is not here has no subject, and
-- its opening balance and its account would be missing from the new ledger.
SELECT code AS subject, name, english_name, kind, normal_side
FROM (
  VALUES
    ('1002', '银行存款-备付金',     'Client money at banks, by channel',     'ASSET',     'DEBIT'),
    ('1009', '期初备付金',          'Client money from before 2010',         'ASSET',     'DEBIT'),
    ('2001', '应付用户款-可用余额', 'Owed to users, disposable',             'LIABILITY', 'CREDIT'),
    ('2002', '应付商户款-可用余额', 'Owed to merchants, disposable',         'LIABILITY', 'CREDIT'),
    ('2003', '应付客户款-冻结',     'Owed to customers, frozen',             'LIABILITY', 'CREDIT'),
    ('2201', '待清算款项',          'Transit between two customers',         'LIABILITY', 'CREDIT'),
    ('2202', '担保交易暂收款',      'Escrow: paid and not yet confirmed',    'LIABILITY', 'CREDIT'),
    ('2241', '其他应付款-挂账待查', 'Suspense, to be looked into',           'LIABILITY', 'CREDIT'),
    ('6021', '手续费收入',          'Income from fees',                      'INCOME',    'CREDIT'),
    ('6301', '营业外收支',          'Adjustments by hand, against the house', 'INCOME',   'CREDIT'),
    ('6601', '营销费用',            'Marketing: coupons and bonuses',        'EXPENSE',   'DEBIT')
) AS chart(code, name, english_name, kind, normal_side)
