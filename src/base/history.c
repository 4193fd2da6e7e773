/*-------------------------------------------------------------------------
 *
 * history.c
 *	  Histories: their bytes, their log, their text, and what is read off them.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "base/calendar.h"
#include "base/history.h"

typedef unsigned __int128 Magnitude;

/*
 * Varints
 */

static inline uint8_t *
put_amount(uint8_t *out, ClvAmount amount)
{
	Magnitude	value = ((Magnitude) amount << 1) ^ (Magnitude) (amount >> 127);

	while (value > UINT64_MAX)
	{
		*out++ = (uint8_t) ((uint8_t) value | 0x80);
		value >>= 7;
	}
	return clv_put_varint(out, (uint64_t) value);
}

/* The bytes are known to be whole varints: no check of the end. */
static inline uint64_t
get_varint(const uint8_t **in)
{
	const uint8_t *next = *in;
	uint64_t	value = *next & 0x7F;

	for (int shift = 7; *next++ & 0x80; shift += 7)
		value |= (uint64_t) (*next & 0x7F) << shift;
	*in = next;
	return value;
}

static inline ClvAmount
get_amount(const uint8_t **in)
{
	const uint8_t *next = *in;
	uint64_t	low = *next & 0x7F;
	Magnitude	value;
	int			shift = 7;

	for (; *next++ & 0x80 && shift < 56; shift += 7)
		low |= (uint64_t) (*next & 0x7F) << shift;
	value = low;
	if (next[-1] & 0x80)
	{
		do
		{
			value |= (Magnitude) (*next & 0x7F) << shift;
			shift += 7;
		} while (*next++ & 0x80);
	}
	*in = next;
	return (ClvAmount) (value >> 1) ^ -(ClvAmount) (value & 1);
}

/*
 * Length of the varint at in, if it ends before end, is at most max_bytes long
 * and has no superfluous last byte; else 0.
 */
static size_t
varint_length(const uint8_t *in, const uint8_t *end, size_t max_bytes)
{
	size_t		available = (size_t) (end - in);

	if (available > max_bytes)
		available = max_bytes;
	for (size_t length = 1; length <= available; length++)
	{
		if (in[length - 1] & 0x80)
			continue;
		return length == 1 || in[length - 1] != 0 ? length : 0;
	}
	return 0;
}

/*
 * Reading
 */

static inline void
get_entry(const uint8_t **in, int64_t *distance, ClvPurchase *purchase)
{
	uint64_t	token = get_varint(in);

	*distance = (int64_t) (token >> 1);
	purchase->orders = (token & 1) ? (int32_t) clv_unzigzag(get_varint(in)) : 1;
	purchase->amount = get_amount(in);
}

void
clv_history_open(ClvHistoryReader *reader, const uint8_t *bytes, size_t size)
{
	reader->next = bytes + CLV_HISTORY_HEADER_SIZE;
	reader->end = bytes + size;
	reader->scale = bytes[1];
	reader->day = CLV_HISTORY_EPOCH;
	reader->started = false;
}

bool
clv_history_next_any(ClvHistoryReader *reader, ClvPurchase *purchase)
{
	int64_t		distance;

	if (reader->next >= reader->end)
		return false;
	get_entry(&reader->next, &distance, purchase);
	if (!reader->started)
	{
		reader->started = true;
		distance = clv_unzigzag((uint64_t) distance);
	}
	reader->day = (int32_t) (reader->day + distance);
	purchase->day = reader->day;
	return true;
}

size_t
clv_history_entry_bound(size_t size)
{
	/* An entry has at least a token and an amount. */
	return size / 2;
}

size_t
clv_history_entries(const uint8_t *bytes, size_t size, int sign, ClvPurchase *entries)
{
	ClvHistoryReader reader;
	size_t		count = 0;

	clv_history_open(&reader, bytes, size);
	while (clv_history_next(&reader, &entries[count]))
	{
		if (sign < 0)
		{
			/* The least int32 has no opposite: validation keeps it out. */
			entries[count].orders = -entries[count].orders;
			entries[count].amount = -entries[count].amount;
		}
		count++;
	}
	return count;
}

ClvStatus
clv_history_rescale(ClvPurchase *entries, size_t count, int from_scale, int to_scale)
{
	if (from_scale == to_scale)
		return CLV_OK;
	for (size_t i = 0; i < count; i++)
	{
		ClvStatus	status = clv_amount_rescale(&entries[i].amount, from_scale, to_scale);

		if (status != CLV_OK)
			return status;
	}
	return CLV_OK;
}

