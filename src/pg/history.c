/*-------------------------------------------------------------------------
 *
 * history.c
 *	  The type clv.history: input and output, the aggregates that collect
 *	  one, and what is read off it.
 *
 * The state of the aggregates is itself a clv.history, in its open form: a
 * log with slack (ClvHistoryLog).  It doubles when it is full.  A history
 * that leaves the aggregate through its final function is canonical; one that
 * leaves otherwise (an aggregate that somebody builds from the transition
 * function without a final function) is made canonical where it is read.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "common/hashfn.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/memutils.h"

#include "pg/amount.h"
#include "pg/compat.h"
#include "pg/day.h"
#include "pg/error.h"
#include "pg/history.h"
#include "pg/state.h"

/* A history as a state: the varlena header and the log behind it. */
typedef struct HistoryState
{
	int32		vl_len_;
	ClvHistoryLog log;
} HistoryState;

/* Large enough for a dozen orders, which most customers never reach. */
#define INITIAL_STATE_SIZE 64

/* A state that has reached this size is compacted before it grows. */
#define COMPACTION_SIZE 4096

/* Histories of so many entries are put in order on the stack. */
#define STACK_ENTRIES 64

#define state_capacity(state) (VARSIZE(state) - offsetof(HistoryState, log))

/*
 * Entries
 */

static ClvPurchase *
allocate_entries(size_t count)
{
	return MemoryContextAllocHuge(CurrentMemoryContext, Max(count, 1) * sizeof(ClvPurchase));
}

static ClvStatus
try_normalize(ClvPurchase *entries, size_t *count, int *scale)
{
	ClvPurchase on_stack[STACK_ENTRIES];
	ClvPurchase *scratch = *count <= STACK_ENTRIES ? on_stack : allocate_entries(*count);
	ClvStatus	status = clv_history_normalize(entries, count, scale, scratch, clv_check_interrupts);

	if (scratch != on_stack)
		pfree(scratch);
	return status;
}

#define DAY_OVERFLOW_DETAIL "The orders of one customer on one day add up to more than a history can keep."

static void
normalize(ClvPurchase *entries, size_t *count, int *scale)
{
	ClvStatus	status = try_normalize(entries, count, scale);

	if (status != CLV_OK)
		clv_raise(status, DAY_OVERFLOW_DETAIL);
}

/* Bring entries to another scale. */
static void
rescale(ClvPurchase *entries, size_t count, int from_scale, int to_scale)
{
	if (clv_history_rescale(entries, count, from_scale, to_scale) != CLV_OK)
		clv_raise(CLV_AMOUNT_OVERFLOW, "An amount of the customer does not fit when written with %d decimals, as another one needs.",
				  to_scale);
}

/* A new history from normalized entries. */
static Datum
write_history(const ClvPurchase *entries, size_t count, int scale)
{
	struct varlena *history;
	size_t		size;

	size = VARHDRSZ + clv_history_size_bound(count);
	if (!AllocSizeIsValid(size))
	{
		/* The bound is six times what is needed: write to scratch first. */
		uint8	   *bytes = MemoryContextAllocHuge(CurrentMemoryContext, size);

		size = VARHDRSZ + clv_history_write(entries, count, scale, bytes);
		if (!AllocSizeIsValid(size))
			clv_raise(CLV_HISTORY_TOO_LARGE, "It has %zu purchase days.", count);
		history = palloc(size);
		memcpy(VARDATA(history), bytes, size - VARHDRSZ);
		pfree(bytes);
	}
	else
	{
		history = palloc(size);
		size = VARHDRSZ + clv_history_write(entries, count, scale, (uint8 *) VARDATA(history));
	}
	SET_VARSIZE(history, size);
	return PointerGetDatum(history);
}

/* A new value from entries in any order, which are changed. */
static Datum
history_datum(ClvPurchase *entries, size_t count, int scale)
{
	normalize(entries, &count, &scale);
	return write_history(entries, count, scale);
}

