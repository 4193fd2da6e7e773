/*-------------------------------------------------------------------------
 *
 * quadrature.c
 *	  Numerical integration without allocation.
 *
 * The line integral uses u = mode + width sinh(v) and the trapezoidal rule in
 * v, which converges exponentially for an analytic integrand (Takahasi & Mori
 * 1974; Trefethen & Weideman 2014); the step is halved, reusing all points,
 * until two sums agree.
 *
 *-------------------------------------------------------------------------
 */
#include <math.h>

#include "math/quadrature.h"

/* Halving the step squares the error in the end, but less than that at first. */
#define AGREE			3e-13
#define HALVINGS		8
/* Rounding of f, relative to its value at the mode, which bounds the agreement. */
#define ROUNDING		4e-16
/* A term this much smaller than the sum ends a side. */
#define NEGLIGIBLE		1e-18
/* sinh(12) widths reach beyond exponents of 1e-4 and smaller */
#define FARTHEST		40.0

double
clv_log_line_integral(ClvLogIntegrand f, const void *context, double mode, double width)
{
	double		top = f(mode, context);
	double		sum = 1;		/* of integrand / exp(top), times cosh(v), over the points */
	double		step = 0.5;
	double		last = INFINITY;
	double		agree = fmax(AGREE, ROUNDING * fabs(top));

	if (!isfinite(top) || !(width > 0))
		return isnan(top) ? top : ((top == -INFINITY) ? -INFINITY : NAN);

	for (int level = 0; level <= HALVINGS; level++)
	{
		/* all multiples of the first step, then the odd multiples of each half */
		double		first = step;
		double		stride = (level == 0) ? step : 2 * step;
		double		estimate;

		for (int side = -1; side <= 1; side += 2)
		{
			double		before = INFINITY;

			for (double v = first; v < FARTHEST; v += stride)
			{
				double		value = f(mode + side * width * sinh(v), context) - top;
				double		term = exp(value) * cosh(v);

				if (isnan(value))
					return NAN;
				sum += term;
				if (term <= NEGLIGIBLE * sum && value <= before)
					break;
				before = value;
			}
		}
		estimate = sum * step;
		if (level > 1 && fabs(estimate - last) <= agree * estimate)
			return top + log(estimate * width);
		last = estimate;
		step /= 2;
	}
	return top + log(last * width);
}
