/*-------------------------------------------------------------------------
 *
 * history.h
 *	  Everything one customer bought: a sequence of purchase days, each with
 *	  the number of its orders and their exact amount.
 *
 * A history has one canonical sequence of bytes, so that equal histories are
 * equal byte by byte however they were collected:
 *
 *	  byte 0	format version (low four bits), resolution (next three bits,
 *				0 = day), the top bit is 0
 *	  byte 1	scale: decimals of every amount, as few as the amounts need
 *	  per day	token, [orders], amount
 *
 * The token is a varint (seven bits per byte, least significant first) whose
 * lowest bit says that the number of orders follows, because it is not 1.
 * Its other bits are the days since the day before, or, for the first day,
 * the zigzag of its distance to CLV_HISTORY_EPOCH.  Orders and the amount's
 * mantissa are zigzag varints.  Days without orders and without amount do
 * not exist.  A typical shop needs four to five bytes per purchase day.
 *
 * Orders and amounts may be negative: histories form a group, and a history
 * can stand for orders that were removed.  A day counts as a purchase where
 * its orders are positive; an entry with amount but no orders is a refund.
 *
 * While it is being collected a history is a log (ClvHistoryLog): orders as
 * they come, in any order, at about four bytes each.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_HISTORY_H
#define CLV_HISTORY_H

#include "base/amount.h"
#include "base/varint.h"

#define CLV_HISTORY_VERSION 1
#define CLV_HISTORY_HEADER_SIZE 2

/* 2020-01-01: days up to eleven years from it take two bytes. */
#define CLV_HISTORY_EPOCH 7305

/* A token of 34 bits, orders of 32 bits, a mantissa of 124 bits. */
#define CLV_HISTORY_MAX_ENTRY_SIZE (5 + 5 + 18)

/* One day of a customer: amount is a mantissa at the scale of the history. */
typedef struct ClvPurchase
{
	int32_t		day;			/* since 2000-01-01 */
	int32_t		orders;
	ClvAmount	amount;
} ClvPurchase;

/*
 * Reading.  clv_history_open and clv_history_next take validated bytes, as
 * every stored history is; days come in ascending order.
 */
typedef struct ClvHistoryReader
{
	const uint8_t *next;
	const uint8_t *end;
	int			scale;
	int32_t		day;
	bool		started;
} ClvHistoryReader;

static inline void
clv_history_open(ClvHistoryReader *reader, const uint8_t *bytes, size_t size)
{
	reader->next = bytes + CLV_HISTORY_HEADER_SIZE;
	reader->end = bytes + size;
	reader->scale = bytes[1];
	reader->day = CLV_HISTORY_EPOCH;
	reader->started = false;
}

extern bool clv_history_next_any(ClvHistoryReader *reader, ClvPurchase *purchase);

/*
 * False at the end.  Nearly every entry is one order and has a token and an
 * amount of at most four bytes each: they are read at once, and where they
 * end is seen from their top bits, so that one entry hardly waits for the one
 * before it.
 */
__attribute__((always_inline)) static inline bool
clv_history_next(ClvHistoryReader *reader, ClvPurchase *purchase)
{
	uint64_t	word;
	uint64_t	ends;
	uint64_t	later_ends;
	uint64_t	token;
	uint64_t	amount;
	int32_t		distance;

	if (reader->next == reader->end)
		return false;
	word = clv_eight_bytes(reader->next, reader->end);

	/* The first two of these bits are the last ones of the token and of the amount. */
	ends = ~word & UINT64_C(0x8080808080808080);
	later_ends = ends & (ends - 1);
	token = word & (ends ^ (ends - 1));
	amount = later_ends == 0 ? UINT64_MAX : (word & (later_ends ^ (later_ends - 1))) >> (__builtin_ctzll(ends) + 1);
	if ((token & 1) != 0 || ((token | amount) >> 32) != 0)
	{
		/* Copies, so that only this call needs them in memory. */
		ClvHistoryReader reader_copy = *reader;
		ClvPurchase purchase_copy = {0};
		bool		found = clv_history_next_any(&reader_copy, &purchase_copy);

		*reader = reader_copy;
		*purchase = purchase_copy;
		return found;
	}
	reader->next += 1 + (size_t) __builtin_ctzll(later_ends) / 8;

	word = clv_short_varints(token | amount << 32);
	distance = (int32_t) ((uint32_t) word >> 1);
	if (!reader->started)
	{
		reader->started = true;
		distance = (int32_t) clv_unzigzag(distance);
	}
	reader->day += distance;
	purchase->day = reader->day;
	purchase->orders = 1;
	purchase->amount = clv_unzigzag(word >> 32);
	return true;
}

/*
 * Move over the next entry, which exists and is not the first, if it is plain:
 * one order of a small amount that is not negative, not long after the entry
 * before it.  Nearly every entry is.
 */
__attribute__((always_inline)) static inline bool
clv_history_next_plain(ClvHistoryReader *reader, uint32_t *amount)
{
	uint64_t	word = clv_eight_bytes(reader->next, reader->end);
	uint64_t	ends = ~word & UINT64_C(0x8080808080808080);
	uint64_t	later_ends = ends & (ends - 1);
	uint64_t	token = word & (ends ^ (ends - 1));
	uint64_t	value;

	if (later_ends == 0)
		return false;
	value = (word & (later_ends ^ (later_ends - 1))) >> (__builtin_ctzll(ends) + 1);

	/* A token of two bytes and an amount of four; lowest bits tell of a number of orders and of a sign. */
	if ((token & ~UINT64_C(0xFFFE)) != 0 || (value & ~UINT64_C(0xFFFFFFFE)) != 0)
		return false;
	reader->next += 1 + ((unsigned) __builtin_ctzll(later_ends) >> 3);
	reader->day += (int32_t) ((token >> 1 & 0x3F) + (token >> 2 & 0x1FC0));
	value = (value & 0x7F007F) + (value >> 1 & 0x3F803F80);
	*amount = (uint32_t) ((value & 0x3FFF) + (value >> 2 & 0xFFFC000)) >> 1;
	return true;
}

