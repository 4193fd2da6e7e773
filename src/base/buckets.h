/*-------------------------------------------------------------------------
 *
 * buckets.h
 *	  Values divided by their distance from the least one, so that a search
 *	  needs to look closely at those of one bucket only.
 *
 * Buckets ascend with the values.  One that begins at a distance d is as wide
 * as a 64th of the power of two that is not above d, so that values of any
 * size are told apart about as well.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_BUCKETS_H
#define CLV_BUCKETS_H

#include "base/amount.h"

#define CLV_BUCKET_BITS 6
/* Distances of values within their range stay below 2^126. */
#define CLV_BUCKET_COUNT ((127 - CLV_BUCKET_BITS) << CLV_BUCKET_BITS)

/* Fewer values are searched as they are: to look through the buckets would take longer. */
#define CLV_BUCKETS_PAY 4096

/* Long loops call the interrupt after so many values. */
#define CLV_BUCKET_STEP 65536

static inline uint32_t
clv_bucket_of(ClvAmount value, ClvAmount least)
{
	unsigned __int128 distance = (unsigned __int128) (value - least) + (1 << CLV_BUCKET_BITS);
	uint64_t	high = (uint64_t) (distance >> 64);
	int			shift = high == 0 ? 63 - __builtin_clzll((uint64_t) distance) : 127 - __builtin_clzll(high);

	/* The leading bit is dropped, the ones behind it number the bucket. */
	shift -= CLV_BUCKET_BITS;
	return ((uint32_t) shift << CLV_BUCKET_BITS) + ((uint32_t) (distance >> shift) & ((1 << CLV_BUCKET_BITS) - 1));
}

/* The values in marked buckets, in their order; leaves out those below the least one.  Answers how many. */
static inline size_t
clv_bucket_gather(const ClvAmount *values, size_t count, ClvAmount least, const uint8_t *marked,
				  ClvAmount *gathered, ClvInterrupt interrupt)
{
	size_t		found = 0;

	for (size_t i = 0; i < count; i++)
	{
		if (i % CLV_BUCKET_STEP == 0 && interrupt)
			interrupt();
		gathered[found] = values[i];
		found += values[i] >= least && marked[clv_bucket_of(values[i], least)];
	}
	return found;
}

#endif							/* CLV_BUCKETS_H */
