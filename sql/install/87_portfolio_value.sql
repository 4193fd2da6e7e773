--
-- Where customers come from, what they cost, and what the business would be
-- worth under other conditions
--
-- Views by channel, owner and referrer, signals of profitability, what-if.
-- Templates as in 81_portfolio_view.sql; %4$s is the operator by which
-- customers are equal.
--

CREATE FUNCTION clv.view_cancelled_order() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: the cancelled orders of the source, which count in no other report but profit_signal: rows that pass the filter and fulfil the option cancelled; of orders with lines those of which every line does
SELECT
	customer,    --: customer, as in the source
	ordered_on,  --: day of the order in the zone of the portfolio
	amount       --: amount of the order, in the currency of the source
FROM (%2$s) cancelled
$template$;
COMMENT ON FUNCTION clv.view_cancelled_order() IS 'template of the view cancelled_order of a portfolio';

CREATE FUNCTION clv.view_acquisition_spend() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: what was spent to win customers, by period, up to the report date; no rows for roles from which row-level security hides orders but no spend
SELECT
	u.period,        --: period of the calendar: day, week, month, quarter or year
	d.period_start,  --: its first day
	r.channel,       --: channel of the spend; NULL if the spend table has none
	trim_scale(r.amount * d.days / (r.to_day - r.from_day + 1)) AS amount --: what was spent in it: of a row that stands for a longer period, the part of the days that fall into this one; currency of the source
FROM (SELECT s.periods, s.week_start, s.spend_per, clv.report_date(s.as_of, s.zone) AS as_of FROM %1$I.setting s LIMIT 1) b
CROSS JOIN LATERAL (
	SELECT q.channel, q.amount, coalesce(clv.period_start(q.spent_on, b.spend_per, b.week_start), q.spent_on) AS from_day,
		coalesce(clv.period_end(q.spent_on, b.spend_per, b.week_start), q.spent_on) AS to_day
	FROM (%2$s) q) r
CROSS JOIN LATERAL unnest(b.periods) u (period)
CROSS JOIN LATERAL (
	SELECT clv.period_start(r.from_day + n, u.period, b.week_start) AS period_start, count(*) AS days
	FROM generate_series(0, least(r.to_day, b.as_of) - r.from_day) n GROUP BY 1) d
$template$;
COMMENT ON FUNCTION clv.view_acquisition_spend() IS 'template of the view acquisition_spend of a portfolio';

CREATE FUNCTION clv.view_customer_origin() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: one row per customer: where they came from and who looks after them at the report date; stored by the last refresh for who may see every order, else read from the orders
SELECT
	h.customer,   --: customer, as in the source
	o.channel,    --: channel of the first order, through which the customer was won; of several at the same time the first in the alphabet; NULL if the portfolio has no channel column
	o.owners[width_bucket(r.as_of, o.owner_since)] AS owner, --: owner of the last order; of several at the same time the first in the alphabet; NULL if the portfolio has no owner column
	o.referrer    --: customer who recommended the shop, from the first order; NULL if the portfolio has no referrer column
FROM %1$I.history h
CROSS JOIN (SELECT clv.report_date(s.as_of, s.zone) AS as_of FROM %1$I.setting s LIMIT 1) r
LEFT JOIN (
	SELECT * FROM %1$I.stored_origin WHERE clv.sees_every_row(%3$L::pg_catalog.regclass)
	UNION ALL
	SELECT * FROM (%2$s) f
	WHERE NOT (clv.sees_every_row(%3$L::pg_catalog.regclass) AND EXISTS (SELECT FROM %1$I.stored_origin))) o ON o.customer OPERATOR(%4$s) h.customer
$template$;
COMMENT ON FUNCTION clv.view_customer_origin() IS 'template of the view customer_origin of a portfolio';

CREATE FUNCTION clv.view_cohort_channel_value() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: what each cohort bought, by the channel through which it was won, and when it has paid back what it cost; counted when asked; empty if the portfolio has no channel column
SELECT
	v.period,              --: period of the calendar: day, week, month, quarter or year
	v.channel,             --: channel of the first order; NULL where the order has none
	v.cohort,              --: first day of the period in which the customers of the cohort bought first
	v.cohort_size,         --: customers of the cohort who came through the channel
	v.period_number,       --: periods since, 0 is the first
	v.period_start,        --: first day of that period
	v.active,              --: of these customers those who bought in it
	v.orders,              --: their orders in it, through any channel
	v.revenue,             --: amounts of these orders, refunds deducted; currency of the source
	v.cumulative_revenue_per_customer, --: revenue from the first period up to this one by acquired customer
	v.cumulative_value_per_customer, --: that revenue times the margin of the portfolio: profit by acquired customer
	v.acquisition_spend,   --: what was spent on the channel in the period of the cohort, up to the report date; NULL without a row of the spend table; currency of the source
	v.acquisition_cost,    --: that spend by acquired customer
	v.cumulative_value_per_customer - v.acquisition_cost AS net_value_per_customer, --: profit by acquired customer less the cost of winning one
	v.cumulative_value_per_customer / nullif(v.acquisition_cost, 0) AS value_to_acquisition_cost, --: profit so far by what it cost: from 1 on the cohort has paid back
	v.cumulative_value_per_customer >= v.acquisition_cost AS paid_back, --: has the profit reached the cost
	min(v.period_number) FILTER (WHERE v.cumulative_value_per_customer >= v.acquisition_cost)
		OVER (PARTITION BY v.period, v.channel, v.cohort) AS payback_period, --: number of the first period in which it had, 0 is the first; NULL if not yet
	v.complete             --: false while the period is still running at the report date
