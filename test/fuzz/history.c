/*-------------------------------------------------------------------------
 *
 * history.c
 *	  Fuzz target of histories: whatever bytes come, the validator and the
 *	  readers stay inside them, and what they accept is canonical.
 *
 * The first byte chooses: 0 binary value, 1 text of entries, 2 log of orders.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "base/calendar.h"
#include "base/history.h"

static bool
same_entry(const ClvPurchase *left, const ClvPurchase *right)
{
	return left->day == right->day && left->orders == right->orders && left->amount == right->amount;
}

static void
check_text_of(const ClvPurchase *entry, int scale)
{
	char		out[CLV_HISTORY_ENTRY_TEXT_SIZE];
	int			length = clv_history_write_entry(entry, scale, out);
	ClvPurchase again;
	int			scale_again;
	size_t		used;

	REQUIRE(length < CLV_HISTORY_ENTRY_TEXT_SIZE);
	REQUIRE(clv_history_read_entry(out, (size_t) length, &used, &again, &scale_again) == CLV_OK);
	REQUIRE(used == (size_t) length);
	REQUIRE(clv_amount_rescale(&again.amount, scale_again, scale) == CLV_OK);
	REQUIRE(same_entry(&again, entry));
}

static void
check_statistics(const uint8_t *bytes, size_t size)
{
	const int32_t as_of[] = {CLV_DATE_MIN, -1, 0, CLV_HISTORY_EPOCH, CLV_DATE_MAX};
	ClvStatistics statistics;
	ClvHistorySummary summary;

	for (size_t i = 0; i < sizeof(as_of) / sizeof(as_of[0]); i++)
	{
		if (clv_history_statistics(bytes, size, as_of[i], &statistics) != CLV_OK)
			continue;
		REQUIRE(statistics.t_x >= 0 && statistics.t_x <= statistics.age);
		REQUIRE((statistics.frequency > 0) == (statistics.t_x > 0));
		REQUIRE(statistics.spend - statistics.spend == 0);
	}
	if (clv_history_summarize(bytes, size, &summary) == CLV_OK)
		REQUIRE(clv_amount_in_range(summary.revenue));
}

/* Valid bytes are those that writing gives back. */
static void
check_binary(const uint8_t *bytes, size_t size)
{
	size_t		bound = clv_history_entry_bound(size);
	ClvPurchase *entries;
	ClvPurchase *scratch;
	uint8_t    *again;
	size_t		count;
	int			scale;

	if (clv_history_validate(bytes, size) != CLV_OK)
		return;
	entries = fuzz_allocate(bound * sizeof(ClvPurchase));
	scratch = fuzz_allocate(bound * sizeof(ClvPurchase));
	count = clv_history_entries(bytes, size, 1, entries);
	scale = bytes[1];
	REQUIRE(count <= bound);
	for (size_t i = 0; i < count; i++)
		check_text_of(&entries[i], scale);
	check_statistics(bytes, size);

	REQUIRE(clv_history_normalize(entries, &count, &scale, scratch, NULL) == CLV_OK);
	again = fuzz_allocate(clv_history_size_bound(count));
	REQUIRE(clv_history_write(entries, count, scale, again) == size);
	REQUIRE(memcmp(again, bytes, size) == 0);
	free(entries);
	free(scratch);
	free(again);
}

static void
check_text(const char *text, size_t length)
{
	while (length > 0)
	{
		ClvPurchase entry;
		int			scale;
		size_t		used;

		if (clv_history_read_entry(text, length, &used, &entry, &scale) != CLV_OK)
			return;
		REQUIRE(used > 0 && used <= length);
		REQUIRE(entry.day >= CLV_DATE_MIN && entry.day <= CLV_DATE_MAX);
		REQUIRE(entry.orders > INT32_MIN && clv_amount_in_range(entry.amount));
		REQUIRE(scale == clv_amount_least_scale(entry.amount, scale) && scale <= CLV_AMOUNT_DIGITS);
		check_text_of(&entry, scale);
		while (used < length && (text[used] == ',' || text[used] == ' '))
			used++;
		text += used;
		length -= used;
	}
}

/* Orders of 24 bytes each: a log keeps them, and its normal form is canonical. */
static void
check_log(const uint8_t *data, size_t size)
{
	size_t		count = size / 24;
	size_t		kept = 0;
	size_t		room = sizeof(ClvHistoryLog) + count * CLV_HISTORY_MAX_ENTRY_SIZE;
	ClvHistoryLog *log = fuzz_allocate(room);
	ClvPurchase *orders = fuzz_allocate(count * sizeof(ClvPurchase));
	ClvPurchase *entries = fuzz_allocate(count * sizeof(ClvPurchase));
	uint8_t    *bytes;
	int			scale = CLV_AMOUNT_DIGITS;

	clv_history_log_start(log, scale);
	for (size_t i = 0; i < count; i++)
	{
		ClvPurchase *order = &orders[kept];
		memcpy(&order->day, data + 24 * i, 4);
		memcpy(&order->orders, data + 24 * i + 4, 4);
		memcpy(&order->amount, data + 24 * i + 8, 16);
		order->amount %= clv_amount_power_of_ten(CLV_AMOUNT_DIGITS);
		if (order->day < CLV_DATE_MIN || order->day > CLV_DATE_MAX || order->orders == INT32_MIN)
			continue;
		REQUIRE(clv_history_log_append(log, room, order->day, order->orders, order->amount));
		kept++;
	}
	REQUIRE(kept <= clv_history_entry_bound(log->used));
	REQUIRE(clv_history_log_entries(log, entries) == kept);
	for (size_t i = 0; i < kept; i++)
		REQUIRE(same_entry(&entries[i], &orders[i]));

	if (clv_history_normalize(entries, &kept, &scale, orders, NULL) == CLV_OK)
	{
		bytes = fuzz_allocate(clv_history_size_bound(kept));
		size = clv_history_write(entries, kept, scale, bytes);
		REQUIRE(clv_history_validate(bytes, size) == CLV_OK);
		check_statistics(bytes, size);
		free(bytes);
	}
	free(log);
	free(orders);
	free(entries);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	switch (data[0] % 3)
	{
		case 0:
			check_binary(data + 1, size - 1);
			break;
		case 1:
			check_text((const char *) data + 1, size - 1);
			break;
		default:
			check_log(data + 1, size - 1);
			break;
	}
	return 0;
}
