/*-------------------------------------------------------------------------
 *
 * score.c
 *	  Scores by rank.
 *
 * Source of the selection: C. A. R. Hoare, Algorithm 65: Find, CACM 4 (1961).
 *
 *-------------------------------------------------------------------------
 */
#include "base/score.h"

#include <string.h>

#include "base/buckets.h"

typedef struct Search
{
	ClvAmount  *values;
	uint64_t	random;			/* where pivots are taken from */
	ClvInterrupt interrupt;
} Search;

static inline void
swap(ClvAmount *a, ClvAmount *b)
{
	ClvAmount	former = *a;

	*a = *b;
	*b = former;
}

static ClvAmount
pick_pivot(Search *search, size_t from, size_t to)
{
	search->random = search->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return search->values[from + (search->random >> 32) % (to - from)];
}

/* Smaller values first, then those equal to the pivot: from *lower up to *upper. */
static void
divide(ClvAmount *values, size_t from, size_t to, ClvAmount pivot, size_t *lower, size_t *upper)
{
	size_t		middle = from;

	*lower = from;
	*upper = to;
	while (middle < *upper)
	{
		if (values[middle] < pivot)
			swap(&values[(*lower)++], &values[middle++]);
		else if (values[middle] == pivot)
			middle++;
		else
			swap(&values[middle], &values[--(*upper)]);
	}
}

/* Bring the value of a place in the sorted order to that place, smaller ones before it. */
static void
find(Search *search, size_t from, size_t to, size_t place)
{
	while (to - from > 1)
	{
		size_t		lower;
		size_t		upper;

		if (search->interrupt)
			search->interrupt();
		divide(search->values, from, to, pick_pivot(search, from, to), &lower, &upper);
		if (place < lower)
			to = lower;
		else if (place >= upper)
			from = upper;
		else
			return;
	}
}

/* Place of the value that the limit of a score is, counted from 0. */
static size_t
place_of(size_t count, int bins, int score)
{
	return (size_t) (((uint64_t) (score - 1) * count + (uint64_t) bins - 1) / (uint64_t) bins) - 1;
}

/* Limits first to last, whose values lie at these places between from and to. */
static void
find_limits(Search *search, size_t from, size_t to, const size_t *places, int first, int last, ClvAmount *limits)
{
	int			middle = first + (last - first) / 2;

	if (first > last)
		return;
	find(search, from, to, places[middle]);
	limits[middle] = search->values[places[middle]];
	find_limits(search, from, places[middle] + 1, places, first, middle - 1, limits);
	find_limits(search, places[middle], to, places, middle + 1, last, limits);
}

/*
 * Mark the buckets that hold limits; the places of the limits become those
 * among the values of marked buckets.
 */
static void
mark_buckets(const size_t *counts, size_t count, int bins, uint8_t *marked, size_t *places)
{
	size_t		before = 0;		/* values in the buckets so far */
	size_t		left_out = 0;	/* of them, in buckets that are not marked */
	int			limit = 0;

	for (uint32_t bucket = 0; limit < bins - 1; bucket++)
	{
		size_t		end = before + counts[bucket];

		for (; limit < bins - 1 && place_of(count, bins, limit + 2) < end; limit++)
		{
			places[limit] = place_of(count, bins, limit + 2) - left_out;
			marked[bucket] = 1;
		}
		if (!marked[bucket])
			left_out += counts[bucket];
		before = end;
	}
}

/* The values that have to be searched, to scratch, and the places of the limits among them; answers how many. */
static size_t
gather(const ClvAmount *values, size_t count, int bins, size_t *places, ClvAmount *scratch, ClvInterrupt interrupt)
{
	size_t		counts[CLV_BUCKET_COUNT] = {0};
	uint8_t		marked[CLV_BUCKET_COUNT] = {0};
	ClvAmount	least = values[0];

	for (size_t i = 1; i < count; i++)
		least = values[i] < least ? values[i] : least;
	for (size_t i = 0; i < count; i++)
	{
		if (i % CLV_BUCKET_STEP == 0 && interrupt)
			interrupt();
		counts[clv_bucket_of(values[i], least)]++;
	}
	mark_buckets(counts, count, bins, marked, places);
	return clv_bucket_gather(values, count, least, marked, scratch, interrupt);
}

void
clv_score_limits(const ClvAmount *values, size_t count, int bins, ClvAmount *limits, ClvAmount *scratch,
				 ClvInterrupt interrupt)
{
	size_t		places[CLV_SCORE_MAX_BINS];
	Search		search = {scratch, 1, interrupt};
	size_t		searched = count;

	if (count >= CLV_BUCKETS_PAY)
		searched = gather(values, count, bins, places, scratch, interrupt);
	else
	{
		memcpy(scratch, values, count * sizeof(ClvAmount));
		for (int limit = 0; limit < bins - 1; limit++)
			places[limit] = place_of(count, bins, limit + 2);
	}
	find_limits(&search, 0, searched, places, 0, bins - 2, limits);
}

/* So many limits are all looked at, which is faster than to guess where to look. */
#define FEW_LIMITS 8

int
clv_score_of(ClvAmount value, const ClvAmount *limits, int bins)
{
	int			low = 0;
	int			high = bins - 1;

	if (high <= FEW_LIMITS)
	{
		for (int i = 0; i < high; i++)
			low += limits[i] < value;
		return low + 1;
	}
	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (limits[middle] < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low + 1;
}
