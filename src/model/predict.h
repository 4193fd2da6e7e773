/*-------------------------------------------------------------------------
 *
 * predict.h
 *	  What a model says about a customer, for every family by the same names.
 *
 * These functions check their arguments, dispatch to the family, and apply
 * the rules that hold for all: intervals of time are differences from the same
 * start, discounting without a closed form is one quadrature.  The model's
 * parameters must have passed clv_parameters_check (which every way of making
 * a ClvModel does).  On CLV_OK *result is finite and in its range.
 *
 * Statuses: CLV_NOT_DEFINED_FOR_FAMILY, CLV_OBSERVATION_OUT_OF_RANGE,
 * CLV_HORIZON_OUT_OF_RANGE (not >= 0, NaN, or not finite where it must be),
 * CLV_RATE_OUT_OF_RANGE (not > 0 and finite), CLV_COUNT_OUT_OF_RANGE,
 * CLV_LEVEL_OUT_OF_RANGE, CLV_SPEND_HAS_NO_MEAN (q <= 1 in a model given by hand).
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PREDICT_H
#define CLV_PREDICT_H

#include "model/family.h"

/* Log-likelihood of one customer (the weight is ignored). */
extern ClvStatus clv_model_log_likelihood(const ClvModel *model, const ClvObservation *observation, double *result);

/*
 * P(alive) at age + later, without knowledge of the time between.  BG/BB: at
 * opportunity age + 1 + later.
 */
extern ClvStatus clv_model_p_alive(const ClvModel *model, const ClvObservation *observation, double later,
								   double *result);

/* Expected orders in (age + from, age + until]; from = 0 for "the next `until`". */
extern ClvStatus clv_model_expected_orders(const ClvModel *model, const ClvObservation *observation,
										   double from, double until, double *result);

/* Expected repeat orders of a new customer in (0, t]. */
extern ClvStatus clv_model_expected_orders_new(const ClvModel *model, double t, double *result);

/* P(exactly n orders in (age, age + t]); n is a whole number >= 0. */
extern ClvStatus clv_model_order_probability(const ClvModel *model, const ClvObservation *observation,
											 double t, double n, double *result);

/* P(exactly n repeat orders of a new customer in (0, t]). */
extern ClvStatus clv_model_order_probability_new(const ClvModel *model, double t, double n, double *result);

/*
 * Discounted expected orders after age, rate continuous per unit of time (per
 * opportunity in discrete families), up to `horizon`, which may be INFINITY.
 * rate = 0 is allowed with a finite horizon: expected orders.  interrupt may be
 * NULL.
 */
extern ClvStatus clv_model_dert(const ClvModel *model, const ClvObservation *observation, double rate,
								double horizon, double *result, ClvInterrupt interrupt);

/*
 * The same of n customers with the same x who are alive at their ages, for the
 * families that have it: a model, x, age, rate and horizon determine it,
 * whatever t_x.
 */
extern ClvStatus clv_model_dert_if_alive(const ClvModel *model, const ClvObservation *observations, int n, double rate,
										 double horizon, double *result, ClvInterrupt interrupt);

/*
 * Time from age until the next order comes with that probability (0.5: the
 * median); INFINITY when it never becomes that likely.
 */
extern ClvStatus clv_model_next_order(const ClvModel *model, const ClvObservation *observation,
									  double probability, double *result);

/*
 * Expected amount per order of a customer, and the weight in [0, 1] that the
 * customer's own mean has in it (may be NULL).  An observation with x = 0
 * gives the mean of the base with weight 0.
 */
extern ClvStatus clv_model_expected_spend(const ClvModel *model, const ClvObservation *observation,
										  double *result, double *weight);

/* Renewals: P(active after period t), and P(renewing into period t | active after t - 1), t >= 1. */
extern ClvStatus clv_model_survival(const ClvModel *model, double t, double *result);
extern ClvStatus clv_model_retention_rate(const ClvModel *model, double t, double *result);

/*
 * Renewals: discounted expected lifetime in payments at 1 + rate per period,
 * the payment of now counted (DEL), for a new customer (renewals = -1), or the
 * residual one just before the next renewal of somebody who made `renewals` of
 * them (DERL).
 */
extern ClvStatus clv_model_lifetime(const ClvModel *model, double renewals, double rate, double *result);

/*
 * What a prediction function of ours looks like to the delta method: the
 * interval of f(parameters), from the covariance of the model, on the scale
 * that keeps it in range.  f answers with a status; context is handed through.
 * Where the estimate is infinite (clv_model_next_order), or next to being so,
 * the rest is NaN.
 */
typedef ClvStatus (*ClvPrediction) (const ClvModel *model, void *context, double *result);

typedef enum ClvRange
{
	CLV_RANGE_PROBABILITY,		/* in [0, 1]: interval on the logit */
	CLV_RANGE_POSITIVE,			/* >= 0: interval on the logarithm */
	CLV_RANGE_REAL
} ClvRange;

extern ClvStatus clv_model_prediction_interval(const ClvModel *model, ClvPrediction prediction, void *context,
											   ClvRange range, double level,
											   double *estimate, double *std_error, double *lower, double *upper);

#endif							/* CLV_PREDICT_H */
