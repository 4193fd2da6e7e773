/*-------------------------------------------------------------------------
 *
 * exact_sum.c
 *	  The sum of doubles, rounded once: the same in any order.
 *
 * A number wide enough for every double takes each of them without rounding
 * (the small superaccumulator of Neal 2015, Fast exact summation using small
 * and large superaccumulators, arXiv:1505.05571, section 3).  A double touches
 * two neighbors of its 64-bit chunks: the lower 32 bits go to one, at most 52
 * to the next.  So 2^11 of them can be added before a chunk has to hand what
 * is above its 32 bits to its neighbor.
 *
 * What is added in wraps, so that no content of a sum, however it came about,
 * is undefined behavior.
 *
 *-------------------------------------------------------------------------
 */
#include "math/exact_sum.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Chunks start below 2^33 after carries and a merge: 2000 * (2^52 + 2^32) + 2^33 < 2^63. */
#define MOST_PENDING 2000

#define LOWER 0xFFFFFFFF
#define SOME_NAN 1
#define SOME_INFINITY 2
#define SOME_MINUS_INFINITY 4

void
clv_sum_init(ClvExactSum *sum)
{
	memset(sum, 0, sizeof(*sum));
}

/* Bring all chunks but the last to 0 .. 2^32 - 1; the last has the sign. */
static void
carry(ClvExactSum *sum)
{
	for (int i = 0; i < CLV_SUM_CHUNKS - 1; i++)
	{
		uint64_t	above = (uint64_t) (sum->chunk[i] >> 32);

		sum->chunk[i] &= LOWER;
		sum->chunk[i + 1] = (int64_t) ((uint64_t) sum->chunk[i + 1] + above);
	}
	sum->pending = 0;
}

void
clv_sum_add(ClvExactSum *sum, double value)
{
	uint64_t	bits;
	uint64_t	digits;
	uint64_t	sign;
	int			exponent;
	int			shift;
	int64_t    *chunk;

	memcpy(&bits, &value, sizeof(bits));
	exponent = (int) (bits >> 52) & 0x7FF;
	digits = bits & UINT64_C(0xFFFFFFFFFFFFF);
	if (exponent == 0x7FF)
	{
		sum->special |= digits != 0 ? SOME_NAN : bits >> 63 ? SOME_MINUS_INFINITY : SOME_INFINITY;
		return;
	}
	/* Those near zero have the exponent of the smallest others, and no leading 1. */
	if (exponent > 0)
	{
		digits |= UINT64_C(1) << 52;
		exponent--;
	}
	if (sum->pending >= MOST_PENDING || sum->pending < 0)
		carry(sum);
	sum->pending++;
	shift = exponent & 31;
	chunk = sum->chunk + (exponent >> 5);
	/* Minus by complement, which spares the processor to guess signs. */
	sign = -(bits >> 63);
	chunk[0] = (int64_t) ((uint64_t) chunk[0] + ((((digits << shift) & LOWER) ^ sign) - sign));
	chunk[1] = (int64_t) ((uint64_t) chunk[1] + (((digits >> (32 - shift)) ^ sign) - sign));
}

void
clv_sum_merge(ClvExactSum *into, const ClvExactSum *other)
{
	ClvExactSum carried = *other;

	carry(into);
	carry(&carried);
	for (int i = 0; i < CLV_SUM_CHUNKS; i++)
		into->chunk[i] = (int64_t) ((uint64_t) into->chunk[i] + (uint64_t) carried.chunk[i]);
	into->special |= carried.special;
}

ClvStatus
clv_sum_value(const ClvExactSum *sum, double *value)
{
	ClvExactSum size = *sum;
	bool		negative;
	int			top = CLV_SUM_CHUNKS - 1;
	uint64_t	lead;
	uint64_t	next;
	int			spare;

	if ((sum->special & SOME_NAN) != 0 || sum->special == (SOME_INFINITY | SOME_MINUS_INFINITY))
		*value = NAN;
	else if (sum->special != 0)
		*value = sum->special == SOME_INFINITY ? INFINITY : -INFINITY;
	if (sum->special != 0)
		return CLV_OK;

	carry(&size);
	negative = size.chunk[CLV_SUM_CHUNKS - 1] < 0;
	if (negative)
	{
		for (int i = 0; i < CLV_SUM_CHUNKS; i++)
			size.chunk[i] = (int64_t) -(uint64_t) size.chunk[i];
		carry(&size);
	}
	while (top > 2 && size.chunk[top] == 0)
		top--;

	/* The leading 64 bits; the last of them stands for all that are behind it. */
	lead = (uint64_t) size.chunk[top] << 32 | (uint64_t) size.chunk[top - 1];
	next = (uint64_t) size.chunk[top - 2];
	if ((uint64_t) size.chunk[CLV_SUM_CHUNKS - 1] > LOWER)
		return CLV_SUM_OUT_OF_RANGE;
	if (lead == 0)
	{
		*value = ldexp((double) next, 32 * (top - 2) - 1074);
		if (negative)
			*value = -*value;
		return CLV_OK;
	}
	spare = 0;
	while ((lead >> 63) == 0)
	{
		lead = lead << 1 | (next >> 31 & 1);
		next = next << 1 & LOWER;
		spare++;
	}
	for (int i = 0; i < top - 2 && next == 0; i++)
		next |= (uint64_t) size.chunk[i];
	lead |= next != 0;
	*value = ldexp((double) lead, 32 * (top - 1) - spare - 1074);
	if (isinf(*value))
		return CLV_SUM_OUT_OF_RANGE;
	if (negative)
		*value = -*value;
	return CLV_OK;
}
