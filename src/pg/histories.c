/*-------------------------------------------------------------------------
 *
 * histories.c
 *	  clv.histories: the histories of all customers of an order table, at the
 *	  speed of the scan.
 *
 * With a million customers PostgreSQL's GROUP BY costs many times the scan,
 * whatever the aggregate does.  Here the rows of the query go straight into a
 * receiver, which finds the customer's number in a hash table of its own, in
 * batches whose cache misses overlap, and writes the order down; when all
 * rows are in, the orders are grouped by customer (src/base/order_log.c) and
 * each customer's are encoded.
 *
 * Memory: what exceeds work_mem (times hash_mem_multiplier) is written to
 * temporary files, one for each range of the customers' hash, and these are
 * then worked through one by one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/executor.h"
#include "executor/nodeHash.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/buffile.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include "base/order_log.h"
#include "pg/amount.h"
#include "pg/compat.h"
#include "pg/day.h"
#include "pg/error.h"
#include "pg/history.h"

/* Rows that are looked up together: enough for their cache misses to overlap. */
#define BATCH_SIZE 64

/* Orders are allocated in blocks of one megabyte. */
#define BLOCK_ORDERS (1024 * 1024 / sizeof(ClvOrder))

/* Keys that are not passed by value are kept in blocks of this size. */
#define KEY_BLOCK_SIZE (64 * 1024)

/* Files per level of spilling, and how often what spilled may spill again. */
#define SPILL_BITS 6
#define SPILL_FILES (1 << SPILL_BITS)
#define SPILL_LEVELS 4

#define INITIAL_SLOTS 1024

/* How customers are told apart. */
typedef enum KeyKind
{
	KEY_IS_TAG,					/* equal where the datum is: integers, dates */
	KEY_IS_BYTES,				/* equal where the bytes are: text, uuid */
	KEY_HAS_OPERATORS			/* by the type's own hash function and equality */
} KeyKind;

/* The columns of the query, in this order. */
enum
{
	COLUMN_CUSTOMER,
	COLUMN_ORDERED_AT,
	COLUMN_AMOUNT,				/* optional */
	COLUMN_ORDERS,				/* optional */
	MAX_COLUMNS
};

/* A row of the query. */
typedef struct Row
{
	uint64		tag;			/* the key itself, or its hash */
	Datum		key;
	ClvPurchase purchase;
	int			scale;
} Row;

/* Entry of the hash table. */
typedef struct Slot
{
	uint64		tag;
	uint32		customer;		/* number plus one; 0 is an empty slot */
	uint32		orders;			/* that are not wide */
} Slot;

typedef struct OrderBlock
{
	struct OrderBlock *next;
	size_t		count;
	ClvOrder	orders[BLOCK_ORDERS];
} OrderBlock;

/* The customers and orders that are in memory. */
typedef struct Book
{
	MemoryContext context;
	Slot	   *slots;
	size_t		slot_count;		/* a power of two */
	uint32		customers;
	Datum	   *keys;			/* by customer, unless the key is the tag */
	size_t		key_room;
	char	   *key_block;
	size_t		key_block_left;
	OrderBlock *blocks;			/* newest first */
	size_t		orders;
	ClvWideOrder *wide;
	size_t		wide_count;
	size_t		wide_room;
	size_t		memory;			/* bytes, counting what grouping will need */
} Book;

/* Where orders go that do not fit into memory. */
typedef struct Spill
{
	int			level;
	BufFile    *files[SPILL_FILES];
} Spill;

typedef struct Collector
{
	DestReceiver receiver;		/* first, so that one can be cast to the other */
	ReturnSetInfo *result;

	/* the key */
	KeyKind		key_kind;
	Oid			key_type;
	Oid			key_collation;
	int16		key_length;
	bool		key_by_value;
	FmgrInfo   *key_hash;
	FmgrInfo   *key_equal;

	/* the other columns */
	int			columns;
	Oid			moment_type;
	Oid			amount_type;
	const char *zone_name;
	ClvZone		zone;

	Row			batch[BATCH_SIZE];
	int			batched;
	MemoryContext batch_context;	/* keys of the batch that are not passed by value */

	Book		book;
	Spill	   *spill;			/* NULL while everything fits */
	int			level;			/* of the file that is read; 0 for the query */
	size_t		memory_limit;	/* bytes */

	/* room for one history */
	ClvPurchase *entries;
	size_t		entry_room;
	struct varlena *history;
	size_t		history_room;
} Collector;

