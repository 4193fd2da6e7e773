/*-------------------------------------------------------------------------
 *
 * confluent.c
 *	  exp(x) Gamma(1 - s, x), the confluent function of the Pareto/NBD DERT.
 *
 *-------------------------------------------------------------------------
 */
#include <math.h>

#include "math/quadrature.h"
#include "math/special.h"

typedef struct Psi
{
	double		s,
				x;
} Psi;

/* The integral of (1 + y/x)^-s exp(-y) over y > 0, in u = log y. */
static double
psi_integrand(double u, const void *context)
{
	const Psi  *p = context;
	double		y = exp(u);

	return u - p->s * log1p(y / p->x) - y;
}

double
clv_log_psi_ss(double s, double x)
{
	Psi			p = {s, x};
	double		b,
				mode;

	if (!(s >= 0) || !(x > 0) || isinf(s))
		return NAN;
	if (s == 0)
		return 0;
	if (isinf(x))
		return -INFINITY;
	/* 1 - s y / (x + y) - y = 0 */
	b = x + s - 1;
	mode = (b > 0) ? 2 * x / (b + sqrt(b * b + 4 * x)) : (sqrt(b * b + 4 * x) - b) / 2;
	return clv_log_line_integral(psi_integrand, &p, log(mode), 1) - s * log(x);
}
