/*-------------------------------------------------------------------------
 *
 * order_log.h
 *	  The orders of many customers, written down as they come and put
 *	  together by customer afterwards.
 *
 * Customers are numbers from 0 on, given in the order of their appearance.
 * An order takes 16 bytes: amounts of up to 17 digits share 64 bits with
 * their scale; what does not fit is a wide order.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_ORDER_LOG_H
#define CLV_ORDER_LOG_H

#include "base/history.h"

typedef struct ClvOrder
{
	uint32_t	customer;
	int32_t		day;
	int64_t		packed;			/* mantissa * 32 + scale */
} ClvOrder;

#define CLV_PACKED_SCALE_BITS 5
#define CLV_PACKED_MAX_SCALE ((1 << CLV_PACKED_SCALE_BITS) - 1)

/* What an order cannot say: any amount, any number of orders. */
typedef struct ClvWideOrder
{
	uint32_t	customer;
	int32_t		scale;
	ClvPurchase purchase;
} ClvWideOrder;

/* Write mantissa and scale into 64 bits; false if they do not fit. */
static inline bool
clv_amount_pack(ClvAmount mantissa, int scale, int64_t *packed)
{
	int64_t		narrow = (int64_t) mantissa;
	int64_t		shifted = (int64_t) ((uint64_t) narrow << CLV_PACKED_SCALE_BITS);

	if (narrow != mantissa || shifted >> CLV_PACKED_SCALE_BITS != narrow || scale > CLV_PACKED_MAX_SCALE)
		return false;
	*packed = shifted | scale;
	return true;
}

/*
 * Group orders by customer: first clv_orders_partition sorts blocks of
 * orders into ranges of customers, at most CLV_PARTITIONS of them, so that
 * clv_orders_scatter, which sorts inside the ranges, stays in the cache.
 *
 * offsets[c] is where the orders of customer c begin, offsets[customers] the
 * number of all orders.  The partition bounds are kept in ClvPartitioning.
 */
#define CLV_PARTITIONS 512

typedef struct ClvPartitioning
{
	int			shift;			/* customers 2^shift to a partition */
	size_t		count;
	size_t		next[CLV_PARTITIONS + 1];	/* where the next order of a partition goes */
} ClvPartitioning;

extern void clv_orders_start(ClvPartitioning *partitioning, const size_t *offsets, size_t customers);
extern void clv_orders_partition(ClvPartitioning *partitioning, const ClvOrder *orders, size_t count,
								 ClvOrder *partitioned);

/* One partition: *offsets of its customers are moved to their ends. */
extern void clv_orders_scatter(const ClvOrder *partitioned, size_t count, size_t *offsets,
							   ClvOrder *grouped);

/*
 * The purchases of one customer: count orders and wide_count wide ones, at a
 * common scale, not normalized.  entries has room for all of them.
 */
extern ClvStatus clv_orders_purchases(const ClvOrder *orders, size_t count,
									  const ClvWideOrder *wide, size_t wide_count,
									  ClvPurchase *entries, int *scale);

#endif							/* CLV_ORDER_LOG_H */
