/*-------------------------------------------------------------------------
 *
 * domain.c
 *	  Random models and customers over the whole domain: every prediction is a
 *	  finite number in its range, and grows or falls where theory says so.
 *
 * CLV_ROUNDS sets the number of inputs of each family, arguments name the
 * families to run.
 *
 *-------------------------------------------------------------------------
 */
#include "model_test.h"

#include <float.h>

#include "model/predict.h"

/* What rounding may do to the order of two results: predictions are right to 1e-10 and better where numbers are sane. */
#define LOSS 1e-9
#define LOSS_AT_THE_EDGE 1e-7

/* Quadratures and searches are a hundred times as slow as the rest: they take part in every so many rounds. */
#define SLOW_EVERY 20

static uint64_t state;
static int	bad;

static double
between(double decades)
{
	return test_log_uniform(&state, pow(10, -decades), pow(10, decades));
}

static void
fault(const ClvModel *model, const ClvObservation *o, const char *what, double one, double other, double t, double n, double rate)
{
	const double *p = model->parameters;

	if (bad++ < 20)
		diag("%s(%.17g, %.17g, %.17g, %.17g, %.17g); x %.17g t_x %.17g age %.17g spend %.17g; t %.17g n %g rate %.17g: %s: %.17g, %.17g",
			 model->family->name, p[0], p[1], p[2], p[3], p[4], o->x, o->t_x, o->age, o->extra, t, n, rate, what, one, other);
}

static void
orders(const ClvModel *model, ClvObservation o, double decades, bool slow)
{
	bool		discrete = model->family->kind == CLV_DISCRETE_TRANSACTIONS;
	double		loss = decades > 10 ? LOSS_AT_THE_EDGE : LOSS;
	/* sums over phases are right to that part of the largest of them; nothing below 1e-40 needs digits */
	double		noise = model->family->parameter[0].whole ? 1e-12 : 1e-40;
	double		t = between(decades);
	double		later = t * test_log_uniform(&state, 1, 100);
	double		n = floor(test_log_uniform(&state, 0.5, 1e5));
	double		rate = test_log_uniform(&state, 1e-9, 10);
	double		alive,
				value,
				other;
	ClvObservation silent = o;

	if (discrete)
	{
		t = floor(fmin(t, 1e6));
		later = floor(fmin(later, 1e7));
	}
	later = fmin(later, 1e100);

#define PREDICTED(call, low, high, what) \
	if ((call) != CLV_OK || !(value >= (low) && value <= (high))) \
	{ \
		fault(model, &o, what, value, NAN, t, n, rate); \
		return; \
	}
#define IN_ORDER(smaller, larger, what) \
	if (!((smaller) <= (larger) + loss * fabs(larger) + noise)) \
	{ \
		fault(model, &o, what, smaller, larger, t, n, rate); \
		return; \
	}

	value = model->family->p_alive(model->parameters, &o, 0);
	PREDICTED(CLV_OK, 0, 1 + 1e-12, "raw P(alive)");
	value = model->family->order_probability(model->parameters, &o, t, n);
	PREDICTED(CLV_OK, 0, 1 + 1e-12, "raw P(n)");
	PREDICTED(clv_model_log_likelihood(model, &o, &value), -DBL_MAX, DBL_MAX, "log-likelihood");

	PREDICTED(clv_model_p_alive(model, &o, 0, &value), 0, 1, "P(alive)");
	alive = value;
	PREDICTED(clv_model_p_alive(model, &o, t, &value), 0, 1, "P(alive later)");
	IN_ORDER(value, alive, "P(alive) falls with time");
	other = value;
	PREDICTED(clv_model_p_alive(model, &o, later, &value), 0, 1, "P(alive still later)");
	IN_ORDER(value, other, "P(alive) falls with more time");
	silent.age = fmin(o.age + t, discrete ? 1e6 : 1e100);
	PREDICTED(clv_model_p_alive(model, &silent, 0, &value), 0, 1, "P(alive) of the silent");
	IN_ORDER(value, alive, "P(alive) falls with silence");

	PREDICTED(clv_model_expected_orders(model, &o, 0, t, &value), 0, DBL_MAX, "expected orders");
	other = value;
	PREDICTED(clv_model_expected_orders(model, &o, 0, later, &value), 0, DBL_MAX, "expected orders later");
	IN_ORDER(other, value, "expected orders grow with the horizon");
	PREDICTED(clv_model_expected_orders(model, &o, t, later, &value), 0, DBL_MAX, "expected orders between");
	PREDICTED(clv_model_expected_orders_new(model, t, &value), 0, DBL_MAX, "expected orders of a new customer");
	other = value;
	PREDICTED(clv_model_expected_orders_new(model, later, &value), 0, DBL_MAX, "expected orders of a new customer later");
	IN_ORDER(other, value, "expected orders of a new customer grow with the horizon");

	PREDICTED(clv_model_order_probability(model, &o, t, n, &value), 0, 1, "P(n orders)");
	other = value;
	PREDICTED(clv_model_order_probability(model, &o, t, n + 1, &value), 0, 1, "P(n + 1 orders)");
	other += value;
	PREDICTED(clv_model_order_probability(model, &o, t, 0, &value), 0, 1, "P(no order)");
	IN_ORDER(n > 0 ? other + value : other, 1.0, "probabilities sum to at most 1");
	other = value;
	PREDICTED(clv_model_order_probability(model, &o, later, 0, &value), 0, 1, "P(no order until later)");
	IN_ORDER(value, other, "P(no order) falls with time");
	IN_ORDER((1 - alive) * (1 - 1e-12) - 1e-12, value, "P(no order) is at least that of having left");
	PREDICTED(clv_model_order_probability_new(model, t, n, &value), 0, 1, "P(n orders of a new customer)");
	PREDICTED(clv_model_order_probability_new(model, t, 0, &value), 0, 1, "P(no order of a new customer)");

	PREDICTED(clv_model_dert(model, &o, rate, INFINITY, &value, NULL), 0, DBL_MAX, "DERT");
	other = value;
	PREDICTED(clv_model_dert(model, &o, 2 * rate, INFINITY, &value, NULL), 0, DBL_MAX, "DERT at a higher rate");
	IN_ORDER(value, other, "DERT falls with the rate");
	if (!slow)
		return;

	loss = LOSS_AT_THE_EDGE;
	PREDICTED(clv_model_dert(model, &o, rate, t, &value, NULL), 0, DBL_MAX, "DERT within the horizon");
	IN_ORDER(value, other, "DERT within the horizon is less than without");
	other = value;
	PREDICTED(clv_model_expected_orders(model, &o, 0, t, &value), 0, DBL_MAX, "expected orders");
	IN_ORDER(other, value, "DERT is less than expected orders");
	if (clv_model_next_order(model, &o, 0.3, &value) != CLV_OK || !(value > 0))
		fault(model, &o, "next order", value, NAN, t, n, rate);
	other = value;
	if (clv_model_next_order(model, &o, 0.6, &value) != CLV_OK || !(value >= other * (1 - 1e-9)))
		fault(model, &o, "the next order grows with the probability", other, value, t, n, rate);
}

