/*-------------------------------------------------------------------------
 *
 * histories.c
 *	  clv.histories: the histories of all customers of an order table, at the
 *	  speed of the scan.
 *
 * With a million customers PostgreSQL's GROUP BY costs many times the scan,
 * whatever the aggregate does.  Here the rows of the query go straight into a
 * receiver, which hands them to a spool of orders (order_spool.c); when all
 * are in, that gives out one history after the other.  A query that only
 * reads columns of a table is spared the executor, too.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/tableam.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "pg/amount.h"
#include "pg/compat.h"
#include "pg/day.h"
#include "pg/order_spool.h"

/* The columns of the query, in this order. */
enum
{
	COLUMN_CUSTOMER,
	COLUMN_ORDERED_AT,
	COLUMN_AMOUNT,				/* optional */
	COLUMN_ORDERS,				/* optional */
	MAX_COLUMNS
};

typedef struct Collector
{
	DestReceiver receiver;		/* first, so that one can be cast to the other */
	MemoryContext context;
	ClvOrderSpool *spool;
	Oid			key_type;
	int			columns;
	bool		refunds_count;	/* is an order of negative amount a purchase? */
	Oid			moment_type;
	Oid			amount_type;
	const char *zone_name;
	ClvZone		zone;
} Collector;

/*
 * Receiving the rows of the query
 */

static int32
row_day(Collector *collector, Datum moment)
{
	switch (collector->moment_type)
	{
		case DATEOID:
			return clv_finite_day(DatumGetDateADT(moment), "The date of an order");
		case TIMESTAMPOID:
			return clv_day_of_timestamp(DatumGetTimestamp(moment));
		default:
			return clv_day_in_zone(DatumGetTimestampTz(moment), &collector->zone);
	}
}

static void
row_amount(Collector *collector, Datum amount, ClvAmount *mantissa, int *scale)
{
	*scale = 0;
	switch (collector->amount_type)
	{
		case NUMERICOID:
			clv_amount_from_numeric(amount, mantissa, scale);
			break;
		case FLOAT8OID:
			clv_amount_from_float8(DatumGetFloat8(amount), mantissa, scale);
			break;
		case INT2OID:
			*mantissa = DatumGetInt16(amount);
			break;
		case INT4OID:
			*mantissa = DatumGetInt32(amount);
			break;
		default:
			*mantissa = DatumGetInt64(amount);
	}
}

static void
row_purchase(Collector *collector, const Datum *values, ClvOrderRow *row)
{
	ClvAmount	amount = 0;
	int32		orders = 1;

	row->day = row_day(collector, values[COLUMN_ORDERED_AT]);
	row->scale = 0;
	if (collector->columns > COLUMN_AMOUNT)
		row_amount(collector, values[COLUMN_AMOUNT], &amount, &row->scale);
	if (collector->columns > COLUMN_ORDERS)
		orders = DatumGetInt32(values[COLUMN_ORDERS]);
	else if (amount < 0 && !collector->refunds_count)
		orders = 0;
	row->wide = orders != 1 || !clv_amount_pack(amount, row->scale, &row->packed);
	if (row->wide)
		row->purchase = (ClvPurchase)
	{
		.day = row->day, .orders = orders, .amount = amount
	};
}

/* A row, whose values are at the given places; rows with a NULL are left out. */
static inline void
take_row(Collector *collector, const Datum *values, const bool *nulls, const int *places)
{
	Datum		row_values[MAX_COLUMNS];

	for (int i = 0; i < collector->columns; i++)
	{
		if (nulls[places[i]])
			return;
		row_values[i] = values[places[i]];
	}
	row_purchase(collector, row_values, clv_order_spool_row(collector->spool));
	clv_order_spool_add(collector->spool, row_values[COLUMN_CUSTOMER]);
}

static bool
receive_row(TupleTableSlot *slot, DestReceiver *receiver)
{
	static const int places[MAX_COLUMNS] = {COLUMN_CUSTOMER, COLUMN_ORDERED_AT, COLUMN_AMOUNT, COLUMN_ORDERS};
	Collector  *collector = (Collector *) receiver;
	MemoryContext old_context = MemoryContextSwitchTo(collector->context);

	slot_getsomeattrs(slot, collector->columns);
	take_row(collector, slot->tts_values, slot->tts_isnull, places);
	MemoryContextSwitchTo(old_context);
	return true;
}

static void
column_error(Form_pg_attribute column, const char *role, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("column \"%s\" of type %s cannot be %s", NameStr(column->attname),
					format_type_be(column->atttypid), role),
			 errhint("%s", hint)));
}

