/*-------------------------------------------------------------------------
 *
 * fit.c
 *	  Fits: known maxima, units of time, and data that defeat other programs.
 *
 *-------------------------------------------------------------------------
 */
#include "model_test.h"

#include "model/fit.h"
#include "model/inference.h"
#include "model/predict.h"
#include "model/simulate.h"

#define MOST 20000
#define MANY_CUSTOMERS 60000

static ClvObservation data[MOST];
static size_t count;

/* The CDNOW customers, times divided by unit days; false without the file. */
static bool
load_cdnow(double unit, bool spend)
{
	FILE	   *file = open_reference("cdnow_summary.csv");
	char		line[256];

	count = 0;
	if (file == NULL)
		return false;
	while (fgets(line, sizeof(line), file))
	{
		double		x,
					days,
					age,
					mean;

		if (sscanf(line, "%*[^,],%*[^,],%lf,%lf,%lf,%*f,%*f,%lf", &x, &days, &age, &mean) != 4)
			continue;
		if (spend && !(mean > 0))
			continue;
		data[count].x = x;
		data[count].t_x = spend ? 0 : days / unit;
		data[count].age = spend ? 0 : age / unit;
		data[count].extra = spend ? mean * unit : 0;
		data[count].weight = 1;
		count++;
	}
	fclose(file);
	sort_observations(data, count);
	return true;
}

static ClvModel
fit(const char *family, const ClvFitOptions *options)
{
	ClvModel	model;

	memset(&model, 0, sizeof(model));
	if (clv_fit_model(clv_family_by_name(family), data, count, options, &model, NULL, NULL) != CLV_OK)
		ok(false, "%s: the fit was refused", family);
	return model;
}

/* reference_values.json: the maximum to 17 digits, standard errors to 12 */
static const struct
{
	const char *family;
	double		log_likelihood;
	double		parameters[4];
	double		std_errors[4];
}			cdnow[] =
{
	{
		"bg/nbd", -9582.4292066739306,
		{0.24259452243015708, 4.4136020190135038, 0.79292201722559759, 2.4259067768263321},
		{0.0125573780679, 0.378224059854, 0.185733821372, 0.705414259795}
	},
	{
		"mbg/nbd", -9582.1357155537495,
		{0.52484315910629759, 6.1830852795760050, 0.89135939073221585, 1.6140022401703439},
		{0.0832682065798, 0.695620642509, 0.154789927778, 0.537494798240}
	},
	{
		"nbd", -9763.6576146726152,
		{0.38476613576878486, 12.072022844836905},
		{0.0209853761632, 0.808723181777}
	},
	{
		"gamma-gamma", -4055.9176948018740,
		{6.2495722713237563, 3.7442246671320245, 15.443520962589238},
		{1.19005533596, 0.290133065276, 4.15942275197}
	},
};

static void
known_maxima(void)
{
	for (int i = 0; i < (int) (sizeof(cdnow) / sizeof(cdnow[0])); i++)
	{
		ClvModel	model;

		if (!load_cdnow(strcmp(cdnow[i].family, "gamma-gamma") == 0 ? 1 : 7, strcmp(cdnow[i].family, "gamma-gamma") == 0))
			return;
		model = fit(cdnow[i].family, NULL);
		is_str(clv_fit_status_name(model.status), "ok", "%s: status", cdnow[i].family);
		close_rel(model.log_likelihood, cdnow[i].log_likelihood, 1e-11, "%s: log-likelihood", cdnow[i].family);
		for (int j = 0; j < model.family->parameter_count; j++)
		{
			const char *name = model.family->parameter[j].name;
			double		lower,
						upper;

			close_rel(model.parameters[j], cdnow[i].parameters[j], 1e-9, "%s: %s", cdnow[i].family, name);
			close_rel(clv_model_std_error(&model, j), cdnow[i].std_errors[j], 1e-8, "%s: standard error of %s", cdnow[i].family, name);
			clv_model_interval(&model, j, 0.95, &lower, &upper);
			ok(lower < model.parameters[j] && model.parameters[j] < upper && lower > model.family->parameter[j].offset,
			   "%s: interval of %s", cdnow[i].family, name);
		}
		count = join_observations(data, count);
		{
			ClvModel	joined = fit(cdnow[i].family, NULL);

			for (int j = 0; j < model.family->parameter_count; j++)
				close_rel(joined.parameters[j], model.parameters[j], 1e-11, "%s: %s from %d different customers",
						  cdnow[i].family, model.family->parameter[j].name, (int) count);
		}
	}
}

