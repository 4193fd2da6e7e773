/*-------------------------------------------------------------------------
 *
 * model_check.h
 *	  Is everything in a model in range?
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_MODEL_CHECK_H
#define CLV_MODEL_CHECK_H

#include "model/words.h"

/* Customers, observations and iterations beyond it were never counted. */
#define CLV_MOST_COUNTED 9007199254740992.0

/* Numbers in the lower triangle of a covariance. */
#define CLV_MODEL_COVARIANCES (CLV_MAX_PARAMETERS * (CLV_MAX_PARAMETERS + 1) / 2)

/*
 * Is everything in the model in range?  Every way into the type ends here.
 * message gets a sentence if not.
 */
extern ClvStatus clv_model_check(const ClvModel *model, char *message);

/* Whether a fit made it, and so says more than parameters. */
extern bool clv_model_is_fitted(const ClvModel *model);

#endif							/* CLV_MODEL_CHECK_H */
