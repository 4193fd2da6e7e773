-- Elementary measures: worked examples, ranges, what is undefined.
BEGIN;
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clv;
SET client_min_messages = notice;
SELECT * FROM no_plan();

-- 150 per sale, 24 sales a year, 5 years; 4 people told, half of them come.
SELECT is(clv.value_per_period(150, 24), 3600::numeric, 'value per year of the worked example');
SELECT is(clv.simple_value(150, 24, 5), 18000::numeric, 'lifetime value of the worked example');
SELECT is(clv.referral_value(clv.simple_value(150, 24, 5), 4, 0.5), 36000::numeric, 'referrals of the worked example');
SELECT is(clv.value_with_referrals(clv.simple_value(150, 24, 5), 4, 0.5), 54000::numeric, 'lifetime value with referrals of the worked example');
SELECT is(18000 + clv.yearly_referral_value(18000, 4, 0.5, 5), 198000::numeric, 'the same number of referrals every year is another number');

SELECT is(clv.simple_value(150, 24, 5, 0.3, 400), 5000::numeric, 'margin and cost');
SELECT is(clv.average_order(3600, 24), 150::numeric, 'mean order value');
SELECT is(clv.purchase_frequency(240, 10), 24::numeric, 'orders per customer');
SELECT is(clv.lifetime_from_retention(0.8), 5::numeric, 'four of five stay: five periods with the first');
SELECT is(clv.lifetime_from_retention(0.8, include_first => false), 4::numeric, 'and four after it');
SELECT is(clv.lifetime_from_retention(0), 1::numeric, 'nobody stays: one period');

-- 0.8 / 0.3 and 1.1 / 0.3, to the digits that numeric keeps.
SELECT is(round(clv.geometric_value(1, 0.8, 0.1), 12), 2.666666666667, 'geometric value from the end of period 1');
SELECT is(round(clv.geometric_value(1, 0.8, 0.1, pay_now => true), 12), 3.666666666667, 'geometric value with a payment now');
SELECT is(clv.margin_multiple(0.8, 0.1), clv.geometric_value(1, 0.8, 0.1), 'the margin multiple is the value of a margin of 1');
SELECT is(round(clv.geometric_value(1, 0.8, 0.1, true) - clv.geometric_value(1, 0.8, 0.1), 12), 1.000000000000, 'the payment now is worth itself');
SELECT is(clv.geometric_value(100, 1, 0.05), 2000::numeric, 'a perpetuity');

-- The closed form against the sum it stands for; the tail after 400 periods is below 1e-50.
SELECT is(round(clv.geometric_value(7, 0.8, 0.1), 12),
	(SELECT round(sum(7 * 0.8 ^ k / 1.1 ^ k), 12) FROM generate_series(1, 400) k), 'geometric value is the sum of its payments');
-- Elasticity against a difference quotient of step 1e-6, whose own error is below 1e-4.
SELECT ok(abs(clv.value_elasticity(0.8, 0.1)
	- (clv.geometric_value(1, 0.800001, 0.1) - clv.geometric_value(1, 0.8, 0.1)) / 0.000001 * 0.8 / clv.geometric_value(1, 0.8, 0.1)) < 1e-4,
	'elasticity of the value to retention');
SELECT ok(abs(clv.value_elasticity(0.8, 0.1, true)
	- (clv.geometric_value(1, 0.800001, 0.1, true) - clv.geometric_value(1, 0.8, 0.1, true)) / 0.000001 * 0.8 / clv.geometric_value(1, 0.8, 0.1, true)) < 1e-4,
	'elasticity with a payment now');

