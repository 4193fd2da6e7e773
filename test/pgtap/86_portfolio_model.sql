-- Which family a portfolio takes, and how its parameters move.
\set QUIET on
\pset format unaligned
\pset tuples_only on
\pset pager off
\set ON_ERROR_STOP on
SET client_min_messages = warning;

BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clv;
SELECT no_plan();

CREATE TABLE chosen_order AS
SELECT * FROM clv.simulate('pareto/nbd(r=0.6, alpha=20, s=0.6, beta=40)', 'gamma-gamma(p=6.25, q=3.74, gamma=15.44)', 2000, '2023-01-01', '2024-12-31', 3, '2024-06-30');
SELECT clv.create_portfolio('choosing', 'chosen_order', 'customer', 'ordered_on', 'amount', as_of => '2024-12-31', family => 'auto', discount_rate => 0.1, horizon => '6 months') AS portfolio
\gset

CALL clv.refresh('choosing');
SELECT is((SELECT family FROM choosing.family_choice WHERE chosen), (SELECT family FROM choosing.model WHERE active AND role = 'transactions'), 'the model is of the family that was chosen');
SELECT set_eq($$ SELECT family, chosen, customers, actual, predicted, bias, error, mae, rmse, log_likelihood FROM choosing.family_choice WHERE version = 1 $$,
	$$ SELECT c.family, c.chosen, c.customers, c.actual, c.predicted, c.bias, c.error, c.mae, c.rmse, c.log_likelihood
		FROM (SELECT clv.choose(history, '2024-12-31', '181 days') AS choices FROM choosing.history) h, unnest(choices) c $$, 'by the error that clv.choose finds in the last six months');
SELECT is((SELECT DISTINCT cut FROM choosing.family_choice), '2024-07-03'::date, 'after what was known then');
SELECT is((SELECT string_agg(reason, ', ') FROM choosing.family_choice), 'the smallest error', 'with the reason');
SELECT ok((SELECT error FROM choosing.family_choice WHERE chosen) <= ALL (SELECT error FROM choosing.family_choice WHERE error IS NOT NULL), 'no error is smaller');

CALL clv.refresh('choosing');
SELECT is((SELECT max(version) FROM choosing.model), 1, 'a refresh of the same day fits nothing');
CALL clv.refresh('choosing', refit => true);
SELECT results_eq($$ SELECT family, chosen, error FROM choosing.family_choice WHERE version = 1 ORDER BY family $$,
	$$ SELECT family, chosen, error FROM choosing.family_choice WHERE version = 2 ORDER BY family $$, 'and a fit of the same orders chooses the same');
SELECT is_empty($$ SELECT * FROM choosing.parameter_drift WHERE version = 2 AND (change <> 0 OR change_in_errors <> 0 OR moved OR previous_version IS DISTINCT FROM 1) $$, 'nor does anything drift');
SELECT is((SELECT count(*) FROM choosing.parameter_drift), (SELECT 2 * (3 + count(*)) FROM clv.parameters((SELECT model FROM choosing.model WHERE active AND role = 'transactions'))), 'every parameter is there');

-- Another family and back
SELECT lives_ok($$ SELECT clv.alter_portfolio('choosing', 'family', 'bg/nbd') $$);
CALL clv.refresh('choosing');
SELECT is((SELECT family FROM choosing.model WHERE active AND role = 'transactions'), 'bg/nbd', 'a family that is named is taken');
SELECT is((SELECT count(*) FROM choosing.family_choice WHERE version = 3), 0::bigint, 'unseen');
SELECT ok((SELECT bool_and(previous IS NULL AND moved IS NULL) FROM choosing.parameter_drift WHERE version = 3 AND role = 'transactions'), 'and has nothing to be compared with');
SELECT lives_ok($$ SELECT clv.alter_portfolio('choosing', 'family', 'auto') $$);
CALL clv.refresh('choosing');
SELECT is((SELECT count(*) FROM choosing.family_choice WHERE version = 4 AND chosen), 1::bigint, 'until the choice is automatic again');

-- Customers change: everybody buys five times as much, twice as often
INSERT INTO chosen_order SELECT customer, ordered_on + 1, 5 * amount FROM chosen_order;
CALL clv.refresh('choosing', refit => true);
SELECT ok((SELECT bool_or(moved AND abs(change_in_errors) > 3) FROM choosing.parameter_drift WHERE version = 5), 'that shows in the parameters');
SELECT is_empty($$ SELECT d.* FROM choosing.parameter_drift d LEFT JOIN choosing.parameter_drift p ON p.version = d.previous_version AND p.role = d.role AND p.parameter = d.parameter
	WHERE d.previous IS DISTINCT FROM p.estimate OR d.change IS DISTINCT FROM d.estimate - p.estimate
	OR d.change_in_errors IS DISTINCT FROM (d.estimate - p.estimate) / p.std_error OR d.moved IS DISTINCT FROM (d.estimate < p.lower OR d.estimate > p.upper) $$, 'as they are compared');

-- Too little to choose by
CREATE TABLE young_order AS SELECT * FROM chosen_order WHERE customer <= 60;
SELECT clv.create_portfolio('young', 'young_order', 'customer', 'ordered_on', 'amount', as_of => '2024-12-31', family => 'auto', discount_rate => 0.1) AS portfolio
\gset
CALL clv.refresh('young');
SELECT results_eq('SELECT family, chosen, error FROM young.family_choice', $$ VALUES ('mbg/nbd', true, NULL::float8) $$, 'few customers: the usual family');
SELECT matches((SELECT reason FROM young.family_choice), '^only [0-9]+ customers came back before 2024-05-[0-9]+$', 'and why');
SET LOCAL clv.as_of = '2022-06-30';
CALL clv.refresh('young', refit => true);
SELECT is((SELECT reason FROM young.family_choice WHERE version = 2), 'no customer has ordered by 2022-06-30', 'no customers');
RESET clv.as_of;
CALL clv.refresh('young', refit => true);
SELECT ok((SELECT count(*) = 1 AND bool_and(reason LIKE 'only%') FROM young.family_choice WHERE version = 2), 'what was not fitted leaves nothing behind');
SELECT throws_ok($$ SELECT clv.alter_portfolio('young', 'family', 'best') $$, '22023', 'unknown family of order models');
SELECT lives_ok($$ SELECT clv.drop_portfolio('young') $$, 'the table of choices goes with the portfolio');

SELECT * FROM finish();
ROLLBACK;
