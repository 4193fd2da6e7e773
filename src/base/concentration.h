/*-------------------------------------------------------------------------
 *
 * concentration.h
 *	  How much of the value comes from how few customers: A/B/C classes, the
 *	  Lorenz curve, the Gini coefficient.
 *
 * The rules: the total is that of the positive values; A are the fewest of
 * the best customers who reach a share of it; equal values share a class,
 * the better one; values of zero and below are C, and count as zero in shares.
 *
 * Values are integers of 128 bits: amounts at a common scale, or doubles
 * brought to a fixed point (clv_fixed_point).  All sums and comparisons with
 * shares are exact, so nothing depends on the order of the customers.
 *
 * A distribution (the SQL type lorenz) is the sorted list of the different
 * values with the number of customers of each.  The bytes:
 *	  byte 0	version; byte 1 kind; byte 2 scale (0 for doubles)
 *	  count		of different values
 *	  per value	int128 for the first, distance to the one before after that;
 *				customers, less one
 * A double stands there as the integer that has its place in the order of
 * all doubles (clv_double_rank).
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_CONCENTRATION_H
#define CLV_CONCENTRATION_H

#include "base/amount.h"
#include "base/bytes.h"

#define CLV_LORENZ_VERSION 1

typedef enum ClvClass
{
	CLV_CLASS_A = 0,
	CLV_CLASS_B,
	CLV_CLASS_C
} ClvClass;

/* A share between 0 and 1, in units of 10^-18, so that 0.8 is exactly that. */
#define CLV_SHARE_UNITS INT64_C(1000000000000000000)

/*
 * A double in steps of 2^-step of the largest one's power of two: exact for
 * values down to 2^-37 of the largest, cut off beyond, and in either case the
 * same whatever the order.  Up to 2^32 of them can be added.
 */
extern int	clv_fixed_exponent(double largest);
extern ClvAmount clv_fixed_point(double value, int exponent);

/* An integer in the order of the doubles, which have to be finite; both zeros are 0. */
extern int64_t clv_double_rank(double value);
extern double clv_double_of_rank(int64_t rank);

/* Where a class begins: the least value that belongs to it, if any does. */
typedef struct ClvCut
{
	bool		exists;
	ClvAmount	value;
} ClvCut;

/*
 * The cuts of A and of A and B together, in expected linear time; scratch has
 * room for as many values.  0 <= a <= b <= CLV_SHARE_UNITS.
 */
extern ClvStatus clv_abc_cuts(const ClvAmount *values, size_t count, int64_t a, int64_t b,
							  ClvCut cuts[2], ClvAmount *scratch, ClvInterrupt interrupt);
extern ClvClass clv_abc_class(ClvAmount value, const ClvCut cuts[2]);

/*
 * The distribution, while it is collected: entries in any order, equal values
 * perhaps several times, in memory of the caller.
 */
typedef enum ClvLorenzKind
{
	CLV_LORENZ_NUMERIC = 0,
	CLV_LORENZ_FLOAT8
} ClvLorenzKind;

typedef struct ClvLorenzEntry
{
	ClvAmount	value;			/* mantissa, or rank of a double */
	int64_t		customers;
} ClvLorenzEntry;

/* Bring entries to a larger scale. */
extern ClvStatus clv_lorenz_rescale(ClvLorenzEntry *entries, size_t count, int from_scale, int to_scale);

/* Sort and add up equal values; answers how many are different.  scratch is as large. */
extern size_t clv_lorenz_compact(ClvLorenzEntry *entries, size_t count, ClvLorenzEntry *scratch,
								 ClvInterrupt interrupt);

/*
 * Compact entries after some customers changed: changes are compact too, and
 * count less than zero of those who go.  corrected has room for all entries of
 * both.  False where more go than there are.
 */
extern bool clv_lorenz_correct(const ClvLorenzEntry *entries, size_t count, const ClvLorenzEntry *changes,
							   size_t changed, ClvLorenzEntry *corrected, size_t *different,
							   ClvInterrupt interrupt);

/* Write, or only count, the bytes of compact entries. */
extern void clv_lorenz_encode(ClvLorenzKind kind, int scale, const ClvLorenzEntry *entries, size_t count,
							  ClvSink *sink);
extern ClvStatus clv_lorenz_validate(const uint8_t *bytes, size_t size);

/* Reading valid bytes, from the smallest value up. */
typedef struct ClvLorenzReader
{
	ClvSource	source;
	ClvLorenzKind kind;
	int			scale;
	int64_t		left;
	bool		started;
	ClvAmount	value;
} ClvLorenzReader;

extern void clv_lorenz_read(ClvLorenzReader *reader, const uint8_t *bytes, size_t size);
extern bool clv_lorenz_next(ClvLorenzReader *reader, ClvLorenzEntry *entry);

/* What one pass over a distribution finds; doubles are at a fixed point. */
typedef struct ClvLorenz
{
	const uint8_t *bytes;
	size_t		size;
	ClvLorenzKind kind;
	int			scale;
	int			exponent;		/* of the fixed point */
	int64_t		customers;
	ClvAmount	total;			/* of the positive values */
	ClvAmount	largest;		/* not below 0 */
} ClvLorenz;

extern ClvStatus clv_lorenz_open(ClvLorenz *lorenz, const uint8_t *bytes, size_t size);

/* A value, or the total, as a double in the unit of the input. */
extern double clv_lorenz_double(const ClvLorenz *lorenz, ClvAmount fixed);

/*
 * The least value of the best customers who reach a share of the total, as
 * it stands in the entries, and how many customers that takes at least
 * (without their equals); false if nobody is needed, or nobody has any value.
 */
extern bool clv_lorenz_cutoff(const ClvLorenz *lorenz, int64_t share, ClvAmount *value, int64_t *customers);

/* The share of the total that the best customers make, part of one counted in proportion. */
extern double clv_lorenz_top_share(const ClvLorenz *lorenz, double customers);

/* The Gini coefficient: 0 where all are equal, close to 1 where one has all; the total must be positive. */
extern double clv_lorenz_gini(const ClvLorenz *lorenz);

/* Standard errors, of customers drawn at random; NaN where they cannot be told. */
extern double clv_lorenz_gini_error(const ClvLorenz *lorenz);
extern double clv_lorenz_top_share_error(const ClvLorenz *lorenz, double customers);

/*
 * The limits of the scores 2 to bins, see score.h, as the values stand in the
 * entries; there is at least one customer.
 */
extern void clv_lorenz_score_limits(const ClvLorenz *lorenz, int bins, ClvAmount *limits);

/* A point of the curve: the customers who have at least a value, and what they make together. */
typedef struct ClvCurvePoint
{
	ClvAmount	value;			/* as it stands in the entries */
	int64_t		customers;
	ClvAmount	sum;
} ClvCurvePoint;

/* Limits of A, and of A and B together, that the curve itself suggests; the total must be positive. */
extern void clv_lorenz_limits(const ClvLorenz *lorenz, ClvCurvePoint limits[2]);

/* Whether a sum is at least a share of the total. */
extern bool clv_lorenz_reaches(const ClvLorenz *lorenz, ClvAmount sum, int64_t share);

#endif							/* CLV_CONCENTRATION_H */
