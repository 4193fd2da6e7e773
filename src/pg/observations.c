/*-------------------------------------------------------------------------
 *
 * observations.c
 *	  The type clv.observation_table: what the fit aggregates collect.
 *
 * The value is the table itself, changed in place while an aggregate collects
 * it.  Outside it is written in the order of its rows, so that equal tables
 * have equal text.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "storage/shmem.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/calendar.h"
#include "model/fit_request.h"
#include "model/model_text.h"
#include "pg/compat.h"
#include "pg/error.h"
#include "pg/observations.h"

PG_FUNCTION_INFO_V1(clv_observation_table_in);
PG_FUNCTION_INFO_V1(clv_observation_table_out);
PG_FUNCTION_INFO_V1(clv_observation_table_recv);
PG_FUNCTION_INFO_V1(clv_observation_table_send);

ClvObservationValue *
clv_observations_new(int64 slots)
{
	Size		size = sizeof(ClvObservationValue) + clv_observations_size(slots);
	ClvObservationValue *value = palloc(size);

	memset(value, 0, sizeof(ClvObservationValue));
	SET_VARSIZE(value, size);
	value->version = CLV_OBSERVATIONS_VERSION;
	clv_observations_init(CLV_OBSERVATIONS_TABLE(value), slots);
	return value;
}

int64
clv_observations_compact_slots(int64 used)
{
	return used + used / 3 + 1;
}

bool
clv_sorted_tallies(Datum datum, const ClvObservationTable **head, const ClvTally **tallies, size_t *count)
{
	ClvTallyState *state = clv_tally_state(datum);
	const ClvObservationValue *value;
	const ClvObservationTable *table;
	Size		size;

	if (state != NULL)
	{
		clv_tally_state_sort(state);
		*head = state->head;
		*tallies = state->tallies;
		*count = state->count;
		return true;
	}
	value = (const ClvObservationValue *) PG_DETOAST_DATUM(datum);
	table = CLV_OBSERVATIONS_TABLE(value);
	size = sizeof(ClvObservationValue) + clv_observations_size(0);
	if (VARSIZE(value) < size || value->version != CLV_OBSERVATIONS_TALLIES || table->slots != 0 ||
		table->used != (VARSIZE(value) - size) / sizeof(ClvTally) ||
		(VARSIZE(value) - size) % sizeof(ClvTally) != 0)
		return false;
	*head = table;
	*tallies = (const ClvTally *) table->slot;
	*count = table->used;
	return true;
}

/* Tallies as a table of slots. */
static ClvObservationValue *
table_of_tallies(const ClvObservationTable *head, const ClvTally *tallies, size_t count)
{
	ClvObservationValue *value;
	const ClvFamily *family;
	ClvFitOptions options;
	char		message[CLV_MODEL_MESSAGE_SIZE];
	ClvStatus	status = clv_fit_request_read(head->family, &family, &options, message);

	if (status != CLV_OK)
		clv_raise(status, "%s", message);
	if (count > CLV_OBSERVATIONS_MOST_BYTES / sizeof(ClvObservationRow) / 2)
		clv_raise(CLV_OBSERVATIONS_TOO_LARGE, "There are %zu different observations.", count);
	value = clv_observations_new(clv_observations_compact_slots(count));
	clv_observations_like(CLV_OBSERVATIONS_TABLE(value), head);
	for (size_t i = 0; i < count; i++)
	{
		ClvObservationRow row;

		clv_tally_row(&tallies[i], family->kind == CLV_SPEND, &row);
		clv_observations_add(CLV_OBSERVATIONS_TABLE(value), &row, row.count);
	}
	return value;
}

ClvObservationValue *
clv_observations_datum(Datum datum)
{
	const ClvObservationTable *head;
	const ClvTally *tallies;
	size_t		count;
	ClvObservationValue *value;
	ClvObservationTable *table;

	if (clv_sorted_tallies(datum, &head, &tallies, &count))
		return table_of_tallies(head, tallies, count);
	value = (ClvObservationValue *) PG_DETOAST_DATUM(datum);
	table = CLV_OBSERVATIONS_TABLE(value);
	if (VARSIZE(value) < sizeof(ClvObservationValue) + clv_observations_size(0) ||
		value->version != CLV_OBSERVATIONS_VERSION ||
		table->slots <= 0 || table->used >= table->slots ||
		table->slots > (VARSIZE(value) - sizeof(ClvObservationValue)) / sizeof(ClvObservationRow) ||
		VARSIZE(value) != sizeof(ClvObservationValue) + clv_observations_size(table->slots))
		clv_raise(CLV_OBSERVATIONS_BINARY, "The stored value has version %d and %d bytes.",
				  VARSIZE(value) < sizeof(ClvObservationValue) ? -1 : value->version, (int) VARSIZE(value));
	return value;
}

