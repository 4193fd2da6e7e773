/*-------------------------------------------------------------------------
 *
 * model.c
 *	  The type clv.model and what can be asked of a model itself.
 *
 * A value holds the bytes described in model/model_bytes.h.  Predictions are in
 * predict.c, fits in fit.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "model/fit.h"
#include "model/inference.h"
#include "model/model_bytes.h"
#include "model/model_text.h"
#include "pg/compat.h"
#include "pg/error.h"
#include "pg/model.h"
#include "pg/row.h"

PG_FUNCTION_INFO_V1(clv_model_in);
PG_FUNCTION_INFO_V1(clv_model_out);
PG_FUNCTION_INFO_V1(clv_model_recv);
PG_FUNCTION_INFO_V1(clv_model_send);
PG_FUNCTION_INFO_V1(clv_model_eq);
PG_FUNCTION_INFO_V1(clv_model_ne);
PG_FUNCTION_INFO_V1(clv_model_hash);
PG_FUNCTION_INFO_V1(clv_family);
PG_FUNCTION_INFO_V1(clv_parameter);
PG_FUNCTION_INFO_V1(clv_parameters);
PG_FUNCTION_INFO_V1(clv_covariance);
PG_FUNCTION_INFO_V1(clv_log_likelihood);
PG_FUNCTION_INFO_V1(clv_aic);
PG_FUNCTION_INFO_V1(clv_bic);
PG_FUNCTION_INFO_V1(clv_observations);
PG_FUNCTION_INFO_V1(clv_distinct_observations);
PG_FUNCTION_INFO_V1(clv_iterations);
PG_FUNCTION_INFO_V1(clv_converged);
PG_FUNCTION_INFO_V1(clv_status);
PG_FUNCTION_INFO_V1(clv_status_reason);
PG_FUNCTION_INFO_V1(clv_unit);
PG_FUNCTION_INFO_V1(clv_with_unit);
PG_FUNCTION_INFO_V1(clv_in_unit);
PG_FUNCTION_INFO_V1(clv_model_to_jsonb);
PG_FUNCTION_INFO_V1(clv_families);
PG_FUNCTION_INFO_V1(clv_lr_test);

char	   *
clv_show(double value)
{
	return float8out_internal(value);
}

double
clv_interval_days(const Interval *interval)
{
	double		days = interval->month * CLV_DAYS_PER_MONTH + interval->day +
		(double) interval->time / USECS_PER_DAY;

	/* From 17 on an interval can be infinite: then all of its fields are extreme. */
	if ((interval->month == PG_INT32_MAX && interval->day == PG_INT32_MAX && interval->time == PG_INT64_MAX) ||
		(interval->month == PG_INT32_MIN && interval->day == PG_INT32_MIN && interval->time == PG_INT64_MIN))
		clv_raise(CLV_HORIZON_OUT_OF_RANGE, "The interval is infinite.");
	return days;
}

/* ---------- values ---------- */

Datum
clv_model_datum(const ClvModel *model)
{
	struct varlena *value = palloc(VARHDRSZ + CLV_MODEL_MAX_BYTES);
	char		message[CLV_MODEL_MESSAGE_SIZE];

	if (clv_model_check(model, message) != CLV_OK)
		clv_raise(CLV_MODEL_OUT_OF_RANGE, "%s", message);
	SET_VARSIZE(value, VARHDRSZ + clv_model_pack(model, (uint8_t *) VARDATA(value)));
	return PointerGetDatum(value);
}

static void
decode(const struct varlena *value, ClvModel *model)
{
	char		message[CLV_MODEL_MESSAGE_SIZE];

	if (clv_model_unpack((const uint8_t *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), model, message) != CLV_OK)
		clv_raise(CLV_MODEL_BINARY, "%s", message);
}

void
clv_model_decode(Datum datum, ClvModel *model)
{
	decode(PG_DETOAST_DATUM_PACKED(datum), model);
}

typedef struct Remembered
{
	Size		size;			/* 0: nothing yet */
	ClvModel	model;
	char		bytes[CLV_MODEL_MAX_BYTES];
} Remembered;

/* An answer that took long, under the numbers it depends on. */
typedef struct Answer
{
	double		key[CLV_ANSWER_KEYS];
	uint64		generation;		/* of the model it is from; 0: empty */
	ClvCurve	curve;
} Answer;

#define FEWEST_ANSWERS 64
#define MOST_ANSWERS 16384

/* What a function remembers from call to call. */
typedef struct Memory
{
	Remembered	model[2];
	uint64		generation;		/* grows when model[0] changes, or when there are too many answers */
	uint32		size;			/* of answers, a power of two; 0: none yet */
	uint32		kept;			/* of this generation, half of them at most */
	Answer	   *answers;
} Memory;

