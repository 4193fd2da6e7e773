/*-------------------------------------------------------------------------
 *
 * cohort.c
 *	  The type clv.cohort_table, the aggregates that build one, and reports.
 *
 * While an aggregate runs, its state is an expanded object: the hash table of
 * src/base/cohort.c in a memory context of its own, changed in place.  It is
 * flattened to sorted bytes, always the same for the same customers, when it
 * leaves the aggregate.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "storage/shmem.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/memutils.h"

#include "base/cohort.h"
#include "base/cohort_text.h"
#include "base/rate.h"
#include "pg/activity.h"
#include "pg/amount.h"
#include "pg/compat.h"
#include "pg/day.h"
#include "pg/error.h"
#include "pg/flat.h"
#include "pg/history.h"
#include "pg/recount.h"
#include "pg/row.h"
#include "pg/state.h"

typedef struct CohortState
{
	ExpandedObjectHeader header;
	ClvCohortTable table;
	ClvCohortKey *keys;			/* sorted, while nothing changed since */
	uint32		key_count;
} CohortState;

/*
 * The expanded state
 */

static void
sort_cells(CohortState *state)
{
	MemoryContext context = state->header.eoh_context;
	Size		size = mul_size(Max(state->table.used, 1), sizeof(ClvCohortKey));
	ClvCohortKey *scratch;

	if (state->keys != NULL)
		return;
	state->keys = MemoryContextAllocHuge(context, size);
	scratch = MemoryContextAllocHuge(context, size);
	state->key_count = clv_cohort_sort(&state->table, state->keys, scratch);
	pfree(scratch);
}

static Size
cohort_flat_size(ExpandedObjectHeader *header)
{
	CohortState *state = (CohortState *) header;
	ClvSink		sink = {NULL, 0};

	sort_cells(state);
	clv_cohort_encode(&state->table, state->keys, state->key_count, &sink);
	if (!AllocSizeIsValid(sink.count + VARHDRSZ))
		clv_raise(CLV_COHORT_TOO_LARGE, "It has %u cells.", state->key_count);
	return sink.count + VARHDRSZ;
}

static void
cohort_flatten(ExpandedObjectHeader *header, void *result, Size size)
{
	CohortState *state = (CohortState *) header;
	ClvSink		sink = {(uint8 *) VARDATA(result), 0};

	SET_VARSIZE(result, size);
	clv_cohort_encode(&state->table, state->keys, state->key_count, &sink);
}

static const ExpandedObjectMethods cohort_methods = {cohort_flat_size, cohort_flatten};

static ClvCohortCell *
allocate_cells(CohortState *state, uint64 capacity)
{
	/* Daily cohorts by the day of nineteen years, in 4 GB; more comes of a mistake, and would not fit a value. */
	if (capacity > (UINT64CONST(1) << 25))
		clv_raise(CLV_COHORT_TOO_LARGE, "It has %u cells.", state->table.used);
	return MemoryContextAllocHuge(state->header.eoh_context, mul_size(capacity, sizeof(ClvCohortCell)));
}

static CohortState *
new_state(MemoryContext parent, const ClvCohortRule *rule)
{
	MemoryContext context = AllocSetContextCreate(parent, "cohort table", ALLOCSET_START_SMALL_SIZES);
	CohortState *state = MemoryContextAllocZero(context, sizeof(CohortState));
	uint64		capacity = clv_cohort_capacity(&state->table, 0);

	EOH_init_header(&state->header, &cohort_methods, context);
	clv_cohort_start(&state->table, rule, allocate_cells(state, capacity), (uint32) capacity);
	state->table.interrupt = clv_check_interrupts;
	return state;
}

/* Room for more cells, which are about to come. */
static void
make_room(CohortState *state, uint64 more)
{
	uint64		capacity = clv_cohort_capacity(&state->table, more);

	if (state->keys != NULL)
	{
		pfree(state->keys);
		state->keys = NULL;
	}
	if (capacity > state->table.capacity)
	{
		ClvCohortCell *former = state->table.cells;

		clv_cohort_move(&state->table, allocate_cells(state, capacity), (uint32) capacity);
		pfree(former);
	}
}

