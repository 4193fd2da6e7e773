/*-------------------------------------------------------------------------
 *
 * predict.c
 *	  What a model says about customers: from raw statistics and from
 *	  histories.
 *
 * Functions on statistics count time in the unit of the model.  Functions on
 * histories count days and convert them by the model's unit, days if it has
 * none; they answer NULL for a customer without a purchase up to as_of.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/float.h"
#include "utils/timestamp.h"

#include "base/calendar.h"
#include "base/observe.h"
#include "model/predict.h"
#include "pg/compat.h"
#include "pg/error.h"
#include "pg/history.h"
#include "pg/model.h"
#include "pg/predict.h"

PG_FUNCTION_INFO_V1(clv_log_likelihood_statistics);
PG_FUNCTION_INFO_V1(clv_log_likelihood_spend);
PG_FUNCTION_INFO_V1(clv_p_alive);
PG_FUNCTION_INFO_V1(clv_p_alive_later);
PG_FUNCTION_INFO_V1(clv_p_alive_history);
PG_FUNCTION_INFO_V1(clv_p_alive_history_at);
PG_FUNCTION_INFO_V1(clv_expected_orders);
PG_FUNCTION_INFO_V1(clv_expected_orders_between);
PG_FUNCTION_INFO_V1(clv_expected_orders_history);
PG_FUNCTION_INFO_V1(clv_expected_orders_history_between);
PG_FUNCTION_INFO_V1(clv_expected_orders_by);
PG_FUNCTION_INFO_V1(clv_expected_orders_new);
PG_FUNCTION_INFO_V1(clv_order_probability);
PG_FUNCTION_INFO_V1(clv_order_probability_new);
PG_FUNCTION_INFO_V1(clv_order_probability_history);
PG_FUNCTION_INFO_V1(clv_dert);
PG_FUNCTION_INFO_V1(clv_dert_history);
PG_FUNCTION_INFO_V1(clv_next_order);
PG_FUNCTION_INFO_V1(clv_next_order_on);
PG_FUNCTION_INFO_V1(clv_expected_spend);
PG_FUNCTION_INFO_V1(clv_expected_spend_new);
PG_FUNCTION_INFO_V1(clv_expected_spend_history);
PG_FUNCTION_INFO_V1(clv_spend_weight);
PG_FUNCTION_INFO_V1(clv_spend_weight_history);
PG_FUNCTION_INFO_V1(clv_residual_value);
PG_FUNCTION_INFO_V1(clv_survival);
PG_FUNCTION_INFO_V1(clv_retention_rate);
PG_FUNCTION_INFO_V1(clv_discounted_lifetime);
PG_FUNCTION_INFO_V1(clv_discounted_residual_lifetime);

/* ---------- shared with explain.c ---------- */

void
clv_raise_prediction(ClvStatus status, const ClvAsked *asked)
{
	switch (status)
	{
		case CLV_OBSERVATION_OUT_OF_RANGE:
			if (asked->model->family->kind == CLV_SPEND)
				clv_raise(status, "For %s a customer has x = %s and spend = %s.", asked->model->family->name,
						  clv_show(asked->observation.x), clv_show(asked->observation.extra));
			clv_raise(status, "For %s a customer has x = %s, t_x = %s, age = %s.", asked->model->family->name,
					  clv_show(asked->observation.x), clv_show(asked->observation.t_x),
					  clv_show(asked->observation.age));
		case CLV_HORIZON_OUT_OF_RANGE:
			if (asked->from != 0)
				clv_raise(status, "The horizon begins at %s and ends at %s.", clv_show(asked->from),
						  clv_show(asked->horizon));
			if (asked->horizon >= 0 && asked->model->family->kind == CLV_DISCRETE_TRANSACTIONS)
				clv_raise(status, "The horizon is %s; models of the family %s count whole opportunities.",
						  clv_show(asked->horizon), asked->model->family->name);
			clv_raise(status, "The horizon is %s.", clv_show(asked->horizon));
		case CLV_RATE_OUT_OF_RANGE:
			clv_raise(status, "The rate is %s, the horizon is %s.", clv_show(asked->rate), clv_show(asked->horizon));
		case CLV_COUNT_OUT_OF_RANGE:
			clv_raise(status, "The number is %s.", clv_show(asked->n));
		case CLV_LEVEL_OUT_OF_RANGE:
			clv_raise(status, "The probability is %s.", clv_show(asked->probability));
		case CLV_NOT_DEFINED_FOR_FAMILY:
			clv_raise(status, "clv.%s is not defined for models of the family %s.", asked->name, asked->model->family->name);
		default:
			clv_raise(status, "clv.%s was asked of a model of the family %s.", asked->name, asked->model->family->name);
	}
}

