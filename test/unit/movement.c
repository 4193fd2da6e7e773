/*-------------------------------------------------------------------------
 *
 * movement.c
 *	  Tests of src/base/movement.c.
 *
 * Random shops are counted twice: by the code under test, and here by asking
 * for each customer and each period who belongs to the base and what changed.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "base/history.h"
#include "base/movement.h"

#define MAX_CUSTOMERS 20
#define MAX_ENTRIES 12

typedef struct Customer
{
	ClvPurchase entries[MAX_ENTRIES];
	size_t		count;
	int			scale;
	uint8_t		bytes[CLV_HISTORY_HEADER_SIZE + MAX_ENTRIES * CLV_HISTORY_MAX_ENTRY_SIZE];
	size_t		size;
} Customer;

static Customer customers[MAX_CUSTOMERS];
static int	customer_count;
static ClvPeriodTable calendar;
static uint64_t random_state = 1;

static uint32_t
random_below(uint32_t limit)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t) ((random_state >> 33) % limit);
}

static void
make_shop(int32_t first_day, uint32_t span)
{
	customer_count = 1 + (int) random_below(MAX_CUSTOMERS);
	for (int c = 0; c < customer_count; c++)
	{
		Customer   *customer = &customers[c];
		ClvPurchase scratch[MAX_ENTRIES];

		customer->count = 1 + random_below(MAX_ENTRIES);
		customer->scale = (int) random_below(3);
		for (size_t i = 0; i < customer->count; i++)
		{
			ClvPurchase *entry = &customer->entries[i];

			entry->day = first_day + (int32_t) random_below(span);
			entry->orders = random_below(4) == 0 ? 0 : 1 + (int32_t) random_below(2);
			entry->amount = (ClvAmount) random_below(200) - (entry->orders == 0 ? 200 : 20);
		}
		clv_history_normalize(customer->entries, &customer->count, &customer->scale, scratch, NULL);
		customer->size = clv_history_write(customer->entries, customer->count, customer->scale, customer->bytes);
	}
}

/* ---------- the code under test ---------- */

static void
cover(ClvMovementTable *table, int32_t from, int32_t to)
{
	ClvMovementCell *former = table->cells;
	int64_t		first = table->count > 0 && table->first < from ? table->first : from;
	int64_t		end = table->count > 0 && table->first + table->count > to + 1 ? table->first + table->count : to + 1;

	if (clv_movement_covers(table, from, to))
		return;
	clv_movement_move(table, calloc((size_t) (end - first), sizeof(ClvMovementCell)), (int32_t) first, end - first);
	free(former);
}

static void
count_customer(ClvMovementTable *table, const Customer *customer)
{
	static ClvActivity periods[MAX_ENTRIES + 1];
	static ClvOtherActivity others[MAX_ENTRIES + 1];
	ClvActivities activities = {.periods = periods, .others = others};
	int32_t		from;
	int32_t		to;

	if (clv_activities_read(&activities, &calendar, table->rule.as_of, customer->bytes, customer->size) != CLV_OK)
		abort();
	if (!clv_movement_extent(&table->rule, &calendar, &activities, &from, &to))
		return;
	cover(table, from, to);
	if (clv_movement_add(table, &calendar, &activities) != CLV_OK)
		abort();
}

static uint8_t *
encode(const ClvMovementTable *table, size_t *size)
{
	ClvSink		sink = {NULL, 0};

	clv_movement_encode(table, &sink);
	*size = sink.count;
	sink.out = malloc(sink.count);
	sink.count = 0;
	clv_movement_encode(table, &sink);
	return sink.out;
}

static void
add_bytes(ClvMovementTable *table, const uint8_t *bytes, size_t size)
{
	ClvMovementReader reader;
	ClvMovementCell cell;

	clv_movement_read(&reader, bytes, size);
	while (clv_movement_next(&reader, &cell))
	{
		cover(table, reader.index, reader.index);
		if (clv_movement_add_cell(table, reader.index, &cell, reader.scale) != CLV_OK)
			abort();
	}
}

