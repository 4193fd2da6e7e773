/*-------------------------------------------------------------------------
 *
 * model_text.c
 *	  A model as text and as bytes, both exact.
 *
 *-------------------------------------------------------------------------
 */
#include "model/model_text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLAG_FIT 1
#define FLAG_COVARIANCE 2
#define FLAG_LIMITS 4

#define HEAD_SIZE 32
#define FIT_SIZE 48

/* Customers, observations and iterations beyond it were never counted. */
#define MOST_COUNTED 9007199254740992.0

static void fail(char *message, const char *format,...)
			__attribute__((format(printf, 2, 3)));

static void
fail(char *message, const char *format,...)
{
	va_list		arguments;

	va_start(arguments, format);
	vsnprintf(message, CLV_MODEL_MESSAGE_SIZE, format, arguments);
	va_end(arguments);
}

static bool
is_fitted(const ClvModel *model)
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
		fail(message, "The parameter %s of %s is %s; it is a %s from %s to %s.",
			 parameter->name, family->name, value, parameter->whole ? "whole number" : "number", lower, upper);
		return status;
	}
	if (!isfinite(model->unit_days) || model->unit_days < 0)
	{
		fail(message, "The unit is %g days; it must be a finite length of time greater than zero.", model->unit_days);
		return CLV_PARAMETER_OUT_OF_RANGE;
	}
	if (is_fitted(model))
	{
		if (!isfinite(model->log_likelihood))
		{
			fail(message, "The log-likelihood is %g; it must be finite.", model->log_likelihood);
			return CLV_PARAMETER_OUT_OF_RANGE;
		}
		if (!(model->customers > 0 && isfinite(model->customers)))
		{
			fail(message, "The number of customers is %g; it must be finite and greater than zero.", model->customers);
			return CLV_PARAMETER_OUT_OF_RANGE;
		}
		if (model->observations < 0 || model->observations > (int64_t) MOST_COUNTED ||
			model->iterations < 0 || model->estimated < 0 || model->estimated > n ||
			(model->at_bound >> n) != 0 ||
			!(model->gradient_norm >= 0 && isfinite(model->gradient_norm)))
		{
			fail(message, "What it says about the fit is out of range.");
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
					fail(message, "The covariance of %s and %s is %g.", family->parameter[i].name,
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
			fail(message, "The limits of %s are %g and %g.", family->parameter[i].name, model->limit[i][0], model->limit[i][1]);
			return CLV_PARAMETER_OUT_OF_RANGE;
		}
	}
	return CLV_OK;
}

/* ---------- writing text ---------- */

int
clv_number_write(double value, char *out)
{
	int			length = 0;

	for (int digits = 15; digits <= 17; digits++)
	{
		length = snprintf(out, 32, "%.*g", digits, value);
		if (strtod(out, NULL) == value)
			break;
	}
	return length;
}

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
	if (is_fitted(model))
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

/* ---------- reading text ---------- */

#define WORD_SIZE 32

