/*-------------------------------------------------------------------------
 *
 * movement.c
 *	  Who came, stayed, came back and left, and what that did to the revenue.
 *
 *-------------------------------------------------------------------------
 */
#include "base/movement.h"

#include <stdio.h>

bool
clv_movement_rules_agree(const ClvMovementRule *a, const ClvMovementRule *b)
{
	return a->period.unit == b->period.unit && a->period.week_start == b->period.week_start &&
		a->as_of == b->as_of && a->gap == b->gap;
}

static int32_t
last_period(const ClvMovementRule *rule)
{
	return clv_period_index(rule->period, rule->as_of);
}

/* ---------- the table ---------- */

bool
clv_movement_covers(const ClvMovementTable *table, int32_t from, int32_t to)
{
	return from >= table->first && to < table->first + table->count;
}

void
clv_movement_move(ClvMovementTable *table, ClvMovementCell *cells, int32_t first, int64_t count)
{
	if (table->count > 0)
		memcpy(cells + (table->first - first), table->cells, (size_t) table->count * sizeof(ClvMovementCell));
	table->cells = cells;
	table->first = first;
	table->count = count;
}

static inline ClvMovementCell *
cell_of(ClvMovementTable *table, int32_t index)
{
	return &table->cells[index - table->first];
}

/* Nearly every sum fits 64 bits, where nothing can overflow. */
static inline ClvStatus
add_amount(ClvAmount *sum, ClvAmount addend)
{
	ClvAmount	total = *sum + addend;

	if (total != (int64_t) total)
		return clv_amount_add(sum, addend);
	*sum = total;
	return CLV_OK;
}

static ClvStatus
raise_scale(ClvMovementTable *table, int scale)
{
	for (int64_t i = 0; i < table->count; i++)
	{
		for (int account = 0; account < CLV_MOVEMENT_ACCOUNTS; account++)
		{
			ClvStatus	status = clv_amount_rescale(&table->cells[i].amounts[account], table->scale, scale);

			if (status != CLV_OK)
				return status;
		}
	}
	table->scale = scale;
	return CLV_OK;
}

ClvStatus
clv_movement_add_cell(ClvMovementTable *table, int32_t index, const ClvMovementCell *added, int scale)
{
	ClvMovementCell *cell = cell_of(table, index);
	ClvStatus	status = scale > table->scale ? raise_scale(table, scale) : CLV_OK;

	if (__builtin_add_overflow(cell->fresh, added->fresh, &cell->fresh) ||
		__builtin_add_overflow(cell->reactivated, added->reactivated, &cell->reactivated) ||
		__builtin_add_overflow(cell->lost, added->lost, &cell->lost) ||
		__builtin_add_overflow(cell->buyers, added->buyers, &cell->buyers) ||
		__builtin_add_overflow(cell->orders, added->orders, &cell->orders))
		return CLV_COUNT_OVERFLOW;
	for (int account = 0; account < CLV_MOVEMENT_ACCOUNTS && status == CLV_OK; account++)
	{
		ClvAmount	amount = added->amounts[account];

		status = clv_amount_rescale(&amount, scale, table->scale);
		if (status == CLV_OK)
			status = clv_amount_add(&cell->amounts[account], amount);
	}
	return status;
}

void
clv_movement_negate(ClvMovementCell *cell)
{
	cell->fresh = -cell->fresh;
	cell->reactivated = -cell->reactivated;
	cell->lost = -cell->lost;
	cell->buyers = -cell->buyers;
	cell->orders = -cell->orders;
	for (int account = 0; account < CLV_MOVEMENT_ACCOUNTS; account++)
		cell->amounts[account] = -cell->amounts[account];
}

/* ---------- one customer ---------- */

bool
clv_movement_extent(const ClvMovementRule *rule, const ClvPeriodTable *calendar, const ClvActivities *customer,
					int32_t *from, int32_t *to)
{
	int32_t		last = clv_period_lookup(calendar, rule->as_of);
	int64_t		end;

	if (customer->count == 0)
		return false;
	end = (int64_t) customer->periods[customer->count].index + rule->gap;
	*from = customer->periods[1].index;
	*to = end < last ? (int32_t) end : last;
	return true;
}

