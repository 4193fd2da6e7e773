/*-------------------------------------------------------------------------
 *
 * tally.c
 *	  Tests of tallies: the same rows as a table of slots exports.
 *
 *-------------------------------------------------------------------------
 */
#include <float.h>

#include "tap.h"

#include "model/tally.h"

#define ROWS 3000

static uint64_t state = 7;

static uint64_t
random_below(uint64_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % limit;
}

/* Sort those behind the sorted ones, and merge; answers how many remain. */
static size_t
sort_behind(ClvTally *tallies, size_t sorted, size_t count, ClvTally *scratch)
{
	size_t		fresh = clv_tally_sort(tallies + sorted, count - sorted, scratch, NULL);

	count = clv_tally_merge(tallies, sorted, tallies + sorted, fresh, scratch);
	memcpy(tallies, scratch, count * sizeof(ClvTally));
	return count;
}

/* Rows of histories, many of them equal, in parts that are sorted one after the other. */
static bool
agrees_with_table(bool spend, uint64_t different, int most)
{
	static ClvTally tallies[ROWS];
	static ClvTally scratch[ROWS];
	static ClvObservationRow rows[ROWS];
	ClvObservationTable *table = malloc(clv_observations_size(2 * ROWS));
	size_t		sorted = 0;
	size_t		count = 0;
	bool		right = true;

	clv_observations_init(table, 2 * ROWS);
	for (int i = 0; i < ROWS; i++)
	{
		ClvObservationRow row = {.weight = 1, .count = 1 + (int64_t) random_below(most)};

		row.x = (double) random_below(different + 1);
		if (spend && different == 0)
			/* nearly equal numbers of very different size */
			row.extra = ldexp(1 + (double) random_below(64) * DBL_EPSILON, (int) random_below(100));
		else if (spend)
			row.extra = (double) (1 + random_below(different)) / 3;
		else
		{
			row.t_x = (double) random_below(different * 400);
			row.age = (double) (most == 1 ? 4000000000 + random_below(10 * different) : random_below(UINT32_MAX));
		}
		right &= clv_tally_of_row(&row, spend, &tallies[count++]);
		right &= clv_observations_add(table, &row, row.count) == CLV_OK;
		if (random_below(ROWS / 5) == 0)
			sorted = count = sort_behind(tallies, sorted, count, scratch);
	}
	count = sort_behind(tallies, sorted, count, scratch);
	clv_observations_export(table, rows, NULL);
	right &= count == (size_t) table->used;
	for (size_t i = 0; i < count && right; i++)
	{
		ClvObservationRow row;

		clv_tally_row(&tallies[i], spend, &row);
		right &= memcmp(&row, &rows[i], sizeof(row)) == 0;
	}
	free(table);
	return right;
}

/* Keys of numbers up to limits give the tallies that sorting gives. */
static bool
keys_agree(uint64_t most_x, uint64_t most_t_x, uint64_t most_age, double one)
{
	static uint64_t keys[ROWS];
	static uint64_t spare[ROWS];
	static ClvTally tallies[ROWS];
	static ClvTally scratch[ROWS];
	static ClvTally counted[ROWS];
	static ClvObservation observations[ROWS];
	const uint64_t *sorted;
	size_t		count;
	bool		right = true;

	for (int i = 0; i < ROWS; i++)
	{
		uint64_t	x = 1 + random_below(most_x);
		uint64_t	t_x = random_below(most_t_x);
		uint64_t	age = (UINT64_C(1) << 20) + random_below(most_age);

		tallies[i].first = x;
		tallies[i].count = 1;
		if (one > 0)
		{
			double		mean = (double) (int64_t) (t_x << CLV_TALLY_KEY_BITS | age) / one / (double) (int64_t) x;

			right &= clv_tally_key_of_amount(x, t_x << CLV_TALLY_KEY_BITS | age, &keys[i]);
			memcpy(&tallies[i].second, &mean, sizeof(mean));
		}
		else
		{
			right &= clv_tally_key_of_times(x, t_x, age, &keys[i]);
			tallies[i].second = t_x << 32 | age;
		}
	}
	sorted = clv_tally_sort_keys(keys, ROWS, spare, NULL);
	count = clv_tally_count_keys(sorted, ROWS, one, counted);
	right &= count == clv_tally_sort(tallies, ROWS, scratch, NULL);
	right &= count == clv_tally_observe_keys(sorted, ROWS, one, observations);
	for (size_t i = 0; i < count && right; i++)
	{
		const ClvObservation *o = &observations[i];
		ClvObservationRow row;

		clv_tally_row(&counted[i], one > 0, &row);
		right &= o->x == row.x && o->t_x == row.t_x && o->age == row.age && o->extra == row.extra &&
			o->weight == (double) row.count;
	}
	return right && memcmp(tallies, counted, count * sizeof(ClvTally)) == 0;
}

