-- Elementary measures: what users see. Values are checked in test/pgtap/70_measure.sql.
\set SHOW_CONTEXT never
SELECT clv.simple_value(basket => 150, frequency => 24, lifetime => 5) AS own,
	clv.referral_value(18000, referrals => 4, conversion => 0.5) AS referred,
	clv.value_with_referrals(18000, 4, 0.5) AS together;
SELECT period, cash, cumulative, round(cumulative_discounted, 2) AS cumulative_discounted, paid_back
FROM clv.campaign(margin => 100, gift => 60, sales_cost => 80, retention => 0.8, discount => 0.1);
SELECT clv.referral_value(18000, 40, 0.5);

SELECT clv.simple_value(150, 'NaN', 5);
SELECT clv.simple_value('Infinity', 24, 5);
SELECT clv.lifetime_from_retention(1);
SELECT clv.lifetime_from_retention(80);
SELECT clv.geometric_value(1, 1, 0);
SELECT clv.retention_rate(100, 120);
SELECT clv.churn_rate(120, 100);
SELECT clv.referral_value(18000, 4, 0.5, NULL);
SELECT clv.payback('{-100,NULL}');
SELECT clv.revenue_multiple(1000, 4, 1);
