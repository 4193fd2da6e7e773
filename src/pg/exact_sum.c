/*-------------------------------------------------------------------------
 *
 * exact_sum.c
 *	  The aggregates clv.exact_sum, of numbers and of arrays element by
 *	  element.
 *
 * The state is a bytea that holds a ClvExactSum for each element, or nothing
 * before the first value.  It is changed in place.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"

#include "math/exact_sum.h"
#include "pg/compat.h"
#include "pg/error.h"
#include "pg/state.h"

PG_FUNCTION_INFO_V1(clv_exact_sum_trans);
PG_FUNCTION_INFO_V1(clv_exact_sum_array_trans);
PG_FUNCTION_INFO_V1(clv_exact_sum_combine);
PG_FUNCTION_INFO_V1(clv_exact_sum_final);
PG_FUNCTION_INFO_V1(clv_exact_sum_array_final);

/* As it lies in a bytea: the sums are aligned where the bytea is. */
typedef struct SumState
{
	char		header[VARHDRSZ];
	int32		unused;
	ClvExactSum sums[FLEXIBLE_ARRAY_MEMBER];
} SumState;

#define MOST_ELEMENTS 1000000

#define STATE_SIZE(count) (offsetof(SumState, sums) + (count) * sizeof(ClvExactSum))

static int
count_of(Size size)
{
	if (size < STATE_SIZE(0) || (size - STATE_SIZE(0)) % sizeof(ClvExactSum) != 0)
		clv_raise(CLV_SUM_STATE, "It has %zu bytes.", size - VARHDRSZ);
	return (int) ((size - STATE_SIZE(0)) / sizeof(ClvExactSum));
}

/* The state to be changed: that of the argument or, before the first value, a new one. */
static SumState *
own_state(FunctionCallInfo fcinfo, int count)
{
	MemoryContext context = clv_aggregate_context(fcinfo);
	SumState   *state = (SumState *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));

	if (likely(VARSIZE(state) == STATE_SIZE(count)))
		return state;
	if (VARSIZE(state) != VARHDRSZ)
		clv_raise(CLV_SUM_LENGTHS, "An array has %d elements, one before it %d.", count, count_of(VARSIZE(state)));
	state = MemoryContextAlloc(context, STATE_SIZE(count));
	SET_VARSIZE(state, STATE_SIZE(count));
	state->unused = 0;
	for (int i = 0; i < count; i++)
		clv_sum_init(&state->sums[i]);
	return state;
}

/* A copy of a state, wherever it comes from; NULL if it is that before the first value. */
static ClvExactSum *
read_state(Datum datum, int *count)
{
	struct varlena *state = PG_DETOAST_DATUM_PACKED(datum);
	ClvExactSum *sums;

	if (VARSIZE_ANY_EXHDR(state) == 0)
		return NULL;
	*count = count_of(VARSIZE_ANY_EXHDR(state) + VARHDRSZ);
	sums = palloc(*count * sizeof(ClvExactSum));
	memcpy(sums, VARDATA_ANY(state) + (STATE_SIZE(0) - VARHDRSZ), *count * sizeof(ClvExactSum));
	return sums;
}

static double
value_of(const ClvExactSum *sum)
{
	double		value = 0;
	ClvStatus	status = clv_sum_value(sum, &value);

	if (status != CLV_OK)
		clv_raise(status, "The values are finite, their sum is not.");
	return value;
}

/* The elements of an array argument, in any number of dimensions. */
static const double *
elements(ArrayType *array, int *count)
{
	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("array to be added must not contain NULL"),
				 errhint("A sum of arrays has one number for each element: write 0 where there is none.")));
	*count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	if (*count > MOST_ELEMENTS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("array to be added is too long"),
				 errdetail("It has %d elements.", *count),
				 errhint("A sum of arrays has at most %d numbers.", MOST_ELEMENTS)));
	return (const double *) ARR_DATA_PTR(array);
}

Datum
clv_exact_sum_trans(PG_FUNCTION_ARGS)
{
	SumState   *state = own_state(fcinfo, 1);

	clv_sum_add(&state->sums[0], PG_GETARG_FLOAT8(1));
	PG_RETURN_POINTER(state);
}

/* (state, values, weight) */
Datum
clv_exact_sum_array_trans(PG_FUNCTION_ARGS)
{
	int			count;
	const double *values = elements(PG_GETARG_ARRAYTYPE_P(1), &count);
	double		weight = PG_GETARG_FLOAT8(2);
	SumState   *state = own_state(fcinfo, count);

	for (int i = 0; i < count; i++)
		clv_sum_add(&state->sums[i], values[i] * weight);
	PG_RETURN_POINTER(state);
}

Datum
clv_exact_sum_combine(PG_FUNCTION_ARGS)
{
	ClvExactSum *others;
	int			count;
	SumState   *state;

	clv_aggregate_context(fcinfo);
	others = read_state(PG_GETARG_DATUM(1), &count);
	if (others == NULL)
		return clv_unchanged_state(fcinfo);
	state = own_state(fcinfo, count);
	for (int i = 0; i < count; i++)
		clv_sum_merge(&state->sums[i], &others[i]);
	pfree(others);
	PG_RETURN_POINTER(state);
}

Datum
clv_exact_sum_final(PG_FUNCTION_ARGS)
{
	int			count;
	ClvExactSum *sums = read_state(PG_GETARG_DATUM(0), &count);

	if (sums == NULL)
		PG_RETURN_NULL();
	if (count != 1)
		clv_raise(CLV_SUM_STATE, "It has %d sums.", count);
	PG_RETURN_FLOAT8(value_of(sums));
}

Datum
clv_exact_sum_array_final(PG_FUNCTION_ARGS)
{
	int			count;
	ClvExactSum *sums = read_state(PG_GETARG_DATUM(0), &count);
	Datum	   *values;

	if (sums == NULL)
		PG_RETURN_NULL();
	values = palloc(sizeof(Datum) * count);
	for (int i = 0; i < count; i++)
		values[i] = Float8GetDatum(value_of(&sums[i]));
	PG_RETURN_ARRAYTYPE_P(construct_array(values, count, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}
