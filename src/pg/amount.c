/*-------------------------------------------------------------------------
 *
 * amount.c
 *	  Amounts between PostgreSQL's types and the exact decimals of src/base.
 *
 * A numeric is decoded from its digits in place: going through text or
 * numeric's own arithmetic costs ten times as much per order.  PostgreSQL
 * keeps the layout private to its numeric.c, but cannot change it without
 * breaking every stored table; test/pgtap/10_history.sql compares the
 * decoding with numeric's own output on random values.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "common/shortest_dec.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "pg/amount.h"
#include "pg/compat.h"
#include "pg/error.h"

/* The first 16 bits of a numeric: two bits of kind, then sign, scale and weight. */
#define KIND_MASK			0xC000
#define KIND_NEGATIVE		0x4000
#define KIND_SHORT			0x8000
#define KIND_SPECIAL		0xC000

#define SHORT_NEGATIVE		0x2000
#define SHORT_SCALE(header) (((header) & 0x1F80) >> 7)
#define SHORT_WEIGHT(header) ((int) ((header) & 0x003F) - (((header) & 0x0040) ? 64 : 0))
#define LONG_SCALE(header)	((header) & 0x3FFF)

#define DIGITS_PER_GROUP	4
#define GROUP				10000

/* A numeric: groups of four decimal digits, the first one worth 10000^weight. */
typedef struct Decoded
{
	bool		negative;
	int			scale;			/* decimals that are shown */
	int			weight;
	int			groups;
	const char *digits;			/* int16 each, not aligned */
} Decoded;

static inline int
group_at(const Decoded *number, int index)
{
	int16		group;

	memcpy(&group, number->digits + index * sizeof(int16), sizeof(int16));
	return group;
}

static const char *
special_name(uint16 header)
{
	return header == 0xD000 ? "Infinity" : header == 0xF000 ? "-Infinity" : "NaN";
}

static void
decode(struct varlena *value, Decoded *number)
{
	const char *at = VARDATA_ANY(value);
	int			size = (int) VARSIZE_ANY_EXHDR(value);
	uint16		header;

	memcpy(&header, at, sizeof(header));
	at += sizeof(uint16);
	size -= sizeof(uint16);
	if ((header & KIND_MASK) == KIND_SPECIAL)
		clv_raise(CLV_AMOUNT_NOT_FINITE, "The amount is %s.", special_name(header));
	if ((header & KIND_MASK) == KIND_SHORT)
	{
		number->negative = (header & SHORT_NEGATIVE) != 0;
		number->scale = SHORT_SCALE(header);
		number->weight = SHORT_WEIGHT(header);
	}
	else
	{
		int16		weight;

		memcpy(&weight, at, sizeof(weight));
		at += sizeof(int16);
		size -= sizeof(int16);
		number->negative = (header & KIND_MASK) == KIND_NEGATIVE;
		number->scale = LONG_SCALE(header);
		number->weight = weight;
	}
	number->digits = at;
	number->groups = size / (int) sizeof(int16);
}

/* Numerics may have a hundred thousand digits: the first ones tell which it is. */
static char *
numeric_text(struct varlena *value)
{
	char	   *digits = DatumGetCString(DirectFunctionCall1(numeric_out, PointerGetDatum(value)));

	if (strlen(digits) > 123)
		strcpy(digits + 120, "...");
	return digits;
}

/*
 * A few groups, shown with a few decimals: nearly every amount.  It gets the
 * scale at which it is shown, as its neighbors in the same column do.  False
 * where it is more than that.
 */
static inline bool
small_amount(const Decoded *number, ClvAmount *mantissa, int *scale)
{
	static const int64 powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
	int			decimals = (number->groups - 1 - number->weight) * DIGITS_PER_GROUP;
	int			missing = number->scale - decimals;
	int64		sum = 0;

	/* At most 16 digits, or 8 and as many zeros. */
	if (number->groups > 4 || number->scale > CLV_AMOUNT_DIGITS || missing <= -DIGITS_PER_GROUP ||
		missing > (number->groups > 2 ? 2 : 8))
		return false;
	for (int i = 0; i < number->groups; i++)
		sum = sum * GROUP + group_at(number, i);
	switch (missing)
	{
			/* Divisors that the compiler knows become multiplications. */
		case -1:
			sum /= 10;
			break;
		case -2:
			sum /= 100;
			break;
		case -3:
			sum /= 1000;
			break;
		default:
			sum *= powers[missing];
	}
	*mantissa = number->negative ? -sum : sum;
	*scale = number->scale;
	return true;
}

