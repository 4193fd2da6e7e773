/*-------------------------------------------------------------------------
 *
 * order_book.c
 *	  Customers and their orders in memory.
 *
 * A hash table tells a customer's number; the order is written down behind
 * those of 4096 neighboring customers.  When all are in, the orders of one
 * such range after the other are grouped by customer (src/base/order_log.c),
 * in the cache, and encoded.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/mman.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "pg/compat.h"
#include "pg/error.h"
#include "pg/order_book.h"

/* Orders are kept in blocks of eight kilobytes. */
#define BLOCK_ORDERS (8192 / sizeof(ClvOrder) - 1)

/* Keys that are not passed by value are kept in blocks of this size. */
#define KEY_BLOCK_SIZE (64 * 1024)

#define LARGE_PAGE (2 * 1024 * 1024)

/* Slots in a cache line of 64 bytes. */
#define LINE_SLOTS 4

#define INITIAL_SLOT_BITS 10
#define INITIAL_CUSTOMERS 512

typedef struct OrderBlock
{
	struct OrderBlock *next;	/* a block that has one is full */
	ClvOrder	orders[BLOCK_ORDERS];
} OrderBlock;

/* The orders of CLV_PARTITION_CUSTOMERS customers, as they came. */
struct ClvOrderPartition
{
	OrderBlock *oldest;
	OrderBlock *newest;
	ClvOrder   *next_order;		/* in the newest block */
	ClvOrder   *end_of_block;
	size_t		room;			/* of its blocks, in orders */
};

/*
 * 2^slot_bits empty slots.  They are visited at random, so that with pages of
 * 4 kB nearly every visit would have to look its page up first: large tables
 * ask for large pages, where the system has them.
 */
