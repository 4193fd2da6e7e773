/*-------------------------------------------------------------------------
 *
 * wide.h
 *	  Integers of 256 bits: exact products of amounts and counts.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_WIDE_H
#define CLV_WIDE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* Two's complement: the value is high * 2^128 + low. */
typedef struct ClvWide
{
	__int128	high;
	unsigned __int128 low;
} ClvWide;

static inline ClvWide
clv_wide_add(ClvWide a, ClvWide b)
{
	ClvWide		sum;

	sum.low = a.low + b.low;
	sum.high = (__int128) ((unsigned __int128) a.high + (unsigned __int128) b.high + (sum.low < a.low));
	return sum;
}

static inline ClvWide
clv_wide_negate(ClvWide a)
{
	ClvWide		zero = {0, 0};
	ClvWide		one = {0, 1};
	ClvWide		flipped;

	flipped.high = ~a.high;
	flipped.low = ~a.low;
	return a.low == 0 && a.high == 0 ? zero : clv_wide_add(flipped, one);
}

/* The product of any two, exactly. */
static inline ClvWide
clv_wide_multiply(__int128 a, int64_t b)
{
	bool		negative = (a < 0) != (b < 0);
	unsigned __int128 factor = a < 0 ? -(unsigned __int128) a : (unsigned __int128) a;
	uint64_t	times = b < 0 ? -(uint64_t) b : (uint64_t) b;
	unsigned __int128 lower = (unsigned __int128) (uint64_t) factor * times;
	unsigned __int128 upper = (unsigned __int128) (uint64_t) (factor >> 64) * times + (lower >> 64);
	ClvWide		product;

	product.high = (__int128) (upper >> 64);
	product.low = upper << 64 | (uint64_t) lower;
	return negative ? clv_wide_negate(product) : product;
}

static inline int
clv_wide_compare(ClvWide a, ClvWide b)
{
	if (a.high != b.high)
		return a.high < b.high ? -1 : 1;
	return a.low == b.low ? 0 : a.low < b.low ? -1 : 1;
}

/* The nearest double, but for a second rounding of the lower half. */
static inline double
clv_wide_to_double(ClvWide a)
{
	if (a.high < 0)
		return -clv_wide_to_double(clv_wide_negate(a));
	return ldexp((double) a.high, 128) + (double) a.low;
}

#endif							/* CLV_WIDE_H */
