/*-------------------------------------------------------------------------
 *
 * inference.c
 *	  What a fitted model says about itself: criteria, standard errors, intervals, tests.
 *
 *-------------------------------------------------------------------------
 */
#include "model/inference.h"

#include <math.h>

#include "math/normal.h"

double
clv_model_aic(const ClvModel *model)
{
	return 2 * model->estimated - 2 * model->log_likelihood;
}

double
clv_model_bic(const ClvModel *model)
{
	return log(model->customers) * model->estimated - 2 * model->log_likelihood;
}

double
clv_model_std_error(const ClvModel *model, int i)
{
	if (!model->has_covariance || !(model->covariance[i][i] > 0) ||
		(model->at_bound & (UINT32_C(1) << i)) != 0)
		return NAN;
	return sqrt(model->covariance[i][i]);
}

void
clv_model_interval(const ClvModel *model, int i, double level, double *lower, double *upper)
{
	const ClvParameter *parameter = &model->family->parameter[i];
	double		error = clv_model_std_error(model, i);
	double		size = model->parameters[i] - parameter->offset;
	double		quantile;
	double		known;

	*lower = *upper = NAN;
	if (!(size > 0) || !(level > 0 && level < 1) || (isnan(error) && !model->has_limits) ||
		parameter->whole || (model->at_bound & (UINT32_C(1) << i)) != 0 ||
		(model->has_limits && model->limit[i][0] == parameter->offset && isinf(model->limit[i][1])))
		return;
	quantile = clv_normal_quantile(0.5 + level / 2);
	known = clv_normal_quantile(0.5 + CLV_PROFILE_LEVEL / 2);
	for (int side = 0; side < 2; side++)
	{
		double		reach = quantile * error / size;

		if (model->has_limits)
		{
			double		limit = fabs(log((model->limit[i][side] - parameter->offset) / size));
			double		bend = limit / (known * error / size);
			double		share = quantile / known;

			/* straight at the estimate, bent so that it meets the profile at its level */
			if (isinf(limit) || isnan(error))
				reach = limit * share;
			else if (bend > 1)
				reach *= 1 + (bend - 1) * share;
			else
				reach /= 1 + (1 / bend - 1) * share;
		}
		*(side ? upper : lower) = parameter->offset + size * exp(side ? reach : -reach);
	}
}

ClvStatus
clv_likelihood_ratio(const ClvModel *restricted, const ClvModel *full, double *statistic, double *p_value)
{
	int			freedom = full->estimated - restricted->estimated;
	double		gain = full->log_likelihood - restricted->log_likelihood;

	if (restricted->family->kind != full->family->kind || restricted->customers != full->customers ||
		!(restricted->customers > 0) || freedom <= 0 ||
		!(gain >= -1e-7 * (1 + fabs(full->log_likelihood))) ||
		(full->family->nested != restricted->family &&
		 !(full->family == &clv_family_bdw && restricted->family == &clv_family_sbg)))
		return CLV_MODELS_NOT_NESTED;
	*statistic = 2 * fmax(gain, 0);
	*p_value = clv_chi_squared_tail(*statistic, freedom);
	return CLV_OK;
}
