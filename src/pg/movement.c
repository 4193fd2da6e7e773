/*-------------------------------------------------------------------------
 *
 * movement.c
 *	  The type clv.movement_table, the aggregates that build one, and reports.
 *
 * While an aggregate runs, its state is an expanded object: the cells of all
 * periods from the first to the last, in a memory context of its own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/memutils.h"

#include "base/movement.h"
#include "base/rate.h"
#include "pg/activity.h"
#include "pg/amount.h"
#include "pg/compat.h"
#include "pg/day.h"
#include "pg/error.h"
#include "pg/flat.h"
#include "pg/history.h"
#include "pg/recount.h"
#include "pg/state.h"

typedef struct MovementState
{
	ExpandedObjectHeader header;
	ClvMovementTable table;
} MovementState;

/* Cells of 136 bytes: not more than 2 GB of them. */
#define MAX_CELLS INT64CONST(15000000)

/*
 * The expanded state
 */

static Size
movement_flat_size(ExpandedObjectHeader *header)
{
	ClvSink		sink = {NULL, 0};

	clv_movement_encode(&((MovementState *) header)->table, &sink);
	if (!AllocSizeIsValid(sink.count + VARHDRSZ))
		clv_raise(CLV_MOVEMENT_TOO_LARGE, "It takes %zu bytes.", sink.count);
	return sink.count + VARHDRSZ;
}

static void
movement_flatten(ExpandedObjectHeader *header, void *result, Size size)
{
	ClvSink		sink = {(uint8 *) VARDATA(result), 0};

	SET_VARSIZE(result, size);
	clv_movement_encode(&((MovementState *) header)->table, &sink);
}

static const ExpandedObjectMethods movement_methods = {movement_flat_size, movement_flatten};

static MovementState *
new_state(MemoryContext parent, const ClvMovementRule *rule)
{
	MemoryContext context = AllocSetContextCreate(parent, "movement table", ALLOCSET_START_SMALL_SIZES);
	MovementState *state = MemoryContextAllocZero(context, sizeof(MovementState));

	EOH_init_header(&state->header, &movement_methods, context);
	state->table.rule = *rule;
	return state;
}

