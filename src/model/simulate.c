/*-------------------------------------------------------------------------
 *
 * simulate.c
 *	  Customers drawn from a model.
 *
 *-------------------------------------------------------------------------
 */
#include "model/simulate.h"

#include <math.h>


ClvStatus
clv_simulation_start(ClvSimulation *simulation, const ClvModel *model, uint64_t seed, uint64_t customer)
{
	if (model->family->simulate_start == NULL || model->family->simulate_next == NULL)
		return CLV_NOT_DEFINED_FOR_FAMILY;
	simulation->model = model;
	simulation->rate = 0;
	simulation->dropout = 0;
	simulation->lifetime = INFINITY;
	simulation->time = 0;
	simulation->alive = true;
	/* Orders and amounts of one customer are independent: another seed for each kind. */
	clv_random_init(&simulation->random, seed + UINT64_C(0x632BE59BD9B4E019) * (uint64_t) model->family->kind,
					customer);
	model->family->simulate_start(model->parameters, simulation);
	return CLV_OK;
}

double
clv_simulation_next(ClvSimulation *simulation)
{
	return simulation->model->family->simulate_next(simulation->model->parameters, simulation);
}

/* A customer of a very high rate has more orders than anybody waits for. */
#define MOST_ORDERS 100000000

ClvStatus
clv_simulate_observation(const ClvModel *model, uint64_t seed, uint64_t customer,
						 double age, ClvObservation *observation)
{
	ClvSimulation simulation;
	ClvStatus	status;
	ClvKind		kind = model->family->kind;

	if (!(age >= 0) || isinf(age))
		return CLV_HORIZON_OUT_OF_RANGE;
	status = clv_simulation_start(&simulation, model, seed, customer);
	if (status != CLV_OK)
		return status;

	observation->x = 0;
	observation->t_x = 0;
	observation->age = age;
	observation->extra = 0;
	observation->weight = 1;

	if (kind == CLV_RENEWALS)
	{
		double		lost = clv_simulation_next(&simulation);

		age = floor(age);
		observation->age = lost <= age ? lost : age;
		observation->t_x = lost <= age ? lost - 1 : age;
	}
	else if (kind == CLV_SPEND)
	{
		/* age is the number of orders to average */
		observation->x = floor(age);
		observation->age = 0;
		for (double i = 0; i < observation->x; i++)
			observation->extra += (clv_simulation_next(&simulation) - observation->extra) / (i + 1);
	}
	else
	{
		for (int i = 0; i < MOST_ORDERS; i++)
		{
			double		time = clv_simulation_next(&simulation);

			/* Two orders at the same moment, or one at the moment of the first, are one. */
			if (!(time <= age))
				break;
			if (time <= observation->t_x)
				continue;
			observation->extra += clv_portable_log(time - observation->t_x);
			observation->t_x = time;
			observation->x++;
		}
	}
	return CLV_OK;
}
