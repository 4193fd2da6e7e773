/*-------------------------------------------------------------------------
 *
 * fit.c
 *	  The aggregates that fit a model: clv.fit and its kin.
 *
 * All of them collect a clv.observation_table and end in one final function,
 * which sorts what was counted: neither the order of the rows nor how they
 * were split over workers, nodes or stored tables changes a bit of the model.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/memutils.h"

#include "base/calendar.h"
#include "base/observe.h"
#include "model/fit.h"
#include "model/fit_request.h"
#include "model/model_text.h"
#include "model/renewal.h"
#include "pg/compat.h"
#include "pg/error.h"
#include "pg/history.h"
#include "pg/model.h"
#include "pg/predict.h"
#include "pg/observations.h"

PG_FUNCTION_INFO_V1(clv_fit_trans);
PG_FUNCTION_INFO_V1(clv_fit_history_trans);
PG_FUNCTION_INFO_V1(clv_fit_spend_trans);
PG_FUNCTION_INFO_V1(clv_fit_spend_history_trans);
PG_FUNCTION_INFO_V1(clv_fit_renewals_trans);
PG_FUNCTION_INFO_V1(clv_observations_combine);
PG_FUNCTION_INFO_V1(clv_observations_final);
PG_FUNCTION_INFO_V1(clv_fit_final);

/* What the family argument said, remembered over the rows of an aggregate. */
typedef struct Request
{
	Size		size;			/* of the argument's bytes; 0: nothing yet */
	char		argument[CLV_OBSERVATIONS_FAMILY * 2];
	char		request[CLV_OBSERVATIONS_FAMILY];	/* as the table keeps it */
	const ClvFamily *family;
	double		unit_days;		/* histories are counted in it */
	bool		tallied;		/* are observations of histories whole numbers of days or opportunities, or amounts? */
	bool		constant;		/* the argument is the same in all rows */
	int64		number;			/* no other request has it */
} Request;

/* Families with a regularity k need the gaps between orders. */
static bool
needs_gaps(const ClvFamily *family)
{
	return family->parameter[0].whole;
}

static bool
is_tallied(const Request *request)
{
	return request->family->kind == CLV_SPEND || request->family->kind == CLV_DISCRETE_TRANSACTIONS ||
		(request->family->kind == CLV_TRANSACTIONS && request->unit_days == 1 && !needs_gaps(request->family));
}

static void
read_request(const char *string, Size size, Request *request)
{
	static int64 last_number = 0;
	ClvFitOptions options;
	char		message[CLV_MODEL_MESSAGE_SIZE];
	ClvStatus	status;

	if (!clv_fit_request_normalize(string, size, request->request, CLV_OBSERVATIONS_FAMILY))
		clv_raise(CLV_FIT_OPTION_OUT_OF_RANGE, "What is to be fitted has more than %d characters.",
				  CLV_OBSERVATIONS_FAMILY - 1);
	status = clv_fit_request_read(request->request, &request->family, &options, message);
	if (status != CLV_OK)
		clv_raise(status, "%s", message);
	request->unit_days = options.unit_days > 0 ? options.unit_days : 1;
	request->tallied = is_tallied(request);
	request->number = ++last_number;
}

/* Is the first argument of this aggregate a constant? */
static bool
has_constant_request(FunctionCallInfo fcinfo)
{
	const Aggref *aggregate = AggGetAggref(fcinfo);

	return aggregate != NULL && aggregate->args != NIL &&
		IsA(linitial_node(TargetEntry, aggregate->args)->expr, Const);
}

static const Request *
request_argument(FunctionCallInfo fcinfo)
{
	Request    *request = fcinfo->flinfo->fn_extra;
	text	   *string;
	Size		size;

	if (request != NULL && request->constant)
		return request;
	string = PG_GETARG_TEXT_PP(1);
	size = VARSIZE_ANY_EXHDR(string);
	if (request == NULL)
	{
		request = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(Request));
		fcinfo->flinfo->fn_extra = request;
	}
	if (request->size == 0 || request->size != size || memcmp(request->argument, VARDATA_ANY(string), size) != 0)
	{
		request->size = 0;
		read_request(VARDATA_ANY(string), size, request);
		if (size <= sizeof(request->argument))
		{
			memcpy(request->argument, VARDATA_ANY(string), size);
			request->size = size;
		}
		request->constant = has_constant_request(fcinfo);
	}
	return request;
}

