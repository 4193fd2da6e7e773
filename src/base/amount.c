/*-------------------------------------------------------------------------
 *
 * amount.c
 *	  Exact decimal amounts.
 *
 *-------------------------------------------------------------------------
 */
#include "base/amount.h"

static const int64_t small_powers[] = {
	1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
	INT64_C(1000000000), INT64_C(10000000000), INT64_C(100000000000),
	INT64_C(1000000000000), INT64_C(10000000000000), INT64_C(100000000000000),
	INT64_C(1000000000000000), INT64_C(10000000000000000),
	INT64_C(100000000000000000), INT64_C(1000000000000000000)
};

/* 10^CLV_AMOUNT_DIGITS */
#define LIMIT ((ClvAmount) INT64_C(1000000000000000000) * INT64_C(1000000000000000000) * 10)

static inline bool
fits_64_bits(ClvAmount mantissa)
{
	return mantissa == (int64_t) mantissa;
}

ClvAmount
clv_amount_power_of_ten(int exponent)
{
	ClvAmount	power = small_powers[exponent % 18];

	for (int i = 0; i < exponent / 18; i++)
		power *= small_powers[18];
	return power;
}

bool
clv_amount_in_range(ClvAmount mantissa)
{
	return mantissa < LIMIT && mantissa > -LIMIT;
}

ClvStatus
clv_amount_add_large(ClvAmount *sum, ClvAmount addend)
{
	ClvAmount	total = *sum + addend;

	if (!clv_amount_in_range(total))
		return CLV_AMOUNT_OVERFLOW;
	*sum = total;
	return CLV_OK;
}

void
clv_amount_sum_add_large(ClvAmountSum *sum, ClvAmount addend)
{
	sum->rest += addend;
	if (clv_amount_in_range(sum->rest))
		return;
	sum->carry += sum->rest > 0 ? 1 : -1;
	sum->rest += sum->rest > 0 ? -LIMIT : LIMIT;
}

ClvStatus
clv_amount_sum_value(const ClvAmountSum *sum, ClvAmount *value)
{
	*value = sum->rest;
	if (sum->carry == 0)
		return CLV_OK;
	/* A carry that the rest takes back. */
	if (sum->carry == 1 && sum->rest < 0)
		*value += LIMIT;
	else if (sum->carry == -1 && sum->rest > 0)
		*value -= LIMIT;
	else
		return CLV_AMOUNT_OVERFLOW;
	return CLV_OK;
}

/* To a smaller scale, at which the amount is whole. */
static ClvAmount
drop_decimals(ClvAmount mantissa, int decimals)
{
	/* Division of 64 bits is many times cheaper than of 128. */
	if (fits_64_bits(mantissa) && decimals <= 18)
		return (int64_t) mantissa / small_powers[decimals];
	return mantissa / clv_amount_power_of_ten(decimals);
}

ClvStatus
clv_amount_rescale(ClvAmount *mantissa, int from_scale, int to_scale)
{
	int			shift = to_scale - from_scale;
	ClvAmount	limit;

	if (shift == 0 || *mantissa == 0)
		return CLV_OK;
	if (shift < 0)
	{
		*mantissa = drop_decimals(*mantissa, -shift);
		return CLV_OK;
	}
	/* 2^63 * 10^18 is within the limit. */
	if (shift <= 18 && fits_64_bits(*mantissa))
	{
		*mantissa *= small_powers[shift];
		return CLV_OK;
	}
	if (shift > CLV_AMOUNT_DIGITS)
		return CLV_AMOUNT_OVERFLOW;
	limit = clv_amount_power_of_ten(CLV_AMOUNT_DIGITS - shift);
	if (*mantissa >= limit || *mantissa <= -limit)
		return CLV_AMOUNT_OVERFLOW;
	*mantissa *= clv_amount_power_of_ten(shift);
	return CLV_OK;
}

int
clv_amount_least_scale(ClvAmount mantissa, int scale)
{
	if (mantissa == 0)
		return 0;
	if (fits_64_bits(mantissa))
	{
		int64_t		rest = (int64_t) mantissa;

		while (scale > 0 && rest % 10 == 0)
		{
			rest /= 10;
			scale--;
		}
		return scale;
	}
	while (scale > 0 && mantissa % 10 == 0)
	{
		mantissa /= 10;
		scale--;
	}
	return scale;
}

double
clv_amount_to_double(ClvAmount mantissa, int scale)
{
	/* 10^22 is the largest power of ten that a double holds exactly. */
	if (scale <= 22)
		return (double) mantissa / (double) clv_amount_power_of_ten(scale);
	return (double) mantissa / 1e22 / (double) clv_amount_power_of_ten(scale - 22);
}

int
clv_amount_write(ClvAmount mantissa, int scale, char *out)
{
	char		digits[CLV_AMOUNT_TEXT_SIZE];
	int			count = 0;
	int			length = 0;
	bool		negative = mantissa < 0;

	if (negative)
		mantissa = -mantissa;
	while (mantissa > 0 || count <= scale)
	{
		digits[count++] = (char) ('0' + (int) (mantissa % 10));
		mantissa /= 10;
	}
	if (negative)
		out[length++] = '-';
	while (count > 0)
	{
		if (count == scale)
			out[length++] = '.';
		out[length++] = digits[--count];
	}
	out[length] = '\0';
	return length;
}

/* *mantissa = *mantissa * 10 + digit, as long as it stays in range. */
static ClvStatus
append_digit(ClvAmount *mantissa, int digit)
{
	/* In range before, so that ten times it still fits 128 bits. */
	ClvAmount	next = *mantissa * 10 + digit;

	if (!clv_amount_in_range(next))
		return CLV_AMOUNT_OVERFLOW;
	*mantissa = next;
	return CLV_OK;
}

ClvStatus
clv_amount_read(const char *in, size_t length, size_t *used, ClvAmount *mantissa, int *scale)
{
	size_t		at = 0;
	size_t		digits = 0;
	int			pending_zeros = 0;
	bool		negative = false;
	bool		point = false;

	*used = 0;
	*mantissa = 0;
	*scale = 0;
	if (at < length && (in[at] == '+' || in[at] == '-'))
		negative = in[at++] == '-';
	for (; at < length; at++)
	{
		ClvStatus	status = CLV_OK;

		if (in[at] == '.' && !point)
		{
			point = true;
			continue;
		}
		if (in[at] < '0' || in[at] > '9')
			break;
		digits++;
		if (point && in[at] == '0')
		{
			pending_zeros++;
			continue;
		}
		/* More decimals than an amount can have: of no use to count further. */
		if (point && (*scale += pending_zeros + 1) > CLV_AMOUNT_DIGITS)
			return CLV_AMOUNT_TOO_FINE;
		for (; status == CLV_OK && pending_zeros > 0; pending_zeros--)
			status = append_digit(mantissa, 0);
		if (status == CLV_OK)
			status = append_digit(mantissa, in[at] - '0');
		if (status != CLV_OK)
			return status;
	}
	if (digits == 0)
		return CLV_OK;
	*used = at;
	if (negative)
		*mantissa = -*mantissa;
	return CLV_OK;
}