int
main(void)
{
	const uint64_t all = UINT64_C(1) << CLV_TALLY_KEY_BITS;
	uint64_t	key;

	ClvObservationRow row = {.x = 2, .t_x = 5, .age = 9, .weight = 1, .count = 1};
	ClvTally	tally[2];
	ClvTally	scratch[2];

	ok(agrees_with_table(false, 3, 3), "times: the same rows as the table's");
	ok(agrees_with_table(false, 1000, 3), "and with few that are equal");
	ok(agrees_with_table(true, 5, 3), "amounts");
	ok(agrees_with_table(true, 1000, 3), "and with few that are equal");
	ok(agrees_with_table(true, 0, 3), "and those that differ in their last digits");

	ok(agrees_with_table(false, 3, 1), "times, each counted once");
	ok(agrees_with_table(false, 1000, 1), "and with few that are equal");
	ok(agrees_with_table(true, 5, 1), "amounts");
	ok(agrees_with_table(true, 1000, 1), "and with few that are equal");

	ok(keys_agree(1, 1, 1, 0), "keys: all the same");
	ok(keys_agree(3, 1, 5, 0), "few different ones");
	ok(keys_agree(200, 1500, 1500, 0), "those of a base");
	ok(keys_agree(all - 1, all, all / 2, 0), "those that differ in all bits");
	ok(keys_agree(50, 1, 100000, 100), "amounts in cents");
	ok(keys_agree(all - 1, all, all / 2, 1), "amounts that differ in all bits");
	ok(keys_agree(all - 1, all, all / 2, 1e6), "and with six decimals");
	ok(!clv_tally_key_of_times(all, 0, 0, &key) && !clv_tally_key_of_times(0, all, 0, &key) &&
	   !clv_tally_key_of_times(0, 0, all, &key) && !clv_tally_key_of_amount(all, 0, &key) &&
	   !clv_tally_key_of_amount(1, all * all, &key), "larger numbers have no key");

	ok(clv_tally_of_row(&row, false, &tally[0]), "whole numbers are taken");
	ok(!clv_tally_of_row(&row, true, &tally[1]), "times beside an amount are not");
	row.t_x = 0;
	ok(!clv_tally_of_row(&row, true, &tally[1]), "nor is an age alone");
	row.t_x = 5;
	row.age = 0;
	ok(!clv_tally_of_row(&row, true, &tally[1]), "or a time alone");
	row.age = 9;
	row.t_x = 5.5;
	ok(!clv_tally_of_row(&row, false, &tally[1]), "nor is a part of a day");
	row.t_x = 5e9;
	ok(!clv_tally_of_row(&row, false, &tally[1]), "a time beyond 32 bits");
	row.t_x = 5;
	row.weight = 2;
	ok(!clv_tally_of_row(&row, false, &tally[1]), "a weight");
	row.weight = 1;
	row.extra = 1;
	ok(!clv_tally_of_row(&row, false, &tally[1]), "a number of the family's own");
	row.extra = NAN;
	ok(!clv_tally_of_row(&row, false, &tally[1]) && !clv_tally_of_row(&row, true, &tally[1]), "or one that is none");

	tally[1] = tally[0];
	tally[1].count = INT64_MAX;
	is_int((int64_t) clv_tally_sort(tally, 2, scratch, NULL), 0, "counts beyond 64 bits are refused");
	return done_testing();
}
