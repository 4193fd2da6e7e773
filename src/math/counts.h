/*-------------------------------------------------------------------------
 *
 * counts.h
 *	  The negative binomial distribution.
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

#endif							/* CLV_COUNTS_H */
