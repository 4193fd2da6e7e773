/*-------------------------------------------------------------------------
 *
 * forecast.c
 *	  clv.order_interval, clv.value_interval: how far a single customer may
 *	  stray from what is expected.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/date.h"
#include "utils/float.h"

#include "model/forecast.h"
#include "pg/compat.h"
#include "pg/error.h"
#include "pg/history.h"
#include "pg/model.h"
#include "pg/predict.h"
#include "pg/row.h"

PG_FUNCTION_INFO_V1(clv_order_interval);
PG_FUNCTION_INFO_V1(clv_order_interval_history);
PG_FUNCTION_INFO_V1(clv_value_interval);

#define PLACES 512

/* Probabilities of 0, 1, … orders: nearly always few. */
typedef struct Counted
{
	double		place[PLACES];
	double	   *probability;
	int			count;
} Counted;

static void
count_orders(const ClvAsked *asked, double level, double precision, Counted *counted)
{
	ClvStatus	status;

	if (!(level > 0 && level <= CLV_HIGHEST_LEVEL))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("level out of range"),
				 errdetail("The level is %s.", clv_show(level)),
				 errhint("The level of an interval is above 0 and at most 0.9999.")));
	counted->probability = counted->place;
	status = clv_model_order_probabilities(asked->model, &asked->observation, asked->horizon,
										   (1 - level) / 2 * precision, counted->probability, PLACES,
										   &counted->count, clv_check_interrupts);
	if (status == CLV_OK && counted->count == PLACES)
	{
		counted->probability = palloc(sizeof(double) * CLV_MOST_COUNTED);
		status = clv_model_order_probabilities(asked->model, &asked->observation, asked->horizon,
											   (1 - level) / 2 * precision, counted->probability, CLV_MOST_COUNTED,
											   &counted->count, clv_check_interrupts);
	}
	if (status != CLV_OK)
		clv_raise_prediction(status, asked);
}

static Datum
order_interval(FunctionCallInfo fcinfo, const ClvAsked *asked, double level)
{
	Counted		counted;
	Datum		values[3];
	bool		nulls[3] = {false};
	int			lower;
	int			upper;
	double		held;

	count_orders(asked, level, 1, &counted);
	if (!clv_count_interval(counted.probability, counted.count, level, &lower, &upper, &held))
		nulls[1] = nulls[2] = true;
	values[0] = Int32GetDatum(lower);
	values[1] = Int32GetDatum(upper);
	values[2] = Float8GetDatum(Min(held, 1));
	return clv_row_datum(fcinfo, values, nulls);
}

/* (m, x, t_x, age, horizon, level) */
Datum
clv_order_interval(PG_FUNCTION_ARGS)
{
	ClvAsked	asked = {.name = "order_interval"};

	asked.model = clv_model_argument(fcinfo, 0, 0);
	if (asked.model->family->kind == CLV_SPEND)
		clv_raise_prediction(CLV_NOT_DEFINED_FOR_FAMILY, &asked);
	asked.observation.x = PG_GETARG_FLOAT8(1);
	asked.observation.t_x = PG_GETARG_FLOAT8(2);
	asked.observation.age = PG_GETARG_FLOAT8(3);
	asked.observation.weight = 1;
	asked.horizon = PG_GETARG_FLOAT8(4);
	return order_interval(fcinfo, &asked, PG_GETARG_FLOAT8(5));
}

/* (m, h, as_of, horizon, level) */
Datum
clv_order_interval_history(PG_FUNCTION_ARGS)
{
	ClvAsked	asked = {.name = "order_interval"};
	int32		as_of = PG_GETARG_DAY(2, "as_of");

	asked.model = clv_model_argument(fcinfo, 0, 0);
	asked.horizon = clv_days_in_units(asked.model, clv_horizon_days(as_of, PG_GETARG_INTERVAL_P(3)));
	if (!clv_history_observation(asked.model->family, clv_unit_days(asked.model), PG_GETARG_HISTORY(1), as_of,
								 &asked.observation))
		PG_RETURN_NULL();
	return order_interval(fcinfo, &asked, PG_GETARG_FLOAT8(4));
}

/* (m, spend_model, h, as_of, horizon, margin, level) */
Datum
clv_value_interval(PG_FUNCTION_ARGS)
{
	ClvAsked	asked = {.name = "value_interval"};
	ClvAsked	asked_spend = {.name = "value_interval"};
	ClvHistoryBytes history = PG_GETARG_HISTORY(2);
	int32		as_of = PG_GETARG_DAY(3, "as_of");
	double		margin = clv_margin_argument(PG_GETARG_FLOAT8(5));
	double		level = PG_GETARG_FLOAT8(6);
	Counted		counted;
	Datum		values[2];
	bool		nulls[2] = {false};
	int			fewest;
	int			most;
	double		held;
	double		lower;
	double		upper;
	ClvStatus	status;

	asked.model = clv_model_argument(fcinfo, 0, 0);
	asked_spend.model = clv_model_argument(fcinfo, 1, 1);
	if (asked_spend.model->family->kind != CLV_SPEND)
		clv_raise_prediction(CLV_NOT_DEFINED_FOR_FAMILY, &asked_spend);
	asked.horizon = clv_days_in_units(asked.model, clv_horizon_days(as_of, PG_GETARG_INTERVAL_P(4)));
	if (!clv_history_observation(asked.model->family, clv_unit_days(asked.model), history, as_of, &asked.observation) ||
		!clv_history_observation(asked_spend.model->family, 1, history, as_of, &asked_spend.observation))
		PG_RETURN_NULL();
	/* A thousandth of the tail is not told apart. */
	count_orders(&asked, level, 1e-3, &counted);
	status = clv_model_amount_interval(asked_spend.model, &asked_spend.observation, counted.probability, counted.count,
									   level, &lower, &upper, clv_check_interrupts);
	if (status != CLV_OK)
		clv_raise_prediction(status, &asked_spend);
	if (!clv_count_interval(counted.probability, counted.count, level, &fewest, &most, &held))
		nulls[1] = true;
	values[0] = Float8GetDatum(Min(lower * margin, upper * margin));
	values[1] = Float8GetDatum(Max(lower * margin, upper * margin));
	return clv_row_datum(fcinfo, values, nulls);
}
