/*-------------------------------------------------------------------------
 *
 * bg_start.c
 *	  Where fits start, and what needs no search.
 *
 *-------------------------------------------------------------------------
 */
#include "model/bg.h"

#include <math.h>

void
clv_nbd_moments(const ClvObservation *observations, size_t n, double *r, double *rate, double *mean_age)
{
	double		weight = 0;
	double		orders = 0;
	double		squares = 0;
	double		age = 0;
	double		mean;
	double		variance;

	for (size_t i = 0; i < n; i++)
	{
		const ClvObservation *o = &observations[i];

		weight += o->weight;
		orders += o->weight * o->x;
		squares += o->weight * o->x * o->x;
		age += o->weight * o->age;
	}
	mean = orders / weight;
	variance = squares / weight - mean * mean;
	*mean_age = age > 0 ? age / weight : 1;
	*rate = mean / *mean_age;
	*r = variance > mean ? mean * mean / (variance - mean) : 10;
	*r = fmin(fmax(*r, 0.05), 10);
}

/*
 * What is seen lies between two stories.  In the first, customers order
 * slowly and stay: the rate is that over most of the time, and few chances are
 * used to leave.  In the second they order fast and leave: the rate is that up
 * to the last order, and every customer who has become silent has left.
 */
bool
clv_bg_start(ClvBg bg, const ClvObservation *observations, size_t n, int attempt, double *parameters)
{
	/* how far between the stories, times r, and a */
	static const double story[][3] = {{0.3, 1, 1}, {1, 3, 0.6}, {0.6, 0.3, 0.3}, {0, 3, 5}, {1, 30, 3}, {0.6, 1, 1e-4}};
	double		r;
	double		rate;
	double		mean_age;
	double		whole = 0;
	double		active = 0;
	double		events = 0;
	double		chances = 0;
	double		silent = 0;
	double		between;
	double		leave;

	if (attempt >= (int) (sizeof(story) / sizeof(story[0])))
		return false;
	between = story[attempt][0];
	clv_nbd_moments(observations, n, &r, &rate, &mean_age);
	for (size_t i = 0; i < n; i++)
	{
		const ClvObservation *o = &observations[i];
		double		seen = o->x > 0 || bg.first_drop > 0 ? o->t_x : o->age;

		whole += o->weight * o->age;
		active += o->weight * seen;
		events += o->weight * bg.k * o->x;
		chances += o->weight * (o->x + bg.first_drop);
		if (o->age > seen && (o->age - seen) * o->x >= 2 * o->t_x)
			silent += o->weight;
	}
	/* one gap at the end belongs to the active time as well */
	active += active / (events + 1);
	rate = whole > 0 && active > 0 ? events / exp(log(whole) * (1 - between) + log(active) * between) : 1;
	leave = chances > 0 ? fmin(fmax(silent / chances, 0.01), 0.8) : 0.5;
	leave *= 0.3 + 0.7 * between;
	parameters[0] = r * story[attempt][1];
	parameters[1] = parameters[0] / rate;
	parameters[2] = story[attempt][2];
	parameters[3] = parameters[2] * (1 - leave) / leave;
	return true;
}

ClvFitStatus
clv_bg_degenerate(const ClvObservation *observations, size_t n, double *parameters)
{
	double		mean_age;
	double		r;
	double		rate;

	for (size_t i = 0; i < n; i++)
	{
		if (observations[i].x > 0)
			return CLV_FIT_OK;
	}

	/* No repeat order: the likelihood is 1 for a rate of 0, whatever else. */
	clv_nbd_moments(observations, n, &r, &rate, &mean_age);
	parameters[0] = 1e-6;
	parameters[1] = mean_age;
	parameters[2] = 0;
	parameters[3] = 1;
	return CLV_FIT_FLAT;
}

void
clv_bg_embed(const double *nested, double *parameters)
{
	parameters[0] = nested[0];
	parameters[1] = nested[1];
	parameters[2] = 0;
	parameters[3] = 1;
}
