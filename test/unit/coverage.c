/*-------------------------------------------------------------------------
 *
 * coverage.c
 *	  How often the 95 % interval of a parameter, or of a prediction, holds the
 *	  truth, in simulated bases of every main family.
 *
 * CLV_ROUNDS sets the number of bases, CLV_SIZE multiplies the customers of
 * each; arguments name the families to run.
 *
 *-------------------------------------------------------------------------
 */
#include "model_test.h"

#include "model/fit.h"
#include "model/inference.h"
#include "model/predict.h"
#include "model/simulate.h"

#define MOST 200000

static ClvObservation data[MOST];

/* Parameters and sizes as in the papers; ages in their units, spread over the last 30 %. */
static const struct
{
	const char *family;
	double		truth[CLV_MAX_PARAMETERS];
	double		age;
	int			customers;
}			bases[] =
{
	{"bg/nbd", {0.243, 4.414, 0.793, 2.426}, 39, 3000},
	{"mbg/nbd", {0.525, 6.183, 0.891, 1.614}, 39, 3000},
	{"pareto/nbd", {0.6, 10, 0.8, 15}, 80, 3000},
	{"nbd", {0.385, 12.07}, 39, 3000},
	{"bg/cnbd-k", {3, 0.5, 2, 0.8, 2.5}, 39, 3000},
	{"mbg/cnbd-k", {3, 0.5, 2, 0.8, 2.5}, 39, 3000},
	{"bg/bb", {1.2, 0.75, 0.66, 2.8}, 10, 3000},
	{"gamma-gamma", {6.25, 3.74, 15.44}, 5, 1000},
	{"sbg", {0.7, 1.2}, 10, 1000},
	{"bdw", {0.7, 1.2, 1.3}, 14, 3000},
};

/* One base drawn from the model, sorted, equal observations joined; answers how many differ. */
static size_t
draw(const ClvModel *truth, uint64_t seed, double age, int customers)
{
	for (int c = 0; c < customers; c++)
	{
		double		seen = age;

		if (truth->family->kind == CLV_TRANSACTIONS)
			seen = age * (0.7 + 0.3 * (c % 64) / 64);
		else if (truth->family->kind == CLV_SPEND)
			seen = 1 + c % (int) age;
		clv_simulate_observation(truth, seed, (uint64_t) c, seen, &data[c]);
	}
	return join_observations(data, customers);
}

/* Predictions for a customer of two orders who has been silent for half of the age, and for the base. */
static ClvStatus
predict(const ClvModel *model, void *context, double *result)
{
	const int  *question = context;
	double		age = 0.8 * bases[question[0]].age;
	ClvObservation o = {2, age / 2, age, 0, 1};

	if (model->family->kind == CLV_SPEND)
		o = (ClvObservation) {2, 0, 0, 30, 1};
	else if (model->family->kind == CLV_DISCRETE_TRANSACTIONS)
		o = (ClvObservation) {2, 4, 8, 0, 1};
	switch (question[1])
	{
		case 0:
			return clv_model_p_alive(model, &o, 0, result);
		case 1:
			return clv_model_expected_orders(model, &o, 0, age, result);
		case 2:
			return clv_model_order_probability(model, &o, age, 1, result);
		case 3:
			return clv_model_dert(model, &o, 0.003, INFINITY, result, NULL);
		case 4:
			return clv_model_expected_orders_new(model, 2 * age, result);
		case 5:
			return clv_model_expected_spend(model, &o, result, NULL);
		case 6:
			return clv_model_survival(model, 2 * bases[question[0]].age, result);
		case 7:
			return clv_model_lifetime(model, 2, 0.1, result);
		default:
			/* whole opportunities have no slope */
			if (model->family->kind == CLV_DISCRETE_TRANSACTIONS)
				return CLV_NOT_DEFINED_FOR_FAMILY;
			return clv_model_next_order(model, &o, 0.25, result);
	}
}

static const struct
{
	const char *name;
	ClvRange	range;
}			questions[] =
{
	{"p_alive", CLV_RANGE_PROBABILITY}, {"expected_orders", CLV_RANGE_POSITIVE}, {"order_probability", CLV_RANGE_PROBABILITY},
	{"dert", CLV_RANGE_POSITIVE}, {"expected_orders_new", CLV_RANGE_POSITIVE}, {"expected_spend", CLV_RANGE_POSITIVE},
	{"survival", CLV_RANGE_PROBABILITY}, {"residual lifetime", CLV_RANGE_POSITIVE}, {"next_order", CLV_RANGE_POSITIVE},
};