static ClvMovementTable
start(ClvUnit unit, int32_t week_start, int32_t gap, int32_t as_of)
{
	ClvMovementTable table;

	memset(&table, 0, sizeof(table));
	table.rule.period.unit = unit;
	table.rule.period.week_start = unit == CLV_WEEK ? week_start : CLV_MONDAY;
	table.rule.gap = gap;
	table.rule.as_of = as_of;
	clv_period_table_fill(&calendar, table.rule.period, as_of);
	return table;
}

/* ---------- the definitions ---------- */

/* Period of the first purchase; INT32_MAX if there is none. */
static int32_t
first_period(const ClvMovementRule *rule, const Customer *customer)
{
	for (size_t i = 0; i < customer->count; i++)
		if (customer->entries[i].orders > 0 && customer->entries[i].day <= rule->as_of)
			return clv_period_index(rule->period, customer->entries[i].day);
	return INT32_MAX;
}

static int64_t
orders_in(const ClvMovementRule *rule, const Customer *customer, int32_t index)
{
	int64_t		orders = 0;

	for (size_t i = 0; i < customer->count; i++)
		if (customer->entries[i].orders > 0 && customer->entries[i].day <= rule->as_of &&
			clv_period_index(rule->period, customer->entries[i].day) == index)
			orders += customer->entries[i].orders;
	return orders;
}

static bool
is_member(const ClvMovementRule *rule, const Customer *customer, int32_t index)
{
	for (int32_t k = 0; k < rule->gap; k++)
		if (orders_in(rule, customer, index - k) > 0)
			return true;
	return false;
}

/* What came before the first purchase counts with it. */
static ClvAmount
revenue_in(const ClvMovementRule *rule, const Customer *customer, int32_t index, int scale)
{
	int32_t		first = first_period(rule, customer);
	ClvAmount	sum = 0;

	for (size_t i = 0; i < customer->count; i++)
	{
		int32_t		of_entry = clv_period_index(rule->period, customer->entries[i].day);
		ClvAmount	amount = customer->entries[i].amount;

		if (customer->entries[i].day > rule->as_of || first == INT32_MAX)
			continue;
		clv_amount_rescale(&amount, customer->scale, scale);
		if ((of_entry < first ? first : of_entry) == index)
			sum += amount;
	}
	return sum;
}

static ClvMovementRow
expect(const ClvMovementRule *rule, int32_t index, int scale)
{
	ClvMovementRow row;

	memset(&row, 0, sizeof(row));
	for (int c = 0; c < customer_count; c++)
	{
		const Customer *customer = &customers[c];
		bool		before = is_member(rule, customer, index - 1);
		bool		now = is_member(rule, customer, index);
		bool		fresh = first_period(rule, customer) == index;
		ClvAmount	revenue = revenue_in(rule, customer, index, scale);
		ClvAmount	change = revenue - revenue_in(rule, customer, index - 1, scale);

		row.opening += before;
		row.closing += now;
		row.opening_revenue += revenue - change;
		row.cell.fresh += fresh;
		row.cell.reactivated += now && !before && !fresh;
		row.cell.lost += before && !now;
		row.cell.buyers += orders_in(rule, customer, index) > 0;
		row.cell.orders += orders_in(rule, customer, index);
		row.cell.amounts[CLV_REVENUE] += revenue;
		if (fresh)
			row.cell.amounts[CLV_FROM_NEW] += change;
		else if (now && !before)
			row.cell.amounts[CLV_FROM_REACTIVATED] += change;
		else if (before && !now)
			row.cell.amounts[CLV_FROM_LOST] -= change;
		else if (change > 0)
			row.cell.amounts[CLV_EXPANSION] += change;
		else
			row.cell.amounts[CLV_CONTRACTION] -= change;
	}
	return row;
}