static Memory *
memory(FunctionCallInfo fcinfo)
{
	if (fcinfo->flinfo->fn_extra == NULL)
		fcinfo->flinfo->fn_extra = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(Memory));
	return fcinfo->flinfo->fn_extra;
}

static void
forget_answers(Memory *all)
{
	all->generation++;
	all->kept = 0;
}

const ClvModel *
clv_model_argument(FunctionCallInfo fcinfo, int argument, int slot)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(argument));
	Size		size = VARSIZE_ANY_EXHDR(value);
	Memory	   *all = memory(fcinfo);
	Remembered *remembered = &all->model[slot];

	if (remembered->size != size || memcmp(remembered->bytes, VARDATA_ANY(value), size) != 0)
	{
		remembered->size = 0;
		decode(value, &remembered->model);
		memcpy(remembered->bytes, VARDATA_ANY(value), size);
		remembered->size = size;
		if (slot == 0)
			forget_answers(all);
	}
	if ((Pointer) value != DatumGetPointer(PG_GETARG_DATUM(argument)))
		pfree(value);
	return &remembered->model;
}

/* The place of a key: where it is, or the first free one behind the place that it hashes to. */
static Answer *
answer_place(const Memory *all, const double *key)
{
	uint64		hash = 0;
	uint64		factor = UINT64CONST(0x9E3779B97F4A7C15);

	for (int i = 0; i < CLV_ANSWER_KEYS; i++)
	{
		uint64		bits;

		memcpy(&bits, &key[i], sizeof(bits));
		hash += (bits ^ bits >> 32) * factor;
		factor *= factor;
	}
	for (hash >>= 32;; hash++)
	{
		Answer	   *answer = &all->answers[hash & (all->size - 1)];

		if (answer->generation != all->generation || memcmp(answer->key, key, sizeof(answer->key)) == 0)
			return answer;
	}
}

const ClvCurve *
clv_answer_known(FunctionCallInfo fcinfo, const double *key)
{
	const Memory *all = memory(fcinfo);
	const Answer *answer;

	if (all->size == 0)
		return NULL;
	answer = answer_place(all, key);
	return answer->generation == all->generation ? &answer->curve : NULL;
}

/* Few rows pay for a small table. */
static void
grow_answers(Memory *all, MemoryContext context)
{
	Answer	   *old = all->answers;
	uint32		size = all->size;

	all->answers = MemoryContextAllocZero(context, Max(4 * size, FEWEST_ANSWERS) * sizeof(Answer));
	all->size = Max(4 * size, FEWEST_ANSWERS);
	for (uint32 i = 0; i < size; i++)
	{
		if (old[i].generation == all->generation)
			*answer_place(all, old[i].key) = old[i];
	}
	if (old)
		pfree(old);
}

void
clv_answer_keep(FunctionCallInfo fcinfo, const double *key, const ClvCurve *curve)
{
	Memory	   *all = memory(fcinfo);
	Answer	   *answer;

	if (2 * all->kept >= all->size)
	{
		if (all->size < MOST_ANSWERS)
			grow_answers(all, fcinfo->flinfo->fn_mcxt);
		else
			forget_answers(all);
	}
	all->kept++;
	answer = answer_place(all, key);
	memcpy(answer->key, key, sizeof(answer->key));
	answer->generation = all->generation;
	answer->curve = *curve;
}

Datum
clv_model_in(PG_FUNCTION_ARGS)
{
	char	   *string = PG_GETARG_CSTRING(0);
	ClvModel	model;
	char		message[CLV_MODEL_MESSAGE_SIZE];
	ClvStatus	status = clv_model_read(string, &model, message);

	if (status != CLV_OK)
	{
		clv_save(fcinfo->context, status, "%s", message);
		PG_RETURN_NULL();
	}
	return clv_model_datum(&model);
}

Datum
clv_model_out(PG_FUNCTION_ARGS)
{
	ClvModel	model;
	char	   *out = palloc(CLV_MODEL_TEXT_SIZE);

	clv_model_decode(PG_GETARG_DATUM(0), &model);
	clv_model_write(&model, out);
	PG_RETURN_CSTRING(out);
}

Datum
clv_model_recv(PG_FUNCTION_ARGS)
{
	StringInfo	received = (StringInfo) PG_GETARG_POINTER(0);
	int			size = received->len - received->cursor;
	ClvModel	model;
	char		message[CLV_MODEL_MESSAGE_SIZE];

	if (clv_model_unpack((const uint8_t *) pq_getmsgbytes(received, size), size, &model, message) != CLV_OK)
		clv_raise(CLV_MODEL_BINARY, "%s", message);
	return clv_model_datum(&model);
}

