/*-------------------------------------------------------------------------
 *
 * model_text.c
 *	  A model as text, exact.
 *
 *-------------------------------------------------------------------------
 */
#include "model/model_text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---------- writing ---------- */

/* Write at p, which has room up to end, and answer the length. */
static int	append(char *p, const char *end, const char *format,...)
			__attribute__((format(printf, 3, 4)));

static int
append(char *p, const char *end, const char *format,...)
{
	va_list		arguments;
	int			length;

	va_start(arguments, format);
	length = vsnprintf(p, (size_t) (end - p), format, arguments);
	va_end(arguments);
	return length;
}

int
clv_model_write(const ClvModel *model, char *out)
{
	const ClvFamily *family = model->family;
	int			n = family->parameter_count;
	char	   *p = out;
	char	   *end = out + CLV_MODEL_TEXT_SIZE;
	const char *separator = "; ";

	p += append(p, end, "%s(", family->name);
	for (int i = 0; i < n; i++)
	{
		p += append(p, end, "%s%s=", i > 0 ? ", " : "", family->parameter[i].name);
		p += clv_number_write(model->parameters[i], p);
	}
	p += append(p, end, ")");
	if (model->unit_days > 0)
	{
		p += append(p, end, "%sunit=", separator);
		p += clv_number_write(model->unit_days, p);
		p += append(p, end, "%s", model->unit_days == 1 ? " day" : " days");
		separator = ", ";
	}
	if (clv_model_is_fitted(model))
	{
		p += append(p, end, "%sstatus=%s, log_likelihood=", separator, clv_fit_status_name(model->status));
		p += clv_number_write(model->log_likelihood, p);
		p += append(p, end, ", customers=");
		p += clv_number_write(model->customers, p);
		p += append(p, end, ", observations=%lld, estimated=%d", (long long) model->observations, model->estimated);
		if (model->at_bound != 0)
		{
			const char *plus = "";

			p += append(p, end, ", at_bound=");
			for (int i = 0; i < n; i++)
			{
				if (model->at_bound & (UINT32_C(1) << i))
				{
					p += append(p, end, "%s%s", plus, family->parameter[i].name);
					plus = "+";
				}
			}
		}
		p += append(p, end, ", iterations=%d, gradient_norm=", model->iterations);
		p += clv_number_write(model->gradient_norm, p);
		separator = ", ";
	}
	if (model->has_covariance)
	{
		p += append(p, end, "%scovariance=[", separator);
		for (int i = 0; i < n; i++)
		{
			for (int j = 0; j <= i; j++)
			{
				if (i > 0)
					*p++ = ' ';
				p += clv_number_write(model->covariance[i][j], p);
			}
		}
		*p++ = ']';
		*p = '\0';
		separator = ", ";
	}
	if (model->has_limits)
	{
		p += append(p, end, "%slimits=[", separator);
		for (int i = 0; i < 2 * n; i++)
		{
			if (i > 0)
				*p++ = ' ';
			p += clv_number_write(model->limit[i / 2][i % 2], p);
		}
		*p++ = ']';
		*p = '\0';
	}
	return (int) (p - out);
}

/* ---------- reading ---------- */

static bool
take_whole(const char **s, double most, double *value)
{
	return clv_take_number(s, value) && *value >= 0 && *value <= most && floor(*value) == *value;
}

static bool
take_unit(const char **s, double *days)
{
	static const struct
	{
		const char *name;
		double		days;
	}			units[] = {
		{"second", 1.0 / 86400}, {"minute", 1.0 / 1440}, {"hour", 1.0 / 24}, {"day", 1}, {"week", 7},
		{"month", 365.2425 / 12}, {"quarter", 365.2425 / 4}, {"year", 365.2425}
	};
	char		word[CLV_WORD_SIZE];
	double		count = 1;
	size_t		length;

	clv_take_number(s, &count);
	if (!clv_take_word(s, word))
		return false;
	length = strlen(word);
	if (length > 1 && word[length - 1] == 's')
		word[length - 1] = '\0';
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
	{
		if (strcmp(word, units[i].name) == 0)
		{
			*days = count * units[i].days;
			return *days > 0 && isfinite(*days);
		}
	}
	return false;
}

enum
{
	SEEN_UNIT = 1,
	SEEN_STATUS = 2,
	SEEN_LOG_LIKELIHOOD = 4,
	SEEN_CUSTOMERS = 8,
	SEEN_OBSERVATIONS = 16,
	SEEN_ESTIMATED = 32,
	SEEN_AT_BOUND = 64,
	SEEN_ITERATIONS = 128,
	SEEN_GRADIENT_NORM = 256,
	SEEN_COVARIANCE = 512,
	SEEN_LIMITS = 1024
};

#define SEEN_OF_FIT (SEEN_LOG_LIKELIHOOD | SEEN_CUSTOMERS | SEEN_OBSERVATIONS | SEEN_ESTIMATED)
#define SEEN_ONLY_WITH_FIT (SEEN_OF_FIT | SEEN_AT_BOUND | SEEN_ITERATIONS | SEEN_GRADIENT_NORM | SEEN_LIMITS)

