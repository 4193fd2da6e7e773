--
-- Elementary measures: the arithmetic of customer value
--
-- Exact decimals in and out. What is undefined because nothing is there (a
-- rate of no customers) is NULL; an argument outside its range is an error
-- that names it. Sources of the definitions are in docs/measure.md.
--

CREATE FUNCTION clv.measure_require(argument text, value numeric, low numeric DEFAULT '-Infinity', high numeric DEFAULT 'Infinity') RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- NaN is above infinity.
	IF abs(value) >= 'Infinity' OR value < low OR value > high THEN
		RAISE EXCEPTION '% out of range', argument USING ERRCODE = 'invalid_parameter_value',
			DETAIL = format('The value is %s.', value),
			HINT = CASE
				WHEN high < 'Infinity' THEN format('It must lie between %s and %s.', low, high)
				WHEN low > '-Infinity' THEN format('It must be finite and at least %s.', low)
				ELSE 'It must be finite.' END;
	END IF;
END
$$;
COMMENT ON FUNCTION clv.measure_require(text, numeric, numeric, numeric) IS 'raises invalid_parameter_value unless an argument is finite and within its bounds; NULL passes';

CREATE FUNCTION clv.measure_ratio(numerator numeric, denominator numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN trim_scale(numerator / nullif(denominator, 0));
END
$$;
COMMENT ON FUNCTION clv.measure_ratio(numeric, numeric) IS 'quotient without trailing zeros; NULL where the denominator is 0';

CREATE FUNCTION clv.measure_require_cash(amount numeric) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF amount IS NULL THEN
		RAISE EXCEPTION 'a payment is NULL' USING ERRCODE = 'null_value_not_allowed', HINT = 'Write 0 where nothing is paid.';
	END IF;
	PERFORM clv.measure_require('payment', amount);
END
$$;
COMMENT ON FUNCTION clv.measure_require_cash(numeric) IS 'raises unless an element of a row of payments is a finite number';

-- Orders and value per period

CREATE FUNCTION clv.average_order(revenue numeric, orders numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('revenue', revenue);
	PERFORM clv.measure_require('orders', orders, 0);
	RETURN clv.measure_ratio(revenue, orders);
END
$$;
COMMENT ON FUNCTION clv.average_order(numeric, numeric) IS 'mean order value: revenue by order, over any window, usually twelve months; NULL without orders';

CREATE FUNCTION clv.purchase_frequency(orders numeric, customers numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('orders', orders, 0);
	PERFORM clv.measure_require('customers', customers, 0);
	RETURN clv.measure_ratio(orders, customers);
END
$$;
COMMENT ON FUNCTION clv.purchase_frequency(numeric, numeric) IS 'orders by customer within a window; NULL without customers';

CREATE FUNCTION clv.value_per_period(basket numeric, frequency numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('basket', basket);
	PERFORM clv.measure_require('frequency', frequency, 0);
	RETURN trim_scale(basket * frequency);
END
$$;
COMMENT ON FUNCTION clv.value_per_period(numeric, numeric) IS 'gross sales of a customer per period: mean order value times orders per period; not yet a lifetime value';

-- Lifetime value by arithmetic

CREATE FUNCTION clv.simple_value(basket numeric, frequency numeric, lifetime numeric, margin numeric DEFAULT 1, cost numeric DEFAULT 0) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('lifetime', lifetime, 0);
	PERFORM clv.measure_require('margin', margin, -1, 1);
	PERFORM clv.measure_require('cost', cost);
	RETURN trim_scale(clv.value_per_period(basket, frequency) * lifetime * margin - cost);
END
$$;
COMMENT ON FUNCTION clv.simple_value(numeric, numeric, numeric, numeric, numeric) IS 'lifetime value, not discounted: basket × frequency per period × lifetime in periods × margin − cost of serving and marketing; gross sales if margin is 1 and cost 0; it takes for granted that the customer stays for the whole lifetime';

CREATE FUNCTION clv.lifetime_from_retention(rate numeric, include_first boolean DEFAULT true) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('retention rate', rate, 0, 1);
	IF rate = 1 THEN
		RAISE EXCEPTION 'a retention rate of 1 has no finite lifetime' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Who never leaves stays for ever: give the lifetime itself, or discount with clv.geometric_value.';
	END IF;
	RETURN trim_scale(CASE WHEN include_first THEN 1 ELSE rate END / (1 - rate));
END
$$;
COMMENT ON FUNCTION clv.lifetime_from_retention(numeric, boolean) IS 'expected number of periods that a customer stays: 1/(1 − rate) with the first period, rate/(1 − rate) without';

CREATE FUNCTION clv.geometric_value(margin numeric, retention numeric, discount numeric, pay_now boolean DEFAULT false) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('margin', margin);
	PERFORM clv.measure_require('retention rate', retention, 0, 1);
	PERFORM clv.measure_require('discount rate', discount, 0);
	IF retention = 1 AND discount = 0 THEN
		RAISE EXCEPTION 'the value of a customer who never leaves is infinite without a discount rate' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Give a retention rate below 1 or a discount rate above 0.';
	END IF;
	RETURN trim_scale(margin * CASE WHEN pay_now THEN 1 + discount ELSE retention END / (1 + discount - retention));
END
$$;
COMMENT ON FUNCTION clv.geometric_value(numeric, numeric, numeric, boolean) IS 'discounted value of a customer who pays the margin each period and stays with a constant retention rate: margin × retention/(1 + discount − retention), the first payment at the end of period 1; with pay_now margin × (1 + discount)/(1 + discount − retention), one payment now; source: Gupta and Lehmann 2003';

CREATE FUNCTION clv.margin_multiple(retention numeric, discount numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN clv.geometric_value(1, retention, discount);
END
$$;
COMMENT ON FUNCTION clv.margin_multiple(numeric, numeric) IS 'what a margin per period is worth as lifetime value: retention/(1 + discount − retention); source: Gupta and Lehmann 2003';

CREATE FUNCTION clv.value_elasticity(retention numeric, discount numeric, pay_now boolean DEFAULT false) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN clv.geometric_value(1, retention, discount, NOT pay_now);
END
$$;
COMMENT ON FUNCTION clv.value_elasticity(numeric, numeric, boolean) IS 'by how many per cent clv.geometric_value changes when the retention rate changes by one per cent: (1 + discount)/(1 + discount − retention), with pay_now retention/(1 + discount − retention); source: Gupta, Lehmann and Stuart 2004';

CREATE FUNCTION clv.value_drivers(basket numeric, frequency numeric, margin numeric, retention numeric, discount numeric,
	acquisition_cost numeric DEFAULT 0, change numeric DEFAULT 0.01) RETURNS TABLE (driver text, base numeric, changed numeric, value numeric, changed_value numeric, elasticity numeric)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE ROWS 6 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	bases constant numeric[] := ARRAY[basket, frequency, margin, retention, discount, acquisition_cost];
	d numeric[];
BEGIN
	PERFORM clv.measure_require('margin', margin, -1, 1);
	PERFORM clv.measure_require('acquisition cost', acquisition_cost, 0);
	PERFORM clv.measure_require('change', change, -1);
	value := trim_scale(clv.geometric_value(clv.value_per_period(basket, frequency) * margin, retention, discount, true) - acquisition_cost);
	FOR i IN 1 .. 6 LOOP
		d := bases;
		d[i] := d[i] * (1 + change);
		driver := ('{basket,frequency,margin,retention,discount,acquisition cost}'::text[])[i];
		base := bases[i];
		changed := trim_scale(d[i]);
		changed_value := trim_scale(clv.geometric_value(clv.value_per_period(d[1], d[2]) * d[3], d[4], d[5], true) - d[6]);
		elasticity := trim_scale((changed_value - value) / nullif(abs(value) * change, 0));
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION clv.value_drivers(numeric, numeric, numeric, numeric, numeric, numeric, numeric) IS 'what moves the value of a customer: value is basket × frequency per period × margin, paid now and each period while the customer stays with a constant retention rate, discounted, less the acquisition cost; each driver is raised alone by the same share, 0.01 is 1 %; elasticity is the relative change of the value by that share';

-- Retention and churn

CREATE FUNCTION clv.retention_rate(opening numeric, closing numeric, new numeric DEFAULT 0) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('opening customers', opening, 0);
	PERFORM clv.measure_require('closing customers', closing, 0);
	PERFORM clv.measure_require('new customers', new, 0, closing);
	IF closing - new > opening THEN
		RAISE EXCEPTION 'more customers remain than there were' USING ERRCODE = 'invalid_parameter_value',
			DETAIL = format('Of %s opening customers %s remain.', opening, closing - new),
			HINT = 'Do the closing customers hold new ones? Give them as the third argument.';
	END IF;
	RETURN clv.measure_ratio(closing - new, opening);
END
$$;
COMMENT ON FUNCTION clv.retention_rate(numeric, numeric, numeric) IS 'share of the opening customers who remain: (closing − new)/opening; NULL without opening customers';

CREATE FUNCTION clv.churn_rate(lost numeric, opening numeric, closing numeric DEFAULT NULL) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('opening customers', opening, 0);
	PERFORM clv.measure_require('closing customers', closing, 0);
	PERFORM clv.measure_require('lost customers', lost, 0, opening);
	RETURN clv.measure_ratio(lost, coalesce((opening + closing) / 2, opening));
END
$$;
COMMENT ON FUNCTION clv.churn_rate(numeric, numeric, numeric) IS 'share of customers lost: of the opening customers or, if closing is given, of the mean of opening and closing ones; NULL without customers';

CREATE FUNCTION clv.quick_ratio(new numeric, reactivated numeric, lost numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('new customers', new, 0);
	PERFORM clv.measure_require('reactivated customers', reactivated, 0);
	PERFORM clv.measure_require('lost customers', lost, 0);
	RETURN clv.measure_ratio(new + reactivated, lost);
END
$$;
COMMENT ON FUNCTION clv.quick_ratio(numeric, numeric, numeric) IS 'customers (or revenue) won by customer (or revenue) lost: above 1 the base grows; NULL if none was lost';

-- Campaigns

CREATE FUNCTION clv.acquisition_cost(spend numeric, new_customers numeric, overhead numeric DEFAULT 0) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('spend', spend, 0);
	PERFORM clv.measure_require('new customers', new_customers, 0);
	PERFORM clv.measure_require('overhead', overhead, 0);
	RETURN clv.measure_ratio(spend + overhead, new_customers);
END
$$;
COMMENT ON FUNCTION clv.acquisition_cost(numeric, numeric, numeric) IS 'cost of a new customer: spend by new customer of the same period; blended with advertising alone, fully loaded with the overhead of marketing and sales; NULL without new customers';

CREATE FUNCTION clv.return_on_investment(gain numeric, spend numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('gain', gain);
	PERFORM clv.measure_require('spend', spend, 0);
	RETURN clv.measure_ratio(gain - spend, spend);
END
$$;
COMMENT ON FUNCTION clv.return_on_investment(numeric, numeric) IS '(gain − spend)/spend, where gain is the margin due to the action; 0.5 is 50 %; NULL without spend';

CREATE FUNCTION clv.net_present_value(cash numeric[], discount numeric, pay_now boolean DEFAULT true) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	amount numeric;
	total numeric := 0;
	period int := CASE WHEN pay_now THEN 0 ELSE 1 END;
BEGIN
	PERFORM clv.measure_require('discount rate', discount, 0);
	FOREACH amount IN ARRAY cash LOOP
		PERFORM clv.measure_require_cash(amount);
		total := total + amount / (1 + discount) ^ period;
		period := period + 1;
	END LOOP;
	RETURN trim_scale(total);
END
$$;
COMMENT ON FUNCTION clv.net_present_value(numeric[], numeric, boolean) IS 'sum of a row of payments, each divided by (1 + discount) for every period until it; the first is due now or, without pay_now, at the end of period 1; 0 for no payments';

CREATE FUNCTION clv.payback(cash numeric[], interpolate boolean DEFAULT false) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	amount numeric;
	balance numeric := 0;
	period int := 0;
BEGIN
	FOREACH amount IN ARRAY cash LOOP
		PERFORM clv.measure_require_cash(amount);
		IF balance + amount >= 0 THEN
			RETURN CASE WHEN interpolate AND balance < 0 THEN trim_scale(period - balance / amount) ELSE period + 1 END;
		END IF;
		balance := balance + amount;
		period := period + 1;
	END LOOP;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION clv.payback(numeric[], boolean) IS 'number of the first period, counted from 1, by whose end the payments so far are not negative any more; interpolated: periods until then, if the money of that period comes evenly; NULL if it never happens';

CREATE FUNCTION clv.payback(acquisition_cost numeric, margins numeric[], interpolate boolean DEFAULT false) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('acquisition cost', acquisition_cost, 0);
	IF cardinality(margins) = 0 THEN
		RETURN NULL;
	END IF;
	margins[array_lower(margins, 1)] := margins[array_lower(margins, 1)] - acquisition_cost;
	RETURN clv.payback(margins, interpolate);
END
$$;
COMMENT ON FUNCTION clv.payback(numeric, numeric[], boolean) IS 'first period in which the cumulative margin of an acquired customer reaches the acquisition cost; margins are those of period 1, 2, …';

CREATE FUNCTION clv.campaign(margin numeric, gift numeric, sales_cost numeric, retention numeric, discount numeric DEFAULT 0, periods int DEFAULT 5) RETURNS TABLE (period int, cash numeric, cumulative numeric, discounted numeric, cumulative_discounted numeric, paid_back boolean)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('margin', margin);
	PERFORM clv.measure_require('gift', gift, 0);
	PERFORM clv.measure_require('sales cost', sales_cost, 0);
	PERFORM clv.measure_require('retention rate', retention, 0, 1);
	PERFORM clv.measure_require('discount rate', discount, 0);
	PERFORM clv.measure_require('periods', periods, 1, 1000);
	cumulative := 0;
	cumulative_discounted := 0;
	FOR k IN 1 .. periods LOOP
		period := k;
		cash := trim_scale(margin * retention ^ (k - 1) - CASE WHEN k = 1 THEN gift + sales_cost ELSE 0 END);
		discounted := trim_scale(cash / (1 + discount) ^ (k - 1));
		cumulative := trim_scale(cumulative + cash);
		cumulative_discounted := trim_scale(cumulative_discounted + discounted);
		paid_back := cumulative >= 0;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION clv.campaign(numeric, numeric, numeric, numeric, numeric, int) IS 'short and long term of a campaign, per acquired customer: the first period brings the margin less gift and sales cost, period k the margin of those who stayed, margin × retention^(k − 1); discounted to the first period';

-- Referrals

CREATE FUNCTION clv.referral_value(value numeric, referrals numeric, conversion numeric, generations int DEFAULT 1) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	won constant numeric := referrals * conversion;
BEGIN
	PERFORM clv.measure_require('value', value);
	PERFORM clv.measure_require('referrals', referrals, 0);
	PERFORM clv.measure_require('conversion', conversion, 0, 1);
	PERFORM clv.measure_require('generations', generations, 0, 1000);
	IF generations IS NULL AND won >= 1 THEN
		RAISE EXCEPTION 'referrals without end have no finite value' USING ERRCODE = 'invalid_parameter_value',
			DETAIL = format('Each customer brings %s new ones.', trim_scale(won)),
			HINT = 'Give a number of generations, 1 as a rule.';
	ELSIF referrals > 12 OR conversion > 0.7 THEN
		RAISE NOTICE 'more referrals than usual' USING
			DETAIL = format('%s people told, of whom %s %% come.', referrals, trim_scale(conversion * 100)),
			HINT = 'Usual are 3 to 12 people a year, of whom 20 to 70 % come.';
	END IF;
	RETURN trim_scale(value * CASE
		WHEN generations IS NULL THEN won / (1 - won)
		ELSE (SELECT coalesce(sum(won ^ g), 0) FROM generate_series(1, generations) g) END);
END
$$;
COMMENT ON FUNCTION clv.referral_value(numeric, numeric, numeric, int) IS 'value of the customers whom a customer brings: value × referrals × conversion, referrals being the people told in total; further generations tell as many, NULL generations is all of them and needs referrals × conversion below 1';

CREATE FUNCTION clv.value_with_referrals(value numeric, referrals numeric, conversion numeric, generations int DEFAULT 1) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN value + clv.referral_value(value, referrals, conversion, generations);
END
$$;
COMMENT ON FUNCTION clv.value_with_referrals(numeric, numeric, numeric, int) IS 'own value and that of the customers brought: value × (1 + referrals × conversion) with one generation';

CREATE FUNCTION clv.yearly_referral_value(value numeric, referrals numeric, conversion numeric, years numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('years', years, 0);
	RETURN trim_scale(clv.referral_value(value, referrals, conversion) * years);
END
$$;
COMMENT ON FUNCTION clv.yearly_referral_value(numeric, numeric, numeric, numeric) IS 'value of the customers whom a customer brings who tells so many people every year of the lifetime; one generation';

-- Shares, pipeline and valuation

CREATE FUNCTION clv.share_of_wallet(own numeric, category numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('category spend', category, 0);
	PERFORM clv.measure_require('own sales', own, 0, category);
	RETURN clv.measure_ratio(own, category);
END
$$;
COMMENT ON FUNCTION clv.share_of_wallet(numeric, numeric) IS 'share of what a customer spends in a category that is spent here; NULL without spend; source: Du, Kamakura and Mela 2007';

CREATE FUNCTION clv.market_share(own numeric, market numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('market', market, 0);
	PERFORM clv.measure_require('own sales', own, 0, market);
	RETURN clv.measure_ratio(own, market);
END
$$;
COMMENT ON FUNCTION clv.market_share(numeric, numeric) IS 'share of the sales of a market; NULL without sales';

CREATE FUNCTION clv.customer_capital(equity numeric, cost numeric, own numeric DEFAULT NULL, market numeric DEFAULT NULL, category numeric DEFAULT NULL) RETURNS TABLE (customer_equity numeric, cost_to_keep numeric, capital numeric, share_of_market numeric, wallet_share numeric)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('equity', equity);
	PERFORM clv.measure_require('cost', cost, 0);
	RETURN QUERY SELECT equity, cost, equity - cost, clv.market_share(own, market), clv.share_of_wallet(own, category);
END
$$;
COMMENT ON FUNCTION clv.customer_capital(numeric, numeric, numeric, numeric, numeric) IS 'customer capital and its parts side by side, for they have different units and no sum: equity of the customers, cost of winning and keeping them, equity less cost, share of the market, share of the customers wallets';

CREATE FUNCTION clv.portfolio_value(customers numeric, potential numeric, quality numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('customers', customers, 0);
	PERFORM clv.measure_require('potential', potential);
	PERFORM clv.measure_require('quality', quality, 0, 1);
	RETURN trim_scale(customers * potential * quality);
END
$$;
COMMENT ON FUNCTION clv.portfolio_value(numeric, numeric, numeric) IS 'value of a portfolio of customers, say of one account manager: number of customers × potential of one × quality of the relation, 0 to 1';

CREATE FUNCTION clv.revenue_multiple(revenue numeric, low numeric DEFAULT 1, high numeric DEFAULT 4) RETURNS numrange
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('revenue', revenue, 0);
	PERFORM clv.measure_require('low', low, 0);
	PERFORM clv.measure_require('high', high, low);
	RETURN numrange(trim_scale(revenue * low), trim_scale(revenue * high), '[]');
END
$$;
COMMENT ON FUNCTION clv.revenue_multiple(numeric, numeric, numeric) IS 'rule of thumb for the price of a clientele: one to four times the yearly revenue; a heuristic, set it beside the customer equity';

CREATE FUNCTION clv.asset_multiple(assets numeric, low numeric DEFAULT 0.015, high numeric DEFAULT 0.025) RETURNS numrange
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN clv.revenue_multiple(assets, low, high);
END
$$;
COMMENT ON FUNCTION clv.asset_multiple(numeric, numeric, numeric) IS 'rule of thumb for the price of an advisers clientele: 1.5 to 2.5 % of the assets; a heuristic';

CREATE FUNCTION clv.weighted_pipeline_trans(total numeric, amount numeric, probability numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF amount IS NULL OR probability IS NULL THEN
		RETURN total;
	END IF;
	PERFORM clv.measure_require('amount', amount);
	PERFORM clv.measure_require('probability', probability, 0, 1);
	RETURN coalesce(total, 0) + amount * probability;
END
$$;
COMMENT ON FUNCTION clv.weighted_pipeline_trans(numeric, numeric, numeric) IS 'transition function of clv.weighted_pipeline';

CREATE AGGREGATE clv.weighted_pipeline(amount numeric, probability numeric) (
	SFUNC = clv.weighted_pipeline_trans, STYPE = numeric, COMBINEFUNC = pg_catalog.numeric_add, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.weighted_pipeline(numeric, numeric) IS 'expected sum of open deals: each amount times its probability of success; rows with a NULL are skipped, NULL without rows';