/* A customer on the way through the periods. */
typedef struct Walk
{
	int64_t		leaves;			/* period in which the membership ends, unless there is a purchase before */
	int32_t		previous;		/* period */
	ClvAmount	revenue;		/* of the previous period */
} Walk;

/* A change by itself: by its sign alone, which is a toss of a coin that nothing branches on. */
static inline ClvStatus
book_change(ClvMovementCell *cell, ClvAmount change)
{
	bool		falls = change < 0;

	return add_amount(&cell->amounts[CLV_EXPANSION + falls], (change ^ -(ClvAmount) falls) + falls);
}

/* The revenue of the previous period falls to nothing in the next. */
static inline ClvStatus
book_fall(ClvMovementTable *table, Walk *walk)
{
	ClvMovementCell *cell = cell_of(table, walk->previous + 1);
	ClvAmount	revenue = walk->revenue;

	walk->revenue = 0;
	if (walk->previous + INT64_C(1) == walk->leaves)
		return add_amount(&cell->amounts[CLV_FROM_LOST], revenue);
	return book_change(cell, -revenue);
}

/* What a period after the first one changes. */
static inline ClvStatus
book_period(ClvMovementTable *table, Walk *walk, int32_t index, bool buys, ClvAmount revenue)
{
	ClvMovementCell *cell = cell_of(table, index);
	ClvStatus	status = CLV_OK;
	ClvAmount	change;

	if (index > walk->previous + 1)
		status = book_fall(table, walk);
	change = revenue - walk->revenue;
	walk->previous = index;
	walk->revenue = revenue;
	if (status != CLV_OK)
		return status;
	if (buys && index > walk->leaves)
	{
		cell->reactivated++;
		cell_of(table, (int32_t) walk->leaves)->lost++;
		return add_amount(&cell->amounts[CLV_FROM_REACTIVATED], change);
	}
	if (!buys && index == walk->leaves)
		return add_amount(&cell->amounts[CLV_FROM_LOST], -change);
	return book_change(cell, change);
}

ClvStatus
clv_movement_add(ClvMovementTable *table, const ClvPeriodTable *calendar, const ClvActivities *customer)
{
	int32_t		last = clv_period_lookup(calendar, table->rule.as_of);
	int64_t		gap = table->rule.gap;
	Walk		walk = {0};
	ClvStatus	status = customer->scale > table->scale ? raise_scale(table, customer->scale) : CLV_OK;

	for (size_t i = 1; i <= customer->count && status == CLV_OK; i++)
	{
		const ClvActivity *at = &customer->periods[i];
		ClvPeriodActivity activity = clv_activity_of(customer, at);
		ClvMovementCell *cell = cell_of(table, at->index);
		ClvAmount	revenue = activity.revenue;
		bool		buys = activity.purchase_days > 0;

		if (customer->scale != table->scale)
		{
			status = clv_amount_rescale(&activity.revenue, customer->scale, table->scale);
			revenue = activity.revenue;
		}
		if (status == CLV_OK)
			status = add_amount(&cell->amounts[CLV_REVENUE], revenue);
		if (status != CLV_OK)
			break;
		if (i > 1)
			status = book_period(table, &walk, at->index, buys, revenue);
		else
		{
			cell->fresh++;
			status = add_amount(&cell->amounts[CLV_FROM_NEW], revenue);
			walk.previous = at->index;
			walk.revenue = revenue;
		}
		cell->buyers += buys;
		cell->orders += activity.orders;
		walk.leaves = buys ? at->index + gap : walk.leaves;
	}
	if (status != CLV_OK || customer->count == 0)
		return status;
	if (walk.leaves <= last)
		cell_of(table, (int32_t) walk.leaves)->lost++;
	return walk.previous < last ? book_fall(table, &walk) : CLV_OK;
}

