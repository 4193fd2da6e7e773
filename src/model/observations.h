/*-------------------------------------------------------------------------
 *
 * observations.h
 *	  Equal observations counted once: what every fit reads.
 *
 * A base of a million customers holds far fewer different (x, t_x, age), and
 * a likelihood needs each of them once, with how often it occurs.  The table
 * is one flat block without pointers: it can be copied, stored and sent as it
 * is.  Counts are integers and weights belong to the key, so that what a table
 * holds does not depend on the order in which observations came, nor on how
 * they were split over tables that were merged later.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_OBSERVATIONS_H
#define CLV_OBSERVATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "math/status.h"

#define CLV_OBSERVATIONS_FAMILY 160 /* bytes of what is to be fitted, with its zero */
#define CLV_OBSERVATIONS_SMALLEST 32	/* slots a new table has */

/* Where the observations came from, which decides the unit of the model. */
typedef enum ClvObservationSource
{
	CLV_SOURCE_STATISTICS = 0,	/* raw numbers, in a unit only the caller knows */
	CLV_SOURCE_HISTORIES = 1,	/* histories up to as_of: days */
	CLV_SOURCE_COHORT = 2,		/* (period, survivors) of a subscription cohort */
	CLV_SOURCE_HOLDOUT = 3		/* histories up to as_of, and what came after: weight is 1 + orders */
} ClvObservationSource;

/* One different observation.  A slot with count 0 is empty. */
typedef struct ClvObservationRow
{
	double		x;				/* repeat purchase days; the period of a cohort */
	double		t_x;			/* from first to last purchase */
	double		age;			/* from first purchase to the end of observation */
	double		extra;			/* mean spend, survivors, or a family's own statistic */
	double		weight;			/* customers it stands for */
	int64_t		count;			/* how often it was added */
} ClvObservationRow;

typedef struct ClvObservationTable
{
	uint8_t		source;			/* ClvObservationSource */
	uint8_t		reserved[3];	/* always zero */
	int32_t		as_of;			/* days since 2000-01-01; 0 unless of histories or holdout */
	char		family[CLV_OBSERVATIONS_FAMILY];	/* see clv_fit_request_read; padded with zeros */
	int64_t		slots;
	int64_t		used;
	ClvObservationRow slot[];	/* linear probing */
} ClvObservationTable;

/* Bytes of a table with that many slots. */
extern size_t clv_observations_size(int64_t slots);

/* Make an empty table in a block of clv_observations_size(slots) bytes. */
extern void clv_observations_init(ClvObservationTable *table, int64_t slots);

/* Copy family, source and as_of from another table. */
extern void clv_observations_like(ClvObservationTable *table, const ClvObservationTable *other);

/*
 * How many slots a table needs before `more` different observations can be
 * added: its own number while they fit, a larger one if it must grow, 0 if
 * that would take more than max_bytes.
 */
extern int64_t clv_observations_slots(const ClvObservationTable *table, int64_t more, size_t max_bytes);

/*
 * Count an observation `count` more times.  The table must have room (see
 * above).  Numbers that are not finite are refused, negative zero is zero.
 */
extern ClvStatus clv_observations_add(ClvObservationTable *table, const ClvObservationRow *row, int64_t count);

/* Add all of another table; there must be room for other->used more. */
extern ClvStatus clv_observations_merge(ClvObservationTable *table, const ClvObservationTable *other,
										ClvInterrupt interrupt);

/*
 * Write the used rows, sorted by x, t_x, age, extra and weight, into an array
 * of table->used rows.
 */
extern void clv_observations_export(const ClvObservationTable *table, ClvObservationRow *rows,
									ClvInterrupt interrupt);

/*
 * Of sorted rows, join those that differ in weight alone: each remaining row
 * has count 1 and the sum of weight × count.  Answers how many remain.
 */
extern int64_t clv_observations_fold(ClvObservationRow *rows, int64_t n);

/*
 * Text form of the rows, exact and canonical: x, t_x and age, or period and
 * survivors, then what is not usual.
 *
 *	{2 213 272, 0 0 272 *17, 2 30.5 38.75 extra=1.5 weight=2 *3}
 *
 * What stands before it (family, source, day) is the caller's.
 */
typedef void (*ClvWrite) (void *target, const char *bytes, size_t length);

extern void clv_observations_write(const ClvObservationTable *table, const ClvObservationRow *rows,
								   ClvWrite write, void *target);

/*
 * Read the text form.  First pass: table NULL, answers the number of rows in
 * *rows.  Second pass: fills an empty table that has room for them.  On
 * failure *where is the offset of what could not be read and *what says in a
 * sentence why.
 */
extern ClvStatus clv_observations_read(const char *string, uint8_t source, ClvObservationTable *table,
									   int64_t *rows, size_t *where, const char **what);

#endif							/* CLV_OBSERVATIONS_H */
