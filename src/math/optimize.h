/*-------------------------------------------------------------------------
 *
 * optimize.h
 *	  The minimum of a smooth function of a few bounded variables.
 *
 * Newton's method with the exact step of a trust region (Conn, Gould and
 * Toint 2000, chapter 7), on the variables that are not held at a bound: it
 * leaves saddle points, converges quadratically, and ends at full precision
 * because the last steps are judged by the gradient, not by differences of
 * the function that rounding has eaten.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_OPTIMIZE_H
#define CLV_OPTIMIZE_H

#include <stdbool.h>
#include <stdint.h>

#include "math/linalg.h"
#include "math/status.h"

#define CLV_OPTIMIZE_MAX CLV_LINALG_MAX

/*
 * Value at theta; fills gradient (n) and hessian (n by n) if they are not NULL.
 * A value that is not finite makes the search step back.
 */
typedef double (*ClvObjective) (void *context, const double *theta, double *gradient, double *hessian);

typedef enum ClvSearchEnd
{
	CLV_SEARCH_CONVERGED,		/* the Newton step on the free variables has vanished */
	CLV_SEARCH_FLAT,			/* no step promises a change beyond rounding, yet the step is not small */
	CLV_SEARCH_EXHAUSTED		/* out of iterations, or not finite at the start */
} ClvSearchEnd;

typedef struct ClvOptimum
{
	ClvSearchEnd end;
	double		value;
	double		gradient[CLV_OPTIMIZE_MAX];
	double		hessian[CLV_OPTIMIZE_MAX * CLV_OPTIMIZE_MAX];
	uint32_t	at_bound;		/* bit i: variable i is held at a bound */
	int			iterations;
	double		gradient_norm;	/* largest of the free variables */
	double		step;			/* largest component of the last Newton step */
} ClvOptimum;

/*
 * Start at theta, end at theta.  Variables are expected to be of order one,
 * as logarithms are.  tolerance is on the step.
 */
extern void clv_optimize(int n, ClvObjective objective, void *context,
						 const double *lower, const double *upper, double *theta,
						 int max_iterations, double tolerance,
						 ClvOptimum *optimum, ClvInterrupt interrupt);

#endif							/* CLV_OPTIMIZE_H */
