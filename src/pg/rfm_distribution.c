/*-------------------------------------------------------------------------
 *
 * rfm_distribution.c
 *	  The aggregate clv.rfm_state: how last orders, purchase days and revenues
 *	  are distributed over the customers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "libpq/pqformat.h"
#include "utils/memutils.h"

#include "pg/compat.h"
#include "pg/concentration.h"
#include "pg/history.h"
#include "pg/rfm.h"
#include "pg/row.h"
#include "pg/state.h"

typedef struct RfmState
{
	ClvLorenzState *axes[CLV_RFM_AXES];
} RfmState;

static RfmState *
new_state(MemoryContext context)
{
	RfmState   *state = MemoryContextAlloc(context, sizeof(RfmState));

	for (int i = 0; i < CLV_RFM_AXES; i++)
		state->axes[i] = clv_lorenz_state(context, CLV_LORENZ_NUMERIC);
	return state;
}

static RfmState *
state_argument(FunctionCallInfo fcinfo, MemoryContext context)
{
	return PG_ARGISNULL(0) ? new_state(context) : (RfmState *) PG_GETARG_POINTER(0);
}

PG_FUNCTION_INFO_V1(clv_rfm_trans);
Datum
clv_rfm_trans(PG_FUNCTION_ARGS)
{
	RfmState   *state = state_argument(fcinfo, clv_aggregate_context(fcinfo));

	if (!PG_ARGISNULL(1))
	{
		ClvHistorySummary summary = clv_history_summary(PG_GETARG_DATUM(1));

		if (summary.purchase_days > 0)
		{
			clv_lorenz_add(state->axes[CLV_RFM_LAST_ORDER], summary.last_day, 0, 1);
			clv_lorenz_add(state->axes[CLV_RFM_PURCHASE_DAYS], summary.purchase_days, 0, 1);
			clv_lorenz_add(state->axes[CLV_RFM_REVENUE], summary.revenue, summary.scale, 1);
		}
	}
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(clv_rfm_combine);
Datum
clv_rfm_combine(PG_FUNCTION_ARGS)
{
	RfmState   *state = state_argument(fcinfo, clv_aggregate_context(fcinfo));

	if (!PG_ARGISNULL(1))
	{
		const RfmState *other = (const RfmState *) PG_GETARG_POINTER(1);

		for (int i = 0; i < CLV_RFM_AXES; i++)
			clv_lorenz_add_all(state->axes[i], clv_lorenz_flat(other->axes[i]));
	}
	PG_RETURN_POINTER(state);
}

/* To another process of the same server. */
PG_FUNCTION_INFO_V1(clv_rfm_serialize);
Datum
clv_rfm_serialize(PG_FUNCTION_ARGS)
{
	const RfmState *state = (const RfmState *) PG_GETARG_POINTER(0);
	StringInfoData bytes;

	(void) clv_aggregate_context(fcinfo);
	pq_begintypsend(&bytes);
	for (int i = 0; i < CLV_RFM_AXES; i++)
	{
		struct varlena *flat = clv_lorenz_flat(state->axes[i]);

		appendBinaryStringInfo(&bytes, (const char *) flat, VARSIZE(flat));
		pfree(flat);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&bytes));
}

PG_FUNCTION_INFO_V1(clv_rfm_deserialize);
Datum
clv_rfm_deserialize(PG_FUNCTION_ARGS)
{
	bytea	   *bytes = PG_GETARG_BYTEA_PP(0);
	const char *from = VARDATA_ANY(bytes);
	RfmState   *state;

	(void) clv_aggregate_context(fcinfo);
	state = new_state(CurrentMemoryContext);
	for (int i = 0; i < CLV_RFM_AXES; i++)
	{
		int32		header;
		struct varlena *flat;

		/* The bytes before have any length, so that this has no alignment. */
		memcpy(&header, from, sizeof(header));
		flat = palloc(VARSIZE(&header));
		memcpy(flat, from, VARSIZE(&header));
		from += VARSIZE(flat);
		clv_lorenz_add_all(state->axes[i], flat);
		pfree(flat);
	}
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(clv_rfm_final);
Datum
clv_rfm_final(PG_FUNCTION_ARGS)
{
	const RfmState *state = PG_ARGISNULL(0) ? NULL : (const RfmState *) PG_GETARG_POINTER(0);
	Datum		columns[CLV_RFM_AXES];
	bool		nulls[CLV_RFM_AXES] = {false};

	(void) clv_aggregate_context(fcinfo);
	if (state == NULL)
		PG_RETURN_NULL();
	for (int i = 0; i < CLV_RFM_AXES; i++)
		columns[i] = PointerGetDatum(clv_lorenz_flat(state->axes[i]));
	return clv_row_datum(fcinfo, columns, nulls);
}
