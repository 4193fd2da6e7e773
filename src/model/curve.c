/*-------------------------------------------------------------------------
 *
 * curve.c
 *	  Discounted orders of customers with the same x, as a curve over their age.
 *
 *-------------------------------------------------------------------------
 */
#include "model/curve.h"

#include <math.h>
#include <string.h>

#include "model/predict.h"

/* The last coefficients, compared with the smallest value. */
#define NOTHING 1e-14

#define HALF_TURN 3.14159265358979323846
#define SQRT2 1.41421356237309504880
#define STEEPNESS 5.82842712474619009760	/* (sqrt 2 + 1) / (sqrt 2 - 1) */

bool
clv_curve_place(const ClvModel *model, double age, double *stretch, double *position)
{
	double		ratio;
	double		part;
	int			power;

	if (model->family->age_origin == NULL)
		return false;
	ratio = 1 + age / model->family->age_origin(model->parameters);
	if (!(ratio >= 1 && ratio <= 1e300))
		return false;
	part = 2 * frexp(ratio, &power);
	*stretch = power - 1;
	*position = STEEPNESS * (part - SQRT2) / (part + SQRT2);
	return true;
}

/* The sum of Chebyshev's polynomials by powers; theirs grow 2.4-fold, which loses nothing here. */
static void
by_powers(const double *chebyshev, double *coefficient)
{
	double		last[CLV_CURVE_POINTS] = {1};
	double		polynomial[CLV_CURVE_POINTS] = {0, 1};

	for (int i = 0; i < CLV_CURVE_POINTS; i++)
		coefficient[i] = chebyshev[0] * last[i] + chebyshev[1] * polynomial[i];
	for (int k = 2; k < CLV_CURVE_POINTS; k++)
	{
		for (int i = k; i >= 0; i--)
		{
			double		next = (i > 0 ? 2 * polynomial[i - 1] : 0) - last[i];

			last[i] = polynomial[i];
			polynomial[i] = next;
			coefficient[i] += chebyshev[k] * next;
		}
	}
}

void
clv_curve_draw(const ClvModel *model, double x, double stretch, double rate, double horizon,
			   ClvCurve *curve, ClvInterrupt interrupt)
{
	const int	n = CLV_CURVE_POINTS;
	double		origin = model->family->age_origin(model->parameters);
	ClvObservation point[CLV_CURVE_POINTS];
	double		value[CLV_CURVE_POINTS];
	double		chebyshev[CLV_CURVE_POINTS];
	double		least = INFINITY;

	curve->smooth = false;
	for (int i = 0; i < n; i++)
	{
		double		position = cos(HALF_TURN * (i + 0.5) / n);
		double		ratio = ldexp(SQRT2 * (STEEPNESS + position) / (STEEPNESS - position), (int) stretch);

		point[i] = (ClvObservation)
		{
			.weight = 1, .x = x, .age = origin * (ratio - 1)
		};
		point[i].t_x = x > 0 ? point[i].age : 0;
	}
	if (clv_model_dert_if_alive(model, point, n, rate, horizon, value, interrupt) != CLV_OK)
		return;
	for (int i = 0; i < n; i++)
		least = fmin(least, value[i]);
	for (int k = 0; k < n; k++)
	{
		chebyshev[k] = 0;
		for (int i = 0; i < n; i++)
			chebyshev[k] += value[i] * cos(HALF_TURN * k * (i + 0.5) / n) * (k == 0 ? 1 : 2) / n;
	}
	by_powers(chebyshev, curve->coefficient);
	curve->smooth = fabs(chebyshev[n - 2]) + fabs(chebyshev[n - 1]) <= NOTHING * least;
}

void
clv_curve_constant(double value, ClvCurve *curve)
{
	memset(curve, 0, sizeof(*curve));
	curve->smooth = true;
	curve->coefficient[0] = value;
}

/* Even and odd powers at once: neither waits for the other. */
double
clv_curve_at(const ClvCurve *curve, double position)
{
	double		square = position * position;
	double		even = 0;
	double		odd = 0;

	for (int i = CLV_CURVE_POINTS - 2; i >= 0; i -= 2)
	{
		even = even * square + curve->coefficient[i];
		odd = odd * square + curve->coefficient[i + 1];
	}
	return even + odd * position;
}
