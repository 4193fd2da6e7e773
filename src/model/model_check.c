/*-------------------------------------------------------------------------
 *
 * model_check.c
 *	  Is everything in a model in range?
 *
 *-------------------------------------------------------------------------
 */
#include "model/model_check.h"

#include <math.h>
#include <string.h>

bool
clv_model_is_fitted(const ClvModel *model)
{
	return model->status != CLV_FIT_GIVEN;
}

ClvStatus
clv_model_check(const ClvModel *model, char *message)
{
	const ClvFamily *family = model->family;
	int			n = family->parameter_count;
	int			which = 0;
	ClvStatus	status = clv_parameters_check(family, model->parameters, &which);

	if (status != CLV_OK)
	{
		const ClvParameter *parameter = &family->parameter[which];
		char		value[32];
		char		lower[32];
		char		upper[32];

		clv_number_write(model->parameters[which], value);
		clv_number_write(parameter->lower, lower);
		clv_number_write(parameter->upper, upper);
		clv_say(message, "The parameter %s of %s is %s; it is a %s from %s to %s.",
				parameter->name, family->name, value, parameter->whole ? "whole number" : "number", lower, upper);
		return status;
	}
	if (!isfinite(model->unit_days) || model->unit_days < 0)
	{
		clv_say(message, "The unit is %g days; it must be a finite length of time greater than zero.", model->unit_days);
		return CLV_PARAMETER_OUT_OF_RANGE;
	}
	if (clv_model_is_fitted(model))
	{
		if (!isfinite(model->log_likelihood))
		{
			clv_say(message, "The log-likelihood is %g; it must be finite.", model->log_likelihood);
			return CLV_PARAMETER_OUT_OF_RANGE;
		}
		if (!(model->customers > 0 && isfinite(model->customers)))
		{
			clv_say(message, "The number of customers is %g; it must be finite and greater than zero.", model->customers);
			return CLV_PARAMETER_OUT_OF_RANGE;
		}
		if (model->observations < 0 || model->observations > (int64_t) CLV_MOST_COUNTED ||
			model->iterations < 0 || model->estimated < 0 || model->estimated > n ||
			(model->at_bound >> n) != 0 ||
			!(model->gradient_norm >= 0 && isfinite(model->gradient_norm)))
		{
			clv_say(message, "What it says about the fit is out of range.");
			return CLV_PARAMETER_OUT_OF_RANGE;
		}
	}
	if (model->has_covariance)
	{
		for (int i = 0; i < n; i++)
		{
			for (int j = 0; j <= i; j++)
			{
				if (!isfinite(model->covariance[i][j]) || (i == j && model->covariance[i][j] < 0))
				{
					clv_say(message, "The covariance of %s and %s is %g.", family->parameter[i].name,
							family->parameter[j].name, model->covariance[i][j]);
					return CLV_PARAMETER_OUT_OF_RANGE;
				}
			}
		}
	}
	for (int i = 0; i < n && model->has_limits; i++)
	{
		if (!(model->limit[i][0] >= family->parameter[i].offset && model->limit[i][0] <= model->parameters[i] &&
			  model->parameters[i] <= model->limit[i][1]))
		{
			clv_say(message, "The limits of %s are %g and %g.", family->parameter[i].name, model->limit[i][0], model->limit[i][1]);
			return CLV_PARAMETER_OUT_OF_RANGE;
		}
	}
	return CLV_OK;
}
