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

/* The same at a given scale, not below its own. */
extern ClvAmount clv_value_at_scale(ClvValueType type, Datum value, int scale);

/* All values of a window's partition but the NULLs, at a common scale; to be pfreed. */
typedef struct ClvPartition
{
	ClvAmount  *values;
	size_t		count;
	int			scale;
} ClvPartition;

extern void clv_partition_read(ClvPartition *partition, WindowObject window, ClvValueType type);

/* A share between 0 and 1 in units of 10^-18; name stands in the error. */
extern int64 clv_share_argument(double share, const char *name);

#endif							/* CLV_PG_VALUES_H */
