/*-------------------------------------------------------------------------
 *
 * bg_future.c
 *	  What predictions for a customer start from.
 *
 *-------------------------------------------------------------------------
 */
#include "model/bg_internal.h"

#include <math.h>

#include "math/special.h"

/* With this shape all rates are the same to 1e-7, and predictions to 1e-14: larger ones would cost digits. */
#define ALIKE 1e14

/* With less of a, drop-out changes no prediction: all of it is proportional to a, but for logarithms. */
#define NO_DROPOUT 1e-200

double
clv_bg_alive(ClvBg bg, const double *parameters, const ClvObservation *o)
{
	double		alpha = parameters[1];
	double		a = parameters[2];
	double		survived = o->x + bg.first_drop;
	double		events = parameters[0] + bg.k * o->x;
	double		silence = o->age - o->t_x;
	double		w;

	if (a == 0 || survived == 0)
		return 1;
	w = log(a / (parameters[3] + (survived - 1))) + events * log1p(silence / (alpha + o->t_x));
	if (bg.k > 1)
	{
		ClvBgPhases phases;

		clv_bg_phases(bg.k, events, silence / (alpha + o->age), &phases);
		w -= phases.log_s;
	}
	return clv_logistic(-w);
}

ClvBgFuture
clv_bg_future(ClvBg bg, const double *parameters, const ClvObservation *o, double t)
{
	ClvBgFuture f;

	f.k = bg.k;
	f.a = parameters[2] < NO_DROPOUT ? 0 : parameters[2];
	f.b = parameters[3] + (o->x + bg.first_drop);
	f.events = parameters[0] + bg.k * o->x;
	f.at_age = parameters[1] + o->age;
	if (f.events > ALIKE)
	{
		f.at_age *= ALIKE / f.events;
		f.events = ALIKE;
	}
	f.y = (o->age - o->t_x) / f.at_age;
	f.tau = t / f.at_age;
	return f;
}

/* The mean of K, nine deviations, and the tail. */
double
clv_bg_terms_needed(double events, double tau)
{
	return events * tau + 9 * sqrt(events * tau * (1 + tau)) + 40 * (1 + tau);
}

/* The smallest drop-out probability at which the number of orders made begins to show it. */
double
clv_bg_first_bend(double events, double tau)
{
	return 1 / (1 + tau * (events + 40));
}