/* ---------- bytes ---------- */

static bool
is_empty(const ClvMovementCell *cell)
{
	static const ClvMovementCell nothing;

	return memcmp(cell, &nothing, sizeof(nothing)) == 0;
}

static void
encode_cell(const ClvMovementCell *cell, ClvSink *sink)
{
	clv_put_count(sink, cell->fresh);
	clv_put_count(sink, cell->reactivated);
	clv_put_count(sink, cell->lost);
	clv_put_count(sink, cell->buyers);
	clv_put_count(sink, cell->orders);
	for (int account = 0; account < CLV_MOVEMENT_ACCOUNTS; account++)
		clv_put_amount(sink, cell->amounts[account]);
}

void
clv_movement_encode(const ClvMovementTable *table, ClvSink *sink)
{
	const ClvMovementRule *rule = &table->rule;
	int64_t		filled = 0;
	int64_t		previous = -1;

	for (int64_t i = 0; i < table->count; i++)
		filled += !is_empty(&table->cells[i]);
	clv_put_byte(sink, CLV_MOVEMENT_VERSION);
	clv_put_byte(sink, (uint8_t) rule->period.unit);
	clv_put_byte(sink, (uint8_t) (rule->period.unit == CLV_WEEK ? rule->period.week_start : 0));
	clv_put_byte(sink, (uint8_t) (filled > 0 ? table->scale : 0));
	clv_put_int32(sink, rule->as_of);
	clv_put_count(sink, rule->gap);
	clv_put_count(sink, filled);
	for (int64_t i = 0; i < table->count; i++)
	{
		if (is_empty(&table->cells[i]))
			continue;
		if (previous < 0)
			clv_put_int32(sink, (int32_t) (table->first + i));
		else
			clv_put_count(sink, i - previous - 1);
		encode_cell(&table->cells[i], sink);
		previous = i;
	}
}

void
clv_movement_read(ClvMovementReader *reader, const uint8_t *bytes, size_t size)
{
	ClvSource  *source = &reader->source;
	uint8_t		version;
	uint8_t		unit;
	uint8_t		week_start;
	int64_t		gap;

	memset(reader, 0, sizeof(*reader));
	source->next = bytes;
	source->end = bytes + size;
	version = clv_get_byte(source);
	unit = clv_get_byte(source);
	week_start = clv_get_byte(source);
	reader->scale = clv_get_byte(source);
	reader->rule.as_of = clv_get_int32(source);
	gap = clv_get_count(source);
	reader->left = clv_get_count(source);
	if (version != CLV_MOVEMENT_VERSION || unit > CLV_YEAR || reader->scale > CLV_AMOUNT_DIGITS ||
		(unit == CLV_WEEK ? week_start < CLV_MONDAY || week_start > CLV_SUNDAY : week_start != 0) ||
		gap < 1 || gap > INT32_MAX || reader->rule.as_of < CLV_DATE_MIN || reader->rule.as_of > CLV_DATE_MAX)
	{
		source->bad = true;
		return;
	}
	reader->rule.period.unit = (ClvUnit) unit;
	reader->rule.period.week_start = unit == CLV_WEEK ? week_start : CLV_MONDAY;
	reader->rule.gap = (int32_t) gap;
}

bool
clv_movement_next(ClvMovementReader *reader, ClvMovementCell *cell)
{
	ClvSource  *source = &reader->source;
	int64_t		index;

	if (reader->left <= 0 || source->bad)
		return false;
	reader->left--;
	if (!reader->started)
		index = clv_get_int32(source);
	else
	{
		int64_t		skipped = clv_get_count(source);

		index = skipped > INT32_MAX ? INT64_MAX : (int64_t) reader->index + 1 + skipped;
	}
	if (index > INT32_MAX)
	{
		source->bad = true;
		return false;
	}
	reader->started = true;
	reader->index = (int32_t) index;
	cell->fresh = clv_get_count(source);
	cell->reactivated = clv_get_count(source);
	cell->lost = clv_get_count(source);
	cell->buyers = clv_get_count(source);
	cell->orders = clv_get_count(source);
	for (int account = 0; account < CLV_MOVEMENT_ACCOUNTS; account++)
		cell->amounts[account] = clv_get_amount(source);
	return !source->bad;
}