static void
spend(const ClvModel *model, ClvObservation o)
{
	double		base,
				value = NAN,
				weight;
	double		t = 0,
				n = 0,
				rate = 0;
	double		loss = LOSS;
	double		noise = 0;

	/* a model given by hand may have no mean */
	if (model->parameters[1] <= 1)
		return;
	PREDICTED(clv_model_log_likelihood(model, &o, &value), -DBL_MAX, DBL_MAX, "log-likelihood");
	if (clv_model_expected_spend(model, &clv_new_customer, &base, NULL) != CLV_OK)
		return;
	PREDICTED(clv_model_expected_spend(model, &o, &value, &weight), 0, DBL_MAX, "expected spend");
	IN_ORDER(fmin(base, o.extra), value, "expected spend is above the smaller mean");
	IN_ORDER(value, fmax(base, o.extra), "expected spend is below the larger mean");
	if (!(weight >= 0 && weight <= 1))
		fault(model, &o, "weight", weight, NAN, t, n, rate);
}

static void
renewals(const ClvModel *model, ClvObservation o, double decades, bool slow)
{
	double		t = floor(between(decades));
	double		rate = test_log_uniform(&state, 1e-6, 10);
	double		n = floor(test_log_uniform(&state, 0.5, 1e6));
	double		loss = decades > 10 ? LOSS_AT_THE_EDGE : LOSS;
	double		noise = 0;
	double		value = NAN,
				other,
				retention;

	PREDICTED(clv_model_log_likelihood(model, &o, &value), -DBL_MAX, DBL_MAX, "log-likelihood");
	PREDICTED(clv_model_survival(model, t, &value), 0, 1, "survival");
	other = value;
	PREDICTED(clv_model_retention_rate(model, t + 1, &value), 0, 1, "retention rate");
	retention = value;
	PREDICTED(clv_model_survival(model, t + 1, &value), 0, 1, "survival later");
	IN_ORDER(value, other, "survival falls with time");
	if (other > 1e-290 && fabs(value - other * retention) > 1e-9 * other)
		fault(model, &o, "survival times retention", other * retention, value, t, n, rate);
	if (!slow)
		return;
	PREDICTED(clv_model_lifetime(model, -1, rate, &value), 1 - 1e-12, (1 + rate) / rate * (1 + 1e-9), "lifetime");
	other = value;
	PREDICTED(clv_model_lifetime(model, -1, 2 * rate, &value), 1 - 1e-12, other * (1 + 1e-9), "lifetime at a higher rate");
	PREDICTED(clv_model_lifetime(model, n, rate, &value), 0, (1 + rate) / rate * (1 + 1e-9), "residual lifetime");
}

