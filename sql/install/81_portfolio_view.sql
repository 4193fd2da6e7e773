--
-- The views of a portfolio
--
-- Each is defined by a template: a query in which %1$I stands for the schema
-- of the portfolio.  The first "--:" is the comment on the view, the others
-- comment its columns in order.  Views that know the source have %2$s for
-- the query that the text of clv.portfolio_orders_sql gives, or %3$L for
-- the source as a regclass.
--

CREATE FUNCTION clv.view_accepted_order() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: the orders of the source as the portfolio counts them: filter, order lines, refund policy and zone applied, rows with a NULL left out
SELECT
	customer,    --: customer, as in the source
	ordered_on,  --: day of the order in the zone of the portfolio; of lines of one order the first
	amount,      --: amount of the order, exact, in the currency of the source; negative for a refund
	orders,      --: 1, or 0 for a refund, which is no purchase
	cost,        --: cost of the order, in the currency of the source; NULL if the portfolio has no cost column
	currency,    --: currency of the order; NULL if the portfolio has no currency column
	ordered_time, --: when the order was made, by the clocks of the portfolio; midnight where only the day is known
	channel,     --: channel through which the order came; NULL if the portfolio has no channel column
	owner,       --: who looked after the customer then; NULL if the portfolio has no owner column
	referrer,    --: customer who recommended the shop; NULL if the portfolio has no referrer column
	discount,    --: what was taken off the price, in the currency of the source; NULL if the portfolio has no discount column
	paid_on,     --: day of the payment, of several lines that of the last; NULL if not paid yet, or if the portfolio has no paid_at column
	moment       --: when the order was made, as in the source; of lines of one order the first
FROM (%2$s) accepted
$template$;
COMMENT ON FUNCTION clv.view_accepted_order() IS 'template of the view accepted_order of a portfolio';

CREATE FUNCTION clv.view_history() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: one row per customer: everything ordered up to the report date; stored rows for who may see every order, computed on the spot from the visible orders where row-level security hides some
SELECT
	s.customer,                                     --: customer, as in the source
	clv.truncate(s.history, r.as_of) AS history,    --: purchase days with number of orders and exact amounts, up to the report date
	clv.truncate(s.costs, r.as_of) AS costs         --: the same days with the costs of the orders instead of the amounts; NULL if the portfolio has no cost column
FROM %1$I.stored_history s
CROSS JOIN (SELECT clv.report_date(as_of, zone) AS as_of FROM %1$I.setting LIMIT 1) r
WHERE clv.sees_every_row(%3$L::pg_catalog.regclass)
	AND clv.first_order(s.history) OPERATOR(pg_catalog.<=) r.as_of
UNION ALL
SELECT o.customer, o.history, o.costs
FROM (
	SELECT
		o.customer,
		clv.order_history(o.ordered_on, o.amount, o.orders) AS history,
		clv.order_history(o.ordered_on, o.cost, o.orders) FILTER (WHERE o.cost IS NOT NULL) AS costs
	FROM %1$I.accepted_order o
	WHERE o.ordered_on OPERATOR(pg_catalog.<=) (SELECT clv.report_date(as_of, zone) FROM %1$I.setting)
	GROUP BY o.customer
	HAVING pg_catalog.max(o.orders) OPERATOR(pg_catalog.>) 0) o
WHERE NOT clv.sees_every_row(%3$L::pg_catalog.regclass)
$template$;
COMMENT ON FUNCTION clv.view_history() IS 'template of the view history of a portfolio';

CREATE FUNCTION clv.view_report_basis() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: one row: what every report of the portfolio starts from
SELECT
	clv.report_date(s.as_of, s.zone) AS as_of,  --: report date, the last day that reports look at
	s.horizon,                                  --: how far ahead orders are predicted
	s.discount_rate,                            --: annual rate at which future money is discounted; NULL if none was given
	CASE WHEN s.cost IS NULL THEN s.margin ELSE clv.portfolio_margin(%5$L::pg_catalog.regclass) END AS margin,     --: share of revenue that is profit: as given or, with a cost column, that of all orders up to the report date
	t.model AS order_model,                     --: active model of the orders
	g.model AS spend_model,                     --: active model of the spend
	s.week_start,                               --: weekday on which weeks begin
	s.periods,                                  --: periods of cohort and movement reports
	s.gap                                       --: periods for which an order keeps a customer in the base of movement reports
FROM %1$I.setting s
LEFT JOIN %1$I.model_version t ON t.active AND t.role = 'transactions'
LEFT JOIN %1$I.model_version g ON g.active AND g.role = 'spend'
$template$;
COMMENT ON FUNCTION clv.view_report_basis() IS 'template of the view report_basis of a portfolio';

CREATE FUNCTION clv.view_cutoff() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: one row: the values that divide the customers into classes and scores at the report date; stored by the last refresh where no order lies between its day and the report date and for who may see every order, else found on the spot
SELECT
	(a.cutoffs).a_revenue,     --: revenue from which a customer is in class A
	(a.cutoffs).b_revenue,     --: revenue from which a customer is in class A or B
	(a.cutoffs).last_order,    --: days of the last order above which the recency score is 2, 3, 4 and 5
	(a.cutoffs).purchase_days, --: numbers of purchase days above which the frequency score is 2, 3, 4 and 5
	(a.cutoffs).revenue,       --: revenues above which the monetary score is 2, 3, 4 and 5
	ARRAY(
		SELECT (SELECT n.segment FROM %1$I.rfm_rule n
			WHERE r BETWEEN n.r_from AND n.r_to AND f BETWEEN n.f_from AND n.f_to AND m BETWEEN n.m_from AND n.m_to
			ORDER BY n.priority LIMIT 1)
		FROM generate_series(1, 5) r, generate_series(1, 5) f, generate_series(1, 5) m
		ORDER BY r, f, m) AS segments, --: names of the segments of all scores, from 111 to 555
	a.cutoffs                  --: all of these values, for clv.rfm_score_by
FROM (
	SELECT (array_agg(coalesce((
		SELECT ROW(s.a_revenue, s.b_revenue, s.last_order, s.purchase_days, s.revenue)::clv.cutoff_values FROM %1$I.stored_cutoff s
		WHERE s.last_order IS NOT NULL AND clv.sees_every_row(%3$L::pg_catalog.regclass)
			AND EXISTS (SELECT FROM %1$I.report_basis b WHERE b.as_of = s.as_of OR s.latest <= least(b.as_of, s.as_of))),
		clv.cutoffs(clv.portfolio_distribution(%5$L::pg_catalog.regclass, (SELECT max(b.as_of) FROM %1$I.report_basis b))))))[1] AS cutoffs
	FROM %1$I.setting) a
