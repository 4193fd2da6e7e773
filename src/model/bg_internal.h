/*-------------------------------------------------------------------------
 *
 * bg_internal.h
 *	  Pieces that the files bg_*.c share among themselves.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_BG_INTERNAL_H
#define CLV_BG_INTERNAL_H

#include "model/bg.h"

/*
 * log S, S as in bg_likelihood.c, and its derivatives by R and by
 * y = (T - t_x) / (alpha + T), for k > 1.  At y = 0, which alpha does not
 * change, those by y count for nothing and are 0.
 */
typedef struct ClvBgPhases
{
	double		log_s;
	double		r,
				y;
	double		rr,
				ry,
				yy;
} ClvBgPhases;

extern void clv_bg_phases(double k, double events, double y, ClvBgPhases *of);

/*
 * How far a customer who is alive at T has come.  Predictions are sums over K,
 * the events in (T, T+t], of P(K) f(orders), given the phase j of the present
 * gap.
 */
typedef struct ClvBgFuture
{
	double		k;
	double		a;
	double		b;				/* of Beta(a, b) given alive */
	double		events;			/* shape of the rate, before the phase is added */
	double		y;				/* (T - t_x) / (alpha + T) */
	double		tau;			/* t / (alpha + T) */
	double		at_age;			/* alpha + T */
} ClvBgFuture;

extern ClvBgFuture clv_bg_future(ClvBg bg, const double *parameters, const ClvObservation *observation, double t);

/* P(alive at age). */
extern double clv_bg_alive(ClvBg bg, const double *parameters, const ClvObservation *observation);

/*
 * Where few terms are needed, sums over K are cheaper than integrals over the
 * drop-out probability, which begin at the smallest one that shows.
 */
#define CLV_BG_MOST_TERMS 1500

extern double clv_bg_terms_needed(double events, double tau);
extern double clv_bg_first_bend(double events, double tau);

/* Mean orders before leaving, and P(not leaving), of somebody alive, for k > 1. */
extern double clv_bg_phased_orders(const ClvBgFuture *f);
extern double clv_bg_phased_stay(const ClvBgFuture *f);

#endif							/* CLV_BG_INTERNAL_H */
