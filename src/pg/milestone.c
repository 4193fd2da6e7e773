/*-------------------------------------------------------------------------
 *
 * milestone.c
 *	  How far one customer has come.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

#include "base/milestone.h"
#include "pg/amount.h"
#include "pg/calendar.h"
#include "pg/compat.h"
#include "pg/day.h"
#include "pg/error.h"
#include "pg/history.h"

PG_FUNCTION_INFO_V1(clv_value_within_days);
Datum
clv_value_within_days(PG_FUNCTION_ARGS)
{
	ClvHistoryBytes history = PG_GETARG_HISTORY(0);
	int32		days = PG_GETARG_INT32(1);
	int32		as_of = PG_GETARG_DAY(2, "as_of");
	ClvAmount	value;
	bool		known;
	int			scale;

	if (days < 0)
		clv_raise(CLV_DAYS_OUT_OF_RANGE, "days is %d.", days);
	if (clv_value_within(history.bytes, history.size, days, as_of, &known, &value, &scale) != CLV_OK)
		clv_raise(CLV_AMOUNT_OVERFLOW, "The orders of the customer add up to more than 37 digits.");
	if (!known)
		PG_RETURN_NULL();
	return clv_amount_to_numeric(value, scale);
}

PG_FUNCTION_INFO_V1(clv_days_to_nth_purchase);
Datum
clv_days_to_nth_purchase(PG_FUNCTION_ARGS)
{
	ClvHistoryBytes history = PG_GETARG_HISTORY(0);
	int32		n = PG_GETARG_INT32(1);
	int32		as_of = PG_GETARG_DAY(2, "as_of");
	int32		days;

	if (n < 1)
		clv_raise(CLV_DAYS_OUT_OF_RANGE, "n is %d: the first purchase has number 1.", n);
	if (!clv_days_to_purchase(history.bytes, history.size, n, as_of, &days))
		PG_RETURN_NULL();
	PG_RETURN_INT32(days);
}

PG_FUNCTION_INFO_V1(clv_variation_of);
Datum
clv_variation_of(PG_FUNCTION_ARGS)
{
	ClvHistoryBytes history = PG_GETARG_HISTORY(0);
	ClvPeriod	period = clv_period_argument(PG_GETARG_TEXT_PP(1), PG_GETARG_TEXT_PP(3));
	int32		as_of = PG_GETARG_DAY(2, "as_of");
	double		variation;

	if (!clv_variation(history.bytes, history.size, period, as_of, &variation))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(variation);
}