ClvObservationValue *
clv_observations_reserve(ClvObservationValue *value, int64 more)
{
	ClvObservationTable *table = CLV_OBSERVATIONS_TABLE(value);
	int64		slots = clv_observations_slots(table, more, CLV_OBSERVATIONS_MOST_BYTES);
	ClvObservationValue *larger;

	if (slots == table->slots)
		return value;
	if (slots == 0)
		clv_raise(CLV_OBSERVATIONS_TOO_LARGE, "There are more than " INT64_FORMAT " different observations.",
				  (int64) table->used);
	larger = clv_observations_new(slots);
	clv_observations_like(CLV_OBSERVATIONS_TABLE(larger), table);
	clv_observations_merge(CLV_OBSERVATIONS_TABLE(larger), table, clv_check_interrupts);
	return larger;
}

/* Slots for a table that is known to get so many rows; 0 if there can be none. */
static int64
slots_for(int64 rows)
{
	ClvObservationTable smallest = {.slots = CLV_OBSERVATIONS_SMALLEST};

	return clv_observations_slots(&smallest, rows, CLV_OBSERVATIONS_MOST_BYTES);
}

static void
append(void *target, const char *bytes, size_t length)
{
	appendBinaryStringInfo((StringInfo) target, bytes, (int) length);
}

ClvObservationRow *
clv_observations_sorted(const ClvObservationTable *table)
{
	ClvObservationRow *rows = palloc_extended(sizeof(ClvObservationRow) * (table->used + 1), MCXT_ALLOC_HUGE);

	clv_observations_export(table, rows, clv_check_interrupts);
	return rows;
}

int
clv_holdout_days(const ClvObservationTable *table)
{
	int			days;
	int			length = 0;

	/* One spelling only: no sign, no zeros in front. */
	if (sscanf(table->family, "holdout(days=%9d)%n", &days, &length) != 1 || length == 0 || days < 0 ||
		strcmp(table->family, psprintf("holdout(days=%d)", days)) != 0)
		return -1;
	return days;
}

/* ---------- tallies ---------- */

#define FIRST_TALLIES 16

/* Up to here more memory is taken without looking for equal tallies first. */
#define UNSORTED_TALLIES 1048576

/* No key holds amounts of more decimals. */
#define MOST_DECIMALS 6

static const uint64 power_of_ten[MOST_DECIMALS + 1] = {1, 10, 100, 1000, 10000, 100000, 1000000};

static void *
allocate(ClvTallyState *state, size_t count, size_t size)
{
	return MemoryContextAllocHuge(state->header.eoh_context, mul_size(Max(count, 1), size));
}

static ClvTally *
allocate_tallies(ClvTallyState *state, size_t count)
{
	return allocate(state, count, sizeof(ClvTally));
}

static void
raise_unless_counted(size_t count)
{
	if (count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("number of equal observations out of range")));
}

/* Merge sorted tallies into those of the state, which are all sorted. */
static void
merge_sorted(ClvTallyState *state, const ClvTally *tallies, size_t count)
{
	ClvTally   *out;

	if (count == 0)
		return;
	out = allocate_tallies(state, state->sorted + count);
	state->capacity = state->sorted + count;
	state->count = clv_tally_merge(state->tallies, state->sorted, tallies, count, out);
	state->sorted = state->count;
	raise_unless_counted(state->count);
	pfree(state->tallies);
	state->tallies = out;
}

static void
sort_keys(ClvTallyState *state)
{
	uint64	   *scratch = allocate(state, state->key_capacity, sizeof(uint64));
	uint64	   *keys = clv_tally_sort_keys(state->keys, state->key_count, scratch, clv_check_interrupts);

	pfree(keys == scratch ? state->keys : scratch);
	state->keys = keys;
}

