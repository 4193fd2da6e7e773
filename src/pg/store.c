/*-------------------------------------------------------------------------
 *
 * store.c
 *	  clv.portfolio_fill: the rows of a query into an empty store, page by page.
 *
 * INSERT writes row by row, which for a million histories takes several times
 * as long as writing their pages.  What INSERT would do beside writing rows
 * (indexes, triggers, checks, row-level security) is not done here: a table
 * that needs it is refused and left to INSERT.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/catalog.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"

#include "pg/compat.h"

PG_FUNCTION_INFO_V1(clv_portfolio_fill);

/* So many rows are written at once, or fewer where they are long. */
#define MOST_ROWS 1000
#define MOST_BYTES 65536

typedef struct Filler
{
	DestReceiver receiver;		/* first, so that one can be cast to the other */
	Relation	store;
	BulkInsertState bulk;
	CommandId	command;
	MemoryContext context;		/* of the slots */
	MemoryContext writing;		/* of what writing needs */
	TupleTableSlot *slots[MOST_ROWS];
	int			rows;
	Size		bytes;
	int64		total;
} Filler;

static void
write_rows(Filler *filler)
{
	MemoryContext old_context = MemoryContextSwitchTo(filler->writing);

	table_multi_insert(filler->store, filler->slots, filler->rows, filler->command, 0, filler->bulk);
	MemoryContextSwitchTo(old_context);
	MemoryContextReset(filler->writing);
	for (int i = 0; i < filler->rows; i++)
		ExecClearTuple(filler->slots[i]);
	filler->total += filler->rows;
	filler->rows = 0;
	filler->bytes = 0;
}

static void
start_filling(DestReceiver *self, int operation, TupleDesc columns)
{
	Filler	   *filler = (Filler *) self;
	TupleDesc	wanted = RelationGetDescr(filler->store);
	bool		fits = columns->natts == wanted->natts;

	for (int i = 0; fits && i < wanted->natts; i++)
		fits = TupleDescAttr(columns, i)->atttypid == TupleDescAttr(wanted, i)->atttypid;
	if (!fits)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("query does not answer the columns of \"%s\"", RelationGetRelationName(filler->store))));
	filler->command = GetCurrentCommandId(true);
}

static bool
receive_row(TupleTableSlot *slot, DestReceiver *self)
{
	Filler	   *filler = (Filler *) self;
	TupleDesc	columns = RelationGetDescr(filler->store);
	TupleTableSlot **place = &filler->slots[filler->rows];

	slot_getallattrs(slot);
	for (int i = 0; i < columns->natts; i++)
	{
		if (TupleDescAttr(columns, i)->attnotnull && slot->tts_isnull[i])
			ereport(ERROR,
					(errcode(ERRCODE_NOT_NULL_VIOLATION),
					 errmsg("null value in column \"%s\" of relation \"%s\"", NameStr(TupleDescAttr(columns, i)->attname),
							RelationGetRelationName(filler->store))));
	}
	if (*place == NULL)
	{
		MemoryContext old_context = MemoryContextSwitchTo(filler->context);

		*place = table_slot_create(filler->store, NULL);
		MemoryContextSwitchTo(old_context);
	}
	ExecCopySlot(*place, slot);
	filler->bytes += ExecFetchSlotHeapTuple(*place, false, NULL)->t_len;
	filler->rows++;
	if (filler->rows == MOST_ROWS || filler->bytes > MOST_BYTES)
		write_rows(filler);
	return true;
}

static void
stop_filling(DestReceiver *self)
{
}

/* Is there nothing to do for a new row but to write it? */
static bool
is_plain(Relation store)
{
	TupleDesc	columns = RelationGetDescr(store);

	if (store->rd_rel->relkind != RELKIND_RELATION || store->rd_tableam != GetHeapamTableAmRoutine() ||
		store->rd_rel->relispartition || IsSystemRelation(store) || RELATION_IS_OTHER_TEMP(store) || RelationGetIndexList(store) != NIL ||
		store->rd_rel->relhasrules || store->trigdesc != NULL ||
		(columns->constr != NULL && columns->constr->num_check > 0) ||
		check_enable_rls(RelationGetRelid(store), InvalidOid, true) == RLS_ENABLED)
		return false;
	for (int i = 0; i < columns->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(columns, i);

		if (column->attisdropped || column->attgenerated != '\0' || column->atttypmod != -1 ||
			get_typtype(column->atttypid) == TYPTYPE_DOMAIN)
			return false;
	}
	return true;
}

/* (store, query): the number of rows; NULL and nothing done where only INSERT will do */
Datum
clv_portfolio_fill(PG_FUNCTION_ARGS)
{
	Oid			relation = PG_GETARG_OID(0);
	char	   *query = text_to_cstring(PG_GETARG_TEXT_PP(1));
	SPIExecuteOptions options = {.read_only = false, .must_return_tuples = true};
	Filler	   *filler = palloc0(sizeof(Filler));
	AclResult	allowed;
	int			result;

	PreventCommandIfReadOnly("clv.portfolio_fill()");
	if (get_rel_relkind(relation) != RELKIND_RELATION)
		PG_RETURN_NULL();
	filler->store = table_open(relation, RowExclusiveLock);
	allowed = pg_class_aclcheck(relation, GetUserId(), ACL_INSERT);
	if (allowed != ACLCHECK_OK)
		aclcheck_error(allowed, OBJECT_TABLE, RelationGetRelationName(filler->store));
	if (!is_plain(filler->store))
	{
		table_close(filler->store, NoLock);
		PG_RETURN_NULL();
	}

	filler->receiver.receiveSlot = receive_row;
	filler->receiver.rStartup = start_filling;
	filler->receiver.rShutdown = stop_filling;
	filler->receiver.rDestroy = stop_filling;
	filler->receiver.mydest = DestIntoRel;
	filler->bulk = GetBulkInsertState();
	filler->context = CurrentMemoryContext;
	filler->writing = AllocSetContextCreate(CurrentMemoryContext, "clv fill", ALLOCSET_DEFAULT_SIZES);
	options.dest = &filler->receiver;
	/* While parallel workers read, none can be assigned. */
	(void) GetCurrentTransactionId();

	SPI_connect();
	result = SPI_execute_extended(query, &options);
	if (result != SPI_OK_SELECT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("query is not a single SELECT"),
				 errdetail("The query is \"%.200s\".", query)));
	SPI_finish();

	write_rows(filler);
	for (int i = 0; i < MOST_ROWS && filler->slots[i] != NULL; i++)
		ExecDropSingleTupleTableSlot(filler->slots[i]);
	table_finish_bulk_insert(filler->store, 0);
	FreeBulkInsertState(filler->bulk);
	MemoryContextDelete(filler->writing);
	table_close(filler->store, NoLock);
	CommandCounterIncrement();
	PG_RETURN_INT64(filler->total);
}
