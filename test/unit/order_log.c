/*-------------------------------------------------------------------------
 *
 * order_log.c
 *	  Orders grouped and written in 64 bits are the histories that the
 *	  general way gives, byte for byte.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>

#include "base/order_log.h"
#include "tap.h"

#define ORDERS 20000
#define CUSTOMERS 700

static ClvOrder log_of_orders[ORDERS];
static ClvOrder sorted[ORDERS];
static ClvOrder grouped[ORDERS];
static ClvGrouping grouping;
static ClvPurchase entries[2 * ORDERS];
static uint8_t out[CLV_HISTORY_HEADER_SIZE + ORDERS * CLV_HISTORY_MAX_ENTRY_SIZE];
static uint8_t expected[CLV_HISTORY_HEADER_SIZE + ORDERS * CLV_HISTORY_MAX_ENTRY_SIZE];

static uint64_t state = 1;

static uint64_t
random_below(uint64_t bound)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (state >> 33) % bound;
}

static ClvOrder
order(uint32_t customer, int32_t day, int64_t mantissa, int scale)
{
	ClvOrder	made = {.customer = customer, .day = day};

	if (!clv_amount_pack(mantissa, scale, &made.packed))
		abort();
	return made;
}

/* The general way; returns the size. */
static size_t
write_generally(const ClvOrder *orders, size_t count)
{
	int			scale;

	if (clv_orders_purchases(orders, count, NULL, 0, entries, &scale) != CLV_OK ||
		clv_history_normalize(entries, &count, &scale, entries + count, NULL) != CLV_OK)
		abort();
	return clv_history_write(entries, count, scale, expected);
}

/* Group the log in pieces. */
static void
group(void)
{
	memset(&grouping, 0, sizeof(grouping));
	for (size_t i = 0; i < ORDERS; i += 1000)
		clv_orders_count(&grouping, log_of_orders + i, 1000);
	clv_orders_find_places(&grouping);
	if (clv_orders_need_sorting(&grouping))
	{
		for (size_t i = 0; i < ORDERS; i += 1000)
			clv_orders_count_days(&grouping, log_of_orders + i, 1000);
		clv_orders_find_day_places(&grouping);
		for (size_t i = 0; i < ORDERS; i += 1000)
			clv_orders_sort(&grouping, log_of_orders + i, 1000, sorted);
		clv_orders_group(&grouping, sorted, ORDERS, grouped);
		return;
	}
	for (size_t i = 0; i < ORDERS; i += 1000)
		clv_orders_group(&grouping, log_of_orders + i, 1000, grouped);
}

/* Write every customer both ways; returns how many histories could be written in 64 bits, -1 if one differs. */
static int
compare(void)
{
	size_t		from = 0;
	int			written = 0;

	for (int customer = 0; customer < CUSTOMERS; from = grouping.places[customer++])
	{
		size_t		count = grouping.places[customer] - from;
		size_t		expected_size = write_generally(grouped + from, count);
		size_t		size = clv_orders_write(grouped + from, count, out);

		if (size == 0)
			continue;
		if (size != expected_size || memcmp(out, expected, size) != 0 || clv_history_validate(out, size) != CLV_OK)
			return -1;
		written++;
	}
	return written;
}

int
main(void)
{
	int64_t		limit = INT64_C(1) << 58;
	int64_t		packed;

	for (int i = 0; i < ORDERS; i++)
		log_of_orders[i] = order((uint32_t) random_below(CUSTOMERS), 8000 + i / 100, (int64_t) random_below(100000) - 1000, 2);
	group();
	ok(!grouping.unordered && compare() == CUSTOMERS, "orders in the order of time");

	for (int i = 0; i < ORDERS; i++)
		log_of_orders[i] = order((uint32_t) random_below(CUSTOMERS), (int32_t) random_below(400) - 200, (int64_t) random_below(30) * 100, 2);
	group();
	ok(grouping.unordered && compare() == CUSTOMERS, "orders in no order, whole amounts");

	for (int i = 0; i < ORDERS; i++)
		log_of_orders[i] = order((uint32_t) random_below(CUSTOMERS), (int32_t) random_below(1000000), (int64_t) random_below(100000), 2);
	group();
	ok(!clv_orders_need_sorting(&grouping) && compare() >= 0, "days too far apart to be sorted");

	for (int i = 0; i < ORDERS; i++)
		log_of_orders[i] = order((uint32_t) random_below(CUSTOMERS), (int32_t) random_below(300), (int64_t) random_below(100000), (int) random_below(100) == 0);
	group();
	ok(compare() >= 0, "several scales");

	for (int i = 0; i < ORDERS; i++)
		log_of_orders[i] = order((uint32_t) random_below(CUSTOMERS), (int32_t) random_below(3), random_below(2) == 0 ? limit - 1 : -limit, 2);
	group();
	ok(compare() >= 0, "the largest amounts that can be packed, many on one day");

	ok(!clv_amount_pack(limit, 0, &packed) && !clv_amount_pack(-limit - 1, 0, &packed), "larger amounts cannot be packed");
	ok(!clv_amount_pack(1, CLV_PACKED_MAX_SCALE + 1, &packed), "nor can larger scales");
	ok(clv_orders_write(grouped, 0, out) == 0, "no orders, no history");

	/* 10^36 and 1.00: the zeros that are shown behind the one do not count. */
	{
		ClvOrder	one = order(0, 1, 100, 2);
		ClvWideOrder wide = {.scale = 1, .purchase = {1, 1, clv_amount_power_of_ten(37) - 10}};
		int			scale;

		ok(clv_orders_purchases(&one, 1, &wide, 1, entries, &scale) == CLV_OK && scale == 0 && entries[0].amount == 1
		   && entries[1].amount == clv_amount_power_of_ten(36) - 1, "zeros behind the point take no room");
		one.packed += 32;
		ok(clv_orders_purchases(&one, 1, &wide, 1, entries, &scale) == CLV_AMOUNT_OVERFLOW, "other decimals do");
	}
	return done_testing();
}
