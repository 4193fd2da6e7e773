/*-------------------------------------------------------------------------
 *
 * forecast.c
 *	  Tests of src/model/forecast.c: probabilities of many counts at once
 *	  against single ones, and intervals against counting.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "model/forecast.h"
#include "model/predict.h"

#define PLACES 2000

static double probability[PLACES];

/* Quantiles want 1e-12 of all, which is where the probabilities may end. */
static void
counts(const ClvFamily *family, const double *parameters, double t)
{
	ClvObservation o = {3, 20, 38, 4.1, 1};
	ClvModel	model;
	double		worst = 0;
	double		sum = 0;
	int			count = 0;

	if (clv_model_from_parameters(family, parameters, 1, &model, NULL) != CLV_OK ||
		clv_model_order_probabilities(&model, &o, t, 1e-9, probability, PLACES, &count, NULL) != CLV_OK)
	{
		ok(false, "%s: probabilities within %g", family->name, t);
		return;
	}
	for (int n = 0; n < count; n++)
	{
		double		single = -1;

		clv_model_order_probability(&model, &o, t, n, &single);
		worst = fmax(worst, fabs(probability[n] - single));
		sum += single;
	}
	ok(count > 1 && worst < 1e-9, "%s: %d probabilities within %g at once (off by %.1g)", family->name, count, t, worst);
	ok(sum >= 1 - 1e-8 && sum - probability[count - 1] < 1 - 1e-10, "%s: and they end where hardly anything is left", family->name);
}

/* The shortest way from quantile to quantile, by trying every end. */
static void
intervals(void)
{
	static const double of[] = {0.1, 0.05, 0.2, 0.3, 0.15, 0.1, 0.06, 0.04};
	int			failures = 0;

	for (double level = 0.02; level < 0.98; level += 0.03)
	{
		double		tail = (1 - level) / 2;
		double		below = 0;
		double		upto = 0;
		double		held = 0;
		int			want_lower = 0;
		int			want_upper;
		int			lower;
		int			upper;

		while (below + of[want_lower] <= tail)
			below += of[want_lower++];
		want_upper = want_lower;
		upto = below + of[want_lower];
		while (upto < 1 - tail)
			upto += of[++want_upper];
		failures += !clv_count_interval(of, 8, level, &lower, &upper, &held) || lower != want_lower || upper != want_upper ||
			fabs(held - (upto - below)) > 1e-15 || held < level - 1e-12;
	}
	is_int(failures, 0, "intervals of counts");
	{
		double		held;
		int			lower;
		int			upper;

		ok(!clv_count_interval(of, 4, 0.9, &lower, &upper, &held) && upper == 3, "probabilities that end before the level");
		close_abs(held, 0.65, 1e-15, "hold what they hold");
	}
}

int
main(void)
{
	static const double bgnbd[] = {0.8, 9, 0.9, 2.5};
	static const double many[] = {40, 2, 0.5, 200};
	static const double regular[] = {2, 0.8, 9, 0.9, 2.5};
	static const double pareto[] = {0.8, 9, 0.7, 12};
	static const double fast[] = {30, 4, 3, 5};
	static const double stays[] = {0.8, 9, 0, 12};
	static const double nbd[] = {0.4, 12};

	for (double t = 5; t < 300; t *= 3)
	{
		counts(&clv_family_bgnbd, bgnbd, t);
		counts(&clv_family_mbgnbd, bgnbd, t);
		counts(&clv_family_bgnbd, many, t / 5);
		counts(&clv_family_bgcnbd, regular, t);
		counts(&clv_family_pareto_nbd, pareto, t);
		counts(&clv_family_pareto_nbd, fast, t);
		counts(&clv_family_pareto_nbd, stays, t);
		counts(&clv_family_nbd, nbd, t);
		counts(&clv_family_bgbb, bgnbd, floor(t));
	}
	intervals();
	return done_testing();
}
