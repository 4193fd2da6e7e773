/*-------------------------------------------------------------------------
 *
 * tally.h
 *	  Observations read off histories, sorted instead of hashed.
 *
 * They are two numbers: x with both times, or x with the mean amount, without
 * weights, and most of them are different.  Collected one behind the other
 * and sorted by digits they cost a fraction of what a table of slots costs,
 * and are in the order a fit wants them in.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_TALLY_H
#define CLV_TALLY_H

#include "model/family.h"
#include "model/observations.h"

typedef struct ClvTally
{
	uint64_t	first;			/* x */
	uint64_t	second;			/* t_x and age, or the bits of the mean amount */
	int64_t		count;
} ClvTally;

/* The row as a tally and back; false if it has weight or numbers that do not fit. */
extern bool clv_tally_of_row(const ClvObservationRow *row, bool spend, ClvTally *tally);
extern void clv_tally_row(const ClvTally *tally, bool spend, ClvObservationRow *row);

/*
 * Sort, and count what is equal once; answers how many remain, 0 for counts
 * beyond 64 bits.  scratch has room for as many.
 */
extern size_t clv_tally_sort(ClvTally *tallies, size_t count, ClvTally *scratch, ClvInterrupt interrupt);

/* Two such rows as one; answers how many they are, 0 for counts beyond 64 bits. */
extern size_t clv_tally_merge(const ClvTally *left, size_t left_count, const ClvTally *right, size_t right_count,
							  ClvTally *out);

/*
 * The numbers of nearly every history are small enough for one number of 64
 * bits: x with both times, or x with the amount of x orders at a scale that
 * all keys of a row share.  Keys are in the order of their tallies, which
 * count one.
 */
#define CLV_TALLY_KEY_BITS 21

static inline bool
clv_tally_key_of_times(uint64_t x, uint64_t t_x, uint64_t age, uint64_t *key)
{
	*key = (x << CLV_TALLY_KEY_BITS | t_x) << CLV_TALLY_KEY_BITS | age;
	return (x | t_x | age) >> CLV_TALLY_KEY_BITS == 0;
}

static inline bool
clv_tally_key_of_amount(uint64_t x, uint64_t amount, uint64_t *key)
{
	*key = x << 2 * CLV_TALLY_KEY_BITS | amount;
	return x >> CLV_TALLY_KEY_BITS == 0 && amount >> 2 * CLV_TALLY_KEY_BITS == 0;
}

/* Sort keys; answers which of the arrays holds the result.  scratch has room for as many. */
extern uint64_t *clv_tally_sort_keys(uint64_t *keys, size_t count, uint64_t *scratch, ClvInterrupt interrupt);

/*
 * The tallies of sorted keys, or what a fit wants of them, each different one
 * counted once; answers how many.  one is 1 at the scale of amounts, at most
 * 10^22; 0 for times.
 */
extern size_t clv_tally_count_keys(const uint64_t *keys, size_t count, double one, ClvTally *tallies);
extern size_t clv_tally_observe_keys(const uint64_t *keys, size_t count, double one, ClvObservation *observations);

#endif							/* CLV_TALLY_H */
