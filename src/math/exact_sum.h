/*-------------------------------------------------------------------------
 *
 * exact_sum.h
 *	  The sum of doubles, rounded once: the same in any order.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_EXACT_SUM_H
#define CLV_EXACT_SUM_H

#include <stdint.h>

#include "math/status.h"

/* 2098 bits of finite doubles, and 64 more for as many of them as there can be. */
#define CLV_SUM_CHUNKS 68

/*
 * The sum is that of chunk[i] * 2^(32 i - 1074).  Chunks are signed and overlap
 * by half, so that carries can wait.
 */
typedef struct ClvExactSum
{
	int32_t		pending;		/* doubles added since the last carry */
	int32_t		special;		/* which of NaN, infinity and -infinity were among them */
	int64_t		chunk[CLV_SUM_CHUNKS];
} ClvExactSum;

extern void clv_sum_init(ClvExactSum *sum);
extern void clv_sum_add(ClvExactSum *sum, double value);
extern void clv_sum_merge(ClvExactSum *into, const ClvExactSum *other);

/*
 * The nearest double, of two the even one.  Of NaN, or of both infinities, NaN;
 * CLV_SUM_OUT_OF_RANGE if doubles that are finite have a sum that is not.
 */
extern ClvStatus clv_sum_value(const ClvExactSum *sum, double *value);

#endif							/* CLV_EXACT_SUM_H */