double
clv_unit_days(const ClvModel *model)
{
	return model->unit_days > 0 ? model->unit_days : 1;
}

/* What a family other than a discrete one makes of statistics. */
static void
observation_of(const ClvFamily *family, double unit_days, const ClvStatistics *statistics, ClvObservation *observation)
{
	memset(observation, 0, sizeof(*observation));
	observation->weight = 1;
	observation->x = statistics->frequency;
	if (family->kind == CLV_SPEND)
	{
		/* A mean that refunds have eaten up says as much as none. */
		if (statistics->spend > 0)
			observation->extra = statistics->spend;
		else
			observation->x = 0;
	}
	else
	{
		observation->t_x = statistics->t_x / unit_days;
		observation->age = statistics->age / unit_days;
	}
}

bool
clv_history_observation(const ClvFamily *family, double unit_days, ClvHistoryBytes history, int32 as_of,
						ClvObservation *observation)
{
	ClvStatistics statistics;
	ClvStatus	status;

	if (family->kind == CLV_DISCRETE_TRANSACTIONS)
	{
		ClvOpportunities opportunities;

		memset(observation, 0, sizeof(*observation));
		observation->weight = 1;
		clv_history_opportunities(history.bytes, history.size, as_of, unit_days, &opportunities);
		observation->x = opportunities.used;
		observation->t_x = opportunities.last;
		observation->age = opportunities.seen;
		return opportunities.exists;
	}

	status = family->kind == CLV_SPEND ?
		clv_history_statistics(history.bytes, history.size, as_of, &statistics) :
		clv_history_timing(history.bytes, history.size, as_of, &statistics);
	if (status != CLV_OK)
		clv_raise(status, "The statistics of a history cannot be told.");
	observation_of(family, unit_days, &statistics, observation);
	return statistics.exists;
}

/* The observations of two models, for families that are not discrete by reading the history once. */
static bool
history_observations(const ClvModel *orders, const ClvModel *spend, ClvHistoryBytes history, int32 as_of,
					 ClvObservation *of_orders, ClvObservation *of_spend)
{
	ClvStatistics statistics;
	ClvStatus	status;

	if (orders->family->kind == CLV_DISCRETE_TRANSACTIONS || spend->family->kind == CLV_DISCRETE_TRANSACTIONS)
		return clv_history_observation(orders->family, clv_unit_days(orders), history, as_of, of_orders) &&
			clv_history_observation(spend->family, 1, history, as_of, of_spend);
	status = clv_history_statistics(history.bytes, history.size, as_of, &statistics);
	if (status != CLV_OK)
		clv_raise(status, "The statistics of a history cannot be told.");
	observation_of(orders->family, clv_unit_days(orders), &statistics, of_orders);
	observation_of(spend->family, 1, &statistics, of_spend);
	return statistics.exists;
}

double
clv_days_in_units(const ClvModel *model, double days)
{
	double		units = days / clv_unit_days(model);

	return model->family->kind == CLV_DISCRETE_TRANSACTIONS ? floor(units) : units;
}

double
clv_horizon_days(int32 as_of, const Interval *horizon)
{
	/* All rows of a query ask for the same. */
	static Interval last_horizon;
	static int32 last_as_of;
	static double last_days = -1;
	double		days;

	if (last_days >= 0 && as_of == last_as_of && memcmp(horizon, &last_horizon, sizeof(Interval)) == 0)
		return last_days;
	if (horizon->month == 0)
		days = clv_interval_days(horizon);
	else
	{
		Timestamp	start = DatumGetTimestamp(DirectFunctionCall1(date_timestamp, DateADTGetDatum(as_of)));
		Timestamp	end;

		clv_interval_days(horizon); /* refuses what is infinite */
		end = DatumGetTimestamp(DirectFunctionCall2(timestamp_pl_interval, TimestampGetDatum(start),
													IntervalPGetDatum(horizon)));
		days = ((double) end - (double) start) / USECS_PER_DAY;
	}
	if (days < 0)
		clv_raise(CLV_HORIZON_OUT_OF_RANGE, "The horizon is %s.",
				  DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(horizon))));
	last_horizon = *horizon;
	last_as_of = as_of;
	last_days = days;
	return days;
}