static void
inputs(const ClvFamily *family, int rounds)
{
	state = 7;
	bad = 0;
	for (int i = 0; i < rounds; i++)
	{
		/* mostly what a search may meet, every fourth whatever the type allows */
		double		decades = i % 4 == 0 ? 100 : 7;
		double		p[CLV_MAX_PARAMETERS];
		ClvObservation o = {.weight = 1};
		ClvModel	model;

		for (int j = 0; j < family->parameter_count; j++)
		{
			p[j] = between(decades);
			if (test_uniform(&state) < 0.05)
				p[j] = family->parameter[j].lower;
			if (test_uniform(&state) < 0.05)
				p[j] = 1;
			if (family->parameter[j].whole)
				p[j] = floor(test_log_uniform(&state, 1, 101));
		}
		if (family->kind == CLV_TRANSACTIONS)
		{
			o.age = test_uniform(&state) < 0.05 ? 0 : between(decades);
			o.x = test_uniform(&state) < 0.2 || o.age == 0 ? 0 : floor(test_log_uniform(&state, 1, 1e5));
			if (o.x > 0)
				o.t_x = test_uniform(&state) < 0.2 ? o.age : o.age * test_log_uniform(&state, 1e-6, 1);
			if (o.t_x == 0)
				o.x = 0;
			/* evenly spaced orders */
			o.extra = o.x > 0 ? o.x * log(o.t_x / o.x) : 0;
		}
		else if (family->kind == CLV_DISCRETE_TRANSACTIONS)
		{
			o.age = floor(test_log_uniform(&state, 0.5, 3000));
			o.t_x = test_uniform(&state) < 0.2 ? o.age : floor(o.age * test_uniform(&state));
			o.x = o.t_x > 0 ? 1 + floor((o.t_x - 1) * test_uniform(&state)) : 0;
		}
		else if (family->kind == CLV_SPEND)
		{
			o.x = floor(test_log_uniform(&state, 1, 1e5));
			o.extra = between(decades);
		}
		else
		{
			o.t_x = test_uniform(&state) < 0.2 ? 0 : floor(test_log_uniform(&state, 1, 1e4));
			o.age = test_uniform(&state) < 0.3 ? o.t_x : o.t_x + floor(test_log_uniform(&state, 1, 100));
		}
		if (clv_model_from_parameters(family, p, 1, &model, NULL) != CLV_OK || clv_observation_check(family, &o) != CLV_OK)
		{
			i--;
			continue;
		}
		if (family->kind == CLV_SPEND)
			spend(&model, o);
		else if (family->kind == CLV_RENEWALS)
			renewals(&model, o, decades, i % SLOW_EVERY < 2);
		else
			orders(&model, o, decades, i % SLOW_EVERY < 2);
	}
	is_int(bad, 0, "%s: %d random models and customers", family->name, rounds);
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	int			rounds = getenv("CLV_ROUNDS") ? atoi(getenv("CLV_ROUNDS")) : 1000;

	for (int f = 0; f < clv_family_count; f++)
	{
		bool		wanted = argc == 1;

		for (int i = 1; i < argc; i++)
			wanted = wanted || strcmp(argv[i], clv_family_table[f]->name) == 0;
		if (wanted)
			inputs(clv_family_table[f], rounds);
	}
	return done_testing();
}
