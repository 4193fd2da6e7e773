/*-------------------------------------------------------------------------
 *
 * values.h
 *	  Values of several SQL types as integers of 128 bits in their order.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_VALUES_H
#define CLV_PG_VALUES_H

#include "windowapi.h"

#include "base/concentration.h"

typedef enum ClvValueType
{
	CLV_VALUE_NUMERIC,			/* mantissa at a scale */
	CLV_VALUE_FLOAT8,			/* rank among all doubles */
	CLV_VALUE_INT8,
	CLV_VALUE_DATE
} ClvValueType;

/* One value, and the scale it has; raises where a number is not finite. */
extern ClvAmount clv_value_integer(ClvValueType type, Datum value, int *scale);

/* A value at a larger scale; raises where it does not fit. */
extern ClvAmount clv_value_rescale(ClvAmount value, int from_scale, int to_scale);

/*
 * What a window function answers in the rows of a partition.  All of it is
 * found in the first row, so that the values are read once: number says which
 * answer a row has, by its position, and 0 is NULL.  In the local memory of
 * the partition, which begins as zeros; number stays NULL where all are NULL.
 */
typedef struct ClvAnswers
{
	bool		ready;
	uint16	   *number;
} ClvAnswers;

/* Values at a common scale: all of a partition but the NULLs, in the order of the rows, or of an aggregate. */
typedef struct ClvPartition
{
	ClvAmount  *values;
	size_t		count;
	int			scale;
} ClvPartition;

/* Call a function for every row of the partition whose first argument is not NULL, from the first row on. */
typedef void (*ClvTakeValue) (void *taker, int64 row, Datum value);
extern void clv_window_scan(WindowObject window, ClvTakeValue take, void *taker);

/* An answer for each row, all of them NULL yet, for as long as local memory of the partition. */
extern uint16 *clv_answers_allocate(const void *local, WindowObject window);

/* No values, room for one from each row; then one more, after bringing it or all others to the larger scale. */
extern void clv_partition_start(ClvPartition *partition, WindowObject window);
extern void clv_partition_append(ClvPartition *partition, ClvAmount value, int scale);

/* Read the first argument of all rows; the answer of rows with a value becomes 1, to be replaced. */
extern void clv_partition_read(ClvPartition *partition, ClvAnswers *answers, WindowObject window, ClvValueType type);

/* Room for as many values. */
extern ClvAmount *clv_partition_scratch(const ClvPartition *partition);

/* The answer of the current row. */
static inline int
clv_current_answer(const ClvAnswers *answers, WindowObject window)
{
	return answers->number == NULL ? 0 : answers->number[WinGetCurrentPosition(window)];
}

/* A share between 0 and 1 in units of 10^-18; name stands in the error. */
extern int64 clv_share_argument(double share, const char *name);

#endif							/* CLV_PG_VALUES_H */
