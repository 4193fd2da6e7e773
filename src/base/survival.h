/*-------------------------------------------------------------------------
 *
 * survival.h
 *	  How long it lasts: Kaplan-Meier curves of censored durations.
 *
 * A survival table keeps, for each different duration, the weight of those
 * whose event came then (deaths), of those who were only observed until then
 * (censored), and of those who came under observation then (entered, at risk
 * for later durations only); and the weight of those at risk from the start.
 * Weights are exact decimals, so that tables add up to the same bytes whatever
 * way the subjects were divided.
 *
 * The bytes:
 *	  byte 0	version; byte 1 scale of all weights
 *	  amount	at risk from the start
 *	  count		of durations
 * then each: the first one's rank among doubles (clv_double_rank), after that
 * the distance to the one before; deaths, censored, entered.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_SURVIVAL_H
#define CLV_SURVIVAL_H

#include "base/amount.h"
#include "base/bytes.h"

#define CLV_SURVIVAL_VERSION 1

typedef struct ClvSurvivalEntry
{
	int64_t		rank;			/* of the duration, not below 0 */
	ClvAmount	deaths;
	ClvAmount	censored;
	ClvAmount	entered;
} ClvSurvivalEntry;

/* Bring weights to a larger scale. */
extern ClvStatus clv_survival_rescale(ClvSurvivalEntry *entries, size_t count, int from_scale, int to_scale);

/*
 * Sort entries by duration and add up equal ones; *count becomes the number of
 * different durations.  scratch is as large.
 */
extern ClvStatus clv_survival_compact(ClvSurvivalEntry *entries, size_t *count, ClvSurvivalEntry *scratch,
									  ClvInterrupt interrupt);
extern void clv_survival_encode(int scale, ClvAmount initial, const ClvSurvivalEntry *entries, size_t count,
								ClvSink *sink);
extern ClvStatus clv_survival_validate(const uint8_t *bytes, size_t size);

typedef struct ClvSurvivalReader
{
	ClvSource	source;
	int			scale;
	ClvAmount	initial;
	int64_t		left;
	bool		started;
	int64_t		rank;
} ClvSurvivalReader;

extern void clv_survival_read(ClvSurvivalReader *reader, const uint8_t *bytes, size_t size);
extern bool clv_survival_next(ClvSurvivalReader *reader, ClvSurvivalEntry *entry);

/* The curve, from one duration with a death or a censoring to the next. */
typedef struct ClvSurvivalPoint
{
	double		time;
	double		at_risk;		/* just before */
	double		deaths;
	double		survivors;		/* of the deaths */
	double		censored;
	double		survival;		/* S, just after */
	double		greenwood;		/* sum of d / (n (n - d)): Var S = S^2 times this; infinite at S = 0 */
	double		hazard;			/* cumulative, Nelson-Aalen */
} ClvSurvivalPoint;

typedef struct ClvSurvivalCurve
{
	ClvSurvivalReader reader;
	ClvAmount	at_risk;
	ClvSurvivalPoint point;
} ClvSurvivalCurve;

extern void clv_survival_curve(ClvSurvivalCurve *curve, const uint8_t *bytes, size_t size);
extern bool clv_survival_curve_next(ClvSurvivalCurve *curve, ClvSurvivalPoint *point);

/* Log-log interval of S for a normal quantile z; false where S is 0 or 1. */
extern bool clv_survival_interval(const ClvSurvivalPoint *point, double z, double *lower, double *upper);

/* S at a time. */
extern double clv_survival_at(const uint8_t *bytes, size_t size, double time);

/*
 * The time at which S, or a bound of its interval, has come down to a level;
 * in the middle where it stays at the level for some time.  False if it does
 * not come down so far.
 */
typedef enum ClvSurvivalLine
{
	CLV_SURVIVAL_S,
	CLV_SURVIVAL_LOWER,
	CLV_SURVIVAL_UPPER
} ClvSurvivalLine;

extern bool clv_survival_crossing(const uint8_t *bytes, size_t size, ClvSurvivalLine line, double z,
								  double level, double *time);

/* Area under S from 0 to tau, the mean duration counted up to tau, and its standard error. */
extern void clv_survival_mean(const uint8_t *bytes, size_t size, double tau, double *mean, double *std_error);

/* The last duration of the table; false if there is none. */
extern bool clv_survival_last(const uint8_t *bytes, size_t size, double *time);

/*
 * The log-rank test of groups.  observed, expected and (group_count squared)
 * variance are results; work has group_count entries.  Answers chi squared; *degrees
 * is one less than the number of groups that were ever at risk of an event.
 */
#define CLV_LOG_RANK_GROUPS 100

typedef struct ClvLogRankGroup
{
	ClvSurvivalReader reader;
	ClvSurvivalEntry entry;		/* next one */
	bool		has_entry;
	ClvAmount	at_risk;
} ClvLogRankGroup;

extern double clv_log_rank(ClvLogRankGroup *groups, int group_count, double *observed, double *expected,
						   double *variance, int *degrees, ClvInterrupt interrupt);

/*
 * What a gap of silence after which customers are called lost gets wrong, by a
 * table of gaps between purchases and of silences since the last one: the share
 * of those who will come back that it calls lost (false_alarm), and the share
 * of those who will not that it does not (missed), among the customers as they
 * stand; false if there are no silences, or nobody comes back, or all do.
 */
extern bool clv_gap_errors(const uint8_t *bytes, size_t size, double gap, double *false_alarm, double *missed);

/* The gap with the least sum of both errors. */
extern bool clv_gap_balanced(const uint8_t *bytes, size_t size, double *gap);

/* The gap that a share of all completed gaps does not exceed. */
extern bool clv_gap_percentile(const uint8_t *bytes, size_t size, double share, double *gap);

#endif							/* CLV_SURVIVAL_H */