-- 3,600 a year, four of five stay, 10 % interest, 500 to win a customer: 3600 × 1.1/0.3 - 500 = 12,700.
SELECT results_eq($$ SELECT driver, base, changed, value, round(changed_value, 6) FROM clv.value_drivers(150, 24, 1, 0.8, 0.1, 500) $$, $$ VALUES
	('basket', 150::numeric, 151.5, 12700::numeric, 12832.0), ('frequency', 24, 24.24, 12700, 12832), ('margin', 1, 1.01, 12700, 12832),
	('retention', 0.8, 0.808, 12700, round(3600 * 1.1 / 0.292 - 500, 6)), ('discount', 0.1, 0.101, 12700, round(3600 * 1.101 / 0.301 - 500, 6)), ('acquisition cost', 500, 505, 12700, 12695) $$,
	'what moves the value of a customer');
SELECT ok(abs(elasticity - clv.value_elasticity(0.8, 0.1, true)) < 1e-4, 'without acquisition cost the elasticity to retention is that of the formula') FROM clv.value_drivers(150, 24, 0.3, 0.8, 0.1, 0, 0.000001) WHERE driver = 'retention';
SELECT is((SELECT elasticity FROM clv.value_drivers(150, 24, 0.3, 0.8, 0.1, 0, -0.5) WHERE driver = 'basket'), 1::numeric, 'half the basket, half the value');
SELECT is(clv.retention_rate(100, 90), 0.9, 'retention');
SELECT is(clv.retention_rate(100, 120, 40), 0.8, 'new customers do not count as kept');
SELECT is(clv.retention_rate(0, 0), NULL, 'no customers, no rate');
SELECT is(clv.churn_rate(20, 100), 0.2, 'churn on the opening base');
SELECT is(clv.churn_rate(20, 100, 60), 0.25, 'churn on the mean base');
SELECT is(clv.churn_rate(0, 0), NULL, 'nobody to lose');
SELECT is(clv.churn_rate(20, 100) + clv.retention_rate(100, 80), 1::numeric, 'churn and retention add up');
SELECT is(clv.quick_ratio(30, 5, 20), 1.75, 'quick ratio');
SELECT is(clv.quick_ratio(30, 5, 0), NULL, 'quick ratio without losses');

SELECT is(clv.acquisition_cost(1000, 20), 50::numeric, 'blended acquisition cost');
SELECT is(clv.acquisition_cost(1000, 20, 500), 75::numeric, 'fully loaded acquisition cost');
SELECT is(clv.acquisition_cost(1000, 0), NULL, 'no new customers, no cost of one');
SELECT is(clv.return_on_investment(150, 100), 0.5, 'return on investment');
SELECT is(clv.net_present_value('{-100,60,60}', 0.2), -8.3333333333333333, 'net present value, first payment now');
SELECT is(clv.net_present_value('{120}', 0.2, pay_now => false), 100::numeric, 'net present value, first payment after a period');
SELECT is(clv.net_present_value('{}', 0.2), 0::numeric, 'no payments are worth nothing');

SELECT is(clv.payback('{-100,30,30,30,30}'), 5::numeric, 'payback period');
SELECT is(clv.payback('{-100,40,40,40}', interpolate => true), 3.5, 'payback within a period');
SELECT is(clv.payback('{-100,30}'), NULL, 'never paid back');
SELECT is(clv.payback('{5,-100}'), 1::numeric, 'never in debt');
SELECT is(clv.payback(100, '{30,30,30,30}'::numeric[]), 4::numeric, 'payback of an acquisition cost');
SELECT is(clv.payback(100, '{}'::numeric[]), NULL, 'nothing comes in');

-- A gift of 60 and sales cost of 80 on a margin of 100: a loss in the first year, a gain from the second.
SELECT results_eq($$ SELECT period, cash, cumulative, paid_back FROM clv.campaign(100, 60, 80, 0.8, 0.1, 3) $$,
	$$ VALUES (1, -40::numeric, -40::numeric, false), (2, 80, 40, true), (3, 64, 104, true) $$, 'campaign, short against long term');
SELECT is((SELECT round(cumulative_discounted, 10) FROM clv.campaign(100, 60, 80, 0.8, 0.1, 300) WHERE period = 300),
	round(clv.geometric_value(100, 0.8, 0.1, pay_now => true) - 140, 10), 'campaign without end is the geometric value less its cost');

