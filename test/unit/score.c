/*-------------------------------------------------------------------------
 *
 * score.c
 *	  Tests of src/base/score.c against the definition.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "base/score.h"

#define MANY_VALUES 4600

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
		static ClvAmount scratch[MANY_VALUES];
		static ClvAmount original[MANY_VALUES];
		ClvAmount	limits[CLV_SCORE_MAX_BINS];
		/* Also as many as are divided into buckets first. */
		int			count = (int) (round % 500 == 499 ? MANY_VALUES - random_below(400) : 1 + random_below(round % 20 == 0 ? 299 : 20));
		int			bins = 1 + (int) random_below(round % 7 == 0 ? 500 : 12);
		int			kind = (round + round / 500) % 4;
		uint32_t	range = 1 + random_below(kind % 2 ? 8 : 100000);
		/* Also values that need more than 64 bits. */
		ClvAmount	unit = kind < 2 ? 1 : (ClvAmount) 1 << (kind == 2 ? 70 : 50);

		for (int i = 0; i < count; i++)
			original[i] = ((ClvAmount) random_below(range) - (ClvAmount) (range / 2)) * unit;
		clv_score_limits(original, (size_t) count, bins, limits, scratch, NULL);
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
	ClvAmount	scratch;
	ClvAmount	limits[4];

	test_definition();
	clv_score_limits(&one, 1, 5, limits, &scratch, NULL);
	is_int(clv_score_of(5, limits, 5), 1, "a single value has score 1");
	clv_score_limits(&one, 1, 1, limits, &scratch, NULL);
	is_int(clv_score_of(5, limits, 1), 1, "so has any value of a single bin");
	return done_testing();
}
