/*-------------------------------------------------------------------------
 *
 * order_scan.c
 *	  Orders read from the columns of a table without the executor.
 *
 * Finding the customer of an order is for one process, which keeps them all;
 * taking rows apart and decoding their values is not, and takes longer.
 * Parallel workers do that for the pages they are given and hand over orders
 * as bytes, many at a time, so that the leader never meets their rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/paths.h"
#include "storage/bufmgr.h"
#include "storage/proc.h"
#include "storage/shm_mq.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/wait_event.h"

#include "pg/compat.h"
#include "pg/order_scan.h"

/* More workers would wait for the leader, who takes a third to a half of the time of reading to collect what they read. */
#define MAX_WORKERS 3

/* Rows the leader reads between two looks at what the workers have sent: less than a queue holds. */
#define ROWS_PER_TURN 512

#define MESSAGE_SIZE (32 * 1024)
#define QUEUE_SIZE (32 * MESSAGE_SIZE)

/* What is in the shared memory of leader and workers. */
enum
{
	TASK_KEY = 1,
	SCAN_KEY,
	QUEUES_KEY
};

typedef struct Task
{
	Oid			relation;
	int			places[CLV_MAX_COLUMNS];
	ClvOrderColumns columns;
} Task;

/* The rows of a table, as one process reads them. */
typedef struct RowReader
{
	TableScanDesc scan;
	TupleTableSlot *slot;
	const ClvOrderColumns *columns;
	const int  *places;
	int			attributes;		/* so many of a row, from the first, are needed */
} RowReader;

static void
start_reading(RowReader *reader, Relation relation, TableScanDesc scan, const ClvOrderColumns *columns, const int *places)
{
	*reader = (RowReader)
	{
		.scan = scan, .slot = table_slot_create(relation, NULL), .columns = columns, .places = places
	};
	for (int i = 0; i < columns->count; i++)
		reader->attributes = Max(reader->attributes, places[i] + 1);
}

static void
stop_reading(RowReader *reader)
{
	ExecDropSingleTupleTableSlot(reader->slot);
	table_endscan(reader->scan);
}

/* The values of the next row that has no NULL; they stay until the next call. */
static inline bool
next_values(RowReader *reader, Datum *values)
{
	while (table_scan_getnextslot(reader->scan, ForwardScanDirection, reader->slot))
	{
		slot_getsomeattrs(reader->slot, reader->attributes);
		if (clv_order_columns_pick(reader->columns, reader->slot->tts_values, reader->slot->tts_isnull,
								   reader->places, values))
			return true;
	}
	return false;
}

/* Read some rows; false if there are no more. */
static bool
read_rows(RowReader *reader, ClvOrderColumns *columns, ClvOrderSpool *spool, size_t rows)
{
	Datum		values[CLV_MAX_COLUMNS];

	for (size_t i = 0; i < rows; i++)
	{
		if (!next_values(reader, values))
			return false;
		clv_order_columns_read(columns, values, clv_order_spool_row(spool));
		clv_order_spool_add(spool, values[CLV_COLUMN_CUSTOMER]);
	}
	return true;
}

/*
 * The worker
 */

/* Send what the pages given to this process hold, until nobody listens any more. */
static void
send_orders(RowReader *reader, ClvOrderColumns *columns, const ClvCustomerKey *key, shm_mq_handle *queue)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "clv order message", ALLOCSET_DEFAULT_SIZES);
	StringInfoData message;
	ClvOrderRow row;
	Datum		values[CLV_MAX_COLUMNS];
	shm_mq_result result = SHM_MQ_SUCCESS;

	initStringInfo(&message);
	while (result == SHM_MQ_SUCCESS && next_values(reader, values))
	{
		MemoryContext former = MemoryContextSwitchTo(context);

		clv_order_columns_read(columns, values, &row);
		row.key = values[CLV_COLUMN_CUSTOMER];
		if (!key->by_value)
			row.key = clv_key_copy(key, row.key);
		row.tag = clv_key_tag(key, row.key);
		MemoryContextSwitchTo(former);

		clv_order_row_write(&message, key, &row);
		if (message.len >= MESSAGE_SIZE)
		{
			result = shm_mq_send(queue, message.len, message.data, false, false);
			resetStringInfo(&message);
			MemoryContextReset(context);
		}
	}
	if (result == SHM_MQ_SUCCESS && message.len > 0)
		(void) shm_mq_send(queue, message.len, message.data, false, false);
	/* Shows the leader what has been sent without being flushed, which the end of the process would not. */
	shm_mq_detach(queue);
	MemoryContextDelete(context);
}