/* No more entries than this are in a history, or a log, of so many bytes. */
extern size_t clv_history_entry_bound(size_t size);

/* Is this the canonical form of some history?  CLV_HISTORY_BINARY if not. */
extern ClvStatus clv_history_validate(const uint8_t *bytes, size_t size);

/*
 * Writing.  clv_history_normalize sorts the entries by day, adds those of one
 * day, drops the empty ones and lowers the scale as far as it goes; scratch
 * has room for as many entries.  clv_history_write writes normalized entries
 * into clv_history_size_bound(count) bytes and returns how many it used.
 */
extern ClvStatus clv_history_normalize(ClvPurchase *entries, size_t *count, int *scale,
									   ClvPurchase *scratch, ClvInterrupt interrupt);
extern size_t clv_history_size_bound(size_t count);
extern size_t clv_history_write(const ClvPurchase *entries, size_t count, int scale, uint8_t *out);

/* All entries of a history, the orders and amounts times sign (1 or -1); returns how many. */
extern size_t clv_history_entries(const uint8_t *bytes, size_t size, int sign, ClvPurchase *entries);

/* Bring entries of one scale to a larger one, or to a smaller one at which they are whole. */
extern ClvStatus clv_history_rescale(ClvPurchase *entries, size_t count, int from_scale, int to_scale);

/*
 * Text: {1997-01-01 29.33, 1997-01-18*2 59.06}; *n is the number of orders of
 * the day where it is not 1.  The entry functions know what stands between
 * the commas: clv_history_write_entry returns its length, and
 * clv_history_read_entry tells in *used how much of the text it took.
 */
#define CLV_HISTORY_ENTRY_TEXT_SIZE (24 + 14 + CLV_AMOUNT_TEXT_SIZE)

extern int	clv_history_write_entry(const ClvPurchase *entry, int scale, char *out);
extern ClvStatus clv_history_read_entry(const char *in, size_t length, size_t *used,
										ClvPurchase *entry, int *scale);

/* What the purchase models know of a customer, up to and including as_of. */
typedef struct ClvStatistics
{
	bool		exists;			/* a purchase up to as_of; else the rest is zero */
	int32_t		frequency;		/* purchase days after the first */
	int32_t		t_x;			/* days from the first to the last purchase */
	int32_t		age;			/* days from the first purchase to as_of */
	double		spend;			/* mean amount of the repeat purchase days, if frequency > 0 */
} ClvStatistics;

extern ClvStatus clv_history_statistics(const uint8_t *bytes, size_t size, int32_t as_of,
										ClvStatistics *statistics);

/* The same but for spend, which stays 0: its sum instead, at the scale of the history. */
extern ClvStatus clv_history_spent(const uint8_t *bytes, size_t size, int32_t as_of,
								   ClvStatistics *statistics, ClvAmount *repeat_amount);

/* The same but for spend, which stays 0: amounts are not read. */
extern ClvStatus clv_history_timing(const uint8_t *bytes, size_t size, int32_t as_of,
									ClvStatistics *statistics);

/* Totals over all entries; days and dates count those with orders only. */
typedef struct ClvHistorySummary
{
	int64_t		orders;
	int64_t		purchase_days;
	int32_t		first_day;		/* of purchase; set if purchase_days > 0 */
	int32_t		last_day;
	ClvAmount	revenue;
	int			scale;
} ClvHistorySummary;

extern ClvStatus clv_history_summarize(const uint8_t *bytes, size_t size, ClvHistorySummary *summary);

/* The same but for revenue, which stays 0: amounts are not read. */
extern void clv_history_summarize_days(const uint8_t *bytes, size_t size, ClvHistorySummary *summary);

/* The first and the last day with an entry, of a refund too; false if there is none. */
extern bool clv_history_extent(const uint8_t *bytes, size_t size, int32_t *first_day, int32_t *last_day);

/*
 * Collecting.  A log lives at the start of a block of memory of the caller,
 * who provides a larger one when an order does not fit.
 */
typedef struct ClvHistoryLog
{
	uint8_t		version;		/* CLV_HISTORY_VERSION | CLV_HISTORY_OPEN */
	uint8_t		scale;
	uint16_t	reserved;		/* zero */
	int32_t		day;			/* of the entry written last */
	uint32_t	used;			/* bytes of entries */
	uint8_t		entries[];
} ClvHistoryLog;

#define CLV_HISTORY_OPEN 0x80
#define CLV_HISTORY_LOG_SCALE 2 /* to begin with: cents */

extern void clv_history_log_start(ClvHistoryLog *log, int scale);

/*
 * Add orders of one day, their amount at the log's scale; false, and nothing
 * changed, where the block of so many bytes has no room for them.
 */
extern bool clv_history_log_append(ClvHistoryLog *log, size_t room, int32_t day, int32_t orders, ClvAmount amount);

/* All entries of a log, in the order they came; returns how many. */
extern size_t clv_history_log_entries(const ClvHistoryLog *log, ClvPurchase *entries);

#endif							/* CLV_HISTORY_H */