Datum
clv_model_send(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendbytes(&message, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

static bool
same_bytes(Datum a, Datum b)
{
	struct varlena *x = PG_DETOAST_DATUM_PACKED(a);
	struct varlena *y = PG_DETOAST_DATUM_PACKED(b);

	return VARSIZE_ANY_EXHDR(x) == VARSIZE_ANY_EXHDR(y) &&
		memcmp(VARDATA_ANY(x), VARDATA_ANY(y), VARSIZE_ANY_EXHDR(x)) == 0;
}

Datum
clv_model_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(same_bytes(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)));
}

Datum
clv_model_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!same_bytes(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)));
}

Datum
clv_model_hash(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));

	return hash_any((unsigned char *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
}

/* ---------- accessors ---------- */

Datum
clv_family(PG_FUNCTION_ARGS)
{
	const ClvModel *model = clv_model_argument(fcinfo, 0, 0);

	PG_RETURN_TEXT_P(cstring_to_text(model->family->name));
}

Datum
clv_parameter(PG_FUNCTION_ARGS)
{
	const ClvModel *model = clv_model_argument(fcinfo, 0, 0);
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(1));
	int			i = clv_parameter_index(model->family, name);
	StringInfoData names;

	if (i >= 0)
		PG_RETURN_FLOAT8(model->parameters[i]);
	initStringInfo(&names);
	for (int j = 0; j < model->family->parameter_count; j++)
		appendStringInfo(&names, "%s%s", j > 0 ? ", " : "", model->family->parameter[j].name);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("model has no parameter \"%s\"", name),
			 errhint("The parameters of %s are %s.", model->family->name, names.data)));
}

/* A number that is NULL where it is not known. */
static void
put(Datum *values, bool *nulls, int column, double value)
{
	nulls[column] = isnan(value);
	values[column] = Float8GetDatum(value);
}

