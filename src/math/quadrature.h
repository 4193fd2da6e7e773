/*-------------------------------------------------------------------------
 *
 * quadrature.h
 *	  Numerical integration without allocation.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_QUADRATURE_H
#define CLV_QUADRATURE_H

#include "math/status.h"

/* The log of a positive integrand; -infinity where it vanishes. */
typedef double (*ClvLogIntegrand) (double u, const void *context);

/*
 * log of the integral over the whole real line of exp(f(u)), f with one
 * maximum, falling at least linearly on both sides.  "mode" is the place of the
 * maximum and "width" the distance over which exp(f) changes there; neither has
 * to be exact.  Every value of the integral has a finite log, whatever its size.
 */
extern double clv_log_line_integral(ClvLogIntegrand f, const void *context,
									double mode, double width);

#endif							/* CLV_QUADRATURE_H */
