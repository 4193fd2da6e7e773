/*-------------------------------------------------------------------------
 *
 * order_book.h
 *	  Customers and their orders in memory, as they come, and the histories
 *	  they make.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_ORDER_BOOK_H
#define CLV_PG_ORDER_BOOK_H

#include "base/order_log.h"
#include "pg/order_row.h"

/* Entry of the hash table. */
typedef struct ClvOrderSlot
{
	uint64		tag;
	uint32		customer;		/* number plus one; 0 is an empty slot */
} ClvOrderSlot;

/* The orders of CLV_PARTITION_CUSTOMERS customers. */
typedef struct ClvOrderPartition ClvOrderPartition;

typedef struct ClvOrderBook
{
	const ClvCustomerKey *key;
	MemoryContext context;
	size_t		memory;			/* bytes, with those that writing histories will take */
	ClvOrderSlot *slots;
	void	   *slot_memory;	/* where they are in */
	int			slot_bits;		/* there are 2^slot_bits slots */
	uint32		customers;
	Datum	   *keys;			/* by customer */
	size_t		key_room;
	char	   *key_block;
	size_t		key_block_left;
	ClvOrderPartition *partitions;
	size_t		partition_room;
	size_t		largest;		/* orders of one partition */
	ClvWideOrder *wide;
	size_t		wide_count;
	size_t		wide_room;
} ClvOrderBook;

/* An empty book, in a memory context of its own; and one that is empty again. */
extern void clv_order_book_init(ClvOrderBook *book, MemoryContext parent, const ClvCustomerKey *key);
extern void clv_order_book_clear(ClvOrderBook *book);

extern void clv_order_book_add(ClvOrderBook *book, const ClvOrderRow *row);

/* Bytes while the next order is added: slots are moved into twice as many. */
static inline size_t
clv_order_book_next_memory(const ClvOrderBook *book)
{
	bool		doubles = (size_t) book->customers * 2 >= (size_t) 1 << book->slot_bits;

	return book->memory + (doubles ? sizeof(ClvOrderSlot) << (book->slot_bits + 1) : 0);
}

/* All orders again, wide ones last.  Keys that are passed by reference are the book's. */
typedef void (*ClvOrderReceiver) (void *target, const ClvOrderRow *row);

extern void clv_order_book_read(const ClvOrderBook *book, ClvOrderReceiver receive, void *target);

/* The history of each customer, valid until the receiver returns. */
typedef void (*ClvHistoryReceiver) (void *target, Datum customer, Datum history);

extern void clv_order_book_histories(ClvOrderBook *book, ClvHistoryReceiver receive, void *target);

/* Spread a tag over all 64 bits. */
static inline uint64
clv_mix_tag(uint64 tag)
{
	tag ^= tag >> 32;
	tag *= UINT64CONST(0xd6e8feb86659fd93);
	tag ^= tag >> 32;
	tag *= UINT64CONST(0xd6e8feb86659fd93);
	tag ^= tag >> 32;
	return tag;
}

/* Where the search for a tag begins.  The top bits of the hash: doubling the slots keeps their order. */
static inline size_t
clv_home_slot(const ClvOrderBook *book, uint64 tag)
{
	return clv_mix_tag(tag) >> (64 - book->slot_bits);
}

#endif							/* CLV_PG_ORDER_BOOK_H */
