/*-------------------------------------------------------------------------
 *
 * confidence.c
 *	  clv.confidence_interval: how sure a model is of a prediction.
 *
 * The interval says what the limited number of customers leaves open about
 * the parameters, by the delta method from their covariance; it does not say
 * how far a single customer may stray from the expectation.
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
#include "pg/row.h"

PG_FUNCTION_INFO_V1(clv_confidence_interval);
PG_FUNCTION_INFO_V1(clv_confidence_interval_history);
PG_FUNCTION_INFO_V1(clv_confidence_interval_new);

typedef struct Question
{
	const char *what;
	ClvRange	range;
	bool		of_customer;	/* or of the base */
	bool		wants_horizon;
	bool		wants_rate;
	bool		wants_n;
	ClvPrediction predict;
} Question;

static ClvStatus
p_alive(const ClvModel *model, void *context, double *result)
{
	ClvAsked   *asked = context;

	return clv_model_p_alive(model, &asked->observation, asked->horizon, result);
}

static ClvStatus
expected_orders(const ClvModel *model, void *context, double *result)
{
	ClvAsked   *asked = context;

	return clv_model_expected_orders(model, &asked->observation, 0, asked->horizon, result);
}

static ClvStatus
order_probability(const ClvModel *model, void *context, double *result)
{
	ClvAsked   *asked = context;

	return clv_model_order_probability(model, &asked->observation, asked->horizon, asked->n, result);
}

static ClvStatus
order_probability_new(const ClvModel *model, void *context, double *result)
{
	ClvAsked   *asked = context;

	return clv_model_order_probability_new(model, asked->horizon, asked->n, result);
}

static ClvStatus
next_order(const ClvModel *model, void *context, double *result)
{
	ClvAsked   *asked = context;

	return clv_model_next_order(model, &asked->observation, 0.5, result);
}

static ClvStatus
discounted_lifetime(const ClvModel *model, void *context, double *result)
{
	ClvAsked   *asked = context;

	return clv_model_lifetime(model, -1, asked->rate, result);
}

static ClvStatus
discounted_residual_lifetime(const ClvModel *model, void *context, double *result)
{
	ClvAsked   *asked = context;

	return asked->n < 0 ? CLV_COUNT_OUT_OF_RANGE : clv_model_lifetime(model, asked->n, asked->rate, result);
}

static ClvStatus
no_order(const ClvModel *model, void *context, double *result)
{
	ClvAsked   *asked = context;

	return clv_model_order_probability(model, &asked->observation, asked->horizon, 0, result);
}

static ClvStatus
dert(const ClvModel *model, void *context, double *result)
{
	ClvAsked   *asked = context;

	return clv_model_dert(model, &asked->observation, asked->rate, asked->horizon, result, clv_check_interrupts);
}

static ClvStatus
expected_spend(const ClvModel *model, void *context, double *result)
{
	ClvAsked   *asked = context;

	return clv_model_expected_spend(model, &asked->observation, result, NULL);
}

static ClvStatus
expected_orders_new(const ClvModel *model, void *context, double *result)
{
	ClvAsked   *asked = context;

	return clv_model_expected_orders_new(model, asked->horizon, result);
}

static ClvStatus
survival(const ClvModel *model, void *context, double *result)
{
	ClvAsked   *asked = context;

	return clv_model_survival(model, asked->horizon, result);
}

static ClvStatus
retention_rate(const ClvModel *model, void *context, double *result)
{
	ClvAsked   *asked = context;

	return clv_model_retention_rate(model, asked->horizon, result);
}

