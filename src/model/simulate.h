/*-------------------------------------------------------------------------
 *
 * simulate.h
 *	  Customers drawn from a model.
 *
 * Every customer has a stream of its own, made of the seed and the customer's
 * number: which customers are drawn, in what order and by how many workers does
 * not matter.  The same seed gives the same customers on every machine (see
 * math/random.h).
 *
 *		clv_simulation_start(&sim, model, seed, customer);
 *		while ((t = clv_simulation_next(&sim)) <= until)
 *			... a repeat order at time t after the first order ...
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_SIMULATE_H
#define CLV_SIMULATE_H

#include "model/family.h"

struct ClvSimulation
{
	const ClvModel *model;
	ClvRandom	random;
	double		rate;			/* latent: orders per unit of time, or per opportunity; spend: rate of the amount */
	double		dropout;		/* latent: probability of leaving after an order, or per opportunity */
	double		lifetime;		/* latent: when the customer leaves, where that is drawn first */
	double		time;			/* of the last order */
	bool		alive;
};

/*
 * Begin with a customer.  The model must outlive the simulation.  Different
 * models (orders, spend) of the same customer draw from different streams.
 * CLV_NOT_DEFINED_FOR_FAMILY if the family cannot be simulated.
 */
extern ClvStatus clv_simulation_start(ClvSimulation *simulation, const ClvModel *model,
									  uint64_t seed, uint64_t customer);

/*
 * Transactions: time of the next repeat order, counted from the first order,
 * INFINITY when there is none (and from then on).  Discrete: the number of the
 * next opportunity that is used.  Spend: the amount of the next order.
 * Renewals: the first period that is not renewed into, INFINITY afterwards.
 */
extern double clv_simulation_next(ClvSimulation *simulation);

/* What a fit would see of the customer at `age`; draws as many orders as needed. */
extern ClvStatus clv_simulate_observation(const ClvModel *model, uint64_t seed, uint64_t customer,
										  double age, ClvObservation *observation);

#endif							/* CLV_SIMULATE_H */