static void
describe_columns(Collector *collector, TupleDesc columns)
{
	Form_pg_attribute customer = TupleDescAttr(columns, COLUMN_CUSTOMER);
	Form_pg_attribute moment;

	if (columns->natts < COLUMN_AMOUNT || columns->natts > MAX_COLUMNS)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("query returns %d columns", columns->natts),
				 errhint("It must return customer, time of order and, if wanted, amount and number of orders.")));
	collector->columns = columns->natts;

	if (customer->atttypid != collector->key_type)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("customers are of type %s, not %s", format_type_be(customer->atttypid),
						format_type_be(collector->key_type)),
				 errhint("Give the key argument as NULL::%s.", format_type_be(customer->atttypid))));
	collector->spool = clv_order_spool_new(collector->context, customer->atttypid, customer->attcollation);

	moment = TupleDescAttr(columns, COLUMN_ORDERED_AT);
	collector->moment_type = getBaseType(moment->atttypid);
	if (collector->moment_type != DATEOID && collector->moment_type != TIMESTAMPOID &&
		collector->moment_type != TIMESTAMPTZOID)
		column_error(moment, "the time of an order", "Use a date, a timestamp or a timestamp with time zone.");
	if (collector->moment_type == TIMESTAMPTZOID)
	{
		if (collector->zone_name == NULL)
			column_error(moment, "the time of an order without a zone",
						 "Say whose clocks decide the day of an order, such as zone => 'Europe/Paris'.");
		clv_find_zone(&collector->zone, collector->zone_name, strlen(collector->zone_name));
	}
	if (collector->columns > COLUMN_AMOUNT)
	{
		Form_pg_attribute amount = TupleDescAttr(columns, COLUMN_AMOUNT);

		collector->amount_type = getBaseType(amount->atttypid);
		if (collector->amount_type != NUMERICOID && collector->amount_type != FLOAT8OID &&
			collector->amount_type != INT2OID && collector->amount_type != INT4OID && collector->amount_type != INT8OID)
			column_error(amount, "the amount of an order", "Use numeric, double precision or an integer, or cast it to one.");
	}
	if (collector->columns > COLUMN_ORDERS && TupleDescAttr(columns, COLUMN_ORDERS)->atttypid != INT4OID)
		column_error(TupleDescAttr(columns, COLUMN_ORDERS), "the number of orders", "Use an integer.");
}

static void
start_receiving(DestReceiver *receiver, int operation, TupleDesc columns)
{
}

static void
stop_receiving(DestReceiver *receiver)
{
}

/*
 * SQL functions
 */

PG_FUNCTION_INFO_V1(clv_histories_relation);
PG_FUNCTION_INFO_V1(clv_histories_query);

/* A ClvHistoryReceiver: one row of the result. */
static void
return_history(void *target, Datum customer, Datum history)
{
	ReturnSetInfo *result = target;
	Datum		values[2] = {customer, history};
	bool		nulls[2] = {false};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * Where the columns of a query are in its table, if its plan does nothing but
 * read them all; else false.
 */
static bool
find_places(const Collector *collector, const PlannedStmt *statement, int *places)
{
	const Plan *plan = statement->planTree;
	const ListCell *cell;
	int			column = 0;

	if (!IsA(plan, SeqScan) || plan->qual != NIL || plan->initPlan != NIL || plan->parallel_aware)
		return false;
	foreach(cell, plan->targetlist)
	{
		Var		   *var = (Var *) lfirst_node(TargetEntry, cell)->expr;

		if (!IsA(var, Var) || var->varattno <= 0 || column == collector->columns)
			return false;
		places[column++] = var->varattno - 1;
	}
	return column == collector->columns;
}

static void
read_scan(Collector *collector, ScanState *state, const int *places)
{
	TupleTableSlot *slot = state->ss_ScanTupleSlot;
	TableScanDesc scan = table_beginscan(state->ss_currentRelation, state->ps.state->es_snapshot, 0, NULL);
	int			last = 0;

	for (int i = 0; i < collector->columns; i++)
		last = Max(last, places[i] + 1);
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		slot_getsomeattrs(slot, last);
		take_row(collector, slot->tts_values, slot->tts_isnull, places);
	}
	ExecClearTuple(slot);
	table_endscan(scan);
}

/*
 * Take the rows of a query.  Where its plan, in which views and row-level
 * security are resolved, reads columns of a table and does no more, the
 * executor opens the table and checks the privileges, but the rows are read
 * here, which spares much of the time of the scan.
 */
static void
run_query(Collector *collector, SPIPlanPtr plan, const char *query)
{
	CachedPlan *cached = SPI_plan_get_cached_plan(plan);
	SPIExecuteOptions options = {.read_only = true, .must_return_tuples = true, .dest = &collector->receiver};
	int			places[MAX_COLUMNS];

	if (cached == NULL)
		elog(ERROR, "could not plan query");
	if (find_places(collector, linitial_node(PlannedStmt, cached->stmt_list), places))
	{
		QueryDesc  *description = CreateQueryDesc(linitial_node(PlannedStmt, cached->stmt_list), query, GetActiveSnapshot(),
												  InvalidSnapshot, None_Receiver, NULL, NULL, 0);

		ExecutorStart(description, 0);
		read_scan(collector, (ScanState *) description->planstate, places);
		ExecutorFinish(description);
		ExecutorEnd(description);
		FreeQueryDesc(description);
	}
	else
		SPI_execute_plan_extended(plan, &options);
	ReleaseCachedPlan(cached, NULL);
}

