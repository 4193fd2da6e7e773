/*-------------------------------------------------------------------------
 *
 * explain.c
 *	  clv.explain: why a customer is worth what clv.residual_value says.
 *
 * One row a factor; the product of all factors is the value:
 *
 *	  orders of an average customer a year, while a customer
 *	  x  how much more often this one orders (rates shrunk towards the base)
 *	  x  P(alive)
 *	  x  years of activity to come, discounted (with a horizon: undiscounted,
 *		 and the discount as a factor of its own)
 *	  x  mean amount of the base
 *	  x  how much more this one spends (means shrunk towards the base)
 *	  x  margin
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/float.h"

#include "model/predict.h"
#include "pg/compat.h"
#include "pg/error.h"
#include "pg/history.h"
#include "pg/model.h"
#include "pg/predict.h"

PG_FUNCTION_INFO_V1(clv_explain);

static double
parameter(const ClvModel *model, const char *name)
{
	int			i = clv_parameter_index(model->family, name);

	return i >= 0 ? model->parameters[i] : 1;
}

/*
 * Orders per unit of time while a customer: of the base, and of somebody with
 * this observation, who is still one.  The gamma (for discrete families beta)
 * distribution of rates before and after what was seen.
 */
static void
order_rates(const ClvModel *model, const ClvObservation *observation, double *base, double *personal)
{
	if (model->family->kind == CLV_DISCRETE_TRANSACTIONS)
	{
		double		alpha = parameter(model, "alpha");
		double		beta = parameter(model, "beta");

		*base = alpha / (alpha + beta);
		*personal = (alpha + observation->x) / (alpha + beta + observation->age);
	}
	else
	{
		double		r = parameter(model, "r");
		double		alpha = parameter(model, "alpha");
		double		k = clv_parameter_index(model->family, "k") >= 0 ? parameter(model, "k") : 1;

		*base = r / alpha / k;
		*personal = (r + k * observation->x) / (alpha + observation->age) / k;
	}
}

