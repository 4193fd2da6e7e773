/*-------------------------------------------------------------------------
 *
 * cohort.c
 *	  Tests of src/base/cohort.c and cohort_text.c.
 *
 * Random shops are counted twice: by the code under test, and here by the
 * definitions, customer by customer and period by period, with no running
 * sums, no hash table and no encoding.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "base/cohort.h"
#include "base/cohort_text.h"

#define MAX_CUSTOMERS 24
#define MAX_PURCHASES 20

typedef struct Customer
{
	ClvPurchase entries[MAX_PURCHASES];
	size_t		count;
	int			scale;
	uint8_t		bytes[CLV_HISTORY_HEADER_SIZE + MAX_PURCHASES * CLV_HISTORY_MAX_ENTRY_SIZE];
	size_t		size;
} Customer;

static Customer customers[MAX_CUSTOMERS];
static int	customer_count;

static uint64_t random_state;

static uint32_t
random_below(uint32_t limit)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t) ((random_state >> 33) % limit);
}

/* Some days without orders, some amounts negative, some customers with refunds alone. */
static void
make_shop(uint64_t seed, int32_t first_day, int32_t span)
{
	random_state = seed;
	customer_count = 1 + (int) random_below(MAX_CUSTOMERS);
	for (int c = 0; c < customer_count; c++)
	{
		Customer   *customer = &customers[c];
		ClvPurchase scratch[MAX_PURCHASES];

		customer->count = 1 + random_below(random_below(4) == 0 ? MAX_PURCHASES : 4);
		customer->scale = (int) random_below(3);
		for (size_t i = 0; i < customer->count; i++)
		{
			ClvPurchase *entry = &customer->entries[i];

			entry->day = first_day + (int32_t) random_below((uint32_t) span);
			entry->orders = random_below(5) == 0 ? 0 : 1 + (int32_t) random_below(3);
			entry->amount = (ClvAmount) random_below(20000) - (entry->orders == 0 ? 20000 : 500);
		}
		if (clv_history_normalize(customer->entries, &customer->count, &customer->scale, scratch, NULL) != CLV_OK)
			abort();
		customer->size = clv_history_write(customer->entries, customer->count, customer->scale, customer->bytes);
	}
}

/* ---------- the code under test ---------- */

static void
make_room(ClvCohortTable *table, uint64_t more)
{
	uint64_t	capacity = clv_cohort_capacity(table, more);

	if (capacity > table->capacity)
	{
		ClvCohortCell *former = table->cells;

		clv_cohort_move(table, malloc(capacity * sizeof(ClvCohortCell)), (uint32_t) capacity);
		free(former);
	}
}

static void
start(ClvCohortTable *table, const ClvCohortRule *rule)
{
	memset(table, 0x55, sizeof(*table));
	clv_cohort_start(table, rule, malloc(16 * sizeof(ClvCohortCell)), 16);
}

static ClvPeriodTable calendar;

static ClvStatus
read_customer(ClvActivities *activities, const ClvCohortRule *rule, const Customer *customer)
{
	static ClvCohortRule filled;
	static ClvActivity periods[MAX_PURCHASES + 1];
	static ClvOtherActivity others[MAX_PURCHASES + 1];

	if (memcmp(&filled, rule, sizeof(filled)) != 0)
	{
		clv_period_table_fill(&calendar, rule->period, rule->as_of);
		filled = *rule;
	}
	*activities = (ClvActivities)
	{
		.periods = periods, .others = others
	};
	return clv_cohort_read_activities(activities, rule, &calendar, customer->bytes, customer->size);
}

static ClvStatus
count_customer(ClvCohortTable *table, const Customer *customer)
{
	ClvActivities activities;
	ClvStatus	status = read_customer(&activities, &table->rule, customer);

	for (size_t at = 1; at <= clv_cohort_starts(&table->rule, &activities) && status == CLV_OK; at++)
	{
		make_room(table, activities.count);
		status = clv_cohort_enter(table, &calendar, &activities, at);
	}
	return status;
}

static uint8_t *
encode(ClvCohortTable *table, size_t *size)
{
	ClvCohortKey *keys = malloc((table->used + 1) * sizeof(ClvCohortKey));
	ClvCohortKey *scratch = malloc((table->used + 1) * sizeof(ClvCohortKey));
	uint32_t	count = clv_cohort_sort(table, keys, scratch);
	ClvSink		sink = {NULL, 0};

	clv_cohort_encode(table, keys, count, &sink);
	sink.out = malloc(sink.count);
	*size = sink.count;
	sink.count = 0;
	clv_cohort_encode(table, keys, count, &sink);
	free(keys);
	free(scratch);
	return sink.out;
}

static void
add_bytes(ClvCohortTable *table, const uint8_t *bytes, size_t size)
{
	ClvCohortReader reader;
	ClvCohortCell cell;

	clv_cohort_read(&reader, bytes, size);
	while (clv_cohort_next_cohort(&reader))
	{
		while (clv_cohort_next_cell(&reader, &cell))
		{
			make_room(table, 1);
			if (clv_cohort_add_cell(table, &cell, reader.scale) != CLV_OK)
				abort();
		}
	}
}

static uint8_t *
count_shop(const ClvCohortRule *rule, size_t *size)
{
	ClvCohortTable table;
	uint8_t    *bytes;

	start(&table, rule);
	for (int c = 0; c < customer_count; c++)
		if (count_customer(&table, &customers[c]) != CLV_OK)
			abort();
	bytes = encode(&table, size);
	free(table.cells);
	return bytes;
}

/* ---------- the definitions ---------- */