static const char *
skip_space(const char *s)
{
	while (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\r')
		s++;
	return s;
}

/* Take one character, with white space around it. */
static bool
take(const char **s, char c)
{
	const char *p = skip_space(*s);

	if (*p != c)
		return false;
	*s = skip_space(p + 1);
	return true;
}

/* Letters, digits and underscores, in lower case. */
static bool
take_word(const char **s, char *word)
{
	const char *p = skip_space(*s);
	int			length = 0;

	for (; (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '_'; p++)
	{
		if (length == WORD_SIZE - 1)
			return false;
		word[length++] = *p >= 'A' && *p <= 'Z' ? (char) (*p - 'A' + 'a') : *p;
	}
	word[length] = '\0';
	*s = p;
	return length > 0;
}

/* A decimal number: none of the hexadecimals and infinities that strtod() reads too. */
static bool
take_number(const char **s, double *value)
{
	const char *p = skip_space(*s);
	const char *digit = p + (*p == '-' || *p == '+');
	char	   *end;

	if (*digit == '.')
		digit++;
	if (*digit < '0' || *digit > '9' || (digit[0] == '0' && (digit[1] == 'x' || digit[1] == 'X')))
		return false;
	*value = strtod(p, &end);
	if (!isfinite(*value))
		return false;
	*value += 0.0;				/* no negative zero */
	*s = end;
	return true;
}

static bool
take_whole(const char **s, double most, double *value)
{
	return take_number(s, value) && *value >= 0 && *value <= most && floor(*value) == *value;
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
	char		word[WORD_SIZE];
	double		count = 1;
	size_t		length;

	take_number(s, &count);
	if (!take_word(s, word))
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
	fail(message, "A unit is a length of time such as 7 days.");
	return false;
}

/* The name of a status may have spaces. */
static bool
take_status(const char **s, ClvModel *model, char *message)
{
	char		word[WORD_SIZE + 1];
	const char *p = skip_space(*s);
	int			length = 0;

	while (*p != '\0' && *p != ',' && length < WORD_SIZE)
		word[length++] = *p++;
	while (length > 0 && word[length - 1] == ' ')
		length--;
	word[length] = '\0';
	if (!clv_fit_status_by_name(word, &model->status))
	{
		fail(message, "No fit ends with the status \"%s\".", word);
		return false;
	}
	*s = p;
	return true;
}

static bool
take_log_likelihood(const char **s, ClvModel *model, char *message)
{
	return take_number(s, &model->log_likelihood);
}

static bool
take_customers(const char **s, ClvModel *model, char *message)
{
	return take_number(s, &model->customers);
}

static bool
take_observations(const char **s, ClvModel *model, char *message)
{
	double		value;

	if (!take_whole(s, MOST_COUNTED, &value))
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
		char		word[WORD_SIZE];
		int			i;

		if (!take_word(s, word) || (i = clv_parameter_index(model->family, word)) < 0)
		{
			fail(message, "Names of parameters of %s are expected after at_bound.", model->family->name);
			return false;
		}
		model->at_bound |= UINT32_C(1) << i;
	} while (take(s, '+'));
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
	return take_number(s, &model->gradient_norm);
}

static bool
take_covariance(const char **s, ClvModel *model, char *message)
{
	int			n = model->family->parameter_count;
	bool		well = take(s, '[');

	for (int i = 0; i < n; i++)
	{
		for (int j = 0; j <= i && well; j++)
		{
			well = take_number(s, &model->covariance[i][j]);
			model->covariance[j][i] = model->covariance[i][j];
		}
	}
	model->has_covariance = well && take(s, ']');
	if (!model->has_covariance)
		fail(message, "The covariance of %d parameters is [ and %d numbers, the lower triangle by rows, and ].",
			 n, n * (n + 1) / 2);
	return model->has_covariance;
}

/* A number, or inf. */
static bool
take_upper_limit(const char **s, double *limit)
{
	const char *p = skip_space(*s);

	if (take_number(s, limit))
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
	bool		well = take(s, '[');

	for (int i = 0; i < n && well; i++)
		well = take_number(s, &model->limit[i][0]) && take_upper_limit(s, &model->limit[i][1]);
	model->has_limits = well && take(s, ']');
	if (!model->has_limits)
		fail(message, "The limits of %d parameters are [ and %d numbers, lower and upper of each, and ].", n, 2 * n);
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
		fail(message, "The value of %s is out of range or no number.", name);
		return fields[i].take(s, model, message) ? fields[i].seen : 0;
	}
	fail(message, "A model has no field \"%s\".", name);
	return 0;
}