static const Request *
spend_request(FunctionCallInfo fcinfo)
{
	Request    *request = fcinfo->flinfo->fn_extra;

	if (request == NULL)
	{
		request = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(Request));
		strlcpy(request->request, clv_family_gamma_gamma.name, CLV_OBSERVATIONS_FAMILY);
		request->family = &clv_family_gamma_gamma;
		request->unit_days = 1;
		request->tallied = true;
		request->number = -1;
		fcinfo->flinfo->fn_extra = request;
	}
	return request;
}

static const char *
source_name(uint8 source, int32 as_of)
{
	char		date[CLV_DATE_TEXT_SIZE];

	if (source == CLV_SOURCE_COHORT)
		return "the survivors of a cohort";
	if (source == CLV_SOURCE_STATISTICS)
		return "statistics";
	clv_date_write(date, as_of);
	return psprintf("histories as of %s", date);
}

void
clv_observations_check_alike(const ClvObservationTable *table, const char *request, uint8 source, int32 as_of)
{
	if (strcmp(table->family, request) != 0)
		clv_raise(CLV_OBSERVATIONS_MISMATCH, "One row asks for %s, another for %s.", table->family, request);
	if (table->source != source || table->as_of != as_of)
		clv_raise(CLV_OBSERVATIONS_MISMATCH, "Some rows are %s, others are %s.",
				  source_name(table->source, table->as_of), source_name(source, as_of));
}

/*
 * The state of an aggregate that counts tallies of histories, new for the
 * first row; NULL where the state is a table.
 */
static ClvTallyState *
tally_state_argument(FunctionCallInfo fcinfo, const Request *request, int32 as_of)
{
	MemoryContext context;
	ClvTallyState *state;

	/* What can be written was made by this aggregate. */
	if (!PG_ARGISNULL(0) && VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(PG_GETARG_DATUM(0))) &&
		(state = clv_tally_state(PG_GETARG_DATUM(0))) != NULL &&
		state->request == request->number && state->head->as_of == as_of)
		return state;
	if (!AggCheckCallContext(fcinfo, &context))
		return NULL;
	if (PG_ARGISNULL(0))
	{
		ClvObservationTable head = {.source = CLV_SOURCE_HISTORIES, .as_of = as_of};

		memcpy(head.family, request->request, CLV_OBSERVATIONS_FAMILY);
		state = clv_tally_state_new(context, &head, request->family->kind == CLV_SPEND);
	}
	else
		state = clv_tally_state(PG_GETARG_DATUM(0));
	if (state != NULL && (state->request != request->number || state->head->as_of != as_of))
	{
		clv_observations_check_alike(state->head, request->request, CLV_SOURCE_HISTORIES, as_of);
		state->request = request->number;
	}
	return state;
}

/*
 * The state with one more observation.  Inside an aggregate the state is
 * changed in place; the executor copies and frees it when it had to grow.
 */
static Datum
count_observation(FunctionCallInfo fcinfo, const Request *request, uint8 source, int32 as_of,
				  const ClvObservationRow *row)
{
	ClvObservationValue *value;
	ClvObservationTable *table;

	if (PG_ARGISNULL(0))
	{
		value = clv_observations_new(CLV_OBSERVATIONS_SMALLEST);
		table = CLV_OBSERVATIONS_TABLE(value);
		table->source = source;
		table->as_of = as_of;
		memcpy(table->family, request->request, CLV_OBSERVATIONS_FAMILY);
	}
	else
	{
		value = clv_observations_datum(PG_GETARG_DATUM(0));
		clv_observations_check_alike(CLV_OBSERVATIONS_TABLE(value), request->request, source, as_of);
		if (AggCheckCallContext(fcinfo, NULL) == 0 && (Pointer) value == DatumGetPointer(PG_GETARG_DATUM(0)))
			value = (ClvObservationValue *) PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(0));
		value = clv_observations_reserve(value, 1);
		table = CLV_OBSERVATIONS_TABLE(value);
	}
	if (clv_observations_add(table, row, 1) != CLV_OK)
		elog(ERROR, "observation was not checked");
	PG_RETURN_POINTER(value);
}

/* A row that adds nothing. */
static Datum
unchanged(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

static bool
any_null(FunctionCallInfo fcinfo)
{
	for (int i = 1; i < PG_NARGS(); i++)
	{
		if (PG_ARGISNULL(i))
			return true;
	}
	return false;
}

static double
weight_argument(FunctionCallInfo fcinfo, int argument)
{
	double		weight = PG_GETARG_FLOAT8(argument);

	if (!(weight >= 0) || isinf(weight))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("weight out of range"),
				 errdetail("The weight is %s.", clv_show(weight)),
				 errhint("A weight says for how many customers a row stands: a finite number greater than or equal to zero.")));
	return weight;
}

