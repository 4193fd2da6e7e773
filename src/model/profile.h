/*-------------------------------------------------------------------------
 *
 * profile.h
 *	  Limits of parameters by profile likelihood.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PROFILE_H
#define CLV_PROFILE_H

#include "model/fit.h"
#include "model/problem.h"

/* The limits of all parameters of a model that was fitted to the problem, if standard errors do not say them. */
extern void clv_find_limits(ClvProblem *problem, const ClvFitOptions *options, const double *parameters, ClvModel *model);

#endif							/* CLV_PROFILE_H */
