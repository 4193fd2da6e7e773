/*-------------------------------------------------------------------------
 *
 * observations.c
 *	  Equal observations counted once: what every fit reads.
 *
 *-------------------------------------------------------------------------
 */
#include "model/observations.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_BETWEEN_INTERRUPTS 4096

size_t
clv_observations_size(int64_t slots)
{
	return offsetof(ClvObservationTable, slot) + (size_t) slots * sizeof(ClvObservationRow);
}

void
clv_observations_init(ClvObservationTable *table, int64_t slots)
{
	memset(table, 0, clv_observations_size(slots));
	table->slots = slots;
}

void
clv_observations_like(ClvObservationTable *table, const ClvObservationTable *other)
{
	table->source = other->source;
	table->as_of = other->as_of;
	memcpy(table->family, other->family, CLV_OBSERVATIONS_FAMILY);
}

/* At most three quarters of the slots are used: probes stay short. */
static int64_t
room(int64_t slots)
{
	return slots - slots / 4;
}

int64_t
clv_observations_slots(const ClvObservationTable *table, int64_t more, size_t max_bytes)
{
	int64_t		most = (int64_t) ((max_bytes - offsetof(ClvObservationTable, slot)) / sizeof(ClvObservationRow));
	int64_t		slots = table->slots;

	/* The slot of a hash is found by a product of two 32 bit numbers. */
	if (most > INT32_MAX)
		most = INT32_MAX;
	if (more > most - table->used)
		return 0;
	while (table->used + more > room(slots))
	{
		if (slots >= most)
			return 0;
		slots = slots > most / 2 ? most : slots * 2;
	}
	return slots;
}

static inline uint64_t
mix(uint64_t hash, double value)
{
	uint64_t	bits;

	memcpy(&bits, &value, sizeof(bits));
	hash = (hash ^ bits) * UINT64_C(0x9E3779B97F4A7C15);
	return hash ^ (hash >> 32);
}

static inline int64_t
home(const ClvObservationRow *row, int64_t slots)
{
	uint64_t	hash = UINT64_C(0x2545F4914F6CDD1D);

	hash = mix(hash, row->x);
	hash = mix(hash, row->t_x);
	hash = mix(hash, row->age);
	hash = mix(hash, row->extra);
	hash = mix(hash, row->weight);
	hash *= UINT64_C(0xD6E8FEB86659FD93);
	return (int64_t) (((hash >> 32) * (uint64_t) slots) >> 32);
}

static inline bool
same(const ClvObservationRow *a, const ClvObservationRow *b)
{
	return a->x == b->x && a->t_x == b->t_x && a->age == b->age &&
		a->extra == b->extra && a->weight == b->weight;
}

ClvStatus
clv_observations_add(ClvObservationTable *table, const ClvObservationRow *row, int64_t count)
{
	ClvObservationRow key;
	int64_t		i;

	if (!isfinite(row->x) || !isfinite(row->t_x) || !isfinite(row->age) ||
		!isfinite(row->extra) || !isfinite(row->weight))
		return CLV_OBSERVATION_OUT_OF_RANGE;

	/* Adding zero turns -0 into 0 and changes nothing else. */
	key.x = row->x + 0.0;
	key.t_x = row->t_x + 0.0;
	key.age = row->age + 0.0;
	key.extra = row->extra + 0.0;
	key.weight = row->weight + 0.0;

	for (i = home(&key, table->slots);; i = i + 1 == table->slots ? 0 : i + 1)
	{
		ClvObservationRow *slot = &table->slot[i];

		if (slot->count == 0)
		{
			key.count = count;
			*slot = key;
			table->used++;
			return CLV_OK;
		}
		if (same(slot, &key))
		{
			if (count > INT64_MAX - slot->count)
				return CLV_OBSERVATION_OUT_OF_RANGE;
			slot->count += count;
			return CLV_OK;
		}
	}
}

ClvStatus
clv_observations_merge(ClvObservationTable *table, const ClvObservationTable *other, ClvInterrupt interrupt)
{
	for (int64_t i = 0; i < other->slots; i++)
	{
		ClvStatus	status;

		if (interrupt && i % ROWS_BETWEEN_INTERRUPTS == 0)
			interrupt();
		if (other->slot[i].count == 0)
			continue;
		status = clv_observations_add(table, &other->slot[i], other->slot[i].count);
		if (status != CLV_OK)
			return status;
	}
	return CLV_OK;
}

static inline int
compare_double(double a, double b)
{
	return (a > b) - (a < b);
}

