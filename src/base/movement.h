/*-------------------------------------------------------------------------
 *
 * movement.h
 *	  Who came, stayed, came back and left, period by period, and what that
 *	  did to the revenue.
 *
 * A customer belongs to the base at the end of a period if there was a
 * purchase in that period or in one of the gap - 1 periods before it.  Whoever
 * enters the base is new, or reactivated if there was a purchase before; whoever
 * leaves it is lost.  So closing = opening + new + reactivated - lost, always.
 *
 * The change of each customer's revenue from one period to the next goes to
 * one account: new, reactivated and lost by the movement of the customer in the
 * period, else expansion or contraction by its sign.  So revenue = revenue of
 * the period before + new + reactivated + expansion - contraction - lost.
 *
 * A table keeps one cell per period in which something moved; tables of one rule
 * add up.  The bytes:
 *	  byte 0	version; byte 1 unit; byte 2 week_start, 0 where the unit is
 *				not the week; byte 3 scale of all amounts
 *	  int32		as_of
 *	  count		gap
 *	  count		of cells
 * then each cell: int32 index of the first one's period, after that periods
 * skipped since the one before; fresh, reactivated, lost, buyers, orders; the
 * amounts in the order of ClvMovementCell.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_MOVEMENT_H
#define CLV_MOVEMENT_H

#include "base/activity.h"
#include "base/amount.h"
#include "base/bytes.h"
#include "base/calendar.h"
#include "base/scan.h"

#define CLV_MOVEMENT_VERSION 1

typedef struct ClvMovementRule
{
	ClvPeriod	period;
	int32_t		as_of;			/* last day observed */
	int32_t		gap;			/* periods without purchase that end a membership */
} ClvMovementRule;

typedef enum ClvMovementAccount
{
	CLV_REVENUE = 0,			/* of the period, not a change */
	CLV_FROM_NEW,
	CLV_FROM_REACTIVATED,
	CLV_EXPANSION,
	CLV_CONTRACTION,			/* what it took away: not negative */
	CLV_FROM_LOST				/* what they took away */
} ClvMovementAccount;

#define CLV_MOVEMENT_ACCOUNTS (CLV_FROM_LOST + 1)

typedef struct ClvMovementCell
{
	int64_t		fresh;			/* customers who bought for the first time */
	int64_t		reactivated;
	int64_t		lost;
	int64_t		buyers;			/* customers who bought */
	int64_t		orders;
	ClvAmount	amounts[CLV_MOVEMENT_ACCOUNTS];
} ClvMovementCell;

/* Cells of all periods from first on, in memory of the caller, who zeroes it. */
typedef struct ClvMovementTable
{
	ClvMovementRule rule;
	int			scale;
	int32_t		first;			/* index of the period of cells[0] */
	int64_t		count;			/* of cells */
	ClvMovementCell *cells;
} ClvMovementTable;

extern bool clv_movement_rules_agree(const ClvMovementRule *a, const ClvMovementRule *b);

/*
 * Adding a customer, read by the calendar of the rule's period up to as_of:
 * clv_movement_extent tells which periods the table has to cover, false if
 * there is nothing to add; the caller sees to it (new memory where needed,
 * clv_movement_move brings the cells there); then clv_movement_add counts.
 */
extern bool clv_movement_extent(const ClvMovementRule *rule, const ClvPeriodTable *calendar,
								const ClvActivities *customer, int32_t *from, int32_t *to);
extern bool clv_movement_covers(const ClvMovementTable *table, int32_t from, int32_t to);
extern void clv_movement_move(ClvMovementTable *table, ClvMovementCell *cells, int32_t first, int64_t count);
extern ClvStatus clv_movement_add(ClvMovementTable *table, const ClvPeriodTable *calendar,
								  const ClvActivities *customer);

/* Add a cell of another table, whose period is covered. */
extern ClvStatus clv_movement_add_cell(ClvMovementTable *table, int32_t index, const ClvMovementCell *cell, int scale);

/* What takes a cell away where it is added. */
extern void clv_movement_negate(ClvMovementCell *cell);

extern void clv_movement_encode(const ClvMovementTable *table, ClvSink *sink);
extern ClvStatus clv_movement_validate(const uint8_t *bytes, size_t size);

/* Reading valid bytes, cell by cell. */
typedef struct ClvMovementReader
{
	ClvSource	source;
	ClvMovementRule rule;
	int			scale;
	int64_t		left;
	bool		started;
	int32_t		index;
} ClvMovementReader;

extern void clv_movement_read(ClvMovementReader *reader, const uint8_t *bytes, size_t size);
extern bool clv_movement_next(ClvMovementReader *reader, ClvMovementCell *cell);

/* One period as a report shows it. */
typedef struct ClvMovementRow
{
	int32_t		start;			/* day */
	bool		complete;		/* its last day was observed */
	int64_t		opening;
	int64_t		closing;
	ClvAmount	opening_revenue;	/* of the period before */
	ClvMovementCell cell;
	double		earlier_opening;	/* sums over the complete periods before */
	double		earlier_lost;
} ClvMovementRow;

/* Every period from the first purchase to as_of, also those in which nothing moved. */
typedef struct ClvMovementRows
{
	ClvMovementReader reader;
	ClvMovementCell next;
	bool		has_next;
	int32_t		index;			/* of the next row */
	int32_t		last;
	ClvMovementRow row;
} ClvMovementRows;

extern void clv_movement_rows(ClvMovementRows *rows, const uint8_t *bytes, size_t size);
extern bool clv_movement_rows_next(ClvMovementRows *rows, ClvMovementRow *row);

/*
 * Text: month gap 1 until 1998-06-30 scale 2 {1997-01-01: 5 0 0 5 6 100.00
 * 100.00 0.00 0.00 0.00 0.00, ...}, each period with its counters and amounts.
 */
#define CLV_MOVEMENT_HEAD_TEXT_SIZE 128
#define CLV_MOVEMENT_CELL_TEXT_SIZE (24 + 5 * 21 + CLV_MOVEMENT_ACCOUNTS * (CLV_AMOUNT_TEXT_SIZE + 1))

extern int	clv_movement_write_rule(const ClvMovementRule *rule, char *out);
extern int	clv_movement_write_cell(const ClvMovementRule *rule, int32_t index, const ClvMovementCell *cell,
									int scale, char *out);
extern bool clv_movement_scan_head(ClvScan *scan, ClvMovementRule *rule, int *scale);
extern bool clv_movement_scan_cell(ClvScan *scan, const ClvMovementRule *rule, int scale,
								   int32_t *index, ClvMovementCell *cell);

#endif							/* CLV_MOVEMENT_H */