/* The canonical form of what a log holds, which is left as it is. */
static Datum
canonical_from_log(const ClvHistoryLog *log)
{
	ClvPurchase on_stack[STACK_ENTRIES];
	size_t		bound = clv_history_entry_bound(log->used);
	ClvPurchase *entries = bound <= STACK_ENTRIES ? on_stack : allocate_entries(bound);
	Datum		history = history_datum(entries, clv_history_log_entries(log, entries), log->scale);

	if (entries != on_stack)
		pfree(entries);
	return history;
}

static bool
is_open(const struct varlena *history)
{
	return (*VARDATA_ANY(history) & CLV_HISTORY_OPEN) != 0;
}

/* The canonical form, at whatever header it has. */
static struct varlena *
canonical(Datum datum)
{
	struct varlena *history = PG_DETOAST_DATUM_PACKED(datum);

	if (is_open(history))
	{
		const HistoryState *state = (const HistoryState *) PG_DETOAST_DATUM(datum);

		return (struct varlena *) DatumGetPointer(canonical_from_log(&state->log));
	}
	return history;
}

static ClvHistoryBytes
bytes_of(const struct varlena *history)
{
	ClvHistoryBytes result;

	result.bytes = (const uint8 *) VARDATA_ANY(history);
	result.size = VARSIZE_ANY_EXHDR(history);
	return result;
}

ClvHistoryBytes
clv_history_bytes(Datum datum)
{
	return bytes_of(canonical(datum));
}

/*
 * The state of the aggregates
 */

static HistoryState *
new_state(size_t size, int scale)
{
	/* Zeros, because what is not used yet may be written to disk. */
	HistoryState *state = palloc0(size);

	SET_VARSIZE(state, size);
	clv_history_log_start(&state->log, scale);
	return state;
}

/* A copy of the state with twice the room. */
static HistoryState *
double_state(HistoryState *state)
{
	size_t		size = 2 * (size_t) VARSIZE(state);
	HistoryState *larger;

	/* One byte short of the limit would do, but doubling never meets it. */
	if (!AllocSizeIsValid(size))
	{
		if (VARSIZE(state) >= MaxAllocSize - 1)
			clv_raise(CLV_HISTORY_TOO_LARGE, "The orders of one customer take more than %zu bytes.", (size_t) VARSIZE(state));
		size = MaxAllocSize;
	}
	larger = palloc(size);
	memcpy(larger, state, VARSIZE(state));
	memset((char *) larger + VARSIZE(state), 0, size - VARSIZE(state));
	SET_VARSIZE(larger, size);
	return larger;
}

/* The entry is at the scale of the log. */
static HistoryState *
append_entry(HistoryState *state, const ClvPurchase *entry)
{
	while (!clv_history_log_append(&state->log, state_capacity(state), entry->day, entry->orders, entry->amount))
		state = double_state(state);
	return state;
}

/*
 * A copy of the log in order, the orders of each day added up, at a scale that
 * the orders need and that is not below the one given.
 */
static HistoryState *
compact_state(HistoryState *state, int scale)
{
	ClvPurchase *entries = allocate_entries(clv_history_entry_bound(state->log.used));
	size_t		count = clv_history_log_entries(&state->log, entries);
	int			own_scale = state->log.scale;
	HistoryState *compact;

	normalize(entries, &count, &own_scale);
	scale = Max(scale, own_scale);
	rescale(entries, count, own_scale, scale);
	compact = new_state(VARSIZE(state), scale);
	for (size_t i = 0; i < count; i++)
		compact = append_entry(compact, &entries[i]);
	pfree(entries);
	return compact;
}

/* A copy of the state with room for more. */
static HistoryState *
make_room(HistoryState *state)
{
	if (VARSIZE(state) >= COMPACTION_SIZE)
	{
		state = compact_state(state, state->log.scale);
		/* What was gained has to last, or every order would compact. */
		if (state->log.used <= state_capacity(state) / 2)
			return state;
	}
	return double_state(state);
}