static void add_row(Collector *collector, const Row *row);

/*
 * Keys
 */

static inline uint64
mix(uint64 tag)
{
	tag ^= tag >> 32;
	tag *= UINT64CONST(0xd6e8feb86659fd93);
	tag ^= tag >> 32;
	tag *= UINT64CONST(0xd6e8feb86659fd93);
	tag ^= tag >> 32;
	return tag;
}

/* The bytes of a key that is passed by reference and not toasted. */
static inline const char *
key_bytes(const Collector *collector, Datum key, size_t *size)
{
	if (collector->key_length == -1)
	{
		*size = VARSIZE_ANY_EXHDR(DatumGetPointer(key));
		return VARDATA_ANY(DatumGetPointer(key));
	}
	*size = collector->key_length > 0 ? collector->key_length : strlen(DatumGetCString(key));
	return DatumGetPointer(key);
}

static uint64
key_tag(const Collector *collector, Datum key)
{
	const char *bytes;
	size_t		size;

	switch (collector->key_kind)
	{
		case KEY_IS_TAG:
			return (uint64) key;
		case KEY_IS_BYTES:
			bytes = key_bytes(collector, key, &size);
			return hash_bytes_extended((const unsigned char *) bytes, (int) size, 0);
		case KEY_HAS_OPERATORS:
			return DatumGetUInt64(FunctionCall2Coll(collector->key_hash, collector->key_collation,
													key, Int64GetDatum(0)));
	}
	pg_unreachable();
}

/* Are two keys of the same tag the same? */
static bool
same_key(const Collector *collector, Datum left, Datum right)
{
	const char *left_bytes;
	const char *right_bytes;
	size_t		left_size;
	size_t		right_size;

	if (collector->key_kind == KEY_HAS_OPERATORS)
		return DatumGetBool(FunctionCall2Coll(collector->key_equal, collector->key_collation, left, right));
	left_bytes = key_bytes(collector, left, &left_size);
	right_bytes = key_bytes(collector, right, &right_size);
	return left_size == right_size && memcmp(left_bytes, right_bytes, left_size) == 0;
}

static void
describe_key(Collector *collector, Oid type, Oid collation)
{
	TypeCacheEntry *entry = lookup_type_cache(type, TYPECACHE_HASH_EXTENDED_PROC_FINFO | TYPECACHE_EQ_OPR_FINFO);

	collector->key_type = type;
	collector->key_collation = collation;
	collector->key_length = entry->typlen;
	collector->key_by_value = entry->typbyval;
	if (!OidIsValid(entry->hash_extended_proc_finfo.fn_oid) || !OidIsValid(entry->eq_opr_finfo.fn_oid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("customers cannot be of type %s", format_type_be(type)),
				 errdetail("The type has no hash function or no equality operator.")));
	collector->key_hash = &entry->hash_extended_proc_finfo;
	collector->key_equal = &entry->eq_opr_finfo;
	switch (getBaseType(type))
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case OIDOID:
		case DATEOID:
			collector->key_kind = KEY_IS_TAG;
			break;
		case UUIDOID:
		case BYTEAOID:
			collector->key_kind = KEY_IS_BYTES;
			break;
		case TEXTOID:
		case VARCHAROID:
			collector->key_kind = !OidIsValid(collation) || get_collation_isdeterministic(collation)
				? KEY_IS_BYTES : KEY_HAS_OPERATORS;
			break;
		default:
			collector->key_kind = KEY_HAS_OPERATORS;
	}
}

/*
 * The book: customers and their orders
 */

static void
open_book(Book *book)
{
	MemoryContext context = book->context;

	memset(book, 0, sizeof(*book));
	book->context = context;
	book->slot_count = INITIAL_SLOTS;
	book->slots = MemoryContextAllocZero(context, book->slot_count * sizeof(Slot));
	book->memory = book->slot_count * sizeof(Slot);
}

