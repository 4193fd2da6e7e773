/*-------------------------------------------------------------------------
 *
 * inference.h
 *	  What a fitted model says about itself: criteria, standard errors, intervals, tests.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_INFERENCE_H
#define CLV_INFERENCE_H

#include "model/family.h"

/* Akaike's and Schwarz's criterion; NaN for a model that was not fitted. */
extern double clv_model_aic(const ClvModel *model);
extern double clv_model_bic(const ClvModel *model);

/* The level of the limits that a model holds. */
#define CLV_PROFILE_LEVEL 0.95

/*
 * Standard error of parameter i (NaN without covariance) and the interval at
 * a confidence level in (0, 1), inside the parameter's range: by profile
 * likelihood at CLV_PROFILE_LEVEL, between it and the standard error at other
 * levels, from the standard error of the logarithm where the model has no
 * limits.
 */
extern double clv_model_std_error(const ClvModel *model, int i);
extern void clv_model_interval(const ClvModel *model, int i, double level, double *lower, double *upper);

/*
 * Likelihood-ratio test of a restricted model against a full one on the same
 * data: statistic 2 (l1 - l0) and its p-value under chi squared with the
 * difference of estimated parameters.  CLV_MODELS_NOT_NESTED when the numbers
 * cannot come from nested models on the same data; a k against another is a
 * choice between whole numbers, for which chi squared says nothing.
 */
extern ClvStatus clv_likelihood_ratio(const ClvModel *restricted, const ClvModel *full,
									  double *statistic, double *p_value);

#endif							/* CLV_INFERENCE_H */