/* Add orders of one day; answers the state, at a new place if it had to grow. */
static HistoryState *
add_orders(HistoryState *state, int32 day, int32 orders, ClvAmount amount, int scale)
{
	if (scale != state->log.scale)
	{
		if (scale > state->log.scale)
		{
			int			least_scale = clv_amount_least_scale(amount, scale);

			if (least_scale > state->log.scale)
				state = compact_state(state, least_scale);
		}
		if (clv_amount_rescale(&amount, scale, state->log.scale) != CLV_OK)
		{
			/* Perhaps the log has more decimals than its orders need. */
			state = compact_state(state, scale);
			if (clv_amount_rescale(&amount, scale, state->log.scale) != CLV_OK)
				clv_raise(CLV_AMOUNT_OVERFLOW, "An amount does not fit when written with %d decimals, as another one of the customer needs.",
						  state->log.scale);
		}
	}
	while (!clv_history_log_append(&state->log, state_capacity(state), day, orders, amount))
		state = make_room(state);
	return state;
}

/* Add all entries of a history, canonical or open. */
static HistoryState *
add_history(HistoryState *state, Datum history)
{
	ClvPurchase on_stack[STACK_ENTRIES];
	ClvHistoryBytes added = clv_history_bytes(history);
	size_t		bound = clv_history_entry_bound(added.size);
	ClvPurchase *entries = bound <= STACK_ENTRIES ? on_stack : allocate_entries(bound);
	size_t		count = clv_history_entries(added.bytes, added.size, 1, entries);

	for (size_t i = 0; i < count; i++)
		state = add_orders(state, entries[i].day, entries[i].orders, entries[i].amount, added.bytes[1]);
	if (entries != on_stack)
		pfree(entries);
	return state;
}

/* The state argument of a transition function, new for the first row. */
static HistoryState *
state_argument(FunctionCallInfo fcinfo)
{
	struct varlena *state;

	clv_aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		return new_state(INITIAL_STATE_SIZE, CLV_HISTORY_LOG_SCALE);

	/*
	 * A state that a combine function took over from a parallel worker, or
	 * that somebody else's aggregate took from a table, comes as it was in
	 * its row: with a short header, or outside of it.
	 */
	state = PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	if (is_open(state))
		return (HistoryState *) state;
	/* An aggregate that somebody else made, with an initial value. */
	return add_history(new_state(INITIAL_STATE_SIZE, CLV_HISTORY_LOG_SCALE), PointerGetDatum(state));
}

/* The zone argument, looked up once per query and name. */
static ClvZone *
zone_argument(FunctionCallInfo fcinfo, int n)
{
	text	   *name = PG_GETARG_TEXT_PP(n);

	if (fcinfo->flinfo->fn_extra == NULL)
		fcinfo->flinfo->fn_extra = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(ClvZone));
	clv_find_zone(fcinfo->flinfo->fn_extra, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
	return fcinfo->flinfo->fn_extra;
}

/*
 * Aggregates
 */

PG_FUNCTION_INFO_V1(clv_order_history_trans);
PG_FUNCTION_INFO_V1(clv_order_history_float8_trans);
PG_FUNCTION_INFO_V1(clv_order_history_date_trans);
PG_FUNCTION_INFO_V1(clv_order_history_orders_trans);
PG_FUNCTION_INFO_V1(clv_order_history_timestamp_trans);
PG_FUNCTION_INFO_V1(clv_order_history_timestamptz_trans);
PG_FUNCTION_INFO_V1(clv_merge_history_trans);
PG_FUNCTION_INFO_V1(clv_history_combine);
PG_FUNCTION_INFO_V1(clv_history_final);

/* (state, date, numeric) */
Datum
clv_order_history_trans(PG_FUNCTION_ARGS)
{
	ClvAmount	amount;
	int			scale;

	if (clv_has_null_argument(fcinfo))
		return clv_unchanged_state(fcinfo);
	clv_amount_from_numeric(PG_GETARG_DATUM(2), &amount, &scale);
	PG_RETURN_POINTER(add_orders(state_argument(fcinfo), PG_GETARG_DAY(1, "The date of an order"), 1, amount, scale));
}

