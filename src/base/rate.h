/*-------------------------------------------------------------------------
 *
 * rate.h
 *	  A share of customers and how far it can be trusted.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_RATE_H
#define CLV_RATE_H

#include <stdbool.h>
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

/*
 * How much more frequent something is in one group than in another: the
 * ratio of both shares.  0 <= with <= size and size > 0 in each; the ratio is not
 * known where nobody of the other group has it, its interval also where
 * nobody of the first has.
 */
typedef struct ClvLift
{
	double		share;
	double		other_share;
	bool		ratio_known;
	double		ratio;
	bool		interval_known;
	double		lower;
	double		upper;
} ClvLift;

extern ClvLift clv_rate_lift(int64_t with, int64_t size, int64_t other_with, int64_t other_size, double z);

#endif							/* CLV_RATE_H */