static int32_t
window_of(const ClvCohortRule *rule, int32_t cohort, int32_t origin, int32_t day)
{
	int32_t		offset = 0;

	if (day <= origin)
		return 0;
	if (rule->windows == CLV_CALENDAR)
		return clv_period_index(rule->period, day) - cohort;
	if (rule->windows == CLV_ROLLING)
	{
		while (clv_units_after(rule->period.unit, origin, offset + 1) <= day)
			offset++;
		return offset;
	}
	while (offset < rule->bracket_count && day - origin >= rule->brackets[offset + 1])
		offset++;
	return offset;
}

/* The first day from which a customer belongs to a cohort, false if it does not. */
static bool
membership(const ClvCohortRule *rule, const Customer *customer, int32_t cohort, int32_t *origin, bool *first)
{
	*first = true;
	for (size_t i = 0; i < customer->count && customer->entries[i].day <= rule->as_of; i++)
	{
		if (customer->entries[i].orders <= 0)
			continue;
		if (clv_period_index(rule->period, customer->entries[i].day) == cohort)
		{
			*origin = customer->entries[i].day;
			return true;
		}
		if (!rule->recurring)
			return false;
		*first = false;
	}
	return false;
}

static bool
is_active(const ClvCohortRule *rule, const Customer *customer, int32_t cohort, int32_t origin, int32_t offset)
{
	for (size_t i = 0; i < customer->count && customer->entries[i].day <= rule->as_of; i++)
		if (customer->entries[i].orders > 0 && customer->entries[i].day >= origin &&
			window_of(rule, cohort, origin, customer->entries[i].day) == offset)
			return true;
	return false;
}

static bool
is_retained(const ClvCohortRule *rule, const Customer *customer, int32_t cohort, int32_t origin,
			int32_t offset, ClvRetention kind)
{
	bool		some = false;
	bool		all = true;

	switch (kind)
	{
		case CLV_ON:
			return is_active(rule, customer, cohort, origin, offset);
		case CLV_ON_OR_AFTER:
			for (int32_t k = offset; k <= offset + 320 && !some; k++)
				some = is_active(rule, customer, cohort, origin, k) &&
					(rule->windows != CLV_BRACKETS || k < rule->bracket_count);
			return some;
		case CLV_UNBROKEN:
			for (int32_t k = 0; k <= offset; k++)
				all = all && is_active(rule, customer, cohort, origin, k);
			return all;
		case CLV_CUMULATIVE:
			for (int32_t k = 1; k <= offset; k++)
				some = some || is_active(rule, customer, cohort, origin, k);
			return some || offset == 0;
	}
	return false;
}

typedef struct Expected
{
	int64_t		size;
	int64_t		active;
	int64_t		purchase_days;
	int64_t		orders;
	ClvAmount	revenue;
	ClvAmount	refunds;
	bool		observed;		/* some member's window has begun */
	bool		complete;		/* every member's window has ended */
} Expected;

static void
add_entries(const ClvCohortRule *rule, const Customer *customer, int32_t cohort, int32_t origin,
			bool first, int32_t offset, int scale, Expected *expected)
{
	for (size_t i = 0; i < customer->count && customer->entries[i].day <= rule->as_of; i++)
	{
		const ClvPurchase *entry = &customer->entries[i];
		ClvAmount	amount = entry->amount;

		if (window_of(rule, cohort, origin, entry->day) != offset)
			continue;
		if (!first && clv_period_index(rule->period, entry->day) < cohort)
			continue;
		if (entry->orders > 0)
		{
			expected->purchase_days++;
			expected->orders += entry->orders;
		}
		clv_amount_rescale(&amount, customer->scale, scale);
		expected->revenue += amount;
		expected->refunds += amount < 0 ? amount : 0;
	}
}

static Expected
expect(const ClvCohortRule *rule, int32_t cohort, int32_t offset, ClvRetention kind, int scale)
{
	Expected	expected = {0, 0, 0, 0, 0, 0, false, true};

	for (int c = 0; c < customer_count; c++)
	{
		const Customer *customer = &customers[c];
		int32_t		origin;
		bool		first;

		if (!membership(rule, customer, cohort, &origin, &first))
			continue;
		expected.size++;
		expected.active += is_retained(rule, customer, cohort, origin, offset, kind);
		if (rule->windows == CLV_BRACKETS && offset >= rule->bracket_count)
			continue;
		if (clv_cohort_window_start(rule, cohort, origin, offset) <= rule->as_of)
			expected.observed = true;
		if (clv_cohort_window_end(rule, cohort, origin, offset) > rule->as_of)
			expected.complete = false;
		add_entries(rule, customer, cohort, origin, first, offset, scale, &expected);
	}
	return expected;
}

static bool
row_is_right(const ClvCohortRule *rule, const ClvCohortRow *row, int32_t cohort, ClvRetention kind,
			 int scale, ClvAmount cumulative)
{
	Expected	expected = expect(rule, cohort, row->number, kind, scale);

	return row->cohort_start == clv_period_start(rule->period, cohort) &&
		row->size == expected.size && row->active == expected.active &&
		row->purchase_days == expected.purchase_days && row->orders == expected.orders &&
		row->revenue == expected.revenue && row->refunds == expected.refunds &&
		row->cumulative_revenue == cumulative + expected.revenue &&
		expected.observed && row->complete == expected.complete &&
		row->period_start == clv_cohort_window_start(rule, cohort, row->cohort_start, row->number);
}