/* (state, date, float8) */
Datum
clv_order_history_float8_trans(PG_FUNCTION_ARGS)
{
	ClvAmount	amount;
	int			scale;

	if (clv_has_null_argument(fcinfo))
		return clv_unchanged_state(fcinfo);
	clv_amount_from_float8(PG_GETARG_FLOAT8(2), &amount, &scale);
	PG_RETURN_POINTER(add_orders(state_argument(fcinfo), PG_GETARG_DAY(1, "The date of an order"), 1, amount, scale));
}

/* (state, date) */
Datum
clv_order_history_date_trans(PG_FUNCTION_ARGS)
{
	if (clv_has_null_argument(fcinfo))
		return clv_unchanged_state(fcinfo);
	PG_RETURN_POINTER(add_orders(state_argument(fcinfo), PG_GETARG_DAY(1, "The date of an order"), 1, 0, 0));
}

/* (state, date, numeric, orders int) */
Datum
clv_order_history_orders_trans(PG_FUNCTION_ARGS)
{
	ClvAmount	amount;
	int			scale;
	int32		orders;

	if (clv_has_null_argument(fcinfo))
		return clv_unchanged_state(fcinfo);
	clv_amount_from_numeric(PG_GETARG_DATUM(2), &amount, &scale);
	orders = PG_GETARG_INT32(3);
	if (orders == PG_INT32_MIN)
		clv_raise(CLV_ORDERS_OVERFLOW, "The number of orders is %d.", orders);
	PG_RETURN_POINTER(add_orders(state_argument(fcinfo), PG_GETARG_DAY(1, "The date of an order"), orders, amount, scale));
}

/* (state, timestamp, numeric) */
Datum
clv_order_history_timestamp_trans(PG_FUNCTION_ARGS)
{
	ClvAmount	amount;
	int			scale;

	if (clv_has_null_argument(fcinfo))
		return clv_unchanged_state(fcinfo);
	clv_amount_from_numeric(PG_GETARG_DATUM(2), &amount, &scale);
	PG_RETURN_POINTER(add_orders(state_argument(fcinfo), clv_day_of_timestamp(PG_GETARG_TIMESTAMP(1)), 1, amount, scale));
}

/* (state, timestamptz, numeric, zone) */
Datum
clv_order_history_timestamptz_trans(PG_FUNCTION_ARGS)
{
	ClvAmount	amount;
	int			scale;

	if (clv_has_null_argument(fcinfo))
		return clv_unchanged_state(fcinfo);
	clv_amount_from_numeric(PG_GETARG_DATUM(2), &amount, &scale);
	PG_RETURN_POINTER(add_orders(state_argument(fcinfo),
								 clv_day_in_zone(PG_GETARG_TIMESTAMPTZ(1), zone_argument(fcinfo, 3)), 1, amount, scale));
}

/* (state, history) */
Datum
clv_merge_history_trans(PG_FUNCTION_ARGS)
{
	if (clv_has_null_argument(fcinfo))
		return clv_unchanged_state(fcinfo);
	PG_RETURN_POINTER(add_history(state_argument(fcinfo), PG_GETARG_DATUM(1)));
}

/* (state, state) */
Datum
clv_history_combine(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1))
		return clv_unchanged_state(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_DATUM(PG_GETARG_DATUM(1));
	PG_RETURN_POINTER(add_history(state_argument(fcinfo), PG_GETARG_DATUM(1)));
}

/* (state) */
Datum
clv_history_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(canonical(PG_GETARG_DATUM(0)));
}

/*
 * Histories from histories
 */

PG_FUNCTION_INFO_V1(clv_remove);
PG_FUNCTION_INFO_V1(clv_truncate);
PG_FUNCTION_INFO_V1(clv_slice);

Datum
clv_remove(PG_FUNCTION_ARGS)
{
	ClvHistoryBytes from = PG_GETARG_HISTORY(0);
	ClvHistoryBytes gone = PG_GETARG_HISTORY(1);
	ClvPurchase *entries = allocate_entries(clv_history_entry_bound(from.size) + clv_history_entry_bound(gone.size));
	size_t		kept = clv_history_entries(from.bytes, from.size, 1, entries);
	size_t		removed = clv_history_entries(gone.bytes, gone.size, -1, entries + kept);
	int			scale = Max(from.bytes[1], gone.bytes[1]);

	rescale(entries, kept, from.bytes[1], scale);
	rescale(entries + kept, removed, gone.bytes[1], scale);
	PG_RETURN_DATUM(history_datum(entries, kept + removed, scale));
}