double
clv_rate_of_year(const ClvModel *model, double annual_rate)
{
	double		rate;

	if (!(annual_rate >= 0) || isinf(annual_rate))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("discount rate out of range"),
				 errdetail("The annual rate is %s.", clv_show(annual_rate)),
				 errhint("An annual discount rate is a finite number greater than or equal to zero: 0.1 is 10 %% a year.")));
	rate = log1p(annual_rate) / CLV_DAYS_PER_YEAR * clv_unit_days(model);
	/* Discrete families discount by 1 + rate from one opportunity to the next. */
	return model->family->kind == CLV_DISCRETE_TRANSACTIONS ? expm1(rate) : rate;
}

/* ---------- arguments ---------- */

static const ClvModel *
ask(FunctionCallInfo fcinfo, const char *name, ClvAsked *asked)
{
	memset(asked, 0, sizeof(*asked));
	asked->name = name;
	asked->model = clv_model_argument(fcinfo, 0, 0);
	asked->observation.weight = 1;
	return asked->model;
}

/* Arguments (m, x, t_x, age, ...). */
static const ClvModel *
ask_statistics(FunctionCallInfo fcinfo, const char *name, ClvAsked *asked)
{
	const ClvModel *model = ask(fcinfo, name, asked);

	asked->observation.x = PG_GETARG_FLOAT8(1);
	asked->observation.t_x = PG_GETARG_FLOAT8(2);
	asked->observation.age = PG_GETARG_FLOAT8(3);
	return model;
}

/* Arguments (m, h, as_of, ...): NULL for a customer without a purchase by then. */
static const ClvModel *
ask_history(FunctionCallInfo fcinfo, const char *name, ClvAsked *asked, int32 *as_of)
{
	const ClvModel *model = ask(fcinfo, name, asked);

	*as_of = PG_GETARG_DAY(2, "as_of");
	if (!clv_history_observation(model->family, clv_unit_days(model), PG_GETARG_HISTORY(1), *as_of,
								 &asked->observation))
		return NULL;
	return model;
}

/* Days from as_of to a later day, in units of the model. */
static double
units_until(const ClvModel *model, int32 as_of, int32 day, const char *argument)
{
	if (day < as_of)
	{
		char		first[CLV_DATE_TEXT_SIZE];
		char		second[CLV_DATE_TEXT_SIZE];

		clv_date_write(first, day);
		clv_date_write(second, as_of);
		clv_raise(CLV_HORIZON_OUT_OF_RANGE, "The day %s is %s, which lies before the last day observed, %s.",
				  argument, first, second);
	}
	return clv_days_in_units(model, (double) day - (double) as_of);
}

static Datum
answer(ClvStatus status, const ClvAsked *asked, double result)
{
	if (unlikely(status != CLV_OK))
		clv_raise_prediction(status, asked);
	return Float8GetDatum(result);
}

/* ---------- log-likelihood ---------- */

/* (m, x, t_x, age [, log_gaps]) */
Datum
clv_log_likelihood_statistics(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	const ClvModel *model = ask_statistics(fcinfo, "log_likelihood(m, x, t_x, age)", &asked);
	double		result = 0;
	ClvStatus	status;

	if (model->family->kind == CLV_SPEND)
		clv_raise_prediction(CLV_NOT_DEFINED_FOR_FAMILY, &asked);
	if (PG_NARGS() == 5)
		asked.observation.extra = PG_GETARG_FLOAT8(4);
	status = clv_model_log_likelihood(model, &asked.observation, &result);
	return answer(status, &asked, result);
}