$template$;
COMMENT ON FUNCTION clv.view_cutoff() IS 'template of the view cutoff of a portfolio; it is an aggregate without groups so that the planner can leave it out where no class or score is asked for';

CREATE FUNCTION clv.view_distribution() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: one row: how customers are distributed at the report date, for clv.lorenz_curve, clv.gini, clv.score_limits and all that reads a distribution; stored or found as in cutoff
SELECT
	(a.d).last_order,    --: days from 2000-01-01 to the last order
	(a.d).purchase_days, --: numbers of purchase days
	(a.d).revenue        --: revenues
FROM (
	SELECT (array_agg(coalesce((
		SELECT ROW(s.last_order_distribution, s.purchase_days_distribution, s.revenue_distribution)::clv.rfm_distribution FROM %1$I.stored_cutoff s
		WHERE s.last_order IS NOT NULL AND clv.sees_every_row(%3$L::pg_catalog.regclass)
			AND EXISTS (SELECT FROM %1$I.report_basis b WHERE b.as_of = s.as_of OR s.latest <= least(b.as_of, s.as_of))),
		clv.portfolio_distribution(%5$L::pg_catalog.regclass, (SELECT max(b.as_of) FROM %1$I.report_basis b)))))[1] AS d
	FROM %1$I.setting) a
$template$;
COMMENT ON FUNCTION clv.view_distribution() IS 'template of the view distribution of a portfolio';

CREATE FUNCTION clv.view_customer_value() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: one row per customer: what was, what is to be expected, and how the customer stands among the others, at the report date
SELECT
	h.customer,                                      --: customer, as in the source
	clv.orders(h.history) AS orders,                 --: number of orders
	p.purchase_days,                                 --: number of days with an order
	clv.first_order(h.history) AS first_order,       --: day of the first order
	p.last_order,                                    --: day of the last order
	b.as_of - p.last_order AS recency_days, --: days since the last order
	(p.statistics).frequency,                        --: purchase days after the first: x of the models
	(p.statistics).t_x,                              --: days from the first order to the last: t_x, the recency of the models
	(p.statistics).age,                              --: days from the first order to the report date: T of the models
	p.revenue,                                       --: sum of all amounts, refunds deducted; currency of the source
	p.revenue / clv.orders(h.history) AS average_order, --: revenue by order; currency of the source
	p.historic_value,                                --: profit earned so far: revenue less costs, or revenue times margin; currency of the source
	p.p_alive,                                       --: probability that the customer is still one, 0 to 1
	p.expected_orders,                               --: expected number of purchase days within the horizon after the report date
	clv.next_order_on(b.order_model, h.history, b.as_of) AS next_order_on, --: day by which the next order has come with probability 1/2; NULL if it never becomes that likely
	p.expected_spend,                                --: expected amount of a purchase day; currency of the source
	p.expected_orders * p.expected_spend * b.margin AS expected_value, --: expected profit within the horizon, not discounted; currency of the source
	p.residual_value,                                --: expected profit from all future orders, without end, discounted; NULL without a discount rate; currency of the source
	p.historic_value::float8 + p.residual_value AS total_value, --: historic value and residual value: the lifetime value of the customer; currency of the source
	CASE WHEN p.p_alive < 1 / 3.0 THEN 'high' WHEN p.p_alive < 2 / 3.0 THEN 'medium'
		WHEN p.p_alive IS NOT NULL THEN 'low' END AS risk, --: risk that the customer is lost: high where p_alive is below 1/3, medium below 2/3, else low
	CASE WHEN p.revenue <= 0 THEN 'C'::clv.abc_class WHEN p.revenue >= c.a_revenue THEN 'A'
		WHEN p.revenue >= c.b_revenue THEN 'B' ELSE 'C' END AS abc, --: class by revenue: A, the fewest customers that make 80 % of the total of the positive revenues; B, the next up to 95 %; C, the others, and all without positive revenue; equal revenue, equal class
	(q.scores).r AS r_score,                         --: score of the last order, 1 to 5: 5 is the most recent fifth of the customers; equal values, equal scores
	(q.scores).f AS f_score,                         --: score of the number of purchase days, 1 to 5: 5 are the most
	(q.scores).m AS m_score,                         --: score of revenue, 1 to 5: 5 is the highest
	c.segments[(q.scores).r * 25 + (q.scores).f * 5 + (q.scores).m - 30] AS segment, --: the first segment of the table rfm_rule that holds the scores
	b.as_of,                                         --: report date
	(p.order_interval).lower AS orders_lower,        --: purchase days within the horizon lie between this and orders_upper with a probability of at least 0.95, the chance of the single customer included
	(p.order_interval).upper AS orders_upper,        --: see orders_lower
	(p.value_interval).lower AS value_lower,         --: profit within the horizon lies between this and value_upper with a probability of at least 0.95, the chance in the number and in the amounts of orders included; not discounted; currency of the source
	(p.value_interval).upper AS value_upper          --: see value_lower
FROM (SELECT * FROM %1$I.report_basis LIMIT 1) b
CROSS JOIN %1$I.history h
CROSS JOIN LATERAL (SELECT
	clv.statistics(h.history, b.as_of) AS statistics,
	clv.purchase_days(h.history) AS purchase_days,
	clv.last_order(h.history) AS last_order,
	clv.revenue(h.history) AS revenue,
	coalesce(clv.revenue(h.history) - clv.revenue(h.costs), clv.revenue(h.history) * b.margin::numeric) AS historic_value,
	clv.p_alive(b.order_model, h.history, b.as_of) AS p_alive,
	clv.expected_orders(b.order_model, h.history, b.as_of, b.horizon) AS expected_orders,
	clv.expected_spend(b.spend_model, h.history, b.as_of) AS expected_spend,
	CASE WHEN b.discount_rate IS NOT NULL THEN
		clv.residual_value(b.order_model, b.spend_model, h.history, b.as_of, b.discount_rate, b.margin) END AS residual_value,
	clv.order_interval(b.order_model, h.history, b.as_of, b.horizon) AS order_interval,
	clv.value_interval(b.order_model, b.spend_model, h.history, b.as_of, b.horizon, b.margin) AS value_interval
	OFFSET 0) p
