/*-------------------------------------------------------------------------
 *
 * predict.c
 *	  Every prediction of every family is finite and in its range, over the
 *	  whole domain; what theory says is monotone is so; bad arguments are refused.
 *
 * CLV_FUZZ sets the number of random customers of each family.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include <time.h>

#include "model/fit.h"
#include "model/predict.h"
#include "model/simulate.h"

static ClvRandom random_state;

static double
between(double low, double high)
{
	return exp(log(low) + (log(high) - log(low)) * clv_random_uniform(&random_state));
}

static double
any_parameter(const ClvParameter *parameter)
{
	double		choice = clv_random_uniform(&random_state);
	double		value;

	if (parameter->whole)
		return floor(between(1, 13));
	if (choice < 0.02)
		value = 1;
	else if (choice < 0.04)
		value = parameter->lower;
	else if (choice < 0.06)
		value = parameter->upper;
	else if (choice < 0.1)
		value = between(1e-100, 1e100);
	else if (choice < 0.5)
		value = between(1e-6, 1e6);
	else
		value = between(0.02, 50);
	return fmin(fmax(value, parameter->lower), parameter->upper);
}

static ClvObservation
any_customer(const ClvFamily *family)
{
	ClvObservation o = {.weight = 1};
	double		choice = clv_random_uniform(&random_state);

	if (family->kind == CLV_DISCRETE_TRANSACTIONS)
	{
		o.age = floor(between(1, 300));
		o.t_x = floor(clv_random_uniform(&random_state) * (o.age + 1));
		o.x = o.t_x > 0 ? fmax(1, floor(clv_random_uniform(&random_state) * (o.t_x + 1))) : 0;
		return o;
	}
	o.age = choice < 0.05 ? 0 : choice < 0.1 ? between(1e-9, 1e12) : between(0.1, 5000);
	o.x = clv_random_uniform(&random_state) < 0.3 || o.age == 0 ? 0 :
		floor(clv_random_uniform(&random_state) < 0.1 ? between(1, 1e5) : between(1, 100));
	if (o.x > 0)
	{
		choice = clv_random_uniform(&random_state);
		o.t_x = choice < 0.2 ? o.age : choice < 0.3 ? o.age * 1e-9 : o.age * clv_random_uniform(&random_state);
		o.extra = o.x * log(o.t_x / o.x);
	}
	return o;
}

static int	printed = 0;

static bool
good(const ClvModel *model, const ClvObservation *o, const char *what, ClvStatus status, double value, double lower, double upper)
{
	if (status == CLV_OK && value >= lower && value <= upper)
		return true;
	if (printed++ < 10)
	{
		char		text[512] = "";

		for (int i = 0; i < model->family->parameter_count; i++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), " %.17g", model->parameters[i]);
		diag("%s(%s): %s is %.17g, status %d, for x %.17g, t_x %.17g, age %.17g", model->family->name, text, what, value,
			 (int) status, o->x, o->t_x, o->age);
	}
	return false;
}

#define LARGE 1.7976931348623157e308

/* Slack for what rounding may turn around. */
#define NOT_ABOVE(a, b) ((a) <= (b) * (1 + 1e-9) + 1e-13)

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec * 1e-9;
}

