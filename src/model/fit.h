/*-------------------------------------------------------------------------
 *
 * fit.h
 *	  Maximum likelihood for every family, by one route.
 *
 * The fit works in the logarithms of the parameters, where a change of the
 * unit of time or money is a shift: data in seconds, days or years give the
 * same model.  It needs no tuning and does not fail on clean data: a maximum
 * at a bound or one that the data cannot locate is an answer with a status.
 *
 * Deterministic: equal observations in equal order give equal bits.  Callers
 * sort by x, t_x, age, extra (and join equal ones), which also is the fastest
 * order.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_FIT_H
#define CLV_FIT_H

#include "model/family.h"

typedef struct ClvFitOptions
{
	int			max_iterations; /* per start; default 200 */
	double		tolerance;		/* on the step of log parameters; default 1e-10 */
	double		penalty;		/* added to the negative mean log-likelihood: penalty * sum of squared log parameters;
								 * default 0 */
	bool		has_start;		/* start from here instead of from the data */
	double		start[CLV_MAX_PARAMETERS];
	int			k;				/* CNBD-k families: regularity; 0 chooses the most likely of 1..CLV_MAX_K */
	double		unit_days;		/* copied to the model; default 0 */
	bool		no_limits;		/* leave out the profile intervals, which cost as much as the fit */
	ClvObservation *room;		/* for CLV_FIT_ROOM observations; default NULL */
} ClvFitOptions;

/* So many observations, and more, are fitted faster where there is room for so many. */
#define CLV_FIT_MANY 50000
#define CLV_FIT_ROOM 20000

#define CLV_MAX_K 12

/* Defaults: a caller overwrites what it was told. */
extern void clv_fit_options_init(ClvFitOptions *options);

/*
 * Fit a family.  options may be NULL.  n > 0; the caller answers NULL for no
 * observation at all.  Fails only for an observation that is out of range
 * (*which, may be NULL, is its index) or options that are; every end of the
 * search itself is model->status.
 */
extern ClvStatus clv_fit_model(const ClvFamily *family, const ClvObservation *observations, size_t n,
							   const ClvFitOptions *options, ClvModel *model, size_t *which,
							   ClvInterrupt interrupt);

/*
 * A subscription cohort as observations: survivors[i] of survivors[0] are
 * active after period[i].  Periods ascend from 0, survivors do not grow,
 * gaps between periods are allowed.  Writes at most n observations.
 */
extern ClvStatus clv_renewal_observations(const double *period, const double *survivors, size_t n,
										  ClvObservation *observations, size_t *count);

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

#endif							/* CLV_FIT_H */
