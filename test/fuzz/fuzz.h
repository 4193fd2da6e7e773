/*-------------------------------------------------------------------------
 *
 * fuzz.h
 *	  What fuzz targets share: a check that stops the fuzzer, and arguments
 *	  taken from its bytes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_FUZZ_H
#define CLV_FUZZ_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition) \
	do { \
		if (!(condition)) \
		{ \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

/* One input in `every`, by all of its bytes: for what takes much longer than the rest. */
static inline bool
fuzz_one_in(const uint8_t *data, size_t size, uint32_t every)
{
	uint32_t	hash = 2166136261u;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ data[i]) * 16777619u;
	return (hash >> 8) % every == 0;
}

/* A few bytes more than none, so that no pointer is NULL. */
static inline void *
fuzz_allocate(size_t size)
{
	void	   *memory = malloc(size + 1);

	REQUIRE(memory != NULL);
	return memory;
}

/* The bytes as a string of their own, with its zero: a read behind it is seen. */
static inline char *
fuzz_string(const uint8_t *data, size_t size)
{
	char	   *string = fuzz_allocate(size);

	memcpy(string, data, size);
	string[size] = '\0';
	return string;
}

/* A number between the powers of ten -decades and +decades. */
static inline double
fuzz_power(ClvSource *source, double decades)
{
	int			place = clv_get_byte(source);

	place = 256 * place + clv_get_byte(source);
	return pow(10, decades * (place / 32767.5 - 1));
}

/* Eight bytes, the least significant first; and the same as the bits of a double. */
static inline uint64_t
fuzz_word(ClvSource *source)
{
	uint64_t	word = 0;

	for (int shift = 0; shift < 64; shift += 8)
		word |= (uint64_t) clv_get_byte(source) << shift;
	return word;
}

static inline double
fuzz_double(ClvSource *source)
{
	uint64_t	word = fuzz_word(source);
	double		number;

	memcpy(&number, &word, sizeof(number));
	return number;
}

/* Any number at all; most are sane. */
static inline double
fuzz_number(ClvSource *source)
{
	static const double special[] = {
		0, -0.0, 1, -1, 0.5, 2, 7, 30, 100, 1e-100, 1e100, 1e101, 1e-308, 5e-324, 1.7976931348623157e308,
		9007199254740992.0, INFINITY, -INFINITY, NAN
	};
	int			kind = clv_get_byte(source);

	if (kind < 16)
		return fuzz_double(source);
	if (kind < 48)
		return special[clv_get_byte(source) % (sizeof(special) / sizeof(special[0]))];
	return fuzz_power(source, kind < 96 ? 100 : 4);
}

#endif							/* CLV_FUZZ_H */