/* Rows of a shop, all of them, in order, and no other; answers the failures. */
static int
compare_shop(const ClvCohortRule *rule, ClvRetention kind, int64_t *cells)
{
	size_t		size;
	uint8_t    *bytes = count_shop(rule, &size);
	ClvCohortRows rows;
	ClvCohortRow row;
	ClvStatus	status;
	int			failures = clv_cohort_validate(bytes, size) != CLV_OK;
	int32_t		cohort = clv_period_index(rule->period, CLV_DATE_MIN);
	int32_t		number = -1;
	ClvAmount	cumulative = 0;

	clv_cohort_rows(&rows, bytes, size, kind);
	for (cohort = clv_period_index(rule->period, 8000 - 400);
		 cohort <= clv_period_index(rule->period, rule->as_of); cohort++)
	{
		cumulative = 0;
		for (number = 0;; number++)
		{
			Expected	expected = expect(rule, cohort, number, kind, rows.reader.scale);

			if (expected.size == 0 || !expected.observed)
				break;
			(*cells)++;
			if (!clv_cohort_rows_next(&rows, &row, &status) || status != CLV_OK || row.number != number ||
				!row_is_right(rule, &row, cohort, kind, rows.reader.scale, cumulative))
			{
				failures++;
				break;
			}
			cumulative = row.cumulative_revenue;
		}
	}
	failures += clv_cohort_rows_next(&rows, &row, &status);
	free(bytes);
	return failures;
}

static ClvCohortRule
make_rule(ClvUnit unit, int32_t week_start, ClvWindows windows, bool recurring, int32_t as_of)
{
	static const int32_t brackets[] = {0, 1, 8, 31, 100};
	ClvCohortRule rule;

	memset(&rule, 0, sizeof(rule));
	rule.period.unit = unit;
	rule.period.week_start = week_start;
	rule.windows = windows;
	rule.recurring = recurring;
	rule.as_of = as_of;
	if (windows == CLV_BRACKETS && clv_cohort_set_brackets(&rule, brackets, 5) != CLV_OK)
		abort();
	return rule;
}

static void
test_definitions(void)
{
	static const int32_t spans[] = {1, 20, 90, 300};

	for (int unit = CLV_DAY; unit <= CLV_YEAR; unit++)
	{
		for (int windows = CLV_CALENDAR; windows <= CLV_BRACKETS; windows++)
		{
			/* Only in the windows of the calendar do customers enter several cohorts. */
			for (int recurring = 0; recurring < (windows == CLV_CALENDAR ? 2 : 1); recurring++)
			{
				int			failures = 0;
				int64_t		cells = 0;

				for (uint64_t seed = 1; seed <= 4; seed++)
				{
					ClvCohortRule rule = make_rule((ClvUnit) unit, unit == CLV_WEEK ? (int32_t) (seed % 7 + 1) : CLV_MONDAY,
												   (ClvWindows) windows, recurring, 8000 + (int32_t) seed * 15);

					make_shop(seed * 77 + unit, 8000 - (int32_t) seed * 30, unit == CLV_DAY ? 40 : spans[seed % 4]);
					for (int kind = CLV_ON; kind <= CLV_CUMULATIVE; kind++)
						failures += compare_shop(&rule, (ClvRetention) kind, &cells);
				}
				is_int(failures, 0, "%s, windows %d%s: %lld cells are as defined", clv_unit_name((ClvUnit) unit),
					   windows, recurring ? ", recurring" : "", (long long) cells);
			}
		}
	}
}

/* ---------- forms ---------- */

static char *
write_text(const uint8_t *bytes, size_t size)
{
	char	   *out = malloc(1000000);
	size_t		length;
	ClvCohortReader reader;
	ClvCohortCell cell;
	bool		another = false;

	clv_cohort_read(&reader, bytes, size);
	length = (size_t) clv_cohort_write_head(&reader.rule, reader.scale, out);
	while (clv_cohort_next_cohort(&reader))
	{
		bool		more = false;

		if (another)
			out[length++] = ';';
		another = true;
		length += (size_t) clv_cohort_write_name(&reader, out + length);
		while (clv_cohort_next_cell(&reader, &cell))
		{
			if (more)
				out[length++] = ',';
			more = true;
			length += (size_t) clv_cohort_write_cell(&cell, reader.scale, out + length);
		}
	}
	out[length++] = '}';
	out[length] = '\0';
	return out;
}

/* NULL where the text is refused. */
static uint8_t *
read_text(const char *text, size_t *size)
{
	ClvCohortText reader;
	ClvCohortTable table;
	uint8_t    *bytes;
	bool		found = false;
	ClvStatus	status = clv_cohort_text_open(&reader, text, strlen(text));

	if (status != CLV_OK)
		return NULL;
	start(&table, &reader.rule);
	while ((status = clv_cohort_text_next(&reader, &found)) == CLV_OK && found)
	{
		make_room(&table, 1);
		if (clv_cohort_add_cell(&table, &reader.cell, reader.scale) != CLV_OK)
			abort();
	}
	bytes = encode(&table, size);
	free(table.cells);
	if (status == CLV_OK && clv_cohort_validate(bytes, *size) == CLV_OK)
		return bytes;
	free(bytes);
	return NULL;
}

static void
test_round_trips(void)
{
	int			failures = 0;

	for (uint64_t seed = 1; seed <= 200; seed++)
	{
		ClvCohortRule rule = make_rule((ClvUnit) (seed % 5), seed % 5 == CLV_WEEK ? (int32_t) (seed % 7 + 1) : CLV_MONDAY,
									   (ClvWindows) (seed % 3), seed % 2, 8200);
		size_t		size;
		size_t		again_size = 0;
		uint8_t    *bytes;
		uint8_t    *again;
		char	   *text;

		make_shop(seed, 8000, 300);
		bytes = count_shop(&rule, &size);
		text = write_text(bytes, size);
		again = read_text(text, &again_size);
		failures += again == NULL || again_size != size || memcmp(again, bytes, size) != 0;
		free(bytes);
		free(again);
		free(text);
	}
	is_int(failures, 0, "text is read back to the same bytes");
}

