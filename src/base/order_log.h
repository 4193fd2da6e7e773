/*-------------------------------------------------------------------------
 *
 * order_log.h
 *	  The orders of many customers, written down as they come and put
 *	  together by customer afterwards.
 *
 * Customers are numbers from 0 on, given in the order of their appearance,
 * CLV_PARTITION_CUSTOMERS of them to a partition; orders are written down by
 * partition, so that grouping those of one partition stays in the cache.
 *
 * An order takes 16 bytes: amounts of up to 17 digits share 64 bits with
 * their scale; what does not fit is a wide order.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_ORDER_LOG_H
#define CLV_ORDER_LOG_H

#include "base/history.h"

#define CLV_PARTITION_BITS 12
#define CLV_PARTITION_CUSTOMERS (1 << CLV_PARTITION_BITS)

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

static inline int64_t
clv_packed_mantissa(int64_t packed)
{
	return packed >> CLV_PACKED_SCALE_BITS;
}

static inline int
clv_packed_scale(int64_t packed)
{
	return (int) (packed & CLV_PACKED_MAX_SCALE);
}

/*
 * Grouping the orders of one partition by customer, and those of a customer
 * by day.  From a grouping of zeros, all orders are counted; the counts are
 * turned into places; all orders are put there.  Orders that did not come in
 * the order of time are sorted by day before that, in the same three steps.
 * Where their days are too far apart for it a customer's orders stay as they
 * came, and clv_orders_write finds out.
 */
#define CLV_GROUPING_DAYS 16384

typedef struct ClvGrouping
{
	size_t		orders;
	int32_t		first_day;
	int32_t		last_day;
	int32_t		newest_day;		/* of the order counted last */
	bool		unordered;		/* days do not only ascend */
	size_t		places[CLV_PARTITION_CUSTOMERS];	/* counts, then where the next order goes, in the end its end */
	size_t		day_places[CLV_GROUPING_DAYS];	/* the same by day */
} ClvGrouping;

extern void clv_orders_count(ClvGrouping *grouping, const ClvOrder *orders, size_t count);
extern void clv_orders_find_places(ClvGrouping *grouping);
extern void clv_orders_group(ClvGrouping *grouping, const ClvOrder *orders, size_t count, ClvOrder *grouped);

extern bool clv_orders_need_sorting(const ClvGrouping *grouping);
extern void clv_orders_count_days(ClvGrouping *grouping, const ClvOrder *orders, size_t count);
extern void clv_orders_find_day_places(ClvGrouping *grouping);
extern void clv_orders_sort(ClvGrouping *grouping, const ClvOrder *orders, size_t count, ClvOrder *sorted);

/*
 * The history of one customer's orders, which this uses as its workspace, in
 * at most clv_history_size_bound(count) bytes.  Returns its size, or 0, the
 * orders being left alone, where they have to go by way of
 * clv_orders_purchases: days out of order, several scales, large sums.
 */
extern size_t clv_orders_write(ClvOrder *orders, size_t count, uint8_t *out);

/*
 * The purchases of one customer: count orders and wide_count wide ones, at a
 * common scale, not normalized.  entries has room for all of them.
 */
extern ClvStatus clv_orders_purchases(const ClvOrder *orders, size_t count,
									  const ClvWideOrder *wide, size_t wide_count,
									  ClvPurchase *entries, int *scale);

#endif							/* CLV_ORDER_LOG_H */