/* Let the table cover the periods between two, growing by half again where it is in use. */
static void
cover(MovementState *state, int32 from, int32 to)
{
	ClvMovementTable *table = &state->table;
	ClvMovementCell *former = table->cells;
	ClvMovementCell *cells;
	int64		first = from;
	int64		end = (int64) to + 1;

	if (clv_movement_covers(table, from, to))
		return;
	if (table->count > 0)
	{
		int64		former_end = table->first + table->count;

		first = from < table->first ? Max(from - table->count / 2, PG_INT32_MIN) : table->first;
		end = end > former_end ? end + table->count / 2 : former_end;
	}
	if (end - first > MAX_CELLS)
		clv_raise(CLV_MOVEMENT_TOO_LARGE, "It would have " INT64_FORMAT " periods.", end - first);
	cells = MemoryContextAllocExtended(state->header.eoh_context, (end - first) * sizeof(ClvMovementCell),
									   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	clv_movement_move(table, cells, (int32) first, end - first);
	if (former != NULL)
		pfree(former);
}

static void
check_amounts(ClvStatus status)
{
	if (status != CLV_OK)
		clv_raise(status, "The orders of one period add up to more than a movement table can keep.");
}

static void
check_rules(const ClvMovementRule *a, const ClvMovementRule *b)
{
	char		first[CLV_MOVEMENT_HEAD_TEXT_SIZE];
	char		second[CLV_MOVEMENT_HEAD_TEXT_SIZE];

	if (clv_movement_rules_agree(a, b))
		return;
	clv_movement_write_rule(a, first);
	clv_movement_write_rule(b, second);
	clv_raise(CLV_MOVEMENT_MISMATCH, "One is \"%s\", another is \"%s\".", first, second);
}

static void
add_cell(MovementState *state, int32 index, const ClvMovementCell *cell, int scale)
{
	cover(state, index, index);
	check_amounts(clv_movement_add_cell(&state->table, index, cell, scale));
}

/* Add or take away the cells of a table of the same rule, as_of aside. */
static void
merge_table(MovementState *state, const struct varlena *flat, int32 as_of, int sign)
{
	ClvMovementReader reader;
	ClvMovementCell cell;
	ClvMovementRule rule = state->table.rule;

	clv_movement_read(&reader, (const uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
	rule.as_of = as_of;
	check_rules(&rule, &reader.rule);
	while (clv_movement_next(&reader, &cell))
	{
		if (sign < 0)
			clv_movement_negate(&cell);
		add_cell(state, reader.index, &cell, reader.scale);
	}
}

static void
add_table(MovementState *state, const struct varlena *flat)
{
	merge_table(state, flat, state->table.rule.as_of, 1);
}

/* The state argument, which is not NULL, ready to be changed. */
static MovementState *
state_argument(FunctionCallInfo fcinfo, MemoryContext context)
{
	Datum		datum = PG_GETARG_DATUM(0);
	struct varlena *flat;
	ClvMovementReader reader;
	MovementState *state;

	if (clv_is_own_state(datum, &movement_methods))
		return (MovementState *) DatumGetEOHP(datum);
	flat = PG_DETOAST_DATUM_PACKED(datum);
	clv_movement_read(&reader, (const uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
	state = new_state(context, &reader.rule);
	add_table(state, flat);
	return state;
}

/*
 * Aggregates
 */

/* The arguments of a call, kept as long as they stay the same. */
typedef struct MovementCall
{
	ClvMovementRule rule;
	ClvActivityCall activity;
} MovementCall;

/* Arguments behind the history: period, as_of, and where given the gap and the first day of the week. */
static MovementCall *
call_argument(FunctionCallInfo fcinfo)
{
	MovementCall *call = fcinfo->flinfo->fn_extra;
	text	   *period = PG_GETARG_TEXT_PP(2);
	text	   *week_start = PG_NARGS() > 5 ? PG_GETARG_TEXT_PP(5) : NULL;
	int32		as_of = PG_GETARG_DAY(3, "as_of");
	int32		gap = PG_NARGS() > 4 ? PG_GETARG_INT32(4) : 1;

	if (call == NULL)
	{
		call = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(MovementCall));
		call->activity.context = fcinfo->flinfo->fn_mcxt;
		fcinfo->flinfo->fn_extra = call;
	}
	if (clv_activity_arguments(&call->activity, period, week_start, as_of))
	{
		call->rule.period = call->activity.calendar.period;
		call->rule.as_of = as_of;
	}
	if (gap < 1)
		clv_raise(CLV_GAP_OUT_OF_RANGE, "The gap is %d.", gap);
	call->rule.gap = gap;
	return call;
}

/* One customer more; a row with a NULL argument changes nothing. */
PG_FUNCTION_INFO_V1(clv_movement_state_trans);
Datum
clv_movement_state_trans(PG_FUNCTION_ARGS)
{
	MemoryContext context = clv_aggregate_context(fcinfo);
	MovementState *state;
	MovementCall *call;
	ClvActivities *customer;
	const ClvPeriodTable *calendar;
	int32		from;
	int32		to;

	if (clv_has_null_argument(fcinfo))
		return clv_unchanged_state(fcinfo);
	call = call_argument(fcinfo);
	if (PG_ARGISNULL(0))
		state = new_state(context, &call->rule);
	else
	{
		state = state_argument(fcinfo, context);
		check_rules(&state->table.rule, &call->rule);
	}
	calendar = &call->activity.calendar;
	check_amounts(clv_activity_read(&call->activity, PG_GETARG_HISTORY(1), &customer));
	if (clv_movement_extent(&call->rule, calendar, customer, &from, &to))
	{
		cover(state, from, to);
		check_amounts(clv_movement_add(&state->table, calendar, customer));
	}
	return EOHPGetRWDatum(&state->header);
}

/* Strict: the first table of a group is its first state. */
PG_FUNCTION_INFO_V1(clv_movement_combine);
Datum
clv_movement_combine(PG_FUNCTION_ARGS)
{
	MovementState *state = state_argument(fcinfo, clv_aggregate_context(fcinfo));

	add_table(state, PG_GETARG_VARLENA_PP(1));
	return EOHPGetRWDatum(&state->header);
}

static int
scale_of(const struct varlena *flat)
{
	ClvMovementReader reader;

	clv_movement_read(&reader, (const uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
	return reader.scale;
}

/*
 * (total, removed, added, as_of): removed and added may be NULL.  NULL where
 * the table cannot be told without a look at the other customers: those who are
 * lost by another period, or amounts of fewer decimals than before.
 */
PG_FUNCTION_INFO_V1(clv_movement_recount);
Datum
clv_movement_recount(PG_FUNCTION_ARGS)
{
	ClvRecount	recount;
	int32		as_of;
	ClvMovementReader reader;
	MovementState *state;
	struct varlena *flat;

	if (PG_ARGISNULL(3) || !clv_recount_arguments(fcinfo, scale_of, &recount))
		PG_RETURN_NULL();
	as_of = PG_GETARG_DAY(3, "as_of");
	clv_movement_read(&reader, (const uint8 *) VARDATA_ANY(recount.total), VARSIZE_ANY_EXHDR(recount.total));
	if (clv_period_index(reader.rule.period, as_of) != clv_period_index(reader.rule.period, reader.rule.as_of))
		PG_RETURN_NULL();
	state = new_state(CurrentMemoryContext, &reader.rule);
	state->table.rule.as_of = as_of;
	merge_table(state, recount.total, reader.rule.as_of, 1);
	if (recount.removed != NULL)
		merge_table(state, recount.removed, reader.rule.as_of, -1);
	if (recount.added != NULL)
		merge_table(state, recount.added, as_of, 1);
	flat = (struct varlena *) DatumGetPointer(clv_flat_state(&state->header));
	if (clv_movement_validate((const uint8 *) VARDATA(flat), VARSIZE(flat) - VARHDRSZ) != CLV_OK)
		clv_raise(CLV_MOVEMENT_MISMATCH, "What is taken away is not part of the table.");
	PG_RETURN_POINTER(flat);
}

/*
 * Input and output
 */

static bool
read_cells(ClvScan *scan, MovementState *state, int scale)
{
	int64		previous = PG_INT64_MIN;

	state->table.scale = scale;
	while (!clv_scan_mark(scan, "}"))
	{
		ClvMovementCell cell;
		int32		index;

		if ((previous > PG_INT64_MIN && !clv_scan_mark(scan, ",")) ||
			!clv_movement_scan_cell(scan, &state->table.rule, scale, &index, &cell) || index <= previous)
			return false;
		add_cell(state, index, &cell, scale);
		previous = index;
	}
	return clv_scan_end(scan);
}

PG_FUNCTION_INFO_V1(clv_movement_table_in);
Datum
clv_movement_table_in(PG_FUNCTION_ARGS)
{
	char	   *given = PG_GETARG_CSTRING(0);
	ClvScan		scan = {given, given + strlen(given)};
	ClvMovementRule rule;
	MovementState *state = NULL;
	int			scale;

	if (clv_movement_scan_head(&scan, &rule, &scale))
		state = new_state(CurrentMemoryContext, &rule);
	if (state == NULL || !read_cells(&scan, state, scale))
		return clv_flat_syntax_error(fcinfo, CLV_MOVEMENT_SYNTAX, scan.at);
	return clv_flat_in(fcinfo, &state->header, clv_movement_validate, CLV_MOVEMENT_SYNTAX,
					   "No customers can move in this way.");
}

PG_FUNCTION_INFO_V1(clv_movement_table_out);
Datum
clv_movement_table_out(PG_FUNCTION_ARGS)
{
	struct varlena *flat = PG_GETARG_VARLENA_PP(0);
	ClvMovementReader reader;
	ClvMovementCell cell;
	char		piece[Max(CLV_MOVEMENT_HEAD_TEXT_SIZE, CLV_MOVEMENT_CELL_TEXT_SIZE)];
	StringInfoData result;
	const char *before = "";

	initStringInfo(&result);
	clv_movement_read(&reader, (const uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
	appendBinaryStringInfo(&result, piece, clv_movement_write_rule(&reader.rule, piece));
	appendStringInfo(&result, " scale %d {", reader.scale);
	while (clv_movement_next(&reader, &cell))
	{
		appendStringInfoString(&result, before);
		appendBinaryStringInfo(&result, piece,
							   clv_movement_write_cell(&reader.rule, reader.index, &cell, reader.scale, piece));
		before = ", ";
	}
	appendStringInfoChar(&result, '}');
	PG_RETURN_CSTRING(result.data);
}

PG_FUNCTION_INFO_V1(clv_movement_table_recv);
Datum
clv_movement_table_recv(PG_FUNCTION_ARGS)
{
	return clv_flat_recv(fcinfo, clv_movement_validate, CLV_MOVEMENT_BINARY);
}

PG_FUNCTION_INFO_V1(clv_movement_table_send);
Datum
clv_movement_table_send(PG_FUNCTION_ARGS)
{
	return clv_flat_send(fcinfo);
}

/*
 * Reports
 */

/* A row in the making: values are put in the order of the columns. */
typedef struct OutputRow
{
	Datum		values[20];
	bool		nulls[20];
	int			count;
} OutputRow;

static void
put(OutputRow *output, Datum value)
{
	output->nulls[output->count] = false;
	output->values[output->count++] = value;
}

/* A quotient, or NULL where there is nothing to divide by. */
static void
put_ratio(OutputRow *output, double numerator, double denominator)
{
	output->nulls[output->count] = denominator == 0;
	output->values[output->count++] = Float8GetDatum(denominator == 0 ? 0 : numerator / denominator);
}

static void
put_null(OutputRow *output)
{
	output->nulls[output->count] = true;
	output->values[output->count++] = (Datum) 0;
}

/* Growth of churn, and worth of new customers, beyond which the warnings are raised. */
#define CHURN_WARNING 1.25
#define NEW_VALUE_WARNING 0.75

/* This churn over that of the complete periods before; 0 where there is none. */
static double
churn_trend(const ClvMovementRow *row)
{
	if (row->opening == 0 || row->earlier_lost == 0)
		return 0;
	return ((double) row->cell.lost / (double) row->opening) /
		(row->earlier_lost / row->earlier_opening);
}

/* Mean revenue of a new customer over that of the other buyers; 0 where it cannot be told. */
static double
new_value_ratio(const ClvMovementRow *row)
{
	int64		others = row->cell.buyers - row->cell.fresh;
	double		of_new = (double) row->cell.amounts[CLV_FROM_NEW];
	double		of_others = (double) (row->cell.amounts[CLV_REVENUE] - row->cell.amounts[CLV_FROM_NEW]);

	if (row->cell.fresh == 0 || others == 0 || of_others <= 0)
		return 0;
	return (of_new / (double) row->cell.fresh) / (of_others / (double) others);
}

/* The warnings: each with the ratio it rests on; NULL where that is unknown. */
static void
put_warnings(OutputRow *output, const ClvMovementRow *row)
{
	bool		churn_known = row->opening > 0 && row->earlier_lost > 0;
	bool		value_known = new_value_ratio(row) != 0;

	put_ratio(output, churn_trend(row), churn_known);
	put_ratio(output, new_value_ratio(row), value_known);
	if (churn_known)
		put(output, BoolGetDatum(churn_trend(row) > CHURN_WARNING && row->closing >= row->opening));
	else
		put_null(output);
	if (value_known)
		put(output, BoolGetDatum(new_value_ratio(row) < NEW_VALUE_WARNING));
	else
		put_null(output);
}

static void
put_movements(OutputRow *output, const ClvMovementRow *row)
{
	const ClvMovementCell *cell = &row->cell;
	int64		kept = row->opening - cell->lost;
	ClvRate		rate = {0, 0, 0};

	put(output, DateADTGetDatum(row->start));
	put(output, BoolGetDatum(row->complete));
	put(output, Int64GetDatum(row->opening));
	put(output, Int64GetDatum(cell->fresh));
	put(output, Int64GetDatum(kept));
	put(output, Int64GetDatum(cell->reactivated));
	put(output, Int64GetDatum(cell->lost));
	put(output, Int64GetDatum(row->closing));
	put(output, Int64GetDatum(row->closing - row->opening));
	put(output, Int64GetDatum(cell->buyers));
	if (row->opening > 0)
		rate = clv_rate_wilson(cell->lost, row->opening, CLV_Z95);
	put_ratio(output, rate.rate, row->opening > 0);
	put_ratio(output, rate.lower, row->opening > 0);
	put_ratio(output, rate.upper, row->opening > 0);
	put_ratio(output, (double) cell->lost, ((double) row->opening + (double) row->closing) / 2);
	put_ratio(output, (double) (cell->fresh + cell->reactivated), (double) cell->lost);
	put_warnings(output, row);
}

static void
put_bridge(OutputRow *output, const ClvMovementRow *row, int scale)
{
	const ClvAmount *amounts = row->cell.amounts;
	double		opening = (double) row->opening_revenue;
	double		gains = (double) amounts[CLV_FROM_NEW] + (double) amounts[CLV_FROM_REACTIVATED] + (double) amounts[CLV_EXPANSION];
	double		losses = (double) amounts[CLV_CONTRACTION] + (double) amounts[CLV_FROM_LOST];

	put(output, DateADTGetDatum(row->start));
	put(output, BoolGetDatum(row->complete));
	put(output, clv_amount_to_numeric(row->opening_revenue, scale));
	put(output, clv_amount_to_numeric(amounts[CLV_FROM_NEW], scale));
	put(output, clv_amount_to_numeric(amounts[CLV_FROM_REACTIVATED], scale));
	put(output, clv_amount_to_numeric(amounts[CLV_EXPANSION], scale));
	put(output, clv_amount_to_numeric(amounts[CLV_CONTRACTION], scale));
	put(output, clv_amount_to_numeric(amounts[CLV_FROM_LOST], scale));
	put(output, clv_amount_to_numeric(amounts[CLV_REVENUE], scale));
	put(output, Int64GetDatum(row->cell.orders));
	put_ratio(output, opening - losses, Max(opening, 0));
	put_ratio(output, opening + (double) amounts[CLV_EXPANSION] - losses, Max(opening, 0));
	put_ratio(output, gains, Max(losses, 0));
}

static Datum
report(FunctionCallInfo fcinfo, bool in_money)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	struct varlena *flat = PG_GETARG_VARLENA_PP(0);
	MemoryContext per_row;
	ClvMovementRows rows;
	ClvMovementRow row;

	InitMaterializedSRF(fcinfo, 0);
	per_row = AllocSetContextCreate(CurrentMemoryContext, "movement row", ALLOCSET_DEFAULT_SIZES);
	clv_movement_rows(&rows, (const uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
	while (clv_movement_rows_next(&rows, &row))
	{
		MemoryContext former = MemoryContextSwitchTo(per_row);
		OutputRow	output;

		CHECK_FOR_INTERRUPTS();
		output.count = 0;
		if (in_money)
			put_bridge(&output, &row, rows.reader.scale);
		else
			put_movements(&output, &row);
		tuplestore_putvalues(result->setResult, result->setDesc, output.values, output.nulls);
		MemoryContextSwitchTo(former);
		MemoryContextReset(per_row);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(clv_movements);
Datum
clv_movements(PG_FUNCTION_ARGS)
{
	return report(fcinfo, false);
}

PG_FUNCTION_INFO_V1(clv_value_bridge);
Datum
clv_value_bridge(PG_FUNCTION_ARGS)
{
	return report(fcinfo, true);
}
