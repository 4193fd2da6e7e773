/*-------------------------------------------------------------------------
 *
 * cohort.h
 *	  Who came back: customers counted by the period of their first purchase
 *	  and by the periods since.
 *
 * A cohort table holds one cell for each cohort and each period since in
 * which something happened; its size grows with cells, not with customers.
 * Tables of one rule add up, cell by cell, whatever way the customers were
 * divided.  Besides who was active, a cell counts those who were active in
 * it for the last time, who came back in it for the first time, and whose
 * unbroken run ends in it; running sums of these along a cohort give every
 * kind of retention (clv_cohort_rows_next).
 *
 * Three forms: cells in a hash table while counting (ClvCohortTable), sorted
 * bytes at rest (clv_cohort_encode), text (cohort_text.c).
 *
 * The bytes: a header of
 *	  byte 0	version
 *	  byte 1	windows (ClvWindows), 0x80 added where cohorts recur
 *	  byte 2	unit; byte 3 week_start, 0 where the unit is not the week
 *	  byte 4	scale of all amounts
 *	  int32		as_of
 *	  brackets	count and lengths in days, for CLV_BRACKETS only
 *	  count		of cohorts
 * then each cohort: int32 index of its period, for windows that follow the
 * customer (not CLV_CALENDAR) the days from the period's start to the first
 * and from there to the latest customer's first purchase, the count of cells,
 * and the cells: offset less the one before, less one; active, last,
 * unbroken, returned, purchase_days, orders; revenue, refunds.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_COHORT_H
#define CLV_COHORT_H

#include "base/activity.h"
#include "base/amount.h"
#include "base/bytes.h"
#include "base/calendar.h"
#include "base/history.h"

#define CLV_COHORT_VERSION 1
#define CLV_COHORT_MAX_BRACKETS 100

/* How time since the first purchase is divided. */
typedef enum ClvWindows
{
	CLV_CALENDAR = 0,			/* the periods of the calendar */
	CLV_ROLLING,				/* periods from the customer's own first day */
	CLV_BRACKETS				/* ranges of days from the customer's own first day */
} ClvWindows;

typedef enum ClvRetention
{
	CLV_ON = 0,					/* active in the period */
	CLV_ON_OR_AFTER,			/* in it or later */
	CLV_UNBROKEN,				/* in every period up to it: 'rolling' */
	CLV_CUMULATIVE				/* in any period from 1 up to it */
} ClvRetention;

#define CLV_RETENTION_COUNT (CLV_CUMULATIVE + 1)

/* What a table counts.  Tables of equal rules can be added. */
typedef struct ClvCohortRule
{
	ClvPeriod	period;			/* of the cohorts; of the activity but for brackets */
	ClvWindows	windows;
	bool		recurring;		/* a customer enters the cohort of each active period of the calendar */
	int32_t		as_of;			/* last day observed */
	int32_t		bracket_count;
	int32_t		brackets[CLV_COHORT_MAX_BRACKETS + 1];	/* first days from 0 on, and the end of the last */
} ClvCohortRule;

typedef struct ClvCohortCell
{
	int32_t		cohort;			/* index of a period */
	int32_t		offset;			/* periods since, -1 in an empty slot */
	int32_t		first_day;		/* of the cohort's first and latest customer: */
	int32_t		latest_day;		/* kept in cells of offset 0 */
	int64_t		active;			/* customers who bought here */
	int64_t		last;			/* of them, who never bought later */
	int64_t		unbroken;		/* who bought in each period up to here, not in the next */
	int64_t		returned;		/* whose first return is here */
	int64_t		purchase_days;
	int64_t		orders;
	ClvAmount	revenue;		/* all amounts */
	ClvAmount	refunds;		/* the negative ones of them */
} ClvCohortCell;

typedef struct ClvCohortTable
{
	ClvCohortRule rule;
	int			scale;
	uint32_t	capacity;		/* slots, a power of two */
	uint32_t	used;
	ClvCohortCell *cells;		/* memory of the caller */
	ClvInterrupt interrupt;		/* called in long loops, NULL from clv_cohort_start on */
} ClvCohortTable;

/* Brackets from their first days: 0 < count <= CLV_COHORT_MAX_BRACKETS, ascending from 0. */
extern ClvStatus clv_cohort_set_brackets(ClvCohortRule *rule, const int32_t *starts, int count);
extern bool clv_cohort_rules_agree(const ClvCohortRule *a, const ClvCohortRule *b);

/*
 * Counting.  Before each call that adds, the caller makes room:
 * clv_cohort_capacity answers how many slots `more` cells need, and
 * clv_cohort_move brings the table into new memory of so many slots.
 */
extern void clv_cohort_start(ClvCohortTable *table, const ClvCohortRule *rule,
							 ClvCohortCell *cells, uint32_t capacity);
extern uint64_t clv_cohort_capacity(const ClvCohortTable *table, uint64_t more);
extern void clv_cohort_move(ClvCohortTable *table, ClvCohortCell *cells, uint32_t capacity);

/* One cell, at a scale: all its counters are added to the table's. */
extern ClvStatus clv_cohort_add_cell(ClvCohortTable *table, const ClvCohortCell *cell, int scale);