static void
test_merging(void)
{
	int			failures = 0;

	for (uint64_t seed = 1; seed <= 200; seed++)
	{
		ClvCohortRule rule = make_rule((ClvUnit) (seed % 5), CLV_MONDAY, (ClvWindows) (seed % 3), seed % 2, 8200);
		ClvCohortTable parts[4];
		ClvCohortTable sum;
		size_t		size;
		size_t		sum_size;
		uint8_t    *whole;
		uint8_t    *merged;

		make_shop(seed, 8000, 300);
		whole = count_shop(&rule, &size);
		start(&sum, &rule);
		for (int p = 0; p < 4; p++)
			start(&parts[p], &rule);
		for (int c = customer_count - 1; c >= 0; c--)
			if (count_customer(&parts[random_below(4)], &customers[c]) != CLV_OK)
				abort();
		for (int p = 3; p >= 0; p--)
		{
			size_t		part_size;
			uint8_t    *part = encode(&parts[p], &part_size);

			failures += clv_cohort_validate(part, part_size) != CLV_OK;
			add_bytes(&sum, part, part_size);
			free(part);
			free(parts[p].cells);
		}
		merged = encode(&sum, &sum_size);
		failures += sum_size != size || memcmp(merged, whole, size) != 0;
		free(merged);
		free(whole);
		free(sum.cells);
	}
	is_int(failures, 0, "parts in any order add up to the bytes of the whole");
}

/* Whatever passes the validator is read without harm, and encodes to itself. */
static void
test_damage(void)
{
	int			harmless = 0;
	int			failures = 0;
	uint8_t    *whole = NULL;
	size_t		whole_size = 0;

	for (uint64_t seed = 1; seed <= 30000; seed++)
	{
		size_t		size;
		size_t		again_size;
		uint8_t    *bytes;
		uint8_t    *again;
		uint8_t    *exact;

		if (seed % 100 == 1)
		{
			ClvCohortRule rule = make_rule((ClvUnit) (seed / 100 % 5), CLV_MONDAY, (ClvWindows) (seed / 100 % 3),
										   seed / 100 % 2, 8200);

			make_shop(seed, 8000, 300);
			free(whole);
			whole = count_shop(&rule, &whole_size);
		}
		size = whole_size;
		bytes = malloc(size);
		memcpy(bytes, whole, size);
		for (uint32_t i = random_below(3); i < 3; i++)
			bytes[random_below((uint32_t) size)] ^= (uint8_t) (1 << random_below(8));
		if (random_below(4) == 0)
			size = random_below((uint32_t) size + 1);

		/* memory of the exact size, so that a sanitizer sees reading beyond */
		exact = malloc(size + 1);
		memcpy(exact + 1, bytes, size);
		if (clv_cohort_validate(exact + 1, size) == CLV_OK)
		{
			ClvCohortReader reader;
			ClvCohortTable table;

			harmless++;
			clv_cohort_read(&reader, exact + 1, size);
			start(&table, &reader.rule);
			table.scale = reader.scale;
			add_bytes(&table, exact + 1, size);
			again = encode(&table, &again_size);
			failures += again_size != size || memcmp(again, exact + 1, size) != 0;
			free(again);
			free(table.cells);
		}
		free(exact);
		free(bytes);
	}
	free(whole);
	is_int(failures, 0, "30000 damaged tables: %d pass, and encode to themselves", harmless);
}

#define MOST "9223372036854775807"

static const char *const refused_texts[] = {
	"",
	"month",
	"fortnight until 2024-01-31 scale 2 {}",
	"week until 2024-01-31 scale 2 {}",
	"week(moonday) until 2024-01-31 scale 2 {}",
	"month until infinity scale 2 {}",
	"month until 2024-01-31 scale 38 {}",
	"month until 2024-01-31 scale 0 {} x",
	"month until 2024-01-31 scale 0 {",
	"month brackets(0) until 2024-01-31 scale 0 {}",
	"month brackets(1 2) until 2024-01-31 scale 0 {}",
	"month brackets(0 2 2) until 2024-01-31 scale 0 {}",
	"month until 2024-01-31 scale 0 {2024-01-02: 0 1 1 1 0 1 1 5 0}",
	"month until 2024-01-31 scale 0 {2024-02-01: 0 1 1 1 0 1 1 5 0}",
	"month until 2024-01-31 scale 0 {2024-01-01: 1 1 1 1 0 1 1 5 0}",
	"month until 2024-01-31 scale 0 {2024-01-01: 0 1 1 1 0 1 1 5.1 0}",
	"month until 2024-01-31 scale 0 {2024-01-01: 0 1 1 1 0 1 1 5}",
	"month until 2024-01-31 scale 0 {2024-01-01: 0 1 1 1 0 1 1 5 1}",
	"month until 2024-01-31 scale 0 {2024-01-01: 0 1 0 1 0 1 1 5 0}",
	"month until 2024-01-31 scale 0 {2024-01-01: 0 1 1 0 0 1 1 5 0}",
	"month until 2024-01-31 scale 0 {2024-01-01: 0 1 1 1 1 1 1 5 0}",
	"month until 2024-01-31 scale 0 {2024-01-01: 0 2 2 2 0 1 1 5 0}",
	"month until 2024-01-31 scale 0 {2024-01-01: 0 2 2 2 0 3 2 5 0}",
	"month until 2024-01-31 scale 0 {2024-01-01: 0 1 1 1 0 1 1 5 0, 1 0 0 0 0 0 0 1 0}",
	"month until 2024-01-31 scale 0 {2024-01-01: 0 1 1 1 0 1 1 5 0; 2024-01-01: 0 1 1 1 0 1 1 5 0}",
	"month until 2024-03-31 scale 0 {2024-01-01: 0 2 0 1 0 2 2 5 0, 2 2 2 1 2 2 2 0 0}",
	"month rolling until 2024-03-31 scale 0 {2024-01-01: 0 1 1 1 0 1 1 5 0}",
	"month rolling until 2024-03-31 scale 0 {2024-01-01 (2024-01-05 2024-02-01): 0 1 1 1 0 1 1 5 0}",
	"month until 2024-01-31 scale 0 {2024-01-01: 0 99999999999999999999 1 1 0 1 1 5 0}",
	"month until 2024-03-31 scale 0 {2024-01-01: 0 3 1 1 0 3 3 9 0, 1 2 0 1 2 2 2 4 0, 2 2 2 1 1 2 2 4 0}",
	/* counts whose sum is the number of customers only modulo 2^64 */
	"month until 2024-12-31 scale 0 {2024-01-01: 0 " MOST " " MOST " " MOST " 0 " MOST " " MOST " 0 0, 1 " MOST " " MOST " 0 0 " MOST " " MOST
	" 0 0, 2 " MOST " " MOST " 0 0 " MOST " " MOST " 0 0, 3 " MOST " 2 0 0 " MOST " " MOST " 0 0}",
	"month until 2024-12-31 scale 0 {2024-01-01: 0 " MOST " 0 " MOST " 0 " MOST " " MOST " 0 0, 1 " MOST " 0 " MOST " " MOST " " MOST " " MOST
	" 0 0, 2 " MOST " 0 " MOST " 0 " MOST " " MOST " 0 0, 3 " MOST " " MOST " 2 0 " MOST " " MOST " 0 0}",
	"month until 2024-12-31 scale 0 {2024-01-01: 0 " MOST " 0 " MOST " 0 " MOST " " MOST " 0 0, 1 " MOST " 0 0 " MOST " " MOST " " MOST
	" 0 0, 2 " MOST " 0 0 " MOST " " MOST " " MOST " 0 0, 3 " MOST " 0 0 " MOST " " MOST " " MOST " 0 0, 4 " MOST " " MOST " 0 2 " MOST " " MOST " 0 0}",
};