Datum
clv_parameters(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ClvModel	model;
	double		level = PG_GETARG_FLOAT8(1);

	clv_model_decode(PG_GETARG_DATUM(0), &model);
	if (!(level > 0 && level < 1))
		clv_raise(CLV_LEVEL_OUT_OF_RANGE, "The confidence level is %s.", clv_show(level));
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < model.family->parameter_count; i++)
	{
		Datum		values[6];
		bool		nulls[6] = {false};
		double		lower;
		double		upper;

		clv_model_interval(&model, i, level, &lower, &upper);
		values[0] = CStringGetTextDatum(model.family->parameter[i].name);
		values[1] = Float8GetDatum(model.parameters[i]);
		put(values, nulls, 2, clv_model_std_error(&model, i));
		put(values, nulls, 3, lower);
		put(values, nulls, 4, upper);
		values[5] = CStringGetTextDatum(model.family->parameter[i].meaning);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

Datum
clv_covariance(PG_FUNCTION_ARGS)
{
	const ClvModel *model = clv_model_argument(fcinfo, 0, 0);
	int			n = model->family->parameter_count;
	Datum		values[CLV_MAX_PARAMETERS * CLV_MAX_PARAMETERS];
	int			dimensions[2] = {n, n};
	int			bounds[2] = {1, 1};

	if (!model->has_covariance)
		PG_RETURN_NULL();
	for (int i = 0; i < n; i++)
	{
		for (int j = 0; j < n; j++)
			values[i * n + j] = Float8GetDatum(model->covariance[i][j]);
	}
	PG_RETURN_ARRAYTYPE_P(construct_md_array(values, NULL, 2, dimensions, bounds, FLOAT8OID,
											 sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

static bool
is_fitted(const ClvModel *model)
{
	return model->status != CLV_FIT_GIVEN;
}

Datum
clv_log_likelihood(PG_FUNCTION_ARGS)
{
	const ClvModel *model = clv_model_argument(fcinfo, 0, 0);

	if (!is_fitted(model))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(model->log_likelihood);
}

Datum
clv_aic(PG_FUNCTION_ARGS)
{
	const ClvModel *model = clv_model_argument(fcinfo, 0, 0);

	if (!is_fitted(model))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(clv_model_aic(model));
}

Datum
clv_bic(PG_FUNCTION_ARGS)
{
	const ClvModel *model = clv_model_argument(fcinfo, 0, 0);

	if (!is_fitted(model))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(clv_model_bic(model));
}

Datum
clv_observations(PG_FUNCTION_ARGS)
{
	const ClvModel *model = clv_model_argument(fcinfo, 0, 0);

	if (!is_fitted(model))
		PG_RETURN_NULL();
	if (model->customers >= (double) PG_INT64_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("number of customers out of range"),
				 errdetail("The model is fitted to %s customers.", clv_show(model->customers))));
	PG_RETURN_INT64((int64) rint(model->customers));
}

Datum
clv_distinct_observations(PG_FUNCTION_ARGS)
{
	const ClvModel *model = clv_model_argument(fcinfo, 0, 0);

	if (!is_fitted(model))
		PG_RETURN_NULL();
	PG_RETURN_INT64(model->observations);
}

Datum
clv_iterations(PG_FUNCTION_ARGS)
{
	const ClvModel *model = clv_model_argument(fcinfo, 0, 0);

	if (!is_fitted(model))
		PG_RETURN_NULL();
	PG_RETURN_INT32(model->iterations);
}

Datum
clv_converged(PG_FUNCTION_ARGS)
{
	const ClvModel *model = clv_model_argument(fcinfo, 0, 0);

	if (!is_fitted(model))
		PG_RETURN_NULL();
	PG_RETURN_BOOL(clv_fit_converged(model->status));
}

Datum
clv_status(PG_FUNCTION_ARGS)
{
	const ClvModel *model = clv_model_argument(fcinfo, 0, 0);

	PG_RETURN_TEXT_P(cstring_to_text(clv_fit_status_name(model->status)));
}

Datum
clv_status_reason(PG_FUNCTION_ARGS)
{
	const ClvModel *model = clv_model_argument(fcinfo, 0, 0);

	PG_RETURN_TEXT_P(cstring_to_text(clv_fit_status_reason(model->status)));
}

/* ---------- the unit of time ---------- */

Datum
clv_unit(PG_FUNCTION_ARGS)
{
	const ClvModel *model = clv_model_argument(fcinfo, 0, 0);
	Interval   *interval;
	double		days;

	if (model->unit_days == 0)
		PG_RETURN_NULL();
	days = floor(model->unit_days);
	if (days > PG_INT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("interval out of range"),
				 errdetail("The unit is %s days.", clv_show(model->unit_days))));
	interval = palloc0(sizeof(Interval));
	interval->day = (int32) days;
	interval->time = (int64) rint((model->unit_days - days) * USECS_PER_DAY);
	PG_RETURN_INTERVAL_P(interval);
}

/* The model and the length in days of the unit asked for. */
static double
unit_asked_for(FunctionCallInfo fcinfo, ClvModel *model)
{
	double		days = clv_interval_days(PG_GETARG_INTERVAL_P(1));

	clv_model_decode(PG_GETARG_DATUM(0), model);
	if (model->family->kind == CLV_SPEND)
		clv_raise(CLV_NOT_DEFINED_FOR_FAMILY, "Models of the family %s have no unit of time.", model->family->name);
	if (!(days > 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unit of time must be longer than zero"),
				 errdetail("It is %s days.", clv_show(days))));
	return days;
}

Datum
clv_with_unit(PG_FUNCTION_ARGS)
{
	ClvModel	model;
	double		days = unit_asked_for(fcinfo, &model);

	model.unit_days = days;
	return clv_model_datum(&model);
}

Datum
clv_in_unit(PG_FUNCTION_ARGS)
{
	ClvModel	model;
	double		days = unit_asked_for(fcinfo, &model);

	if (model.family->kind != CLV_TRANSACTIONS)
		clv_raise(CLV_NOT_DEFINED_FOR_FAMILY, "The time of the family %s comes in steps that cannot be changed.",
				  model.family->name);
	if (model.unit_days == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("unit of the model is not known"),
				 errhint("Tell it first: clv.with_unit(model, '7 days') for a model in weeks.")));
	if (days != model.unit_days)
	{
		clv_model_rescale(&model, days / model.unit_days);
		model.unit_days = days;
	}
	return clv_model_datum(&model);
}

/* ---------- other forms ---------- */

static void
json_number(StringInfo json, double value)
{
	char		number[32];

	if (!isfinite(value))
		appendStringInfoString(json, "null");
	else
	{
		clv_number_write(value, number);
		appendStringInfoString(json, number);
	}
}

Datum
clv_model_to_jsonb(PG_FUNCTION_ARGS)
{
	const ClvModel *model = clv_model_argument(fcinfo, 0, 0);
	const ClvFamily *family = model->family;
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfo(&json, "{\"family\": \"%s\", \"parameters\": {", family->name);
	for (int i = 0; i < family->parameter_count; i++)
	{
		appendStringInfo(&json, "%s\"%s\": ", i > 0 ? ", " : "", family->parameter[i].name);
		json_number(&json, model->parameters[i]);
	}
	appendStringInfoString(&json, "}, \"unit_days\": ");
	json_number(&json, model->unit_days > 0 ? model->unit_days : get_float8_nan());
	appendStringInfo(&json, ", \"status\": \"%s\"", clv_fit_status_name(model->status));
	if (is_fitted(model))
	{
		appendStringInfo(&json, ", \"converged\": %s, \"log_likelihood\": ",
						 clv_fit_converged(model->status) ? "true" : "false");
		json_number(&json, model->log_likelihood);
		appendStringInfoString(&json, ", \"aic\": ");
		json_number(&json, clv_model_aic(model));
		appendStringInfoString(&json, ", \"bic\": ");
		json_number(&json, clv_model_bic(model));
		appendStringInfoString(&json, ", \"customers\": ");
		json_number(&json, model->customers);
		appendStringInfo(&json, ", \"distinct_observations\": " INT64_FORMAT ", \"iterations\": %d, \"gradient_norm\": ",
						 (int64) model->observations, model->iterations);
		json_number(&json, model->gradient_norm);
	}
	if (model->has_covariance)
	{
		appendStringInfoString(&json, ", \"std_errors\": {");
		for (int i = 0; i < family->parameter_count; i++)
		{
			appendStringInfo(&json, "%s\"%s\": ", i > 0 ? ", " : "", family->parameter[i].name);
			json_number(&json, clv_model_std_error(model, i));
		}
		appendStringInfoString(&json, "}, \"covariance\": [");
		for (int i = 0; i < family->parameter_count; i++)
		{
			appendStringInfoString(&json, i > 0 ? ", [" : "[");
			for (int j = 0; j < family->parameter_count; j++)
			{
				if (j > 0)
					appendStringInfoString(&json, ", ");
				json_number(&json, model->covariance[i][j]);
			}
			appendStringInfoChar(&json, ']');
		}
		appendStringInfoChar(&json, ']');
	}
	if (model->has_covariance || model->has_limits)
	{
		/* an end that the data do not bound is null */
		appendStringInfoString(&json, ", \"intervals\": {");
		for (int i = 0; i < family->parameter_count; i++)
		{
			double		lower;
			double		upper;

			clv_model_interval(model, i, CLV_PROFILE_LEVEL, &lower, &upper);
			appendStringInfo(&json, "%s\"%s\": [", i > 0 ? ", " : "", family->parameter[i].name);
			json_number(&json, lower);
			appendStringInfoString(&json, ", ");
			json_number(&json, upper);
			appendStringInfoChar(&json, ']');
		}
		appendStringInfoChar(&json, '}');
	}
	appendStringInfoChar(&json, '}');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}

Datum
clv_families(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < clv_family_count; i++)
	{
		const ClvFamily *family = clv_family_table[i];
		Datum		values[4];
		bool		nulls[4] = {false};
		Datum		names[CLV_MAX_PARAMETERS];

		for (int j = 0; j < family->parameter_count; j++)
			names[j] = CStringGetTextDatum(family->parameter[j].name);
		values[0] = CStringGetTextDatum(family->name);
		values[1] = CStringGetTextDatum(clv_kind_name(family->kind));
		values[2] = PointerGetDatum(construct_array(names, family->parameter_count, TEXTOID, -1, false, TYPALIGN_INT));
		values[3] = CStringGetTextDatum(family->title);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

Datum
clv_lr_test(PG_FUNCTION_ARGS)
{
	ClvModel	restricted;
	ClvModel	full;
	ClvStatus	status;
	double		statistic;
	double		p_value;
	Datum		values[3];
	bool		nulls[3] = {false};

	clv_model_decode(PG_GETARG_DATUM(0), &restricted);
	clv_model_decode(PG_GETARG_DATUM(1), &full);
	status = clv_likelihood_ratio(&restricted, &full, &statistic, &p_value);
	if (status != CLV_OK)
		clv_raise(status, "The first is %s with log-likelihood %s, %d parameters and %s customers, the second %s with %s, %d and %s.",
				  restricted.family->name, clv_show(restricted.log_likelihood), restricted.estimated,
				  clv_show(restricted.customers), full.family->name, clv_show(full.log_likelihood),
				  full.estimated, clv_show(full.customers));
	values[0] = Float8GetDatum(statistic);
	values[1] = Int32GetDatum(full.estimated - restricted.estimated);
	values[2] = Float8GetDatum(p_value);
	PG_RETURN_DATUM(clv_row_datum(fcinfo, values, nulls));
}
