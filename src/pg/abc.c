/*-------------------------------------------------------------------------
 *
 * abc.c
 *	  The window function clv.abc.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_enum.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "pg/error.h"
#include "pg/values.h"

/* The labels of clv.abc_class, looked up once in a query. */
typedef struct AbcLabels
{
	Oid			labels[CLV_CLASS_C + 1];
} AbcLabels;

static Oid
find_label(Oid type, const char *name)
{
	HeapTuple	tuple = SearchSysCache2(ENUMTYPOIDNAME, ObjectIdGetDatum(type), CStringGetDatum(name));
	Oid			label;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "enum %u has no label \"%s\"", type, name);
	label = ((Form_pg_enum) GETSTRUCT(tuple))->oid;
	ReleaseSysCache(tuple);
	return label;
}

static Datum
class_datum(FunctionCallInfo fcinfo, ClvClass class)
{
	AbcLabels  *known = fcinfo->flinfo->fn_extra;

	if (known == NULL)
	{
		Oid			type = get_func_rettype(fcinfo->flinfo->fn_oid);

		known = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(AbcLabels));
		known->labels[CLV_CLASS_A] = find_label(type, "A");
		known->labels[CLV_CLASS_B] = find_label(type, "B");
		known->labels[CLV_CLASS_C] = find_label(type, "C");
		fcinfo->flinfo->fn_extra = known;
	}
	return ObjectIdGetDatum(known->labels[class]);
}

/* Doubles come as ranks: bring the positive ones to a fixed point. */
static void
fix_doubles(ClvAmount *values, size_t count)
{
	ClvAmount	largest = 0;
	int			exponent;

	for (size_t i = 0; i < count; i++)
		largest = Max(largest, values[i]);
	exponent = clv_fixed_exponent(clv_double_of_rank((int64) largest));
	for (size_t i = 0; i < count; i++)
		values[i] = values[i] <= 0 ? 0 : clv_fixed_point(clv_double_of_rank((int64) values[i]), exponent);
}

/* The limits of A and B: the arguments behind the value, as they are in this row. */
static bool
limit_arguments(FunctionCallInfo fcinfo, int64 *a, int64 *b)
{
	WindowObject window = PG_WINDOW_OBJECT();
	bool		no_a;
	bool		no_b;
	Datum		given_a;
	Datum		given_b;

	*a = clv_share_argument(0.8, "a");
	*b = clv_share_argument(0.95, "b");
	if (PG_NARGS() == 1)
		return true;
	given_a = WinGetFuncArgCurrent(window, 1, &no_a);
	given_b = WinGetFuncArgCurrent(window, 2, &no_b);
	if (no_a || no_b)
		return false;
	*a = clv_share_argument(DatumGetFloat8(given_a), "a");
	*b = clv_share_argument(DatumGetFloat8(given_b), "b");
	if (*a > *b)
		clv_raise(CLV_SHARE_OUT_OF_RANGE, "a is %g and b is %g: A ends before B does.",
				  DatumGetFloat8(given_a), DatumGetFloat8(given_b));
	return true;
}

static void
classify_partition(ClvAnswers *answers, WindowObject window, ClvValueType type, int64 a, int64 b)
{
	ClvPartition partition;
	ClvAmount  *scratch;
	ClvCut		cuts[2];
	size_t		value = 0;

	clv_partition_read(&partition, answers, window, type);
	if (type == CLV_VALUE_FLOAT8)
		fix_doubles(partition.values, partition.count);
	scratch = clv_partition_scratch(&partition);
	if (clv_abc_cuts(partition.values, partition.count, a, b, cuts, scratch, clv_check_interrupts) != CLV_OK)
		clv_raise(CLV_AMOUNT_OVERFLOW, "The values add up to more than 37 digits.");
	pfree(scratch);
	for (size_t row = 0; value < partition.count; row++)
	{
		if (row % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		if (answers->number[row] != 0)
			answers->number[row] = (uint16) (1 + clv_abc_class(partition.values[value++], cuts));
	}
	pfree(partition.values);
}

static Datum
abc(FunctionCallInfo fcinfo, ClvValueType type)
{
	WindowObject window = PG_WINDOW_OBJECT();
	ClvAnswers *answers;
	int			answer;

	if (!WindowObjectIsValid(window))
		elog(ERROR, "clv.abc called outside a window");
	answers = WinGetPartitionLocalMemory(window, sizeof(ClvAnswers));
	if (!answers->ready)
	{
		int64		a;
		int64		b;

		answers->ready = true;
		if (limit_arguments(fcinfo, &a, &b))
			classify_partition(answers, window, type, a, b);
	}
	answer = clv_current_answer(answers, window);
	if (answer == 0)
		PG_RETURN_NULL();
	return class_datum(fcinfo, (ClvClass) (answer - 1));
}

PG_FUNCTION_INFO_V1(clv_abc_numeric);
Datum
clv_abc_numeric(PG_FUNCTION_ARGS)
{
	return abc(fcinfo, CLV_VALUE_NUMERIC);
}

PG_FUNCTION_INFO_V1(clv_abc_float8);
Datum
clv_abc_float8(PG_FUNCTION_ARGS)
{
	return abc(fcinfo, CLV_VALUE_FLOAT8);
}
