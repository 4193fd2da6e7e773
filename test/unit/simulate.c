/*-------------------------------------------------------------------------
 *
 * simulate.c
 *	  Random numbers and simulated customers: fixed values, distributions, and
 *	  agreement of what is drawn with what is predicted.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "model/predict.h"
#include "model/simulate.h"

#define DRAWS 200000

static void
functions(void)
{
	double		worst_log = 0;
	double		worst_exp = 0;
	ClvRandom	random;

	clv_random_init(&random, 1, 1);
	for (int i = 0; i < DRAWS; i++)
	{
		double		x = exp(1400 * (clv_random_uniform(&random) - 0.5));
		double		y = 1400 * (clv_random_uniform(&random) - 0.5);
		double		near = 1 + (clv_random_uniform(&random) - 0.5) * pow(10, -10 * clv_random_uniform(&random));

		worst_log = fmax(worst_log, fabs(clv_portable_log(x) / log(x) - 1));
		worst_log = fmax(worst_log, fabs(clv_portable_log(near) / log(near) - 1));
		worst_exp = fmax(worst_exp, fabs(clv_portable_exp(y) / exp(y) - 1));
	}
	/* two units in the last place */
	ok(worst_log < 4.5e-16, "logarithm: worst relative difference from the C library %.2g", worst_log);
	ok(worst_exp < 4.5e-16, "exponential: worst relative difference from the C library %.2g", worst_exp);
	ok(clv_portable_log(0) == -INFINITY && isnan(clv_portable_log(-1)) && clv_portable_log(INFINITY) == INFINITY &&
	   clv_portable_log(1) == 0, "logarithm at its ends");
	ok(clv_portable_exp(-1e4) == 0 && clv_portable_exp(1e4) == INFINITY && clv_portable_exp(0) == 1 &&
	   clv_portable_exp(-744) > 0, "exponential at its ends");
}

/* Mean and variance within 5 standard errors of what they should be. */
static void
moments(const char *name, double (*draw) (ClvRandom *), double mean, double variance, double fourth)
{
	ClvRandom	random;
	double		sum = 0;
	double		squares = 0;

	clv_random_init(&random, 42, 0);
	for (int i = 0; i < DRAWS; i++)
	{
		double		x = draw(&random) - mean;

		sum += x;
		squares += x * x;
	}
	ok(fabs(sum / DRAWS) < 5 * sqrt(variance / DRAWS), "%s: mean is off by %.2g", name, sum / DRAWS);
	ok(fabs(squares / DRAWS - variance) < 5 * sqrt((fourth - variance * variance) / DRAWS),
	   "%s: variance is off by %.2g", name, squares / DRAWS - variance);
}

static double
gamma_small(ClvRandom *random)
{
	return clv_random_gamma(random, 0.3);
}

static double
gamma_large(ClvRandom *random)
{
	return clv_random_gamma(random, 20);
}

static double
beta(ClvRandom *random)
{
	return clv_random_beta(random, 0.8, 2.4);
}

static void
distributions(void)
{
	double		mean = 0.8 / 3.2;
	double		variance = 0.8 * 2.4 / (3.2 * 3.2 * 4.2);

	moments("uniform", clv_random_uniform, 0.5, 1.0 / 12, 1.0 / 80);
	moments("exponential", clv_random_exponential, 1, 1, 9);
	moments("normal", clv_random_normal, 0, 1, 3);
	/* fourth central moment of gamma(k): 3k^2 + 6k */
	moments("gamma of shape 0.3", gamma_small, 0.3, 0.3, 3 * 0.09 + 6 * 0.3);
	moments("gamma of shape 20", gamma_large, 20, 20, 3 * 400 + 120);
	moments("beta", beta, mean, variance, 3 * variance * variance);
}

/* Written down once: they must never change, on any machine. */
static void
fixed_values(void)
{
	ClvRandom	random;

	clv_random_init(&random, 20240229, 17);
	ok(clv_random_bits(&random) == UINT64_C(8905096145872421547) && clv_random_bits(&random) == UINT64_C(8306439394119622930), "bits");
	ok(clv_random_uniform(&random) == 0.84207753140636965, "uniform");
	ok(clv_random_exponential(&random) == 0.86888229173939568, "exponential");
	ok(clv_random_normal(&random) == -1.7289813035035189, "normal");
	ok(clv_random_log_gamma(&random, 0.001) == -1316.6299626853699, "logarithm of a gamma of shape 0.001");
	ok(clv_random_beta(&random, 0.8, 2.4) == 0.041463733683738138, "beta");
}

/* Simulated customers order as predicted. */
static void
agreement(const char *name, const double *parameters, double horizon)
{
	const ClvFamily *family = clv_family_by_name(name);
	ClvModel	model;
	int			customers = 40000;
	double		orders = 0;
	double		squares = 0;
	int			none = 0;
	int			two = 0;
	double		expected = 0;
	double		p_none = 0;
	double		p_two = 0;
	bool		ordered = true;
	double		error;

	clv_model_from_parameters(family, parameters, 0, &model, NULL);
	for (int i = 0; i < customers; i++)
	{
		ClvSimulation simulation;
		double		last = 0;
		double		t;
		int			n = 0;

		clv_simulation_start(&simulation, &model, 99, i);
		while ((t = clv_simulation_next(&simulation)) <= horizon)
		{
			ordered = ordered && t >= last;
			last = t;
			n++;
		}
		orders += n;
		squares += (double) n * n;
		none += n == 0;
		two += n == 2;
	}
	clv_model_expected_orders_new(&model, horizon, &expected);
	clv_model_order_probability_new(&model, horizon, 0, &p_none);
	clv_model_order_probability_new(&model, horizon, 2, &p_two);
	orders /= customers;
	error = sqrt((squares / customers - orders * orders) / customers);
	ok(ordered, "%s: orders come one after the other", name);
	ok(fabs(orders - expected) < 4 * error, "%s: %.4f orders drawn, %.4f expected", name, orders, expected);
	ok(fabs((double) none / customers - p_none) < 4 * sqrt(p_none * (1 - p_none) / customers),
	   "%s: %.4f without an order, %.4f expected", name, (double) none / customers, p_none);
	ok(fabs((double) two / customers - p_two) < 4 * sqrt(p_two * (1 - p_two) / customers),
	   "%s: %.4f with two orders, %.4f expected", name, (double) two / customers, p_two);
}

