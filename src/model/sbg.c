/*-------------------------------------------------------------------------
 *
 * sbg.c
 *	  sBG: subscriptions whose chance of renewal differs between customers.
 *
 * Fader and Hardie, "How to Project Customer Retention" (2007).
 *
 *-------------------------------------------------------------------------
 */
#include "model/parameter.h"
#include "model/renewal.h"

enum
{
	ALPHA, BETA, PARAMETERS
};

static double
sbg_log_likelihood(const double *parameters, const ClvObservation *observations, size_t n,
				   double *gradient, double *hessian, ClvInterrupt interrupt)
{
	return clv_renewal_log_likelihood(parameters, PARAMETERS, observations, n, gradient, hessian, interrupt);
}

static double
sbg_survival(const double *parameters, double t)
{
	return clv_renewal_survival(parameters[ALPHA], parameters[BETA], 1, t);
}

static double
sbg_retention_rate(const double *parameters, double t)
{
	return clv_renewal_retention(parameters[ALPHA], parameters[BETA], 1, t);
}

static void
sbg_simulate_start(const double *parameters, ClvSimulation *simulation)
{
	clv_renewal_simulate_start(parameters[ALPHA], parameters[BETA], simulation);
}

static double
sbg_simulate_next(const double *parameters, ClvSimulation *simulation)
{
	return clv_renewal_simulate_next(1, simulation);
}

const ClvFamily clv_family_sbg = {
	.name = "sbg",
	.title = "sBG (Fader and Hardie 2007)",
	.kind = CLV_RENEWALS,
	.parameter_count = PARAMETERS,
	.parameter = {
		CLV_DROPOUT_SHAPE("alpha", "shape of the churn probabilities: alpha / (alpha + beta) on average; 0: nobody leaves"),
		CLV_SHAPE("beta", "shape of the churn probabilities"),
	},
	.log_likelihood = sbg_log_likelihood,
	.start = clv_renewal_start,
	.degenerate = clv_renewal_degenerate,
	.survival = sbg_survival,
	.retention_rate = sbg_retention_rate,
	.simulate_start = sbg_simulate_start,
	.simulate_next = sbg_simulate_next,
};