/* The entries from one day (included) to another (excluded): often the history as it is. */
static Datum
between(Datum datum, int64 from, int64 to)
{
	struct varlena *whole = canonical(datum);
	ClvHistoryBytes history = bytes_of(whole);
	ClvPurchase *entries;
	ClvHistoryReader reader;
	size_t		count = 0;
	int32		first_day;
	int32		last_day;

	if (!clv_history_extent(history.bytes, history.size, &first_day, &last_day) || (first_day >= from && last_day < to))
		return PointerGetDatum(whole);
	entries = allocate_entries(clv_history_entry_bound(history.size));
	clv_history_open(&reader, history.bytes, history.size);
	while (clv_history_next(&reader, &entries[count]) && entries[count].day < to)
	{
		if (entries[count].day >= from)
			count++;
	}
	return history_datum(entries, count, reader.scale);
}

/* Infinite bounds need no care: they are the ends of int32, beyond every day. */
Datum
clv_truncate(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(between(PG_GETARG_DATUM(0), PG_INT64_MIN, (int64) PG_GETARG_DATEADT(1) + 1));
}

Datum
clv_slice(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(between(PG_GETARG_DATUM(0), PG_GETARG_DATEADT(1), PG_GETARG_DATEADT(2)));
}

/*
 * What is read off a history
 */

PG_FUNCTION_INFO_V1(clv_orders);
PG_FUNCTION_INFO_V1(clv_purchase_days);
PG_FUNCTION_INFO_V1(clv_revenue);
PG_FUNCTION_INFO_V1(clv_first_order);
PG_FUNCTION_INFO_V1(clv_last_order);
PG_FUNCTION_INFO_V1(clv_statistics);
PG_FUNCTION_INFO_V1(clv_purchases);

ClvHistorySummary
clv_history_summary(Datum datum)
{
	ClvHistoryBytes history = clv_history_bytes(datum);
	ClvHistorySummary summary;
	ClvStatus	status = clv_history_summarize(history.bytes, history.size, &summary);

	if (status != CLV_OK)
		clv_raise(status, "The amounts of one customer add up to more than a history can keep.");
	return summary;
}

/* Of the summary, what is read off without the amounts. */
static ClvHistorySummary
days(ClvHistoryBytes history)
{
	ClvHistorySummary summary;

	clv_history_summarize_days(history.bytes, history.size, &summary);
	return summary;
}

Datum
clv_orders(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(days(PG_GETARG_HISTORY(0)).orders);
}

Datum
clv_purchase_days(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(days(PG_GETARG_HISTORY(0)).purchase_days);
}

Datum
clv_revenue(PG_FUNCTION_ARGS)
{
	ClvHistorySummary summary = clv_history_summary(PG_GETARG_DATUM(0));

	PG_RETURN_DATUM(clv_amount_to_numeric(summary.revenue, summary.scale));
}

Datum
clv_first_order(PG_FUNCTION_ARGS)
{
	ClvHistoryBytes history = PG_GETARG_HISTORY(0);
	ClvHistoryReader reader;
	ClvPurchase purchase;

	clv_history_open(&reader, history.bytes, history.size);
	while (clv_history_next(&reader, &purchase))
	{
		if (purchase.orders > 0)
			PG_RETURN_DATEADT(purchase.day);
	}
	PG_RETURN_NULL();
}

Datum
clv_last_order(PG_FUNCTION_ARGS)
{
	ClvHistorySummary summary = days(PG_GETARG_HISTORY(0));

	if (summary.purchase_days == 0)
		PG_RETURN_NULL();
	PG_RETURN_DATEADT(summary.last_day);
}

