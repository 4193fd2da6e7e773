/*-------------------------------------------------------------------------
 *
 * curve.h
 *	  Discounted orders of customers with the same x, as a curve over their age.
 *
 * What somebody alive will order is, for the families that say their
 * age_origin, an analytic function of ratio = 1 + age / origin but for ratios
 * that are negative or 0.  From one power of two to the next it is a polynomial in
 *
 *		position = (sqrt 2 + 1) / (sqrt 2 - 1) (part - sqrt 2) / (part + sqrt 2),
 *
 * part = ratio / 2^n, which moves what is not analytic as far away from
 * [-1, 1] as can be: the coefficients of Chebyshev's polynomials fall 11-fold
 * from one to the next.  Where the last ones are not below 1e-14 of the values
 * the curve is not smooth, and must not be read.  The points that it goes
 * through depend on the stretch alone, so that equal customers get equal
 * answers whoever was asked about before.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_CURVE_H
#define CLV_CURVE_H

#include "model/family.h"

#define CLV_CURVE_POINTS 16

typedef struct ClvCurve
{
	bool		smooth;
	double		coefficient[CLV_CURVE_POINTS];	/* of powers of the position */
} ClvCurve;

/*
 * The number of the stretch an age >= 0 lies in, and where in it, from -1 to 1;
 * false if there is none, as for families that have no curves.
 */
extern bool clv_curve_place(const ClvModel *model, double age, double *stretch, double *position);

/* clv_model_dert_if_alive over a stretch; where that refuses an argument the curve is not smooth. */
extern void clv_curve_draw(const ClvModel *model, double x, double stretch, double rate, double horizon,
						   ClvCurve *curve, ClvInterrupt interrupt);

/* The same value everywhere. */
extern void clv_curve_constant(double value, ClvCurve *curve);

extern double clv_curve_at(const ClvCurve *curve, double position);

#endif							/* CLV_CURVE_H */
