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

static ClvAmount
rescale(ClvAmount value, int from_scale, int to_scale)
{
	if (from_scale != to_scale && clv_amount_rescale(&value, from_scale, to_scale) != CLV_OK)
		clv_raise(CLV_AMOUNT_OVERFLOW, "A value does not fit when written with %d decimals, as another one needs.", to_scale);
	return value;
}

/* Append one value, after bringing it or all others to the larger scale. */
static void
append(ClvPartition *partition, ClvAmount value, int scale)
{
	if (scale > partition->scale)
	{
		for (size_t i = 0; i < partition->count; i++)
			partition->values[i] = rescale(partition->values[i], partition->scale, scale);
		partition->scale = scale;
	}
	partition->values[partition->count++] = rescale(value, scale, partition->scale);
}

void
clv_partition_read(ClvPartition *partition, ClvAnswers *answers, WindowObject window, ClvValueType type)
{
	int64		rows = WinGetPartitionRowCount(window);

	/* As long as the partition, which is where the answers are. */
	answers->number = MemoryContextAllocHuge(GetMemoryChunkContext(answers), mul_size(Max(rows, 1), sizeof(uint16)));
	partition->values = MemoryContextAllocHuge(CurrentMemoryContext, mul_size(Max(rows, 1), sizeof(ClvAmount)));
	partition->count = 0;
	partition->scale = 0;
	for (int64 row = 0; row < rows; row++)
	{
		bool		is_null;
		bool		is_out;
		Datum		value = WinGetFuncArgInPartition(window, 0, (int) row, WINDOW_SEEK_HEAD, false, &is_null, &is_out);
		ClvAmount	integer;
		int			scale;

		if (row % 1024 == 0)
			CHECK_FOR_INTERRUPTS();
		answers->number[row] = !is_null && !is_out;
		if (is_null || is_out)
			continue;
		integer = clv_value_integer(type, value, &scale);
		append(partition, integer, scale);
	}
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