static void
close_book(Book *book)
{
	MemoryContextReset(book->context);
	open_book(book);
}

static void
double_slots(Book *book)
{
	size_t		count = book->slot_count * 2;
	Slot	   *slots = MemoryContextAllocExtended(book->context, count * sizeof(Slot), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	for (size_t i = 0; i < book->slot_count; i++)
	{
		size_t		at = mix(book->slots[i].tag) & (count - 1);

		if (book->slots[i].customer == 0)
			continue;
		while (slots[at].customer != 0)
			at = (at + 1) & (count - 1);
		slots[at] = book->slots[i];
	}
	pfree(book->slots);
	book->memory += (count - book->slot_count) * sizeof(Slot);
	book->slots = slots;
	book->slot_count = count;
}

/* A copy of a key that is passed by reference, packed with its neighbors. */
static Datum
keep_bytes(Book *book, const Collector *collector, Datum key)
{
	size_t		size = datumGetSize(key, false, collector->key_length);
	size_t		aligned = MAXALIGN(size);
	char	   *copy;

	if (aligned > book->key_block_left)
	{
		book->key_block_left = Max(KEY_BLOCK_SIZE, aligned);
		book->key_block = MemoryContextAlloc(book->context, book->key_block_left);
		book->memory += book->key_block_left;
	}
	copy = book->key_block;
	memcpy(copy, DatumGetPointer(key), size);
	book->key_block += aligned;
	book->key_block_left -= aligned;
	return PointerGetDatum(copy);
}

static void
add_customer(Collector *collector, Slot *slot, const Row *row)
{
	Book	   *book = &collector->book;

	if (collector->key_kind != KEY_IS_TAG)
	{
		if (book->customers == book->key_room)
		{
			size_t		room = Max(INITIAL_SLOTS, book->key_room * 2);

			book->keys = book->keys == NULL
				? MemoryContextAllocHuge(book->context, room * sizeof(Datum))
				: repalloc_huge(book->keys, room * sizeof(Datum));
			book->memory += (room - book->key_room) * sizeof(Datum);
			book->key_room = room;
		}
		book->keys[book->customers] = collector->key_by_value ? row->key : keep_bytes(book, collector, row->key);
	}
	slot->tag = row->tag;
	slot->orders = 0;
	slot->customer = ++book->customers;
	if (book->customers == PG_UINT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many customers"),
				 errdetail("clv.histories can tell at most %u customers apart.", PG_UINT32_MAX - 1)));
}

/* The slot of the row's customer, who may be new. */
static Slot *
find_customer(Collector *collector, const Row *row)
{
	Book	   *book = &collector->book;
	size_t		at;

	/* Half full at most, so that a search seldom takes more than one cache line. */
	if ((size_t) book->customers * 2 >= book->slot_count)
		double_slots(book);
	at = mix(row->tag) & (book->slot_count - 1);
	for (;; at = (at + 1) & (book->slot_count - 1))
	{
		Slot	   *slot = &book->slots[at];

		if (slot->customer == 0)
		{
			add_customer(collector, slot, row);
			return slot;
		}
		if (slot->tag == row->tag &&
			(collector->key_kind == KEY_IS_TAG || same_key(collector, book->keys[slot->customer - 1], row->key)))
			return slot;
	}
}

static void
add_wide_order(Book *book, uint32 customer, const Row *row)
{
	if (book->wide_count == book->wide_room)
	{
		size_t		room = Max(1024, book->wide_room * 2);

		book->wide = book->wide == NULL
			? MemoryContextAllocHuge(book->context, room * sizeof(ClvWideOrder))
			: repalloc_huge(book->wide, room * sizeof(ClvWideOrder));
		book->memory += (room - book->wide_room) * sizeof(ClvWideOrder);
		book->wide_room = room;
	}
	book->wide[book->wide_count++] = (ClvWideOrder)
	{
		.customer = customer, .scale = row->scale, .purchase = row->purchase
	};
}

