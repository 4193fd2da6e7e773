/*-------------------------------------------------------------------------
 *
 * observations.c
 *	  Tests of the table of counted observations.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "model/observations.h"

static uint64_t state = 42;

static uint64_t
next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static ClvObservationTable *
table_of(int64_t slots)
{
	ClvObservationTable *table = malloc(clv_observations_size(slots));

	clv_observations_init(table, slots);
	return table;
}

/* As the server does: make room, then add. */
static ClvStatus
add(ClvObservationTable **table, ClvObservationRow row, int64_t count)
{
	int64_t		slots = clv_observations_slots(*table, 1, (size_t) 1 << 30);

	if (slots == 0)
		return CLV_OBSERVATIONS_TOO_LARGE;
	if (slots != (*table)->slots)
	{
		ClvObservationTable *larger = table_of(slots);

		clv_observations_like(larger, *table);
		clv_observations_merge(larger, *table, NULL);
		free(*table);
		*table = larger;
	}
	return clv_observations_add(*table, &row, count);
}

static ClvObservationRow *
export(const ClvObservationTable *table)
{
	ClvObservationRow *rows = malloc(sizeof(ClvObservationRow) * (size_t) (table->used + 1));

	clv_observations_export(table, rows, NULL);
	return rows;
}

static ClvObservationRow
random_row(int variety)
{
	ClvObservationRow row = {.weight = 1, .count = 1};

	row.x = (double) (next_random() % 7);
	row.t_x = (double) (next_random() % (uint64_t) variety) / 7;
	row.age = (double) (next_random() % (uint64_t) variety) / 3;
	if (next_random() % 8 == 0)
		row.weight = (double) (1 + next_random() % 3) / 10;
	if (next_random() % 16 == 0)
		row.extra = (double) (next_random() % 5);
	return row;
}

typedef struct Text
{
	char		bytes[1 << 16];
	size_t		length;
} Text;

static void
append(void *target, const char *bytes, size_t length)
{
	Text	   *t = target;

	memcpy(t->bytes + t->length, bytes, length);
	t->length += length;
	t->bytes[t->length] = '\0';
}

static const char *
written(const ClvObservationTable *table)
{
	static Text t;
	ClvObservationRow *rows = export(table);

	t.length = 0;
	clv_observations_write(table, rows, append, &t);
	free(rows);
	return t.bytes;
}

static void
counting(void)
{
	ClvObservationTable *table = table_of(CLV_OBSERVATIONS_SMALLEST);
	ClvObservationRow one = {.x = 2, .t_x = 30, .age = 38, .weight = 1};
	ClvObservationRow zero = {.x = 0, .t_x = -0.0, .age = 38, .weight = 1};
	ClvObservationRow *rows;

	add(&table, one, 1);
	add(&table, zero, 1);
	add(&table, one, 4);
	zero.t_x = 0;
	add(&table, zero, 2);
	is_int(table->used, 2, "equal observations share a slot, -0 equals 0");
	rows = export(table);
	is_int(rows[0].count, 3, "sorted by x: the one without repeat purchases comes first");
	is_int(rows[1].count, 5, "counts add up");
	free(rows);
	for (int i = 0; i < 5; i++)
	{
		ClvObservationTable *nothing = table_of(CLV_OBSERVATIONS_SMALLEST);
		ClvObservationRow row = {0};
		double	   *member[] = {&row.x, &row.t_x, &row.age, &row.extra, &row.weight};

		*member[i] = -0.0;
		add(&nothing, row, 1);
		rows = export(nothing);
		ok(!signbit(rows[0].x) && !signbit(rows[0].t_x) && !signbit(rows[0].age) && !signbit(rows[0].extra) && !signbit(rows[0].weight),
		   "-0 is stored as 0 as number %d", i + 1);
		free(rows);
		free(nothing);
	}

	one.t_x = NAN;
	is_int(add(&table, one, 1), CLV_OBSERVATION_OUT_OF_RANGE, "NaN is refused");
	one.t_x = INFINITY;
	is_int(add(&table, one, 1), CLV_OBSERVATION_OUT_OF_RANGE, "infinity is refused");
	one.t_x = 30;
	for (int i = 0; i < 5; i++)
	{
		ClvObservationRow bad = one;
		double	   *member[] = {&bad.x, &bad.t_x, &bad.age, &bad.extra, &bad.weight};

		*member[i] = -INFINITY;
		is_int(add(&table, bad, 1), CLV_OBSERVATION_OUT_OF_RANGE, "infinity is refused as number %d", i + 1);
	}
	is_int(add(&table, one, INT64_MAX), CLV_OBSERVATION_OUT_OF_RANGE, "a count that overflows is refused");
	is_int(table->used, 2, "what was refused left no trace");
	is_int(clv_observations_slots(table, 1, clv_observations_size(32)), 32, "two rows fit in the smallest table");
	is_int(clv_observations_slots(table, 23, clv_observations_size(40)), 40, "growth stops at the limit");
	is_int(clv_observations_slots(table, 30, clv_observations_size(40)), 0, "beyond the limit there is no room");
	is_int(clv_observations_slots(table, INT64_MAX, (size_t) 1 << 30), 0, "an absurd number does not overflow");
	free(table);
}