/* (m, x, spend) */
Datum
clv_log_likelihood_spend(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	const ClvModel *model = ask(fcinfo, "log_likelihood(m, x, spend)", &asked);
	double		result = 0;
	ClvStatus	status;

	if (model->family->kind != CLV_SPEND)
		clv_raise_prediction(CLV_NOT_DEFINED_FOR_FAMILY, &asked);
	asked.observation.x = PG_GETARG_FLOAT8(1);
	asked.observation.extra = PG_GETARG_FLOAT8(2);
	status = clv_model_log_likelihood(model, &asked.observation, &result);
	return answer(status, &asked, result);
}

/* ---------- P(alive) ---------- */

/* (m, x, t_x, age) */
Datum
clv_p_alive(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	const ClvModel *model = ask_statistics(fcinfo, "p_alive", &asked);
	double		result = 0;
	ClvStatus	status = clv_model_p_alive(model, &asked.observation, 0, &result);

	return answer(status, &asked, result);
}

/* (m, x, t_x, age, later) */
Datum
clv_p_alive_later(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	const ClvModel *model = ask_statistics(fcinfo, "p_alive", &asked);
	double		result = 0;
	ClvStatus	status;

	asked.horizon = PG_GETARG_FLOAT8(4);
	status = clv_model_p_alive(model, &asked.observation, asked.horizon, &result);
	return answer(status, &asked, result);
}

/* (m, h, as_of) */
Datum
clv_p_alive_history(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	int32		as_of;
	const ClvModel *model = ask_history(fcinfo, "p_alive", &asked, &as_of);
	double		result = 0;
	ClvStatus	status;

	if (model == NULL)
		PG_RETURN_NULL();
	status = clv_model_p_alive(model, &asked.observation, 0, &result);
	return answer(status, &asked, result);
}

/* (m, h, as_of, at) */
Datum
clv_p_alive_history_at(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	int32		as_of;
	int32		at = PG_GETARG_DAY(3, "at");
	const ClvModel *model = ask_history(fcinfo, "p_alive", &asked, &as_of);
	double		result = 0;
	ClvStatus	status;

	if (model == NULL)
		PG_RETURN_NULL();
	asked.horizon = units_until(model, as_of, at, "at");
	status = clv_model_p_alive(model, &asked.observation, asked.horizon, &result);
	return answer(status, &asked, result);
}

/* ---------- what depends on few numbers ---------- */

/*
 * Discounted orders, but for a factor: read off a curve that is drawn once for all customers with
 * the same x and about the same age, where what somebody alive does depends on
 * these alone (*if_alive: P(alive) is the factor); else computed once for all
 * with the same numbers, which is a curve of one number.
 */
static ClvStatus
discounted_orders(FunctionCallInfo fcinfo, const ClvAsked *asked, bool *if_alive, double *result)
{
	const ClvObservation *o = &asked->observation;
	double		key[CLV_ANSWER_KEYS] = {o->x, 0, 0, asked->rate, asked->horizon};
	double		position = 0;
	bool		curved = clv_curve_place(asked->model, o->age, &key[2], &position);
	const ClvCurve *curve;
	ClvCurve	drawn;
	ClvStatus	status = CLV_OK;

	*if_alive = curved;
	if (!curved)
	{
		key[1] = o->t_x;
		key[2] = o->age;
	}
	curve = clv_answer_known(fcinfo, key);
	if (curve == NULL)
	{
		curve = &drawn;
		if (curved)
			clv_curve_draw(asked->model, o->x, key[2], asked->rate, asked->horizon, &drawn, clv_check_interrupts);
		else
		{
			status = clv_model_dert(asked->model, o, asked->rate, asked->horizon, result, clv_check_interrupts);
			if (status != CLV_OK)
				return status;
			clv_curve_constant(*result, &drawn);
		}
		clv_answer_keep(fcinfo, key, curve);
	}
	if (curve->smooth)
		*result = clv_curve_at(curve, position);
	else
		status = clv_model_dert_if_alive(asked->model, o, 1, asked->rate, asked->horizon, result, clv_check_interrupts);
	return status;
}

