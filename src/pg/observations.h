/*-------------------------------------------------------------------------
 *
 * observations.h
 *	  The type clv.observation_table: what the fit aggregates collect.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_OBSERVATIONS_H
#define CLV_PG_OBSERVATIONS_H

#include "utils/expandeddatum.h"

#include "utils/memutils.h"

#include "base/amount.h"
#include "model/observations.h"
#include "model/tally.h"

#define CLV_OBSERVATIONS_VERSION 1
#define CLV_OBSERVATIONS_TALLIES 2	/* sorted tallies, as parallel workers hand them over, in place of slots */

typedef struct ClvObservationValue
{
	int32		vl_len_;		/* varlena header (do not touch directly!) */
	uint8		version;		/* CLV_OBSERVATIONS_VERSION or CLV_OBSERVATIONS_TALLIES */
	uint8		reserved[3];	/* always zero */
} ClvObservationValue;

StaticAssertDecl(sizeof(ClvObservationValue) == MAXALIGN(sizeof(ClvObservationValue)),
				 "the table behind the header must be aligned");

#define CLV_OBSERVATIONS_TABLE(value) ((ClvObservationTable *) ((value) + 1))

/* The largest table that fits into a value of PostgreSQL. */
#define CLV_OBSERVATIONS_MOST_BYTES (MaxAllocSize - sizeof(ClvObservationValue))

/* An argument of the type as a table: its bytes are checked as far as the table's shape. */
extern ClvObservationValue *clv_observations_datum(Datum datum);

/* How many slots the smallest form of a table has, so that equal tables are equal bytes. */
extern int64 clv_observations_compact_slots(int64 used);

/* A new, empty value with that many slots. */
extern ClvObservationValue *clv_observations_new(int64 slots);

/*
 * The value with room for `more` observations: itself, or a larger copy in the
 * current memory context.  The old one stays as it is: the executor frees it.
 */
extern ClvObservationValue *clv_observations_reserve(ClvObservationValue *value, int64 more);

/* The used rows in their order, in the current memory context. */
extern ClvObservationRow *clv_observations_sorted(const ClvObservationTable *table);

/* The length of a holdout (source CLV_SOURCE_HOLDOUT) in days; -1 if it has none. */
extern int	clv_holdout_days(const ClvObservationTable *table);

/* What a table of observations may not be mixed with; raises unless all three agree. */
extern void clv_observations_check_alike(const ClvObservationTable *table, const char *family, uint8 source,
										 int32 as_of);

/*
 * The state of an aggregate over histories, where their observations are whole
 * numbers: tallies in an expanded object.  Its flat form, which parallel
 * workers hand over, is the sorted tallies behind a table without slots.
 */
typedef struct ClvTallyState
{
	ExpandedObjectHeader header;
	ClvObservationTable *head;	/* family, source, as_of; no slots */
	bool		spend;
	int64		request;		/* the number of the one that was found alike last */
	int			scale;			/* of the amounts of keys */
	double		one;			/* 1 at this scale; 0 for times */
	size_t		key_count;
	size_t		key_capacity;
	uint64	   *keys;
	size_t		sorted;			/* of the tallies, the first that are sorted and different */
	size_t		count;
	size_t		capacity;
	ClvTally   *tallies;
} ClvTallyState;

/* The object of a datum, or NULL if it is none; a new one. */
extern ClvTallyState *clv_tally_state(Datum datum);
extern ClvTallyState *clv_tally_state_new(MemoryContext parent, const ClvObservationTable *head, bool spend);

/* One more observation: a tally, x with both times, or x with the amount of x orders. */
extern void clv_tally_state_add(ClvTallyState *state, const ClvTally *tally);
extern void clv_tally_state_add_times(ClvTallyState *state, uint32 x, uint32 t_x, uint32 age);
extern void clv_tally_state_add_amount(ClvTallyState *state, uint32 x, ClvAmount amount, int scale);

/* Sort everything into tallies, each different one counted once. */
extern void clv_tally_state_sort(ClvTallyState *state);

/* What a fit wants of them, in the current memory context. */
extern ClvObservation *clv_tally_state_observations(ClvTallyState *state, size_t *count);

/* The sorted tallies of a state or of its flat form; false if the datum is neither. */
extern bool clv_sorted_tallies(Datum datum, const ClvObservationTable **head, const ClvTally **tallies, size_t *count);

/* Add sorted tallies. */
extern void clv_tally_state_merge(ClvTallyState *state, const ClvTally *tallies, size_t count);

#endif							/* CLV_PG_OBSERVATIONS_H */
