/*-------------------------------------------------------------------------
 *
 * bg_members.h
 *	  The members of one family of the process in bg.h, as a template.
 *
 * To be defined before it is included, once for each family of a file:
 *	  BG_MEMBER(name)			the name of a member of this family
 *	  BG_PROCESS(parameters)	its ClvBg
 *	  BG_SHARED(parameters)		r, alpha, a, b of its parameters
 *	  BG_LOG_LIKELIHOOD			the function for all its parameters
 *	  BG_MEMORYLESS				if k is 1: the members that do without t_x
 *
 *-------------------------------------------------------------------------
 */

static double
BG_MEMBER(log_likelihood) (const double *parameters, const ClvObservation *observations, size_t n,
						   double *gradient, double *hessian, ClvInterrupt interrupt)
{
	return BG_LOG_LIKELIHOOD(BG_PROCESS(parameters), parameters, observations, n, gradient, hessian, interrupt);
}

static bool
BG_MEMBER(start) (const ClvObservation *observations, size_t n, int attempt, double *parameters)
{
	return clv_bg_start(BG_PROCESS(parameters), observations, n, attempt, BG_SHARED(parameters));
}

static double
BG_MEMBER(p_alive) (const double *parameters, const ClvObservation *observation, double later)
{
	return clv_bg_p_alive(BG_PROCESS(parameters), BG_SHARED(parameters), observation, later);
}

static double
BG_MEMBER(expected_orders) (const double *parameters, const ClvObservation *observation, double t)
{
	return clv_bg_expected_orders(BG_PROCESS(parameters), BG_SHARED(parameters), observation, t);
}

static double
BG_MEMBER(expected_orders_new) (const double *parameters, double t)
{
	return clv_bg_expected_orders(BG_PROCESS(parameters), BG_SHARED(parameters), &clv_new_customer, t);
}

static double
BG_MEMBER(dert) (const double *parameters, const ClvObservation *observation, double rate)
{
	return clv_bg_dert(BG_PROCESS(parameters), BG_SHARED(parameters), observation, rate);
}

static double
BG_MEMBER(order_probability) (const double *parameters, const ClvObservation *observation, double t, double n)
{
	return clv_bg_order_probability(BG_PROCESS(parameters), BG_SHARED(parameters), observation, t, n);
}

static double
BG_MEMBER(order_probability_new) (const double *parameters, double t, double n)
{
	return clv_bg_order_probability(BG_PROCESS(parameters), BG_SHARED(parameters), &clv_new_customer, t, n);
}

static void
BG_MEMBER(simulate_start) (const double *parameters, ClvSimulation *simulation)
{
	clv_bg_simulate_start(BG_PROCESS(parameters), BG_SHARED(parameters), simulation);
}

static double
BG_MEMBER(simulate_next) (const double *parameters, ClvSimulation *simulation)
{
	return clv_bg_simulate_next(BG_PROCESS(parameters), simulation);
}

#ifdef BG_MEMORYLESS

static double
BG_MEMBER(orders_if_alive) (const double *parameters, const ClvObservation *observation, double t)
{
	return clv_bg_orders_if_alive(BG_PROCESS(parameters), parameters, observation, t);
}

static void
BG_MEMBER(dert_if_alive) (const double *parameters, const ClvObservation *observations, int n, double rate, double *result)
{
	clv_bg_dert_if_alive(BG_PROCESS(parameters), parameters, observations, n, rate, result);
}

static double
BG_MEMBER(age_origin) (const double *parameters)
{
	return parameters[1];
}

static bool
BG_MEMBER(order_probabilities) (const double *parameters, const ClvObservation *observation, double t,
								int count, double *probability)
{
	return clv_bg_order_probabilities(BG_PROCESS(parameters), parameters, observation, t, count, probability);
}

#endif							/* BG_MEMORYLESS */

#undef BG_MEMBER
#undef BG_PROCESS
#undef BG_SHARED
#undef BG_LOG_LIKELIHOOD
#undef BG_MEMORYLESS