ClvStatus
clv_discounted_orders(FunctionCallInfo fcinfo, const ClvAsked *asked, double *result)
{
	bool		if_alive;
	double		alive;
	ClvStatus	status = discounted_orders(fcinfo, asked, &if_alive, result);

	if (status == CLV_OK && if_alive)
	{
		status = clv_model_p_alive(asked->model, &asked->observation, 0, &alive);
		*result *= alive;
	}
	return status;
}

/* Expected orders are discounted ones at a rate of zero. */
static ClvStatus
expected_orders(FunctionCallInfo fcinfo, const ClvAsked *asked, double *result)
{
	if (asked->model->family->orders_if_alive != NULL && asked->from == 0 && isfinite(asked->horizon))
		return clv_discounted_orders(fcinfo, asked, result);
	return clv_model_expected_orders(asked->model, &asked->observation, asked->from, asked->horizon, result);
}

/* ---------- expected orders ---------- */

/* (m, x, t_x, age, horizon) */
Datum
clv_expected_orders(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	double		result = 0;
	ClvStatus	status;

	ask_statistics(fcinfo, "expected_orders", &asked);
	asked.horizon = PG_GETARG_FLOAT8(4);
	status = expected_orders(fcinfo, &asked, &result);
	return answer(status, &asked, result);
}

/* (m, x, t_x, age, from, until) */
Datum
clv_expected_orders_between(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	double		result = 0;
	ClvStatus	status;

	ask_statistics(fcinfo, "expected_orders", &asked);
	asked.from = PG_GETARG_FLOAT8(4);
	asked.horizon = PG_GETARG_FLOAT8(5);
	status = expected_orders(fcinfo, &asked, &result);
	return answer(status, &asked, result);
}

/* (m, h, as_of, horizon) */
Datum
clv_expected_orders_history(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	int32		as_of;
	const ClvModel *model = ask_history(fcinfo, "expected_orders", &asked, &as_of);
	double		days = clv_horizon_days(as_of, PG_GETARG_INTERVAL_P(3));
	double		result = 0;
	ClvStatus	status;

	if (model == NULL)
		PG_RETURN_NULL();
	asked.horizon = clv_days_in_units(model, days);
	status = expected_orders(fcinfo, &asked, &result);
	return answer(status, &asked, result);
}

/* (m, h, as_of, from_day, to_day): orders after from_day, to_day included */
Datum
clv_expected_orders_history_between(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	int32		as_of;
	int32		from_day = PG_GETARG_DAY(3, "from_day");
	int32		to_day = PG_GETARG_DAY(4, "to_day");
	const ClvModel *model = ask_history(fcinfo, "expected_orders", &asked, &as_of);
	double		result = 0;
	ClvStatus	status;

	if (model == NULL)
		PG_RETURN_NULL();
	asked.from = units_until(model, as_of, from_day, "from_day");
	asked.horizon = units_until(model, as_of, to_day, "to_day");
	status = expected_orders(fcinfo, &asked, &result);
	return answer(status, &asked, result);
}

/* (m, h, as_of, ends) */
Datum
clv_expected_orders_by(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	int32		as_of;
	const ClvModel *model = ask_history(fcinfo, "expected_orders_by", &asked, &as_of);
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(3);
	const DateADT *ends = (const DateADT *) ARR_DATA_PTR(array);
	int			count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	Size		size = ARR_OVERHEAD_NONULLS(1) + count * sizeof(double);
	ArrayType  *result;
	double	   *orders;
	double		before = 0;
	double		alive = 1;
	bool		if_alive = false;
	ClvStatus	status;

	if (model == NULL)
		PG_RETURN_NULL();
	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("ends must not contain NULL"),
				 errhint("Name the last day of each period.")));
	if (count == 0)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(FLOAT8OID));

	result = palloc0(size);
	SET_VARSIZE(result, size);
	result->ndim = 1;
	result->elemtype = FLOAT8OID;
	ARR_DIMS(result)[0] = count;
	ARR_LBOUND(result)[0] = 1;
	orders = (double *) ARR_DATA_PTR(result);
	for (int i = 0; i < count; i++)
	{
		int32		end = clv_finite_day(ends[i], "ends");
		double		until = 0;

		asked.horizon = units_until(model, as_of, end, "ends");
		if (i > 0 && end < ends[i - 1])
			clv_raise(CLV_HORIZON_OUT_OF_RANGE, "Period %d ends before the one before it does.", i + 1);
		status = discounted_orders(fcinfo, &asked, &if_alive, &until);
		if (status != CLV_OK)
			clv_raise_prediction(status, &asked);
		orders[i] = Max(until - before, 0);
		before = until;
	}
	if (if_alive)
	{
		status = clv_model_p_alive(model, &asked.observation, 0, &alive);
		if (status != CLV_OK)
			clv_raise_prediction(status, &asked);
	}
	for (int i = 0; i < count; i++)
		orders[i] *= alive;
	PG_RETURN_ARRAYTYPE_P(result);
}

