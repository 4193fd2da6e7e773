/*-------------------------------------------------------------------------
 *
 * tables.c
 *	  Fuzz target of movement, survival and observation tables and of
 *	  distributions: whatever comes, what is accepted is written and read back
 *	  to the same, and what is read off it is in its range.
 *
 * The first byte chooses: 0 bytes and 1 text of movements, 2 bytes of
 * durations, 3 bytes of a distribution, 4 text of observations.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "base/concentration.h"
#include "base/movement.h"
#include "base/survival.h"
#include "model/observations.h"

/* Rows of a report that are looked at, and cells that are kept. */
#define MOST_ROWS 2000

/* ---------- movements ---------- */

static uint8_t *
encode_movements(const ClvMovementTable *table, size_t *size)
{
	ClvSink		sink = {NULL, 0};

	clv_movement_encode(table, &sink);
	*size = sink.count;
	sink.out = fuzz_allocate(sink.count);
	sink.count = 0;
	clv_movement_encode(table, &sink);
	REQUIRE(sink.count == *size);
	return sink.out;
}

/* Brings a table over a period; false if there are too many. */
static bool
cover(ClvMovementTable *table, int32_t index)
{
	ClvMovementCell *former = table->cells;
	ClvMovementCell *cells;
	int64_t		first = table->count > 0 && table->first < index ? table->first : index;
	int64_t		end = table->count > 0 && table->first + table->count > (int64_t) index + 1 ? table->first + table->count : (int64_t) index + 1;

	if (clv_movement_covers(table, index, index))
		return true;
	if (end - first > MOST_ROWS)
		return false;
	cells = fuzz_allocate((size_t) (end - first) * sizeof(ClvMovementCell));
	memset(cells, 0, (size_t) (end - first) * sizeof(ClvMovementCell));
	clv_movement_move(table, cells, (int32_t) first, end - first);
	free(former);
	return true;
}

static bool
scan_movements(ClvScan *scan, ClvMovementTable *table)
{
	int64_t		previous = INT64_MIN;

	if (!clv_movement_scan_head(scan, &table->rule, &table->scale))
		return false;
	while (!clv_scan_mark(scan, "}"))
	{
		ClvMovementCell cell;
		int32_t		index;

		if ((previous > INT64_MIN && !clv_scan_mark(scan, ",")) ||
			!clv_movement_scan_cell(scan, &table->rule, table->scale, &index, &cell) || index <= previous ||
			!cover(table, index) || clv_movement_add_cell(table, index, &cell, table->scale) != CLV_OK)
			return false;
		previous = index;
	}
	return clv_scan_end(scan);
}

/* The bytes of a text, NULL if it cannot be read. */
static uint8_t *
read_movements(const char *text, size_t length, size_t *size)
{
	ClvScan		scan = {text, text + length};
	ClvMovementTable table;
	uint8_t    *bytes = NULL;

	memset(&table, 0, sizeof(table));
	if (scan_movements(&scan, &table))
		bytes = encode_movements(&table, size);
	REQUIRE(scan.at >= text && scan.at <= text + length);
	free(table.cells);
	if (bytes != NULL && clv_movement_validate(bytes, *size) == CLV_OK)
		return bytes;
	free(bytes);
	return NULL;
}

