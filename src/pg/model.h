/*-------------------------------------------------------------------------
 *
 * model.h
 *	  The type clv.model as an argument and as a result.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_MODEL_H
#define CLV_PG_MODEL_H

#include "fmgr.h"
#include "utils/timestamp.h"

#include "model/curve.h"
#include "model/family.h"

/* Average lengths of the Gregorian calendar, in days. */
#define CLV_DAYS_PER_YEAR 365.2425
#define CLV_DAYS_PER_MONTH (CLV_DAYS_PER_YEAR / 12)

/*
 * An argument of type clv.model, decoded.  Up to two of them are remembered
 * between calls, so that scoring many rows by one model decodes it once: slot
 * is 0, or 1 for a function's second model.  The answer is valid until the
 * next call for the slot.
 */
extern const ClvModel *clv_model_argument(FunctionCallInfo fcinfo, int argument, int slot);

/*
 * Answers of the model in slot 0 that take long, remembered between calls
 * under the numbers they depend on: a base holds many customers with equal
 * ones.  Unused places of the key are 0.
 */
#define CLV_ANSWER_KEYS 5

/* NULL: not known; else valid until the next call. */
extern const ClvCurve *clv_answer_known(FunctionCallInfo fcinfo, const double *key);
extern void clv_answer_keep(FunctionCallInfo fcinfo, const double *key, const ClvCurve *curve);

/* A model argument without a memory, for functions that are called once. */
extern void clv_model_decode(Datum datum, ClvModel *model);

extern Datum clv_model_datum(const ClvModel *model);

/* The length of an interval in days, months and years at their average; raises unless finite. */
extern double clv_interval_days(const Interval *interval);

/* A number as messages show it: shortest, NaN and infinity included. */
extern char *clv_show(double value);

#endif							/* CLV_PG_MODEL_H */
