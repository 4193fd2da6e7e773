/*-------------------------------------------------------------------------
 *
 * convergence.c
 *	  Simulated bases of every family over wide ranges of parameters and sizes:
 *	  every fit ends at a maximum, and no other start finds a higher one.
 *
 * CLV_ROUNDS sets the number of bases of each family, CLV_SIZE the customers
 * of the largest (a million at most), CLV_STARTS how many other starts are
 * tried on those of up to 3,000; arguments name the families to run.
 *
 *-------------------------------------------------------------------------
 */
#include "model_test.h"

#include "model/fit.h"
#include "model/predict.h"
#include "model/simulate.h"

#define MOST 1000000
#define COMPARED 3000

static ClvObservation *data;

/* Random parameters for customers who are watched for about `age`. */
static void
draw_parameters(const ClvFamily *family, uint64_t *state, double age, double *p)
{
	int			first = family->parameter[0].whole;

	p[0] = 2 + floor(3 * test_uniform(state));
	for (int j = first; j < family->parameter_count; j++)
		p[j] = family->parameter[j].offset + test_log_uniform(state, 0.1, 10);
	if (family->kind == CLV_TRANSACTIONS)
		p[1 + first] *= age / 3;
	if (family == &clv_family_pareto_nbd || family->kind == CLV_DISCRETE_TRANSACTIONS)
		p[3] *= age;
	if (family->kind == CLV_RENEWALS)
		p[1] *= 5;
	if (family == &clv_family_bdw)
		p[2] = test_log_uniform(state, 0.4, 2.5);
	if (family->kind == CLV_SPEND)
		p[2] *= 10;
}

/*
 * Customers of the model, sorted, equal ones joined; answers how many differ.
 * Times are rounded to a hundredth of the age, which makes a million customers
 * cheap and is as good as any data for what is tested here.
 */
static size_t
draw_base(const ClvModel *truth, uint64_t seed, double age, int customers)
{
	ClvKind		kind = truth->family->kind;
	for (int c = 0; c < customers; c++)
	{
		ClvObservation *o = &data[c];
		double		seen = age;

		if (kind == CLV_TRANSACTIONS)
			seen = age * (8 + c % 8) / 16;
		else if (kind == CLV_DISCRETE_TRANSACTIONS)
			seen = fmax(1, floor(age * (8 + c % 8) / 16));
		else if (kind == CLV_SPEND)
			seen = 1 + c % 7;
		clv_simulate_observation(truth, seed, (uint64_t) c, seen, o);
		if (kind == CLV_TRANSACTIONS)
		{
			o->t_x = fmin(o->age, ceil(o->t_x / age * 100) * age / 100);
			o->extra = 0;
		}
		else if (kind == CLV_SPEND)
			o->extra = exp(ceil(log(o->extra) * 100) / 100);
	}
	return join_observations(data, customers);
}

static bool
usable(const ClvModel *model, const ClvObservation *o)
{
	double		value;

	if (clv_parameters_check(model->family, model->parameters, NULL) != CLV_OK || !isfinite(model->log_likelihood))
		return false;
	switch (model->family->kind)
	{
		case CLV_SPEND:
			return clv_model_expected_spend(model, o, &value, NULL) == CLV_OK && isfinite(value);
		case CLV_RENEWALS:
			return clv_model_survival(model, o->age + 1, &value) == CLV_OK && value >= 0 && value <= 1;
		default:
			return clv_model_p_alive(model, o, 0, &value) == CLV_OK && value >= 0 && value <= 1 &&
				clv_model_expected_orders(model, o, 0, 10, &value) == CLV_OK && isfinite(value) &&
				clv_model_dert(model, o, 0.01, INFINITY, &value, NULL) == CLV_OK && isfinite(value);
	}
}