/* The fields up to the end, of which those of a fit stand there together or not at all. */
static bool
take_fields(const char **s, ClvModel *model, char *message)
{
	char		word[WORD_SIZE];
	int			seen = 0;

	if (take(s, ';'))
	{
		do
		{
			int			bit;

			if (!take_word(s, word) || !take(s, '='))
			{
				fail(message, "A field such as unit=7 days is expected at \"%.32s\".", *s);
				return false;
			}
			bit = take_field(s, word, model, message);
			if (bit == 0)
				return false;
			if (seen & bit)
			{
				fail(message, "The field %s stands there twice.", word);
				return false;
			}
			seen |= bit;
		} while (take(s, ','));
	}
	*s = skip_space(*s);
	if (**s != '\0')
	{
		fail(message, "Nothing may follow at \"%.32s\".", *s);
		return false;
	}
	if (is_fitted(model) ? (seen & SEEN_OF_FIT) != SEEN_OF_FIT : (seen & SEEN_ONLY_WITH_FIT) != 0)
	{
		fail(message, "Either all of status, log_likelihood, customers, observations and estimated stand there, or none.");
		return false;
	}
	return true;
}

/* The name of the family, up to the parenthesis. */
static ClvStatus
take_family(const char **s, ClvModel *model, char *message)
{
	const char *start = skip_space(*s);
	size_t		length = strcspn(start, "(");
	char		name[CLV_MODEL_FAMILY_SIZE + 1];

	*s = start + length;
	if (**s != '(')
	{
		fail(message, "Its parameters in parentheses are missing.");
		return CLV_MODEL_SYNTAX;
	}
	while (length > 0 && skip_space(start + length - 1) != start + length - 1)
		length--;
	if (length > CLV_MODEL_FAMILY_SIZE)
		length = CLV_MODEL_FAMILY_SIZE;
	for (size_t i = 0; i < length; i++)
		name[i] = start[i] >= 'A' && start[i] <= 'Z' ? (char) (start[i] - 'A' + 'a') : start[i];
	name[length] = '\0';
	model->family = clv_family_by_name(name);
	if (model->family == NULL)
	{
		fail(message, "There is no family \"%s\".", name);
		return CLV_UNKNOWN_FAMILY;
	}
	return CLV_OK;
}

