/*-------------------------------------------------------------------------
 *
 * model_bytes.c
 *	  A model as bytes, exact.
 *
 *-------------------------------------------------------------------------
 */
#include "model/model_bytes.h"

#include <math.h>
#include <string.h>

#define FLAG_FIT 1
#define FLAG_COVARIANCE 2
#define FLAG_LIMITS 4

#define HEAD_SIZE 32
#define FIT_SIZE 48

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
	*p++ = (uint8_t) ((clv_model_is_fitted(model) ? FLAG_FIT : 0) | (model->has_covariance ? FLAG_COVARIANCE : 0) |
					  (model->has_limits ? FLAG_LIMITS : 0));
	memset(p, 0, CLV_MODEL_FAMILY_SIZE);
	memcpy(p, model->family->name, strlen(model->family->name));
	p += CLV_MODEL_FAMILY_SIZE;
	p = put_double(p, model->unit_days);
	for (int i = 0; i < n; i++)
		p = put_double(p, model->parameters[i]);
	if (clv_model_is_fitted(model))
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
		clv_say(message, "It has %zu bytes, which is too short.", size);
		return false;
	}
	if (bytes[0] != CLV_MODEL_VERSION)
	{
		clv_say(message, "Its version is %d, only %d is known.", bytes[0], CLV_MODEL_VERSION);
		return false;
	}
	flags = bytes[3];
	if (bytes[1] >= CLV_FIT_STATUS_COUNT || (flags & ~(FLAG_FIT | FLAG_COVARIANCE | FLAG_LIMITS)) != 0 ||
		(flags & (FLAG_FIT | FLAG_LIMITS)) == FLAG_LIMITS ||
		((flags & FLAG_FIT) != 0) != (bytes[1] != CLV_FIT_GIVEN))
	{
		clv_say(message, "Its status is %d and its flags are %d.", bytes[1], flags);
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
			clv_say(message, "Its family has bytes behind the name.");
			return false;
		}
	}
	model->family = clv_family_by_name(name);
	if (model->family == NULL || strcmp(model->family->name, name) != 0)
	{
		clv_say(message, "Its family is not known.");
		return false;
	}
	n = model->family->parameter_count;
	if (bytes[2] != n)
	{
		clv_say(message, "The family %s has %d parameters, not %d.", name, n, bytes[2]);
		return false;
	}
	expected += 8 * (size_t) n;
	if (clv_model_is_fitted(model))
		expected += FIT_SIZE;
	if (model->has_covariance)
		expected += 8 * (size_t) (n * (n + 1) / 2);
	if (model->has_limits)
		expected += 16 * (size_t) n;
	if (size != expected)
		clv_say(message, "It has %zu bytes, not %zu.", size, expected);
	return size == expected;
}

/* Counts beyond their types come out negative, which clv_model_check refuses. */
static bool
unpack_fit(const uint8_t **p, ClvModel *model)
{
	model->log_likelihood = get_double(p);
	model->customers = get_double(p);
	model->gradient_norm = get_double(p);
	model->observations = (int64_t) get_u64(p);
	model->estimated = (int) get_u32(p);
	model->at_bound = get_u32(p);
	model->iterations = (int) get_u32(p);
	return get_u32(p) == 0;
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
	if (clv_model_is_fitted(model) && !unpack_fit(&p, model))
	{
		clv_say(message, "What it says about the fit is out of range.");
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
		clv_say(message, "It holds a negative zero.");
		return CLV_MODEL_BINARY;
	}
	return CLV_OK;
}