LEFT JOIN %1$I.cutoff c ON true
CROSS JOIN LATERAL (SELECT clv.rfm_score_by(h.history, c.cutoffs) AS scores) q
$template$;
COMMENT ON FUNCTION clv.view_customer_value() IS 'template of the view customer_value of a portfolio';

CREATE FUNCTION clv.view_abc_segment() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: one row per customer: class A, B or C by revenue up to the report date
SELECT
	customer,                      --: customer, as in the source
	revenue,                       --: sum of all amounts, refunds deducted; currency of the source
	rank() OVER (ORDER BY revenue DESC) AS rank, --: place among all customers, 1 has the highest revenue; equal revenue, equal place
	(greatest(revenue, 0) / nullif(sum(greatest(revenue, 0)) OVER (), 0))::float8 AS share, --: share of the total, 0 to 1; negative revenue counts as none
	(sum(greatest(revenue, 0)) OVER (ORDER BY revenue DESC)
		/ nullif(sum(greatest(revenue, 0)) OVER (), 0))::float8 AS cumulative_share, --: share of the total of this customer and all who have as much or more
	abc AS class                   --: A, the fewest customers that make 80 % of the total; B, the next up to 95 %; C, the others, and all without positive revenue; equal revenue, equal class
FROM %1$I.customer_value
$template$;
COMMENT ON FUNCTION clv.view_abc_segment() IS 'template of the view abc_segment of a portfolio';

CREATE FUNCTION clv.view_abc_summary() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: one row per class A, B, C
SELECT
	c.class,                                     --: class by revenue
	coalesce(sum(s.customers), 0)::bigint AS customers, --: number of customers
	(coalesce(sum(s.customers), 0) / nullif(sum(sum(s.customers)) OVER (), 0))::float8 AS customer_share, --: share of all customers, 0 to 1
	coalesce(sum(s.value * s.customers), 0) AS revenue, --: sum of all amounts; currency of the source
	(coalesce(sum(s.value * s.customers), 0) / nullif(sum(sum(s.value * s.customers)) OVER (), 0))::float8 AS revenue_share, --: share of all revenue
	sum(s.value * s.customers) / sum(s.customers) AS average_revenue, --: revenue by customer; currency of the source
	min(s.value) AS lowest_revenue               --: revenue from which a customer belongs to the class; currency of the source
FROM unnest(enum_range(NULL::clv.abc_class)) c (class)
LEFT JOIN (
	SELECT v.value, v.customers, CASE WHEN v.value >= d.a THEN 'A' WHEN v.value >= d.b THEN 'B' ELSE 'C' END::clv.abc_class AS class
	FROM (SELECT revenue, clv.cutoff(revenue, 0.8) AS a, clv.cutoff(revenue, 0.95) AS b FROM %1$I.distribution OFFSET 0) d
	CROSS JOIN LATERAL clv.lorenz_values(d.revenue) v) s ON s.class = c.class
GROUP BY c.class
ORDER BY c.class
$template$;
COMMENT ON FUNCTION clv.view_abc_summary() IS 'template of the view abc_summary of a portfolio';

CREATE FUNCTION clv.view_rfm_segment() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: one row per customer: scores of recency, frequency and monetary value at the report date, and the segment they fall into
SELECT
	customer,                      --: customer, as in the source
	last_order,                    --: day of the last order
	recency_days,                  --: days since the last order
	purchase_days,                 --: number of days with an order
	revenue,                       --: sum of all amounts; currency of the source
	r_score,                       --: score of the last order, 1 to 5: 5 is the most recent fifth of the customers; equal values, equal scores
	f_score,                       --: score of the purchase days, 1 to 5: 5 are the most
	m_score,                       --: score of revenue, 1 to 5: 5 is the highest
	r_score::text || f_score::text || m_score::text AS rfm, --: the three scores side by side
	segment                        --: the first segment of the table rfm_rule that holds the scores
FROM %1$I.customer_value
$template$;
COMMENT ON FUNCTION clv.view_rfm_segment() IS 'template of the view rfm_segment of a portfolio';

CREATE FUNCTION clv.view_rfm_summary() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: one row per named segment
SELECT
	coalesce(s.segment, n.segment) AS segment,   --: name of the segment, from the table rfm_rule
	count(s.customer) AS customers,              --: number of customers
	count(s.customer)::float8 / nullif(sum(count(s.customer)) OVER (), 0)::float8 AS customer_share, --: share of all customers, 0 to 1
	coalesce(sum(s.revenue), 0) AS revenue,      --: sum of all amounts; currency of the source
	(coalesce(sum(s.revenue), 0) / nullif(sum(sum(s.revenue)) OVER (), 0))::float8 AS revenue_share, --: share of all revenue
	avg(s.recency_days)::float8 AS average_recency_days, --: mean number of days since the last order
	avg(s.purchase_days)::float8 AS average_purchase_days, --: mean number of purchase days
	avg(s.revenue) AS average_revenue,           --: revenue by customer; currency of the source
	min(n.meaning) AS meaning                    --: who is in the segment, from the table rfm_rule
FROM (SELECT segment, min(priority) AS priority, min(meaning) AS meaning FROM %1$I.rfm_rule GROUP BY segment) n
FULL JOIN %1$I.rfm_segment s ON s.segment = n.segment
GROUP BY coalesce(s.segment, n.segment)
ORDER BY min(n.priority)
$template$;
COMMENT ON FUNCTION clv.view_rfm_summary() IS 'template of the view rfm_summary of a portfolio';

CREATE FUNCTION clv.view_counted_period() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: one row per period of the calendar: customers counted by cohorts and movements, as of the report date; stored by the last refresh where that was for the same day and for who may see every order, else counted on the spot
SELECT
	s.period,    --: period of the calendar: day, week, month, quarter or year
	s.cohorts,   --: customers by the period of their first order and the periods since: see clv.cohorts
	s.movements  --: customers who came, stayed, came back and left: see clv.movements and clv.value_bridge
FROM %1$I.stored_period s
WHERE clv.sees_every_row(%3$L::pg_catalog.regclass)
	AND s.as_of = (SELECT r.as_of FROM %1$I.report_basis r)
UNION ALL
SELECT c.period, c.cohorts, c.movements
FROM %1$I.report_basis b
CROSS JOIN LATERAL clv.portfolio_counts(%5$L::pg_catalog.regclass, ARRAY(
	SELECT u.period FROM unnest(b.periods) u (period)
	EXCEPT
	SELECT s.period FROM %1$I.stored_period s
	WHERE clv.sees_every_row(%3$L::pg_catalog.regclass) AND s.as_of = b.as_of), b.as_of, b.gap, b.week_start) c