/* The ends of intervals by brute force, good to 1e-7 or so; at other levels the interval grows with the level. */
static void
profile_limits(void)
{
	FILE	   *file = open_own_reference(__FILE__, "profile_limits.csv");
	char		line[256];
	int			rows = 0;

	while (file != NULL && fgets(line, sizeof(line), file))
	{
		char	   *field[4];
		ClvModel	model;
		double		lower,
					upper;
		int			i;

		if (split_line(line, field, 4) != 4 || strcmp(field[0], "family") == 0)
			continue;
		if (!load_cdnow(strcmp(field[0], "gamma-gamma") == 0 ? 1 : 7, strcmp(field[0], "gamma-gamma") == 0))
			break;
		model = fit(field[0], NULL);
		i = clv_parameter_index(model.family, field[1]);
		clv_model_interval(&model, i, 0.95, &lower, &upper);
		close_rel(lower, atof(field[2]), 1e-7, "%s: lower end of %s", field[0], field[1]);
		close_rel(upper, atof(field[3]), 1e-7, "%s: upper end of %s", field[0], field[1]);
		rows++;
	}
	if (file)
		fclose(file);
	if (rows == 0)
		skip("no reference of profiles");
}

/* Seconds, days, weeks, years, and thousandths or millions of money. */
static void
units(void)
{
	static const double unit[] = {1 / 86400.0, 1 / 86400000.0, 1, 365.25, 3652.5};
	static const char *const families[] = {"bg/nbd", "mbg/nbd", "nbd", "gamma-gamma"};

	for (int f = 0; f < 4; f++)
	{
		bool		spend = f == 3;
		ClvModel	weeks;

		if (!load_cdnow(spend ? 1 : 7, spend))
			return;
		weeks = fit(families[f], NULL);
		for (int u = 0; u < 5; u++)
		{
			double		factor = spend ? unit[u] : 7 / unit[u];
			ClvModel	model;
			double		worst = 0;
			double		orders = 0;

			load_cdnow(unit[u], spend);
			for (size_t i = 0; i < count; i++)
				orders += spend ? 1 : data[i].x;
			model = fit(families[f], NULL);
			for (int j = 0; j < model.family->parameter_count; j++)
			{
				double		want = weeks.parameters[j] * (model.family->parameter[j].unit_power ? factor : 1);

				worst = fmax(worst, fabs(model.parameters[j] / want - 1));
			}
			ok(worst < 1e-9 && model.status == CLV_FIT_OK, "%s in another unit (%g): parameters agree to %.2g",
			   families[f], unit[u], worst);
			close_rel(model.log_likelihood, weeks.log_likelihood - orders * log(factor), 1e-11,
					  "%s in another unit (%g): log-likelihood less the unit's share", families[f], unit[u]);
			clv_model_rescale(&model, factor);
			close_rel(model.parameters[model.family->parameter_count > 2 && spend ? 2 : 1],
					  weeks.parameters[spend ? 2 : 1], 1e-9, "%s rescaled to the unit of before", families[f]);
		}
	}
}

static void
same_bits(void)
{
	ClvModel	first;
	ClvModel	second;

	if (!load_cdnow(7, false))
		return;
	first = fit("bg/nbd", NULL);
	second = fit("bg/nbd", NULL);
	ok(memcmp(first.parameters, second.parameters, sizeof(first.parameters)) == 0 &&
	   memcmp(first.covariance, second.covariance, sizeof(first.covariance)) == 0, "two fits are the same bit for bit");
}

