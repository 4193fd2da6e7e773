/*-------------------------------------------------------------------------
 *
 * bytes.h
 *	  Numbers as sequences of bytes: reading that never runs over the end,
 *	  and writing that can also only count.
 *
 * A varint holds seven bits per byte, the least significant first; a set top
 * bit says that another byte follows.  Each number has one form: a varint
 * with a useless last byte is refused.  Signed numbers are folded (0, -1, 1,
 * -2, ...) so that small ones of either sign are short.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_BYTES_H
#define CLV_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/amount.h"

/* Once bad, a source stays bad and yields zeros. */
typedef struct ClvSource
{
	const uint8_t *next;
	const uint8_t *end;
	bool		bad;
} ClvSource;

/* With out = NULL a sink only counts. */
typedef struct ClvSink
{
	uint8_t    *out;
	size_t		count;
} ClvSink;

static inline uint8_t
clv_get_byte(ClvSource *source)
{
	if (source->next >= source->end)
	{
		source->bad = true;
		return 0;
	}
	return *source->next++;
}

static inline void
clv_put_byte(ClvSink *sink, uint8_t byte)
{
	if (sink->out)
		sink->out[sink->count] = byte;
	sink->count++;
}

static inline unsigned __int128
clv_get_wide(ClvSource *source, int bits)
{
	unsigned __int128 number = 0;
	uint8_t		byte;

	for (int shift = 0; shift < bits; shift += 7)
	{
		byte = clv_get_byte(source);
		number |= (unsigned __int128) (byte & 0x7F) << shift;
		if (byte < 0x80)
		{
			if ((byte == 0 && shift > 0) || (bits - shift < 7 && byte >> (bits - shift)))
				break;
			return number;
		}
	}
	source->bad = true;
	return 0;
}

/* A number below 2^63. */
static inline int64_t
clv_get_count(ClvSource *source)
{
	/* most counts are below 128 */
	if (source->next < source->end && *source->next < 0x80)
		return *source->next++;
	return (int64_t) clv_get_wide(source, 63);
}

static inline void
clv_put_count(ClvSink *sink, int64_t count)
{
	uint64_t	number = (uint64_t) count;

	for (; number >= 0x80; number >>= 7)
		clv_put_byte(sink, (uint8_t) (number | 0x80));
	clv_put_byte(sink, (uint8_t) number);
}

/* An int32 of either sign. */
static inline int32_t
clv_get_int32(ClvSource *source)
{
	uint32_t	folded = (uint32_t) clv_get_wide(source, 32);

	return (int32_t) (folded >> 1) ^ -(int32_t) (folded & 1);
}

static inline void
clv_put_int32(ClvSink *sink, int32_t number)
{
	clv_put_count(sink, (int64_t) (((uint32_t) number << 1) ^ (uint32_t) (number >> 31)));
}

/* A mantissa in the range of amounts. */
static inline ClvAmount
clv_get_amount(ClvSource *source)
{
	unsigned __int128 folded;
	ClvAmount	amount;

	if (source->next < source->end && *source->next < 0x80)
		folded = *source->next++;
	else
		folded = clv_get_wide(source, 128);
	amount = (ClvAmount) (folded >> 1) ^ -(ClvAmount) (folded & 1);
	if (!clv_amount_in_range(amount))
		source->bad = true;
	return amount;
}

static inline void
clv_put_wide(ClvSink *sink, unsigned __int128 number)
{
	for (; number >= 0x80; number >>= 7)
		clv_put_byte(sink, (uint8_t) (number | 0x80));
	clv_put_byte(sink, (uint8_t) number);
}

static inline void
clv_put_amount(ClvSink *sink, ClvAmount amount)
{
	clv_put_wide(sink, ((unsigned __int128) amount << 1) ^ (unsigned __int128) (amount >> 127));
}

#endif							/* CLV_BYTES_H */
