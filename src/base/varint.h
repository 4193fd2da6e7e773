/*-------------------------------------------------------------------------
 *
 * varint.h
 *	  Whole numbers in as few bytes as they need: seven bits per byte, least
 *	  significant first, the top bit saying that more follow.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_VARINT_H
#define CLV_VARINT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Small numbers of either sign become small ones without: 0, -1, 1, -2, 2. */
static inline uint64_t
clv_zigzag(int64_t value)
{
	return ((uint64_t) value << 1) ^ (uint64_t) (value >> 63);
}

static inline int64_t
clv_unzigzag(uint64_t value)
{
	return (int64_t) (value >> 1) ^ -(int64_t) (value & 1);
}

static inline uint8_t *
clv_put_varint(uint8_t *out, uint64_t value)
{
	while (value >= 0x80)
	{
		*out++ = (uint8_t) (value | 0x80);
		value >>= 7;
	}
	*out++ = (uint8_t) value;
	return out;
}

/*
 * A varint of at most eight bytes, without a loop: the eight bytes at *in can
 * be read and hold a whole varint.  False, and nothing read, if they do not,
 * or if this machine stores numbers the other way round.
 */
static inline bool
clv_get_short_varint(const uint8_t **in, uint64_t *value)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t	bytes;
	uint64_t	last;

	memcpy(&bytes, *in, sizeof(bytes));
	last = ~bytes & UINT64_C(0x8080808080808080);
	if (last == 0)
		return false;
	/* The lowest of these bits is the top of the last byte: all up to it stays. */
	bytes &= last ^ (last - 1);
	*in += (__builtin_ctzll(last) + 1) / 8;
	/* Seven bits of each byte move together: pairs of bytes, of pairs, of fours. */
	bytes = (bytes & UINT64_C(0x007F007F007F007F)) | (bytes & UINT64_C(0x7F007F007F007F00)) >> 1;
	bytes = (bytes & UINT64_C(0x00003FFF00003FFF)) | (bytes & UINT64_C(0x3FFF00003FFF0000)) >> 2;
	*value = (bytes & UINT64_C(0x000000000FFFFFFF)) | (bytes & UINT64_C(0x0FFFFFFF00000000)) >> 4;
	return true;
#else
	return false;
#endif
}

#endif							/* CLV_VARINT_H */
