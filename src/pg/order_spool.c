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

/* What a row looks like in a file; behind it stand the purchase if it is wide, and the bytes of the key. */
typedef struct SpilledRow
{
	uint64		tag;
	int64		packed;
	int32		day;
	int32		wide_scale;		/* or NOT_WIDE */
	uint32		key_size;
} SpilledRow;

#define NOT_WIDE (-1)

/* A ClvOrderReceiver: write an order into the file of its customer. */
static void
spill_row(void *target, const ClvOrderRow *row)
{
	ClvOrderSpool *spool = target;
	ClvOrderSpill *spill = spool->spill;
	BufFile   **file = &spill->files[(clv_mix_tag(row->tag) >> (SPILL_BITS * spill->level)) & (SPILL_FILES - 1)];
	SpilledRow	spilled;

	memset(&spilled, 0, sizeof(spilled));
	spilled.tag = row->tag;
	spilled.wide_scale = row->wide ? row->scale : NOT_WIDE;
	if (!row->wide)
	{
		spilled.packed = row->packed;
		spilled.day = row->day;
	}
	if (spool->key.kind != CLV_KEY_IS_TAG)
		spilled.key_size = spool->key.by_value ? sizeof(Datum) : clv_key_size(&spool->key, row->key);
	if (*file == NULL)
		*file = BufFileCreateTemp(false);
	BufFileWrite(*file, &spilled, sizeof(spilled));
	if (row->wide)
		BufFileWrite(*file, (void *) &row->purchase, sizeof(row->purchase));
	if (spilled.key_size > 0)
		BufFileWrite(*file, spool->key.by_value ? (void *) &row->key : (void *) DatumGetPointer(row->key), spilled.key_size);
}

/* What the book holds moves to files, and so will all that follows. */
static void
start_spilling(ClvOrderSpool *spool)
{
	spool->spill = MemoryContextAllocZero(spool->context, sizeof(ClvOrderSpill));
	spool->spill->level = spool->level;
	clv_order_book_read(&spool->book, spill_row, spool);
	clv_order_book_clear(&spool->book);
}

/* Into memory, or into the files where it is full. */
static void
keep_row(ClvOrderSpool *spool, const ClvOrderRow *row)
{
	const ClvOrderBook *book = &spool->book;

	if (spool->spill == NULL && book->memory > spool->memory_limit &&
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

void
clv_order_spool_add(ClvOrderSpool *spool, Datum key)
{
	ClvOrderRow *row = clv_order_spool_row(spool);

	row->key = key;
	if (!spool->key.by_value)
	{
		MemoryContext former = MemoryContextSwitchTo(spool->batch_context);

		row->key = clv_key_copy(&spool->key, key);
		MemoryContextSwitchTo(former);
	}
	row->tag = clv_key_tag(&spool->key, row->key);
	finish_row(spool);
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
	SpilledRow	spilled;

	if (BufFileSeek(file, 0, 0, SEEK_SET) != 0)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not rewind temporary file")));
	while (read_spilled(file, &spilled, sizeof(spilled)))
	{
		ClvOrderRow *row = clv_order_spool_row(spool);

		row->tag = spilled.tag;
		row->key = (Datum) spilled.tag;
		row->packed = spilled.packed;
		row->day = spilled.day;
		row->wide = spilled.wide_scale != NOT_WIDE;
		row->scale = spilled.wide_scale;
		if (row->wide)
			read_spilled(file, &row->purchase, sizeof(row->purchase));
		if (spool->key.by_value && spilled.key_size > 0)
			read_spilled(file, &row->key, sizeof(row->key));
		else if (spilled.key_size > 0)
		{
			row->key = PointerGetDatum(MemoryContextAlloc(spool->batch_context, spilled.key_size));
			read_spilled(file, DatumGetPointer(row->key), spilled.key_size);
		}
		finish_row(spool);
	}
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
