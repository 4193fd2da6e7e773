/*-------------------------------------------------------------------------
 *
 * recovery.c
 *	  Fits of Pareto/NBD, BG/BB, sBG and BdW: known maxima, any unit of time,
 *	  and data that defeat other programs.
 *
 *-------------------------------------------------------------------------
 */
#include "model_test.h"

#include "model/fit.h"
#include "model/inference.h"
#include "model/predict.h"
#include "model/renewal.h"

#define MOST 20000

static ClvObservation data[MOST];
static size_t count;

static ClvModel
fit(const ClvFamily *family)
{
	ClvModel	model;

	memset(&model, 0, sizeof(model));
	if (clv_fit_model(family, data, count, NULL, &model, NULL, NULL) != CLV_OK)
		ok(false, "%s: the fit was refused", family->name);
	return model;
}

static bool
load_cdnow(double unit)
{
	FILE	   *file = open_reference("cdnow_summary.csv");
	char		line[256];

	count = 0;
	if (file == NULL)
		return false;
	while (fgets(line, sizeof(line), file) != NULL)
	{
		double		x,
					days,
					age;

		if (sscanf(line, "%*[^,],%*[^,],%lf,%lf,%lf", &x, &days, &age) == 3)
			data[count++] = (ClvObservation) {.x = x, .t_x = days / unit, .age = age / unit, .weight = 1};
	}
	fclose(file);
	count = join_observations(data, count);
	return true;
}

static bool
load_donations(void)
{
	FILE	   *file = open_reference("donations.csv");
	char		line[256];

	count = 0;
	if (file == NULL)
		return false;
	while (fgets(line, sizeof(line), file) != NULL)
	{
		double		x,
					t_x,
					n,
					donors;

		if (sscanf(line, "%lf,%lf,%lf,%lf", &x, &t_x, &n, &donors) == 4)
			data[count++] = (ClvObservation) {.x = x, .t_x = t_x, .age = n, .weight = donors};
	}
	fclose(file);
	count = join_observations(data, count);
	return true;
}

static bool
load_cohort(const char *segment, int periods)
{
	FILE	   *file = open_reference("sbg_survival.csv");
	char		line[256];
	char		name[64];
	double		period[16],
				survivors[16];
	size_t		n = 0;

	if (file == NULL)
		return false;
	while (fgets(line, sizeof(line), file) != NULL)
	{
		if (sscanf(line, "%63[^,],%lf,%lf", name, &period[n], &survivors[n]) == 3 &&
			strcmp(name, segment) == 0 && period[n] <= periods)
			n++;
	}
	fclose(file);
	return ok(clv_renewal_observations(period, survivors, n, data, &count) == CLV_OK, "%s: %d periods", segment, (int) n);
}

/*
 * The maximum must not be missed by more than 1e-6; parameters are then good to
 * some 1e-5 (the square root of the likelihood's precision), measured 1e-9.
 */
static void
check_maximum(const ClvFamily *family, const char *where, double log_likelihood, const double *parameters, const double *std_errors)
{
	ClvModel	model = fit(family);

	is_str(clv_fit_status_name(model.status), "ok", "%s, %s: status", where, family->name);
	close_abs(model.log_likelihood, log_likelihood, 1e-7, "%s, %s: log-likelihood", where, family->name);
	for (int i = 0; i < family->parameter_count; i++)
	{
		close_rel(model.parameters[i], parameters[i], 1e-7, "%s, %s: %s", where, family->name, family->parameter[i].name);
		if (std_errors)
			close_rel(clv_model_std_error(&model, i), std_errors[i], 1e-6, "%s, %s: standard error of %s",
					  where, family->name, family->parameter[i].name);
	}
	diag("%d iterations", model.iterations);
}

