/*-------------------------------------------------------------------------
 *
 * renewals.c
 *	  sBG and BdW against arbitrary precision, differences and themselves.
 *
 *-------------------------------------------------------------------------
 */
#include "model_test.h"

#include "model/fit.h"
#include "model/predict.h"
#include "model/renewal.h"

#include "math/special.h"

#define SBG (&clv_family_sbg)
#define BDW (&clv_family_bdw)

/* Survival down to 1e-120 is the exponential of numbers up to 300. */
#define ALLOWED 1e-12

static void
check_own_reference(void)
{
	FILE	   *file = open_own_reference(__FILE__, "models.csv");
	Worst		worst[3] = {{"survival"}, {"retention rate"}, {"log-likelihood"}};
	char		line[1024];
	char	   *field[12];

	if (!ok(file != NULL, "models.csv opens"))
		return;
	while (fgets(line, sizeof(line), file) != NULL)
	{
		ClvObservation o = {.weight = 1};
		double		p[3];
		double		t;

		if (split_line(line, field, 12) < 11 || strncmp(field[0], "bdw_", 4) != 0)
			continue;
		for (int i = 0; i < 3; i++)
			p[i] = number(field[1 + i]);
		o.t_x = number(field[6]);
		o.age = number(field[7]);
		t = number(field[8]);
		if (strcmp(field[0], "bdw_survival") == 0)
			compare_value(&worst[0], field[8], BDW->survival(p, t), field[10], ALLOWED);
		else if (strcmp(field[0], "bdw_retention") == 0)
			compare_value(&worst[1], field[8], BDW->retention_rate(p, t), field[10], ALLOWED);
		else
			compare_value(&worst[2], field[7], BDW->log_likelihood(p, &o, 1, NULL, NULL, NULL), field[10], ALLOWED);
	}
	fclose(file);
	for (int i = 0; i < 3; i++)
		show_worst(&worst[i], ALLOWED);
}

static void
check_published(void)
{
	/* the maxima of both segments, as in reference_values.json */
	static const double high_end[2] = {0.66808835110644622, 3.8060949640582669};
	static const double regular[2] = {0.70407729847351621, 1.1820430262094757};
	FILE	   *file = open_reference("sbg_survival.csv");
	Worst		worst[2] = {{"fitted survival of two segments"}, {"fitted retention rates"}};
	char		line[1024];
	char	   *field[10];

	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL)
	{
		const double *p;
		double		t;

		if (split_line(line, field, 10) < 7 || strcmp(field[0], "segment") == 0)
			continue;
		p = (strcmp(field[0], "regular") == 0) ? regular : high_end;
		t = number(field[1]);
		compare_value(&worst[0], field[1], SBG->survival(p, t), field[5], 1e-13);
		if (*field[6])
			compare_value(&worst[1], field[1], SBG->retention_rate(p, t), field[6], 1e-13);
	}
	fclose(file);
	for (int i = 0; i < 2; i++)
		show_worst(&worst[i], 1e-13);
}

