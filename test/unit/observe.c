/*-------------------------------------------------------------------------
 *
 * observe.c
 *	  Tests of gaps and opportunities.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "base/observe.h"

/* A history of one order, worth 1, on each of these days. */
static size_t
history_of(const int32_t *days, size_t n, int refund, uint8_t *bytes)
{
	ClvPurchase entries[64];
	ClvPurchase scratch[64];
	int			scale = 0;

	for (size_t i = 0; i < n; i++)
	{
		entries[i].day = days[i];
		entries[i].orders = (int) i != refund;
		entries[i].amount = 1;
	}
	clv_history_normalize(entries, &n, &scale, scratch, NULL);
	return clv_history_write(entries, n, scale, bytes);
}

static void
gaps(void)
{
	static const int32_t days[] = {100, 101, 103, 110};
	uint8_t		bytes[1024];
	size_t		size = history_of(days, 4, -1, bytes);

	close_rel(clv_history_log_gaps(bytes, size, 200), log(1) + log(2) + log(7), 1e-15, "gaps of 1, 2 and 7 days");
	close_rel(clv_history_log_gaps(bytes, size, 109), log(2), 1e-15, "what comes after as_of is not seen");
	ok(clv_history_log_gaps(bytes, size, 100) == 0, "one purchase has no gap");
	ok(clv_history_log_gaps(bytes, size, 50) == 0, "none has none");
	size = history_of(days, 4, 2, bytes);
	close_rel(clv_history_log_gaps(bytes, size, 200), log(1) + log(9), 1e-15, "a day of refunds ends no gap");
}

static void
opportunities(void)
{
	static const int32_t days[] = {100, 106, 107, 113, 128, 129};
	static const struct
	{
		int32_t		as_of;
		double		unit;
		bool		exists;
		double		used;
		double		last;
		double		seen;
		const char *what;
	}			cases[] = {
		{99, 1, false, 0, 0, 0, "before the first purchase"},
		{100, 1, true, 0, 0, 0, "on its day"},
		{129, 1, true, 5, 29, 29, "days: the statistics themselves"},
		{200, 1, true, 5, 29, 100, "days of silence"},
		{105, 7, false, 0, 0, 0, "a first week that has not ended"},
		{106, 7, true, 0, 0, 0, "the first week"},
		{112, 7, true, 0, 0, 0, "a second week that has not ended"},
		{113, 7, true, 1, 1, 1, "two purchases in one week are one"},
		{127, 7, true, 1, 1, 3, "weeks without a purchase"},
		{128, 7, true, 1, 1, 3, "a purchase in a week that has not ended"},
		{134, 7, true, 2, 4, 4, "and when it has"},
		{100000, 0.5, true, 5, 58, 199801, "half days"},
	};
	uint8_t		bytes[1024];
	size_t		size = history_of(days, 6, -1, bytes);
	ClvOpportunities o;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		clv_history_opportunities(bytes, size, cases[i].as_of, cases[i].unit, &o);
		if (!ok(o.exists == cases[i].exists && o.used == cases[i].used && o.last == cases[i].last && o.seen == cases[i].seen,
				"%s", cases[i].what))
			diag("exists %d, used %g, last %g, seen %g", o.exists, o.used, o.last, o.seen);
	}
	size = history_of(days, 6, 4, bytes);
	clv_history_opportunities(bytes, size, 134, 7, &o);
	ok(o.used == 2 && o.last == 4, "a day of refunds uses no opportunity: the day after it does");
	size = history_of(days, 6, 5, bytes);
	clv_history_opportunities(bytes, size, 200, 1, &o);
	ok(o.used == 4 && o.last == 28, "and the last of days is none");
	size = history_of(days, 6, -1, bytes);
	/* Neither the calendar nor the unit can be too far. */
	clv_history_opportunities(bytes, size, 2145031948, 1e-3, &o);
	ok(o.exists && o.used == 5 && o.seen > 2e12, "the end of the calendar in thousandths of a day");
	clv_history_opportunities(bytes, size, 2145031948, 1e300, &o);
	ok(!o.exists && o.seen == 0, "an opportunity without end");
}

int
main(void)
{
	gaps();
	opportunities();
	return done_testing();
}