/* reference_values.json */
static void
known_maxima(void)
{
	static const double pareto[] = {0.55327704685317960, 10.577683463302315, 0.60623998912782630, 11.668735288855011};
	static const double pareto_se[] = {0.0476279259791, 0.842722533816, 0.187281342312, 6.21111359060};
	static const double bgbb[] = {1.2035223516019139, 0.74971635817293889, 0.65671820844183243, 2.7834422325773807};
	static const double bgbb_se[] = {0.0693913623889, 0.0294477166604, 0.0510098589564, 0.320819003043};
	static const double high_end[] = {0.66808835110644622, 3.8060949640582669};
	static const double high_end_se[] = {0.103734931150, 0.785531691776};
	static const double regular[] = {0.70407729847351621, 1.1820430262094757};
	static const double regular_se[] = {0.0655989642340, 0.152475631676};

	if (load_cdnow(7))
		check_maximum(&clv_family_pareto_nbd, "cdnow", -9594.9761789395431, pareto, pareto_se);
	if (load_donations())
		check_maximum(&clv_family_bgbb, "donations", -33225.581274347007, bgbb, bgbb_se);
	if (load_cohort("high_end", 7))
	{
		ClvModel	model;
		double		value;

		check_maximum(&clv_family_sbg, "high end", -1611.1581473911564, high_end, high_end_se);
		model = fit(&clv_family_sbg);
		ok(clv_model_lifetime(&model, -1, 0.1, &value) == CLV_OK, "high end: discounted lifetime");
		close_rel(value, 5.9222534957832751, 1e-7, "high end: its value");
		clv_model_lifetime(&model, 4, 0.1, &value);
		close_rel(value, 6.8967066814295060, 1e-7, "high end: residual lifetime after 4 renewals");
		model = fit(&clv_family_bdw);
		ok(model.log_likelihood >= -1611.1581473911564 - 1e-9, "high end: BdW is at least as likely as sBG");
		{
			ClvModel	restricted = fit(&clv_family_sbg);
			double		statistic,
						p_value;

			ok(clv_likelihood_ratio(&restricted, &model, &statistic, &p_value) == CLV_OK, "high end: sBG is tested against BdW");
			close_rel(statistic, 2 * (model.log_likelihood - restricted.log_likelihood), 1e-12, "high end: the statistic of that test");
			ok(p_value > 0 && p_value < 0.01, "high end: its p-value");
		}
	}
	if (load_cohort("regular", 7))
	{
		check_maximum(&clv_family_sbg, "regular", -1680.2651884632870, regular, regular_se);
		ok(fit(&clv_family_bdw).log_likelihood >= -1680.2651884632870 - 1e-9, "regular: BdW is at least as likely as sBG");
	}
}

static void
any_unit(void)
{
	static const double unit[] = {1, 7, 365.25, 1.0 / 86400, 1e-9, 1e7};
	ClvModel	first;

	for (int i = 0; i < (int) (sizeof(unit) / sizeof(unit[0])); i++)
	{
		ClvModel	model;
		double		orders = 0;

		if (!load_cdnow(unit[i]))
			return;
		for (size_t j = 0; j < count; j++)
			orders += data[j].weight * data[j].x;
		model = fit(&clv_family_pareto_nbd);
		if (i == 0)
			first = model;
		/* the density of each order time has the unit in it */
		close_rel(model.log_likelihood, first.log_likelihood + orders * log(unit[i]), 1e-12, "unit of %g days: log-likelihood", unit[i]);
		close_rel(model.parameters[0], first.parameters[0], 1e-9, "unit of %g days: r", unit[i]);
		close_rel(model.parameters[3] * unit[i], first.parameters[3], 1e-9, "unit of %g days: beta", unit[i]);
	}
}

/* The data set up in data[0 .. count-1] end in a finite model with a truthful status and finite predictions. */
static void
survives(const ClvFamily *family, const char *what)
{
	ClvModel	model;
	bool		good;
	double		value;

	count = join_observations(data, count);
	model = fit(family);
	good = isfinite(model.log_likelihood) && model.status != CLV_FIT_NOT_CONVERGED &&
		clv_parameters_check(family, model.parameters, NULL) == CLV_OK;
	for (size_t i = 0; i < count && good; i++)
	{
		if (family->kind == CLV_RENEWALS)
			good = clv_model_survival(&model, data[i].age + 1, &value) == CLV_OK;
		else
			good = clv_model_p_alive(&model, &data[i], 0, &value) == CLV_OK && value >= 0 && value <= 1 &&
				clv_model_expected_orders(&model, &data[i], 0, 10, &value) == CLV_OK && isfinite(value) &&
				clv_model_dert(&model, &data[i], 0.01, INFINITY, &value, NULL) == CLV_OK && isfinite(value);
	}
	ok(good, "%s, %s: %s", family->name, what, clv_fit_status_name(model.status));
	diag("%g %g %g %g, log-likelihood %.10g, gradient %g, %d iterations", model.parameters[0], model.parameters[1], model.parameters[2],
		 model.parameters[3], model.log_likelihood, model.gradient_norm, model.iterations);
}

