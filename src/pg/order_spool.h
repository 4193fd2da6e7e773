/*-------------------------------------------------------------------------
 *
 * order_spool.h
 *	  Orders on their way to histories: in memory as long as they fit, in
 *	  temporary files beyond.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_ORDER_SPOOL_H
#define CLV_PG_ORDER_SPOOL_H

#include "pg/order_book.h"

/* Orders between a prefetch and its use: enough for cache misses to overlap with reading on. */
#define CLV_BATCH_SIZE 64

typedef struct ClvOrderSpill ClvOrderSpill;

typedef struct ClvOrderSpool
{
	MemoryContext context;
	ClvCustomerKey key;
	ClvOrderRow batch[CLV_BATCH_SIZE];
	int			batched;
	MemoryContext batch_context;	/* keys of the batch that are passed by reference */
	ClvOrderBook book;
	ClvOrderSpill *spill;		/* NULL while everything fits */
	int			level;			/* of the file that is read; 0 for what comes from outside */
	size_t		memory_limit;	/* bytes */
} ClvOrderSpool;

extern ClvOrderSpool *clv_order_spool_new(MemoryContext context, Oid key_type, Oid key_collation);

/* The place of the next order, to be filled in except for key and tag, and then added. */
static inline ClvOrderRow *
clv_order_spool_row(ClvOrderSpool *spool)
{
	return &spool->batch[spool->batched];
}

extern void clv_order_spool_add(ClvOrderSpool *spool, Datum key);

/* Orders as clv_order_row_write writes them, one behind the other. */
extern void clv_order_spool_add_records(ClvOrderSpool *spool, const char *bytes, size_t size);

/* All orders have been added. */
extern void clv_order_spool_histories(ClvOrderSpool *spool, ClvHistoryReceiver receive, void *target);

#endif							/* CLV_PG_ORDER_SPOOL_H */