static void
add_order(Book *book, uint32 customer, int32 day, int64 packed)
{
	OrderBlock *block = book->blocks;

	if (block == NULL || block->count == BLOCK_ORDERS)
	{
		block = MemoryContextAlloc(book->context, sizeof(OrderBlock));
		block->next = book->blocks;
		block->count = 0;
		book->blocks = block;
		/* Once here, and once more when the orders are grouped. */
		book->memory += 2 * sizeof(OrderBlock);
	}
	block->orders[block->count++] = (ClvOrder)
	{
		.customer = customer, .day = day, .packed = packed
	};
	book->orders++;
}

static void
book_row(Collector *collector, const Row *row)
{
	Slot	   *slot = find_customer(collector, row);
	int64		packed;

	if (row->purchase.orders == 1 && slot->orders < PG_UINT32_MAX &&
		clv_amount_pack(row->purchase.amount, row->scale, &packed))
	{
		slot->orders++;
		add_order(&collector->book, slot->customer - 1, row->purchase.day, packed);
	}
	else
		add_wide_order(&collector->book, slot->customer - 1, row);
}

/*
 * Spilling
 */

/* What a row looks like in a file, before the bytes of its key. */
typedef struct SpilledRow
{
	uint64		tag;
	ClvPurchase purchase;
	int32		scale;
	uint32		key_size;
} SpilledRow;

static void
spill_row(Collector *collector, const Row *row)
{
	Spill	   *spill = collector->spill;
	BufFile   **file = &spill->files[(mix(row->tag) >> (64 - SPILL_BITS * (spill->level + 1))) & (SPILL_FILES - 1)];
	SpilledRow	spilled;

	memset(&spilled, 0, sizeof(spilled));
	spilled.tag = row->tag;
	spilled.purchase = row->purchase;
	spilled.scale = row->scale;
	if (collector->key_kind != KEY_IS_TAG)
		spilled.key_size = collector->key_by_value ? sizeof(Datum) : datumGetSize(row->key, false, collector->key_length);
	if (*file == NULL)
		*file = BufFileCreateTemp(false);
	BufFileWrite(*file, &spilled, sizeof(spilled));
	if (spilled.key_size > 0)
		BufFileWrite(*file, collector->key_by_value ? (void *) &row->key : (void *) DatumGetPointer(row->key), spilled.key_size);
}

