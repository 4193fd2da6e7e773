/*-------------------------------------------------------------------------
 *
 * fit_request.c
 *	  The text that says what is to be fitted, and how.
 *
 *-------------------------------------------------------------------------
 */
#include "model/fit_request.h"

#include <math.h>
#include <string.h>

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
		clv_say(message, "The parameter %s stands there twice.", name);
		return false;
	}
	*found |= UINT32_C(1) << i;
	options->start[i] = value;
	if (!family->parameter[i].whole)
		return true;
	if (!(value >= 1 && value <= CLV_MAX_K && value == floor(value)))
	{
		clv_say(message, "%s is %g; a fit takes a whole number from 1 to %d.", name, value, CLV_MAX_K);
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
			clv_say(message, "%s is %g.", name, value);
		else
			clv_say(message, "A fit of %s has no option \"%s\".", family->name, name);
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
		clv_say(message, "To start from given parameters, all of them must be given.");
		return false;
	}
	if (clv_parameters_check(family, options->start, &which) != CLV_OK)
	{
		clv_say(message, "The fit cannot start from %s = %g.", family->parameter[which].name, options->start[which]);
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
		clv_say(message, "There is no family \"%s\".", name);
		return CLV_UNKNOWN_FAMILY;
	}
	if (*s == '\0')
		return CLV_OK;

	clv_take(&s, '(');
	do
	{
		char		word[CLV_WORD_SIZE];
		double		value;
		int			i;

		if (!clv_take_word(&s, word) || !clv_take(&s, '=') || !clv_take_number(&s, &value))
		{
			clv_say(message, "An option such as max_iterations=500 is expected at \"%.32s\".", s);
			return CLV_FIT_OPTION_OUT_OF_RANGE;
		}
		i = clv_parameter_index(*family, word);
		if (i >= 0 ? !set_parameter(*family, i, value, &found, options, message)
			: !set_option(*family, word, value, options, message))
			return CLV_FIT_OPTION_OUT_OF_RANGE;
	} while (clv_take(&s, ','));
	if (!clv_take(&s, ')') || *s != '\0')
	{
		clv_say(message, "A comma or a closing parenthesis is expected at \"%.32s\".", s);
		return CLV_FIT_OPTION_OUT_OF_RANGE;
	}
	return check_start(*family, found, options, message) ? CLV_OK : CLV_FIT_OPTION_OUT_OF_RANGE;
}
