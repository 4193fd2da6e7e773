-- Every report at a past day is that of a portfolio which knows no later order, whoever asks and whatever was stored since.
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

CREATE SCHEMA past;
SET LOCAL search_path = past, public, pg_catalog;
CREATE TABLE whole AS
SELECT customer, ordered_on, amount, round(amount * 0.6, 2) AS cost
FROM clv.simulate('mbg/nbd(r=0.8, alpha=40, a=0.9, b=4)', 'gamma-gamma(p=6.25, q=3.74, gamma=15.44)', 300, '2023-01-01', '2024-12-31', 11) s;
CREATE TABLE part AS SELECT * FROM whole WHERE ordered_on <= '2024-03-15';
SELECT clv.create_portfolio('knowing', 'whole', 'customer', 'ordered_on', 'amount', cost => 'cost', as_of => '2024-12-31', discount_rate => 0.1, periods => '{day,week,month,quarter,year}', gap => 2);
SELECT clv.create_portfolio('unknowing', 'part', 'customer', 'ordered_on', 'amount', cost => 'cost', as_of => '2024-03-15', discount_rate => 0.1, periods => '{day,week,month,quarter,year}', gap => 2);
CALL clv.refresh('knowing');
CALL clv.refresh('unknowing');
-- Models are of the day they were fitted for: both look with the same one.
UPDATE unknowing.model_version u SET model = k.model, as_of = k.as_of FROM knowing.model_version k WHERE k.role = u.role;

CREATE ROLE past_analyst;
GRANT USAGE ON SCHEMA past, knowing, unknowing TO past_analyst;
GRANT SELECT ON ALL TABLES IN SCHEMA past, knowing, unknowing TO past_analyst;

CREATE FUNCTION same_reports(step text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	report text;
BEGIN
	FOREACH report IN ARRAY clv.portfolio_views() LOOP
		-- Stored histories hold later orders, and counts the order in which they were read: texts are compared.
		RETURN NEXT is_empty(format($sql$
			(SELECT x::text FROM (TABLE knowing.%1$I) x EXCEPT ALL SELECT x::text FROM (TABLE unknowing.%1$I) x)
			UNION ALL
			(SELECT x::text FROM (TABLE unknowing.%1$I) x EXCEPT ALL SELECT x::text FROM (TABLE knowing.%1$I) x)
			$sql$, report), report || ' ' || step);
	END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION same_reports TO past_analyst;

SELECT isnt((SELECT count(*) FROM knowing.history), (SELECT count(*) FROM unknowing.history), 'today more is known');
SET LOCAL ROLE past_analyst;
SET LOCAL clv.as_of = '2024-03-15';
SELECT same_reports('at the past day');
SELECT is((SELECT count(*) FROM knowing.counted_period), 5::bigint, 'counted on the spot, once for each period');
RESET ROLE;

-- Stored counts of yet another day are not taken for those of this one, nor those of this one for the present.
SET LOCAL clv.as_of = '2024-02-29';
CALL clv.refresh('knowing', refit => false);
SET LOCAL clv.as_of = '2024-03-15';
SET LOCAL ROLE past_analyst;
SELECT same_reports('with counts of a day before');
RESET ROLE;
CALL clv.refresh('knowing', refit => false);
SET LOCAL ROLE past_analyst;
SELECT same_reports('with counts of the same day');
SET LOCAL clv.as_of = '';
SELECT is((SELECT max(period_start) FROM knowing.movement WHERE period = 'day'), '2024-12-31'::date, 'and the present is counted on the spot');
SELECT results_eq('SELECT DISTINCT as_of FROM knowing.customer_value', $$ VALUES ('2024-12-31'::date) $$, 'as of its own day');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