/* The rows that the book holds move to files, and so will all that follow. */
static void
start_spilling(Collector *collector)
{
	Book	   *book = &collector->book;
	uint64	   *tags = MemoryContextAllocHuge(book->context, book->customers * sizeof(uint64));
	Row			row;

	collector->spill = palloc0(sizeof(Spill));
	collector->spill->level = collector->level;
	for (size_t i = 0; i < book->slot_count; i++)
	{
		if (book->slots[i].customer != 0)
			tags[book->slots[i].customer - 1] = book->slots[i].tag;
	}
	for (OrderBlock *block = book->blocks; block != NULL; block = block->next)
	{
		CHECK_FOR_INTERRUPTS();
		for (size_t i = 0; i < block->count; i++)
		{
			const ClvOrder *order = &block->orders[i];

			row.tag = tags[order->customer];
			row.key = collector->key_kind == KEY_IS_TAG ? (Datum) row.tag : book->keys[order->customer];
			row.purchase = (ClvPurchase)
			{
				.day = order->day, .orders = 1, .amount = order->packed >> CLV_PACKED_SCALE_BITS
			};
			row.scale = (int) (order->packed & CLV_PACKED_MAX_SCALE);
			spill_row(collector, &row);
		}
	}
	for (size_t i = 0; i < book->wide_count; i++)
	{
		const ClvWideOrder *order = &book->wide[i];

		row.tag = tags[order->customer];
		row.key = collector->key_kind == KEY_IS_TAG ? (Datum) row.tag : book->keys[order->customer];
		row.purchase = order->purchase;
		row.scale = order->scale;
		spill_row(collector, &row);
	}
	close_book(book);
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
read_file(Collector *collector, BufFile *file)
{
	SpilledRow	spilled;
	char	   *key = NULL;
	size_t		key_room = 0;
	int64		rows = 0;

	if (BufFileSeek(file, 0, 0, SEEK_SET) != 0)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not rewind temporary file")));
	while (read_spilled(file, &spilled, sizeof(spilled)))
	{
		Row			row;

		if (rows++ % 4096 == 0)
			CHECK_FOR_INTERRUPTS();
		row.tag = spilled.tag;
		row.key = (Datum) spilled.tag;
		row.purchase = spilled.purchase;
		row.scale = spilled.scale;
		if (spilled.key_size > key_room)
		{
			key_room = Max(1024, spilled.key_size);
			key = palloc(key_room);
		}
		if (spilled.key_size > 0)
		{
			read_spilled(file, key, spilled.key_size);
			row.key = collector->key_by_value ? *(Datum *) key : PointerGetDatum(key);
		}
		add_row(collector, &row);
	}
}

/* Into memory, or into the files where it is full. */
static void
add_row(Collector *collector, const Row *row)
{
	Book	   *book = &collector->book;

	if (collector->spill == NULL && book->memory > collector->memory_limit &&
		collector->level < SPILL_LEVELS && book->customers > 1)
		start_spilling(collector);
	if (collector->spill != NULL)
		spill_row(collector, row);
	else
		book_row(collector, row);
}

/*
 * From orders to histories
 */

static void
reserve_entries(Collector *collector, size_t count)
{
	if (count <= collector->entry_room)
		return;
	if (collector->entries != NULL)
		pfree(collector->entries);
	collector->entry_room = count * 2;
	/* As much again as scratch. */
	collector->entries = palloc_extended(collector->entry_room * 2 * sizeof(ClvPurchase), MCXT_ALLOC_HUGE);
}

static void
reserve_history(Collector *collector, size_t size)
{
	if (size <= collector->history_room)
		return;
	if (collector->history != NULL)
		pfree(collector->history);
	collector->history_room = size * 2;
	collector->history = palloc_extended(collector->history_room, MCXT_ALLOC_HUGE);
}

/* One customer's row of the result. */
static void
emit_customer(Collector *collector, Datum key, const ClvOrder *orders, size_t count,
			  const ClvWideOrder *wide, size_t wide_count)
{
	Datum		values[2];
	bool		nulls[2] = {false};
	int			scale;
	size_t		entries = count + wide_count;
	size_t		size;
	ClvStatus	status;

	reserve_entries(collector, entries);
	status = clv_orders_purchases(orders, count, wide, wide_count, collector->entries, &scale);
	if (status == CLV_OK)
		status = clv_history_normalize(collector->entries, &entries, &scale,
									   collector->entries + entries, clv_check_interrupts);
	if (status != CLV_OK)
		clv_raise(status, "The orders of one customer do not fit into one history.");
	reserve_history(collector, VARHDRSZ + clv_history_size_bound(entries));
	size = VARHDRSZ + clv_history_write(collector->entries, entries, scale, (uint8 *) VARDATA(collector->history));
	if (!AllocSizeIsValid(size))
		clv_raise(CLV_HISTORY_TOO_LARGE, "It has %zu purchase days.", entries);
	SET_VARSIZE(collector->history, size);
	values[0] = key;
	values[1] = PointerGetDatum(collector->history);
	tuplestore_putvalues(collector->result->setResult, collector->result->setDesc, values, nulls);
}

static int
compare_wide_orders(const void *left, const void *right)
{
	uint32		left_customer = ((const ClvWideOrder *) left)->customer;
	uint32		right_customer = ((const ClvWideOrder *) right)->customer;

	return left_customer < right_customer ? -1 : left_customer > right_customer;
}

/* Where the orders of each customer begin, and the keys where they are the tags. */
static size_t *
read_slots(Collector *collector)
{
	Book	   *book = &collector->book;
	size_t	   *offsets = MemoryContextAllocHuge(book->context, ((size_t) book->customers + 1) * sizeof(size_t));
	size_t		total = 0;

	if (collector->key_kind == KEY_IS_TAG)
		book->keys = MemoryContextAllocHuge(book->context, Max(1, book->customers) * sizeof(Datum));
	for (size_t i = 0; i < book->slot_count; i++)
	{
		Slot	   *slot = &book->slots[i];

		if (slot->customer == 0)
			continue;
		offsets[slot->customer - 1] = slot->orders;
		if (collector->key_kind == KEY_IS_TAG)
			book->keys[slot->customer - 1] = (Datum) slot->tag;
	}
	for (uint32 customer = 0; customer < book->customers; customer++)
	{
		size_t		count = offsets[customer];

		offsets[customer] = total;
		total += count;
	}
	offsets[book->customers] = total;
	return offsets;
}

/* The orders, sorted by range of customers; the blocks are given back on the way. */
static ClvOrder *
partition_orders(Book *book, ClvPartitioning *partitioning)
{
	ClvOrder   *partitioned = MemoryContextAllocHuge(book->context, Max(1, book->orders) * sizeof(ClvOrder));
	OrderBlock *block = book->blocks;
	OrderBlock *oldest_first = NULL;

	while (block != NULL)
	{
		OrderBlock *next = block->next;

		block->next = oldest_first;
		oldest_first = block;
		block = next;
	}
	while (oldest_first != NULL)
	{
		OrderBlock *next = oldest_first->next;

		CHECK_FOR_INTERRUPTS();
		clv_orders_partition(partitioning, oldest_first->orders, oldest_first->count, partitioned);
		pfree(oldest_first);
		oldest_first = next;
	}
	book->blocks = NULL;
	return partitioned;
}

static void
emit_book(Collector *collector)
{
	Book	   *book = &collector->book;
	size_t	   *offsets = read_slots(collector);
	size_t	   *ends = MemoryContextAllocHuge(book->context, ((size_t) book->customers + 1) * sizeof(size_t));
	ClvPartitioning partitioning;
	ClvOrder   *partitioned;
	ClvOrder   *grouped;
	size_t		wide_from = 0;

	clv_orders_start(&partitioning, offsets, book->customers);
	partitioned = partition_orders(book, &partitioning);
	grouped = MemoryContextAllocHuge(book->context, Max(1, book->orders) * sizeof(ClvOrder));
	memcpy(ends, offsets, ((size_t) book->customers + 1) * sizeof(size_t));
	for (size_t i = 0, from = 0; i < partitioning.count; from = partitioning.next[i++])
	{
		CHECK_FOR_INTERRUPTS();
		clv_orders_scatter(partitioned + from, partitioning.next[i] - from, ends, grouped);
	}
	if (book->wide_count > 0)
		qsort(book->wide, book->wide_count, sizeof(ClvWideOrder), compare_wide_orders);

	for (uint32 customer = 0; customer < book->customers; customer++)
	{
		size_t		wide_to = wide_from;

		if (customer % 1024 == 0)
			CHECK_FOR_INTERRUPTS();
		while (wide_to < book->wide_count && book->wide[wide_to].customer == customer)
			wide_to++;
		emit_customer(collector, book->keys[customer], grouped + offsets[customer],
					  offsets[customer + 1] - offsets[customer], book->wide + wide_from, wide_to - wide_from);
		wide_from = wide_to;
	}
	close_book(book);
}

/* All rows are in: give out what is in memory, or file after file. */
static void
finish_level(Collector *collector)
{
	Spill	   *spill = collector->spill;

	if (spill == NULL)
	{
		emit_book(collector);
		return;
	}
	for (int i = 0; i < SPILL_FILES; i++)
	{
		if (spill->files[i] == NULL)
			continue;
		collector->spill = NULL;
		collector->level = spill->level + 1;
		read_file(collector, spill->files[i]);
		BufFileClose(spill->files[i]);
		finish_level(collector);
	}
	pfree(spill);
	collector->spill = NULL;
}

/*
 * Receiving the rows of the query
 */

static void
flush_batch(Collector *collector)
{
	Book	   *book = &collector->book;

	for (int i = 0; i < collector->batched; i++)
		__builtin_prefetch(&book->slots[mix(collector->batch[i].tag) & (book->slot_count - 1)], 1);
	for (int i = 0; i < collector->batched; i++)
		add_row(collector, &collector->batch[i]);
	collector->batched = 0;
	if (!collector->key_by_value)
		MemoryContextReset(collector->batch_context);
}

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
row_amount(Collector *collector, Datum amount, Row *row)
{
	row->scale = 0;
	switch (collector->amount_type)
	{
		case NUMERICOID:
			clv_amount_from_numeric(amount, &row->purchase.amount, &row->scale);
			break;
		case FLOAT8OID:
			clv_amount_from_float8(DatumGetFloat8(amount), &row->purchase.amount, &row->scale);
			break;
		case INT2OID:
			row->purchase.amount = DatumGetInt16(amount);
			break;
		case INT4OID:
			row->purchase.amount = DatumGetInt32(amount);
			break;
		default:
			row->purchase.amount = DatumGetInt64(amount);
	}
}

/* The key of a row, for as long as the batch lasts. */
static Datum
row_key(Collector *collector, Datum key)
{
	MemoryContext old_context;
	Datum		copy;

	if (collector->key_by_value)
		return key;
	old_context = MemoryContextSwitchTo(collector->batch_context);
	if (collector->key_length == -1)
		copy = PointerGetDatum(PG_DETOAST_DATUM_COPY(key));
	else
		copy = datumCopy(key, false, collector->key_length);
	MemoryContextSwitchTo(old_context);
	return copy;
}

static bool
receive_row(TupleTableSlot *slot, DestReceiver *receiver)
{
	Collector  *collector = (Collector *) receiver;
	MemoryContext old_context = MemoryContextSwitchTo(collector->book.context->parent);
	Row		   *row = &collector->batch[collector->batched];
	bool		complete = true;

	slot_getsomeattrs(slot, collector->columns);
	for (int i = 0; i < collector->columns; i++)
		complete &= !slot->tts_isnull[i];
	if (complete)
	{
		row->purchase = (ClvPurchase)
		{
			.day = row_day(collector, slot->tts_values[COLUMN_ORDERED_AT]), .orders = 1
		};
		if (collector->columns > COLUMN_AMOUNT)
			row_amount(collector, slot->tts_values[COLUMN_AMOUNT], row);
		if (collector->columns > COLUMN_ORDERS)
			row->purchase.orders = DatumGetInt32(slot->tts_values[COLUMN_ORDERS]);
		row->key = row_key(collector, slot->tts_values[COLUMN_CUSTOMER]);
		row->tag = key_tag(collector, row->key);
		if (++collector->batched == BATCH_SIZE)
			flush_batch(collector);
	}
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
	describe_key(collector, customer->atttypid, customer->attcollation);

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

/* Run a query of one statement and return the histories in its rows. */
static void
return_histories(FunctionCallInfo fcinfo, const char *query, Oid key_type, const char *zone_name)
{
	Collector  *collector = palloc0(sizeof(Collector));
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "clv histories", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context;
	SPIExecuteOptions options = {.read_only = true, .must_return_tuples = true};
	SPIPlanPtr	plan;

	InitMaterializedSRF(fcinfo, 0);
	old_context = MemoryContextSwitchTo(context);
	collector->receiver.receiveSlot = receive_row;
	collector->receiver.rStartup = start_receiving;
	collector->receiver.rShutdown = stop_receiving;
	collector->receiver.rDestroy = stop_receiving;
	collector->receiver.mydest = DestNone;
	collector->result = (ReturnSetInfo *) fcinfo->resultinfo;
	collector->key_type = key_type;
	collector->zone_name = zone_name;
	collector->memory_limit = get_hash_memory_limit();
	collector->batch_context = AllocSetContextCreate(context, "clv histories batch", ALLOCSET_DEFAULT_SIZES);
	collector->book.context = AllocSetContextCreate(context, "clv histories orders", ALLOCSET_DEFAULT_SIZES);
	open_book(&collector->book);

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
	options.dest = &collector->receiver;
	SPI_execute_plan_extended(plan, &options);
	MemoryContextSwitchTo(context);
	flush_batch(collector);
	finish_level(collector);
	SPI_finish();

	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
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
	return_histories(fcinfo, query.data, key_type, optional_text(fcinfo, 5));
	return (Datum) 0;
}

/* (query text, key anyelement, zone text) */
Datum
clv_histories_query(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("query must not be null")));
	return_histories(fcinfo, text_to_cstring(PG_GETARG_TEXT_PP(0)), key_type_argument(fcinfo, 1), optional_text(fcinfo, 2));
	return (Datum) 0;
}