/* Any number: decimals that are zero are left out, so that as many as possible fit. */
static ClvStatus
large_amount(const Decoded *number, ClvAmount *mantissa, int *scale)
{
	int			groups = number->groups;
	int			exponent = (number->weight - groups + 1) * DIGITS_PER_GROUP;
	int			last = group_at(number, groups - 1);
	ClvAmount	sum = 0;

	/* Split off the last group: only its zeros can be superfluous. */
	for (int i = 0; i < groups - 1; i++)
	{
		if (sum > clv_amount_power_of_ten(CLV_AMOUNT_DIGITS - DIGITS_PER_GROUP))
			return CLV_AMOUNT_OVERFLOW;
		sum = sum * GROUP + group_at(number, i);
	}
	for (int factor = GROUP; factor > 0; factor /= 10)
	{
		if (factor == 1 || last % 10 != 0 || exponent >= 0)
		{
			if (sum > clv_amount_power_of_ten(CLV_AMOUNT_DIGITS) / factor)
				return CLV_AMOUNT_OVERFLOW;
			sum = sum * factor + last;
			break;
		}
		last /= 10;
		exponent++;
	}
	if (exponent < -CLV_AMOUNT_DIGITS)
		return CLV_AMOUNT_TOO_FINE;
	if (!clv_amount_in_range(sum))
		return CLV_AMOUNT_OVERFLOW;
	*mantissa = number->negative ? -sum : sum;
	*scale = exponent < 0 ? -exponent : 0;
	return exponent > 0 ? clv_amount_rescale(mantissa, 0, exponent) : CLV_OK;
}

void
clv_amount_from_numeric(Datum numeric, ClvAmount *mantissa, int *scale)
{
	struct varlena *stored = (struct varlena *) DatumGetPointer(numeric);
	struct varlena *value = VARATT_IS_SHORT(stored) && !VARATT_IS_EXTERNAL(stored) ? stored : pg_detoast_datum_packed(stored);
	Decoded		number;

	decode(value, &number);
	if (number.groups == 0)
	{
		*mantissa = 0;
		*scale = 0;
	}
	else if (!small_amount(&number, mantissa, scale))
	{
		ClvStatus	status = large_amount(&number, mantissa, scale);

		if (status != CLV_OK)
			clv_raise(status, "The amount is %s.", numeric_text(value));
	}
	if (value != stored)
		pfree(value);
}

void
clv_amount_from_float8(double value, ClvAmount *mantissa, int *scale)
{
	double		cents = rint(value * 100.0);
	char		shortest[DOUBLE_SHORTEST_DECIMAL_LEN];
	char	   *exponent_at;
	size_t		used;
	ClvStatus	status;

	/*
	 * Decimals of at most 15 digits all differ as doubles, so one of them
	 * that reads as value is its shortest.
	 */
	if (fabs(cents) <= 1e15 && cents / 100.0 == value)
	{
		*mantissa = (int64) cents;
		*scale = 2;
		return;
	}
	if (isnan(value) || isinf(value))
		clv_raise(CLV_AMOUNT_NOT_FINITE, "The amount is %s.",
				  isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
	double_to_shortest_decimal_buf(value, shortest);
	exponent_at = strchr(shortest, 'e');
	status = clv_amount_read(shortest, exponent_at ? exponent_at - shortest : strlen(shortest),
							 &used, mantissa, scale);
	if (status == CLV_OK && exponent_at != NULL)
	{
		*scale -= atoi(exponent_at + 1);
		if (*scale > CLV_AMOUNT_DIGITS)
			status = CLV_AMOUNT_TOO_FINE;
		else if (*scale < 0)
		{
			status = clv_amount_rescale(mantissa, *scale, 0);
			*scale = 0;
		}
	}
	if (status != CLV_OK)
		clv_raise(status, "The amount is %s.", shortest);
}

Datum
clv_amount_to_numeric(ClvAmount mantissa, int scale)
{
	char		digits[CLV_AMOUNT_TEXT_SIZE];

	if (mantissa == (int64) mantissa)
		return NumericGetDatum(int64_div_fast_to_numeric((int64) mantissa, scale));
	clv_amount_write(mantissa, scale, digits);
	return DirectFunctionCall3(numeric_in, CStringGetDatum(digits), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}