/* A family's predictions of that customer are finite and in range. */
static bool
usable(const ClvModel *model)
{
	static const ClvObservation customers[] = {
		{0, 0, 0, 0, 1}, {0, 0, 500, 0, 1}, {1, 1, 500, 0, 1}, {5, 480, 500, 3, 1}, {400, 500, 500, 3, 1}
	};
	bool		all = true;

	for (int i = 0; i < 5; i++)
	{
		double		value;

		all = all && clv_model_p_alive(model, &customers[i], 0, &value) == CLV_OK && value >= 0 && value <= 1;
		all = all && clv_model_expected_orders(model, &customers[i], 0, 365, &value) == CLV_OK &&
			isfinite(value) && value >= 0;
		all = all && clv_model_dert(model, &customers[i], 0.0003, INFINITY, &value, NULL) == CLV_OK &&
			isfinite(value) && value >= 0;
	}
	for (int i = 0; i < model->family->parameter_count; i++)
		all = all && isfinite(model->parameters[i]);
	return all && isfinite(model->log_likelihood);
}

static void
put(double x, double t_x, double age, double weight)
{
	data[count].x = x;
	data[count].t_x = t_x;
	data[count].age = age;
	/* evenly spaced orders */
	data[count].extra = x > 0 ? x * log(t_x / x) : 0;
	data[count].weight = weight;
	count++;
}

static void
degenerate(void)
{
	static const char *const families[] = {"bg/nbd", "mbg/nbd", "nbd", "bg/cnbd-k", "mbg/cnbd-k"};
	double		p[4] = {7, 7, 7, 7};

	count = 0;
	put(0, 0, 60, 3);
	is_int(clv_family_bgnbd.degenerate(data, count, p), CLV_FIT_FLAT, "without repeat orders there is nothing to search");
	ok(p[0] == 1e-6 && p[1] == 60 && p[2] == 0 && p[3] == 1, "and all parameters are set");

	for (int f = 0; f < 5; f++)
	{
		const char *family = families[f];
		ClvModel	model;
		ClvModel	nbd;

		count = 0;
		put(0, 0, 100, 40);
		put(0, 0, 50, 10);
		model = fit(family, NULL);
		is_str(clv_fit_status_name(model.status), "flat", "%s: no repeat order at all", family);
		ok(usable(&model), "%s: no repeat order at all: usable", family);

		count = 0;
		put(3, 50, 100, 1);
		model = fit(family, NULL);
		is_str(clv_fit_status_name(model.status), "too few customers", "%s: one customer", family);
		ok(usable(&model), "%s: one customer: usable", family);

		count = 0;
		put(3, 50, 100, 1000);
		model = fit(family, NULL);
		is_str(clv_fit_status_name(model.status), "too few customers", "%s: all equal", family);
		ok(usable(&model), "%s: all equal: usable", family);

		count = 0;
		put(0, 0, 0, 1);
		put(0, 0, 0, 1);
		model = fit(family, NULL);
		ok(usable(&model), "%s: observed for no time: %s", family, clv_fit_status_name(model.status));

		/* everybody still buys on the last day */
		count = 0;
		for (int i = 1; i <= 60; i++)
			put(i % 9 + 1, 100, 100, 1 + i % 4);
		count = join_observations(data, count);
		model = fit(family, NULL);
		nbd = fit("nbd", NULL);
		ok(usable(&model), "%s: no drop-out: %s, usable", family, clv_fit_status_name(model.status));
		if (f != 2)
		{
			double		got,
						want;
			ClvObservation o = {3, 40, 100, 0, 1};
			ClvModel	limit = model;
			int			first = f > 2;

			/* what the same family says as its drop-out vanishes */
			limit.parameters[2 + first] = 1e-20;
			limit.parameters[3 + first] = 1;
			for (int i = 0; i < 3; i++)
			{
				clv_model_expected_orders(&model, &o, 0, 52 * i, &got);
				clv_model_expected_orders(&limit, &o, 0, 52 * i, &want);
				close_rel(got, want, 1e-9, "%s: no drop-out: the limit of expected orders in %d", family, 52 * i);
				clv_model_order_probability(&model, &o, 10, i, &got);
				clv_model_order_probability(&limit, &o, 10, i, &want);
				close_rel(got, want, 1e-9, "%s: no drop-out: the limit of P(%d orders)", family, i);
			}
			is_str(clv_fit_status_name(model.status), "no drop-out", "%s: no drop-out: status", family);
			ok(!isnan(clv_model_std_error(&model, first)) && isnan(clv_model_std_error(&model, 2 + first)),
			   "%s: no drop-out: r has a standard error, a has none", family);
			clv_model_p_alive(&model, &o, 0, &got);
			close_rel(got, 1, 0, "%s: no drop-out: everybody is alive", family);
		}
		if (f == 0 || f == 1)
		{
			double		got,
						want;
			ClvObservation o = {3, 40, 100, 0, 1};

			clv_model_expected_orders(&model, &o, 0, 52, &got);
			clv_model_expected_orders(&nbd, &o, 0, 52, &want);
			close_rel(got, want, 1e-12, "%s: no drop-out: predictions of NBD", family);
		}

		/* everybody leaves after the first repeat order */
		count = 0;
		for (int i = 1; i <= 60; i++)
			put(1, i / 10.0, 1000, 1);
		model = fit(family, NULL);
		ok(usable(&model) && model.status != CLV_FIT_NOT_CONVERGED, "%s: all gone after one: %s", family, clv_fit_status_name(model.status));

		count = 0;
		put(0, 0, 300, 500);
		put(100000, 299.5, 300, 1);
		model = fit(family, NULL);
		ok(usable(&model) && model.status != CLV_FIT_NOT_CONVERGED, "%s: one heavy buyer: %s", family, clv_fit_status_name(model.status));
	}
}

