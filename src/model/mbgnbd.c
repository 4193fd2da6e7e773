/*-------------------------------------------------------------------------
 *
 * mbgnbd.c
 *	  MBG/NBD: drop-out after any order, the first included.
 *
 *-------------------------------------------------------------------------
 */
#include "model/parameter.h"
#include "model/bg.h"
#include "model/simulate.h"

static const ClvBg mbgnbd = {1, 1};

static double
mbgnbd_log_likelihood(const double *parameters, const ClvObservation *observations, size_t n,
					  double *gradient, double *hessian, ClvInterrupt interrupt)
{
	return clv_bg_log_likelihood(mbgnbd, parameters, observations, n, gradient, hessian, interrupt);
}

static bool
mbgnbd_start(const ClvObservation *observations, size_t n, int attempt, double *parameters)
{
	return clv_bg_start(mbgnbd, observations, n, attempt, parameters);
}

static double
mbgnbd_p_alive(const double *parameters, const ClvObservation *observation, double later)
{
	return clv_bg_p_alive(mbgnbd, parameters, observation, later);
}

static double
mbgnbd_expected_orders(const double *parameters, const ClvObservation *observation, double t)
{
	return clv_bg_expected_orders(mbgnbd, parameters, observation, t);
}

static double
mbgnbd_orders_if_alive(const double *parameters, const ClvObservation *observation, double t)
{
	return clv_bg_orders_if_alive(mbgnbd, parameters, observation, t);
}

static double
mbgnbd_expected_orders_new(const double *parameters, double t)
{
	return clv_bg_expected_orders(mbgnbd, parameters, &clv_new_customer, t);
}

static double
mbgnbd_dert(const double *parameters, const ClvObservation *observation, double rate)
{
	return clv_bg_dert(mbgnbd, parameters, observation, rate);
}

static double
mbgnbd_dert_if_alive(const double *parameters, const ClvObservation *observation, double rate)
{
	return clv_bg_dert_if_alive(mbgnbd, parameters, observation, rate);
}

static double
mbgnbd_order_probability(const double *parameters, const ClvObservation *observation, double t, double n)
{
	return clv_bg_order_probability(mbgnbd, parameters, observation, t, n);
}

static bool
mbgnbd_order_probabilities(const double *parameters, const ClvObservation *observation, double t,
						   int count, double *probability)
{
	return clv_bg_order_probabilities(mbgnbd, parameters, observation, t, count, probability);
}

static double
mbgnbd_order_probability_new(const double *parameters, double t, double n)
{
	return clv_bg_order_probability(mbgnbd, parameters, &clv_new_customer, t, n);
}

static void
mbgnbd_simulate_start(const double *parameters, ClvSimulation *simulation)
{
	clv_bg_simulate_start(mbgnbd, parameters, simulation);
}

static double
mbgnbd_simulate_next(const double *parameters, ClvSimulation *simulation)
{
	return clv_bg_simulate_next(mbgnbd, simulation);
}

const ClvFamily clv_family_mbgnbd = {
	.name = "mbg/nbd",
	.title = "MBG/NBD (Batislam, Denizel and Filiztekin 2007)",
	.kind = CLV_TRANSACTIONS,
	.parameter_count = 4,
	.parameter = {
		CLV_SHAPE("r", "shape of the order rates: the smaller, the more customers differ"),
		CLV_TIME("alpha", "scale of the order rates: r / alpha orders per unit of time while alive"),
		CLV_DROPOUT_SHAPE("a", "shape of the drop-out probabilities: a / (a + b) on average; 0: nobody leaves"),
		CLV_SHAPE("b", "shape of the drop-out probabilities"),
	},
	.relation = {{1, 0, 1}, {2, 3, 1}},
	.log_likelihood = mbgnbd_log_likelihood,
	.analytic = 2,
	.start = mbgnbd_start,
	.degenerate = clv_bg_degenerate,
	.nested = &clv_family_nbd,
	.embed = clv_bg_embed,
	.p_alive = mbgnbd_p_alive,
	.expected_orders = mbgnbd_expected_orders,
	.orders_if_alive = mbgnbd_orders_if_alive,
	.expected_orders_new = mbgnbd_expected_orders_new,
	.order_probability = mbgnbd_order_probability,
	.order_probabilities = mbgnbd_order_probabilities,
	.order_probability_new = mbgnbd_order_probability_new,
	.dert = mbgnbd_dert,
	.dert_if_alive = mbgnbd_dert_if_alive,
	.simulate_start = mbgnbd_simulate_start,
	.simulate_next = mbgnbd_simulate_next,
};