static const Question questions[] = {
	{"p_alive", CLV_RANGE_PROBABILITY, true, false, false, false, p_alive},
	{"expected_orders", CLV_RANGE_POSITIVE, true, true, false, false, expected_orders},
	{"order_probability", CLV_RANGE_PROBABILITY, true, true, false, true, order_probability},
	{"no_order", CLV_RANGE_PROBABILITY, true, true, false, false, no_order},
	{"next_order", CLV_RANGE_POSITIVE, true, false, false, false, next_order},
	{"dert", CLV_RANGE_POSITIVE, true, false, true, false, dert},
	{"expected_spend", CLV_RANGE_POSITIVE, true, false, false, false, expected_spend},
	{"expected_orders_new", CLV_RANGE_POSITIVE, false, true, false, false, expected_orders_new},
	{"order_probability_new", CLV_RANGE_PROBABILITY, false, true, false, true, order_probability_new},
	{"expected_spend_new", CLV_RANGE_POSITIVE, false, false, false, false, expected_spend},
	{"survival", CLV_RANGE_PROBABILITY, false, true, false, false, survival},
	{"retention_rate", CLV_RANGE_PROBABILITY, false, true, false, false, retention_rate},
	{"discounted_lifetime", CLV_RANGE_POSITIVE, false, false, true, false, discounted_lifetime},
	{"discounted_residual_lifetime", CLV_RANGE_POSITIVE, false, false, true, true, discounted_residual_lifetime},
};

static const Question *
question_argument(FunctionCallInfo fcinfo, int argument, bool of_customer)
{
	char	   *what = text_to_cstring(PG_GETARG_TEXT_PP(argument));

	for (size_t i = 0; i < lengthof(questions); i++)
	{
		if (strcmp(questions[i].what, what) == 0 && questions[i].of_customer == of_customer)
			return &questions[i];
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown prediction"),
			 errdetail("There is no interval of \"%s\" %s.", what, of_customer ? "for a customer" : "for the base"),
			 of_customer ?
			 errhint("Predictions for a customer are 'p_alive', 'expected_orders', 'order_probability', 'no_order', 'next_order', 'dert' and 'expected_spend'.") :
			 errhint("Predictions for the base are 'expected_orders_new', 'order_probability_new', 'expected_spend_new', 'survival', 'retention_rate', 'discounted_lifetime' and 'discounted_residual_lifetime'.")));
}

static void
require(const Question *question, const char *argument, bool given)
{
	if (!given)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s is missing", argument),
				 errdetail("An interval of \"%s\" needs it.", question->what)));
}

static void
number_argument(FunctionCallInfo fcinfo, int argument, const Question *question, ClvAsked *asked)
{
	if (!question->wants_n)
		return;
	require(question, "n", !PG_ARGISNULL(argument));
	asked->n = PG_GETARG_INT32(argument);
}

/* The row (estimate, std_error, lower, upper); NULL where the model has no covariance. */
static Datum
interval_of(FunctionCallInfo fcinfo, const Question *question, ClvAsked *asked, double level)
{
	Datum		values[4];
	bool		nulls[4] = {false};
	double		result[4] = {0};
	ClvStatus	status;

	if (!(level > 0 && level < 1))
		clv_raise(CLV_LEVEL_OUT_OF_RANGE, "The confidence level is %s.", clv_show(level));
	status = clv_model_prediction_interval(asked->model, question->predict, asked, question->range, level,
										   &result[0], &result[1], &result[2], &result[3]);
	/* whole opportunities jump: there is no slope to take */
	if (question->predict == next_order && asked->model->family->kind == CLV_DISCRETE_TRANSACTIONS)
		status = CLV_NO_COVARIANCE;
	if (status == CLV_NO_COVARIANCE)
	{
		status = question->predict(asked->model, asked, &result[0]);
		nulls[1] = nulls[2] = nulls[3] = true;
	}
	/* to the last bit what the functions say */
	if (status == CLV_OK && (question->predict == expected_orders || question->predict == dert))
		status = clv_discounted_orders(fcinfo, asked, &result[0]);
	if (status != CLV_OK)
		clv_raise_prediction(status, asked);
	for (int i = 0; i < 4; i++)
	{
		values[i] = Float8GetDatum(result[i]);
		nulls[i] = nulls[i] || isnan(result[i]) || isinf(result[0]);
	}
	return clv_row_datum(fcinfo, values, nulls);
}

static bool
null_among(FunctionCallInfo fcinfo, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (PG_ARGISNULL(i))
			return true;
	}
	return false;
}