static void
sweep(const ClvFamily *family, int n)
{
	int			bad = 0;
	int			turned = 0;
	double		slowest = 0;

	printed = 0;
	for (int trial = 0; trial < n; trial++)
	{
		double		parameters[CLV_MAX_PARAMETERS];
		ClvModel	model;
		ClvObservation o = any_customer(family);
		ClvObservation silent;
		bool		discrete = family->kind == CLV_DISCRETE_TRANSACTIONS;
		double		t = clv_random_uniform(&random_state) < 0.1 ? between(1e-6, 1e9) : between(1, 2000);
		double		rate = between(1e-6, 0.1);
		double		n_orders = floor(between(1, 200)) - 1;
		double		alive = -1,
					later = -1,
					orders = -1,
					half = -1,
					dert = -1,
					value = -1;
		double		begin;
		ClvStatus	status;

		for (int i = 0; i < family->parameter_count; i++)
			parameters[i] = any_parameter(&family->parameter[i]);
		if (discrete)
			t = floor(fmin(t, 5000));
		if (clv_model_from_parameters(family, parameters, 0, &model, NULL) != CLV_OK)
			continue;

		begin = seconds();
		status = clv_model_log_likelihood(&model, &o, &value);
		bad += !good(&model, &o, "log-likelihood", status, value, -LARGE, LARGE);
		status = clv_model_p_alive(&model, &o, 0, &alive);
		bad += !good(&model, &o, "P(alive)", status, alive, 0, 1);
		status = clv_model_p_alive(&model, &o, t, &later);
		bad += !good(&model, &o, "P(alive later)", status, later, 0, 1);
		status = clv_model_expected_orders(&model, &o, 0, t, &orders);
		bad += !good(&model, &o, "orders", status, orders, 0, LARGE);
		status = clv_model_expected_orders(&model, &o, 0, discrete ? floor(t / 2) : t / 2, &half);
		bad += !good(&model, &o, "orders in half the time", status, half, 0, LARGE);
		status = clv_model_dert(&model, &o, rate, INFINITY, &dert, NULL);
		bad += !good(&model, &o, "dert", status, dert, 0, LARGE);
		status = clv_model_order_probability(&model, &o, t, n_orders, &value);
		bad += !good(&model, &o, "probability of a number of orders", status, value, 0, 1);
		status = clv_model_order_probability_new(&model, t, n_orders, &value);
		bad += !good(&model, &o, "probability for a new customer", status, value, 0, 1);
		status = clv_model_expected_orders_new(&model, t, &value);
		bad += !good(&model, &o, "orders of a new customer", status, value, 0, LARGE);
		begin = seconds() - begin;
		slowest = fmax(slowest, begin);
		if (begin > 0.02 && printed++ < 10)
		{
			diag("%s takes %.0f ms:", family->name, begin * 1e3);
			good(&model, &o, "time", CLV_OK, begin, 0, 0);
		}

		/* Who is silent for longer is less likely alive; more time brings more orders. */
		silent = o;
		silent.age = o.age + t;
		status = clv_model_p_alive(&model, &silent, 0, &value);
		if (silent.age > o.age && !NOT_ABOVE(value, alive))
		{
			good(&model, &o, "P(alive) after silence", CLV_RATE_OUT_OF_RANGE, value - alive, 0, 0);
			turned++;
		}
		if (!NOT_ABOVE(half, orders) || !NOT_ABOVE(later, alive))
		{
			good(&model, &o, "less in more time", CLV_RATE_OUT_OF_RANGE, orders - half, 0, 0);
			turned++;
		}
	}
	ok(bad == 0, "%s: %d random customers, every prediction finite and in range (slowest set %.1f ms)", family->name, n, slowest * 1e3);
	ok(turned == 0, "%s: P(alive) falls with silence, orders grow with time", family->name);
}

static void
spend_sweep(int n)
{
	int			bad = 0;

	printed = 0;
	for (int trial = 0; trial < n; trial++)
	{
		const ClvFamily *family = &clv_family_gamma_gamma;
		double		parameters[3];
		ClvModel	model;
		ClvObservation o = {.weight = 1};
		double		value = -1;
		double		weight = -1;
		ClvStatus	status;

		for (int i = 0; i < 3; i++)
			parameters[i] = any_parameter(&family->parameter[i]);
		clv_model_from_parameters(family, parameters, 0, &model, NULL);
		o.x = floor(between(1, 1e5));
		o.extra = clv_random_uniform(&random_state) < 0.1 ? between(1e-30, 1e30) : between(0.01, 1e6);
		status = clv_model_log_likelihood(&model, &o, &value);
		bad += !good(&model, &o, "log-likelihood", status, value, -LARGE, LARGE);
		status = clv_model_expected_spend(&model, &o, &value, &weight);
		if (status == CLV_SPEND_HAS_NO_MEAN && parameters[1] <= 1)
			continue;
		bad += !good(&model, &o, "expected spend", status, value, 0, LARGE);
		bad += !good(&model, &o, "weight", status, weight, 0, 1);
	}
	ok(bad == 0, "gamma-gamma: %d random customers, every prediction finite and in range", n);
}

