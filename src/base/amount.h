/*-------------------------------------------------------------------------
 *
 * amount.h
 *	  Exact decimal amounts: a 128-bit mantissa with a decimal scale.
 *
 * The value of (mantissa, scale) is mantissa / 10^scale.  A mantissa has at
 * most CLV_AMOUNT_DIGITS digits, so that the sum of two never overflows the
 * 128 bits before it is checked.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_AMOUNT_H
#define CLV_AMOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "math/status.h"

#define CLV_AMOUNT_DIGITS 37

/* Eight bytes of alignment, as allocators promise, and not sixteen. */
typedef __int128 ClvAmount __attribute__((aligned(8)));

/* A sign, digits and a point: the longest text of an amount. */
#define CLV_AMOUNT_TEXT_SIZE (CLV_AMOUNT_DIGITS + 5)

/* 10^exponent, for 0 <= exponent <= CLV_AMOUNT_DIGITS. */
extern ClvAmount clv_amount_power_of_ten(int exponent);

extern bool clv_amount_in_range(ClvAmount mantissa);

/* *sum += addend; CLV_AMOUNT_OVERFLOW leaves *sum as it was. */
extern ClvStatus clv_amount_add_large(ClvAmount *sum, ClvAmount addend);

static inline ClvStatus
clv_amount_add(ClvAmount *sum, ClvAmount addend)
{
	ClvAmount	total = *sum + addend;

	/* What fits into 64 bits is in range. */
	if (total != (int64_t) total)
		return clv_amount_add_large(sum, addend);
	*sum = total;
	return CLV_OK;
}

/*
 * A sum that overflows only where its value does, in whatever order the
 * addends come: its value is carry * 10^CLV_AMOUNT_DIGITS + rest.  Starts as {0}.
 */
typedef struct ClvAmountSum
{
	ClvAmount	rest;
	int64_t		carry;
} ClvAmountSum;

extern void clv_amount_sum_add_large(ClvAmountSum *sum, ClvAmount addend);

static inline void
clv_amount_sum_add(ClvAmountSum *sum, ClvAmount addend)
{
	ClvAmount	rest = sum->rest + addend;

	if (rest == (int64_t) rest)
		sum->rest = rest;
	else
	{
		/* A copy, so that only this call needs the sum in memory. */
		ClvAmountSum copy = *sum;

		clv_amount_sum_add_large(&copy, addend);
		*sum = copy;
	}
}

extern ClvStatus clv_amount_sum_value(const ClvAmountSum *sum, ClvAmount *value);

/* Bring *mantissa to a larger scale, or to a smaller one at which it is whole. */
extern ClvStatus clv_amount_rescale(ClvAmount *mantissa, int from_scale, int to_scale);

/* The smallest scale, not above the given one, at which the amount is whole. */
extern int	clv_amount_least_scale(ClvAmount mantissa, int scale);

/* Nearest double, correctly rounded where mantissa and 10^scale are exact doubles. */
extern double clv_amount_to_double(ClvAmount mantissa, int scale);

/*
 * Text with exactly scale decimals; returns the number of characters, not
 * counting the final zero byte.  out has CLV_AMOUNT_TEXT_SIZE bytes.
 */
extern int	clv_amount_write(ClvAmount mantissa, int scale, char *out);

/*
 * Read [+-]digits[.digits] from the start of a text of given length; *used
 * tells how many characters belong to it, 0 if there is no number.  Zeros
 * behind the last decimal do not count into the scale.
 */
extern ClvStatus clv_amount_read(const char *in, size_t length, size_t *used,
								 ClvAmount *mantissa, int *scale);

#endif							/* CLV_AMOUNT_H */
