/*-------------------------------------------------------------------------
 *
 * cohort_text.h
 *	  Cohort tables as text, exact and readable.
 *
 *	  month until 1998-06-30 scale 2 {1997-01-01: 0 3 1 1 0 4 4 99.50 -3.00,
 *	  1 2 2 2 2 2 2 40.00 0.00; 1997-02-01: ...}
 *
 * The head tells the period, as week(sunday) where it is the week; then
 * recurring, rolling or brackets(0 1 8 31) where they apply; the last day
 * observed and the decimals of all amounts.  Each cohort is named by the
 * first day of its period, followed by (first latest), the days of its first
 * and latest customers' first purchases, where windows follow the customer.
 * A cell is its offset and its counters in the order of ClvCohortCell.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_COHORT_TEXT_H
#define CLV_COHORT_TEXT_H

#include "base/cohort.h"
#include "base/scan.h"

#define CLV_COHORT_HEAD_TEXT_SIZE (128 + 12 * (CLV_COHORT_MAX_BRACKETS + 1))
#define CLV_COHORT_NAME_TEXT_SIZE (8 + 3 * CLV_DATE_TEXT_SIZE)
#define CLV_COHORT_CELL_TEXT_SIZE (12 + 6 * 20 + 2 * (CLV_AMOUNT_TEXT_SIZE + 1))

/* Each answers the length of what it wrote. */
extern int	clv_cohort_write_rule(const ClvCohortRule *rule, char *out);
extern int	clv_cohort_write_head(const ClvCohortRule *rule, int scale, char *out);
extern int	clv_cohort_write_name(const ClvCohortReader *reader, char *out);
extern int	clv_cohort_write_cell(const ClvCohortCell *cell, int scale, char *out);

/*
 * Reading: the head first, then cells in ascending order until *found is
 * false.  What is read is no more than well-formed: encode and validate it.
 */
typedef struct ClvCohortText
{
	ClvScan		scan;			/* stands where an error was found */
	ClvCohortRule rule;
	int			scale;
	ClvCohortCell cell;			/* the last one read */
} ClvCohortText;

extern ClvStatus clv_cohort_text_open(ClvCohortText *text, const char *in, size_t length);
extern ClvStatus clv_cohort_text_next(ClvCohortText *text, bool *found);

#endif							/* CLV_COHORT_TEXT_H */