static void
order_and_splits(void)
{
	enum
	{
		N = 20000
	};
	ClvObservationRow *input = malloc(sizeof(ClvObservationRow) * N);
	ClvObservationTable *whole = table_of(CLV_OBSERVATIONS_SMALLEST);
	ClvObservationTable *shuffled = table_of(CLV_OBSERVATIONS_SMALLEST);
	ClvObservationTable *parts[3];
	ClvObservationTable *merged;
	ClvObservationRow *a;
	ClvObservationRow *b;
	int64_t		total = 0;
	int64_t		kept;
	double		weight = 0;
	bool		sorted = true;
	bool		distinct = true;

	for (int i = 0; i < N; i++)
	{
		input[i] = random_row(60);
		add(&whole, input[i], 1);
		weight += input[i].weight;
	}
	for (int i = 0; i < 3; i++)
		parts[i] = table_of(CLV_OBSERVATIONS_SMALLEST);
	for (int i = 0; i < N; i++)
		add(&parts[next_random() % 3], input[i], 1);
	for (int i = N; i > 1; i--)
	{
		int			j = (int) (next_random() % (uint64_t) i);
		ClvObservationRow t = input[j];

		input[j] = input[i - 1];
		input[i - 1] = t;
	}
	for (int i = 0; i < N; i++)
		add(&shuffled, input[i], 1);

	a = export(whole);
	for (int64_t i = 0; i < whole->used; i++)
	{
		total += a[i].count;
		if (i > 0)
		{
			if (a[i - 1].x > a[i].x || (a[i - 1].x == a[i].x && a[i - 1].t_x > a[i].t_x))
				sorted = false;
			if (memcmp(&a[i - 1], &a[i], offsetof(ClvObservationRow, count)) == 0)
				distinct = false;
		}
	}
	is_int(total, N, "every observation is counted");
	ok(sorted, "exported rows are sorted");
	ok(distinct, "exported rows are distinct");

	b = export(shuffled);
	ok(whole->used == shuffled->used && memcmp(a, b, sizeof(*a) * (size_t) whole->used) == 0,
	   "the order of input does not matter, bit for bit");
	free(b);

	merged = table_of(clv_observations_slots(parts[2], parts[0]->used + parts[1]->used, (size_t) 1 << 30));
	for (int i = 2; i >= 0; i--)
		clv_observations_merge(merged, parts[i], NULL);
	b = export(merged);
	ok(whole->used == merged->used && memcmp(a, b, sizeof(*a) * (size_t) whole->used) == 0,
	   "any split and merge gives the same rows, bit for bit");

	kept = clv_observations_fold(b, merged->used);
	ok(kept < merged->used, "rows that differ in weight alone are joined");
	for (int64_t i = 0; i < kept; i++)
	{
		weight -= b[i].weight;
		distinct &= b[i].count == 1;
	}
	close_abs(weight, 0, 1e-8, "joining keeps the total weight");
	ok(distinct, "and counts each row once");

	free(a);
	free(b);
	free(input);
	free(whole);
	free(shuffled);
	free(merged);
	for (int i = 0; i < 3; i++)
		free(parts[i]);
}

/* Inputs that send a quicksort deep, and many equal keys. */
static void
sorting(void)
{
	enum
	{
		N = 5000
	};

	for (int shape = 0; shape < 4; shape++)
	{
		ClvObservationTable *table = table_of(CLV_OBSERVATIONS_SMALLEST);
		ClvObservationRow *rows;
		bool		sorted = true;

		for (int i = 0; i < N; i++)
		{
			ClvObservationRow row = {.weight = 1};

			row.x = shape == 0 ? i : shape == 1 ? N - i : shape == 2 ? (i % 2 ? i : N - i) : 1;
			row.t_x = shape == 3 ? i % 3 : 0;
			row.age = shape == 3 ? i : 0;
			add(&table, row, 1);
		}
		rows = export(table);
		for (int64_t i = 1; i < table->used; i++)
			if (rows[i - 1].x > rows[i].x || (rows[i - 1].x == rows[i].x && rows[i - 1].t_x > rows[i].t_x))
				sorted = false;
		ok(sorted, "shape %d is sorted", shape);
		free(rows);
		free(table);
	}
}