static inline int
compare(const ClvObservationRow *a, const ClvObservationRow *b)
{
	int			c = compare_double(a->x, b->x);

	if (c == 0)
		c = compare_double(a->t_x, b->t_x);
	if (c == 0)
		c = compare_double(a->age, b->age);
	if (c == 0)
		c = compare_double(a->extra, b->extra);
	if (c == 0)
		c = compare_double(a->weight, b->weight);
	return c;
}

static inline void
swap(ClvObservationRow *a, ClvObservationRow *b)
{
	ClvObservationRow t = *a;

	*a = *b;
	*b = t;
}

static void
sift(ClvObservationRow *rows, int64_t root, int64_t n)
{
	int64_t		child;

	while ((child = 2 * root + 1) < n)
	{
		if (child + 1 < n && compare(&rows[child], &rows[child + 1]) < 0)
			child++;
		if (compare(&rows[root], &rows[child]) >= 0)
			return;
		swap(&rows[root], &rows[child]);
		root = child;
	}
}

/*
 * Sort without memory: quicksort by the median of three, heapsort where that
 * would go deep, insertion for short runs.  (qsort() of the C library may
 * allocate.)
 */
static void
sort(ClvObservationRow *rows, int64_t n, int depth, ClvInterrupt interrupt)
{
	while (n > 12)
	{
		ClvObservationRow pivot;
		int64_t		i = 0;
		int64_t		j = n - 1;

		if (interrupt && n > ROWS_BETWEEN_INTERRUPTS)
			interrupt();
		if (depth-- == 0)
		{
			for (int64_t k = n / 2; k-- > 0;)
				sift(rows, k, n);
			for (int64_t k = n; --k > 0;)
			{
				swap(&rows[0], &rows[k]);
				sift(rows, 0, k);
			}
			return;
		}

		if (compare(&rows[n / 2], &rows[0]) < 0)
			swap(&rows[n / 2], &rows[0]);
		if (compare(&rows[n - 1], &rows[n / 2]) < 0)
			swap(&rows[n - 1], &rows[n / 2]);
		if (compare(&rows[n / 2], &rows[0]) < 0)
			swap(&rows[n / 2], &rows[0]);
		pivot = rows[n / 2];

		while (i <= j)
		{
			while (compare(&rows[i], &pivot) < 0)
				i++;
			while (compare(&rows[j], &pivot) > 0)
				j--;
			if (i <= j)
				swap(&rows[i++], &rows[j--]);
		}

		/* Recurse into the smaller part. */
		if (j + 1 < n - i)
		{
			sort(rows, j + 1, depth, interrupt);
			rows += i;
			n -= i;
		}
		else
		{
			sort(rows + i, n - i, depth, interrupt);
			n = j + 1;
		}
	}

	for (int64_t i = 1; i < n; i++)
	{
		ClvObservationRow row = rows[i];
		int64_t		j = i;

		for (; j > 0 && compare(&row, &rows[j - 1]) < 0; j--)
			rows[j] = rows[j - 1];
		rows[j] = row;
	}
}

void
clv_observations_export(const ClvObservationTable *table, ClvObservationRow *rows, ClvInterrupt interrupt)
{
	int64_t		n = 0;
	int			depth = 8;

	for (int64_t i = 0; i < table->slots; i++)
	{
		if (table->slot[i].count != 0)
			rows[n++] = table->slot[i];
	}
	for (int64_t i = n; i > 1; i /= 2)
		depth += 2;
	sort(rows, n, depth, interrupt);
}

int64_t
clv_observations_fold(ClvObservationRow *rows, int64_t n)
{
	int64_t		kept = 0;

	for (int64_t i = 0; i < n; i++)
	{
		ClvObservationRow row = rows[i];

		row.weight *= (double) row.count;
		row.count = 1;
		if (kept > 0 && rows[kept - 1].x == row.x && rows[kept - 1].t_x == row.t_x &&
			rows[kept - 1].age == row.age && rows[kept - 1].extra == row.extra)
			rows[kept - 1].weight += row.weight;
		else
			rows[kept++] = row;
	}
	return kept;
}

/* ---------- the text form ---------- */

/* The shortest of 15, 16 or 17 digits that reads back to the same number. */
static int
format_number(char *buffer, size_t size, double value)
{
	int			length = 0;

	for (int digits = 15; digits <= 17; digits++)
	{
		length = snprintf(buffer, size, "%.*g", digits, value);
		if (strtod(buffer, NULL) == value)
			break;
	}
	return length;
}

