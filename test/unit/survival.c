/*-------------------------------------------------------------------------
 *
 * survival.c
 *	  Tests of src/base/survival.c against lists of subjects.  The numbers of
 *	  R's package survival are compared in test/pgtap/50_survival.sql.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "base/concentration.h"
#include "base/survival.h"

#define MAX_SUBJECTS 60

typedef struct Subject
{
	double		entry;
	double		time;
	bool		event;
	int			weight;
} Subject;

typedef struct Built
{
	uint8_t    *bytes;
	size_t		size;
} Built;

static Subject subjects[MAX_SUBJECTS];
static int	subject_count;
static uint64_t random_state = 1;

static uint32_t
random_below(uint32_t limit)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t) ((random_state >> 33) % limit);
}

static void
make_subjects(bool late)
{
	subject_count = 1 + (int) random_below(MAX_SUBJECTS);
	for (int i = 0; i < subject_count; i++)
	{
		subjects[i].time = 1 + random_below(20) * 0.5;
		subjects[i].event = random_below(3) > 0;
		subjects[i].weight = 1 + (int) random_below(3);
		subjects[i].entry = late && random_below(2) ? subjects[i].time / (2 + random_below(3)) : 0;
	}
}

/* The table of every step-th subject from one on. */
static Built
build(int from, int step)
{
	ClvSurvivalEntry entries[2 * MAX_SUBJECTS];
	ClvSurvivalEntry scratch[2 * MAX_SUBJECTS];
	size_t		count = 0;
	ClvAmount	initial = 0;
	ClvSink		sink = {NULL, 0};
	Built		built;

	memset(entries, 0, sizeof(entries));
	for (int i = from; i < subject_count; i += step)
	{
		entries[count].rank = clv_double_rank(subjects[i].time);
		if (subjects[i].event)
			entries[count++].deaths = subjects[i].weight;
		else
			entries[count++].censored = subjects[i].weight;
		if (subjects[i].entry > 0)
		{
			entries[count].rank = clv_double_rank(subjects[i].entry);
			entries[count++].entered = subjects[i].weight;
		}
		else
			initial += subjects[i].weight;
	}
	if (clv_survival_compact(entries, &count, scratch, NULL) != CLV_OK)
		abort();
	clv_survival_encode(0, initial, entries, count, &sink);
	built.size = sink.count;
	built.bytes = sink.out = malloc(sink.count);
	sink.count = 0;
	clv_survival_encode(0, initial, entries, count, &sink);
	return built;
}

/* The product over the events up to a time, each by counting who is at risk. */
static double
survival_by_counting(double time)
{
	double		survival = 1;

	for (double t = 1; t <= time && t <= 11; t += 0.5)
	{
		double		at_risk = 0;
		double		deaths = 0;

		for (int i = 0; i < subject_count; i++)
		{
			at_risk += subjects[i].entry < t && subjects[i].time >= t ? subjects[i].weight : 0;
			deaths += subjects[i].event && subjects[i].time == t ? subjects[i].weight : 0;
		}
		if (deaths > 0)
			survival *= 1 - deaths / at_risk;
	}
	return survival;
}

/* The standard error of the area until tau: of every time with deaths, the area behind it. */
static double
error_by_counting(double tau)
{
	double		variance = 0;

	for (double t = 0; t < tau; t += 0.25)
	{
		double		at_risk = 0;
		double		deaths = 0;
		double		behind = 0;

		for (int i = 0; i < subject_count; i++)
		{
			at_risk += subjects[i].entry < t && subjects[i].time >= t ? subjects[i].weight : 0;
			deaths += subjects[i].event && subjects[i].time == t ? subjects[i].weight : 0;
		}
		for (double later = t; later < tau; later += 0.25)
			behind += 0.25 * survival_by_counting(later);
		if (deaths > 0 && at_risk > deaths)
			variance += behind * behind * deaths / (at_risk * (at_risk - deaths));
	}
	return sqrt(variance);
}

