/*-------------------------------------------------------------------------
 *
 * family.c
 *	  The table of families, and what is the same for all of them.
 *
 *-------------------------------------------------------------------------
 */
#include "model/family.h"

#include <math.h>
#include <string.h>

const ClvFamily *const clv_family_table[] = {
	&clv_family_bgnbd,
	&clv_family_mbgnbd,
	&clv_family_pareto_nbd,
	&clv_family_nbd,
	&clv_family_bgbb,
	&clv_family_bgcnbd,
	&clv_family_mbgcnbd,
	&clv_family_gamma_gamma,
	&clv_family_sbg,
	&clv_family_bdw,
};

const int	clv_family_count = sizeof(clv_family_table) / sizeof(clv_family_table[0]);

const ClvObservation clv_new_customer = {.weight = 1};

static const struct
{
	const char *name;
	const char *reason;
}			status_words[CLV_FIT_STATUS_COUNT] = {
	[CLV_FIT_GIVEN] = {"given", "The parameters were given, not fitted."},
	[CLV_FIT_OK] = {"ok", "The likelihood has its maximum here, and standard errors are known."},
	[CLV_FIT_BOUNDARY] = {"boundary",
	"The likelihood grows up to the bound of at least one parameter: the customers differ less, or more, than the family can say. Predictions are usable, standard errors of that parameter are not known."},
	[CLV_FIT_FLAT] = {"flat",
	"The data do not tell the parameters apart: many other values are as likely. Predictions far from the data should not be trusted."},
	[CLV_FIT_NO_DROPOUT] = {"no drop-out",
	"Nothing in the data shows that customers leave: the model equals the one without drop-out. A longer period of observation may show more."},
	[CLV_FIT_TOO_FEW] = {"too few customers",
	"There are fewer different customers than parameters: the model repeats the data instead of describing them."},
	[CLV_FIT_NOT_CONVERGED] = {"did not converge",
	"The search stopped before it reached a maximum: do not use this model."},
};

const ClvFamily *
clv_family_by_name(const char *name)
{
	for (int i = 0; i < clv_family_count; i++)
	{
		if (strcmp(clv_family_table[i]->name, name) == 0)
			return clv_family_table[i];
	}
	return NULL;
}

int
clv_parameter_index(const ClvFamily *family, const char *name)
{
	for (int i = 0; i < family->parameter_count; i++)
	{
		const ClvParameter *parameter = &family->parameter[i];

		if (strcmp(parameter->name, name) == 0 ||
			(parameter->alias != NULL && strcmp(parameter->alias, name) == 0))
			return i;
	}
	return -1;
}

const char *
clv_kind_name(ClvKind kind)
{
	switch (kind)
	{
		case CLV_TRANSACTIONS:
			return "transactions";
		case CLV_DISCRETE_TRANSACTIONS:
			return "discrete transactions";
		case CLV_SPEND:
			return "spend";
		case CLV_RENEWALS:
			return "renewals";
	}
	return "";
}

const char *
clv_fit_status_name(ClvFitStatus status)
{
	return status_words[status].name;
}

const char *
clv_fit_status_reason(ClvFitStatus status)
{
	return status_words[status].reason;
}

bool
clv_fit_status_by_name(const char *name, ClvFitStatus *status)
{
	for (int i = 0; i < CLV_FIT_STATUS_COUNT; i++)
	{
		if (strcmp(status_words[i].name, name) == 0)
		{
			*status = (ClvFitStatus) i;
			return true;
		}
	}
	return false;
}

bool
clv_fit_converged(ClvFitStatus status)
{
	return status != CLV_FIT_NOT_CONVERGED && status != CLV_FIT_GIVEN;
}

ClvStatus
clv_parameters_check(const ClvFamily *family, const double *parameters, int *which)
{
	for (int i = 0; i < family->parameter_count; i++)
	{
		const ClvParameter *parameter = &family->parameter[i];
		double		value = parameters[i];

		if (!(value >= parameter->lower && value <= parameter->upper) ||
			(parameter->whole && value != floor(value)))
		{
			if (which)
				*which = i;
			return CLV_PARAMETER_OUT_OF_RANGE;
		}
	}
	if (family->check_parameters != NULL)
	{
		if (which)
			*which = 0;
		return family->check_parameters(parameters);
	}
	return CLV_OK;
}

/* More orders than a double counts one by one are no count. */
#define LARGEST_COUNT 9007199254740992.0

static bool
is_count(double value)
{
	return value >= 0 && value <= LARGEST_COUNT && value == (double) (int64_t) value;
}

/* Times beyond this could overflow when they are added and squared. */
#define LONGEST_TIME 1e100

ClvStatus
clv_observation_check(const ClvFamily *family, const ClvObservation *observation)
{
	double		x = observation->x;
	double		t_x = observation->t_x;
	double		age = observation->age;
	bool		valid = false;

	switch (family->kind)
	{
		case CLV_TRANSACTIONS:
			valid = is_count(x) && t_x >= 0 && t_x <= age && age <= LONGEST_TIME &&
				(x == 0) == (t_x == 0);
			break;
		case CLV_DISCRETE_TRANSACTIONS:
			valid = is_count(x) && is_count(t_x) && is_count(age) && x <= t_x && t_x <= age &&
				(x == 0) == (t_x == 0);
			break;
		case CLV_SPEND:
			valid = is_count(x) && isfinite(observation->extra) &&
				(x == 0 || (observation->extra > 0 && observation->extra <= LONGEST_TIME));
			break;
		case CLV_RENEWALS:
			valid = is_count(t_x) && is_count(age) && t_x <= age;
			break;
	}
	if (!valid || !(observation->weight > 0 && observation->weight <= LARGEST_COUNT) ||
		!isfinite(observation->extra))
		return CLV_OBSERVATION_OUT_OF_RANGE;
	if (family->check_observation != NULL)
		return family->check_observation(observation);
	return CLV_OK;
}

ClvStatus
clv_model_from_parameters(const ClvFamily *family, const double *parameters,
						  double unit_days, ClvModel *model, int *which)
{
	ClvStatus	status = clv_parameters_check(family, parameters, which);

	if (status != CLV_OK)
		return status;
	memset(model, 0, sizeof(ClvModel));
	model->family = family;
	for (int i = 0; i < family->parameter_count; i++)
		model->parameters[i] = parameters[i];
	model->status = CLV_FIT_GIVEN;
	model->log_likelihood = NAN;
	model->gradient_norm = NAN;
	model->unit_days = unit_days;
	return CLV_OK;
}

void
clv_model_rescale(ClvModel *model, double factor)
{
	const ClvFamily *family = model->family;
	double		scale[CLV_MAX_PARAMETERS];

	for (int i = 0; i < family->parameter_count; i++)
	{
		int			power = family->parameter[i].unit_power;

		scale[i] = power > 0 ? 1 / factor : power < 0 ? factor : 1;
		model->parameters[i] *= scale[i];
		model->limit[i][0] *= scale[i];
		model->limit[i][1] *= scale[i];
	}
	for (int i = 0; i < family->parameter_count; i++)
	{
		for (int j = 0; j < family->parameter_count; j++)
			model->covariance[i][j] *= scale[i] * scale[j];
	}
	if (family->kind == CLV_TRANSACTIONS)
		model->unit_days *= factor;
	/* The log-likelihood belongs to the data as they were given, and stays. */
}
