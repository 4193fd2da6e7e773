/*-------------------------------------------------------------------------
 *
 * cutoffs.c
 *	  The aggregate clv.cutoffs, the values that divide customers into classes
 *	  and scores, and the scores of a history by them.
 *
 * The window functions clv.abc and clv.rfm_score look at all customers to tell
 * about one.  Cutoffs are found once and tell about any customer at once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "base/concentration.h"
#include "base/score.h"
#include "pg/amount.h"
#include "pg/compat.h"
#include "pg/error.h"
#include "pg/history.h"
#include "pg/rfm.h"
#include "pg/row.h"
#include "pg/state.h"
#include "pg/values.h"

#define BINS 5
#define LIMITS (BINS - 1)

/* Classes A and B together with C end where they do by default in clv.abc. */
#define SHARE_OF_A (CLV_SHARE_UNITS / 100 * 80)
#define SHARE_OF_A_AND_B (CLV_SHARE_UNITS / 100 * 95)

/* The columns of clv.cutoff_values. */
enum
{
	A_REVENUE,
	B_REVENUE,
	LAST_ORDER,
	PURCHASE_DAYS,
	REVENUE,
	COLUMNS
};

/* What an aggregate collects of each customer. */
typedef struct CutoffState
{
	MemoryContext context;
	int64		capacity;
	ClvPartition revenue;		/* which has the number of customers */
	int32	   *last_order;
	int32	   *purchase_days;
} CutoffState;

/* Bytes of a customer between processes. */
#define ENTRY_SIZE (sizeof(ClvAmount) + 2 * sizeof(int32))

static CutoffState *
new_state(MemoryContext context)
{
	CutoffState *state = MemoryContextAllocZero(context, sizeof(CutoffState));

	state->context = context;
	return state;
}

static void *
resize(CutoffState *state, void *array, Size entry_size)
{
	Size		size = mul_size(state->capacity, entry_size);

	return array == NULL ? MemoryContextAllocHuge(state->context, size) : repalloc_huge(array, size);
}

static void
make_room(CutoffState *state, int64 more)
{
	int64		needed = (int64) state->revenue.count + more;

	if (needed <= state->capacity)
		return;
	state->capacity = Max(1024, Max(2 * state->capacity, needed));
	state->revenue.values = resize(state, state->revenue.values, sizeof(ClvAmount));
	state->last_order = resize(state, state->last_order, sizeof(int32));
	state->purchase_days = resize(state, state->purchase_days, sizeof(int32));
}

static void
add_customer(CutoffState *state, int32 last_order, int32 purchase_days, ClvAmount revenue, int scale)
{
	state->last_order[state->revenue.count] = last_order;
	state->purchase_days[state->revenue.count] = purchase_days;
	clv_partition_append(&state->revenue, revenue, scale);
}

PG_FUNCTION_INFO_V1(clv_cutoffs_trans);
Datum
clv_cutoffs_trans(PG_FUNCTION_ARGS)
{
	MemoryContext context = clv_aggregate_context(fcinfo);
	CutoffState *state = PG_ARGISNULL(0) ? new_state(context) : (CutoffState *) PG_GETARG_POINTER(0);

	if (!PG_ARGISNULL(1))
	{
		ClvHistorySummary summary = clv_history_summary(PG_GETARG_DATUM(1));

		if (summary.purchase_days > 0)
		{
			make_room(state, 1);
			add_customer(state, summary.last_day, (int32) summary.purchase_days, summary.revenue, summary.scale);
		}
	}
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(clv_cutoffs_combine);
Datum
clv_cutoffs_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = clv_aggregate_context(fcinfo);
	CutoffState *state = PG_ARGISNULL(0) ? new_state(context) : (CutoffState *) PG_GETARG_POINTER(0);

	if (!PG_ARGISNULL(1))
	{
		const CutoffState *other = (const CutoffState *) PG_GETARG_POINTER(1);

		make_room(state, other->revenue.count);
		for (size_t i = 0; i < other->revenue.count; i++)
			add_customer(state, other->last_order[i], other->purchase_days[i], other->revenue.values[i], other->revenue.scale);
	}
	PG_RETURN_POINTER(state);
}

/* To another process of the same server. */
PG_FUNCTION_INFO_V1(clv_cutoffs_serialize);
Datum
clv_cutoffs_serialize(PG_FUNCTION_ARGS)
{
	const CutoffState *state = (const CutoffState *) PG_GETARG_POINTER(0);
	int64		count = (int64) state->revenue.count;
	StringInfoData bytes;

	(void) clv_aggregate_context(fcinfo);
	if (count > (int64) (MaxAllocSize / ENTRY_SIZE) - 2)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a parallel worker cannot hand over " INT64_FORMAT " customers", count),
				 errhint("Set max_parallel_workers_per_gather to 0.")));
	pq_begintypsend(&bytes);
	enlargeStringInfo(&bytes, (int) (sizeof(int64) + sizeof(int32) + count * ENTRY_SIZE));
	appendBinaryStringInfo(&bytes, (const char *) &count, sizeof(int64));
	appendBinaryStringInfo(&bytes, (const char *) &state->revenue.scale, sizeof(int32));
	if (count > 0)
	{
		appendBinaryStringInfo(&bytes, (const char *) state->revenue.values, (int) (count * sizeof(ClvAmount)));
		appendBinaryStringInfo(&bytes, (const char *) state->last_order, (int) (count * sizeof(int32)));
		appendBinaryStringInfo(&bytes, (const char *) state->purchase_days, (int) (count * sizeof(int32)));
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&bytes));
}

