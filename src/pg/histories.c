/*-------------------------------------------------------------------------
 *
 * histories.c
 *	  clv.histories: the histories of all customers of an order table, at the
 *	  speed of the scan.
 *
 * With a million customers PostgreSQL's GROUP BY costs many times the scan,
 * whatever the aggregate does.  Here the rows of the query go straight into a
 * receiver, which finds the customer's number in a hash table of its own, in
 * batches whose cache misses overlap, and writes the order down, by ranges
 * of customers; when all rows are in, the orders of one range after the other
 * are grouped by customer (src/base/order_log.c) and encoded.
 *
 * Memory: what exceeds work_mem (times hash_mem_multiplier) is written to
 * temporary files, one for each range of the customers' hash, and these are
 * then worked through one by one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/mman.h>

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

/* Rows between a prefetch and its use: enough for cache misses to overlap with reading on. */
#define BATCH_SIZE 64

/* Orders are kept in blocks of eight kilobytes. */
#define BLOCK_ORDERS (8192 / sizeof(ClvOrder) - 1)

/* Keys that are not passed by value are kept in blocks of this size. */
#define KEY_BLOCK_SIZE (64 * 1024)

/* Files per level of spilling, and how often what spilled may spill again. */
#define SPILL_BITS 6
#define SPILL_FILES (1 << SPILL_BITS)
#define SPILL_LEVELS 4

#define LARGE_PAGE (2 * 1024 * 1024)

/* Slots in a cache line of 64 bytes. */
#define LINE_SLOTS 4

#define INITIAL_SLOT_BITS 10
#define INITIAL_CUSTOMERS 512

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

/* A row of the query: an amount that can be packed is, and then purchase and scale are not set. */
typedef struct Row
{
	uint64		tag;			/* the key itself, or its hash */
	Datum		key;
	int64		packed;
	int32		day;
	bool		wide;
	int			scale;
	ClvPurchase purchase;
} Row;

/* Entry of the hash table. */
typedef struct Slot
{
	uint64		tag;
	uint32		customer;		/* number plus one; 0 is an empty slot */
} Slot;

typedef struct OrderBlock
{
	struct OrderBlock *next;	/* a block that has one is full */
	ClvOrder	orders[BLOCK_ORDERS];
} OrderBlock;

/* The orders of CLV_PARTITION_CUSTOMERS customers, as they came. */
typedef struct Partition
{
	OrderBlock *oldest;
	OrderBlock *newest;
	ClvOrder   *next_order;		/* in the newest block */
	ClvOrder   *end_of_block;
	size_t		room;			/* of its blocks, in orders */
} Partition;

/* The customers and orders that are in memory. */
typedef struct Book
{
	MemoryContext context;
	Slot	   *slots;
	void	   *slot_memory;	/* where they are in */
	int			slot_bits;		/* there are 2^slot_bits slots */
	uint32		customers;
	Datum	   *keys;			/* by customer */
	size_t		key_room;
	char	   *key_block;
	size_t		key_block_left;
	Partition  *partitions;
	size_t		partition_room;
	size_t		largest;		/* orders of one partition */
	ClvWideOrder *wide;
	size_t		wide_count;
	size_t		wide_room;
	size_t		memory;			/* bytes */
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

	/* room for one partition */
	ClvGrouping grouping;
	ClvOrder   *sorted;
	ClvOrder   *grouped;

	/* room for one history */
	ClvPurchase *entries;
	size_t		entry_room;
	struct varlena *history;
	size_t		history_room;
} Collector;

static void finish_row(Collector *collector);
static void flush_batch(Collector *collector);

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

/*
 * 2^slot_bits empty slots.  They are visited at random, so that with pages of
 * 4 kB nearly every visit would have to look its page up first: large tables
 * ask for large pages, where the system has them.
 */
static void
allocate_slots(Book *book)
{
	size_t		size = sizeof(Slot) << book->slot_bits;
	size_t		extra = size >= LARGE_PAGE ? LARGE_PAGE : 0;

	book->slot_memory = MemoryContextAllocHuge(book->context, size + extra);
	book->slots = extra == 0 ? book->slot_memory : (void *) TYPEALIGN(LARGE_PAGE, book->slot_memory);
#ifdef MADV_HUGEPAGE
	/* A wish: there is nothing to do if it is not granted. */
	if (extra > 0)
		(void) madvise(book->slots, size, MADV_HUGEPAGE);
#endif
	memset(book->slots, 0, size);
}

static void
open_book(Book *book)
{
	MemoryContext context = book->context;

	memset(book, 0, sizeof(*book));
	book->context = context;
	book->slot_bits = INITIAL_SLOT_BITS;
	allocate_slots(book);
	book->memory = sizeof(Slot) << book->slot_bits;
}

