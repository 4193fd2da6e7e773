/*-------------------------------------------------------------------------
 *
 * rate.h
 *	  A share of customers and how far it can be trusted.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_RATE_H
#define CLV_RATE_H

#include <stdint.h>

/* Quantile of the normal distribution that leaves 2.5 % above it. */
#define CLV_Z95 1.959963984540054

typedef struct ClvRate
{
	double		rate;
	double		lower;
	double		upper;
} ClvRate;

/*
 * successes / trials with Wilson's interval: the rates from which the
 * observed one is less than z standard errors away.  0 <= successes <=
 * trials and trials > 0.
 */
extern ClvRate clv_rate_wilson(int64_t successes, int64_t trials, double z);

#endif							/* CLV_RATE_H */