extern PGDLLEXPORT void clv_order_scan_worker(dsm_segment *segment, shm_toc *toc);

void
clv_order_scan_worker(dsm_segment *segment, shm_toc *toc)
{
	const Task *task = shm_toc_lookup(toc, TASK_KEY, false);
	char	   *queues = shm_toc_lookup(toc, QUEUES_KEY, false);
	shm_mq	   *queue = (shm_mq *) (queues + ParallelWorkerNumber * QUEUE_SIZE);
	ClvOrderColumns columns = task->columns;
	ClvCustomerKey key;
	RowReader	reader;
	Relation	relation;

	shm_mq_set_sender(queue, MyProc);
	/* The zone itself is another process's. */
	memset(&columns.zone, 0, sizeof(columns.zone));
	if (columns.moment_type == TIMESTAMPTZOID)
		clv_find_zone(&columns.zone, task->columns.zone.name, strlen(task->columns.zone.name));
	clv_customer_key_init(&key, columns.key_type, columns.key_collation);

	relation = table_open(task->relation, AccessShareLock);
	start_reading(&reader, relation, table_beginscan_parallel(relation, shm_toc_lookup(toc, SCAN_KEY, false)),
				  &columns, task->places);
	send_orders(&reader, &columns, &key, shm_mq_attach(queue, segment, NULL));
	stop_reading(&reader);
	table_close(relation, AccessShareLock);
}

/*
 * The leader
 */

typedef struct Team
{
	ParallelContext *context;
	int			workers;
	shm_mq_handle *queues[MAX_WORKERS]; /* NULL once their worker has sent all */
} Team;

static void
prepare_team(Team *team, Relation relation, Snapshot snapshot, const ClvOrderColumns *columns, const int *places,
			 int workers)
{
	ParallelContext *context = CreateParallelContext("clv", "clv_order_scan_worker", workers);
	Size		scan_size = table_parallelscan_estimate(relation, snapshot);
	ParallelTableScanDesc scan;
	Task	   *task;
	char	   *queues;

	shm_toc_estimate_chunk(&context->estimator, sizeof(Task));
	shm_toc_estimate_chunk(&context->estimator, scan_size);
	shm_toc_estimate_chunk(&context->estimator, mul_size(QUEUE_SIZE, workers));
	shm_toc_estimate_keys(&context->estimator, 3);
	InitializeParallelDSM(context);

	task = shm_toc_allocate(context->toc, sizeof(Task));
	task->relation = RelationGetRelid(relation);
	memcpy(task->places, places, sizeof(task->places));
	task->columns = *columns;
	shm_toc_insert(context->toc, TASK_KEY, task);

	scan = shm_toc_allocate(context->toc, scan_size);
	table_parallelscan_initialize(relation, scan, snapshot);
	shm_toc_insert(context->toc, SCAN_KEY, scan);

	queues = shm_toc_allocate(context->toc, mul_size(QUEUE_SIZE, workers));
	shm_toc_insert(context->toc, QUEUES_KEY, queues);

	memset(team, 0, sizeof(*team));
	team->context = context;
	for (int i = 0; i < context->nworkers; i++)
	{
		shm_mq	   *queue = shm_mq_create(queues + i * QUEUE_SIZE, QUEUE_SIZE);

		shm_mq_set_receiver(queue, MyProc);
		team->queues[i] = shm_mq_attach(queue, context->seg, NULL);
	}
}

