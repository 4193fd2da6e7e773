/*-------------------------------------------------------------------------
 *
 * order_log.c
 *	  The orders of many customers, put together by customer.
 *
 *-------------------------------------------------------------------------
 */
#include "base/order_log.h"
#include "base/varint.h"

static inline size_t *
place_of_customer(ClvGrouping *grouping, const ClvOrder *order)
{
	return &grouping->places[order->customer & (CLV_PARTITION_CUSTOMERS - 1)];
}

static inline size_t *
place_of_day(ClvGrouping *grouping, const ClvOrder *order)
{
	return &grouping->day_places[order->day - grouping->first_day];
}

/* Where each begins, if counts of them follow one another. */
static void
counts_to_places(size_t *counts, size_t count)
{
	size_t		place = 0;

	for (size_t i = 0; i < count; i++)
	{
		size_t		here = counts[i];

		counts[i] = place;
		place += here;
	}
}

void
clv_orders_count(ClvGrouping *grouping, const ClvOrder *orders, size_t count)
{
	if (count == 0)
		return;
	if (grouping->orders == 0)
		grouping->first_day = grouping->last_day = grouping->newest_day = orders[0].day;
	for (size_t i = 0; i < count; i++)
	{
		int32_t		day = orders[i].day;

		++*place_of_customer(grouping, &orders[i]);
		grouping->unordered |= day < grouping->newest_day;
		grouping->newest_day = day;
		grouping->first_day = day < grouping->first_day ? day : grouping->first_day;
		grouping->last_day = day > grouping->last_day ? day : grouping->last_day;
	}
	grouping->orders += count;
}

void
clv_orders_find_places(ClvGrouping *grouping)
{
	counts_to_places(grouping->places, CLV_PARTITION_CUSTOMERS);
}

void
clv_orders_group(ClvGrouping *grouping, const ClvOrder *orders, size_t count, ClvOrder *grouped)
{
	for (size_t i = 0; i < count; i++)
		grouped[(*place_of_customer(grouping, &orders[i]))++] = orders[i];
}

bool
clv_orders_need_sorting(const ClvGrouping *grouping)
{
	return grouping->unordered && (int64_t) grouping->last_day - grouping->first_day < CLV_GROUPING_DAYS;
}

void
clv_orders_count_days(ClvGrouping *grouping, const ClvOrder *orders, size_t count)
{
	for (size_t i = 0; i < count; i++)
		++* place_of_day(grouping, &orders[i]);
}

void
clv_orders_find_day_places(ClvGrouping *grouping)
{
	counts_to_places(grouping->day_places, (size_t) (grouping->last_day - grouping->first_day) + 1);
}

void
clv_orders_sort(ClvGrouping *grouping, const ClvOrder *orders, size_t count, ClvOrder *sorted)
{
	for (size_t i = 0; i < count; i++)
		sorted[(*place_of_day(grouping, &orders[i]))++] = orders[i];
}

/* Can these orders be added up in 64 bits, day by day? */
static bool
is_simple(const ClvOrder *orders, size_t count)
{
	uint64_t	largest = 0;	/* at least the largest mantissa, but for its sign */
	int64_t		scale_differs = 0;
	bool		unordered = false;

	for (size_t i = 0; i < count; i++)
	{
		int64_t		mantissa = clv_packed_mantissa(orders[i].packed);

		largest |= (uint64_t) (mantissa ^ mantissa >> 63);
		scale_differs |= orders[i].packed ^ orders[0].packed;
		unordered |= i > 0 && orders[i].day < orders[i - 1].day;
	}
	if (unordered || clv_packed_scale(scale_differs) != 0 || count > INT32_MAX)
		return false;
	return largest <= INT32_MAX || largest < INT64_MAX / count;
}

/* Make one of the orders of each day: customer becomes their number, packed their amount. */
static size_t
add_up_days(ClvOrder *orders, size_t count)
{
	size_t		days = 0;

	for (size_t i = 0; i < count; days++)
	{
		ClvOrder	total = {.customer = 1, .day = orders[i].day, .packed = clv_packed_mantissa(orders[i].packed)};

		for (i++; i < count && orders[i].day == total.day; i++)
		{
			total.customer++;
			total.packed += clv_packed_mantissa(orders[i].packed);
		}
		orders[days] = total;
	}
	return days;
}

