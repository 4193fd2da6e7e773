/*-------------------------------------------------------------------------
 *
 * tally.c
 *	  Observations read off histories, sorted instead of hashed.
 *
 *-------------------------------------------------------------------------
 */
#include "model/tally.h"

#include <string.h>

#define DIGITS 16				/* bytes of both numbers, the last of `second` first */

bool
clv_tally_of_row(const ClvObservationRow *row, bool spend, ClvTally *tally)
{
	const double most = 4294967295.0;

	if (!(row->x >= 0 && row->x <= most && row->t_x >= 0 && row->t_x <= most &&
		  row->age >= 0 && row->age <= most && row->extra >= 0 && row->weight == 1))
		return false;
	tally->first = (uint64_t) row->x;
	tally->count = row->count;
	if (spend)
	{
		double		extra = row->extra + 0.0;	/* no negative zero */

		memcpy(&tally->second, &extra, sizeof(extra));
		return (double) tally->first == row->x && row->t_x == 0 && row->age == 0;
	}
	tally->second = (uint64_t) row->t_x << 32 | (uint64_t) row->age;
	return (double) tally->first == row->x && (double) (tally->second >> 32) == row->t_x &&
		(double) (tally->second & UINT32_MAX) == row->age && row->extra == 0;
}

void
clv_tally_row(const ClvTally *tally, bool spend, ClvObservationRow *row)
{
	memset(row, 0, sizeof(*row));
	row->x = (double) tally->first;
	if (spend)
		memcpy(&row->extra, &tally->second, sizeof(row->extra));
	else
	{
		row->t_x = (double) (tally->second >> 32);
		row->age = (double) (tally->second & UINT32_MAX);
	}
	row->weight = 1;
	row->count = tally->count;
}

static inline int
digit_of(const ClvTally *tally, int digit)
{
	return (int) ((digit < 8 ? tally->second >> 8 * digit : tally->first >> 8 * (digit - 8)) & 0xFF);
}

static inline bool
equal(const ClvTally *a, const ClvTally *b)
{
	return a->first == b->first && a->second == b->second;
}

static inline bool
before(const ClvTally *a, const ClvTally *b)
{
	return a->first < b->first || (a->first == b->first && a->second < b->second);
}

/* Byte by byte from the last, leaving out those that all have in common. */
static void
sort_by_digits(ClvTally *tallies, size_t count, ClvTally *scratch, ClvInterrupt interrupt)
{
	ClvTally	differ = {0};
	ClvTally   *from = tallies;
	ClvTally   *to = scratch;

	for (size_t i = 1; i < count; i++)
	{
		differ.first |= tallies[i].first ^ tallies[0].first;
		differ.second |= tallies[i].second ^ tallies[0].second;
	}
	for (int digit = 0; digit < DIGITS; digit++)
	{
		size_t		place[256] = {0};
		size_t		next = 0;
		ClvTally   *swap = from;

		if (digit_of(&differ, digit) == 0)
			continue;
		if (interrupt)
			interrupt();
		for (size_t i = 0; i < count; i++)
			place[digit_of(&from[i], digit)]++;
		for (int i = 0; i < 256; i++)
		{
			size_t		here = place[i];

			place[i] = next;
			next += here;
		}
		for (size_t i = 0; i < count; i++)
			to[place[digit_of(&from[i], digit)]++] = from[i];
		from = to;
		to = swap;
	}
	if (from != tallies)
		memcpy(tallies, from, count * sizeof(ClvTally));
}

size_t
clv_tally_sort(ClvTally *tallies, size_t sorted, size_t count, ClvTally *scratch, ClvInterrupt interrupt)
{
	size_t		left = 0;
	size_t		right = sorted;
	size_t		kept = 0;

	sort_by_digits(tallies + sorted, count - sorted, scratch, interrupt);
	while (left < sorted || right < count)
	{
		const ClvTally *next;

		if (left < sorted && (right == count || !before(&tallies[right], &tallies[left])))
			next = &tallies[left++];
		else
			next = &tallies[right++];
		if (kept > 0 && equal(&scratch[kept - 1], next))
		{
			if (next->count > INT64_MAX - scratch[kept - 1].count)
				return 0;
			scratch[kept - 1].count += next->count;
		}
		else
			scratch[kept++] = *next;
	}
	memcpy(tallies, scratch, kept * sizeof(ClvTally));
	return kept;
}
