/*-------------------------------------------------------------------------
 *
 * choice.c
 *	  clv.choose: which family foretells best.
 *
 * Every family of purchase models is fitted to what was known at the
 * beginning of the horizon, and foretells the orders of each customer until
 * its end, which the data hold.  The family with the smallest error is chosen,
 * not the one with the largest likelihood.
 *
 * The state is a clv.observation_table with the orders of the holdout in the
 * weight: equal customers with equal futures are counted once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include "base/calendar.h"
#include "base/observe.h"
#include "model/fit.h"
#include "model/predict.h"
#include "pg/compat.h"
#include "pg/error.h"
#include "pg/history.h"
#include "pg/model.h"
#include "pg/observations.h"

PG_FUNCTION_INFO_V1(clv_choose_trans);
PG_FUNCTION_INFO_V1(clv_choose_final);

/* What became of one family. */
typedef struct Choice
{
	ClvModel	model;
	bool		usable;			/* fitted, and able to foretell */
	double		predicted;
	double		error;
	double		mae;
	double		rmse;
} Choice;

/* Customers are judged in groups of equal x: 0, 1, …, 6, 7 and more. */
#define GROUPS 8

/* choose(h, as_of, horizon): the day on which the holdout begins */
static int32
cut_day(int32 as_of, const Interval *horizon)
{
	Interval	back = {-horizon->time, -horizon->day, -horizon->month};
	double		days = -1;

	if (horizon->month > -PG_INT32_MAX && horizon->day > -PG_INT32_MAX && horizon->time > -PG_INT64_MAX)
	{
		Timestamp	end = DatumGetTimestamp(DirectFunctionCall1(date_timestamp, DateADTGetDatum(as_of)));
		Timestamp	start;

		clv_interval_days(horizon); /* refuses what is infinite */
		start = DatumGetTimestamp(DirectFunctionCall2(timestamp_pl_interval, TimestampGetDatum(end),
													  IntervalPGetDatum(&back)));
		days = floor(((double) end - (double) start) / USECS_PER_DAY);
	}
	if (days < 1)
		clv_raise(CLV_HORIZON_OUT_OF_RANGE, "The horizon is %s; a holdout has at least one day.",
				  DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(horizon))));
	if (as_of - days < CLV_DATE_MIN)
		clv_raise(CLV_DATE_OUT_OF_RANGE, "The holdout begins before the calendar.");
	return (int32) (as_of - days);
}

/* (state, h, as_of, horizon) */
Datum
clv_choose_trans(PG_FUNCTION_ARGS)
{
	ClvHistoryBytes history;
	ClvStatistics before;
	ClvStatistics after;
	ClvObservationRow row = {0};
	ClvObservationValue *value;
	ClvObservationTable *table;
	char		request[CLV_OBSERVATIONS_FAMILY] = {0};
	ClvStatus	status;
	int32		as_of;
	int32		cut;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	history = PG_GETARG_HISTORY(1);
	as_of = PG_GETARG_DAY(2, "as_of");
	cut = cut_day(as_of, PG_GETARG_INTERVAL_P(3));
	status = clv_history_statistics(history.bytes, history.size, cut, &before);
	if (status == CLV_OK)
		status = clv_history_statistics(history.bytes, history.size, as_of, &after);
	if (status != CLV_OK)
		clv_raise(status, "The statistics of a history cannot be told.");
	if (!before.exists)
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}

	snprintf(request, sizeof(request), "holdout(days=%d)", as_of - cut);
	if (PG_ARGISNULL(0))
	{
		value = clv_observations_new(CLV_OBSERVATIONS_SMALLEST);
		table = CLV_OBSERVATIONS_TABLE(value);
		table->source = CLV_SOURCE_HOLDOUT;
		table->as_of = cut;
		memcpy(table->family, request, sizeof(request));
	}
	else
	{
		value = clv_observations_datum(PG_GETARG_DATUM(0));
		clv_observations_check_alike(CLV_OBSERVATIONS_TABLE(value), request, CLV_SOURCE_HOLDOUT, cut);
		if (AggCheckCallContext(fcinfo, NULL) == 0 && (Pointer) value == DatumGetPointer(PG_GETARG_DATUM(0)))
			value = (ClvObservationValue *) PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(0));
		value = clv_observations_reserve(value, 1);
		table = CLV_OBSERVATIONS_TABLE(value);
	}
	row.x = before.frequency;
	row.t_x = before.t_x;
	row.age = before.age;
	row.extra = clv_history_log_gaps(history.bytes, history.size, cut);
	row.weight = 1 + after.frequency - before.frequency;
	if (clv_observations_add(table, &row, 1) != CLV_OK)
		elog(ERROR, "observation was not checked");
	PG_RETURN_POINTER(value);
}

/* The rows as observations of a family; answers how many. */
static size_t
observations_of(const ClvFamily *family, const ClvObservationRow *rows, int64 n, ClvObservation *observations)
{
	bool		with_gaps = family->parameter[0].whole;
	size_t		count = 0;

	for (int64 i = 0; i < n; i++)
	{
		const ClvObservationRow *row = &rows[i];
		double		extra = with_gaps ? row->extra : 0;

		if (count > 0 && observations[count - 1].x == row->x && observations[count - 1].t_x == row->t_x &&
			observations[count - 1].age == row->age && observations[count - 1].extra == extra)
			observations[count - 1].weight += (double) row->count;
		else
		{
			ClvObservation observation = {row->x, row->t_x, row->age, extra, (double) row->count};

			observations[count++] = observation;
		}
	}
	return count;
}

/*
 * How far the family was off.  Single customers order by chance, and that
 * chance would drown what tells families apart: the error that decides is that
 * of the mean orders of groups of customers alike.
 */