/* Revenue by the bridge: what it was, and what the accounts add to it. */
static ClvAmount
bridge(ClvAmount before, const ClvMovementCell *cell)
{
	return before + cell->amounts[CLV_FROM_NEW] + cell->amounts[CLV_FROM_REACTIVATED] + cell->amounts[CLV_EXPANSION] -
		cell->amounts[CLV_CONTRACTION] - cell->amounts[CLV_FROM_LOST];
}

/* What has to hold in each period, whoever the customers are. */
static bool
row_is_valid(const ClvMovementRow *row, int32_t gap)
{
	const ClvMovementCell *cell = &row->cell;

	return cell->lost <= row->opening && cell->buyers <= row->closing &&
		cell->fresh <= cell->buyers && cell->reactivated <= cell->buyers - cell->fresh &&
		cell->orders >= cell->buyers && (gap > 1 || cell->buyers == row->closing) &&
		cell->amounts[CLV_EXPANSION] >= 0 && cell->amounts[CLV_CONTRACTION] >= 0 &&
		clv_amount_in_range(bridge(row->opening_revenue, cell)) &&
		bridge(row->opening_revenue, cell) == cell->amounts[CLV_REVENUE];
}

/* Cells that are there, in periods that are known. */
static bool
cells_are_valid(const uint8_t *bytes, size_t size)
{
	ClvMovementReader reader;
	ClvMovementCell cell;

	clv_movement_read(&reader, bytes, size);
	if (reader.source.bad || (reader.left == 0 && reader.scale != 0))
		return false;
	while (clv_movement_next(&reader, &cell))
		if (is_empty(&cell) || reader.index > last_period(&reader.rule) ||
			reader.index < clv_period_index(reader.rule.period, CLV_DATE_MIN))
			return false;
	return !reader.source.bad && reader.source.next == reader.source.end;
}

/* Periods without a cell change nothing, so only the others are looked at. */
static bool
sums_are_valid(const uint8_t *bytes, size_t size)
{
	ClvMovementReader reader;
	ClvMovementRow row = {0};
	int64_t		skipped_from = INT64_MAX;

	clv_movement_read(&reader, bytes, size);
	while (clv_movement_next(&reader, &row.cell))
	{
		/* with a gap of one period, a period without buyers loses all and has a cell; revenue falls with it */
		if (reader.index > skipped_from && ((reader.rule.gap == 1 && row.opening > 0) || row.opening_revenue != 0))
			return false;
		if (__builtin_add_overflow(row.opening - row.cell.lost, row.cell.fresh, &row.closing) ||
			__builtin_add_overflow(row.closing, row.cell.reactivated, &row.closing) ||
			!row_is_valid(&row, reader.rule.gap))
			return false;
		row.opening = row.closing;
		row.opening_revenue = row.cell.amounts[CLV_REVENUE];
		skipped_from = (int64_t) reader.index + 1;
	}
	return skipped_from > last_period(&reader.rule) ||
		((reader.rule.gap > 1 || row.opening == 0) && row.opening_revenue == 0);
}

ClvStatus
clv_movement_validate(const uint8_t *bytes, size_t size)
{
	return cells_are_valid(bytes, size) && sums_are_valid(bytes, size) ? CLV_OK : CLV_MOVEMENT_BINARY;
}

/* ---------- the report ---------- */

void
clv_movement_rows(ClvMovementRows *rows, const uint8_t *bytes, size_t size)
{
	memset(rows, 0, sizeof(*rows));
	clv_movement_read(&rows->reader, bytes, size);
	rows->has_next = clv_movement_next(&rows->reader, &rows->next);
	rows->index = rows->reader.index;
	rows->last = rows->has_next ? last_period(&rows->reader.rule) : rows->index - 1;
}

