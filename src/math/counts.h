/*-------------------------------------------------------------------------
 *
 * counts.h
 *	  The negative binomial distribution, and sums of many terms.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_COUNTS_H
#define CLV_COUNTS_H

/*
 * K events in a time tau (in units of the scale of the rate) at a rate of
 * gamma shape r:  P(K = n) = Gamma(r+n) / (Gamma(r) n!) tau^n (1+tau)^-(r+n).
 * r > 0, tau >= 0, n a whole number >= 0.
 */
extern double clv_count_log_probability(double n, double r, double tau);

/* P(K >= n), with its relative accuracy where it is small. */
extern double clv_count_tail(double n, double r, double tau);

/* The same for n, tau > 0 where P(K = n) is known, to a relative precision; n may be any number. */
extern double clv_count_tail_from(double n, double r, double tau, double exactly, double precision);

/* A sum that does not lose what is small beside it (Neumaier 1974). */
typedef struct ClvSum
{
	double		sum;
	double		rest;
} ClvSum;

static inline void
clv_sum_add(ClvSum *total, double value)
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
clv_sum_value(const ClvSum *total)
{
	return total->sum + total->rest;
}

#endif							/* CLV_COUNTS_H */