static void
close_book(Book *book)
{
	MemoryContextReset(book->context);
	open_book(book);
}

/* Where the search for a tag begins.  The top bits of the hash: doubling the slots keeps their order. */
static inline size_t
home_slot(const Book *book, uint64 tag)
{
	return mix(tag) >> (64 - book->slot_bits);
}

/* The n-th slot to look at: first those of the same cache line. */
static inline size_t
probe(const Book *book, size_t home, size_t n)
{
	return ((home + (n & ~(size_t) (LINE_SLOTS - 1))) & (((size_t) 1 << book->slot_bits) - 1)) ^ (n & (LINE_SLOTS - 1));
}

static void
double_slots(Book *book)
{
	Slot	   *old_slots = book->slots;
	void	   *old_memory = book->slot_memory;
	size_t		old_count = (size_t) 1 << book->slot_bits;

	book->slot_bits++;
	allocate_slots(book);
	book->memory += sizeof(Slot) * old_count;
	for (size_t i = 0; i < old_count; i++)
	{
		size_t		home = home_slot(book, old_slots[i].tag);
		size_t		n = 0;

		if (old_slots[i].customer == 0)
			continue;
		while (book->slots[probe(book, home, n)].customer != 0)
			n++;
		book->slots[probe(book, home, n)] = old_slots[i];
	}
	pfree(old_memory);
}

/* Room for twice as many elements of an array, or for some. */
static void *
enlarge(Book *book, void *array, size_t *room, size_t first_room, size_t size)
{
	size_t		new_room = *room == 0 ? first_room : *room * 2;

	book->memory += (new_room - *room) * size;
	*room = new_room;
	return array == NULL ? MemoryContextAllocHuge(book->context, new_room * size) : repalloc_huge(array, new_room * size);
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

	if (book->customers == PG_UINT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many customers"),
				 errdetail("clv.histories can tell at most %u customers apart.", PG_UINT32_MAX)));
	if (book->customers == book->key_room)
		book->keys = enlarge(book, book->keys, &book->key_room, INITIAL_CUSTOMERS, sizeof(Datum));
	if (book->customers >> CLV_PARTITION_BITS == book->partition_room)
	{
		size_t		old_room = book->partition_room;

		book->partitions = enlarge(book, book->partitions, &book->partition_room, 16, sizeof(Partition));
		memset(book->partitions + old_room, 0, (book->partition_room - old_room) * sizeof(Partition));
	}
	book->keys[book->customers] = collector->key_by_value ? row->key : keep_bytes(book, collector, row->key);
	slot->tag = row->tag;
	slot->customer = ++book->customers;
}

/* The number of the row's customer, who may be new. */
static uint32
find_customer(Collector *collector, const Row *row)
{
	Book	   *book = &collector->book;
	size_t		home;

	/* Half full at most, so that a search seldom takes more than one cache line. */
	if ((size_t) book->customers * 2 >= (size_t) 1 << book->slot_bits)
		double_slots(book);
	home = home_slot(book, row->tag);
	for (size_t n = 0;; n++)
	{
		Slot	   *slot = &book->slots[probe(book, home, n)];

		if (slot->customer == 0)
			add_customer(collector, slot, row);
		else if (slot->tag != row->tag ||
				 (collector->key_kind != KEY_IS_TAG && !same_key(collector, book->keys[slot->customer - 1], row->key)))
			continue;
		return slot->customer - 1;
	}
}

static inline size_t
partition_count(const Book *book)
{
	return ((size_t) book->customers + CLV_PARTITION_CUSTOMERS - 1) >> CLV_PARTITION_BITS;
}

static void
add_wide_order(Book *book, uint32 customer, const Row *row)
{
	if (book->wide_count == book->wide_room)
		book->wide = enlarge(book, book->wide, &book->wide_room, 1024, sizeof(ClvWideOrder));
	book->wide[book->wide_count++] = (ClvWideOrder)
	{
		.customer = customer, .scale = row->scale, .purchase = row->purchase
	};
}

static inline size_t
block_orders(const Partition *partition, const OrderBlock *block)
{
	return block->next != NULL ? BLOCK_ORDERS : partition->next_order - block->orders;
}

static void
add_block(Book *book, Partition *partition)
{
	OrderBlock *block = MemoryContextAlloc(book->context, sizeof(OrderBlock));

	block->next = NULL;
	if (partition->newest == NULL)
		partition->oldest = block;
	else
		partition->newest->next = block;
	partition->newest = block;
	partition->next_order = block->orders;
	partition->end_of_block = block->orders + BLOCK_ORDERS;
	book->memory += sizeof(OrderBlock);
	/* Twice the largest partition is what grouping needs. */
	partition->room += BLOCK_ORDERS;
	if (partition->room > book->largest)
	{
		book->memory += 2 * (partition->room - book->largest) * sizeof(ClvOrder);
		book->largest = partition->room;
	}
}

