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
	int64_t		earlier_opening = 0;
	int64_t		earlier_lost = 0;
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
		earlier_opening += expected.opening;
		earlier_lost += expected.cell.lost;
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

int
main(void)
{
	test_definitions();
	test_merging();
	test_text();
	test_damage();
	return done_testing();
}