static void
test_curve(void)
{
	int			failures = 0;

	for (int round = 0; round < 500; round++)
	{
		Built		built;
		double		area = 0;
		double		mean;
		double		std_error;

		make_subjects(round % 2);
		built = build(0, 1);
		failures += clv_survival_validate(built.bytes, built.size) != CLV_OK;
		for (double t = 0; t < 12; t += 0.25)
		{
			double		time;

			failures += fabs(clv_survival_at(built.bytes, built.size, t) - survival_by_counting(t)) > 1e-12;
			area += 0.25 * survival_by_counting(t);
			if (clv_survival_crossing(built.bytes, built.size, CLV_SURVIVAL_S, 0, 0.98731415926 * t / 12, &time))
				failures += survival_by_counting(time) > 0.98731415926 * t / 12 ||
					survival_by_counting(time - 0.5) <= 0.98731415926 * t / 12;
			else
				failures += survival_by_counting(12) <= 0.98731415926 * t / 12;
		}
		clv_survival_mean(built.bytes, built.size, 12, &mean, &std_error);
		failures += fabs(mean - area) > 1e-12 || fabs(std_error - error_by_counting(12)) > 1e-9;
		free(built.bytes);
	}
	is_int(failures, 0, "curve, crossings and mean are those of counting who is at risk");
}

/* Two groups, every other subject, against counting at every time who is at risk in each. */
static void
test_log_rank(void)
{
	int			failures = 0;

	for (int round = 0; round < 300; round++)
	{
		ClvLogRankGroup groups[2];
		Built		built[2];
		double		observed[2];
		double		expected[2];
		double		matrix[4];
		double		difference = 0;
		double		variance = 0;
		double		chi;
		int			degrees;

		make_subjects(round % 2);
		for (double t = 0; t <= 11; t += 0.25)
		{
			double		at_risk[2] = {0, 0};
			double		deaths[2] = {0, 0};
			double		n;
			double		d;

			for (int i = 0; i < subject_count; i++)
			{
				at_risk[i % 2] += subjects[i].entry < t && subjects[i].time >= t ? subjects[i].weight : 0;
				deaths[i % 2] += subjects[i].event && subjects[i].time == t ? subjects[i].weight : 0;
			}
			n = at_risk[0] + at_risk[1];
			d = deaths[0] + deaths[1];
			if (d == 0)
				continue;
			difference += deaths[0] - d * at_risk[0] / n;
			variance += n > 1 ? d * (n - d) / (n - 1) * at_risk[0] / n * at_risk[1] / n : 0;
		}
		memset(groups, 0, sizeof(groups));
		for (int g = 0; g < 2; g++)
		{
			built[g] = build(g, 2);
			clv_survival_read(&groups[g].reader, built[g].bytes, built[g].size);
		}
		chi = clv_log_rank(groups, 2, observed, expected, matrix, &degrees, NULL);
		failures += fabs(observed[0] - expected[0] - difference) > 1e-9;
		if (degrees == 1 && variance > 1e-6)
			failures += fabs(chi - difference * difference / variance) > 1e-6 * (1 + chi);
		free(built[0].bytes);
		free(built[1].bytes);
	}
	is_int(failures, 0, "the log-rank test is that of counting who is at risk in either group");
}

static void
test_merging(void)
{
	int			failures = 0;

	for (int round = 0; round < 300; round++)
	{
		ClvSurvivalEntry entries[6 * MAX_SUBJECTS];
		ClvSurvivalEntry scratch[6 * MAX_SUBJECTS];
		size_t		count = 0;
		ClvAmount	initial = 0;
		ClvSink		sink = {NULL, 0};
		uint8_t		merged[8192];
		Built		whole;

		make_subjects(true);
		whole = build(0, 1);
		for (int part = 2; part >= 0; part--)
		{
			Built		built = build(part, 3);
			ClvSurvivalReader reader;

			clv_survival_read(&reader, built.bytes, built.size);
			initial += reader.initial;
			while (clv_survival_next(&reader, &entries[count]))
				count++;
			free(built.bytes);
		}
		clv_survival_compact(entries, &count, scratch, NULL);
		sink.out = merged;
		clv_survival_encode(0, initial, entries, count, &sink);
		failures += sink.count != whole.size || memcmp(merged, whole.bytes, whole.size) != 0;
		free(whole.bytes);
	}
	is_int(failures, 0, "parts add up to the bytes of the whole");
}

