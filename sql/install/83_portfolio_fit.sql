--
-- The models of portfolios: choose, fit, activate
--

CREATE FUNCTION clv.portfolio_wants_fit(portfolio text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	s constant clv.portfolio_setting := clv.setting(portfolio);
	today constant date := clv.portfolio_report_date(portfolio);
	fitted clv.model;
	fitted_as_of date;
	chosen boolean;
BEGIN
	EXECUTE format($sql$
		SELECT model, as_of, EXISTS (SELECT FROM %1$I.family_choice c WHERE c.version = v.version AND c.chosen)
		FROM %1$I.model_version v WHERE active AND role = 'transactions'
		$sql$, portfolio) INTO fitted, fitted_as_of, chosen;
	RETURN fitted IS NULL OR CASE s.family WHEN 'auto' THEN NOT chosen ELSE clv.family(fitted) <> s.family END
		OR today < fitted_as_of OR today >= fitted_as_of + s.refit;
END
$$;
COMMENT ON FUNCTION clv.portfolio_wants_fit(text) IS 'true where a portfolio has no model, one of another family or one fitted too far from the report date: see the option refit';

CREATE FUNCTION clv.portfolio_tell_fit(portfolio text, role text, model clv.model) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF model IS NULL THEN
		RAISE NOTICE 'portfolio %: no % model', quote_ident(portfolio), role
			USING DETAIL = 'No customer came back and spent something.';
	ELSIF clv.status(model) = 'ok' THEN
		RAISE NOTICE 'portfolio %: % model % (ok)', quote_ident(portfolio), role, clv.family(model);
	ELSE
		RAISE NOTICE 'portfolio %: % model % (%)', quote_ident(portfolio), role, clv.family(model), clv.status(model)
			USING DETAIL = clv.status_reason(model);
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_tell_fit(text, text, clv.model) IS 'says how a fit ended';

CREATE FUNCTION clv.portfolio_choose(portfolio text, new_version int) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET datestyle = iso
AS $$
DECLARE
	usual constant text := 'mbg/nbd';
	s constant clv.portfolio_setting := clv.setting(portfolio);
	today constant date := clv.portfolio_report_date(portfolio);
	days int;
	repeaters bigint;
	family text;
	reason text;
BEGIN
	EXECUTE format('DELETE FROM %I.family_choice c WHERE c.version = $1', portfolio) USING new_version;
	-- The holdout is as long as the horizon if two thirds of the history are left before it.
	EXECUTE format('SELECT ($1 - min(clv.first_order(history))) / 3 FROM %I.stored_history WHERE clv.first_order(history) <= $1', portfolio)
		INTO days USING today;
	days := CASE WHEN days < (today + s.horizon)::date - today THEN days WHEN days IS NOT NULL THEN (today + s.horizon)::date - today END;
	EXECUTE format('SELECT count(*) FROM %I.stored_history WHERE (clv.statistics(history, $1)).frequency > 0', portfolio)
		INTO repeaters USING today - days;
	IF days IS NULL THEN
		reason := format('no customer has ordered by %s', today);
	ELSIF days < 28 THEN
		reason := 'the history is shorter than twelve weeks';
	ELSIF repeaters < 100 THEN
		reason := format('%s customer%s came back before %s', CASE repeaters WHEN 0 THEN 'no' ELSE format('only %s', repeaters) END,
			CASE WHEN repeaters > 1 THEN 's' END, today - days + 1);
	ELSE
		EXECUTE format($sql$
			INSERT INTO %1$I.family_choice (version, family, chosen, cut, customers, actual, predicted, bias, error, mae, rmse, log_likelihood)
			SELECT $1, c.family, c.chosen, $2 - $3, c.customers, c.actual, c.predicted, c.bias, c.error, c.mae, c.rmse, c.log_likelihood
			FROM (SELECT clv.choose(history, $2, pg_catalog.make_interval(days => $3)) AS choices FROM %1$I.stored_history) h
			CROSS JOIN LATERAL unnest(h.choices) c
			$sql$, portfolio) USING new_version, today, days;
		EXECUTE format('UPDATE %I.family_choice c SET reason = ''the smallest error'' WHERE c.version = $1 AND c.chosen RETURNING c.family', portfolio)
			INTO family USING new_version;
		reason := 'no family could be fitted to a part of it';
	END IF;
	IF family IS NULL THEN
		IF days IS NOT NULL THEN
			RAISE NOTICE 'portfolio %: family % is taken unseen, %', quote_ident(portfolio), usual, reason;
		END IF;
		EXECUTE format($sql$
			INSERT INTO %I.family_choice AS c (version, family, chosen, reason) VALUES ($1, $2, true, $3)
			ON CONFLICT (version, family) DO UPDATE SET chosen = true, reason = EXCLUDED.reason
			$sql$, portfolio) USING new_version, usual, reason;
		RETURN usual;
	END IF;
	RAISE NOTICE 'portfolio %: family % would have foretold the last % days best', quote_ident(portfolio), family, days;
	RETURN family;
END
$$;
COMMENT ON FUNCTION clv.portfolio_choose(text, int) IS 'the family that foretold the end of the stored histories best, for a new version of the models of a portfolio; fills the table family_choice; where the history is too short, mbg/nbd';

CREATE FUNCTION clv.portfolio_fit(portfolio text) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET datestyle = iso
AS $$
DECLARE
	s constant clv.portfolio_setting := clv.setting(portfolio);
	today constant date := clv.portfolio_report_date(portfolio);
	family text := s.family;
	order_model clv.model;
	spend_model clv.model;
	new_version int;
BEGIN
	EXECUTE format('SELECT coalesce(max(version), 0) + 1 FROM %I.model_version', portfolio) INTO new_version;
	IF family = 'auto' THEN
		family := clv.portfolio_choose(portfolio, new_version);
	END IF;
	EXECUTE format('SELECT clv.fit($1, history, $2), clv.fit_spend(history, $2) FROM %I.stored_history', portfolio)
		INTO order_model, spend_model USING family, today;
	EXECUTE format($sql$
		INSERT INTO %I.model_version (version, role, model, as_of, active)
		SELECT $1, role, model, $2, false
		FROM (VALUES ('transactions', $3), ('spend', $4)) v (role, model) WHERE model IS NOT NULL
		$sql$, portfolio) USING new_version, today, order_model, spend_model;
	IF order_model IS NULL THEN
		RAISE NOTICE 'portfolio %: no customer has ordered by %, nothing to fit', quote_ident(portfolio), today;
		RETURN NULL;
	END IF;
	PERFORM clv.activate(portfolio, new_version);
	PERFORM clv.portfolio_tell_fit(portfolio, 'transactions', order_model);
	PERFORM clv.portfolio_tell_fit(portfolio, 'spend', spend_model);
	RETURN new_version;
END
$$;
COMMENT ON FUNCTION clv.portfolio_fit(text) IS 'fits the models of a portfolio to its stored histories as of the report date, keeps them as a new version and makes it active; returns its number';

CREATE FUNCTION clv.activate(name text, version int) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	exists_already boolean;
BEGIN
	PERFORM clv.portfolio_require(name);
	EXECUTE format('SELECT EXISTS (SELECT FROM %I.model_version v WHERE v.version = $1)', name) INTO exists_already USING version;
	IF NOT exists_already THEN
		RAISE EXCEPTION 'portfolio % has no model version %', quote_ident(name), coalesce(version::text, 'NULL')
			USING ERRCODE = 'undefined_object', HINT = format('SELECT version, family, as_of FROM %I.model lists them.', name);
	END IF;
	EXECUTE format('UPDATE %I.model_version SET active = false WHERE active', name);
	EXECUTE format('UPDATE %I.model_version v SET active = true WHERE v.version = $1', name) USING version;
END
$$;
COMMENT ON FUNCTION clv.activate(text, int) IS 'makes the models of a version those that the reports of a portfolio use: to roll back to an older fit';
