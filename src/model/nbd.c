/*-------------------------------------------------------------------------
 *
 * nbd.c
 *	  NBD: orders at a customer's own rate, for ever.
 *
 * Ehrenberg (1959), The pattern of consumer purchases, Applied Statistics
 * 8(1).  It is BG/NBD with a = 0, and is computed as that.
 *
 *-------------------------------------------------------------------------
 */
#include "model/bg.h"
#include "model/parameter.h"
#include "model/simulate.h"

#include <math.h>

#include "math/counts.h"

static const ClvBg irregular = {1, 0};

static void
without_dropout(const double *parameters, double *all)
{
	clv_bg_embed(parameters, all);
}

static double
nbd_log_likelihood(const double *parameters, const ClvObservation *observations, size_t n,
				   double *gradient, double *hessian, ClvInterrupt interrupt)
{
	double		all[4];
	double		inner_gradient[4];
	double		inner_hessian[16];
	double		value;

	without_dropout(parameters, all);
	value = clv_bg_log_likelihood(irregular, all, observations, n,
								  gradient ? inner_gradient : NULL, hessian ? inner_hessian : NULL, interrupt);
	for (int i = 0; i < 2; i++)
	{
		if (gradient)
			gradient[i] = inner_gradient[i];
		if (hessian)
		{
			hessian[i * 2] = inner_hessian[i * 4];
			hessian[i * 2 + 1] = inner_hessian[i * 4 + 1];
		}
	}
	return value;
}

static bool
nbd_start(const ClvObservation *observations, size_t n, int attempt, double *parameters)
{
	static const double factor[] = {1, 0.3, 3, 30, 0.03};
	double		r;
	double		rate;
	double		mean_age;

	if (attempt >= (int) (sizeof(factor) / sizeof(factor[0])))
		return false;
	clv_nbd_moments(observations, n, &r, &rate, &mean_age);
	parameters[0] = r * factor[attempt];
	parameters[1] = rate > 0 ? parameters[0] / rate : mean_age;
	return true;
}

static ClvFitStatus
nbd_degenerate(const ClvObservation *observations, size_t n, double *parameters)
{
	double		all[4];
	ClvFitStatus status = clv_bg_degenerate(observations, n, all);

	if (status != CLV_FIT_OK)
	{
		parameters[0] = all[0];
		parameters[1] = all[1];
	}
	return status;
}

static double
nbd_p_alive(const double *parameters, const ClvObservation *observation, double later)
{
	return 1;
}

static double
nbd_expected_orders(const double *parameters, const ClvObservation *observation, double t)
{
	return (parameters[0] + observation->x) * (t / (parameters[1] + observation->age));
}

static double
nbd_expected_orders_new(const double *parameters, double t)
{
	return parameters[0] * (t / parameters[1]);
}

static double
nbd_order_probability(const double *parameters, const ClvObservation *observation, double t, double n)
{
	return exp(clv_count_log_probability(n, parameters[0] + observation->x, t / (parameters[1] + observation->age)));
}

static double
nbd_order_probability_new(const double *parameters, double t, double n)
{
	return exp(clv_count_log_probability(n, parameters[0], t / parameters[1]));
}

static double
nbd_dert(const double *parameters, const ClvObservation *observation, double rate)
{
	return (parameters[0] + observation->x) / (parameters[1] + observation->age) / rate;
}

static void
nbd_simulate_start(const double *parameters, ClvSimulation *simulation)
{
	double		all[4];

	without_dropout(parameters, all);
	clv_bg_simulate_start(irregular, all, simulation);
}

static double
nbd_simulate_next(const double *parameters, ClvSimulation *simulation)
{
	return clv_bg_simulate_next(irregular, simulation);
}

const ClvFamily clv_family_nbd = {
	.name = "nbd",
	.title = "NBD (Ehrenberg 1959)",
	.kind = CLV_TRANSACTIONS,
	.parameter_count = 2,
	.parameter = {
		CLV_SHAPE("r", "shape of the order rates: the smaller, the more customers differ"),
		CLV_TIME("alpha", "scale of the order rates: r / alpha orders per unit of time"),
	},
	.relation = {{1, 0, 1}},
	.log_likelihood = nbd_log_likelihood,
	.start = nbd_start,
	.degenerate = nbd_degenerate,
	.p_alive = nbd_p_alive,
	.expected_orders = nbd_expected_orders,
	.expected_orders_new = nbd_expected_orders_new,
	.order_probability = nbd_order_probability,
	.order_probability_new = nbd_order_probability_new,
	.dert = nbd_dert,
	.simulate_start = nbd_simulate_start,
	.simulate_next = nbd_simulate_next,
};