static void
check_movements(const uint8_t *bytes, size_t size)
{
	size_t		room = CLV_MOVEMENT_HEAD_TEXT_SIZE + 16 + size * (CLV_MOVEMENT_CELL_TEXT_SIZE + 2);
	char	   *text;
	char	   *out;
	const char *before = "";
	ClvMovementReader reader;
	ClvMovementRows rows;
	ClvMovementRow row;
	ClvMovementCell cell;
	int32_t		first = 0;
	uint8_t    *again;
	size_t		size_again;

	if (clv_movement_validate(bytes, size) != CLV_OK)
		return;
	text = out = fuzz_allocate(room);
	clv_movement_read(&reader, bytes, size);
	out += clv_movement_write_rule(&reader.rule, out);
	REQUIRE(out - text < CLV_MOVEMENT_HEAD_TEXT_SIZE);
	out += sprintf(out, " scale %d {", reader.scale);
	while (clv_movement_next(&reader, &cell))
	{
		int			length;

		if (before[0] == '\0')
			first = reader.index;
		out += sprintf(out, "%s", before);
		length = clv_movement_write_cell(&reader.rule, reader.index, &cell, reader.scale, out);
		REQUIRE(length < CLV_MOVEMENT_CELL_TEXT_SIZE);
		out += length;
		before = ", ";
	}
	*out++ = '}';
	if (before[0] == '\0' || reader.index - (int64_t) first < MOST_ROWS)
	{
		again = read_movements(text, (size_t) (out - text), &size_again);
		REQUIRE(again != NULL && size_again == size && memcmp(again, bytes, size) == 0);
		free(again);
	}
	free(text);

	clv_movement_rows(&rows, bytes, size);
	for (int i = 0; i < MOST_ROWS && clv_movement_rows_next(&rows, &row); i++)
	{
		REQUIRE(row.opening >= 0 && row.closing >= 0);
		REQUIRE(row.closing == row.opening + row.cell.fresh + row.cell.reactivated - row.cell.lost);
		REQUIRE(row.cell.buyers <= row.closing);
		REQUIRE(clv_amount_in_range(row.opening_revenue));
	}
}

/* ---------- durations ---------- */

/* A table does not differ from itself. */
static void
check_log_rank(const uint8_t *bytes, size_t size)
{
	ClvLogRankGroup groups[2];
	double		observed[2];
	double		expected[2];
	double		variance[4];
	double		chi_squared;
	int			degrees;

	clv_survival_read(&groups[0].reader, bytes, size);
	clv_survival_read(&groups[1].reader, bytes, size);
	chi_squared = clv_log_rank(groups, 2, observed, expected, variance, &degrees, NULL);
	REQUIRE(degrees >= 0 && degrees <= 1 && chi_squared >= 0 && chi_squared < 1e-6);
	REQUIRE(observed[0] >= 0 && observed[0] == observed[1] && expected[0] == expected[1]);
	REQUIRE(fabs(observed[0] - expected[0]) <= 1e-12 * observed[0]);
}

static void
check_survival(const uint8_t *bytes, size_t size)
{
	ClvSurvivalReader reader;
	ClvSurvivalCurve curve;
	ClvSurvivalPoint point;
	ClvSurvivalEntry *entries;
	ClvSurvivalEntry *scratch;
	ClvSink		sink = {NULL, 0};
	size_t		count = 0;
	double		before = 1;
	double		last;
	double		mean;
	double		std_error;
	double		lower;
	double		upper;

	if (clv_survival_validate(bytes, size) != CLV_OK)
		return;
	entries = fuzz_allocate(size * sizeof(ClvSurvivalEntry));
	scratch = fuzz_allocate(size * sizeof(ClvSurvivalEntry));
	clv_survival_read(&reader, bytes, size);
	while (clv_survival_next(&reader, &entries[count]))
		REQUIRE(++count <= size);
	REQUIRE(clv_survival_compact(entries, &count, scratch, NULL) == CLV_OK);
	sink.out = fuzz_allocate(size);
	clv_survival_encode(reader.scale, reader.initial, entries, count, &sink);
	REQUIRE(sink.count == size && memcmp(sink.out, bytes, size) == 0);
	free(sink.out);
	free(entries);
	free(scratch);

	clv_survival_curve(&curve, bytes, size);
	while (clv_survival_curve_next(&curve, &point))
	{
		REQUIRE(point.survival >= 0 && point.survival <= before);
		REQUIRE(point.at_risk >= 0 && point.deaths >= 0 && point.censored >= 0);
		REQUIRE(point.greenwood >= 0 && point.hazard >= 0 && isfinite(point.hazard));
		REQUIRE(clv_survival_at(bytes, size, point.time) == point.survival);
		if (clv_survival_interval(&point, 1.96, &lower, &upper))
			REQUIRE(lower >= 0 && lower <= point.survival && point.survival <= upper && upper <= 1);
		before = point.survival;
	}
	for (int line = CLV_SURVIVAL_S; line <= CLV_SURVIVAL_UPPER; line++)
	{
		if (clv_survival_crossing(bytes, size, (ClvSurvivalLine) line, 1.96, 0.5, &mean))
			REQUIRE(mean >= 0 && isfinite(mean));
	}
	if (clv_survival_last(bytes, size, &last))
	{
		clv_survival_mean(bytes, size, last, &mean, &std_error);
		REQUIRE(mean >= 0 && mean <= last * (1 + 1e-12) && std_error >= 0);
	}
	check_log_rank(bytes, size);
	if (clv_gap_balanced(bytes, size, &mean) && clv_gap_errors(bytes, size, mean, &lower, &upper))
		REQUIRE(lower >= 0 && lower <= 1 && upper >= 0 && upper <= 1);
	if (clv_gap_percentile(bytes, size, 0.9, &mean))
		REQUIRE(mean >= 0 && isfinite(mean));
}