FROM (
	SELECT p.period, p.channel, c.*,
		c.cumulative_revenue / c.cohort_size AS cumulative_revenue_per_customer,
		c.cumulative_revenue / c.cohort_size * b.margin::numeric AS cumulative_value_per_customer,
		a.amount AS acquisition_spend, a.amount / c.cohort_size AS acquisition_cost
	FROM (SELECT * FROM %1$I.report_basis LIMIT 1) b
	CROSS JOIN LATERAL (
		SELECT u.period, o.channel, clv.cohort_state(h.history, u.period, b.as_of, b.week_start) AS cohorts
		FROM %1$I.history h
		LEFT JOIN %1$I.customer_origin o ON o.customer OPERATOR(%4$s) h.customer
		CROSS JOIN unnest(b.periods) u (period)
		WHERE (SELECT s.channel IS NOT NULL FROM %1$I.setting s)
		GROUP BY u.period, o.channel) p
	CROSS JOIN LATERAL clv.cohorts(p.cohorts, 'on') c
	LEFT JOIN (SELECT s.period, s.period_start, s.channel, sum(s.amount) AS amount FROM %1$I.acquisition_spend s
		GROUP BY s.period, s.period_start, s.channel) a
		ON a.period = p.period AND a.period_start = c.cohort AND a.channel IS NOT DISTINCT FROM p.channel) v
$template$;
COMMENT ON FUNCTION clv.view_cohort_channel_value() IS 'template of the view cohort_channel_value of a portfolio';

CREATE FUNCTION clv.view_acquisition() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: the customers won in each period, by channel: what they cost, what they brought and what is still to come; spend that won nobody has a row as well
SELECT
	coalesce(v.period, a.period) AS period, --: period of the calendar: day, week, month, quarter or year
	coalesce(v.cohort, a.period_start) AS cohort, --: first day of the period in which the customers bought first, or the money was spent
	coalesce(v.channel, a.channel) AS channel, --: channel of the first order, or of the spend; NULL if the portfolio has no channel column
	coalesce(v.customers, 0) AS customers, --: customers won
	v.historic_value / v.customers AS historic_value_per_customer, --: profit so far by customer: revenue less costs, or revenue times margin; currency of the source
	v.residual_value / v.customers AS residual_value_per_customer, --: expected profit from all future orders by customer, discounted to the report date; NULL without a discount rate; currency of the source
	(v.historic_value::float8 + v.residual_value) / v.customers AS lifetime_value_per_customer, --: both together: the lifetime value by customer
	a.amount AS acquisition_spend, --: what was spent on the channel, or on all if the portfolio has no channel column, in that period; NULL without a row of the spend table; currency of the source
	a.amount / v.customers AS acquisition_cost, --: that spend by customer won; NULL where it won nobody
	(v.historic_value::float8 + v.residual_value) / nullif(a.amount, 0)::float8 AS value_to_acquisition_cost --: lifetime value by acquisition cost
FROM (
	SELECT u.period, clv.period_start(c.first_order, u.period, b.week_start) AS cohort, o.channel, count(*) AS customers,
		sum(c.historic_value) AS historic_value, sum(c.residual_value::numeric)::float8 AS residual_value
	FROM (SELECT periods, week_start FROM %1$I.setting LIMIT 1) b
	CROSS JOIN (SELECT customer, first_order, historic_value, residual_value FROM %1$I.customer_value OFFSET 0) c
	LEFT JOIN %1$I.customer_origin o ON o.customer OPERATOR(%4$s) c.customer
	CROSS JOIN LATERAL unnest(b.periods) u (period)
	GROUP BY 1, 2, 3) v
FULL JOIN (
	SELECT s.period, s.period_start, s.channel, sum(s.amount) AS amount
	FROM (SELECT s.period, s.period_start, s.amount, CASE WHEN (SELECT p.channel IS NOT NULL FROM %1$I.setting p) THEN s.channel END AS channel
		FROM %1$I.acquisition_spend s) s
	GROUP BY 1, 2, 3) a
	ON a.period = v.period AND a.period_start = v.cohort AND a.channel IS NOT DISTINCT FROM v.channel
$template$;
COMMENT ON FUNCTION clv.view_acquisition() IS 'template of the view acquisition of a portfolio';