$template$;
COMMENT ON FUNCTION clv.view_counted_period() IS 'template of the view counted_period of a portfolio';

CREATE FUNCTION clv.view_cohort_retention() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: the retention triangle: who of a cohort bought again in each period since; every cell that could be observed is there
SELECT
	p.period,          --: period of the calendar: day, week, month, quarter or year
	c.cohort,          --: first day of the period in which the customers of the cohort bought first
	c.cohort_size,     --: customers of the cohort
	c.period_number,   --: periods since, 0 is the first
	c.period_start,    --: first day of that period
	c.active,          --: customers of the cohort who bought in it
	c.rate,            --: their share of the cohort, 0 to 1
	c.lower,           --: lower bound of the 95 % interval of the rate (Wilson)
	c.upper,           --: upper bound of the 95 % interval of the rate (Wilson)
	c.complete         --: false while the period is still running at the report date
FROM %1$I.counted_period p
CROSS JOIN LATERAL clv.cohorts(p.cohorts, 'on') c
$template$;
COMMENT ON FUNCTION clv.view_cohort_retention() IS 'template of the view cohort_retention of a portfolio';

CREATE FUNCTION clv.view_cohort_value() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: what each cohort bought, period by period, and when it has paid back what it cost to win it
SELECT
	v.period,              --: period of the calendar: day, week, month, quarter or year
	v.cohort,              --: first day of the period in which the customers of the cohort bought first
	v.cohort_size,         --: customers of the cohort
	v.period_number,       --: periods since, 0 is the first
	v.period_start,        --: first day of that period
	v.active,              --: customers of the cohort who bought in it
	v.orders,              --: orders of the cohort in it
	v.revenue,             --: amounts of these orders, refunds deducted; currency of the source
	v.revenue / nullif(v.orders, 0) AS average_order, --: revenue by order; currency of the source
	v.cumulative_revenue,  --: revenue of the cohort from the first period up to this one
	v.cumulative_revenue_per_customer, --: that revenue by acquired customer
	v.cumulative_value_per_customer, --: that revenue times the margin of the portfolio: profit by acquired customer
	v.complete,            --: false while the period is still running at the report date
	v.acquisition_spend,   --: what was spent to win customers in the period of the cohort, up to the report date; NULL without a row of the spend table; currency of the source
	v.acquisition_cost,    --: that spend by acquired customer
	v.cumulative_value_per_customer - v.acquisition_cost AS net_value_per_customer, --: profit by acquired customer less the cost of winning one
	v.cumulative_value_per_customer / nullif(v.acquisition_cost, 0) AS value_to_acquisition_cost, --: profit so far by what it cost: from 1 on the cohort has paid back
	v.cumulative_value_per_customer >= v.acquisition_cost AS paid_back, --: has the profit reached the cost
	min(v.period_number) FILTER (WHERE v.cumulative_value_per_customer >= v.acquisition_cost)
		OVER (PARTITION BY v.period, v.cohort) AS payback_period --: number of the first period in which it had, 0 is the first; NULL if not yet
FROM (
	SELECT p.period, c.*,
		c.cumulative_revenue / c.cohort_size AS cumulative_revenue_per_customer,
		c.cumulative_revenue / c.cohort_size * b.margin::numeric AS cumulative_value_per_customer,
		a.amount AS acquisition_spend, a.amount / c.cohort_size AS acquisition_cost
	FROM (SELECT margin FROM %1$I.report_basis LIMIT 1) b
	CROSS JOIN %1$I.counted_period p
	CROSS JOIN LATERAL clv.cohorts(p.cohorts, 'on') c
	LEFT JOIN (SELECT s.period, s.period_start, sum(s.amount) AS amount FROM %1$I.acquisition_spend s
		GROUP BY s.period, s.period_start) a ON a.period = p.period AND a.period_start = c.cohort) v
$template$;
COMMENT ON FUNCTION clv.view_cohort_value() IS 'template of the view cohort_value of a portfolio';

CREATE FUNCTION clv.view_movement() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: customers who came, stayed, came back and left, period by period; a customer belongs to the base of the period of an order and, by the option gap, of periods after it; closing = opening + new + reactivated - lost
SELECT
	p.period,              --: period of the calendar: day, week, month, quarter or year
	m.period_start,        --: its first day
	m.opening,             --: customers in the base at its beginning
	m.new,                 --: customers who bought for the first time
	m.kept,                --: opening customers who stayed
	m.reactivated,         --: earlier customers who came back
	m.lost,                --: opening customers who left
	m.closing,             --: customers in the base at its end
	m.net,                 --: closing less opening
	m.buyers,              --: customers who bought in it
	1 - m.churn AS retention_rate, --: share of the opening customers who stayed, 0 to 1
	m.churn AS churn_rate, --: share of the opening customers who left, 0 to 1
	m.churn_lower AS lower, --: lower bound of the 95 % interval of the churn rate (Wilson)
	m.churn_upper AS upper, --: upper bound of the 95 % interval of the churn rate (Wilson)
	m.average_churn,       --: lost customers by the mean of opening and closing ones
	m.quick_ratio,         --: customers won by customer lost; above 1 the base grows
	m.leaking,             --: warning: the base holds only through new customers, and churn is a quarter above that of the complete periods before
	m.small_new,           --: warning: a new customer brings less than three quarters of what other buyers bring
	m.complete             --: false while the period is still running at the report date
FROM %1$I.counted_period p
CROSS JOIN LATERAL clv.movements(p.movements) m
$template$;
COMMENT ON FUNCTION clv.view_movement() IS 'template of the view movement of a portfolio';

CREATE FUNCTION clv.view_value_bridge() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: from the revenue of one period to that of the next: closing_revenue = opening_revenue + new + reactivated + expansion - contraction - lost
SELECT
	p.period,              --: period of the calendar: day, week, month, quarter or year
	m.period_start,        --: its first day
	m.opening_revenue,     --: revenue of the period before; currency of the source
	m.new,                 --: revenue from customers who bought for the first time
	m.reactivated,         --: revenue from earlier customers who came back
	m.expansion,           --: what kept customers spent more than in the period before
	m.contraction,         --: what kept customers spent less than in the period before
	m.lost,                --: revenue of the period before from customers who left
	m.closing_revenue,     --: revenue of the period
	m.orders,              --: orders of the period
	m.gross_retention,     --: share of the opening revenue that stayed: (opening - contraction - lost) / opening
	m.net_retention,       --: the same with expansion
	m.quick_ratio,         --: revenue won by revenue lost
	m.complete             --: false while the period is still running at the report date