static void
refusals(void)
{
	ClvModel	model;
	ClvFitOptions options;
	size_t		which = 99;

	count = 0;
	put(1, 5, 10, 1);
	put(2, 20, 10, 1);
	ok(clv_fit_model(&clv_family_bgnbd, data, count, NULL, &model, &which, NULL) == CLV_OBSERVATION_OUT_OF_RANGE &&
	   which == 1, "an order after the end of observation is refused, and named");
	data[1].t_x = NAN;
	ok(clv_fit_model(&clv_family_bgnbd, data, count, NULL, &model, &which, NULL) == CLV_OBSERVATION_OUT_OF_RANGE, "NaN is refused");
	data[1].t_x = 5;
	data[1].x = 1.5;
	ok(clv_fit_model(&clv_family_bgnbd, data, count, NULL, &model, &which, NULL) == CLV_OBSERVATION_OUT_OF_RANGE, "half an order is refused");
	data[1].x = 1;
	data[1].weight = 0;
	ok(clv_fit_model(&clv_family_bgnbd, data, count, NULL, &model, &which, NULL) == CLV_OBSERVATION_OUT_OF_RANGE, "weight 0 is refused");
	data[1].weight = 1;
	clv_fit_options_init(&options);
	options.max_iterations = 0;
	ok(clv_fit_model(&clv_family_bgnbd, data, count, &options, &model, &which, NULL) == CLV_FIT_OPTION_OUT_OF_RANGE, "no iterations are refused");
	clv_fit_options_init(&options);
	options.penalty = NAN;
	ok(clv_fit_model(&clv_family_bgnbd, data, count, &options, &model, &which, NULL) == CLV_FIT_OPTION_OUT_OF_RANGE, "a penalty of NaN is refused");
	clv_fit_options_init(&options);
	options.k = 101;
	ok(clv_fit_model(&clv_family_bgcnbd, data, count, &options, &model, &which, NULL) == CLV_FIT_OPTION_OUT_OF_RANGE, "a k of 101 is refused");
	clv_fit_options_init(&options);
	options.max_iterations = 1;
	if (load_cdnow(7, false))
	{
		model = fit("mbg/nbd", &options);
		is_str(clv_fit_status_name(model.status), "did not converge", "stopped after one step, it says so");
	}
}