static void
add(double x, double t_x, double age, double weight)
{
	data[count++] = (ClvObservation) {.x = x, .t_x = t_x, .age = age, .weight = weight};
}

static void
degenerate(void)
{
	const ClvFamily *family = &clv_family_pareto_nbd;

	count = 0;
	for (int i = 0; i < 30; i++)
		add(0, 0, 10 + i, 3);
	survives(family, "no repeat order at all");
	count = 0;
	add(3, 10, 20, 1);
	survives(family, "one customer");
	count = 0;
	add(0, 0, 20, 1);
	survives(family, "one customer without repeat order");
	count = 0;
	add(5, 25, 30, 1000);
	survives(family, "a thousand equal customers");
	count = 0;
	for (int i = 0; i < 50; i++)
		add(20 + i % 7, 100 - (i % 5) * 0.3, 100, 2);
	survives(family, "nobody leaves");
	count = 0;
	for (int i = 0; i < 50; i++)
		add(2 + i % 3, 0.5 + 0.1 * (i % 4), 200, 2);
	survives(family, "everybody leaves at once");
	count = 0;
	for (int i = 0; i < 40; i++)
		add(0, 0, 50, 1);
	add(100000, 49.9, 50, 1);
	survives(family, "one heavy buyer");
	count = 0;
	for (int i = 0; i < 50; i++)
		add(i % 2, (i % 2) ? 1e-9 : 0, 1, 1);
	survives(family, "repeat orders at once");
	count = 0;
	add(0, 0, 0, 10);
	survives(family, "nobody was observed for any time");
	count = 0;
	for (int i = 0; i < 20; i++)
		add(i, (i > 0) ? pow(10, i % 9) : 0, 1e9, 1);
	survives(family, "times over nine orders of size");

	family = &clv_family_bgbb;
	count = 0;
	add(0, 0, 6, 100);
	survives(family, "no order at all");
	count = 0;
	add(6, 6, 6, 100);
	survives(family, "every opportunity used by everybody");
	count = 0;
	add(1, 1, 6, 100);
	survives(family, "everybody leaves after the first");
	count = 0;
	add(2, 4, 6, 1);
	survives(family, "one customer");
	count = 0;
	add(0, 0, 0, 5);
	survives(family, "no opportunity at all");
	count = 0;
	for (int i = 0; i < 30; i++)
		add(10 + i % 5, 30, 30, 3);
	survives(family, "nobody leaves");
	count = 0;
	for (int i = 0; i < 10; i++)
		add(1 + i * 100, 2000 - i, 2000, 1);
	survives(family, "two thousand opportunities");

	for (int k = 0; k < 2; k++)
	{
		family = k ? &clv_family_bdw : &clv_family_sbg;
		count = 0;
		add(0, 5, 5, 100);
		survives(family, "nobody leaves");
		count = 0;
		add(0, 0, 1, 100);
		survives(family, "everybody leaves at the first renewal");
		count = 0;
		add(0, 0, 1, 1);
		add(0, 1, 1, 99);
		survives(family, "one period");
		count = 0;
		add(0, 3, 4, 100);
		survives(family, "everybody leaves at the fourth renewal");
		count = 0;
		add(0, 0, 0, 7);
		survives(family, "nobody was observed for any period");
		count = 0;
		add(0, 0, 1, 900000);
		add(0, 1, 2, 1);
		add(0, 2, 2, 1);
		survives(family, "nearly everybody leaves at once");
		count = 0;
		for (int i = 0; i < 12; i++)
			add(0, i, i + 1, 10);
		add(0, 12, 12, 880);
		survives(family, "the same number leaves every time");
	}
}

int
main(void)
{
	known_maxima();
	any_unit();
	degenerate();
	return done_testing();
}