FROM %1$I.counted_period p
CROSS JOIN LATERAL clv.value_bridge(p.movements) m
$template$;
COMMENT ON FUNCTION clv.view_value_bridge() IS 'template of the view value_bridge of a portfolio';

CREATE FUNCTION clv.view_observation() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: customers who are alike for a model of orders, which is asked once for all of them: one row per frequency, t_x and age at the report date
SELECT
	(p.statistics).frequency,  --: purchase days after the first: x of the models
	(p.statistics).t_x,        --: days from the first order to the last: t_x, the recency of the models
	(p.statistics).age,        --: days from the first order to the report date: T of the models
	count(*) AS customers,     --: number of customers
	sum(clv.orders(p.history)) AS orders, --: their orders
	sum(clv.revenue(p.history)) AS revenue, --: their revenue, refunds deducted; currency of the source
	sum(clv.revenue(p.costs)) AS costs, --: costs of their orders; NULL if the portfolio has no cost column; currency of the source
	sum(clv.orders(y.year)) AS year_orders, --: their orders in the year up to the report date
	sum(clv.revenue(y.year)) AS year_revenue, --: their revenue in that year; currency of the source
	count(*) FILTER (WHERE clv.purchase_days(y.year) > 0) AS year_customers, --: customers who ordered in that year
	sum(clv.expected_spend(p.spend_model, p.history, p.as_of)::numeric)::float8 AS expected_spend --: expected amounts of a purchase day, summed over them; currency of the source
FROM (
	SELECT h.history, h.costs, b.as_of, b.spend_model, clv.statistics(h.history, b.as_of) AS statistics
	FROM (SELECT * FROM %1$I.report_basis LIMIT 1) b CROSS JOIN %1$I.history h OFFSET 0) p
CROSS JOIN LATERAL (SELECT clv.slice(p.history, (p.as_of - interval '1 year')::date + 1, p.as_of + 1) AS year OFFSET 0) y
GROUP BY 1, 2, 3
$template$;
COMMENT ON FUNCTION clv.view_observation() IS 'template of the view observation of a portfolio';

CREATE FUNCTION clv.view_cash_flow() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: what known customers are expected to bring, month by month from the report date to the horizon
SELECT
	f.month_number::int AS month_number, --: months after the report date, 1 is the first
	f.month_start,             --: its first day
	f.month_end,               --: its last day
	f.orders AS expected_orders,   --: expected purchase days
	f.revenue AS expected_revenue, --: expected revenue; currency of the source
	f.revenue * b.margin AS expected_value, --: that revenue times the margin: profit; currency of the source
	f.revenue * b.margin / (1 + b.discount_rate) ^ ((f.month_end - b.as_of) / 365.2425::float8) AS discounted_value --: that profit discounted from the end of the month; NULL without a discount rate; currency of the source
FROM (SELECT * FROM %1$I.report_basis LIMIT 1) b
CROSS JOIN LATERAL (
	SELECT array_agg(d.start ORDER BY d.start) AS starts, array_agg(least(d.next - 1, d.horizon) ORDER BY d.start) AS ends
	FROM (
		SELECT (b.as_of + 1 + n * interval '1 month')::date AS start, (b.as_of + 1 + (n + 1) * interval '1 month')::date AS next,
			(b.as_of + b.horizon)::date AS horizon
		FROM generate_series(0, 1199) n) d
	WHERE d.start <= d.horizon) m
CROSS JOIN LATERAL (
	SELECT clv.exact_sum(c.orders, 1) AS orders, clv.exact_sum(c.orders, c.expected_spend) AS revenue
	FROM (
		SELECT clv.expected_orders_by(b.order_model, h.history, b.as_of, m.ends) AS orders,
			clv.expected_spend(b.spend_model, h.history, b.as_of) AS expected_spend
		FROM %1$I.history h OFFSET 0) c
	HAVING count(*) > 0) s
CROSS JOIN LATERAL unnest(m.starts, m.ends, s.orders, s.revenue) WITH ORDINALITY f (month_start, month_end, orders, revenue, month_number)
ORDER BY f.month_number
$template$;
COMMENT ON FUNCTION clv.view_cash_flow() IS 'template of the view cash_flow of a portfolio';

CREATE FUNCTION clv.view_model() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: the fitted models, all versions; the active ones are those that reports use
SELECT
	v.version,                                   --: number of the fit, growing
	v.role,                                      --: transactions: when customers order; spend: how much
	clv.family(v.model) AS family,               --: family of the model
	v.active,                                    --: do reports use it
	v.as_of,                                     --: last day that the fit looked at
	clv.observations(v.model) AS customers,      --: customers that it was fitted to
	p.parameters,                                --: estimates of the parameters; times in days
	clv.log_likelihood(v.model) AS log_likelihood, --: maximum of the log-likelihood
	clv.aic(v.model) AS aic,                     --: information criterion of Akaike, lower is better
	clv.bic(v.model) AS bic,                     --: information criterion of Schwarz, lower is better
	clv.converged(v.model) AS converged,         --: did the fit reach a maximum
	clv.status(v.model) AS status,               --: how the fit ended
	v.fitted_at,                                 --: when it was fitted
	v.model                                      --: the model itself, for the functions of clv
FROM %1$I.model_version v
CROSS JOIN LATERAL (SELECT jsonb_object_agg(q.name, q.estimate) AS parameters FROM clv.parameters(v.model) q) p
ORDER BY v.version DESC, v.role DESC
$template$;
COMMENT ON FUNCTION clv.view_model() IS 'template of the view model of a portfolio';

CREATE FUNCTION clv.view_parameter_drift() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: how the parameters moved from fit to fit: one row per version, role and parameter, compared with the version before it that has the same family
SELECT
	d.version,               --: number of the fit
	d.role,                  --: transactions: when customers order; spend: how much
	d.family,                --: family of the model
	d.active,                --: do reports use it
	d.as_of,                 --: last day that the fit looked at
	d.parameter,             --: name of the parameter
	d.estimate,              --: its estimate; times in days
	d.std_error,             --: standard error of the estimate; NULL where it is not known
	d.lower,                 --: lower bound of the 95 %% interval of the estimate
	d.upper,                 --: upper bound of the 95 %% interval of the estimate
	d.previous_version,      --: version compared with; NULL for the first of its family
	d.previous,              --: estimate of that version
	d.estimate - d.previous AS change, --: estimate less the previous one
	(d.estimate - d.previous) / nullif(d.previous_error, 0) AS change_in_errors, --: that change in standard errors of the previous estimate; customers common to both fits make it smaller than between independent ones
	d.estimate < d.previous_lower OR d.estimate > d.previous_upper AS moved --: warning: the estimate lies outside the previous 95 %% interval, customers are not what they were
