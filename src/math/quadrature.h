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

typedef double (*ClvIntegrand) (double x, const void *context);

/* The log of a positive integrand; -infinity where it vanishes. */
typedef double (*ClvLogIntegrand) (double u, const void *context);

typedef struct ClvIntegral
{
	double		value;
	double		error;			/* estimated absolute error, usually far too large */
	int			evaluations;
	int			converged;		/* false: the bounds were not met, or f was not finite */
} ClvIntegral;

/*
 * Integral of f from a to b by adaptive Gauss-Kronrod rules, until the estimated
 * error is below relative * |value| or below absolute.  b may be INFINITY: then f
 * should change over distances of about "scale" from a (otherwise ignored), and
 * fall at least like x^-2.  The ends themselves are never evaluated.  interrupt
 * may be NULL.
 */
extern ClvIntegral clv_integrate(ClvIntegrand f, const void *context, double a, double b, double scale,
								 double relative, double absolute, ClvInterrupt interrupt);

/*
 * log of the integral over the whole real line of exp(f(u)), f with one
 * maximum, falling at least linearly on both sides.  "mode" is the place of the
 * maximum and "width" the distance over which exp(f) changes there; neither has
 * to be exact.  Every value of the integral has a finite log, whatever its size.
 */
extern double clv_log_line_integral(ClvLogIntegrand f, const void *context,
									double mode, double width);

/*
 * Gauss-Legendre rules on [0, 1] for integrands that are known to be smooth:
 * nodes and weights of 8, 12, 16 or 20 points.
 */
extern const double clv_gauss_node_8[8];
extern const double clv_gauss_weight_8[8];
extern const double clv_gauss_node_12[12];
extern const double clv_gauss_weight_12[12];
extern const double clv_gauss_node_20[20];
extern const double clv_gauss_weight_20[20];
extern const double clv_gauss_node_16[16];
extern const double clv_gauss_weight_16[16];

#endif							/* CLV_QUADRATURE_H */
