/*-------------------------------------------------------------------------
 *
 * rate.c
 *	  Shares of customers with their intervals.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

#include "base/rate.h"
#include "math/normal.h"
#include "pg/compat.h"
#include "pg/error.h"
#include "pg/rate.h"
#include "pg/row.h"

double
clv_level_argument(double level)
{
	if (!(level > 0 && level < 1))
		clv_raise(CLV_LEVEL_OUT_OF_RANGE, "The confidence level is %g.", level);
	return level == 0.95 ? CLV_Z95 : -clv_normal_quantile((1 - level) / 2);
}

PG_FUNCTION_INFO_V1(clv_wilson);
Datum
clv_wilson(PG_FUNCTION_ARGS)
{
	int64		successes = PG_GETARG_INT64(0);
	int64		trials = PG_GETARG_INT64(1);
	double		z = clv_level_argument(PG_GETARG_FLOAT8(2));
	bool		nulls[3] = {false};
	Datum		values[3];
	ClvRate		rate;

	if (successes < 0 || trials < 0 || successes > trials)
		clv_raise(CLV_SUCCESSES_OUT_OF_RANGE, "There are " INT64_FORMAT " successes in " INT64_FORMAT " trials.",
				  successes, trials);
	if (trials == 0)
		PG_RETURN_NULL();
	rate = clv_rate_wilson(successes, trials, z);
	values[0] = Float8GetDatum(rate.rate);
	values[1] = Float8GetDatum(rate.lower);
	values[2] = Float8GetDatum(rate.upper);
	PG_RETURN_DATUM(clv_row_datum(fcinfo, values, nulls));
}

static void
check_group(int64 with, int64 size, const char *group)
{
	if (with < 0 || size < 0 || with > size)
		clv_raise(CLV_SUCCESSES_OUT_OF_RANGE, "Of " INT64_FORMAT " %s customers " INT64_FORMAT " would have it.",
				  size, group, with);
}

PG_FUNCTION_INFO_V1(clv_lift);
Datum
clv_lift(PG_FUNCTION_ARGS)
{
	int64		lost_with = PG_GETARG_INT64(0);
	int64		lost = PG_GETARG_INT64(1);
	int64		kept_with = PG_GETARG_INT64(2);
	int64		kept = PG_GETARG_INT64(3);
	double		z = clv_level_argument(PG_GETARG_FLOAT8(4));
	ClvLift		lift;
	bool		nulls[5] = {false};
	Datum		values[5];

	check_group(lost_with, lost, "lost");
	check_group(kept_with, kept, "kept");
	if (lost == 0 || kept == 0)
		PG_RETURN_NULL();
	lift = clv_rate_lift(lost_with, lost, kept_with, kept, z);
	values[0] = Float8GetDatum(lift.share);
	values[1] = Float8GetDatum(lift.other_share);
	nulls[2] = !lift.ratio_known;
	values[2] = Float8GetDatum(lift.ratio);
	nulls[3] = nulls[4] = !lift.interval_known;
	values[3] = Float8GetDatum(lift.lower);
	values[4] = Float8GetDatum(lift.upper);
	PG_RETURN_DATUM(clv_row_datum(fcinfo, values, nulls));
}