/* fit(family, x, t_x, age [, weight [, log_gaps]]) */
Datum
clv_fit_trans(PG_FUNCTION_ARGS)
{
	const Request *request;
	ClvObservation observation = {0};
	ClvObservationRow row = {0};

	if (any_null(fcinfo))
		return unchanged(fcinfo);
	request = request_argument(fcinfo);
	if (request->family->kind == CLV_SPEND)
		clv_raise(CLV_NOT_DEFINED_FOR_FAMILY, "Models of the family %s are fitted by clv.fit_spend(x, spend).", request->family->name);
	if (request->family->kind == CLV_RENEWALS)
		clv_raise(CLV_NOT_DEFINED_FOR_FAMILY, "Models of the family %s are fitted by clv.fit_renewals(family, period, survivors).",
				  request->family->name);
	if (needs_gaps(request->family) && PG_NARGS() < 7)
		clv_raise(CLV_NOT_DEFINED_FOR_FAMILY,
				  "Models of the family %s need the gaps between orders: fit them to histories, or give the sum of their logarithms after the weight.",
				  request->family->name);
	if (!needs_gaps(request->family) && PG_NARGS() == 7)
		clv_raise(CLV_NOT_DEFINED_FOR_FAMILY, "Models of the family %s have no use for the gaps between orders.", request->family->name);

	observation.x = PG_GETARG_FLOAT8(2);
	observation.t_x = PG_GETARG_FLOAT8(3);
	observation.age = PG_GETARG_FLOAT8(4);
	observation.weight = 1;
	if (PG_NARGS() >= 6)
	{
		observation.weight = weight_argument(fcinfo, 5);
		if (observation.weight == 0)
			return unchanged(fcinfo);
	}
	if (PG_NARGS() == 7)
		observation.extra = PG_GETARG_FLOAT8(6);
	if (clv_observation_check(request->family, &observation) != CLV_OK)
		clv_raise(CLV_OBSERVATION_OUT_OF_RANGE, "For %s a row has x = %s, t_x = %s, age = %s%s%s.", request->family->name,
				  clv_show(observation.x), clv_show(observation.t_x), clv_show(observation.age),
				  PG_NARGS() == 7 ? ", log_gaps = " : "", PG_NARGS() == 7 ? clv_show(observation.extra) : "");

	row.x = observation.x;
	row.t_x = observation.t_x;
	row.age = observation.age;
	row.extra = observation.extra;
	row.weight = observation.weight;
	return count_observation(fcinfo, request, CLV_SOURCE_STATISTICS, 0, &row);
}

/*
 * The shortest way, which nearly all histories go: numbers read off the
 * history into the tallies of the state.  False where there is another one to
 * go; *result is the state.
 */
static inline bool
tally_history(FunctionCallInfo fcinfo, const Request *request, ClvHistoryBytes history, int32 as_of, Datum *result)
{
	bool		spend = request->family->kind == CLV_SPEND;
	ClvTallyState *state;
	ClvStatistics statistics;
	ClvAmount	amount = 0;
	ClvStatus	status;

	if (!request->tallied || request->family->kind == CLV_DISCRETE_TRANSACTIONS)
		return false;
	status = spend ? clv_history_spent(history.bytes, history.size, as_of, &statistics, &amount) :
		clv_history_timing(history.bytes, history.size, as_of, &statistics);
	if (status != CLV_OK)
		clv_raise(status, "The statistics of a history cannot be told.");
	/* Who has not come back, or has taken it all back, says nothing of what the base spends. */
	if (!statistics.exists || (spend && (statistics.frequency == 0 || amount <= 0)))
	{
		*result = unchanged(fcinfo);
		return true;
	}
	state = tally_state_argument(fcinfo, request, as_of);
	if (state == NULL)
		return false;
	if (spend)
		clv_tally_state_add_amount(state, statistics.frequency, amount, history.bytes[1]);
	else
		clv_tally_state_add_times(state, statistics.frequency, statistics.t_x, statistics.age);
	*result = EOHPGetRWDatum(&state->header);
	return true;
}