/* One parameter with its number, of those that are not found yet. */
static bool
take_parameter(const char **s, ClvModel *model, uint32_t *found, char *message)
{
	char		word[WORD_SIZE];
	int			i;

	if (!take_word(s, word))
	{
		fail(message, "The name of a parameter is expected at \"%.32s\".", *s);
		return false;
	}
	i = clv_parameter_index(model->family, word);
	if (i < 0)
		fail(message, "The family %s has no parameter \"%s\".", model->family->name, word);
	else if (*found & (UINT32_C(1) << i))
		fail(message, "The parameter %s stands there twice.", word);
	else if (!take(s, '=') || !take_number(s, &model->parameters[i]))
		fail(message, "The parameter %s has no finite number.", word);
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

	take(s, '(');
	do
	{
		if (!take_parameter(s, model, &found, message))
			return false;
	} while (take(s, ','));
	if (!take(s, ')'))
	{
		fail(message, "A comma or a closing parenthesis is expected at \"%.32s\".", *s);
		return false;
	}
	for (int i = 0; i < model->family->parameter_count; i++)
	{
		if (!(found & (UINT32_C(1) << i)))
		{
			fail(message, "The parameter %s of %s is missing.", model->family->parameter[i].name, model->family->name);
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

/* ---------- what is to be fitted ---------- */

bool
clv_fit_request_normalize(const char *string, size_t length, char *request, size_t size)
{
	size_t		n = 0;

	memset(request, 0, size);
	for (size_t i = 0; i < length; i++)
	{
		char		c = string[i];

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			continue;
		if (n == size - 1)
			return false;
		request[n++] = c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c;
	}
	return true;
}

/* A parameter to start from; a whole number is kept as it is given. */
static bool
set_parameter(const ClvFamily *family, int i, double value, uint32_t *found, ClvFitOptions *options, char *message)
{
	const char *name = family->parameter[i].name;

	if (*found & (UINT32_C(1) << i))
	{
		fail(message, "The parameter %s stands there twice.", name);
		return false;
	}
	*found |= UINT32_C(1) << i;
	options->start[i] = value;
	if (!family->parameter[i].whole)
		return true;
	if (!(value >= 1 && value <= CLV_MAX_K && value == floor(value)))
	{
		fail(message, "%s is %g; a fit takes a whole number from 1 to %d.", name, value, CLV_MAX_K);
		return false;
	}
	options->k = (int) value;
	return true;
}

static bool
set_option(const ClvFamily *family, const char *name, double value, ClvFitOptions *options, char *message)
{
	if (strcmp(name, "max_iterations") == 0 && value >= 1 && value <= 1000000 && value == floor(value))
		options->max_iterations = (int) value;
	else if (strcmp(name, "tolerance") == 0 && value > 0 && value < 1)
		options->tolerance = value;
	else if (strcmp(name, "penalty") == 0 && value >= 0)
		options->penalty = value;
	else if (strcmp(name, "unit_days") == 0 && value > 0)
		options->unit_days = value;
	else
	{
		if (strcmp(name, "max_iterations") == 0 || strcmp(name, "tolerance") == 0 ||
			strcmp(name, "penalty") == 0 || strcmp(name, "unit_days") == 0)
			fail(message, "%s is %g.", name, value);
		else
			fail(message, "A fit of %s has no option \"%s\".", family->name, name);
		return false;
	}
	return true;
}

/* A start is given by all parameters, whole numbers aside, or by none. */
static bool
check_start(const ClvFamily *family, uint32_t found, ClvFitOptions *options, char *message)
{
	int			wanted = 0;
	int			given = 0;
	int			which;

	for (int i = 0; i < family->parameter_count; i++)
	{
		bool		is_found = (found & (UINT32_C(1) << i)) != 0;

		if (!family->parameter[i].whole)
		{
			wanted++;
			given += is_found;
		}
		else if (!is_found)
			options->start[i] = 1;
	}
	if (given == 0)
		return true;
	if (given < wanted)
	{
		fail(message, "To start from given parameters, all of them must be given.");
		return false;
	}
	if (clv_parameters_check(family, options->start, &which) != CLV_OK)
	{
		fail(message, "The fit cannot start from %s = %g.", family->parameter[which].name, options->start[which]);
		return false;
	}
	options->has_start = true;
	return true;
}

ClvStatus
clv_fit_request_read(const char *request, const ClvFamily **family, ClvFitOptions *options, char *message)
{
	size_t		length = strcspn(request, "(");
	const char *s = request + length;
	char		name[CLV_MODEL_FAMILY_SIZE + 1];
	uint32_t	found = 0;

	clv_fit_options_init(options);
	if (length > CLV_MODEL_FAMILY_SIZE)
		length = CLV_MODEL_FAMILY_SIZE;
	memcpy(name, request, length);
	name[length] = '\0';
	*family = clv_family_by_name(name);
	if (*family == NULL)
	{
		fail(message, "There is no family \"%s\".", name);
		return CLV_UNKNOWN_FAMILY;
	}
	if (*s == '\0')
		return CLV_OK;

	take(&s, '(');
	do
	{
		char		word[WORD_SIZE];
		double		value;
		int			i;

		if (!take_word(&s, word) || !take(&s, '=') || !take_number(&s, &value))
		{
			fail(message, "An option such as max_iterations=500 is expected at \"%.32s\".", s);
			return CLV_FIT_OPTION_OUT_OF_RANGE;
		}
		i = clv_parameter_index(*family, word);
		if (i >= 0 ? !set_parameter(*family, i, value, &found, options, message)
			: !set_option(*family, word, value, options, message))
			return CLV_FIT_OPTION_OUT_OF_RANGE;
	} while (take(&s, ','));
	if (!take(&s, ')') || *s != '\0')
	{
		fail(message, "A comma or a closing parenthesis is expected at \"%.32s\".", s);
		return CLV_FIT_OPTION_OUT_OF_RANGE;
	}
	return check_start(*family, found, options, message) ? CLV_OK : CLV_FIT_OPTION_OUT_OF_RANGE;
}

/* ---------- bytes ---------- */

static uint8_t *
put_u64(uint8_t *p, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		*p++ = (uint8_t) (value >> (8 * i));
	return p;
}

static uint8_t *
put_u32(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		*p++ = (uint8_t) (value >> (8 * i));
	return p;
}

static uint8_t *
put_double(uint8_t *p, double value)
{
	uint64_t	bits;

	value += 0.0;				/* no negative zero */
	memcpy(&bits, &value, sizeof(bits));
	return put_u64(p, bits);
}

static uint64_t
get_u64(const uint8_t **p)
{
	uint64_t	value = 0;

	for (int i = 0; i < 8; i++)
		value |= (uint64_t) (*p)[i] << (8 * i);
	*p += 8;
	return value;
}

static uint32_t
get_u32(const uint8_t **p)
{
	uint32_t	value = 0;

	for (int i = 0; i < 4; i++)
		value |= (uint32_t) (*p)[i] << (8 * i);
	*p += 4;
	return value;
}

static double
get_double(const uint8_t **p)
{
	uint64_t	bits = get_u64(p);
	double		value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

size_t
clv_model_pack(const ClvModel *model, uint8_t *bytes)
{
	int			n = model->family->parameter_count;
	uint8_t    *p = bytes;

	*p++ = CLV_MODEL_VERSION;
	*p++ = (uint8_t) model->status;
	*p++ = (uint8_t) n;
	*p++ = (uint8_t) ((is_fitted(model) ? FLAG_FIT : 0) | (model->has_covariance ? FLAG_COVARIANCE : 0) |
					  (model->has_limits ? FLAG_LIMITS : 0));
	memset(p, 0, CLV_MODEL_FAMILY_SIZE);
	memcpy(p, model->family->name, strlen(model->family->name));
	p += CLV_MODEL_FAMILY_SIZE;
	p = put_double(p, model->unit_days);
	for (int i = 0; i < n; i++)
		p = put_double(p, model->parameters[i]);
	if (is_fitted(model))
	{
		p = put_double(p, model->log_likelihood);
		p = put_double(p, model->customers);
		p = put_double(p, model->gradient_norm);
		p = put_u64(p, (uint64_t) model->observations);
		p = put_u32(p, (uint32_t) model->estimated);
		p = put_u32(p, model->at_bound);
		p = put_u32(p, (uint32_t) model->iterations);
		p = put_u32(p, 0);
	}
	if (model->has_covariance)
	{
		for (int i = 0; i < n; i++)
		{
			for (int j = 0; j <= i; j++)
				p = put_double(p, model->covariance[i][j]);
		}
	}
	for (int i = 0; i < 2 * n && model->has_limits; i++)
		p = put_double(p, model->limit[i / 2][i % 2]);
	return (size_t) (p - bytes);
}

/* What stands before the numbers, and whether the size is as it says. */
static bool
unpack_head(const uint8_t *bytes, size_t size, ClvModel *model, char *message)
{
	char		name[CLV_MODEL_FAMILY_SIZE + 1];
	size_t		expected = HEAD_SIZE;
	int			flags;
	int			n;

	if (size < HEAD_SIZE)
	{
		fail(message, "It has %zu bytes, which is too short.", size);
		return false;
	}
	if (bytes[0] != CLV_MODEL_VERSION)
	{
		fail(message, "Its version is %d, only %d is known.", bytes[0], CLV_MODEL_VERSION);
		return false;
	}
	flags = bytes[3];
	if (bytes[1] >= CLV_FIT_STATUS_COUNT || (flags & ~(FLAG_FIT | FLAG_COVARIANCE | FLAG_LIMITS)) != 0 ||
		(flags & (FLAG_FIT | FLAG_LIMITS)) == FLAG_LIMITS ||
		((flags & FLAG_FIT) != 0) != (bytes[1] != CLV_FIT_GIVEN))
	{
		fail(message, "Its status is %d and its flags are %d.", bytes[1], flags);
		return false;
	}
	model->status = (ClvFitStatus) bytes[1];
	model->has_covariance = (flags & FLAG_COVARIANCE) != 0;
	model->has_limits = (flags & FLAG_LIMITS) != 0;

	memcpy(name, bytes + 4, CLV_MODEL_FAMILY_SIZE);
	name[CLV_MODEL_FAMILY_SIZE] = '\0';
	for (size_t i = strlen(name); i < CLV_MODEL_FAMILY_SIZE; i++)
	{
		if (name[i] != '\0')
		{
			fail(message, "Its family has bytes behind the name.");
			return false;
		}
	}
	model->family = clv_family_by_name(name);
	if (model->family == NULL || strcmp(model->family->name, name) != 0)
	{
		fail(message, "Its family is not known.");
		return false;
	}
	n = model->family->parameter_count;
	if (bytes[2] != n)
	{
		fail(message, "The family %s has %d parameters, not %d.", name, n, bytes[2]);
		return false;
	}
	expected += 8 * (size_t) n;
	if (is_fitted(model))
		expected += FIT_SIZE;
	if (model->has_covariance)
		expected += 8 * (size_t) (n * (n + 1) / 2);
	if (model->has_limits)
		expected += 16 * (size_t) n;
	if (size != expected)
		fail(message, "It has %zu bytes, not %zu.", size, expected);
	return size == expected;
}

static bool
unpack_fit(const uint8_t **p, ClvModel *model)
{
	uint64_t	observations;
	uint32_t	estimated;
	uint32_t	iterations;

	model->log_likelihood = get_double(p);
	model->customers = get_double(p);
	model->gradient_norm = get_double(p);
	observations = get_u64(p);
	estimated = get_u32(p);
	model->at_bound = get_u32(p);
	iterations = get_u32(p);
	if (get_u32(p) != 0 || observations > (uint64_t) INT64_MAX || estimated > CLV_MAX_PARAMETERS ||
		iterations > INT32_MAX)
		return false;
	model->observations = (int64_t) observations;
	model->estimated = (int) estimated;
	model->iterations = (int) iterations;
	return true;
}

static void
unpack_covariance(const uint8_t **p, ClvModel *model)
{
	for (int i = 0; i < model->family->parameter_count; i++)
	{
		for (int j = 0; j <= i; j++)
		{
			model->covariance[i][j] = get_double(p);
			model->covariance[j][i] = model->covariance[i][j];
		}
	}
}

static bool
has_negative_zero(const uint8_t *numbers, const uint8_t *end)
{
	while (numbers < end)
	{
		if (get_u64(&numbers) == UINT64_C(1) << 63)
			return true;
	}
	return false;
}

ClvStatus
clv_model_unpack(const uint8_t *bytes, size_t size, ClvModel *model, char *message)
{
	const uint8_t *numbers;
	const uint8_t *p;

	memset(model, 0, sizeof(*model));
	model->log_likelihood = NAN;
	model->gradient_norm = NAN;
	if (!unpack_head(bytes, size, model, message))
		return CLV_MODEL_BINARY;
	numbers = bytes + 4 + CLV_MODEL_FAMILY_SIZE;
	p = numbers;
	model->unit_days = get_double(&p);
	for (int i = 0; i < model->family->parameter_count; i++)
		model->parameters[i] = get_double(&p);
	if (is_fitted(model) && !unpack_fit(&p, model))
	{
		fail(message, "What it says about the fit is out of range.");
		return CLV_MODEL_BINARY;
	}
	if (model->has_covariance)
		unpack_covariance(&p, model);
	for (int i = 0; i < 2 * model->family->parameter_count && model->has_limits; i++)
		model->limit[i / 2][i % 2] = get_double(&p);
	if (clv_model_check(model, message) != CLV_OK)
		return CLV_MODEL_BINARY;
	/* Negative zeros would be a second form of the same model. */
	if (has_negative_zero(numbers, bytes + size))
	{
		fail(message, "It holds a negative zero.");
		return CLV_MODEL_BINARY;
	}
	return CLV_OK;
}