/*
 * The fields behind the semicolon.  Each function reads the value that stands
 * at *s; if it cannot it may say why, in place of the message that is there.
 */
typedef bool (*TakeField) (const char **s, ClvModel *model, char *message);

static bool
take_model_unit(const char **s, ClvModel *model, char *message)
{
	if (take_unit(s, &model->unit_days))
		return true;
	clv_say(message, "A unit is a length of time such as 7 days.");
	return false;
}

/* The name of a status may have spaces. */
static bool
take_status(const char **s, ClvModel *model, char *message)
{
	char		word[CLV_WORD_SIZE + 1];
	const char *p = clv_skip_space(*s);
	int			length = 0;

	while (*p != '\0' && *p != ',' && length < CLV_WORD_SIZE)
		word[length++] = *p++;
	while (length > 0 && word[length - 1] == ' ')
		length--;
	word[length] = '\0';
	if (!clv_fit_status_by_name(word, &model->status))
	{
		clv_say(message, "No fit ends with the status \"%s\".", word);
		return false;
	}
	*s = p;
	return true;
}

static bool
take_log_likelihood(const char **s, ClvModel *model, char *message)
{
	return clv_take_number(s, &model->log_likelihood);
}

static bool
take_customers(const char **s, ClvModel *model, char *message)
{
	return clv_take_number(s, &model->customers);
}

static bool
take_observations(const char **s, ClvModel *model, char *message)
{
	double		value;

	if (!take_whole(s, CLV_MOST_COUNTED, &value))
		return false;
	model->observations = (int64_t) value;
	return true;
}

static bool
take_estimated(const char **s, ClvModel *model, char *message)
{
	double		value;

	if (!take_whole(s, model->family->parameter_count, &value))
		return false;
	model->estimated = (int) value;
	return true;
}

static bool
take_at_bound(const char **s, ClvModel *model, char *message)
{
	do
	{
		char		word[CLV_WORD_SIZE];
		int			i;

		if (!clv_take_word(s, word) || (i = clv_parameter_index(model->family, word)) < 0)
		{
			clv_say(message, "Names of parameters of %s are expected after at_bound.", model->family->name);
			return false;
		}
		model->at_bound |= UINT32_C(1) << i;
	} while (clv_take(s, '+'));
	return true;
}

static bool
take_iterations(const char **s, ClvModel *model, char *message)
{
	double		value;

	if (!take_whole(s, INT32_MAX, &value))
		return false;
	model->iterations = (int) value;
	return true;
}

static bool
take_gradient_norm(const char **s, ClvModel *model, char *message)
{
	return clv_take_number(s, &model->gradient_norm);
}

static bool
take_covariance(const char **s, ClvModel *model, char *message)
{
	int			n = model->family->parameter_count;
	bool		well = clv_take(s, '[');

	for (int i = 0; i < n; i++)
	{
		for (int j = 0; j <= i && well; j++)
		{
			well = clv_take_number(s, &model->covariance[i][j]);
			model->covariance[j][i] = model->covariance[i][j];
		}
	}
	model->has_covariance = well && clv_take(s, ']');
	if (!model->has_covariance)
		clv_say(message, "The covariance of %d parameters is [ and %d numbers, the lower triangle by rows, and ].",
				n, n * (n + 1) / 2);
	return model->has_covariance;
}

/* A number, or inf. */
static bool
take_upper_limit(const char **s, double *limit)
{
	const char *p = clv_skip_space(*s);

	if (clv_take_number(s, limit))
		return true;
	if (strncmp(p, "inf", 3) != 0)
		return false;
	*limit = INFINITY;
	*s = p + 3;
	return true;
}

static bool
take_limits(const char **s, ClvModel *model, char *message)
{
	int			n = model->family->parameter_count;
	bool		well = clv_take(s, '[');

	for (int i = 0; i < n && well; i++)
		well = clv_take_number(s, &model->limit[i][0]) && take_upper_limit(s, &model->limit[i][1]);
	model->has_limits = well && clv_take(s, ']');
	if (!model->has_limits)
		clv_say(message, "The limits of %d parameters are [ and %d numbers, lower and upper of each, and ].", n, 2 * n);
	return model->has_limits;
}

static const struct
{
	const char *name;
	int			seen;
	TakeField	take;
}			fields[] = {
	{"unit", SEEN_UNIT, take_model_unit},
	{"status", SEEN_STATUS, take_status},
	{"log_likelihood", SEEN_LOG_LIKELIHOOD, take_log_likelihood},
	{"customers", SEEN_CUSTOMERS, take_customers},
	{"observations", SEEN_OBSERVATIONS, take_observations},
	{"estimated", SEEN_ESTIMATED, take_estimated},
	{"at_bound", SEEN_AT_BOUND, take_at_bound},
	{"iterations", SEEN_ITERATIONS, take_iterations},
	{"gradient_norm", SEEN_GRADIENT_NORM, take_gradient_norm},
	{"covariance", SEEN_COVARIANCE, take_covariance},
	{"limits", SEEN_LIMITS, take_limits}
};