static Datum
fit_history(FunctionCallInfo fcinfo, const Request *request, Datum history_datum, int32 as_of)
{
	ClvHistoryBytes history = clv_history_bytes(history_datum);
	ClvObservation observation;
	ClvObservationRow row = {0};
	ClvTally	tally;
	ClvTallyState *state;
	Datum		result;

	if (tally_history(fcinfo, request, history, as_of, &result))
		return result;
	if (!clv_history_observation(request->family, request->unit_days, history, as_of, &observation))
		return unchanged(fcinfo);
	row.weight = 1;
	row.count = 1;
	row.x = observation.x;
	row.t_x = observation.t_x;
	row.age = observation.age;
	row.extra = observation.extra;
	if (needs_gaps(request->family))
		row.extra = clv_history_log_gaps(history.bytes, history.size, as_of) - row.x * log(request->unit_days);
	if (request->family->kind == CLV_DISCRETE_TRANSACTIONS && clv_tally_of_row(&row, false, &tally) &&
		(state = tally_state_argument(fcinfo, request, as_of)) != NULL)
	{
		clv_tally_state_add_times(state, row.x, row.t_x, row.age);
		PG_RETURN_DATUM(EOHPGetRWDatum(&state->header));
	}
	return count_observation(fcinfo, request, CLV_SOURCE_HISTORIES, as_of, &row);
}

/* fit(family, history, as_of) */
Datum
clv_fit_history_trans(PG_FUNCTION_ARGS)
{
	const Request *request;

	if (any_null(fcinfo))
		return unchanged(fcinfo);
	request = request_argument(fcinfo);
	if (request->family->kind == CLV_RENEWALS)
		clv_raise(CLV_NOT_DEFINED_FOR_FAMILY, "Models of the family %s are fitted by clv.fit_renewals(family, period, survivors).",
				  request->family->name);
	return fit_history(fcinfo, request, PG_GETARG_DATUM(2), PG_GETARG_DAY(3, "as_of"));
}

/* fit_spend(history, as_of) */
Datum
clv_fit_spend_history_trans(PG_FUNCTION_ARGS)
{
	if (any_null(fcinfo))
		return unchanged(fcinfo);
	return fit_history(fcinfo, spend_request(fcinfo), PG_GETARG_DATUM(1), PG_GETARG_DAY(2, "as_of"));
}

/* fit_spend(x, spend [, weight]) */
Datum
clv_fit_spend_trans(PG_FUNCTION_ARGS)
{
	const Request *request = spend_request(fcinfo);
	ClvObservation observation = {0};
	ClvObservationRow row = {0};

	/* A customer without repeat purchase has no spend: zero or NULL both say so. */
	if (any_null(fcinfo))
		return unchanged(fcinfo);
	observation.x = PG_GETARG_FLOAT8(1);
	observation.extra = PG_GETARG_FLOAT8(2);
	observation.weight = 1;
	if (PG_NARGS() == 4)
	{
		observation.weight = weight_argument(fcinfo, 3);
		if (observation.weight == 0)
			return unchanged(fcinfo);
	}
	if (clv_observation_check(request->family, &observation) != CLV_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("observation out of range"),
				 errdetail("A row has x = %s and spend = %s.", clv_show(observation.x), clv_show(observation.extra)),
				 errhint("x is a whole number of repeat purchases, spend their mean amount, greater than zero: leave others out with FILTER (WHERE spend > 0).")));
	if (observation.x == 0)
		return unchanged(fcinfo);
	row.x = observation.x;
	row.extra = observation.extra;
	row.weight = observation.weight;
	return count_observation(fcinfo, request, CLV_SOURCE_STATISTICS, 0, &row);
}

/* fit_renewals(family, period, survivors) */
Datum
clv_fit_renewals_trans(PG_FUNCTION_ARGS)
{
	const Request *request;
	ClvObservationRow row = {0};

	if (any_null(fcinfo))
		return unchanged(fcinfo);
	request = request_argument(fcinfo);
	if (request->family->kind != CLV_RENEWALS)
		clv_raise(CLV_NOT_DEFINED_FOR_FAMILY, "Models of the family %s are not about renewals: those are sbg and bdw.",
				  request->family->name);
	row.x = PG_GETARG_INT32(2);
	row.extra = PG_GETARG_FLOAT8(3);
	row.weight = 1;
	if (row.x < 0 || !(row.extra >= 0) || isinf(row.extra))
		clv_raise(CLV_COHORT_SIZES_OUT_OF_ORDER, "Period %s has %s survivors.", clv_show(row.x), clv_show(row.extra));
	return count_observation(fcinfo, request, CLV_SOURCE_COHORT, 0, &row);
}

