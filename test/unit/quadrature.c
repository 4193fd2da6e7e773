/*-------------------------------------------------------------------------
 *
 * quadrature.c
 *	  Integrals with known values, and the rules' own constants.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "math/quadrature.h"
#include "math/special.h"

static double
power(double x, const void *context)
{
	return pow(x, *(const double *) context);
}

static double
decay(double x, const void *context)
{
	return exp(-x / *(const double *) context);
}

static double
peak(double x, const void *context)
{
	double		w = *(const double *) context;

	return w / (w * w + (x - 0.3) * (x - 0.3));
}

static double
inverse_square(double x, const void *context)
{
	return 1 / ((1 + x) * (1 + x));
}

static double
not_finite(double x, const void *context)
{
	return (x > 0.7) ? NAN : x;
}

static double
gaussian(double u, const void *context)
{
	double		w = *(const double *) context;

	return -0.5 * (u / w) * (u / w);
}

/* gamma density of log y: exp(a u - e^u) */
static double
log_gamma_density(double u, const void *context)
{
	return *(const double *) context * u - exp(u);
}

static int	interrupts;

static void
count_interrupt(void)
{
	interrupts++;
}

int
main(void)
{
	double		p;
	ClvIntegral i;

	/* a 15-point Kronrod rule is exact to degree 22: this checks every constant of it */
	for (p = 0; p <= 22; p++)
	{
		i = clv_integrate(power, &p, 0, 1, 0, INFINITY, INFINITY, NULL);
		close_rel(i.value, 1 / (p + 1), 1e-15, "one Kronrod panel integrates x^%g", p);
	}
	is_int(i.evaluations, 15, "one panel takes 15 points");
	for (p = 0; p <= 39; p++)
	{
		double		sum8 = 0,
					sum16 = 0,
					sum12 = 0,
					sum20 = 0;

		for (int k = 0; k < 8; k++)
			sum8 += clv_gauss_weight_8[k] * pow(clv_gauss_node_8[k], p);
		for (int k = 0; k < 16; k++)
			sum16 += clv_gauss_weight_16[k] * pow(clv_gauss_node_16[k], p);
		for (int k = 0; k < 12; k++)
			sum12 += clv_gauss_weight_12[k] * pow(clv_gauss_node_12[k], p);
		for (int k = 0; k < 20; k++)
			sum20 += clv_gauss_weight_20[k] * pow(clv_gauss_node_20[k], p);
		if (p <= 23)
			close_rel(sum12, 1 / (p + 1), 1e-15, "12 Gauss points integrate x^%g", p);
		if (p <= 39)
			close_rel(sum20, 1 / (p + 1), 1e-15, "20 Gauss points integrate x^%g", p);
		if (p <= 15)
			close_rel(sum8, 1 / (p + 1), 1e-15, "8 Gauss points integrate x^%g", p);
		if (p <= 31)
			close_rel(sum16, 1 / (p + 1), 1e-15, "16 Gauss points integrate x^%g", p);
	}

	p = 0.5;
	i = clv_integrate(power, &p, 0, 1, 0, 1e-12, 0, NULL);
	ok(i.converged, "sqrt(x) converges despite its end");
	close_rel(i.value, 2.0 / 3, 1e-12, "sqrt(x)");
	ok(fabs(i.value - 2.0 / 3) <= i.error, "the error estimate holds");
	p = 1e-4;
	i = clv_integrate(peak, &p, 0, 1, 0, 1e-12, 0, count_interrupt);
	close_rel(i.value, atan(0.7 / 1e-4) + atan(0.3 / 1e-4), 1e-12, "a narrow peak");
	ok(i.converged && interrupts > 5, "the interrupt is called between panels");
	p = 3;
	i = clv_integrate(decay, &p, 0, INFINITY, 3, 1e-13, 0, NULL);
	close_rel(i.value, 3, 1e-13, "an exponential to infinity");
	p = 1e6;
	i = clv_integrate(decay, &p, 0, INFINITY, 1, 1e-12, 0, NULL);
	close_rel(i.value, 1e6, 1e-12, "the scale may be off by a million");
	i = clv_integrate(inverse_square, NULL, 2, INFINITY, 1, 1e-12, 0, NULL);
	close_rel(i.value, 1.0 / 3, 1e-12, "an algebraic tail");
	i = clv_integrate(power, &p, 1, 1, 0, 1e-12, 0, NULL);
	ok(i.converged && i.value == 0, "an empty interval");
	i = clv_integrate(decay, &p, 2, 1, 0, 1e-12, 0, NULL);
	ok(i.converged && i.value < 0, "ends in reverse order change the sign");
	i = clv_integrate(not_finite, NULL, 0, 1, 0, 1e-12, 0, NULL);
	ok(!i.converged, "an integrand that is not finite is reported");
	p = -1.0;
	i = clv_integrate(power, &p, 0, 1, 0, 1e-12, 0, NULL);
	ok(!i.converged, "a divergent integral is reported");
	i = clv_integrate(decay, &p, NAN, 1, 0, 1e-12, 0, NULL);
	ok(!i.converged && isnan(i.value), "an end that is not a number is reported");
	i = clv_integrate(decay, &p, 0, INFINITY, 0, 1e-12, 0, NULL);
	ok(!i.converged && isnan(i.value), "an infinite end needs a scale");

	for (p = 1e-6; p < 1e7; p *= 1000)
	{
		double		want = log(p) + 0.91893853320467274178;

		close_abs(clv_log_line_integral(gaussian, &p, 0, p), want, 1e-14 * (1 + fabs(want)), "a Gaussian of width %g", p);
		close_abs(clv_log_line_integral(gaussian, &p, 0.7 * p, 3 * p), want, 1e-13 * (1 + fabs(want)),
				  "a Gaussian of width %g, seen a little wrong", p);
	}
	for (p = 1e-4; p < 1e6; p *= 7)
		close_abs(clv_log_line_integral(log_gamma_density, &p, log(p), (p > 1) ? 2 / sqrt(p) : 2), clv_lgamma(p),
				  1e-14 * (20 + p * fabs(log(p))), "log Gamma(%g) as a line integral", p);
	return done_testing();
}
