/*-------------------------------------------------------------------------
 *
 * forecast.h
 *	  Between which bounds the orders of one customer, and their amount, lie.
 *
 * Bounds hold with the customer's own chance in them; the parameters are taken
 * for known.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_FORECAST_H
#define CLV_FORECAST_H

#include "model/family.h"

/* More orders than this are not told apart. */
#define CLV_MOST_COUNTED 65536

/* Levels nearer to 1 would rest on the last digits of probabilities. */
#define CLV_HIGHEST_LEVEL 0.9999

/*
 * P(n orders in (age, age + t]) for n = 0, 1, …, until at most `rest` is left
 * or all places are full.
 */
extern ClvStatus clv_model_order_probabilities(const ClvModel *model, const ClvObservation *observation, double t,
											   double rest, double *probability, int places, int *count,
											   ClvInterrupt interrupt);

/*
 * The shortest interval from quantile to quantile that holds the number of
 * orders with a probability of at least level, which *held tells; false where
 * the probabilities end before it does.
 */
extern bool clv_count_interval(const double *probability, int count, double level,
							   int *lower, int *upper, double *held);

/*
 * The same of the sum of the amounts of these orders, of a customer of whom
 * the spend model knows `observation`; both tails hold at most half of
 * 1 - level.
 */
extern ClvStatus clv_model_amount_interval(const ClvModel *spend_model, const ClvObservation *observation,
										   const double *probability, int count, double level,
										   double *lower, double *upper, ClvInterrupt interrupt);

#endif							/* CLV_FORECAST_H */
