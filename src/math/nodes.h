/*-------------------------------------------------------------------------
 *
 * nodes.h
 *	  Points and weights for means over gamma and beta distributions.
 *
 * The trapezoidal rule in v, where the variable is exp or logistic of
 * center + width sinh(v): it converges exponentially for every function that
 * is analytic near the positive reals (Takahasi and Mori 1974), whatever the
 * shape, and a mean of a mean takes nothing but a product of two sets.
 * Measured against arbitrary precision, means of the functions used in this
 * project are right to about 1e-13.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_NODES_H
#define CLV_NODES_H

#define CLV_MOST_NODES 4096

/* Weights sum to 1. */
typedef struct ClvNodes
{
	int			n;
	double		at[CLV_MOST_NODES];
	double		weight[CLV_MOST_NODES];
} ClvNodes;

/*
 * Gamma(shape, 1), shape > 0.  reach: the degree of a polynomial factor of the
 * function, or 0; from: the smallest value at which the function bends (0 if
 * it does so nowhere below the bulk of the distribution).
 */
extern void clv_gamma_nodes(double shape, double reach, double from, ClvNodes *nodes);

/*
 * Beta(a, b), a, b > 0.  from > 0: the smallest p at which the function bends;
 * above it, it may fall like 1 / p.
 */
extern void clv_beta_nodes(double a, double b, double from, ClvNodes *nodes);

#endif							/* CLV_NODES_H */
