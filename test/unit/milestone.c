/*-------------------------------------------------------------------------
 *
 * milestone.c
 *	  Tests of src/base/milestone.c against lists of days.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "base/milestone.h"

#define MAX_ENTRIES 30

static ClvPurchase entries[MAX_ENTRIES];
static size_t entry_count;
static int	entry_scale;
static uint8_t bytes[CLV_HISTORY_HEADER_SIZE + MAX_ENTRIES * CLV_HISTORY_MAX_ENTRY_SIZE];
static size_t byte_count;

static uint64_t random_state = 1;

static uint32_t
random_below(uint32_t limit)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t) ((random_state >> 33) % limit);
}

static void
make_customer(void)
{
	ClvPurchase scratch[MAX_ENTRIES];

	entry_count = random_below(MAX_ENTRIES);
	entry_scale = 2;
	for (size_t i = 0; i < entry_count; i++)
	{
		entries[i].day = 8000 + (int32_t) random_below(400);
		entries[i].orders = (int32_t) random_below(3);
		entries[i].amount = (ClvAmount) random_below(10000) - 1000;
	}
	clv_history_normalize(entries, &entry_count, &entry_scale, scratch, NULL);
	byte_count = clv_history_write(entries, entry_count, entry_scale, bytes);
}

/* Purchase days up to as_of. */
static int
purchase_days(int32_t as_of, int32_t *days)
{
	int			count = 0;

	for (size_t i = 0; i < entry_count; i++)
		if (entries[i].orders > 0 && entries[i].day <= as_of)
			days[count++] = entries[i].day;
	return count;
}

static void
test_value_and_days(void)
{
	int			failures = 0;

	for (int round = 0; round < 2000; round++)
	{
		int32_t		as_of = 8000 + (int32_t) random_below(450);
		int32_t		within = (int32_t) random_below(200);
		int32_t		n = 1 + (int32_t) random_below(10);
		int32_t		days[MAX_ENTRIES];
		int			count;
		ClvAmount	expected = 0;
		ClvAmount	value;
		bool		known;
		int			scale;
		int32_t		got;

		make_customer();
		count = purchase_days(as_of, days);
		for (size_t i = 0; i < entry_count && count > 0; i++)
			expected += entries[i].day <= days[0] + within ? entries[i].amount : 0;
		failures += clv_value_within(bytes, byte_count, within, as_of, &known, &value, &scale) != CLV_OK;
		failures += known != (count > 0 && days[0] + within <= as_of) || (known && value != expected);
		known = clv_days_to_purchase(bytes, byte_count, n, as_of, &got);
		failures += known != (count >= n) || (known && got != days[n - 1] - days[0]);
	}
	is_int(failures, 0, "value within days and days to a purchase");
}

static void
test_variation(void)
{
	int			failures = 0;

	for (int round = 0; round < 3000; round++)
	{
		ClvPeriod	period = {(ClvUnit) (round % 5), CLV_SUNDAY};
		int32_t		as_of = 8000 + (int32_t) random_below(450);
		int32_t		days[MAX_ENTRIES];
		double		amounts[500];
		int			periods = 0;
		double		sum = 0;
		double		squares = 0;
		double		got = 0;
		bool		known;

		make_customer();
		if (purchase_days(as_of, days) > 0)
		{
			int32_t		first = clv_period_index(period, days[0]);

			for (int32_t index = first; clv_period_end(period, index) <= as_of; index++)
			{
				amounts[periods] = 0;
				for (size_t i = 0; i < entry_count; i++)
				{
					int32_t		of_entry = clv_period_index(period, entries[i].day);

					if (of_entry == index || (index == first && of_entry < first))
						amounts[periods] += clv_amount_to_double(entries[i].amount, entry_scale);
				}
				sum += amounts[periods++];
			}
		}
		for (int i = 0; i < periods; i++)
			squares += (amounts[i] - sum / periods) * (amounts[i] - sum / periods);
		known = clv_variation(bytes, byte_count, period, as_of, &got);
		if (known != (periods > 1 && sum > 1e-9))
			failures += fabs(sum) > 1e-9;
		else if (known)
			failures += fabs(got - sqrt(squares / (periods - 1)) / (sum / periods)) > 1e-12 * (1 + got);
	}
	is_int(failures, 0, "variation is that of the listed periods");
}

static void
test_gaps(void)
{
	int			failures = 0;

	for (int round = 0; round < 2000; round++)
	{
		int32_t		as_of = 8000 + (int32_t) random_below(450);
		int32_t		days[MAX_ENTRIES];
		int			count;
		int			seen = 0;
		ClvGaps		gaps;
		int32_t		gap;
		bool		completed;

		make_customer();
		count = purchase_days(as_of, days);
		clv_gaps_open(&gaps, bytes, byte_count, as_of);
		while (clv_gaps_next(&gaps, &gap, &completed))
		{
			seen++;
			failures += completed != (seen < count) ||
				gap != (seen < count ? days[seen] : as_of) - days[seen - 1];
		}
		failures += seen != count;
	}
	is_int(failures, 0, "gaps between purchase days, and the silence behind the last");
}

int
main(void)
{
	test_gaps();
	test_value_and_days();
	test_variation();
	return done_testing();
}
