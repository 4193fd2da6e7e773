/*-------------------------------------------------------------------------
 *
 * score.c
 *	  The window function clv.score, scores by limits of one's own, and the
 *	  limits of scores.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "base/score.h"
#include "pg/compat.h"
#include "pg/concentration.h"
#include "pg/error.h"
#include "pg/score.h"

int
clv_bins_argument(FunctionCallInfo fcinfo)
{
	bool		is_null;
	Datum		bins = WinGetFuncArgCurrent(PG_WINDOW_OBJECT(), 1, &is_null);

	if (is_null)
		return 0;
	if (DatumGetInt32(bins) < 1 || DatumGetInt32(bins) > CLV_SCORE_MAX_BINS)
		clv_raise(CLV_BINS_OUT_OF_RANGE, "bins is %d.", DatumGetInt32(bins));
	return DatumGetInt32(bins);
}

void
clv_score_values(uint16 *number, ClvPartition *partition, int bins)
{
	size_t		value = 0;

	if (partition->count > 0)
	{
		ClvAmount  *scratch = clv_partition_scratch(partition);
		ClvAmount  *limits = palloc(bins * sizeof(ClvAmount));

		clv_score_limits(partition->values, partition->count, bins, limits, scratch, clv_check_interrupts);
		for (size_t row = 0; value < partition->count; row++)
		{
			if (row % 65536 == 0)
				CHECK_FOR_INTERRUPTS();
			if (number[row] != 0)
				number[row] = (uint16) clv_score_of(partition->values[value++], limits, bins);
		}
		pfree(scratch);
		pfree(limits);
	}
	pfree(partition->values);
}

static Datum
score(FunctionCallInfo fcinfo, ClvValueType type)
{
	WindowObject window = PG_WINDOW_OBJECT();
	ClvAnswers *answers;
	int			answer;

	if (!WindowObjectIsValid(window))
		elog(ERROR, "clv.score called outside a window");
	answers = WinGetPartitionLocalMemory(window, sizeof(ClvAnswers));
	if (!answers->ready)
	{
		int			bins = clv_bins_argument(fcinfo);
		ClvPartition partition;

		answers->ready = true;
		if (bins > 0)
		{
			clv_partition_read(&partition, answers, window, type);
			clv_score_values(answers->number, &partition, bins);
		}
	}
	answer = clv_current_answer(answers, window);
	if (answer == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(answer);
}

PG_FUNCTION_INFO_V1(clv_score_numeric);
Datum
clv_score_numeric(PG_FUNCTION_ARGS)
{
	return score(fcinfo, CLV_VALUE_NUMERIC);
}

PG_FUNCTION_INFO_V1(clv_score_float8);
Datum
clv_score_float8(PG_FUNCTION_ARGS)
{
	return score(fcinfo, CLV_VALUE_FLOAT8);
}

/* Also for timestamps, which are counted in microseconds. */
PG_FUNCTION_INFO_V1(clv_score_int8);
Datum
clv_score_int8(PG_FUNCTION_ARGS)
{
	return score(fcinfo, CLV_VALUE_INT8);
}

PG_FUNCTION_INFO_V1(clv_score_date);
Datum
clv_score_date(PG_FUNCTION_ARGS)
{
	return score(fcinfo, CLV_VALUE_DATE);
}

/*
 * Scores by limits of one's own
 */

static int
compare(Datum a, Datum b)
{
	return DatumGetInt32(DirectFunctionCall2(numeric_cmp, a, b));
}

static bool
is_finite(Datum number)
{
	return !numeric_is_nan(DatumGetNumeric(number)) && !numeric_is_inf(DatumGetNumeric(number));
}

PG_FUNCTION_INFO_V1(clv_score_by_limits);
Datum
clv_score_by_limits(PG_FUNCTION_ARGS)
{
	Datum		value = PG_GETARG_DATUM(0);
	bool		less_is_better = PG_GETARG_BOOL(2);
	Datum	   *limits;
	bool	   *nulls;
	int			count;
	int			reached = 0;

	if (!is_finite(value))
		clv_raise(CLV_VALUE_NOT_FINITE, "The value is not a finite number.");
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), NUMERICOID, -1, false, TYPALIGN_INT, &limits, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		int			order;

		if (nulls[i] || !is_finite(limits[i]) || (i > 0 && compare(limits[i - 1], limits[i]) > 0))
			clv_raise(CLV_LIMITS_OUT_OF_ORDER, "Limit %d of %d is no number, or below the one before it.", i + 1, count);
		order = compare(value, limits[i]);
		if (less_is_better ? order <= 0 : order >= 0)
			reached++;
	}
	PG_RETURN_INT32(1 + reached);
}

/*
 * Limits of scores
 */

/* The customers of one score, while they are counted. */
typedef struct ScoreBin
{
	int			score;
	ClvAmount	from;
	ClvAmount	to;
	int64		customers;
} ScoreBin;

static void
put_bin(ReturnSetInfo *result, const ClvLorenz *lorenz, const ScoreBin *bin)
{
	bool		nulls[4] = {false};
	Datum		values[4];

	if (bin->customers == 0)
		return;
	values[0] = Int32GetDatum(bin->score);
	values[1] = clv_lorenz_numeric(lorenz->kind, lorenz->scale, bin->from);
	values[2] = clv_lorenz_numeric(lorenz->kind, lorenz->scale, bin->to);
	values[3] = Int64GetDatum(bin->customers);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(clv_score_limits_of);
Datum
clv_score_limits_of(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ClvLorenz	lorenz = clv_lorenz_argument(fcinfo, 0);
	int			bins = PG_GETARG_INT32(1);
	ClvLorenzReader reader;
	ClvLorenzEntry entry;
	ScoreBin	bin = {0, 0, 0, 0};
	int64		worse = 0;

	if (bins < 1 || bins > CLV_SCORE_MAX_BINS)
		clv_raise(CLV_BINS_OUT_OF_RANGE, "bins is %d.", bins);
	InitMaterializedSRF(fcinfo, 0);
	clv_lorenz_read(&reader, lorenz.bytes, lorenz.size);
	while (clv_lorenz_next(&reader, &entry))
	{
		int			entry_score = clv_score_of_rank(worse, lorenz.customers, bins);

		if (entry_score != bin.score)
		{
			put_bin(result, &lorenz, &bin);
			bin.score = entry_score;
			bin.from = entry.value;
			bin.customers = 0;
		}
		bin.to = entry.value;
		bin.customers += entry.customers;
		worse += entry.customers;
	}
	put_bin(result, &lorenz, &bin);
	return (Datum) 0;
}