/* The first opportunity by which an order is that likely, against trying one after the other. */
static void
next_opportunity(void)
{
	static const double parameters[] = {1.2, 0.75, 0.66, 2.78};
	ClvObservation o = {3, 9, 11, 0, 1};
	ClvModel	model;
	int			failures = 0;

	clv_model_from_parameters(clv_family_by_name("bg/bb"), parameters, 1, &model, NULL);
	for (double probability = 0.3; probability < 0.8; probability += 0.01)
	{
		double		found;
		double		none = 1;
		double		t = 0;

		while (t < 1000 && 1 - none < probability)
			clv_model_order_probability(&model, &o, ++t, 0, &none);
		failures += clv_model_next_order(&model, &o, probability, &found) != CLV_OK || (t < 1000 ? found != t : found <= t);
	}
	is_int(failures, 0, "bg/bb: the next order is expected when trying every opportunity says so");
}

static void
refusals(void)
{
	static const double p[] = {0.243, 4.414, 0.793, 2.426};
	static const double q[] = {6.25, 3.74, 15.44};
	static const double bad[] = {0.243, NAN, 0.793, 2.426};
	ClvModel	model;
	ClvModel	spend;
	ClvObservation o = {2, 30, 38, 0, 1};
	double		value;
	int			which = -1;

	ok(clv_model_from_parameters(&clv_family_bgnbd, bad, 0, &model, &which) == CLV_PARAMETER_OUT_OF_RANGE && which == 1,
	   "a parameter that is NaN is refused and named");
	clv_model_from_parameters(&clv_family_bgnbd, p, 7, &model, NULL);
	clv_model_from_parameters(&clv_family_gamma_gamma, q, 0, &spend, NULL);
	ok(clv_model_p_alive(&model, &o, -1, &value) == CLV_HORIZON_OUT_OF_RANGE, "a negative time is refused");
	ok(clv_model_p_alive(&model, &o, NAN, &value) == CLV_HORIZON_OUT_OF_RANGE, "a time that is NaN is refused");
	ok(clv_model_expected_orders(&model, &o, 0, INFINITY, &value) == CLV_HORIZON_OUT_OF_RANGE, "an endless horizon is refused");
	ok(clv_model_expected_orders(&model, &o, 5, 4, &value) == CLV_HORIZON_OUT_OF_RANGE, "a horizon that ends before it begins is refused");
	ok(clv_model_dert(&model, &o, 0, INFINITY, &value, NULL) == CLV_RATE_OUT_OF_RANGE, "an endless horizon without discount is refused");
	ok(clv_model_dert(&model, &o, -0.1, 10, &value, NULL) == CLV_RATE_OUT_OF_RANGE, "a negative rate is refused");
	ok(clv_model_dert(&model, &o, NAN, 10, &value, NULL) == CLV_RATE_OUT_OF_RANGE, "a rate that is NaN is refused");
	ok(clv_model_dert(&model, &o, 0, 10, &value, NULL) == CLV_OK, "rate 0 with a horizon is allowed");
	ok(clv_model_order_probability(&model, &o, 10, 1.5, &value) == CLV_COUNT_OUT_OF_RANGE, "one and a half orders are refused");
	ok(clv_model_order_probability(&model, &o, 10, -1, &value) == CLV_COUNT_OUT_OF_RANGE, "minus one order is refused");
	ok(clv_model_next_order(&model, &o, 1, &value) == CLV_LEVEL_OUT_OF_RANGE, "certainty of an order is refused");
	ok(clv_model_next_order(&model, &o, 0.9, &value) == CLV_OK && isinf(value), "an order that never becomes that likely");
	next_opportunity();
	o.t_x = 39;
	ok(clv_model_p_alive(&model, &o, 0, &value) == CLV_OBSERVATION_OUT_OF_RANGE, "an order after the end is refused");
	o.t_x = 30;
	ok(clv_model_p_alive(&spend, &o, 0, &value) == CLV_NOT_DEFINED_FOR_FAMILY, "P(alive) of a spend model is refused");
	ok(clv_model_expected_spend(&model, &o, &value, NULL) == CLV_NOT_DEFINED_FOR_FAMILY, "spend of an order model is refused");
	ok(clv_model_survival(&model, 3, &value) == CLV_NOT_DEFINED_FOR_FAMILY, "survival of an order model is refused");
	clv_model_rescale(&model, 7);
	close_rel(model.parameters[1], 4.414 / 7, 1e-15, "weeks as units of seven weeks: alpha");
	close_rel(model.unit_days, 49, 1e-15, "weeks as units of seven weeks: days");
}