CREATE FUNCTION clv.view_profit_signal() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: signs that orders bring less than they did, period by period, read from the orders up to the report date: margin, discounts, order size against number, cancellations, payment; before means all periods before this one, which are complete
SELECT
	v.period,              --: period of the calendar: day, week, month, quarter or year
	v.period_start,        --: its first day
	v.orders,              --: orders of the period
	v.revenue,             --: their amounts, refunds deducted; currency of the source
	v.margin,              --: share of revenue that is left after costs; NULL without a cost column
	v.average_order,       --: revenue by order; currency of the source
	v.revenue - v.last_revenue AS revenue_change, --: revenue less that of the period before: change_by_number + change_by_size
	(v.orders - v.last_orders) * (v.revenue / nullif(v.orders, 0) + v.last_revenue / nullif(v.last_orders, 0)) / 2 AS change_by_number, --: the part of it due to more or fewer orders: their number less that before, times the mean of both average orders; NULL where one of the periods has no order
	v.revenue - v.last_revenue - (v.orders - v.last_orders) * (v.revenue / nullif(v.orders, 0) + v.last_revenue / nullif(v.last_orders, 0)) / 2 AS change_by_size, --: the part of it due to larger or smaller orders
	v.discount_share,      --: discounts by the price before discount, 0 to 1; NULL without a discount column
	v.discounted_share,    --: share of the orders with a discount: who comes only for the price; NULL without a discount column
	v.cancelled,           --: cancelled orders; NULL without the option cancelled
	v.cancellation_rate,   --: cancelled orders by cancelled and other ones
	v.cancellation_lower,  --: lower bound of the 95 % interval of that rate (Wilson)
	v.cancellation_upper,  --: upper bound of the 95 % interval of that rate (Wilson)
	v.payment_days,        --: mean number of days from order to payment of the orders paid by the report date; NULL without a paid_at column
	v.unpaid_share,        --: share of the orders not paid by the report date; NULL without a paid_at column
	CASE WHEN v.complete THEN array_remove(ARRAY[
		CASE WHEN v.margin < v.margin_before - abs(v.margin_before) / 4 THEN 'margin' END,
		CASE WHEN v.discount_share > greatest(v.discount_before * 5 / 4, v.discount_before + 0.01) THEN 'discount' END,
		CASE WHEN v.average_order < v.average_before - abs(v.average_before) / 4 THEN 'order size' END,
		CASE WHEN v.cancellation_rate > v.cancellation_before * 5 / 4 AND v.cancellation_lower > v.cancellation_before THEN 'cancellation' END,
		CASE WHEN v.payment_days > greatest(v.payment_before * 5 / 4, v.payment_before + 1) THEN 'payment' END], NULL) END AS signals, --: what is a quarter worse than before: margin, discount (and by a hundredth at least), order size, cancellation (and the interval of the rate above that before), payment (and by a day at least); empty if nothing is, NULL while the period is running
	v.complete             --: false while the period is still running at the report date
