/*-------------------------------------------------------------------------
 *
 * survival.c
 *	  The type clv.survival_table, the aggregates that build one, and what is
 *	  read off it.
 *
 * While an aggregate runs, its state is an expanded object around a bag of
 * durations.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "storage/shmem.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/concentration.h"
#include "base/milestone.h"
#include "base/scan.h"
#include "base/survival.h"
#include "math/normal.h"
#include "pg/amount.h"
#include "pg/bag.h"
#include "pg/compat.h"
#include "pg/day.h"
#include "pg/error.h"
#include "pg/flat.h"
#include "pg/history.h"
#include "pg/rate.h"
#include "pg/row.h"
#include "pg/state.h"
#include "pg/values.h"

/*
 * The expanded state
 */

typedef struct SurvivalState
{
	ExpandedObjectHeader header;
	int			scale;
	ClvAmount	initial;		/* at risk from the start */
	ClvBag		durations;		/* of ClvSurvivalEntry */
} SurvivalState;

static void
check_weights(ClvStatus status)
{
	if (status != CLV_OK)
		clv_raise(status, "The weights of the subjects add up to more than 37 digits.");
}

static size_t
merge_entries(void *entries, size_t count, void *scratch)
{
	check_weights(clv_survival_compact(entries, &count, scratch, clv_check_interrupts));
	return count;
}

static Size
survival_flat_size(ExpandedObjectHeader *header)
{
	SurvivalState *state = (SurvivalState *) header;
	ClvSink		sink = {NULL, 0};

	clv_bag_compact(&state->durations);
	clv_survival_encode(state->scale, state->initial, state->durations.entries, state->durations.count, &sink);
	if (!AllocSizeIsValid(sink.count + VARHDRSZ))
		clv_raise(CLV_SURVIVAL_TOO_LARGE, "It has %zu different durations.", state->durations.count);
	return sink.count + VARHDRSZ;
}

static void
survival_flatten(ExpandedObjectHeader *header, void *result, Size size)
{
	SurvivalState *state = (SurvivalState *) header;
	ClvSink		sink = {(uint8 *) VARDATA(result), 0};

	SET_VARSIZE(result, size);
	clv_survival_encode(state->scale, state->initial, state->durations.entries, state->durations.count, &sink);
}

static const ExpandedObjectMethods survival_methods = {survival_flat_size, survival_flatten};

static SurvivalState *
new_state(MemoryContext parent)
{
	MemoryContext context = AllocSetContextCreate(parent, "survival table", ALLOCSET_START_SMALL_SIZES);
	SurvivalState *state = MemoryContextAllocZero(context, sizeof(SurvivalState));

	EOH_init_header(&state->header, &survival_methods, context);
	clv_bag_init(&state->durations, context, sizeof(ClvSurvivalEntry), merge_entries);
	return state;
}

/* Bring all weights to a scale, if it is larger than theirs. */
static void
raise_scale(SurvivalState *state, int scale)
{
	if (scale <= state->scale)
		return;
	check_weights(clv_survival_rescale(state->durations.entries, state->durations.count, state->scale, scale));
	check_weights(clv_amount_rescale(&state->initial, state->scale, scale));
	state->scale = scale;
}

/* The entry is at the scale of the state. */
static void
add_entry(SurvivalState *state, const ClvSurvivalEntry *entry)
{
	*(ClvSurvivalEntry *) clv_bag_place(&state->durations) = *entry;
}

