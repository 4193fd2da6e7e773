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

#include "model/observations.h"
#include "model/tally.h"

#define CLV_OBSERVATIONS_VERSION 1

typedef struct ClvObservationValue
{
	int32		vl_len_;		/* varlena header (do not touch directly!) */
	uint8		version;		/* CLV_OBSERVATIONS_VERSION */
	uint8		reserved[3];	/* always zero */
} ClvObservationValue;

StaticAssertDecl(sizeof(ClvObservationValue) == MAXALIGN(sizeof(ClvObservationValue)),
				 "the table behind the header must be aligned");

#define CLV_OBSERVATIONS_TABLE(value) ((ClvObservationTable *) ((value) + 1))

/* The largest table that fits into a value of PostgreSQL. */
#define CLV_OBSERVATIONS_MOST_BYTES (MaxAllocSize - sizeof(ClvObservationValue))

/* An argument of the type: its bytes are checked as far as the table's shape. */
extern ClvObservationValue *clv_observations_datum(Datum datum);

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
 * numbers: tallies in an expanded object, whose flat form is the table.
 */
typedef struct ClvTallyState
{
	ExpandedObjectHeader header;
	ClvObservationTable *head;	/* family, source, as_of; no slots */
	bool		spend;
	int64		request;		/* the number of the one that was found alike last */
	size_t		sorted;			/* of the tallies, the first that are sorted and different */
	size_t		count;
	size_t		capacity;
	ClvTally   *tallies;
} ClvTallyState;

/* The object of a datum, or NULL if it is none; a new one; one more observation. */
extern ClvTallyState *clv_tally_state(Datum datum);
extern ClvTallyState *clv_tally_state_new(MemoryContext parent, const ClvObservationTable *head, bool spend);
extern void clv_tally_state_add(ClvTallyState *state, const ClvTally *tally);

/* Sort all tallies, each different one counted once. */
extern void clv_tally_state_sort(ClvTallyState *state);

#endif							/* CLV_PG_OBSERVATIONS_H */