/* What of a model the data do not bound, how long a search takes from its end, and how a penalty pulls. */
static void
searches(void)
{
	ClvFitOptions options;
	ClvModel	model;
	ClvModel	again;

	count = 0;
	for (int i = 0; i < 50; i++)
		put(2, 4 + i % 5, 10, 1);
	model = fit("nbd", NULL);
	is_str(clv_fit_status_name(model.status), "boundary", "customers who differ less than chance");
	is_int(model.at_bound, 3, "r and alpha go to their bounds together");
	ok(!model.has_limits && isinf(model.limit[1][1]), "where no profile has limits");
	if (!load_cdnow(7, false))
		return;
	model = fit("bg/nbd", NULL);
	clv_fit_options_init(&options);
	options.has_start = true;
	for (int i = 0; i < 4; i++)
		options.start[i] = 1.01 * model.parameters[i];
	again = fit("bg/nbd", &options);
	ok(again.iterations > 0 && again.iterations <= 6, "bg/nbd: beside the maximum it takes %d iterations", again.iterations);
	ok(model.iterations > 20, "and %d from every start that the data suggest", model.iterations);
	close_rel(again.log_likelihood, model.log_likelihood, 1e-13, "to the same maximum");
	model = fit("nbd", NULL);
	clv_fit_options_init(&options);
	options.penalty = 1e6;
	again = fit("nbd", &options);
	ok(fabs(log(again.parameters[0])) < 1e-4 && fabs(log(model.parameters[0])) > 0.5,
	   "nbd: a large penalty draws r to 1, from %.3f to %.6f", model.parameters[0], again.parameters[0]);
}