/* ---------- distributions ---------- */

static void
check_lorenz(const uint8_t *bytes, size_t size)
{
	ClvLorenzReader reader;
	ClvLorenzEntry *entries;
	ClvLorenzEntry *scratch;
	ClvLorenz	lorenz;
	ClvSink		sink = {NULL, 0};
	ClvAmount	value;
	size_t		count = 0;
	size_t		left;
	int64_t		customers;
	double		before = 0;

	if (clv_lorenz_validate(bytes, size) != CLV_OK)
		return;
	entries = fuzz_allocate(size * sizeof(ClvLorenzEntry));
	scratch = fuzz_allocate(size * sizeof(ClvLorenzEntry));
	clv_lorenz_read(&reader, bytes, size);
	while (clv_lorenz_next(&reader, &entries[count]))
		REQUIRE(++count <= size);
	REQUIRE(clv_lorenz_compact(entries, count, scratch, NULL) == count);
	sink.out = fuzz_allocate(size);
	clv_lorenz_encode(reader.kind, reader.scale, entries, count, &sink);
	REQUIRE(sink.count == size && memcmp(sink.out, bytes, size) == 0);
	free(sink.out);
	/* Without all of its customers nothing is left. */
	for (size_t i = 0; i < count; i++)
		entries[i].customers = -entries[i].customers;
	REQUIRE(!clv_lorenz_correct(NULL, 0, entries, count, scratch, &left, NULL) || count == 0);
	clv_lorenz_read(&reader, bytes, size);
	for (size_t i = 0; i < count; i++)
		clv_lorenz_next(&reader, &scratch[i]);
	REQUIRE(clv_lorenz_correct(scratch, count, entries, count, scratch, &left, NULL) && left == 0);
	free(entries);
	free(scratch);

	if (clv_lorenz_open(&lorenz, bytes, size) != CLV_OK)
		return;
	REQUIRE(lorenz.customers >= 0 && lorenz.total >= 0 && lorenz.largest >= 0);
	REQUIRE(lorenz.largest <= lorenz.total);
	if (lorenz.total > 0)
	{
		double		gini = clv_lorenz_gini(&lorenz);
		ClvCurvePoint limits[2];

		REQUIRE(gini >= 0 && gini <= 1);
		clv_lorenz_limits(&lorenz, limits);
		for (int i = 0; i < 2; i++)
		{
			REQUIRE(limits[i].customers > 0 && limits[i].customers <= lorenz.customers);
			REQUIRE(limits[i].sum > 0 && limits[i].sum <= lorenz.total);
		}
		REQUIRE(limits[0].customers <= limits[1].customers);
		REQUIRE(clv_lorenz_reaches(&lorenz, lorenz.total, CLV_SHARE_UNITS));
		REQUIRE(clv_lorenz_top_share(&lorenz, 0) == 0);
		for (int i = 0; i <= 4; i++)
		{
			double		share = clv_lorenz_top_share(&lorenz, lorenz.customers * (i / 4.0));

			REQUIRE(share >= before - 1e-12 && share <= 1);
			before = share;
		}
	}
	for (int i = 0; i <= 4; i++)
	{
		if (clv_lorenz_cutoff(&lorenz, CLV_SHARE_UNITS / 4 * i, &value, &customers))
			REQUIRE(customers > 0 && customers <= lorenz.customers);
	}
	if (lorenz.customers > 0)
	{
		ClvAmount	scores[4] = {0};

		clv_lorenz_score_limits(&lorenz, 5, scores);
		for (int i = 1; i < 4; i++)
			REQUIRE(scores[i] >= scores[i - 1]);
	}
}