static ClvModel
model_of(const ClvFamily *family, const double *parameters)
{
	ClvModel	model;

	if (clv_model_from_parameters(family, parameters, 1, &model, NULL) != CLV_OK)
		ok(false, "%s: the parameters are refused", family->name);
	return model;
}

/* The ends of the domain, where a quotient or a product has no double. */
static void
edges(void)
{
	static const double lasting[] = {7, 0.0897276, 5e-324, 9.28383};
	static const double regular[] = {16, 515.393, 1.51695e-56, 1e-308, 5.05174e+80};
	static const double tiny[] = {8, 3.12445e-75, 2.32349e-57, 31.1087, 2.62946};
	static const double panel[] = {0.553, 10.578, 0.606, 11.669};
	static const double amounts[] = {0.0672859, 0.5, 425.965};
	ClvObservation o = {0, 0, 7, 0, 1};
	ClvModel	model = model_of(&clv_family_bgnbd, lasting);
	double		value = -1;
	double		other = -1;

	ok(clv_model_expected_orders_new(&model, 4.5, &value) == CLV_OK, "the smallest drop-out");
	close_rel(value, 7 * 4.5 / 0.0897276, 1e-14, "is none");
	ok(clv_model_dert(&model, &o, 0.1, INFINITY, &value, NULL) == CLV_OK, "the smallest drop-out, discounted");
	close_rel(value, 7 / (0.0897276 + 7) / 0.1, 1e-12, "is none");
	ok(clv_model_dert(&model, &o, 1.7976931348623157e308, 33, &value, NULL) == CLV_OK && value >= 0 && value < 1e-300,
	   "an endless rate leaves nothing");
	model = model_of(&clv_family_bgcnbd, regular);
	ok(clv_model_dert(&model, &o, 2.47735, 504.784, &value, NULL) == CLV_OK && isfinite(value), "regular buyers who hardly leave");
	model = model_of(&clv_family_bgcnbd, tiny);
	ok(clv_model_dert(&model, &o, 28.4088, 6.18316, &value, NULL) == CLV_OK && value < 1e-10, "hardly anybody buys");
	model = model_of(&clv_family_pareto_nbd, panel);
	clv_model_dert(&model, &o, 1e3, 10, &value, NULL);
	clv_model_dert(&model, &o, 1e3, INFINITY, &other, NULL);
	close_rel(value, other, 1e-9, "a horizon beyond which nothing is left");
	clv_model_next_order(&model, &o, 1e-50, &value);
	clv_model_next_order(&model, &o, 1e-12, &other);
	ok(value > 0 && value == other, "chances below 1e-12 count as that");
	model = model_of(&clv_family_gamma_gamma, amounts);
	o = (ClvObservation) {1, 0, 0, 5e-324, 1};
	clv_model_log_likelihood(&model, &o, &value);
	close_rel(value, lgamma(0.5672859) - lgamma(0.0672859) - lgamma(0.5) + (0.0672859 - 1) * log(5e-324) - 0.0672859 * log(425.965),
			  1e-12, "the smallest amount");
	o.extra = 1e100;
	ok(clv_model_log_likelihood(&model, &o, &value) == CLV_OK && isfinite(value), "the largest amount");
	o.extra = 1.01e100;
	ok(clv_model_log_likelihood(&model, &o, &value) == CLV_OBSERVATION_OUT_OF_RANGE, "and a larger one");
	model = model_of(&clv_family_bgcnbd, regular);
	o = (ClvObservation) {2, 3, 7, -2001, 1};
	ok(clv_model_p_alive(&model, &o, 0, &value) == CLV_OBSERVATION_OUT_OF_RANGE, "two gaps have no such logarithms");
}

