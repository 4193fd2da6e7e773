/*-------------------------------------------------------------------------
 *
 * order_spool.c
 *	  Orders on their way to histories.
 *
 * They wait in batches, so that the cache misses of a batch overlap, and go
 * into an order book.  What exceeds work_mem (times hash_mem_multiplier) is
 * written to temporary files, one for each range of the customers' hash, and
 * these are then worked through one by one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/nodeHash.h"
#include "miscadmin.h"
#include "storage/buffile.h"
#include "utils/memutils.h"

#include "pg/compat.h"
#include "pg/order_spool.h"

/* Files per level of spilling, and how often what spilled may spill again. */
#define SPILL_BITS 6
#define SPILL_FILES (1 << SPILL_BITS)
#define SPILL_LEVELS 4

/* Where orders go that do not fit into memory. */
struct ClvOrderSpill
{
	int			level;
	StringInfoData record;		/* of the order that is written */
	BufFile    *files[SPILL_FILES];
};

ClvOrderSpool *
clv_order_spool_new(MemoryContext context, Oid key_type, Oid key_collation)
{
	ClvOrderSpool *spool = MemoryContextAllocZero(context, sizeof(ClvOrderSpool));

	spool->context = context;
	clv_customer_key_init(&spool->key, key_type, key_collation);
	spool->batch_context = AllocSetContextCreate(context, "clv order batch", ALLOCSET_DEFAULT_SIZES);
	clv_order_book_init(&spool->book, context, &spool->key);
	spool->memory_limit = get_hash_memory_limit();
	return spool;
}

/* A ClvOrderReceiver: write an order into the file of its customer. */
static void
spill_row(void *target, const ClvOrderRow *row)
{
	ClvOrderSpool *spool = target;
	ClvOrderSpill *spill = spool->spill;
	BufFile   **file = &spill->files[(clv_mix_tag(row->tag) >> (SPILL_BITS * spill->level)) & (SPILL_FILES - 1)];

	if (*file == NULL)
		*file = BufFileCreateTemp(false);
	resetStringInfo(&spill->record);
	clv_order_row_write(&spill->record, &spool->key, row);
	BufFileWrite(*file, spill->record.data, spill->record.len);
}

/* What the book holds moves to files, and so will all that follows. */
static void
start_spilling(ClvOrderSpool *spool)
{
	spool->spill = MemoryContextAllocZero(spool->context, sizeof(ClvOrderSpill));
	spool->spill->level = spool->level;
	initStringInfo(&spool->spill->record);
	clv_order_book_read(&spool->book, spill_row, spool);
	clv_order_book_clear(&spool->book);
}

/* Into memory, or into the files where it is full. */
static void
keep_row(ClvOrderSpool *spool, const ClvOrderRow *row)
{
	const ClvOrderBook *book = &spool->book;

	if (spool->spill == NULL && clv_order_book_next_memory(book) > spool->memory_limit &&
		spool->level < SPILL_LEVELS && book->customers > 1)
		start_spilling(spool);
	if (spool->spill != NULL)
		spill_row(spool, row);
	else
		clv_order_book_add(&spool->book, row);
}

static void
flush_batch(ClvOrderSpool *spool)
{
	CHECK_FOR_INTERRUPTS();
	for (int i = 0; i < spool->batched; i++)
		keep_row(spool, &spool->batch[i]);
	spool->batched = 0;
	if (!spool->key.by_value)
		MemoryContextReset(spool->batch_context);
}

/* The row behind the last one of the batch has been filled in. */
static void
finish_row(ClvOrderSpool *spool)
{
	/* By the time that the batch is full the slot is in the cache. */
	__builtin_prefetch(&spool->book.slots[clv_home_slot(&spool->book, spool->batch[spool->batched].tag)], 1);
	if (++spool->batched == CLV_BATCH_SIZE)
		flush_batch(spool);
}

/* A key that is passed by reference stays until the batch is flushed. */
static Datum
copy_key(ClvOrderSpool *spool, Datum key)
{
	MemoryContext former = MemoryContextSwitchTo(spool->batch_context);
	Datum		copy = clv_key_copy(&spool->key, key);

	MemoryContextSwitchTo(former);
	return copy;
}

void
clv_order_spool_add(ClvOrderSpool *spool, Datum key)
{
	ClvOrderRow *row = clv_order_spool_row(spool);

	row->key = spool->key.by_value ? key : copy_key(spool, key);
	row->tag = clv_key_tag(&spool->key, row->key);
	finish_row(spool);
}

/* An order from its bytes. */
static void
add_record(ClvOrderSpool *spool, const ClvOrderRecord *record)
{
	ClvOrderRow *row = clv_order_spool_row(spool);

	clv_order_row_read(record, &spool->key, row);
	if (!spool->key.by_value)
		row->key = copy_key(spool, row->key);
	finish_row(spool);
}

void
clv_order_spool_add_records(ClvOrderSpool *spool, const char *bytes, size_t size)
{
	for (const char *end = bytes + size; bytes < end; bytes += ((const ClvOrderRecord *) bytes)->size)
		add_record(spool, (const ClvOrderRecord *) bytes);
}

static bool
read_spilled(BufFile *file, void *data, size_t size)
{
	size_t		got = BufFileRead(file, data, size);

	if (got != 0 && got != size)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read from temporary file: read only %zu of %zu bytes", got, size)));
	return got == size;
}

static void
read_file(ClvOrderSpool *spool, BufFile *file)
{
	ClvOrderRecord record;
	StringInfoData bytes;

	if (BufFileSeek(file, 0, 0, SEEK_SET) != 0)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not rewind temporary file")));
	initStringInfo(&bytes);
	while (read_spilled(file, &record, sizeof(record)))
	{
		resetStringInfo(&bytes);
		appendBinaryStringInfo(&bytes, (char *) &record, sizeof(record));
		enlargeStringInfo(&bytes, record.size);
		if (record.size > sizeof(record))
			read_spilled(file, bytes.data + sizeof(record), record.size - sizeof(record));
		add_record(spool, (ClvOrderRecord *) bytes.data);
	}
	pfree(bytes.data);
	flush_batch(spool);
}

/* All rows are in: give out what is in memory, or file after file. */
static void
finish_level(ClvOrderSpool *spool, ClvHistoryReceiver receive, void *target)
{
	ClvOrderSpill *spill = spool->spill;

	if (spill == NULL)
	{
		clv_order_book_histories(&spool->book, receive, target);
		return;
	}
	for (int i = 0; i < SPILL_FILES; i++)
	{
		if (spill->files[i] == NULL)
			continue;
		spool->spill = NULL;
		spool->level = spill->level + 1;
		read_file(spool, spill->files[i]);
		BufFileClose(spill->files[i]);
		finish_level(spool, receive, target);
	}
	pfree(spill);
	spool->spill = NULL;
}

void
clv_order_spool_histories(ClvOrderSpool *spool, ClvHistoryReceiver receive, void *target)
{
	flush_batch(spool);
	finish_level(spool, receive, target);
}