static void
launch_team(Team *team)
{
	LaunchParallelWorkers(team->context);
	team->workers = team->context->nworkers_launched;
	for (int i = 0; i < team->workers; i++)
		shm_mq_set_handle(team->queues[i], team->context->worker[i].bgwhandle);
}

/* Take what a worker has sent by now; true if that was anything. */
static bool
receive_orders(shm_mq_handle **queue, ClvOrderSpool *spool)
{
	bool		any = false;
	Size		size;
	void	   *message;

	for (;;)
	{
		switch (shm_mq_receive(*queue, &size, &message, true))
		{
			case SHM_MQ_SUCCESS:
				clv_order_spool_add_records(spool, message, size);
				any = true;
				break;
			case SHM_MQ_WOULD_BLOCK:
				return any;
			case SHM_MQ_DETACHED:
				*queue = NULL;
				return any;
		}
	}
}

static void
wait_for_workers(void)
{
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_EXIT_ON_PM_DEATH, -1, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

/* Read and receive by turns, until there is nothing to read and nobody to receive from. */
static void
collect_orders(Team *team, RowReader *reader, ClvOrderColumns *columns, ClvOrderSpool *spool)
{
	bool		reading = team->workers == 0 || parallel_leader_participation;
	bool		receiving;

	do
	{
		bool		received = false;

		receiving = false;
		for (int i = 0; i < team->workers; i++)
		{
			if (team->queues[i] != NULL)
				received |= receive_orders(&team->queues[i], spool);
			receiving |= team->queues[i] != NULL;
		}
		if (reading)
			reading = read_rows(reader, columns, spool, ROWS_PER_TURN);
		else if (receiving && !received)
			wait_for_workers();
	} while (reading || receiving);
}

/* So many workers as the planner would give to this table, if the time they save is worth starting them. */
static int
choose_workers(Relation relation, Cost cost)
{
	RelOptInfo	table = {.type = T_RelOptInfo, .reloptkind = RELOPT_BASEREL};
	int			workers;

	if (!IsUnderPostmaster || max_parallel_workers_per_gather == 0 || IsParallelWorker() || RelationUsesLocalBuffers(relation))
		return 0;
	table.rel_parallel_workers = RelationGetParallelWorkers(relation, -1);
	workers = compute_parallel_worker(&table, RelationGetNumberOfBlocks(relation), -1, max_parallel_workers_per_gather);
	workers = Min(workers, MAX_WORKERS);
	return cost * workers / (workers + 1) > parallel_setup_cost ? workers : 0;
}

static void
scan_alone(Relation relation, Snapshot snapshot, ClvOrderColumns *columns, const int *places, ClvOrderSpool *spool)
{
	RowReader	reader;

	start_reading(&reader, relation, table_beginscan(relation, snapshot, 0, NULL), columns, places);
	(void) read_rows(&reader, columns, spool, SIZE_MAX);
	stop_reading(&reader);
}

static void
scan_in_parallel(Relation relation, Snapshot snapshot, ClvOrderColumns *columns, const int *places, int workers,
				 ClvOrderSpool *spool)
{
	Team		team;
	RowReader	reader;

	EnterParallelMode();
	prepare_team(&team, relation, snapshot, columns, places, workers);
	launch_team(&team);
	start_reading(&reader, relation,
				  table_beginscan_parallel(relation, shm_toc_lookup(team.context->toc, SCAN_KEY, false)),
				  columns, places);
	collect_orders(&team, &reader, columns, spool);
	stop_reading(&reader);
	WaitForParallelWorkersToFinish(team.context);
	DestroyParallelContext(team.context);
	ExitParallelMode();
}

void
clv_order_scan(Relation relation, Snapshot snapshot, ClvOrderColumns *columns, const int *places, Cost cost,
			   ClvOrderSpool *spool)
{
	int			workers = choose_workers(relation, cost);

	if (workers > 0)
		scan_in_parallel(relation, snapshot, columns, places, workers, spool);
	else
		scan_alone(relation, snapshot, columns, places, spool);
}
