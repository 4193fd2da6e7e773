/*-------------------------------------------------------------------------
 *
 * tally.c
 *	  Observations read off histories, sorted instead of hashed.
 *
 *-------------------------------------------------------------------------
 */
#include "model/tally.h"

#include <string.h>

/* A digit is so many bits next to each other; no more digits are in both numbers. */
#define DIGIT_BITS 12
#define MOST_DIGITS 12

/* As many of the leading digits as nearly always tell different tallies apart. */
#define LEADING_DIGITS 4

typedef struct Digit
{
	bool		of_first;		/* or of second */
	int			shift;
} Digit;

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

static inline size_t
digit_of(const ClvTally *tally, Digit digit)
{
	return (size_t) ((digit.of_first ? tally->first : tally->second) >> digit.shift) & ((1 << DIGIT_BITS) - 1);
}

/* The digits in which numbers differ, the leading one first; answers how many. */
static int
find_digits(uint64_t differ, bool of_first, Digit *digits)
{
	int			count = 0;

	while (differ != 0)
	{
		int			top = 63 - __builtin_clzll(differ);

		digits[count].of_first = of_first;
		digits[count].shift = top < DIGIT_BITS ? 0 : top - DIGIT_BITS + 1;
		differ &= (UINT64_C(1) << digits[count++].shift) - 1;
	}
	return count;
}

/* Sort by these digits, the last one first; answers which of the arrays holds the result. */
static ClvTally *
sort_by_digits(ClvTally *from, ClvTally *to, size_t count, const Digit *digits, int number, ClvInterrupt interrupt)
{
	while (number-- > 0)
	{
		size_t		place[1 << DIGIT_BITS] = {0};
		size_t		next = 0;
		ClvTally   *swap = from;

		if (interrupt)
			interrupt();
		for (size_t i = 0; i < count; i++)
			place[digit_of(&from[i], digits[number])]++;
		for (int i = 0; i < 1 << DIGIT_BITS; i++)
		{
			size_t		here = place[i];

			place[i] = next;
			next += here;
		}
		for (size_t i = 0; i < count; i++)
			to[place[digit_of(&from[i], digits[number])]++] = from[i];
		from = to;
		to = swap;
	}
	return from;
}

/* Sort by all digits that differ: mean amounts have more of them than it takes. */
static ClvTally *
sort(ClvTally *tallies, size_t count, ClvTally *scratch, ClvInterrupt interrupt)
{
	ClvTally	differ = {0};
	ClvTally   *sorted;
	Digit		digits[MOST_DIGITS];
	int			number;

	for (size_t i = 1; i < count; i++)
	{
		differ.first |= tallies[i].first ^ tallies[0].first;
		differ.second |= tallies[i].second ^ tallies[0].second;
	}
	number = find_digits(differ.first, true, digits);
	number += find_digits(differ.second, false, digits + number);
	if (number <= LEADING_DIGITS)
		return sort_by_digits(tallies, scratch, count, digits, number, interrupt);

	sorted = sort_by_digits(tallies, scratch, count, digits, LEADING_DIGITS, interrupt);
	for (size_t i = 1; i < count; i++)
	{
		if (before(&sorted[i], &sorted[i - 1]))
			return sort_by_digits(sorted, sorted == scratch ? tallies : scratch, count, digits, number, interrupt);
	}
	return sorted;
}

static int
bits_of(uint64_t number)
{
	return number == 0 ? 0 : 64 - __builtin_clzll(number);
}

/*
 * The same for tallies that all count one and whose numbers differ in few
 * bits, as times do: those bits alone are sorted.  Tallies that are equal are
 * joined; answers how many remain, 0 where nothing was done.
 */
static size_t
sort_ones(ClvTally *tallies, size_t count, ClvTally *scratch, ClvInterrupt interrupt)
{
	uint64_t   *from = (uint64_t *) scratch;
	uint64_t   *to = from + count;
	ClvTally	differ = {0};
	ClvTally	base;
	uint64_t	low_mask;
	uint64_t	high_mask;
	int			low;			/* bits of the halves of second */
	int			high;
	int			bits;
	size_t		kept = 0;

	for (size_t i = 0; i < count; i++)
	{
		if (tallies[i].count != 1)
			return 0;
		differ.first |= tallies[i].first ^ tallies[0].first;
		differ.second |= tallies[i].second ^ tallies[0].second;
	}
	low = bits_of(differ.second & UINT32_MAX);
	high = bits_of(differ.second >> 32);
	bits = bits_of(differ.first) + high + low;
	if (count == 0 || bits > 63)
		return 0;
	low_mask = (UINT64_C(1) << low) - 1;
	high_mask = (UINT64_C(1) << high) - 1;
	base.first = tallies[0].first >> bits_of(differ.first) << bits_of(differ.first);
	base.second = tallies[0].second & ~(high_mask << 32 | low_mask);

	for (size_t i = 0; i < count; i++)
		from[i] = (tallies[i].first - base.first) << (high + low) |
			(tallies[i].second >> 32 & high_mask) << low | (tallies[i].second & low_mask);
	for (int shift = 0; shift < bits; shift += DIGIT_BITS)
	{
		size_t		place[1 << DIGIT_BITS] = {0};
		size_t		next = 0;
		uint64_t   *swap = from;

		if (interrupt)
			interrupt();
		for (size_t i = 0; i < count; i++)
			place[from[i] >> shift & ((1 << DIGIT_BITS) - 1)]++;
		for (int i = 0; i < 1 << DIGIT_BITS; i++)
		{
			size_t		here = place[i];

			place[i] = next;
			next += here;
		}
		for (size_t i = 0; i < count; i++)
			to[place[from[i] >> shift & ((1 << DIGIT_BITS) - 1)]++] = from[i];
		from = to;
		to = swap;
	}

	for (size_t i = 0; i < count; i++)
	{
		uint64_t	key = from[i];

		if (i > 0 && key == from[i - 1])
		{
			tallies[kept - 1].count++;
			continue;
		}
		tallies[kept].first = base.first + (key >> (high + low));
		tallies[kept].second = base.second | (key >> low & high_mask) << 32 | (key & low_mask);
		tallies[kept++].count = 1;
	}
	return kept;
}

size_t
clv_tally_sort(ClvTally *tallies, size_t sorted, size_t count, ClvTally *scratch, ClvInterrupt interrupt)
{
	ClvTally   *fresh = tallies + sorted;
	ClvTally   *out = scratch;
	size_t		ones = sort_ones(fresh, count - sorted, scratch, interrupt);
	size_t		left = 0;
	size_t		right = 0;
	size_t		kept = 0;

	if (ones > 0 && sorted == 0)
		return ones;
	if (ones > 0)
		count = sorted + ones;
	else
		fresh = sort(fresh, count - sorted, scratch, interrupt);
	if (fresh == scratch && sorted == 0)
		out = tallies;
	else if (fresh == scratch)
		fresh = memcpy(tallies + sorted, scratch, (count - sorted) * sizeof(ClvTally));
	count -= sorted;
	while (left < sorted || right < count)
	{
		const ClvTally *next;

		if (left < sorted && (right == count || !before(&fresh[right], &tallies[left])))
			next = &tallies[left++];
		else
			next = &fresh[right++];
		if (kept > 0 && equal(&out[kept - 1], next))
		{
			if (next->count > INT64_MAX - out[kept - 1].count)
				return 0;
			out[kept - 1].count += next->count;
		}
		else
			out[kept++] = *next;
	}
	if (out != tallies)
		memcpy(tallies, out, kept * sizeof(ClvTally));
	return kept;
}
