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

/*
 * All that statistics need of a history in which every day but the first is a
 * purchase with a small amount that is not negative.
 */
typedef struct Outline
{
	int32_t		first_day;		/* of purchase */
	int32_t		last_day;
	int64_t		purchase_days;
	int64_t		orders;
	ClvAmount	first_amount;
	int64_t		later_amount;	/* of all other days */
} Outline;

#define ONES UINT64_C(0x0101010101010101)

/* The low seven bits of those bytes of a word that are marked by their lowest bits. */
static inline uint64_t
marked(uint64_t word, uint64_t marks)
{
	return word & ((marks << 7) - marks);
}

/* The sum of eight bytes < 128, the high ones of which count 128 times: at most four are high. */
static inline int64_t
sum_of_bytes(uint64_t low, uint64_t high)
{
	const uint64_t even = UINT64_C(0x00FF00FF00FF00FF);
	uint64_t	pairs = (low & even) + (low >> 8 & even) + (((high & even) + (high >> 8 & even)) << 7);

	return (int64_t) (pairs * UINT64_C(0x0001000100010001) >> 48);
}

/* Where one stands between two bytes of a row of entries. */
typedef struct Place
{
	uint64_t	ended;			/* varints */
	uint64_t	first;			/* 1 where the next byte is the first, second, ... of its varint */
	uint64_t	second;
	uint64_t	third;
	uint64_t	fourth;
	int64_t		distance;		/* sums of tokens and of amounts */
	int64_t		amount;
} Place;

/*
 * Move over the bytes of a word that are present, up to the first token that
 * says that a number of orders follows: its bit is in *several.  False where a
 * gap takes more than two bytes or an amount more than four, or is negative.
 */
__attribute__((always_inline)) static inline bool
skim(Place *place, uint64_t word, uint64_t present, bool amounts, uint64_t *several)
{
	uint64_t	ends = ~word >> 7 & present;
	uint64_t	before = ends * ONES - ends + (-(place->ended & 1) & ONES); /* varints that ended, per byte */
	uint64_t	tokens = ~before & present;
	uint64_t	firsts = (ends << 8 | place->first) & present;
	uint64_t	seconds;
	uint64_t	values;
	uint64_t	low;

	*several = word & tokens & firsts;
	if (*several != 0)
	{
		present &= (*several & -*several) - 1;
		ends &= present;
		tokens &= present;
		firsts &= present;
	}
	seconds = ((firsts & ~ends) << 8 | place->second) & present;
	if ((tokens & ~(firsts | seconds)) != 0)
		return false;
	values = marked(word, tokens);
	low = marked(values, firsts);
	place->distance += sum_of_bytes(low, values ^ low);
	if (amounts)
	{
		uint64_t	rest = present ^ tokens;
		uint64_t	thirds = ((seconds & ~ends) << 8 | place->third) & present;
		uint64_t	fourths = ((thirds & ~ends) << 8 | place->fourth) & present;

		if ((rest & ((word & firsts) | (fourths & ~ends))) != 0)
			return false;
		values = marked(word, rest);
		place->amount += sum_of_bytes(marked(values, firsts), marked(values, seconds)) +
			(sum_of_bytes(marked(values, thirds), marked(values, fourths)) << 14);
		place->third = (seconds & ~ends) >> 56;
		place->fourth = (thirds & ~ends) >> 56;
	}
	place->ended += ends * ONES >> 56;
	place->first = ends >> 56;
	place->second = (firsts & ~ends) >> 56;
	return true;
}

/*
 * Read eight bytes at a time, without looking at single entries: tokens and
 * amounts take turns, so that the number of varints that have ended before a
 * byte says what it belongs to, and sums are all that is asked for.  A day
 * with several orders is read by itself.  False where something else comes up;
 * then entries are to be read one by one.
 */
__attribute__((always_inline)) static inline bool
outline(const uint8_t *bytes, size_t size, bool amounts, Outline *of)
{
	ClvHistoryReader reader;
	ClvPurchase purchase;
	Place		place = {.first = 1};
	const uint8_t *at;
	const uint8_t *end = bytes + size;
	int64_t		days = 1;		/* that were read by themselves */

	clv_history_open(&reader, bytes, size);
	if (size < 8 || !clv_history_next(&reader, &purchase) || purchase.orders <= 0)
		return false;
	of->first_day = purchase.day;
	of->first_amount = purchase.amount;
	of->orders = purchase.orders;

	for (at = reader.next; at < end;)
	{
		uint64_t	several;
		int64_t		gap;

		if (end - at >= 8)
		{
			if (!skim(&place, clv_eight_bytes(at, end), ONES, amounts, &several))
				return false;
		}
		else
		{
			int			missing = (int) (8 - (end - at)) * 8;

			if (!skim(&place, clv_eight_bytes(end - 8, end) >> missing, ONES >> missing, amounts, &several))
				return false;
		}
		at += 8;
		if (several != 0)
		{
			at += __builtin_ctzll(several) / 8 - 8;
			get_entry(&at, &gap, &purchase);
			if (purchase.orders <= 0 || purchase.amount != (int32_t) purchase.amount)
				return false;
			place.distance += 2 * gap;
			place.amount += 2 * (int64_t) purchase.amount;
			place.first = 1;
			place.second = place.third = place.fourth = 0;
			of->orders += purchase.orders;
			days++;
		}
	}
	/* A token is twice its days, an amount that is not negative twice itself. */
	of->last_day = (int32_t) (of->first_day + place.distance / 2);
	of->later_amount = place.amount / 2;
	of->purchase_days = days + (int64_t) (place.ended / 2);
	of->orders += (int64_t) (place.ended / 2);
	return true;
}