FROM (
	SELECT v.version, v.role, clv.family(v.model) AS family, v.active, v.as_of, p.name AS parameter,
		p.estimate, p.std_error, p.lower, p.upper,
		lag(v.version) OVER w AS previous_version, lag(p.estimate) OVER w AS previous, lag(p.std_error) OVER w AS previous_error,
		lag(p.lower) OVER w AS previous_lower, lag(p.upper) OVER w AS previous_upper, p.place
	FROM %1$I.model_version v
	CROSS JOIN LATERAL clv.parameters(v.model) WITH ORDINALITY p (name, estimate, std_error, lower, upper, meaning, place)
	WINDOW w AS (PARTITION BY v.role, clv.family(v.model), p.name ORDER BY v.version)) d
ORDER BY d.version DESC, d.role DESC, d.place
$template$;
COMMENT ON FUNCTION clv.view_parameter_drift() IS 'template of the view parameter_drift of a portfolio';

CREATE FUNCTION clv.view_kpi() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: one row per indicator, at the report date
SELECT
	k.kind,         --: what it tells of: activity (what happens), effectiveness (is it what was wanted), efficiency (at what expense), performance (what it is worth)
	k.indicator,    --: name of the indicator
	trim_scale(round(k.value, 4)) AS value, --: its value, rounded to four decimals; NULL where it cannot be told
	k.unit,         --: unit of the value
	k.meaning       --: definition
FROM (
	SELECT count(*) AS customers, sum(clv.orders(h.history)) AS orders, sum(p.revenue) AS revenue,
		count(*) FILTER (WHERE p.repeats > 0) AS repeaters,
		count(*) FILTER (WHERE p.first_order > b.year_before) AS new_year,
		avg(b.as_of - p.last_order) AS recency_days,
		(clv.exact_sum((p.last_order - p.first_order)::float8 / p.repeats) FILTER (WHERE p.repeats > 0))::numeric / nullif(count(*) FILTER (WHERE p.repeats > 0), 0) AS gap,
		coalesce(sum(p.revenue) - sum(clv.revenue(h.costs)), sum(p.revenue) * max(b.margin)::numeric) AS historic_value,
		clv.exact_sum(clv.p_alive(b.order_model, h.history, b.as_of))::numeric AS alive,
		clv.exact_sum(p.expected_orders)::numeric AS expected_orders,
		(clv.exact_sum(p.expected_orders * p.expected_spend) * max(b.margin))::numeric AS expected_value,
		(clv.exact_sum(clv.dert(b.order_model, h.history, b.as_of, b.discount_rate) * p.expected_spend) * max(b.margin))::numeric AS equity,
		sum(clv.orders(p.year)) AS year_orders, sum(clv.revenue(p.year)) AS year_revenue,
		count(*) FILTER (WHERE p.last_order > b.year_before) AS year_customers,
		(SELECT clv.top_share(d.revenue, 0.2)::numeric FROM %1$I.distribution d) AS best_fifth,
		(SELECT clv.gini(d.revenue)::numeric FROM %1$I.distribution d) AS gini
	FROM (SELECT *, (as_of - interval '1 year')::date AS year_before FROM %1$I.report_basis LIMIT 1) b
	CROSS JOIN %1$I.history h
	CROSS JOIN LATERAL (SELECT
		clv.purchase_days(h.history) - 1 AS repeats,
		clv.first_order(h.history) AS first_order,
		clv.last_order(h.history) AS last_order,
		clv.revenue(h.history) AS revenue,
		clv.slice(h.history, b.year_before + 1, b.as_of + 1) AS year,
		clv.expected_orders(b.order_model, h.history, b.as_of, b.horizon) AS expected_orders,
		clv.expected_spend(b.spend_model, h.history, b.as_of) AS expected_spend
		OFFSET 0) p) t
CROSS JOIN LATERAL (VALUES
	(1, 'activity', 'customers', t.customers, 'customers', 'customers with at least one order'),
	(2, 'activity', 'active customers', t.year_customers, 'customers', 'customers who ordered in the year up to the report date'),
	(3, 'activity', 'new customers', t.new_year, 'customers', 'customers who ordered for the first time in that year'),
	(4, 'activity', 'orders', t.orders, 'orders', 'all orders'),
	(5, 'activity', 'orders, last year', t.year_orders, 'orders', 'orders in the year up to the report date'),
	(6, 'activity', 'days since last order', t.recency_days, 'days', 'mean over all customers'),
	(7, 'effectiveness', 'repeat rate', t.repeaters::numeric / nullif(t.customers, 0), 'share', 'share of customers who bought on a second day'),
	(8, 'effectiveness', 'orders per customer', t.orders / nullif(t.customers, 0), 'orders', 'orders by customer, all time'),
	(9, 'effectiveness', 'orders per active customer', t.year_orders / nullif(t.year_customers, 0), 'orders', 'purchase frequency: orders in the year up to the report date by customer who ordered in it'),
	(10, 'effectiveness', 'days between orders', t.gap, 'days', 'mean gap between purchase days, averaged over the customers who have one'),
	(11, 'effectiveness', 'customers alive', t.alive, 'customers', 'expected number of customers who are still there: sum of p_alive'),
	(12, 'efficiency', 'average order', t.revenue / nullif(t.orders, 0), 'currency', 'revenue by order, all time'),
	(13, 'efficiency', 'average order, last year', t.year_revenue / nullif(t.year_orders, 0), 'currency', 'revenue by order in the year up to the report date'),
	(14, 'efficiency', 'revenue per customer', t.revenue / nullif(t.customers, 0), 'currency', 'revenue by customer, all time'),
	(15, 'efficiency', 'share of the best fifth', t.best_fifth, 'share', 'share of revenue made by the best 20 %% of the customers'),
	(16, 'efficiency', 'gini', t.gini, 'index', 'concentration of revenue: 0 if all customers are equal, 1 if one has it all'),
	(17, 'performance', 'revenue', t.revenue, 'currency', 'sum of all amounts, refunds deducted'),
	(18, 'performance', 'revenue, last year', t.year_revenue, 'currency', 'amounts of the year up to the report date'),
	(19, 'performance', 'historic value', t.historic_value, 'currency', 'profit so far: revenue less costs, or revenue times margin'),
	(20, 'performance', 'expected orders', t.expected_orders, 'orders', 'expected purchase days of known customers within the horizon'),
	(21, 'performance', 'expected value', t.expected_value, 'currency', 'expected profit from known customers within the horizon, not discounted'),
	(22, 'performance', 'customer equity', t.equity, 'currency', 'expected profit from all future orders of known customers, discounted; needs a discount rate')
	) k (place, kind, indicator, value, unit, meaning)