static void
test_refused_texts(void)
{
	static const char *const accepted[] = {
		"month until 2024-01-31 scale 0 {}",
		"month until 2024-01-31 scale 2 {}",
		"month until 2024-03-31 scale 0 {2024-01-01: 0 1 1 1 0 1 1 5 0, 2 0 0 0 0 0 0 0 0}",
		" week(SUNDAY)  recurring\nuntil 2024-01-31 scale 2 { 2023-12-31 : 0 1 1 1 0 1 2 5.00 -0.5 } ",
		"month until 2024-03-31 scale 0 {2024-01-01: 0 3 1 1 0 3 3 9 0, 1 2 0 1 2 2 2 4 0, 2 2 2 1 0 2 2 4 0}",
		"month until 2024-03-31 scale 0 {2024-01-01: 0 1 1 1 0 1 1 5 0, 1 0 0 0 0 0 0 0 -3}",
		"month rolling until 2024-03-31 scale 0 {2024-01-01 (2024-01-05 2024-01-05): 0 1 1 1 0 1 1 5 0}",
		"day brackets(0 2) until 2024-03-31 scale 0 {2024-01-01 (2024-01-01 2024-01-01): 0 1 1 1 0 1 1 5 0}",
		"month until 2024-12-31 scale 0 {2024-01-01: 0 " MOST " 0 " MOST " 0 " MOST " " MOST " 0 0, 1 " MOST " " MOST " 0 " MOST " " MOST " " MOST " 0 0}",
	};
	size_t		size;

	for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++)
	{
		uint8_t    *bytes = read_text(accepted[i], &size);

		/* names of weekdays are read in lower case only, as they are written */
		ok((bytes != NULL) == (strstr(accepted[i], "SUNDAY") == NULL), "read: %s", accepted[i]);
		free(bytes);
	}
	for (size_t i = 0; i < sizeof(refused_texts) / sizeof(refused_texts[0]); i++)
	{
		uint8_t    *bytes = read_text(refused_texts[i], &size);

		ok(bytes == NULL, "refused: %s", refused_texts[i]);
		free(bytes);
	}
}

/* Names are read whole, and rules agree in everything or not at all. */
static void
test_names_and_rules(void)
{
	const ClvCohortRule rule = make_rule(CLV_WEEK, 7, CLV_BRACKETS, false, 8200);
	ClvCohortRule other = rule;
	ClvRetention kind = CLV_ON;

	ok(clv_retention_read("cumulative", 10, &kind) == CLV_OK && kind != CLV_ON, "a kind of retention by its name");
	is_int(clv_retention_read("o", 1, &kind), CLV_UNKNOWN_KIND, "its beginning is none");
	ok(clv_cohort_rules_agree(&rule, &other), "a rule agrees with itself");
	other.period.week_start = 1;
	ok(!clv_cohort_rules_agree(&rule, &other), "not with weeks from another day");
	other = rule;
	other.period.unit = CLV_DAY;
	ok(!clv_cohort_rules_agree(&rule, &other), "nor with another period");
	other = rule;
	other.recurring = true;
	ok(!clv_cohort_rules_agree(&rule, &other), "nor where customers come again");
	other = rule;
	other.as_of--;
	ok(!clv_cohort_rules_agree(&rule, &other), "nor at another end");
	other = rule;
	other.brackets[other.bracket_count]++;
	ok(!clv_cohort_rules_agree(&rule, &other), "nor with other brackets");
}

/* Amounts of different scales, and one too many. */
static void
test_amounts(void)
{
	ClvCohortRule rule = make_rule(CLV_MONTH, CLV_MONDAY, CLV_CALENDAR, false, 8200);
	ClvCohortTable table;
	Customer	customer;
	ClvStatus	status = CLV_OK;

	start(&table, &rule);
	customer.count = 1;
	customer.entries[0].day = 8000;
	customer.entries[0].orders = 1;
	customer.entries[0].amount = clv_amount_power_of_ten(36);
	customer.size = clv_history_write(customer.entries, 1, 0, customer.bytes);
	for (int i = 0; i < 9; i++)
		status = count_customer(&table, &customer);
	is_int(status, CLV_OK, "37 digits fit");
	is_int(count_customer(&table, &customer), CLV_AMOUNT_OVERFLOW, "38 do not");
	customer.entries[0].amount = 5;
	customer.size = clv_history_write(customer.entries, 1, 1, customer.bytes);
	is_int(count_customer(&table, &customer), CLV_AMOUNT_OVERFLOW, "nor does a decimal behind 37 digits");
	free(table.cells);
}

