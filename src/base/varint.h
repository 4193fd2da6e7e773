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

#include <stdint.h>

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

#endif							/* CLV_VARINT_H */