ORDER BY k.place
$template$;
COMMENT ON FUNCTION clv.view_kpi() IS 'template of the view kpi of a portfolio';

CREATE FUNCTION clv.view_reliability() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: can the figures be relied on: one row per check, at the report date
SELECT
	(c.r)."check",             --: what is checked
	(c.r).value,               --: what was found, rounded to four decimals; of models 1 if the fit ended with status ok, else 0
	(c.r).threshold,           --: what it is compared with
	(c.r).verdict,             --: ok, caution, insufficient, or unknown where nothing can be said
	(c.r).meaning              --: why it matters
FROM (
	SELECT max(b.as_of) AS as_of, count(h.history) AS customers, count(*) FILTER (WHERE s.x > 0) AS repeaters,
		count(*) FILTER (WHERE clv.orders(h.history) > 2) AS regulars,
		min(clv.first_order(h.history)) AS first_order, max(clv.last_order(h.history)) AS last_order,
		(SELECT clv.largest_share(d.revenue) FROM %1$I.distribution d) AS largest,
		count(s.y)::float8 AS n, sum(s.x) FILTER (WHERE s.y IS NOT NULL)::float8 AS x, sum(s.x * s.x) FILTER (WHERE s.y IS NOT NULL)::float8 AS xx,
		clv.exact_sum(s.y) AS y, clv.exact_sum(s.y * s.y) AS yy, clv.exact_sum(s.x * s.y) AS xy
	FROM (SELECT as_of FROM %1$I.report_basis LIMIT 1) b
	LEFT JOIN %1$I.history h ON true
	LEFT JOIN LATERAL (
		SELECT (s.s).frequency::bigint AS x, (s.s).spend AS y
		FROM (SELECT clv.statistics(h.history, b.as_of) AS s OFFSET 0) s OFFSET 0) s ON true) t
-- What varies by less than its hundred-thousandth is constant: no correlation can be told.
CROSS JOIN LATERAL (
	SELECT CASE WHEN t.n * t.xx > t.x * t.x AND t.n * t.yy - t.y * t.y > 1e-10 * t.n * t.yy THEN
		greatest(least((t.n * t.xy - t.x * t.y) / sqrt(t.n * t.xx - t.x * t.x) / sqrt(t.n * t.yy - t.y * t.y), 1), -1) END AS spend_correlation) g
LEFT JOIN %1$I.model_version m ON m.active AND m.role = 'transactions'
LEFT JOIN %1$I.model_version n ON n.active AND n.role = 'spend'
CROSS JOIN LATERAL (VALUES
	(1, clv.check_value('customers', t.customers)),
	(2, clv.check_value('repeat customers', t.repeaters)),
	(3, clv.check_value('customers with three orders', t.regulars)),
	(4, clv.check_value('days of history', t.last_order - t.first_order + 1)),
	(5, clv.check_value('days since last order', t.as_of - t.last_order)),
	(6, clv.check_value('share of the largest customer', t.largest)),
	(7, clv.check_value('days since fit', t.as_of - m.as_of)),
	(8, clv.check_model('transactions model', m.model)),
	(9, clv.check_model('spend model', n.model)),
	(10, clv.check_value('correlation of frequency and spend', g.spend_correlation))
	) c (place, r)
ORDER BY c.place
$template$;
COMMENT ON FUNCTION clv.view_reliability() IS 'template of the view reliability of a portfolio';

CREATE FUNCTION clv.view_verdict() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: can each report be relied on: one row per report, the worst verdict of its checks and the reasons
SELECT
	v.report,                                --: concentration (A/B/C, shares), cohorts, movements (also the value bridge), transactions or spend (predictions of the active model)
	v.period,                                --: period of the calendar, where the report has one
	coalesce(v.verdict, 'unknown') AS verdict, --: ok, caution, insufficient, or unknown where nothing can be said
	coalesce(v.reasons, '{}') AS reasons     --: a sentence for each check that is not ok: what was found, what it is compared with, why it matters
FROM %1$I.distribution d
CROSS JOIN LATERAL (
	SELECT 1, 'concentration', NULL, j.verdict, j.reasons FROM clv.verdict(d.revenue) j
	UNION ALL
	SELECT 2, 'cohorts', p.period, j.verdict, j.reasons FROM %1$I.counted_period p CROSS JOIN LATERAL clv.verdict(p.cohorts, d.revenue) j
	UNION ALL
	SELECT 3, 'movements', p.period, j.verdict, j.reasons FROM %1$I.counted_period p CROSS JOIN LATERAL clv.verdict(p.movements, d.revenue) j
	UNION ALL
	SELECT 4, m.role, NULL, j.verdict, j.reasons FROM %1$I.model_version m CROSS JOIN LATERAL clv.verdict(m.model) j WHERE m.active
	) v (place, report, period, verdict, reasons)
ORDER BY v.place, v.report DESC, v.period
$template$;
COMMENT ON FUNCTION clv.view_verdict() IS 'template of the view verdict of a portfolio';

CREATE FUNCTION clv.view_data_quality() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: what is odd about the rows of the source: one row per finding, counted when asked
SELECT
	p.problem,     --: what was looked for
	p.rows,        --: rows of the source in which it was found; of refunds without an order those of the view accepted_order
	p.treatment,   --: what the portfolio does with them
	p.example      --: one of these rows
