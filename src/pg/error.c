/*-------------------------------------------------------------------------
 *
 * error.c
 *	  The one table from a status to SQLSTATE, message and hint.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/nodes.h"

#include "pg/compat.h"
#include "pg/error.h"

typedef struct StatusText
{
	int			sqlstate;
	const char *message;
	const char *hint;
} StatusText;

static const StatusText status_text[CLV_STATUS_COUNT] = {
	[CLV_DATE_OUT_OF_RANGE] = {
		ERRCODE_DATETIME_VALUE_OUT_OF_RANGE,
		"date out of range",
		"Dates must be finite and lie between 4714-11-24 BC and 5874897-12-31."
	},
	[CLV_DATE_SYNTAX] = {
		ERRCODE_INVALID_DATETIME_FORMAT,
		"invalid input syntax for a date",
		"Write the year, the month and the day, such as 2024-01-05 or 0044-03-15 BC."
	},
	[CLV_UNKNOWN_PERIOD] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"unknown period",
		"Periods are 'day', 'week', 'month', 'quarter' and 'year'."
	},
	[CLV_UNKNOWN_WEEKDAY] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"unknown weekday",
		"Weekdays are 'monday' to 'sunday'."
	},
	[CLV_SUM_OUT_OF_RANGE] = {
		ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
		"sum out of range",
		"A double precision number is at most 1.7976931348623157e308: divide the values first, or sum numeric ones."
	},
	[CLV_SUM_STATE] = {
		ERRCODE_INVALID_BINARY_REPRESENTATION,
		"invalid state of clv.exact_sum",
		"States come from the aggregate itself."
	},
	[CLV_SUM_LENGTHS] = {
		ERRCODE_ARRAY_SUBSCRIPT_ERROR,
		"arrays of different lengths",
		"A sum of arrays has one number for each element: all need as many."
	},
	[CLV_AMOUNT_NOT_FINITE] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"amount must be finite",
		"Filter such orders out, or correct them, before they are added to a history."
	},
	[CLV_AMOUNT_OVERFLOW] = {
		ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
		"amount out of range",
		"A history keeps at most 37 digits, counted from the largest amount's first to the finest amount's last decimal."
	},
	[CLV_AMOUNT_TOO_FINE] = {
		ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
		"amount has too many decimals",
		"A history keeps at most 37 decimals: round the amount."
	},
	[CLV_ORDERS_OVERFLOW] = {
		ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
		"number of orders out of range",
		"A history keeps at most 2147483647 orders of one customer on one day."
	},
	[CLV_COUNT_OVERFLOW] = {
		ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
		"number of customers or orders out of range",
		"A table of cohorts or movements counts up to 9223372036854775807 of each."
	},
	[CLV_HISTORY_SYNTAX] = {
		ERRCODE_INVALID_TEXT_REPRESENTATION,
		"invalid input syntax for type clv.history",
		"Write purchase days in order with their amounts, such as {2024-01-05 29.33, 2024-02-11*2 59.06}."
	},
	[CLV_HISTORY_BINARY] = {
		ERRCODE_INVALID_BINARY_REPRESENTATION,
		"invalid binary value of type clv.history",
		"The value was damaged, or written by a newer version of clv."
	},
	[CLV_HISTORY_TOO_LARGE] = {
		ERRCODE_PROGRAM_LIMIT_EXCEEDED,
		"history is too large",
		"A value of PostgreSQL holds at most 1 GB: is the customer column right?"
	},
	[CLV_UNKNOWN_FAMILY] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"unknown model family",
		"SELECT * FROM clv.families() lists them: 'bg/nbd', 'mbg/nbd', 'pareto/nbd' and others."
	},
	[CLV_PARAMETER_OUT_OF_RANGE] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"model parameter out of range",
		NULL
	},
	[CLV_OBSERVATION_OUT_OF_RANGE] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"observation out of range",
		"A customer with x repeat purchases, the last at t_x, observed until age, needs x >= 0, 0 <= t_x <= age, and t_x = 0 exactly when x = 0."
	},
	[CLV_NOT_DEFINED_FOR_FAMILY] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"not defined for this model family",
		NULL
	},
	[CLV_MODEL_OUT_OF_RANGE] = {
		ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
		"model out of range",
		"Times or amounts are too small or too large for a model: give them in another unit, and leave out rows that are mistaken."
	},
	[CLV_MODEL_SYNTAX] = {
		ERRCODE_INVALID_TEXT_REPRESENTATION,
		"invalid input syntax for type clv.model",
		"Write a family with its parameters, such as bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)."
	},
	[CLV_MODEL_BINARY] = {
		ERRCODE_INVALID_BINARY_REPRESENTATION,
		"invalid binary value of type clv.model",
		"The value was damaged, or written by a newer version of clv."
	},
	[CLV_OBSERVATIONS_SYNTAX] = {
		ERRCODE_INVALID_TEXT_REPRESENTATION,
		"invalid input syntax for type clv.observation_table",
		"Write a family with the numbers x, t_x and age of each observation, such as bg/nbd {2 30.43 38.86, 0 0 38.86 *17}."
	},
	[CLV_OBSERVATIONS_BINARY] = {
		ERRCODE_INVALID_BINARY_REPRESENTATION,
		"invalid binary value of type clv.observation_table",
		"The value was damaged, or written by a newer version of clv."
	},
	[CLV_OBSERVATIONS_TOO_LARGE] = {
		ERRCODE_PROGRAM_LIMIT_EXCEEDED,
		"too many different observations for one fit",
		"A value of PostgreSQL holds at most 1 GB: fit a sample of the customers, or round t_x and age to whole days or weeks."
	},
	[CLV_OBSERVATIONS_MISMATCH] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"observations of one fit do not fit together",
		"The family, the last day observed and the options must be the same in every row: to fit several models, group by what differs."
	},
	[CLV_HORIZON_OUT_OF_RANGE] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"horizon out of range",
		"A horizon is a finite length of time, greater than or equal to zero, counted from the last day observed."
	},
	[CLV_ARGUMENT_OUT_OF_RANGE] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"argument out of range",
		NULL
	},
	[CLV_RATE_OUT_OF_RANGE] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"discount rate out of range",
		"A discount rate is finite and greater than 0; 0 needs a finite horizon."
	},
	[CLV_COUNT_OUT_OF_RANGE] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"number of orders out of range",
		"A number of orders is a whole number that is not negative."
	},
	[CLV_LEVEL_OUT_OF_RANGE] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"probability out of range",
		"A confidence level or probability lies between 0 and 1, both excluded."
	},
	[CLV_COHORT_SIZES_OUT_OF_ORDER] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"survivors of a cohort are out of order",
		"Give each period once, from 0 (the whole cohort) on; the number of survivors never grows and is not negative."
	},
	[CLV_FIT_OPTION_OUT_OF_RANGE] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"option of the fit out of range",
		"Options stand behind the family: unit_days, max_iterations, tolerance, penalty, the k of a family that has one, or all parameters to start from, such as bg/nbd(penalty=0.01)."
	},
	[CLV_MODELS_NOT_NESTED] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"models cannot be compared by a likelihood ratio",
		"Both must be fitted to the same data, and the first must be a special case of the second, such as nbd of bg/nbd; compare others, and one k with another, by clv.aic or clv.choose."
	},
	[CLV_NO_COVARIANCE] = {
		ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
		"model has no standard errors",
		"Only a model that was fitted, with an inner maximum, has them: see clv.status."
	},
	[CLV_SPEND_HAS_NO_MEAN] = {
		ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
		"expected spend is infinite",
		"The mean amount exists where p x + q > 1: with q at most 1 there is none for a customer without orders. Fitted models keep q above 1."
	},
	[CLV_UNKNOWN_KIND] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"unknown kind of retention",
		"Kinds are 'on', 'on_or_after', 'rolling' and 'cumulative'."
	},
	[CLV_COHORT_SYNTAX] = {
		ERRCODE_INVALID_TEXT_REPRESENTATION,
		"invalid input syntax for type clv.cohort_table",
		"A cohort table is written by the aggregate clv.cohort_state: take its text as it is."
	},
	[CLV_COHORT_BINARY] = {
		ERRCODE_INVALID_BINARY_REPRESENTATION,
		"invalid binary value of type clv.cohort_table",
		"The value was damaged, or written by a newer version of clv."
	},
	[CLV_COHORT_MISMATCH] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"cohort tables do not fit together",
		"Only tables of the same period, week start and last day observed can be merged."
	},
	[CLV_COHORT_BRACKETS] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"brackets out of order",
		"Give the first day of each bracket, from 0 on in ascending order, and the end of the last, such as {0, 1, 8, 31}: 2 to 101 days."
	},
	[CLV_COHORT_TOO_LARGE] = {
		ERRCODE_PROGRAM_LIMIT_EXCEEDED,
		"cohort table is too large",
		"A value of PostgreSQL holds at most 1 GB: choose a longer period."
	},
	[CLV_TOTAL_OUT_OF_RANGE] = {
		ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
		"total out of range",
		"The values add up to more than double precision holds: divide them by a power of ten."
	},
	[CLV_LORENZ_SYNTAX] = {
		ERRCODE_INVALID_TEXT_REPRESENTATION,
		"invalid input syntax for type clv.lorenz",
		"Write the values in ascending order, each with the number of its customers, such as numeric scale 2 {-1.00, 2.50*3}."
	},
	[CLV_LORENZ_BINARY] = {
		ERRCODE_INVALID_BINARY_REPRESENTATION,
		"invalid binary value of type clv.lorenz",
		"The value was damaged, or written by a newer version of clv."
	},
	[CLV_LORENZ_MISMATCH] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"distributions do not fit together",
		"Those of numeric and of double precision values cannot be merged, and only customers that are counted can be taken away."
	},
	[CLV_LORENZ_TOO_LARGE] = {
		ERRCODE_PROGRAM_LIMIT_EXCEEDED,
		"distribution is too large",
		"A value of PostgreSQL holds at most 1 GB: round the values, so that more of them are equal."
	},
	[CLV_VALUE_NOT_FINITE] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"value must be finite",
		"Filter such rows out, or put NULL in place of the value."
	},
	[CLV_SHARE_OUT_OF_RANGE] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"share out of range",
		"Shares lie between 0 and 1: write 80 % as 0.8."
	},
	[CLV_MOVEMENT_SYNTAX] = {
		ERRCODE_INVALID_TEXT_REPRESENTATION,
		"invalid input syntax for type clv.movement_table",
		"A movement table is written by the aggregate clv.movement_state: take its text as it is."
	},
	[CLV_MOVEMENT_BINARY] = {
		ERRCODE_INVALID_BINARY_REPRESENTATION,
		"invalid binary value of type clv.movement_table",
		"The value was damaged, or written by a newer version of clv."
	},
	[CLV_MOVEMENT_MISMATCH] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"movement tables do not fit together",
		"Only tables of the same period, week start, gap and last day observed can be merged."
	},
	[CLV_MOVEMENT_TOO_LARGE] = {
		ERRCODE_PROGRAM_LIMIT_EXCEEDED,
		"movement table is too large",
		"Choose a longer period, or look for orders with a mistaken date."
	},
	[CLV_GAP_OUT_OF_RANGE] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"gap out of range",
		"A gap is a number of periods, at least 1: a customer who buys in none of them has left."
	},
	[CLV_SURVIVAL_SYNTAX] = {
		ERRCODE_INVALID_TEXT_REPRESENTATION,
		"invalid input syntax for type clv.survival_table",
		"A survival table is written by the aggregate clv.survival_state: take its text as it is."
	},
	[CLV_SURVIVAL_BINARY] = {
		ERRCODE_INVALID_BINARY_REPRESENTATION,
		"invalid binary value of type clv.survival_table",
		"The value was damaged, or written by a newer version of clv."
	},
	[CLV_SURVIVAL_TOO_LARGE] = {
		ERRCODE_PROGRAM_LIMIT_EXCEEDED,
		"survival table is too large",
		"A value of PostgreSQL holds at most 1 GB: round the durations, so that more of them are equal."
	},
	[CLV_DURATION_OUT_OF_RANGE] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"duration out of range",
		"Durations are finite and not negative; whoever enters late does so before the duration ends."
	},
	[CLV_WEIGHT_OUT_OF_RANGE] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"weight out of range",
		"Weights are finite and not negative; 0 leaves the row out."
	},
	[CLV_TOO_MANY_GROUPS] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"number of groups out of range",
		"The log-rank test compares 2 to 100 groups, none of them NULL."
	},
	[CLV_UNKNOWN_METHOD] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"unknown method",
		"Methods are 'percentile' and 'balanced'."
	},
	[CLV_DAYS_OUT_OF_RANGE] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"number out of range",
		"Days are counted from 0 for the day of the first purchase, purchases from 1."
	},
	[CLV_SUCCESSES_OUT_OF_RANGE] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"count out of range",
		"Counts are not negative, and of n trials at most n succeed."
	},
	[CLV_BINS_OUT_OF_RANGE] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"number of bins out of range",
		"There can be 1 to 10000 bins."
	},
	[CLV_LIMITS_OUT_OF_ORDER] = {
		ERRCODE_INVALID_PARAMETER_VALUE,
		"limits of scores out of order",
		"Give finite limits in ascending order, such as {10, 50, 200} for the scores 1 to 4."
	},
};

static const StatusText *
text_of(ClvStatus status)
{
	if (status <= CLV_OK || status >= CLV_STATUS_COUNT || status_text[status].message == NULL)
		elog(ERROR, "status %d has no text", (int) status);
	return &status_text[status];
}

static char *format_detail(const char *detail, va_list arguments)
			pg_attribute_printf(1, 0);

static char *
format_detail(const char *detail, va_list arguments)
{
	char	   *formatted;
	size_t		size = 256;

	for (;;)
	{
		va_list		copy;
		size_t		needed;

		formatted = palloc(size);
		va_copy(copy, arguments);
		needed = pvsnprintf(formatted, size, detail, copy);
		va_end(copy);
		if (needed < size)
			return formatted;
		pfree(formatted);
		size = needed;
	}
}

void
clv_raise(ClvStatus status, const char *detail,...)
{
	const StatusText *entry = text_of(status);
	va_list		arguments;
	char	   *formatted;

	va_start(arguments, detail);
	formatted = format_detail(detail, arguments);
	va_end(arguments);

	ereport(ERROR,
			(errcode(entry->sqlstate),
			 errmsg("%s", entry->message),
			 errdetail_internal("%s", formatted),
			 entry->hint ? errhint("%s", entry->hint) : 0));
}

void
clv_save(struct Node *context, ClvStatus status, const char *detail,...)
{
	const StatusText *entry = text_of(status);
	va_list		arguments;
	char	   *formatted;

	va_start(arguments, detail);
	formatted = format_detail(detail, arguments);
	va_end(arguments);

	errsave(context,
			(errcode(entry->sqlstate),
			 errmsg("%s", entry->message),
			 errdetail_internal("%s", formatted),
			 entry->hint ? errhint("%s", entry->hint) : 0));
}

void
clv_check_interrupts(void)
{
	CHECK_FOR_INTERRUPTS();
}
