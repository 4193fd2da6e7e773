/*-------------------------------------------------------------------------
 *
 * search.h
 *	  The best of the maxima of a likelihood.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_SEARCH_H
#define CLV_SEARCH_H

#include "model/fit.h"
#include "model/problem.h"

/* Observations from which on a sample is searched first. */
#define CLV_SAMPLE_FROM 5000

/*
 * Find it from the starts of the family, or from given, which may be NULL; fills
 * the model's parameters, likelihood, covariance, status and counts.
 */
extern void clv_search(ClvProblem *problem, const ClvFitOptions *options, const double *given, ClvModel *model);

#endif							/* CLV_SEARCH_H */