void
clv_tally_state_sort(ClvTallyState *state)
{
	if (state->count > state->sorted)
	{
		size_t		fresh = state->count - state->sorted;
		ClvTally   *scratch = allocate_tallies(state, fresh);

		fresh = clv_tally_sort(state->tallies + state->sorted, fresh, scratch, clv_check_interrupts);
		raise_unless_counted(fresh);
		pfree(scratch);
		state->count = state->sorted;
		if (state->sorted > 0)
			merge_sorted(state, state->tallies + state->sorted, fresh);
		else
			state->count = state->sorted = fresh;
	}
	if (state->key_count > 0)
	{
		ClvTally   *tallies = allocate_tallies(state, state->key_count);
		size_t		fresh;

		sort_keys(state);
		fresh = clv_tally_count_keys(state->keys, state->key_count, state->one, tallies);
		if (state->sorted > 0)
		{
			merge_sorted(state, tallies, fresh);
			pfree(tallies);
		}
		else
		{
			pfree(state->tallies);
			state->tallies = tallies;
			state->capacity = state->key_count;
			state->count = state->sorted = fresh;
		}
		state->key_count = 0;
	}
}

ClvObservation *
clv_tally_state_observations(ClvTallyState *state, size_t *count)
{
	ClvObservation *observations;

	if (state->count == 0)
	{
		observations = palloc_extended(mul_size(state->key_count, sizeof(ClvObservation)), MCXT_ALLOC_HUGE);
		sort_keys(state);
		*count = clv_tally_observe_keys(state->keys, state->key_count, state->one, observations);
		return observations;
	}
	clv_tally_state_sort(state);
	*count = state->count;
	observations = palloc_extended(mul_size(state->count, sizeof(ClvObservation)), MCXT_ALLOC_HUGE);
	for (size_t i = 0; i < state->count; i++)
	{
		ClvObservationRow row;
		ClvObservation *o = &observations[i];

		clv_tally_row(&state->tallies[i], state->spend, &row);
		o->x = row.x;
		o->t_x = row.t_x;
		o->age = row.age;
		o->extra = row.extra;
		o->weight = (double) row.count;
	}
	return observations;
}

static Size
tally_flat_size(ExpandedObjectHeader *header)
{
	ClvTallyState *state = (ClvTallyState *) header;

	clv_tally_state_sort(state);
	if (state->count > (CLV_OBSERVATIONS_MOST_BYTES - clv_observations_size(0)) / sizeof(ClvTally))
		clv_raise(CLV_OBSERVATIONS_TOO_LARGE, "There are %zu different observations.", state->count);
	return sizeof(ClvObservationValue) + clv_observations_size(0) + state->count * sizeof(ClvTally);
}

static void
tally_flatten(ExpandedObjectHeader *header, void *result, Size size)
{
	ClvTallyState *state = (ClvTallyState *) header;
	ClvObservationValue *value = result;
	ClvObservationTable *table = CLV_OBSERVATIONS_TABLE(value);

	memset(value, 0, sizeof(ClvObservationValue));
	SET_VARSIZE(value, size);
	value->version = CLV_OBSERVATIONS_TALLIES;
	clv_observations_init(table, 0);
	clv_observations_like(table, state->head);
	table->used = state->count;
	memcpy(table->slot, state->tallies, state->count * sizeof(ClvTally));
}

static const ExpandedObjectMethods tally_methods = {tally_flat_size, tally_flatten};

ClvTallyState *
clv_tally_state(Datum datum)
{
	if (VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(datum)) && DatumGetEOHP(datum)->eoh_methods == &tally_methods)
		return (ClvTallyState *) DatumGetEOHP(datum);
	return NULL;
}

ClvTallyState *
clv_tally_state_new(MemoryContext parent, const ClvObservationTable *head, bool spend)
{
	MemoryContext context = AllocSetContextCreate(parent, "observations", ALLOCSET_START_SMALL_SIZES);
	ClvTallyState *state = MemoryContextAllocZero(context, sizeof(ClvTallyState));

	EOH_init_header(&state->header, &tally_methods, context);
	state->head = MemoryContextAllocZero(context, sizeof(ClvObservationTable));
	clv_observations_like(state->head, head);
	state->spend = spend;
	state->one = spend ? 1 : 0;
	state->key_capacity = FIRST_TALLIES;
	state->keys = allocate(state, state->key_capacity, sizeof(uint64));
	state->capacity = FIRST_TALLIES;
	state->tallies = allocate_tallies(state, state->capacity);
	return state;
}