/*
 * Add a table, or another state, to a state; NULL, and nothing is changed, if
 * the table holds something else than a state can hold.
 */
static ClvTallyState *
add_to_tallies(FunctionCallInfo fcinfo, MemoryContext context)
{
	ClvTallyState *state = PG_ARGISNULL(0) ? NULL : clv_tally_state(PG_GETARG_DATUM(0));
	const ClvObservationTable *added;
	const ClvTally *tallies;
	ClvTally	tally;
	size_t		count;
	bool		sorted;
	Request		request;
	bool		spend;

	if (!PG_ARGISNULL(0) && state == NULL)
		return NULL;
	sorted = clv_sorted_tallies(PG_GETARG_DATUM(1), &added, &tallies, &count);
	if (!sorted)
		added = CLV_OBSERVATIONS_TABLE(clv_observations_datum(PG_GETARG_DATUM(1)));
	if (added->source != CLV_SOURCE_HISTORIES)
		return NULL;
	if (state != NULL)
		clv_observations_check_alike(state->head, added->family, added->source, added->as_of);
	read_request(added->family, strlen(added->family), &request);
	spend = request.family->kind == CLV_SPEND;
	if (!request.tallied)
		return NULL;

	for (int64 i = 0; i < added->slots; i++)
	{
		if (added->slot[i].count != 0 && !clv_tally_of_row(&added->slot[i], spend, &tally))
			return NULL;
	}
	if (state == NULL)
		state = clv_tally_state_new(context, added, spend);
	if (sorted)
		clv_tally_state_merge(state, tallies, count);
	for (int64 i = 0; i < added->slots; i++)
	{
		if (added->slot[i].count != 0 && clv_tally_of_row(&added->slot[i], spend, &tally))
			clv_tally_state_add(state, &tally);
	}
	return state;
}

/* Combine function of all, and transition function of clv.merge. */
Datum
clv_observations_combine(PG_FUNCTION_ARGS)
{
	ClvObservationValue *value;
	ClvObservationValue *other;
	ClvObservationTable *table;
	ClvObservationTable *added;
	MemoryContext context;
	ClvTallyState *state;

	if (PG_ARGISNULL(1))
		return unchanged(fcinfo);
	if (AggCheckCallContext(fcinfo, &context) && (state = add_to_tallies(fcinfo, context)) != NULL)
		PG_RETURN_DATUM(EOHPGetRWDatum(&state->header));
	other = clv_observations_datum(PG_GETARG_DATUM(1));
	if (PG_ARGISNULL(0))
		PG_RETURN_POINTER(other);

	value = clv_observations_datum(PG_GETARG_DATUM(0));
	added = CLV_OBSERVATIONS_TABLE(other);
	clv_observations_check_alike(CLV_OBSERVATIONS_TABLE(value), added->family, added->source, added->as_of);
	if (AggCheckCallContext(fcinfo, NULL) == 0 && (Pointer) value == DatumGetPointer(PG_GETARG_DATUM(0)))
		value = (ClvObservationValue *) PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(0));
	value = clv_observations_reserve(value, added->used);
	table = CLV_OBSERVATIONS_TABLE(value);
	if (clv_observations_merge(table, added, clv_check_interrupts) != CLV_OK)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("number of equal observations out of range")));
	PG_RETURN_POINTER(value);
}

/* The table in its smallest form, the same whatever way it was collected. */
Datum
clv_observations_final(PG_FUNCTION_ARGS)
{
	ClvObservationTable *table = CLV_OBSERVATIONS_TABLE(clv_observations_datum(PG_GETARG_DATUM(0)));
	ClvObservationRow *rows;
	ClvObservationValue *value;
	ClvObservationTable *compact;

	/* tallies are flattened to just that */
	if (clv_tally_state(PG_GETARG_DATUM(0)) != NULL)
		PG_RETURN_POINTER((ClvObservationValue *) table - 1);
	rows = clv_observations_sorted(table);
	value = clv_observations_new(clv_observations_compact_slots(table->used));
	compact = CLV_OBSERVATIONS_TABLE(value);
	clv_observations_like(compact, table);
	for (int64 i = 0; i < table->used; i++)
		clv_observations_add(compact, &rows[i], rows[i].count);
	pfree(rows);
	PG_RETURN_POINTER(value);
}