static void
allocate_slots(ClvOrderBook *book)
{
	size_t		size = sizeof(ClvOrderSlot) << book->slot_bits;
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
start(ClvOrderBook *book)
{
	book->slot_bits = INITIAL_SLOT_BITS;
	allocate_slots(book);
	book->memory = sizeof(ClvOrderSlot) << book->slot_bits;
}

void
clv_order_book_init(ClvOrderBook *book, MemoryContext parent, const ClvCustomerKey *key)
{
	memset(book, 0, sizeof(*book));
	book->key = key;
	book->context = AllocSetContextCreate(parent, "clv order book", ALLOCSET_DEFAULT_SIZES);
	start(book);
}

void
clv_order_book_clear(ClvOrderBook *book)
{
	ClvOrderBook cleared = {.key = book->key, .context = book->context};

	MemoryContextReset(book->context);
	*book = cleared;
	start(book);
}

/* The n-th slot to look at: first those of the same cache line. */
static inline size_t
probe(const ClvOrderBook *book, size_t home, size_t n)
{
	return ((home + (n & ~(size_t) (LINE_SLOTS - 1))) & (((size_t) 1 << book->slot_bits) - 1)) ^ (n & (LINE_SLOTS - 1));
}

static void
double_slots(ClvOrderBook *book)
{
	ClvOrderSlot *old_slots = book->slots;
	void	   *old_memory = book->slot_memory;
	size_t		old_count = (size_t) 1 << book->slot_bits;

	book->slot_bits++;
	allocate_slots(book);
	book->memory += sizeof(ClvOrderSlot) * old_count;
	for (size_t i = 0; i < old_count; i++)
	{
		size_t		home = clv_home_slot(book, old_slots[i].tag);
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
enlarge(ClvOrderBook *book, void *array, size_t *room, size_t first_room, size_t size)
{
	size_t		new_room = *room == 0 ? first_room : *room * 2;

	book->memory += (new_room - *room) * size;
	*room = new_room;
	return array == NULL ? MemoryContextAllocHuge(book->context, new_room * size) : repalloc_huge(array, new_room * size);
}

/* A copy of a key that is passed by reference, packed with its neighbors. */
static Datum
keep_bytes(ClvOrderBook *book, Datum key)
{
	size_t		size = clv_key_size(book->key, key);
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
add_customer(ClvOrderBook *book, ClvOrderSlot *slot, const ClvOrderRow *row)
{
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

		book->partitions = enlarge(book, book->partitions, &book->partition_room, 16, sizeof(ClvOrderPartition));
		memset(book->partitions + old_room, 0, (book->partition_room - old_room) * sizeof(ClvOrderPartition));
	}
	book->keys[book->customers] = book->key->by_value ? row->key : keep_bytes(book, row->key);
	slot->tag = row->tag;
	slot->customer = ++book->customers;
}

static inline bool
is_slot_of(const ClvOrderBook *book, const ClvOrderSlot *slot, const ClvOrderRow *row)
{
	if (slot->tag != row->tag)
		return false;
	/* Looking the key up is a cache miss, which keys that are their tag need not pay for. */
	return book->key->kind == CLV_KEY_IS_TAG ||
		clv_key_equal(book->key, book->keys[slot->customer - 1], row->key);
}

/* The number of the row's customer, who may be new. */
static uint32
find_customer(ClvOrderBook *book, const ClvOrderRow *row)
{
	size_t		home;

	/* Half full at most, so that a search seldom takes more than one cache line. */
	if ((size_t) book->customers * 2 >= (size_t) 1 << book->slot_bits)
		double_slots(book);
	home = clv_home_slot(book, row->tag);
	for (size_t n = 0;; n++)
	{
		ClvOrderSlot *slot = &book->slots[probe(book, home, n)];

		if (slot->customer == 0)
			add_customer(book, slot, row);
		else if (!is_slot_of(book, slot, row))
			continue;
		return slot->customer - 1;
	}
}

static inline size_t
partition_count(const ClvOrderBook *book)
{
	return ((size_t) book->customers + CLV_PARTITION_CUSTOMERS - 1) >> CLV_PARTITION_BITS;
}

static void
add_wide_order(ClvOrderBook *book, uint32 customer, const ClvOrderRow *row)
{
	if (book->wide_count == book->wide_room)
		book->wide = enlarge(book, book->wide, &book->wide_room, 1024, sizeof(ClvWideOrder));
	book->wide[book->wide_count++] = (ClvWideOrder)
	{
		.customer = customer, .scale = row->scale, .purchase = row->purchase
	};
}

static inline size_t
block_orders(const ClvOrderPartition *partition, const OrderBlock *block)
{
	return block->next != NULL ? BLOCK_ORDERS : partition->next_order - block->orders;
}

static void
add_block(ClvOrderBook *book, ClvOrderPartition *partition)
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
add_order(ClvOrderBook *book, uint32 customer, const ClvOrderRow *row)
{
	ClvOrderPartition *partition = &book->partitions[customer >> CLV_PARTITION_BITS];

	if (partition->next_order == partition->end_of_block)
		add_block(book, partition);
	*partition->next_order++ = (ClvOrder)
	{
		.customer = customer, .day = row->day, .packed = row->packed
	};
}

void
clv_order_book_add(ClvOrderBook *book, const ClvOrderRow *row)
{
	uint32		customer = find_customer(book, row);

	if (row->wide)
		add_wide_order(book, customer, row);
	else
		add_order(book, customer, row);
}

void
clv_order_book_read(const ClvOrderBook *book, ClvOrderReceiver receive, void *target)
{
	ClvOrderRow row = {.wide = false};

	for (size_t i = 0; i < partition_count(book); i++)
	{
		const ClvOrderPartition *partition = &book->partitions[i];

		for (const OrderBlock *block = partition->oldest; block != NULL; block = block->next)
		{
			CHECK_FOR_INTERRUPTS();
			for (size_t k = 0; k < block_orders(partition, block); k++)
			{
				row.key = book->keys[block->orders[k].customer];
				row.tag = clv_key_tag(book->key, row.key);
				row.day = block->orders[k].day;
				row.packed = block->orders[k].packed;
				receive(target, &row);
			}
		}
	}
	row.wide = true;
	for (size_t i = 0; i < book->wide_count; i++)
	{
		row.key = book->keys[book->wide[i].customer];
		row.tag = clv_key_tag(book->key, row.key);
		row.purchase = book->wide[i].purchase;
		row.scale = book->wide[i].scale;
		receive(target, &row);
	}
}

/*
 * From orders to histories
 */

/* Room for the orders of one partition, and for one history. */
typedef struct Writer
{
	MemoryContext context;
	ClvGrouping *grouping;
	ClvOrder   *sorted;
	ClvOrder   *grouped;
	ClvPurchase *entries;
	size_t		entry_room;
	struct varlena *history;
	size_t		history_room;
} Writer;

static void
reserve_entries(Writer *writer, size_t count)
{
	if (count <= writer->entry_room)
		return;
	if (writer->entries != NULL)
		pfree(writer->entries);
	writer->entry_room = count * 2;
	/* As much again as scratch. */
	writer->entries = MemoryContextAllocHuge(writer->context, writer->entry_room * 2 * sizeof(ClvPurchase));
}

static void
reserve_history(Writer *writer, size_t size)
{
	if (size <= writer->history_room)
		return;
	if (writer->history != NULL)
		pfree(writer->history);
	writer->history_room = size * 2;
	writer->history = MemoryContextAllocHuge(writer->context, writer->history_room);
}

/* The history of one customer whatever the orders are; returns its size. */
static size_t
write_history(Writer *writer, const ClvOrder *orders, size_t count, const ClvWideOrder *wide, size_t wide_count)
{
	int			scale;
	size_t		entries = count + wide_count;
	ClvStatus	status;

	reserve_entries(writer, entries);
	status = clv_orders_purchases(orders, count, wide, wide_count, writer->entries, &scale);
	if (status == CLV_OK)
		status = clv_history_normalize(writer->entries, &entries, &scale,
									   writer->entries + entries, clv_check_interrupts);
	if (status != CLV_OK)
		clv_raise(status, "The orders of one customer do not fit into one history.");
	return clv_history_write(writer->entries, entries, scale, (uint8 *) VARDATA(writer->history));
}

/* The history of one customer. */
static Datum
customer_history(Writer *writer, ClvOrder *orders, size_t count, const ClvWideOrder *wide, size_t wide_count)
{
	size_t		size = 0;

	reserve_history(writer, VARHDRSZ + clv_history_size_bound(count + wide_count));
	if (wide_count == 0)
		size = clv_orders_write(orders, count, (uint8 *) VARDATA(writer->history));
	if (size == 0)
		size = write_history(writer, orders, count, wide, wide_count);
	size += VARHDRSZ;
	if (!AllocSizeIsValid(size))
		clv_raise(CLV_HISTORY_TOO_LARGE, "It has %zu bytes.", size);
	SET_VARSIZE(writer->history, size);
	return PointerGetDatum(writer->history);
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
group_partition(Writer *writer, const ClvOrderPartition *partition)
{
	ClvGrouping *grouping = writer->grouping;
	const OrderBlock *block;

	memset(grouping, 0, sizeof(*grouping));
	for (block = partition->oldest; block != NULL; block = block->next)
		clv_orders_count(grouping, block->orders, block_orders(partition, block));
	clv_orders_find_places(grouping);
	if (!clv_orders_need_sorting(grouping))
	{
		for (block = partition->oldest; block != NULL; block = block->next)
			clv_orders_group(grouping, block->orders, block_orders(partition, block), writer->grouped);
		return;
	}
	for (block = partition->oldest; block != NULL; block = block->next)
		clv_orders_count_days(grouping, block->orders, block_orders(partition, block));
	clv_orders_find_day_places(grouping);
	for (block = partition->oldest; block != NULL; block = block->next)
		clv_orders_sort(grouping, block->orders, block_orders(partition, block), writer->sorted);
	clv_orders_group(grouping, writer->sorted, grouping->orders, writer->grouped);
}

static void
start_writing(Writer *writer, const ClvOrderBook *book)
{
	memset(writer, 0, sizeof(*writer));
	writer->context = book->context;
	writer->grouping = MemoryContextAlloc(book->context, sizeof(ClvGrouping));
	writer->sorted = MemoryContextAllocHuge(book->context, Max(1, book->largest) * sizeof(ClvOrder));
	writer->grouped = MemoryContextAllocHuge(book->context, Max(1, book->largest) * sizeof(ClvOrder));
}

void
clv_order_book_histories(ClvOrderBook *book, ClvHistoryReceiver receive, void *target)
{
	Writer		writer;
	size_t		wide_from = 0;

	start_writing(&writer, book);
	if (book->wide_count > 0)
		qsort(book->wide, book->wide_count, sizeof(ClvWideOrder), compare_wide_orders);
	for (size_t i = 0; i < partition_count(book); i++)
	{
		uint32		first = i << CLV_PARTITION_BITS;
		uint32		customers = Min(book->customers - first, CLV_PARTITION_CUSTOMERS);
		size_t		from = 0;

		CHECK_FOR_INTERRUPTS();
		group_partition(&writer, &book->partitions[i]);
		for (uint32 k = 0; k < customers; k++)
		{
			size_t		to = writer.grouping->places[k];
			size_t		wide_to = wide_from;

			while (wide_to < book->wide_count && book->wide[wide_to].customer == first + k)
				wide_to++;
			receive(target, book->keys[first + k],
					customer_history(&writer, writer.grouped + from, to - from,
									 book->wide + wide_from, wide_to - wide_from));
			from = to;
			wide_from = wide_to;
		}
	}
	clv_order_book_clear(book);
}
