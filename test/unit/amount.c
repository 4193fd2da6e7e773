/*-------------------------------------------------------------------------
 *
 * amount.c
 *	  Exact amounts: every power of ten, the ends of the range, texts, and
 *	  random values against arithmetic done digit by digit.
 *
 *-------------------------------------------------------------------------
 */
#include "base/amount.h"
#include "tap.h"

static uint64_t random_state = UINT64_C(0x9E3779B97F4A7C15);

/* splitmix64 */
static uint64_t
next_random(void)
{
	uint64_t	z = random_state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static int
random_below(int limit)
{
	return (int) (next_random() % (uint64_t) limit);
}

/* 10^exponent, one factor after the other. */
static ClvAmount
ten_to(int exponent)
{
	ClvAmount	power = 1;

	while (exponent-- > 0)
		power *= 10;
	return power;
}

/* A mantissa of up to so many digits, of either sign, often with zeros at its end. */
static ClvAmount
random_mantissa(int most_digits)
{
	int			digits = random_below(most_digits + 1);
	int			zeros = random_below(3) == 0 ? random_below(digits + 1) : 0;
	ClvAmount	mantissa = 0;

	for (int i = 0; i < digits; i++)
		mantissa = mantissa * 10 + (i < digits - zeros ? random_below(10) : 0);
	return random_below(2) ? mantissa : -mantissa;
}

static void
test_powers(void)
{
	bool		right = true;

	for (int i = 0; i <= CLV_AMOUNT_DIGITS; i++)
		right &= clv_amount_power_of_ten(i) == ten_to(i);
	ok(right, "powers of ten");
	ok(clv_amount_in_range(ten_to(37) - 1) && clv_amount_in_range(1 - ten_to(37)), "37 nines are in range");
	ok(!clv_amount_in_range(ten_to(37)) && !clv_amount_in_range(-ten_to(37)), "38 digits are not");
}

static void
test_add(void)
{
	ClvAmount	sum = ten_to(37) - 1;

	is_int(clv_amount_add(&sum, 1), CLV_AMOUNT_OVERFLOW, "a sum of 38 digits overflows");
	ok(sum == ten_to(37) - 1, "and stays as it was");
	is_int(clv_amount_add(&sum, 1 - ten_to(37)), CLV_OK, "the largest and the least add up");
	ok(sum == 0, "to nothing");
	sum = 1 - ten_to(37);
	is_int(clv_amount_add(&sum, sum), CLV_AMOUNT_OVERFLOW, "twice the least overflows");
}

/* The sum of many addends near the limit, in two orders. */
static void
test_sum(void)
{
	ClvAmount	addends[40];
	ClvAmount	value;
	ClvAmount	shuffled_value;
	int			overflows = 0;
	int			sums = 0;
	bool		same = true;
	bool		right = true;

	for (int round = 0; round < 20000; round++)
	{
		int			count = 1 + random_below(40);
		ClvAmountSum sum = {0};
		ClvAmountSum shuffled = {0};
		ClvAmount	high = 0;	/* the sum in units of 10^18 */
		ClvAmount	low = 0;	/* what is left of it */
		ClvStatus	status;

		for (int i = 0; i < count; i++)
		{
			addends[i] = random_mantissa(37);
			if (random_below(2))
				addends[i] = random_below(2) ? ten_to(37) - 1 : 1 - ten_to(37);
			clv_amount_sum_add(&sum, addends[i]);
			high += addends[i] / ten_to(18);
			low += addends[i] % ten_to(18);
		}
		for (int i = count - 1; i >= 0; i--)
		{
			int			other = random_below(i + 1);

			clv_amount_sum_add(&shuffled, addends[other]);
			addends[other] = addends[i];
		}
		high += low / ten_to(18);
		low %= ten_to(18);
		status = clv_amount_sum_value(&sum, &value);
		same &= status == clv_amount_sum_value(&shuffled, &shuffled_value);
		if (status == CLV_OK)
		{
			sums++;
			same &= value == shuffled_value;
			right &= value == high * ten_to(18) + low;
		}
		else
		{
			overflows++;
			/* The sum itself may not fit 128 bits. */
			if (high < ten_to(20) && high > -ten_to(20))
				right &= !clv_amount_in_range(high * ten_to(18) + low);
		}
	}
	ok(same, "sums do not depend on the order of addends");
	ok(right, "sums are right, or out of range");
	ok(sums > 1000 && overflows > 1000, "both were seen: %d sums, %d overflows", sums, overflows);
}

static void
test_rescale(void)
{
	bool		right = true;
	bool		back = true;

	for (int round = 0; round < 200000; round++)
	{
		ClvAmount	mantissa = random_mantissa(37);
		ClvAmount	scaled = mantissa;
		ClvAmount	naive = mantissa;
		int			from = random_below(38);
		int			to = from + random_below(60);
		bool		fits = true;

		for (int i = from; i < to && fits; i++)
		{
			naive *= 10;
			fits = clv_amount_in_range(naive);
		}
		if (fits)
		{
			right &= clv_amount_rescale(&scaled, from, to) == CLV_OK && scaled == naive;
			back &= clv_amount_rescale(&scaled, to, from) == CLV_OK && scaled == mantissa;
		}
		else
			right &= clv_amount_rescale(&scaled, from, to) == CLV_AMOUNT_OVERFLOW && scaled == mantissa;
	}
	ok(right, "to a larger scale");
	ok(back, "and back");
}

static void
test_least_scale(void)
{
	bool		right = true;

	for (int round = 0; round < 100000; round++)
	{
		ClvAmount	mantissa = random_mantissa(37);
		int			scale = random_below(38);
		int			least = scale;
		ClvAmount	rest = mantissa;

		while (least > 0 && rest % 10 == 0)
		{
			rest /= 10;
			least--;
		}
		right &= clv_amount_least_scale(mantissa, scale) == least;
	}
	ok(right, "least scale");
	is_int(clv_amount_least_scale(0, 37), 0, "nothing needs no decimals");
}

/* Digits, sign and point, written one by one. */
static void
write_naively(ClvAmount mantissa, int scale, char *out)
{
	char		digits[64];
	int			count = 0;
	ClvAmount	rest = mantissa < 0 ? -mantissa : mantissa;

	for (int i = 0; i < 40; i++, rest /= 10)
		digits[i] = (char) ('0' + (int) (rest % 10));
	for (count = 40; count > scale + 1 && digits[count - 1] == '0';)
		count--;
	if (mantissa < 0)
		*out++ = '-';
	while (count > 0)
	{
		if (count == scale)
			*out++ = '.';
		*out++ = digits[--count];
	}
	*out = '\0';
}

static void
test_text(void)
{
	bool		written = true;
	bool		read = true;
	bool		as_double = true;
	bool		near_double = true;

	for (int round = 0; round < 200000; round++)
	{
		ClvAmount	mantissa = random_mantissa(round % 2 ? 37 : 15);
		ClvAmount	again;
		int			scale = random_below(38);
		int			scale_again;
		size_t		used;
		size_t		length;
		char		out[CLV_AMOUNT_TEXT_SIZE];
		char		naive[64];
		double		value = clv_amount_to_double(mantissa, scale);

		length = (size_t) clv_amount_write(mantissa, scale, out);
		write_naively(mantissa, scale, naive);
		written &= length == strlen(out) && strcmp(out, naive) == 0;
		read &= clv_amount_read(out, length, &used, &again, &scale_again) == CLV_OK && used == length
			&& scale_again == clv_amount_least_scale(mantissa, scale)
			&& clv_amount_rescale(&again, scale_again, scale) == CLV_OK && again == mantissa;
		if (round % 2 == 0 && scale <= 22)
			as_double &= value == strtod(out, NULL);
		near_double &= fabs(value - strtod(out, NULL)) <= 4 * 1.2e-16 * fabs(value);
	}
	ok(written, "amounts are written as digit by digit");
	ok(read, "and read back to the same");
	ok(as_double, "amounts of 15 digits are the nearest double");
	ok(near_double, "larger ones within two roundings");
}

static void
read_is(const char *in, ClvStatus want_status, size_t want_used, const char *want, int want_scale)
{
	ClvAmount	mantissa;
	int			scale;
	size_t		used;
	ClvStatus	status = clv_amount_read(in, strlen(in), &used, &mantissa, &scale);
	char		out[CLV_AMOUNT_TEXT_SIZE];

	if (status != want_status || status != CLV_OK || want_used == 0)
	{
		ok(status == want_status && (status != CLV_OK || used == want_used), "read \"%s\"", in);
		return;
	}
	clv_amount_write(mantissa, scale, out);
	ok(used == want_used && scale == want_scale && strcmp(out, want) == 0, "read \"%s\" as %s", in, want);
}

static void
test_reading(void)
{
	read_is("29.33", CLV_OK, 5, "29.33", 2);
	read_is("+29.33,", CLV_OK, 6, "29.33", 2);
	read_is("-29.330", CLV_OK, 7, "-29.33", 2);
	read_is("0", CLV_OK, 1, "0", 0);
	read_is("-0.000", CLV_OK, 6, "0", 0);
	read_is("007", CLV_OK, 3, "7", 0);
	read_is(".5", CLV_OK, 2, "0.5", 1);
	read_is("5.", CLV_OK, 2, "5", 0);
	read_is("5..3", CLV_OK, 2, "5", 0);
	read_is("5.3.1", CLV_OK, 3, "5.3", 1);
	read_is("1e5", CLV_OK, 1, "1", 0);
	read_is("1 000", CLV_OK, 1, "1", 0);
	read_is("10.00000000000000000000000000000000000000000000000000", CLV_OK, 53, "10", 0);
	read_is("00000000000000000000000000000000000000000000000001", CLV_OK, 50, "1", 0);
	read_is("9999999999999999999999999999999999999", CLV_OK, 37, "9999999999999999999999999999999999999", 0);
	read_is("-0.9999999999999999999999999999999999999", CLV_OK, 40, "-0.9999999999999999999999999999999999999", 37);
	read_is("10000000000000000000000000000000000000", CLV_AMOUNT_OVERFLOW, 0, NULL, 0);
	read_is("-99999999999999999999999999999999999999", CLV_AMOUNT_OVERFLOW, 0, NULL, 0);
	read_is("1000000000000000000000000000000000000.1", CLV_AMOUNT_OVERFLOW, 0, NULL, 0);
	read_is("0.00000000000000000000000000000000000001", CLV_AMOUNT_TOO_FINE, 0, NULL, 0);
	read_is("0.00000000000000000000000000000000000010000", CLV_OK, 43, "0.0000000000000000000000000000000000001", 37);
	read_is("", CLV_OK, 0, NULL, 0);
	read_is("-", CLV_OK, 0, NULL, 0);
	read_is("+.", CLV_OK, 0, NULL, 0);
	read_is(".", CLV_OK, 0, NULL, 0);
	read_is("--1", CLV_OK, 0, NULL, 0);
	read_is("NaN", CLV_OK, 0, NULL, 0);
	read_is("Infinity", CLV_OK, 0, NULL, 0);
	read_is("٣", CLV_OK, 0, NULL, 0);
}

int
main(void)
{
	test_powers();
	test_add();
	test_sum();
	test_rescale();
	test_least_scale();
	test_text();
	test_reading();
	return done_testing();
}
