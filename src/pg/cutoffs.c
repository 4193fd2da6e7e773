/*-------------------------------------------------------------------------
 *
 * cutoffs.c
 *	  The values that divide customers into classes and scores, found from a
 *	  distribution, and the scores of a history by them.
 *
 * The window functions clv.abc and clv.rfm_score look at all customers to tell
 * about one.  Cutoffs are found once and tell about any customer at once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/date.h"
#include "utils/lsyscache.h"

#include "base/score.h"
#include "pg/amount.h"
#include "pg/compat.h"
#include "pg/concentration.h"
#include "pg/error.h"
#include "pg/history.h"
#include "pg/rfm.h"
#include "pg/row.h"
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

/*
 * The cutoffs of a distribution
 */

static void
wrong_distribution(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("distribution of last orders, purchase days and revenues is not consistent"),
			 errdetail_internal("%s", detail),
			 errhint("Give what the aggregate clv.rfm_state answers.")));
}

/* False for NULL. */
static bool
open_part(HeapTupleHeader distribution, AttrNumber part, ClvLorenz *lorenz)
{
	bool		is_null;
	Datum		value = GetAttributeByNum(distribution, part + 1, &is_null);
	struct varlena *flat;

	if (is_null)
		return false;
	flat = PG_DETOAST_DATUM_PACKED(value);
	if (clv_lorenz_open(lorenz, (const uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat)) != CLV_OK)
		clv_raise(CLV_AMOUNT_OVERFLOW, "The revenues add up to more than 37 digits.");
	if (lorenz->kind != CLV_LORENZ_NUMERIC)
		wrong_distribution("It is of double precision values.");
	return true;
}

static Datum
array_of_limits(Datum *limits, Oid type)
{
	int16		length;
	bool		by_value;
	char		alignment;

	get_typlenbyvalalign(type, &length, &by_value, &alignment);
	return PointerGetDatum(construct_array(limits, LIMITS, type, length, by_value, alignment));
}

/* The limits of days or counts, which are integers between two others. */
static void
integer_limits(const ClvLorenz *lorenz, ClvAmount least, ClvAmount most, ClvAmount *limits)
{
	clv_lorenz_score_limits(lorenz, BINS, limits);
	if (lorenz->scale != 0 || limits[0] < least || limits[LIMITS - 1] > most)
		wrong_distribution("Days of last orders or numbers of purchase days are out of range.");
}

static Datum
last_order_limits(const ClvLorenz *lorenz)
{
	ClvAmount	limits[LIMITS];
	Datum		dates[LIMITS];

	integer_limits(lorenz, DATETIME_MIN_JULIAN - POSTGRES_EPOCH_JDATE, DATE_END_JULIAN - POSTGRES_EPOCH_JDATE - 1, limits);
	for (int i = 0; i < LIMITS; i++)
		dates[i] = DateADTGetDatum((DateADT) limits[i]);
	return array_of_limits(dates, DATEOID);
}

static Datum
purchase_day_limits(const ClvLorenz *lorenz)
{
	ClvAmount	limits[LIMITS];
	Datum		counts[LIMITS];

	integer_limits(lorenz, 1, PG_INT32_MAX, limits);
	for (int i = 0; i < LIMITS; i++)
		counts[i] = Int64GetDatum((int64) limits[i]);
	return array_of_limits(counts, INT8OID);
}

static Datum
revenue_limits(const ClvLorenz *lorenz)
{
	ClvAmount	limits[LIMITS];
	Datum		revenues[LIMITS];

	clv_lorenz_score_limits(lorenz, BINS, limits);
	for (int i = 0; i < LIMITS; i++)
		revenues[i] = clv_amount_to_numeric(limits[i], lorenz->scale);
	return array_of_limits(revenues, NUMERICOID);
}

/* The least revenue of the best customers who reach a share of the total. */
static Datum
class_limit(const ClvLorenz *revenue, int64 share, bool *is_null)
{
	ClvAmount	value;
	int64		customers;

	*is_null = !clv_lorenz_cutoff(revenue, share, &value, &customers);
	return *is_null ? (Datum) 0 : clv_amount_to_numeric(value, revenue->scale);
}

PG_FUNCTION_INFO_V1(clv_cutoffs);
Datum
clv_cutoffs(PG_FUNCTION_ARGS)
{
	HeapTupleHeader given = PG_GETARG_HEAPTUPLEHEADER(0);
	ClvLorenz	last_order;
	ClvLorenz	purchase_days;
	ClvLorenz	revenue;
	Datum		columns[COLUMNS];
	bool		nulls[COLUMNS] = {false};

	if (!open_part(given, CLV_RFM_LAST_ORDER, &last_order) || !open_part(given, CLV_RFM_PURCHASE_DAYS, &purchase_days) ||
		!open_part(given, CLV_RFM_REVENUE, &revenue))
		PG_RETURN_NULL();
	if (last_order.customers != revenue.customers || purchase_days.customers != revenue.customers)
		wrong_distribution("Its parts are of different numbers of customers.");
	if (revenue.customers == 0)
		PG_RETURN_NULL();
	columns[A_REVENUE] = class_limit(&revenue, SHARE_OF_A, &nulls[A_REVENUE]);
	columns[B_REVENUE] = class_limit(&revenue, SHARE_OF_A_AND_B, &nulls[B_REVENUE]);
	columns[LAST_ORDER] = last_order_limits(&last_order);
	columns[PURCHASE_DAYS] = purchase_day_limits(&purchase_days);
	columns[REVENUE] = revenue_limits(&revenue);
	return clv_row_datum(fcinfo, columns, nulls);
}

/*
 * Scores by cutoffs
 */

/* The limits of the last cutoffs that were given, for they are the same in all rows. */
typedef struct KnownCutoffs
{
	HeapTupleHeader given;		/* a copy, or NULL */
	ClvAmount	limits[CLV_RFM_AXES][LIMITS];
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
					 errhint("Give what clv.cutoffs answers.")));
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
		known->limits[CLV_RFM_LAST_ORDER][i] = DatumGetDateADT(limits[i]);
	take_apart(given, PURCHASE_DAYS, INT8OID, limits);
	for (int i = 0; i < LIMITS; i++)
		known->limits[CLV_RFM_PURCHASE_DAYS][i] = DatumGetInt64(limits[i]);
	take_apart(given, REVENUE, NUMERICOID, limits);
	known->scale = 0;
	for (int i = 0; i < LIMITS; i++)
	{
		clv_amount_from_numeric(limits[i], &known->limits[CLV_RFM_REVENUE][i], &scales[i]);
		known->scale = Max(known->scale, scales[i]);
	}
	for (int i = 0; i < LIMITS; i++)
		known->limits[CLV_RFM_REVENUE][i] = clv_value_rescale(known->limits[CLV_RFM_REVENUE][i], scales[i], known->scale);
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
		known->limits[CLV_RFM_REVENUE][i] = clv_value_rescale(known->limits[CLV_RFM_REVENUE][i], known->scale, summary->scale);
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
	PG_RETURN_DATUM(clv_rfm_row(&cache->rows, clv_score_of(summary.last_day, known->limits[CLV_RFM_LAST_ORDER], BINS),
								clv_score_of(summary.purchase_days, known->limits[CLV_RFM_PURCHASE_DAYS], BINS),
								clv_score_of(at_scale_of_limits(known, &summary), known->limits[CLV_RFM_REVENUE], BINS)));
}