FROM (
	SELECT c.period, c.period_start, c.orders, c.revenue, c.last_orders, c.last_revenue, c.complete, c.cancelled,
		(1 - c.cost / nullif(c.revenue, 0))::float8 AS margin, (1 - c.cost_before / nullif(c.revenue_before, 0))::float8 AS margin_before,
		c.revenue / nullif(c.orders, 0) AS average_order, c.revenue_before / nullif(c.orders_before, 0) AS average_before,
		(c.discount / nullif(c.revenue + c.discount, 0))::float8 AS discount_share,
		(c.discount_before / nullif(c.revenue_before + c.discount_before, 0))::float8 AS discount_before,
		CASE WHEN c.discount IS NOT NULL THEN c.discounted / nullif(c.orders, 0)::float8 END AS discounted_share,
		w.rate AS cancellation_rate, w.lower AS cancellation_lower, w.upper AS cancellation_upper,
		c.cancelled_before / nullif(c.cancelled_before + c.orders_before, 0)::float8 AS cancellation_before,
		(c.delay / nullif(c.paid, 0))::float8 AS payment_days, (c.delay_before / nullif(c.paid_before, 0))::float8 AS payment_before,
		1 - c.paid / nullif(c.orders, 0)::float8 AS unpaid_share
	FROM (
		SELECT p.period, p.period_start, p.complete, p.orders, p.revenue, p.cost, p.discount, p.discounted, p.cancelled, p.paid, p.delay,
			lag(p.orders) OVER t AS last_orders, lag(p.revenue) OVER t AS last_revenue,
			sum(p.orders) OVER b AS orders_before, sum(p.revenue) OVER b AS revenue_before, sum(p.cost) OVER b AS cost_before,
			sum(p.discount) OVER b AS discount_before, sum(p.cancelled) OVER b AS cancelled_before,
			sum(p.paid) OVER b AS paid_before, sum(p.delay) OVER b AS delay_before
		FROM (
			SELECT u.period, clv.period_start(d.day, u.period, s.week_start) AS period_start,
				clv.period_end(d.day, u.period, s.week_start) <= r.as_of AS complete,
				sum(d.orders)::bigint AS orders, sum(d.revenue) AS revenue,
				CASE WHEN s.cost IS NOT NULL THEN sum(d.cost) END AS cost,
				CASE WHEN s.discount IS NOT NULL THEN sum(d.discount) END AS discount, sum(d.discounted)::bigint AS discounted,
				CASE WHEN s.cancelled IS NOT NULL THEN sum(d.cancelled)::bigint END AS cancelled,
				CASE WHEN s.paid_at IS NOT NULL THEN sum(d.paid)::bigint END AS paid, sum(d.delay) AS delay
			FROM (SELECT * FROM %1$I.setting LIMIT 1) s
			CROSS JOIN LATERAL (SELECT clv.report_date(s.as_of, s.zone) AS as_of OFFSET 0) r
			CROSS JOIN (
				SELECT o.ordered_on AS day, sum(o.orders) AS orders, sum(o.amount) AS revenue, sum(o.cost) AS cost, sum(o.discount) AS discount,
					count(*) FILTER (WHERE coalesce(o.discount > 0, false) AND o.orders > 0) AS discounted, 0 AS cancelled,
					count(*) FILTER (WHERE coalesce(o.paid_on <= (SELECT clv.report_date(q.as_of, q.zone) FROM %1$I.setting q), false) AND o.orders > 0) AS paid,
					sum(o.paid_on - o.ordered_on) FILTER (WHERE coalesce(o.paid_on <= (SELECT clv.report_date(q.as_of, q.zone) FROM %1$I.setting q), false) AND o.orders > 0)::numeric AS delay
				FROM %1$I.accepted_order o
				GROUP BY o.ordered_on
				UNION ALL
				SELECT o.ordered_on, 0, 0, 0, 0, 0, count(*), 0, 0
				FROM %1$I.cancelled_order o
				GROUP BY o.ordered_on) d
			CROSS JOIN LATERAL unnest(s.periods) u (period)
			-- Here, not where days are grouped: there each order would tell its day once more.
			WHERE d.day <= r.as_of
			GROUP BY u.period, 2, 3, s.cost, s.discount, s.cancelled, s.paid_at) p
		WINDOW t AS (PARTITION BY p.period ORDER BY p.period_start),
			b AS (PARTITION BY p.period ORDER BY p.period_start ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) c
	CROSS JOIN LATERAL clv.wilson(c.cancelled, c.cancelled + c.orders) w) v
$template$;
COMMENT ON FUNCTION clv.view_profit_signal() IS 'template of the view profit_signal of a portfolio';

CREATE FUNCTION clv.view_customer_signal() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: signs that a customer brings less than before: one row per customer, read from the orders up to the report date; the days from the first order to the report date have an earlier and a recent half
SELECT
	v.customer,                 --: customer, as in the source
	v.recent_from,              --: first day of the recent half
	v.earlier_orders,           --: orders in the earlier half, the first one included
	v.recent_orders,            --: orders in the recent half
	v.earlier_revenue,          --: their amounts, refunds deducted; currency of the source
	v.recent_revenue,           --: the same in the recent half
	v.earlier_average_order,    --: revenue by order; currency of the source
	v.recent_average_order,     --: the same in the recent half
	v.earlier_margin,           --: share of revenue that is left after costs; NULL without a cost column
	v.recent_margin,            --: the same in the recent half
	v.earlier_discount_share,   --: discounts by the price before discount, 0 to 1; NULL without a discount column
	v.recent_discount_share,    --: the same in the recent half
	v.earlier_cancellation_rate, --: cancelled orders by cancelled and other ones; NULL without the option cancelled
	v.recent_cancellation_rate, --: the same in the recent half
	v.earlier_payment_days,     --: mean number of days from order to payment of the orders paid by the report date; NULL without a paid_at column
	v.recent_payment_days,      --: the same in the recent half
	array_remove(ARRAY[
		CASE WHEN v.earlier_orders >= 3 AND v.recent_orders < v.earlier_orders * 0.75 THEN 'order number' END,
		CASE WHEN v.enough AND v.recent_average_order < v.earlier_average_order - abs(v.earlier_average_order) / 4 THEN 'order size' END,
		CASE WHEN v.enough AND v.recent_margin < v.earlier_margin - abs(v.earlier_margin) / 4 THEN 'margin' END,
		CASE WHEN v.enough AND v.recent_discount_share > greatest(v.earlier_discount_share * 5 / 4, v.earlier_discount_share + 0.01) THEN 'discount' END,
		CASE WHEN v.recent_cancellation_rate > v.earlier_cancellation_rate * 5 / 4 AND v.recent_cancellation_lower > v.earlier_cancellation_rate THEN 'cancellation' END,
		CASE WHEN v.enough AND v.recent_payment_days > greatest(v.earlier_payment_days * 5 / 4, v.earlier_payment_days + 1) THEN 'payment' END], NULL) AS signals --: what is a quarter worse in the recent half: order number (of at least three), order size, margin, discount (and by a hundredth at least), payment (and by a day at least), these with three orders in either half, cancellation (and the 95 % interval of the rate above that before); empty if nothing is
FROM (
	SELECT c.customer, c.recent_from, c.earlier_orders, c.recent_orders, c.earlier_orders >= 3 AND c.recent_orders >= 3 AS enough,
		c.earlier_revenue, c.recent_revenue,
		c.earlier_revenue / nullif(c.earlier_orders, 0) AS earlier_average_order, c.recent_revenue / nullif(c.recent_orders, 0) AS recent_average_order,
		(1 - c.earlier_cost / nullif(c.earlier_revenue, 0))::float8 AS earlier_margin, (1 - c.recent_cost / nullif(c.recent_revenue, 0))::float8 AS recent_margin,
		(c.earlier_discount / nullif(c.earlier_revenue + c.earlier_discount, 0))::float8 AS earlier_discount_share,
		(c.recent_discount / nullif(c.recent_revenue + c.recent_discount, 0))::float8 AS recent_discount_share,
		CASE WHEN s.cancelled IS NOT NULL THEN c.earlier_cancelled / nullif(c.earlier_cancelled + c.earlier_orders, 0)::float8 END AS earlier_cancellation_rate,
		CASE WHEN s.cancelled IS NOT NULL THEN c.recent_cancelled / nullif(c.recent_cancelled + c.recent_orders, 0)::float8 END AS recent_cancellation_rate,
		w.lower AS recent_cancellation_lower, c.earlier_payment_days::float8, c.recent_payment_days::float8
	FROM (SELECT * FROM %1$I.setting LIMIT 1) s
	CROSS JOIN (
		SELECT o.customer, h.recent_from,
			coalesce(sum(o.orders) FILTER (WHERE o.ordered_on < h.recent_from), 0)::bigint AS earlier_orders,
			coalesce(sum(o.orders) FILTER (WHERE o.ordered_on >= h.recent_from), 0)::bigint AS recent_orders,
			coalesce(sum(o.amount) FILTER (WHERE o.ordered_on < h.recent_from), 0) AS earlier_revenue,
			coalesce(sum(o.amount) FILTER (WHERE o.ordered_on >= h.recent_from), 0) AS recent_revenue,
			sum(o.cost) FILTER (WHERE o.ordered_on < h.recent_from) AS earlier_cost,
			sum(o.cost) FILTER (WHERE o.ordered_on >= h.recent_from) AS recent_cost,
			sum(o.discount) FILTER (WHERE o.ordered_on < h.recent_from) AS earlier_discount,
			sum(o.discount) FILTER (WHERE o.ordered_on >= h.recent_from) AS recent_discount,
			sum(o.cancelled) FILTER (WHERE o.ordered_on < h.recent_from) AS earlier_cancelled,
			sum(o.cancelled) FILTER (WHERE o.ordered_on >= h.recent_from) AS recent_cancelled,
			avg(o.paid_on - o.ordered_on) FILTER (WHERE o.orders > 0 AND o.paid_on <= h.as_of AND o.ordered_on < h.recent_from) AS earlier_payment_days,
			avg(o.paid_on - o.ordered_on) FILTER (WHERE o.orders > 0 AND o.paid_on <= h.as_of AND o.ordered_on >= h.recent_from) AS recent_payment_days
		FROM (
			SELECT q.customer, r.as_of, clv.first_order(q.history) + (r.as_of - clv.first_order(q.history) + 1) / 2 AS recent_from
			FROM (SELECT clv.report_date(as_of, zone) AS as_of FROM %1$I.setting LIMIT 1) r CROSS JOIN %1$I.history q OFFSET 0) h
		JOIN (
			SELECT a.customer, a.ordered_on, a.orders, a.amount, a.cost, a.discount, a.paid_on, 0 AS cancelled FROM %1$I.accepted_order a
			UNION ALL
			SELECT x.customer, x.ordered_on, 0, 0, NULL, NULL, NULL, 1 FROM %1$I.cancelled_order x) o
			ON o.customer OPERATOR(%4$s) h.customer AND o.ordered_on <= h.as_of
		GROUP BY o.customer, h.recent_from) c
	CROSS JOIN LATERAL clv.wilson(CASE WHEN s.cancelled IS NOT NULL THEN c.recent_cancelled END, c.recent_cancelled + c.recent_orders) w) v
$template$;
COMMENT ON FUNCTION clv.view_customer_signal() IS 'template of the view customer_signal of a portfolio';

CREATE FUNCTION clv.view_owner_value() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: one row per owner, such as an account manager: what the customers brought and what they are worth; one row in all if the portfolio has no owner column
SELECT
	o.owner,                                   --: owner of the last order of the customers
	count(*) AS customers,                     --: number of customers
	sum(c.orders) AS orders,                   --: their orders
	sum(c.revenue) AS revenue,                 --: their revenue, refunds deducted; currency of the source
	sum(c.historic_value) AS historic_value,   --: profit earned so far; currency of the source
	sum(c.p_alive::numeric)::float8 AS customers_alive, --: expected number of customers who are still there
	sum(c.p_alive::numeric)::float8 / count(*) AS quality, --: that number by customer, 0 to 1: the quality of the relation in clv.portfolio_value
	sum(c.residual_value::numeric)::float8 / nullif(sum(c.p_alive::numeric), 0)::float8 AS potential, --: expected discounted profit by customer who is still there: the potential in clv.portfolio_value; NULL without a discount rate
	sum(c.expected_value::numeric)::float8 AS expected_value, --: expected profit within the horizon, not discounted; currency of the source
	sum(c.residual_value::numeric)::float8 AS portfolio_value, --: expected profit from all future orders, discounted: customers times potential times quality; NULL without a discount rate; currency of the source
	sum(c.residual_value::numeric)::float8 / nullif(sum(sum(c.residual_value::numeric)) OVER (), 0)::float8 AS share --: share of the customer equity, 0 to 1
FROM (SELECT customer, orders, revenue, historic_value, p_alive, expected_value, residual_value FROM %1$I.customer_value OFFSET 0) c
LEFT JOIN %1$I.customer_origin o ON o.customer OPERATOR(%4$s) c.customer
GROUP BY o.owner
$template$;
COMMENT ON FUNCTION clv.view_owner_value() IS 'template of the view owner_value of a portfolio';

CREATE FUNCTION clv.view_referral_value() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: one row per customer who brought others, one generation: what those brought and are worth; everybody has one referrer at most, so nobody counts twice here, but referred customers are in customer_value as well: do not add the two up
SELECT
	t.referrer AS customer,      --: who recommended the shop, as in the source; need not have ordered
	t.referred,                  --: customers who came by recommendation
	t.referred_revenue,          --: their revenue; currency of the source
	t.referred_historic_value,   --: profit that they brought so far; currency of the source
	t.referred_residual_value,   --: expected profit from all their future orders, discounted; NULL without a discount rate; currency of the source
	t.referred_historic_value::float8 + t.referred_residual_value AS referral_value, --: lifetime value of those who came: the value of the recommendations
	w.total_value AS own_value,  --: lifetime value of the own orders; NULL without orders or without a discount rate
	coalesce(w.total_value, 0) + t.referred_historic_value::float8 + t.referred_residual_value AS value_with_referrals --: own value and referral value
FROM (
	SELECT o.referrer, count(*) AS referred, sum(c.revenue) AS referred_revenue, sum(c.historic_value) AS referred_historic_value,
		sum(c.residual_value::numeric)::float8 AS referred_residual_value
	FROM %1$I.customer_origin o
	JOIN (SELECT customer, revenue, historic_value, residual_value FROM %1$I.customer_value OFFSET 0) c ON c.customer OPERATOR(%4$s) o.customer
	WHERE o.referrer IS NOT NULL AND NOT o.referrer OPERATOR(%4$s) o.customer
	GROUP BY o.referrer) t
LEFT JOIN %1$I.customer_value w ON w.customer OPERATOR(%4$s) t.referrer
$template$;
COMMENT ON FUNCTION clv.view_referral_value() IS 'template of the view referral_value of a portfolio';

-- What if

CREATE FUNCTION clv.what_if_alive(m clv.model, x float8[], t_x float8[], age float8[], customers float8[], days float8) RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (SELECT sum(o.customers * clv.p_alive(m, o.x, o.t_x, o.age, days)) FROM unnest(x, t_x, age, customers) o (x, t_x, age, customers) WHERE o.customers < 'Infinity');
END
$$;
COMMENT ON FUNCTION clv.what_if_alive(clv.model, float8[], float8[], float8[], float8[], float8) IS 'how many customers are expected to be there so many days later; observations as in the view observation of a portfolio';

CREATE FUNCTION clv.what_if_attrition(m clv.model, x float8[], t_x float8[], age float8[], customers float8[], alive float8, retention float8, change float8) RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	wanted constant float8 := alive * retention * (1 + change);
	low float8 := 0;
	low_excess float8 := alive - wanted;
	high float8 := 365;
	high_excess float8 := alive * retention - wanted;
	middle float8;
	excess float8;
	last_excess float8;
BEGIN
	IF clv.family(m) = 'nbd' THEN
		PERFORM clv.portfolio_refuse('model nbd knows no attrition', change::text, 'Nobody leaves in it: leave retention at 0, or use another family.');
	END IF;
	WHILE high_excess >= 0 AND high < 16 * 365 LOOP
		low := high;
		low_excess := high_excess;
		high := high * 2;
		high_excess := clv.what_if_alive(m, x, t_x, age, customers, high) - wanted;
	END LOOP;
	IF NOT (wanted < alive AND high_excess < 0) THEN
		PERFORM clv.portfolio_refuse('retention out of range', change::text,
			format('Of the customers %s %% stay for a year: the change must leave that below 100 %%, and above %s %%.', round(100 * retention::numeric, 2), round(100 * ((high_excess + wanted) / alive)::numeric, 2)));
	END IF;
	-- Attrition g times as strong brings forward by g what the model expects of a year: find the days in which so many leave.
	-- False position; where the same end stays, its weight is halved (Dowell and Jarratt 1971).
	FOR i IN 1 .. 100 LOOP
		middle := high - high_excess * (high - low) / (high_excess - low_excess);
		EXIT WHEN NOT (middle > low AND middle < high) OR high - low < 1e-10 * high;
		excess := clv.what_if_alive(m, x, t_x, age, customers, middle) - wanted;
		EXIT WHEN abs(excess) <= 1e-12 * alive;
		IF excess > 0 THEN
			low := middle;
			low_excess := excess;
			high_excess := CASE WHEN last_excess > 0 THEN high_excess / 2 ELSE high_excess END;
		ELSE
			high := middle;
			high_excess := excess;
			low_excess := CASE WHEN last_excess < 0 THEN low_excess / 2 ELSE low_excess END;
		END IF;
		last_excess := excess;
	END LOOP;
	RETURN middle / 365;
END
$$;
COMMENT ON FUNCTION clv.what_if_attrition(clv.model, float8[], float8[], float8[], float8[], float8, float8, float8) IS 'by what factor the rate at which customers leave has to change so that their yearly retention changes by a share';

CREATE FUNCTION clv.what_if_equity(m clv.model, x float8[], t_x float8[], age float8[], spend float8[], annual_rate float8) RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (SELECT sum(o.spend * clv.dert(m, o.x, o.t_x, o.age, ln(1 + annual_rate) / 365.2425)) FROM unnest(x, t_x, age, spend) o (x, t_x, age, spend) WHERE o.spend < 'Infinity');
END
$$;
COMMENT ON FUNCTION clv.what_if_equity(clv.model, float8[], float8[], float8[], float8[], float8) IS 'expected revenue from all future orders of customers, discounted at an annual rate; observations as in the view observation of a portfolio';

CREATE FUNCTION clv.what_if_require(name text, retention float8, frequency float8, margin float8, acquisition_cost float8, discount_rate float8) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	argument text;
	change float8;
	b record;
BEGIN
	PERFORM clv.portfolio_require(name);
	FOR argument, change IN VALUES ('retention', retention), ('frequency', frequency), ('margin', margin), ('acquisition cost', acquisition_cost) LOOP
		IF change IS NULL OR NOT (change > -1 AND change < 'Infinity') THEN
			PERFORM clv.portfolio_refuse(format('change of %s out of range', argument), change::text, 'Give a share of what it is: 0.1 for a tenth more, -0.1 for a tenth less, above -1.');
		END IF;
	END LOOP;
	IF NOT (discount_rate > 0 AND discount_rate < 'Infinity') THEN
		PERFORM clv.portfolio_refuse('discount rate out of range', discount_rate::text, 'Give an annual rate such as 0.1 for 10 %.');
	END IF;
	EXECUTE format('SELECT b.as_of, b.order_model, b.spend_model, (b.margin * (1 + $1))::numeric AS given FROM %I.report_basis b', name) INTO b USING margin;
	IF b.order_model IS NULL THEN
		RAISE EXCEPTION 'portfolio % has no model of orders', quote_ident(name) USING ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = 'None was fitted yet, or no customer had ordered by the report date.',
			HINT = format('CALL clv.refresh(%L) fits it as soon as there are orders.', name);
	ELSIF b.spend_model IS NULL THEN
		RAISE EXCEPTION 'portfolio % has no model of spend', quote_ident(name) USING ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = 'When the models were fitted, no customer had come back and spent something.',
			HINT = format('CALL clv.refresh(%L, refit => true) fits it as soon as one has.', name);
	ELSIF b.given > 1 THEN
		PERFORM clv.portfolio_refuse('margin out of range', margin::text, format('It would be %s of the revenue, at most 1 is possible.', round(b.given, 4)));
	END IF;
END
$$;
COMMENT ON FUNCTION clv.what_if_require(text, float8, float8, float8, float8, float8) IS 'raises where a what-if cannot be answered';

CREATE FUNCTION clv.what_if(name text, retention float8 DEFAULT 0, frequency float8 DEFAULT 0, margin float8 DEFAULT 0,
	acquisition_cost float8 DEFAULT 0, discount_rate float8 DEFAULT NULL)
RETURNS TABLE (indicator text, base float8, changed float8, change float8, elasticity float8, unit text, meaning text)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 11 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	b record;
	won record;
	o record;
	m clv.model;
	frequency_now float8;
	retention_now float8;
	leaving float8;
	attrition float8;
	new_rate float8;
	revenue float8;
	new_revenue float8;
	slope float8;
	step constant float8 := 1e-5;
BEGIN
	PERFORM clv.what_if_require(name, retention, frequency, margin, acquisition_cost, discount_rate);
	EXECUTE format('SELECT * FROM %I.report_basis', name) INTO b;
	m := clv.in_unit(b.order_model, '1 day');
	new_rate := coalesce(discount_rate, b.discount_rate);
	-- In one order, so that sums come out the same whatever the plan.
	EXECUTE format($sql$
		SELECT array_agg(q.frequency::float8) AS x, array_agg(q.t_x) AS t_x, array_agg(q.age) AS age, array_agg(q.customers::float8) AS customers,
			array_agg(q.expected_spend) AS spend, sum(q.customers * clv.p_alive($1, q.frequency, q.t_x, q.age)) AS alive,
			sum(q.customers * clv.expected_orders($1, q.frequency, q.t_x, q.age, 1)) AS a_day
		FROM (SELECT v.* FROM %I.observation v ORDER BY v.frequency, v.t_x, v.age) q
		$sql$, name) INTO o USING m;
	frequency_now := o.a_day / nullif(o.alive, 0) * 365.2425;
	EXECUTE format($sql$
		SELECT sum(cohort_size)::float8 AS customers, (sum(acquisition_spend) / nullif(sum(cohort_size), 0))::float8 AS cost
		FROM (SELECT *, max(cohort) OVER () AS last FROM %I.cohort_value WHERE period = $1 AND period_number = 0 AND acquisition_spend IS NOT NULL) c
		WHERE cohort > last - interval '1 year'
		$sql$, name) INTO won USING b.periods[1];
	retention_now := clv.what_if_alive(m, o.x, o.t_x, o.age, o.customers, 365) / nullif(o.alive, 0);
	-- How fast the logarithm of retention falls with that of time, over about a week before and after.
	leaving := ln(clv.what_if_alive(m, o.x, o.t_x, o.age, o.customers, 358) / nullif(clv.what_if_alive(m, o.x, o.t_x, o.age, o.customers, 372), 0)) / ln(372 / 358.0::float8);
	attrition := CASE WHEN retention = 0 THEN 1 ELSE clv.what_if_attrition(m, o.x, o.t_x, o.age, o.customers, o.alive, retention_now, retention) END;
	revenue := clv.what_if_equity(m, o.x, o.t_x, o.age, o.spend, b.discount_rate);
	-- Customers leave at g times the rate and order f times as often while they stay: f/g times the value at a rate of interest divided by g.
	new_revenue := CASE WHEN attrition = 1 AND new_rate = b.discount_rate THEN revenue
		ELSE clv.what_if_equity(m, o.x, o.t_x, o.age, o.spend, (1 + new_rate) ^ (1 / attrition) - 1) END / attrition * (1 + frequency);
	-- Elasticity to the continuous rate of interest.
	slope := ln(clv.what_if_equity(m, o.x, o.t_x, o.age, o.spend, (1 + b.discount_rate) ^ (1 + step) - 1) / nullif(revenue, 0)) / ln(1 + step);
	RETURN QUERY
	SELECT v.indicator, v.base, v.changed, v.changed / nullif(v.base, 0) - 1, v.elasticity, v.unit, v.meaning
	FROM (SELECT clv.expected_spend_new(b.spend_model) * (1 + clv.dert(b.order_model, 0, 0, 0, ln(1 + b.discount_rate) / 365.2425)) AS base,
		clv.expected_spend_new(b.spend_model) * (1 + clv.dert(b.order_model, 0, 0, 0, ln(1 + new_rate) / 365.2425 / attrition) / attrition * (1 + frequency)) AS changed) n
	CROSS JOIN LATERAL (VALUES
		(1, 'customer equity', revenue * b.margin, new_revenue * b.margin * (1 + margin), NULL, 'currency', 'expected profit from all future orders of known customers, discounted'),
		(2, 'yearly retention', retention_now, retention_now * (1 + retention), (1 + slope) / nullif(leaving, 0), 'share', 'of the customers who are there, the share that is expected to be there in a year'),
		(3, 'purchase frequency', frequency_now, frequency_now * (1 + frequency), 1, 'orders', 'orders a year of a customer who is there, at today''s rate; retention stays as it is'),
		(4, 'margin', b.margin, b.margin * (1 + margin), 1, 'share', 'share of revenue that is profit'),
		(5, 'discount rate', b.discount_rate, new_rate, slope * b.discount_rate / nullif((1 + b.discount_rate) * ln(1 + b.discount_rate), 0), 'share', 'annual rate at which future money is discounted'),
		(6, 'customers won', won.customers, won.customers, NULL, 'customers', 'customers of the cohorts whose acquisition cost is known, within a year up to the last of them'),
		(7, 'acquisition cost', won.cost, won.cost * (1 + acquisition_cost), NULL, 'currency', 'spend by customer won, in these cohorts'),
		(8, 'value of a new customer', n.base * b.margin, n.changed * b.margin * (1 + margin), NULL, 'currency', 'expected profit from the first order, which is certain, and all later ones, discounted'),
		(9, 'value to acquisition cost', n.base * b.margin / nullif(won.cost, 0), n.changed * b.margin * (1 + margin) / nullif(won.cost * (1 + acquisition_cost), 0), NULL, 'ratio', 'value of a new customer by acquisition cost'),
		(10, 'value of a year of acquisition', (n.base * b.margin - won.cost) * won.customers, (n.changed * b.margin * (1 + margin) - won.cost * (1 + acquisition_cost)) * won.customers, NULL, 'currency',
			'value less acquisition cost of as many new customers as were won in these cohorts')
		) v (place, indicator, base, changed, elasticity, unit, meaning)
	ORDER BY v.place;
END
$$;
COMMENT ON FUNCTION clv.what_if(text, float8, float8, float8, float8, float8) IS 'what the customers of a portfolio would be worth under other conditions: changes of yearly retention, purchase frequency, margin and acquisition cost are shares of what they are, 0.1 for a tenth more, the discount rate is a new rate; one row per indicator with its value as it is, changed, the relative change, and of each lever the elasticity: by how many per cent customer equity grows if the lever alone grows by one per cent';
