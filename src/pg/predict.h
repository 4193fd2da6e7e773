/*-------------------------------------------------------------------------
 *
 * predict.h
 *	  What the functions that ask a model about customers share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_PREDICT_H
#define CLV_PG_PREDICT_H

#include "fmgr.h"
#include "utils/timestamp.h"

#include "model/predict.h"
#include "pg/compat.h"
#include "pg/history.h"

/* A question to a model, as an error message needs it. */
typedef struct ClvAsked
{
	const char *name;			/* of the prediction */
	const ClvModel *model;
	ClvObservation observation;
	double		from;
	double		horizon;
	double		rate;
	double		probability;
	double		n;
} ClvAsked;

pg_noreturn extern void clv_raise_prediction(ClvStatus status, const ClvAsked *asked);

/* Days in the unit of a model; histories are counted in days where it is not known. */
extern double clv_unit_days(const ClvModel *model);

/*
 * What a family wants to know of a customer at the end of day as_of, time
 * being counted in that unit; false if there is no purchase by then, or, where
 * time comes in opportunities, if the first of them has not ended.
 */
extern bool clv_history_observation(const ClvFamily *family, double unit_days, ClvHistoryBytes history,
									int32 as_of, ClvObservation *observation);

/* Days in units of a model; whole opportunities where its time comes in such. */
extern double clv_days_in_units(const ClvModel *model, double days);

/* as_of + horizon - as_of by the calendar, in days; raises if negative or infinite. */
extern double clv_horizon_days(int32 as_of, const Interval *horizon);

/* An annual discount rate as the rate of the model's unit of time; raises unless >= 0 and finite. */
extern double clv_rate_of_year(const ClvModel *model, double annual_rate);

/*
 * Expected orders up to asked->horizon, discounted at asked->rate, of a model
 * that is the function's first argument: what is drawn for one customer is
 * remembered for the next ones.
 */
extern ClvStatus clv_discounted_orders(FunctionCallInfo fcinfo, const ClvAsked *asked, double *result);

/* Raises unless finite. */
extern double clv_margin_argument(double margin);

#endif							/* CLV_PG_PREDICT_H */
