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
 * beyond 64 bits.  So many of the first are sorted and different already.
 * scratch has room for as many.
 */
extern size_t clv_tally_sort(ClvTally *tallies, size_t sorted, size_t count, ClvTally *scratch,
							 ClvInterrupt interrupt);

#endif							/* CLV_TALLY_H */
