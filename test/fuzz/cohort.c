/*-------------------------------------------------------------------------
 *
 * cohort.c
 *	  Fuzz target of cohort tables: whatever text or bytes come, what is
 *	  accepted is written and read back to the same bytes, adds up with
 *	  itself, and its reports keep to what they promise.
 *
 * The first byte chooses: 0 bytes, 1 text.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "base/cohort_text.h"

/* Rows of a report that are looked at: a table of few bytes may have billions. */
#define MOST_ROWS 2000

static void
make_room(ClvCohortTable *table, uint64_t more)
{
	uint64_t	capacity = clv_cohort_capacity(table, more);
	ClvCohortCell *former = table->cells;

	if (capacity <= table->capacity)
		return;
	clv_cohort_move(table, fuzz_allocate(capacity * sizeof(ClvCohortCell)), (uint32_t) capacity);
	free(former);
}

static void
start(ClvCohortTable *table, const ClvCohortRule *rule)
{
	uint64_t	capacity;

	memset(table, 0, sizeof(*table));
	capacity = clv_cohort_capacity(table, 0);
	clv_cohort_start(table, rule, fuzz_allocate(capacity * sizeof(ClvCohortCell)), (uint32_t) capacity);
}

/* The bytes of a table, which is done with then. */
static uint8_t *
finish(ClvCohortTable *table, size_t *size)
{
	ClvCohortKey *keys = fuzz_allocate(table->used * sizeof(ClvCohortKey));
	ClvCohortKey *scratch = fuzz_allocate(table->used * sizeof(ClvCohortKey));
	uint32_t	count = clv_cohort_sort(table, keys, scratch);
	ClvSink		sink = {NULL, 0};

	REQUIRE(count <= table->used);
	clv_cohort_encode(table, keys, count, &sink);
	*size = sink.count;
	sink.out = fuzz_allocate(sink.count);
	sink.count = 0;
	clv_cohort_encode(table, keys, count, &sink);
	REQUIRE(sink.count == *size);
	free(keys);
	free(scratch);
	free(table->cells);
	return sink.out;
}

/* The bytes of a text, NULL if it cannot be read. */
static uint8_t *
read_text(const char *text, size_t length, size_t *size)
{
	ClvCohortText reader;
	ClvCohortTable table;
	bool		found;
	ClvStatus	status = clv_cohort_text_open(&reader, text, length);
	uint8_t    *bytes;

	if (status != CLV_OK)
		return NULL;
	start(&table, &reader.rule);
	while ((status = clv_cohort_text_next(&reader, &found)) == CLV_OK && found)
	{
		make_room(&table, 1);
		if ((status = clv_cohort_add_cell(&table, &reader.cell, reader.scale)) != CLV_OK)
			break;
	}
	REQUIRE(reader.scan.at >= text && reader.scan.at <= text + length);
	if (status != CLV_OK)
	{
		free(table.cells);
		return NULL;
	}
	bytes = finish(&table, size);
	if (clv_cohort_validate(bytes, *size) == CLV_OK)
		return bytes;
	free(bytes);
	return NULL;
}

/* Written as text and read again: the same bytes. */
static void
check_text_of(const uint8_t *bytes, size_t size)
{
	size_t		room = CLV_COHORT_HEAD_TEXT_SIZE + 2 + size * (CLV_COHORT_NAME_TEXT_SIZE + CLV_COHORT_CELL_TEXT_SIZE + 2);
	char	   *text = fuzz_allocate(room);
	char	   *out = text;
	const char *before_name = "";
	ClvCohortReader reader;
	ClvCohortCell cell;
	uint8_t    *again;
	size_t		size_again;

	clv_cohort_read(&reader, bytes, size);
	out += clv_cohort_write_head(&reader.rule, reader.scale, out);
	REQUIRE(out - text < CLV_COHORT_HEAD_TEXT_SIZE);
	while (clv_cohort_next_cohort(&reader))
	{
		const char *before_cell = "";
		int			length;

		out += sprintf(out, "%s", before_name);
		length = clv_cohort_write_name(&reader, out);
		REQUIRE(length < CLV_COHORT_NAME_TEXT_SIZE);
		out += length;
		while (clv_cohort_next_cell(&reader, &cell))
		{
			out += sprintf(out, "%s", before_cell);
			length = clv_cohort_write_cell(&cell, reader.scale, out);
			REQUIRE(length < CLV_COHORT_CELL_TEXT_SIZE);
			out += length;
			before_cell = ",";
		}
		before_name = "; ";
	}
	*out++ = '}';
	again = read_text(text, (size_t) (out - text), &size_again);
	REQUIRE(again != NULL && size_again == size && memcmp(again, bytes, size) == 0);
	free(again);
	free(text);
}

/* Added to an empty table: the same bytes; added twice: a valid table, or an overflow. */
static void
check_sum(const uint8_t *bytes, size_t size)
{
	ClvCohortReader reader;
	ClvCohortCell cell;
	ClvCohortTable table;
	ClvStatus	status = CLV_OK;
	uint8_t    *again;
	size_t		size_again;

	clv_cohort_read(&reader, bytes, size);
	for (int times = 1; times <= 2 && status == CLV_OK; times++)
	{
		start(&table, &reader.rule);
		for (int i = 0; i < times && status == CLV_OK; i++)
		{
			clv_cohort_read(&reader, bytes, size);
			while (status == CLV_OK && clv_cohort_next_cohort(&reader))
			{
				make_room(&table, (uint64_t) reader.cells);
				while (status == CLV_OK && clv_cohort_next_cell(&reader, &cell))
					status = clv_cohort_add_cell(&table, &cell, reader.scale);
			}
		}
		REQUIRE(status == CLV_OK || times == 2);
		again = finish(&table, &size_again);
		if (times == 1)
			REQUIRE(size_again == size && memcmp(again, bytes, size) == 0);
		free(again);
	}
}

static void
check_rows(const uint8_t *bytes, size_t size)
{
	for (ClvRetention kind = CLV_ON; kind < CLV_RETENTION_COUNT; kind++)
	{
		ClvCohortRows rows;
		ClvCohortRow row;
		ClvStatus	status;

		clv_cohort_rows(&rows, bytes, size, kind);
		for (int i = 0; i < MOST_ROWS && clv_cohort_rows_next(&rows, &row, &status); i++)
		{
			REQUIRE(row.number >= 0 && row.size > 0);
			REQUIRE(row.active >= 0 && row.active <= row.size);
			REQUIRE(row.cohort_start >= CLV_DATE_MIN && row.period_start >= row.cohort_start);
			if (status != CLV_OK)
				break;
			REQUIRE(clv_amount_in_range(row.revenue) && clv_amount_in_range(row.cumulative_revenue));
		}
	}
}

static void
check_bytes(const uint8_t *bytes, size_t size)
{
	if (clv_cohort_validate(bytes, size) != CLV_OK)
		return;
	check_text_of(bytes, size);
	check_sum(bytes, size);
	check_rows(bytes, size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *copy;

	if (size == 0)
		return 0;
	copy = fuzz_string(data + 1, size - 1);
	if (data[0] % 2 == 0)
		check_bytes((uint8_t *) copy, size - 1);
	else
	{
		size_t		length;
		uint8_t    *bytes = read_text(copy, size - 1, &length);

		if (bytes != NULL)
			check_bytes(bytes, length);
		free(bytes);
	}
	free(copy);
	return 0;
}