static void
text_form(void)
{
	static const struct
	{
		const char *input;
		const char *output;		/* NULL: refused */
	}			cases[] = {
		{"{}", "{}"},
		{" { 2 213  272 , 0 0 272*17 } ", "{0 0 272 *17, 2 213 272}"},
		{"{1 0.1 0.30000000000000004}", "{1 0.1 0.30000000000000004}"},
		{"{1 2 3 extra=1.5 weight=2 *3, 1 2 3}", "{1 2 3, 1 2 3 extra=1.5 weight=2 *3}"},
		{"{1 1 1 *2, 1 1 1}", "{1 1 1 *3}"},
		{"{1 1 -0}", "{1 1 0}"},
		{"{1 5e-324 1.7976931348623157e+308}", "{1 4.94065645841247e-324 1.79769313486232e+308}"},
		{"", NULL},
		{"{", NULL},
		{"{1}", NULL},
		{"{1 2}", NULL},
		{"{1 2 3", NULL},
		{"{1 2 3,}", NULL},
		{"{1 2 3} x", NULL},
		{"{1 2 nan}", NULL},
		{"{1 2 inf}", NULL},
		{"{1 2 1e999}", NULL},
		{"{1 2 0x10}", NULL},
		{"{1 2 3 *0}", NULL},
		{"{1 2 3 *-1}", NULL},
		{"{1 2 3 *9007199254740993}", NULL},
		{"{1 2 3 *99999999999999999999999}", NULL},
		{"{1 2 3 weight=0}", NULL},
		{"{1 2 3 weight=-1}", NULL},
		{"{1 2 3 extra=}", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		int64_t		rows;
		size_t		where = 0;
		const char *what = NULL;
		ClvStatus	status = clv_observations_read(cases[i].input, CLV_SOURCE_STATISTICS, NULL, &rows, &where, &what);

		if (cases[i].output == NULL)
			ok(status != CLV_OK && what != NULL && where <= strlen(cases[i].input), "refused: %s", cases[i].input);
		else if (ok(status == CLV_OK, "read: %s", cases[i].input))
		{
			ClvObservationTable *table = table_of(2 * rows + 8);

			clv_observations_read(cases[i].input, CLV_SOURCE_STATISTICS, table, &rows, &where, &what);
			if (i == 6)
			{
				ClvObservationRow *row = export(table);

				ok(row[0].age == 1.7976931348623157e308 && row[0].t_x == 5e-324, "extremes are exact");
				free(row);
			}
			else
				is_str(written(table), cases[i].output, "written: %s", cases[i].output);
			free(table);
		}
	}

	{
		ClvObservationTable *table = table_of(8);
		int64_t		rows;
		size_t		where;
		const char *what;

		table->source = CLV_SOURCE_COHORT;
		clv_observations_read("{0 1000, 1 869}", CLV_SOURCE_COHORT, table, &rows, &where, &what);
		is_str(written(table), "{0 1000, 1 869}", "a cohort has two numbers");
		free(table);
	}

	/* What is written reads back to the same rows. */
	{
		ClvObservationTable *table = table_of(CLV_OBSERVATIONS_SMALLEST);
		ClvObservationTable *again = table_of(1024);
		ClvObservationRow *a;
		ClvObservationRow *b;
		int64_t		rows;
		size_t		where;
		const char *what;

		for (int i = 0; i < 500; i++)
			add(&table, random_row(1000), 1 + (int64_t) (next_random() % 3));
		is_int(clv_observations_read(written(table), CLV_SOURCE_STATISTICS, again, &rows, &where, &what), CLV_OK,
			   "random rows read back");
		a = export(table);
		b = export(again);
		ok(table->used == again->used && memcmp(a, b, sizeof(*a) * (size_t) table->used) == 0, "bit for bit");
		free(a);
		free(b);
		free(table);
		free(again);
	}
}

/* A sum of counts that does not fit is told by merging too. */
static void
test_merge_overflow(void)
{
	ClvObservationTable *tables[2];
	ClvObservationRow row = {1, 2, 3, 0, 1, 0};

	for (int i = 0; i < 2; i++)
	{
		tables[i] = calloc(1, clv_observations_size(CLV_OBSERVATIONS_SMALLEST));
		clv_observations_init(tables[i], CLV_OBSERVATIONS_SMALLEST);
		is_int(clv_observations_add(tables[i], &row, INT64_MAX / 2 + 1), CLV_OK, "half of what can be counted");
	}
	is_int(clv_observations_merge(tables[0], tables[1], NULL), CLV_OBSERVATION_OUT_OF_RANGE, "twice that cannot");
	free(tables[0]);
	free(tables[1]);
}

int
main(void)
{
	counting();
	order_and_splits();
	sorting();
	text_form();
	test_merge_overflow();
	return done_testing();
}