/* The row type of the result, looked up once per query. */
static TupleDesc
result_descriptor(FunctionCallInfo fcinfo)
{
	TupleDesc	descriptor = fcinfo->flinfo->fn_extra;
	MemoryContext old_context;

	if (descriptor != NULL)
		return descriptor;
	old_context = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	descriptor = BlessTupleDesc(descriptor);
	MemoryContextSwitchTo(old_context);
	fcinfo->flinfo->fn_extra = descriptor;
	return descriptor;
}

Datum
clv_statistics(PG_FUNCTION_ARGS)
{
	ClvHistoryBytes history = PG_GETARG_HISTORY(0);
	ClvStatistics statistics;
	Datum		values[4];
	bool		nulls[4] = {false};
	int32		as_of = PG_GETARG_DAY(1, "as_of");
	ClvStatus	status = clv_history_statistics(history.bytes, history.size, as_of, &statistics);

	if (status != CLV_OK)
		clv_raise(status, "The statistics of the customer as of %s cannot be computed.",
				  DatumGetCString(DirectFunctionCall1(date_out, DateADTGetDatum(as_of))));
	if (!statistics.exists)
		PG_RETURN_NULL();
	values[0] = Int32GetDatum(statistics.frequency);
	values[1] = Float8GetDatum(statistics.t_x);
	values[2] = Float8GetDatum(statistics.age);
	values[3] = Float8GetDatum(statistics.spend);
	nulls[3] = statistics.frequency == 0;
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(result_descriptor(fcinfo), values, nulls)));
}

Datum
clv_purchases(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ClvHistoryBytes history = PG_GETARG_HISTORY(0);
	ClvHistoryReader reader;
	ClvPurchase purchase;

	InitMaterializedSRF(fcinfo, 0);
	clv_history_open(&reader, history.bytes, history.size);
	while (clv_history_next(&reader, &purchase))
	{
		Datum		values[3];
		bool		nulls[3] = {false};

		CHECK_FOR_INTERRUPTS();
		values[0] = DateADTGetDatum(purchase.day);
		values[1] = Int32GetDatum(purchase.orders);
		values[2] = clv_amount_to_numeric(purchase.amount, reader.scale);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		pfree(DatumGetPointer(values[2]));
	}
	return (Datum) 0;
}

/*
 * Comparison
 */

PG_FUNCTION_INFO_V1(clv_history_eq);
PG_FUNCTION_INFO_V1(clv_history_ne);
PG_FUNCTION_INFO_V1(clv_history_hash);

/* Equal histories are equal byte by byte. */
static bool
histories_equal(ClvHistoryBytes left, ClvHistoryBytes right)
{
	return left.size == right.size && memcmp(left.bytes, right.bytes, left.size) == 0;
}

Datum
clv_history_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(histories_equal(PG_GETARG_HISTORY(0), PG_GETARG_HISTORY(1)));
}

Datum
clv_history_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!histories_equal(PG_GETARG_HISTORY(0), PG_GETARG_HISTORY(1)));
}

Datum
clv_history_hash(PG_FUNCTION_ARGS)
{
	ClvHistoryBytes history = PG_GETARG_HISTORY(0);

	PG_RETURN_UINT32(hash_bytes(history.bytes, (int) history.size));
}

/*
 * Input and output
 */

PG_FUNCTION_INFO_V1(clv_history_in);
PG_FUNCTION_INFO_V1(clv_history_out);
PG_FUNCTION_INFO_V1(clv_history_recv);
PG_FUNCTION_INFO_V1(clv_history_send);

/* Entries of a text, brought to a common scale as they are read. */
typedef struct EntryList
{
	ClvPurchase *entries;
	size_t		count;
	size_t		room;
	int			scale;
} EntryList;

static const char *
skip_spaces(const char *at)
{
	while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')
		at++;
	return at;
}

static ClvStatus
list_entry(EntryList *list, ClvPurchase entry, int scale)
{
	ClvStatus	status = CLV_OK;

	if (list->count == list->room)
	{
		list->room *= 2;
		list->entries = repalloc_huge(list->entries, list->room * sizeof(ClvPurchase));
	}
	if (scale < list->scale)
		status = clv_amount_rescale(&entry.amount, scale, list->scale);
	else if (scale > list->scale)
	{
		status = clv_history_rescale(list->entries, list->count, list->scale, scale);
		list->scale = scale;
	}
	list->entries[list->count++] = entry;
	return status;
}