void
clv_observations_write(const ClvObservationTable *table, const ClvObservationRow *rows,
					   ClvWrite write, void *target)
{
	char		buffer[256];
	int			length;

	write(target, "{", 1);
	for (int64_t i = 0; i < table->used; i++)
	{
		const ClvObservationRow *row = &rows[i];

		length = 0;
		if (i > 0)
		{
			buffer[length++] = ',';
			buffer[length++] = ' ';
		}
		length += format_number(buffer + length, sizeof(buffer) - length, row->x);
		buffer[length++] = ' ';
		if (table->source == CLV_SOURCE_COHORT)
			length += format_number(buffer + length, sizeof(buffer) - length, row->extra);
		else
		{
			length += format_number(buffer + length, sizeof(buffer) - length, row->t_x);
			buffer[length++] = ' ';
			length += format_number(buffer + length, sizeof(buffer) - length, row->age);
			if (row->extra != 0)
			{
				length += snprintf(buffer + length, sizeof(buffer) - length, " extra=");
				length += format_number(buffer + length, sizeof(buffer) - length, row->extra);
			}
		}
		if (row->weight != 1)
		{
			length += snprintf(buffer + length, sizeof(buffer) - length, " weight=");
			length += format_number(buffer + length, sizeof(buffer) - length, row->weight);
		}
		if (row->count != 1)
			length += snprintf(buffer + length, sizeof(buffer) - length, " *%lld", (long long) row->count);
		write(target, buffer, (size_t) length);
	}
	write(target, "}", 1);
}

static const char *
skip_space(const char *s)
{
	while (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\r')
		s++;
	return s;
}

/* A decimal number; refuses what strtod() would also take: hex, inf, nan. */
static bool
read_number(const char **s, double *value)
{
	const char *p = skip_space(*s);
	const char *digit = p + (*p == '-' || *p == '+');
	char	   *end;

	if (*digit == '.')
		digit++;
	if (*digit < '0' || *digit > '9' || (digit[0] == '0' && (digit[1] == 'x' || digit[1] == 'X')))
		return false;
	*value = strtod(p, &end);
	if (!isfinite(*value))
		return false;
	*s = end;
	return true;
}

static bool
read_word(const char **s, const char *word)
{
	const char *p = skip_space(*s);
	size_t		length = strlen(word);

	if (strncmp(p, word, length) != 0)
		return false;
	*s = p + length;
	return true;
}

ClvStatus
clv_observations_read(const char *string, uint8_t source, ClvObservationTable *table, int64_t *rows,
					  size_t *where, const char **what)
{
	const char *s = string;

	*rows = 0;
#define FAIL(sentence) \
	do { *where = (size_t) (s - string); *what = (sentence); return CLV_OBSERVATIONS_SYNTAX; } while (0)

	if (!read_word(&s, "{"))
		FAIL("An opening brace is expected.");
	if (!read_word(&s, "}"))
	{
		do
		{
			ClvObservationRow row = {.weight = 1, .count = 1};

			if (!read_number(&s, &row.x))
				FAIL("A number is expected.");
			if (source == CLV_SOURCE_COHORT)
			{
				if (!read_number(&s, &row.extra))
					FAIL("A number of survivors is expected.");
			}
			else
			{
				if (!read_number(&s, &row.t_x) || !read_number(&s, &row.age))
					FAIL("Three numbers are expected: x, t_x and age.");
				if (read_word(&s, "extra=") && !read_number(&s, &row.extra))
					FAIL("A number is expected.");
			}
			if (read_word(&s, "weight=") && (!read_number(&s, &row.weight) || row.weight <= 0))
				FAIL("A weight must be a number greater than zero.");
			if (read_word(&s, "*"))
			{
				char	   *end;
				long long	count;

				if (*s < '1' || *s > '9')
					FAIL("A count must be a whole number greater than zero.");
				count = strtoll(s, &end, 10);
				/* No base has 2^53 customers, and a fit counts in doubles. */
				if (count > INT64_C(9007199254740992))
					FAIL("A count is at most 9007199254740992.");
				row.count = count;
				s = end;
			}
			if (table)
			{
				ClvStatus	status = clv_observations_add(table, &row, row.count);

				if (status != CLV_OK)
					FAIL("The counts of an observation are too large.");
			}
			(*rows)++;
		} while (read_word(&s, ","));
		if (!read_word(&s, "}"))
			FAIL("A comma or a closing brace is expected.");
	}
	s = skip_space(s);
	if (*s != '\0')
		FAIL("Nothing may follow the closing brace.");
#undef FAIL
	return CLV_OK;
}