/* (m, what, x, t_x, age, horizon, rate, level, n): horizon, rate and n may be NULL */
Datum
clv_confidence_interval(PG_FUNCTION_ARGS)
{
	ClvAsked	asked = {0};
	const Question *question;

	if (null_among(fcinfo, 5) || PG_ARGISNULL(7))
		PG_RETURN_NULL();
	question = question_argument(fcinfo, 1, true);
	asked.name = question->what;
	asked.model = clv_model_argument(fcinfo, 0, 0);
	if (asked.model->family->kind == CLV_SPEND)
		clv_raise_prediction(CLV_NOT_DEFINED_FOR_FAMILY, &asked);
	asked.observation.x = PG_GETARG_FLOAT8(2);
	asked.observation.t_x = PG_GETARG_FLOAT8(3);
	asked.observation.age = PG_GETARG_FLOAT8(4);
	asked.observation.weight = 1;
	if (question->wants_horizon)
		require(question, "horizon", !PG_ARGISNULL(5));
	if (question->wants_rate)
		require(question, "rate", !PG_ARGISNULL(6));
	if (!PG_ARGISNULL(5))
		asked.horizon = PG_GETARG_FLOAT8(5);
	else if (question->wants_rate)
		asked.horizon = get_float8_infinity();
	if (!PG_ARGISNULL(6))
		asked.rate = PG_GETARG_FLOAT8(6);
	number_argument(fcinfo, 8, question, &asked);
	return interval_of(fcinfo, question, &asked, PG_GETARG_FLOAT8(7));
}

/* (m, what, h, as_of, horizon, annual_rate, level, n): horizon, annual_rate and n may be NULL */
Datum
clv_confidence_interval_history(PG_FUNCTION_ARGS)
{
	ClvAsked	asked = {0};
	const Question *question;
	int32		as_of;

	if (null_among(fcinfo, 4) || PG_ARGISNULL(6))
		PG_RETURN_NULL();
	question = question_argument(fcinfo, 1, true);
	asked.name = question->what;
	asked.model = clv_model_argument(fcinfo, 0, 0);
	as_of = PG_GETARG_DAY(3, "as_of");
	if (question->wants_horizon)
		require(question, "horizon", !PG_ARGISNULL(4));
	if (question->wants_rate)
		require(question, "annual_rate", !PG_ARGISNULL(5));
	if (!PG_ARGISNULL(4))
		asked.horizon = clv_days_in_units(asked.model, clv_horizon_days(as_of, PG_GETARG_INTERVAL_P(4)));
	else if (question->wants_rate)
		asked.horizon = get_float8_infinity();
	if (!PG_ARGISNULL(5))
		asked.rate = clv_rate_of_year(asked.model, PG_GETARG_FLOAT8(5));
	if (!clv_history_observation(asked.model->family, clv_unit_days(asked.model), PG_GETARG_HISTORY(2), as_of,
								 &asked.observation))
		PG_RETURN_NULL();
	number_argument(fcinfo, 7, question, &asked);
	return interval_of(fcinfo, question, &asked, PG_GETARG_FLOAT8(6));
}

/* (m, what, t, n, rate, level): t, n and rate may be NULL */
Datum
clv_confidence_interval_new(PG_FUNCTION_ARGS)
{
	ClvAsked	asked = {0};
	const Question *question;

	if (null_among(fcinfo, 2) || PG_ARGISNULL(5))
		PG_RETURN_NULL();
	question = question_argument(fcinfo, 1, false);
	asked.name = question->what;
	asked.model = clv_model_argument(fcinfo, 0, 0);
	asked.observation.weight = 1;
	if (question->wants_horizon)
	{
		require(question, "t", !PG_ARGISNULL(2));
		asked.horizon = PG_GETARG_FLOAT8(2);
	}
	number_argument(fcinfo, 3, question, &asked);
	if (question->wants_rate)
	{
		require(question, "rate", !PG_ARGISNULL(4));
		asked.rate = PG_GETARG_FLOAT8(4);
	}
	return interval_of(fcinfo, question, &asked, PG_GETARG_FLOAT8(5));
}