static int
compare_shop(const ClvMovementTable *table)
{
	size_t		size;
	uint8_t    *bytes = encode(table, &size);
	int			failures = clv_movement_validate(bytes, size) != CLV_OK;
	int32_t		index = INT32_MAX;
	double		earlier_opening = 0;
	double		earlier_lost = 0;
	ClvMovementRows rows;
	ClvMovementRow row;

	for (int c = 0; c < customer_count; c++)
		if (first_period(&table->rule, &customers[c]) < index)
			index = first_period(&table->rule, &customers[c]);
	clv_movement_rows(&rows, bytes, size);
	for (; index <= clv_period_index(table->rule.period, table->rule.as_of); index++)
	{
		ClvMovementRow expected = expect(&table->rule, index, rows.reader.scale);

		if (!clv_movement_rows_next(&rows, &row))
		{
			failures++;
			break;
		}
		failures += row.opening != expected.opening || row.closing != expected.closing ||
			row.opening_revenue != expected.opening_revenue ||
			memcmp(&row.cell, &expected.cell, sizeof(row.cell)) != 0 ||
			row.start != clv_period_start(table->rule.period, index) ||
			row.complete != (clv_period_end(table->rule.period, index) <= table->rule.as_of) ||
			row.earlier_opening != earlier_opening || row.earlier_lost != earlier_lost;
		earlier_opening += (double) expected.opening;
		earlier_lost += (double) expected.cell.lost;
	}
	failures += clv_movement_rows_next(&rows, &row);
	free(bytes);
	return failures;
}

static void
test_definitions(void)
{
	for (int unit = CLV_DAY; unit <= CLV_YEAR; unit++)
	{
		int			failures = 0;

		for (int round = 0; round < 60; round++)
		{
			ClvMovementTable table = start((ClvUnit) unit, 1 + round % 7, 1 + round % 4, 8000 + (int32_t) random_below(200));

			make_shop(7990, unit == CLV_DAY ? 40 : 400);
			for (int c = 0; c < customer_count; c++)
				count_customer(&table, &customers[c]);
			failures += compare_shop(&table);
			free(table.cells);
		}
		is_int(failures, 0, "movements by %s are as defined", clv_unit_name((ClvUnit) unit));
	}
}

static void
test_merging(void)
{
	int			failures = 0;

	for (int round = 0; round < 300; round++)
	{
		ClvMovementTable whole = start((ClvUnit) (round % 5), CLV_MONDAY, 1 + round % 3, 8300);
		ClvMovementTable parts[3];
		ClvMovementTable sum = whole;
		size_t		size;
		size_t		sum_size;
		uint8_t    *bytes;
		uint8_t    *merged;

		make_shop(8000, 350);
		for (int p = 0; p < 3; p++)
			parts[p] = sum;
		for (int c = customer_count - 1; c >= 0; c--)
		{
			count_customer(&whole, &customers[c]);
			count_customer(&parts[random_below(3)], &customers[c]);
		}
		for (int p = 2; p >= 0; p--)
		{
			bytes = encode(&parts[p], &size);
			failures += clv_movement_validate(bytes, size) != CLV_OK;
			add_bytes(&sum, bytes, size);
			free(bytes);
			free(parts[p].cells);
		}
		bytes = encode(&whole, &size);
		merged = encode(&sum, &sum_size);
		failures += size != sum_size || memcmp(bytes, merged, size) != 0;
		free(bytes);
		free(merged);
		free(whole.cells);
		free(sum.cells);
	}
	is_int(failures, 0, "parts in any order add up to the bytes of the whole");
}

static void
test_text(void)
{
	int			failures = 0;

	for (int round = 0; round < 200; round++)
	{
		ClvMovementTable table = start((ClvUnit) (round % 5), 1 + round % 7, 1 + round % 3, 8300);
		ClvMovementTable again;
		char		text[1000000];
		size_t		length;
		size_t		size;
		size_t		again_size;
		uint8_t    *bytes;
		uint8_t    *read;
		ClvMovementReader reader;
		ClvMovementCell cell;
		ClvScan		scan = {text, text};
		int			scale = 0;
		int32_t		index;

		make_shop(8000, 350);
		for (int c = 0; c < customer_count; c++)
			count_customer(&table, &customers[c]);
		bytes = encode(&table, &size);
		clv_movement_read(&reader, bytes, size);
		length = (size_t) clv_movement_write_rule(&reader.rule, text);
		length += (size_t) sprintf(text + length, " scale %d {", reader.scale);
		while (clv_movement_next(&reader, &cell))
		{
			length += (size_t) clv_movement_write_cell(&reader.rule, reader.index, &cell, reader.scale, text + length);
			text[length++] = ',';
		}
		scan.end = text + length;
		memset(&again, 0, sizeof(again));
		failures += !clv_movement_scan_head(&scan, &again.rule, &scale);
		again.scale = scale;
		while (!clv_scan_end(&scan))
		{
			if (!clv_movement_scan_cell(&scan, &again.rule, scale, &index, &cell) || !clv_scan_mark(&scan, ","))
			{
				failures++;
				break;
			}
			cover(&again, index, index);
			clv_movement_add_cell(&again, index, &cell, scale);
		}
		read = encode(&again, &again_size);
		failures += size != again_size || memcmp(bytes, read, size) != 0;
		free(bytes);
		free(read);
		free(table.cells);
		free(again.cells);
	}
	is_int(failures, 0, "text is read back to the same bytes");
}

