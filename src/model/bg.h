/*-------------------------------------------------------------------------
 *
 * bg.h
 *	  What BG/NBD, MBG/NBD, BG/CNBD-k and MBG/CNBD-k share.
 *
 * One process: events come at a rate lambda ~ Gamma(r, alpha), every k-th is
 * an order, and after an order the customer leaves with probability
 * p ~ Beta(a, b).  The families differ in k and in whether the first order is
 * followed by such a moment (first_drop = 1, the "modified" ones) or not.
 *
 * parameters are r, alpha, a, b throughout; a may be 0.
 *
 * Fader, Hardie and Lee (2005), "Counting your customers" the easy way,
 * Marketing Science 24(2); Batislam, Denizel and Filiztekin (2007), IJRM
 * 24(3); Reutterer, Platzer and Schroeder (2021), IJRM 38(1).
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_BG_H
#define CLV_BG_H

#include "model/family.h"

/* The largest k of a model. */
#define CLV_BG_MOST_K 100

typedef struct ClvBg
{
	double		k;
	double		first_drop;
} ClvBg;

/* gradient has 4 places, hessian 4 by 4. */
extern double clv_bg_log_likelihood(ClvBg bg, const double *parameters,
									const ClvObservation *observations, size_t n,
									double *gradient, double *hessian, ClvInterrupt interrupt);

extern double clv_bg_p_alive(ClvBg bg, const double *parameters, const ClvObservation *observation, double later);
extern double clv_bg_expected_orders(ClvBg bg, const double *parameters, const ClvObservation *observation, double t);
extern double clv_bg_dert(ClvBg bg, const double *parameters, const ClvObservation *observation, double rate);

/* The same of somebody alive at age; for k = 1 they do not depend on t_x. */
extern double clv_bg_orders_if_alive(ClvBg bg, const double *parameters, const ClvObservation *observation, double t);
extern void clv_bg_dert_if_alive(ClvBg bg, const double *parameters, const ClvObservation *observations, int n,
								 double rate, double *result);
extern double clv_bg_order_probability(ClvBg bg, const double *parameters, const ClvObservation *observation,
									   double t, double n);
extern bool clv_bg_order_probabilities(ClvBg bg, const double *parameters, const ClvObservation *observation,
									   double t, int count, double *probability);

extern bool clv_bg_start(ClvBg bg, const ClvObservation *observations, size_t n, int attempt, double *parameters);
extern ClvFitStatus clv_bg_degenerate(const ClvObservation *observations, size_t n, double *parameters);
extern void clv_bg_embed(const double *nested, double *parameters);

extern void clv_bg_simulate_start(ClvBg bg, const double *parameters, ClvSimulation *simulation);
extern double clv_bg_simulate_next(ClvBg bg, ClvSimulation *simulation);

/* Moments of the orders of an NBD, for starts: r in a sane range. */
extern void clv_nbd_moments(const ClvObservation *observations, size_t n, double *r, double *rate, double *mean_age);

#endif							/* CLV_BG_H */