void
clv_tally_state_add(ClvTallyState *state, const ClvTally *tally)
{
	if (state->count == state->capacity)
	{
		if (state->count >= UNSORTED_TALLIES)
			clv_tally_state_sort(state);
		if (state->count > state->capacity / 2)
		{
			state->capacity *= 2;
			state->tallies = repalloc_huge(state->tallies, mul_size(state->capacity, sizeof(ClvTally)));
		}
	}
	state->tallies[state->count++] = *tally;
}

static pg_noinline void
make_room_for_key(ClvTallyState *state)
{
	if (state->key_count >= UNSORTED_TALLIES && state->key_count >= state->count)
		clv_tally_state_sort(state);
	else
	{
		state->key_capacity *= 2;
		state->keys = repalloc_huge(state->keys, mul_size(state->key_capacity, sizeof(uint64)));
	}
}

static inline void
add_key(ClvTallyState *state, uint64 key)
{
	if (state->key_count == state->key_capacity)
		make_room_for_key(state);
	state->keys[state->key_count++] = key;
}

void
clv_tally_state_add_times(ClvTallyState *state, uint32 x, uint32 t_x, uint32 age)
{
	ClvTally	tally = {.first = x, .second = (uint64) t_x << 32 | age, .count = 1};
	uint64		key;

	if (clv_tally_key_of_times(x, t_x, age, &key))
		add_key(state, key);
	else
		clv_tally_state_add(state, &tally);
}

void
clv_tally_state_add_amount(ClvTallyState *state, uint32 x, ClvAmount amount, int scale)
{
	ClvTally	tally = {.first = x, .count = 1};
	double		mean;
	uint64		key;

	if (scale > state->scale && scale <= MOST_DECIMALS)
	{
		clv_tally_state_sort(state);
		state->scale = scale;
		state->one = (double) power_of_ten[scale];
	}
	/* the first key is only asked whether the product overflows */
	if (scale <= state->scale && (uint64) amount == amount && clv_tally_key_of_amount(x, amount, &key) &&
		clv_tally_key_of_amount(x, (uint64) amount * power_of_ten[state->scale - scale], &key))
	{
		add_key(state, key);
		return;
	}
	mean = clv_amount_to_double(amount, scale) / x;
	memcpy(&tally.second, &mean, sizeof(mean));
	clv_tally_state_add(state, &tally);
}

void
clv_tally_state_merge(ClvTallyState *state, const ClvTally *tallies, size_t count)
{
	clv_tally_state_sort(state);
	merge_sorted(state, tallies, count);
}

/*
 * Every way into the type ends here: is the family known, and is every row an
 * observation of it?  message gets a sentence if not.
 */
static bool
is_valid(const ClvObservationTable *table, char *message)
{
	const ClvFamily *family;
	ClvFitOptions options;

	if (table->source == CLV_SOURCE_HOLDOUT)
	{
		if (clv_holdout_days(table) < 0)
		{
			snprintf(message, CLV_MODEL_MESSAGE_SIZE, "The holdout has no length in days.");
			return false;
		}
		/* The family that looks at everything a row can hold. */
		family = &clv_family_bgcnbd;
	}
	else if (clv_fit_request_read(table->family, &family, &options, message) != CLV_OK)
		return false;
	if ((table->source == CLV_SOURCE_COHORT) != (family->kind == CLV_RENEWALS))
	{
		snprintf(message, CLV_MODEL_MESSAGE_SIZE, "Observations of %s do not come that way.", family->name);
		return false;
	}
	for (int64 i = 0; i < table->slots; i++)
	{
		const ClvObservationRow *row = &table->slot[i];
		ClvObservation observation = {row->x, row->t_x, row->age, row->extra, row->weight};

		if (row->count == 0)
			continue;
		if (table->source == CLV_SOURCE_COHORT ?
			row->x < 0 || row->x != rint(row->x) || row->extra < 0 || row->weight != 1 || row->t_x != 0 || row->age != 0 :
			clv_observation_check(family, &observation) != CLV_OK ||
			(table->source == CLV_SOURCE_HOLDOUT && (row->weight < 1 || row->weight != rint(row->weight))))
		{
			snprintf(message, CLV_MODEL_MESSAGE_SIZE, "No observation of %s has x = %g, t_x = %g, age = %g, extra = %g.",
					 family->name, row->x, row->t_x, row->age, row->extra);
			return false;
		}
	}
	return true;
}

