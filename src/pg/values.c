/*-------------------------------------------------------------------------
 *
 * values.c
 *	  Values of several SQL types as integers of 128 bits in their order.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "storage/shmem.h"
#include "utils/date.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#include "pg/amount.h"
#include "pg/compat.h"
#include "pg/error.h"
#include "pg/values.h"

static ClvAmount
numeric_mantissa(Datum value, int *scale)
{
	Numeric		number = DatumGetNumeric(value);
	ClvAmount	mantissa;

	if (numeric_is_nan(number))
		clv_raise(CLV_VALUE_NOT_FINITE, "The value is NaN.");
	if (numeric_is_inf(number))
		clv_raise(CLV_VALUE_NOT_FINITE, "The value is infinite.");
	clv_amount_from_numeric(NumericGetDatum(number), &mantissa, scale);
	return mantissa;
}

ClvAmount
clv_value_integer(ClvValueType type, Datum value, int *scale)
{
	double		number;

	*scale = 0;
	switch (type)
	{
		case CLV_VALUE_NUMERIC:
			return numeric_mantissa(value, scale);
		case CLV_VALUE_FLOAT8:
			number = DatumGetFloat8(value);
			if (isnan(number))
				clv_raise(CLV_VALUE_NOT_FINITE, "The value is NaN.");
			if (isinf(number))
				clv_raise(CLV_VALUE_NOT_FINITE, "The value is infinite.");
			return clv_double_rank(number);
		case CLV_VALUE_DATE:
			return DatumGetDateADT(value);
		default:
			return DatumGetInt64(value);
	}
}

ClvAmount
clv_value_rescale(ClvAmount value, int from_scale, int to_scale)
{
	if (from_scale != to_scale && clv_amount_rescale(&value, from_scale, to_scale) != CLV_OK)
		clv_raise(CLV_AMOUNT_OVERFLOW, "A value does not fit when written with %d decimals, as another one needs.", to_scale);
	return value;
}

void
clv_partition_append(ClvPartition *partition, ClvAmount value, int scale)
{
	if (scale > partition->scale)
	{
		for (size_t i = 0; i < partition->count; i++)
			partition->values[i] = clv_value_rescale(partition->values[i], partition->scale, scale);
		partition->scale = scale;
	}
	partition->values[partition->count++] = clv_value_rescale(value, scale, partition->scale);
}

void
clv_window_scan(WindowObject window, ClvTakeValue take, void *taker)
{
	int64		rows = WinGetPartitionRowCount(window);
	MemoryContext old_context = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(old_context, "arguments of a partition", ALLOCSET_DEFAULT_SIZES);

	for (int64 row = 0; row < rows; row++)
	{
		bool		is_null;
		bool		is_out;
		Datum		value;

		if (row % 1024 == 0)
		{
			CHECK_FOR_INTERRUPTS();
			MemoryContextReset(context);
		}
		MemoryContextSwitchTo(context);
		value = WinGetFuncArgInPartition(window, 0, (int) row, WINDOW_SEEK_HEAD, false, &is_null, &is_out);
		if (!is_null && !is_out)
			take(taker, row, value);
	}
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

uint16	   *
clv_answers_allocate(const void *local, WindowObject window)
{
	int64		rows = WinGetPartitionRowCount(window);

	/* As long as the partition, which is where its local memory is. */
	return MemoryContextAllocExtended(GetMemoryChunkContext(unconstify(void *, local)), mul_size(Max(rows, 1), sizeof(uint16)),
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

void
clv_partition_start(ClvPartition *partition, WindowObject window)
{
	int64		rows = WinGetPartitionRowCount(window);

	partition->values = MemoryContextAllocHuge(CurrentMemoryContext, mul_size(Max(rows, 1), sizeof(ClvAmount)));
	partition->count = 0;
	partition->scale = 0;
}

/* What is filled from the argument of each row. */
typedef struct ValueTaker
{
	ClvPartition *partition;
	ClvAnswers *answers;
	ClvValueType type;
} ValueTaker;

static void
take_value(void *taker, int64 row, Datum value)
{
	ValueTaker *to = taker;
	int			scale;
	ClvAmount	integer = clv_value_integer(to->type, value, &scale);

	to->answers->number[row] = 1;
	clv_partition_append(to->partition, integer, scale);
}

void
clv_partition_read(ClvPartition *partition, ClvAnswers *answers, WindowObject window, ClvValueType type)
{
	ValueTaker	taker = {partition, answers, type};

	answers->number = clv_answers_allocate(answers, window);
	clv_partition_start(partition, window);
	clv_window_scan(window, take_value, &taker);
}

ClvAmount  *
clv_partition_scratch(const ClvPartition *partition)
{
	return MemoryContextAllocHuge(CurrentMemoryContext, mul_size(Max(partition->count, 1), sizeof(ClvAmount)));
}

int64
clv_share_argument(double share, const char *name)
{
	ClvAmount	mantissa;
	int			scale;

	if (!(share >= 0 && share <= 1))
		clv_raise(CLV_SHARE_OUT_OF_RANGE, "%s is %g.", name, share);
	if (share < 1e-18)
		return 0;
	clv_amount_from_float8(share, &mantissa, &scale);
	if (scale > 18)
		return (int64) (mantissa / clv_amount_power_of_ten(scale - 18));
	return (int64) (mantissa * clv_amount_power_of_ten(18 - scale));
}
