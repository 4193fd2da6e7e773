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

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "pg/compat.h"
#include "pg/order_columns.h"
#include "pg/order_scan.h"
#include "pg/order_spool.h"

typedef struct Collector
{
	DestReceiver receiver;		/* first, so that one can be cast to the other */
	MemoryContext context;
	ClvOrderColumns columns;
	ClvOrderSpool *spool;
} Collector;

/*
 * Receiving the rows of the query
 */

static bool
receive_row(TupleTableSlot *slot, DestReceiver *receiver)
{
	static const int places[CLV_MAX_COLUMNS] = {0, 1, 2, 3};
	Collector  *collector = (Collector *) receiver;
	MemoryContext old_context = MemoryContextSwitchTo(collector->context);
	Datum		values[CLV_MAX_COLUMNS];

	slot_getsomeattrs(slot, collector->columns.count);
	if (clv_order_columns_pick(&collector->columns, slot->tts_values, slot->tts_isnull, places, values))
	{
		clv_order_columns_read(&collector->columns, values, clv_order_spool_row(collector->spool));
		clv_order_spool_add(collector->spool, values[CLV_COLUMN_CUSTOMER]);
	}
	MemoryContextSwitchTo(old_context);
	return true;
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
find_places(const ClvOrderColumns *columns, const PlannedStmt *statement, int *places)
{
	const Plan *plan = statement->planTree;
	const ListCell *cell;
	int			column = 0;

	if (!IsA(plan, SeqScan) || plan->qual != NIL || plan->initPlan != NIL || plan->parallel_aware)
		return false;
	foreach(cell, plan->targetlist)
	{
		Var		   *var = (Var *) lfirst_node(TargetEntry, cell)->expr;

		if (!IsA(var, Var) || var->varattno <= 0 || column == columns->count)
			return false;
		places[column++] = var->varattno - 1;
	}
	return column == columns->count;
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
	PlannedStmt *statement;
	int			places[CLV_MAX_COLUMNS];

	if (cached == NULL)
		elog(ERROR, "could not plan query");
	statement = linitial_node(PlannedStmt, cached->stmt_list);
	if (find_places(&collector->columns, statement, places))
	{
		QueryDesc  *description = CreateQueryDesc(statement, query, GetActiveSnapshot(), InvalidSnapshot,
												  None_Receiver, NULL, NULL, 0);

		ExecutorStart(description, 0);
		clv_order_scan(((ScanState *) description->planstate)->ss_currentRelation, description->estate->es_snapshot,
					   &collector->columns, places, statement->planTree->total_cost, collector->spool);
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
	collector->columns.refunds_count = refunds_count;

	SPI_connect();
	plan = SPI_prepare_cursor(query, 0, NULL, CURSOR_OPT_PARALLEL_OK);
	if (plan == NULL)
		elog(ERROR, "could not prepare query: %s", SPI_result_code_string(SPI_result));
	if (!SPI_is_cursor_plan(plan))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("query is not a single SELECT"),
				 errdetail("The query is \"%.200s\".", query)));
	clv_order_columns_describe(&collector->columns,
							   ((CachedPlanSource *) linitial(SPI_plan_get_plan_sources(plan)))->resultDesc,
							   key_type, zone_name);
	MemoryContextSwitchTo(collector->context);
	collector->spool = clv_order_spool_new(collector->context, collector->columns.key_type,
										   collector->columns.key_collation);
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