SELECT is(clv.referral_value(100, 1, 0.5, 3), 87.5, 'three generations: 1/2 + 1/4 + 1/8');
SELECT is(clv.referral_value(100, 1, 0.5, NULL), 100::numeric, 'all generations: 1/2 + 1/4 + …');
SELECT is(clv.referral_value(100, 1, 0.5, 0), 0::numeric, 'no generation');
SELECT is(clv.referral_value(NULL, 1, 0.5), NULL, 'NULL in, NULL out');

SELECT is(clv.share_of_wallet(40, 100), 0.4, 'share of wallet');
SELECT is(clv.market_share(40, 0.0 + 400), 0.1, 'market share');
SELECT results_eq($$ SELECT * FROM clv.customer_capital(1000, 300, 40, 400, 100) $$,
	$$ VALUES (1000::numeric, 300::numeric, 700::numeric, 0.1, 0.4) $$, 'customer capital and its parts');
SELECT is(clv.portfolio_value(120, 500, 0.6), 36000::numeric, 'value of a portfolio by hand');
SELECT is(clv.revenue_multiple(100000), '[100000,400000]'::numrange, 'multiple of revenue');
SELECT is(clv.asset_multiple(1000000), '[15000,25000]'::numrange, 'share of assets');
SELECT is((SELECT clv.weighted_pipeline(a, p) FROM (VALUES (1000, 0.5), (200, 0.1), (NULL, 0.2), (5, NULL)) v (a, p)), 520.0, 'weighted pipeline');
SELECT is((SELECT clv.weighted_pipeline(1, 1) WHERE false), NULL, 'empty pipeline');

-- Arguments out of range
SELECT throws_ok(q, '22023', NULL, q) FROM unnest(ARRAY[
	$$ SELECT clv.simple_value('NaN', 24, 5) $$, $$ SELECT clv.simple_value(150, -1, 5) $$, $$ SELECT clv.simple_value(150, 24, 5, 1.2) $$,
	$$ SELECT clv.simple_value('Infinity', 24, 5) $$, $$ SELECT clv.lifetime_from_retention(1) $$, $$ SELECT clv.lifetime_from_retention(1.1) $$,
	$$ SELECT clv.lifetime_from_retention('NaN') $$, $$ SELECT clv.geometric_value(1, 1, 0) $$, $$ SELECT clv.geometric_value(1, 0.8, -0.1) $$,
	$$ SELECT clv.retention_rate(100, 120) $$, $$ SELECT clv.retention_rate(100, 50, 60) $$, $$ SELECT clv.churn_rate(120, 100) $$,
	$$ SELECT clv.acquisition_cost(-1, 10) $$, $$ SELECT clv.net_present_value('{1}', -2) $$, $$ SELECT clv.payback('{NaN}') $$,
	$$ SELECT clv.value_drivers(150, 24, 0.3, 0.8, 0.1, -1) $$, $$ SELECT clv.value_drivers(150, 24, 1.3, 0.8, 0.1) $$, $$ SELECT clv.value_drivers(150, 24, 0.3, 0.8, 0.1, 0, 'NaN') $$, $$ SELECT clv.value_drivers(150, 24, 0.3, 0.8, 0.1, 0, 0.5) $$,
	$$ SELECT clv.referral_value(100, 2, 0.5, NULL) $$, $$ SELECT clv.referral_value(100, 2, 1.5) $$, $$ SELECT clv.share_of_wallet(200, 100) $$,
	$$ SELECT clv.portfolio_value(1, 1, 2) $$, $$ SELECT clv.revenue_multiple(1, 4, 1) $$, $$ SELECT clv.weighted_pipeline(1, 2) $$]) q;
SELECT throws_ok($$ SELECT clv.net_present_value('{1,NULL}', 0.1) $$, '22004', 'a payment is NULL', 'a missing payment is not 0');

SELECT * FROM finish();
ROLLBACK;
