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

size_t
clv_tally_merge(const ClvTally *left, size_t left_count, const ClvTally *right, size_t right_count, ClvTally *out)
{
	const ClvTally *left_end = left + left_count;
	const ClvTally *right_end = right + right_count;
	size_t		kept = 0;

	while (left < left_end || right < right_end)
	{
		const ClvTally *next;

		if (left < left_end && (right == right_end || !before(right, left)))
			next = left++;
		else
			next = right++;
		if (kept == 0 || !equal(&out[kept - 1], next))
			out[kept++] = *next;
		else if (next->count > INT64_MAX - out[kept - 1].count)
			return 0;
		else
			out[kept - 1].count += next->count;
	}
	return kept;
}

size_t
clv_tally_sort(ClvTally *tallies, size_t count, ClvTally *scratch, ClvInterrupt interrupt)
{
	ClvTally   *sorted = sort(tallies, count, scratch, interrupt);

	/* With nothing to merge, out may be where they stand. */
	return clv_tally_merge(sorted, count, NULL, 0, tallies);
}

/* ---------- keys ---------- */

#define KEY_FIELDS 3

/* The bits of a field, the lowest one first, in which keys differ, and where they are moved to. */
typedef struct Field
{
	uint64_t	mask;
	int			shift;
} Field;

static inline uint64_t
packed(uint64_t key, const Field *field)
{
	return (key & field[0].mask) | (key & field[1].mask) >> field[1].shift | (key & field[2].mask) >> field[2].shift;
}

static inline uint64_t
unpacked(uint64_t key, const Field *field)
{
	return (key & field[0].mask) | (key << field[1].shift & field[1].mask) | (key << field[2].shift & field[2].mask);
}

/* Keys are sorted by digits of at most so many bits, and have at most so many of them. */
#define KEY_DIGIT_BITS 11
#define MOST_KEY_DIGITS 6

/* Only bits that differ are sorted, moved next to each other, the last digit first. */
uint64_t   *
clv_tally_sort_keys(uint64_t *keys, size_t count, uint64_t *scratch, ClvInterrupt interrupt)
{
	size_t		place[MOST_KEY_DIGITS][1 << KEY_DIGIT_BITS] = {{0}};
	Field		field[KEY_FIELDS];
	uint64_t	differ = 0;
	uint64_t	same;
	uint64_t	mask;
	int			bits = 0;
	int			digits;
	int			width;

	for (size_t i = 1; i < count; i++)
		differ |= keys[i] ^ keys[0];
	if (differ == 0)
		return keys;
	for (int i = 0; i < KEY_FIELDS; i++)
	{
		uint64_t	part = differ >> i * CLV_TALLY_KEY_BITS & ((1 << CLV_TALLY_KEY_BITS) - 1);
		int			used = part == 0 ? 0 : 64 - __builtin_clzll(part);

		field[i].mask = ((UINT64_C(1) << used) - 1) << i * CLV_TALLY_KEY_BITS;
		field[i].shift = i * CLV_TALLY_KEY_BITS - bits;
		bits += used;
	}
	same = keys[0] & ~(field[0].mask | field[1].mask | field[2].mask);
	digits = (bits + KEY_DIGIT_BITS - 1) / KEY_DIGIT_BITS;
	width = (bits + digits - 1) / digits;
	mask = (UINT64_C(1) << width) - 1;

	for (size_t i = 0; i < count; i++)
	{
		uint64_t	key = packed(keys[i], field);

		keys[i] = key;
		for (int digit = 0; digit < digits; digit++, key >>= width)
			place[digit][key & mask]++;
	}
	for (int digit = 0; digit < digits; digit++)
	{
		size_t	   *to = place[digit];
		size_t		next = 0;
		int			shift = digit * width;
		uint64_t   *swap = keys;

		if (interrupt)
			interrupt();
		for (size_t i = 0; i <= mask; i++)
		{
			size_t		here = to[i];

			to[i] = next;
			next += here;
		}
		for (size_t i = 0; i < count; i++)
			scratch[to[keys[i] >> shift & mask]++] = keys[i];
		keys = scratch;
		scratch = swap;
	}
	for (size_t i = 0; i < count; i++)
		keys[i] = unpacked(keys[i], field) | same;
	return keys;
}

/* Parts of a key. */

static inline uint64_t
key_x(uint64_t key)
{
	return key >> 2 * CLV_TALLY_KEY_BITS;
}

static inline uint64_t
key_t_x(uint64_t key)
{
	return key >> CLV_TALLY_KEY_BITS & ((1 << CLV_TALLY_KEY_BITS) - 1);
}

static inline uint64_t
key_age(uint64_t key)
{
	return key & ((1 << CLV_TALLY_KEY_BITS) - 1);
}

static inline double
key_mean(uint64_t key, double one)
{
	int64_t		amount = (int64_t) (key & ((UINT64_C(1) << 2 * CLV_TALLY_KEY_BITS) - 1));

	return (double) amount / one / (double) (int64_t) key_x(key);
}

size_t
clv_tally_count_keys(const uint64_t *keys, size_t count, double one, ClvTally *tallies)
{
	size_t		kept = 0;

	for (size_t i = 0; i < count; i++)
	{
		ClvTally   *tally = &tallies[kept];
		double		mean;

		if (i > 0 && keys[i] == keys[i - 1])
		{
			tallies[kept - 1].count++;
			continue;
		}
		tally->first = key_x(keys[i]);
		if (one > 0)
		{
			mean = key_mean(keys[i], one);
			memcpy(&tally->second, &mean, sizeof(mean));
		}
		else
			tally->second = key_t_x(keys[i]) << 32 | key_age(keys[i]);
		tally->count = 1;
		kept++;
	}
	return kept;
}

size_t
clv_tally_observe_keys(const uint64_t *keys, size_t count, double one, ClvObservation *observations)
{
	size_t		kept = 0;

	for (size_t i = 0; i < count; i++)
	{
		ClvObservation *o = &observations[kept];

		if (i > 0 && keys[i] == keys[i - 1])
		{
			observations[kept - 1].weight++;
			continue;
		}
		o->x = (double) (int64_t) key_x(keys[i]);
		o->t_x = one > 0 ? 0 : (double) (int64_t) key_t_x(keys[i]);
		o->age = one > 0 ? 0 : (double) (int64_t) key_age(keys[i]);
		o->extra = one > 0 ? key_mean(keys[i], one) : 0;
		o->weight = 1;
		kept++;
	}
	return kept;
}
