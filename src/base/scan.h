/*-------------------------------------------------------------------------
 *
 * scan.h
 *	  Reading the text form of tables: marks, words, counts, dates, amounts.
 *
 * Each function skips space, and answers whether what it looks for stands
 * next; only then it moves behind it.  Words and names are in lower case.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_SCAN_H
#define CLV_SCAN_H

#include "base/amount.h"
#include "base/calendar.h"

typedef struct ClvScan
{
	const char *at;
	const char *end;
} ClvScan;

extern bool clv_scan_mark(ClvScan *scan, const char *mark);
extern bool clv_scan_word(ClvScan *scan, const char *word);
extern bool clv_scan_count(ClvScan *scan, int64_t limit, int64_t *count);
extern bool clv_scan_date(ClvScan *scan, int32_t *day);

/* An amount of no more decimals than the scale, at that scale. */
extern bool clv_scan_amount(ClvScan *scan, int scale, ClvAmount *amount);

/* A finite number, not below the least; behind the text there has to be a zero byte. */
extern bool clv_scan_double(ClvScan *scan, double least, double *number);

/* "month", or "week(sunday)" with its first day. */
extern bool clv_scan_period(ClvScan *scan, ClvPeriod *period);

/* Whether nothing is left. */
extern bool clv_scan_end(ClvScan *scan);

/* The text of a period as clv_scan_period reads it; answers its length. */
#define CLV_PERIOD_TEXT_SIZE 32

extern int	clv_write_period(ClvPeriod period, char *out);

#endif							/* CLV_SCAN_H */