/* Inlined twice, so that amounts are not even decoded where nobody asks for them. */
__attribute__((always_inline)) static inline ClvStatus
observe(const uint8_t *bytes, size_t size, int32_t as_of, bool spend, ClvStatistics *statistics,
		ClvAmount *repeat_amount)
{
	ClvHistoryReader reader;
	ClvPurchase purchase;
	ClvAmountSum sum = {0};
	ClvAmountSum repeat_sum;
	bool		exists = false;
	int32_t		frequency = 0;
	int32_t		first = 0;
	int32_t		last = 0;
	Outline		of;

	memset(statistics, 0, sizeof(*statistics));
	if (outline(bytes, size, spend, &of) && of.last_day <= as_of)
	{
		exists = true;
		first = of.first_day;
		last = of.last_day;
		frequency = (int32_t) of.purchase_days - 1;
		*repeat_amount = of.later_amount;
	}
	else
	{
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
		if (clv_amount_sum_value(&repeat_sum, repeat_amount) != CLV_OK)
			return CLV_AMOUNT_OVERFLOW;
	}
	if (!exists)
		return CLV_OK;
	/* Wrapping is undefined for int32, and the calendar is wider than it. */
	if ((int64_t) as_of - first > INT32_MAX)
		return CLV_DATE_OUT_OF_RANGE;
	statistics->exists = true;
	statistics->frequency = frequency;
	statistics->t_x = last - first;
	statistics->age = as_of - first;
	return CLV_OK;
}

ClvStatus
clv_history_spent(const uint8_t *bytes, size_t size, int32_t as_of, ClvStatistics *statistics,
				  ClvAmount *repeat_amount)
{
	return observe(bytes, size, as_of, true, statistics, repeat_amount);
}

ClvStatus
clv_history_statistics(const uint8_t *bytes, size_t size, int32_t as_of, ClvStatistics *statistics)
{
	ClvAmount	repeat_amount;
	ClvStatus	status = clv_history_spent(bytes, size, as_of, statistics, &repeat_amount);

	if (statistics->frequency > 0)
		statistics->spend = clv_amount_to_double(repeat_amount, bytes[1]) / statistics->frequency;
	return status;
}

ClvStatus
clv_history_timing(const uint8_t *bytes, size_t size, int32_t as_of, ClvStatistics *statistics)
{
	ClvAmount	nothing;

	return observe(bytes, size, as_of, false, statistics, &nothing);
}

/* Inlined twice, as above. */
__attribute__((always_inline)) static inline ClvStatus
summarize(const uint8_t *bytes, size_t size, bool amounts, ClvHistorySummary *summary)
{
	ClvHistoryReader reader;
	ClvPurchase purchase;
	ClvAmountSum sum = {0};
	ClvAmountSum revenue;
	Outline		of = {0};

	if (outline(bytes, size, amounts, &of))
	{
		clv_amount_sum_add(&sum, amounts ? of.first_amount : 0);
		clv_amount_sum_add(&sum, amounts ? of.later_amount : 0);
	}
	else
	{
		memset(&of, 0, sizeof(of));
		clv_history_open(&reader, bytes, size);
		while (clv_history_next(&reader, &purchase))
		{
			if (amounts)
				clv_amount_sum_add(&sum, purchase.amount);
			of.orders += purchase.orders;
			if (purchase.orders <= 0)
				continue;
			if (of.purchase_days++ == 0)
				of.first_day = purchase.day;
			of.last_day = purchase.day;
		}
	}
	summary->orders = of.orders;
	summary->purchase_days = of.purchase_days;
	summary->first_day = of.first_day;
	summary->last_day = of.last_day;
	summary->scale = bytes[1];
	revenue = sum;
	return clv_amount_sum_value(&revenue, &summary->revenue);
}

ClvStatus
clv_history_summarize(const uint8_t *bytes, size_t size, ClvHistorySummary *summary)
{
	return summarize(bytes, size, true, summary);
}

void
clv_history_summarize_days(const uint8_t *bytes, size_t size, ClvHistorySummary *summary)
{
	(void) summarize(bytes, size, false, summary);
}

bool
clv_history_extent(const uint8_t *bytes, size_t size, int32_t *first_day, int32_t *last_day)
{
	ClvHistoryReader reader;
	ClvPurchase purchase;
	Outline		of;

	if (outline(bytes, size, false, &of))
	{
		*first_day = of.first_day;
		*last_day = of.last_day;
		return true;
	}
	clv_history_open(&reader, bytes, size);
	if (!clv_history_next(&reader, &purchase))
		return false;
	*first_day = purchase.day;
	while (clv_history_next(&reader, &purchase))
		;
	*last_day = purchase.day;
	return true;
}