/* Run a query of one statement and return the histories in its rows. */
static void
return_histories(FunctionCallInfo fcinfo, const char *query, Oid key_type, const char *zone_name, bool refunds_count)
{
	Collector  *collector = palloc0(sizeof(Collector));
	MemoryContext old_context;
	SPIPlanPtr	plan;

	InitMaterializedSRF(fcinfo, 0);
	collector->context = AllocSetContextCreate(CurrentMemoryContext, "clv histories", ALLOCSET_DEFAULT_SIZES);
	old_context = MemoryContextSwitchTo(collector->context);
	collector->receiver.receiveSlot = receive_row;
	collector->receiver.rStartup = start_receiving;
	collector->receiver.rShutdown = stop_receiving;
	collector->receiver.rDestroy = stop_receiving;
	collector->receiver.mydest = DestNone;
	collector->key_type = key_type;
	collector->zone_name = zone_name;
	collector->refunds_count = refunds_count;

	SPI_connect();
	plan = SPI_prepare_cursor(query, 0, NULL, CURSOR_OPT_PARALLEL_OK);
	if (plan == NULL)
		elog(ERROR, "could not prepare query: %s", SPI_result_code_string(SPI_result));
	if (!SPI_is_cursor_plan(plan))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("query is not a single SELECT"),
				 errdetail("The query is \"%.200s\".", query)));
	describe_columns(collector, ((CachedPlanSource *) linitial(SPI_plan_get_plan_sources(plan)))->resultDesc);
	MemoryContextSwitchTo(collector->context);
	run_query(collector, plan, query);
	MemoryContextSwitchTo(collector->context);
	clv_order_spool_histories(collector->spool, return_history, fcinfo->resultinfo);
	SPI_finish();

	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(collector->context);
	pfree(collector);
}

/* The type that the polymorphic argument stands for. */
static Oid
key_type_argument(FunctionCallInfo fcinfo, int n)
{
	Oid			type = get_fn_expr_argtype(fcinfo->flinfo, n);

	if (!OidIsValid(type))
		elog(ERROR, "could not determine the type of the key");
	return type;
}

static char *
optional_text(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(n));
}

/* The quoted name of a column that has to exist. */
static const char *
column_argument(FunctionCallInfo fcinfo, int n, Oid relation, const char *argument, Oid *type)
{
	const char *column;
	AttrNumber	number;

	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", argument)));
	column = NameStr(*PG_GETARG_NAME(n));
	number = get_attnum(relation, column);
	if (number == InvalidAttrNumber)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of relation \"%s\" does not exist", column, get_rel_name(relation)),
				 errdetail("It was given as %s.", argument)));
	*type = get_atttype(relation, number);
	return quote_identifier(column);
}

/* (source regclass, customer name, ordered_at name, amount name, key anyelement, zone text) */
Datum
clv_histories_relation(PG_FUNCTION_ARGS)
{
	StringInfoData query;
	Oid			relation;
	Oid			key_type = key_type_argument(fcinfo, 4);
	Oid			type;
	const char *column;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("source must not be null")));
	relation = PG_GETARG_OID(0);
	if (get_rel_name(relation) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relation)));

	initStringInfo(&query);
	column = column_argument(fcinfo, 1, relation, "customer", &type);
	appendStringInfo(&query, "SELECT %s", column);
	if (type != key_type)
		appendStringInfo(&query, "::%s", format_type_be_qualified(key_type));
	appendStringInfo(&query, ", %s", column_argument(fcinfo, 2, relation, "ordered_at", &type));
	if (!PG_ARGISNULL(3))
	{
		appendStringInfo(&query, ", %s", column_argument(fcinfo, 3, relation, "amount", &type));
		/* A float4 means its own shortest decimal, which its text shows. */
		if (getBaseType(type) == FLOAT4OID)
			appendStringInfoString(&query, "::pg_catalog.text::pg_catalog.numeric");
		else if (getBaseType(type) == CASHOID)
			appendStringInfoString(&query, "::pg_catalog.numeric");
	}
	appendStringInfo(&query, " FROM %s",
					 quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)), get_rel_name(relation)));
	return_histories(fcinfo, query.data, key_type, optional_text(fcinfo, 5), true);
	return (Datum) 0;
}

/* (query text, key anyelement, zone text [, refunds_count boolean]) */
Datum
clv_histories_query(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("query must not be null")));
	return_histories(fcinfo, text_to_cstring(PG_GETARG_TEXT_PP(0)), key_type_argument(fcinfo, 1), optional_text(fcinfo, 2),
					 PG_NARGS() < 4 || PG_ARGISNULL(3) || PG_GETARG_BOOL(3));
	return (Datum) 0;
}
