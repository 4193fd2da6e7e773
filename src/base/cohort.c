/*-------------------------------------------------------------------------
 *
 * cohort.c
 *	  Who came back: counting, encoding, reading and reporting.
 *
 *-------------------------------------------------------------------------
 */
#include "base/cohort.h"

#define RECURRING_FLAG 0x80
#define SMALLEST_CAPACITY 16
#define MANY_SLOTS 65536

static const char *const retention_names[CLV_RETENTION_COUNT] = {
	"on", "on_or_after", "rolling", "cumulative"
};

ClvStatus
clv_retention_read(const char *name, int length, ClvRetention *kind)
{
	for (int i = 0; i < CLV_RETENTION_COUNT; i++)
	{
		if ((int) strlen(retention_names[i]) == length && memcmp(retention_names[i], name, length) == 0)
		{
			*kind = (ClvRetention) i;
			return CLV_OK;
		}
	}
	return CLV_UNKNOWN_KIND;
}

/* ---------- rules and windows ---------- */

ClvStatus
clv_cohort_set_brackets(ClvCohortRule *rule, const int32_t *starts, int count)
{
	if (count < 2 || count > CLV_COHORT_MAX_BRACKETS + 1 || starts[0] != 0)
		return CLV_COHORT_BRACKETS;
	for (int i = 1; i < count; i++)
		if (starts[i] <= starts[i - 1])
			return CLV_COHORT_BRACKETS;
	rule->windows = CLV_BRACKETS;
	rule->bracket_count = count - 1;
	memcpy(rule->brackets, starts, count * sizeof(int32_t));
	return CLV_OK;
}

bool
clv_cohort_rules_agree(const ClvCohortRule *a, const ClvCohortRule *b)
{
	return a->period.unit == b->period.unit && a->period.week_start == b->period.week_start &&
		a->windows == b->windows && a->recurring == b->recurring && a->as_of == b->as_of &&
		a->bracket_count == b->bracket_count &&
		(a->bracket_count == 0 ||
		 memcmp(a->brackets, b->brackets, (a->bracket_count + 1) * sizeof(int32_t)) == 0);
}