PG_FUNCTION_INFO_V1(clv_cutoffs_deserialize);
Datum
clv_cutoffs_deserialize(PG_FUNCTION_ARGS)
{
	bytea	   *bytes = PG_GETARG_BYTEA_PP(0);
	const char *from = VARDATA_ANY(bytes);
	CutoffState *state;
	int64		count;

	(void) clv_aggregate_context(fcinfo);
	state = new_state(CurrentMemoryContext);
	memcpy(&count, from, sizeof(int64));
	from += sizeof(int64);
	memcpy(&state->revenue.scale, from, sizeof(int32));
	from += sizeof(int32);
	if (count > 0)
	{
		make_room(state, count);
		memcpy(state->revenue.values, from, count * sizeof(ClvAmount));
		from += count * sizeof(ClvAmount);
		memcpy(state->last_order, from, count * sizeof(int32));
		from += count * sizeof(int32);
		memcpy(state->purchase_days, from, count * sizeof(int32));
		state->revenue.count = count;
	}
	PG_RETURN_POINTER(state);
}

/*
 * The result
 */

static Datum
array_of_revenues(const ClvAmount *limits, int scale)
{
	Datum		values[LIMITS];

	for (int i = 0; i < LIMITS; i++)
		values[i] = clv_amount_to_numeric(limits[i], scale);
	return PointerGetDatum(construct_array(values, LIMITS, NUMERICOID, -1, false, TYPALIGN_INT));
}

static void
limits_of_integers(const int32 *integers, int64 count, ClvAmount *limits, ClvAmount *values, ClvAmount *scratch)
{
	for (int64 i = 0; i < count; i++)
		values[i] = integers[i];
	clv_score_limits(values, count, BINS, limits, scratch, clv_check_interrupts);
}

static Datum
array_of_dates(const ClvAmount *limits)
{
	Datum		datums[LIMITS];

	for (int i = 0; i < LIMITS; i++)
		datums[i] = DateADTGetDatum((DateADT) limits[i]);
	return PointerGetDatum(construct_array(datums, LIMITS, DATEOID, sizeof(DateADT), true, TYPALIGN_INT));
}