bool
clv_movement_rows_next(ClvMovementRows *rows, ClvMovementRow *row)
{
	const ClvMovementRule *rule = &rows->reader.rule;
	ClvMovementRow *current = &rows->row;

	if (rows->index > rows->last)
		return false;
	if (current->complete)
	{
		current->earlier_opening += (double) current->opening;
		current->earlier_lost += (double) current->cell.lost;
	}
	current->opening = current->closing;
	current->opening_revenue = current->cell.amounts[CLV_REVENUE];
	memset(&current->cell, 0, sizeof(current->cell));
	if (rows->has_next && rows->reader.index == rows->index)
	{
		current->cell = rows->next;
		rows->has_next = clv_movement_next(&rows->reader, &rows->next);
	}
	current->closing = current->opening + current->cell.fresh + current->cell.reactivated - current->cell.lost;
	current->start = clv_period_start(rule->period, rows->index);
	current->complete = clv_period_end(rule->period, rows->index) <= rule->as_of;
	rows->index++;
	*row = *current;
	return true;
}

/* ---------- text ---------- */

int
clv_movement_write_rule(const ClvMovementRule *rule, char *out)
{
	char	   *start = out;

	out += clv_write_period(rule->period, out);
	out += sprintf(out, " gap %d until ", rule->gap);
	out += clv_date_write(out, rule->as_of);
	return (int) (out - start);
}

int
clv_movement_write_cell(const ClvMovementRule *rule, int32_t index, const ClvMovementCell *cell, int scale, char *out)
{
	char	   *start = out;

	out += clv_date_write(out, clv_period_start(rule->period, index));
	out += sprintf(out, ": %lld %lld %lld %lld %lld", (long long) cell->fresh, (long long) cell->reactivated,
				   (long long) cell->lost, (long long) cell->buyers, (long long) cell->orders);
	for (int account = 0; account < CLV_MOVEMENT_ACCOUNTS; account++)
	{
		*out++ = ' ';
		out += clv_amount_write(cell->amounts[account], scale, out);
	}
	return (int) (out - start);
}

bool
clv_movement_scan_head(ClvScan *scan, ClvMovementRule *rule, int *scale)
{
	int64_t		gap;
	int64_t		decimals;

	if (!clv_scan_period(scan, &rule->period) ||
		!clv_scan_word(scan, "gap") || !clv_scan_count(scan, INT32_MAX, &gap) || gap < 1 ||
		!clv_scan_word(scan, "until") || !clv_scan_date(scan, &rule->as_of) ||
		!clv_scan_word(scan, "scale") || !clv_scan_count(scan, CLV_AMOUNT_DIGITS, &decimals))
		return false;
	rule->gap = (int32_t) gap;
	*scale = (int) decimals;
	return clv_scan_mark(scan, "{");
}

bool
clv_movement_scan_cell(ClvScan *scan, const ClvMovementRule *rule, int scale, int32_t *index, ClvMovementCell *cell)
{
	int32_t		start;
	bool		read;

	if (!clv_scan_date(scan, &start) || !clv_scan_mark(scan, ":"))
		return false;
	*index = clv_period_index(rule->period, start);
	if (clv_period_start(rule->period, *index) != start || *index > last_period(rule))
		return false;
	read = clv_scan_count(scan, INT64_MAX, &cell->fresh) && clv_scan_count(scan, INT64_MAX, &cell->reactivated) &&
		clv_scan_count(scan, INT64_MAX, &cell->lost) && clv_scan_count(scan, INT64_MAX, &cell->buyers) &&
		clv_scan_count(scan, INT64_MAX, &cell->orders);
	for (int account = 0; account < CLV_MOVEMENT_ACCOUNTS; account++)
		read = read && clv_scan_amount(scan, scale, &cell->amounts[account]);
	return read;
}