/* What takes a cell away where it is added. */
extern void clv_cohort_negate(ClvCohortCell *cell);

/*
 * One customer, read by the windows of a rule, whose period has this calendar.
 * For each of clv_cohort_starts, from 1 on: make room for customer->count cells
 * and call clv_cohort_enter.  Nothing happens at a start without a purchase.
 */
extern ClvStatus clv_cohort_read_activities(ClvActivities *customer, const ClvCohortRule *rule,
											const ClvPeriodTable *calendar, const uint8_t *history, size_t size);
extern size_t clv_cohort_starts(const ClvCohortRule *rule, const ClvActivities *customer);
extern ClvStatus clv_cohort_enter(ClvCohortTable *table, const ClvPeriodTable *calendar,
								  const ClvActivities *customer, size_t start);

/*
 * To bytes.  clv_cohort_sort fills keys with the cells that hold anything,
 * by cohort and offset, and answers how many they are; keys and scratch have
 * room for `used` keys.  clv_cohort_encode writes, or only counts, their bytes.
 */
typedef struct ClvCohortKey
{
	uint64_t	rank;			/* order of cohort and offset */
	uint32_t	slot;
} ClvCohortKey;

extern uint32_t clv_cohort_sort(const ClvCohortTable *table, ClvCohortKey *keys, ClvCohortKey *scratch);
extern void clv_cohort_encode(const ClvCohortTable *table, const ClvCohortKey *keys, uint32_t count,
							  ClvSink *sink);

/* Whether these are the bytes of some table: CLV_COHORT_BINARY if not. */
extern ClvStatus clv_cohort_validate(const uint8_t *bytes, size_t size);

/* Reading valid bytes, cohort by cohort and cell by cell. */
typedef struct ClvCohortReader
{
	ClvSource	source;
	ClvCohortRule rule;
	int			scale;
	int64_t		cohorts;		/* still to come */
	int64_t		cells;			/* of this cohort, still to come */
	int32_t		cohort;
	int32_t		offset;
	int32_t		first_day;
	int32_t		latest_day;
} ClvCohortReader;

extern void clv_cohort_read(ClvCohortReader *reader, const uint8_t *bytes, size_t size);
extern bool clv_cohort_next_cohort(ClvCohortReader *reader);
extern bool clv_cohort_next_cell(ClvCohortReader *reader, ClvCohortCell *cell);

/* One cell of the triangle, as a report shows it. */
typedef struct ClvCohortRow
{
	int32_t		cohort_start;	/* day */
	int64_t		size;
	int32_t		number;			/* of periods since */
	int32_t		period_start;	/* day; the earliest, for windows that follow the customer */
	int64_t		active;			/* in the sense of the kind */
	int64_t		returned;		/* came back here for the first time */
	int64_t		last;			/* were active here for the last time */
	bool		complete;		/* each customer was observed to the period's end */
	int64_t		purchase_days;
	int64_t		orders;
	ClvAmount	revenue;
	ClvAmount	refunds;
	ClvAmount	cumulative_revenue;
} ClvCohortRow;

typedef struct ClvCohortRows
{
	ClvCohortReader reader;
	ClvRetention kind;
	int32_t		number;			/* of the last row answered */
	int32_t		last_number;	/* of this cohort */
	int64_t		size;
	ClvAmount	cumulative_revenue;
	ClvCohortCell cell;			/* the cohort's next cell */
	bool		has_cell;		/* if there is one */
	int64_t		passed;			/* running sum of the kind's counter */
} ClvCohortRows;

/*
 * Every cell of the triangle in order, also those where nothing happened, up
 * to the period of as_of.
 */
extern void clv_cohort_rows(ClvCohortRows *rows, const uint8_t *bytes, size_t size, ClvRetention kind);
extern bool clv_cohort_rows_next(ClvCohortRows *rows, ClvCohortRow *row, ClvStatus *status);

/* What a curve says of a period: the complete cells of all cohorts together. */
typedef struct ClvCohortMean
{
	int64_t		cohorts;
	int64_t		customers;
	int64_t		active;
	double		rates;			/* sum of active / size */
} ClvCohortMean;

extern ClvStatus clv_cohort_mean_add(ClvCohortMean *mean, const ClvCohortRow *row);

/* What a table rests on. */
typedef struct ClvCohortExtent
{
	int64_t		cohorts;
	int64_t		customers;		/* in a cohort, several times where cohorts recur */
	int64_t		returned;		/* of them, who came back in a later period */
	int64_t		smallest;		/* customers of the smallest cohort */
	int64_t		complete_periods;	/* of the cohort that has most */
	int64_t		running_cells;
} ClvCohortExtent;

extern ClvStatus clv_cohort_extent_add(ClvCohortExtent *extent, const ClvCohortRow *row);

/* First and last day of the period that lies so many periods after a first purchase. */
extern int32_t clv_cohort_window_start(const ClvCohortRule *rule, int32_t cohort, int32_t origin, int32_t offset);
extern int32_t clv_cohort_window_end(const ClvCohortRule *rule, int32_t cohort, int32_t origin, int32_t offset);

extern ClvStatus clv_retention_read(const char *name, int length, ClvRetention *kind);

#endif							/* CLV_COHORT_H */