static void
comparison(void)
{
	ClvModel	nbd;
	ClvModel	bgnbd;
	ClvModel	again;
	double		statistic,
				p_value;

	if (!load_cdnow(7, false))
		return;
	nbd = fit("nbd", NULL);
	bgnbd = fit("bg/nbd", NULL);
	ok(clv_likelihood_ratio(&nbd, &bgnbd, &statistic, &p_value) == CLV_OK, "nbd is nested in bg/nbd");
	close_rel(statistic, 2 * (9763.6576146726152 - 9582.4292066739306), 1e-9, "likelihood ratio");
	close_rel(p_value, exp(-statistic / 2), 1e-9, "with two degrees of freedom the tail is exp(-x/2)");
	ok(clv_likelihood_ratio(&bgnbd, &nbd, &statistic, &p_value) == CLV_MODELS_NOT_NESTED, "not the other way round");
	ok(clv_likelihood_ratio(&nbd, &nbd, &statistic, &p_value) == CLV_MODELS_NOT_NESTED, "nor a model in itself");
	nbd.estimated = bgnbd.estimated;
	ok(clv_likelihood_ratio(&nbd, &bgnbd, &statistic, &p_value) == CLV_MODELS_NOT_NESTED, "nor one in another of as many parameters");
	nbd.estimated = 2;
	nbd.customers = bgnbd.customers = 0;
	ok(clv_likelihood_ratio(&nbd, &bgnbd, &statistic, &p_value) == CLV_MODELS_NOT_NESTED, "nor models of nobody");
	nbd.customers = bgnbd.customers = 2357;
	{
		ClvFitOptions options;
		ClvModel	irregular;
		ClvModel	regular;

		for (size_t i = 0; i < count; i++)
			data[i].extra = data[i].x > 0 ? data[i].x * log(data[i].t_x / data[i].x) : 0;
		clv_fit_options_init(&options);
		options.k = 1;
		irregular = fit("bg/cnbd-k", &options);
		regular = fit("bg/cnbd-k", NULL);
		ok(regular.parameters[0] > 1 && regular.log_likelihood > irregular.log_likelihood &&
		   clv_likelihood_ratio(&irregular, &regular, &statistic, &p_value) == CLV_MODELS_NOT_NESTED,
		   "k = %g is no special case of k = 1", regular.parameters[0]);
	}
	/* no more likely than the restricted one, but for rounding */
	again = bgnbd;
	again.log_likelihood = nbd.log_likelihood - 1e-6;
	ok(clv_likelihood_ratio(&nbd, &again, &statistic, &p_value) == CLV_OK && statistic == 0 && p_value == 1, "nothing gained is no evidence");
	again.log_likelihood = nbd.log_likelihood + 0.25;
	ok(clv_likelihood_ratio(&nbd, &again, &statistic, &p_value) == CLV_OK && fabs(statistic - 0.5) < 1e-9, "little gained is little");
	close_rel(clv_model_aic(&bgnbd), 2 * 4 + 2 * 9582.4292066739306, 1e-11, "AIC");
	close_rel(clv_model_bic(&bgnbd), 4 * log(2357) + 2 * 9582.4292066739306, 1e-11, "BIC");
	for (int i = 0; i < 4; i++)
	{
		static const double none[] = {0, 1, -0.5, 1.5};
		double		lower = 0;
		double		upper = 0;

		clv_model_interval(&bgnbd, 0, none[i], &lower, &upper);
		ok(isnan(lower) && isnan(upper), "no interval of level %g", none[i]);
	}
	/* The profile bends an interval in proportion to its level: 1 percent is far above what that is at 0.001. */
	for (int i = 0; i < 4 && bgnbd.has_limits; i++)
	{
		double		size = bgnbd.parameters[i];
		double		straight = 0.0012533144 * clv_model_std_error(&bgnbd, i) / size;
		double		lower;
		double		upper;

		clv_model_interval(&bgnbd, i, 0.001, &lower, &upper);
		close_rel(log(upper / size), straight, 0.01, "close to the estimate an interval is as the standard error says");
		close_rel(log(size / lower), straight, 0.01, "on both sides");
	}
	{
		double		lower = 0;
		double		upper = 0;

		bgnbd.at_bound = 4;
		ok(isnan(clv_model_std_error(&bgnbd, 2)) && clv_model_std_error(&bgnbd, 1) > 0 && clv_model_std_error(&bgnbd, 3) > 0,
		   "no standard error of a at its bound, but of the others");
		bgnbd.at_bound = 0;
		bgnbd.parameters[2] = 0;
		bgnbd.has_limits = false;
		clv_model_interval(&bgnbd, 2, 0.95, &lower, &upper);
		ok(isnan(lower) && isnan(upper), "no interval about a = 0, whose logarithm there is none of");
	}
}

/*
 * Many observations at once take other ways through logarithms than few: both
 * give the same sums, up to the rounding of 4000 terms.
 */
static void
many_at_once(void)
{
	static const struct
	{
		const char *family;
		double		parameters[4];
	}			model[] = {
		{"bg/nbd", {0.4, 9.5, 0.5, 5.7}}, {"bg/nbd", {30, 1e5, 1e-3, 1e-3}}, {"bg/nbd", {0.2, 1e-6, 1e3, 2e4}},
		{"bg/nbd", {2, 300, 0, 1}}, {"mbg/nbd", {0.4, 9.5, 0.5, 5.7}}, {"nbd", {0.4, 9.5}},
		{"gamma-gamma", {5.9, 3.7, 16}}, {"gamma-gamma", {1e4, 1.01, 1e-3}}, {"gamma-gamma", {0.02, 500, 1e7}}, {"gamma-gamma", {900, 1.01, 1e-3}},
	};

	for (size_t m = 0; m < sizeof(model) / sizeof(model[0]); m++)
	{
		const ClvFamily *family = clv_family_by_name(model[m].family);
		const double *p = model[m].parameters;
		int			places = family->parameter_count;
		double		whole[1 + 4 + 16];
		double		sum[1 + 4 + 16] = {0};
		double		size[1 + 4 + 16] = {0};
		double		worst = 0;

		count = 4000;
		for (size_t i = 0; i < count; i++)
		{
			data[i].x = (double) (i * i % 7);
			data[i].t_x = data[i].x > 0 ? (double) (i % 97) / 7 : 0;
			data[i].age = data[i].t_x + (double) (i % 301) / 7;
			data[i].extra = family->kind == CLV_SPEND ? 0.01 * (double) (1 + i * 37 % 9999) : 0;
			data[i].weight = i % 5 == 0 ? 2.5 : 1;
		}
		sort_observations(data, count);
		whole[0] = family->log_likelihood(p, data, count, whole + 1, whole + 5, NULL);
		for (size_t i = 0; i < count; i += 100)
		{
			double		part[1 + 4 + 16];

			part[0] = family->log_likelihood(p, data + i, 100, part + 1, part + 5, NULL);
			for (int j = 0; j < 5 + places * places; j++)
			{
				if (j > places && j < 5)
					continue;
				sum[j] += part[j];
				size[j] += fabs(part[j]);
			}
		}
		for (int j = 0; j < 5 + places * places; j++)
		{
			/* the derivatives by a are not used where it is 0 */
			if ((j > places && j < 5) || (j > 0 && family->nested != NULL && p[2] == 0))
				continue;
			worst = fmax(worst, fabs(whole[j] - sum[j]) / fmax(size[j], 1e-300));
		}
		ok(worst < 1e-11, "%s: many observations at once add up to the same, but for %.1g", family->name, worst);
	}
}