#define QUESTIONS 9

static void
coverage(int base, int rounds, double size)
{
	const ClvFamily *family = clv_family_by_name(bases[base].family);
	const double *truth = bases[base].truth;
	int			customers = (int) (bases[base].customers * size);
	ClvFitOptions options;
	ClvModel	model;
	int			known[CLV_MAX_PARAMETERS] = {0};
	int			below[CLV_MAX_PARAMETERS] = {0};
	int			above[CLV_MAX_PARAMETERS] = {0};
	int			statuses[CLV_FIT_STATUS_COUNT] = {0};
	double		want[QUESTIONS];
	int			held[QUESTIONS] = {0};
	int			asked[QUESTIONS] = {0};

	clv_model_from_parameters(family, truth, 0, &model, NULL);
	for (int q = 0; q < QUESTIONS; q++)
	{
		if (predict(&model, (int[]) {base, q}, &want[q]) != CLV_OK || isinf(want[q]) || want[q] == 1)
			want[q] = NAN;
	}
	clv_fit_options_init(&options);
	if (family->parameter[0].whole)
		options.k = (int) truth[0];
	for (int i = 0; i < rounds; i++)
	{
		ClvModel	found;
		size_t		count = draw(&model, 1000 + (uint64_t) i, bases[base].age, customers);

		clv_fit_model(family, data, count, &options, &found, NULL, NULL);
		statuses[found.status]++;
		for (int j = 0; j < family->parameter_count; j++)
		{
			double		lower,
						upper;

			clv_model_interval(&found, j, 0.95, &lower, &upper);
			if (isnan(lower))
				continue;
			known[j]++;
			below[j] += upper < truth[j];
			above[j] += lower > truth[j];
		}
		for (int q = 0; q < QUESTIONS; q++)
		{
			double		estimate,
						error,
						lower,
						upper;

			if (isnan(want[q]) || clv_model_prediction_interval(&found, predict, (int[]) {base, q}, questions[q].range, 0.95,
																&estimate, &error, &lower, &upper) != CLV_OK || isnan(lower))
				continue;
			asked[q]++;
			held[q] += lower <= want[q] && want[q] <= upper;
		}
	}
	diag("%s, %d customers: %d ok, %d boundary, %d flat, %d no drop-out, %d not converged", family->name, customers,
		 statuses[CLV_FIT_OK], statuses[CLV_FIT_BOUNDARY], statuses[CLV_FIT_FLAT], statuses[CLV_FIT_NO_DROPOUT],
		 statuses[CLV_FIT_NOT_CONVERGED]);

	/*
	 * Over 1,000 rounds the share has a standard error of 0.7 %, so that 93 to
	 * 97 % is within three of them; fewer rounds get four.
	 */
	for (int j = 0; j < family->parameter_count; j++)
	{
		double		share = 1 - (double) (below[j] + above[j]) / known[j];
		double		slack = rounds >= 1000 ? 0.02 : 4 * sqrt(0.95 * 0.05 / rounds);

		if (family->parameter[j].whole)
			continue;
		ok(known[j] >= 0.97 * rounds && share >= 0.95 - slack && share <= 0.95 + slack,
		   "%s, %d customers: %d of %d intervals hold %s in %.1f %%, %.1f %% are below it, %.1f %% above",
		   family->name, customers, known[j], rounds, family->parameter[j].name, 100 * share,
		   100.0 * below[j] / known[j], 100.0 * above[j] / known[j]);
	}
	for (int q = 0; q < QUESTIONS; q++)
	{
		double		share = (double) held[q] / asked[q];
		double		slack = rounds >= 1000 ? 0.02 : 4 * sqrt(0.95 * 0.05 / rounds);

		if (!isnan(want[q]))
			ok(asked[q] >= 0.97 * rounds && share >= 0.95 - slack && share <= 0.95 + slack,
			   "%s, %d customers: %d of %d intervals hold %s in %.1f %%", family->name, customers, asked[q], rounds,
			   questions[q].name, 100 * share);
	}
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	int			rounds = getenv("CLV_ROUNDS") ? atoi(getenv("CLV_ROUNDS")) : 10;
	double		size = getenv("CLV_SIZE") ? atof(getenv("CLV_SIZE")) : 1;

	for (int base = 0; base < (int) (sizeof(bases) / sizeof(bases[0])); base++)
	{
		bool		wanted = argc == 1;

		for (int i = 1; i < argc; i++)
			wanted = wanted || strcmp(argv[i], bases[base].family) == 0;
		if (wanted)
			coverage(base, rounds, size);
	}
	return done_testing();
}