static void
test_damage(void)
{
	int			failures = 0;
	int			harmless = 0;

	for (int round = 0; round < 5000; round++)
	{
		ClvMovementTable table = start((ClvUnit) (round % 5), CLV_MONDAY, 1 + round % 3, 8300);
		size_t		size;
		uint8_t    *bytes;
		uint8_t    *exact;

		if (round % 50 == 0)
			make_shop(8000, 350);
		for (int c = 0; c < customer_count; c++)
			count_customer(&table, &customers[c]);
		bytes = encode(&table, &size);
		for (uint32_t i = random_below(3); i < 3; i++)
			bytes[random_below((uint32_t) size)] ^= (uint8_t) (1 << random_below(8));
		if (random_below(5) == 0)
			size = random_below((uint32_t) size + 1);
		exact = malloc(size + 1);
		memcpy(exact + 1, bytes, size);
		if (clv_movement_validate(exact + 1, size) == CLV_OK)
		{
			ClvMovementReader reader;
			ClvMovementRows rows;
			ClvMovementRow row;
			ClvAmount	revenue = 0;
			int64_t		closing = 0;
			int			count = 0;

			harmless++;
			clv_movement_read(&reader, exact + 1, size);
			clv_movement_rows(&rows, exact + 1, size);
			while (count++ < 5000 && clv_movement_rows_next(&rows, &row))
			{
				failures += row.opening != closing || row.opening_revenue != revenue ||
					row.closing != row.opening + row.cell.fresh + row.cell.reactivated - row.cell.lost ||
					row.cell.lost > row.opening;
				closing = row.closing;
				revenue = row.cell.amounts[CLV_REVENUE];
			}
		}
		free(exact);
		free(bytes);
		free(table.cells);
	}
	is_int(failures, 0, "5000 damaged tables: %d pass, and keep the identities", harmless);
}

/* Rules agree in everything or not at all. */
static void
test_rules(void)
{
	const ClvMovementRule rule = {{CLV_WEEK, 7}, 8200, 2};
	ClvMovementRule other = rule;

	ok(clv_movement_rules_agree(&rule, &other), "a rule agrees with itself");
	other.period.week_start = 1;
	ok(!clv_movement_rules_agree(&rule, &other), "not with weeks from another day");
	other = rule;
	other.period.unit = CLV_MONTH;
	ok(!clv_movement_rules_agree(&rule, &other), "nor with another period");
	other = rule;
	other.as_of++;
	ok(!clv_movement_rules_agree(&rule, &other), "nor at another end");
	other = rule;
	other.gap++;
	ok(!clv_movement_rules_agree(&rule, &other), "nor with another gap");
}

