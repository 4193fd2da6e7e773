/*-------------------------------------------------------------------------
 *
 * status.h
 *	  What a function below src/pg can answer, and how it is interrupted.
 *
 * Functions of src/math, src/model and src/base raise nothing and allocate
 * nothing: they answer with one of these codes.  src/pg/error.c holds, for
 * each code, the SQLSTATE, the message and the hint that a user sees.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_STATUS_H
#define CLV_STATUS_H

typedef enum ClvStatus
{
	CLV_OK = 0,

	/* the calendar */
	CLV_DATE_OUT_OF_RANGE,
	CLV_DATE_SYNTAX,
	CLV_UNKNOWN_PERIOD,
	CLV_UNKNOWN_WEEKDAY,

	/* sums */
	CLV_SUM_OUT_OF_RANGE,
	CLV_SUM_STATE,
	CLV_SUM_LENGTHS,

	/* amounts and histories */
	CLV_AMOUNT_NOT_FINITE,
	CLV_AMOUNT_OVERFLOW,
	CLV_AMOUNT_TOO_FINE,
	CLV_ORDERS_OVERFLOW,
	CLV_COUNT_OVERFLOW,
	CLV_HISTORY_SYNTAX,
	CLV_HISTORY_BINARY,
	CLV_HISTORY_TOO_LARGE,

	/* models and observations */
	CLV_UNKNOWN_FAMILY,
	CLV_PARAMETER_OUT_OF_RANGE,
	CLV_OBSERVATION_OUT_OF_RANGE,
	CLV_NOT_DEFINED_FOR_FAMILY,
	CLV_MODEL_OUT_OF_RANGE,
	CLV_MODEL_SYNTAX,
	CLV_MODEL_BINARY,
	CLV_OBSERVATIONS_SYNTAX,
	CLV_OBSERVATIONS_BINARY,
	CLV_OBSERVATIONS_TOO_LARGE,
	CLV_OBSERVATIONS_MISMATCH,
	CLV_HORIZON_OUT_OF_RANGE,
	CLV_ARGUMENT_OUT_OF_RANGE,
	CLV_RATE_OUT_OF_RANGE,
	CLV_COUNT_OUT_OF_RANGE,
	CLV_LEVEL_OUT_OF_RANGE,
	CLV_COHORT_SIZES_OUT_OF_ORDER,
	CLV_FIT_OPTION_OUT_OF_RANGE,
	CLV_MODELS_NOT_NESTED,
	CLV_NO_COVARIANCE,
	CLV_SPEND_HAS_NO_MEAN,

	/* cohorts and concentration */
	CLV_UNKNOWN_KIND,
	CLV_COHORT_SYNTAX,
	CLV_COHORT_BINARY,
	CLV_COHORT_MISMATCH,
	CLV_COHORT_BRACKETS,
	CLV_COHORT_TOO_LARGE,
	CLV_TOTAL_OUT_OF_RANGE,
	CLV_LORENZ_SYNTAX,
	CLV_LORENZ_BINARY,
	CLV_LORENZ_MISMATCH,
	CLV_LORENZ_TOO_LARGE,
	CLV_VALUE_NOT_FINITE,
	CLV_SHARE_OUT_OF_RANGE,
	CLV_BINS_OUT_OF_RANGE,
	CLV_LIMITS_OUT_OF_ORDER,
	CLV_SUCCESSES_OUT_OF_RANGE,
	CLV_DAYS_OUT_OF_RANGE,

	/* movements */
	CLV_MOVEMENT_SYNTAX,
	CLV_MOVEMENT_BINARY,
	CLV_MOVEMENT_MISMATCH,
	CLV_MOVEMENT_TOO_LARGE,
	CLV_GAP_OUT_OF_RANGE,

	/* survival */
	CLV_SURVIVAL_SYNTAX,
	CLV_SURVIVAL_BINARY,
	CLV_SURVIVAL_TOO_LARGE,
	CLV_DURATION_OUT_OF_RANGE,
	CLV_WEIGHT_OUT_OF_RANGE,
	CLV_TOO_MANY_GROUPS,
	CLV_UNKNOWN_METHOD,

	CLV_STATUS_COUNT
} ClvStatus;

/*
 * Called inside every long loop; NULL where nobody can interrupt.  In the
 * server it may not return (it leaves by longjmp), which is safe because no
 * function on these floors owns memory or static state.
 */
typedef void (*ClvInterrupt) (void);

#endif							/* CLV_STATUS_H */
