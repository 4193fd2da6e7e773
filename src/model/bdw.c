/*-------------------------------------------------------------------------
 *
 * bdw.c
 *	  BdW: subscriptions whose chance of renewal also changes with time.
 *
 * Fader, Hardie, Liu, Davin and Steenburgh, "How to Project Customer Retention
 * Revisited: The Role of Duration Dependence" (2018).
 *
 *-------------------------------------------------------------------------
 */
#include "model/parameter.h"
#include "model/renewal.h"

enum
{
	ALPHA, BETA, C, PARAMETERS
};

static double
bdw_log_likelihood(const double *parameters, const ClvObservation *observations, size_t n,
				   double *gradient, double *hessian, ClvInterrupt interrupt)
{
	return clv_renewal_log_likelihood(parameters, PARAMETERS, observations, n, gradient, hessian, interrupt);
}

static double
bdw_survival(const double *parameters, double t)
{
	return clv_renewal_survival(parameters[ALPHA], parameters[BETA], parameters[C], t);
}

static double
bdw_retention_rate(const double *parameters, double t)
{
	return clv_renewal_retention(parameters[ALPHA], parameters[BETA], parameters[C], t);
}

/* Every start of the sBG with the clock of time, then with a slower and a faster one. */
static bool
bdw_start(const ClvObservation *observations, size_t n, int attempt, double *parameters)
{
	static const double c[] = {1, 0.6, 1.6};

	parameters[C] = c[attempt % 3];
	return clv_renewal_start(observations, n, attempt / 3, parameters);
}

static ClvFitStatus
bdw_degenerate(const ClvObservation *observations, size_t n, double *parameters)
{
	parameters[C] = 1;
	return clv_renewal_degenerate(observations, n, parameters);
}

static void
bdw_simulate_start(const double *parameters, ClvSimulation *simulation)
{
	clv_renewal_simulate_start(parameters[ALPHA], parameters[BETA], simulation);
}

static double
bdw_simulate_next(const double *parameters, ClvSimulation *simulation)
{
	return clv_renewal_simulate_next(parameters[C], simulation);
}

const ClvFamily clv_family_bdw = {
	.name = "bdw",
	.title = "BdW (Fader, Hardie, Liu, Davin and Steenburgh 2018)",
	.kind = CLV_RENEWALS,
	.parameter_count = PARAMETERS,
	.parameter = {
		CLV_DROPOUT_SHAPE("alpha", "shape of the churn probabilities; 0: nobody leaves"),
		CLV_SHAPE("beta", "shape of the churn probabilities"),
		CLV_SHAPE("c", "c > 1: churn of a customer grows with time, c < 1: it falls, 1 is sBG"),
	},
	.log_likelihood = bdw_log_likelihood,
	.start = bdw_start,
	.degenerate = bdw_degenerate,
	.survival = bdw_survival,
	.retention_rate = bdw_retention_rate,
	.simulate_start = bdw_simulate_start,
	.simulate_next = bdw_simulate_next,
};
