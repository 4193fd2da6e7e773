/*-------------------------------------------------------------------------
 *
 * simulate.c
 *	  clv.simulate: the orders of customers drawn from a model.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/numeric.h"

#include "model/simulate.h"
#include "pg/compat.h"
#include "pg/error.h"
#include "pg/model.h"
#include "pg/predict.h"

PG_FUNCTION_INFO_V1(clv_simulate);
PG_FUNCTION_INFO_V1(clv_simulate_renewals);

/* First orders have a stream of their own, apart from those of the models. */
#define ACQUISITION_STREAM UINT64CONST(0x5851F42D4C957F2D)

/* Beyond it an amount in cents is no exact double. */
#define MOST_CENTS 9007199254740992.0

#define MOST_PERIODS 10000

static void
check_kind(const ClvModel *model, bool is_spend)
{
	if ((model->family->kind == CLV_SPEND) != is_spend || model->family->kind == CLV_RENEWALS)
		clv_raise(CLV_NOT_DEFINED_FOR_FAMILY, "Models of the family %s do not tell %s.", model->family->name,
				  is_spend ? "amounts" : "when orders come");
}

static ClvSimulation
start(const ClvModel *model, int64 seed, int64 customer)
{
	ClvSimulation simulation;
	ClvStatus	status = clv_simulation_start(&simulation, model, (uint64) seed, (uint64) customer);

	if (status != CLV_OK)
		clv_raise(status, "Customers of the family %s cannot be simulated.", model->family->name);
	return simulation;
}

static Datum
amount_of(double amount)
{
	double		cents = rint(amount * 100);

	if (!(cents <= MOST_CENTS))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("simulated amount out of range"),
				 errdetail("It is %s cents.", clv_show(cents)),
				 errhint("The spend model has a mean beyond any money.")));
	return NumericGetDatum(int64_div_fast_to_numeric((int64) cents, 2));
}

/* All orders of a customer, from the first one, in days, until a day. */
static void
put_orders(ReturnSetInfo *result, const ClvModel *model, const ClvModel *spend_model, int64 seed, int32 customer,
		   double first, int32 until_day)
{
	ClvSimulation orders = start(model, seed, customer);
	ClvSimulation amounts;
	double		unit = clv_unit_days(model);
	double		day = floor(first);

	if (spend_model != NULL)
		amounts = start(spend_model, seed, customer);
	while (day <= until_day)
	{
		Datum		values[3] = {Int64GetDatum(customer), DateADTGetDatum((DateADT) day)};
		bool		nulls[3] = {false, false, spend_model == NULL};

		CHECK_FOR_INTERRUPTS();
		if (spend_model != NULL)
			values[2] = amount_of(clv_simulation_next(&amounts));
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		if (spend_model != NULL)
			pfree(DatumGetPointer(values[2]));
		day = floor(first + clv_simulation_next(&orders) * unit);
	}
}

/*
 * simulate(m, spend_model, customers, start, until, seed, acquired_until):
 * each customer orders first at a random time from start to acquired_until
 * (until if NULL), then as the model draws it.  spend_model may be NULL.
 */
Datum
clv_simulate(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	bool		has_spend = !PG_ARGISNULL(1);
	ClvModel	model;
	ClvModel	spend_model;
	int32		customers;
	int32		start_day;
	int32		until_day;
	int32		acquired_until;
	int64		seed;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(2) || PG_ARGISNULL(3) || PG_ARGISNULL(4) || PG_ARGISNULL(5))
		return (Datum) 0;
	clv_model_decode(PG_GETARG_DATUM(0), &model);
	check_kind(&model, false);
	if (has_spend)
	{
		clv_model_decode(PG_GETARG_DATUM(1), &spend_model);
		check_kind(&spend_model, true);
	}
	customers = PG_GETARG_INT32(2);
	start_day = PG_GETARG_DAY(3, "start");
	until_day = PG_GETARG_DAY(4, "until");
	seed = PG_GETARG_INT64(5);
	acquired_until = PG_ARGISNULL(6) ? until_day : PG_GETARG_DAY(6, "acquired_until");
	if (customers < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of customers must be greater than or equal to zero"),
				 errdetail("It is %d.", customers)));
	if (start_day > until_day || acquired_until < start_day || acquired_until > until_day)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("dates of a simulation are out of order"),
				 errhint("They ascend: start, acquired_until, until.")));
	for (int32 customer = 1; customer <= customers; customer++)
	{
		ClvRandom	acquisition;
		double		first;

		clv_random_init(&acquisition, (uint64) seed + ACQUISITION_STREAM, (uint64) customer);
		first = start_day + clv_random_uniform(&acquisition) * ((double) acquired_until - start_day + 1);
		put_orders(result, &model, has_spend ? &spend_model : NULL, seed, customer, first, until_day);
	}
	return (Datum) 0;
}

/* (m, subscribers, periods, seed): how many are left after each period */
Datum
clv_simulate_renewals(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ClvModel	model;
	int32		subscribers = PG_GETARG_INT32(1);
	int32		periods = PG_GETARG_INT32(2);
	int64		left = subscribers;
	int64	   *lost;

	clv_model_decode(PG_GETARG_DATUM(0), &model);
	if (model.family->kind != CLV_RENEWALS)
		clv_raise(CLV_NOT_DEFINED_FOR_FAMILY, "Models of the family %s are not about renewals: those are sbg and bdw.",
				  model.family->name);
	if (subscribers < 0 || periods < 0 || periods > MOST_PERIODS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("size of a simulation out of range"),
				 errdetail("There are %d subscribers and %d periods.", subscribers, periods),
				 errhint("Neither is negative, and there are at most %d periods.", MOST_PERIODS)));
	InitMaterializedSRF(fcinfo, 0);
	lost = palloc0(sizeof(int64) * (periods + 1));
	for (int64 subscriber = 1; subscriber <= subscribers; subscriber++)
	{
		ClvSimulation simulation = start(&model, PG_GETARG_INT64(3), subscriber);
		double		period = clv_simulation_next(&simulation);

		CHECK_FOR_INTERRUPTS();
		if (period <= periods)
			lost[(int32) period]++;
	}
	for (int32 period = 0; period <= periods; period++)
	{
		Datum		values[2];
		bool		nulls[2] = {false};

		left -= lost[period];
		values[0] = Int32GetDatum(period);
		values[1] = Int64GetDatum(left);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