/*
 * family {x t_x age, ...}
 * holdout(days=n) as of date {x t_x age weight=1 + orders after it, ...}
 * family as of date {x t_x age, ...}
 * family cohort {period survivors, ...}
 */
Datum
clv_observation_table_in(PG_FUNCTION_ARGS)
{
	char	   *string = PG_GETARG_CSTRING(0);
	char	   *brace = strchr(string, '{');
	char	   *head = pnstrdup(string, brace ? brace - string : 0);
	char	   *word;
	char		family[CLV_OBSERVATIONS_FAMILY];
	uint8		source = CLV_SOURCE_STATISTICS;
	int32		as_of = 0;
	int64		rows;
	int64		slots;
	size_t		where;
	const char *what;
	char		message[CLV_MODEL_MESSAGE_SIZE];
	ClvStatus	status;
	ClvObservationValue *value;
	ClvObservationTable *table;

	if ((word = strstr(head, " as of ")) != NULL)
	{
		const char *cursor = word + 7;

		status = clv_date_read(&cursor, head + strlen(head), &as_of);
		if (status != CLV_OK || cursor[strspn(cursor, " ")] != '\0')
		{
			clv_save(fcinfo->context, status != CLV_OK ? status : CLV_OBSERVATIONS_SYNTAX,
					 "After \"as of\" stands \"%s\".", word + 7);
			PG_RETURN_NULL();
		}
		source = strncmp(head + strspn(head, " \t\r\n"), "holdout(", 8) == 0 ? CLV_SOURCE_HOLDOUT : CLV_SOURCE_HISTORIES;
		*word = '\0';
	}
	else if ((word = strstr(head, " cohort")) != NULL && word[7 + strspn(word + 7, " ")] == '\0')
	{
		source = CLV_SOURCE_COHORT;
		*word = '\0';
	}
	if (brace == NULL || !clv_fit_request_normalize(head, strlen(head), family, CLV_OBSERVATIONS_FAMILY))
	{
		clv_save(fcinfo->context, CLV_OBSERVATIONS_SYNTAX, "The value is \"%s\".",
				 pnstrdup(string, pg_mbcliplen(string, strlen(string), 64)));
		PG_RETURN_NULL();
	}

	status = clv_observations_read(brace, source, NULL, &rows, &where, &what);
	if (status == CLV_OK)
	{
		slots = slots_for(rows);
		if (slots == 0)
		{
			clv_save(fcinfo->context, CLV_OBSERVATIONS_TOO_LARGE, "There are " INT64_FORMAT " observations.", rows);
			PG_RETURN_NULL();
		}
		value = clv_observations_new(slots);
		table = CLV_OBSERVATIONS_TABLE(value);
		table->source = source;
		table->as_of = as_of;
		memcpy(table->family, family, CLV_OBSERVATIONS_FAMILY);
		status = clv_observations_read(brace, source, table, &rows, &where, &what);
		if (status == CLV_OK)
		{
			if (!is_valid(table, message))
			{
				clv_save(fcinfo->context, CLV_OBSERVATIONS_SYNTAX, "%s", message);
				PG_RETURN_NULL();
			}
			PG_RETURN_POINTER(value);
		}
	}
	clv_save(fcinfo->context, status, "%s There stands \"%s\".", what,
			 pnstrdup(brace + where, pg_mbcliplen(brace + where, strlen(brace + where), 32)));
	PG_RETURN_NULL();
}

Datum
clv_observation_table_out(PG_FUNCTION_ARGS)
{
	ClvObservationTable *table = CLV_OBSERVATIONS_TABLE(clv_observations_datum(PG_GETARG_DATUM(0)));
	StringInfoData text_form;

	initStringInfo(&text_form);
	appendStringInfoString(&text_form, table->family);
	if (table->source == CLV_SOURCE_HISTORIES || table->source == CLV_SOURCE_HOLDOUT)
	{
		char		date[CLV_DATE_TEXT_SIZE];

		clv_date_write(date, table->as_of);
		appendStringInfo(&text_form, " as of %s", date);
	}
	else if (table->source == CLV_SOURCE_COHORT)
		appendStringInfoString(&text_form, " cohort");
	appendStringInfoChar(&text_form, ' ');
	clv_observations_write(table, clv_observations_sorted(table), append, &text_form);
	PG_RETURN_CSTRING(text_form.data);
}