/* Large amounts of one customer: in one period more than fits, and in two. */
static void
test_large_amounts(void)
{
	ClvCohortRule rule = make_rule(CLV_MONTH, CLV_MONDAY, CLV_CALENDAR, false, 8200);
	ClvCohortTable table;
	ClvActivities activities;
	Customer	customer;
	ClvAmount	large = clv_amount_power_of_ten(36) * 9;

	customer.count = 3;
	for (int i = 0; i < 3; i++)
	{
		customer.entries[i].day = 8000 + i;
		customer.entries[i].orders = 1 + i;
		customer.entries[i].amount = i == 1 ? -large : large;
	}
	customer.size = clv_history_write(customer.entries, 3, 0, customer.bytes);
	start(&table, &rule);
	is_int(count_customer(&table, &customer), CLV_OK, "large amounts of both signs");
	free(table.cells);
	customer.entries[1].amount = large;
	customer.size = clv_history_write(customer.entries, 3, 0, customer.bytes);
	start(&table, &rule);
	is_int(count_customer(&table, &customer), CLV_AMOUNT_OVERFLOW, "three of them in one month");
	free(table.cells);
	customer.count = 4;
	for (int i = 0; i < 4; i++)
		customer.entries[i] = (ClvPurchase)
	{
		.day = 8000 + i, .orders = 1, .amount = i % 2 ? large : -large
	};
	customer.size = clv_history_write(customer.entries, 4, 0, customer.bytes);
	is_int(read_customer(&activities, &rule, &customer), CLV_AMOUNT_OVERFLOW, "refunds of two in one month, though the revenue is 0");
	customer.count = 3;
	for (int i = 0; i < 3; i++)
		customer.entries[i].amount = large;
	customer.entries[0].day = 7950;
	customer.entries[1].day = 7980;
	customer.entries[2].day = 8030;
	customer.size = clv_history_write(customer.entries, 3, 0, customer.bytes);
	start(&table, &rule);
	is_int(count_customer(&table, &customer), CLV_OK, "each in a month of its own");
	free(table.cells);
}

/* The state of a million customers is no larger than that of one in each cell. */
static void
test_size(void)
{
	ClvCohortRule rule = make_rule(CLV_MONTH, CLV_MONDAY, CLV_CALENDAR, false, 8400);
	ClvCohortTable table;
	size_t		size;
	uint8_t    *bytes;

	start(&table, &rule);
	for (int round = 0; round < 500; round++)
	{
		make_shop((uint64_t) round, 8000, 390);
		for (int c = 0; c < customer_count; c++)
			count_customer(&table, &customers[c]);
	}
	bytes = encode(&table, &size);
	ok(table.used <= 14 * 15 / 2, "%u cells of 14 months", table.used);
	ok(size < 105 * 30, "%zu bytes", size);
	free(bytes);
	free(table.cells);
}

/* Each window ends the day before the next one begins, the last bracket before its own end. */
static void
test_window_ends(void)
{
	static const int32_t starts[] = {0, 1, 8, 31};
	ClvCohortRule rule = {{CLV_MONTH, CLV_MONDAY}, .windows = CLV_BRACKETS};

	is_int(clv_cohort_set_brackets(&rule, starts, 4), CLV_OK, "brackets from 0, 1, 8 and 31 days");
	for (int32_t i = 0; i < rule.bracket_count; i++)
	{
		is_int(clv_cohort_window_end(&rule, 0, 100, i), 100 + rule.brackets[i + 1] - 1, "end of bracket %d", i);
		if (i + 1 < rule.bracket_count)
			is_int(clv_cohort_window_start(&rule, 0, 100, i + 1), clv_cohort_window_end(&rule, 0, 100, i) + 1, "and the next begins");
	}
	for (int windows = CLV_CALENDAR; windows <= CLV_ROLLING; windows++)
	{
		int			failures = 0;

		rule = make_rule(CLV_MONTH, CLV_MONDAY, (ClvWindows) windows, false, 8200);
		for (int32_t i = 0; i < 30; i++)
			failures += clv_cohort_window_end(&rule, 240, 7300, i) + 1 != clv_cohort_window_start(&rule, 240, 7300, i + 1);
		is_int(failures, 0, "so do months of %s", windows == CLV_ROLLING ? "customers" : "the calendar");
	}
}

static void
test_bracket_count(void)
{
	int32_t		starts[CLV_COHORT_MAX_BRACKETS + 2];
	ClvCohortRule rule = {{CLV_MONTH, CLV_MONDAY}};

	for (int i = 0; i < CLV_COHORT_MAX_BRACKETS + 2; i++)
		starts[i] = i;
	is_int(clv_cohort_set_brackets(&rule, starts, 101), CLV_OK, "a hundred brackets");
	is_int(clv_cohort_set_brackets(&rule, starts, 102), CLV_COHORT_BRACKETS, "not one more");
	is_int(clv_cohort_set_brackets(&rule, starts, 2), CLV_OK, "a single one");
	is_int(clv_cohort_set_brackets(&rule, starts, 1), CLV_COHORT_BRACKETS, "not none");
}

/* ---------- sums over cohorts ---------- */

