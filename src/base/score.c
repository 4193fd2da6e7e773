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

/* The limits of scores first to last, whose values lie between from and to. */
static void
find_limits(Search *search, size_t from, size_t to, size_t count, int bins, int first, int last,
			ClvAmount *limits)
{
	int			middle = first + (last - first) / 2;
	size_t		place;

	if (first > last)
		return;
	place = place_of(count, bins, middle);
	find(search, from, to, place);
	limits[middle - 2] = search->values[place];
	find_limits(search, from, place + 1, count, bins, first, middle - 1, limits);
	find_limits(search, place, to, count, bins, middle + 1, last, limits);
}

void
clv_score_limits(ClvAmount *values, size_t count, int bins, ClvAmount *limits, ClvInterrupt interrupt)
{
	Search		search = {values, 1, interrupt};

	find_limits(&search, 0, count, count, bins, 2, bins, limits);
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