static void
add_table(SurvivalState *state, const struct varlena *flat)
{
	ClvSurvivalReader reader;
	ClvSurvivalEntry entry;

	clv_survival_read(&reader, (const uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
	raise_scale(state, reader.scale);
	check_weights(clv_amount_rescale(&reader.initial, reader.scale, state->scale));
	check_weights(clv_amount_add(&state->initial, reader.initial));
	while (clv_survival_next(&reader, &entry))
	{
		check_weights(clv_survival_rescale(&entry, 1, reader.scale, state->scale));
		add_entry(state, &entry);
	}
}

/* The state argument, or a new state. */
static SurvivalState *
state_argument(FunctionCallInfo fcinfo, MemoryContext context)
{
	SurvivalState *state;

	if (!PG_ARGISNULL(0) && clv_is_own_state(PG_GETARG_DATUM(0), &survival_methods))
		return (SurvivalState *) DatumGetEOHP(PG_GETARG_DATUM(0));
	state = new_state(context);
	if (!PG_ARGISNULL(0))
		add_table(state, PG_GETARG_VARLENA_PP(0));
	return state;
}

/*
 * Aggregates
 */

/* One subject: how long, whether the event came, since when it was observed. */
static void
add_subject(SurvivalState *state, double duration, bool event, double entered, ClvAmount weight)
{
	ClvSurvivalEntry entry = {clv_double_rank(duration), 0, 0, 0};

	if (event)
		entry.deaths = weight;
	else
		entry.censored = weight;
	add_entry(state, &entry);
	if (entered == 0)
	{
		check_weights(clv_amount_add(&state->initial, weight));
		return;
	}
	entry.rank = clv_double_rank(entered);
	entry.deaths = entry.censored = 0;
	entry.entered = weight;
	add_entry(state, &entry);
}

static double
duration_argument(double duration)
{
	if (!(duration >= 0 && isfinite(duration)))
		clv_raise(CLV_DURATION_OUT_OF_RANGE, "The duration is %g.", duration);
	return duration;
}

/* A weight at the scale of the state, which is raised to it. */
static ClvAmount
weight_argument(SurvivalState *state, double weight)
{
	ClvAmount	mantissa;
	int			scale;
	int			least;

	if (!(weight >= 0 && isfinite(weight)))
		clv_raise(CLV_WEIGHT_OUT_OF_RANGE, "The weight is %g.", weight);
	clv_amount_from_float8(weight, &mantissa, &scale);
	least = clv_amount_least_scale(mantissa, scale);
	mantissa /= clv_amount_power_of_ten(scale - least);
	raise_scale(state, least);
	check_weights(clv_amount_rescale(&mantissa, least, state->scale));
	return mantissa;
}

/* Arguments: duration, event, and where given weight and entry. */
PG_FUNCTION_INFO_V1(clv_survival_state_trans);
Datum
clv_survival_state_trans(PG_FUNCTION_ARGS)
{
	MemoryContext context = clv_aggregate_context(fcinfo);
	SurvivalState *state;
	double		duration;
	double		entered;
	ClvAmount	weight;

	if (clv_has_null_argument(fcinfo))
		return clv_unchanged_state(fcinfo);
	state = state_argument(fcinfo, context);
	duration = duration_argument(PG_GETARG_FLOAT8(1));
	weight = weight_argument(state, PG_NARGS() > 3 ? PG_GETARG_FLOAT8(3) : 1);
	entered = PG_NARGS() > 4 ? duration_argument(PG_GETARG_FLOAT8(4)) : 0;
	if (PG_NARGS() > 4 && entered >= duration)
		clv_raise(CLV_DURATION_OUT_OF_RANGE, "The duration is %g and the entry %g.", duration, entered);
	if (weight > 0)
		add_subject(state, duration, PG_GETARG_BOOL(2), entered, weight);
	return EOHPGetRWDatum(&state->header);
}

/* The gaps of one customer. */
PG_FUNCTION_INFO_V1(clv_gap_state_trans);
Datum
clv_gap_state_trans(PG_FUNCTION_ARGS)
{
	MemoryContext context = clv_aggregate_context(fcinfo);
	SurvivalState *state;
	ClvHistoryBytes history;
	ClvGaps		gaps;
	int32		days;
	bool		completed;

	if (clv_has_null_argument(fcinfo))
		return clv_unchanged_state(fcinfo);
	state = state_argument(fcinfo, context);
	history = PG_GETARG_HISTORY(1);
	clv_gaps_open(&gaps, history.bytes, history.size, PG_GETARG_DAY(2, "as_of"));
	while (clv_gaps_next(&gaps, &days, &completed))
		add_subject(state, days, completed, 0, clv_amount_power_of_ten(state->scale));
	return EOHPGetRWDatum(&state->header);
}

/* Strict: the first table of a group is its first state. */
PG_FUNCTION_INFO_V1(clv_survival_combine);
Datum
clv_survival_combine(PG_FUNCTION_ARGS)
{
	SurvivalState *state = state_argument(fcinfo, clv_aggregate_context(fcinfo));

	add_table(state, PG_GETARG_VARLENA_PP(1));
	return EOHPGetRWDatum(&state->header);
}

/*
 * Input and output
 */

static bool
scan_duration(ClvScan *scan, int64 *rank)
{
	double		duration;

	if (!clv_scan_double(scan, 0, &duration))
		return false;
	*rank = clv_double_rank(duration);
	return true;
}

static bool
scan_entries(ClvScan *scan, SurvivalState *state)
{
	bool		first = true;
	int64		previous = 0;

	while (!clv_scan_mark(scan, "}"))
	{
		ClvSurvivalEntry entry;

		if ((!first && !clv_scan_mark(scan, ",")) || !scan_duration(scan, &entry.rank) ||
			(!first && entry.rank <= previous) || !clv_scan_mark(scan, ":") ||
			!clv_scan_amount(scan, state->scale, &entry.deaths) ||
			!clv_scan_amount(scan, state->scale, &entry.censored) ||
			!clv_scan_amount(scan, state->scale, &entry.entered))
			return false;
		add_entry(state, &entry);
		previous = entry.rank;
		first = false;
	}
	return clv_scan_end(scan);
}

static bool
scan_table(ClvScan *scan, SurvivalState *state)
{
	int64		scale;

	if (!clv_scan_word(scan, "scale") || !clv_scan_count(scan, CLV_AMOUNT_DIGITS, &scale) ||
		!clv_scan_word(scan, "from") || !clv_scan_word(scan, "start"))
		return false;
	state->scale = (int) scale;
	return clv_scan_amount(scan, state->scale, &state->initial) && clv_scan_mark(scan, "{") &&
		scan_entries(scan, state);
}

PG_FUNCTION_INFO_V1(clv_survival_table_in);
Datum
clv_survival_table_in(PG_FUNCTION_ARGS)
{
	char	   *given = PG_GETARG_CSTRING(0);
	ClvScan		scan = {given, given + strlen(given)};
	SurvivalState *state = new_state(CurrentMemoryContext);

	if (!scan_table(&scan, state))
		return clv_flat_syntax_error(fcinfo, CLV_SURVIVAL_SYNTAX, scan.at);
	return clv_flat_in(fcinfo, &state->header, clv_survival_validate, CLV_SURVIVAL_SYNTAX,
					   "No subjects can be observed in this way.");
}

static void
append_weight(StringInfo result, const char *before, ClvAmount weight, int scale)
{
	char		digits[CLV_AMOUNT_TEXT_SIZE];

	clv_amount_write(weight, scale, digits);
	appendStringInfo(result, "%s%s", before, digits);
}

PG_FUNCTION_INFO_V1(clv_survival_table_out);
Datum
clv_survival_table_out(PG_FUNCTION_ARGS)
{
	struct varlena *flat = PG_GETARG_VARLENA_PP(0);
	ClvSurvivalReader reader;
	ClvSurvivalEntry entry;
	StringInfoData result;
	const char *before = "";

	initStringInfo(&result);
	clv_survival_read(&reader, (const uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
	appendStringInfo(&result, "scale %d from start", reader.scale);
	append_weight(&result, " ", reader.initial, reader.scale);
	appendStringInfoString(&result, " {");
	while (clv_survival_next(&reader, &entry))
	{
		char		duration[DOUBLE_SHORTEST_DECIMAL_LEN];

		double_to_shortest_decimal_buf(clv_double_of_rank(entry.rank), duration);
		appendStringInfo(&result, "%s%s:", before, duration);
		append_weight(&result, " ", entry.deaths, reader.scale);
		append_weight(&result, " ", entry.censored, reader.scale);
		append_weight(&result, " ", entry.entered, reader.scale);
		before = ", ";
	}
	appendStringInfoChar(&result, '}');
	PG_RETURN_CSTRING(result.data);
}

PG_FUNCTION_INFO_V1(clv_survival_table_recv);
Datum
clv_survival_table_recv(PG_FUNCTION_ARGS)
{
	return clv_flat_recv(fcinfo, clv_survival_validate, CLV_SURVIVAL_BINARY);
}

PG_FUNCTION_INFO_V1(clv_survival_table_send);
Datum
clv_survival_table_send(PG_FUNCTION_ARGS)
{
	return clv_flat_send(fcinfo);
}

/*
 * What is read off
 */

/* The bytes of a table argument. */
typedef struct SurvivalBytes
{
	const uint8 *bytes;
	size_t		size;
} SurvivalBytes;

static SurvivalBytes
table_argument(Datum datum)
{
	struct varlena *flat = PG_DETOAST_DATUM_PACKED(datum);
	SurvivalBytes table = {(const uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat)};

	return table;
}

/* A number, or NULL if it is not known. */
static void
set_float8(Datum *value, bool *is_null, bool known, double number)
{
	*is_null = !known;
	*value = Float8GetDatum(known ? number : 0);
}

PG_FUNCTION_INFO_V1(clv_survival_curve_rows);
Datum
clv_survival_curve_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	SurvivalBytes table = table_argument(PG_GETARG_DATUM(0));
	double		z = clv_level_argument(PG_GETARG_FLOAT8(1));
	ClvSurvivalCurve curve;
	ClvSurvivalPoint point;

	InitMaterializedSRF(fcinfo, 0);
	clv_survival_curve(&curve, table.bytes, table.size);
	while (clv_survival_curve_next(&curve, &point))
	{
		double		lower = 0;
		double		upper = 0;
		bool		known = clv_survival_interval(&point, z, &lower, &upper);
		bool		nulls[9] = {false};
		Datum		values[9];

		CHECK_FOR_INTERRUPTS();
		values[0] = Float8GetDatum(point.time);
		values[1] = Float8GetDatum(point.at_risk);
		values[2] = Float8GetDatum(point.deaths);
		values[3] = Float8GetDatum(point.censored);
		values[4] = Float8GetDatum(point.survival);
		set_float8(&values[5], &nulls[5], point.survival > 0, point.survival * sqrt(point.greenwood));
		set_float8(&values[6], &nulls[6], known, lower);
		set_float8(&values[7], &nulls[7], known, upper);
		values[8] = Float8GetDatum(point.hazard);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(clv_survival_at_time);
Datum
clv_survival_at_time(PG_FUNCTION_ARGS)
{
	SurvivalBytes table = table_argument(PG_GETARG_DATUM(0));
	double		time = PG_GETARG_FLOAT8(1);

	if (isnan(time))
		clv_raise(CLV_DURATION_OUT_OF_RANGE, "The duration is NaN.");
	PG_RETURN_FLOAT8(clv_survival_at(table.bytes, table.size, time));
}

/* The time by which a share has had the event, with the times at which the bounds of the curve come down as far. */
PG_FUNCTION_INFO_V1(clv_survival_quantile);
Datum
clv_survival_quantile(PG_FUNCTION_ARGS)
{
	SurvivalBytes table = table_argument(PG_GETARG_DATUM(0));
	double		share = PG_GETARG_FLOAT8(1);
	double		z = clv_level_argument(PG_GETARG_FLOAT8(2));
	ClvSurvivalLine lines[3] = {CLV_SURVIVAL_S, CLV_SURVIVAL_LOWER, CLV_SURVIVAL_UPPER};
	bool		nulls[3];
	Datum		values[3];

	clv_share_argument(share, "share");
	for (int i = 0; i < 3; i++)
	{
		double		time = 0;
		bool		known = clv_survival_crossing(table.bytes, table.size, lines[i], z, 1 - share, &time);

		set_float8(&values[i], &nulls[i], known, time);
	}
	return clv_row_datum(fcinfo, values, nulls);
}

PG_FUNCTION_INFO_V1(clv_survival_restricted_mean);
Datum
clv_survival_restricted_mean(PG_FUNCTION_ARGS)
{
	SurvivalBytes table = table_argument(PG_GETARG_DATUM(0));
	double		tau = duration_argument(PG_GETARG_FLOAT8(1));
	double		mean;
	double		std_error;
	double		last;
	bool		known = clv_survival_last(table.bytes, table.size, &last);
	bool		nulls[2];
	Datum		values[2];

	clv_survival_mean(table.bytes, table.size, tau, &mean, &std_error);
	set_float8(&values[0], &nulls[0], known, mean);
	set_float8(&values[1], &nulls[1], known, std_error);
	return clv_row_datum(fcinfo, values, nulls);
}

/* Subjects, events, and the last duration. */
PG_FUNCTION_INFO_V1(clv_survival_extent);
Datum
clv_survival_extent(PG_FUNCTION_ARGS)
{
	SurvivalBytes table = table_argument(PG_GETARG_DATUM(0));
	ClvSurvivalCurve curve;
	ClvSurvivalPoint point = {0};
	double		events = 0;
	double		censored = 0;
	bool		nulls[3];
	Datum		values[3];

	clv_survival_curve(&curve, table.bytes, table.size);
	while (clv_survival_curve_next(&curve, &point))
	{
		events += point.deaths;
		censored += point.censored;
	}
	set_float8(&values[0], &nulls[0], true, events + censored);
	set_float8(&values[1], &nulls[1], true, events);
	set_float8(&values[2], &nulls[2], events + censored > 0, point.time);
	return clv_row_datum(fcinfo, values, nulls);
}

static Datum
float8_array(const double *numbers, int count)
{
	Datum	   *elements = palloc(mul_size(count, sizeof(Datum)));

	for (int i = 0; i < count; i++)
		elements[i] = Float8GetDatum(numbers[i]);
	return PointerGetDatum(construct_array(elements, count, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

static ClvLogRankGroup *
group_argument(ArrayType *array, int *count)
{
	Datum	   *elements;
	bool	   *nulls;
	ClvLogRankGroup *groups;

	deconstruct_array(array, ARR_ELEMTYPE(array), -1, false, TYPALIGN_INT, &elements, &nulls, count);
	if (*count < 2 || *count > CLV_LOG_RANK_GROUPS)
		clv_raise(CLV_TOO_MANY_GROUPS, "There are %d groups.", *count);
	groups = palloc(mul_size(*count, sizeof(ClvLogRankGroup)));
	for (int g = 0; g < *count; g++)
	{
		SurvivalBytes table;

		if (nulls[g])
			clv_raise(CLV_TOO_MANY_GROUPS, "Group %d is NULL.", g + 1);
		table = table_argument(elements[g]);
		clv_survival_read(&groups[g].reader, table.bytes, table.size);
	}
	return groups;
}

PG_FUNCTION_INFO_V1(clv_log_rank_test);
Datum
clv_log_rank_test(PG_FUNCTION_ARGS)
{
	int			count;
	ClvLogRankGroup *groups = group_argument(PG_GETARG_ARRAYTYPE_P(0), &count);
	double	   *observed = palloc(mul_size(count, sizeof(double)));
	double	   *expected = palloc(mul_size(count, sizeof(double)));
	double	   *variance = palloc(mul_size((Size) count * count, sizeof(double)));
	int			degrees;
	double		statistic = clv_log_rank(groups, count, observed, expected, variance, &degrees, clv_check_interrupts);
	bool		nulls[5] = {false};
	Datum		values[5];

	set_float8(&values[0], &nulls[0], degrees > 0, statistic);
	values[1] = Int32GetDatum(degrees);
	set_float8(&values[2], &nulls[2], degrees > 0, degrees > 0 ? clv_chi_squared_tail(statistic, degrees) : 0);
	values[3] = float8_array(observed, count);
	values[4] = float8_array(expected, count);
	return clv_row_datum(fcinfo, values, nulls);
}

/*
 * Churn gaps
 */

/* A gap with its errors as a row. */
static Datum
gap_row(FunctionCallInfo fcinfo, SurvivalBytes table, bool known, double gap)
{
	double		false_alarm = 0;
	double		missed = 0;
	bool		errors_known = known && clv_gap_errors(table.bytes, table.size, gap, &false_alarm, &missed);
	bool		nulls[3];
	Datum		values[3];

	set_float8(&values[0], &nulls[0], known, gap);
	set_float8(&values[1], &nulls[1], errors_known, false_alarm);
	set_float8(&values[2], &nulls[2], errors_known, missed);
	return clv_row_datum(fcinfo, values, nulls);
}

PG_FUNCTION_INFO_V1(clv_churn_gap);
Datum
clv_churn_gap(PG_FUNCTION_ARGS)
{
	SurvivalBytes table = table_argument(PG_GETARG_DATUM(0));
	char	   *method = text_to_cstring(PG_GETARG_TEXT_PP(1));
	double		share = PG_GETARG_FLOAT8(2);
	double		gap = 0;
	bool		known;

	clv_share_argument(share, "share");
	if (strcmp(method, "percentile") == 0)
		known = clv_gap_percentile(table.bytes, table.size, share, &gap);
	else if (strcmp(method, "balanced") == 0)
		known = clv_gap_balanced(table.bytes, table.size, &gap);
	else
		clv_raise(CLV_UNKNOWN_METHOD, "The method is \"%s\".", method);
	return gap_row(fcinfo, table, known, gap);
}

PG_FUNCTION_INFO_V1(clv_churn_gap_errors);
Datum
clv_churn_gap_errors(PG_FUNCTION_ARGS)
{
	SurvivalBytes table = table_argument(PG_GETARG_DATUM(0));

	return gap_row(fcinfo, table, true, duration_argument(PG_GETARG_FLOAT8(1)));
}

static int
compare_days(const void *a, const void *b)
{
	int32		x = *(const int32 *) a;
	int32		y = *(const int32 *) b;

	return x < y ? -1 : x > y;
}

/* The gap that a share of a customer's own completed gaps does not exceed. */
PG_FUNCTION_INFO_V1(clv_usual_gap);
Datum
clv_usual_gap(PG_FUNCTION_ARGS)
{
	ClvHistoryBytes history = PG_GETARG_HISTORY(0);
	double		share = PG_GETARG_FLOAT8(2);
	int32	   *days = palloc(mul_size(Max(clv_history_entry_bound(history.size), 1), sizeof(int32)));
	int64		units = clv_share_argument(share, "share");
	size_t		count = 0;
	size_t		place;
	ClvGaps		gaps;
	bool		completed;

	clv_gaps_open(&gaps, history.bytes, history.size, PG_GETARG_DAY(1, "as_of"));
	while (clv_gaps_next(&gaps, &days[count], &completed) && completed)
		count++;
	if (count == 0)
		PG_RETURN_NULL();
	qsort(days, count, sizeof(int32), compare_days);

	/* the first that count * share gaps do not exceed */
	place = (size_t) (((__int128) count * units + CLV_SHARE_UNITS - 1) / CLV_SHARE_UNITS);
	PG_RETURN_INT32(days[place > 0 ? place - 1 : 0]);
}
