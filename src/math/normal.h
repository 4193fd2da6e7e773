/*-------------------------------------------------------------------------
 *
 * normal.h
 *	  Quantiles and tails for intervals and tests.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_NORMAL_H
#define CLV_NORMAL_H

/* The value below which a standard normal variable lies with probability p in (0, 1). */
extern double clv_normal_quantile(double p);

/* P(chi squared with df degrees of freedom > x); x >= 0, df > 0. */
extern double clv_chi_squared_tail(double x, double df);

#endif							/* CLV_NORMAL_H */
