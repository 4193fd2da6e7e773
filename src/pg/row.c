/*-------------------------------------------------------------------------
 *
 * row.c
 *	  Rows as results of functions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "funcapi.h"

#include "pg/row.h"

Datum
clv_row_datum(FunctionCallInfo fcinfo, const Datum *values, const bool *nulls)
{
	TupleDesc	descriptor;

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), unconstify(Datum *, values), unconstify(bool *, nulls)));
}