/* (m, horizon) */
Datum
clv_expected_orders_new(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	const ClvModel *model = ask(fcinfo, "expected_orders_new", &asked);
	double		result = 0;
	ClvStatus	status;

	asked.horizon = PG_GETARG_FLOAT8(1);
	status = clv_model_expected_orders_new(model, asked.horizon, &result);
	return answer(status, &asked, result);
}

/* ---------- probability of a number of orders ---------- */

/* (m, x, t_x, age, horizon, n) */
Datum
clv_order_probability(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	const ClvModel *model = ask_statistics(fcinfo, "order_probability", &asked);
	double		result = 0;
	ClvStatus	status;

	asked.horizon = PG_GETARG_FLOAT8(4);
	asked.n = PG_GETARG_INT32(5);
	status = clv_model_order_probability(model, &asked.observation, asked.horizon, asked.n, &result);
	return answer(status, &asked, result);
}

/* (m, horizon, n) */
Datum
clv_order_probability_new(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	const ClvModel *model = ask(fcinfo, "order_probability", &asked);
	double		result = 0;
	ClvStatus	status;

	asked.horizon = PG_GETARG_FLOAT8(1);
	asked.n = PG_GETARG_INT32(2);
	status = clv_model_order_probability_new(model, asked.horizon, asked.n, &result);
	return answer(status, &asked, result);
}

/* (m, h, as_of, horizon, n) */
Datum
clv_order_probability_history(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	int32		as_of;
	const ClvModel *model = ask_history(fcinfo, "order_probability", &asked, &as_of);
	double		days = clv_horizon_days(as_of, PG_GETARG_INTERVAL_P(3));
	double		result = 0;
	ClvStatus	status;

	if (model == NULL)
		PG_RETURN_NULL();
	asked.horizon = clv_days_in_units(model, days);
	asked.n = PG_GETARG_INT32(4);
	status = clv_model_order_probability(model, &asked.observation, asked.horizon, asked.n, &result);
	return answer(status, &asked, result);
}

/* ---------- discounted orders ---------- */

/* (m, x, t_x, age, rate [, horizon]) */
Datum
clv_dert(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	double		result = 0;
	ClvStatus	status;

	ask_statistics(fcinfo, "dert", &asked);
	asked.rate = PG_GETARG_FLOAT8(4);
	asked.horizon = get_float8_infinity();
	if (PG_NARGS() == 6)
		asked.horizon = PG_GETARG_FLOAT8(5);
	status = clv_discounted_orders(fcinfo, &asked, &result);
	return answer(status, &asked, result);
}

/* The model's horizon: an interval from as_of on, or infinite where it is NULL. */
static double
horizon_or_infinity(FunctionCallInfo fcinfo, int argument, const ClvModel *model, int32 as_of)
{
	if (PG_ARGISNULL(argument))
		return get_float8_infinity();
	return clv_days_in_units(model, clv_horizon_days(as_of, PG_GETARG_INTERVAL_P(argument)));
}

/* (m, h, as_of, annual_rate, horizon): only horizon may be NULL */
Datum
clv_dert_history(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	int32		as_of;
	const ClvModel *model;
	double		result = 0;
	ClvStatus	status;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
		PG_RETURN_NULL();
	model = ask_history(fcinfo, "dert", &asked, &as_of);
	if (model == NULL)
		PG_RETURN_NULL();
	asked.rate = clv_rate_of_year(model, PG_GETARG_FLOAT8(3));
	asked.horizon = horizon_or_infinity(fcinfo, 4, model, as_of);
	status = clv_discounted_orders(fcinfo, &asked, &result);
	return answer(status, &asked, result);
}