/*
 * Those with a given past order as predicted of such: the conditional
 * expectation of everybody, summed, is what everybody orders later.
 */
static void
conditional(const char *name, const double *parameters, double age, double horizon)
{
	const ClvFamily *family = clv_family_by_name(name);
	ClvModel	model;
	int			customers = 20000;
	double		later = 0;
	double		expected = 0;
	double		silent = 0;
	double		p_silent = 0;
	double		variance = 0;

	clv_model_from_parameters(family, parameters, 0, &model, NULL);
	for (int i = 0; i < customers; i++)
	{
		ClvObservation past;
		ClvObservation all;
		double		mean;
		double		value;
		double		difference;

		clv_simulate_observation(&model, 5, i, age, &past);
		clv_simulate_observation(&model, 5, i, age + horizon, &all);
		clv_model_expected_orders(&model, &past, 0, horizon, &mean);
		difference = all.x - past.x - mean;
		later += all.x - past.x;
		expected += mean;
		variance += difference * difference;
		/* long silent ones */
		if (past.x > 0 && past.t_x < age / 2)
		{
			clv_model_order_probability(&model, &past, horizon, 0, &value);
			silent += all.x == past.x;
			p_silent += value;
		}
	}
	ok(fabs(later - expected) < 4 * sqrt(variance), "%s: %.0f later orders drawn, %.0f expected", name, later, expected);
	ok(fabs(silent - p_silent) < 4 * sqrt(p_silent + 1), "%s: %.0f of the silent stayed so, %.0f expected", name, silent, p_silent);
}

static void
streams(void)
{
	static const double p[] = {0.24259452243015708, 4.4136020190135038, 0.79292201722559759, 2.4259067768263321};
	static const double spend[] = {6.25, 3.74, 15.44};
	ClvModel	model;
	ClvModel	amounts;
	ClvSimulation a;
	ClvSimulation b;
	double		mean = 0;
	int			n = 20000;

	clv_model_from_parameters(&clv_family_bgnbd, p, 0, &model, NULL);
	clv_model_from_parameters(&clv_family_gamma_gamma, spend, 0, &amounts, NULL);
	clv_simulation_start(&a, &model, 1, 5);
	clv_simulation_start(&b, &model, 1, 5);
	ok(a.rate == b.rate && a.dropout == b.dropout && clv_simulation_next(&a) == clv_simulation_next(&b),
	   "the same seed and customer are the same customer");
	clv_simulation_start(&b, &model, 1, 6);
	ok(a.rate != b.rate, "another customer is another one");
	clv_simulation_start(&b, &model, 2, 5);
	ok(a.rate != b.rate, "another seed is another base");
	for (int i = 0; i < n; i++)
	{
		clv_simulation_start(&a, &amounts, 3, i);
		mean += clv_simulation_next(&a) / n;
	}
	/* variance of the mean of one amount per customer, from simulation: about 40^2 */
	ok(fabs(mean - 6.25 * 15.44 / 2.74) < 4 * 40 / sqrt(n), "amounts: mean %.2f", mean);
	ok(clv_simulation_start(&a, &(ClvModel) {.family = &(ClvFamily) {.name = "none"}}, 1, 1) == CLV_NOT_DEFINED_FOR_FAMILY,
	   "a family without simulation says so");
}

int
main(void)
{
	static const double bgnbd[] = {0.24259452243015708, 4.4136020190135038, 0.79292201722559759, 2.4259067768263321};
	static const double mbgnbd[] = {0.52484315910629759, 6.1830852795760050, 0.89135939073221585, 1.6140022401703439};
	static const double nbd[] = {0.38476613576878486, 12.072022844836905};
	static const double cnbd[] = {3, 0.8, 2, 0.7, 3.9};
	static const double pareto[] = {0.55327704685317960, 10.577683463302315, 0.60623998912782630, 11.668735288855011};

	functions();
	distributions();
	fixed_values();
	agreement("bg/nbd", bgnbd, 52);
	agreement("mbg/nbd", mbgnbd, 52);
	agreement("nbd", nbd, 52);
	agreement("bg/cnbd-k", cnbd, 20);
	agreement("mbg/cnbd-k", cnbd, 20);
	agreement("pareto/nbd", pareto, 52);
	conditional("bg/nbd", bgnbd, 40, 40);
	conditional("mbg/nbd", mbgnbd, 40, 40);
	conditional("bg/cnbd-k", cnbd, 15, 15);
	conditional("mbg/cnbd-k", cnbd, 15, 15);
	conditional("pareto/nbd", pareto, 40, 40);
	streams();
	return done_testing();
}
