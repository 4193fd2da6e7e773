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

/* What is asked, of both models. */
typedef struct Question
{
	ClvModel	model;
	ClvModel	spend_model;
	ClvAsked	orders;
	ClvAsked	spend;
	double		annual_rate;
	double		margin;
} Question;

/* What the models say of the customer and of the base. */
typedef struct Answers
{
	double		base_rate;		/* orders per unit of the model */
	double		personal_rate;
	double		p_alive;
	double		discounted;		/* orders to come */
	double		undiscounted;	/* only with a horizon */
	double		base_spend;
	double		personal_spend;
	double		weight;			/* of the customer's own mean */
} Answers;

/* The rows of the explanation. */
typedef struct Factors
{
	ReturnSetInfo *result;
	int			step;
	double		product;
} Factors;

/* (m, spend_model, h, as_of, annual_rate, margin, horizon); false where the models know nothing of the customer. */
static bool
get_question(FunctionCallInfo fcinfo, Question *question)
{
	ClvHistoryBytes history;
	int32		as_of;

	memset(question, 0, sizeof(*question));
	clv_model_decode(PG_GETARG_DATUM(0), &question->model);
	clv_model_decode(PG_GETARG_DATUM(1), &question->spend_model);
	question->orders = (ClvAsked)
	{
		.name = "explain", .model = &question->model
	};
	question->spend = (ClvAsked)
	{
		.name = "expected_spend", .model = &question->spend_model
	};
	if (question->model.family->kind != CLV_TRANSACTIONS &&
		question->model.family->kind != CLV_DISCRETE_TRANSACTIONS)
		clv_raise_prediction(CLV_NOT_DEFINED_FOR_FAMILY, &question->orders);
	if (question->spend_model.family->kind != CLV_SPEND)
		clv_raise_prediction(CLV_NOT_DEFINED_FOR_FAMILY, &question->spend);
	history = PG_GETARG_HISTORY(2);
	as_of = PG_GETARG_DAY(3, "as_of");
	question->annual_rate = PG_GETARG_FLOAT8(4);
	question->orders.rate = clv_rate_of_year(&question->model, question->annual_rate);
	question->margin = clv_margin_argument(PG_GETARG_FLOAT8(5));
	question->orders.horizon = PG_ARGISNULL(6) ? get_float8_infinity() :
		clv_days_in_units(&question->model, clv_horizon_days(as_of, PG_GETARG_INTERVAL_P(6)));
	return clv_history_observation(question->model.family, clv_unit_days(&question->model), history, as_of,
								   &question->orders.observation) &&
		clv_history_observation(question->spend_model.family, 1, history, as_of, &question->spend.observation);
}

static void
ask_models(const Question *question, Answers *answers)
{
	const ClvAsked *orders = &question->orders;
	ClvObservation nobody = {.weight = 1};
	ClvStatus	status;

	memset(answers, 0, sizeof(*answers));
	status = clv_model_dert(orders->model, &orders->observation, orders->rate, orders->horizon, &answers->discounted,
							clv_check_interrupts);
	if (status == CLV_OK)
		status = clv_model_p_alive(orders->model, &orders->observation, 0, &answers->p_alive);
	if (status == CLV_OK && isfinite(orders->horizon))
		status = clv_model_expected_orders(orders->model, &orders->observation, 0, orders->horizon,
										   &answers->undiscounted);
	if (status != CLV_OK)
		clv_raise_prediction(status, orders);
	status = clv_model_expected_spend(question->spend.model, &question->spend.observation, &answers->personal_spend,
									  &answers->weight);
	if (status == CLV_OK)
		status = clv_model_expected_spend(question->spend.model, &nobody, &answers->base_spend, NULL);
	if (status != CLV_OK)
		clv_raise_prediction(status, &question->spend);
	order_rates(orders->model, &orders->observation, &answers->base_rate, &answers->personal_rate);
}

static void
put(Factors *factors, const char *term, double factor, char *meaning)
{
	Datum		values[5];
	bool		nulls[5] = {false};

	factors->product *= factor;
	values[0] = Int32GetDatum(++factors->step);
	values[1] = CStringGetTextDatum(term);
	values[2] = Float8GetDatum(factor);
	values[3] = Float8GetDatum(factors->product);
	values[4] = CStringGetTextDatum(meaning);
	tuplestore_putvalues(factors->result->setResult, factors->result->setDesc, values, nulls);
}

static void
put_orders(Factors *factors, const Question *question, const Answers *answers)
{
	const ClvObservation *observation = &question->orders.observation;
	double		unit_days = clv_unit_days(&question->model);
	double		a_year = CLV_DAYS_PER_YEAR / unit_days;

	put(factors, "order_rate", answers->base_rate * a_year,
		psprintf("orders a year of an average customer, while a customer"));
	put(factors, "personal_rate", answers->personal_rate / answers->base_rate,
		psprintf("this one has ordered %d times more in %.0f days: %.3g orders a year, between the own rate and that of the base",
				 (int) observation->x, observation->age * unit_days, answers->personal_rate * a_year));
	put(factors, "p_alive", answers->p_alive,
		psprintf("probability of still being a customer, %.0f days after the last order",
				 (observation->age - observation->t_x) * unit_days));
}

/* The years that make discounted orders of the factors so far; nothing is left to multiply where these vanish. */
static void
put_time(Factors *factors, const Question *question, const Answers *answers)
{
	double		percent = 100 * question->annual_rate;
	bool		bounded = isfinite(question->orders.horizon);
	double		orders = bounded ? answers->undiscounted : answers->discounted;
	double		years = factors->product > 0 ? orders / factors->product : 0;

	if (!bounded)
	{
		put(factors, "years", years,
			psprintf("years of activity to come, discounted at %.4g %% a year, for somebody who is a customer now",
					 percent));
		return;
	}
	put(factors, "years", years,
		psprintf("years of activity in the horizon of %.0f days, for somebody who is a customer now",
				 question->orders.horizon * clv_unit_days(&question->model)));
	put(factors, "discount", orders > 0 ? answers->discounted / orders : 1,
		psprintf("what waiting takes off at %.4g %% a year", percent));
}

static void
put_spend(Factors *factors, const Question *question, const Answers *answers)
{
	const ClvObservation *observation = &question->spend.observation;

	put(factors, "spend", answers->base_spend, psprintf("mean amount of an order in the base"));
	put(factors, "personal_spend", answers->personal_spend / answers->base_spend,
		answers->weight > 0 ?
		psprintf("this one spent %.2f on average in %d repeat orders, which counts for %.1f %%: %.2f are expected",
				 observation->extra, (int) observation->x, 100 * answers->weight, answers->personal_spend) :
		psprintf("nothing is known of this one beyond the base"));
	put(factors, "margin", question->margin, psprintf("share of the amounts that is kept"));
}

/* (m, spend_model, h, as_of, annual_rate, margin, horizon): only horizon may be NULL */
Datum
clv_explain(PG_FUNCTION_ARGS)
{
	Factors		factors = {.result = (ReturnSetInfo *) fcinfo->resultinfo, .product = 1};
	Question	question;
	Answers		answers;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < 6; i++)
	{
		if (PG_ARGISNULL(i))
			return (Datum) 0;
	}
	if (!get_question(fcinfo, &question))
		return (Datum) 0;
	ask_models(&question, &answers);
	put_orders(&factors, &question, &answers);
	put_time(&factors, &question, &answers);
	put_spend(&factors, &question, &answers);
	return (Datum) 0;
}