/* Check the entry at *in and move behind it; false if it is not canonical. */
static bool
validate_entry(const uint8_t **in, const uint8_t *end, int64_t *day, bool first, ClvAmount *amount)
{
	const uint8_t *entry = *in;
	const uint8_t *at = *in;
	int64_t		distance;
	int64_t		orders = 1;
	size_t		length;

	if ((length = varint_length(at, end, 5)) == 0)
		return false;
	if (at[0] & 1)
	{
		at += length;
		if ((length = varint_length(at, end, 5)) == 0)
			return false;
		orders = clv_unzigzag(get_varint(&at));
		/* One is not written out, and the least int32 has no opposite. */
		if (orders == 1 || orders > INT32_MAX || orders <= INT32_MIN)
			return false;
	}
	else
		at += length;
	if ((length = varint_length(at, end, 18)) == 0)
		return false;
	*amount = get_amount(&at);
	if (!clv_amount_in_range(*amount) || (orders == 0 && *amount == 0))
		return false;

	distance = (int64_t) (get_varint(&entry) >> 1);
	if (first)
		distance = clv_unzigzag((uint64_t) distance);
	else if (distance == 0)
		return false;
	*day += distance;
	*in = at;
	return *day >= CLV_DATE_MIN && *day <= CLV_DATE_MAX;
}

ClvStatus
clv_history_validate(const uint8_t *bytes, size_t size)
{
	const uint8_t *at;
	int64_t		day = CLV_HISTORY_EPOCH;
	int			scale;
	int			least_scale = 0;

	if (size < CLV_HISTORY_HEADER_SIZE || bytes[0] != CLV_HISTORY_VERSION || bytes[1] > CLV_AMOUNT_DIGITS)
		return CLV_HISTORY_BINARY;
	scale = bytes[1];
	at = bytes + CLV_HISTORY_HEADER_SIZE;
	for (bool first = true; at < bytes + size; first = false)
	{
		ClvAmount	amount;

		if (!validate_entry(&at, bytes + size, &day, first, &amount))
			return CLV_HISTORY_BINARY;
		if (least_scale < scale)
		{
			int			own_scale = clv_amount_least_scale(amount, scale);

			least_scale = own_scale > least_scale ? own_scale : least_scale;
		}
	}
	return least_scale == scale ? CLV_OK : CLV_HISTORY_BINARY;
}

/*
 * Writing
 */

static inline uint8_t *
put_entry(uint8_t *out, uint64_t distance, int32_t orders, ClvAmount amount)
{
	out = clv_put_varint(out, distance << 1 | (orders != 1));
	if (orders != 1)
		out = clv_put_varint(out, clv_zigzag(orders));
	return put_amount(out, amount);
}

size_t
clv_history_size_bound(size_t count)
{
	return CLV_HISTORY_HEADER_SIZE + count * CLV_HISTORY_MAX_ENTRY_SIZE;
}

size_t
clv_history_write(const ClvPurchase *entries, size_t count, int scale, uint8_t *out)
{
	uint8_t    *next = out + CLV_HISTORY_HEADER_SIZE;

	out[0] = CLV_HISTORY_VERSION;
	out[1] = (uint8_t) scale;
	for (size_t i = 0; i < count; i++)
	{
		uint64_t	distance = i == 0 ? clv_zigzag((int64_t) entries[i].day - CLV_HISTORY_EPOCH)
			: (uint64_t) ((int64_t) entries[i].day - entries[i - 1].day);

		next = put_entry(next, distance, entries[i].orders, entries[i].amount);
	}
	return (size_t) (next - out);
}

/* Merge two sorted neighbours of entries into out. */
static void
merge_runs(const ClvPurchase *entries, size_t start, size_t middle, size_t end, ClvPurchase *out)
{
	size_t		left = start;
	size_t		right = middle;

	for (size_t i = start; i < end; i++)
	{
		if (left < middle && (right >= end || entries[left].day <= entries[right].day))
			out[i] = entries[left++];
		else
			out[i] = entries[right++];
	}
}

/* Sort by day, bottom-up; nothing to do for orders that came in order. */
static void
sort_by_day(ClvPurchase *entries, size_t count, ClvPurchase *scratch, ClvInterrupt interrupt)
{
	ClvPurchase *from = entries;
	ClvPurchase *to = scratch;
	size_t		sorted = 1;

	while (sorted < count && entries[sorted - 1].day <= entries[sorted].day)
		sorted++;
	if (sorted >= count)
		return;
	for (size_t width = 1; width < count; width *= 2)
	{
		ClvPurchase *swap = from;

		for (size_t start = 0; start < count; start += 2 * width)
		{
			size_t		middle = start + width < count ? start + width : count;
			size_t		end = middle + width < count ? middle + width : count;

			merge_runs(from, start, middle, end, to);
		}
		if (interrupt != NULL)
			interrupt();
		from = to;
		to = swap;
	}
	if (from != entries)
		memcpy(entries, from, count * sizeof(ClvPurchase));
}