/* Means of each period since, and what the table rests on, as the definitions give them. */
static void
expect_sums(const ClvCohortRule *rule, ClvRetention kind, ClvCohortMean *means, ClvCohortExtent *extent)
{
	for (int32_t cohort = clv_period_index(rule->period, 7900); cohort <= clv_period_index(rule->period, rule->as_of); cohort++)
	{
		Expected	expected = expect(rule, cohort, 0, kind, 0);

		if (expected.size == 0 || !expected.observed)
			continue;
		extent->smallest = extent->cohorts == 0 || expected.size < extent->smallest ? expected.size : extent->smallest;
		extent->cohorts++;
		extent->customers += expected.size;
		for (int32_t number = 0; expected.observed; expected = expect(rule, cohort, ++number, kind, 0))
		{
			extent->running_cells += !expected.complete;
			if (expected.complete && number + 1 > extent->complete_periods)
				extent->complete_periods = number + 1;
			if (expected.complete)
			{
				means[number].cohorts++;
				means[number].customers += expected.size;
				means[number].active += expected.active;
				means[number].rates += (double) expected.active / (double) expected.size;
			}
		}
		for (int c = 0; c < customer_count; c++)
		{
			int32_t		origin;
			bool		first;
			bool		came_back = false;

			if (!membership(rule, &customers[c], cohort, &origin, &first))
				continue;
			for (int32_t number = 1; number < 40 && !came_back; number++)
				came_back = is_active(rule, &customers[c], cohort, origin, number);
			extent->returned += came_back;
		}
	}
}

static void
test_sums(void)
{
	int			failures = 0;
	ClvCohortMean mean = {0};
	ClvCohortExtent extent = {0};
	const ClvCohortRow most = {.size = INT64_MAX, .complete = true, .active = 1};

	for (uint64_t seed = 1; seed <= 40; seed++)
	{
		ClvCohortRule rule = make_rule(CLV_MONTH, CLV_MONDAY, seed % 2 ? CLV_CALENDAR : CLV_ROLLING, false, 8200);
		ClvCohortMean expected_means[40] = {{0}};
		ClvCohortMean means[40] = {{0}};
		ClvCohortExtent expected = {0};
		ClvCohortExtent found = {0};
		ClvCohortRows rows;
		ClvCohortRow row;
		ClvStatus	status;
		size_t		size;
		uint8_t    *bytes;

		make_shop(seed, 8000, 300);
		bytes = count_shop(&rule, &size);
		clv_cohort_rows(&rows, bytes, size, (ClvRetention) (seed % 4));
		while (clv_cohort_rows_next(&rows, &row, &status))
			failures += clv_cohort_mean_add(&means[row.number], &row) != CLV_OK || clv_cohort_extent_add(&found, &row) != CLV_OK;
		expect_sums(&rule, (ClvRetention) (seed % 4), expected_means, &expected);
		/* added in the same order, so the rates are the same to the bit */
		failures += memcmp(means, expected_means, sizeof(means)) != 0 || memcmp(&found, &expected, sizeof(found)) != 0;
		free(bytes);
	}
	is_int(failures, 0, "means of periods, and what they rest on, are as defined");
	is_int(clv_cohort_mean_add(&mean, &most), CLV_OK, "2^63 - 1 customers");
	is_int(clv_cohort_mean_add(&mean, &most), CLV_COUNT_OVERFLOW, "twice as many are too many for a mean");
	is_int(clv_cohort_extent_add(&extent, &most), CLV_OK, "they can be told");
	is_int(clv_cohort_extent_add(&extent, &most), CLV_COUNT_OVERFLOW, "twice as many cannot");
}

/* What is added and taken away leaves no cell behind. */
static void
test_corrections(void)
{
	int			failures = 0;

	for (uint64_t seed = 1; seed <= 100; seed++)
	{
		ClvCohortRule rule = make_rule((ClvUnit) (seed % 5), CLV_MONDAY, CLV_CALENDAR, seed % 2, 8200);
		ClvCohortTable table;
		ClvCohortReader reader;
		ClvCohortCell cell;
		size_t		size;
		size_t		again_size;
		size_t		other_size;
		uint8_t    *bytes;
		uint8_t    *other;
		uint8_t    *again;

		make_shop(seed + 1000, 8000, 300);
		other = count_shop(&rule, &other_size);
		make_shop(seed, 8000, 300);
		start(&table, &rule);
		table.scale = 2;
		for (int c = 0; c < customer_count; c++)
			if (count_customer(&table, &customers[c]) != CLV_OK)
				abort();
		bytes = encode(&table, &size);
		add_bytes(&table, other, other_size);
		clv_cohort_read(&reader, other, other_size);
		while (clv_cohort_next_cohort(&reader))
		{
			while (clv_cohort_next_cell(&reader, &cell))
			{
				clv_cohort_negate(&cell);
				make_room(&table, 1);
				failures += clv_cohort_add_cell(&table, &cell, reader.scale) != CLV_OK;
			}
		}
		again = encode(&table, &again_size);
		failures += again_size != size || memcmp(again, bytes, size) != 0;
		free(again);
		free(bytes);
		free(other);
		free(table.cells);
	}
	is_int(failures, 0, "customers added and taken away leave the bytes as they were");
}

/* ---------- large tables ---------- */

static int	interrupts = 0;

static void
count_interrupt(void)
{
	interrupts++;
}

#define LARGE_SIDE 450