/* The bytes of cells at these periods, by day; answers their size. */
static size_t
put_cells(int32_t as_of, int32_t gap, const ClvMovementCell *cells, const int32_t *days, int count, uint8_t *bytes)
{
	ClvSink		sink = {bytes, 0};

	clv_put_byte(&sink, CLV_MOVEMENT_VERSION);
	clv_put_byte(&sink, CLV_DAY);
	clv_put_byte(&sink, 0);
	clv_put_byte(&sink, 0);
	clv_put_int32(&sink, as_of);
	clv_put_count(&sink, gap);
	clv_put_count(&sink, count);
	for (int i = 0; i < count; i++)
	{
		if (i == 0)
			clv_put_int32(&sink, days[0]);
		else
			clv_put_count(&sink, (int64_t) days[i] - days[i - 1] - 1);
		clv_put_count(&sink, cells[i].fresh);
		clv_put_count(&sink, cells[i].reactivated);
		clv_put_count(&sink, cells[i].lost);
		clv_put_count(&sink, cells[i].buyers);
		clv_put_count(&sink, cells[i].orders);
		for (int account = 0; account < CLV_MOVEMENT_ACCOUNTS; account++)
			clv_put_amount(&sink, cells[i].amounts[account]);
	}
	return sink.count;
}

/* One customer who came on day 100 for 5: what the bytes may say of the days after it. */
static void
test_validation(void)
{
	static const ClvMovementCell came = {.fresh = 1, .buyers = 1, .orders = 1, .amounts = {5, 5}};
	static const ClvMovementCell left = {.lost = 1, .amounts = {[CLV_FROM_LOST] = 5}};
	static const ClvMovementCell paused = {.amounts = {[CLV_CONTRACTION] = 5}};
	static const ClvMovementCell lapsed = {.lost = 1};
	static const ClvMovementCell free_order = {.fresh = 1, .buyers = 1, .orders = 1};
	static const ClvMovementCell nothing;
	static const struct
	{
		const char *name;
		int32_t		as_of;
		int32_t		gap;
		int32_t		days[4];
		const ClvMovementCell *cells[4];
		bool		valid;
	}			tables[] = {
		{"the day observed", 100, 1, {100}, {&came}, true},
		{"lost on the next day", 110, 1, {100, 101}, {&came, &left}, true},
		{"lost after the last day observed", 100, 1, {100, 101}, {&came, &left}, false},
		{"lost a day late", 110, 1, {100, 102}, {&came, &left}, false},
		{"never lost", 110, 1, {100}, {&came}, false},
		{"a free order", 110, 1, {100, 101}, {&free_order, &lapsed}, true},
		{"whose customer is lost a day late", 110, 1, {100, 102}, {&free_order, &lapsed}, false},
		{"or never", 110, 1, {100}, {&free_order}, false},
		{"or not yet", 110, 11, {100}, {&free_order}, true},
		{"revenue that never falls", 110, 3, {100}, {&came}, false},
		{"revenue that falls a day late", 110, 3, {100, 102}, {&came, &paused}, false},
		{"a pause and a loss", 110, 3, {100, 101, 103}, {&came, &paused, &lapsed}, true},
		{"a loss after a day without any", 110, 1, {100, 101, 102}, {&came, &left, &lapsed}, false},
		{"a cell in which nothing moved", 110, 1, {100, 101, 105}, {&came, &left, &nothing}, false},
		{"only a cell in which nothing moved", 110, 1, {100}, {&nothing}, false},
		{"the first day of the calendar", CLV_DATE_MIN + 1, 1, {CLV_DATE_MIN, CLV_DATE_MIN + 1}, {&came, &left}, true},
		{"the day before it", CLV_DATE_MIN, 1, {CLV_DATE_MIN - 1, CLV_DATE_MIN}, {&came, &left}, false},
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
	{
		ClvMovementCell cells[4];
		uint8_t		bytes[200];
		int			count = 0;

		for (; count < 4 && tables[i].cells[count] != NULL; count++)
			cells[count] = *tables[i].cells[count];
		is_int(clv_movement_validate(bytes, put_cells(tables[i].as_of, tables[i].gap, cells, tables[i].days, count, bytes)),
			   tables[i].valid ? CLV_OK : CLV_MOVEMENT_BINARY, "%s", tables[i].name);
	}
}

/* Weeks begin on Monday (1) to Sunday (7). */
static void
test_week_starts(void)
{
	for (int week_start = 0; week_start <= 8; week_start++)
	{
		uint8_t		bytes[200];
		size_t		size = put_cells(9000, 1, NULL, NULL, 0, bytes);

		bytes[1] = CLV_WEEK;
		bytes[2] = (uint8_t) week_start;
		is_int(clv_movement_validate(bytes, size), week_start >= 1 && week_start <= 7 ? CLV_OK : CLV_MOVEMENT_BINARY,
			   "weeks from day %d", week_start);
	}
}

/* Cells are named by the first day of a period that has begun. */
static void
test_refused_cells(void)
{
	static const struct
	{
		const char *text;
		bool		read;
	}			cells[] = {
		{"2024-03-01: 1 0 0 1 1 5 5 0 0 0 0", true},
		{"2024-03-02: 1 0 0 1 1 5 5 0 0 0 0", false},
		{"2024-04-01: 1 0 0 1 1 5 5 0 0 0 0", false},
		{"2024-03-01: 1 0 0 1 1 5 5 0 0 0", false},
		{"2024-03-01 1 0 0 1 1 5 5 0 0 0 0", false},
		{"2024-03-01: 1 0 0 1 1 5 5.5 0 0 0 0", false},
	};

	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
	{
		ClvMovementRule rule = {{CLV_MONTH, CLV_MONDAY}, 8855, 1};	/* 2024-03-30 */
		ClvScan		scan = {cells[i].text, cells[i].text + strlen(cells[i].text)};
		ClvMovementCell cell;
		int32_t		index;

		is_int(clv_movement_scan_cell(&scan, &rule, 0, &index, &cell), cells[i].read, "%s: %s", cells[i].read ? "read" : "refused", cells[i].text);
	}
}

/* What is added and taken away leaves no cell behind. */
static void
test_corrections(void)
{
	int			failures = 0;

	for (int round = 0; round < 100; round++)
	{
		ClvMovementTable table = start((ClvUnit) (round % 5), CLV_MONDAY, 1 + round % 3, 8300);
		ClvMovementTable others = table;
		ClvMovementReader reader;
		ClvMovementCell cell;
		size_t		size;
		size_t		again_size;
		size_t		other_size;
		uint8_t    *bytes;
		uint8_t    *other;
		uint8_t    *again;

		table.scale = 2;
		make_shop(8000, 350);
		for (int c = 0; c < customer_count; c++)
			count_customer(&others, &customers[c]);
		other = encode(&others, &other_size);
		make_shop(8000, 350);
		for (int c = 0; c < customer_count; c++)
			count_customer(&table, &customers[c]);
		bytes = encode(&table, &size);
		add_bytes(&table, other, other_size);
		clv_movement_read(&reader, other, other_size);
		while (clv_movement_next(&reader, &cell))
		{
			clv_movement_negate(&cell);
			failures += clv_movement_add_cell(&table, reader.index, &cell, reader.scale) != CLV_OK;
		}
		again = encode(&table, &again_size);
		failures += again_size != size || memcmp(again, bytes, size) != 0;
		free(again);
		free(bytes);
		free(other);
		free(others.cells);
		free(table.cells);
	}
	is_int(failures, 0, "customers added and taken away leave the bytes as they were");
}

/* The largest number of customers, held for days: sums over them are beyond any integer. */
static void
test_many_customers(void)
{
	const ClvMovementCell cells[] = {{.fresh = INT64_MAX, .buyers = INT64_MAX, .orders = INT64_MAX}, {.lost = INT64_MAX}};
	const int32_t days[] = {100, 110};
	uint8_t		bytes[200];
	size_t		size = put_cells(112, 10, cells, days, 2, bytes);
	ClvMovementRows rows;
	ClvMovementRow row;

	is_int(clv_movement_validate(bytes, size), CLV_OK, "2^63 - 1 customers who all left after ten days");
	clv_movement_rows(&rows, bytes, size);
	while (clv_movement_rows_next(&rows, &row) && row.start < 112);
	ok(row.earlier_opening == 0x1.4p66 && row.earlier_lost == 0x1p63, "they opened ten days, and left on one: %g, %g",
	   row.earlier_opening, row.earlier_lost);
}

int
main(void)
{
	test_definitions();
	test_merging();
	test_text();
	test_damage();
	test_rules();
	test_validation();
	test_week_starts();
	test_refused_cells();
	test_corrections();
	test_many_customers();
	return done_testing();
}