static void
converges(const ClvFamily *family, int rounds, int starts, double largest)
{
	uint64_t	state = 20240117;
	int			statuses[CLV_FIT_STATUS_COUNT] = {0};
	int			bad = 0;
	int			missed = 0;
	int			others = 0;
	double		worst = 0;
	int			most = 0;

	for (int round = 0; round < rounds; round++)
	{
		double		p[CLV_MAX_PARAMETERS];
		double		age = test_log_uniform(&state, 0.5, 1000);
		int			customers = (int) test_log_uniform(&state, 50, largest);
		ClvFitOptions options;
		ClvModel	truth;
		ClvModel	model;
		double		value;
		double		slack;
		size_t		n;

		if (family->kind == CLV_RENEWALS)
			age = floor(test_log_uniform(&state, 3, 24));
		else if (family->kind == CLV_DISCRETE_TRANSACTIONS)
			age = floor(test_log_uniform(&state, 2, 60));
		draw_parameters(family, &state, age, p);
		clv_model_from_parameters(family, p, 0, &truth, NULL);
		n = draw_base(&truth, (uint64_t) round, age, customers);
		clv_fit_options_init(&options);
		if (family->parameter[0].whole)
			options.k = (int) p[0];
		if (clv_fit_model(family, data, n, &options, &model, NULL, NULL) != CLV_OK)
		{
			ok(false, "%s round %d: the fit was refused", family->name, round);
			continue;
		}
		statuses[model.status]++;
		most = model.iterations > most ? model.iterations : most;
		if (model.status == CLV_FIT_OK)
			worst = fmax(worst, model.gradient_norm);

		/* the truth is a point of the search: the maximum cannot be lower */
		value = family->log_likelihood(p, data, n, NULL, NULL, NULL);
		slack = 1e-5 + 1e-11 * fabs(value);	/* what a bound cuts off */
		if (!usable(&model, &data[n / 2]) || !usable(&model, &data[n - 1]) || model.status == CLV_FIT_NOT_CONVERGED ||
			(model.status == CLV_FIT_OK && !(model.gradient_norm < 1e-6)) || model.log_likelihood < value - slack)
		{
			if (bad++ < 8)
				diag("%s round %d: %g %g %g %g, age %g, %d customers: %s, log-likelihood %.10g, of the truth %.10g, gradient %g",
					 family->name, round, p[0], p[1], p[2], p[3], age, customers, clv_fit_status_name(model.status),
					 model.log_likelihood, value, model.gradient_norm);
		}

		/* every fourth of the others begins with a tiny last parameter, where maxima like to hide */
		options.has_start = true;
		options.no_limits = true;
		for (int start = 0; start < starts && customers <= COMPARED; start++)
		{
			ClvModel	other;

			for (int j = 0; j < family->parameter_count; j++)
			{
				const ClvParameter *parameter = &family->parameter[j];
				bool		tiny = start % 4 == 3 && j == family->parameter_count - 1;

				options.start[j] = parameter->offset +
					(p[j] - parameter->offset) * (tiny ? test_log_uniform(&state, 1e-8, 1e-3) : test_log_uniform(&state, 1e-2, 1e2));
			}
			options.start[0] = family->parameter[0].whole ? p[0] : options.start[0];
			clv_fit_model(family, data, n, &options, &other, NULL, NULL);
			others++;
			if (other.status != CLV_FIT_NOT_CONVERGED && other.log_likelihood > model.log_likelihood + slack)
			{
				diag("%s round %d: %g %g %g %g, age %g, %d customers: from %g %g %g %g the log-likelihood is %.3g higher, at %g %g %g %g",
					 family->name, round, p[0], p[1], p[2], p[3], age, customers, options.start[0], options.start[1],
					 options.start[2], options.start[3], other.log_likelihood - model.log_likelihood,
					 other.parameters[0], other.parameters[1], other.parameters[2], other.parameters[3]);
				missed++;
				break;
			}
		}
	}
	is_int(bad, 0, "%s: %d simulated bases are fitted", family->name, rounds);
	is_int(missed, 0, "%s: none of %d other starts finds more", family->name, others);
	diag("ok %d, boundary %d, flat %d, no drop-out %d, too few %d; largest gradient %.1g; at most %d iterations",
		 statuses[CLV_FIT_OK], statuses[CLV_FIT_BOUNDARY], statuses[CLV_FIT_FLAT], statuses[CLV_FIT_NO_DROPOUT],
		 statuses[CLV_FIT_TOO_FEW], worst, most);
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	int			rounds = getenv("CLV_ROUNDS") ? atoi(getenv("CLV_ROUNDS")) : 12;
	int			size = getenv("CLV_SIZE") ? atoi(getenv("CLV_SIZE")) : 1000;
	int			starts = getenv("CLV_STARTS") ? atoi(getenv("CLV_STARTS")) : 1;

	data = malloc(sizeof(ClvObservation) * MOST);
	for (int f = 0; f < clv_family_count; f++)
	{
		bool		wanted = argc == 1;

		for (int i = 1; i < argc; i++)
			wanted = wanted || strcmp(argv[i], clv_family_table[f]->name) == 0;
		if (wanted)
			converges(clv_family_table[f], rounds, starts, size < MOST ? size : MOST);
	}
	free(data);
	return done_testing();
}
