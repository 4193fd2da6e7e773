/*-------------------------------------------------------------------------
 *
 * score.c
 *	  Tests of src/base/score.c against the definition.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "base/score.h"

static uint64_t random_state = 1;

static uint32_t
random_below(uint32_t limit)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t) ((random_state >> 33) % limit);
}

static void
test_definition(void)
{
	int			failures = 0;

	for (int round = 0; round < 4000; round++)
	{
		ClvAmount	values[300];
		ClvAmount	original[300];
		ClvAmount	limits[CLV_SCORE_MAX_BINS];
		int			count = 1 + (int) random_below(round % 20 == 0 ? 299 : 20);
		int			bins = 1 + (int) random_below(round % 7 == 0 ? 500 : 12);
		uint32_t	range = 1 + random_below(round % 2 ? 8 : 100000);
		/* Also values that need more than 64 bits. */
		ClvAmount	unit = round % 4 < 2 ? 1 : (ClvAmount) 1 << (round % 4 == 2 ? 70 : 50);

		for (int i = 0; i < count; i++)
			original[i] = values[i] = ((ClvAmount) random_below(range) - (ClvAmount) (range / 2)) * unit;
		clv_score_limits(values, (size_t) count, bins, limits, NULL);
		for (int i = 0; i < count; i++)
		{
			int64_t		worse = 0;
			int			score = clv_score_of(original[i], limits, bins);

			for (int j = 0; j < count; j++)
				worse += original[j] < original[i];
			failures += score != 1 + (int) (bins * worse / count) || score != clv_score_of_rank(worse, count, bins) ||
				score < 1 || score > bins;
		}
	}
	is_int(failures, 0, "scores are 1 + floor(bins * worse / n)");
}

int
main(void)
{
	ClvAmount	one = 5;
	ClvAmount	limits[4];

	test_definition();
	clv_score_limits(&one, 1, 5, limits, NULL);
	is_int(clv_score_of(5, limits, 5), 1, "a single value has score 1");
	clv_score_limits(&one, 1, 1, limits, NULL);
	is_int(clv_score_of(5, limits, 1), 1, "so has any value of a single bin");
	return done_testing();
}