/* Read all entries; *at is left where reading stopped. */
static ClvStatus
read_entries(const char **at, const char *end, EntryList *list)
{
	*at = skip_spaces(*at);
	if (**at != '{')
		return CLV_HISTORY_SYNTAX;
	*at = skip_spaces(*at + 1);
	for (bool more = **at != '}'; more;)
	{
		ClvPurchase entry;
		int			scale;
		size_t		used;
		ClvStatus	status = clv_history_read_entry(*at, end - *at, &used, &entry, &scale);

		CHECK_FOR_INTERRUPTS();
		if (status == CLV_OK)
			status = list_entry(list, entry, scale);
		if (status != CLV_OK)
			return status;
		*at = skip_spaces(*at + used);
		more = **at == ',';
		if (more)
			*at = skip_spaces(*at + 1);
		else if (**at != '}')
			return CLV_HISTORY_SYNTAX;
	}
	*at = skip_spaces(*at + 1);
	return **at == '\0' ? CLV_OK : CLV_HISTORY_SYNTAX;
}

/* So much of a text as a message shows: whole characters. */
static int
shown_length(const char *text_shown)
{
	return pg_mbcliplen(text_shown, strlen(text_shown), 60);
}

Datum
clv_history_in(PG_FUNCTION_ARGS)
{
	char	   *input = PG_GETARG_CSTRING(0);
	const char *at = input;
	EntryList	list = {.room = STACK_ENTRIES};
	ClvStatus	status;

	list.entries = allocate_entries(list.room);
	status = read_entries(&at, input + strlen(input), &list);
	if (status != CLV_OK)
	{
		if (*at == '\0')
			clv_save(fcinfo->context, status, "The text \"%.*s\" ends too early.", shown_length(input), input);
		else
			clv_save(fcinfo->context, status, "Reading stops at \"%.*s\".", shown_length(at), at);
		PG_RETURN_NULL();
	}
	status = try_normalize(list.entries, &list.count, &list.scale);
	if (status != CLV_OK)
	{
		clv_save(fcinfo->context, status, DAY_OVERFLOW_DETAIL);
		PG_RETURN_NULL();
	}
	PG_RETURN_DATUM(write_history(list.entries, list.count, list.scale));
}

Datum
clv_history_out(PG_FUNCTION_ARGS)
{
	ClvHistoryBytes history = PG_GETARG_HISTORY(0);
	ClvHistoryReader reader;
	ClvPurchase purchase;
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoChar(&out, '{');
	clv_history_open(&reader, history.bytes, history.size);
	while (clv_history_next(&reader, &purchase))
	{
		if (out.len > 1)
			appendStringInfoString(&out, ", ");
		enlargeStringInfo(&out, CLV_HISTORY_ENTRY_TEXT_SIZE);
		out.len += clv_history_write_entry(&purchase, reader.scale, out.data + out.len);
	}
	appendStringInfoChar(&out, '}');
	PG_RETURN_CSTRING(out.data);
}

Datum
clv_history_recv(PG_FUNCTION_ARGS)
{
	StringInfo	message = (StringInfo) PG_GETARG_POINTER(0);
	int			size = message->len - message->cursor;
	const char *bytes = pq_getmsgbytes(message, size);
	struct varlena *history;

	if (clv_history_validate((const uint8 *) bytes, size) != CLV_OK)
		clv_raise(CLV_HISTORY_BINARY, "Its %d bytes are not the canonical form of a history.", size);
	history = palloc(VARHDRSZ + size);
	SET_VARSIZE(history, VARHDRSZ + size);
	memcpy(VARDATA(history), bytes, size);
	PG_RETURN_POINTER(history);
}

Datum
clv_history_send(PG_FUNCTION_ARGS)
{
	ClvHistoryBytes history = PG_GETARG_HISTORY(0);
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendbytes(&message, (const char *) history.bytes, (int) history.size);
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}
