/*-------------------------------------------------------------------------
 *
 * bgnbd.c
 *	  BG/NBD: drop-out after an order, never before the first repeat order.
 *
 *-------------------------------------------------------------------------
 */
#include "model/parameter.h"
#include "model/bg.h"
#include "model/simulate.h"

static const ClvBg bgnbd = {1, 0};

static double
bgnbd_log_likelihood(const double *parameters, const ClvObservation *observations, size_t n,
					 double *gradient, double *hessian, ClvInterrupt interrupt)
{
	return clv_bg_log_likelihood(bgnbd, parameters, observations, n, gradient, hessian, interrupt);
}

static bool
bgnbd_start(const ClvObservation *observations, size_t n, int attempt, double *parameters)
{
	return clv_bg_start(bgnbd, observations, n, attempt, parameters);
}

static double
bgnbd_p_alive(const double *parameters, const ClvObservation *observation, double later)
{
	return clv_bg_p_alive(bgnbd, parameters, observation, later);
}

static double
bgnbd_expected_orders(const double *parameters, const ClvObservation *observation, double t)
{
	return clv_bg_expected_orders(bgnbd, parameters, observation, t);
}

static double
bgnbd_orders_if_alive(const double *parameters, const ClvObservation *observation, double t)
{
	return clv_bg_orders_if_alive(bgnbd, parameters, observation, t);
}

static double
bgnbd_expected_orders_new(const double *parameters, double t)
{
	return clv_bg_expected_orders(bgnbd, parameters, &clv_new_customer, t);
}

static double
bgnbd_dert(const double *parameters, const ClvObservation *observation, double rate)
{
	return clv_bg_dert(bgnbd, parameters, observation, rate);
}

static double
bgnbd_dert_if_alive(const double *parameters, const ClvObservation *observation, double rate)
{
	return clv_bg_dert_if_alive(bgnbd, parameters, observation, rate);
}

static double
bgnbd_order_probability(const double *parameters, const ClvObservation *observation, double t, double n)
{
	return clv_bg_order_probability(bgnbd, parameters, observation, t, n);
}

static bool
bgnbd_order_probabilities(const double *parameters, const ClvObservation *observation, double t,
						  int count, double *probability)
{
	return clv_bg_order_probabilities(bgnbd, parameters, observation, t, count, probability);
}

static double
bgnbd_order_probability_new(const double *parameters, double t, double n)
{
	return clv_bg_order_probability(bgnbd, parameters, &clv_new_customer, t, n);
}

static void
bgnbd_simulate_start(const double *parameters, ClvSimulation *simulation)
{
	clv_bg_simulate_start(bgnbd, parameters, simulation);
}

static double
bgnbd_simulate_next(const double *parameters, ClvSimulation *simulation)
{
	return clv_bg_simulate_next(bgnbd, simulation);
}

const ClvFamily clv_family_bgnbd = {
	.name = "bg/nbd",
	.title = "BG/NBD (Fader, Hardie and Lee 2005)",
	.kind = CLV_TRANSACTIONS,
	.parameter_count = 4,
	.parameter = {
		CLV_SHAPE("r", "shape of the order rates: the smaller, the more customers differ"),
		CLV_TIME("alpha", "scale of the order rates: r / alpha orders per unit of time while alive"),
		CLV_DROPOUT_SHAPE("a", "shape of the drop-out probabilities: a / (a + b) on average; 0: nobody leaves"),
		CLV_SHAPE("b", "shape of the drop-out probabilities"),
	},
	.relation = {{1, 0, 1}, {2, 3, 1}},
	.log_likelihood = bgnbd_log_likelihood,
	.analytic = 2,
	.start = bgnbd_start,
	.degenerate = clv_bg_degenerate,
	.nested = &clv_family_nbd,
	.embed = clv_bg_embed,
	.p_alive = bgnbd_p_alive,
	.expected_orders = bgnbd_expected_orders,
	.orders_if_alive = bgnbd_orders_if_alive,
	.expected_orders_new = bgnbd_expected_orders_new,
	.order_probability = bgnbd_order_probability,
	.order_probabilities = bgnbd_order_probabilities,
	.order_probability_new = bgnbd_order_probability_new,
	.dert = bgnbd_dert,
	.dert_if_alive = bgnbd_dert_if_alive,
	.simulate_start = bgnbd_simulate_start,
	.simulate_next = bgnbd_simulate_next,
};
