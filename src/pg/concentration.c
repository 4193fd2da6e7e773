/*-------------------------------------------------------------------------
 *
 * concentration.c
 *	  The type clv.lorenz, its aggregate, and what is read off it.
 *
 * While an aggregate runs, its state is an expanded object around a bag of
 * values.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "common/shortest_dec.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "base/scan.h"
#include "pg/amount.h"
#include "pg/bag.h"
#include "pg/compat.h"
#include "pg/concentration.h"
#include "pg/error.h"
#include "pg/flat.h"
#include "pg/rate.h"
#include "pg/recount.h"
#include "pg/row.h"
#include "pg/state.h"
#include "pg/values.h"

/*
 * The expanded state
 */

struct ClvLorenzState
{
	ExpandedObjectHeader header;
	ClvLorenzKind kind;
	int			scale;
	ClvBag		values;			/* of ClvLorenzEntry */
};

static size_t
merge_entries(void *entries, size_t count, void *scratch)
{
	return clv_lorenz_compact(entries, count, scratch, clv_check_interrupts);
}

static Size
lorenz_flat_size(ExpandedObjectHeader *header)
{
	ClvLorenzState *state = (ClvLorenzState *) header;
	ClvSink		sink = {NULL, 0};

	clv_bag_compact(&state->values);
	clv_lorenz_encode(state->kind, state->scale, state->values.entries, state->values.count, &sink);
	if (!AllocSizeIsValid(sink.count + VARHDRSZ))
		clv_raise(CLV_LORENZ_TOO_LARGE, "It has %zu different values.", state->values.count);
	return sink.count + VARHDRSZ;
}

static void
lorenz_flatten(ExpandedObjectHeader *header, void *result, Size size)
{
	ClvLorenzState *state = (ClvLorenzState *) header;
	ClvSink		sink = {(uint8 *) VARDATA(result), 0};

	SET_VARSIZE(result, size);
	clv_lorenz_encode(state->kind, state->scale, state->values.entries, state->values.count, &sink);
}

static const ExpandedObjectMethods lorenz_methods = {lorenz_flat_size, lorenz_flatten};

ClvLorenzState *
clv_lorenz_state(MemoryContext parent, ClvLorenzKind kind)
{
	MemoryContext context = AllocSetContextCreate(parent, "lorenz", ALLOCSET_START_SMALL_SIZES);
	ClvLorenzState *state = MemoryContextAllocZero(context, sizeof(ClvLorenzState));

	EOH_init_header(&state->header, &lorenz_methods, context);
	state->kind = kind;
	clv_bag_init(&state->values, context, sizeof(ClvLorenzEntry), merge_entries);
	return state;
}

static void
check_scale(ClvStatus status, int scale)
{
	if (status != CLV_OK)
		clv_raise(status, "A value does not fit when written with %d decimals, as another one needs.", scale);
}

void
clv_lorenz_add(ClvLorenzState *state, ClvAmount value, int scale, int64 customers)
{
	ClvLorenzEntry *entry;

	if (scale > state->scale)
	{
		check_scale(clv_lorenz_rescale(state->values.entries, state->values.count, state->scale, scale), scale);
		state->scale = scale;
	}
	if (scale < state->scale)
		check_scale(clv_amount_rescale(&value, scale, state->scale), state->scale);
	entry = clv_bag_place(&state->values);
	entry->value = value;
	entry->customers = customers;
}