/* Add up the entries of one day each; they are sorted. */
static ClvStatus
combine_days(ClvPurchase *entries, size_t *count)
{
	size_t		kept = 0;

	for (size_t i = 0; i < *count;)
	{
		ClvPurchase total = entries[i++];
		ClvAmountSum amount = {.rest = total.amount};
		int64_t		orders = total.orders;

		for (; i < *count && entries[i].day == total.day; i++)
		{
			clv_amount_sum_add(&amount, entries[i].amount);
			orders += entries[i].orders;
		}
		if (orders > INT32_MAX || orders < -INT32_MAX)
			return CLV_ORDERS_OVERFLOW;
		if (clv_amount_sum_value(&amount, &total.amount) != CLV_OK)
			return CLV_AMOUNT_OVERFLOW;
		total.orders = (int32_t) orders;
		if (total.orders != 0 || total.amount != 0)
			entries[kept++] = total;
	}
	*count = kept;
	return CLV_OK;
}

/* Leave out the decimals that are zero in every entry. */
static void
lower_scale(ClvPurchase *entries, size_t count, int *scale)
{
	int			least_scale = 0;

	for (size_t i = 0; i < count && least_scale < *scale; i++)
	{
		int			own_scale = clv_amount_least_scale(entries[i].amount, *scale);

		least_scale = own_scale > least_scale ? own_scale : least_scale;
	}
	/* Smaller mantissas cannot fail. */
	(void) clv_history_rescale(entries, count, *scale, least_scale);
	*scale = least_scale;
}

ClvStatus
clv_history_normalize(ClvPurchase *entries, size_t *count, int *scale,
					  ClvPurchase *scratch, ClvInterrupt interrupt)
{
	size_t		entered = *count;
	ClvStatus	status;

	sort_by_day(entries, *count, scratch, interrupt);
	/* First, so that no sum overflows for the sake of zeros. */
	lower_scale(entries, *count, scale);
	status = combine_days(entries, count);
	if (status == CLV_OK && *count < entered)
		lower_scale(entries, *count, scale);
	return status;
}

/*
 * The log
 */

void
clv_history_log_start(ClvHistoryLog *log, int scale)
{
	log->version = CLV_HISTORY_VERSION | CLV_HISTORY_OPEN;
	log->scale = (uint8_t) scale;
	log->reserved = 0;
	log->day = CLV_HISTORY_EPOCH;
	log->used = 0;
}

bool
clv_history_log_append(ClvHistoryLog *log, size_t room, int32_t day, int32_t orders, ClvAmount amount)
{
	size_t		size = offsetof(ClvHistoryLog, entries) + log->used;
	uint64_t	distance = clv_zigzag((int64_t) day - log->day);
	uint8_t    *at = log->entries + log->used;

	if (room - size >= CLV_HISTORY_MAX_ENTRY_SIZE)
		log->used += (uint32_t) (put_entry(at, distance, orders, amount) - at);
	else
	{
		/* It may fit all the same: most entries are much smaller. */
		uint8_t		entry[CLV_HISTORY_MAX_ENTRY_SIZE];
		size_t		entry_size = (size_t) (put_entry(entry, distance, orders, amount) - entry);

		if (room - size < entry_size)
			return false;
		memcpy(at, entry, entry_size);
		log->used += (uint32_t) entry_size;
	}
	log->day = day;
	return true;
}

size_t
clv_history_log_entries(const ClvHistoryLog *log, ClvPurchase *entries)
{
	const uint8_t *next = log->entries;
	int64_t		day = CLV_HISTORY_EPOCH;
	size_t		count = 0;

	while (next < log->entries + log->used)
	{
		int64_t		distance;

		get_entry(&next, &distance, &entries[count]);
		day += clv_unzigzag((uint64_t) distance);
		entries[count++].day = (int32_t) day;
	}
	return count;
}

/*
 * Text
 */

/* Read digits with a sign; false where there are none or they do not fit. */
static bool
read_orders(const char **cursor, const char *end, int32_t *orders)
{
	const char *at = *cursor;
	bool		negative = at < end && *at == '-';
	int64_t		value = 0;

	if (negative)
		at++;
	if (at >= end || *at < '0' || *at > '9')
		return false;
	for (; at < end && *at >= '0' && *at <= '9'; at++)
	{
		value = value * 10 + (*at - '0');
		if (value > INT32_MAX)
			return false;
	}
	*orders = (int32_t) (negative ? -value : value);
	*cursor = at;
	return true;
}