/* ---------- the next order ---------- */

/* (m, x, t_x, age, probability) */
Datum
clv_next_order(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	const ClvModel *model = ask_statistics(fcinfo, "next_order", &asked);
	double		result = 0;
	ClvStatus	status;

	asked.probability = PG_GETARG_FLOAT8(4);
	status = clv_model_next_order(model, &asked.observation, asked.probability, &result);
	if (status == CLV_OK && isinf(result))
		PG_RETURN_NULL();
	return answer(status, &asked, result);
}

/* (m, h, as_of, probability) */
Datum
clv_next_order_on(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	int32		as_of;
	const ClvModel *model = ask_history(fcinfo, "next_order_on", &asked, &as_of);
	double		result = 0;
	ClvStatus	status;

	if (model == NULL)
		PG_RETURN_NULL();
	asked.probability = PG_GETARG_FLOAT8(3);
	status = clv_model_next_order(model, &asked.observation, asked.probability, &result);
	if (status != CLV_OK)
		clv_raise_prediction(status, &asked);
	result = (double) as_of + ceil(result * clv_unit_days(model));
	/* Beyond the calendar is as good as never. */
	if (!(result <= CLV_DATE_MAX))
		PG_RETURN_NULL();
	PG_RETURN_DATEADT((DateADT) result);
}

/* ---------- spend ---------- */

/* (m, x, spend): spend may be NULL, or anything, where x is 0 */
static ClvStatus
spend(FunctionCallInfo fcinfo, ClvAsked *asked, double *expected, double *weight)
{
	const ClvModel *model = ask(fcinfo, "expected_spend", asked);

	asked->observation.x = PG_GETARG_FLOAT8(1);
	if (asked->observation.x != 0)
		asked->observation.extra = PG_GETARG_FLOAT8(2);
	return clv_model_expected_spend(model, &asked->observation, expected, weight);
}

static bool
spend_is_null(FunctionCallInfo fcinfo)
{
	return PG_ARGISNULL(0) || PG_ARGISNULL(1) || (PG_ARGISNULL(2) && PG_GETARG_FLOAT8(1) != 0);
}

Datum
clv_expected_spend(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	double		expected = 0;
	double		weight;
	ClvStatus	status;

	if (spend_is_null(fcinfo))
		PG_RETURN_NULL();
	status = spend(fcinfo, &asked, &expected, &weight);
	return answer(status, &asked, expected);
}

Datum
clv_spend_weight(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	double		expected;
	double		weight = 0;
	ClvStatus	status;

	if (spend_is_null(fcinfo))
		PG_RETURN_NULL();
	status = spend(fcinfo, &asked, &expected, &weight);
	return answer(status, &asked, weight);
}

/* (m) */
Datum
clv_expected_spend_new(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	const ClvModel *model = ask(fcinfo, "expected_spend_new", &asked);
	double		result = 0;
	ClvStatus	status = clv_model_expected_spend(model, &asked.observation, &result, NULL);

	return answer(status, &asked, result);
}

/* (m, h, as_of) */
Datum
clv_expected_spend_history(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	int32		as_of;
	const ClvModel *model = ask_history(fcinfo, "expected_spend", &asked, &as_of);
	double		result = 0;
	ClvStatus	status;

	if (model == NULL)
		PG_RETURN_NULL();
	status = clv_model_expected_spend(model, &asked.observation, &result, NULL);
	return answer(status, &asked, result);
}

/* (m, h, as_of) */
Datum
clv_spend_weight_history(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	int32		as_of;
	const ClvModel *model = ask_history(fcinfo, "spend_weight", &asked, &as_of);
	double		result = 0;
	double		weight = 0;
	ClvStatus	status;

	if (model == NULL)
		PG_RETURN_NULL();
	status = clv_model_expected_spend(model, &asked.observation, &result, &weight);
	return answer(status, &asked, weight);
}

/* ---------- value ---------- */

double
clv_margin_argument(double margin)
{
	if (isnan(margin) || isinf(margin))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("margin out of range"),
				 errdetail("The margin is %s.", clv_show(margin)),
				 errhint("A margin is the share of revenue that is kept, a finite number such as 0.3.")));
	return margin;
}