FROM (
	SELECT pg_catalog.count(*) AS total,
		pg_catalog.count(*) FILTER (WHERE q.kept IS NOT TRUE AND q.cancelled IS NOT TRUE) AS filtered, pg_catalog.min(e.example) FILTER (WHERE q.kept IS NOT TRUE AND q.cancelled IS NOT TRUE) AS filtered_example,
		pg_catalog.count(*) FILTER (WHERE q.cancelled) AS cancelled, pg_catalog.min(e.example) FILTER (WHERE q.cancelled) AS cancelled_example,
		pg_catalog.count(*) FILTER (WHERE q.kept AND q.customer IS NULL) AS no_customer, pg_catalog.min(e.example) FILTER (WHERE q.kept AND q.customer IS NULL) AS no_customer_example,
		pg_catalog.count(*) FILTER (WHERE q.kept AND q.ordered_on IS NULL) AS no_date, pg_catalog.min(e.example) FILTER (WHERE q.kept AND q.ordered_on IS NULL) AS no_date_example,
		pg_catalog.count(*) FILTER (WHERE q.kept AND q.amount IS NULL) AS no_amount, pg_catalog.min(e.example) FILTER (WHERE q.kept AND q.amount IS NULL) AS no_amount_example,
		pg_catalog.count(*) FILTER (WHERE q.kept AND q.no_order_id) AS no_order_id, pg_catalog.min(e.example) FILTER (WHERE q.kept AND q.no_order_id) AS no_order_id_example,
		pg_catalog.count(*) FILTER (WHERE q.kept AND q.no_cost) AS no_cost, pg_catalog.min(e.example) FILTER (WHERE q.kept AND q.no_cost) AS no_cost_example,
		pg_catalog.count(*) FILTER (WHERE q.kept AND q.no_currency) AS no_currency, pg_catalog.min(e.example) FILTER (WHERE q.kept AND q.no_currency) AS no_currency_example,
		pg_catalog.count(*) FILTER (WHERE q.kept AND NOT pg_catalog.isfinite(q.ordered_on)) AS endless, pg_catalog.min(e.example) FILTER (WHERE q.kept AND NOT pg_catalog.isfinite(q.ordered_on)) AS endless_example,
		pg_catalog.count(*) FILTER (WHERE q.kept AND q.ordered_on OPERATOR(pg_catalog.>) r.as_of) AS future, pg_catalog.min(e.example) FILTER (WHERE q.kept AND q.ordered_on OPERATOR(pg_catalog.>) r.as_of) AS future_example,
		pg_catalog.count(*) FILTER (WHERE q.kept AND pg_catalog.abs(q.amount) OPERATOR(pg_catalog.>=) 'Infinity') AS not_finite, pg_catalog.min(e.example) FILTER (WHERE q.kept AND pg_catalog.abs(q.amount) OPERATOR(pg_catalog.>=) 'Infinity') AS not_finite_example,
		pg_catalog.count(*) FILTER (WHERE q.kept AND q.amount OPERATOR(pg_catalog.=) 0) AS zero, pg_catalog.min(e.example) FILTER (WHERE q.kept AND q.amount OPERATOR(pg_catalog.=) 0) AS zero_example,
		pg_catalog.count(*) FILTER (WHERE q.kept AND q.amount OPERATOR(pg_catalog.<) 0) AS negative, pg_catalog.min(e.example) FILTER (WHERE q.kept AND q.amount OPERATOR(pg_catalog.<) 0) AS negative_example,
		greatest(pg_catalog.count(DISTINCT q.currency) FILTER (WHERE q.kept AND q.currency IS NOT NULL) OPERATOR(pg_catalog.-) 1, 0) AS currencies,
		pg_catalog.string_agg(DISTINCT q.currency, ', ') FILTER (WHERE q.kept AND q.currency IS NOT NULL) AS currencies_example
	FROM (SELECT clv.report_date(as_of, zone) AS as_of FROM %1$I.setting LIMIT 1) r
	-- What is looked at is computed once for each row, an example only where something is odd.
	CROSS JOIN (%2$s OFFSET 0) q
	CROSS JOIN LATERAL (SELECT pg_catalog.concat_ws(', ', 'customer ' OPERATOR(pg_catalog.||) COALESCE(q.customer, 'NULL'),
		COALESCE(pg_catalog.to_jsonb(q.moment) OPERATOR(pg_catalog.#>>) '{}', 'NULL'), COALESCE(q.given::pg_catalog.text, 'NULL')) AS example) e
	) t
CROSS JOIN (
	SELECT pg_catalog.count(*) AS refunds, pg_catalog.min(pg_catalog.concat_ws(', ', 'customer ' OPERATOR(pg_catalog.||) o.customer::pg_catalog.text, pg_catalog.to_jsonb(o.moment) OPERATOR(pg_catalog.#>>) '{}', o.amount::pg_catalog.text)) AS example
	FROM %1$I.accepted_order o
	WHERE o.amount OPERATOR(pg_catalog.<) 0 AND o.ordered_on OPERATOR(pg_catalog.<=) (SELECT clv.report_date(as_of, zone) FROM %1$I.setting)
		AND NOT EXISTS (SELECT FROM %1$I.history h WHERE h.customer OPERATOR(%4$s) o.customer)) n
CROSS JOIN (SELECT refunds FROM %1$I.setting LIMIT 1) s
CROSS JOIN LATERAL (VALUES
	(1, 'all rows', t.total, NULL, NULL),
	(2, 'not passed by the filter', t.filtered, 'ignored', t.filtered_example),
	(3, 'customer missing', t.no_customer, 'skipped', t.no_customer_example),
	(4, 'date missing', t.no_date, 'skipped', t.no_date_example),
	(5, 'amount missing', t.no_amount, 'skipped', t.no_amount_example),
	(6, 'order id missing', t.no_order_id, 'skipped', t.no_order_id_example),
	(7, 'cost missing', t.no_cost, 'counted as 0', t.no_cost_example),
	(8, 'date infinite', t.endless, 'refresh fails', t.endless_example),
	(9, 'date after the report date', t.future, 'left out of reports until then', t.future_example),
	(10, 'amount NaN or infinite', t.not_finite, 'refresh fails', t.not_finite_example),
	(11, 'amount zero', t.zero, 'counted as an order', t.zero_example),
	(12, 'amount negative', t.negative, CASE WHEN s.refunds OPERATOR(pg_catalog.=) 'net' THEN 'refund: lowers revenue, is no order'
		WHEN s.refunds OPERATOR(pg_catalog.=) 'drop' THEN 'ignored' ELSE 'refresh fails' END, t.negative_example),
	(13, 'further currencies', t.currencies, 'refresh fails', t.currencies_example),
	(14, 'cancelled', t.cancelled, 'counted in cancellation rates only', t.cancelled_example),
	(15, 'currency missing', t.no_currency, 'counted with the others', t.no_currency_example),
	(16, 'refund of a customer without an order', n.refunds, 'in no report but profit_signal', n.example)
	) p (place, problem, rows, treatment, example)
ORDER BY p.place
$template$;
COMMENT ON FUNCTION clv.view_data_quality() IS 'template of the view data_quality of a portfolio';