/* Where there is room for a large sample the same maximum is found, to the last digits that count. */
static void
room(void)
{
	static ClvObservation sample[CLV_FIT_ROOM];
	static ClvObservation many[MANY_CUSTOMERS];
	static const struct
	{
		const char *family;
		double		parameters[4];
		double		penalty;
	}			base[] =
	{
		{"bg/nbd", {0.4, 10, 0.5, 5}},
		{"mbg/nbd", {0.9, 30, 0.1, 0.4}},
		{"pareto/nbd", {0.6, 15, 0.4, 70}},
		{"nbd", {0.3, 40}},
		{"nbd", {0.3, 40}, 0.05},
		{"bg/nbd", {1.5, 60, 1e-9, 1}},	/* nobody leaves */
		{"bg/bb", {0.7, 2, 0.4, 3}},
		{"gamma-gamma", {6, 3.7, 16}},
	};

	for (size_t i = 0; i < sizeof(base) / sizeof(base[0]); i++)
	{
		const ClvFamily *family = clv_family_by_name(base[i].family);
		ClvFitOptions options;
		ClvModel	truth;
		ClvModel	without;
		ClvModel	with;
		double		apart = 0;

		clv_model_from_parameters(family, base[i].parameters, 0, &truth, NULL);
		for (int c = 0; c < MANY_CUSTOMERS; c++)
			clv_simulate_observation(&truth, 11, (uint64_t) c, family->kind == CLV_SPEND ? 1 + c % 7 : 100 + c % 400, &many[c]);
		sort_observations(many, MANY_CUSTOMERS);
		clv_fit_options_init(&options);
		options.no_limits = true;
		options.penalty = base[i].penalty;
		clv_fit_model(family, many, MANY_CUSTOMERS, &options, &without, NULL, NULL);
		options.room = sample;
		clv_fit_model(family, many, MANY_CUSTOMERS, &options, &with, NULL, NULL);
		for (int j = 0; j < family->parameter_count && with.status == CLV_FIT_OK; j++)
			apart = fmax(apart, fabs(log((with.parameters[j] - family->parameter[j].offset) /
										 (without.parameters[j] - family->parameter[j].offset))));
		ok(with.status == without.status && apart < 1e-8, "%s: a large sample leads to the maximum, %.1g away", family->name, apart);
		close_rel(with.log_likelihood, without.log_likelihood, 1e-13, "to the same log-likelihood");
		if (with.status == CLV_FIT_OK)
			close_rel(with.covariance[0][0], without.covariance[0][0], 1e-4, "and covariance");
	}
}

int
main(void)
{
	known_maxima();
	many_at_once();
	profile_limits();
	units();
	same_bits();
	degenerate();
	refusals();
	searches();
	comparison();
	room();
	return done_testing();
}