/* The value of a field standing at *s; answers the field's bit, 0 on failure. */
static int
take_field(const char **s, const char *name, ClvModel *model, char *message)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
	{
		if (strcmp(name, fields[i].name) != 0)
			continue;
		clv_say(message, "The value of %s is out of range or no number.", name);
		return fields[i].take(s, model, message) ? fields[i].seen : 0;
	}
	clv_say(message, "A model has no field \"%s\".", name);
	return 0;
}

/* The fields up to the end, of which those of a fit stand there together or not at all. */
static bool
take_fields(const char **s, ClvModel *model, char *message)
{
	char		word[CLV_WORD_SIZE];
	int			seen = 0;

	if (clv_take(s, ';'))
	{
		do
		{
			int			bit;

			if (!clv_take_word(s, word) || !clv_take(s, '='))
			{
				clv_say(message, "A field such as unit=7 days is expected at \"%.32s\".", *s);
				return false;
			}
			bit = take_field(s, word, model, message);
			if (bit == 0)
				return false;
			if (seen & bit)
			{
				clv_say(message, "The field %s stands there twice.", word);
				return false;
			}
			seen |= bit;
		} while (clv_take(s, ','));
	}
	*s = clv_skip_space(*s);
	if (**s != '\0')
	{
		clv_say(message, "Nothing may follow at \"%.32s\".", *s);
		return false;
	}
	if (clv_model_is_fitted(model) ? (seen & SEEN_OF_FIT) != SEEN_OF_FIT : (seen & SEEN_ONLY_WITH_FIT) != 0)
	{
		clv_say(message, "Either all of status, log_likelihood, customers, observations and estimated stand there, or none.");
		return false;
	}
	return true;
}

/* The name of the family, up to the parenthesis. */
static ClvStatus
take_family(const char **s, ClvModel *model, char *message)
{
	const char *start = clv_skip_space(*s);
	size_t		length = strcspn(start, "(");
	char		name[CLV_MODEL_FAMILY_SIZE + 1];

	*s = start + length;
	if (**s != '(')
	{
		clv_say(message, "Its parameters in parentheses are missing.");
		return CLV_MODEL_SYNTAX;
	}
	while (length > 0 && clv_skip_space(start + length - 1) != start + length - 1)
		length--;
	if (length > CLV_MODEL_FAMILY_SIZE)
		length = CLV_MODEL_FAMILY_SIZE;
	for (size_t i = 0; i < length; i++)
		name[i] = start[i] >= 'A' && start[i] <= 'Z' ? (char) (start[i] - 'A' + 'a') : start[i];
	name[length] = '\0';
	model->family = clv_family_by_name(name);
	if (model->family == NULL)
	{
		clv_say(message, "There is no family \"%s\".", name);
		return CLV_UNKNOWN_FAMILY;
	}
	return CLV_OK;
}

/* One parameter with its number, of those that are not found yet. */
static bool
take_parameter(const char **s, ClvModel *model, uint32_t *found, char *message)
{
	char		word[CLV_WORD_SIZE];
	int			i;

	if (!clv_take_word(s, word))
	{
		clv_say(message, "The name of a parameter is expected at \"%.32s\".", *s);
		return false;
	}
	i = clv_parameter_index(model->family, word);
	if (i < 0)
		clv_say(message, "The family %s has no parameter \"%s\".", model->family->name, word);
	else if (*found & (UINT32_C(1) << i))
		clv_say(message, "The parameter %s stands there twice.", word);
	else if (!clv_take(s, '=') || !clv_take_number(s, &model->parameters[i]))
		clv_say(message, "The parameter %s has no finite number.", word);
	else
	{
		*found |= UINT32_C(1) << i;
		return true;
	}
	return false;
}

/* All parameters, in parentheses. */
static bool
take_parameters(const char **s, ClvModel *model, char *message)
{
	uint32_t	found = 0;

	clv_take(s, '(');
	do
	{
		if (!take_parameter(s, model, &found, message))
			return false;
	} while (clv_take(s, ','));
	if (!clv_take(s, ')'))
	{
		clv_say(message, "A comma or a closing parenthesis is expected at \"%.32s\".", *s);
		return false;
	}
	for (int i = 0; i < model->family->parameter_count; i++)
	{
		if (!(found & (UINT32_C(1) << i)))
		{
			clv_say(message, "The parameter %s of %s is missing.", model->family->parameter[i].name, model->family->name);
			return false;
		}
	}
	return true;
}

ClvStatus
clv_model_read(const char *string, ClvModel *model, char *message)
{
	const char *s = string;
	ClvStatus	status;

	memset(model, 0, sizeof(*model));
	model->log_likelihood = NAN;
	status = take_family(&s, model, message);
	if (status != CLV_OK)
		return status;
	if (!take_parameters(&s, model, message) || !take_fields(&s, model, message))
		return CLV_MODEL_SYNTAX;
	return clv_model_check(model, message);
}
