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
 * The up to eight bytes between at and end, of which there are at least two,
 * as a number, the first one lowest.
 */
static inline uint64_t
clv_eight_bytes(const uint8_t *at, const uint8_t *end)
{
	size_t		left = (size_t) (end - at);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t	word;
	uint32_t	low;
	uint32_t	high;

	if (left >= 8)
	{
		memcpy(&word, at, 8);
		return word;
	}
	/* Two parts that overlap are where they belong, once the second one is shifted. */
	if (left >= 4)
	{
		memcpy(&low, at, 4);
		memcpy(&high, end - 4, 4);
		return low | (uint64_t) high << 8 * (left - 4);
	}
	return at[0] | (uint64_t) at[1] << 8 | (uint64_t) end[-1] << 8 * (left - 1);
#else
	uint64_t	word = 0;

	for (size_t i = 0; i < left && i < 8; i++)
		word |= (uint64_t) at[i] << 8 * i;
	return word;
#endif
}

/* The values of two varints, each in its half of the word with nothing behind it. */
static inline uint64_t
clv_short_varints(uint64_t word)
{
	/* Seven bits of each byte move together: to pairs of bytes, to pairs of pairs. */
	word = (word & UINT64_C(0x007F007F007F007F)) | (word >> 1 & UINT64_C(0x3F803F803F803F80));
	return (word & UINT64_C(0x00003FFF00003FFF)) | (word >> 2 & UINT64_C(0x0FFFC0000FFFC000));
}

#endif							/* CLV_VARINT_H */