/* All customers of a distribution, or as many less for -1. */
static void
add_distribution(ClvLorenzState *state, const struct varlena *flat, int sign)
{
	ClvLorenzReader reader;
	ClvLorenzEntry entry;

	clv_lorenz_read(&reader, (const uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
	if (reader.kind != state->kind)
		clv_raise(CLV_LORENZ_MISMATCH, "One is of numeric, the other of double precision.");
	while (clv_lorenz_next(&reader, &entry))
		clv_lorenz_add(state, entry.value, reader.scale, sign * entry.customers);
}

void
clv_lorenz_add_all(ClvLorenzState *state, const struct varlena *flat)
{
	add_distribution(state, flat, 1);
}

struct varlena *
clv_lorenz_flat(ClvLorenzState *state)
{
	return (struct varlena *) DatumGetPointer(clv_flat_state(&state->header));
}

/* The state argument, which is not NULL, ready to be changed. */
static ClvLorenzState *
state_argument(FunctionCallInfo fcinfo, MemoryContext context)
{
	Datum		datum = PG_GETARG_DATUM(0);
	struct varlena *flat;
	ClvLorenzReader reader;
	ClvLorenzState *state;

	if (clv_is_own_state(datum, &lorenz_methods))
		return (ClvLorenzState *) DatumGetEOHP(datum);
	flat = PG_DETOAST_DATUM_PACKED(datum);
	clv_lorenz_read(&reader, (const uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
	state = clv_lorenz_state(context, reader.kind);
	add_distribution(state, flat, 1);
	return state;
}

/*
 * Aggregates
 */

static Datum
concentration_trans(FunctionCallInfo fcinfo, ClvValueType type, ClvLorenzKind kind)
{
	MemoryContext context = clv_aggregate_context(fcinfo);
	ClvLorenzState *state;
	ClvAmount	value;
	int			scale;

	if (PG_ARGISNULL(1))
		return clv_unchanged_state(fcinfo);
	state = PG_ARGISNULL(0) ? clv_lorenz_state(context, kind) : state_argument(fcinfo, context);
	value = clv_value_integer(type, PG_GETARG_DATUM(1), &scale);
	clv_lorenz_add(state, value, scale, 1);
	return EOHPGetRWDatum(&state->header);
}

PG_FUNCTION_INFO_V1(clv_concentration_numeric_trans);
Datum
clv_concentration_numeric_trans(PG_FUNCTION_ARGS)
{
	return concentration_trans(fcinfo, CLV_VALUE_NUMERIC, CLV_LORENZ_NUMERIC);
}

PG_FUNCTION_INFO_V1(clv_concentration_float8_trans);
Datum
clv_concentration_float8_trans(PG_FUNCTION_ARGS)
{
	return concentration_trans(fcinfo, CLV_VALUE_FLOAT8, CLV_LORENZ_FLOAT8);
}

/* Strict: the first distribution of a group is its first state. */
PG_FUNCTION_INFO_V1(clv_lorenz_combine);
Datum
clv_lorenz_combine(PG_FUNCTION_ARGS)
{
	ClvLorenzState *state = state_argument(fcinfo, clv_aggregate_context(fcinfo));

	add_distribution(state, PG_GETARG_VARLENA_PP(1), 1);
	return EOHPGetRWDatum(&state->header);
}

/*
 * Correcting a distribution by the customers who changed
 */

static int
scale_of(const struct varlena *flat)
{
	ClvLorenzReader reader;

	clv_lorenz_read(&reader, (const uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
	return reader.scale;
}

/* Compact entries at the scale of what changed, in which those who go count less than zero. */
static ClvLorenzState *
collect_changes(const ClvRecount *recount, const ClvLorenzReader *total)
{
	ClvLorenzState *changes = clv_lorenz_state(CurrentMemoryContext, total->kind);

	changes->scale = total->scale;
	if (recount->removed != NULL)
		add_distribution(changes, recount->removed, -1);
	if (recount->added != NULL)
		add_distribution(changes, recount->added, 1);
	clv_bag_compact(&changes->values);
	return changes;
}

PG_FUNCTION_INFO_V1(clv_lorenz_recount);
Datum
clv_lorenz_recount(PG_FUNCTION_ARGS)
{
	ClvRecount	recount;
	ClvLorenzReader reader;
	ClvLorenzState *state;
	ClvBag	   *bag;
	ClvLorenzEntry *total;
	ClvLorenzEntry *corrected;
	size_t		count = 0;

	if (!clv_recount_arguments(fcinfo, scale_of, &recount))
		PG_RETURN_NULL();
	clv_lorenz_read(&reader, (const uint8 *) VARDATA_ANY(recount.total), VARSIZE_ANY_EXHDR(recount.total));
	state = collect_changes(&recount, &reader);
	bag = &state->values;
	total = clv_bag_allocate(bag, reader.left);
	corrected = clv_bag_allocate(bag, reader.left + bag->count);
	while (clv_lorenz_next(&reader, &total[count]))
	{
		CHECK_FOR_INTERRUPTS();
		count++;
	}
	check_scale(clv_lorenz_rescale(total, count, reader.scale, state->scale), state->scale);
	if (!clv_lorenz_correct(total, count, bag->entries, bag->count, corrected, &bag->count, clv_check_interrupts))
		clv_raise(CLV_LORENZ_MISMATCH, "What is taken away is not part of the distribution.");
	bag->entries = corrected;
	PG_RETURN_POINTER(clv_lorenz_flat(state));
}

/*
 * Input and output
 */

static void
append_value(StringInfo result, const ClvLorenzReader *reader, ClvAmount value)
{
	char		text_form[Max(DOUBLE_SHORTEST_DECIMAL_LEN, CLV_AMOUNT_TEXT_SIZE)];

	if (reader->kind == CLV_LORENZ_NUMERIC)
		clv_amount_write(value, reader->scale, text_form);
	else
		double_to_shortest_decimal_buf(clv_double_of_rank((int64) value), text_form);
	appendStringInfoString(result, text_form);
}

PG_FUNCTION_INFO_V1(clv_lorenz_out);
Datum
clv_lorenz_out(PG_FUNCTION_ARGS)
{
	struct varlena *flat = PG_GETARG_VARLENA_PP(0);
	ClvLorenzReader reader;
	ClvLorenzEntry entry;
	StringInfoData result;
	const char *before = "";

	initStringInfo(&result);
	clv_lorenz_read(&reader, (const uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
	if (reader.kind == CLV_LORENZ_NUMERIC)
		appendStringInfo(&result, "numeric scale %d {", reader.scale);
	else
		appendStringInfoString(&result, "float8 {");
	while (clv_lorenz_next(&reader, &entry))
	{
		appendStringInfoString(&result, before);
		append_value(&result, &reader, entry.value);
		if (entry.customers != 1)
			appendStringInfo(&result, "*" INT64_FORMAT, entry.customers);
		before = ", ";
	}
	appendStringInfoChar(&result, '}');
	PG_RETURN_CSTRING(result.data);
}

/* "numeric scale 2 {" or "float8 {" */
static bool
scan_head(ClvScan *scan, ClvLorenzKind *kind, int *scale)
{
	int64		decimals = 0;

	*kind = CLV_LORENZ_FLOAT8;
	if (clv_scan_mark(scan, "numeric"))
	{
		*kind = CLV_LORENZ_NUMERIC;
		if (!clv_scan_mark(scan, "scale") || !clv_scan_count(scan, CLV_AMOUNT_DIGITS, &decimals))
			return false;
	}
	else if (!clv_scan_mark(scan, "float8"))
		return false;
	*scale = (int) decimals;
	return clv_scan_mark(scan, "{");
}

static bool
scan_value(ClvScan *scan, ClvLorenzKind kind, int scale, ClvAmount *value)
{
	double		number;

	if (kind == CLV_LORENZ_NUMERIC)
		return clv_scan_amount(scan, scale, value);
	if (!clv_scan_double(scan, -DBL_MAX, &number))
		return false;
	*value = clv_double_rank(number);
	return true;
}

/* A value, and the number of its customers if they are several. */
static bool
scan_entry(ClvScan *scan, ClvLorenzKind kind, int scale, ClvLorenzEntry *entry)
{
	entry->customers = 1;
	if (!scan_value(scan, kind, scale, &entry->value))
		return false;
	return !clv_scan_mark(scan, "*") ||
		(clv_scan_count(scan, PG_INT64_MAX, &entry->customers) && entry->customers >= 1);
}

static bool
scan_entries(ClvScan *scan, ClvLorenzState *state, int scale)
{
	bool		first = true;
	ClvAmount	previous = 0;

	while (!clv_scan_mark(scan, "}"))
	{
		ClvLorenzEntry entry;

		if ((!first && !clv_scan_mark(scan, ",")) || !scan_entry(scan, state->kind, scale, &entry) ||
			(!first && entry.value <= previous))
			return false;
		clv_lorenz_add(state, entry.value, scale, entry.customers);
		previous = entry.value;
		first = false;
	}
	return clv_scan_end(scan);
}

PG_FUNCTION_INFO_V1(clv_lorenz_in);
Datum
clv_lorenz_in(PG_FUNCTION_ARGS)
{
	char	   *given = PG_GETARG_CSTRING(0);
	ClvScan		scan = {given, given + strlen(given)};
	ClvLorenzKind kind;
	ClvLorenzState *state = NULL;
	int			scale;

	if (scan_head(&scan, &kind, &scale))
		state = clv_lorenz_state(CurrentMemoryContext, kind);
	if (state == NULL || !scan_entries(&scan, state, scale))
		return clv_flat_syntax_error(fcinfo, CLV_LORENZ_SYNTAX, scan.at);
	return clv_flat_in(fcinfo, &state->header, clv_lorenz_validate, CLV_LORENZ_SYNTAX,
					   "It has more customers than can be counted.");
}

PG_FUNCTION_INFO_V1(clv_lorenz_recv);
Datum
clv_lorenz_recv(PG_FUNCTION_ARGS)
{
	return clv_flat_recv(fcinfo, clv_lorenz_validate, CLV_LORENZ_BINARY);
}

PG_FUNCTION_INFO_V1(clv_lorenz_send);
Datum
clv_lorenz_send(PG_FUNCTION_ARGS)
{
	return clv_flat_send(fcinfo);
}

/*
 * What is read off
 */

ClvLorenz
clv_lorenz_argument(FunctionCallInfo fcinfo, int number)
{
	struct varlena *flat = PG_GETARG_VARLENA_PP(number);
	ClvLorenz	lorenz;

	if (clv_lorenz_open(&lorenz, (const uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat)) != CLV_OK)
		clv_raise(CLV_AMOUNT_OVERFLOW, "The values of all customers add up to more than 37 digits.");
	return lorenz;
}

static Datum
numeric_from_double(double value)
{
	return DirectFunctionCall3(numeric_in, CStringGetDatum(double_to_shortest_decimal(value)),
							   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}

Datum
clv_lorenz_numeric(ClvLorenzKind kind, int scale, ClvAmount value)
{
	if (kind == CLV_LORENZ_FLOAT8)
		return numeric_from_double(clv_double_of_rank((int64) value));
	return clv_amount_to_numeric(value, scale);
}

PG_FUNCTION_INFO_V1(clv_lorenz_cutoff_value);
Datum
clv_lorenz_cutoff_value(PG_FUNCTION_ARGS)
{
	ClvLorenz	lorenz = clv_lorenz_argument(fcinfo, 0);
	ClvAmount	value;
	int64		customers;

	if (!clv_lorenz_cutoff(&lorenz, clv_share_argument(PG_GETARG_FLOAT8(1), "share"), &value, &customers))
		PG_RETURN_NULL();
	return clv_lorenz_numeric(lorenz.kind, lorenz.scale, value);
}

PG_FUNCTION_INFO_V1(clv_lorenz_top_customers);
Datum
clv_lorenz_top_customers(PG_FUNCTION_ARGS)
{
	ClvLorenz	lorenz = clv_lorenz_argument(fcinfo, 0);
	ClvAmount	value;
	int64		customers = 0;

	if (lorenz.total == 0)
		PG_RETURN_NULL();
	clv_lorenz_cutoff(&lorenz, clv_share_argument(PG_GETARG_FLOAT8(1), "share"), &value, &customers);
	PG_RETURN_INT64(customers);
}

PG_FUNCTION_INFO_V1(clv_lorenz_top_share_of);
Datum
clv_lorenz_top_share_of(PG_FUNCTION_ARGS)
{
	ClvLorenz	lorenz = clv_lorenz_argument(fcinfo, 0);
	double		fraction = PG_GETARG_FLOAT8(1);

	clv_share_argument(fraction, "fraction");
	if (lorenz.total == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(clv_lorenz_top_share(&lorenz, fraction * (double) lorenz.customers));
}

PG_FUNCTION_INFO_V1(clv_lorenz_gini_index);
Datum
clv_lorenz_gini_index(PG_FUNCTION_ARGS)
{
	ClvLorenz	lorenz = clv_lorenz_argument(fcinfo, 0);

	if (lorenz.total == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(clv_lorenz_gini(&lorenz));
}

/* A share with its standard error and the normal interval, cut at 0 and 1. */
static Datum
share_interval(FunctionCallInfo fcinfo, double share, double error, double level)
{
	double		z = clv_level_argument(level);
	bool		unknown = isnan(error);
	bool		nulls[4] = {false, unknown, unknown, unknown};
	Datum		values[4] = {Float8GetDatum(share), Float8GetDatum(error),
	Float8GetDatum(fmax(share - z * error, 0)), Float8GetDatum(fmin(share + z * error, 1))};

	return clv_row_datum(fcinfo, values, nulls);
}

PG_FUNCTION_INFO_V1(clv_lorenz_gini_interval);
Datum
clv_lorenz_gini_interval(PG_FUNCTION_ARGS)
{
	ClvLorenz	lorenz = clv_lorenz_argument(fcinfo, 0);

	if (lorenz.total == 0)
		PG_RETURN_NULL();
	return share_interval(fcinfo, clv_lorenz_gini(&lorenz), clv_lorenz_gini_error(&lorenz), PG_GETARG_FLOAT8(1));
}

PG_FUNCTION_INFO_V1(clv_lorenz_top_share_interval);
Datum
clv_lorenz_top_share_interval(PG_FUNCTION_ARGS)
{
	ClvLorenz	lorenz = clv_lorenz_argument(fcinfo, 0);
	double		fraction = PG_GETARG_FLOAT8(1);
	double		customers = fraction * (double) lorenz.customers;

	clv_share_argument(fraction, "fraction");
	if (lorenz.total == 0)
		PG_RETURN_NULL();
	return share_interval(fcinfo, clv_lorenz_top_share(&lorenz, customers), clv_lorenz_top_share_error(&lorenz, customers), PG_GETARG_FLOAT8(2));
}

PG_FUNCTION_INFO_V1(clv_lorenz_largest_share);
Datum
clv_lorenz_largest_share(PG_FUNCTION_ARGS)
{
	ClvLorenz	lorenz = clv_lorenz_argument(fcinfo, 0);

	if (lorenz.total == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8((double) lorenz.largest / (double) lorenz.total);
}

PG_FUNCTION_INFO_V1(clv_lorenz_customers);
Datum
clv_lorenz_customers(PG_FUNCTION_ARGS)
{
	ClvLorenz	lorenz = clv_lorenz_argument(fcinfo, 0);

	PG_RETURN_INT64(lorenz.customers);
}

/* The sum of the positive values, which double precision values can make infinite. */
static double
total_double(const ClvLorenz *lorenz)
{
	double		total = clv_lorenz_double(lorenz, lorenz->total);

	if (!isfinite(total))
		clv_raise(CLV_TOTAL_OUT_OF_RANGE, "The total is above %s.", "1.7976931348623157e+308");
	return total;
}

PG_FUNCTION_INFO_V1(clv_lorenz_total);
Datum
clv_lorenz_total(PG_FUNCTION_ARGS)
{
	ClvLorenz	lorenz = clv_lorenz_argument(fcinfo, 0);

	if (lorenz.kind == CLV_LORENZ_FLOAT8)
		return numeric_from_double(total_double(&lorenz));
	return clv_amount_to_numeric(lorenz.total, lorenz.scale);
}

PG_FUNCTION_INFO_V1(clv_lorenz_values);
Datum
clv_lorenz_values(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	struct varlena *flat = PG_GETARG_VARLENA_PP(0);
	ClvLorenzReader reader;
	ClvLorenzEntry entry;

	InitMaterializedSRF(fcinfo, 0);
	clv_lorenz_read(&reader, (const uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
	while (clv_lorenz_next(&reader, &entry))
	{
		bool		nulls[2] = {false};
		Datum		values[2] = {clv_lorenz_numeric(reader.kind, reader.scale, entry.value), Int64GetDatum(entry.customers)};

		CHECK_FOR_INTERRUPTS();
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		pfree(DatumGetPointer(values[0]));
	}
	return (Datum) 0;
}

/* The best k / points of the customers, k = 0 to points, and what they make. */
PG_FUNCTION_INFO_V1(clv_lorenz_curve);
Datum
clv_lorenz_curve(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ClvLorenz	lorenz = clv_lorenz_argument(fcinfo, 0);
	int			points = PG_GETARG_INT32(1);
	double		total;

	if (points < 1 || points > 10000)
		clv_raise(CLV_BINS_OUT_OF_RANGE, "points is %d.", points);
	total = total_double(&lorenz);
	InitMaterializedSRF(fcinfo, 0);
	for (int k = 0; k <= points && lorenz.total > 0; k++)
	{
		double		customers = (double) lorenz.customers * k / points;
		double		share = clv_lorenz_top_share(&lorenz, customers);
		bool		nulls[4] = {false};
		Datum		values[4];

		CHECK_FOR_INTERRUPTS();
		values[0] = Float8GetDatum((double) k / points);
		values[1] = Float8GetDatum(share);
		values[2] = Float8GetDatum(customers);
		values[3] = Float8GetDatum(share * total);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* The share that a sum is, at most: one that it reaches. */
static double
share_reached(const ClvLorenz *lorenz, ClvAmount sum)
{
	double		share = (double) sum / (double) lorenz->total;

	while (!clv_lorenz_reaches(lorenz, sum, clv_share_argument(share, "share")))
		share = nextafter(share, 0);
	return share;
}

PG_FUNCTION_INFO_V1(clv_lorenz_abc_limits);
Datum
clv_lorenz_abc_limits(PG_FUNCTION_ARGS)
{
	ClvLorenz	lorenz = clv_lorenz_argument(fcinfo, 0);
	ClvCurvePoint limits[2];
	bool		nulls[6] = {false};
	Datum		values[6];

	if (lorenz.total == 0)
		PG_RETURN_NULL();
	clv_lorenz_limits(&lorenz, limits);
	for (int i = 0; i < 2; i++)
	{
		values[i] = clv_lorenz_numeric(lorenz.kind, lorenz.scale, limits[i].value);
		values[2 + i] = Int64GetDatum(limits[i].customers);
		values[4 + i] = Float8GetDatum(share_reached(&lorenz, limits[i].sum));
	}
	PG_RETURN_DATUM(clv_row_datum(fcinfo, values, nulls));
}

PG_FUNCTION_INFO_V1(clv_lorenz_without_largest);
Datum
clv_lorenz_without_largest(PG_FUNCTION_ARGS)
{
	ClvLorenz	lorenz = clv_lorenz_argument(fcinfo, 0);
	int64		gone = PG_GETARG_INT64(1);
	ClvLorenzState *state = clv_lorenz_state(CurrentMemoryContext, lorenz.kind);
	ClvLorenzReader reader;
	ClvLorenzEntry entry;

	if (gone < 0)
		clv_raise(CLV_SUCCESSES_OUT_OF_RANGE, "customers is " INT64_FORMAT ".", gone);
	clv_lorenz_read(&reader, lorenz.bytes, lorenz.size);
	while (lorenz.customers > gone && clv_lorenz_next(&reader, &entry))
	{
		int64		kept = Min(entry.customers, lorenz.customers - gone);

		clv_lorenz_add(state, entry.value, reader.scale, kept);
		lorenz.customers -= kept;
	}
	PG_RETURN_DATUM(clv_flat_state(&state->header));
}