/* ---------- observations ---------- */

typedef struct Written
{
	char	   *text;
	size_t		length;
} Written;

static void
append(void *target, const char *bytes, size_t length)
{
	Written    *written = target;

	written->text = realloc(written->text, written->length + length + 1);
	REQUIRE(written->text != NULL);
	memcpy(written->text + written->length, bytes, length);
	written->length += length;
	written->text[written->length] = '\0';
}

/* The table of a text, NULL if it cannot be read. */
static ClvObservationTable *
read_observations(const char *text, uint8_t origin)
{
	ClvObservationTable empty;
	ClvObservationTable *table = NULL;
	int64_t		rows;
	int64_t		slots;
	size_t		where = 0;
	const char *what = "";
	ClvStatus	status;

	memset(&empty, 0, sizeof(empty));
	empty.slots = CLV_OBSERVATIONS_SMALLEST;
	status = clv_observations_read(text, origin, NULL, &rows, &where, &what);
	if (status == CLV_OK)
	{
		slots = clv_observations_slots(&empty, rows, (size_t) 1 << 30);
		REQUIRE(slots >= rows);
		table = fuzz_allocate(clv_observations_size(slots));
		clv_observations_init(table, slots);
		table->source = origin;
		status = clv_observations_read(text, origin, table, &rows, &where, &what);
	}
	if (status == CLV_OK)
		return table;
	REQUIRE(where <= strlen(text) && what[0] != '\0');
	free(table);
	return NULL;
}

static void
check_observations(const char *text, uint8_t origin)
{
	ClvObservationTable *table = read_observations(text, origin);
	ClvObservationTable *other;
	ClvObservationRow *rows;
	ClvObservationRow *rows_again;
	Written		written = {NULL, 0};

	if (table == NULL)
		return;
	rows = fuzz_allocate((size_t) table->used * sizeof(ClvObservationRow));
	rows_again = fuzz_allocate((size_t) table->used * sizeof(ClvObservationRow));
	clv_observations_export(table, rows, NULL);
	clv_observations_write(table, rows, append, &written);
	other = read_observations(written.text, origin);
	REQUIRE(other != NULL && other->used == table->used);
	clv_observations_export(other, rows_again, NULL);
	REQUIRE(memcmp(rows, rows_again, (size_t) table->used * sizeof(ClvObservationRow)) == 0);
	REQUIRE(clv_observations_fold(rows, table->used) <= table->used);
	free(written.text);
	free(rows);
	free(rows_again);
	free(other);
	free(table);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *copy;

	if (size < 2)
		return 0;
	copy = fuzz_string(data + 1, size - 1);
	switch (data[0] % 5)
	{
		case 0:
			check_movements((uint8_t *) copy, size - 1);
			break;
		case 1:
			{
				size_t		length;
				uint8_t    *bytes = read_movements(copy, size - 1, &length);

				if (bytes != NULL)
					check_movements(bytes, length);
				free(bytes);
				break;
			}
		case 2:
			check_survival((uint8_t *) copy, size - 1);
			break;
		case 3:
			check_lorenz((uint8_t *) copy, size - 1);
			break;
		default:
			check_observations(copy + 1, (uint8_t) copy[0] % (CLV_SOURCE_HOLDOUT + 1));
			break;
	}
	free(copy);
	return 0;
}