static void
test_damage(void)
{
	int			failures = 0;
	int			harmless = 0;

	for (int round = 0; round < 20000; round++)
	{
		Built		built;
		uint8_t    *exact;

		if (round % 20 == 0)
			make_subjects(true);
		built = build(0, 1);
		for (uint32_t i = random_below(3); i < 3; i++)
			built.bytes[random_below((uint32_t) built.size)] ^= (uint8_t) (1 << random_below(8));
		if (random_below(5) == 0)
			built.size = random_below((uint32_t) built.size + 1);
		exact = malloc(built.size + 1);
		memcpy(exact + 1, built.bytes, built.size);
		if (clv_survival_validate(exact + 1, built.size) == CLV_OK)
		{
			ClvSurvivalCurve curve;
			ClvSurvivalPoint point;
			double		before = 1;
			double		gap;
			double		false_alarm;
			double		missed;

			harmless++;
			clv_survival_curve(&curve, exact + 1, built.size);
			while (clv_survival_curve_next(&curve, &point))
			{
				failures += !(point.survival >= 0 && point.survival <= before);
				before = point.survival;
			}
			if (clv_gap_balanced(exact + 1, built.size, &gap) &&
				clv_gap_errors(exact + 1, built.size, gap, &false_alarm, &missed))
				failures += !(false_alarm >= 0 && false_alarm <= 1 + 1e-12 && missed >= 0 && missed <= 1 + 1e-12);
		}
		free(exact);
		free(built.bytes);
	}
	is_int(failures, 0, "20000 damaged tables: %d pass, and give falling curves", harmless);
}

/* The log-log interval by hand, and none where S says too little. */
static void
test_interval(void)
{
	ClvSurvivalPoint point = {.survival = 0.5, .greenwood = 0.04};
	double		lower = 0;
	double		upper = 0;
	double		width = 1.96 * 0.2 / log(2);

	ok(clv_survival_interval(&point, 1.96, &lower, &upper), "half are left: there is an interval");
	close_rel(lower, pow(0.5, exp(width)), 1e-14, "its lower end");
	close_rel(upper, pow(0.5, exp(-width)), 1e-14, "its upper end");
	point.survival = 1;
	ok(!clv_survival_interval(&point, 1.96, &lower, &upper), "none where nobody has gone");
	point.survival = 0;
	ok(!clv_survival_interval(&point, 1.96, &lower, &upper), "none where everybody has");
}

static Built
encode(ClvAmount initial, const ClvSurvivalEntry *entries, size_t count)
{
	ClvSink		sink = {malloc(200), 0};

	clv_survival_encode(0, initial, entries, count, &sink);
	return (Built)
	{
		sink.out, sink.count
	};
}

/* Weights beyond the digits of a double, and the longest durations there are. */
static void
test_extremes(void)
{
	ClvAmount	many = clv_amount_power_of_ten(30);
	ClvSurvivalEntry all_but_one[] = {{clv_double_rank(1), many, 0, 0}, {clv_double_rank(2), 0, 1, 0}};
	ClvSurvivalEntry longest[] = {{clv_double_rank(1.5e308), 1, 0, 0}, {clv_double_rank(1.7e308), 1, 0, 0}};
	Built		built = encode(many + 1, all_but_one, 2);
	double		mean;
	double		std_error;

	clv_survival_mean(built.bytes, built.size, 1, &mean, &std_error);
	close_rel(mean, 1, 1e-15, "all live until all but one of 10^30 die");
	close_abs(std_error, 0, 1e-15, "and nothing behind that is uncertain");
	free(built.bytes);
	built = encode(2, longest, 2);
	ok(clv_survival_crossing(built.bytes, built.size, CLV_SURVIVAL_S, 0, 0.5, &mean), "half of two have gone");
	close_rel(mean, 1.6e308, 1e-15, "in the middle between the longest durations");
	clv_survival_mean(built.bytes, built.size, 1.7e308, &mean, &std_error);
	close_rel(mean, 1.6e308, 1e-15, "the mean of the longest durations");
	close_rel(std_error, 0.1e308 / sqrt(2), 1e-12, "and its error");
	free(built.bytes);
}

int
main(void)
{
	test_curve();
	test_log_rank();
	test_interval();
	test_merging();
	test_damage();
	test_extremes();
	return done_testing();
}