static void
check_amounts(ClvStatus status)
{
	if (status != CLV_OK)
		clv_raise(status, "The orders of a cohort in one period add up to more than a cohort table can keep.");
}

static void
check_rules(const ClvCohortRule *a, const ClvCohortRule *b)
{
	char		first[CLV_COHORT_HEAD_TEXT_SIZE];
	char		second[CLV_COHORT_HEAD_TEXT_SIZE];

	if (clv_cohort_rules_agree(a, b))
		return;
	clv_cohort_write_rule(a, first);
	clv_cohort_write_rule(b, second);
	clv_raise(CLV_COHORT_MISMATCH, "One is \"%s\", another is \"%s\".", first, second);
}

/* Add or take away the cells of a table of the same rule, as_of aside. */
static void
merge_table(CohortState *state, const struct varlena *flat, int32 as_of, int sign)
{
	ClvCohortReader reader;
	ClvCohortCell cell;
	ClvCohortRule rule = state->table.rule;

	clv_cohort_read(&reader, (const uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
	rule.as_of = as_of;
	check_rules(&rule, &reader.rule);
	while (clv_cohort_next_cohort(&reader))
	{
		CHECK_FOR_INTERRUPTS();
		make_room(state, reader.cells);
		while (clv_cohort_next_cell(&reader, &cell))
		{
			if (sign < 0)
				clv_cohort_negate(&cell);
			check_amounts(clv_cohort_add_cell(&state->table, &cell, reader.scale));
		}
	}
}

static void
add_table(CohortState *state, const struct varlena *flat)
{
	merge_table(state, flat, state->table.rule.as_of, 1);
}

static CohortState *
expand(MemoryContext parent, const struct varlena *flat)
{
	ClvCohortReader reader;
	CohortState *state;

	clv_cohort_read(&reader, (const uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
	state = new_state(parent, &reader.rule);
	add_table(state, flat);
	return state;
}

/* The state argument, which is not NULL, ready to be changed. */
static CohortState *
state_argument(FunctionCallInfo fcinfo, MemoryContext context)
{
	Datum		datum = PG_GETARG_DATUM(0);

	if (clv_is_own_state(datum, &cohort_methods))
		return (CohortState *) DatumGetEOHP(datum);
	return expand(context, PG_DETOAST_DATUM_PACKED(datum));
}

/*
 * Aggregates
 */

/* The arguments of a call, kept as long as they stay the same. */
typedef struct CohortCall
{
	ClvCohortRule rule;
	ClvActivityCall activity;
} CohortCall;

static void
read_brackets(ClvCohortRule *rule, ArrayType *array)
{
	int			count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));

	if (ARR_NDIM(array) != 1 || ARR_HASNULL(array))
		clv_raise(CLV_COHORT_BRACKETS, "The array has %d dimensions%s.", ARR_NDIM(array),
				  ARR_HASNULL(array) ? " and a NULL" : "");
	if (clv_cohort_set_brackets(rule, (const int32 *) ARR_DATA_PTR(array), count) != CLV_OK)
		clv_raise(CLV_COHORT_BRACKETS, "There are %d days, the first is %d.", count,
				  *(const int32 *) ARR_DATA_PTR(array));
}

/*
 * What the arguments behind the history say: the period, as_of, and, where they
 * are given, the brackets and the first day of the week.
 */
static CohortCall *
call_argument(FunctionCallInfo fcinfo, ClvWindows windows, bool recurring)
{
	CohortCall *call = fcinfo->flinfo->fn_extra;
	int			week_start_argument = windows == CLV_BRACKETS ? 5 : 4;
	text	   *period = PG_GETARG_TEXT_PP(2);
	int32		as_of = PG_GETARG_DAY(3, "as_of");
	text	   *week_start = PG_NARGS() > week_start_argument ? PG_GETARG_TEXT_PP(week_start_argument) : NULL;

	if (call == NULL)
	{
		call = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(CohortCall));
		call->activity.context = fcinfo->flinfo->fn_mcxt;
		call->rule.windows = windows;
		call->rule.recurring = recurring;
		fcinfo->flinfo->fn_extra = call;
	}
	if (clv_activity_arguments(&call->activity, period, week_start, as_of))
	{
		call->rule.period = call->activity.calendar.period;
		call->rule.as_of = as_of;
	}
	if (windows == CLV_BRACKETS)
		read_brackets(&call->rule, PG_GETARG_ARRAYTYPE_P(4));
	return call;
}

static void
add_customer(CohortState *state, CohortCall *call, ClvHistoryBytes history)
{
	ClvActivityCall *activity = &call->activity;
	const ClvPeriodTable *calendar = &activity->calendar;
	ClvActivities *customer;
	size_t		starts;

	if (call->rule.windows == CLV_CALENDAR)
		check_amounts(clv_activity_read(activity, history, &customer));
	else
	{
		customer = clv_activity_arrays(activity, history.size);
		check_amounts(clv_cohort_read_activities(customer, &call->rule, calendar, history.bytes, history.size));
	}
	starts = clv_cohort_starts(&call->rule, customer);
	for (size_t start = 1; start <= starts; start++)
	{
		CHECK_FOR_INTERRUPTS();
		make_room(state, customer->count);
		check_amounts(clv_cohort_enter(&state->table, calendar, customer, start));
	}
}

/* One customer more; a row with a NULL argument changes nothing. */
static Datum
cohort_state_trans(FunctionCallInfo fcinfo, ClvWindows windows, bool recurring)
{
	MemoryContext context = clv_aggregate_context(fcinfo);
	CohortState *state;
	CohortCall *call;

	if (clv_has_null_argument(fcinfo))
		return clv_unchanged_state(fcinfo);
	call = call_argument(fcinfo, windows, recurring);
	if (PG_ARGISNULL(0))
		state = new_state(context, &call->rule);
	else
	{
		state = state_argument(fcinfo, context);
		check_rules(&state->table.rule, &call->rule);
	}
	add_customer(state, call, PG_GETARG_HISTORY(1));
	return EOHPGetRWDatum(&state->header);
}

PG_FUNCTION_INFO_V1(clv_cohort_state_trans);
Datum
clv_cohort_state_trans(PG_FUNCTION_ARGS)
{
	return cohort_state_trans(fcinfo, CLV_CALENDAR, false);
}

PG_FUNCTION_INFO_V1(clv_cohort_state_rolling_trans);
Datum
clv_cohort_state_rolling_trans(PG_FUNCTION_ARGS)
{
	return cohort_state_trans(fcinfo, CLV_ROLLING, false);
}

PG_FUNCTION_INFO_V1(clv_cohort_state_brackets_trans);
Datum
clv_cohort_state_brackets_trans(PG_FUNCTION_ARGS)
{
	return cohort_state_trans(fcinfo, CLV_BRACKETS, false);
}

PG_FUNCTION_INFO_V1(clv_cohort_state_recurring_trans);
Datum
clv_cohort_state_recurring_trans(PG_FUNCTION_ARGS)
{
	return cohort_state_trans(fcinfo, CLV_CALENDAR, true);
}

/* Strict: the first table of a group is its first state. */
PG_FUNCTION_INFO_V1(clv_cohort_combine);
Datum
clv_cohort_combine(PG_FUNCTION_ARGS)
{
	CohortState *state = state_argument(fcinfo, clv_aggregate_context(fcinfo));

	add_table(state, PG_GETARG_VARLENA_PP(1));
	return EOHPGetRWDatum(&state->header);
}

static int
scale_of(const struct varlena *flat)
{
	ClvCohortReader reader;

	clv_cohort_read(&reader, (const uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
	return reader.scale;
}

/*
 * (total, removed, added, as_of): removed and added may be NULL.  NULL where
 * the table cannot be told without a look at the other customers: when they
 * came first, for windows that follow the customer, or whether their amounts
 * have as many decimals as those that were removed.
 */
PG_FUNCTION_INFO_V1(clv_cohort_recount);
Datum
clv_cohort_recount(PG_FUNCTION_ARGS)
{
	ClvRecount	recount;
	int32		as_of;
	ClvCohortReader reader;
	CohortState *state;
	struct varlena *flat;

	if (PG_ARGISNULL(3) || !clv_recount_arguments(fcinfo, scale_of, &recount))
		PG_RETURN_NULL();
	as_of = PG_GETARG_DAY(3, "as_of");
	clv_cohort_read(&reader, (const uint8 *) VARDATA_ANY(recount.total), VARSIZE_ANY_EXHDR(recount.total));
	if (reader.rule.windows != CLV_CALENDAR)
		PG_RETURN_NULL();
	state = new_state(CurrentMemoryContext, &reader.rule);
	state->table.rule.as_of = as_of;
	merge_table(state, recount.total, reader.rule.as_of, 1);
	if (recount.removed != NULL)
		merge_table(state, recount.removed, reader.rule.as_of, -1);
	if (recount.added != NULL)
		merge_table(state, recount.added, as_of, 1);
	flat = (struct varlena *) DatumGetPointer(clv_flat_state(&state->header));
	if (clv_cohort_validate((const uint8 *) VARDATA(flat), VARSIZE(flat) - VARHDRSZ) != CLV_OK)
		clv_raise(CLV_COHORT_MISMATCH, "What is taken away is not part of the table.");
	PG_RETURN_POINTER(flat);
}

/*
 * Input and output
 */

PG_FUNCTION_INFO_V1(clv_cohort_table_in);
Datum
clv_cohort_table_in(PG_FUNCTION_ARGS)
{
	char	   *given = PG_GETARG_CSTRING(0);
	ClvCohortText reader;
	CohortState *state;
	bool		found;
	ClvStatus	status = clv_cohort_text_open(&reader, given, strlen(given));

	if (status == CLV_OK)
	{
		state = new_state(CurrentMemoryContext, &reader.rule);
		while ((status = clv_cohort_text_next(&reader, &found)) == CLV_OK && found)
		{
			make_room(state, 1);
			status = clv_cohort_add_cell(&state->table, &reader.cell, reader.scale);
			if (status != CLV_OK)
				break;
		}
	}
	if (status != CLV_OK)
		return clv_flat_syntax_error(fcinfo, CLV_COHORT_SYNTAX, reader.scan.at);
	return clv_flat_in(fcinfo, &state->header, clv_cohort_validate, CLV_COHORT_SYNTAX,
					   "No customers can be counted in this way.");
}

PG_FUNCTION_INFO_V1(clv_cohort_table_out);
Datum
clv_cohort_table_out(PG_FUNCTION_ARGS)
{
	struct varlena *flat = PG_GETARG_VARLENA_PP(0);
	ClvCohortReader reader;
	ClvCohortCell cell;
	char		piece[CLV_COHORT_HEAD_TEXT_SIZE];
	StringInfoData result;
	const char *before_name = "";

	initStringInfo(&result);
	clv_cohort_read(&reader, (const uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
	clv_cohort_write_head(&reader.rule, reader.scale, piece);
	appendStringInfoString(&result, piece);
	while (clv_cohort_next_cohort(&reader))
	{
		const char *before_cell = "";

		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&result, before_name);
		clv_cohort_write_name(&reader, piece);
		appendStringInfoString(&result, piece);
		while (clv_cohort_next_cell(&reader, &cell))
		{
			appendStringInfoString(&result, before_cell);
			appendBinaryStringInfo(&result, piece, clv_cohort_write_cell(&cell, reader.scale, piece));
			before_cell = ",";
		}
		before_name = "; ";
	}
	appendStringInfoChar(&result, '}');
	PG_RETURN_CSTRING(result.data);
}

PG_FUNCTION_INFO_V1(clv_cohort_table_recv);
Datum
clv_cohort_table_recv(PG_FUNCTION_ARGS)
{
	return clv_flat_recv(fcinfo, clv_cohort_validate, CLV_COHORT_BINARY);
}

PG_FUNCTION_INFO_V1(clv_cohort_table_send);
Datum
clv_cohort_table_send(PG_FUNCTION_ARGS)
{
	return clv_flat_send(fcinfo);
}

/*
 * Reports
 */

static ClvRetention
kind_argument(const text *name)
{
	ClvRetention kind;
	ClvStatus	status = clv_retention_read(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), &kind);

	if (status != CLV_OK)
		clv_raise(status, "The kind is \"%.*s\".", (int) VARSIZE_ANY_EXHDR(name), VARDATA_ANY(name));
	return kind;
}

/* The rows of the table in the first argument. */
static ClvCohortRows
open_rows(FunctionCallInfo fcinfo, ClvRetention kind)
{
	struct varlena *flat = PG_GETARG_VARLENA_PP(0);
	ClvCohortRows rows;

	clv_cohort_rows(&rows, (const uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat), kind);
	return rows;
}

static bool
next_row(ClvCohortRows *rows, ClvCohortRow *row)
{
	ClvStatus	status = CLV_OK;
	bool		found;

	CHECK_FOR_INTERRUPTS();
	found = clv_cohort_rows_next(rows, row, &status);
	if (status != CLV_OK)
		clv_raise(status, "The revenue of a cohort adds up to more than an amount can be.");
	return found;
}

/* Whether a sum over cohorts took one more. */
static void
check_customers(ClvStatus status)
{
	if (status != CLV_OK)
		clv_raise(status, "The customers of all cohorts add up to more than a bigint.");
}

/* Columns of a report, none of which is NULL. */
typedef void (*FillColumns) (const ClvCohortRow *row, int scale, Datum *values);

#define MAX_COLUMNS 13

static Datum
report(FunctionCallInfo fcinfo, ClvRetention kind, FillColumns fill)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ClvCohortRows rows = open_rows(fcinfo, kind);
	ClvCohortRow row;
	MemoryContext per_row;

	InitMaterializedSRF(fcinfo, 0);
	per_row = AllocSetContextCreate(CurrentMemoryContext, "cohort row", ALLOCSET_DEFAULT_SIZES);
	while (next_row(&rows, &row))
	{
		MemoryContext former = MemoryContextSwitchTo(per_row);
		bool		nulls[MAX_COLUMNS] = {false};
		Datum		values[MAX_COLUMNS];

		fill(&row, rows.reader.scale, values);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		MemoryContextSwitchTo(former);
		MemoryContextReset(per_row);
	}
	return (Datum) 0;
}

static void
fill_cohorts(const ClvCohortRow *row, int scale, Datum *values)
{
	ClvRate		rate = clv_rate_wilson(row->active, row->size, CLV_Z95);

	values[0] = DateADTGetDatum(row->cohort_start);
	values[1] = Int64GetDatum(row->size);
	values[2] = Int32GetDatum(row->number);
	values[3] = DateADTGetDatum(row->period_start);
	values[4] = Int64GetDatum(row->active);
	values[5] = Float8GetDatum(rate.rate);
	values[6] = Float8GetDatum(rate.lower);
	values[7] = Float8GetDatum(rate.upper);
	values[8] = BoolGetDatum(row->complete);
	values[9] = Int64GetDatum(row->orders);
	values[10] = clv_amount_to_numeric(row->revenue, scale);
	values[11] = clv_amount_to_numeric(row->cumulative_revenue, scale);
}

PG_FUNCTION_INFO_V1(clv_cohorts);
Datum
clv_cohorts(PG_FUNCTION_ARGS)
{
	return report(fcinfo, kind_argument(PG_GETARG_TEXT_PP(1)), fill_cohorts);
}

/* The cells again, with what a report of value needs. */
static void
fill_cells(const ClvCohortRow *row, int scale, Datum *values)
{
	values[0] = DateADTGetDatum(row->cohort_start);
	values[1] = Int64GetDatum(row->size);
	values[2] = Int32GetDatum(row->number);
	values[3] = DateADTGetDatum(row->period_start);
	values[4] = BoolGetDatum(row->complete);
	values[5] = Int64GetDatum(row->active);
	values[6] = Int64GetDatum(row->returned);
	values[7] = Int64GetDatum(row->last);
	values[8] = Int64GetDatum(row->purchase_days);
	values[9] = Int64GetDatum(row->orders);
	values[10] = clv_amount_to_numeric(row->revenue, scale);
	values[11] = clv_amount_to_numeric(row->refunds, scale);
	values[12] = clv_amount_to_numeric(row->cumulative_revenue, scale);
}

PG_FUNCTION_INFO_V1(clv_cohort_cells);
Datum
clv_cohort_cells(PG_FUNCTION_ARGS)
{
	return report(fcinfo, CLV_ON, fill_cells);
}

/* Means over cohorts, by periods since: as long a list as the longest cohort. */
PG_FUNCTION_INFO_V1(clv_cohort_curve);
Datum
clv_cohort_curve(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Size		capacity = 64;
	ClvCohortMean *means = palloc0(capacity * sizeof(ClvCohortMean));
	ClvCohortRows rows = open_rows(fcinfo, kind_argument(PG_GETARG_TEXT_PP(1)));
	ClvCohortRow row;

	InitMaterializedSRF(fcinfo, 0);
	while (next_row(&rows, &row))
	{
		if (row.number >= capacity)
		{
			Size		more = Max(2 * capacity, (Size) row.number + 1);

			means = repalloc_huge(means, mul_size(more, sizeof(ClvCohortMean)));
			memset(means + capacity, 0, (more - capacity) * sizeof(ClvCohortMean));
			capacity = more;
		}
		check_customers(clv_cohort_mean_add(&means[row.number], &row));
	}
	for (Size number = 0; number < capacity; number++)
	{
		const ClvCohortMean *mean = &means[number];
		ClvRate		rate;
		bool		nulls[8] = {false};
		Datum		values[8];

		CHECK_FOR_INTERRUPTS();
		if (mean->cohorts == 0)
			continue;
		rate = clv_rate_wilson(mean->active, mean->customers, CLV_Z95);
		values[0] = Int32GetDatum((int32) number);
		values[1] = Int32GetDatum((int32) mean->cohorts);
		values[2] = Int64GetDatum(mean->customers);
		values[3] = Int64GetDatum(mean->active);
		values[4] = Float8GetDatum(rate.rate);
		values[5] = Float8GetDatum(rate.lower);
		values[6] = Float8GetDatum(rate.upper);
		values[7] = Float8GetDatum(mean->rates / (double) mean->cohorts);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(clv_cohort_extent);
Datum
clv_cohort_extent(PG_FUNCTION_ARGS)
{
	ClvCohortRows rows = open_rows(fcinfo, CLV_ON);
	ClvCohortRow row;
	ClvCohortExtent extent = {0};
	bool		nulls[7] = {false};
	Datum		values[7];

	while (next_row(&rows, &row))
		check_customers(clv_cohort_extent_add(&extent, &row));
	values[0] = Int64GetDatum(extent.cohorts);
	values[1] = Int64GetDatum(extent.customers);
	values[2] = Int64GetDatum(extent.returned);
	values[3] = Int64GetDatum(extent.smallest);
	nulls[3] = extent.cohorts == 0;
	values[4] = Int64GetDatum(extent.complete_periods);
	values[5] = Int64GetDatum(extent.running_cells);
	values[6] = DateADTGetDatum(rows.reader.rule.as_of);
	PG_RETURN_DATUM(clv_row_datum(fcinfo, values, nulls));
}

/* The rule of a table in words: "week(sunday) until 2024-06-30". */
PG_FUNCTION_INFO_V1(clv_cohort_rule);
Datum
clv_cohort_rule(PG_FUNCTION_ARGS)
{
	struct varlena *flat = PG_GETARG_VARLENA_PP(0);
	ClvCohortReader reader;
	char		rule[CLV_COHORT_HEAD_TEXT_SIZE];

	clv_cohort_read(&reader, (const uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
	clv_cohort_write_rule(&reader.rule, rule);
	PG_RETURN_TEXT_P(cstring_to_text(rule));
}
