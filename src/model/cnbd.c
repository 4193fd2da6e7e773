/*-------------------------------------------------------------------------
 *
 * cnbd.c
 *	  BG/CNBD-k and MBG/CNBD-k: regular buyers, with Erlang-k gaps.
 *
 * Reutterer, Platzer and Schroeder (2021), Leveraging purchase regularity for
 * predicting customer behavior the easy way, IJRM 38(1).  The process is that
 * of bg.h, computed in bg_*.c; here k is a parameter, the first one.
 * Expectations are exact sums over the phases of the present gap, where the
 * paper and its package approximate.
 *
 *-------------------------------------------------------------------------
 */
#include "model/bg.h"

#include <math.h>

#include "model/parameter.h"
#include "model/simulate.h"

/* Derivatives by k stay 0. */
static double
log_likelihood(ClvBg bg, const double *parameters, const ClvObservation *observations, size_t n,
			   double *gradient, double *hessian, ClvInterrupt interrupt)
{
	double		inner[16];
	double		value = clv_bg_log_likelihood(bg, parameters + 1, observations, n,
											  gradient ? gradient + 1 : NULL, hessian ? inner : NULL, interrupt);

	if (gradient)
		gradient[0] = 0;
	if (hessian)
	{
		for (int i = 0; i < 5; i++)
		{
			for (int j = 0; j < 5; j++)
				hessian[i * 5 + j] = i == 0 || j == 0 ? 0 : inner[(i - 1) * 4 + j - 1];
		}
	}
	return value;
}

/* The logarithms of x times, of which there are some between 1e-324 and 1e308. */
static ClvStatus
check_observation(const ClvObservation *observation)
{
	return fabs(observation->extra) <= 1000 * observation->x ? CLV_OK : CLV_OBSERVATION_OUT_OF_RANGE;
}

static void
embed(const double *nested, double *parameters)
{
	parameters[0] = nested[0];
	clv_bg_embed(nested + 1, parameters + 1);
}

static ClvFitStatus
degenerate(const ClvObservation *observations, size_t n, double *parameters)
{
	ClvFitStatus status = clv_bg_degenerate(observations, n, parameters + 1);

	if (status != CLV_FIT_OK)
		parameters[0] = 1;
	return status;
}

/*
 * Regular buyers who never leave: not a family of its own, but what a fit of
 * one with drop-out falls back to.
 */
static double
lasting_log_likelihood(const double *parameters, const ClvObservation *observations, size_t n,
					   double *gradient, double *hessian, ClvInterrupt interrupt)
{
	ClvBg		bg = {parameters[0], 0};
	double		all[5];
	double		inner_gradient[5];
	double		inner_hessian[25];
	double		value;

	embed(parameters, all);
	value = log_likelihood(bg, all, observations, n, gradient ? inner_gradient : NULL,
						   hessian ? inner_hessian : NULL, interrupt);
	for (int i = 0; i < 3; i++)
	{
		if (gradient)
			gradient[i] = inner_gradient[i];
		for (int j = 0; j < 3 && hessian; j++)
			hessian[i * 3 + j] = inner_hessian[i * 5 + j];
	}
	return value;
}

static bool
lasting_start(const ClvObservation *observations, size_t n, int attempt, double *parameters)
{
	double		rates[2];

	if (!clv_family_nbd.start(observations, n, attempt, rates))
		return false;
	/* an order in k steps */
	parameters[1] = rates[0];
	parameters[2] = rates[1] / parameters[0];
	return true;
}

#define CNBD_ORDERS \
		CLV_REGULARITY("k", "regularity: gaps are the sum of k exponential ones; 1 is irregular"), \
		CLV_SHAPE("r", "shape of the rates: the smaller, the more customers differ"), \
		CLV_TIME("alpha", "scale of the rates: r / (k alpha) orders per unit of time while alive")

static const ClvFamily lasting = {
	.name = "cnbd-k",
	.title = "CNBD-k",
	.kind = CLV_TRANSACTIONS,
	.parameter_count = 3,
	.parameter = {CNBD_ORDERS},
	.relation = {{2, 1, 1}},
	.log_likelihood = lasting_log_likelihood,
	.start = lasting_start,
};

#define BG_MEMBER(name) bgcnbd_##name
#define BG_PROCESS(parameters) ((ClvBg) {(parameters)[0], 0})
#define BG_SHARED(parameters) ((parameters) + 1)
#define BG_LOG_LIKELIHOOD log_likelihood
#include "model/bg_members.h"

#define BG_MEMBER(name) mbgcnbd_##name
#define BG_PROCESS(parameters) ((ClvBg) {(parameters)[0], 1})
#define BG_SHARED(parameters) ((parameters) + 1)
#define BG_LOG_LIKELIHOOD log_likelihood
#include "model/bg_members.h"

#define CNBD_FAMILY(NAME) \
	.kind = CLV_TRANSACTIONS, \
	.check_observation = check_observation, \
	.parameter_count = 5, \
	.parameter = { \
		CNBD_ORDERS, \
		CLV_DROPOUT_SHAPE("a", "shape of the drop-out probabilities: a / (a + b) on average; 0: nobody leaves"), \
		CLV_SHAPE("b", "shape of the drop-out probabilities"), \
	}, \
	.relation = {{2, 1, 1}, {3, 4, 1}}, \
	.log_likelihood = NAME##_log_likelihood, \
	.start = NAME##_start, \
	.degenerate = degenerate, \
	.nested = &lasting, \
	.embed = embed, \
	.p_alive = NAME##_p_alive, \
	.expected_orders = NAME##_expected_orders, \
	.expected_orders_new = NAME##_expected_orders_new, \
	.order_probability = NAME##_order_probability, \
	.order_probability_new = NAME##_order_probability_new, \
	.dert = NAME##_dert, \
	.simulate_start = NAME##_simulate_start, \
	.simulate_next = NAME##_simulate_next,

const ClvFamily clv_family_bgcnbd = {
	.name = "bg/cnbd-k",
	.title = "BG/CNBD-k (Reutterer, Platzer and Schroeder 2021)",
	CNBD_FAMILY(bgcnbd)
};

const ClvFamily clv_family_mbgcnbd = {
	.name = "mbg/cnbd-k",
	.title = "MBG/CNBD-k (Reutterer, Platzer and Schroeder 2021)",
	CNBD_FAMILY(mbgcnbd)
};