static ClvStatus
alive_prediction(const ClvModel *model, void *context, double *result)
{
	return clv_model_p_alive(model, context, 0, result);
}

static ClvStatus
orders_prediction(const ClvModel *model, void *context, double *result)
{
	return clv_model_expected_orders(model, context, 0, 39, result);
}

/* The delta method against its own definition, on the model of nbd, where it is known. */
static void
intervals(void)
{
	ClvModel	model;
	ClvObservation o = {2, 30, 38, 0, 1};
	static const double p[] = {0.384766, 12.07202};
	double		estimate,
				error,
				lower,
				upper;
	double		by_r = 39 / (12.07202 + 38);
	double		by_alpha = -39 * (0.384766 + 2) / ((12.07202 + 38) * (12.07202 + 38));
	double		want;

	clv_model_from_parameters(&clv_family_nbd, p, 0, &model, NULL);
	ok(clv_model_prediction_interval(&model, orders_prediction, &o, CLV_RANGE_POSITIVE, 0.95, &estimate, &error, &lower, &upper) ==
	   CLV_NO_COVARIANCE, "a model written by hand has no intervals");
	model.has_covariance = true;
	model.covariance[0][0] = 0.00044;
	model.covariance[1][1] = 0.654;
	model.covariance[0][1] = model.covariance[1][0] = 0.0137;
	want = sqrt(by_r * by_r * 0.00044 + 2 * by_r * by_alpha * 0.0137 + by_alpha * by_alpha * 0.654);
	clv_model_prediction_interval(&model, orders_prediction, &o, CLV_RANGE_POSITIVE, 0.95, &estimate, &error, &lower, &upper);
	close_rel(error, want, 1e-7, "standard error of expected orders");
	close_rel(upper / estimate, exp(1.9599639845400545 * want / estimate), 1e-7, "upper end of its interval");
	close_rel(lower * upper, estimate * estimate, 1e-12, "its ends lie evenly on the scale of the logarithm");
	clv_model_prediction_interval(&model, alive_prediction, &o, CLV_RANGE_PROBABILITY, 0.95, &estimate, &error, &lower, &upper);
	ok(estimate == 1 && lower == 1 && upper == 1, "a certainty has an interval of no width");
}

int
main(void)
{
	const char *count = getenv("CLV_FUZZ");
	int			n = count ? atoi(count) : 2000;

	clv_random_init(&random_state, 271828, n);
	for (int i = 0; i < clv_family_count; i++)
	{
		ClvKind		kind = clv_family_table[i]->kind;

		if (kind == CLV_TRANSACTIONS || kind == CLV_DISCRETE_TRANSACTIONS)
			sweep(clv_family_table[i], n);
	}
	spend_sweep(n);
	refusals();
	edges();
	intervals();
	return done_testing();
}
