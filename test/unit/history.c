/*-------------------------------------------------------------------------
 *
 * history.c
 *	  Histories against a list that is searched from end to end: normal
 *	  form, bytes, log, text, statistics; and the validator against every
 *	  small damage.
 *
 *-------------------------------------------------------------------------
 */
#include "base/calendar.h"
#include "base/history.h"
#include "tap.h"

#define MOST 400
#define MOST_BYTES (CLV_HISTORY_HEADER_SIZE + MOST * CLV_HISTORY_MAX_ENTRY_SIZE)

static uint64_t random_state = 42;

/* splitmix64 */
static uint64_t
next_random(void)
{
	uint64_t	z = random_state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static int
random_below(int limit)
{
	return (int) (next_random() % (uint64_t) limit);
}

/* What a customer bought, before anything was done to it. */
typedef struct Orders
{
	ClvPurchase entries[MOST];
	size_t		count;
	int			scale;
} Orders;

static ClvAmount
random_amount(int most_digits)
{
	int			digits = random_below(most_digits + 1);
	ClvAmount	amount = 0;

	for (int i = 0; i < digits; i++)
		amount = amount * 10 + random_below(10);
	return random_below(4) ? amount : -amount;
}

/* Kinds: 0 a shop, 1 few days with zeros and removals, 2 extremes, 3 gaps, orders and amounts of every length. */
static void
random_orders(Orders *orders, int kind)
{
	orders->count = (size_t) random_below(random_below(4) ? 12 : MOST);
	orders->scale = kind == 0 || kind == 3 ? 2 : random_below(kind == 1 ? 11 : CLV_AMOUNT_DIGITS + 1);
	for (size_t i = 0; i < orders->count; i++)
	{
		ClvPurchase *entry = &orders->entries[i];

		switch (kind)
		{
			case 0:
				entry->day = 7300 + random_below(2000);
				entry->orders = 1;
				entry->amount = random_below(20000);
				break;
			case 1:
				entry->day = random_below(5) - 2;
				entry->orders = random_below(5) - 2;
				entry->amount = random_below(3) ? random_amount(12) : 0;
				if (random_below(2))
					entry->amount *= 1000;
				break;
			case 3:
				entry->day = 7300 + random_below(1 << random_below(random_below(16) ? 13 : 24));
				entry->orders = random_below(20) ? 1 : 1 + random_below(1 << random_below(12));
				entry->amount = random_below(16) ? random_below(1 << random_below(random_below(32) ? 27 : 31)) : random_amount(random_below(32) ? 9 : 30);
				break;
			default:
				entry->day = random_below(3) ? (int32_t) (CLV_DATE_MIN + (int64_t) (next_random() % ((uint64_t) CLV_DATE_MAX - CLV_DATE_MIN + 1)))
					: random_below(2) ? CLV_DATE_MIN : CLV_DATE_MAX;
				entry->orders = random_below(2) ? INT32_MAX / 1000 : -(INT32_MAX / 1000);
				entry->amount = random_amount(34);
				break;
		}
	}
}

/* The normal form, by looking through the whole list for every day. */
static void
normalize_naively(const Orders *orders, Orders *normal)
{
	bool		ten_divides = true;

	normal->count = 0;
	normal->scale = orders->scale;
	for (int64_t day = INT64_MIN;;)
	{
		int64_t		next = INT64_MAX;
		ClvPurchase sum = {0};

		for (size_t i = 0; i < orders->count; i++)
		{
			if (orders->entries[i].day > day && orders->entries[i].day < next)
				next = orders->entries[i].day;
		}
		if (next == INT64_MAX)
			break;
		day = next;
		for (size_t i = 0; i < orders->count; i++)
		{
			if (orders->entries[i].day != day)
				continue;
			sum.orders += orders->entries[i].orders;
			sum.amount += orders->entries[i].amount;
		}
		sum.day = (int32_t) day;
		if (sum.orders != 0 || sum.amount != 0)
			normal->entries[normal->count++] = sum;
	}
	while (normal->scale > 0 && ten_divides)
	{
		for (size_t i = 0; i < normal->count; i++)
			ten_divides &= normal->entries[i].amount % 10 == 0;
		for (size_t i = 0; i < normal->count && ten_divides; i++)
			normal->entries[i].amount /= 10;
		normal->scale -= ten_divides;
	}
}

static bool
same_entries(const ClvPurchase *left, size_t left_count, const ClvPurchase *right, size_t right_count)
{
	bool		same = left_count == right_count;

	for (size_t i = 0; same && i < left_count; i++)
		same = left[i].day == right[i].day && left[i].orders == right[i].orders && left[i].amount == right[i].amount;
	return same;
}

static int	interrupts = 0;

static void
count_interrupt(void)
{
	interrupts++;
}

/* Normalize a copy and write it; returns the size, 0 if it does not normalize. */
static size_t
encode(const Orders *orders, uint8_t *bytes)
{
	Orders		copy = *orders;
	ClvPurchase scratch[MOST];

	if (clv_history_normalize(copy.entries, &copy.count, &copy.scale, scratch, count_interrupt) != CLV_OK)
		return 0;
	return clv_history_write(copy.entries, copy.count, copy.scale, bytes);
}

static void
decode(const uint8_t *bytes, size_t size, int sign, Orders *orders)
{
	orders->count = clv_history_entries(bytes, size, sign, orders->entries);
	orders->scale = bytes[1];
}

/* Add the orders of one to another, as a merge does. */
static bool
add_orders(Orders *to, const Orders *added)
{
	Orders		copy = *added;
	int			scale = to->scale > copy.scale ? to->scale : copy.scale;

	if (to->count + copy.count > MOST ||
		clv_history_rescale(to->entries, to->count, to->scale, scale) != CLV_OK ||
		clv_history_rescale(copy.entries, copy.count, copy.scale, scale) != CLV_OK)
		return false;
	memcpy(to->entries + to->count, copy.entries, copy.count * sizeof(ClvPurchase));
	to->count += copy.count;
	to->scale = scale;
	return true;
}

static void
shuffle(Orders *orders)
{
	for (size_t i = orders->count; i > 1; i--)
	{
		size_t		other = (size_t) random_below((int) i);
		ClvPurchase swap = orders->entries[i - 1];

		orders->entries[i - 1] = orders->entries[other];
		orders->entries[other] = swap;
	}
}

static void
test_normal_form(void)
{
	static Orders orders;
	static Orders normal;
	static Orders read;
	static uint8_t bytes[MOST_BYTES];
	bool		right = true;
	bool		valid = true;
	bool		bounded = true;
	bool		reads_back = true;

	for (int round = 0; round < 6000; round++)
	{
		size_t		size;

		random_orders(&orders, round % 3);
		normalize_naively(&orders, &normal);
		size = encode(&orders, bytes);
		valid &= clv_history_validate(bytes, size) == CLV_OK;
		bounded &= size <= clv_history_size_bound(normal.count) && normal.count <= clv_history_entry_bound(size);
		decode(bytes, size, 1, &read);
		right &= read.scale == normal.scale && same_entries(read.entries, read.count, normal.entries, normal.count);
		decode(bytes, size, -1, &read);
		for (size_t i = 0; i < read.count; i++)
			reads_back &= read.entries[i].amount == -normal.entries[i].amount && read.entries[i].orders == -normal.entries[i].orders;
	}
	ok(right, "the normal form is that of a plain list");
	ok(valid, "what is written is valid");
	ok(bounded, "and within the bounds");
	ok(reads_back, "it can be read with the opposite sign");
	ok(interrupts > 0, "long sorts can be interrupted");
}

/* The bytes do not depend on the order of the orders, nor on how they are split. */
static void
test_one_form(void)
{
	static Orders orders;
	static Orders parts[4];
	static Orders merged;
	static uint8_t bytes[MOST_BYTES];
	static uint8_t other[MOST_BYTES];
	bool		any_order = true;
	bool		any_split = true;
	bool		removed = true;
	int			merges = 0;

	for (int round = 0; round < 6000; round++)
	{
		size_t		size;
		size_t		other_size;
		bool		fits = true;

		random_orders(&orders, round % 3);
		size = encode(&orders, bytes);
		shuffle(&orders);
		other_size = encode(&orders, other);
		any_order &= size == other_size && memcmp(bytes, other, size) == 0;

		for (int i = 0; i < 4; i++)
		{
			parts[i].count = 0;
			parts[i].scale = orders.scale;
		}
		for (size_t i = 0; i < orders.count; i++)
		{
			Orders	   *part = &parts[random_below(4)];

			part->entries[part->count++] = orders.entries[i];
		}
		merged.count = 0;
		merged.scale = 0;
		for (int i = 0; i < 4; i++)
		{
			size_t		part_size = encode(&parts[i], other);

			decode(other, part_size, 1, &parts[i]);
			fits &= add_orders(&merged, &parts[i]);
		}
		if (!fits)
			continue;
		merges++;
		other_size = encode(&merged, other);
		any_split &= size == other_size && memcmp(bytes, other, size) == 0;

		/* Take two of the parts away again: what is left is the two others. */
		for (int i = 0; i < 2; i++)
		{
			for (size_t j = 0; j < parts[i].count; j++)
			{
				parts[i].entries[j].orders *= -1;
				parts[i].entries[j].amount *= -1;
			}
			if (!add_orders(&merged, &parts[i]))
				fits = false;
		}
		if (!fits)
			continue;
		other_size = encode(&merged, other);
		merged = parts[2];
		if (!add_orders(&merged, &parts[3]))
			continue;
		size = encode(&merged, bytes);
		removed &= size == other_size && memcmp(bytes, other, size) == 0;
	}
	ok(any_order, "the bytes do not depend on the order of the orders");
	ok(any_split, "nor on how they were split and merged");
	ok(removed, "and removing undoes merging");
	ok(merges > 4000, "%d merges were compared", merges);
}

/* Bytes are valid exactly where writing what they say gives them again. */
static bool
validator_is_right(const uint8_t *bytes, size_t size, int *accepted)
{
	static Orders orders;
	static uint8_t again[MOST_BYTES];
	uint8_t    *exact = malloc(size > 0 ? size : 1);	/* so that reading too far is seen */
	bool		right = true;

	memcpy(exact, bytes, size);
	if (clv_history_validate(exact, size) == CLV_OK)
	{
		(*accepted)++;
		decode(exact, size, 1, &orders);
		right = encode(&orders, again) == size && memcmp(again, exact, size) == 0;
	}
	free(exact);
	return right;
}

static void
test_damage(void)
{
	static Orders orders;
	static uint8_t bytes[MOST_BYTES + 3];
	bool		replaced = true;
	bool		flipped = true;
	bool		cut = true;
	bool		extended = true;
	int			accepted = 0;
	int			accepted_cut = 0;

	for (int round = 0; round < 300; round++)
	{
		size_t		size;

		random_orders(&orders, round % 3);
		orders.count = orders.count < 10 ? orders.count : 10;
		size = encode(&orders, bytes);
		for (size_t i = 0; i < size; i++)
		{
			uint8_t		original = bytes[i];

			for (int value = 0; value < 256; value++)
			{
				bytes[i] = (uint8_t) value;
				replaced &= validator_is_right(bytes, size, &accepted);
			}
			bytes[i] = original;
			cut &= validator_is_right(bytes, i, &accepted_cut);
		}
		for (int i = 0; i < 2000; i++)
		{
			static uint8_t damaged[MOST_BYTES];

			memcpy(damaged, bytes, size);
			for (int flips = random_below(6); flips >= 0; flips--)
				damaged[random_below((int) size)] ^= (uint8_t) (1 << random_below(8));
			flipped &= validator_is_right(damaged, size, &accepted);
		}
		for (int value = 0; value < 65536; value += 1 + random_below(16))
		{
			bytes[size] = (uint8_t) value;
			bytes[size + 1] = (uint8_t) (value >> 8);
			bytes[size + 2] = 0;
			for (size_t more = 1; more <= 3; more++)
				extended &= validator_is_right(bytes, size + more, &accepted);
		}
	}
	ok(replaced, "the validator knows what is canonical when one byte is another");
	ok(flipped, "when bits are flipped");
	ok(cut, "when the end is missing");
	ok(extended, "and when more follows");
	ok(accepted > 10000 && accepted_cut > 100, "some of it is canonical: %d, %d", accepted, accepted_cut);
}

/* Random bytes behind a good header are seldom canonical, but must be told apart too. */
static void
test_noise(void)
{
	uint8_t		bytes[64];
	bool		right = true;
	int			accepted = 0;

	for (int round = 0; round < 300000; round++)
	{
		size_t		size = (size_t) random_below(12) + 1;

		for (size_t i = 0; i < size; i++)
			bytes[i] = (uint8_t) (random_below(2) ? random_below(256) : random_below(16));
		bytes[0] = CLV_HISTORY_VERSION;
		bytes[1] = (uint8_t) (random_below(2) ? random_below(40) : 0);
		right &= validator_is_right(bytes, size, &accepted);
	}
	ok(right, "random bytes");
	ok(accepted > 1000, "%d of them were canonical", accepted);
}

static void
bytes_are(ClvStatus status, const char *name, int count,...)
{
	uint8_t		bytes[128];
	uint8_t    *exact;
	va_list		arguments;

	va_start(arguments, count);
	for (int i = 0; i < count; i++)
		bytes[i] = (uint8_t) va_arg(arguments, int);
	va_end(arguments);
	exact = malloc(count > 0 ? (size_t) count : 1);
	memcpy(exact, bytes, (size_t) count);
	ok(clv_history_validate(exact, (size_t) count) == status, "%s is %s", name, status == CLV_OK ? "valid" : "refused");
	free(exact);
}

static void
test_validator(void)
{
	bytes_are(CLV_OK, "the empty history", 2, 1, 0);
	bytes_are(CLV_HISTORY_BINARY, "no byte", 0);
	bytes_are(CLV_HISTORY_BINARY, "half a header", 1, 1);
	bytes_are(CLV_HISTORY_BINARY, "version 0", 2, 0, 0);
	bytes_are(CLV_HISTORY_BINARY, "version 2", 2, 2, 0);
	bytes_are(CLV_HISTORY_BINARY, "another resolution", 2, 0x11, 0);
	bytes_are(CLV_HISTORY_BINARY, "an open log", 2, 0x81, 0);
	bytes_are(CLV_HISTORY_BINARY, "a scale without entries", 2, 1, 2);
	bytes_are(CLV_OK, "one order of nothing on the first of 2020", 4, 1, 0, 0, 0);
	bytes_are(CLV_OK, "an order of 1", 4, 1, 0, 0, 2);
	bytes_are(CLV_OK, "an order of 0.1", 4, 1, 1, 0, 2);
	bytes_are(CLV_HISTORY_BINARY, "an order of 1.0", 4, 1, 1, 0, 20);
	bytes_are(CLV_HISTORY_BINARY, "an order without amount", 3, 1, 0, 0);
	bytes_are(CLV_HISTORY_BINARY, "half an amount", 4, 1, 0, 0, 0x80);
	bytes_are(CLV_HISTORY_BINARY, "a long zero", 5, 1, 0, 0, 0x80, 0);
	bytes_are(CLV_HISTORY_BINARY, "a long one", 5, 1, 0, 0, 0x82, 0);
	bytes_are(CLV_HISTORY_BINARY, "a long day", 5, 1, 0, 0x80, 0, 2);
	bytes_are(CLV_HISTORY_BINARY, "one order written out", 5, 1, 0, 1, 2, 2);
	bytes_are(CLV_OK, "two orders", 5, 1, 0, 1, 4, 2);
	bytes_are(CLV_OK, "a refund", 5, 1, 0, 1, 0, 1);
	bytes_are(CLV_HISTORY_BINARY, "neither orders nor amount", 5, 1, 0, 1, 0, 0);
	bytes_are(CLV_OK, "an order removed", 5, 1, 0, 1, 1, 1);
	bytes_are(CLV_HISTORY_BINARY, "a long number of orders", 6, 1, 0, 1, 0x84, 0, 2);
	bytes_are(CLV_OK, "2147483647 orders", 9, 1, 0, 1, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 2);
	bytes_are(CLV_OK, "-2147483647 orders", 9, 1, 0, 1, 0xFD, 0xFF, 0xFF, 0xFF, 0x0F, 2);
	bytes_are(CLV_HISTORY_BINARY, "-2147483648 orders", 9, 1, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 2);
	bytes_are(CLV_HISTORY_BINARY, "2147483648 orders", 9, 1, 0, 1, 0x80, 0x80, 0x80, 0x80, 0x10, 2);
	bytes_are(CLV_OK, "two days", 6, 1, 0, 0, 2, 2, 2);
	bytes_are(CLV_HISTORY_BINARY, "the same day twice", 6, 1, 0, 0, 2, 0, 2);
	bytes_are(CLV_HISTORY_BINARY, "a token of six bytes", 9, 1, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 2);
	bytes_are(CLV_HISTORY_BINARY, "an amount of nineteen bytes", 22, 1, 0, 0,
			  0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1);
	bytes_are(CLV_HISTORY_BINARY, "an amount of 126 bits", 21, 1, 0, 0,
			  0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F);
	bytes_are(CLV_HISTORY_BINARY, "38 decimals", 4, 1, 38, 0, 2);
	bytes_are(CLV_OK, "37 decimals", 4, 1, 37, 0, 2);
}

/* The first and the last day there are, and one beyond each; the largest amounts. */
static void
test_extremes(void)
{
	const int64_t days[] = {CLV_DATE_MIN, CLV_DATE_MAX, (int64_t) CLV_DATE_MIN - 1, (int64_t) CLV_DATE_MAX + 1};
	ClvAmount	limit = clv_amount_power_of_ten(CLV_AMOUNT_DIGITS);
	uint8_t		bytes[128];
	ClvHistoryReader reader;
	ClvPurchase purchase;

	for (int i = 0; i < 4; i++)
	{
		ClvPurchase entry = {(int32_t) days[i], INT32_MAX, limit - 1};
		size_t		size = clv_history_write(&entry, 1, 0, bytes);

		ok(clv_history_validate(bytes, size) == (i < 2 ? CLV_OK : CLV_HISTORY_BINARY), "day %" PRId64, days[i]);
		clv_history_open(&reader, bytes, size);
		ok(clv_history_next(&reader, &purchase) && purchase.day == entry.day && purchase.orders == INT32_MAX
		   && purchase.amount == limit - 1 && !clv_history_next(&reader, &purchase), "and back");
		ok(size == clv_history_size_bound(1) || (i % 2 == 0 && size < clv_history_size_bound(1)), "in as many bytes as the bound allows");
	}
	for (int i = 0; i < 4; i++)
	{
		ClvAmount	amount = (i & 1 ? -1 : 1) * (limit - (i & 2 ? 0 : 1));
		ClvPurchase entry = {0, -INT32_MAX, amount};
		size_t		size = clv_history_write(&entry, 1, 0, bytes);

		ok(clv_history_validate(bytes, size) == (i & 2 ? CLV_HISTORY_BINARY : CLV_OK), "an amount of %d digits", i & 2 ? 38 : 37);
		clv_history_open(&reader, bytes, size);
		ok(clv_history_next(&reader, &purchase) && purchase.amount == amount && purchase.orders == -INT32_MAX, "and back");
	}
	/* Amounts at every length of a varint. */
	{
		bool		right = true;

		for (int bit = 0; bit < 123; bit++)
		{
			for (int add = -1; add <= 1; add++)
			{
				ClvAmount	amount = ((ClvAmount) 1 << bit) + add;
				ClvPurchase entries[2] = {{-1, 1, amount}, {1, 1, -amount}};
				size_t		size = clv_history_write(entries, 2, 0, bytes);
				Orders		orders;

				decode(bytes, size, 1, &orders);
				right &= clv_history_validate(bytes, size) == CLV_OK && same_entries(orders.entries, orders.count, entries, 2);
			}
		}
		ok(right, "amounts of every length");
	}
}

/* Tokens and amounts of every length, at every distance from the end, in as many bytes as there are. */
static void
test_reading(void)
{
	bool		right = true;

	for (int round = 0; round < 20000; round++)
	{
		ClvPurchase entries[4];
		size_t		count = 1 + (size_t) random_below(4);
		int64_t		day = random_below(2) ? -random_below(2000000) : random_below(20000);
		uint8_t		bytes[256];
		uint8_t    *exact;
		size_t		size;
		size_t		read = 0;
		ClvHistoryReader reader;
		ClvPurchase purchase;

		for (size_t i = 0; i < count; i++)
		{
			ClvAmount	amount = ((ClvAmount) 1 << random_below(round % 4 == 0 ? 100 : 30)) + random_below(64);

			entries[i].day = (int32_t) day;
			entries[i].orders = random_below(8) == 0 ? 2 + random_below(1000) : 1;
			entries[i].amount = random_below(4) == 0 ? -amount : amount;
			day += 1 + ((int64_t) 1 << random_below(29)) - random_below(2);
		}
		size = clv_history_write(entries, count, 0, bytes);
		exact = malloc(size);
		memcpy(exact, bytes, size);
		clv_history_open(&reader, exact, size);
		while (clv_history_next(&reader, &purchase))
		{
			right &= read < count && same_entries(&purchase, 1, &entries[read], 1);
			read++;
		}
		right &= read == count;
		free(exact);
	}
	ok(right, "entries of every length, read one by one");
}

static void
test_overflow(void)
{
	ClvAmount	most = clv_amount_power_of_ten(CLV_AMOUNT_DIGITS) - 1;
	ClvPurchase scratch[4];
	ClvPurchase entries[4] = {{1, INT32_MAX, 0}, {1, 1, 0}};
	size_t		count = 2;
	int			scale = 0;

	is_int(clv_history_normalize(entries, &count, &scale, scratch, NULL), CLV_ORDERS_OVERFLOW, "too many orders of a day");
	entries[0] = (ClvPurchase) {1, -INT32_MAX, 0};
	entries[1] = (ClvPurchase) {1, -1, 0};
	count = 2;
	is_int(clv_history_normalize(entries, &count, &scale, scratch, NULL), CLV_ORDERS_OVERFLOW, "too many removed");
	entries[0] = (ClvPurchase) {1, INT32_MAX, most};
	entries[1] = (ClvPurchase) {1, INT32_MAX, most};
	entries[2] = (ClvPurchase) {1, -INT32_MAX, -most};
	count = 3;
	is_int(clv_history_normalize(entries, &count, &scale, scratch, NULL), CLV_OK, "what is taken back does not count");
	ok(count == 1 && entries[0].orders == INT32_MAX && entries[0].amount == most, "and the rest is right");
	entries[1] = (ClvPurchase) {1, 1, 1};
	entries[0].orders = 0;
	count = 2;
	is_int(clv_history_normalize(entries, &count, &scale, scratch, NULL), CLV_AMOUNT_OVERFLOW, "too much money of a day");
	/* 10^36 at two decimals would not fit, without them it does. */
	entries[0] = (ClvPurchase) {1, 1, most / 9 * 9 - (most / 9 * 9) % 100};
	entries[1] = entries[0];
	scale = 2;
	count = 2;
	is_int(clv_history_normalize(entries, &count, &scale, scratch, NULL), CLV_OK, "zeros behind the point take no room");
	is_int(scale, 0, "and are left out");
	/* Sums may need fewer decimals than their parts. */
	entries[0] = (ClvPurchase) {1, 1, 5};
	entries[1] = (ClvPurchase) {1, 1, 5};
	scale = 1;
	count = 2;
	is_int(clv_history_normalize(entries, &count, &scale, scratch, NULL), CLV_OK, "0.5 + 0.5");
	ok(scale == 0 && count == 1 && entries[0].amount == 1, "is 1");
	{
		ClvPurchase entry = {0, 1, clv_amount_power_of_ten(CLV_AMOUNT_DIGITS) - 1};

		is_int(clv_history_rescale(&entry, 1, 0, 1), CLV_AMOUNT_OVERFLOW, "37 digits have no room for another decimal");
	}
}

static void
test_log(void)
{
	static Orders orders;
	static ClvPurchase read[MOST];
	static union
	{
		ClvHistoryLog log;
		uint8_t		room[sizeof(ClvHistoryLog) + MOST_BYTES];
	}			block;
	bool		right = true;
	bool		bounded = true;

	for (int round = 0; round < 3000; round++)
	{
		size_t		count;

		random_orders(&orders, round % 3);
		clv_history_log_start(&block.log, orders.scale);
		for (size_t i = 0; i < orders.count; i++)
		{
			ClvPurchase *entry = &orders.entries[i];
			uint32_t	used = block.log.used;
			size_t		room = offsetof(ClvHistoryLog, entries) + used;
			bool		added = false;

			/* Byte by byte, until it fits. */
			while (!added && room <= sizeof(block))
			{
				bounded &= block.log.used == used;
				added = clv_history_log_append(&block.log, room, entry->day, entry->orders, entry->amount);
				room++;
			}
			bounded &= added && offsetof(ClvHistoryLog, entries) + block.log.used == room - 1
				&& block.log.used - used <= CLV_HISTORY_MAX_ENTRY_SIZE;
		}
		bounded &= orders.count <= clv_history_entry_bound(block.log.used);
		count = clv_history_log_entries(&block.log, read);
		right &= block.log.scale == orders.scale && same_entries(read, count, orders.entries, orders.count);
	}
	ok(right, "a log keeps orders as they came");
	ok(bounded, "and takes no more room than there is");
}

static void
test_statistics(void)
{
	static Orders orders;
	static Orders normal;
	static uint8_t bytes[MOST_BYTES];
	bool		right = true;
	bool		summary_right = true;

	for (int round = 0; round < 30000; round++)
	{
		const int	kind = (int[]) {0, 1, 3}[round % 3];
		ClvStatistics statistics;
		ClvHistorySummary summary;
		size_t		size;
		int			as_of;
		bool		exists = false;
		int			days = 0;
		int32_t		first = 0;
		int32_t		last = 0;
		ClvAmount	later = 0;
		ClvAmount	revenue = 0;
		int64_t		count = 0;

		random_orders(&orders, kind);
		size = encode(&orders, bytes);
		normalize_naively(&orders, &normal);
		as_of = kind == 1 ? random_below(7) - 3 : 7250 + random_below(random_below(2) ? 2200 : 1 << 25);

		right &= clv_history_statistics(bytes, size, as_of, &statistics) == CLV_OK;
		for (size_t i = 0; i < normal.count; i++)
		{
			const ClvPurchase *entry = &normal.entries[i];

			if (entry->day > as_of)
				continue;
			if (exists)
				later += entry->amount;
			if (entry->orders <= 0)
				continue;
			days++;
			if (!exists)
				first = entry->day;
			last = entry->day;
			exists = true;
		}
		right &= statistics.exists == exists;
		if (exists)
			right &= statistics.frequency == days - 1 && statistics.t_x == last - first && statistics.age == as_of - first;
		if (days > 1)
			right &= statistics.spend == clv_amount_to_double(later, normal.scale) / (days - 1);
		else
			right &= statistics.spend == 0;

		{
			ClvStatistics timing;

			right &= clv_history_timing(bytes, size, as_of, &timing) == CLV_OK && timing.spend == 0;
			right &= timing.exists == statistics.exists && timing.frequency == statistics.frequency &&
				timing.t_x == statistics.t_x && timing.age == statistics.age;
		}

		summary_right &= clv_history_summarize(bytes, size, &summary) == CLV_OK;
		days = 0;
		for (size_t i = 0; i < normal.count; i++)
		{
			const ClvPurchase *entry = &normal.entries[i];

			revenue += entry->amount;
			count += entry->orders;
			if (entry->orders > 0)
			{
				if (days++ == 0)
					first = entry->day;
				last = entry->day;
			}
		}
		summary_right &= summary.orders == count && summary.purchase_days == days && summary.revenue == revenue
			&& summary.scale == normal.scale && (days == 0 || (summary.first_day == first && summary.last_day == last));
	}
	ok(right, "statistics are those of a plain list");
	ok(summary_right, "and so are the totals");
}

static void
test_statistics_at_the_ends(void)
{
	ClvAmount	most = clv_amount_power_of_ten(CLV_AMOUNT_DIGITS) - 1;
	ClvPurchase entries[3] = {{CLV_DATE_MIN, 1, most}, {0, 1, most}, {CLV_DATE_MAX, 1, most}};
	uint8_t		bytes[128];
	size_t		size = clv_history_write(entries, 3, 0, bytes);
	ClvStatistics statistics;
	ClvHistorySummary summary;

	is_int(clv_history_statistics(bytes, size, CLV_DATE_MAX, &statistics), CLV_AMOUNT_OVERFLOW, "repeat amounts overflow");
	is_int(clv_history_summarize(bytes, size, &summary), CLV_AMOUNT_OVERFLOW, "and so does the revenue");
	entries[2].amount = -most;
	size = clv_history_write(entries, 3, 0, bytes);
	is_int(clv_history_statistics(bytes, size, CLV_DATE_MAX, &statistics), CLV_OK, "unless they cancel");
	is_int(statistics.t_x, (int64_t) CLV_DATE_MAX - CLV_DATE_MIN, "the longest life");
	is_int(statistics.age, statistics.t_x, "is as long as the calendar");
	close_abs(statistics.spend, 0, 0, "its mean is right");
	is_int(clv_history_summarize(bytes, size, &summary), CLV_OK, "revenue does not overflow on the way");
	ok(summary.revenue == most, "and is right");
	is_int(clv_history_statistics(bytes, size, CLV_DATE_MIN - 1, &statistics), CLV_OK, "before the first purchase");
	ok(!statistics.exists && statistics.age == 0 && statistics.spend == 0, "there is nothing");

	for (int32_t day = -1; day <= 0; day++)
	{
		ClvPurchase only = {day, 1, 5};

		size = clv_history_write(&only, 1, 0, bytes);
		is_int(clv_history_statistics(bytes, size, INT32_MAX, &statistics), day == 0 ? CLV_OK : CLV_DATE_OUT_OF_RANGE,
			   "2^31 - 1 days and %d are counted", -day);
	}
}

static void
text_is(const char *in, ClvStatus want_status, int32_t day, int32_t orders, const char *amount, const char *rest)
{
	ClvPurchase entry;
	int			scale;
	size_t		used;
	ClvStatus	status = clv_history_read_entry(in, strlen(in), &used, &entry, &scale);
	char		out[CLV_AMOUNT_TEXT_SIZE];

	if (status != CLV_OK || want_status != CLV_OK)
	{
		is_int(status, want_status, "entry \"%s\"", in);
		return;
	}
	clv_amount_write(entry.amount, scale, out);
	ok(entry.day == day && entry.orders == orders && strcmp(out, amount) == 0 && strcmp(in + used, rest) == 0, "entry \"%s\"", in);
}

static void
test_text(void)
{
	static Orders orders;
	bool		right = true;
	bool		bounded = true;

	for (int round = 0; round < 3000; round++)
	{
		random_orders(&orders, round % 3);
		for (size_t i = 0; i < orders.count; i++)
		{
			char		out[CLV_HISTORY_ENTRY_TEXT_SIZE];
			int			length = clv_history_write_entry(&orders.entries[i], orders.scale, out);
			char	   *exact = malloc((size_t) length);
			ClvPurchase entry;
			int			scale;
			size_t		used;

			bounded &= length < CLV_HISTORY_ENTRY_TEXT_SIZE;
			memcpy(exact, out, (size_t) length);
			right &= clv_history_read_entry(exact, (size_t) length, &used, &entry, &scale) == CLV_OK
				&& used == (size_t) length
				&& clv_amount_rescale(&entry.amount, scale, orders.scale) == CLV_OK
				&& same_entries(&entry, 1, &orders.entries[i], 1);
			/* Cut short it is another entry or none, but nothing is read beyond its end. */
			for (size_t cut = 0; cut < (size_t) length; cut++)
			{
				char	   *part = malloc(cut + 1);

				memcpy(part, out, cut);
				if (clv_history_read_entry(part, cut, &used, &entry, &scale) == CLV_OK)
					right &= used <= cut;
				free(part);
			}
			free(exact);
		}
	}
	ok(right, "entries are read back");
	ok(bounded, "and fit their buffer");

	text_is("2000-01-01 1", CLV_OK, 0, 1, "1", "");
	text_is("2000-01-02*2 59.06, ", CLV_OK, 1, 2, "59.06", ", ");
	text_is("2000-01-02*1 5}", CLV_OK, 1, 1, "5", "}");
	text_is("2000-01-02*0 -5", CLV_OK, 1, 0, "-5", "");
	text_is("2000-01-02*-3 -5.50", CLV_OK, 1, -3, "-5.5", "");
	text_is("2000-01-02   +7", CLV_OK, 1, 1, "7", "");
	text_is("4714-11-24 BC 1", CLV_OK, CLV_DATE_MIN, 1, "1", "");
	text_is("4714-11-24 BC*2 1", CLV_OK, CLV_DATE_MIN, 2, "1", "");
	text_is("5874897-12-31 1", CLV_OK, CLV_DATE_MAX, 1, "1", "");
	text_is("2000-01-02*2147483647 1", CLV_OK, 1, INT32_MAX, "1", "");
	text_is("2000-01-02*-2147483647 1", CLV_OK, 1, -INT32_MAX, "1", "");
	text_is("2000-01-02*2147483648 1", CLV_HISTORY_SYNTAX, 0, 0, NULL, NULL);
	text_is("2000-01-02*-2147483648 1", CLV_HISTORY_SYNTAX, 0, 0, NULL, NULL);
	text_is("2000-01-02*99999999999999999999999 1", CLV_HISTORY_SYNTAX, 0, 0, NULL, NULL);
	text_is("2000-01-02* 1", CLV_HISTORY_SYNTAX, 0, 0, NULL, NULL);
	text_is("2000-01-02*+2 1", CLV_HISTORY_SYNTAX, 0, 0, NULL, NULL);
	text_is("2000-01-02 *2 1", CLV_HISTORY_SYNTAX, 0, 0, NULL, NULL);
	text_is("2000-01-02", CLV_HISTORY_SYNTAX, 0, 0, NULL, NULL);
	text_is("2000-01-02 ", CLV_HISTORY_SYNTAX, 0, 0, NULL, NULL);
	text_is("2000-01-02 x", CLV_HISTORY_SYNTAX, 0, 0, NULL, NULL);
	text_is("", CLV_HISTORY_SYNTAX, 0, 0, NULL, NULL);
	text_is("infinity 1", CLV_HISTORY_SYNTAX, 0, 0, NULL, NULL);
	text_is("2000-02-30 1", CLV_DATE_OUT_OF_RANGE, 0, 0, NULL, NULL);
	text_is("4714-11-23 BC 1", CLV_DATE_OUT_OF_RANGE, 0, 0, NULL, NULL);
	text_is("5874898-01-01 1", CLV_DATE_OUT_OF_RANGE, 0, 0, NULL, NULL);
	text_is("2000-01-02 100000000000000000000000000000000000000", CLV_AMOUNT_OVERFLOW, 0, 0, NULL, NULL);
	text_is("2000-01-02 0.00000000000000000000000000000000000001", CLV_AMOUNT_TOO_FINE, 0, 0, NULL, NULL);
}

int
main(void)
{
	test_normal_form();
	test_one_form();
	test_validator();
	test_damage();
	test_noise();
	test_extremes();
	test_reading();
	test_overflow();
	test_log();
	test_statistics();
	test_statistics_at_the_ends();
	test_text();
	return done_testing();
}