static inline void
add_order(Book *book, uint32 customer, const Row *row)
{
	Partition  *partition = &book->partitions[customer >> CLV_PARTITION_BITS];

	if (partition->next_order == partition->end_of_block)
		add_block(book, partition);
	*partition->next_order++ = (ClvOrder)
	{
		.customer = customer, .day = row->day, .packed = row->packed
	};
}

static inline void
book_row(Collector *collector, const Row *row)
{
	uint32		customer = find_customer(collector, row);

	if (row->wide)
		add_wide_order(&collector->book, customer, row);
	else
		add_order(&collector->book, customer, row);
}

/*
 * Spilling
 */

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

static void
spill_row(Collector *collector, const Row *row)
{
	Spill	   *spill = collector->spill;
	BufFile   **file = &spill->files[(mix(row->tag) >> (SPILL_BITS * spill->level)) & (SPILL_FILES - 1)];
	SpilledRow	spilled;

	memset(&spilled, 0, sizeof(spilled));
	spilled.tag = row->tag;
	spilled.wide_scale = row->wide ? row->scale : NOT_WIDE;
	if (!row->wide)
	{
		spilled.packed = row->packed;
		spilled.day = row->day;
	}
	if (collector->key_kind != KEY_IS_TAG)
		spilled.key_size = collector->key_by_value ? sizeof(Datum) : datumGetSize(row->key, false, collector->key_length);
	if (*file == NULL)
		*file = BufFileCreateTemp(false);
	BufFileWrite(*file, &spilled, sizeof(spilled));
	if (row->wide)
		BufFileWrite(*file, (void *) &row->purchase, sizeof(row->purchase));
	if (spilled.key_size > 0)
		BufFileWrite(*file, collector->key_by_value ? (void *) &row->key : (void *) DatumGetPointer(row->key), spilled.key_size);
}

