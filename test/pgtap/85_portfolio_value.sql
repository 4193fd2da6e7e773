-- Portfolios: channels, owners, referrers, acquisition cost, signals of profitability, what-if.
-- Every figure is compared with one taken from the orders by another route.
BEGIN;
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clv;
SELECT * FROM no_plan();
CREATE SCHEMA orders_test;
SET search_path = orders_test, public;

CREATE FUNCTION one(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer text;
BEGIN
	EXECUTE query INTO answer;
	RETURN answer;
END $$;
CREATE FUNCTION refresh(portfolio text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	CALL clv.refresh(portfolio, refit => true);
END $$;

-- 83 customers, times of the day in another zone than that of the session, ties within a second, a few cancelled orders,
-- payments after up to 60 days or never, referrers among the customers, themselves and strangers.
SET LOCAL TimeZone = 'America/Lima';
CREATE TABLE orders AS
SELECT 1 + (n * n) % 83 AS customer_id, timestamptz '2023-01-01 00:30+01' + (n * 37 % 500) * interval '1 day' + (n % 24) * interval '1 hour' AS ordered_at,
	round((n * 7 % 100 + 1) / 4.0 - CASE WHEN n % 50 = 0 THEN 30 ELSE 0 END, 2) AS amount, n AS order_id,
	CASE n % 4 WHEN 0 THEN 'web' WHEN 1 THEN 'shop' WHEN 2 THEN 'fair' END AS channel, 'manager ' || n % 3 AS owner,
	CASE WHEN n % 2 = 0 THEN 1 + n % 90 END AS referrer,
	CASE WHEN n % 9 > 0 THEN timestamptz '2023-01-01 00:30+01' + (n * 37 % 500 + n % 60) * interval '1 day' END AS paid_at,
	CASE WHEN n % 3 > 0 THEN (n % 3)::numeric END AS discount, CASE WHEN n % 11 = 0 THEN 'cancelled' WHEN n % 2 = 0 THEN 'sent' END AS state,
	CASE WHEN n > 500 THEN 2 * (n % 7) ELSE n % 5 END AS cost
FROM generate_series(1, 700) n;
CREATE TABLE spend (period date, channel text, amount numeric);
INSERT INTO spend VALUES ('2023-01-01', 'web', 310), ('2023-01-15', 'shop', 62), ('2023-02-10', 'web', 10), ('2023-03-01', 'web', 0), ('2024-06-01', 'web', 300), (NULL, 'web', 1), ('2023-01-01', 'web', NULL);

SELECT is(clv.create_portfolio('shop', 'orders', 'customer_id', 'ordered_at', 'amount', zone => 'Europe/Paris', as_of => '2024-06-15', discount_rate => 0.1,
	cost => 'cost', cancelled => $$state = 'cancelled'$$, channel => 'channel', owner => 'owner', referrer => 'referrer', paid_at => 'paid_at',
	discount => 'discount', spend => 'spend', spend_per => 'month'), 'shop', 'a portfolio with all options');
SELECT refresh('shop');
CREATE TEMP VIEW good AS SELECT *, (ordered_at AT TIME ZONE 'Europe/Paris')::date AS day, (paid_at AT TIME ZONE 'Europe/Paris')::date AS paid_on
	FROM orders WHERE state IS DISTINCT FROM 'cancelled';
CREATE TEMP VIEW bad AS SELECT *, (ordered_at AT TIME ZONE 'Europe/Paris')::date AS day FROM orders WHERE state = 'cancelled';

SELECT is((SELECT sum(revenue) FROM shop.customer_value), (SELECT sum(amount) FROM good), 'cancelled orders do not count');
SELECT results_eq('SELECT customer, ordered_on, amount FROM shop.cancelled_order ORDER BY 1, 2, 3', 'SELECT customer_id, day, amount FROM bad ORDER BY 1, 2, 3', 'but are known');
SELECT is(one($$ SELECT rows FROM shop.data_quality WHERE problem = 'cancelled' $$), one('SELECT count(*) FROM bad'), 'and counted in data_quality');
SELECT is(one($$ SELECT rows FROM shop.data_quality WHERE problem = 'not passed by the filter' $$), '0', 'apart from what the filter leaves out');

-- Where customers come from
CREATE TEMP VIEW origin AS SELECT customer_id, (array_agg(channel ORDER BY ordered_at, channel) FILTER (WHERE amount >= 0))[1] AS channel,
	(array_agg(owner ORDER BY ordered_at DESC, owner) FILTER (WHERE amount >= 0))[1] AS owner,
	(array_agg(referrer ORDER BY ordered_at, channel, referrer) FILTER (WHERE amount >= 0))[1] AS referrer FROM good GROUP BY 1;
SELECT results_eq('SELECT customer, channel, owner, referrer FROM shop.customer_origin ORDER BY 1', 'SELECT * FROM origin ORDER BY 1', 'channel and referrer of the first order, owner of the last');
SELECT ok((SELECT count(DISTINCT channel) = 3 AND count(*) FILTER (WHERE channel IS NULL) > 0 AND count(referrer) BETWEEN 20 AND 60 FROM shop.customer_origin), 'of all kinds');
SELECT is((SELECT count(*) FROM shop.stored_origin), (SELECT count(*) FROM origin), 'they are stored');
SELECT ok((SELECT max(cardinality(owners)) > 3 AND bool_and(owner_since[1] <= '2024-06-15') FROM shop.stored_origin), 'with the owners since which day');
SET LOCAL clv.as_of = '2023-06-30';
SELECT results_eq('SELECT customer, owner FROM shop.customer_origin ORDER BY 1',
	$$ SELECT DISTINCT ON (customer_id) customer_id, owner FROM good WHERE amount >= 0 AND day <= '2023-06-30' ORDER BY customer_id, ordered_at DESC, owner $$, 'the owner as of a past day is that of then');
SELECT is_empty($$ SELECT customer, owner FROM shop.customer_origin WHERE owner IS NULL $$, 'who has ordered has an owner');
-- Where nothing is stored they are read from the orders: the same at any day.
CREATE FUNCTION origins() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE day date;
BEGIN
	FOR day IN SELECT generate_series('2023-01-01'::timestamp, '2024-06-15', '40 days')::date LOOP
		PERFORM set_config('clv.as_of', day::text, true);
		RETURN QUERY SELECT format('%s %s', day, o) FROM shop.customer_origin o;
	END LOOP;
END $$;
CREATE TEMP TABLE was AS SELECT o FROM origins() o;
DELETE FROM shop.stored_origin;
SELECT set_eq('SELECT origins()', 'SELECT o FROM was', 'without what is stored the orders tell the same, on any day');
SET LOCAL clv.as_of = '';
SELECT clv.alter_portfolio('shop', 'owner', NULL);
SELECT is((SELECT count(owner) FROM shop.customer_origin), 0::bigint, 'no column, no owner');
SELECT refresh('shop');
SELECT ok((SELECT count(*) FILTER (WHERE owners IS NULL) = count(*) AND count(*) > 0 FROM shop.stored_origin), 'nor one stored');
SELECT clv.alter_portfolio('shop', 'owner', 'owner');
SELECT is((SELECT count(owner) FROM shop.customer_origin), (SELECT count(*) FROM origin), 'a changed option counts at once');
SELECT refresh('shop');
SELECT results_eq('SELECT customer, channel, owner, referrer FROM shop.customer_origin ORDER BY 1', 'SELECT * FROM origin ORDER BY 1', 'and is stored by the next refresh');

-- What was spent: months are spread over their weeks, the running month counts up to the report date
SELECT results_eq($$ SELECT period_start, channel, amount FROM shop.acquisition_spend WHERE period = 'month' ORDER BY 1, 2 $$,
	$$ VALUES (date '2023-01-01', 'shop', 62.0), ('2023-01-01', 'web', 310), ('2023-02-01', 'web', 10), ('2023-03-01', 'web', 0), ('2024-06-01', 'web', 150) $$, 'spend by month');
SELECT results_eq($$ SELECT period_start, sum(amount) FROM shop.acquisition_spend WHERE period = 'week' AND period_start < '2023-02-01' GROUP BY 1 ORDER BY 1 $$,
	$$ VALUES (date '2022-12-26', 12.0), ('2023-01-02', 84), ('2023-01-09', 84), ('2023-01-16', 84), ('2023-01-23', 84), ('2023-01-30', 24 + 10 * 5 / 28.0) $$, 'spend by week: 12 a day');

-- Cohorts: the first figures stay as they were, the cost is that of the period of the cohort
SELECT is((SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'shop.cohort_value'::regclass AND attnum BETWEEN 1 AND 13),
	'{period,cohort,cohort_size,period_number,period_start,active,orders,revenue,average_order,cumulative_revenue,cumulative_revenue_per_customer,cumulative_value_per_customer,complete}'::text[],
	'columns of cohort_value');
SELECT results_eq($$ SELECT cohort, cohort_size, acquisition_spend, acquisition_cost FROM shop.cohort_value WHERE period = 'month' AND period_number = 0 AND acquisition_cost IS NOT NULL ORDER BY 1 $$,
	$$ SELECT date_trunc('month', first)::date, count(*), s, s / count(*)
		FROM (SELECT customer_id, min(day) FILTER (WHERE amount >= 0) AS first FROM good GROUP BY 1) c
		JOIN (VALUES (date '2023-01-01', 372.0), ('2023-02-01', 10), ('2023-03-01', 0), ('2024-06-01', 150)) v (m, s) ON m = date_trunc('month', first) GROUP BY m, s, 1 ORDER BY 1 $$,
	'acquisition cost of the cohorts');
SELECT is_empty($$ SELECT cohort FROM shop.cohort_value WHERE period = 'month' AND acquisition_cost IS NOT NULL GROUP BY cohort, acquisition_cost
	HAVING min(payback_period) IS DISTINCT FROM clv.payback(acquisition_cost, array_agg(cumulative_value_per_customer - (SELECT coalesce(max(b.cumulative_value_per_customer), 0)
		FROM shop.cohort_value b WHERE b.period = 'month' AND b.cohort = cohort_value.cohort AND b.period_number = cohort_value.period_number - 1) ORDER BY period_number)) - 1
	OR count(DISTINCT payback_period) > 1 $$, 'payback is that of clv.payback');
SELECT ok((SELECT max(payback_period) > 0 FROM shop.cohort_value WHERE period = 'month'), 'and takes its time');
SELECT is_empty($$ SELECT * FROM shop.cohort_value WHERE paid_back <> (cumulative_value_per_customer >= acquisition_cost) OR net_value_per_customer <> cumulative_value_per_customer - acquisition_cost
	OR abs(value_to_acquisition_cost * acquisition_cost - cumulative_value_per_customer) > 1e-9 OR (acquisition_spend IS NULL) <> (paid_back IS NULL) $$, 'cost, value and their ratio agree');
CREATE TEMP VIEW won AS SELECT customer_id, channel, date_trunc('month', (SELECT min(day) FROM good g WHERE g.customer_id = o.customer_id AND amount >= 0))::date AS cohort FROM origin o;
SELECT results_eq($$ SELECT channel, cohort, cohort_size FROM shop.cohort_channel_value WHERE period_number = 0 AND period = 'month' AND cohort_size > 0 ORDER BY 1, 2 $$,
	'SELECT channel, cohort, count(*) FROM won GROUP BY 1, 2 ORDER BY 1, 2', 'customers won through each channel');
SELECT results_eq($$ SELECT channel, cohort, active, orders, revenue FROM shop.cohort_channel_value WHERE period_number = 2 AND period = 'month' AND active > 0 ORDER BY 1, 2 $$,
	$$ SELECT w.channel, cohort, count(DISTINCT customer_id) FILTER (WHERE amount >= 0), sum((amount >= 0)::int), sum(amount) FROM good g JOIN won w USING (customer_id)
	WHERE date_trunc('month', day) = cohort + interval '2 months' AND day <= '2024-06-15' GROUP BY 1, 2 HAVING bool_or(amount >= 0) ORDER BY 1, 2 $$, 'what they bought two months later');
SELECT is_empty($$
	SELECT period, cohort, period_number, sum(cohort_size), sum(active), sum(orders), sum(revenue) FROM shop.cohort_channel_value GROUP BY 1, 2, 3
	EXCEPT SELECT period, cohort, period_number, cohort_size, active, orders, revenue FROM shop.cohort_value $$, 'channels make the cohort');
SELECT results_eq($$ SELECT channel, acquisition_spend FROM shop.cohort_channel_value WHERE period = 'month' AND cohort = '2023-01-01' AND period_number = 0 ORDER BY 1 $$,
	$$ VALUES ('fair', NULL::numeric), ('shop', 62), ('web', 310), (NULL, NULL) $$, 'each channel has its own cost');
SELECT is((SELECT round(sum(lifetime_value_per_customer * customers)::numeric, 6) FROM shop.acquisition WHERE period = 'month'), (SELECT round(sum(total_value)::numeric, 6) FROM shop.customer_value), 'acquisition holds the lifetime value of all');
SELECT is((SELECT sum(acquisition_spend) FROM shop.acquisition WHERE period = 'month' AND cohort < '2024-01-01'), 382::numeric, 'and the spend');
SELECT is_empty($$ SELECT * FROM shop.acquisition WHERE abs(value_to_acquisition_cost * acquisition_cost::float8 / lifetime_value_per_customer - 1) > 1e-12 $$, 'value to cost');

-- Signals
SELECT results_eq($$ SELECT period_start, orders, revenue, margin, discount_share, discounted_share, cancelled, cancellation_rate, payment_days, unpaid_share FROM shop.profit_signal WHERE period = 'month' ORDER BY 1 $$, $$
	SELECT m, g.n, g.revenue, (1 - g.cost / g.revenue)::float8, (g.discount / (g.revenue + g.discount))::float8, g.discounted / g.n::float8, c, c / (g.n + c)::float8, g.delay / g.paid::float8, 1 - g.paid / g.n::float8
	FROM (SELECT date_trunc('month', day)::date AS m, count(*) FILTER (WHERE amount >= 0) AS n, sum(amount) AS revenue, sum(cost)::numeric AS cost, sum(coalesce(discount, 0)) AS discount,
		count(*) FILTER (WHERE discount > 0 AND amount >= 0) AS discounted, count(*) FILTER (WHERE paid_on <= '2024-06-15' AND amount >= 0) AS paid,
		sum(paid_on - day) FILTER (WHERE paid_on <= '2024-06-15' AND amount >= 0) AS delay FROM good GROUP BY 1) g
	LEFT JOIN (SELECT date_trunc('month', day)::date AS m, count(*) AS c FROM bad GROUP BY 1) b USING (m) ORDER BY 1 $$, 'signals of the months');
SELECT is_empty($$ SELECT * FROM shop.profit_signal WHERE abs(revenue_change - change_by_number - change_by_size) > 1e-9 $$, 'number and size make the change');
SELECT is((SELECT sum(revenue_change) FROM shop.profit_signal WHERE period = 'month'), (SELECT (array_agg(revenue ORDER BY period_start DESC))[1] - (array_agg(revenue ORDER BY period_start))[1] FROM shop.profit_signal WHERE period = 'month'), 'changes add up');
SET LOCAL clv.as_of = '2023-03-10';
SELECT is((SELECT unpaid_share FROM shop.profit_signal WHERE period = 'month' AND period_start = '2023-01-01'),
	(SELECT 1 - count(*) FILTER (WHERE paid_on <= '2023-03-10') / count(*)::float8 FROM good WHERE amount >= 0 AND day < '2023-02-01'), 'what was paid later was not paid then');
SELECT ok((SELECT NOT complete AND signals IS NULL FROM shop.profit_signal WHERE period = 'month' AND period_start = '2023-03-01'), 'a running period has no verdict');
SET LOCAL clv.as_of = '';

-- One shop that worsens in one respect at a time: 100 orders of 10 a month, margin 1/2, a tenth off, 5 cancelled, paid after 10 days.
CREATE TABLE plain AS
SELECT n AS who, date '2024-01-01' + m * interval '1 month' + (n % 28) * interval '1 day' AS day,
	CASE WHEN m = 3 THEN 7.0 ELSE 10.0 END AS amount, CASE m WHEN 1 THEN 6.5 WHEN 3 THEN 3.5 ELSE 5.0 END AS cost, CASE WHEN m = 2 THEN 2.0 ELSE 1 END AS discount,
	n > CASE m WHEN 4 THEN 85 ELSE 95 END AS off, date '2024-01-01' + m * interval '1 month' + (n % 28 + CASE m WHEN 5 THEN 20 ELSE 10 END) * interval '1 day' AS paid
FROM generate_series(1, 100) n, generate_series(0, 6) m;
SELECT clv.create_portfolio('plain', 'plain', 'who', 'day', 'amount', as_of => '2024-08-15', cost => 'cost', discount => 'discount', cancelled => 'off', paid_at => 'paid', periods => '{month}');
SELECT results_eq('SELECT signals FROM plain.profit_signal ORDER BY period_start', $$ VALUES ('{}'::text[]), ('{margin}'), ('{discount}'), ('{"order size"}'), ('{cancellation}'), ('{payment}'), ('{}') $$,
	'each signal comes when it should, and alone');

-- The same of customers, one of whom worsens in each respect: halves meet on 2024-07-01 for who first ordered on 2024-01-01
CREATE TABLE half AS
SELECT who, date '2024-01-01' + k * 20 AS day, CASE WHEN who = 'small' AND k > 9 THEN 7.0 ELSE 10.0 END AS amount, CASE WHEN who = 'dear' AND k > 9 THEN 6.5 ELSE 5.0 END * CASE WHEN who = 'small' AND k > 9 THEN 0.7 ELSE 1 END AS cost,
	CASE WHEN who = 'cheap' AND k > 9 THEN 2.0 ELSE 1.0 END * CASE WHEN who = 'small' AND k > 9 THEN 0.7 ELSE 1 END AS discount,
	who = 'off' AND k > 9 AND k % 4 < 3 AS off, date '2024-01-01' + k * 20 + CASE WHEN who = 'late' AND k > 9 THEN 20 ELSE 10 END AS paid
FROM unnest('{fine,rare,small,dear,cheap,off,late}'::text[]) who, generate_series(0, 18) k WHERE NOT (who = 'rare' AND k > 9 AND k % 2 = 1)
UNION ALL SELECT 'once', '2024-02-01', 5, 1, 0, false, NULL UNION ALL SELECT 'never', '2024-02-01', 5, 1, 0, true, NULL UNION ALL SELECT 'once', '2025-02-01', 5, 1, 0, false, NULL;
SELECT clv.create_portfolio('half', 'half', 'who', 'day', 'amount', as_of => '2025-01-15', cost => 'cost', discount => 'discount', cancelled => 'off', paid_at => 'paid', periods => '{month}');
SELECT refresh('half');
SELECT results_eq('SELECT customer, signals FROM half.customer_signal ORDER BY customer', $$ VALUES ('cheap', '{discount}'::text[]), ('dear', '{margin}'), ('fine', '{}'), ('late', '{payment}'), ('off', '{"order number",cancellation}'),
	('once', '{}'), ('rare', '{"order number"}'), ('small', '{"order size"}') $$, 'signals of customers, each with its own');
SELECT results_eq($$ SELECT recent_from, earlier_orders, recent_orders, earlier_revenue, recent_revenue, earlier_average_order, recent_average_order, earlier_margin, recent_margin, earlier_discount_share, recent_discount_share,
	earlier_cancellation_rate, recent_cancellation_rate, earlier_payment_days, recent_payment_days FROM half.customer_signal WHERE customer IN ('off', 'once') ORDER BY customer $$, $$
	VALUES (date '2024-07-09', 10::bigint, 2::bigint, 100.0, 20.0, 10.0, 10.0, 0.5::float8, 0.5::float8, (1 / 11.0)::float8, (1 / 11.0)::float8, 0::float8, 7 / 9::float8, 10::float8, 10::float8),
	('2024-07-25', 1, 0, 5, 0, 5, NULL, 0.8, NULL, 0, NULL, 0, NULL, NULL, NULL) $$, 'and the figures behind them');
SELECT is((SELECT sum(earlier_revenue + recent_revenue) FROM shop.customer_signal), (SELECT sum(revenue) FROM shop.customer_value), 'halves make the whole');

-- Customers who are alike: all of them, and the model says of them together what it says of each
SELECT results_eq('SELECT sum(customers), sum(orders), sum(revenue), sum(costs), sum(year_orders), sum(year_revenue), sum(year_customers) FROM shop.observation', $$
	SELECT count(DISTINCT customer_id)::numeric, sum((amount >= 0)::int)::numeric, sum(amount), sum(cost)::numeric, sum((amount >= 0 AND day > '2023-06-15')::int)::numeric,
		sum(amount) FILTER (WHERE day > '2023-06-15'), count(DISTINCT customer_id) FILTER (WHERE amount >= 0 AND day > '2023-06-15')::numeric FROM good WHERE day <= '2024-06-15' $$, 'observations hold all customers and orders');
SELECT results_eq('SELECT frequency, t_x, age, customers FROM shop.observation ORDER BY 1, 2, 3', 'SELECT frequency, t_x, age, count(*) FROM shop.customer_value GROUP BY 1, 2, 3 ORDER BY 1, 2, 3', 'once those who are alike');

-- Indicators that need no model, from the orders
SELECT results_eq($$ SELECT indicator, value FROM shop.kpi WHERE indicator IN ('customers', 'active customers', 'new customers', 'orders', 'orders, last year', 'revenue', 'revenue, last year', 'average order, last year', 'repeat rate', 'historic value', 'share of the best fifth') ORDER BY indicator COLLATE "C" $$, $$
	WITH o AS (SELECT *, amount >= 0 AS bought, day > '2023-06-15' AS last_year FROM good WHERE day <= '2024-06-15'),
		c AS (SELECT customer_id, count(DISTINCT day) FILTER (WHERE bought) AS days, min(day) FILTER (WHERE bought) AS first, max(day) FILTER (WHERE bought) AS last, sum(amount) AS revenue FROM o GROUP BY 1 HAVING bool_or(bought)),
		r AS (SELECT revenue, row_number() OVER (ORDER BY revenue DESC) AS place, count(*) OVER () / 5.0 AS fifth, sum(greatest(revenue, 0)) OVER () AS total FROM c)
	SELECT k.indicator, trim_scale(round(k.value, 4)) FROM (SELECT count(*) FILTER (WHERE bought) AS orders, count(*) FILTER (WHERE bought AND last_year) AS year_orders, sum(amount) AS revenue, sum(amount) FILTER (WHERE last_year) AS year_revenue, sum(cost) AS cost FROM o) o,
		(SELECT count(*) AS customers, count(*) FILTER (WHERE last > '2023-06-15') AS active, count(*) FILTER (WHERE first > '2023-06-15') AS new, avg((days > 1)::int) AS repeat FROM c) c,
		(SELECT sum(revenue * greatest(least(fifth - place + 1, 1), 0)) / max(total) AS best FROM r) r,
		LATERAL (VALUES ('active customers', active), ('average order, last year', year_revenue / year_orders), ('customers', customers), ('historic value', revenue - cost), ('new customers', new), ('orders', orders),
			('orders, last year', year_orders), ('repeat rate', repeat), ('revenue', revenue), ('revenue, last year', year_revenue), ('share of the best fifth', best)) k (indicator, value) ORDER BY k.indicator COLLATE "C" $$, 'indicators are what the orders say');
CREATE TABLE nobody (customer int, day date, amount numeric);
SELECT clv.create_portfolio('nobody', 'nobody', 'customer', 'day', 'amount', as_of => '2024-06-15', discount_rate => 0.1);
SELECT refresh('nobody');
SELECT results_eq('SELECT indicator, value FROM nobody.kpi WHERE value IS NOT NULL', $$ VALUES ('customers', 0::numeric), ('active customers', 0), ('new customers', 0) $$, 'of nobody there is a number, and nothing else');
SELECT is_empty('SELECT * FROM nobody.cash_flow', 'and no cash flow');
SELECT results_eq($$ SELECT "check", value FROM nobody.reliability WHERE value IS NOT NULL $$, $$ VALUES ('customers', 0::numeric), ('repeat customers', 0), ('customers with three orders', 0) $$, 'nothing to rely on');

-- Correlation of frequency and spend
SELECT ok(c.corr BETWEEN -0.9 AND 0.9 AND abs(c.corr) > 0.01 AND r.value = round(c.corr::numeric, 4), 'correlation is that of corr')
FROM (SELECT corr((s).frequency, (s).spend) FROM (SELECT clv.statistics(history, '2024-06-15') AS s FROM shop.history) h WHERE (s).frequency > 0) c, shop.reliability r WHERE r."check" = 'correlation of frequency and spend';
CREATE TABLE steady AS SELECT customer, date '2024-01-01' + n * 7 AS day, 0.1 AS amount FROM generate_series(1, 30) customer, generate_series(1, 20) n WHERE n <= customer;
SELECT clv.create_portfolio('steady', 'steady', 'customer', 'day', 'amount', as_of => '2024-06-15');
SELECT refresh('steady');
SELECT results_eq($$ SELECT value, verdict FROM steady.reliability WHERE "check" = 'correlation of frequency and spend' $$, $$ VALUES (NULL::numeric, 'unknown') $$, 'of equal spend there is no correlation');

-- What if: with a model in which customers leave
UPDATE shop.model_version SET model = 'mbg/nbd(r=0.8, alpha=60, a=0.9, b=3); unit=1 day' WHERE role = 'transactions';
SELECT is_empty($$ SELECT * FROM clv.what_if('shop') WHERE base IS DISTINCT FROM changed OR change <> 0 $$, 'no change, no change');
SELECT ok(abs(k.value - v.value) < 1e-4, format('%s of all is the sum of what customer_value says of each', k.indicator))
FROM shop.kpi k JOIN (SELECT unnest('{customers alive,expected orders,expected value,customer equity,historic value,new customers,repeat rate,days since last order,days between orders}'::text[]) AS indicator,
	unnest(ARRAY[sum(p_alive)::numeric, sum(expected_orders)::numeric, sum(expected_value)::numeric, sum(residual_value)::numeric, sum(historic_value), count(*) FILTER (WHERE first_order > '2023-06-15'),
		avg((frequency > 0)::int), avg(recency_days), avg((t_x / nullif(frequency, 0))::numeric)]) AS value FROM shop.customer_value) v USING (indicator);
SELECT ok(abs(sum(f.expected_value) / (SELECT sum(expected_value) FROM shop.customer_value) - 1) < 1e-9, 'so is the cash flow') FROM shop.cash_flow f;
SELECT is((SELECT round(base::numeric, 4) FROM clv.what_if('shop') WHERE indicator = 'customer equity'), (SELECT value FROM shop.kpi WHERE indicator = 'customer equity'), 'equity is that of the report');
SELECT results_eq($$ SELECT indicator, base, round(change::numeric, 9) FROM clv.what_if('shop', acquisition_cost => 0.5) WHERE indicator IN ('customers won', 'acquisition cost') $$,
	$$ SELECT i, v::float8, c FROM (SELECT count(*) AS n, 382.0 / count(*) AS cost FROM won WHERE cohort BETWEEN '2023-01-01' AND '2023-03-01') w, LATERAL (VALUES ('customers won', n, 0.0), ('acquisition cost', cost, 0.5)) u (i, v, c) $$,
	'acquisition cost of a year');
-- Margin and frequency are factors; another rate of interest is what the portfolio says at that rate.
SELECT ok((SELECT abs(change - 0.32) < 1e-12 FROM clv.what_if('shop', margin => 0.1, frequency => 0.2) WHERE indicator = 'customer equity'), 'margin and frequency are factors of the equity');
SELECT clv.alter_portfolio('shop', 'discount_rate', '0.2');
CREATE TEMP TABLE at_20 AS SELECT sum(residual_value) AS equity FROM shop.customer_value;
SELECT clv.alter_portfolio('shop', 'discount_rate', '0.1');
SELECT ok((SELECT abs(changed / equity - 1) < 1e-12 FROM clv.what_if('shop', discount_rate => 0.2), at_20 WHERE indicator = 'customer equity'), 'another discount rate is that of the portfolio');
-- Elasticities against difference quotients; theirs is an error of second order, about 0.01^2.
SELECT ok((SELECT abs(w.elasticity - (u.changed - d.changed) / (0.02 * u.base)) < 1e-3 FROM clv.what_if('shop') w,
	(SELECT * FROM clv.what_if('shop', retention => 0.01) WHERE indicator = 'customer equity') u, (SELECT * FROM clv.what_if('shop', retention => -0.01) WHERE indicator = 'customer equity') d
	WHERE w.indicator = 'yearly retention'), 'elasticity to retention');
SELECT ok((SELECT abs(w.elasticity - (u.changed - d.changed) / (0.02 * u.base)) < 1e-3 FROM clv.what_if('shop') w,
	(SELECT * FROM clv.what_if('shop', discount_rate => 0.101) WHERE indicator = 'customer equity') u, (SELECT * FROM clv.what_if('shop', discount_rate => 0.099) WHERE indicator = 'customer equity') d
	WHERE w.indicator = 'discount rate'), 'elasticity to the discount rate');

-- One customer and a model of ours: 6 orders in 200 days, on the last of which we look.
CREATE TABLE single AS SELECT 1 AS who, date '2024-01-01' + 30 * n AS day, 10 + n AS amount FROM generate_series(0, 5) n;
SELECT clv.create_portfolio('single', 'single', 'who', 'day', 'amount', as_of => '2024-07-19', discount_rate => 0.1, margin => 0.5);
SELECT refresh('single');
SELECT throws_ok($$ SELECT clv.what_if('bare_') $$, '42704', NULL, 'a portfolio that is not there');
-- Pareto/NBD: a new customer who leaves g times as fast and orders f times as often is one of the model with alpha/f and beta/g.
UPDATE single.model_version SET model = CASE role WHEN 'spend' THEN 'gamma-gamma(p=6, q=4, gamma=15)' ELSE 'pareto/nbd(r=0.6, alpha=70, s=0.7, beta=80); unit=1 day' END::clv.model;
SELECT ok((SELECT abs(changed / (0.5 * clv.expected_spend_new('gamma-gamma(p=6, q=4, gamma=15)') * (1 + clv.dert(format('pareto/nbd(r=0.6, alpha=%s, s=0.7, beta=%s); unit=1 day', 70 / 1.3, 80 / g)::clv.model, 0, 0, 0, ln(1.1) / 365.2425))) - 1) < 1e-9
	FROM clv.what_if('single', retention => 0.05, frequency => 0.3),
		LATERAL (SELECT clv.what_if_attrition(m, '{5}', '{150}', '{200}', '{1}', clv.p_alive(m, 5, 150, 200), (SELECT base FROM clv.what_if('single') WHERE indicator = 'yearly retention'), 0.05) AS g
			FROM CAST('pareto/nbd(r=0.6, alpha=70, s=0.7, beta=80); unit=1 day' AS clv.model) m) g
	WHERE indicator = 'value of a new customer'), 'Pareto/NBD: value of a new customer under other conditions');
-- BG/NBD: what is left is integrated over rate and drop-out of the customer, given that they are there. Midpoints, p = q^2: errors below 1e-5.
UPDATE single.model_version SET model = 'bg/nbd(r=1.2, alpha=40, a=1.5, b=2.5); unit=1 day' WHERE role = 'transactions';
SELECT ok(abs(stays / (base.retention * 1.04) - 1) < 1e-4 AND abs(grows / (w.changed / w.base) - 1) < 1e-4, 'BG/NBD: who stays for a year, and what a customer is worth, with other attrition')
FROM (SELECT m, clv.p_alive(m, 5, 150, 200) AS alive, clv.p_alive(m, 5, 150, 200, 365) / clv.p_alive(m, 5, 150, 200) AS retention FROM CAST('bg/nbd(r=1.2, alpha=40, a=1.5, b=2.5); unit=1 day' AS clv.model) m) base
CROSS JOIN LATERAL clv.what_if_attrition(m, '{5}', '{150}', '{200}', '{1}', alive, retention, 0.04) g
CROSS JOIN LATERAL (SELECT sum(weight * exp(-g * p * rate * 365)) / sum(weight) AS stays, sum(weight * rate / (interest + g * p * rate)) / sum(weight * rate / (interest + p * rate)) AS grows
	FROM (SELECT ln(1.1::float8) / 365.2425 AS interest, rate, p, rate ^ 5.2 * exp(-rate * 240) * q * q * (1 - p) ^ 6.5 AS weight
		FROM (SELECT (i - 0.5) / 2500::float8 AS rate FROM generate_series(1, 350) i) l, (SELECT (j - 0.5) / 300::float8 AS q, ((j - 0.5) / 300::float8) ^ 2 AS p FROM generate_series(1, 300) j) d) grid) i
CROSS JOIN (SELECT * FROM clv.what_if('single', retention => 0.04) WHERE indicator = 'customer equity') w;
UPDATE single.model_version SET model = 'nbd(r=1.2, alpha=40); unit=1 day' WHERE role = 'transactions';
SELECT throws_ok($$ SELECT clv.what_if('single', retention => 0.1) $$, '22023', 'model nbd knows no attrition');
SELECT results_eq($$ SELECT base, elasticity FROM clv.what_if('single') WHERE indicator = 'yearly retention' $$, $$ VALUES (1::float8, NULL::float8) $$, 'NBD: all stay');
SELECT throws_ok(format('SELECT clv.what_if(%L, %s)', 'shop', o), '22023', m, o) FROM (VALUES ('retention => 5', 'retention out of range'), ('retention => -0.9999999', 'retention out of range'), ('retention => -1', 'change of retention out of range'),
	('frequency => ''NaN''', 'change of frequency out of range'), ('margin => ''Infinity''', 'change of margin out of range'), ('margin => 9', 'margin out of range'), ('acquisition_cost => -1', 'change of acquisition cost out of range'),
	('discount_rate => 0', 'discount rate out of range'), ('discount_rate => ''NaN''', 'discount rate out of range'), ('frequency => NULL', 'change of frequency out of range')) v (o, m);
DELETE FROM single.model_version;
SELECT throws_ok($$ SELECT clv.what_if('single') $$, '55000', 'portfolio single has no model of orders');

SELECT refresh('shop');

-- Owners and referrers
SELECT results_eq('SELECT owner, customers, revenue, historic_value FROM shop.owner_value ORDER BY 1', $$ SELECT o.owner, count(DISTINCT customer_id), sum(amount), sum(amount) - sum(g.cost)
	FROM good g JOIN origin o USING (customer_id) GROUP BY 1 ORDER BY 1 $$, 'what the customers of each owner brought');
SELECT is((SELECT round(sum(portfolio_value)::numeric, 4) FROM shop.owner_value), (SELECT value FROM shop.kpi WHERE indicator = 'customer equity'), 'their portfolios make the equity');
SELECT is_empty($$ SELECT * FROM shop.owner_value WHERE abs(clv.portfolio_value(customers, potential::numeric, quality::numeric) / portfolio_value::numeric - 1) > 1e-12 $$, 'number times potential times quality is the value');
SELECT results_eq('SELECT customer, referred, referred_revenue FROM shop.referral_value ORDER BY 1', $$ SELECT o.referrer, count(DISTINCT customer_id), sum(amount)
	FROM good g JOIN origin o USING (customer_id) WHERE o.referrer <> o.customer_id GROUP BY 1 ORDER BY 1 $$, 'whom customers brought');
SELECT ok((SELECT count(*) FILTER (WHERE own_value IS NULL) > 0 AND count(own_value) > 0 AND count(*) = count(value_with_referrals) FROM shop.referral_value), 'referrers need not have ordered');
SELECT is_empty($$ SELECT * FROM shop.referral_value r LEFT JOIN shop.customer_value v USING (customer) WHERE r.own_value IS DISTINCT FROM v.total_value
	OR abs(referral_value - (SELECT sum(w.total_value) FROM shop.customer_value w JOIN origin o ON o.customer_id = w.customer WHERE o.referrer = r.customer AND o.referrer <> o.customer_id)) > 1e-9 $$, 'own value and that of the others');

-- Without the options
SELECT clv.create_portfolio('bare', 'orders', 'customer_id', 'ordered_at', 'amount', zone => 'Europe/Paris', as_of => '2024-06-15');
SELECT refresh('bare');
SELECT is((SELECT count(*) FROM clv.what_if('bare', discount_rate => 0.1) WHERE indicator IN ('customer equity', 'discount rate') AND base IS NULL AND changed > 0), 2::bigint, 'what if there was a discount rate');
SELECT is((SELECT count(*) FROM bare.customer_origin WHERE num_nonnulls(channel, owner, referrer) > 0), 0::bigint, 'nothing is known of the origin');
SELECT is((SELECT sum(revenue) FROM bare.customer_value), (SELECT sum(amount) FROM orders), 'every row counts');
SELECT ok((SELECT bool_and(num_nonnulls(margin, discount_share, discounted_share, cancelled, cancellation_rate, payment_days, unpaid_share) = 0) AND count(*) > 17 FROM bare.profit_signal), 'no signal but order size');
SELECT ok((SELECT bool_and(num_nonnulls(acquisition_spend, acquisition_cost, net_value_per_customer, value_to_acquisition_cost, paid_back, payback_period) = 0) FROM bare.cohort_value), 'no acquisition cost');
SELECT is((SELECT count(*) FROM bare.cohort_channel_value) + (SELECT count(*) FROM bare.referral_value) + (SELECT count(*) FROM bare.cancelled_order) + (SELECT count(*) FROM bare.acquisition_spend), 0::bigint, 'empty views');
SELECT is((SELECT count(*) FROM bare.owner_value), 1::bigint, 'one portfolio');
SELECT is(one('SELECT count(*) FROM bare.acquisition'), one('SELECT count(*) FROM bare.cohort_value WHERE period_number = 0 AND cohort_size > 0'), 'cohorts without channels');

-- Options can be given later, and taken back
SELECT clv.alter_portfolio('bare', o, v) FROM (VALUES ('cancelled', 'state = ''cancelled'''), ('channel', 'channel'), ('owner', 'owner'), ('referrer', 'referrer'), ('paid_at', 'paid_at'),
	('discount', 'discount'), ('spend_per', 'month'), ('spend', 'spend'), ('cost', 'cost'), ('discount_rate', '0.1')) v (o, v);
SELECT refresh('bare');
SELECT is_empty(format('(SELECT * FROM bare.%1$I EXCEPT SELECT * FROM shop.%1$I) UNION ALL (SELECT * FROM shop.%1$I EXCEPT SELECT * FROM bare.%1$I)', v), 'altered: ' || v)
	FROM unnest('{customer_origin,cancelled_order,acquisition_spend,cohort_value,cohort_channel_value,profit_signal,owner_value,referral_value,acquisition}'::text[]) v;
SELECT clv.alter_portfolio('bare', o, NULL) FROM unnest('{cancelled,channel,owner,referrer,paid_at,discount,spend}'::text[]) o;
SELECT is((SELECT count(*) FROM bare.cohort_channel_value) + (SELECT count(*) FROM bare.acquisition_spend) + (SELECT count(*) FROM bare.cancelled_order), 0::bigint, 'taken back');
SELECT throws_ok('DROP TABLE spend', '2BP01', NULL, 'spend that is reported on does not go unnoticed');

-- Orders with lines: cancelled when all lines are, paid when all are
CREATE TABLE line (id int, who text, day date, amount int, channel text, boss text, friend text, paid date, gone bool);
INSERT INTO line VALUES (1, 'ann', '2024-01-01', 10, 'web', 'x', 'bob', '2024-01-03', false), (1, 'ann', '2024-01-01', 5, 'web', 'x', 'bob', '2024-01-07', false),
	(2, 'bob', '2024-01-02', 10, 'fair', 'y', NULL, '2024-01-03', false), (2, 'bob', '2024-01-02', 7, 'fair', 'y', NULL, NULL, true), (3, 'eve', '2024-01-05', 3, 'fair', 'y', 'ann', NULL, false), (3, 'eve', '2024-01-05', 3, 'fair', 'y', 'ann', '2024-01-05', false),
	(4, 'eve', '2024-01-01', 100, 'web', 'z', 'bob', NULL, true), (4, 'eve', '2024-01-01', 100, 'web', 'z', 'bob', NULL, NULL), (5, 'ann', '2024-01-09', 100, 'web', 'z', 'eve', NULL, true), (5, 'ann', '2024-01-09', 1, 'web', 'z', 'eve', NULL, true);
SELECT clv.create_portfolio('lines', 'line', 'who', 'day', 'amount', order_id => 'id', cancelled => 'gone', channel => 'channel', owner => 'boss', referrer => 'friend', paid_at => 'paid', as_of => '2024-01-31', periods => '{month}');
SELECT refresh('lines');
SELECT results_eq('SELECT customer, amount, paid_on FROM lines.accepted_order ORDER BY 1, 2', $$ VALUES ('ann', 15.0, date '2024-01-07'), ('bob', 10, '2024-01-03'), ('eve', 6, NULL), ('eve', 100, NULL) $$, 'orders with lines');
SELECT results_eq('SELECT customer, ordered_on, amount FROM lines.cancelled_order', $$ VALUES ('ann', date '2024-01-09', 101.0) $$, 'cancelled is an order of which nothing is left');
SELECT results_eq('SELECT cancelled, cancellation_rate, payment_days, unpaid_share FROM lines.profit_signal', $$ VALUES (1::bigint, 0.2::float8, 3.5::float8, 0.5::float8) $$, 'signals of orders with lines');
SELECT results_eq('SELECT customer, channel, owner, referrer FROM lines.customer_origin ORDER BY 1', $$ VALUES ('ann', 'web', 'x', 'bob'), ('bob', 'fair', 'y', NULL), ('eve', 'web', 'y', 'bob') $$, 'origin of orders with lines');

-- Errors name the column, the option and what would do
SELECT throws_ok(format('SELECT clv.create_portfolio(%L, %L, %L, %L, %L, zone => %L, %s)', 'other', 'orders', 'customer_id', 'ordered_at', 'amount', 'UTC', o), c, m, o) FROM (VALUES
	('channel => ''colour''', '42703', 'column colour of orders_test.orders does not exist'), ('owner => ''colour''', '42703', 'column colour of orders_test.orders does not exist'),
	('referrer => ''colour''', '42703', 'column colour of orders_test.orders does not exist'), ('referrer => ''owner''', '42804', 'column owner of orders_test.orders cannot be used as referrer'),
	('paid_at => ''colour''', '42703', 'column colour of orders_test.orders does not exist'), ('paid_at => ''amount''', '42804', 'column amount of orders_test.orders cannot be used as paid_at'),
	('discount => ''colour''', '42703', 'column colour of orders_test.orders does not exist'), ('discount => ''owner''', '42804', 'column owner of orders_test.orders cannot be used as discount'),
	('cancelled => ''colour''', '42703', 'cancelled does not fit orders_test.orders'), ('cancelled => ''amount + 1''', '42804', NULL), ('cancelled => ''true) OR (true; SELECT 1''', '42601', 'cancelled is not an expression'),
	('spend => ''spend'', spend_on => ''day''', '42703', 'column day of orders_test.spend does not exist'), ('spend => ''spend'', spend_on => ''amount''', '42804', 'column amount of orders_test.spend cannot be used as spend_on'),
	('spend => ''spend'', spend_amount => ''day''', '42703', 'column day of orders_test.spend does not exist'), ('spend => ''spend'', spend_amount => ''channel''', '42804', 'column channel of orders_test.spend cannot be used as spend_amount'),
	('spend => ''spend'', spend_channel => ''day''', '42703', 'column day of orders_test.spend does not exist'), ('spend => ''spend'', spend_per => ''decade''', '22023', 'unknown period'),
	('spend => ''plain''', '42703', 'column period of orders_test.plain does not exist')) v (o, c, m);
SELECT throws_ok($$ SELECT clv.alter_portfolio('bare', 'spend', 'nothing') $$, '42P01', 'relation "nothing" does not exist', 'alter: no such table');
SELECT throws_ok($$ SELECT clv.alter_portfolio('bare', 'channel', 'colour') $$, '42703', 'column colour of orders_test.orders does not exist', 'alter: no such column');

-- Names that try to be something else
CREATE FUNCTION named(n text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer text;
BEGIN
	EXECUTE format('CREATE TABLE %I AS SELECT customer_id AS k, ordered_at AS t, amount AS m, channel AS %I, owner AS %I, referrer AS %I, paid_at AS %I, discount AS %I, state AS %I FROM orders',
		'o' || n, 'c' || n, 'o' || n, 'r' || n, 'p' || n, 'd' || n, 's' || n);
	EXECUTE format('CREATE TABLE %I AS SELECT period AS %I, channel AS %I, amount AS %I FROM spend', 's' || n, 'p' || n, 'c' || n, 'a' || n);
	PERFORM clv.create_portfolio('named', quote_ident('o' || n)::regclass, 'k', 't', 'm', zone => 'Europe/Paris', as_of => '2024-06-15', channel => 'c' || n, owner => 'o' || n, referrer => 'r' || n,
		paid_at => 'p' || n, discount => 'd' || n, cancelled => format('%I = ''cancelled'' -- ', 's' || n), spend => quote_ident('s' || n)::regclass, spend_on => 'p' || n, spend_amount => 'a' || n, spend_channel => 'c' || n, spend_per => 'month');
	CALL clv.refresh('named');
	PERFORM clv.alter_portfolio('named', 'spend', NULL);
	PERFORM clv.alter_portfolio('named', 'spend', quote_ident('s' || n));
	SELECT concat_ws(' ', (SELECT sum(revenue) FROM named.customer_value), (SELECT count(*) FROM named.cohort_channel_value), (SELECT sum(amount) FROM named.acquisition_spend WHERE period = 'month'),
		(SELECT sum(cancelled) FROM named.profit_signal), (SELECT count(*) FROM named.owner_value), (SELECT count(*) FROM named.referral_value)) INTO answer;
	PERFORM clv.drop_portfolio('named');
	EXECUTE format('DROP TABLE %I, %I', 'o' || n, 's' || n);
	RETURN answer;
END $$;
SELECT is(named(n), concat_ws(' ', (SELECT sum(revenue) FROM shop.customer_value), (SELECT count(*) FROM shop.cohort_channel_value), 532, (SELECT sum(cancelled) FROM shop.profit_signal), 3, (SELECT count(*) FROM shop.referral_value)), 'names with ' || n)
	FROM unnest(ARRAY[E'x "''%1$I%2$s\\;--{}\n顧', rpad('', 62, 'y')]) n;

-- Rights
CREATE ROLE clv_test_reader;
CREATE ROLE clv_test_manager;
GRANT USAGE ON SCHEMA orders_test, shop TO clv_test_reader, clv_test_manager;
GRANT SELECT ON orders TO clv_test_reader, clv_test_manager;
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO clv_test_reader, clv_test_manager;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA orders_test TO PUBLIC;
GRANT SELECT ON good, origin TO PUBLIC;
SET LOCAL ROLE clv_test_reader;
SELECT throws_ok('SELECT * FROM shop.cohort_value', '42501', 'permission denied for table spend', 'who may not see the spend sees no acquisition cost');
SELECT is(one('SELECT count(*) FROM shop.owner_value'), '3', 'what does not need it can be read');
RESET ROLE;
GRANT SELECT ON spend TO clv_test_reader, clv_test_manager;
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON orders TO clv_test_manager USING (customer_id % 2 = 0);
CREATE POLICY every ON orders TO clv_test_reader USING (true);
CREATE TEMP TABLE everything AS SELECT * FROM shop.customer_origin;
GRANT SELECT ON everything TO PUBLIC;
SET LOCAL ROLE clv_test_manager;
SELECT results_eq('SELECT * FROM shop.customer_origin ORDER BY 1', 'SELECT * FROM everything WHERE customer % 2 = 0 ORDER BY 1', 'a manager sees where the own customers come from');
SELECT is(one('SELECT sum(customers) FROM shop.owner_value'), one('SELECT count(*) FROM everything WHERE customer % 2 = 0'), 'owners of the own customers');
SELECT is(one($$ SELECT sum(orders) FROM shop.profit_signal WHERE period = 'month' $$), one('SELECT count(*) FROM orders_test.orders WHERE state IS DISTINCT FROM $$cancelled$$ AND amount >= 0'), 'signals of the own orders');
SELECT is(one($$ SELECT sum(cohort_size) FROM shop.cohort_channel_value WHERE period_number = 0 AND period = 'month' $$), one('SELECT count(*) FROM everything WHERE customer % 2 = 0'), 'cohorts of the own customers');
SELECT is(one('SELECT count(acquisition_cost) FROM shop.cohort_value'), '0', 'spend for all is not divided by some');
SELECT is(one('SELECT sum(referred) FROM shop.referral_value'), one('SELECT count(*) FROM everything WHERE customer % 2 = 0 AND referrer <> customer'), 'recommendations of the own customers');
RESET ROLE;
ALTER TABLE spend ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON spend TO clv_test_manager USING (channel = 'web');
SET LOCAL ROLE clv_test_manager;
SELECT is(one($$ SELECT sum(amount) FROM shop.acquisition_spend WHERE period = 'month' AND period_start < '2023-02-01' $$), '310', 'spend that is shared out by policies is');
RESET ROLE;

-- Money that won nobody is spent all the same: in a month without new customers, and on a channel
CREATE TABLE few AS SELECT * FROM (VALUES (1, date '2024-01-05', 10, 'web'), (1, '2024-02-05', 10, 'web'), (2, '2024-04-05', 10, 'web')) v (customer, day, amount, channel);
CREATE TABLE wasted AS SELECT * FROM (VALUES (date '2023-11-01', 'fair', 1.0), ('2024-01-01', 'web', 5), ('2024-02-01', 'web', 7), ('2024-04-01', 'fair', 9), ('2024-07-01', 'fair', 99)) v (period, channel, amount);
SELECT clv.create_portfolio('wasting', 'few', 'customer', 'day', 'amount', as_of => '2024-05-15', channel => 'channel', spend => 'wasted', spend_per => 'month');
SELECT clv.create_portfolio('wasting all', 'few', 'customer', 'day', 'amount', as_of => '2024-05-15', spend => 'wasted', spend_per => 'month');
CALL clv.refresh('wasting');
CALL clv.refresh('wasting all');
SELECT results_eq($$ SELECT cohort, channel, customers, trim_scale(historic_value_per_customer), acquisition_spend, trim_scale(acquisition_cost) FROM wasting.acquisition WHERE period = 'month' ORDER BY 1, 2 $$,
	$$ VALUES (date '2023-11-01', 'fair', 0::bigint, NULL::numeric, 1::numeric, NULL::numeric), ('2024-01-01', 'web', 1, 20, 5, 5), ('2024-02-01', 'web', 0, NULL, 7, NULL),
		('2024-04-01', 'fair', 0, NULL, 9, NULL), ('2024-04-01', 'web', 1, 10, NULL, NULL) $$, 'spend that won nobody is reported');
SELECT results_eq($$ SELECT cohort, channel, customers, acquisition_spend, trim_scale(acquisition_cost) FROM "wasting all".acquisition WHERE period = 'month' ORDER BY 1 $$,
	$$ VALUES (date '2023-11-01', NULL::text, 0::bigint, 1::numeric, NULL::numeric), ('2024-01-01', NULL, 1, 5, 5), ('2024-02-01', NULL, 0, 7, NULL), ('2024-04-01', NULL, 1, 9, 9) $$, 'without channels, too');

SELECT * FROM finish();
ROLLBACK;
