/*-------------------------------------------------------------------------
 *
 * bg_phases.c
 *	  The phases of the present gap, where k events make an order.
 *
 *-------------------------------------------------------------------------
 */
#include "model/bg_internal.h"

#include <math.h>

void
clv_bg_phases(double k, double events, double y, ClvBgPhases *of)
{
	double		term = 1;
	double		s = 1,
				s_r = 0,
				s_rr = 0,
				s_y = 0,
				s_ry = 0,
				s_yy = 0;
	double		d = 0;			/* sum of 1 / (R + i) */
	double		e = 0;			/* sum of 1 / (R + i)^2 */
	double		scale = 0;

	for (double j = 1; j < k; j++)
	{
		double		inverse = 1 / (events + j - 1);

		term *= (events + j - 1) / j * y;
		d += inverse;
		e += inverse * inverse;
		s += term;
		s_r += term * d;
		s_rr += term * (d * d - e);
		if (y > 0)
		{
			s_y += term * (j / y);
			s_ry += term * d * (j / y);
			s_yy += term * (j / y) * ((j - 1) / y);
		}
		if (s > 1e100)
		{
			term *= 1e-100;
			s *= 1e-100;
			s_r *= 1e-100;
			s_rr *= 1e-100;
			s_y *= 1e-100;
			s_ry *= 1e-100;
			s_yy *= 1e-100;
			scale += 100 * 2.30258509299404568402;
		}
	}
	of->log_s = scale + log(s);
	of->r = s_r / s;
	of->y = s_y / s;
	of->rr = s_rr / s - of->r * of->r;
	of->ry = s_ry / s - of->r * of->y;
	of->yy = s_yy / s - of->y * of->y;
}