static void
check_identities(void)
{
	uint64_t	state = 3;
	double		gradient = 0,
				hessian = 0;
	double		apart = 0;
	int			bad = 0;

	for (int i = 0; i < 2000; i++)
	{
		double		p[3];
		ClvObservation o = {.weight = 1};
		const ClvFamily *family = (i % 2) ? BDW : SBG;
		double		t;

		for (int j = 0; j < 2; j++)
			p[j] = test_log_uniform(&state, 0.01, 300);
		p[2] = (i % 4 == 1) ? 1 : test_log_uniform(&state, 0.05, 5);
		if (i % 7 == 0)
			p[0] = test_log_uniform(&state, 1e-6, 1);
		o.t_x = floor(test_log_uniform(&state, 0.5, 100));
		o.age = (i % 3 == 0) ? o.t_x : o.t_x + floor(test_log_uniform(&state, 1, 10));
		check_derivatives(family, p, &o, &gradient, &hessian);
		if (p[2] == 1)
		{
			double		s = SBG->log_likelihood(p, &o, 1, NULL, NULL, NULL);

			apart = fmax(apart, fabs(s - BDW->log_likelihood(p, &o, 1, NULL, NULL, NULL)));
		}
		t = 1 + floor(test_log_uniform(&state, 0.5, 1000));
		if (!(family->survival(p, t) <= family->survival(p, t - 1)) ||
			fabs(family->survival(p, t) - family->survival(p, t - 1) * family->retention_rate(p, t)) > 1e-14 ||
			(family == SBG && !(family->retention_rate(p, t + 1) >= family->retention_rate(p, t))))
			bad++;
	}
	ok(gradient < 1e-6, "gradient equals differences: worst %.2g", gradient);
	ok(hessian < 1e-4, "Hessian equals differences of the gradient: worst %.2g", hessian);
	close_abs(apart, 0, 0, "BdW with c = 1 is sBG");
	is_int(bad, 0, "survival falls, by the retention rate; the retention rate of sBG rises");
	{
		static const double p[2] = {0.668, 3.806};
		static const double none[2] = {0, 3.806};
		ClvObservation o = {.t_x = 5, .age = 5, .weight = 1};
		double		sum = 0;

		close_abs(SBG->retention_rate(p, 1), 0.8507, 5e-5, "published: r(1) of the high-end segment");
		close_abs(SBG->survival(p, 7), 0.4889, 5e-5, "published: S(7) of it");
		close_rel(SBG->survival(none, 1e9), 1, 0, "alpha = 0: nobody leaves");
		close_rel(SBG->retention_rate(none, 3), 1, 0, "alpha = 0: everybody renews");
		close_abs(SBG->log_likelihood(none, &o, 1, NULL, NULL, NULL), 0, 0, "alpha = 0: likelihood of a customer who stays");
		for (int t = 0; t < 30; t++)
		{
			o.t_x = t;
			o.age = t + 1;
			sum += exp(SBG->log_likelihood(p, &o, 1, NULL, NULL, NULL));
		}
		close_rel(sum + SBG->survival(p, 30), 1, 1e-14, "all ends of a subscription add up to 1");
	}
}

/* Payments summed one by one, at rates at which the discount ends long after the last of them. */
static void
low_rates(void)
{
	static const double p[][3] = {{0.7, 8, 1}, {700, 40000, 1}, {71439, 3934782, 1}, {1e6, 1e24, 5.8}, {1e6, 1e9, 2}};

	for (int i = 0; i < 5; i++)
	{
		ClvModel	model;

		clv_model_from_parameters(&clv_family_bdw, p[i], 0, &model, NULL);
		for (double rate = i == 0 ? 0.01 : 1e-7; rate < 0.5; rate *= 20)
		{
			double		want = 0;
			double		got;

			for (int t = 0; t < 20000; t++)
				want += clv_family_bdw.survival(model.parameters, t) * exp(-t * log1p(rate));
			clv_model_lifetime(&model, -1, rate, &got);
			/* 20,000 terms are summed */
			close_rel(got, want, 1e-12, "bdw(%g, %g, %g): lifetime at the rate %g", p[i][0], p[i][1], p[i][2], rate);
		}
	}
}

static void
cohorts(void)
{
	static const double period[] = {0, 1, 3, 4, 5};
	static const double survivors[] = {1000, 869, 743, 743, 700};
	static const ClvObservation want[] = {{0, 0, 1, 0, 131}, {0, 1, 3, 0, 126}, {0, 4, 5, 0, 43}, {0, 5, 5, 0, 700}};
	ClvObservation got[5];
	size_t		count;

	ok(clv_renewal_observations(period, survivors, 5, got, &count) == CLV_OK && count == 4, "a cohort of five periods, one without a loss");
	for (size_t i = 0; i < 4; i++)
		ok(got[i].x == 0 && got[i].extra == 0 && got[i].t_x == want[i].t_x && got[i].age == want[i].age && got[i].weight == want[i].weight,
		   "%g are active after %g, and seen until %g", want[i].weight, want[i].t_x, want[i].age);
	ok(clv_renewal_observations(period, survivors, 1, got, &count) == CLV_OK && count == 1 && got[0].age == 0, "a cohort just begun");
	ok(clv_renewal_observations(period + 1, survivors, 2, got, &count) == CLV_COHORT_SIZES_OUT_OF_ORDER, "one that does not start is refused");
	ok(clv_renewal_observations((double[]) {0, 2, 2}, (double[]) {9, 5, 4}, 3, got, &count) == CLV_COHORT_SIZES_OUT_OF_ORDER,
	   "so is a period that comes twice");
	ok(clv_renewal_observations((double[]) {0, 1, 2}, (double[]) {9, 4, 5}, 3, got, &count) == CLV_COHORT_SIZES_OUT_OF_ORDER,
	   "or a cohort that grows");
}

int
main(void)
{
	cohorts();
	low_rates();
	check_own_reference();
	check_published();
	check_identities();
	return done_testing();
}