/* The bracket of so many days, or bracket_count if they lie behind the last. */
static int32_t
bracket_of(const ClvCohortRule *rule, int64_t days)
{
	int32_t		low = 0;
	int32_t		high = rule->bracket_count;

	while (low < high)
	{
		int32_t		middle = low + (high - low) / 2;

		if (days < rule->brackets[middle + 1])
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static int32_t
clamp_to_dates(int64_t day)
{
	return day > CLV_DATE_MAX ? CLV_DATE_MAX : (int32_t) day;
}

int32_t
clv_cohort_window_start(const ClvCohortRule *rule, int32_t cohort, int32_t origin, int32_t offset)
{
	switch (rule->windows)
	{
		case CLV_ROLLING:
			return clv_units_after(rule->period.unit, origin, offset);
		case CLV_BRACKETS:
			return clamp_to_dates((int64_t) origin + rule->brackets[offset]);
		default:
			return clv_period_start(rule->period, cohort + offset);
	}
}

int32_t
clv_cohort_window_end(const ClvCohortRule *rule, int32_t cohort, int32_t origin, int32_t offset)
{
	switch (rule->windows)
	{
		case CLV_ROLLING:
			return clv_units_after(rule->period.unit, origin, offset + 1) - 1;
		case CLV_BRACKETS:
			return clamp_to_dates((int64_t) origin + rule->brackets[offset + 1] - 1);
		default:
			return clv_period_end(rule->period, cohort + offset);
	}
}

/* The last offset of a cohort that had begun by as_of; first_day is its first customer's. */
static int32_t
last_offset(const ClvCohortRule *rule, int32_t cohort, int32_t first_day)
{
	int32_t		bracket;

	switch (rule->windows)
	{
		case CLV_ROLLING:
			return clv_units_between(rule->period.unit, first_day, rule->as_of);
		case CLV_BRACKETS:
			bracket = bracket_of(rule, (int64_t) rule->as_of - first_day);
			return bracket < rule->bracket_count ? bracket : rule->bracket_count - 1;
		default:
			return clv_period_index(rule->period, rule->as_of) - cohort;
	}
}

/* ---------- the hash table ---------- */

/* Let a long loop over cells be interrupted. */
static inline void
breathe(ClvInterrupt interrupt, uint32_t i)
{
	if (i % 65536 == 65535 && interrupt)
		interrupt();
}

static void
clear(ClvCohortCell *cells, uint32_t capacity, ClvInterrupt interrupt)
{
	for (uint32_t i = 0; i < capacity; i++)
	{
		breathe(interrupt, i);
		cells[i].offset = -1;
	}
}

void
clv_cohort_start(ClvCohortTable *table, const ClvCohortRule *rule, ClvCohortCell *cells, uint32_t capacity)
{
	table->rule = *rule;
	table->scale = 0;
	table->capacity = capacity;
	table->used = 0;
	table->cells = cells;
	table->interrupt = NULL;
	clear(cells, capacity, NULL);
}

/* Half of the slots stays empty, so that most cells are where they are looked for first; of many, a quarter. */
uint64_t
clv_cohort_capacity(const ClvCohortTable *table, uint64_t more)
{
	uint64_t	capacity = table->capacity < SMALLEST_CAPACITY ? SMALLEST_CAPACITY : table->capacity;

	while (table->used + more > (capacity < MANY_SLOTS ? capacity / 2 : capacity / 4 * 3))
		capacity *= 2;
	return capacity;
}

/* Where a cell is looked for first. */
static inline uint32_t
first_slot(const ClvCohortTable *table, int32_t cohort, int32_t offset)
{
	uint64_t	mixed = ((uint64_t) (uint32_t) cohort << 32 | (uint32_t) offset) * UINT64_C(0x9E3779B97F4A7C15);

	return (uint32_t) (mixed >> 32) & (table->capacity - 1);
}

/* The slot of a cell, or the empty slot where it belongs. */
static ClvCohortCell *
find(const ClvCohortTable *table, int32_t cohort, int32_t offset)
{
	uint32_t	mask = table->capacity - 1;
	uint32_t	slot = first_slot(table, cohort, offset);

	while (table->cells[slot].offset >= 0 &&
		   (table->cells[slot].offset != offset || table->cells[slot].cohort != cohort))
		slot = (slot + 1) & mask;
	return &table->cells[slot];
}

static ClvCohortCell *
find_or_make(ClvCohortTable *table, int32_t cohort, int32_t offset)
{
	ClvCohortCell *cell = find(table, cohort, offset);

	if (cell->offset < 0)
	{
		memset(cell, 0, sizeof(*cell));
		cell->cohort = cohort;
		cell->offset = offset;
		table->used++;
	}
	return cell;
}

/* The same, without a call where the cell is where it is looked for first. */
static inline ClvCohortCell *
cell_at(ClvCohortTable *table, int32_t cohort, int32_t offset)
{
	ClvCohortCell *cell = &table->cells[first_slot(table, cohort, offset)];

	if (cell->offset == offset && cell->cohort == cohort)
		return cell;
	return find_or_make(table, cohort, offset);
}

void
clv_cohort_move(ClvCohortTable *table, ClvCohortCell *cells, uint32_t capacity)
{
	ClvCohortTable moved = *table;

	moved.cells = cells;
	moved.capacity = capacity;
	clear(cells, capacity, table->interrupt);
	for (uint32_t i = 0; i < table->capacity; i++)
	{
		breathe(table->interrupt, i);
		if (table->cells[i].offset >= 0)
			*find(&moved, table->cells[i].cohort, table->cells[i].offset) = table->cells[i];
	}
	*table = moved;
}

/* All amounts to a larger scale. */
static ClvStatus
raise_scale(ClvCohortTable *table, int scale)
{
	ClvStatus	status = CLV_OK;

	for (uint32_t i = 0; i < table->capacity && status == CLV_OK; i++)
	{
		breathe(table->interrupt, i);
		if (table->cells[i].offset < 0)
			continue;
		status = clv_amount_rescale(&table->cells[i].revenue, table->scale, scale);
		if (status == CLV_OK)
			status = clv_amount_rescale(&table->cells[i].refunds, table->scale, scale);
	}
	table->scale = scale;
	return status;
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

static inline ClvStatus
add_amounts(ClvCohortTable *table, ClvCohortCell *cell, ClvAmount revenue, ClvAmount refunds, int scale)
{
	ClvStatus	status = CLV_OK;

	if (scale != table->scale)
	{
		status = clv_amount_rescale(&revenue, scale, table->scale);
		if (status == CLV_OK)
			status = clv_amount_rescale(&refunds, scale, table->scale);
	}
	if (status == CLV_OK)
		status = add_amount(&cell->revenue, revenue);
	if (status == CLV_OK && refunds != 0)
		status = add_amount(&cell->refunds, refunds);
	return status;
}

/* The first and the latest first purchase of a cohort's customers. */
static void
widen_origins(ClvCohortCell *cell, int32_t first_day, int32_t latest_day)
{
	bool		fresh = cell->active == 0;

	if (fresh || first_day < cell->first_day)
		cell->first_day = first_day;
	if (fresh || latest_day > cell->latest_day)
		cell->latest_day = latest_day;
}

ClvStatus
clv_cohort_add_cell(ClvCohortTable *table, const ClvCohortCell *added, int scale)
{
	ClvCohortCell *cell = find_or_make(table, added->cohort, added->offset);
	ClvStatus	status = scale > table->scale ? raise_scale(table, scale) : CLV_OK;

	if (status != CLV_OK)
		return status;
	if (added->offset == 0)
		widen_origins(cell, added->first_day, added->latest_day);

	/* counters of customers stay far below 2^63, orders may not */
	if (__builtin_add_overflow(cell->orders, added->orders, &cell->orders) ||
		__builtin_add_overflow(cell->purchase_days, added->purchase_days, &cell->purchase_days) ||
		__builtin_add_overflow(cell->active, added->active, &cell->active) ||
		__builtin_add_overflow(cell->last, added->last, &cell->last) ||
		__builtin_add_overflow(cell->unbroken, added->unbroken, &cell->unbroken) ||
		__builtin_add_overflow(cell->returned, added->returned, &cell->returned))
		return CLV_COUNT_OVERFLOW;
	return add_amounts(table, cell, added->revenue, added->refunds, scale);
}

void
clv_cohort_negate(ClvCohortCell *cell)
{
	cell->active = -cell->active;
	cell->last = -cell->last;
	cell->unbroken = -cell->unbroken;
	cell->returned = -cell->returned;
	cell->purchase_days = -cell->purchase_days;
	cell->orders = -cell->orders;
	cell->revenue = -cell->revenue;
	cell->refunds = -cell->refunds;
}

/* ---------- counting customers ---------- */

static int32_t
period_of_rolling(const void *rule, int32_t origin, int32_t day)
{
	return clv_units_between(((const ClvCohortRule *) rule)->period.unit, origin, day);
}

static int32_t
period_of_brackets(const void *rule, int32_t origin, int32_t day)
{
	return bracket_of(rule, (int64_t) day - origin);
}

ClvStatus
clv_cohort_read_activities(ClvActivities *customer, const ClvCohortRule *rule, const ClvPeriodTable *calendar,
						   const uint8_t *history, size_t size)
{
	switch (rule->windows)
	{
		case CLV_ROLLING:
			return clv_activities_read_by(customer, period_of_rolling, rule, rule->as_of, history, size);
		case CLV_BRACKETS:
			return clv_activities_read_by(customer, period_of_brackets, rule, rule->as_of, history, size);
		default:
			return clv_activities_read(customer, calendar, rule->as_of, history, size);
	}
}

/* The cells of one customer that its counters end in. */
typedef struct Visit
{
	ClvCohortCell *last;
	ClvCohortCell *unbroken;
	int32_t		unbroken_offset;	/* of the next one without a gap */
	bool		returned;
} Visit;

/* Whether there were purchases and a gap before is a toss of a coin: nothing branches on it. */
static inline void
count_purchases(Visit *visit, ClvCohortCell *cell, int32_t offset, const ClvPeriodActivity *activity)
{
	bool		active = activity->purchase_days > 0;
	bool		unbroken = active & (offset == visit->unbroken_offset);
	bool		returned = active & (offset > 0) & !visit->returned;

	cell->purchase_days += activity->purchase_days;
	cell->orders += activity->orders;
	cell->active += active;
	cell->returned += returned;
	visit->last = active ? cell : visit->last;
	visit->unbroken = unbroken ? cell : visit->unbroken;
	visit->unbroken_offset += unbroken;
	visit->returned |= returned;
}

/* An amount of a period, at the scale of the customer, to a sum of the table. */
static inline ClvStatus
count_amount(ClvAmount *sum, ClvAmount amount, int scale, int table_scale)
{
	ClvAmount	rescaled = amount;
	ClvStatus	status;

	if (scale == table_scale)
		return add_amount(sum, amount);
	status = clv_amount_rescale(&rescaled, scale, table_scale);
	return status == CLV_OK ? add_amount(sum, rescaled) : status;
}

/* Inlined for the calendar and for the rest, so that the windows of the calendar cost nothing. */
__attribute__((always_inline)) static inline ClvStatus
enter(ClvCohortTable *table, ClvWindows windows, int32_t cohort, const ClvActivities *customer, const ClvActivity *start)
{
	const ClvActivity *last = customer->periods + customer->count;
	int			scale = customer->scale;
	int			table_scale = table->scale;
	Visit		visit = {NULL, NULL, 0, false};

	for (const ClvActivity *at = start; at <= last; at++)
	{
		int32_t		offset = windows == CLV_CALENDAR ? at->index - cohort : at->index;
		ClvPeriodActivity activity = clv_activity_of(customer, at);
		ClvCohortCell *cell;
		ClvStatus	status;

		if (windows == CLV_BRACKETS && offset >= table->rule.bracket_count)
			break;
		cell = cell_at(table, cohort, offset);
		count_purchases(&visit, cell, offset, &activity);
		status = count_amount(&cell->revenue, activity.revenue, scale, table_scale);
		if (status == CLV_OK && activity.refunds != 0)
			status = count_amount(&cell->refunds, activity.refunds, scale, table_scale);
		if (status != CLV_OK)
			return status;
	}
	visit.last->last++;
	visit.unbroken->unbroken++;
	return CLV_OK;
}

/* In windows that follow the customer, only the first purchase starts a cohort. */
size_t
clv_cohort_starts(const ClvCohortRule *rule, const ClvActivities *customer)
{
	if (rule->recurring && rule->windows == CLV_CALENDAR)
		return customer->count;
	return customer->count > 0 ? 1 : 0;
}

ClvStatus
clv_cohort_enter(ClvCohortTable *table, const ClvPeriodTable *calendar, const ClvActivities *customer, size_t start)
{
	const ClvActivity *at = customer->periods + start;
	int32_t		cohort;

	if (clv_activity_of(customer, at).purchase_days == 0)
		return CLV_OK;
	if (customer->scale > table->scale)
	{
		ClvStatus	status = raise_scale(table, customer->scale);

		if (status != CLV_OK)
			return status;
	}
	if (table->rule.windows == CLV_CALENDAR)
		return enter(table, CLV_CALENDAR, at->index, customer, at);
	cohort = clv_period_lookup(calendar, customer->origin);
	widen_origins(cell_at(table, cohort, 0), customer->origin, customer->origin);
	return enter(table, table->rule.windows, cohort, customer, at);
}

/* ---------- to bytes ---------- */

static bool
is_empty(const ClvCohortCell *cell)
{
	return cell->active == 0 && cell->revenue == 0 && cell->refunds == 0;
}

static uint64_t
rank_of(const ClvCohortCell *cell)
{
	return (uint64_t) ((uint32_t) cell->cohort ^ UINT32_C(0x80000000)) << 32 | (uint32_t) cell->offset;
}

/* One pass of a radix sort by the eight bits at shift; false if all keys agree in them. */
static bool
distribute(const ClvCohortTable *table, const ClvCohortKey *from, ClvCohortKey *to, uint32_t count, int shift)
{
	uint32_t	places[256] = {0};
	uint32_t	sum = 0;

	for (uint32_t i = 0; i < count; i++)
		places[from[i].rank >> shift & 0xFF]++;
	if (places[from[0].rank >> shift & 0xFF] == count)
		return false;
	for (int digit = 0; digit < 256; digit++)
	{
		uint32_t	here = places[digit];

		places[digit] = sum;
		sum += here;
	}
	for (uint32_t i = 0; i < count; i++)
	{
		breathe(table->interrupt, i);
		to[places[from[i].rank >> shift & 0xFF]++] = from[i];
	}
	return true;
}

uint32_t
clv_cohort_sort(const ClvCohortTable *table, ClvCohortKey *keys, ClvCohortKey *scratch)
{
	ClvCohortKey *from = keys;
	ClvCohortKey *to = scratch;
	uint32_t	count = 0;

	for (uint32_t i = 0; i < table->capacity; i++)
	{
		breathe(table->interrupt, i);
		if (table->cells[i].offset >= 0 && !is_empty(&table->cells[i]))
		{
			keys[count].rank = rank_of(&table->cells[i]);
			keys[count++].slot = i;
		}
	}
	for (int shift = 0; shift < 64 && count > 0; shift += 8)
	{
		if (distribute(table, from, to, count, shift))
		{
			ClvCohortKey *other = from;

			from = to;
			to = other;
		}
	}
	if (from != keys)
		memcpy(keys, from, count * sizeof(ClvCohortKey));
	return count;
}

static void
encode_rule(const ClvCohortRule *rule, int scale, ClvSink *sink)
{
	clv_put_byte(sink, CLV_COHORT_VERSION);
	clv_put_byte(sink, (uint8_t) (rule->windows | (rule->recurring ? RECURRING_FLAG : 0)));
	clv_put_byte(sink, (uint8_t) rule->period.unit);
	clv_put_byte(sink, (uint8_t) (rule->period.unit == CLV_WEEK ? rule->period.week_start : 0));
	clv_put_byte(sink, (uint8_t) scale);
	clv_put_int32(sink, rule->as_of);
	if (rule->windows != CLV_BRACKETS)
		return;
	clv_put_count(sink, rule->bracket_count);
	for (int i = 0; i < rule->bracket_count; i++)
		clv_put_count(sink, (int64_t) rule->brackets[i + 1] - rule->brackets[i]);
}

static void
encode_cell(const ClvCohortCell *cell, int32_t previous_offset, ClvSink *sink)
{
	clv_put_count(sink, (int64_t) cell->offset - previous_offset - 1);
	clv_put_count(sink, cell->active);
	clv_put_count(sink, cell->last);
	clv_put_count(sink, cell->unbroken);
	clv_put_count(sink, cell->returned);
	clv_put_count(sink, cell->purchase_days);
	clv_put_count(sink, cell->orders);
	clv_put_amount(sink, cell->revenue);
	clv_put_amount(sink, cell->refunds);
}

/* How many of the keys from here on are of the first one's cohort. */
static uint32_t
cells_of_cohort(const ClvCohortKey *keys, uint32_t count)
{
	uint32_t	cells = 1;

	while (cells < count && keys[cells].rank >> 32 == keys[0].rank >> 32)
		cells++;
	return cells;
}

static void
encode_cohort(const ClvCohortTable *table, const ClvCohortKey *keys, uint32_t cells, ClvSink *sink)
{
	const ClvCohortCell *first = &table->cells[keys[0].slot];
	int32_t		offset = -1;

	clv_put_int32(sink, first->cohort);
	if (table->rule.windows != CLV_CALENDAR)
	{
		clv_put_count(sink, (int64_t) first->first_day - clv_period_start(table->rule.period, first->cohort));
		clv_put_count(sink, (int64_t) first->latest_day - first->first_day);
	}
	clv_put_count(sink, cells);
	for (uint32_t i = 0; i < cells; i++)
	{
		encode_cell(&table->cells[keys[i].slot], offset, sink);
		offset = table->cells[keys[i].slot].offset;
	}
}

void
clv_cohort_encode(const ClvCohortTable *table, const ClvCohortKey *keys, uint32_t count, ClvSink *sink)
{
	uint32_t	cohorts = 0;

	for (uint32_t i = 0; i < count; i += cells_of_cohort(keys + i, count - i))
		cohorts++;
	encode_rule(&table->rule, count > 0 ? table->scale : 0, sink);
	clv_put_count(sink, cohorts);
	while (count > 0)
	{
		uint32_t	cells = cells_of_cohort(keys, count);

		if (table->interrupt)
			table->interrupt();
		encode_cohort(table, keys, cells, sink);
		keys += cells;
		count -= cells;
	}
}

/* ---------- from bytes ---------- */

static void
read_brackets(ClvSource *source, ClvCohortRule *rule)
{
	int64_t		count = clv_get_count(source);
	int64_t		day = 0;

	if (count < 1 || count > CLV_COHORT_MAX_BRACKETS)
	{
		source->bad = true;
		return;
	}
	rule->bracket_count = (int32_t) count;
	for (int i = 0; i < count; i++)
	{
		int64_t		length = clv_get_count(source);

		if (length < 1 || length > INT32_MAX - day)
			source->bad = true;
		else
			day += length;
		rule->brackets[i + 1] = (int32_t) day;
	}
}

static void
read_rule(ClvSource *source, ClvCohortRule *rule, int *scale)
{
	uint8_t		version = clv_get_byte(source);
	uint8_t		windows = clv_get_byte(source);
	uint8_t		unit = clv_get_byte(source);
	uint8_t		week_start = clv_get_byte(source);

	memset(rule, 0, sizeof(*rule));
	*scale = clv_get_byte(source);
	if (version != CLV_COHORT_VERSION || (windows & ~RECURRING_FLAG) > CLV_BRACKETS || unit > CLV_YEAR ||
		(unit == CLV_WEEK ? week_start < CLV_MONDAY || week_start > CLV_SUNDAY : week_start != 0) ||
		*scale > CLV_AMOUNT_DIGITS)
	{
		source->bad = true;
		return;
	}
	rule->windows = (ClvWindows) (windows & ~RECURRING_FLAG);
	rule->recurring = (windows & RECURRING_FLAG) != 0;
	rule->period.unit = (ClvUnit) unit;
	rule->period.week_start = unit == CLV_WEEK ? week_start : CLV_MONDAY;
	rule->as_of = clv_get_int32(source);
	if (rule->as_of < CLV_DATE_MIN || rule->as_of > CLV_DATE_MAX)
		source->bad = true;
	if (rule->windows == CLV_BRACKETS)
		read_brackets(source, rule);
}

void
clv_cohort_read(ClvCohortReader *reader, const uint8_t *bytes, size_t size)
{
	reader->source.next = bytes;
	reader->source.end = bytes + size;
	reader->source.bad = false;
	read_rule(&reader->source, &reader->rule, &reader->scale);
	reader->cohorts = reader->source.bad ? 0 : clv_get_count(&reader->source);
	reader->cells = 0;
}

bool
clv_cohort_next_cohort(ClvCohortReader *reader)
{
	ClvSource  *source = &reader->source;
	int64_t		first = 0;
	int64_t		latest = 0;

	if (reader->cohorts <= 0 || source->bad)
		return false;
	reader->cohorts--;
	reader->cohort = clv_get_int32(source);
	if (reader->rule.windows != CLV_CALENDAR)
	{
		first = clv_get_count(source);
		latest = clv_get_count(source);
		if (first > 366 || latest > 366)
			source->bad = true;
	}
	reader->cells = clv_get_count(source);
	reader->offset = -1;
	if (source->bad)
		return false;
	reader->first_day = (int32_t) (clv_period_start(reader->rule.period, reader->cohort) + first);
	reader->latest_day = (int32_t) (reader->first_day + latest);
	return true;
}

bool
clv_cohort_next_cell(ClvCohortReader *reader, ClvCohortCell *cell)
{
	ClvSource  *source = &reader->source;
	int64_t		offset;

	if (reader->cells <= 0 || source->bad)
		return false;
	reader->cells--;
	offset = clv_get_count(source);
	if (offset >= (int64_t) INT32_MAX - reader->offset)
		source->bad = true;
	cell->cohort = reader->cohort;
	cell->offset = reader->offset = (int32_t) (reader->offset + 1 + (source->bad ? 0 : offset));
	cell->first_day = reader->first_day;
	cell->latest_day = reader->latest_day;
	cell->active = clv_get_count(source);
	cell->last = clv_get_count(source);
	cell->unbroken = clv_get_count(source);
	cell->returned = clv_get_count(source);
	cell->purchase_days = clv_get_count(source);
	cell->orders = clv_get_count(source);
	cell->revenue = clv_get_amount(source);
	cell->refunds = clv_get_amount(source);
	return !source->bad;
}

/* ---------- validation ---------- */

/* Customers of a cohort whom the cells so far have not accounted for. */
typedef struct Remainder
{
	int64_t		size;			/* all of them */
	int64_t		last;
	int64_t		unbroken;
	int64_t		returned;
	int32_t		offset;			/* next one without a gap */
} Remainder;

static bool
cell_is_valid(const ClvCohortCell *cell, Remainder *left)
{
	if (cell->active > left->size || cell->last > cell->active || cell->unbroken > cell->active ||
		cell->returned > cell->active || cell->purchase_days < cell->active ||
		cell->orders < cell->purchase_days || cell->refunds > 0)
		return false;
	if (cell->active == 0 && (cell->orders > 0 || is_empty(cell)))
		return false;
	if (cell->last > left->last || cell->unbroken > left->unbroken || cell->returned > left->returned)
		return false;

	/* whose run is not broken yet was active here */
	if (left->unbroken > 0 && (cell->offset != left->offset || cell->active < left->unbroken))
		return false;
	left->offset = cell->offset + 1;
	left->last -= cell->last;
	left->unbroken -= cell->unbroken;
	left->returned -= cell->returned;
	return true;
}

/* All cells of the cohort that the reader stands at. */
static bool
cohort_is_valid(ClvCohortReader *reader)
{
	const ClvCohortRule *rule = &reader->rule;
	int32_t		limit = last_offset(rule, reader->cohort, reader->first_day);
	ClvCohortCell cell;
	Remainder	left;

	if (!clv_cohort_next_cell(reader, &cell) || cell.offset != 0 || cell.active == 0 ||
		cell.returned != 0)
		return false;
	left.size = left.last = left.unbroken = cell.active;
	left.returned = cell.active - cell.last;	/* whoever was last active at the start never returned */
	left.offset = 0;
	do
	{
		if (cell.offset > limit || !cell_is_valid(&cell, &left))
			return false;
	} while (clv_cohort_next_cell(reader, &cell));
	return !reader->source.bad && left.last == 0 && left.unbroken == 0 && left.returned == 0;
}

static bool
place_is_valid(const ClvCohortReader *reader, int64_t previous)
{
	ClvPeriod	period = reader->rule.period;

	return reader->cohort > previous &&
		reader->cohort >= clv_period_index(period, CLV_DATE_MIN) &&
		reader->cohort <= clv_period_index(period, reader->rule.as_of) &&
		(reader->rule.windows == CLV_CALENDAR ||
		 (reader->latest_day <= clv_period_end(period, reader->cohort) &&
		  reader->latest_day <= reader->rule.as_of));
}

ClvStatus
clv_cohort_validate(const uint8_t *bytes, size_t size)
{
	ClvCohortReader reader;
	int64_t		previous = INT64_MIN;

	clv_cohort_read(&reader, bytes, size);
	if (reader.cohorts == 0 && reader.scale != 0)
		return CLV_COHORT_BINARY;
	while (clv_cohort_next_cohort(&reader))
	{
		if (!place_is_valid(&reader, previous) || !cohort_is_valid(&reader))
			return CLV_COHORT_BINARY;
		previous = reader.cohort;
	}
	if (reader.source.bad || reader.source.next != reader.source.end)
		return CLV_COHORT_BINARY;
	return CLV_OK;
}

/* ---------- the report ---------- */

void
clv_cohort_rows(ClvCohortRows *rows, const uint8_t *bytes, size_t size, ClvRetention kind)
{
	memset(rows, 0, sizeof(*rows));
	clv_cohort_read(&rows->reader, bytes, size);
	rows->kind = kind;
}

static bool
begin_cohort(ClvCohortRows *rows)
{
	ClvCohortReader *reader = &rows->reader;

	if (!clv_cohort_next_cohort(reader))
		return false;
	rows->has_cell = clv_cohort_next_cell(reader, &rows->cell);
	rows->size = rows->cell.active;
	rows->number = -1;
	rows->last_number = last_offset(&reader->rule, reader->cohort, reader->first_day);
	rows->passed = 0;
	rows->cumulative_revenue = 0;
	return rows->has_cell;
}

/* How many count as active here, and the running sum for the next period. */
static int64_t
active_by_kind(ClvCohortRows *rows, const ClvCohortCell *cell)
{
	int64_t		before = rows->passed;

	switch (rows->kind)
	{
		case CLV_ON_OR_AFTER:
			rows->passed += cell->last;
			return rows->size - before;
		case CLV_UNBROKEN:
			rows->passed += cell->unbroken;
			return rows->size - before;
		case CLV_CUMULATIVE:
			rows->passed += cell->returned;
			return rows->number == 0 ? rows->size : rows->passed;
		default:
			return cell->active;
	}
}

bool
clv_cohort_rows_next(ClvCohortRows *rows, ClvCohortRow *row, ClvStatus *status)
{
	static const ClvCohortCell nothing;
	ClvCohortReader *reader = &rows->reader;
	const ClvCohortRule *rule = &reader->rule;
	const ClvCohortCell *cell = &nothing;

	if (rows->number == rows->last_number && !begin_cohort(rows))
		return false;
	rows->number++;
	if (rows->has_cell && rows->cell.offset == rows->number)
		cell = &rows->cell;
	*status = clv_amount_add(&rows->cumulative_revenue, cell->revenue);

	row->cohort_start = clv_period_start(rule->period, reader->cohort);
	row->size = rows->size;
	row->number = rows->number;
	row->period_start = clv_cohort_window_start(rule, reader->cohort, row->cohort_start, rows->number);
	row->active = active_by_kind(rows, cell);
	row->returned = cell->returned;
	row->last = cell->last;
	row->complete = clv_cohort_window_end(rule, reader->cohort, reader->latest_day, rows->number) <= rule->as_of;
	row->purchase_days = cell->purchase_days;
	row->orders = cell->orders;
	row->revenue = cell->revenue;
	row->refunds = cell->refunds;
	row->cumulative_revenue = rows->cumulative_revenue;
	if (cell != &nothing)
		rows->has_cell = clv_cohort_next_cell(reader, &rows->cell);
	return true;
}

/* ---------- what reports add up ---------- */

ClvStatus
clv_cohort_mean_add(ClvCohortMean *mean, const ClvCohortRow *row)
{
	if (!row->complete)
		return CLV_OK;
	if (__builtin_add_overflow(mean->customers, row->size, &mean->customers))
		return CLV_COUNT_OVERFLOW;
	mean->cohorts++;
	mean->active += row->active;	/* at most as many */
	mean->rates += (double) row->active / (double) row->size;
	return CLV_OK;
}

ClvStatus
clv_cohort_extent_add(ClvCohortExtent *extent, const ClvCohortRow *row)
{
	if (row->number == 0)
	{
		if (__builtin_add_overflow(extent->customers, row->size, &extent->customers))
			return CLV_COUNT_OVERFLOW;
		if (extent->cohorts == 0 || row->size < extent->smallest)
			extent->smallest = row->size;
		extent->cohorts++;
	}
	extent->returned += row->returned;	/* at most as many as customers */
	if (!row->complete)
		extent->running_cells++;
	else if (row->number >= extent->complete_periods)
		extent->complete_periods = (int64_t) row->number + 1;
	return CLV_OK;
}