ClvStatus
clv_history_read_entry(const char *in, size_t length, size_t *used, ClvPurchase *entry, int *scale)
{
	const char *at = in;
	const char *end = in + length;
	size_t		amount_length;
	ClvStatus	status;

	status = clv_date_read(&at, end, &entry->day);
	if (status != CLV_OK)
		return status == CLV_DATE_OUT_OF_RANGE ? status : CLV_HISTORY_SYNTAX;
	entry->orders = 1;
	if (at < end && *at == '*')
	{
		at++;
		if (!read_orders(&at, end, &entry->orders))
			return CLV_HISTORY_SYNTAX;
	}
	if (at >= end || *at != ' ')
		return CLV_HISTORY_SYNTAX;
	while (at < end && *at == ' ')
		at++;
	status = clv_amount_read(at, (size_t) (end - at), &amount_length, &entry->amount, scale);
	if (status != CLV_OK)
		return status;
	if (amount_length == 0)
		return CLV_HISTORY_SYNTAX;
	*used = (size_t) (at - in) + amount_length;
	return CLV_OK;
}

int
clv_history_write_entry(const ClvPurchase *entry, int scale, char *out)
{
	char	   *at = out;

	at += clv_date_write(at, entry->day);
	if (entry->orders != 1)
	{
		*at++ = '*';
		at += clv_amount_write(entry->orders, 0, at);
	}
	*at++ = ' ';
	at += clv_amount_write(entry->amount, scale, at);
	return (int) (at - out);
}

/*
 * What is read off a history
 */

/* Inlined twice, so that amounts are not even decoded where nobody asks for them. */
__attribute__((always_inline)) static inline ClvStatus
observe(const uint8_t *bytes, size_t size, int32_t as_of, bool spend, ClvStatistics *statistics)
{
	ClvHistoryReader reader;
	ClvPurchase purchase;
	ClvAmountSum sum = {0};
	ClvAmountSum repeat_sum;
	ClvAmount	repeat_amount;
	bool		exists = false;
	int32_t		frequency = 0;
	int32_t		first = 0;
	int32_t		last = 0;

	memset(statistics, 0, sizeof(*statistics));
	clv_history_open(&reader, bytes, size);
	while (clv_history_next(&reader, &purchase) && purchase.day <= as_of)
	{
		if (exists)
		{
			if (spend)
				clv_amount_sum_add(&sum, purchase.amount);
			if (purchase.orders <= 0)
				continue;
			frequency++;
			last = purchase.day;
		}
		else if (purchase.orders > 0)
		{
			exists = true;
			first = last = purchase.day;
		}
	}
	repeat_sum = sum;
	if (clv_amount_sum_value(&repeat_sum, &repeat_amount) != CLV_OK)
		return CLV_AMOUNT_OVERFLOW;
	if (!exists)
		return CLV_OK;
	/* Wrapping is undefined for int32, and the calendar is wider than it. */
	if ((int64_t) as_of - first > INT32_MAX)
		return CLV_DATE_OUT_OF_RANGE;
	statistics->exists = true;
	statistics->frequency = frequency;
	statistics->t_x = last - first;
	statistics->age = as_of - first;
	if (spend && frequency > 0)
		statistics->spend = clv_amount_to_double(repeat_amount, reader.scale) / frequency;
	return CLV_OK;
}

ClvStatus
clv_history_statistics(const uint8_t *bytes, size_t size, int32_t as_of, ClvStatistics *statistics)
{
	return observe(bytes, size, as_of, true, statistics);
}

ClvStatus
clv_history_timing(const uint8_t *bytes, size_t size, int32_t as_of, ClvStatistics *statistics)
{
	return observe(bytes, size, as_of, false, statistics);
}

ClvStatus
clv_history_summarize(const uint8_t *bytes, size_t size, ClvHistorySummary *summary)
{
	ClvHistoryReader reader;
	ClvPurchase purchase;
	ClvAmountSum sum = {0};
	ClvAmountSum revenue;
	int64_t		orders = 0;
	int64_t		purchase_days = 0;
	int32_t		first = 0;
	int32_t		last = 0;

	clv_history_open(&reader, bytes, size);
	while (clv_history_next(&reader, &purchase))
	{
		clv_amount_sum_add(&sum, purchase.amount);
		orders += purchase.orders;
		if (purchase.orders <= 0)
			continue;
		if (purchase_days++ == 0)
			first = purchase.day;
		last = purchase.day;
	}
	summary->orders = orders;
	summary->purchase_days = purchase_days;
	summary->first_day = first;
	summary->last_day = last;
	summary->scale = reader.scale;
	revenue = sum;
	return clv_amount_sum_value(&revenue, &summary->revenue);
}