static void
judge(Choice *choice, const ClvObservationRow *rows, int64 n, double days)
{
	double		customers = 0;
	double		absolute = 0;
	double		squared = 0;
	double		expected = 0;
	double		size[GROUPS] = {0};
	double		difference[GROUPS] = {0};
	double		systematic = 0;

	choice->usable = clv_fit_converged(choice->model.status);
	for (int64 i = 0; i < n && choice->usable; i++)
	{
		const ClvObservationRow *row = &rows[i];
		double		count = (double) row->count;
		double		actual = row->weight - 1;
		int			group = row->x < GROUPS - 1 ? (int) row->x : GROUPS - 1;

		if (i % 1024 == 0)
			clv_check_interrupts();
		if (i == 0 || row->x != rows[i - 1].x || row->t_x != rows[i - 1].t_x || row->age != rows[i - 1].age)
		{
			ClvObservation observation = {row->x, row->t_x, row->age, row->extra, 1};

			if (clv_model_expected_orders(&choice->model, &observation, 0, days, &expected) != CLV_OK)
				choice->usable = false;
		}
		customers += count;
		size[group] += count;
		difference[group] += count * (expected - actual);
		choice->predicted += count * expected;
		absolute += count * fabs(expected - actual);
		squared += count * (expected - actual) * (expected - actual);
	}
	for (int i = 0; i < GROUPS; i++)
	{
		if (size[i] > 0)
			systematic += difference[i] * difference[i] / size[i];
	}
	choice->error = sqrt(systematic / customers);
	choice->mae = absolute / customers;
	choice->rmse = sqrt(squared / customers);
}

/* Usable ones first, the smallest error first; of equal ones the family listed first. */
static int
compare_choices(const void *a, const void *b)
{
	const Choice *x = a;
	const Choice *y = b;

	if (x->usable != y->usable)
		return x->usable ? -1 : 1;
	if (x->usable && x->error != y->error)
		return x->error < y->error ? -1 : 1;
	for (int i = 0; i < clv_family_count; i++)
	{
		if (clv_family_table[i] == x->model.family || clv_family_table[i] == y->model.family)
			return clv_family_table[i] == x->model.family ? -1 : 1;
	}
	return 0;
}

Datum
clv_choose_final(PG_FUNCTION_ARGS)
{
	ClvObservationTable *table = CLV_OBSERVATIONS_TABLE(clv_observations_datum(PG_GETARG_DATUM(0)));
	ClvObservationRow *rows = clv_observations_sorted(table);
	ClvObservation *observations = palloc_extended(sizeof(ClvObservation) * (table->used + 1), MCXT_ALLOC_HUGE);
	ClvObservation *room = NULL;
	Choice	   *choices = palloc0(sizeof(Choice) * clv_family_count);
	Datum	   *elements = palloc(sizeof(Datum) * clv_family_count);
	Oid			row_type = get_element_type(get_fn_expr_rettype(fcinfo->flinfo));
	TupleDesc	descriptor;
	double		days = clv_holdout_days(table);
	double		customers = 0;
	double		actual = 0;
	int			count = 0;

	if (days < 0 || table->used == 0)
		PG_RETURN_NULL();
	for (int64 i = 0; i < table->used; i++)
	{
		customers += (double) rows[i].count;
		actual += (double) rows[i].count * (rows[i].weight - 1);
	}
	if (table->used >= CLV_FIT_MANY)
		room = palloc(sizeof(ClvObservation) * CLV_FIT_ROOM);
	for (int i = 0; i < clv_family_count; i++)
	{
		const ClvFamily *family = clv_family_table[i];
		ClvFitOptions options;
		size_t		n;
		size_t		which;

		if (family->kind != CLV_TRANSACTIONS)
			continue;
		clv_fit_options_init(&options);
		options.unit_days = 1;
		n = observations_of(family, rows, table->used, observations);
		options.room = room;
		if (clv_fit_model(family, observations, n, &options, &choices[count].model, &which, clv_check_interrupts) != CLV_OK)
			continue;
		/* Without regularity these are the families without k. */
		if (family->parameter[0].whole && choices[count].model.parameters[0] == 1)
			continue;
		judge(&choices[count], rows, table->used, days);
		count++;
	}
	qsort(choices, count, sizeof(Choice), compare_choices);

	if (!OidIsValid(row_type))
		elog(ERROR, "could not determine the row type of a choice");
	descriptor = lookup_rowtype_tupdesc(row_type, -1);
	for (int i = 0; i < count; i++)
	{
		const Choice *choice = &choices[i];
		Datum		values[11];
		bool		nulls[11] = {false};

		values[0] = CStringGetTextDatum(choice->model.family->name);
		values[1] = BoolGetDatum(i == 0 && choice->usable);
		values[2] = clv_model_datum(&choice->model);
		values[3] = Int64GetDatum((int64) customers);
		values[4] = Float8GetDatum(choice->model.log_likelihood);
		values[5] = Float8GetDatum(actual);
		values[6] = Float8GetDatum(choice->predicted);
		values[7] = Float8GetDatum(actual > 0 ? choice->predicted / actual - 1 : 0);
		values[8] = Float8GetDatum(choice->error);
		values[9] = Float8GetDatum(choice->mae);
		values[10] = Float8GetDatum(choice->rmse);
		nulls[6] = nulls[8] = nulls[9] = nulls[10] = !choice->usable;
		nulls[7] = !choice->usable || actual == 0;
		elements[i] = HeapTupleGetDatum(heap_form_tuple(descriptor, values, nulls));
	}
	ReleaseTupleDesc(descriptor);
	PG_RETURN_ARRAYTYPE_P(construct_array(elements, count, row_type, -1, false, TYPALIGN_DOUBLE));
}