/*
 * (m, spend_model, h, as_of, annual_rate, margin, horizon): only horizon may
 * be NULL.  The value of the orders to come, discounted to as_of.
 */
Datum
clv_residual_value(PG_FUNCTION_ARGS)
{
	ClvAsked	asked = {.name = "residual_value"};
	ClvAsked	asked_spend = {.name = "expected_spend"};
	ClvHistoryBytes history;
	int32		as_of;
	double		margin;
	double		discounted = 0;
	double		expected = 0;
	double		value;
	ClvStatus	status;

	for (int i = 0; i < 6; i++)
	{
		if (PG_ARGISNULL(i))
			PG_RETURN_NULL();
	}
	asked.model = clv_model_argument(fcinfo, 0, 0);
	asked_spend.model = clv_model_argument(fcinfo, 1, 1);
	history = PG_GETARG_HISTORY(2);
	as_of = PG_GETARG_DAY(3, "as_of");
	asked.rate = clv_rate_of_year(asked.model, PG_GETARG_FLOAT8(4));
	margin = clv_margin_argument(PG_GETARG_FLOAT8(5));
	asked.horizon = horizon_or_infinity(fcinfo, 6, asked.model, as_of);

	if (!history_observations(asked.model, asked_spend.model, history, as_of, &asked.observation,
							  &asked_spend.observation))
		PG_RETURN_NULL();
	status = clv_discounted_orders(fcinfo, &asked, &discounted);
	if (status != CLV_OK)
		clv_raise_prediction(status, &asked);
	status = clv_model_expected_spend(asked_spend.model, &asked_spend.observation, &expected, NULL);
	if (status != CLV_OK)
		clv_raise_prediction(status, &asked_spend);
	value = expected * margin * discounted;
	if (isinf(value))
		float_overflow_error();
	PG_RETURN_FLOAT8(value);
}

/* ---------- renewals ---------- */

/* A number of periods out of range is not a matter of days. */
static Datum
answer_period(ClvStatus status, const ClvAsked *asked, double result)
{
	if (status == CLV_HORIZON_OUT_OF_RANGE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("period out of range"),
				 errdetail("The period is %s.", clv_show(asked->horizon)),
				 errhint("Survival is told of periods from 0 on, retention of periods from 1 on.")));
	return answer(status, asked, result);
}

/* (m, t) */
Datum
clv_survival(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	const ClvModel *model = ask(fcinfo, "survival", &asked);
	double		result = 0;
	ClvStatus	status;

	asked.horizon = PG_GETARG_FLOAT8(1);
	status = clv_model_survival(model, asked.horizon, &result);
	return answer_period(status, &asked, result);
}

/* (m, t) */
Datum
clv_retention_rate(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	const ClvModel *model = ask(fcinfo, "retention_rate", &asked);
	double		result = 0;
	ClvStatus	status;

	asked.horizon = PG_GETARG_FLOAT8(1);
	status = clv_model_retention_rate(model, asked.horizon, &result);
	return answer_period(status, &asked, result);
}

/* (m, rate) */
Datum
clv_discounted_lifetime(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	const ClvModel *model = ask(fcinfo, "discounted_lifetime", &asked);
	double		result = 0;
	ClvStatus	status;

	asked.rate = PG_GETARG_FLOAT8(1);
	asked.horizon = get_float8_infinity();
	status = clv_model_lifetime(model, -1, asked.rate, &result);
	return answer(status, &asked, result);
}

/* (m, renewals, rate) */
Datum
clv_discounted_residual_lifetime(PG_FUNCTION_ARGS)
{
	ClvAsked	asked;
	const ClvModel *model = ask(fcinfo, "discounted_residual_lifetime", &asked);
	int32		renewals = PG_GETARG_INT32(1);
	double		result = 0;
	ClvStatus	status;

	if (renewals < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of renewals must be greater than or equal to zero"),
				 errdetail("It is %d.", renewals)));
	asked.rate = PG_GETARG_FLOAT8(2);
	asked.horizon = get_float8_infinity();
	status = clv_model_lifetime(model, renewals, asked.rate, &result);
	return answer(status, &asked, result);
}
