/*-------------------------------------------------------------------------
 *
 * words.c
 *	  The text of models and of fits: marks, words and numbers.
 *
 *-------------------------------------------------------------------------
 */
#include "model/words.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void
clv_say(char *message, const char *format,...)
{
	va_list		arguments;

	va_start(arguments, format);
	vsnprintf(message, CLV_MODEL_MESSAGE_SIZE, format, arguments);
	va_end(arguments);
}

const char *
clv_skip_space(const char *s)
{
	while (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\r')
		s++;
	return s;
}

bool
clv_take(const char **s, char c)
{
	const char *p = clv_skip_space(*s);

	if (*p != c)
		return false;
	*s = clv_skip_space(p + 1);
	return true;
}

bool
clv_take_word(const char **s, char *word)
{
	const char *p = clv_skip_space(*s);
	int			length = 0;

	for (; (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '_'; p++)
	{
		if (length == CLV_WORD_SIZE - 1)
			return false;
		word[length++] = *p >= 'A' && *p <= 'Z' ? (char) (*p - 'A' + 'a') : *p;
	}
	word[length] = '\0';
	*s = p;
	return length > 0;
}

bool
clv_take_number(const char **s, double *value)
{
	const char *p = clv_skip_space(*s);
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
