/*-------------------------------------------------------------------------
 *
 * order_log.c
 *	  The orders of many customers, put together by customer.
 *
 *-------------------------------------------------------------------------
 */
#include "base/order_log.h"

void
clv_orders_start(ClvPartitioning *partitioning, const size_t *offsets, size_t customers)
{
	partitioning->shift = 0;
	while (customers >> partitioning->shift >= CLV_PARTITIONS)
		partitioning->shift++;
	partitioning->count = (customers >> partitioning->shift) + 1;
	for (size_t i = 0; i < partitioning->count; i++)
		partitioning->next[i] = offsets[i << partitioning->shift];
}

void
clv_orders_partition(ClvPartitioning *partitioning, const ClvOrder *orders, size_t count,
					 ClvOrder *partitioned)
{
	for (size_t i = 0; i < count; i++)
		partitioned[partitioning->next[orders[i].customer >> partitioning->shift]++] = orders[i];
}

void
clv_orders_scatter(const ClvOrder *partitioned, size_t count, size_t *offsets, ClvOrder *grouped)
{
	for (size_t i = 0; i < count; i++)
		grouped[offsets[partitioned[i].customer]++] = partitioned[i];
}

static inline int
packed_scale(const ClvOrder *order)
{
	return (int) (order->packed & CLV_PACKED_MAX_SCALE);
}

ClvStatus
clv_orders_purchases(const ClvOrder *orders, size_t count, const ClvWideOrder *wide, size_t wide_count,
					 ClvPurchase *entries, int *scale)
{
	int			common = 0;

	for (size_t i = 0; i < count; i++)
		common = packed_scale(&orders[i]) > common ? packed_scale(&orders[i]) : common;
	for (size_t i = 0; i < wide_count; i++)
		common = wide[i].scale > common ? wide[i].scale : common;

	for (size_t i = 0; i < count; i++)
	{
		ClvStatus	status;

		entries[i].day = orders[i].day;
		entries[i].orders = 1;
		entries[i].amount = orders[i].packed >> CLV_PACKED_SCALE_BITS;
		status = clv_amount_rescale(&entries[i].amount, packed_scale(&orders[i]), common);
		if (status != CLV_OK)
			return status;
	}
	for (size_t i = 0; i < wide_count; i++)
	{
		ClvStatus	status;

		entries[count + i] = wide[i].purchase;
		status = clv_amount_rescale(&entries[count + i].amount, wide[i].scale, common);
		if (status != CLV_OK)
			return status;
	}
	*scale = common;
	return CLV_OK;
}