/* The rows that the book holds move to files, and so will all that follow. */
static void
start_spilling(Collector *collector)
{
	Book	   *book = &collector->book;
	Row			row;

	collector->spill = palloc0(sizeof(Spill));
	collector->spill->level = collector->level;
	row.wide = false;
	for (size_t i = 0; i < partition_count(book); i++)
	{
		const Partition *partition = &book->partitions[i];

		for (const OrderBlock *block = partition->oldest; block != NULL; block = block->next)
		{
			CHECK_FOR_INTERRUPTS();
			for (size_t k = 0; k < block_orders(partition, block); k++)
			{
				row.key = book->keys[block->orders[k].customer];
				row.tag = key_tag(collector, row.key);
				row.day = block->orders[k].day;
				row.packed = block->orders[k].packed;
				spill_row(collector, &row);
			}
		}
	}
	row.wide = true;
	for (size_t i = 0; i < book->wide_count; i++)
	{
		row.key = book->keys[book->wide[i].customer];
		row.tag = key_tag(collector, row.key);
		row.purchase = book->wide[i].purchase;
		row.scale = book->wide[i].scale;
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

	if (BufFileSeek(file, 0, 0, SEEK_SET) != 0)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not rewind temporary file")));
	while (read_spilled(file, &spilled, sizeof(spilled)))
	{
		Row		   *row = &collector->batch[collector->batched];

		row->tag = spilled.tag;
		row->key = (Datum) spilled.tag;
		row->packed = spilled.packed;
		row->day = spilled.day;
		row->wide = spilled.wide_scale != NOT_WIDE;
		row->scale = spilled.wide_scale;
		if (row->wide)
			read_spilled(file, &row->purchase, sizeof(row->purchase));
		if (collector->key_by_value && spilled.key_size > 0)
			read_spilled(file, &row->key, sizeof(row->key));
		else if (spilled.key_size > 0)
		{
			row->key = PointerGetDatum(MemoryContextAlloc(collector->batch_context, spilled.key_size));
			read_spilled(file, DatumGetPointer(row->key), spilled.key_size);
		}
		finish_row(collector);
	}
	flush_batch(collector);
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

/* The history of one customer whatever the orders are; returns its size. */
static size_t
write_history(Collector *collector, const ClvOrder *orders, size_t count, const ClvWideOrder *wide, size_t wide_count)
{
	int			scale;
	size_t		entries = count + wide_count;
	ClvStatus	status;

	reserve_entries(collector, entries);
	status = clv_orders_purchases(orders, count, wide, wide_count, collector->entries, &scale);
	if (status == CLV_OK)
		status = clv_history_normalize(collector->entries, &entries, &scale,
									   collector->entries + entries, clv_check_interrupts);
	if (status != CLV_OK)
		clv_raise(status, "The orders of one customer do not fit into one history.");
	return clv_history_write(collector->entries, entries, scale, (uint8 *) VARDATA(collector->history));
}

/* One customer's row of the result. */
static void
emit_customer(Collector *collector, Datum key, ClvOrder *orders, size_t count,
			  const ClvWideOrder *wide, size_t wide_count)
{
	Datum		values[2];
	bool		nulls[2] = {false};
	size_t		size = 0;

	reserve_history(collector, VARHDRSZ + clv_history_size_bound(count + wide_count));
	if (wide_count == 0)
		size = clv_orders_write(orders, count, (uint8 *) VARDATA(collector->history));
	if (size == 0)
		size = write_history(collector, orders, count, wide, wide_count);
	size += VARHDRSZ;
	if (!AllocSizeIsValid(size))
		clv_raise(CLV_HISTORY_TOO_LARGE, "It has %zu bytes.", size);
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

/* The orders of a partition by customer, each one's by day if that can be had. */
static void
group_partition(Collector *collector, const Partition *partition)
{
	ClvGrouping *grouping = &collector->grouping;
	const OrderBlock *block;

	memset(grouping, 0, sizeof(*grouping));
	for (block = partition->oldest; block != NULL; block = block->next)
		clv_orders_count(grouping, block->orders, block_orders(partition, block));
	clv_orders_find_places(grouping);
	if (!clv_orders_need_sorting(grouping))
	{
		for (block = partition->oldest; block != NULL; block = block->next)
			clv_orders_group(grouping, block->orders, block_orders(partition, block), collector->grouped);
		return;
	}
	for (block = partition->oldest; block != NULL; block = block->next)
		clv_orders_count_days(grouping, block->orders, block_orders(partition, block));
	clv_orders_find_day_places(grouping);
	for (block = partition->oldest; block != NULL; block = block->next)
		clv_orders_sort(grouping, block->orders, block_orders(partition, block), collector->sorted);
	clv_orders_group(grouping, collector->sorted, grouping->orders, collector->grouped);
}

static void
emit_book(Collector *collector)
{
	Book	   *book = &collector->book;
	size_t		wide_from = 0;

	collector->sorted = MemoryContextAllocHuge(book->context, Max(1, book->largest) * sizeof(ClvOrder));
	collector->grouped = MemoryContextAllocHuge(book->context, Max(1, book->largest) * sizeof(ClvOrder));
	if (book->wide_count > 0)
		qsort(book->wide, book->wide_count, sizeof(ClvWideOrder), compare_wide_orders);
	for (size_t i = 0; i < partition_count(book); i++)
	{
		uint32		first = i << CLV_PARTITION_BITS;
		uint32		customers = Min(book->customers - first, CLV_PARTITION_CUSTOMERS);
		size_t		from = 0;

		CHECK_FOR_INTERRUPTS();
		group_partition(collector, &book->partitions[i]);
		for (uint32 k = 0; k < customers; k++)
		{
			size_t		to = collector->grouping.places[k];
			size_t		wide_to = wide_from;

			while (wide_to < book->wide_count && book->wide[wide_to].customer == first + k)
				wide_to++;
			emit_customer(collector, book->keys[first + k], collector->grouped + from, to - from,
						  book->wide + wide_from, wide_to - wide_from);
			from = to;
			wide_from = wide_to;
		}
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
	CHECK_FOR_INTERRUPTS();
	for (int i = 0; i < collector->batched; i++)
		add_row(collector, &collector->batch[i]);
	collector->batched = 0;
	if (!collector->key_by_value)
		MemoryContextReset(collector->batch_context);
}

/* The row behind the last one of the batch has been filled in. */
static void
finish_row(Collector *collector)
{
	/* By the time that the batch is full the slot is in the cache. */
	__builtin_prefetch(&collector->book.slots[home_slot(&collector->book, collector->batch[collector->batched].tag)], 1);
	if (++collector->batched == BATCH_SIZE)
		flush_batch(collector);
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
row_purchase(Collector *collector, const Datum *values, Row *row)
{
	ClvAmount	amount = 0;
	int32		orders = 1;

	row->day = row_day(collector, values[COLUMN_ORDERED_AT]);
	row->scale = 0;
	if (collector->columns > COLUMN_AMOUNT)
		row_amount(collector, values[COLUMN_AMOUNT], &amount, &row->scale);
	if (collector->columns > COLUMN_ORDERS)
		orders = DatumGetInt32(values[COLUMN_ORDERS]);
	row->wide = orders != 1 || !clv_amount_pack(amount, row->scale, &row->packed);
	if (row->wide)
		row->purchase = (ClvPurchase)
	{
		.day = row->day, .orders = orders, .amount = amount
	};
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
		row_purchase(collector, slot->tts_values, row);
		row->key = row_key(collector, slot->tts_values[COLUMN_CUSTOMER]);
		row->tag = key_tag(collector, row->key);
		finish_row(collector);
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