static void
put(ReturnSetInfo *result, int *step, const char *term, double factor, double *product, char *meaning)
{
	Datum		values[5];
	bool		nulls[5] = {false};

	*product *= factor;
	values[0] = Int32GetDatum(++*step);
	values[1] = CStringGetTextDatum(term);
	values[2] = Float8GetDatum(factor);
	values[3] = Float8GetDatum(*product);
	values[4] = CStringGetTextDatum(meaning);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* (m, spend_model, h, as_of, annual_rate, margin, horizon): only horizon may be NULL */
Datum
clv_explain(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ClvModel	model;
	ClvModel	spend_model;
	ClvAsked	asked = {.name = "explain"};
	ClvAsked	asked_spend = {.name = "expected_spend"};
	ClvObservation nobody = {.weight = 1};
	ClvHistoryBytes history;
	int32		as_of;
	double		margin;
	double		base_rate;
	double		personal_rate;
	double		p_alive = 0;
	double		discounted = 0;
	double		undiscounted = 0;
	double		base_spend = 0;
	double		personal_spend = 0;
	double		weight = 0;
	double		orders_per_year;
	double		years;
	double		product = 1;
	int			step = 0;
	ClvStatus	status;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < 6; i++)
	{
		if (PG_ARGISNULL(i))
			return (Datum) 0;
	}
	clv_model_decode(PG_GETARG_DATUM(0), &model);
	clv_model_decode(PG_GETARG_DATUM(1), &spend_model);
	asked.model = &model;
	asked_spend.model = &spend_model;
	if (model.family->kind != CLV_TRANSACTIONS && model.family->kind != CLV_DISCRETE_TRANSACTIONS)
		clv_raise_prediction(CLV_NOT_DEFINED_FOR_FAMILY, &asked);
	if (spend_model.family->kind != CLV_SPEND)
		clv_raise_prediction(CLV_NOT_DEFINED_FOR_FAMILY, &asked_spend);
	history = PG_GETARG_HISTORY(2);
	as_of = PG_GETARG_DAY(3, "as_of");
	asked.rate = clv_rate_of_year(&model, PG_GETARG_FLOAT8(4));
	margin = clv_margin_argument(PG_GETARG_FLOAT8(5));
	asked.horizon = PG_ARGISNULL(6) ? get_float8_infinity() :
		clv_days_in_units(&model, clv_horizon_days(as_of, PG_GETARG_INTERVAL_P(6)));
	if (!clv_history_observation(model.family, clv_unit_days(&model), history, as_of, &asked.observation) ||
		!clv_history_observation(spend_model.family, 1, history, as_of, &asked_spend.observation))
		return (Datum) 0;

	status = clv_model_dert(&model, &asked.observation, asked.rate, asked.horizon, &discounted, clv_check_interrupts);
	if (status == CLV_OK)
		status = clv_model_p_alive(&model, &asked.observation, 0, &p_alive);
	if (status == CLV_OK && isfinite(asked.horizon))
		status = clv_model_expected_orders(&model, &asked.observation, 0, asked.horizon, &undiscounted);
	if (status != CLV_OK)
		clv_raise_prediction(status, &asked);
	status = clv_model_expected_spend(&spend_model, &asked_spend.observation, &personal_spend, &weight);
	if (status == CLV_OK)
		status = clv_model_expected_spend(&spend_model, &nobody, &base_spend, NULL);
	if (status != CLV_OK)
		clv_raise_prediction(status, &asked_spend);
	order_rates(&model, &asked.observation, &base_rate, &personal_rate);

	orders_per_year = base_rate * CLV_DAYS_PER_YEAR / clv_unit_days(&model);
	put(result, &step, "order_rate", orders_per_year, &product,
		psprintf("orders a year of an average customer, while a customer"));
	put(result, &step, "personal_rate", personal_rate / base_rate, &product,
		psprintf("this one has ordered %d times more in %.0f days: %.3g orders a year, between the own rate and that of the base",
				 (int) asked.observation.x, asked.observation.age * clv_unit_days(&model),
				 personal_rate * CLV_DAYS_PER_YEAR / clv_unit_days(&model)));
	put(result, &step, "p_alive", p_alive, &product,
		psprintf("probability of still being a customer, %.0f days after the last order",
				 (asked.observation.age - asked.observation.t_x) * clv_unit_days(&model)));
	/* Where the product has vanished already, time has nothing left to multiply. */
	if (isfinite(asked.horizon))
	{
		years = product > 0 ? undiscounted / product : 0;
		put(result, &step, "years", years, &product,
			psprintf("years of activity in the horizon of %.0f days, for somebody who is a customer now",
					 asked.horizon * clv_unit_days(&model)));
		put(result, &step, "discount", undiscounted > 0 ? discounted / undiscounted : 1, &product,
			psprintf("what waiting takes off at %.4g %% a year", 100 * PG_GETARG_FLOAT8(4)));
	}
	else
	{
		years = product > 0 ? discounted / product : 0;
		put(result, &step, "years", years, &product,
			psprintf("years of activity to come, discounted at %.4g %% a year, for somebody who is a customer now",
					 100 * PG_GETARG_FLOAT8(4)));
	}
	put(result, &step, "spend", base_spend, &product, psprintf("mean amount of an order in the base"));
	put(result, &step, "personal_spend", personal_spend / base_spend, &product,
		weight > 0 ?
		psprintf("this one spent %.2f on average in %d repeat orders, which counts for %.1f %%: %.2f are expected",
				 asked_spend.observation.extra, (int) asked_spend.observation.x, 100 * weight, personal_spend) :
		psprintf("nothing is known of this one beyond the base"));
	put(result, &step, "margin", margin, &product, psprintf("share of the amounts that is kept"));
	return (Datum) 0;
}