Datum
clv_observation_table_send(PG_FUNCTION_ARGS)
{
	ClvObservationTable *table = CLV_OBSERVATIONS_TABLE(clv_observations_datum(PG_GETARG_DATUM(0)));
	ClvObservationRow *rows = clv_observations_sorted(table);
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendbyte(&message, CLV_OBSERVATIONS_VERSION);
	pq_sendbyte(&message, table->source);
	pq_sendint32(&message, table->as_of);
	pq_sendbytes(&message, table->family, CLV_OBSERVATIONS_FAMILY);
	pq_sendint64(&message, table->used);
	for (int64 i = 0; i < table->used; i++)
	{
		pq_sendfloat8(&message, rows[i].x);
		pq_sendfloat8(&message, rows[i].t_x);
		pq_sendfloat8(&message, rows[i].age);
		pq_sendfloat8(&message, rows[i].extra);
		pq_sendfloat8(&message, rows[i].weight);
		pq_sendint64(&message, rows[i].count);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

Datum
clv_observation_table_recv(PG_FUNCTION_ARGS)
{
	StringInfo	received = (StringInfo) PG_GETARG_POINTER(0);
	int			version = pq_getmsgbyte(received);
	ClvObservationTable head;
	int64		rows;
	ClvObservationValue *value;
	ClvObservationTable *table;
	const char *end;
	char		message[CLV_MODEL_MESSAGE_SIZE];

	if (version != CLV_OBSERVATIONS_VERSION)
		clv_raise(CLV_OBSERVATIONS_BINARY, "The version is %d, only %d is known.", version, CLV_OBSERVATIONS_VERSION);
	memset(&head, 0, sizeof(head));
	head.source = pq_getmsgbyte(received);
	head.as_of = (int32) pq_getmsgint(received, 4);
	memcpy(head.family, pq_getmsgbytes(received, CLV_OBSERVATIONS_FAMILY), CLV_OBSERVATIONS_FAMILY);
	rows = pq_getmsgint64(received);

	if (head.source > CLV_SOURCE_HOLDOUT)
		clv_raise(CLV_OBSERVATIONS_BINARY, "The source is %d.", head.source);
	if (head.source == CLV_SOURCE_HISTORIES || head.source == CLV_SOURCE_HOLDOUT ?
		head.as_of < CLV_DATE_MIN || head.as_of > CLV_DATE_MAX : head.as_of != 0)
		clv_raise(CLV_OBSERVATIONS_BINARY, "The last day observed is %d.", head.as_of);
	end = memchr(head.family, 0, CLV_OBSERVATIONS_FAMILY);
	if (end == NULL || end == head.family)
		clv_raise(CLV_OBSERVATIONS_BINARY, "The family has no name.");
	for (; end < head.family + CLV_OBSERVATIONS_FAMILY; end++)
	{
		if (*end != 0)
			clv_raise(CLV_OBSERVATIONS_BINARY, "The family has bytes behind its name.");
	}
	if (rows < 0 || rows > (received->len - received->cursor) / (int64) sizeof(ClvObservationRow))
		clv_raise(CLV_OBSERVATIONS_BINARY, "It announces " INT64_FORMAT " observations and has %d bytes left.",
				  rows, received->len - received->cursor);

	value = clv_observations_new(slots_for(rows));
	table = CLV_OBSERVATIONS_TABLE(value);
	clv_observations_like(table, &head);
	for (int64 i = 0; i < rows; i++)
	{
		ClvObservationRow row;

		row.x = pq_getmsgfloat8(received);
		row.t_x = pq_getmsgfloat8(received);
		row.age = pq_getmsgfloat8(received);
		row.extra = pq_getmsgfloat8(received);
		row.weight = pq_getmsgfloat8(received);
		row.count = pq_getmsgint64(received);
		if (row.count <= 0 || row.count > INT64CONST(9007199254740992) || !(row.weight > 0) ||
			clv_observations_add(table, &row, row.count) != CLV_OK)
			clv_raise(CLV_OBSERVATIONS_BINARY, "Observation " INT64_FORMAT " is out of range.", i + 1);
	}
	if (!is_valid(table, message))
		clv_raise(CLV_OBSERVATIONS_BINARY, "%s", message);
	PG_RETURN_POINTER(value);
}