/* A cell for each of 450 cohorts and 450 periods; all of them in order, with what was put in. */
static void
count_large(ClvInterrupt interrupt)
{
	ClvCohortRule rule = make_rule(CLV_DAY, CLV_MONDAY, CLV_CALENDAR, false, 9000);
	ClvCohortTable table;
	ClvCohortKey *keys = malloc(LARGE_SIDE * LARGE_SIDE * sizeof(ClvCohortKey));
	ClvCohortKey *scratch = malloc(LARGE_SIDE * LARGE_SIDE * sizeof(ClvCohortKey));
	int			failures = 0;
	int			often;

	start(&table, &rule);
	table.interrupt = interrupt;
	for (int i = 0; i < LARGE_SIDE * LARGE_SIDE; i++)
	{
		ClvCohortCell cell = {.cohort = 8000 + i % LARGE_SIDE, .offset = i / LARGE_SIDE, .active = 1, .orders = i + 1};

		make_room(&table, 1);
		failures += clv_cohort_add_cell(&table, &cell, 0) != CLV_OK;
	}
	if (interrupt)
	{
		ClvCohortCell cents = {.cohort = 8000, .revenue = 1};
		ClvCohortCell *former = table.cells;
		int			slots = (int) table.capacity;

		/* a slot takes nanoseconds: once in 65536 of them is often enough, once in 1000 would cost */
		interrupts = 0;
		clv_cohort_move(&table, malloc(2 * slots * sizeof(ClvCohortCell)), 2 * slots);
		free(former);
		ok(interrupts >= 3 * slots / 65536 && interrupts <= 3 * slots / 1000, "%d interrupts while it grows", interrupts);
		interrupts = 0;
		failures += clv_cohort_add_cell(&table, &cents, 2) != CLV_OK;
		ok(interrupts >= 2 * slots / 65536 && interrupts <= 2 * slots / 1000, "%d while it takes decimals", interrupts);
		interrupts = 0;
	}
	failures += clv_cohort_sort(&table, keys, scratch) != LARGE_SIDE * LARGE_SIDE;
	for (int i = 0; i < LARGE_SIDE * LARGE_SIDE; i++)
	{
		const ClvCohortCell *cell = &table.cells[keys[i].slot];

		failures += cell->cohort != 8000 + i / LARGE_SIDE || cell->offset != i % LARGE_SIDE ||
			cell->orders != cell->offset * LARGE_SIDE + cell->cohort - 8000 + 1;
	}
	is_int(failures, 0, "%d cells are kept and sorted", LARGE_SIDE * LARGE_SIDE);
	/* all slots, and four passes over the cells: in both numbers two bytes differ */
	often = (int) table.capacity / 65536 + 4 * (LARGE_SIDE * LARGE_SIDE / 65536);
	if (interrupt)
		ok(interrupts >= often && interrupts <= 60 * often, "%d while it is sorted", interrupts);
	free(keys);
	free(scratch);
	free(table.cells);
}

/* An empty slot ends each search, so one must be left; memory is at most four times what is needed. */
static void
test_room(void)
{
	int			failures = 0;
	ClvCohortRule rule = make_rule(CLV_DAY, CLV_MONDAY, CLV_CALENDAR, false, 9000);
	ClvCohortTable table;

	start(&table, &rule);
	for (uint64_t more = 1; more < UINT64_C(1) << 30; more += 1 + more / 7)
	{
		uint64_t	capacity = clv_cohort_capacity(&table, more);

		failures += (capacity & (capacity - 1)) != 0 || capacity <= more || (capacity > 16 && capacity > 4 * more);
	}
	is_int(failures, 0, "room for as many cells as are asked for, and not for much more");
	free(table.cells);
	count_large(NULL);
	count_large(count_interrupt);
}

/* ---------- bytes ---------- */

/* One customer of 2021-11-27 (day 8001) who came back after so many days without a purchase. */
static ClvStatus
validate_return(int64_t between)
{
	uint8_t		bytes[100];
	ClvSink		sink = {bytes, 0};
	const int64_t counts[] = {1, 0, 1, 0, 1, 1, 0, 0};
	const int64_t later[] = {1, 1, 0, 1, 1, 1, 0, 0};

	clv_put_byte(&sink, CLV_COHORT_VERSION);
	clv_put_byte(&sink, CLV_CALENDAR);
	clv_put_byte(&sink, CLV_DAY);
	clv_put_byte(&sink, 0);
	clv_put_byte(&sink, 0);
	clv_put_int32(&sink, 9000);
	clv_put_count(&sink, 1);
	clv_put_int32(&sink, 8001);
	clv_put_count(&sink, 2);
	clv_put_count(&sink, 0);
	for (int i = 0; i < 8; i++)
		clv_put_count(&sink, counts[i]);
	clv_put_count(&sink, between);
	for (int i = 0; i < 8; i++)
		clv_put_count(&sink, later[i]);
	return clv_cohort_validate(bytes, sink.count);
}

static void
test_offsets(void)
{
	is_int(validate_return(0), CLV_OK, "a return on the next day");
	is_int(validate_return(998), CLV_OK, "on the last day observed");
	is_int(validate_return(999), CLV_COHORT_BINARY, "not on the day after it");
	is_int(validate_return(INT32_MAX - 1), CLV_COHORT_BINARY, "nor after 2^31 - 1 days");
	is_int(validate_return(INT32_MAX), CLV_COHORT_BINARY, "nor after 2^31");
	is_int(validate_return(INT64_MAX), CLV_COHORT_BINARY, "nor after 2^63");
}

/* Weeks begin on Monday (1) to Sunday (7). */
static void
test_week_starts(void)
{
	for (int week_start = 0; week_start <= 8; week_start++)
	{
		uint8_t		bytes[20];
		ClvSink		sink = {bytes, 0};

		clv_put_byte(&sink, CLV_COHORT_VERSION);
		clv_put_byte(&sink, CLV_CALENDAR);
		clv_put_byte(&sink, CLV_WEEK);
		clv_put_byte(&sink, (uint8_t) week_start);
		clv_put_byte(&sink, 0);
		clv_put_int32(&sink, 9000);
		clv_put_count(&sink, 0);
		is_int(clv_cohort_validate(bytes, sink.count), week_start >= 1 && week_start <= 7 ? CLV_OK : CLV_COHORT_BINARY,
			   "weeks from day %d", week_start);
	}
}

int
main(void)
{
	test_definitions();
	test_round_trips();
	test_merging();
	test_damage();
	test_refused_texts();
	test_names_and_rules();
	test_amounts();
	test_large_amounts();
	test_size();
	test_window_ends();
	test_bracket_count();
	test_sums();
	test_corrections();
	test_room();
	test_offsets();
	test_week_starts();
	return done_testing();
}
