-- Periods of the calendar: day, week, month, quarter, year.

CREATE FUNCTION clv.period_start(day date, period text, week_start text DEFAULT 'monday') RETURNS date
AS 'MODULE_PATHNAME', 'clv_period_start_of'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION clv.period_start(date, text, text) IS
'first day of the calendar period that holds a day; periods are day, week, month, quarter and year, weeks begin on the given weekday';

CREATE FUNCTION clv.period_end(day date, period text, week_start text DEFAULT 'monday') RETURNS date
AS 'MODULE_PATHNAME', 'clv_period_end_of'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION clv.period_end(date, text, text) IS
'last day of the calendar period that holds a day';

CREATE FUNCTION clv.periods_between(from_day date, to_day date, period text, week_start text DEFAULT 'monday') RETURNS int
AS 'MODULE_PATHNAME', 'clv_periods_between'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION clv.periods_between(date, date, text, text) IS
'number of period borders crossed on the way from one day to another: 0 within a period, negative backwards';