static Datum
array_of_counts(const ClvAmount *limits)
{
	Datum		datums[LIMITS];

	for (int i = 0; i < LIMITS; i++)
		datums[i] = Int64GetDatum((int64) limits[i]);
	return PointerGetDatum(construct_array(datums, LIMITS, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

PG_FUNCTION_INFO_V1(clv_cutoffs_final);
Datum
clv_cutoffs_final(PG_FUNCTION_ARGS)
{
	const CutoffState *state = PG_ARGISNULL(0) ? NULL : (const CutoffState *) PG_GETARG_POINTER(0);
	Datum		columns[COLUMNS] = {0};
	bool		nulls[COLUMNS] = {false};
	ClvAmount	limits[LIMITS];
	ClvAmount  *values;
	ClvAmount  *scratch;
	ClvCut		cuts[2];
	int64		count = state == NULL ? 0 : (int64) state->revenue.count;

	(void) clv_aggregate_context(fcinfo);
	if (count == 0)
		PG_RETURN_NULL();
	values = MemoryContextAllocHuge(CurrentMemoryContext, mul_size(count, sizeof(ClvAmount)));
	scratch = MemoryContextAllocHuge(CurrentMemoryContext, mul_size(count, sizeof(ClvAmount)));

	if (clv_abc_cuts(state->revenue.values, count, SHARE_OF_A, SHARE_OF_A_AND_B, cuts, scratch, clv_check_interrupts) != CLV_OK)
		clv_raise(CLV_AMOUNT_OVERFLOW, "The revenues add up to more than 37 digits.");
	for (int i = 0; i < 2; i++)
	{
		nulls[A_REVENUE + i] = !cuts[i].exists;
		if (cuts[i].exists)
			columns[A_REVENUE + i] = clv_amount_to_numeric(cuts[i].value, state->revenue.scale);
	}
	limits_of_integers(state->last_order, count, limits, values, scratch);
	columns[LAST_ORDER] = array_of_dates(limits);
	limits_of_integers(state->purchase_days, count, limits, values, scratch);
	columns[PURCHASE_DAYS] = array_of_counts(limits);
	clv_score_limits(state->revenue.values, count, BINS, limits, scratch, clv_check_interrupts);
	columns[REVENUE] = array_of_revenues(limits, state->revenue.scale);
	pfree(values);
	pfree(scratch);
	return clv_row_datum(fcinfo, columns, nulls);
}

/*
 * Scores by cutoffs
 */

enum
{
	LAST_ORDER_SCORE, PURCHASE_DAYS_SCORE, REVENUE_SCORE, SCORES
};

/* The limits of the last cutoffs that were given, for they are the same in all rows. */
typedef struct KnownCutoffs
{
	HeapTupleHeader given;		/* a copy, or NULL */
	ClvAmount	limits[SCORES][LIMITS];
	int			scale;			/* of the limits of revenue */
} KnownCutoffs;

typedef struct ScoreCache
{
	KnownCutoffs cutoffs;
	ClvRfmRows	rows;
} ScoreCache;

/* The elements of an array that has one for each limit. */
static void
take_apart(HeapTupleHeader given, AttrNumber column, Oid type, Datum *limits)
{
	bool		is_null;
	Datum		array = GetAttributeByNum(given, column + 1, &is_null);
	Datum	   *elements = NULL;
	bool	   *nulls = NULL;
	int			count = 0;
	int16		length;
	bool		by_value;
	char		alignment;

	get_typlenbyvalalign(type, &length, &by_value, &alignment);
	if (!is_null)
		deconstruct_array(DatumGetArrayTypeP(array), type, length, by_value, alignment, &elements, &nulls, &count);
	for (int i = 0; i < LIMITS; i++)
	{
		if (i >= count || count != LIMITS || nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("cutoffs are not complete"),
					 errdetail("There must be %d limits of each score, none of them NULL.", LIMITS),
					 errhint("Give what the aggregate clv.cutoffs answers.")));
		limits[i] = elements[i];
	}
}

static void
know_cutoffs(KnownCutoffs *known, HeapTupleHeader given)
{
	Datum		limits[LIMITS];
	int			scales[LIMITS];

	take_apart(given, LAST_ORDER, DATEOID, limits);
	for (int i = 0; i < LIMITS; i++)
		known->limits[LAST_ORDER_SCORE][i] = DatumGetDateADT(limits[i]);
	take_apart(given, PURCHASE_DAYS, INT8OID, limits);
	for (int i = 0; i < LIMITS; i++)
		known->limits[PURCHASE_DAYS_SCORE][i] = DatumGetInt64(limits[i]);
	take_apart(given, REVENUE, NUMERICOID, limits);
	known->scale = 0;
	for (int i = 0; i < LIMITS; i++)
	{
		clv_amount_from_numeric(limits[i], &known->limits[REVENUE_SCORE][i], &scales[i]);
		known->scale = Max(known->scale, scales[i]);
	}
	for (int i = 0; i < LIMITS; i++)
		known->limits[REVENUE_SCORE][i] = clv_value_rescale(known->limits[REVENUE_SCORE][i], scales[i], known->scale);
}

/* The limits in an argument, kept from row to row. */
static KnownCutoffs *
known_cutoffs(FunctionCallInfo fcinfo, ScoreCache *cache, HeapTupleHeader given)
{
	KnownCutoffs *known = &cache->cutoffs;
	Size		size = HeapTupleHeaderGetDatumLength(given);

	if (known->given != NULL && HeapTupleHeaderGetDatumLength(known->given) == size && memcmp(known->given, given, size) == 0)
		return known;
	know_cutoffs(known, given);
	if (known->given != NULL)
		pfree(known->given);
	known->given = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, size);
	memcpy(known->given, given, size);
	return known;
}

/* A revenue at the scale of the limits, which becomes its own where that is larger. */
static ClvAmount
at_scale_of_limits(KnownCutoffs *known, const ClvHistorySummary *summary)
{
	for (int i = 0; i < LIMITS && summary->scale > known->scale; i++)
		known->limits[REVENUE_SCORE][i] = clv_value_rescale(known->limits[REVENUE_SCORE][i], known->scale, summary->scale);
	known->scale = Max(known->scale, summary->scale);
	return clv_value_rescale(summary->revenue, summary->scale, known->scale);
}

PG_FUNCTION_INFO_V1(clv_rfm_score_by);
Datum
clv_rfm_score_by(PG_FUNCTION_ARGS)
{
	ClvHistorySummary summary = clv_history_summary(PG_GETARG_DATUM(0));
	ScoreCache *cache = fcinfo->flinfo->fn_extra;
	KnownCutoffs *known;

	if (summary.purchase_days == 0)
		PG_RETURN_NULL();
	if (cache == NULL)
	{
		cache = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(ScoreCache));
		clv_rfm_rows_init(&cache->rows, fcinfo);
		fcinfo->flinfo->fn_extra = cache;
	}
	known = known_cutoffs(fcinfo, cache, PG_GETARG_HEAPTUPLEHEADER(1));
	PG_RETURN_DATUM(clv_rfm_row(&cache->rows, clv_score_of(summary.last_day, known->limits[LAST_ORDER_SCORE], BINS),
								clv_score_of(summary.purchase_days, known->limits[PURCHASE_DAYS_SCORE], BINS),
								clv_score_of(at_scale_of_limits(known, &summary), known->limits[REVENUE_SCORE], BINS)));
}