/* Leave out a last decimal that is zero on every day; false if there is none. */
static bool
drop_decimal(ClvOrder *days, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		if (days[i].packed % 10 != 0)
			return false;
	}
	for (size_t i = 0; i < count; i++)
		days[i].packed /= 10;
	return true;
}

size_t
clv_orders_write(ClvOrder *orders, size_t count, uint8_t *out)
{
	uint8_t    *next = out + CLV_HISTORY_HEADER_SIZE;
	int			scale;

	if (count == 0 || !is_simple(orders, count))
		return 0;
	scale = clv_packed_scale(orders[0].packed);
	count = add_up_days(orders, count);
	while (scale > 0 && drop_decimal(orders, count))
		scale--;
	out[0] = CLV_HISTORY_VERSION;
	out[1] = (uint8_t) scale;
	for (size_t i = 0; i < count; i++)
	{
		uint64_t	distance = i == 0 ? clv_zigzag((int64_t) orders[i].day - CLV_HISTORY_EPOCH)
			: (uint64_t) ((int64_t) orders[i].day - orders[i - 1].day);

		next = clv_put_varint(next, distance << 1 | (orders[i].customer != 1));
		if (orders[i].customer != 1)
			next = clv_put_varint(next, clv_zigzag(orders[i].customer));
		next = clv_put_varint(next, clv_zigzag(orders[i].packed));
	}
	return (size_t) (next - out);
}

/* The scale that all orders have room for: as they came, or without the zeros at their end. */
static int
common_scale(const ClvOrder *orders, size_t count, const ClvWideOrder *wide, size_t wide_count, bool without_zeros)
{
	int			common = 0;

	for (size_t i = 0; i < count; i++)
	{
		int			scale = clv_packed_scale(orders[i].packed);

		if (without_zeros && scale > common)
			scale = clv_amount_least_scale(clv_packed_mantissa(orders[i].packed), scale);
		common = scale > common ? scale : common;
	}
	for (size_t i = 0; i < wide_count; i++)
	{
		int			scale = wide[i].scale;

		if (without_zeros && scale > common)
			scale = clv_amount_least_scale(wide[i].purchase.amount, scale);
		common = scale > common ? scale : common;
	}
	return common;
}

static ClvStatus
purchases_at_scale(const ClvOrder *orders, size_t count, const ClvWideOrder *wide, size_t wide_count,
				   ClvPurchase *entries, int scale)
{
	for (size_t i = 0; i < count; i++)
	{
		ClvStatus	status;

		entries[i].day = orders[i].day;
		entries[i].orders = 1;
		entries[i].amount = clv_packed_mantissa(orders[i].packed);
		status = clv_amount_rescale(&entries[i].amount, clv_packed_scale(orders[i].packed), scale);
		if (status != CLV_OK)
			return status;
	}
	for (size_t i = 0; i < wide_count; i++)
	{
		ClvStatus	status;

		entries[count + i] = wide[i].purchase;
		status = clv_amount_rescale(&entries[count + i].amount, wide[i].scale, scale);
		if (status != CLV_OK)
			return status;
	}
	return CLV_OK;
}

ClvStatus
clv_orders_purchases(const ClvOrder *orders, size_t count, const ClvWideOrder *wide, size_t wide_count,
					 ClvPurchase *entries, int *scale)
{
	ClvStatus	status;

	*scale = common_scale(orders, count, wide, wide_count, false);
	status = purchases_at_scale(orders, count, wide, wide_count, entries, *scale);
	if (status == CLV_OK)
		return CLV_OK;
	/* Zeros that are shown behind an amount do not count. */
	*scale = common_scale(orders, count, wide, wide_count, true);
	return purchases_at_scale(orders, count, wide, wide_count, entries, *scale);
}
