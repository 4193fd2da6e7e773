/*-------------------------------------------------------------------------
 *
 * bg_simulate.c
 *	  Customers drawn from the model.
 *
 *-------------------------------------------------------------------------
 */
#include "model/bg.h"

#include <math.h>

#include "model/simulate.h"

void
clv_bg_simulate_start(ClvBg bg, const double *parameters, ClvSimulation *simulation)
{
	/* log rate first: a tiny shape would underflow */
	double		log_rate = clv_random_log_gamma(&simulation->random, parameters[0]) - clv_portable_log(parameters[1]);

	simulation->rate = clv_portable_exp(log_rate);
	simulation->dropout = clv_random_beta(&simulation->random, parameters[2], parameters[3]);
	simulation->time = 0;
	simulation->alive = simulation->rate > 0 &&
		!(bg.first_drop > 0 && clv_random_uniform(&simulation->random) < simulation->dropout);
}

double
clv_bg_simulate_next(ClvBg bg, ClvSimulation *simulation)
{
	double		gap = 0;

	if (!simulation->alive)
		return INFINITY;
	for (double j = 0; j < bg.k; j++)
		gap += clv_random_exponential(&simulation->random);
	simulation->time += gap / simulation->rate;
	simulation->alive = clv_random_uniform(&simulation->random) >= simulation->dropout;
	return simulation->time;
}