/* The survivors of a cohort as observations; answers how many. */
static size_t
renewal_observations(ClvObservationRow *rows, int64 n, ClvObservation *observations)
{
	double	   *period = palloc_extended(sizeof(double) * n, MCXT_ALLOC_HUGE);
	double	   *survivors = palloc_extended(sizeof(double) * n, MCXT_ALLOC_HUGE);
	size_t		count;
	ClvStatus	status;

	for (int64 i = 0; i < n; i++)
	{
		period[i] = rows[i].x;
		survivors[i] = rows[i].extra;
		if (i == 0 && period[i] != 0)
			clv_raise(CLV_COHORT_SIZES_OUT_OF_ORDER, "The first period is %s, the size of the cohort is missing.",
					  clv_show(period[i]));
		if (rows[i].count != 1 || (i > 0 && period[i] == period[i - 1]))
			clv_raise(CLV_COHORT_SIZES_OUT_OF_ORDER, "Period %s stands there more than once.", clv_show(period[i]));
		if (i > 0 && survivors[i] > survivors[i - 1])
			clv_raise(CLV_COHORT_SIZES_OUT_OF_ORDER, "%s customers were left after period %s, and %s after period %s.",
					  clv_show(survivors[i - 1]), clv_show(period[i - 1]), clv_show(survivors[i]), clv_show(period[i]));
	}
	status = clv_renewal_observations(period, survivors, n, observations, &count);
	if (status != CLV_OK)
		clv_raise(status, "The cohort has %s customers in " INT64_FORMAT " periods.", clv_show(survivors[0]), n);
	return count;
}

/* Final function of all fits, and clv.fit(observation_table). */
Datum
clv_fit_final(PG_FUNCTION_ARGS)
{
	ClvTallyState *state = clv_tally_state(PG_GETARG_DATUM(0));
	ClvObservationTable *table = state ? state->head :
		CLV_OBSERVATIONS_TABLE(clv_observations_datum(PG_GETARG_DATUM(0)));
	ClvObservationRow *rows;
	ClvObservation *observations;
	const ClvFamily *family;
	ClvFitOptions options;
	ClvModel	model;
	ClvStatus	status;
	char		message[CLV_MODEL_MESSAGE_SIZE];
	size_t		n;
	size_t		which = 0;

	if (state == NULL && table->used == 0)
		PG_RETURN_NULL();
	if (table->source == CLV_SOURCE_HOLDOUT)
		clv_raise(CLV_OBSERVATIONS_MISMATCH, "These observations are made for clv.choose.");
	status = clv_fit_request_read(table->family, &family, &options, message);
	if (status != CLV_OK)
		clv_raise(status, "%s", message);
	if (family->kind == CLV_SPEND)
		options.unit_days = 0;
	else if (table->source == CLV_SOURCE_HISTORIES && options.unit_days == 0)
		options.unit_days = 1;

	if (state != NULL)
		observations = clv_tally_state_observations(state, &n);
	else if (table->source == CLV_SOURCE_COHORT)
	{
		rows = clv_observations_sorted(table);
		observations = palloc_extended(sizeof(ClvObservation) * (table->used + 1), MCXT_ALLOC_HUGE);
		n = renewal_observations(rows, table->used, observations);
		if (n == 0)
			PG_RETURN_NULL();
	}
	else
	{
		/* An observation is smaller than a row: written over the rows already read. */
		rows = clv_observations_sorted(table);
		n = clv_observations_fold(rows, table->used);
		observations = (ClvObservation *) rows;
		for (size_t i = 0; i < n; i++)
		{
			ClvObservationRow row = rows[i];
			ClvObservation observation = {row.x, row.t_x, row.age, row.extra, row.weight};

			memcpy(&observations[i], &observation, sizeof(observation));
		}
	}

	if (n >= CLV_FIT_MANY)
		options.room = palloc(sizeof(ClvObservation) * CLV_FIT_ROOM);
	status = clv_fit_model(family, observations, n, &options, &model, &which, clv_check_interrupts);
	if (status == CLV_OBSERVATION_OUT_OF_RANGE)
		clv_raise(status, "For %s a row has x = %s, t_x = %s, age = %s and weight = %s.", family->name,
				  clv_show(observations[which].x), clv_show(observations[which].t_x),
				  clv_show(observations[which].age), clv_show(observations[which].weight));
	if (status != CLV_OK)
		clv_raise(status, "The fit is %s.", table->family);
	return clv_model_datum(&model);
}
