/*-------------------------------------------------------------------------
 *
 * neumaier.h
 *	  A sum that does not lose what is small beside it (Neumaier 1974).
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_NEUMAIER_H
#define CLV_NEUMAIER_H

/* Starts as {0}. */
typedef struct ClvNeumaier
{
	double		sum;
	double		rest;
} ClvNeumaier;

static inline void
clv_neumaier_add(ClvNeumaier *total, double value)
{
	double		sum = total->sum + value;
	double		large = total->sum < 0 ? -total->sum : total->sum;
	double		added = value < 0 ? -value : value;

	if (large >= added)
		total->rest += (total->sum - sum) + value;
	else
		total->rest += (value - sum) + total->sum;
	total->sum = sum;
}

static inline double
clv_neumaier_value(const ClvNeumaier *total)
{
	return total->sum + total->rest;
}

#endif							/* CLV_NEUMAIER_H */
