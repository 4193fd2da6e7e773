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

#endif							/* CLV_FIT_H */
